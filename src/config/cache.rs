//! `[cache]`: verified tokens kept in memory.

use super::reader::Section;
use super::setting::{Kind, Setting};

#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// Verified tokens to keep; 0 turns the cache off.
    pub entries: usize,
}

pub const CACHE: [Setting; 1] = [ENTRIES];

const ENTRIES: Setting = Setting {
    name: "entries",
    kind: Kind::Whole { unit: "tokens", min: 0, max: 1_000_000 },
    default: "10000",
    meaning: "Verified tokens kept in memory, each for at most 5 minutes; 0 turns the cache off. \
              Expiry, audience, scopes and the key are checked on every request all the same.",
};

pub fn read(root: &mut Section<'_>) -> CacheConfig {
    let mut section = root.section("cache");
    let entries = section.count(&ENTRIES);
    section.finish();
    CacheConfig { entries }
}
