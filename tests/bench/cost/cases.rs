//! What is measured: a server, the requests it gets, the status it must answer with.

use assay::clock::Clock;

use crate::load::{Budget, Cost, Load};
use crate::servers::Server;
use crate::tokens::{Issuer, Kind, Tokens};
use crate::{Outcome, cpu};

pub const EMPTY: &str = "empty handler";
pub const CACHED: &str = "cached";
const BAD_SIGNATURE: &str = "refused, bad signature";
const BAD_SIGNATURE_UNLOGGED: &str = "refused, bad signature, not logged";
const NO_TOKEN: &str = "refused, no token";

pub struct Servers {
    empty: Server,
    cached: Server,
    uncached: Server,
    unlogged: Server,
}

impl Servers {
    pub fn start(issuer: &Issuer) -> Outcome<Self> {
        Ok(Self {
            empty: Server::empty()?,
            cached: Server::assay(issuer, &[])?,
            uncached: Server::assay(issuer, &[("ASSAY_CACHE__ENTRIES", "0")])?,
            unlogged: Server::assay(issuer, &[("ASSAY_LOG__LEVEL", "warn")])?,
        })
    }
}

pub struct Case<'a> {
    pub name: &'static str,
    pub server: &'a Server,
    requests: Vec<Vec<u8>>,
    status: u16,
}

impl<'a> Case<'a> {
    pub fn all(issuer: &Issuer, servers: &'a Servers) -> Outcome<Vec<Self>> {
        let rs256 = issuer.tokens(Kind::Rs256);
        let one: Vec<_> = rs256.texts.iter().take(1).map(|token| request(Some(token))).collect();
        let spoilt: Vec<_> = spoil(rs256)?.iter().map(|token| request(Some(token))).collect();
        let new = |name, server, requests, status| Self { name, server, requests, status };
        let mut cases = vec![
            new(EMPTY, &servers.empty, one.clone(), 200),
            new(CACHED, &servers.cached, one, 200),
            new(NO_TOKEN, &servers.cached, vec![request(None)], 401),
            new(BAD_SIGNATURE, &servers.cached, spoilt.clone(), 401),
            new(BAD_SIGNATURE_UNLOGGED, &servers.unlogged, spoilt, 401),
        ];
        cases.extend(Kind::ALL.into_iter().map(|kind| {
            let texts = &issuer.tokens(kind).texts;
            let requests = texts.iter().map(|token| request(Some(token))).collect();
            new(kind.uncached_name(), &servers.uncached, requests, 200)
        }));
        Ok(cases)
    }

    /// CPU time of the server for one request, after a few that are not counted.
    pub fn measure(&self, budget: Budget, clock: &Clock) -> Outcome<Cost> {
        let mut load = Load::connect(self.server.address)?;
        let warm_up = Budget { operations: budget.operations.min(1_000), ..budget };
        load.run(&self.requests, self.status, warm_up, clock)?;
        let cpu_before = cpu::of_process(self.server.id())?;
        let started = clock.elapsed();
        let answered = load.run(&self.requests, self.status, budget, clock)?;
        let wall = clock.elapsed().saturating_sub(started);
        Ok(Cost::of(cpu::of_process(self.server.id())?.saturating_sub(cpu_before), wall, answered))
    }
}

/// What Envoy's HTTP `ext_authz` sends: few headers, and the client's credentials.
fn request(token: Option<&str>) -> Vec<u8> {
    let credentials =
        token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "GET /verify HTTP/1.1\r\nhost: assay.internal:8080\r\n{credentials}\
         x-forwarded-for: 10.1.2.3\r\nx-request-id: 0d9f7c1e-52b4-4d0a-8f3e-6a1b9c2d7e40\r\n\
         content-length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// Signatures of the right length that fit another token.
fn spoil(tokens: &Tokens) -> Outcome<Vec<String>> {
    let next = tokens.texts.iter().cycle().skip(1);
    let pairs = tokens.texts.iter().zip(next);
    pairs
        .map(|(token, other)| {
            let (signing_input, _) = token.rsplit_once('.').ok_or("not a token")?;
            let (_, signature) = other.rsplit_once('.').ok_or("not a token")?;
            Ok(format!("{signing_input}.{signature}"))
        })
        .collect()
}
