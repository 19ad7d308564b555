//! One JWK, checked and prepared (RFC 7517 section 4, RFC 7518 section 6,
//! RFC 8037).
//!
//! Invariants:
//! - What a JWK says of itself (`use`, `key_ops`, `alg`) is obeyed; what it leaves out is inferred
//!   from type and curve, within the issuer's algorithms (Entra publishes no `alg`).
//! - RSA keys have 2048 to 8192 bits and an odd exponent of at least 3; EC points are on the curve.
//! - A private key is never used, and a secret only where the operator configured it: in a
//!   published set everyone has read it.

use super::json::{Json, Object, parse_object};
use super::shared_secret::{SharedSecret, WeakSecret};
use super::signature::KeyMaterial;
use super::unverified::MAX_KID_BYTES;
use super::{Algorithm, AlgorithmSet, JsonFault, VerificationKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a JWK is not used. Each is skipped alone: one odd key never spoils the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error("is not a JSON object we take: {0}")]
    BadJson(JsonFault),
    #[error("member `{0}` is missing or malformed")]
    BadMember(&'static str),
    #[error("key type or curve is not supported")]
    UnsupportedType,
    #[error("is marked for another use than signatures")]
    OtherUse,
    #[error("`key_ops` does not include `verify`")]
    OtherOperations,
    #[error("`alg` does not fit the key")]
    WrongAlgorithm,
    #[error("no algorithm of the issuer's configuration fits")]
    NotAllowed,
    #[error("is a secret or private key where only public ones belong: treat it as compromised")]
    NotPublic,
    #[error("shared secret {0}")]
    WeakSecret(#[from] WeakSecret),
    #[error("RSA key has {bits} bits, not 2048 to 8192")]
    RsaSize { bits: usize },
    #[error("is not a valid public key (a point off the curve, or an unusable modulus)")]
    Invalid,
}

/// Where a key comes from, which decides whether it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Fetched from an issuer: everyone can read it.
    Published,
    /// Written by the operator.
    Configured,
    /// Given to a tool that only tells what it sees: secrets that could be guessed are taken too,
    /// never ones that are too short.
    Examined,
}

/// Private members of RSA, EC and OKP keys.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

pub(super) fn prepare(
    json: &[u8],
    allowed: AlgorithmSet,
    origin: Origin,
) -> Result<VerificationKey, KeyFault> {
    let jwk = Jwk(parse_object(json).map_err(KeyFault::BadJson)?);
    if PRIVATE_MEMBERS.iter().any(|member| jwk.0.contains(member)) {
        return Err(KeyFault::NotPublic);
    }
    jwk.refuse_other_uses()?;
    let material = match (jwk.text("kty")?, origin) {
        (Some("oct"), Origin::Published) => return Err(KeyFault::NotPublic),
        _ if jwk.0.contains("k") && origin == Origin::Published => {
            return Err(KeyFault::NotPublic);
        }
        (Some("oct"), Origin::Configured | Origin::Examined) => {
            KeyMaterial::Secret(SharedSecret::new(jwk.bytes("k")?))
        }
        _ => jwk.material()?,
    };
    let algorithms = jwk.algorithms(&material, allowed)?;
    let kid = jwk.kid()?;
    if let (Origin::Examined, KeyMaterial::Secret(secret)) = (origin, &material) {
        secret.is_long_enough(algorithms)?;
        return VerificationKey::prepare(kid, &material, algorithms).ok_or(KeyFault::Invalid);
    }
    prepare_material(kid, &material, algorithms)
}

/// The last step for every kind of key, whatever it was written in.
pub(super) fn prepare_material(
    kid: Option<Box<str>>,
    material: &KeyMaterial,
    algorithms: AlgorithmSet,
) -> Result<VerificationKey, KeyFault> {
    if let KeyMaterial::Secret(secret) = material {
        secret.is_strong_enough(algorithms)?;
    }
    VerificationKey::prepare(kid, material, algorithms).ok_or(KeyFault::Invalid)
}

/// RSA numbers, big-endian, checked for size and form.
pub(super) fn rsa_material(modulus: Vec<u8>, exponent: Vec<u8>) -> Result<KeyMaterial, KeyFault> {
    let (modulus, exponent) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
    let top_bits = modulus.first().map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    let bits = modulus.len().saturating_sub(1) * 8 + top_bits;
    if !(2048..=8192).contains(&bits) {
        return Err(KeyFault::RsaSize { bits });
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    // An exponent of 1 makes every message its own signature; beyond 5 bytes it only slows us.
    if exponent.len() > 5 || !is_odd(&exponent) || exponent.as_slice() == [1].as_slice() {
        return Err(KeyFault::BadMember("e"));
    }
    if !is_odd(&modulus) {
        return Err(KeyFault::Invalid);
    }
    Ok(KeyMaterial::Rsa { modulus, exponent })
}

/// An Ed25519 point, as RFC 8032 section 5.1.2 writes it.
///
/// The library checks that a point is on the curve, not that it has the order a key must have: under
/// one of small order a signature of nobody's is good for every message, or for one in eight.
pub(super) fn ed25519_material(public: Vec<u8>) -> Result<KeyMaterial, KeyFault> {
    // The two y of order 8, without the sign of x; 0, 1 and -1 are told below.
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y: [u8; 32] = public.as_slice().try_into().map_err(|_| KeyFault::BadMember("x"))?;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    let (first, middle, last) = match y {
        [first, middle @ .., last] => (first, middle, last),
    };
    let is_zero_or_one = first <= 1 && last == 0 && middle.iter().all(|byte| *byte == 0);
    // The prime is 0x7f, 30 times 0xff, 0xed: -1 is one less, and no y is written as more.
    let is_minus_one_or_more =
        first >= 0xec && last == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    if is_zero_or_one || is_minus_one_or_more || ORDER_8.contains(&y) {
        return Err(KeyFault::Invalid);
    }
    Ok(KeyMaterial::Ed25519 { public })
}

struct Jwk<'a>(Object<'a>);

impl Jwk<'_> {
    fn text(&self, member: &'static str) -> Result<Option<&str>, KeyFault> {
        match self.0.get(member) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(KeyFault::BadMember(member)),
        }
    }

    fn bytes(&self, member: &'static str) -> Result<Vec<u8>, KeyFault> {
        let text = self.text(member)?.ok_or(KeyFault::BadMember(member))?;
        URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::BadMember(member))
    }

    fn kid(&self) -> Result<Option<Box<str>>, KeyFault> {
        match self.text("kid")? {
            Some(kid) if kid.len() > MAX_KID_BYTES => Err(KeyFault::BadMember("kid")),
            kid => Ok(kid.map(Into::into)),
        }
    }

    fn refuse_other_uses(&self) -> Result<(), KeyFault> {
        if self.text("use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(KeyFault::OtherUse);
        }
        match self.0.get("key_ops") {
            None => Ok(()),
            Some(Json::List(operations))
                if operations.iter().any(|op| op.as_text() == Some("verify")) =>
            {
                Ok(())
            }
            Some(_) => Err(KeyFault::OtherOperations),
        }
    }

    fn algorithms(
        &self,
        material: &KeyMaterial,
        allowed: AlgorithmSet,
    ) -> Result<AlgorithmSet, KeyFault> {
        let possible = material.possible_algorithms();
        let own = match self.text("alg")? {
            None => possible,
            Some(name) => {
                let algorithm: Algorithm = name.parse().map_err(|_| KeyFault::WrongAlgorithm)?;
                if !possible.contains(algorithm) {
                    return Err(KeyFault::WrongAlgorithm);
                }
                [algorithm].into_iter().collect()
            }
        };
        let usable: AlgorithmSet =
            own.iter().filter(|algorithm| allowed.contains(*algorithm)).collect();
        if usable.is_empty() { Err(KeyFault::NotAllowed) } else { Ok(usable) }
    }

    fn material(&self) -> Result<KeyMaterial, KeyFault> {
        match (self.text("kty")?, self.text("crv")?) {
            (Some("RSA"), _) => self.rsa(),
            (Some("EC"), Some("P-256")) => self.ec(Algorithm::Es256, 32),
            (Some("EC"), Some("P-384")) => self.ec(Algorithm::Es384, 48),
            (Some("EC"), Some("P-521")) => self.ec(Algorithm::Es512, 66),
            (Some("OKP"), Some("Ed25519")) => ed25519_material(self.bytes("x")?),
            (Some(_), _) => Err(KeyFault::UnsupportedType),
            (None, _) => Err(KeyFault::BadMember("kty")),
        }
    }

    fn rsa(&self) -> Result<KeyMaterial, KeyFault> {
        rsa_material(self.bytes("n")?, self.bytes("e")?)
    }

    fn ec(&self, algorithm: Algorithm, length: usize) -> Result<KeyMaterial, KeyFault> {
        let coordinate = |member| {
            // RFC 7518 section 6.2.1.2: the full size of a coordinate, leading zeros included.
            let bytes = self.bytes(member)?;
            if bytes.len() == length { Ok(bytes) } else { Err(KeyFault::BadMember(member)) }
        };
        let (x, y) = (coordinate("x")?, coordinate("y")?);
        let mut point = Vec::with_capacity(1 + 2 * length);
        point.push(4);
        point.extend(x);
        point.extend(y);
        Ok(KeyMaterial::Ec { algorithm, point })
    }
}

/// Some issuers publish a sign byte; the number is the same.
fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}
