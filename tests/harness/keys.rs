//! Signing keys of every kind an issuer may have.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Made once: keys of 2048 bits are slow to find.
static RSA: LazyLock<Arc<RsaKeyPair>> = LazyLock::new(fresh_rsa);
static OTHER_RSA: LazyLock<Arc<RsaKeyPair>> = LazyLock::new(fresh_rsa);

fn fresh_rsa() -> Arc<RsaKeyPair> {
    Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>, &'static str),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// A key pair with the `kid` and `alg` it is published under.
#[derive(Clone)]
pub struct SigningKey {
    pub kid: String,
    pub alg: &'static str,
    pair: Pair,
}

impl SigningKey {
    pub fn rs256(kid: &str) -> Self {
        Self::rsa(kid, "RS256")
    }

    /// The same key pair at every call, under any of the six RSA algorithms.
    pub fn rsa(kid: &str, alg: &'static str) -> Self {
        Self { kid: kid.to_owned(), alg, pair: Pair::Rsa(Arc::clone(&RSA)) }
    }

    /// Another key pair than [`rs256`](Self::rs256)'s.
    pub fn other_rs256(kid: &str) -> Self {
        Self { kid: kid.to_owned(), alg: "RS256", pair: Pair::Rsa(Arc::clone(&OTHER_RSA)) }
    }

    pub fn es256(kid: &str) -> Self {
        Self::ec(kid, "ES256", "P-256", &aws::ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    pub fn es384(kid: &str) -> Self {
        Self::ec(kid, "ES384", "P-384", &aws::ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    pub fn es512(kid: &str) -> Self {
        Self::ec(kid, "ES512", "P-521", &aws::ECDSA_P521_SHA512_FIXED_SIGNING)
    }

    fn ec(
        kid: &str,
        alg: &'static str,
        curve: &'static str,
        algorithm: &'static EcdsaSigningAlgorithm,
    ) -> Self {
        let pair = Arc::new(EcdsaKeyPair::generate(algorithm).unwrap());
        Self { kid: kid.to_owned(), alg, pair: Pair::Ec(pair, curve) }
    }

    pub fn ed25519(kid: &str) -> Self {
        let pair = Arc::new(Ed25519KeyPair::generate().unwrap());
        Self { kid: kid.to_owned(), alg: "EdDSA", pair: Pair::Ed25519(pair) }
    }

    /// As the issuer publishes it.
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kty": "RSA",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Pair::Ec(pair, curve) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.alg);
        jwk["use"] = json!("sig");
        jwk
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match self.alg {
                    "RS256" => &aws::RSA_PKCS1_SHA256,
                    "RS384" => &aws::RSA_PKCS1_SHA384,
                    "RS512" => &aws::RSA_PKCS1_SHA512,
                    "PS256" => &aws::RSA_PSS_SHA256,
                    "PS384" => &aws::RSA_PSS_SHA384,
                    _ => &aws::RSA_PSS_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair, _) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}
