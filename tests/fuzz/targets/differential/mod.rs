//! Target: the service against `jsonwebtoken`, over tokens that are almost good.
//!
//! Input: a recipe (see `recipe.rs`); no input makes a good token.
//!
//! Held: what the service accepts, `jsonwebtoken` accepts under the same issuer, audience, leeway
//! and algorithms, but for [`deliberate`] differences; and what the service accepts, the key pair
//! has signed. The other direction is free: the service is the stricter of the two.

mod keys;
mod recipe;

use assay::clock::Clock;
use assay::domain::policy::{Question, decide};
use assay::domain::{
    Audience, BearerToken, IssuerId, IssuerRules, KeySet, MAX_TOKEN_BYTES, Refusal, Rejection,
    Resource, Scopes, UnixTime, UnverifiedJwt,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use keys::TestKey;
use recipe::Made;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";
const LEEWAY: u8 = 30;

/// What became of a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By the service, with the code of its reason.
    Refused(&'static str),
    Accepted,
    /// By the service; the other library cannot, for this reason.
    AcceptedAlone(&'static str),
}

struct Scene {
    keys: Vec<TestKey>,
    published: KeySet,
    rules: IssuerRules,
    resource: Resource,
    peers: Vec<(&'static str, DecodingKey)>,
    clock: Clock,
}

thread_local! {
    static SCENE: Scene = Scene::new();
}

pub fn run(data: &[u8]) {
    outcome(data);
}

/// # Panics
/// When the two differ.
pub fn outcome(recipe: &[u8]) -> Outcome {
    SCENE.with(|scene| scene.compare(recipe))
}

impl Scene {
    fn new() -> Self {
        let keys = TestKey::all();
        let peers = keys.iter().filter_map(|key| Some((key.name, key.peer_key()?))).collect();
        Self {
            published: keys::published(&keys),
            rules: IssuerRules {
                issuer: IssuerId::parse(ISSUER).expect("an issuer"),
                algorithms: keys::asymmetric(),
                audiences: Vec::new(),
                leeway: LEEWAY.into(),
                is_strict: false,
                allows_id_tokens: false,
                tenants: Vec::new(),
            },
            resource: Resource {
                name: "default".into(),
                audiences: Audience::new(AUDIENCE).into_iter().collect(),
                clients: Vec::new(),
                required_scopes: Scopes::default(),
                metadata_url: None,
            },
            keys,
            peers,
            clock: Clock::system(),
        }
    }

    fn compare(&self, recipe: &[u8]) -> Outcome {
        let made = recipe::make(recipe, &self.keys, self.clock.now());
        let Ok(token) = std::str::from_utf8(&made.token) else {
            return Outcome::Refused("not_utf8");
        };
        if let Err(refusal) = self.judge(token, self.clock.now()) {
            return Outcome::Refused(refusal.code());
        }
        was_really_signed(token, &made);
        let Err(error) = self.peer_judge(token) else { return Outcome::Accepted };
        if let Some(reason) = deliberate(token) {
            return Outcome::AcceptedAlone(reason);
        }
        // A second may have passed meanwhile; then the token has expired for the service too.
        let still = self.judge(token, self.clock.now());
        assert!(still.is_err(), "accepted here, not by jsonwebtoken ({error}): {token}");
        Outcome::Refused("expired")
    }

    /// The service's way from a token to a verdict, less caches and network.
    fn judge(&self, token: &str, now: UnixTime) -> Result<(), Refusal> {
        let jwt = UnverifiedJwt::parse(BearerToken::new(token)?, MAX_TOKEN_BYTES)?;
        let issuer = jwt.unverified_issuer().ok_or(Rejection::MissingClaim { claim: "iss" })?;
        if !self.rules.apply_to(issuer, jwt.unverified_tenant()) {
            let found = assay::domain::Escaped::new(issuer);
            return Err(Rejection::UnknownIssuer { found }.into());
        }
        self.rules.allow_algorithm(jwt.header().algorithm)?;
        let (claims, _) = self.published.verify(&jwt)?;
        let (issuer, resource) = (&self.rules, &self.resource);
        decide(&Question { token: &claims, issuer, resource, now })
    }

    fn peer_judge(&self, token: &str) -> Result<(), jsonwebtoken::errors::Error> {
        let kid = decode_header(token)?.kid;
        let mut verdict = Err(ErrorKind::InvalidSignature.into());
        for (name, key) in &self.peers {
            if kid.as_deref().is_some_and(|kid| kid != *name) {
                continue;
            }
            let mut validation = Validation::new_for_family(key.family());
            validation.set_issuer(&[ISSUER]);
            validation.set_audience(&[AUDIENCE]);
            validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            validation.leeway = LEEWAY.into();
            validation.validate_nbf = true;
            match decode::<Map<String, Value>>(token, key, &validation) {
                Ok(_) => return Ok(()),
                Err(error) => verdict = Err(error),
            }
        }
        verdict
    }
}

/// Nobody but the key pair may have made an accepted token.
fn was_really_signed(token: &str, made: &Made) {
    let (signed, signature) = token.rsplit_once('.').expect("segments");
    assert_eq!(signed, made.signed, "accepted, but another text was signed");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    assert!(made.is_malleable || signature == made.signature, "accepted with a forged signature");
}

/// Why `jsonwebtoken` cannot read a header that the service rightly reads. Nothing else may differ.
fn deliberate(token: &str) -> Option<&'static str> {
    if decode_header(token).is_ok() {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Map<String, Value> = serde_json::from_slice(&header).ok()?;
    match header.get("alg")?.as_str()? {
        "Ed25519" => return Some("RFC 9864 gave EdDSA over Ed25519 a name that it does not know"),
        "ES512" => return Some("it has no P-521"),
        _ => {}
    }
    // It gives these members types and refuses others. The service never looks at them, as RFC 7515
    // section 4 asks of members one does not use; what they say cannot change a verdict.
    let typed = ["cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "url", "nonce"];
    let has_typed = typed.iter().any(|member| header.contains_key(*member));
    has_typed.then_some("it wants a header member of a certain type that the service never reads")
}
