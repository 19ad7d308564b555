//! `[tls]`: whom to trust when calling out.

use std::path::PathBuf;

use super::reader::Section;
use super::setting::{Kind, Setting};

#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// PEM file of private CAs, trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

pub const TLS: [Setting; 1] = [CA_FILE];

const CA_FILE: Setting = Setting {
    name: "ca_file",
    kind: Kind::Path,
    default: "",
    meaning: "PEM file of private certificate authorities, trusted beside the system's.",
};

pub fn read(root: &mut Section<'_>) -> TlsConfig {
    let mut section = root.section("tls");
    let ca_file = section.path(&CA_FILE).map(|given| given.value);
    section.finish();
    TlsConfig { ca_file }
}
