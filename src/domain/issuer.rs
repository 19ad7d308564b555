//! A trusted issuer: its name, exactly as tokens carry it, and its rules.

use url::Url;

use super::AlgorithmSet;

/// An issuer identifier as it must stand in `iss`, to the letter (RFC 8414 section 2, RFC 7519
/// section 4.1.1). Kept as written: a URL parser would add a slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssuerId(Box<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    #[error("is not an http(s) URL")]
    NotAUrl,
    #[error("must not have a query or a fragment (RFC 8414 section 2)")]
    QueryOrFragment,
}

impl IssuerId {
    /// # Errors
    /// [`InvalidIssuer`].
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidIssuer::NotAUrl);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidIssuer::QueryOrFragment);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value that `aud` must contain, compared to the letter (RFC 7519 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(Box<str>);

impl Audience {
    /// `None` for an empty text, which would match nothing or, worse, an empty `aud`.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an issuer's tokens must be like.
#[derive(Clone, Debug)]
pub struct IssuerRules {
    pub issuer: IssuerId,
    /// Algorithms it may sign with; the keys are cut down to these.
    pub algorithms: AlgorithmSet,
    /// Audiences its tokens may be for; empty leaves the choice to the resource.
    pub audiences: Vec<Audience>,
    /// Tolerated difference between the clocks, in seconds (0 to 120).
    pub leeway: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_keeps_its_spelling() {
        let issuer = IssuerId::parse("https://Issuer.example").unwrap();
        assert_eq!(issuer.as_str(), "https://Issuer.example");
    }

    #[test]
    fn what_cannot_be_an_issuer_is_refused() {
        for (text, fault) in [
            ("issuer.example", InvalidIssuer::NotAUrl),
            ("ftp://issuer.example", InvalidIssuer::NotAUrl),
            ("https://issuer.example?a", InvalidIssuer::QueryOrFragment),
            ("https://issuer.example#a", InvalidIssuer::QueryOrFragment),
        ] {
            assert_eq!(IssuerId::parse(text), Err(fault), "{text}");
        }
    }
}
