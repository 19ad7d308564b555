//! An issuer's JWKS endpoint (RFC 7517 section 5), configured or discovered (RFC 8414 section 3,
//! `OpenID` Connect Discovery 1.0 section 4).
//!
//! Invariants:
//! - Only status 200 counts; a document is judged by what it says, not by its media type, which real
//!   issuers get wrong.
//! - Metadata are believed only when they name the configured issuer to the letter; the endpoint
//!   they name is called only on the issuer's host or an allowed one, and as safely as the issuer.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use super::http_client::{HttpClient, TOTAL_TIMEOUT, describe, read_limited};
use crate::actors::jwks::{FetchFault, KeySource};
use crate::domain::{Escaped, IssuerId, MAX_KEY_SET_BYTES, is_loopback};

const MAX_METADATA_BYTES: usize = 64 * 1024;

pub struct JwksEndpoint {
    client: HttpClient,
    url: Arc<Url>,
}

impl JwksEndpoint {
    pub fn new(client: HttpClient, url: Url) -> Self {
        Self { client, url: Arc::new(url) }
    }
}

impl KeySource for JwksEndpoint {
    fn fetch(&self) -> BoxFuture<'static, Result<Vec<u8>, FetchFault>> {
        let (client, url) = (self.client.clone(), Arc::clone(&self.url));
        async move { get(&client, Url::clone(&url), MAX_KEY_SET_BYTES).await }.boxed()
    }
}

/// An endpoint that the issuer's metadata name; asked for again after a failure.
pub struct DiscoveredEndpoint {
    shared: Arc<Discovery>,
}

struct Discovery {
    client: HttpClient,
    issuer: IssuerId,
    hosts: Vec<String>,
    endpoint: Mutex<Option<Url>>,
}

impl DiscoveredEndpoint {
    pub fn new(client: HttpClient, issuer: IssuerId, hosts: Vec<String>) -> Self {
        let endpoint = Mutex::default();
        Self { shared: Arc::new(Discovery { client, issuer, hosts, endpoint }) }
    }
}

impl KeySource for DiscoveredEndpoint {
    fn fetch(&self) -> BoxFuture<'static, Result<Vec<u8>, FetchFault>> {
        let shared = Arc::clone(&self.shared);
        let attempt = async move { shared.fetch().await };
        // Metadata and keys together get the time of one call.
        tokio::time::timeout(TOTAL_TIMEOUT, attempt)
            .map(|ended| ended.unwrap_or_else(|_| Err(FetchFault::new("timed out"))))
            .boxed()
    }
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    async fn fetch(&self) -> Result<Vec<u8>, FetchFault> {
        let known = self.endpoint.lock().ok().and_then(|endpoint| endpoint.clone());
        let endpoint = match known {
            Some(endpoint) => endpoint,
            None => self.discover().await?,
        };
        let document = get(&self.client, endpoint.clone(), MAX_KEY_SET_BYTES).await;
        if let Ok(mut known) = self.endpoint.lock() {
            *known = document.is_ok().then_some(endpoint);
        }
        document
    }

    /// Asks the two places where metadata may lie; the last fault is told.
    async fn discover(&self) -> Result<Url, FetchFault> {
        let mut fault = FetchFault::new("the issuer is no URL");
        for place in metadata_places(&self.issuer) {
            match get(&self.client, place, MAX_METADATA_BYTES).await {
                Ok(document) => return self.endpoint_of(&document),
                Err(other) => fault = other,
            }
        }
        Err(FetchFault::new(format_args!("no metadata: {fault}")))
    }

    fn endpoint_of(&self, document: &[u8]) -> Result<Url, FetchFault> {
        let metadata: Metadata = serde_json::from_slice(document)
            .map_err(|_| FetchFault::new("the metadata lack `issuer` or `jwks_uri`"))?;
        if metadata.issuer != self.issuer.as_str() {
            let named = Escaped::new(&metadata.issuer);
            return Err(FetchFault::new(format_args!("the metadata are another's: {named:?}")));
        }
        let issuer = Url::parse(self.issuer.as_str()).map_err(FetchFault::new)?;
        let endpoint = Url::parse(&metadata.jwks_uri).map_err(FetchFault::new)?;
        let host = endpoint.host_str().unwrap_or_default();
        let is_as_safe = endpoint.scheme() == "https"
            || (issuer.scheme() == "http" && is_loopback(&issuer) && is_loopback(&endpoint));
        if !is_as_safe {
            return Err(FetchFault::new("the metadata name a `jwks_uri` that is not https"));
        }
        if endpoint.host() != issuer.host() && !self.hosts.iter().any(|allowed| allowed == host) {
            return Err(FetchFault::new(format_args!(
                "the metadata name a `jwks_uri` on {host}, which `jwks_hosts` does not allow"
            )));
        }
        Ok(endpoint)
    }
}

/// `OpenID` Connect appends its path to the issuer's; RFC 8414 puts its own before it.
fn metadata_places(issuer: &IssuerId) -> Vec<Url> {
    let Ok(base) = Url::parse(issuer.as_str()) else { return Vec::new() };
    let path = base.path().trim_end_matches('/').to_owned();
    let paths = [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ];
    let at = |path: String| {
        let mut place = base.clone();
        place.set_path(&path);
        place
    };
    paths.into_iter().map(at).collect()
}

async fn get(client: &HttpClient, url: Url, limit: usize) -> Result<Vec<u8>, FetchFault> {
    let request = client.get(url).header(ACCEPT, "application/json");
    let response = request.send().await.map_err(|error| FetchFault::new(describe(&error)))?;
    if response.status() != StatusCode::OK {
        let status = response.status().as_u16();
        return Err(FetchFault::new(format_args!("the issuer answered {status}")));
    }
    read_limited(response, limit).await.map_err(FetchFault::new)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    /// Sends `bytes` to whoever asks, and then nothing more while the test runs.
    fn sends_and_waits(bytes: &'static [u8]) -> Url {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut kept: Vec<TcpStream> = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(bytes);
                kept.push(stream);
            }
        });
        Url::parse(&url).unwrap()
    }

    async fn fault_of(bytes: &'static [u8]) -> String {
        let client = HttpClient::build(None).unwrap();
        JwksEndpoint::new(client, sends_and_waits(bytes)).fetch().await.unwrap_err().to_string()
    }

    /// Time is paused: it moves as soon as nothing else can, so these do not wait five seconds.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_never_ends_is_given_up() {
        assert_eq!(fault_of(b"").await, "timed out");
        assert_eq!(fault_of(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{").await, "timed out");
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_cut_off_while_it_comes_in() {
        static ENDLESS: [u8; 400_000] = {
            let mut bytes = [b' '; 400_000];
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
            let mut at = 0;
            while at < head.len() {
                bytes[at] = head[at];
                at += 1;
            }
            bytes
        };
        assert!(fault_of(&ENDLESS).await.contains("longer than 262144 bytes"));
    }
}
