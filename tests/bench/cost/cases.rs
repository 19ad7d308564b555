//! What is measured: a server, the requests it gets, the status it must answer with.

use std::path::Path;

use assay::clock::Clock;

use crate::load::{Budget, Cost, Load};
use crate::servers::{ASSAY, Server};
use crate::tokens::{Issuer, Kind, Tokens};
use crate::{Outcome, cpu};

pub const EMPTY: &str = "empty handler";
pub const CACHED: &str = "cached";
const BAD_SIGNATURE: &str = "refused, bad signature";
const BAD_SIGNATURE_UNLOGGED: &str = "refused, bad signature, not logged";
const NO_TOKEN: &str = "refused, no token";
const OTHER_CACHED: &str = "other binary: cached";
const OTHER_UNCACHED: &str = "other binary: uncached RS256/2048";
const CACHE_OFF: (&str, &str) = ("ASSAY_CACHE__ENTRIES", "0");

pub struct Servers {
    empty: Server,
    cached: Server,
    uncached: Server,
    unlogged: Server,
    /// Cached and uncached, of a binary to compare with.
    other: Option<(Server, Server)>,
}

impl Servers {
    pub fn start(issuer: &Issuer, other: Option<&str>) -> Outcome<Self> {
        let start =
            |binary: &str, settings: &[_]| Server::assay(Path::new(binary), issuer, settings);
        let start_other = |binary: &str| -> Outcome<_> {
            Ok((start(binary, &[])?, start(binary, &[CACHE_OFF])?))
        };
        Ok(Self {
            empty: Server::empty()?,
            cached: start(ASSAY, &[])?,
            uncached: start(ASSAY, &[CACHE_OFF])?,
            unlogged: start(ASSAY, &[("ASSAY_LOG__LEVEL", "warn")])?,
            other: other.map(start_other).transpose()?,
        })
    }
}

pub struct Case<'a> {
    pub name: &'static str,
    pub server: &'a Server,
    /// Whose bare verification is measured next, to be compared with.
    pub verification: Option<Kind>,
    requests: Vec<Vec<u8>>,
    status: u16,
}

impl<'a> Case<'a> {
    pub fn all(issuer: &Issuer, servers: &'a Servers) -> Outcome<Vec<Self>> {
        let rs256 = issuer.tokens(Kind::Rs256);
        let one: Vec<_> = rs256.texts.iter().take(1).map(|token| request(Some(token))).collect();
        let all = |kind| issuer.tokens(kind).texts.iter().map(|token| request(Some(token)));
        let spoilt: Vec<_> = spoil(rs256)?.iter().map(|token| request(Some(token))).collect();
        let new = |name, server, requests, status| Self {
            name,
            server,
            verification: None,
            requests,
            status,
        };
        let mut cases = vec![
            new(EMPTY, &servers.empty, one.clone(), 200),
            new(CACHED, &servers.cached, one.clone(), 200),
        ];
        if let Some((cached, uncached)) = &servers.other {
            cases.push(new(OTHER_CACHED, cached, one, 200));
            cases.push(new(OTHER_UNCACHED, uncached, all(Kind::Rs256).collect(), 200));
        }
        cases.extend(Kind::ALL.into_iter().map(|kind| Self {
            verification: Some(kind),
            ..new(kind.uncached_name(), &servers.uncached, all(kind).collect(), 200)
        }));
        cases.push(new(NO_TOKEN, &servers.cached, vec![request(None)], 401));
        cases.push(new(BAD_SIGNATURE, &servers.cached, spoilt.clone(), 401));
        cases.push(new(BAD_SIGNATURE_UNLOGGED, &servers.unlogged, spoilt, 401));
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
