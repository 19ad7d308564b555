//! Whether verified claims allow a request: the list of checks, in the order they run.
//!
//! Invariants:
//! - Every request runs every check, whether the facts came from a cache or not. A cache can
//!   therefore never leak access across resources, nor keep an expired token alive.
//! - The list is the one place: the service stops at the first refusal, a tool may run all.
//!
//! RFC 7519 section 4.1, RFC 9068 section 4, RFC 7800 section 3, RFC 8725 section 3.

use super::{
    Audience, Claims, Escaped, IssuerRules, Refusal, Rejection, Resource, Scopes, UnixTime,
    VerifiedClaims,
};

/// All that a check may look at.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub token: &'a VerifiedClaims,
    pub issuer: &'a IssuerRules,
    pub resource: &'a Resource,
    pub now: UnixTime,
}

/// One check: its name, the refusal when it fails, and how to tell an operator about it.
pub struct Check {
    pub name: &'static str,
    pub run: fn(&Question<'_>) -> Result<(), Rejection>,
    pub found: fn(&Question<'_>) -> String,
    pub expected: fn(&Question<'_>) -> String,
}

pub const CHECKS: [Check; 10] = [
    Check {
        name: "typ",
        run: is_an_access_token,
        found: |it| it.token.typ().map_or_else(none, |typ| Escaped::new(typ).to_string()),
        expected: |it| {
            if it.issuer.is_strict { "at+jwt" } else { "at+jwt, JWT or none" }.to_owned()
        },
    },
    Check {
        name: "id_token",
        run: is_no_id_token,
        found: |it| it.claims().id_token_sign.map_or_else(none, ToOwned::to_owned),
        expected: |it| if it.issuer.allows_id_tokens { "anything" } else { "(none)" }.to_owned(),
    },
    Check {
        name: "rfc9068",
        run: has_the_claims_of_rfc9068,
        found: |it| missing_of_rfc9068(it.claims()).map_or_else(all, |claim| format!("no {claim}")),
        expected: |it| if it.issuer.is_strict { all() } else { "not asked for".to_owned() },
    },
    Check {
        name: "cnf",
        run: is_not_bound,
        found: |it| if it.claims().is_bound { "bound to a key".to_owned() } else { none() },
        expected: |_| none(),
    },
    Check {
        name: "exp",
        run: has_not_expired,
        found: |it| date(it.claims().expires_at),
        expected: |it| format!("after {} less {} s", it.now.seconds(), it.issuer.leeway),
    },
    Check {
        name: "nbf",
        run: is_valid_already,
        found: |it| date(it.claims().not_before),
        expected: |it| format!("none, or by {} plus {} s", it.now.seconds(), it.issuer.leeway),
    },
    Check {
        name: "iat",
        run: was_issued_already,
        found: |it| date(it.claims().issued_at),
        expected: |it| format!("none, or by {} plus {} s", it.now.seconds(), it.issuer.leeway),
    },
    Check {
        name: "aud",
        run: is_meant_for_us,
        found: |it| Escaped::list(&it.claims().audiences).to_string(),
        expected: |it| {
            let lists = it.issuer.audiences.iter().chain(&it.resource.audiences);
            Escaped::list(lists.map(Audience::as_str)).to_string()
        },
    },
    Check {
        name: "identity",
        run: names_someone,
        found: |it| {
            let claims = it.claims();
            let who = claims.subject.as_deref().or(claims.client());
            who.map_or_else(none, |who| Escaped::new(who).to_string())
        },
        expected: |_| "sub or client_id".to_owned(),
    },
    Check {
        name: "scope",
        run: has_the_scopes,
        found: |it| shown(&it.claims().scopes),
        expected: |it| shown(&it.resource.required_scopes),
    },
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
    // Media types compare without case (RFC 2045); `application/` may be left out (RFC 7515).
    let is_one_of = |typ: &str, known: &[&str]| known.iter().any(|it| typ.eq_ignore_ascii_case(it));
    let wrong = |typ| Err(Rejection::WrongTokenType { found: Escaped::new(typ) });
    match question.token.typ() {
        Some(typ) if is_one_of(typ, &["at+jwt", "application/at+jwt"]) => Ok(()),
        Some(typ) if question.issuer.is_strict => wrong(typ),
        None if question.issuer.is_strict => wrong("(none)"),
        None => Ok(()),
        Some(typ) if is_one_of(typ, &["JWT"]) => Ok(()),
        Some(typ) => wrong(typ),
    }
}

fn is_no_id_token(question: &Question<'_>) -> Result<(), Rejection> {
    match question.claims().id_token_sign {
        Some(sign) if !question.issuer.allows_id_tokens => Err(Rejection::IdToken { sign }),
        _ => Ok(()),
    }
}

fn has_the_claims_of_rfc9068(question: &Question<'_>) -> Result<(), Rejection> {
    match missing_of_rfc9068(question.claims()) {
        Some(claim) if question.issuer.is_strict => Err(Rejection::NotRfc9068 { claim }),
        _ => Ok(()),
    }
}

/// The first required claim of RFC 9068 section 2.2 that is not there.
fn missing_of_rfc9068(claims: &Claims) -> Option<&'static str> {
    let required = [
        ("iss", claims.issuer.is_some()),
        ("exp", claims.expires_at.is_some()),
        ("aud", !claims.audiences.is_empty()),
        ("sub", claims.subject.is_some()),
        ("client_id", claims.client_id.is_some()),
        ("iat", claims.issued_at.is_some()),
        ("jti", claims.token_id.is_some()),
    ];
    required.into_iter().find(|(_, is_there)| !is_there).map(|(claim, _)| claim)
}

fn is_not_bound(question: &Question<'_>) -> Result<(), Rejection> {
    if question.claims().is_bound { Err(Rejection::BoundToken) } else { Ok(()) }
}

fn has_not_expired(question: &Question<'_>) -> Result<(), Rejection> {
    let expires_at =
        question.claims().expires_at.ok_or(Rejection::MissingClaim { claim: "exp" })?;
    let seconds_ago = question.now.seconds() - expires_at.seconds();
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
    let claims = question.claims();
    let found = &claims.audiences;
    // A client vouches for a token without `aud`, never for one that is meant for somebody else.
    if found.is_empty() {
        let clients = &question.resource.clients;
        let vouched = claims.client_id.as_ref().is_some_and(|client| clients.contains(client));
        return if vouched { Ok(()) } else { Err(Rejection::MissingClaim { claim: "aud" }) };
    }
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
    if claims.subject.is_none() && claims.client().is_none() {
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

fn none() -> String {
    "(none)".to_owned()
}

fn all() -> String {
    "all required claims".to_owned()
}

fn date(date: Option<UnixTime>) -> String {
    date.map_or_else(none, |date| date.seconds().to_string())
}

fn shown(scopes: &Scopes) -> String {
    if scopes.is_empty() { none() } else { Escaped::new(&scopes.to_text()).to_string() }
}
