//! Every way a caller can be refused, for the log: the client hears only its class.
//!
//! Invariants: [`Rejection::code`] is stable (dashboards and searches rely on it); whatever came
//! from the caller is held [`Escaped`].

use super::{Algorithm, AlgorithmSet, Escaped, JsonFault};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the request carries no bearer token")]
    NoCredentials,
    #[error("malformed request: {what}")]
    MalformedRequest { what: &'static str },

    #[error("the token has {found} bytes, the limit is {limit}")]
    TokenTooLong { found: usize, limit: usize },
    #[error("not a compact JWS: {what}")]
    NotAJwt { what: &'static str },
    #[error("the {part} is not canonical base64url")]
    NotBase64Url { part: &'static str },
    #[error("the {part} is not what we take as JSON: {fault}")]
    BadJson { part: &'static str, fault: JsonFault },
    #[error("header member `{member}` {what}")]
    BadHeader { member: &'static str, what: &'static str },
    #[error("the header marks extensions as critical (`crit`), and we know none")]
    CriticalExtension,
    #[error("`alg` {found} is not supported")]
    UnknownAlgorithm { found: Escaped },
    #[error("claim `{claim}` is missing")]
    MissingClaim { claim: &'static str },
    #[error("claim `{claim}` has the wrong type or is out of range")]
    WrongClaimType { claim: &'static str },
    #[error("the token has {found} scopes or more, the limit is 100")]
    TooManyScopes { found: usize },

    #[error("no issuer is configured for `iss` {found:?}")]
    UnknownIssuer { found: Escaped },
    #[error("`alg` {found} is not one of the issuer's: {allowed}")]
    AlgorithmNotAllowed { found: Algorithm, allowed: AlgorithmSet },
    #[error("the issuer has no key for `kid` {} and `alg` {algorithm}", shown(kid.as_ref()))]
    UnknownKey { kid: Option<Escaped>, algorithm: Algorithm },
    #[error("the signature does not match the key")]
    BadSignature,

    #[error("`typ` {found:?} is not an access token's")]
    WrongTokenType { found: Escaped },
    #[error("this is an ID token (`{sign}`)")]
    IdToken { sign: &'static str },
    #[error("`{claim}` is missing, which RFC 9068 section 2.2 requires")]
    NotRfc9068 { claim: &'static str },
    #[error("the token is bound to a key (`cnf`) and came without proof of it")]
    BoundToken,
    #[error("expired {seconds_ago} s ago")]
    Expired { seconds_ago: i64 },
    #[error("not valid for another {seconds} s (`nbf`)")]
    NotYetValid { seconds: i64 },
    #[error("issued {seconds} s in the future (`iat`)")]
    IssuedInTheFuture { seconds: i64 },
    #[error("`aud` is {found}, not one of ours")]
    WrongAudience { found: Escaped },
    #[error("neither `sub` nor `client_id` says who this is")]
    NoIdentity,

    #[error("lacks the scopes {missing}")]
    InsufficientScope { missing: Escaped },
    #[error("no such resource")]
    UnknownResource,
}

fn shown(text: Option<&Escaped>) -> String {
    text.map_or_else(|| "(none)".to_owned(), |text| format!("{text:?}"))
}

impl Rejection {
    /// Stable identifier for logs, metrics and dashboards. Never rename one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::MalformedRequest { .. } => "malformed_request",
            Self::TokenTooLong { .. } => "token_too_long",
            Self::NotAJwt { .. } => "not_a_jwt",
            Self::NotBase64Url { .. } => "not_base64url",
            Self::BadJson { .. } => "bad_json",
            Self::BadHeader { .. } => "bad_header",
            Self::CriticalExtension => "critical_extension",
            Self::UnknownAlgorithm { .. } => "unknown_algorithm",
            Self::MissingClaim { .. } => "missing_claim",
            Self::WrongClaimType { .. } => "wrong_claim_type",
            Self::TooManyScopes { .. } => "too_many_scopes",
            Self::UnknownIssuer { .. } => "unknown_issuer",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::UnknownKey { .. } => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongTokenType { .. } => "wrong_token_type",
            Self::IdToken { .. } => "id_token",
            Self::NotRfc9068 { .. } => "not_rfc9068",
            Self::BoundToken => "bound_token",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInTheFuture { .. } => "issued_in_the_future",
            Self::WrongAudience { .. } => "wrong_audience",
            Self::NoIdentity => "no_identity",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::UnknownResource => "unknown_resource",
        }
    }
}
