//! `assay explain`, the real binary: what an operator is told, and the published JWS vectors.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "one harness for all; this test needs a part of it")]
mod harness;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::token::spoilt;
use harness::{AUDIENCE, FakeIssuer, SigningKey, Token};
use serde_json::{Value, json};

const FAR: u64 = 4_000_000_000;

struct Told {
    code: i32,
    checks: Vec<Value>,
}

impl Told {
    fn outcome(&self, check: &str) -> &str {
        let found = self.checks.iter().find(|it| it["check"] == check);
        found.map_or("absent", |it| it["outcome"].as_str().unwrap())
    }

    fn code_of(&self, check: &str) -> &Value {
        &self.checks.iter().find(|it| it["check"] == check).unwrap()["code"]
    }

    fn fails_after_the_signature(&self) -> bool {
        let mut after = self.checks.iter().skip_while(|it| it["check"] != "signature").skip(1);
        after.any(|it| it["outcome"] == "fail")
    }
}

fn explain(token: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Told {
    let mut child = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["explain", "--json", "-"])
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(token.len() < 60 || !printed.contains(token), "the token is printed");
    let checks = serde_json::from_slice(&output.stdout).unwrap();
    Told { code: output.status.code().unwrap(), checks }
}

fn key_file(name: &str, key: &Value) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    fs::write(&file, key.to_string()).unwrap();
    file
}

#[test]
fn offline_a_token_is_judged_by_one_key() {
    let key = SigningKey::es256("k1");
    let file = key_file("offline", &key.jwk());
    let issuer = "https://issuer.example";
    let arguments = [
        "--jwk",
        file.to_str().unwrap(),
        "--algorithms",
        "ES256,RS256",
        "--issuer",
        issuer,
        "--audience",
        AUDIENCE,
    ];
    let good = Token::of(issuer).claim("exp", FAR).claim("iat", 0);
    let told = explain(&good.clone().signed_by(&key), &arguments, &[]);
    assert_eq!(told.code, 0);
    assert!(told.checks.iter().all(|it| it["outcome"] == "pass"), "{:?}", told.checks);

    let told =
        explain(&good.clone().claim("exp", 1).claim("aud", "x").signed_by(&key), &arguments, &[]);
    assert_eq!((told.code, told.outcome("signature")), (1, "pass"));
    // It goes on past the first failed claim.
    assert_eq!((told.outcome("exp"), told.outcome("aud")), ("fail", "fail"));
    assert_eq!(told.code_of("exp"), "expired");

    let told = explain(&spoilt(&good.signed_by(&key)), &arguments, &[]);
    assert_eq!((told.code, told.outcome("signature")), (1, "fail"));
    // Nothing is said of claims that no key has signed.
    assert_eq!(told.outcome("exp"), "skipped");
}

#[test]
fn what_is_not_a_token_is_told_by_its_first_fault() {
    let file = key_file("form", &SigningKey::es256("k1").jwk());
    let arguments = ["--jwk", file.to_str().unwrap()];
    for (token, check) in [
        ("a b", "credentials"),
        ("a.b", "form"),
        ("e30.e30.AA", "header"),
        (&"a".repeat(9000), "length"),
    ] {
        let told = explain(token, &arguments, &[]);
        assert_eq!((told.code, told.outcome(check)), (1, "fail"), "{token}");
        assert_eq!(told.outcome("signature"), "skipped", "{token}");
    }
}

#[test]
fn by_the_configuration_it_says_what_the_service_would() {
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    let jwks = format!("{}/jwks", issuer.url);
    let variables = [
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", issuer.url.as_str()),
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", &jwks),
        ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE),
        ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", "mcp:admin"),
    ];
    let token = Token::of(&issuer.url).claim("exp", FAR).claim("iat", 0);
    let told = explain(&token.clone().signed_by(&key), &[], &variables);
    assert_eq!((told.code, told.outcome("signature"), told.outcome("scope")), (1, "pass", "fail"));
    assert_eq!(told.code_of("scope"), "insufficient_scope");
    let other = token.clone().claim("iss", "https://other.example").signed_by(&key);
    assert_eq!(explain(&other, &[], &variables).code_of("iss"), "unknown_issuer");
    issuer.is_down();
    let told = explain(&token.signed_by(&key), &[], &variables);
    assert_eq!(told.code_of("key"), "keys_unavailable");
}

/// The published JWS vectors, where `WYCHEPROOF_JWS` names their file. Their payloads are no claims
/// sets: a valid one is refused for its claims, never for its signature.
#[test]
fn published_jws_vectors_get_the_verdict_they_are_published_with() {
    let Ok(file) = std::env::var("WYCHEPROOF_JWS") else { return };
    let vectors: Vec<Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(vectors.len() > 400, "{}", vectors.len());
    for vector in vectors {
        let id = vector["id"].as_str().unwrap();
        let (flag, key) = match vector.get("jwk") {
            Some(jwk) => ("--jwk", jwk),
            None => ("--jwks", &vector["jwks"]),
        };
        let known = [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
            "HS256", "HS384", "HS512",
        ];
        let algorithm = vector["header_alg"].as_str().filter(|it| known.contains(it));
        let file = key_file(id, key);
        let arguments =
            [flag, file.to_str().unwrap(), "--algorithms", algorithm.unwrap_or("RS256")];
        let told = explain(vector["jws"].as_str().unwrap(), &arguments, &[]);
        assert_eq!(told.code, 1, "{id}");
        match vector["result"].as_str().unwrap() {
            "valid" => {
                assert_eq!(told.outcome("signature"), "pass", "{id}");
                assert!(told.fails_after_the_signature(), "{id}");
            }
            "invalid" => assert_ne!(told.outcome("signature"), "pass", "{id}"),
            _ => {}
        }
    }
}

#[test]
fn a_secret_that_could_be_guessed_is_told_and_never_accepted() {
    // 32 bytes of one pattern: long enough to check with, too weak to believe.
    let file = key_file(
        "weak",
        &json!({"kty": "oct", "k": "QSFBIUEhQSFBIUEhQSFBIUEhQSFBIUEhQSFBIUEhQSE"}),
    );
    let arguments = ["--jwk", file.to_str().unwrap(), "--algorithms", "HS256"];
    // Made with that key: {"alg":"HS256"} over {"sub":"a","exp":4000000000}.
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &b"A!".repeat(16));
    let input = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiZXhwIjo0MDAwMDAwMDAwfQ";
    let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, tag);
    let told = explain(&format!("{input}.{encoded}"), &arguments, &[]);
    assert_eq!((told.code, told.outcome("signature")), (1, "pass"));
    assert_eq!(told.code_of("key"), "weak_key");
}
