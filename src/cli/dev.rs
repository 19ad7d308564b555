//! `assay dev`: the whole service in front of an issuer of its own, to try it out.
//!
//! Invariant: the service gets a configuration like any other and takes the same path as in
//! production. Both listeners are on loopback.

use std::io::{self, Write};

use actix_web::rt::System;
use clap::Args;

use super::{Failure, asked_to_stop};
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::development::issuer::{EmbeddedIssuer, IssuerFault};
use crate::service::Service;
use crate::telemetry;

#[derive(Args)]
pub struct Options {
    /// Port of the service, on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

const AUDIENCE: &str = "https://mcp.example";
const SCOPE: &str = "mcp:use";

pub fn run(options: &Options) -> Result<(), Failure> {
    System::new().block_on(async {
        let clock = Clock::system();
        let issuer = EmbeddedIssuer::start().map_err(|fault| other(&fault))?;
        let config = Config::load(&variables(options, &issuer))?;
        telemetry::tracing::install(&config.log);
        let service = Service::start(config, &clock)?;
        let page = welcome(&service, &issuer, &clock).map_err(|fault| other(&fault))?;
        // A closed standard output must not keep the service from running.
        let _ = io::stdout().lock().write_all(page.as_bytes());
        service.run_until(asked_to_stop()).await?;
        issuer.stop().await;
        Ok(())
    })
}

fn other(fault: &IssuerFault) -> Failure {
    Failure::Other(fault.to_string())
}

/// A configuration such as an operator would write.
fn variables(options: &Options, issuer: &EmbeddedIssuer) -> Variables {
    [
        ("ENVIRONMENT", "development".to_owned()),
        ("FASTMCP_SERVER_AUTH_TYPE", "jwt".to_owned()),
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", issuer.url().to_owned()),
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", issuer.jwks_uri()),
        ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE.to_owned()),
        ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "RS256,ES256".to_owned()),
        ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", SCOPE.to_owned()),
        ("ASSAY_LISTEN__HTTP", format!("127.0.0.1:{}", options.port)),
        ("ASSAY_LOG__FORMAT", "text".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn welcome(
    service: &Service,
    issuer: &EmbeddedIssuer,
    clock: &Clock,
) -> Result<String, IssuerFault> {
    let token = issuer.sign_rs256("alice", AUDIENCE, SCOPE, clock.now())?;
    let other = issuer.sign_es256("bob", AUDIENCE, "other:scope", clock.now())?;
    // The middle of the signature: any change there spoils it, none breaks the form.
    let spoilt = spoil(&token);
    let url = format!("http://{}/verify", service.address());
    Ok(format!(
        r#"
Assay runs on http://{address} with an issuer of its own, {issuer}
(fresh keys, forgotten at the end). A token for "alice", good for one hour:

TOKEN={token}

200, and who it is:
  curl -i -H "Authorization: Bearer {token}" {url}

401 without a token, and no `error`:
  curl -i {url}

401 `invalid_token` with a spoilt one:
  curl -i -H "Authorization: Bearer {spoilt}" {url}

403 `insufficient_scope` for bob, who lacks `{SCOPE}`:
  curl -i -H "Authorization: Bearer {other}" {url}

Ctrl-C ends it.
"#,
        address = service.address(),
        issuer = issuer.url(),
    ))
}

fn spoil(token: &str) -> String {
    let Some((rest, signature)) = token.rsplit_once('.') else { return String::new() };
    let middle = signature.len() / 2;
    let changed = signature.char_indices().map(|(position, character)| match character {
        'A' if position == middle => 'B',
        _ if position == middle => 'A',
        _ => character,
    });
    format!("{rest}.{}", changed.collect::<String>())
}
