//! Tokens in the shape of real identity providers, each with the configuration that accepts it.

use std::fs;

use serde_json::Value;

use crate::harness::{FakeIssuer, SigningKey, TestService, Token};

const FIXTURES: &str = "tests/fixtures/providers";

struct Provider {
    name: String,
    fixture: Value,
}

impl Provider {
    fn all() -> Vec<Self> {
        let files = fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| Self {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                fixture: serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(),
            })
            .collect()
    }

    fn text(&self, member: &str) -> &str {
        self.fixture[member].as_str().unwrap_or_default()
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        let settings = self.fixture["settings"].as_object().unwrap();
        settings.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
    }

    /// The status of its token, with its settings or without.
    async fn status(&self, with_settings: bool) -> (u16, String) {
        let key = SigningKey::rs256("provider-key");
        let issuer = FakeIssuer::start(&[]);
        let mut jwk = key.jwk();
        for member in self.fixture["jwk_without"].as_array().unwrap() {
            jwk.as_object_mut().unwrap().remove(member.as_str().unwrap());
        }
        issuer.answers(200, &serde_json::json!({ "keys": [jwk] }).to_string());
        let mut changed = vec![
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", self.text("issuer")),
            ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", self.text("audiences")),
            ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", self.text("required_scopes")),
        ];
        if with_settings {
            changed.extend(self.settings());
        }
        let service = TestService::start_before(issuer, key, &changed);
        service.becomes_ready().await;
        let parts = (self.fixture["header"].clone(), self.fixture["claims"].clone());
        let answer = service.verify(&Token::from_parts(parts).signed_by(&service.key)).await;
        (answer.status, answer.header("x-auth-subject").to_owned())
    }
}

#[actix_web::test]
async fn tokens_in_the_shape_of_every_provider_pass() {
    let providers = Provider::all();
    assert_eq!(providers.len(), 10);
    for provider in &providers {
        let (status, subject) = provider.status(true).await;
        assert_eq!(status, 200, "{}", provider.name);
        assert!(!subject.is_empty(), "{}", provider.name);
    }
}

#[actix_web::test]
async fn what_a_setting_allows_is_refused_without_it() {
    for provider in Provider::all() {
        if provider.fixture["refused_without_settings"].is_string() {
            assert_eq!(provider.status(false).await.0, 401, "{}", provider.name);
        }
    }
}

#[test]
fn every_provider_is_documented() {
    let page = fs::read_to_string("proto-docs/providers.md").unwrap();
    for provider in Provider::all() {
        assert!(page.contains(&format!("`{}.json`", provider.name)), "{}", provider.name);
        assert!(page.contains(provider.text("issuer")), "{}", provider.name);
    }
}
