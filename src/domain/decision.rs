//! What comes out: who it is, or why not.

use bytes::Bytes;
use serde::Serialize;

use super::{Claims, Fingerprint, Rejection, UnixTime, percent_encode};

/// Why a request does not pass: the caller's fault, or ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Refusal {
    /// Stable identifier for logs, metrics and dashboards. Never rename one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::Unavailable(unavailable) => unavailable.code(),
        }
    }
}

/// Why we cannot decide, which is never a verdict on the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the issuer's keys cannot be had: {reason}")]
    Keys { reason: Box<str> },
    #[error("the issuer cannot be asked whether it has a key of this `kid`: {reason}")]
    UnknownKeyDuringOutage { reason: Box<str> },
    #[error("too many requests wait for the issuer's keys")]
    TooManyWaiting,
    #[error("the keeper of the keys is being restarted")]
    ActorRestarting,
}

impl Unavailable {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keys { .. } => "keys_unavailable",
            Self::UnknownKeyDuringOutage { .. } => "unknown_key_during_outage",
            Self::TooManyWaiting => "too_many_waiting",
            Self::ActorRestarting => "actor_restarting",
        }
    }
}

/// Who a token speaks for, in the form every dialect sends on: percent-encoded visible ASCII.
///
/// Made once per verified token and kept with it: a request only counts references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub subject: Bytes,
    pub client_id: Bytes,
    pub issuer: Bytes,
    /// Space-separated, so the space itself is not encoded between scopes.
    pub scopes: Bytes,
    /// Space-separated.
    pub audience: Bytes,
    /// Seconds since 1970.
    pub expires_at: Bytes,
    pub fingerprint: Bytes,
    /// All of the above as one JSON object, unencoded.
    pub json: Bytes,
}

/// The body of a 200.
#[derive(Serialize)]
struct Named<'a> {
    sub: Option<&'a str>,
    client_id: Option<&'a str>,
    iss: Option<&'a str>,
    scope: &'a str,
    aud: &'a [Box<str>],
    exp: Option<i64>,
    token_fingerprint: &'a str,
}

impl Identity {
    pub fn new(claims: &Claims, fingerprint: Fingerprint) -> Self {
        let text = |value: Option<&str>| Bytes::from(percent_encode(value.unwrap_or_default()));
        let named = Named {
            sub: claims.subject.as_deref(),
            client_id: claims.client(),
            iss: claims.issuer.as_deref(),
            scope: &claims.scopes.to_text(),
            aud: &claims.audiences,
            exp: claims.expires_at.map(UnixTime::seconds),
            token_fingerprint: &fingerprint.to_string(),
        };
        // Texts and numbers always have a JSON form.
        let json = serde_json::to_vec(&named).unwrap_or_default();
        Self {
            subject: text(claims.subject.as_deref()),
            client_id: text(claims.client()),
            issuer: text(claims.issuer.as_deref()),
            scopes: encoded_words(claims.scopes.iter()),
            audience: encoded_words(claims.audiences.iter().map(AsRef::as_ref)),
            expires_at: claims
                .expires_at
                .map_or_else(Bytes::new, |at| at.seconds().to_string().into()),
            fingerprint: Bytes::copy_from_slice(named.token_fingerprint.as_bytes()),
            json: Bytes::from(json),
        }
    }
}

fn encoded_words<'a>(words: impl Iterator<Item = &'a str>) -> Bytes {
    let encoded: Vec<_> = words.map(percent_encode).collect();
    Bytes::from(encoded.join(" "))
}
