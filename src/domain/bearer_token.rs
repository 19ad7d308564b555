//! The credentials of a request (RFC 6750 section 2.1, RFC 9110 section 11.6.2).
//!
//! Invariant: exactly one `Authorization` header with exactly one token is taken. The query, cookies
//! and bodies are never looked at (RFC 6750 sections 2.2 and 2.3 are not spoken).

use std::fmt;

use super::{Fingerprint, Rejection};

/// A longer `Authorization` value is refused before it is read.
pub const MAX_AUTHORIZATION_BYTES: usize = 16 * 1024;

/// One bearer token as it came in: right in form, otherwise unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// Reads the values of all `Authorization` headers of a request.
    ///
    /// # Errors
    /// [`Rejection::NoCredentials`] without a header or with another scheme,
    /// [`Rejection::MalformedRequest`] for everything that is not one bearer token.
    pub fn from_authorization(
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Rejection> {
        let mut values = values.into_iter();
        let value = values.next().ok_or(Rejection::NoCredentials)?;
        if values.next().is_some() {
            return Err(malformed("several Authorization headers"));
        }
        if value.len() > MAX_AUTHORIZATION_BYTES {
            return Err(malformed("Authorization header too long"));
        }
        let text =
            std::str::from_utf8(value).map_err(|_| malformed("Authorization is not ASCII"))?;
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Rejection::NoCredentials);
        }
        Self::new(rest.trim_matches(' '))
    }

    /// Takes a token by itself: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
    ///
    /// # Errors
    /// [`Rejection::MalformedRequest`].
    pub fn new(token: &'a str) -> Result<Self, Rejection> {
        let body = token.trim_end_matches('=');
        if body.is_empty() {
            return Err(malformed("no token after Bearer"));
        }
        let fits = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-'..=b'/' | b'_' | b'~' | b'+');
        // No early end: without one the compiler looks at many bytes at once, on every request.
        if !body.bytes().fold(true, |all_fit, byte| all_fit & fits(byte)) {
            return Err(malformed("a character that no bearer token has"));
        }
        Ok(Self(token))
    }

    pub fn expose(self) -> &'a str {
        self.0
    }

    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint::of(self.0)
    }
}

/// Shows the fingerprint: the token itself is a credential.
impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BearerToken({})", self.fingerprint())
    }
}

fn malformed(what: &'static str) -> Rejection {
    Rejection::MalformedRequest { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(values: &[&'a str]) -> Result<&'a str, &'static str> {
        BearerToken::from_authorization(values.iter().map(|value| value.as_bytes()))
            .map(BearerToken::expose)
            .map_err(|rejection| rejection.code())
    }

    #[test]
    fn one_token_in_one_header_is_read() {
        assert_eq!(read(&["Bearer abc.def-_~+/=="]), Ok("abc.def-_~+/=="));
        assert_eq!(read(&["bEARER   abc"]), Ok("abc"));
    }

    #[test]
    fn no_header_or_another_scheme_is_no_credentials() {
        for values in [&[][..], &["Basic abc"], &["Bearerabc"], &["DPoP abc"], &[""]] {
            assert_eq!(read(values), Err("no_credentials"), "{values:?}");
        }
    }

    #[test]
    fn anything_else_is_a_malformed_request() {
        let long = format!("Bearer {}", "a".repeat(MAX_AUTHORIZATION_BYTES));
        for values in [
            &["Bearer a", "Bearer b"][..],
            &["Bearer a, Bearer b"],
            &["Bearer a b"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer =="],
            &["Bearer a=b"],
            &["Bearer a\tb"],
            &["Bearer \u{e9}"],
            &[&long],
        ] {
            assert_eq!(read(values), Err("malformed_request"), "{values:?}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = BearerToken::new("secret-token").unwrap();
        assert!(!format!("{token:?}").contains("secret-token"));
    }
}
