//! THE table: from an outcome to what the caller is told, the same in every dialect.
//!
//! Invariants:
//! - No catch-all: a new [`Rejection`] does not compile until someone has decided its answer.
//! - A client learns its class of error and nothing more: no expected issuer, audience, algorithm,
//!   key or endpoint. What it may quote is the decision id.
//!
//! RFC 6750 section 3, RFC 9728 section 5.1, RFC 9110 sections 10.2.3 and 11.6.1.

use std::fmt::Write;

use crate::domain::{Refusal, Rejection, Resource};
use crate::telemetry::audit::DecisionId;

/// Seconds until a caller may ask again after an outage of ours: the JWKS cooldown.
const RETRY_AFTER_OUTAGE: u32 = 5;

/// What a refused caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// `None` where no error was made: a request that brought no credentials at all.
    pub error: Option<&'static str>,
    pub description: &'static str,
    /// `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

/// The rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    NoCredentials,
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
    AccessDenied,
    Unavailable,
}

impl Answer {
    /// `resource` is what the caller asked for, where there is such a resource.
    pub fn to(refusal: &Refusal, resource: Option<&Resource>) -> Self {
        let class = Class::of(refusal);
        let (status, error, description) = class.row();
        Self {
            status,
            error,
            description,
            challenge: class.challenge(resource),
            retry_after: (class == Class::Unavailable).then_some(RETRY_AFTER_OUTAGE),
        }
    }

    /// The body, for every dialect that has one.
    pub fn json(&self, decision_id: &DecisionId) -> String {
        // The members are always the same; `error` is null where no error was made.
        let body = serde_json::json!({
            "error": self.error,
            "error_description": self.description,
            "decision_id": decision_id.to_string(),
        });
        body.to_string()
    }
}

impl Class {
    fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Unavailable(_) => Self::Unavailable,
            Refusal::Rejected(rejection) => Self::of_rejection(rejection),
        }
    }

    fn of_rejection(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::NoCredentials => Self::NoCredentials,
            Rejection::MalformedRequest { .. } => Self::InvalidRequest,
            Rejection::InsufficientScope { .. } => Self::InsufficientScope,
            Rejection::UnknownResource => Self::AccessDenied,
            Rejection::TokenTooLong { .. }
            | Rejection::NotAJwt { .. }
            | Rejection::NotBase64Url { .. }
            | Rejection::BadJson { .. }
            | Rejection::BadHeader { .. }
            | Rejection::CriticalExtension
            | Rejection::UnknownAlgorithm { .. }
            | Rejection::MissingClaim { .. }
            | Rejection::WrongClaimType { .. }
            | Rejection::TooManyScopes { .. }
            | Rejection::UnknownIssuer { .. }
            | Rejection::AlgorithmNotAllowed { .. }
            | Rejection::UnknownKey { .. }
            | Rejection::BadSignature
            | Rejection::WrongTokenType { .. }
            | Rejection::IdToken { .. }
            | Rejection::NotRfc9068 { .. }
            | Rejection::BoundToken
            | Rejection::Expired { .. }
            | Rejection::NotYetValid { .. }
            | Rejection::IssuedInTheFuture { .. }
            | Rejection::WrongAudience { .. }
            | Rejection::NoIdentity => Self::InvalidToken,
        }
    }

    const fn row(self) -> (u16, Option<&'static str>, &'static str) {
        match self {
            Self::NoCredentials => (401, None, "a bearer token is required"),
            Self::InvalidRequest => (400, Some("invalid_request"), "the credentials are malformed"),
            Self::InvalidToken => (401, Some("invalid_token"), "the token is not valid"),
            Self::InsufficientScope => (403, Some("insufficient_scope"), "the token lacks a scope"),
            Self::AccessDenied => (403, Some("access_denied"), "access is denied"),
            Self::Unavailable => (503, Some("temporarily_unavailable"), "try again shortly"),
        }
    }

    fn challenge(self, resource: Option<&Resource>) -> Option<String> {
        let (_, error, description) = self.row();
        let mut challenge = Challenge::default();
        // RFC 6750 section 3.1: no error for a request that made none.
        if let Some(error) = error {
            challenge.add("error", error);
        }
        match self {
            Self::NoCredentials => {}
            Self::InvalidRequest => return Some(challenge.0),
            Self::InvalidToken | Self::InsufficientScope => {
                challenge.add("error_description", description);
            }
            Self::AccessDenied | Self::Unavailable => return None,
        }
        if let Some(resource) = resource {
            if !resource.required_scopes.is_empty() {
                challenge.add("scope", &resource.required_scopes.to_text());
            }
            if let Some(url) = &resource.metadata_url {
                challenge.add("resource_metadata", url);
            }
            if challenge.0 == "Bearer" {
                // RFC 6750 section 3: a challenge has at least one parameter.
                challenge.add("realm", &resource.name);
            }
        }
        Some(challenge.0)
    }
}

/// A challenge under construction. Values are quoted strings (RFC 9110 section 5.6.4).
struct Challenge(String);

impl Default for Challenge {
    fn default() -> Self {
        Self("Bearer".to_owned())
    }
}

impl Challenge {
    fn add(&mut self, name: &str, value: &str) {
        let separator = if self.0 == "Bearer" { " " } else { ", " };
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "{separator}{name}=\"");
        for character in value.chars() {
            if matches!(character, '"' | '\\') {
                self.0.push('\\');
            }
            self.0.push(character);
        }
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Escaped, Unavailable};

    fn resource() -> Resource {
        Resource {
            name: "default".into(),
            audiences: Vec::new(),
            clients: Vec::new(),
            required_scopes: ["mcp:use", "mcp:read"].into_iter().collect(),
            metadata_url: Some("https://mcp.example/meta".into()),
        }
    }

    #[track_caller]
    fn told(refusal: impl Into<Refusal>, status: u16, error: &str, challenge: Option<&str>) {
        let answer = Answer::to(&refusal.into(), Some(&resource()));
        assert_eq!((answer.status, answer.error.unwrap_or("none")), (status, error));
        assert_eq!(answer.challenge.as_deref(), challenge);
        assert_eq!(answer.retry_after.is_some(), status == 503);
    }

    #[test]
    fn every_class_has_its_row() {
        let rest = r#"scope="mcp:use mcp:read", resource_metadata="https://mcp.example/meta""#;
        told(Rejection::NoCredentials, 401, "none", Some(&format!("Bearer {rest}")));
        told(
            Rejection::MalformedRequest { what: "" },
            400,
            "invalid_request",
            Some(r#"Bearer error="invalid_request""#),
        );
        let invalid = r#"error="invalid_token", error_description="the token is not valid""#;
        told(
            Rejection::BadSignature,
            401,
            "invalid_token",
            Some(&format!("Bearer {invalid}, {rest}")),
        );
        let scope = r#"error="insufficient_scope", error_description="the token lacks a scope""#;
        told(
            Rejection::InsufficientScope { missing: Escaped::new("mcp:use") },
            403,
            "insufficient_scope",
            Some(&format!("Bearer {scope}, {rest}")),
        );
        told(Rejection::UnknownResource, 403, "access_denied", None);
        told(Unavailable::TooManyWaiting, 503, "temporarily_unavailable", None);
    }
}
