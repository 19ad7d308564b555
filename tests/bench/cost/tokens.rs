//! Keys, tokens signed with them, and the issuer that publishes them.
//!
//! Signed with `aws-lc-rs` itself: the service's embedded issuer has neither `EdDSA` nor RSA 4096.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use assay::domain::UnixTime;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Outcome;

pub const AUDIENCE: &str = "https://mcp.example/mcp";
/// Enough that no two requests in a row ask the same.
const TOKENS_PER_KIND: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Rs256,
    Es256,
    EdDsa,
    /// RS256 with a key of 4096 bits.
    Rs256Long,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Es256, Self::EdDsa, Self::Rs256Long];

    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::Rs256 | Self::Rs256Long => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub const fn uncached_name(self) -> &'static str {
        match self {
            Self::Rs256 => "uncached RS256/2048",
            Self::Es256 => "uncached ES256",
            Self::EdDsa => "uncached EdDSA",
            Self::Rs256Long => "uncached RS256/4096",
        }
    }

    pub const fn bare_name(self) -> &'static str {
        match self {
            Self::Rs256 => "bare RS256/2048",
            Self::Es256 => "bare ES256",
            Self::EdDsa => "bare EdDSA",
            Self::Rs256Long => "bare RS256/4096",
        }
    }

    const fn key_id(self) -> &'static str {
        match self {
            Self::Rs256 => "9f2c1e7a-rsa-2048",
            Self::Es256 => "5b8d3a60-p-256",
            Self::EdDsa => "c4e19d27-ed25519",
            Self::Rs256Long => "71a0f6b3-rsa-4096",
        }
    }
}

/// One key's tokens, with the key that verifies them.
pub struct Tokens {
    pub kind: Kind,
    pub texts: Vec<String>,
    pub key: ParsedPublicKey,
    jwk: Value,
}

pub struct Issuer {
    pub url: String,
    tokens: Vec<Tokens>,
}

impl Issuer {
    /// Makes keys and tokens and publishes the keys on a free port of 127.0.0.1.
    pub fn start(now: UnixTime) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = url_of(listener.local_addr()?);
        let tokens: Vec<Tokens> = Kind::ALL
            .into_iter()
            .map(|kind| Tokens::sign(kind, &url, now))
            .collect::<Outcome<_>>()?;
        let keys: Vec<_> = tokens.iter().map(|tokens| &tokens.jwk).collect();
        let document = json!({ "keys": keys }).to_string();
        std::thread::spawn(move || {
            // A client that went away is its own loss; the next one is served.
            listener.incoming().flatten().for_each(|client| drop(publish(client, &document)));
        });
        Ok(Self { url, tokens })
    }

    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.url)
    }

    #[expect(clippy::expect_used, reason = "`start` makes tokens of every kind")]
    pub fn tokens(&self, kind: Kind) -> &Tokens {
        self.tokens.iter().find(|tokens| tokens.kind == kind).expect("tokens of every kind")
    }
}

fn url_of(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn publish(mut client: TcpStream, document: &str) -> std::io::Result<()> {
    // The answer is the same whatever was asked; a request this small comes in one piece.
    let _ = client.read(&mut [0; 4096])?;
    let length = document.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{document}"
    )
}

type Signer = Box<dyn Fn(&[u8]) -> Outcome<Vec<u8>>>;

impl Tokens {
    fn sign(kind: Kind, issuer: &str, now: UnixTime) -> Outcome<Self> {
        let (signer, members, key) = match kind {
            Kind::Rs256 => rsa(KeySize::Rsa2048)?,
            Kind::Rs256Long => rsa(KeySize::Rsa4096)?,
            Kind::Es256 => p256()?,
            Kind::EdDsa => ed25519()?,
        };
        let mut jwk = json!({ "use": "sig", "alg": kind.algorithm(), "kid": kind.key_id() });
        merge(&mut jwk, members);
        let header = json!({ "alg": kind.algorithm(), "kid": kind.key_id(), "typ": "at+jwt" });
        let texts = (0..TOKENS_PER_KIND)
            .map(|_| {
                let input = format!("{}.{}", encode(&header), encode(&claims(issuer, now)));
                let signature = signer(input.as_bytes())?;
                Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
            })
            .collect::<Outcome<_>>()?;
        Ok(Self { kind, texts, key, jwk })
    }
}

fn merge(object: &mut Value, members: Value) {
    if let (Value::Object(object), Value::Object(members)) = (object, members) {
        object.extend(members);
    }
}

fn encode(object: &Value) -> String {
    URL_SAFE_NO_PAD.encode(object.to_string())
}

fn claims(issuer: &str, now: UnixTime) -> Value {
    json!({
        "iss": issuer,
        "sub": "4f1c2b9e-3d57-4a86-9c0e-7b1d5f2a8e63",
        "client_id": "mcp-client-production",
        "aud": AUDIENCE,
        "scope": "openid mcp:use mcp:read",
        "iat": now.seconds(),
        "exp": now.plus(3600).seconds(),
        "jti": format!("{:032x}", fastrand::u128(..)),
    })
}

fn rsa(size: KeySize) -> Outcome<(Signer, Value, ParsedPublicKey)> {
    let pair = RsaKeyPair::generate(size)?;
    let n = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let e = pair.public_key().exponent().big_endian_without_leading_zero().to_vec();
    let jwk = json!({
        "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(&n), "e": URL_SAFE_NO_PAD.encode(&e),
    });
    let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)?;
    let sign = move |message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    };
    Ok((Box::new(sign), jwk, key))
}

fn p256() -> Outcome<(Signer, Value, ParsedPublicKey)> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let point = pair.public_key().as_ref();
    // An uncompressed point: 4, then both coordinates.
    let (_, coordinates) = point.split_first().ok_or("the point is empty")?;
    let (x, y) = coordinates.split_at_checked(32).ok_or("the point is too short")?;
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)?;
    let sign =
        move |message: &[u8]| Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec());
    Ok((Box::new(sign), jwk, key))
}

fn ed25519() -> Outcome<(Signer, Value, ParsedPublicKey)> {
    let pair = Ed25519KeyPair::generate()?;
    let public = pair.public_key().as_ref();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public) });
    let key = ParsedPublicKey::new(&ED25519, public)?;
    let sign = move |message: &[u8]| Ok(pair.sign(message).as_ref().to_vec());
    Ok((Box::new(sign), jwk, key))
}
