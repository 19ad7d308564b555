//! What environment variables mean, and which stage they put us in.
//!
//! Three families: `ASSAY_` follows the path in the file with `__` between levels; the
//! `FASTMCP_SERVER_AUTH_` names let a deployment of the in-process Python verifier move over
//! unchanged; `ENVIRONMENT`, `PORT`, `K_SERVICE` and `KUBERNETES_SERVICE_HOST` are the platform's.

use super::Variables;
use super::problem::{Problem, nearest};
use super::tree::Tree;

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Development,
    Production,
}

impl Stage {
    /// Production where a platform says so (Cloud Run, Kubernetes) and under every `ENVIRONMENT`
    /// that is not plainly a developer's: a misspelt name must not relax a rule.
    pub fn of(variables: &Variables) -> Self {
        let on_a_platform = ["K_SERVICE", "KUBERNETES_SERVICE_HOST"]
            .iter()
            .any(|name| variables.contains_key(*name));
        let named = variables.get("ENVIRONMENT").map(|name| name.trim().to_ascii_lowercase());
        match named.as_deref() {
            _ if on_a_platform => Self::Production,
            None | Some("" | "development" | "dev" | "local" | "test") => Self::Development,
            Some(_) => Self::Production,
        }
    }

    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

const LEGACY_PREFIX: &str = "FASTMCP_SERVER_AUTH_";

/// Variables of the in-process verifier and where their values go.
const LEGACY: [(&str, &[&str]); 9] = [
    ("FASTMCP_SERVER_AUTH_JWT_PUBLIC_KEY", &["issuers", "0", "keys"]),
    ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", &["issuers", "0", "jwks_uri"]),
    ("FASTMCP_SERVER_AUTH_JWT_ISSUER", &["issuers", "0", "issuer"]),
    ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", &["issuers", "0", "audiences"]),
    ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", &["issuers", "0", "algorithms"]),
    ("FASTMCP_SERVER_AUTH_JWT_CLOCK_SKEW", &["issuers", "0", "leeway"]),
    ("FASTMCP_SERVER_AUTH_JWT_JWKS_CACHE_TTL", &["issuers", "0", "cache_ttl"]),
    ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", &["resources", "0", "required_scopes"]),
    ("FASTMCP_SERVER_AUTH_TYPE", &[]),
];

/// Variables that this version knows and cannot serve: the value it would take, if any.
const NOT_YET: [(&str, Option<&str>, &str); 10] = [
    ("FASTMCP_SERVER_AUTH_SECRET_BACKEND", Some("env"), "secret backends"),
    ("FASTMCP_SERVER_AUTH_SECRET_CACHE_TTL", None, "secret backends"),
    ("FASTMCP_SERVER_AUTH_INTROSPECTION_URL", None, "introspection"),
    ("FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_ID", None, "introspection"),
    ("FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_SECRET", None, "introspection"),
    ("FASTMCP_SERVER_AUTH_INTROSPECTION_REQUIRED_SCOPES", None, "introspection"),
    ("FASTMCP_SERVER_AUTH_INTROSPECTION_TIMEOUT", None, "introspection"),
    ("FASTMCP_SERVER_AUTH_RATE_LIMIT_ENABLED", Some("false"), "rate limits"),
    ("FASTMCP_SERVER_AUTH_RATE_LIMIT_MAX_ATTEMPTS", None, "rate limits"),
    ("FASTMCP_SERVER_AUTH_RATE_LIMIT_WINDOW_SECONDS", None, "rate limits"),
];

/// Lays the variables over the file.
pub fn overlay(variables: &Variables, tree: &mut Tree, problems: &mut Vec<Problem>) {
    if let Some(port) = variables.get("PORT") {
        match port.parse::<u16>() {
            Ok(port) => {
                tree.set(&["listen", "http"], &format!("0.0.0.0:{port}"), "PORT", problems);
            }
            Err(_) => problems.push(Problem::new("PORT", "is not a port number (0 to 65535)")),
        }
    }
    // An empty variable is an unset one: templates leave them behind.
    let given = || variables.iter().filter(|(_, value)| !value.trim().is_empty());
    for (name, value) in given().filter(|(name, _)| name.starts_with(LEGACY_PREFIX)) {
        legacy(name, value, tree, problems);
    }
    let mut own: Vec<_> = given()
        .filter_map(|(name, value)| Some((name, name.strip_prefix("ASSAY_")?, value)))
        .filter(|(_, path, _)| *path != "CONFIG")
        .map(|(name, path, value)| (levels_of(path), name, value))
        .collect();
    own.sort();
    for (levels, name, value) in own {
        let levels: Vec<_> = levels.iter().map(|(_, level)| level.as_str()).collect();
        tree.set(&levels, value, name, problems);
    }
}

/// The levels of a path, each with its position where it is one: the tenth entry comes after the
/// second.
fn levels_of(path: &str) -> Vec<(usize, String)> {
    let lower = path.to_ascii_lowercase();
    lower.split("__").map(|level| (level.parse().unwrap_or(0), level.to_owned())).collect()
}

fn legacy(name: &str, value: &str, tree: &mut Tree, problems: &mut Vec<Problem>) {
    if name == "FASTMCP_SERVER_AUTH_TYPE" {
        if value != "jwt" {
            problems.push(Problem::new(name, format!("is {value:?}; this version serves `jwt`")));
        }
    } else if let Some((_, path)) = LEGACY.iter().find(|(known, _)| *known == name) {
        tree.set(path, value, name, problems);
    } else if let Some((_, accepted, what)) = NOT_YET.iter().find(|(known, ..)| *known == name) {
        if accepted.is_none_or(|accepted| !value.eq_ignore_ascii_case(accepted)) {
            let what = format!("this version has no {what}; remove the variable");
            problems.push(Problem::new(name, what));
        }
    } else {
        let known = LEGACY.iter().map(|(name, _)| *name);
        let known = known.chain(NOT_YET.iter().map(|(name, ..)| *name));
        let what = nearest(name, known).map_or_else(
            || "unknown variable".to_owned(),
            |near| format!("unknown variable; did you mean {near}?"),
        );
        problems.push(Problem::new(name, what));
    }
}
