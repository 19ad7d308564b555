//! `jwks_uri`, `jwks_hosts`, `keys`, `keys_file` of an issuer: where its keys come from.
//!
//! Invariants: one place an issuer; published keys and shared secrets never meet, because whoever
//! can read a public key could then sign with it (CVE-2015-9235); a key's text is never quoted.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::environment::Stage;
use super::issuers::{JWKS_HOSTS, JWKS_URI, KEYS, KEYS_FILE, refuse_plain_http};
use super::reader::{Given, Section};
use crate::domain::{Algorithm, AlgorithmSet, KeySet};

/// Where an issuer's keys come from.
#[derive(Debug)]
pub enum KeysFrom {
    Endpoint(Url),
    /// The issuer's metadata name the endpoint, on its own host or one of these.
    Discovery {
        hosts: Vec<String>,
    },
    /// Written down by the operator.
    Fixed(KeySet),
}

pub(super) fn read(
    section: &mut Section<'_>,
    algorithms: AlgorithmSet,
    stage: Stage,
    warnings: &mut Vec<String>,
) -> Option<KeysFrom> {
    let before = section.problem_count();
    let endpoint = section
        .url(&JWKS_URI)
        .filter(|Given { value, name }| refuse_plain_http(section, value, name, stage, warnings));
    let hosts = section.texts(&JWKS_HOSTS).into_iter().map(|given| given.value).collect();
    let inline = section.text(&KEYS);
    let file = section.path(&KEYS_FILE);
    if section.problem_count() > before {
        return None;
    }
    let written = inline.map(|Given { value, name }| Some((SecretString::from(value), name)));
    let written = written.or_else(|| file.map(|given| read_file(section, given)));
    match (endpoint, written) {
        (Some(_), Some(_)) => {
            let name = section.path_of(JWKS_URI.name);
            section.problem(&name, "and `keys` exclude each other: where do the keys come from?");
            None
        }
        (None, Some(written)) => fixed(section, written?, algorithms, warnings),
        (endpoint, None) => {
            refuse_hmac(section, algorithms)?;
            Some(
                endpoint
                    .map_or(KeysFrom::Discovery { hosts }, |given| KeysFrom::Endpoint(given.value)),
            )
        }
    }
}

fn read_file(
    section: &mut Section<'_>,
    Given { value, name }: Given<std::path::PathBuf>,
) -> Option<(SecretString, String)> {
    match std::fs::read_to_string(&value) {
        Ok(text) => Some((text.into(), name)),
        Err(error) => {
            section.problem(&name, format!("cannot read {}: {error}", value.display()));
            None
        }
    }
}

fn fixed(
    section: &mut Section<'_>,
    (text, name): (SecretString, String),
    algorithms: AlgorithmSet,
    warnings: &mut Vec<String>,
) -> Option<KeysFrom> {
    let (secret, public): (Vec<_>, Vec<_>) = algorithms.iter().partition(|it| it.is_hmac());
    if !secret.is_empty() && !public.is_empty() {
        section.problem(&name, format!(
            "serves {algorithms}: shared secrets and public keys must not be mixed in one issuer"
        ));
        return None;
    }
    let text = text.expose_secret().trim();
    let is_plain_secret = public.is_empty() && !text.starts_with('{') && !text.starts_with("-----");
    let keys = if is_plain_secret {
        KeySet::from_secret(text, algorithms).map_err(|fault| fault.to_string())
    } else {
        KeySet::from_configured(text, algorithms).map_err(|fault| fault.to_string())
    };
    match keys {
        Ok(keys) => {
            for skipped in keys.skipped() {
                let position = skipped.position;
                warnings.push(format!("{name}: key {position} is not used: it {}", skipped.fault));
            }
            Some(KeysFrom::Fixed(keys))
        }
        Err(fault) => {
            section.problem(&name, fault);
            None
        }
    }
}

fn refuse_hmac(section: &mut Section<'_>, algorithms: AlgorithmSet) -> Option<()> {
    let Some(algorithm) = algorithms.iter().find(|it: &Algorithm| it.is_hmac()) else {
        return Some(());
    };
    let name = section.path_of("algorithms");
    section.problem(
        &name,
        format!(
            "{algorithm} is a shared-secret algorithm and the keys are published, where everyone \
             can read them: use RS256, ES256 or EdDSA, or put the secret into `keys`"
        ),
    );
    None
}
