//! The one way to call out over HTTP.
//!
//! Invariants:
//! - Connecting takes at most 2 s, a whole call at most 5 s (a dripping answer included).
//! - No redirects: a hostile issuer cannot send us elsewhere (SSRF). No decompression: 256 KiB on
//!   the wire are 256 KiB in memory.
//! - Certificates are always checked, against the system's authorities and the operator's own.
#![expect(clippy::disallowed_methods, reason = "this is the file that the rule points to")]

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, redirect};
use url::Url;

use crate::domain::is_loopback;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientFault {
    #[error("cannot read the CA file {path}: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("the CA file {path} holds no certificate in PEM form")]
    NotPem { path: String },
    #[error("TLS cannot be set up: {0}")]
    Tls(reqwest::Error),
}

/// What all backends share. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient {
    /// Goes through the proxy of the environment, where there is one.
    outward: Client,
    /// Never does: a proxy cannot reach our own loopback.
    loopback: Client,
}

impl HttpClient {
    /// # Errors
    /// [`ClientFault`] when the CA file cannot be used or the system has no trust store.
    pub fn build(ca_file: Option<&Path>) -> Result<Self, ClientFault> {
        let make = |builder: ClientBuilder| builder.build().map_err(ClientFault::Tls);
        let outward = make(builder(ca_file)?)?;
        let loopback = make(builder(ca_file)?.no_proxy())?;
        Ok(Self { outward, loopback })
    }

    pub fn get(&self, url: Url) -> RequestBuilder {
        let client = if is_loopback(&url) { &self.loopback } else { &self.outward };
        client.get(url)
    }
}

fn builder(ca_file: Option<&Path>) -> Result<ClientBuilder, ClientFault> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(4)
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = ca_file {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    Ok(builder)
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, ClientFault> {
    let shown = || path.display().to_string();
    let pem =
        std::fs::read(path).map_err(|error| ClientFault::Unreadable { path: shown(), error })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ClientFault::NotPem { path: shown() }),
    }
}

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyFault {
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("{0}")]
    Broken(String),
}

/// Reads a body of at most `limit` bytes, counting while it comes in.
///
/// # Errors
/// [`BodyFault`].
pub async fn read_limited(response: Response, limit: usize) -> Result<Vec<u8>, BodyFault> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| BodyFault::Broken(describe(&error)))?;
        if body.len() + chunk.len() > limit {
            return Err(BodyFault::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause: "connection refused" says more than "error sending request".
pub fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
