//! HMAC keys, and what makes one too weak to be believed (RFC 7518 section 3.2, RFC 8725
//! section 3.5).
//!
//! Invariants: at least as many bytes as the hash has (counted after decoding, where the text is
//! base64); not one pattern over and over; not made of well-known words; enough different bytes.
//! Never printed, wiped when dropped.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Algorithm, AlgorithmSet};

/// Why a shared secret is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    #[error("has {found} bytes, and {algorithm} needs at least {needed}")]
    TooShort { found: usize, needed: usize, algorithm: Algorithm },
    #[error("is one pattern repeated")]
    Repetitive,
    #[error("is made of well-known words")]
    WellKnown,
    #[error("has only {found} different bytes; make one with `openssl rand -base64 48`")]
    FewBytes { found: usize },
}

const MIN_DIFFERENT_BYTES: usize = 10;
/// Lower case; what is left of a secret without them must still be long enough to be one.
const WORDS: [&str; 14] = [
    "secret",
    "password",
    "passwort",
    "changeme",
    "change-me",
    "change_me",
    "your-256-bit",
    "your-384-bit",
    "your-512-bit",
    "default",
    "example",
    "development",
    "jwt",
    "key",
];
const MIN_BYTES_BESIDE_WORDS: usize = 16;

pub(super) struct SharedSecret(SecretSlice<u8>);

impl SharedSecret {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// Whether this secret has the length that RFC 7518 section 3.2 demands.
    pub(super) fn is_long_enough(&self, algorithms: AlgorithmSet) -> Result<(), WeakSecret> {
        let found = decoded_length(self.expose());
        for algorithm in algorithms.iter() {
            let needed = match algorithm {
                Algorithm::Hs384 => 48,
                Algorithm::Hs512 => 64,
                _ => 32,
            };
            if found < needed {
                return Err(WeakSecret::TooShort { found, needed, algorithm });
            }
        }
        Ok(())
    }

    /// Whether this secret may serve all of `algorithms`: long enough, and not to be guessed.
    pub(super) fn is_strong_enough(&self, algorithms: AlgorithmSet) -> Result<(), WeakSecret> {
        self.is_long_enough(algorithms)?;
        let bytes = self.expose();
        if is_repetitive(bytes) {
            return Err(WeakSecret::Repetitive);
        }
        if is_well_known(bytes) {
            return Err(WeakSecret::WellKnown);
        }
        let different = (0..=u8::MAX).filter(|byte| bytes.contains(byte)).count();
        if different < MIN_DIFFERENT_BYTES {
            return Err(WeakSecret::FewBytes { found: different });
        }
        Ok(())
    }
}

/// 44 letters of base64 hold 32 bytes of chance, not 44.
fn decoded_length(bytes: &[u8]) -> usize {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.len() };
    let unpadded = text.trim_end_matches('=');
    let decoded = STANDARD_NO_PAD.decode(unpadded).or_else(|_| URL_SAFE_NO_PAD.decode(unpadded));
    decoded.map_or(bytes.len(), |decoded| decoded.len())
}

fn is_repetitive(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2)
        .any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other))
}

fn is_well_known(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let lower = text.to_ascii_lowercase();
    let rest = WORDS.iter().fold(lower.clone(), |rest, word| rest.replace(word, ""));
    let left = rest.bytes().filter(u8::is_ascii_alphabetic).count();
    rest.len() < lower.len() && left < MIN_BYTES_BESIDE_WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, algorithm: Algorithm) -> Result<(), WeakSecret> {
        let secret = SharedSecret::new(text.as_bytes().to_vec());
        secret.is_strong_enough([algorithm].into_iter().collect())
    }

    #[test]
    fn random_secrets_pass() {
        for (text, algorithm) in [
            ("q9Zp!3xV7#tLw2@RbN8$kYd5^mHc1&Gf", Algorithm::Hs256),
            ("vN3l0cVq0oZ1x8mYt7dKf2bWg5hRj9sPe4uQiAyXzLA=", Algorithm::Hs256),
            ("c0ffee11deadbeef8badf00d1337c0de5ca1ab1eb01dfaceb0a710ad0ddba115", Algorithm::Hs256),
        ] {
            assert_eq!(judge(text, algorithm), Ok(()), "{text}");
        }
    }

    #[test]
    fn weak_secrets_are_refused() {
        let short = judge("q9Zp!3xV7#tLw2@RbN8$kYd5^mHc1&G", Algorithm::Hs256);
        assert!(matches!(short, Err(WeakSecret::TooShort { found: 31, needed: 32, .. })));
        // 40 letters of base64 are 30 bytes.
        let encoded = judge("vN3l0cVq0oZ1x8mYt7dKf2bWg5hRj9sPe4uQiAyX", Algorithm::Hs256);
        assert!(matches!(encoded, Err(WeakSecret::TooShort { found: 30, .. })));
        let for_512 = judge("q9Zp!3xV7#tLw2@RbN8$kYd5^mHc1&Gf", Algorithm::Hs512);
        assert!(matches!(for_512, Err(WeakSecret::TooShort { needed: 64, .. })));
        let same = "a!".repeat(32);
        assert_eq!(judge(&same, Algorithm::Hs256), Err(WeakSecret::Repetitive));
        let phrase = "abc!defgh ".repeat(5);
        assert_eq!(judge(&phrase, Algorithm::Hs256), Err(WeakSecret::Repetitive));
        for words in
            ["your-256-bit-secret-your-512-bit-secret!", "changeme-password-0123456789-!!!!"]
        {
            assert_eq!(judge(words, Algorithm::Hs256), Err(WeakSecret::WellKnown), "{words}");
        }
        let few = "abcabdabeabfaacabbbacc!abcabdabeabfaacabbbacc#abab";
        assert!(matches!(judge(few, Algorithm::Hs256), Err(WeakSecret::FewBytes { .. })));
    }
}
