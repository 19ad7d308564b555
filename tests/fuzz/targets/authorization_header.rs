//! Target: the values of the `Authorization` headers of one request.
//!
//! Input: up to three values, a line each; no input is a request without the header.
//!
//! Held: the outcome is exactly what a second reading of RFC 6750 section 2.1, written apart from
//! the service's, comes to.

use assay::domain::{BearerToken, MAX_AUTHORIZATION_BYTES};

pub fn run(data: &[u8]) {
    let values: Vec<_> = match data {
        [] => Vec::new(),
        data => data.splitn(3, |byte| *byte == b'\n').collect(),
    };
    let found = BearerToken::from_authorization(values.iter().copied());
    let found = found.as_ref().map(|token| token.expose()).map_err(assay::domain::Rejection::code);
    assert_eq!(
        found,
        expected(&values),
        "{:?}",
        values.iter().map(|v| v.escape_ascii().to_string())
    );
}

fn expected<'a>(values: &[&'a [u8]]) -> Result<&'a str, &'static str> {
    let value = match *values {
        [] => return Err("no_credentials"),
        [value] => value,
        _ => return Err("malformed_request"),
    };
    let text = std::str::from_utf8(value).map_err(|_| "malformed_request");
    if value.len() > MAX_AUTHORIZATION_BYTES {
        return Err("malformed_request");
    }
    let text = text?;
    let end = text.find(' ').unwrap_or(text.len());
    let (scheme, mut token) = text.split_at(end);
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err("no_credentials");
    }
    while let Some(rest) = token.strip_prefix(' ') {
        token = rest;
    }
    while let Some(rest) = token.strip_suffix(' ') {
        token = rest;
    }
    if is_b64token(token.as_bytes()) { Ok(token) } else { Err("malformed_request") }
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(token: &[u8]) -> bool {
    let mut body = 0;
    let mut padding = false;
    for byte in token {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/'
                if !padding =>
            {
                body += 1;
            }
            b'=' => padding = true,
            _ => return false,
        }
    }
    body > 0
}
