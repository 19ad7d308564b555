//! Every setting there is, for the documentation, from the same data that the readers enforce.

use std::fmt::Write;

use super::setting::Setting;
use super::{cache, issuers, listen, log, resources, tls};

/// The reference table as Markdown: a row a setting, in the order of the file.
pub fn reference() -> String {
    let sections: [(&str, &[Setting]); 7] = [
        ("", &listen::TOP),
        ("listen.", &listen::LISTEN),
        ("issuers[].", &issuers::ISSUERS),
        ("resources[].", &resources::RESOURCES),
        ("cache.", &cache::CACHE),
        ("tls.", &tls::TLS),
        ("log.", &log::LOG),
    ];
    let mut table = String::from("| setting | values | default | meaning |\n|---|---|---|---|\n");
    for (prefix, settings) in sections {
        for setting in settings {
            let default = match setting.default {
                "" => String::new(),
                default => format!("`{default}`"),
            };
            let Setting { name, kind, meaning, .. } = setting;
            let values = kind.describe();
            // Writing to a `String` cannot fail.
            let _ = writeln!(table, "| `{prefix}{name}` | {values} | {default} | {meaning} |");
        }
    }
    table
}
