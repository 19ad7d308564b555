//! The keys of one issuer (JWK Set, RFC 7517 section 5).
//!
//! Invariants: a set belongs to one issuer and is replaced whole; a document with no usable key is
//! no set, so it can never replace a good one; at most 256 KiB and 64 keys are read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jwk::{self, KeyFault};
use super::{Algorithm, AlgorithmSet, Escaped, KeyId, VerificationKey};

/// Limit of a key set document, in bytes.
pub const MAX_KEY_SET_BYTES: usize = 256 * 1024;
/// Limit of keys in a document.
pub const MAX_KEYS: usize = 64;

/// Why a document gives no key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetFault {
    #[error("the key set is longer than {MAX_KEY_SET_BYTES} bytes")]
    TooLong,
    #[error("the key set has {found} keys, the limit is {MAX_KEYS}")]
    TooManyKeys { found: usize },
    #[error("not a JSON object with a list `keys`")]
    NotAKeySet,
    #[error("no usable key among {found}; {first}")]
    NoUsableKey { found: usize, first: Box<str> },
}

/// A key that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Position in the document, from 0.
    pub position: usize,
    pub kid: Option<Escaped>,
    pub fault: KeyFault,
}

#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    skipped: Vec<SkippedKey>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// Reads a JWK Set, leaving out every key that `allowed` or the key itself rules out.
    ///
    /// # Errors
    /// [`KeySetFault`] when the document as a whole gives no key.
    pub fn from_jwks(document: &[u8], allowed: AlgorithmSet) -> Result<Self, KeySetFault> {
        if document.len() > MAX_KEY_SET_BYTES {
            return Err(KeySetFault::TooLong);
        }
        let Document { keys: entries } =
            serde_json::from_slice(document).map_err(|_| KeySetFault::NotAKeySet)?;
        if entries.len() > MAX_KEYS {
            return Err(KeySetFault::TooManyKeys { found: entries.len() });
        }
        let mut set = Self::default();
        for (position, entry) in entries.iter().enumerate() {
            match jwk::prepare(entry.get().as_bytes(), allowed) {
                Ok(key) => set.keys.push(key),
                Err(fault) => {
                    set.skipped.push(SkippedKey { position, kid: shown_kid(entry), fault });
                }
            }
        }
        if set.keys.is_empty() {
            let first = set.skipped.first().map_or_else(
                || "the list is empty".into(),
                |skipped| format!("the first {}", skipped.fault).into(),
            );
            return Err(KeySetFault::NoUsableKey { found: entries.len(), first });
        }
        Ok(set)
    }

    /// The keys that may have signed a token: those of its `kid`, or, for a token without one,
    /// every key that serves its algorithm.
    pub fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a VerificationKey> {
        self.keys
            .iter()
            .filter(move |key| kid.is_none() || key.kid() == kid)
            .filter(move |key| key.fits(algorithm))
    }

    pub fn contains(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id() == id)
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }
}

fn shown_kid(entry: &RawValue) -> Option<Escaped> {
    let value: serde_json::Value = serde_json::from_str(entry.get()).ok()?;
    value.get("kid")?.as_str().map(Escaped::new)
}
