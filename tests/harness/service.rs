//! The real service on a free port, under a clock that the test moves.

use std::collections::BTreeMap;
use std::time::Duration;

use assay::clock::Clock;
use assay::config::{Config, Variables};
use assay::domain::UnixTime;
use assay::service::Service;
use serde_json::Value;

use super::{AUDIENCE, FakeIssuer, NOW, SCOPE, SigningKey, Token};

/// Tries before a test gives up on something that must happen "soon".
const PATIENCE: usize = 20_000;

pub struct TestService {
    pub issuer: FakeIssuer,
    pub key: SigningKey,
    pub url: String,
    pub clock: Clock,
    client: reqwest::Client,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl TestService {
    /// In front of an issuer with one RSA key, `k1`, whose keys it has.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings changed; the issuer accepts RS256 and ES256.
    pub async fn start_with(changed: &[(&str, &str)]) -> Self {
        let key = SigningKey::rs256("k1");
        let service = Self::start_before(FakeIssuer::start(&[&key]), key, changed);
        service.becomes_ready().await;
        service
    }

    /// In front of an issuer that may be down.
    pub fn start_before(issuer: FakeIssuer, key: SigningKey, changed: &[(&str, &str)]) -> Self {
        let clock = Clock::manual(UnixTime::from_seconds(NOW).unwrap());
        let config = Config::read(None, &variables(&issuer, changed)).unwrap();
        let service = Service::start(config, &clock).unwrap();
        let url = format!("http://{}", service.address());
        let client = client();
        Self { issuer, key, url, clock, client }
    }

    /// A token that passes, until a case changes it.
    pub fn token(&self) -> Token {
        Token::of(&self.issuer.url)
    }

    pub fn good_token(&self) -> String {
        self.token().signed_by(&self.key)
    }

    pub async fn verify(&self, token: &str) -> Answer {
        self.asks("/verify", &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// The code of the refusal of `token`, as the client sees it.
    pub async fn error_of(&self, token: &str) -> (u16, String) {
        let answer = self.verify(token).await;
        let error = answer.json()["error"].as_str().unwrap_or("none").to_owned();
        (answer.status, error)
    }

    pub async fn asks(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.sends("GET", path, headers).await
    }

    pub async fn sends(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", self.url);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub async fn readiness(&self) -> (u16, String) {
        let answer = self.asks("/health/ready", &[]).await;
        (answer.status, answer.json()["status"].as_str().unwrap().to_owned())
    }

    pub async fn becomes_ready(&self) {
        self.eventually(async || self.readiness().await.0 == 200).await;
    }

    /// Moves the clock once something waits for it, so that no timer is missed.
    pub async fn time_passes(&self, seconds: u64) {
        self.eventually(async || self.clock.sleepers() > 0).await;
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Asks again and again, without sleeping, until `condition` holds.
    pub async fn eventually(&self, condition: impl AsyncFn() -> bool) {
        for _ in 0..PATIENCE {
            if condition().await {
                return;
            }
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
        panic!("it never came about");
    }
}

fn variables(issuer: &FakeIssuer, changed: &[(&str, &str)]) -> Variables {
    let jwks = format!("{}/jwks", issuer.url);
    let defaults = [
        ("FASTMCP_SERVER_AUTH_TYPE", "jwt"),
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", &issuer.url),
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", &jwks),
        ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE),
        ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "RS256,ES256"),
        ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", SCOPE),
        ("ASSAY_LISTEN__HTTP", "127.0.0.1:0"),
        ("ASSAY_WORKERS", "1"),
    ];
    let all = defaults.iter().chain(changed);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[expect(clippy::disallowed_methods, reason = "the client of a test talks to loopback alone")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap()
}
