//! Whether verified claims allow a request: the list of checks, in the order they run.
//!
//! Invariants:
//! - Every request runs every check, whether the facts came from a cache or not. A cache can
//!   therefore never leak access across resources, nor keep an expired token alive.
//! - The list is the one place: the service stops at the first refusal, a tool may run them all.
//!
//! RFC 7519 section 4.1, RFC 9068 section 4, RFC 7800 section 3, RFC 8725 section 3.

use super::{
    Audience, Claims, Escaped, IssuerRules, Refusal, Rejection, Resource, UnixTime, VerifiedClaims,
};

/// All that a check may look at.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub token: &'a VerifiedClaims,
    pub issuer: &'a IssuerRules,
    pub resource: &'a Resource,
    pub now: UnixTime,
}

/// One check: its name, and the refusal when it fails.
pub struct Check {
    pub name: &'static str,
    pub run: fn(&Question<'_>) -> Result<(), Rejection>,
}

pub const CHECKS: [Check; 8] = [
    Check { name: "typ", run: is_an_access_token },
    Check { name: "cnf", run: is_not_bound },
    Check { name: "exp", run: has_not_expired },
    Check { name: "nbf", run: is_valid_already },
    Check { name: "iat", run: was_issued_already },
    Check { name: "aud", run: is_meant_for_us },
    Check { name: "identity", run: names_someone },
    Check { name: "scope", run: has_the_scopes },
];

/// Runs the checks in order.
///
/// # Errors
/// The first refusal.
pub fn decide(question: &Question<'_>) -> Result<(), Refusal> {
    CHECKS.iter().try_for_each(|check| (check.run)(question)).map_err(Into::into)
}

impl<'a> Question<'a> {
    fn claims(&self) -> &'a Claims {
        self.token.claims()
    }
}

fn is_an_access_token(question: &Question<'_>) -> Result<(), Rejection> {
    if let Some(typ) = question.token.typ() {
        // Media types compare without case (RFC 2045), and RFC 7515 lets `application/` be left out.
        let known = ["at+jwt", "application/at+jwt", "JWT"];
        if !known.iter().any(|name| typ.eq_ignore_ascii_case(name)) {
            return Err(Rejection::WrongTokenType { found: Escaped::new(typ) });
        }
    }
    match question.claims().id_token_sign {
        Some(sign) => Err(Rejection::IdToken { sign }),
        None => Ok(()),
    }
}

fn is_not_bound(question: &Question<'_>) -> Result<(), Rejection> {
    if question.claims().is_bound { Err(Rejection::BoundToken) } else { Ok(()) }
}

fn has_not_expired(question: &Question<'_>) -> Result<(), Rejection> {
    let seconds_ago = question.now.seconds() - question.claims().expires_at.seconds();
    // RFC 7519 section 4.1.4: on or after `exp` is too late.
    if seconds_ago >= question.issuer.leeway {
        return Err(Rejection::Expired { seconds_ago });
    }
    Ok(())
}

fn is_valid_already(question: &Question<'_>) -> Result<(), Rejection> {
    match seconds_ahead(question, question.claims().not_before) {
        Some(seconds) => Err(Rejection::NotYetValid { seconds }),
        None => Ok(()),
    }
}

fn was_issued_already(question: &Question<'_>) -> Result<(), Rejection> {
    match seconds_ahead(question, question.claims().issued_at) {
        Some(seconds) => Err(Rejection::IssuedInTheFuture { seconds }),
        None => Ok(()),
    }
}

/// How far a date lies ahead, where that is more than the leeway.
fn seconds_ahead(question: &Question<'_>, date: Option<UnixTime>) -> Option<i64> {
    let seconds = date?.seconds() - question.now.seconds();
    (seconds > question.issuer.leeway).then_some(seconds)
}

fn is_meant_for_us(question: &Question<'_>) -> Result<(), Rejection> {
    let found = &question.claims().audiences;
    let names_one_of = |accepted: &[Audience]| {
        accepted.iter().any(|ours| found.iter().any(|theirs| **theirs == *ours.as_str()))
    };
    let (issuer, resource) = (&question.issuer.audiences, &question.resource.audiences);
    // Both lists must agree where both are given; with neither, nothing was ever meant for us.
    let accepted = (issuer.is_empty() || names_one_of(issuer))
        && (resource.is_empty() || names_one_of(resource))
        && !(issuer.is_empty() && resource.is_empty());
    if accepted { Ok(()) } else { Err(Rejection::WrongAudience { found: Escaped::list(found) }) }
}

fn names_someone(question: &Question<'_>) -> Result<(), Rejection> {
    let claims = question.claims();
    if claims.subject.is_none() && claims.client_id.is_none() {
        return Err(Rejection::NoIdentity);
    }
    Ok(())
}

fn has_the_scopes(question: &Question<'_>) -> Result<(), Rejection> {
    let held = &question.claims().scopes;
    let mut missing = held.missing_of(&question.resource.required_scopes).peekable();
    if missing.peek().is_none() {
        return Ok(());
    }
    Err(Rejection::InsufficientScope { missing: Escaped::list(missing) })
}
