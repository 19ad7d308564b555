//! A token taken apart, before anything in it may be believed (RFC 7515 section 7.1, RFC 7519).
//!
//! Invariants:
//! - Length, alphabet and segment count are checked before any decoding, decoding before any
//!   parsing, parsing before any cryptography: the cheapest check first.
//! - A token has one meaning: canonical base64url, UTF-8, no member twice, no critical extension,
//!   every claim of its right type (RFC 8725 sections 2.6 and 3.7; CVE-2022-39227).
//! - Keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are not even read (CVE-2018-0114).

use std::sync::Arc;

use super::json::{Json, Object, parse_object};
use super::{Algorithm, BearerToken, Claims, Escaped, Rejection};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Limit of a token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
const MAX_HEADER_BYTES: usize = 2 * 1024;
pub(super) const MAX_KID_BYTES: usize = 256;

/// The members of the JOSE header that decide anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoseHeader {
    pub algorithm: Algorithm,
    pub kid: Option<Box<str>>,
    pub typ: Option<Box<str>>,
}

/// A JWS in form, its payload unread and its signature unchecked.
#[derive(Clone)]
pub struct UnverifiedJws<'a> {
    header: JoseHeader,
    payload: Vec<u8>,
    signing_input: &'a [u8],
    signature: Vec<u8>,
}

/// A JWS whose payload is a claims set in form; nobody has looked at the signature.
#[derive(Clone)]
pub struct UnverifiedJwt<'a> {
    jws: UnverifiedJws<'a>,
    /// Shared with the verified claims, should the signature be good.
    claims: Arc<Claims>,
}

impl<'a> UnverifiedJws<'a> {
    /// Takes a token of at most `limit` bytes apart.
    ///
    /// # Errors
    /// The first reason, in the order of the module's invariants, why this is not a JWS we read.
    pub fn parse(token: BearerToken<'a>, limit: usize) -> Result<Self, Rejection> {
        let token = token.expose();
        if token.len() > limit {
            return Err(Rejection::TokenTooLong { found: token.len(), limit });
        }
        let Segments { header, payload, signature, signing_input } = Segments::split(token)?;
        let header = JoseHeader::parse(header)?;
        let signature = decode("signature", signature)?;
        let payload = decode("payload", payload)?;
        Ok(Self { header, payload, signing_input: signing_input.as_bytes(), signature })
    }

    /// Reads the payload as a claims set.
    ///
    /// # Errors
    /// [`Rejection::BadJson`] and what [`Claims`] refuses.
    pub fn read_claims(&self) -> Result<Claims, Rejection> {
        let fault = |fault| Rejection::BadJson { part: "payload", fault };
        Claims::from_object(&parse_object(&self.payload).map_err(fault)?)
    }

    /// The same token with its claims; `None` where they cannot be read.
    pub fn with_claims(&self) -> Option<UnverifiedJwt<'a>> {
        let claims = Arc::new(self.read_claims().ok()?);
        Some(UnverifiedJwt { jws: self.clone(), claims })
    }

    /// The same token with a claims set that claims nothing, for a tool that goes on where the
    /// service stops: nothing can be gained by it.
    pub fn without_claims(self) -> UnverifiedJwt<'a> {
        UnverifiedJwt { jws: self, claims: Arc::default() }
    }

    pub fn header(&self) -> &JoseHeader {
        &self.header
    }
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a token of at most `limit` bytes apart and reads its claims.
    ///
    /// # Errors
    /// As [`UnverifiedJws::parse`] and [`UnverifiedJws::read_claims`].
    pub fn parse(token: BearerToken<'a>, limit: usize) -> Result<Self, Rejection> {
        let jws = UnverifiedJws::parse(token, limit)?;
        let claims = Arc::new(jws.read_claims()?);
        Ok(Self { jws, claims })
    }

    pub fn header(&self) -> &JoseHeader {
        &self.jws.header
    }

    /// The issuer this token claims to come from: good for choosing keys, for nothing else.
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.claims.issuer.as_deref()
    }

    /// The tenant (`tid`) it claims to belong to; likewise.
    pub fn unverified_tenant(&self) -> Option<&str> {
        self.claims.tenant.as_deref()
    }

    /// For `signature.rs` alone: what a good signature turns into verified claims.
    pub(super) fn claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    pub(super) fn signing_input(&self) -> &[u8] {
        self.jws.signing_input
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.jws.signature
    }
}

struct Segments<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    signing_input: &'a str,
}

impl<'a> Segments<'a> {
    fn split(token: &'a str) -> Result<Self, Rejection> {
        let not_a_jwt = |what| Rejection::NotAJwt { what };
        let fits =
            |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        if !token.bytes().fold(true, |all_fit, byte| all_fit & fits(byte)) {
            return Err(not_a_jwt("a character outside base64url"));
        }
        let three = "not exactly three segments";
        let (signing_input, signature) = token.rsplit_once('.').ok_or(not_a_jwt(three))?;
        let (header, payload) = signing_input.split_once('.').ok_or(not_a_jwt(three))?;
        if payload.contains('.') {
            return Err(not_a_jwt(three));
        }
        // An empty payload is a JWS all the same; that it is no claims set is said later.
        if header.is_empty() || signature.is_empty() {
            return Err(not_a_jwt("an empty segment"));
        }
        Ok(Self { header, payload, signature, signing_input })
    }
}

impl JoseHeader {
    fn parse(segment: &str) -> Result<Self, Rejection> {
        // Four characters carry three bytes; the first look needs no decoding.
        if segment.len() / 4 * 3 > MAX_HEADER_BYTES {
            return Err(Rejection::BadHeader { member: "*", what: "is longer than 2048 bytes" });
        }
        let decoded = decode("header", segment)?;
        let fault = |fault| Rejection::BadJson { part: "header", fault };
        let members = parse_object(&decoded).map_err(fault)?;
        if members.contains("crit") {
            return Err(Rejection::CriticalExtension);
        }
        refuse_other_formats(&members)?;
        let name = text(&members, "alg")?
            .ok_or(Rejection::BadHeader { member: "alg", what: "is missing" })?;
        let algorithm =
            name.parse().map_err(|_| Rejection::UnknownAlgorithm { found: Escaped::new(name) })?;
        let kid = text(&members, "kid")?;
        if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(Rejection::BadHeader { member: "kid", what: "is longer than 256 bytes" });
        }
        let typ = text(&members, "typ")?;
        Ok(Self { algorithm, kid: kid.map(Into::into), typ: typ.map(Into::into) })
    }
}

/// `b64` (RFC 7797) and `enc`/`zip` (RFC 7516) announce another format than the one read here.
fn refuse_other_formats(members: &Object<'_>) -> Result<(), Rejection> {
    if members.get("b64").is_some_and(|value| value != &Json::Bool(true)) {
        return Err(Rejection::BadHeader { member: "b64", what: "asks for an unencoded payload" });
    }
    for member in ["enc", "zip"] {
        if members.contains(member) {
            return Err(Rejection::BadHeader { member, what: "belongs to encrypted tokens" });
        }
    }
    Ok(())
}

fn text<'a>(members: &'a Object<'_>, member: &'static str) -> Result<Option<&'a str>, Rejection> {
    match members.get(member) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Rejection::BadHeader { member, what: "is not a string" }),
    }
}

/// This engine takes no padding and no non-zero trailing bits: one spelling for one value.
fn decode(part: &'static str, segment: &str) -> Result<Vec<u8>, Rejection> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| Rejection::NotBase64Url { part })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLAIMS: &str = r#"{"iss":"https://issuer.example","exp":1}"#;

    fn token(header: &str, claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(header), encode(claims), encode("signature"))
    }

    fn code(token: &str) -> &'static str {
        let token = BearerToken::new(token).unwrap();
        match UnverifiedJwt::parse(token, MAX_TOKEN_BYTES) {
            Ok(_) => "ok",
            Err(rejection) => rejection.code(),
        }
    }

    #[test]
    fn a_plain_token_is_read() {
        let text = token(r#"{"alg":"RS256","kid":"a","typ":"JWT","x":{}}"#, CLAIMS);
        let token = BearerToken::new(&text).unwrap();
        let jwt = UnverifiedJwt::parse(token, MAX_TOKEN_BYTES).unwrap();
        assert_eq!(jwt.header().algorithm, Algorithm::Rs256);
        assert_eq!(jwt.header().kid.as_deref(), Some("a"));
        assert_eq!(jwt.unverified_issuer(), Some("https://issuer.example"));
    }

    #[test]
    fn shapes_other_than_three_segments_are_refused() {
        for odd in ["a", "a.b", "a.b.c.d", "a.b.c.d.e", "..", ".b.c", "a.b.", "a+b.c.d"] {
            assert_eq!(code(odd), "not_a_jwt", "{odd}");
        }
    }

    #[test]
    fn base64url_has_one_spelling() {
        let good = token(r#"{"alg":"RS256"}"#, CLAIMS);
        let (rest, _) = good.rsplit_once('.').unwrap();
        assert_eq!(code(&format!("{rest}.QQ")), "ok");
        for odd in ["QR", "Q", "QQB"] {
            assert_eq!(code(&format!("{rest}.{odd}")), "not_base64url", "{odd}");
        }
    }

    #[test]
    fn no_spelling_of_none_is_an_algorithm() {
        for name in ["none", "None", "NONE", "nOnE", "none ", ""] {
            assert_eq!(
                code(&token(&format!(r#"{{"alg":"{name}"}}"#), CLAIMS)),
                "unknown_algorithm"
            );
        }
    }

    #[test]
    fn headers_we_must_not_act_upon_are_refused_or_unread() {
        let cases = [
            (r#"{"alg":"RS256","crit":["exp"],"exp":1}"#, "critical_extension"),
            (r#"{"alg":"RS256","crit":[]}"#, "critical_extension"),
            (r#"{"alg":"RS256","b64":false}"#, "bad_header"),
            (r#"{"alg":"RS256","zip":"DEF"}"#, "bad_header"),
            (r#"{"alg":"dir","enc":"A256GCM"}"#, "bad_header"),
            (r#"{"alg":["RS256"]}"#, "bad_header"),
            (r#"{"alg":"RS256","kid":7}"#, "bad_header"),
            (r#"{"alg":"RS256","typ":null}"#, "bad_header"),
            (r#"{"typ":"JWT"}"#, "bad_header"),
            (r#"{"alg":"RS256","alg":"none"}"#, "bad_json"),
            (r#"{"alg":"RS256","jku":"https://evil.example","jwk":{},"x5c":[]}"#, "ok"),
        ];
        for (header, expected) in cases {
            assert_eq!(code(&token(header, CLAIMS)), expected, "{header}");
        }
    }

    #[test]
    fn lengths_are_limited() {
        let long = |length: usize| "a".repeat(length);
        let kid = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, long(257));
        assert_eq!(code(&token(&kid, CLAIMS)), "bad_header");
        let header = format!(r#"{{"alg":"RS256","x":"{}"}}"#, long(2100));
        assert_eq!(code(&token(&header, CLAIMS)), "bad_header");
        assert_eq!(code(&long(MAX_TOKEN_BYTES + 1)), "token_too_long");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[A-Za-z0-9_.=-]{1,400}") {
            if let Ok(token) = BearerToken::new(&text) {
                let _ = UnverifiedJwt::parse(token, MAX_TOKEN_BYTES);
            }
        }

        #[test]
        fn no_json_makes_the_parser_panic(header in "\\PC{0,60}", claims in "\\PC{0,60}") {
            code(&token(&header, &claims));
        }
    }
}
