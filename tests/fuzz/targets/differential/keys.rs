//! The fixed, published key pairs of `tests/fuzz/keys`: to sign with, as the service reads them,
//! and as `jsonwebtoken` does.

use assay::domain::{Algorithm, AlgorithmSet, KeySet};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

pub enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, &'static str),
    Ed25519(Ed25519KeyPair),
}

/// One key pair; its name is its `kid`.
pub struct TestKey {
    pub name: &'static str,
    pub pair: Pair,
}

impl TestKey {
    /// All of them. The first is the one of a recipe that names none: the fastest.
    pub fn all() -> Vec<Self> {
        let ec = |algorithm: &'static EcdsaSigningAlgorithm, curve, pem: &str| {
            Pair::Ec(EcdsaKeyPair::from_pkcs8(algorithm, &der(pem)).expect("a key"), curve)
        };
        let ed25519 = Ed25519KeyPair::from_pkcs8(&der(include_str!("../../keys/ed25519.pem")));
        let rsa = RsaKeyPair::from_pkcs8(&der(include_str!("../../keys/rsa.pem")));
        let es256 = include_str!("../../keys/es256.pem");
        let es384 = include_str!("../../keys/es384.pem");
        let es512 = include_str!("../../keys/es512.pem");
        let named = [
            ("ed25519", Pair::Ed25519(ed25519.expect("a key"))),
            ("es256", ec(&aws::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", es256)),
            ("rsa", Pair::Rsa(rsa.expect("a key"))),
            ("es384", ec(&aws::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", es384)),
            ("es512", ec(&aws::ECDSA_P521_SHA512_FIXED_SIGNING, "P-521", es512)),
        ];
        named.into_iter().map(|(name, pair)| Self { name, pair }).collect()
    }

    /// The algorithm it signs with where a recipe asks for none.
    pub fn usual_algorithm(&self) -> &'static str {
        match &self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_, "P-256") => "ES256",
            Pair::Ec(_, "P-384") => "ES384",
            Pair::Ec(..) => "ES512",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    /// Signs under `algorithm`, or the usual one where it is none of this key's.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match algorithm {
                    "RS384" => &aws::RSA_PKCS1_SHA384,
                    "RS512" => &aws::RSA_PKCS1_SHA512,
                    "PS256" => &aws::RSA_PSS_SHA256,
                    "PS384" => &aws::RSA_PSS_SHA384,
                    "PS512" => &aws::RSA_PSS_SHA512,
                    _ => &aws::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).expect("a signature");
                signature
            }
            Pair::Ec(pair, _) => pair.sign(&random, message).expect("a signature").as_ref().into(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().into(),
        }
    }

    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = encode(public.modulus().big_endian_without_leading_zero());
                let e = encode(public.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": self.name, "n": n, "e": e})
            }
            Pair::Ec(pair, curve) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let (x, y) = (encode(x), encode(y));
                json!({"kty": "EC", "kid": self.name, "crv": curve, "x": x, "y": y})
            }
            Pair::Ed25519(pair) => {
                let x = encode(pair.public_key().as_ref());
                json!({"kty": "OKP", "kid": self.name, "crv": "Ed25519", "x": x})
            }
        }
    }

    /// `None` for a key that `jsonwebtoken` cannot use.
    pub fn peer_key(&self) -> Option<DecodingKey> {
        let jwk = self.jwk();
        let text = |member: &str| jwk[member].as_str().expect("a text");
        let key = match &self.pair {
            Pair::Rsa(_) => DecodingKey::from_rsa_components(text("n"), text("e")),
            Pair::Ec(_, "P-521") => return None,
            Pair::Ec(..) => DecodingKey::from_ec_components(text("x"), text("y")),
            Pair::Ed25519(_) => DecodingKey::from_ed_components(text("x")),
        };
        Some(key.expect("a key"))
    }
}

pub fn asymmetric() -> AlgorithmSet {
    Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_hmac()).collect()
}

pub fn published(keys: &[TestKey]) -> KeySet {
    let document = json!({"keys": keys.iter().map(TestKey::jwk).collect::<Vec<_>>()});
    KeySet::from_jwks(document.to_string().as_bytes(), asymmetric()).expect("a key set")
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(body).expect("base64")
}
