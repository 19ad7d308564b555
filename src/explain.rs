//! Why a token passes or not: every check of the service, with what was found and expected.
//!
//! For the operator, who may see what a client may not. The checks are the service's own, in the
//! order it runs them; where the service stops at the first refusal, this goes on as far as that is
//! safe: past unreadable claims to the signature, and past a failed claim to the next. Nothing is
//! said of claims that no key has signed.
//!
//! ```text
//! credentials ─▶ length ─▶ form ─▶ header ─▶ claims ─▶ iss ─▶ alg ─▶ key ─▶ signature ─▶ policy
//! ```

use serde::Serialize;

use crate::domain::policy::{CHECKS, Question};
use crate::domain::{
    BearerToken, Escaped, IssuerRules, JoseHeader, KeySet, MAX_TOKEN_BYTES, Rejection, Resource,
    UnixTime, UnverifiedJws, UnverifiedJwt, VerifiedClaims,
};

/// One check of the list.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub outcome: Outcome,
    /// The stable code of the refusal, where there is one.
    pub code: Option<&'static str>,
    pub found: String,
    pub expected: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Pass,
    Fail,
    Skipped,
}

/// The rules a token is judged by.
pub struct Rules<'a> {
    pub issuer: &'a IssuerRules,
    pub resource: &'a Resource,
    /// Why not, where the keys could not be had.
    pub keys: Result<&'a KeySet, String>,
    /// Why the service would not use these keys, though a signature can be checked with them.
    pub weakness: Option<String>,
    pub now: UnixTime,
    /// Checks that nothing was given to compare with.
    pub skipped: &'a [&'static str],
}

/// Runs every check of `token` against the rules that `choose` names for its `iss` and `tid`.
pub fn explain<'a>(
    token: &str,
    choose: impl FnOnce(Option<&str>, Option<&str>) -> Option<Rules<'a>>,
) -> Vec<Finding> {
    let mut report = Report::default();
    report.run(token, choose);
    report.0
}

/// Whether the service would let the token pass.
pub fn is_accepted(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.outcome != Outcome::Fail)
        && findings.iter().any(|it| it.check == "signature" && it.outcome == Outcome::Pass)
}

#[derive(Default)]
struct Report(Vec<Finding>);

/// The checks before the policy's, in order; what was not reached is reported as skipped.
const FORM: [(&str, &str); 3] = [
    ("length", "at most 8192 bytes"),
    ("form", "three segments of canonical base64url"),
    ("header", "alg, no crit"),
];
const AFTER_FORM: [&str; 6] = ["claims", "iss", "alg", "key", "signature", "policy"];

impl Report {
    fn run<'a>(
        &mut self,
        token: &str,
        choose: impl FnOnce(Option<&str>, Option<&str>) -> Option<Rules<'a>>,
    ) {
        let Some(jws) = self.form(token) else { return self.skip_from("claims") };
        let claims = jws.read_claims();
        let found = claims.as_ref().map_or_else(ToString::to_string, |_| "readable".to_owned());
        let faulty = claims.as_ref().err().map(Rejection::code);
        self.add("claims", faulty, found, "a JSON object, every claim of its type");
        let jwt =
            if claims.is_ok() { jws.with_claims() } else { Some(jws.clone().without_claims()) };
        let Some(jwt) = jwt else { return self.skip_from("iss") };
        let (iss, tenant) = (jwt.unverified_issuer(), jwt.unverified_tenant());
        let shown = iss.map_or_else(|| "(none)".to_owned(), |iss| Escaped::new(iss).to_string());
        let Some(rules) = choose(iss, tenant) else {
            self.add("iss", Some("unknown_issuer"), shown, "a configured issuer");
            return self.skip_from("alg");
        };
        self.issuer(&rules, iss, tenant, shown);
        let Some(verified) = self.signature(&rules, &jwt) else { return self.skip_policy() };
        self.policy(&rules, &verified);
    }

    /// The service's own parser, its refusal attributed to the check that made it.
    fn form<'t>(&mut self, token: &'t str) -> Option<UnverifiedJws<'t>> {
        let jws = match BearerToken::new(token) {
            Ok(token) => {
                self.add("credentials", None, "one bearer token", "one bearer token");
                UnverifiedJws::parse(token, MAX_TOKEN_BYTES)
            }
            Err(rejection) => {
                let (code, found) = (rejection.code(), rejection.to_string());
                self.add("credentials", Some(code), found, "one bearer token");
                for (check, _) in FORM {
                    self.skip(check);
                }
                return None;
            }
        };
        let failed_at = jws.as_ref().err().map(|rejection| match rejection {
            Rejection::TokenTooLong { .. } => 0,
            Rejection::NotAJwt { .. } | Rejection::NotBase64Url { .. } => 1,
            _ => 2,
        });
        for (position, (check, expected)) in FORM.iter().enumerate() {
            match (failed_at, &jws) {
                (Some(at), _) if position > at => self.skip(check),
                (Some(at), Err(rejection)) if position == at => {
                    self.add(check, Some(rejection.code()), rejection.to_string(), *expected);
                }
                _ => self.add(check, None, "as expected", *expected),
            }
        }
        jws.ok()
    }

    fn issuer(
        &mut self,
        rules: &Rules<'_>,
        iss: Option<&str>,
        tenant: Option<&str>,
        shown: String,
    ) {
        if rules.skipped.contains(&"iss") {
            return self.add_skipped("iss", shown, "(not given)");
        }
        let fits = iss.is_some_and(|iss| rules.issuer.apply_to(iss, tenant));
        let code = match (iss, fits) {
            (_, true) => None,
            (None, _) => Some("missing_claim"),
            (Some(_), _) => Some("unknown_issuer"),
        };
        self.add("iss", code, shown, rules.issuer.issuer.as_str());
    }

    fn signature(&mut self, rules: &Rules<'_>, jwt: &UnverifiedJwt<'_>) -> Option<VerifiedClaims> {
        let JoseHeader { algorithm, kid, .. } = jwt.header();
        let allowed = rules.issuer.allow_algorithm(*algorithm);
        let code = allowed.as_ref().err().map(Rejection::code);
        self.add("alg", code, algorithm.name(), rules.issuer.algorithms.to_string());
        let shown = |kid: Option<&str>| {
            kid.map_or_else(|| "(no kid)".to_owned(), |kid| Escaped::new(kid).to_string())
        };
        let keys = match &rules.keys {
            Ok(keys) => keys,
            Err(reason) => {
                self.add("key", Some("keys_unavailable"), shown(kid.as_deref()), reason.as_str());
                self.skip("signature");
                return None;
            }
        };
        let has_candidate = keys.candidates(kid.as_deref(), *algorithm).next().is_some();
        let kids: Vec<_> = keys.kids().map(shown).collect();
        let (code, expected) = match &rules.weakness {
            _ if !has_candidate => (Some("unknown_key"), kids.join(", ")),
            Some(weakness) => (Some("weak_key"), format!("a strong key; {weakness}")),
            None => (None, kids.join(", ")),
        };
        self.add("key", code, shown(kid.as_deref()), expected);
        if allowed.is_err() || !has_candidate {
            self.skip("signature");
            return None;
        }
        match keys.verify(jwt) {
            Ok((verified, _)) => {
                self.add("signature", None, "good", "good");
                Some(verified)
            }
            Err(rejection) => {
                self.add("signature", Some(rejection.code()), rejection.to_string(), "good");
                None
            }
        }
    }

    fn policy(&mut self, rules: &Rules<'_>, token: &VerifiedClaims) {
        let Rules { issuer, resource, now, skipped, .. } = *rules;
        let question = Question { token, issuer, resource, now };
        for check in &CHECKS {
            let (found, expected) = ((check.found)(&question), (check.expected)(&question));
            if skipped.contains(&check.name) {
                self.add_skipped(check.name, found, "(not given)");
                continue;
            }
            let code = (check.run)(&question).err().map(|rejection| rejection.code());
            self.add(check.name, code, found, expected);
        }
    }

    fn skip_from(&mut self, first: &str) {
        let rest = AFTER_FORM.iter().skip_while(|check| **check != first);
        rest.filter(|check| **check != "policy").for_each(|check| self.skip(check));
        self.skip_policy();
    }

    fn skip_policy(&mut self) {
        for check in &CHECKS {
            self.skip(check.name);
        }
    }

    fn skip(&mut self, check: &'static str) {
        self.add_skipped(check, "", "");
    }

    fn add_skipped(&mut self, check: &'static str, found: impl Into<String>, expected: &str) {
        let (found, expected) = (found.into(), expected.to_owned());
        self.0.push(Finding { check, outcome: Outcome::Skipped, code: None, found, expected });
    }

    fn add(
        &mut self,
        check: &'static str,
        code: Option<&'static str>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let outcome = if code.is_some() { Outcome::Fail } else { Outcome::Pass };
        self.0.push(Finding {
            check,
            outcome,
            code,
            found: found.into(),
            expected: expected.into(),
        });
    }
}
