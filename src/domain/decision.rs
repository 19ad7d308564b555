//! What comes out: who it is, or why not.

use std::ops::Range;

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
        let fingerprint = fingerprint.to_string();
        let named = Named {
            sub: claims.subject.as_deref(),
            client_id: claims.client(),
            iss: claims.issuer.as_deref(),
            scope: &claims.scopes.to_text(),
            aud: &claims.audiences,
            exp: claims.expires_at.map(UnixTime::seconds),
            token_fingerprint: &fingerprint,
        };
        let expires_at = named.exp.map(|seconds| seconds.to_string()).unwrap_or_default();
        let mut text = Fields(Vec::with_capacity(1024));
        let subject = text.words(named.sub);
        let client_id = text.words(named.client_id);
        let issuer = text.words(named.iss);
        let scopes = text.words(claims.scopes.iter());
        let audience = text.words(claims.audiences.iter().map(AsRef::as_ref));
        let expires_at = text.words([expires_at.as_str()]);
        let fingerprint = text.words([fingerprint.as_str()]);
        let json = text.json(&named);
        // One piece of memory for all of it: each field is a view into it.
        let all = Bytes::from(text.0);
        let view = |range: Range<usize>| all.slice(range);
        Self {
            subject: view(subject),
            client_id: view(client_id),
            issuer: view(issuer),
            scopes: view(scopes),
            audience: view(audience),
            expires_at: view(expires_at),
            fingerprint: view(fingerprint),
            json: view(json),
        }
    }
}

/// The fields of an identity, one after the other, under construction.
struct Fields(Vec<u8>);

impl Fields {
    /// Percent-encoded words with a space between them; where they stand is returned.
    fn words<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) -> Range<usize> {
        let start = self.0.len();
        for word in words {
            if self.0.len() > start {
                self.0.push(b' ');
            }
            percent_encode(word, &mut self.0);
        }
        start..self.0.len()
    }

    fn json(&mut self, named: &Named<'_>) -> Range<usize> {
        let start = self.0.len();
        // Texts and numbers always have a JSON form, and memory takes every byte.
        let _ = serde_json::to_writer(&mut self.0, named);
        start..self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_a_view_of_what_the_claims_say() {
        let claims = Claims {
            subject: Some("jos\u{e9} b".into()),
            issuer: Some("https://issuer.example".into()),
            audiences: vec!["a b".into(), "c".into()],
            scopes: ["x", "y"].into_iter().collect(),
            ..Claims::default()
        };
        let identity = Identity::new(&claims, Fingerprint::of("abc"));
        assert_eq!(identity.subject, "jos%C3%A9%20b");
        assert_eq!(identity.client_id, "");
        assert_eq!(identity.scopes, "x y");
        assert_eq!(identity.audience, "a%20b c");
        assert_eq!(identity.expires_at, "");
        assert_eq!(identity.fingerprint.len(), 64);
        let json: serde_json::Value = serde_json::from_slice(&identity.json).unwrap();
        assert_eq!(json["sub"], "jos\u{e9} b");
        assert_eq!(json["aud"], serde_json::json!(["a b", "c"]));
    }
}
