//! Builds tokens: a good one, with what a case changes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{AUDIENCE, NOW, SCOPE, SigningKey};

#[derive(Clone)]
pub struct Token {
    header: Value,
    claims: Value,
}

impl Token {
    /// A token of `issuer` that passes, until a case changes it.
    pub fn of(issuer: &str) -> Self {
        Self {
            header: json!({"typ": "at+jwt"}),
            claims: json!({
                "iss": issuer, "sub": "alice", "client_id": "app", "aud": AUDIENCE,
                "scope": SCOPE, "iat": NOW, "exp": NOW + 3600, "jti": "1",
            }),
        }
    }

    /// A token with this header and these claims, and nothing else.
    pub fn from_parts((header, claims): (Value, Value)) -> Self {
        Self { header, claims }
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    /// A header member; `kid` and `alg` come from the key unless they are set here.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub fn without_kid(self) -> Self {
        self.header("kid", Value::Null)
    }

    pub fn signed_by(self, key: &SigningKey) -> String {
        let mut header = json!({"alg": key.alg, "kid": key.kid});
        for (name, value) in self.header.as_object().unwrap() {
            header[name] = value.clone();
        }
        header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(&header), encode(&self.claims));
        let signature = key.sign(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The token with its signature's middle changed: right in form, wrong in fact.
pub fn spoilt(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes))
}
