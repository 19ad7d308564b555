//! Tokens that must pass, and what the caller then learns.

use serde_json::json;

use crate::harness::{FakeIssuer, SigningKey, TestService};

#[actix_web::test]
async fn a_good_token_passes_and_says_who_it_is() {
    let service = TestService::start().await;
    let answer = service.verify(&service.good_token()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-auth-subject"), "alice");
    assert_eq!(answer.header("x-auth-client-id"), "app");
    assert_eq!(answer.header("x-auth-issuer"), service.issuer.url);
    assert_eq!(answer.header("x-auth-scopes"), "mcp:use");
    assert_eq!(answer.header("x-auth-audience"), "https://mcp.example");
    assert_eq!(answer.header("x-auth-expires-at"), "2000003600");
    assert_eq!(answer.header("x-auth-token-fingerprint").len(), 64);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["sub"], "alice");
}

#[actix_web::test]
async fn every_identity_header_is_set_even_when_the_token_says_nothing() {
    let service = TestService::start().await;
    let token = service.token().without_claim("sub").signed_by(&service.key);
    let answer = service.verify(&token).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get("x-auth-subject").map(String::as_str), Some(""));
}

#[actix_web::test]
async fn two_subjects_never_become_one_header() {
    let service = TestService::start().await;
    for (subject, header) in
        [("jos\u{e9}", "jos%C3%A9"), ("a\r\nx-auth-subject: b", "a%0D%0Ax-auth-subject:%20b")]
    {
        let token = service.token().claim("sub", subject).signed_by(&service.key);
        assert_eq!(service.verify(&token).await.header("x-auth-subject"), header);
    }
}

#[actix_web::test]
async fn any_method_and_any_suffix_is_the_same_question() {
    let service = TestService::start().await;
    let bearer = format!("Bearer {}", service.good_token());
    let headers = [("authorization", bearer.as_str())];
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
        for path in ["/verify", "/verify/", "/verify/mcp?token=x", "/verify/a//b/%2e%2e/%ff"] {
            let answer = service.sends(method, path, &headers).await;
            assert_eq!(answer.status, 200, "{method} {path}");
            assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn every_algorithm_works() {
    let keys = [
        SigningKey::rsa("rs256", "RS256"),
        SigningKey::rsa("rs384", "RS384"),
        SigningKey::rsa("rs512", "RS512"),
        SigningKey::rsa("ps256", "PS256"),
        SigningKey::rsa("ps384", "PS384"),
        SigningKey::rsa("ps512", "PS512"),
        SigningKey::es256("es256"),
        SigningKey::es384("es384"),
        SigningKey::es512("es512"),
        SigningKey::ed25519("eddsa"),
    ];
    let issuer = FakeIssuer::start(&keys.iter().collect::<Vec<_>>());
    let all = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA";
    let changed = [("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", all)];
    let service = TestService::start_before(issuer, keys[0].clone(), &changed);
    service.becomes_ready().await;
    for key in &keys {
        let status = service.verify(&service.token().signed_by(key)).await.status;
        assert_eq!(status, 200, "{}", key.alg);
        let status = service.verify(&service.token().without_kid().signed_by(key)).await.status;
        assert_eq!(status, 200, "{} without kid", key.alg);
    }
    let renamed = service.token().header("alg", "Ed25519").signed_by(&keys[9]);
    assert_eq!(service.verify(&renamed).await.status, 200, "Ed25519 is EdDSA");
}

#[actix_web::test]
async fn an_odd_key_does_not_spoil_the_set() {
    let good = SigningKey::rs256("good");
    let issuer = FakeIssuer::start(&[&good]);
    let mut no_alg = SigningKey::es256("no-alg").jwk();
    no_alg.as_object_mut().unwrap().remove("alg");
    let odd = [
        json!({"kty": "oct", "k": "AAAA", "kid": "secret"}),
        json!({"kty": "EC", "crv": "P-256", "kid": "off", "x": "A".repeat(43), "y": "A".repeat(43)}),
        json!({"kty": "LMS"}),
        json!("not an object"),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "tiny"}),
        good.jwk(),
        no_alg,
    ];
    issuer.answers(200, &json!({ "keys": odd }).to_string());
    let service = TestService::start_before(issuer, good, &[]);
    service.becomes_ready().await;
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
}

#[actix_web::test]
async fn a_newly_published_key_is_accepted_within_the_cooldown() {
    let service = TestService::start().await;
    let new = SigningKey::es256("k2");
    let token = service.token().signed_by(&new);
    service.issuer.publishes(&[&service.key, &new]);
    // Inside the cooldown of the fetch at start-up the issuer is not asked again.
    assert_eq!(service.verify(&token).await.status, 401);
    service.time_passes(5).await;
    assert_eq!(service.verify(&token).await.status, 200);
    assert_eq!(service.issuer.requests(), 2);
}

#[actix_web::test]
async fn a_key_replaced_under_its_old_kid_is_accepted() {
    let service = TestService::start().await;
    let new = SigningKey::other_rs256("k1");
    service.issuer.publishes(&[&new]);
    service.time_passes(5).await;
    assert_eq!(service.verify(&service.token().signed_by(&new)).await.status, 200);
}

#[actix_web::test]
async fn id_tokens_pass_only_where_the_operator_allows_them() {
    let service = TestService::start_with(&[("ASSAY_ISSUERS__0__ALLOW_ID_TOKENS", "true")]).await;
    let token = service.token().header("typ", "JWT").claim("nonce", "n").signed_by(&service.key);
    assert_eq!(service.verify(&token).await.status, 200);
}

#[actix_web::test]
async fn a_tenant_is_named_by_its_own_claim() {
    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    let pattern = format!("{}/{{tid}}/v2.0", issuer.url);
    let changed = [
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", pattern.as_str()),
        ("ASSAY_ISSUERS__0__TENANTS", TENANT),
    ];
    let service = TestService::start_before(issuer, key, &changed);
    service.becomes_ready().await;
    let other = "72f988bf-86f1-41af-91ab-2d7cd011db48";
    for (named, claimed, status) in
        [(TENANT, TENANT, 200), (TENANT, other, 401), (other, other, 401)]
    {
        let iss = format!("{}/{named}/v2.0", service.issuer.url);
        let token = service.token().claim("iss", iss).claim("tid", claimed);
        let found = service.verify(&token.signed_by(&service.key)).await.status;
        assert_eq!(found, status, "{named} {claimed}");
    }
}

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

#[actix_web::test]
async fn an_issuer_is_discovered_at_either_place() {
    for path in [OPENID, OAUTH] {
        let key = SigningKey::rs256("k1");
        let issuer = FakeIssuer::start(&[&key]);
        issuer.describes_itself(path, r#"{"issuer":"{url}","jwks_uri":"{url}/jwks"}"#);
        let changed = [("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "")];
        let service = TestService::start_before(issuer, key, &changed);
        service.becomes_ready().await;
        assert_eq!(service.verify(&service.good_token()).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn keys_that_were_written_down_need_no_issuer() {
    let key = SigningKey::es256("k1");
    let issuer = FakeIssuer::start(&[]);
    issuer.is_down();
    let jwk = key.jwk().to_string();
    let changed = [
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", ""),
        ("FASTMCP_SERVER_AUTH_JWT_PUBLIC_KEY", jwk.as_str()),
    ];
    let service = TestService::start_before(issuer, key, &changed);
    service.becomes_ready().await;
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
    let unknown = service.token().signed_by(&SigningKey::es256("other"));
    assert_eq!(service.verify(&unknown).await.status, 401);
    assert_eq!(service.issuer.requests(), 0);
}
