//! The use case: may this bearer token pass, and who is it?
//!
//! ```text
//! token ─▶ fingerprint ─▶ cached? ──yes─────────────────────────────┐
//!                          │ no                                     ▼
//!                          └▶ parse ─▶ issuer ─▶ key ─▶ signature ─▶ policy ─▶ Identity | Refusal
//! ```
//!
//! Invariants:
//! - Facts are cached, not decisions: an entry says "this key signed these claims". That the key is
//!   still its issuer's, expiry, audience and scopes are looked at on every request.
//! - A cached token crosses no mailbox and awaits nothing.
//! - A token of one issuer is never verified with keys of another.
//! - Every path that does not end in a checked signature and a passed policy ends in a refusal.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::actors::jwks::{JwksHandle, Snapshot};
use crate::clock::Clock;
use crate::domain::policy::{self, Question};
use crate::domain::{
    BearerToken, Escaped, Fingerprint, Identity, IssuerRules, KeyId, MAX_TOKEN_BYTES, Refusal,
    Rejection, Resource, Unavailable, UnverifiedJwt, VerifiedClaims,
};

/// A cached fact is looked at again at least this often.
const MAX_CACHED: Duration = Duration::from_secs(300);

/// One issuer we believe: its rules and its keys.
pub struct TrustedIssuer {
    pub rules: IssuerRules,
    pub keys: JwksHandle,
}

/// A token whose signature was good, and who it speaks for.
pub struct VerifiedToken {
    pub identity: Identity,
    claims: VerifiedClaims,
    key: KeyId,
    issuer: Arc<TrustedIssuer>,
    /// On the monotonic clock.
    cached_until: Duration,
}

/// An outcome with what the trail needs to know of it.
pub struct Decision {
    pub outcome: Result<Arc<VerifiedToken>, Refusal>,
    /// `None` when the request carried no token.
    pub fingerprint: Option<Fingerprint>,
    /// The issuer that was asked, once one was found.
    pub issuer: Option<Arc<TrustedIssuer>>,
}

pub struct Verifier {
    issuers: Issuers,
    cache: Option<Cache<Fingerprint, Arc<VerifiedToken>>>,
    clock: Clock,
}

impl Verifier {
    /// `cache_entries` of 0 turns the cache off.
    pub fn new(issuers: Vec<TrustedIssuer>, cache_entries: usize, clock: Clock) -> Self {
        let issuers = Issuers::new(issuers);
        let cache = (cache_entries > 0).then(|| Cache::new(cache_entries));
        Self { issuers, cache, clock }
    }

    pub fn issuers(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.issuers.iter()
    }

    /// Decides over one request to `resource`.
    pub async fn verify(
        &self,
        token: Result<BearerToken<'_>, Rejection>,
        resource: &Resource,
    ) -> Decision {
        let token = match token {
            Ok(token) => token,
            Err(rejection) => {
                return Decision {
                    outcome: Err(rejection.into()),
                    fingerprint: None,
                    issuer: None,
                };
            }
        };
        let fingerprint = token.fingerprint();
        let mut issuer = None;
        let verified = match self.cached(fingerprint) {
            Some(verified) => Ok(verified),
            // Boxed, so that a cached token does not carry the slow path's state about.
            None => Box::pin(self.verify_signature(token, fingerprint, &mut issuer)).await,
        };
        let outcome = verified.and_then(|verified| {
            issuer = Some(Arc::clone(&verified.issuer));
            self.allow(&verified, resource)?;
            Ok(verified)
        });
        Decision { outcome, fingerprint: Some(fingerprint), issuer }
    }

    fn allow(&self, verified: &VerifiedToken, resource: &Resource) -> Result<(), Refusal> {
        policy::decide(&Question {
            token: &verified.claims,
            issuer: &verified.issuer.rules,
            resource,
            now: self.clock.now(),
        })
    }

    /// An entry counts only while the key that made it is among its issuer's usable keys.
    fn cached(&self, fingerprint: Fingerprint) -> Option<Arc<VerifiedToken>> {
        let verified = self.cache.as_ref()?.get(&fingerprint)?;
        let is_young = self.clock.elapsed() < verified.cached_until;
        let keys = verified.issuer.keys.usable()?;
        (is_young && keys.keys.contains(verified.key)).then_some(verified)
    }

    async fn verify_signature(
        &self,
        token: BearerToken<'_>,
        fingerprint: Fingerprint,
        found: &mut Option<Arc<TrustedIssuer>>,
    ) -> Result<Arc<VerifiedToken>, Refusal> {
        let jwt = UnverifiedJwt::parse(token, MAX_TOKEN_BYTES)?;
        let issuer = self.issuers.find(&jwt)?;
        *found = Some(Arc::clone(issuer));
        let (claims, key) = issuer.verify_signature(jwt).await?;
        let verified = Arc::new(VerifiedToken {
            identity: Identity::new(claims.claims(), fingerprint),
            claims,
            key,
            issuer: Arc::clone(issuer),
            cached_until: self.clock.elapsed() + MAX_CACHED,
        });
        if let Some(cache) = &self.cache {
            cache.insert(fingerprint, Arc::clone(&verified));
        }
        Ok(verified)
    }
}

/// Finds an issuer by `iss`: by its exact name, else among the patterns.
#[derive(Default)]
struct Issuers {
    by_name: HashMap<Box<str>, Arc<TrustedIssuer>>,
    patterns: Vec<Arc<TrustedIssuer>>,
}

impl Issuers {
    fn new(issuers: Vec<TrustedIssuer>) -> Self {
        let mut directory = Self::default();
        for issuer in issuers {
            let name = &issuer.rules.issuer;
            if name.is_pattern() {
                directory.patterns.push(Arc::new(issuer));
            } else {
                directory.by_name.insert(name.as_str().into(), Arc::new(issuer));
            }
        }
        directory
    }

    fn find(&self, jwt: &UnverifiedJwt<'_>) -> Result<&Arc<TrustedIssuer>, Rejection> {
        let iss = jwt.unverified_issuer().ok_or(Rejection::MissingClaim { claim: "iss" })?;
        let by_pattern = || {
            let tenant = jwt.unverified_tenant();
            self.patterns.iter().find(|issuer| issuer.rules.apply_to(iss, tenant))
        };
        self.by_name
            .get(iss)
            .or_else(by_pattern)
            .ok_or_else(|| Rejection::UnknownIssuer { found: Escaped::new(iss) })
    }

    fn iter(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.by_name.values().chain(&self.patterns).map(AsRef::as_ref)
    }
}

impl TrustedIssuer {
    /// Checks the signature with this issuer's keys; when they do not suffice, with the keys of one
    /// refetch, which all concurrent requests share.
    async fn verify_signature(
        &self,
        jwt: UnverifiedJwt<'_>,
    ) -> Result<(VerifiedClaims, KeyId), Refusal> {
        self.rules.allow_algorithm(jwt.header().algorithm)?;
        let held = self.current_keys().await?;
        let rejection = match held.keys.verify(&jwt) {
            Ok(verified) => return Ok(verified),
            Err(rejection) => rejection,
        };
        let newer = match self.keys.refresh(held.generation).await {
            Ok(()) => self.current_keys().await?,
            Err(unavailable) => return Err(during_outage(rejection, unavailable)),
        };
        if newer.generation == held.generation {
            return Err(rejection.into());
        }
        Ok(newer.keys.verify(&jwt)?)
    }

    /// Keys young enough to use, fetched now if need be.
    async fn current_keys(&self) -> Result<Arc<Snapshot>, Unavailable> {
        if let Some(snapshot) = self.keys.usable() {
            return Ok(Arc::clone(&snapshot));
        }
        self.keys.refresh(self.keys.generation()).await?;
        match self.keys.usable() {
            Some(snapshot) => Ok(Arc::clone(&snapshot)),
            None => Err(Unavailable::Keys { reason: "they have outlived their lifetime".into() }),
        }
    }
}

/// With the issuer down, cached keys stay the authority on signatures they can check; whether an
/// unknown `kid` exists is not theirs to say.
fn during_outage(rejection: Rejection, unavailable: Unavailable) -> Refusal {
    match (rejection, unavailable) {
        (Rejection::UnknownKey { .. }, Unavailable::Keys { reason }) => {
            Unavailable::UnknownKeyDuringOutage { reason }.into()
        }
        (Rejection::UnknownKey { .. }, unavailable) => unavailable.into(),
        (rejection, _) => rejection.into(),
    }
}
