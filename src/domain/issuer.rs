//! A trusted issuer: its name, exactly as tokens carry it, and its rules.

use url::{Host, Url};

use super::{Algorithm, AlgorithmSet, Rejection};

/// An issuer identifier as it must stand in `iss`, to the letter (RFC 8414 section 2, RFC 7519
/// section 4.1.1). Kept as written: a URL parser would add a slash.
///
/// One `{tid}` in it stands for the token's own tenant: Entra signs for all tenants with the same
/// keys and names each in its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssuerId(Box<str>);

const TENANT: &str = "{tid}";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    #[error("is not an http(s) URL")]
    NotAUrl,
    #[error("must not have a query or a fragment (RFC 8414 section 2)")]
    QueryOrFragment,
    #[error("may have one placeholder, `{{tid}}`, as a whole segment of the path")]
    Placeholder,
}

impl IssuerId {
    /// # Errors
    /// [`InvalidIssuer`].
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        // The parser would trim what no token could then match.
        if text.chars().any(|it| it.is_whitespace() || it.is_control()) {
            return Err(InvalidIssuer::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidIssuer::NotAUrl);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidIssuer::QueryOrFragment);
        }
        let placeholders = text.matches(['{', '}']).count();
        let is_segment = text.split('/').skip(3).filter(|segment| *segment == TENANT).count() == 1;
        if placeholders > 0 && !(placeholders == 2 && is_segment) {
            return Err(InvalidIssuer::Placeholder);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this names the issuers of many tenants.
    pub fn is_pattern(&self) -> bool {
        self.0.contains(TENANT)
    }

    /// Whether a token with this `iss`, and this `tid` if it has one, is this issuer's. The tenant in
    /// the name must be the tenant in the claim, and a GUID: nothing else can be smuggled in.
    pub fn names(&self, iss: &str, tenant: Option<&str>) -> bool {
        match (self.0.split_once(TENANT), tenant) {
            (None, _) => *self.0 == *iss,
            (Some(_), None) => false,
            (Some((before, after)), Some(tenant)) => {
                let named = iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                named == Some(tenant) && is_guid(tenant)
            }
        }
    }
}

/// 8-4-4-4-12 lower-case hexadecimal digits, as Entra writes them.
fn is_guid(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
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
    /// Whether only RFC 9068 access tokens are taken.
    pub is_strict: bool,
    /// Whether ID tokens are taken for access tokens: some platforms know no other.
    pub allows_id_tokens: bool,
    /// Tenants to accept where the issuer is a pattern; empty accepts all.
    pub tenants: Vec<Box<str>>,
}

impl IssuerRules {
    /// # Errors
    /// [`Rejection::AlgorithmNotAllowed`].
    pub fn allow_algorithm(&self, found: Algorithm) -> Result<(), Rejection> {
        let allowed = self.algorithms;
        if allowed.contains(found) {
            return Ok(());
        }
        Err(Rejection::AlgorithmNotAllowed { found, allowed })
    }

    /// Whether a token with this `iss` and `tid` is to be judged by these rules.
    pub fn apply_to(&self, iss: &str, tenant: Option<&str>) -> bool {
        let is_welcome = self.tenants.is_empty()
            || tenant.is_some_and(|tenant| self.tenants.iter().any(|ours| **ours == *tenant));
        is_welcome && self.issuer.names(iss, tenant)
    }
}

/// Whether a URL stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
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
            ("https://issuer.example\n", InvalidIssuer::NotAUrl),
            ("ftp://issuer.example", InvalidIssuer::NotAUrl),
            ("https://issuer.example?a", InvalidIssuer::QueryOrFragment),
            ("https://issuer.example#a", InvalidIssuer::QueryOrFragment),
            ("https://{tid}.example/a", InvalidIssuer::Placeholder),
            ("https://issuer.example/{tid}/{tid}", InvalidIssuer::Placeholder),
            ("https://issuer.example/a{tid}", InvalidIssuer::Placeholder),
            ("https://issuer.example/{tenant}", InvalidIssuer::Placeholder),
        ] {
            assert_eq!(IssuerId::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_bound_to_the_tenant_claim() {
        let issuer = IssuerId::parse("https://login.example/{tid}/v2.0").unwrap();
        let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let iss = format!("https://login.example/{tenant}/v2.0");
        assert!(issuer.names(&iss, Some(tenant)));
        assert!(!issuer.names(&iss, None));
        assert!(!issuer.names(&iss, Some("72f988bf-86f1-41af-91ab-2d7cd011db48")));
        for smuggled in ["x/y", "", "72f988bf-86f1-41af-91ab-2d7cd011db4/", "../../evil"] {
            let iss = format!("https://login.example/{smuggled}/v2.0");
            assert!(!issuer.names(&iss, Some(smuggled)), "{smuggled}");
        }
        assert!(!issuer.names("https://login.example/{tid}/v2.0", Some("{tid}")));
    }
}
