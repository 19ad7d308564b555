//! Signatures: the one way from an unverified token to verified claims (RFC 7515 section 5.2).
//!
//! Invariants:
//! - [`VerifiedClaims`] is made here and nowhere else, after a key said yes.
//! - A key knows its algorithms; the header only selects among them, so an RSA key never checks an
//!   ES or HS token (CVE-2022-29217, CVE-2023-48223).
//! - ECDSA signatures are the fixed-length pair of RFC 7518 section 3.4, never DER
//!   (CVE-2022-21449).
//!
//! Keys are prepared once, when a key set is loaded: parsing an RSA key costs a fifth of using it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self as aws, ParsedPublicKey, RsaParameters, VerificationAlgorithm};
use sha2::{Digest, Sha256};

use super::shared_secret::SharedSecret;
use super::{Algorithm, AlgorithmSet, Claims, Rejection, UnverifiedJwt};

/// Claims that a trusted key has signed. Facts only: whether they allow anything is for
/// [`policy`](super::policy), on every request anew.
#[derive(Clone, Debug)]
pub struct VerifiedClaims {
    claims: Arc<Claims>,
    typ: Option<Box<str>>,
}

impl VerifiedClaims {
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// `typ` of the header, which the signature covers too.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

/// Names a key by its material and algorithms, so that a withdrawn key is recognised even when
/// another takes over its `kid`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 32]);

/// Shows nothing: of a shared secret even the digest would help to guess it.
impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeyId(..)")
    }
}

/// A key ready to check signatures, tied to its algorithms.
pub struct VerificationKey {
    id: KeyId,
    kid: Option<Box<str>>,
    verifiers: Vec<(Algorithm, Verifier)>,
}

enum Verifier {
    Public(ParsedPublicKey),
    Secret(Box<hmac::Key>),
}

/// Key material, checked by `jwk.rs`, `pem.rs` or `shared_secret.rs`.
pub(super) enum KeyMaterial {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point on the curve of the one algorithm.
    Ec {
        algorithm: Algorithm,
        point: Vec<u8>,
    },
    Ed25519 {
        public: Vec<u8>,
    },
    Secret(SharedSecret),
}

impl VerificationKey {
    /// Prepares a key for those of `algorithms` that fit it. `None` when the material is no valid
    /// key (a point off the curve, for one).
    pub(super) fn prepare(
        kid: Option<Box<str>>,
        material: &KeyMaterial,
        algorithms: AlgorithmSet,
    ) -> Option<Self> {
        let verifiers = algorithms
            .iter()
            .map(|algorithm| Some((algorithm, material.prepare_for(algorithm)?)))
            .collect::<Option<Vec<_>>>()?;
        let id = material.id(algorithms);
        (!verifiers.is_empty()).then_some(Self { id, kid, verifiers })
    }

    pub fn id(&self) -> KeyId {
        self.id
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.verifiers.iter().any(|(fitting, _)| *fitting == algorithm)
    }

    /// Checks the token's signature with this key, under the algorithm its header selects.
    ///
    /// # Errors
    /// [`Rejection::BadSignature`], also when the algorithm is not one of this key's.
    pub fn verify(&self, jwt: &UnverifiedJwt<'_>) -> Result<VerifiedClaims, Rejection> {
        let header = jwt.header();
        self.check(header.algorithm, jwt.signing_input(), jwt.signature())?;
        Ok(VerifiedClaims { claims: Arc::clone(jwt.claims()), typ: header.typ.clone() })
    }

    /// The primitive: whether `signature` is this key's over `message`.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn check(
        &self,
        selected: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Rejection> {
        let (_, key) = self
            .verifiers
            .iter()
            .find(|(algorithm, _)| *algorithm == selected)
            .ok_or(Rejection::BadSignature)?;
        let good = match key {
            Verifier::Public(key) => key.verify_sig(message, signature).is_ok(),
            // Compares in constant time.
            Verifier::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        };
        if good { Ok(()) } else { Err(Rejection::BadSignature) }
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("VerificationKey")
            .field("id", &self.id)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl KeyMaterial {
    /// The algorithms that this kind of key can serve at all.
    pub(super) fn possible_algorithms(&self) -> AlgorithmSet {
        match self {
            Self::Rsa { .. } => Algorithm::ALL
                .into_iter()
                .filter(|algorithm| rsa_parameters(*algorithm).is_some())
                .collect(),
            Self::Ec { algorithm, .. } => [*algorithm].into_iter().collect(),
            Self::Ed25519 { .. } => [Algorithm::EdDsa].into_iter().collect(),
            Self::Secret(_) => Algorithm::ALL.into_iter().filter(|it| it.is_hmac()).collect(),
        }
    }

    fn prepare_for(&self, algorithm: Algorithm) -> Option<Verifier> {
        match self {
            Self::Rsa { modulus, exponent } => {
                let components = aws::RsaPublicKeyComponents { n: modulus, e: exponent };
                let key = components.to_parsed_public_key(rsa_parameters(algorithm)?);
                key.ok().map(Verifier::Public)
            }
            Self::Ec { point: bytes, .. } | Self::Ed25519 { public: bytes } => {
                let key = ParsedPublicKey::new(curve_algorithm(algorithm)?, bytes);
                key.ok().map(Verifier::Public)
            }
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac_algorithm(algorithm)?, secret.expose());
                Some(Verifier::Secret(Box::new(key)))
            }
        }
    }

    fn id(&self, algorithms: AlgorithmSet) -> KeyId {
        let mut digest = Sha256::new();
        digest.update(algorithms.to_string());
        match self {
            Self::Rsa { modulus, exponent } => {
                digest.update(b"\0rsa\0");
                digest.update(exponent);
                digest.update(b"\0");
                digest.update(modulus);
            }
            Self::Ec { point: bytes, .. } | Self::Ed25519 { public: bytes } => {
                digest.update(b"\0curve\0");
                digest.update(bytes);
            }
            Self::Secret(secret) => {
                digest.update(b"\0secret\0");
                digest.update(secret.expose());
            }
        }
        KeyId(digest.finalize().into())
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&aws::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&aws::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&aws::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&aws::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&aws::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&aws::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256
        | Algorithm::Es384
        | Algorithm::Es512
        | Algorithm::EdDsa
        | Algorithm::Hs256
        | Algorithm::Hs384
        | Algorithm::Hs512 => None,
    }
}

fn curve_algorithm(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        Algorithm::Es256 => Some(&aws::ECDSA_P256_SHA256_FIXED),
        Algorithm::Es384 => Some(&aws::ECDSA_P384_SHA384_FIXED),
        Algorithm::Es512 => Some(&aws::ECDSA_P521_SHA512_FIXED),
        Algorithm::EdDsa => Some(&aws::ED25519),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512
        | Algorithm::Hs256
        | Algorithm::Hs384
        | Algorithm::Hs512 => None,
    }
}

fn hmac_algorithm(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::Hs256 => Some(hmac::HMAC_SHA256),
        Algorithm::Hs384 => Some(hmac::HMAC_SHA384),
        Algorithm::Hs512 => Some(hmac::HMAC_SHA512),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512
        | Algorithm::Es256
        | Algorithm::Es384
        | Algorithm::Es512
        | Algorithm::EdDsa => None,
    }
}
