//! Target: the parser of compact tokens.
//!
//! Input, one of:
//! - a token, as it would stand after `Bearer `;
//! - starting with `{`: header, claims and signature, each on a line, which are encoded here. So a
//!   mutation reaches the JSON instead of dying in the base64url around it.
//!
//! Held: nothing panics, and whatever is accepted has the one canonical spelling and the members
//! that an independent, lenient reader finds in it too.

use assay::domain::{Algorithm, BearerToken, MAX_TOKEN_BYTES, UnverifiedJwt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

pub fn run(data: &[u8]) {
    if data.starts_with(b"{") {
        let parts: Vec<_> = data
            .splitn(3, |byte| *byte == b'\n')
            .map(|part| URL_SAFE_NO_PAD.encode(part))
            .collect();
        parse(&parts.join("."));
    } else if let Ok(text) = std::str::from_utf8(data) {
        parse(text);
    }
}

fn parse(text: &str) {
    let Ok(token) = BearerToken::new(text) else { return };
    assert_eq!(token.expose(), text, "a token is taken as it is");
    let is_long = text.len() > 16; // A short one may well stand in a fingerprint by chance.
    assert!(!(is_long && format!("{token:?}").contains(text)), "a token is never shown");
    // A limit decides by length alone: a lower one changes nothing for shorter tokens.
    let lower = text.len().saturating_sub(1);
    let refused = UnverifiedJwt::parse(token, lower).err().map(|rejection| rejection.code());
    assert_eq!(refused, Some("token_too_long"), "the limit holds");
    match UnverifiedJwt::parse(token, MAX_TOKEN_BYTES) {
        Ok(jwt) => accepted(text, &jwt),
        Err(rejection) => {
            let shown = rejection.to_string();
            assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown:?}");
        }
    }
}

fn accepted(text: &str, jwt: &UnverifiedJwt<'_>) {
    assert!(text.len() <= MAX_TOKEN_BYTES, "longer than the limit");
    let parts: Vec<_> = text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("not three segments") };
    let (header, claims) = (object(header), object(claims));
    assert!(!canonical(signature).is_empty(), "an empty signature");

    let name = header["alg"].as_str().expect("`alg` is a string");
    assert_eq!(name.parse(), Ok(jwt.header().algorithm), "another algorithm than the header's");
    assert!(Algorithm::ALL.iter().any(|known| known.name() == name) || name == "Ed25519");
    assert_eq!(header.get("kid").map(Value::as_str), jwt.header().kid.as_deref().map(Some));
    assert_eq!(header.get("typ").map(Value::as_str), jwt.header().typ.as_deref().map(Some));
    assert!(jwt.header().kid.as_deref().is_none_or(|kid| kid.len() <= 256), "a long `kid`");
    for member in ["crit", "enc", "zip"] {
        assert!(header.get(member).is_none(), "`{member}` must refuse");
    }
    assert!(header.get("b64").is_none_or(|value| value == true), "`b64` must refuse");

    let text = |claim: &str| claims[claim].as_str().filter(|text| !text.is_empty());
    assert_eq!(text("iss"), jwt.unverified_issuer(), "another issuer");
    assert_eq!(claims["tid"].as_str(), jwt.unverified_tenant(), "another tenant");
    for claim in ["iss", "sub", "client_id", "azp", "jti", "scope"] {
        assert!(claims.get(claim).is_none_or(Value::is_string), "`{claim}` is a text");
    }
    for claim in ["exp", "nbf", "iat"] {
        let is_date = |value: &Value| value.as_f64().is_some_and(|date| date >= 0.0);
        assert!(claims.get(claim).is_none_or(is_date), "`{claim}` is no date");
    }
}

fn object(segment: &str) -> Value {
    let value: Value = serde_json::from_slice(&canonical(segment)).expect("JSON");
    assert!(value.is_object(), "not an object");
    value
}

/// The bytes of a segment, which must have no other spelling than this one.
fn canonical(segment: &str) -> Vec<u8> {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    assert!(segment.bytes().all(alphabet), "a character outside base64url");
    let bytes = URL_SAFE_NO_PAD.decode(segment).expect("base64url");
    assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), segment, "not the canonical spelling");
    bytes
}
