//! An issuer's JWKS endpoint (RFC 7517 section 5).
//!
//! Invariant: only status 200 counts; the document is judged by `domain`, not by its media type,
//! which real issuers get wrong.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use url::Url;

use super::http_client::{HttpClient, describe, read_limited};
use crate::actors::jwks::{FetchFault, KeySource};
use crate::domain::MAX_KEY_SET_BYTES;

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
        async move {
            let request = client.get(Url::clone(&url)).header(ACCEPT, "application/json");
            let response =
                request.send().await.map_err(|error| FetchFault::new(describe(&error)))?;
            if response.status() != StatusCode::OK {
                let status = response.status().as_u16();
                return Err(FetchFault::new(format_args!("the issuer answered {status}")));
            }
            read_limited(response, MAX_KEY_SET_BYTES).await.map_err(FetchFault::new)
        }
        .boxed()
    }
}
