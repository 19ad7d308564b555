//! `[[issuers]]`: whom we believe, and how far.

use std::time::Duration;

use url::Url;

use super::environment::Stage;
use super::keys::{self, KeysFrom};
use super::reader::{Given, Section};
use super::setting::{Kind, Setting};
use crate::domain::{Algorithm, AlgorithmSet, IssuerId, IssuerRules, is_loopback};

#[derive(Debug)]
pub struct IssuerConfig {
    pub rules: IssuerRules,
    pub keys: KeysFrom,
    /// How long fetched keys may be used.
    pub cache_ttl: Duration,
}

pub const ISSUERS: [Setting; 12] = [
    ISSUER,
    JWKS_URI,
    JWKS_HOSTS,
    KEYS,
    KEYS_FILE,
    AUDIENCES,
    ALGORITHMS,
    LEEWAY,
    CACHE_TTL,
    STRICT,
    ALLOW_ID_TOKENS,
    TENANTS,
];

const ISSUER: Setting = Setting {
    name: "issuer",
    kind: Kind::Url,
    default: "",
    meaning: "Identifier of the issuer, exactly as its tokens carry it in `iss`. Required. One \
              `{tid}` as a segment of the path stands for the token's own tenant (Entra).",
};
pub(super) const JWKS_URI: Setting = Setting {
    name: "jwks_uri",
    kind: Kind::Url,
    default: "",
    meaning: "Where the issuer publishes its keys. `https`; in development also `http` on loopback. \
              Without it and without `keys` it is discovered (RFC 8414, OpenID Connect).",
};
pub(super) const JWKS_HOSTS: Setting = Setting {
    name: "jwks_hosts",
    kind: Kind::Texts,
    default: "",
    meaning: "Hosts beside the issuer's own where a discovered `jwks_uri` may lie (Google's lies on \
              `www.googleapis.com`).",
};
pub(super) const KEYS: Setting = Setting {
    name: "keys",
    kind: Kind::Text,
    default: "",
    meaning: "The keys themselves instead of a place to fetch them: PEM, a JWK or a JWK Set; with \
              HMAC algorithms the shared secret, at least as long as the hash.",
};
pub(super) const KEYS_FILE: Setting = Setting {
    name: "keys_file",
    kind: Kind::Path,
    default: "",
    meaning: "A file with what `keys` would hold. Read once, at start-up.",
};
const AUDIENCES: Setting = Setting {
    name: "audiences",
    kind: Kind::Texts,
    default: "",
    meaning: "Values of `aud` that this issuer's tokens may have. Without it each resource must \
              name its own.",
};
const ALGORITHMS: Setting = Setting {
    name: "algorithms",
    kind: Kind::Texts,
    default: "RS256",
    meaning: "Signature algorithms to accept: RS, PS (256, 384, 512), ES256, ES384, ES512, EdDSA; \
              or HS (256, 384, 512) alone, with a shared secret in `keys`, never with published keys.",
};
const LEEWAY: Setting = Setting {
    name: "leeway",
    kind: Kind::Whole { unit: "seconds", min: 0, max: 120 },
    default: "60",
    meaning: "Tolerated difference between the issuer's clock and ours, for `exp`, `nbf`, `iat`.",
};
const CACHE_TTL: Setting = Setting {
    name: "cache_ttl",
    kind: Kind::Whole { unit: "seconds", min: 60, max: 86_400 },
    default: "3600",
    meaning: "How long fetched keys may be used while the issuer is down. They are refreshed at \
              half of it.",
};

const STRICT: Setting = Setting {
    name: "strict",
    kind: Kind::Flag,
    default: "false",
    meaning: "Take only access tokens of RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, \
              `iat`, `jti` are there.",
};
const ALLOW_ID_TOKENS: Setting = Setting {
    name: "allow_id_tokens",
    kind: Kind::Flag,
    default: "false",
    meaning: "Take ID tokens for access tokens. Danger: every application that signs in a user \
              holds one. Google's service-to-service tokens are ID tokens.",
};
const TENANTS: Setting = Setting {
    name: "tenants",
    kind: Kind::Texts,
    default: "",
    meaning: "Tenants to accept where `issuer` has a `{tid}`. Empty accepts every tenant there is.",
};

pub fn read(root: &mut Section<'_>, stage: Stage, warnings: &mut Vec<String>) -> Vec<IssuerConfig> {
    let read: Vec<_> = root.sections("issuers", |section| read_one(section, stage, warnings));
    if read.is_empty() {
        root.problem(
            "issuers",
            "no issuer is configured: add `[[issuers]]` to the file, or set \
             FASTMCP_SERVER_AUTH_JWT_ISSUER, _JWKS_URI and _AUDIENCE",
        );
    }
    let issuers: Vec<IssuerConfig> = read.into_iter().flatten().collect();
    for (position, issuer) in issuers.iter().enumerate() {
        let name = &issuer.rules.issuer;
        if issuers.iter().take(position).any(|earlier| earlier.rules.issuer == *name) {
            let path = format!("issuers[{position}].issuer");
            root.problem(&path, format!("{:?} is configured twice", name.as_str()));
        }
    }
    issuers
}

fn read_one(
    section: &mut Section<'_>,
    stage: Stage,
    warnings: &mut Vec<String>,
) -> Option<IssuerConfig> {
    let issuer = read_issuer(section, stage);
    let audiences = section.audiences(&AUDIENCES);
    let algorithms = read_algorithms(section);
    let keys = keys::read(section, algorithms, stage, warnings);
    let leeway = section.whole(&LEEWAY);
    let cache_ttl = section.seconds(&CACHE_TTL);
    let is_strict = section.flag(&STRICT);
    let allows_id_tokens = section.flag(&ALLOW_ID_TOKENS);
    let tenants = section.texts(&TENANTS);
    let issuer = issuer?;
    if let (Some(Given { name, .. }), false) = (tenants.first(), issuer.is_pattern()) {
        section.problem(name, "does nothing: `issuer` has no `{tid}`");
    }
    let tenants = tenants.into_iter().map(|given| given.value.into()).collect();
    let rules =
        IssuerRules { issuer, algorithms, audiences, leeway, is_strict, allows_id_tokens, tenants };
    warn_of_every_tenant(&rules, warnings);
    if let (true, Some(KeysFrom::Discovery { .. })) = (rules.issuer.is_pattern(), &keys) {
        let name = section.path_of(JWKS_URI.name);
        section.problem(&name, "is required: an issuer with `{tid}` has no metadata of its own");
        return None;
    }
    Some(IssuerConfig { rules, keys: keys?, cache_ttl })
}

fn warn_of_every_tenant(rules: &IssuerRules, warnings: &mut Vec<String>) {
    if rules.issuer.is_pattern() && rules.tenants.is_empty() {
        warnings.push(format!(
            "issuer {:?} accepts tokens of every tenant there is; name yours in `tenants`",
            rules.issuer.as_str()
        ));
    }
}

fn read_issuer(section: &mut Section<'_>, stage: Stage) -> Option<IssuerId> {
    let Given { value, name } = required(section, &ISSUER, |section| section.text(&ISSUER))?;
    match IssuerId::parse(&value) {
        Ok(issuer) => {
            let url = Url::parse(issuer.as_str()).ok()?;
            // The same rule as for the keys; their warning is enough.
            refuse_plain_http(section, &url, &name, stage, &mut Vec::new()).then_some(issuer)
        }
        Err(fault) => {
            section.problem(&name, fault.to_string());
            None
        }
    }
}

fn read_algorithms(section: &mut Section<'_>) -> AlgorithmSet {
    let given = section.texts(&ALGORITHMS);
    if given.is_empty() {
        return [Algorithm::Rs256].into_iter().collect();
    }
    let mut algorithms = Vec::new();
    for Given { value, name } in given {
        match value.parse::<Algorithm>() {
            Ok(algorithm) => algorithms.push(algorithm),
            Err(_) => section.problem(
                &name,
                format!(
                    "{value:?} is not a supported algorithm; supported are RS256, RS384, RS512, \
                     PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, HS256, HS384, HS512"
                ),
            ),
        }
    }
    algorithms.into_iter().collect()
}

/// Whether a URL may be called: over http anyone on the way could hand us keys of their own.
pub(super) fn refuse_plain_http(
    section: &mut Section<'_>,
    url: &Url,
    name: &str,
    stage: Stage,
    warnings: &mut Vec<String>,
) -> bool {
    if url.scheme() == "https" {
        return true;
    }
    if stage.is_production() {
        section.problem(name, "must be https in production");
        return false;
    }
    if !is_loopback(url) {
        section.problem(name, "must be https; http is for loopback addresses, in development");
        return false;
    }
    warnings.push(format!("{name} is plain http: good for development on this machine alone"));
    true
}

/// A setting that must be given; one given wrongly has its own problem already.
fn required<T>(
    section: &mut Section<'_>,
    setting: &Setting,
    read: impl FnOnce(&mut Section<'_>) -> Option<T>,
) -> Option<T> {
    let before = section.problem_count();
    let value = read(section);
    if value.is_none() && section.problem_count() == before {
        let path = section.path_of(setting.name);
        section.problem(&path, "is required");
    }
    value
}
