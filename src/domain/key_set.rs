//! The keys of one issuer (JWK Set, RFC 7517 section 5).
//!
//! Invariants: a set belongs to one issuer and is replaced whole; a document with no usable key is
//! no set, so it can never replace a good one; at most 256 KiB and 64 keys are read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jwk::{self, KeyFault, Origin};
use super::pem;
use super::shared_secret::SharedSecret;
use super::signature::KeyMaterial;
use super::{
    Algorithm, AlgorithmSet, Escaped, JoseHeader, KeyId, Rejection, UnverifiedJwt, VerificationKey,
    VerifiedClaims,
};

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
    #[error("neither PEM nor a JWK nor a JWK Set")]
    UnknownFormat,
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
    /// Whether a key without `kid` serves tokens with any: true of keys that the operator wrote.
    nameless_fits_all: bool,
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
        Self::read_jwks(document, allowed, Origin::Published)
    }

    /// Reads keys as an operator may write them: PEM, one JWK, or a JWK Set. A shared secret may be
    /// among them as a JWK of type `oct`.
    ///
    /// # Errors
    /// As [`from_jwks`](Self::from_jwks).
    pub fn from_configured(text: &str, allowed: AlgorithmSet) -> Result<Self, KeySetFault> {
        Self::read_text(text, allowed, Origin::Configured)
    }

    /// As [`from_configured`](Self::from_configured), weak secrets included: to examine a token
    /// with, never to let it pass.
    ///
    /// # Errors
    /// As [`from_jwks`](Self::from_jwks).
    pub fn from_examined(text: &str, allowed: AlgorithmSet) -> Result<Self, KeySetFault> {
        Self::read_text(text, allowed, Origin::Examined)
    }

    fn read_text(text: &str, allowed: AlgorithmSet, origin: Origin) -> Result<Self, KeySetFault> {
        let trimmed = text.trim();
        let set = if trimmed.starts_with("-----BEGIN") {
            Self::collect(&pem::blocks(trimmed), |block| pem::prepare(block, allowed), |_| None)
        } else if !trimmed.starts_with('{') {
            Err(KeySetFault::UnknownFormat)
        } else if serde_json::from_str::<Document<'_>>(trimmed).is_ok() {
            Self::read_jwks(trimmed.as_bytes(), allowed, origin)
        } else {
            let prepare = |jwk: &str| jwk::prepare(jwk.as_bytes(), allowed, origin);
            Self::collect(&[trimmed], prepare, shown_kid)
        };
        set.map(|set| Self { nameless_fits_all: true, ..set })
    }

    /// One shared secret, for tokens with any `kid` or none. The text itself is the key.
    ///
    /// # Errors
    /// [`KeyFault::WeakSecret`], where it is too weak for one of `algorithms`.
    pub fn from_secret(text: &str, algorithms: AlgorithmSet) -> Result<Self, KeyFault> {
        let secret = KeyMaterial::Secret(SharedSecret::new(text.trim().as_bytes().to_vec()));
        let key = jwk::prepare_material(None, &secret, algorithms)?;
        Ok(Self { keys: vec![key], skipped: Vec::new(), nameless_fits_all: true })
    }

    fn read_jwks(
        document: &[u8],
        allowed: AlgorithmSet,
        origin: Origin,
    ) -> Result<Self, KeySetFault> {
        if document.len() > MAX_KEY_SET_BYTES {
            return Err(KeySetFault::TooLong);
        }
        let Document { keys: entries } =
            serde_json::from_slice(document).map_err(|_| KeySetFault::NotAKeySet)?;
        let entries: Vec<_> = entries.into_iter().map(RawValue::get).collect();
        Self::collect(&entries, |jwk| jwk::prepare(jwk.as_bytes(), allowed, origin), shown_kid)
    }

    fn collect<'a>(
        entries: &[&'a str],
        prepare: impl Fn(&'a str) -> Result<VerificationKey, KeyFault>,
        kid: impl Fn(&'a str) -> Option<Escaped>,
    ) -> Result<Self, KeySetFault> {
        if entries.len() > MAX_KEYS {
            return Err(KeySetFault::TooManyKeys { found: entries.len() });
        }
        let mut set = Self::default();
        for (position, entry) in entries.iter().enumerate() {
            match prepare(entry) {
                Ok(key) => set.keys.push(key),
                Err(fault) => {
                    set.skipped.push(SkippedKey { position, kid: kid(entry), fault });
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
            .filter(move |key| match key.kid() {
                Some(_) => kid.is_none() || key.kid() == kid,
                None => kid.is_none() || self.nameless_fits_all,
            })
            .filter(move |key| key.fits(algorithm))
    }

    /// Checks a token's signature with the keys that may have made it.
    ///
    /// # Errors
    /// [`Rejection::UnknownKey`] when there is none, [`Rejection::BadSignature`] when none fits.
    pub fn verify(&self, jwt: &UnverifiedJwt<'_>) -> Result<(VerifiedClaims, KeyId), Rejection> {
        let JoseHeader { kid, algorithm, .. } = jwt.header();
        let mut rejection = None;
        for key in self.candidates(kid.as_deref(), *algorithm) {
            match key.verify(jwt) {
                Ok(claims) => return Ok((claims, key.id())),
                Err(bad_signature) => rejection = Some(bad_signature),
            }
        }
        Err(rejection.unwrap_or_else(|| Rejection::UnknownKey {
            kid: kid.as_deref().map(Escaped::new),
            algorithm: *algorithm,
        }))
    }

    pub fn contains(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id() == id)
    }

    pub fn kids(&self) -> impl Iterator<Item = Option<&str>> {
        self.keys.iter().map(VerificationKey::kid)
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

fn shown_kid(entry: &str) -> Option<Escaped> {
    let value: serde_json::Value = serde_json::from_str(entry).ok()?;
    value.get("kid")?.as_str().map(Escaped::new)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
        KeyPair,
    };
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn all() -> AlgorithmSet {
        Algorithm::ALL.into_iter().collect()
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    fn ec_pem(algorithm: &'static EcdsaSigningAlgorithm) -> String {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        pem("PUBLIC KEY", der.as_ref())
    }

    fn ed_pem() -> String {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        pem("PUBLIC KEY", der.as_ref())
    }

    #[test]
    fn public_keys_in_pem_serve_tokens_with_any_kid() {
        for (text, algorithm) in [
            (ec_pem(&ECDSA_P256_SHA256_FIXED_SIGNING), Algorithm::Es256),
            (ec_pem(&ECDSA_P384_SHA384_FIXED_SIGNING), Algorithm::Es384),
            (ec_pem(&ECDSA_P521_SHA512_FIXED_SIGNING), Algorithm::Es512),
            (ed_pem(), Algorithm::EdDsa),
        ] {
            let set = KeySet::from_configured(&text, all()).unwrap();
            assert_eq!(set.candidates(Some("any"), algorithm).count(), 1, "{algorithm}");
            assert_eq!(set.candidates(None, Algorithm::Rs256).count(), 0, "{algorithm}");
        }
        let two = ed_pem() + &ed_pem();
        assert_eq!(KeySet::from_configured(&two, all()).unwrap().len(), 2);
    }

    #[test]
    fn a_private_key_is_never_taken() {
        let private = pem("PRIVATE KEY", b"whatever");
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"x"}"#;
        for text in [private.as_str(), jwk] {
            let fault = KeySet::from_configured(text, all()).unwrap_err();
            assert!(fault.to_string().contains("compromised"), "{fault}");
        }
    }

    #[test]
    fn a_secret_is_taken_from_the_operator_and_never_from_an_issuer() {
        let jwk = r#"{"kty":"oct","kid":"a","k":"q83vEjRWeJCrze8SNFZ4kM3vAasjRWeJCrze_wE4VnA"}"#;
        let hs256 = [Algorithm::Hs256].into_iter().collect();
        assert_eq!(KeySet::from_configured(jwk, hs256).unwrap().len(), 1);
        let published = KeySet::from_jwks(format!(r#"{{"keys":[{jwk}]}}"#).as_bytes(), hs256);
        assert!(matches!(published, Err(KeySetFault::NoUsableKey { .. })), "{published:?}");
    }

    #[test]
    fn what_is_no_key_is_told() {
        for text in ["", "secret", "-----BEGIN PUBLIC KEY-----", "{}", "[]"] {
            assert!(KeySet::from_configured(text, all()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_document_over_the_limits_is_refused_whole() {
        let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; MAX_KEYS + 1].join(","));
        let fault = KeySet::from_jwks(many.as_bytes(), all()).unwrap_err();
        assert_eq!(fault, KeySetFault::TooManyKeys { found: MAX_KEYS + 1 });
        let long = vec![b' '; MAX_KEY_SET_BYTES + 1];
        assert_eq!(KeySet::from_jwks(&long, all()).unwrap_err(), KeySetFault::TooLong);
    }
}
