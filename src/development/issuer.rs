//! An issuer of our own, on loopback: discovery, a JWKS, fresh RSA and EC keys.
//!
//! Signing is `jsonwebtoken`'s, so that the tokens it makes are another's idea of a token.

use std::io;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::domain::UnixTime;

const LIFETIME_SECONDS: i64 = 3600;
const RSA_KID: &str = "dev-rsa";
const EC_KID: &str = "dev-ec";

/// Why no issuer could be made.
#[derive(Debug, thiserror::Error)]
pub enum IssuerFault {
    #[error("the embedded issuer cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
    #[error("the embedded issuer could not make a key or a token")]
    Crypto,
}

pub struct EmbeddedIssuer {
    url: String,
    rsa: EncodingKey,
    ec: EncodingKey,
    handle: ServerHandle,
}

/// The two documents it publishes.
struct Documents {
    discovery: Value,
    jwks: Value,
}

impl EmbeddedIssuer {
    /// Makes keys and listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`IssuerFault`].
    pub fn start() -> Result<Self, IssuerFault> {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| IssuerFault::Crypto)?;
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| IssuerFault::Crypto)?;
        // The port is part of the issuer's name, which is part of the documents.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let documents = Data::new(Documents {
            discovery: json!({
                "issuer": url,
                "jwks_uri": format!("{url}/jwks"),
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            }),
            jwks: json!({"keys": [rsa_jwk(&rsa), ec_jwk(&ec)?]}),
        });
        let server = HttpServer::new(move || App::new().configure(|app| routes(&documents, app)))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Self { url, rsa: rsa_signer(&rsa)?, ec: ec_signer(&ec)?, handle })
    }

    /// Its identifier, as tokens carry it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.url)
    }

    /// A token good for one hour.
    ///
    /// # Errors
    /// [`IssuerFault::Crypto`].
    pub fn sign_rs256(
        &self,
        subject: &str,
        audience: &str,
        scope: &str,
        now: UnixTime,
    ) -> Result<String, IssuerFault> {
        self.sign(Algorithm::RS256, RSA_KID, &self.rsa, &claims(subject, audience, scope, now))
    }

    /// As [`sign_rs256`](Self::sign_rs256), with the EC key.
    ///
    /// # Errors
    /// [`IssuerFault::Crypto`].
    pub fn sign_es256(
        &self,
        subject: &str,
        audience: &str,
        scope: &str,
        now: UnixTime,
    ) -> Result<String, IssuerFault> {
        self.sign(Algorithm::ES256, EC_KID, &self.ec, &claims(subject, audience, scope, now))
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }

    fn sign(
        &self,
        algorithm: Algorithm,
        kid: &str,
        key: &EncodingKey,
        claims: &Value,
    ) -> Result<String, IssuerFault> {
        let mut claims = claims.clone();
        if let Some(members) = claims.as_object_mut() {
            members.insert("iss".to_owned(), json!(self.url));
        }
        let mut header = Header::new(algorithm);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &claims, key).map_err(|_| IssuerFault::Crypto)
    }
}

fn claims(subject: &str, audience: &str, scope: &str, now: UnixTime) -> Value {
    json!({
        "sub": subject,
        "client_id": "assay-dev",
        "aud": audience,
        "scope": scope,
        "iat": now.seconds(),
        "exp": now.plus(LIFETIME_SECONDS).seconds(),
        "jti": format!("{:032x}", fastrand::u128(..)),
    })
}

fn routes(documents: &Data<Documents>, config: &mut web::ServiceConfig) {
    async fn discovery(documents: Data<Documents>) -> HttpResponse {
        HttpResponse::Ok().content_type("application/json").body(documents.discovery.to_string())
    }
    async fn jwks(documents: Data<Documents>) -> HttpResponse {
        HttpResponse::Ok().content_type("application/json").body(documents.jwks.to_string())
    }
    config
        .app_data(documents.clone())
        .route("/.well-known/openid-configuration", web::get().to(discovery))
        .route("/.well-known/oauth-authorization-server", web::get().to(discovery))
        .route("/jwks", web::get().to(jwks));
}

fn rsa_jwk(key: &RsaKeyPair) -> Value {
    let public = key.public_key();
    let (modulus, exponent) = (public.modulus(), public.exponent());
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": RSA_KID,
        "n": URL_SAFE_NO_PAD.encode(modulus.big_endian_without_leading_zero()),
        "e": URL_SAFE_NO_PAD.encode(exponent.big_endian_without_leading_zero()),
    })
}

fn ec_jwk(key: &EcdsaKeyPair) -> Result<Value, IssuerFault> {
    // An uncompressed point: 4, then both coordinates in full.
    let (x, y) = match key.public_key().as_ref() {
        [4, coordinates @ ..] => coordinates.split_at_checked(32).ok_or(IssuerFault::Crypto)?,
        _ => return Err(IssuerFault::Crypto),
    };
    Ok(json!({
        "kty": "EC", "use": "sig", "alg": "ES256", "kid": EC_KID, "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x),
        "y": URL_SAFE_NO_PAD.encode(y),
    }))
}

fn rsa_signer(key: &RsaKeyPair) -> Result<EncodingKey, IssuerFault> {
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| IssuerFault::Crypto)?;
    // `from_rsa_der` takes PKCS#1 alone; the PEM reader takes PKCS#8 too (RFC 7468 section 10).
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| IssuerFault::Crypto)
}

fn ec_signer(key: &EcdsaKeyPair) -> Result<EncodingKey, IssuerFault> {
    let der = key.to_pkcs8v1().map_err(|_| IssuerFault::Crypto)?;
    Ok(EncodingKey::from_ec_der(der.as_ref()))
}
