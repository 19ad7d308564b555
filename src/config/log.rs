//! `[log]`: what is written to standard output.

use super::environment::Stage;
use super::reader::Section;
use super::setting::{Kind, Setting};

#[derive(Clone, Debug)]
pub struct LogConfig {
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

pub const LOG: [Setting; 2] = [FORMAT, LEVEL];

const FORMAT: Setting = Setting {
    name: "format",
    kind: Kind::OneOf(&["json", "text"]),
    default: "",
    meaning: "Default: `json` in production, `text` in development.",
};
const LEVEL: Setting = Setting {
    name: "level",
    kind: Kind::OneOf(&["error", "warn", "info", "debug", "trace"]),
    default: "info",
    meaning: "Least severe events to write. Refusals are `info`, allowed requests `debug`.",
};

pub fn read(root: &mut Section<'_>, stage: Stage) -> LogConfig {
    let mut section = root.section("log");
    let by_stage = if stage.is_production() { "json" } else { "text" };
    let format = match section.one_of(&FORMAT).as_deref().unwrap_or(by_stage) {
        "json" => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let level = section.one_of(&LEVEL).unwrap_or_else(|| LEVEL.default.to_owned());
    section.finish();
    LogConfig { format, level }
}
