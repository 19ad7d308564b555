//! Tokens that must not pass.

use serde_json::json;

use crate::harness::token::spoilt;
use crate::harness::{NOW, SigningKey, TestService, Token};

const INVALID: (u16, &str) = (401, "invalid_token");

#[track_caller]
fn refused(found: &(u16, String), case: &str) {
    assert_eq!((found.0, found.1.as_str()), INVALID, "{case}");
}

#[actix_web::test]
async fn a_spoilt_signature_is_refused() {
    let service = TestService::start().await;
    refused(&service.error_of(&spoilt(&service.good_token())).await, "spoilt");
}

#[actix_web::test]
async fn claims_that_do_not_fit_are_refused() {
    let service = TestService::start().await;
    let good = || service.token();
    let cases: [(&str, Token); 15] = [
        ("expired", good().claim("exp", NOW - 60)),
        ("expired long ago", good().claim("exp", NOW - 100_000)),
        ("no exp", good().without_claim("exp")),
        ("not yet valid", good().claim("nbf", NOW + 61)),
        ("issued in the future", good().claim("iat", NOW + 61)),
        ("another audience", good().claim("aud", "https://other.example")),
        ("a list without ours", good().claim("aud", json!(["https://other.example"]))),
        ("no audience", good().without_claim("aud")),
        ("a longer audience", good().claim("aud", "https://mcp.example/")),
        ("nobody", good().without_claim("sub").without_claim("client_id")),
        ("another issuer", good().claim("iss", "https://evil.example")),
        ("an issuer like ours", good().claim("iss", format!("{}/", service.issuer.url))),
        ("bound to a key", good().claim("cnf", json!({"jkt": "x"}))),
        ("an ID token", good().claim("nonce", "n")),
        ("a logout token", good().header("typ", "logout+jwt")),
    ];
    for (case, token) in cases {
        refused(&service.error_of(&token.signed_by(&service.key)).await, case);
    }
}

#[actix_web::test]
async fn the_leeway_is_exact() {
    let service = TestService::start().await;
    let status = async |token: Token| service.verify(&token.signed_by(&service.key)).await.status;
    assert_eq!(status(service.token().claim("exp", NOW - 59)).await, 200);
    assert_eq!(status(service.token().claim("nbf", NOW + 60)).await, 200);
    assert_eq!(status(service.token().claim("iat", NOW + 60)).await, 200);
}

#[actix_web::test]
async fn the_header_cannot_choose_another_kind_of_key() {
    let service = TestService::start().await;
    let token = || service.token();
    // An ES token under an RSA key's kid, an RSA token under an algorithm nobody allowed, `none`.
    refused(&service.error_of(&token().signed_by(&SigningKey::es256("k1"))).await, "ES256 for k1");
    let rs512 = SigningKey::rsa("k1", "RS512");
    refused(&service.error_of(&token().signed_by(&rs512)).await, "RS512 is not allowed");
    for alg in ["none", "NONE", "HS256"] {
        let token = token().header("alg", alg).signed_by(&service.key);
        refused(&service.error_of(&token).await, alg);
    }
}

#[actix_web::test]
async fn a_key_in_the_header_is_not_used() {
    let service = TestService::start().await;
    let own = SigningKey::other_rs256("own");
    let token = service.token().header("jwk", own.jwk()).header("jku", "https://evil.example");
    refused(&service.error_of(&token.signed_by(&own)).await, "embedded key");
}

#[actix_web::test]
async fn an_expired_token_is_refused_though_it_is_cached() {
    let service = TestService::start().await;
    let token = service.token().claim("exp", NOW + 10).signed_by(&service.key);
    assert_eq!(service.verify(&token).await.status, 200);
    service.time_passes(70).await;
    refused(&service.error_of(&token).await, "expired in the cache");
}

#[actix_web::test]
async fn a_withdrawn_key_ends_its_cached_tokens() {
    let service = TestService::start().await;
    let token = service.good_token();
    assert_eq!(service.verify(&token).await.status, 200);
    let new = SigningKey::other_rs256("k2");
    service.issuer.publishes(&[&new]);
    service.time_passes(5).await;
    // A token of the new key makes the service ask; the old key is then gone.
    let newer = service.token().signed_by(&new);
    assert_eq!(service.verify(&newer).await.status, 200);
    refused(&service.error_of(&token).await, "its key was withdrawn");
}

#[actix_web::test]
async fn a_missing_scope_is_403_and_names_all_that_are_needed() {
    let service = TestService::start_with(&[(
        "FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES",
        "mcp:use,mcp:admin",
    )])
    .await;
    let answer = service.verify(&service.good_token()).await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str().unwrap()),
        (403, "insufficient_scope")
    );
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains(r#"scope="mcp:use mcp:admin""#), "{challenge}");
}

#[actix_web::test]
async fn a_resource_that_does_not_exist_is_denied() {
    let service = TestService::start().await;
    let bearer = format!("Bearer {}", service.good_token());
    let answer = service.asks("/r/lax/verify", &[("authorization", &bearer)]).await;
    assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (403, "access_denied"));
    let answer = service.asks("/r/default/verify/mcp", &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn strict_mode_takes_only_the_access_tokens_of_rfc9068() {
    let service = TestService::start_with(&[("ASSAY_ISSUERS__0__STRICT", "true")]).await;
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
    for claim in ["sub", "client_id", "iat", "jti"] {
        let token = service.token().without_claim(claim).signed_by(&service.key);
        refused(&service.error_of(&token).await, claim);
    }
    for typ in [json!("JWT"), json!(null)] {
        let token = service.token().header("typ", typ).signed_by(&service.key);
        refused(&service.error_of(&token).await, "another typ");
    }
}

#[actix_web::test]
async fn a_client_vouches_only_for_a_token_without_an_audience() {
    let service = TestService::start_with(&[("ASSAY_RESOURCES__0__CLIENTS", "app")]).await;
    let token = || service.token().without_claim("aud");
    assert_eq!(service.verify(&token().signed_by(&service.key)).await.status, 200);
    let other = token().claim("client_id", "other").signed_by(&service.key);
    refused(&service.error_of(&other).await, "another client");
    let elsewhere = service.token().claim("aud", "https://other.example").signed_by(&service.key);
    refused(&service.error_of(&elsewhere).await, "meant for somebody else");
}

#[actix_web::test]
async fn both_audience_lists_must_fit() {
    let changed = [("ASSAY_RESOURCES__0__AUDIENCES", "https://mcp.example/a")];
    let service = TestService::start_with(&changed).await;
    refused(&service.error_of(&service.good_token()).await, "the issuer's alone");
    let both = json!(["https://mcp.example", "https://mcp.example/a"]);
    let token = service.token().claim("aud", both).signed_by(&service.key);
    assert_eq!(service.verify(&token).await.status, 200);
}
