//! `assay explain`: why a token passes or not, by the configuration or offline.
//!
//! For the operator: it tells what no client is told. The token is not printed.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use actix_web::rt::System;
use clap::Args;

use super::Failure;
use crate::backend::http_client::HttpClient;
use crate::clock::Clock;
use crate::config::{Config, IssuerConfig, Problem, Problems, Variables};
use crate::domain::{
    Algorithm, AlgorithmSet, Audience, IssuerId, IssuerRules, KeySet, Resource, Scopes,
};
use crate::explain::{Finding, Outcome, Rules, explain, is_accepted};
use crate::service::{StartFault, key_source};

#[derive(Args)]
pub struct Options {
    /// The token, or `-` to read it from standard input.
    token: String,
    /// Print a JSON array instead of text.
    #[arg(long)]
    json: bool,
    /// The resource asked for; by default the one that `/verify` serves.
    #[arg(long)]
    resource: Option<String>,
    /// Judge offline with the keys of this JWK Set.
    #[arg(long, conflicts_with = "jwk")]
    jwks: Option<PathBuf>,
    /// Judge offline with this one JWK (or PEM).
    #[arg(long)]
    jwk: Option<PathBuf>,
    /// Offline: algorithms to accept, comma-separated.
    #[arg(long, value_delimiter = ',')]
    algorithms: Vec<String>,
    /// Offline: the issuer to expect; without it `iss` is not compared.
    #[arg(long)]
    issuer: Option<String>,
    /// Offline: the audience to expect; without it `aud` is not compared.
    #[arg(long)]
    audience: Option<String>,
}

/// Whether the token is accepted.
pub fn run(options: &Options, variables: &Variables) -> Result<bool, Failure> {
    let token = read_token(&options.token)?;
    let findings = match options.jwks.as_ref().or(options.jwk.as_ref()) {
        Some(file) => offline(&token, file, options)?,
        None => by_configuration(&token, options, Config::load(variables)?)?,
    };
    let page = if options.json {
        serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n"
    } else {
        text(&findings)
    };
    // With standard output gone there is nobody left to tell.
    let _ = io::stdout().lock().write_all(page.as_bytes());
    Ok(is_accepted(&findings))
}

fn read_token(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    let read = io::stdin().lock().take(1024 * 1024).read_to_string(&mut text);
    read.map_err(|error| Failure::Other(format!("cannot read standard input: {error}")))?;
    Ok(text.trim().to_owned())
}

fn offline(token: &str, file: &PathBuf, options: &Options) -> Result<Vec<Finding>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| refuse(&file.display().to_string(), error.to_string()))?;
    let algorithms = algorithms(&options.algorithms)?;
    // A weak secret fails its check, and the signature is looked at all the same.
    let strict = KeySet::from_configured(&text, algorithms);
    let weakness = strict.as_ref().err().map(ToString::to_string);
    let keys = strict.or_else(|_| KeySet::from_examined(&text, algorithms));
    let name = options.issuer.as_deref().unwrap_or("https://issuer.invalid");
    let issuer = IssuerId::parse(name).map_err(|fault| refuse("--issuer", fault.to_string()))?;
    let audience = options.audience.as_deref().and_then(Audience::new);
    let mut skipped = Vec::new();
    if options.issuer.is_none() {
        skipped.push("iss");
    }
    if audience.is_none() {
        skipped.push("aud");
    }
    let rules = IssuerRules {
        issuer,
        algorithms,
        audiences: audience.into_iter().collect(),
        leeway: 60,
        is_strict: false,
        allows_id_tokens: false,
        tenants: Vec::new(),
    };
    let resource = Resource {
        name: "offline".into(),
        audiences: Vec::new(),
        clients: Vec::new(),
        required_scopes: Scopes::default(),
        metadata_url: None,
    };
    Ok(explain(token, |_, _| {
        Some(Rules {
            issuer: &rules,
            resource: &resource,
            keys: keys.as_ref().map_err(ToString::to_string),
            weakness: weakness.clone(),
            now: Clock::system().now(),
            skipped: &skipped,
        })
    }))
}

fn algorithms(names: &[String]) -> Result<AlgorithmSet, Failure> {
    if names.is_empty() {
        return Ok(Algorithm::ALL.into_iter().filter(|it| !it.is_hmac()).collect());
    }
    names
        .iter()
        .map(|name| name.trim().parse::<Algorithm>())
        .collect::<Result<_, _>>()
        .map_err(|fault| refuse("--algorithms", fault.to_string()))
}

fn by_configuration(
    token: &str,
    options: &Options,
    config: Config,
) -> Result<Vec<Finding>, Failure> {
    let wanted = options.resource.as_deref();
    let resource = config.resource(wanted).ok_or_else(|| {
        refuse("--resource", format!("there is no resource {:?}", wanted.unwrap_or("default")))
    })?;
    let resource = resource.clone();
    let client = HttpClient::build(config.tls.ca_file.as_deref()).map_err(StartFault::from)?;
    let now = Clock::system().now();
    // The keys are fetched for the token's issuer alone, so the token has to be read first.
    let mut asked = None;
    explain(token, |iss, tenant| {
        asked = iss.map(|iss| (iss.to_owned(), tenant.map(ToOwned::to_owned)));
        None
    });
    let chosen = asked.and_then(|(iss, tenant)| {
        let issuers = config.issuers.into_iter();
        // As in the service, an exact name goes before a pattern.
        issuers
            .filter(|issuer| issuer.rules.apply_to(&iss, tenant.as_deref()))
            .min_by_key(|issuer| issuer.rules.issuer.is_pattern())
    });
    let Some(IssuerConfig { rules, keys, .. }) = chosen else {
        return Ok(explain(token, |_, _| None));
    };
    let keys = match key_source(keys, &rules, &client) {
        Err(fixed) => Ok(fixed),
        Ok(source) => System::new()
            .block_on(source.fetch())
            .map_err(|fault| fault.to_string())
            .and_then(|document| {
                KeySet::from_jwks(&document, rules.algorithms).map_err(|fault| fault.to_string())
            }),
    };
    Ok(explain(token, |_, _| {
        let keys = keys.as_ref().map_err(Clone::clone);
        let (issuer, resource) = (&rules, &resource);
        Some(Rules { issuer, resource, keys, weakness: None, now, skipped: &[] })
    }))
}

fn refuse(setting: &str, what: String) -> Failure {
    Failure::Configuration(Problems(vec![Problem::new(setting, what)]))
}

fn text(findings: &[Finding]) -> String {
    let mut page = String::new();
    for Finding { check, outcome, code, found, expected } in findings {
        let (sign, rest) = match outcome {
            Outcome::Pass => ("pass", format!("{found}  (expected: {expected})")),
            Outcome::Fail => {
                let code = code.unwrap_or_default();
                ("FAIL", format!("{code}: found {found}; expected {expected}"))
            }
            Outcome::Skipped => ("skip", found.clone()),
        };
        page.push_str(format!("{sign}  {check:<12} {rest}").trim_end());
        page.push('\n');
    }
    page.push_str(if is_accepted(findings) { "accepted\n" } else { "refused\n" });
    page
}
