//! Logs: JSON for machines, text for people, both to standard output.

use std::io::IsTerminal;
use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogConfig, LogFormat};

/// Installs the log for the whole process, and a panic hook that writes to it. A second call is
/// ignored: the first log stays.
pub fn install(config: &LogConfig) {
    // Libraries speak at `warn` and above: at `debug` some of them print whole headers, and a
    // header may be a token.
    let library = if config.level == "error" { "error" } else { "warn" };
    let filter = EnvFilter::new(format!("{library},assay={}", config.level));
    let builder = fmt().with_env_filter(filter);
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stdout().is_terminal()).try_init(),
    };
    panic::set_hook(Box::new(|info| {
        // Where, never what: a panic message may quote its input.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
