//! The trail: one event a decision, under the id that the client was told.

use std::fmt;

use crate::domain::{Refusal, Resource};
use crate::verify::Decision;

/// Names one decision, in the answer and in the log: all that a client can quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionId(u128);

impl DecisionId {
    /// Random enough to be found again; nothing is protected by it.
    pub fn new() -> Self {
        Self(fastrand::u128(..))
    }
}

impl Default for DecisionId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

/// Notes an allowed request, at debug.
pub fn allowed(decision: &Decision, resource: &Resource) {
    tracing::debug!(
        target: "assay::decision",
        outcome = "allowed",
        token.fingerprint = decision.fingerprint.map(tracing::field::display),
        issuer.url = issuer(decision),
        resource = &*resource.name,
        "allowed"
    );
}

/// Notes a refusal: `info` when the caller is at fault, `warn` when we are.
pub fn refused(refusal: &Refusal, decision: &Decision, resource: &Resource) -> DecisionId {
    write(refusal, Some(decision), Some(&resource.name))
}

/// Notes a refusal that needed no look at the token.
pub fn refused_unasked(refusal: &Refusal) -> DecisionId {
    write(refusal, None, None)
}

fn write(refusal: &Refusal, decision: Option<&Decision>, resource: Option<&str>) -> DecisionId {
    let id = DecisionId::new();
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: "assay::decision",
                outcome = "refused",
                code = refusal.code(),
                decision.id = %id,
                token.fingerprint =
                    decision.and_then(|decision| decision.fingerprint).map(tracing::field::display),
                issuer.url = decision.and_then(issuer),
                resource,
                "{refusal}"
            )
        };
    }
    match refusal {
        Refusal::Rejected(_) => event!(info),
        Refusal::Unavailable(_) => event!(warn),
    }
    id
}

fn issuer(decision: &Decision) -> Option<&str> {
    decision.issuer.as_ref().map(|issuer| issuer.rules.issuer.as_str())
}
