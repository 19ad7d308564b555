//! What attackers of other validators sent, one test an attack.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::{FakeIssuer, SigningKey, TestService};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these very texts.
fn raw(header: &str, claims: &str, signature: &[u8]) -> String {
    format!("{}.{}.{}", encode(header), encode(claims), encode(signature))
}

async fn refused(service: &TestService, token: &str, attack: &str) {
    let answer = service.error_of(token).await;
    assert_eq!(answer, (401, "invalid_token".to_owned()), "{attack}");
}

async fn with_es256() -> (TestService, SigningKey) {
    let (rsa, ec) = (SigningKey::rs256("k1"), SigningKey::es256("ec"));
    let service = TestService::start_before(FakeIssuer::start(&[&rsa, &ec]), rsa, &[]);
    service.becomes_ready().await;
    (service, ec)
}

/// CVE-2022-21449: zeros verified under every key.
#[actix_web::test]
async fn psychic_signatures_are_refused() {
    let (service, ec) = with_es256().await;
    let good = service.token().signed_by(&ec);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let zero = [0; 32];
    // The order of the curve, which is zero too.
    let order = [
        255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 188, 230, 250, 173,
        167, 23, 158, 132, 243, 185, 202, 194, 252, 99, 37, 81,
    ];
    for (r, s) in [(&zero[..], &zero[..]), (r, &zero), (&zero, s), (&order, s), (r, &order)] {
        refused(&service, &format!("{input}.{}", encode([r, s].concat())), "zeros").await;
    }
    assert_eq!(service.verify(&good).await.status, 200);
}

/// Signatures in another encoding would give one token many spellings.
#[actix_web::test]
async fn der_and_odd_lengths_of_ecdsa_signatures_are_refused() {
    let (service, ec) = with_es256().await;
    let good = service.token().signed_by(&ec);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let integer = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let body = [integer(r), integer(s)].concat();
    let der = [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat();
    for odd in [der, signature[..63].to_vec(), [&signature[..], &[0]].concat(), vec![0]] {
        refused(&service, &format!("{input}.{}", encode(odd)), "another form").await;
    }
}

/// CVE-2015-9235, CVE-2022-29217, CVE-2023-48223: the public key taken for a shared secret.
#[actix_web::test]
async fn a_public_key_is_never_an_hmac_secret() {
    let service = TestService::start().await;
    let jwk = service.key.jwk();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    for secret in [jwk.to_string().into_bytes(), modulus, service.issuer.url.clone().into_bytes()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let claims = service.token().signed_by(&service.key);
        let claims = claims.split('.').nth(1).unwrap();
        let input = format!("{}.{claims}", encode(r#"{"alg":"HS256","kid":"k1"}"#));
        let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
        refused(&service, &format!("{input}.{}", encode(tag)), "HS256").await;
    }
}

/// CVE-2022-39227: two parsers, two meanings.
#[actix_web::test]
async fn a_token_with_two_meanings_is_refused() {
    let service = TestService::start().await;
    let good = service.good_token();
    let claims = |extra: &str| {
        let issuer = &service.issuer.url;
        format!(r#"{{"iss":"{issuer}","iss":"{issuer}","sub":"alice"{extra},"exp":4000000000}}"#)
    };
    refused(&service, &raw(r#"{"alg":"RS256","kid":"k1"}"#, &claims(""), &[0; 256]), "twice").await;
    let (header, rest) = good.split_once('.').unwrap();
    for odd in [
        format!("{header}.{rest}."),
        format!("{header}..{rest}"),
        format!("{header}.{rest}~"),
        format!("{header}/.{rest}"),
    ] {
        let answer = service.verify(&odd).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
    }
}

/// CVE-2025-30144, CVE-2026-25537: a list where a string was expected skipped the check.
#[actix_web::test]
async fn a_claim_of_the_wrong_type_is_refused_though_it_is_signed() {
    let service = TestService::start().await;
    let url = service.issuer.url.clone();
    let cases: [(&str, Value); 7] = [
        ("iss", json!([url, "https://evil.example"])),
        ("aud", json!({"https://mcp.example": 1})),
        ("exp", json!("4000000000")),
        ("exp", json!(1e300)),
        ("nbf", json!(null)),
        ("scope", json!(["mcp:use"])),
        ("sub", json!(1)),
    ];
    for (claim, value) in cases {
        let token = service.token().claim(claim, value).signed_by(&service.key);
        refused(&service, &token, claim).await;
    }
}

/// CVE-2025-27144, CVE-2024-33664: memory for a token nobody will believe.
#[actix_web::test]
async fn bombs_are_refused_before_they_cost_anything() {
    let service = TestService::start().await;
    let header = r#"{"alg":"RS256","kid":"k1"}"#;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(2000), "]".repeat(2000));
    refused(&service, &raw(header, &deep, &[0; 256]), "depth").await;
    refused(&service, &".".repeat(8000).replace("..", "a."), "segments").await;
    let zip = r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}"#;
    refused(&service, &format!("{}.a.b.c.d", encode(zip)), "compressed JWE").await;
    let many: Vec<_> = (0..500).map(|number| format!("\"{number}\":0")).collect();
    refused(&service, &raw(header, &format!("{{{}}}", many.join(",")), &[0; 256]), "members").await;
}

/// GHSA-4mq7-pvjg-xp2r, CVE-2026-35030: what was cached for one resource passed at another.
#[actix_web::test]
async fn a_cached_token_gains_nothing_at_another_resource() {
    let service = TestService::start_with(&[
        ("ASSAY_RESOURCES__0__NAME", "lax"),
        ("ASSAY_RESOURCES__1__NAME", "audience"),
        ("ASSAY_RESOURCES__1__AUDIENCES", "https://other.example"),
        ("ASSAY_RESOURCES__2__NAME", "scope"),
        ("ASSAY_RESOURCES__2__REQUIRED_SCOPES", "mcp:admin"),
    ])
    .await;
    let bearer = format!("Bearer {}", service.good_token());
    let headers = [("authorization", bearer.as_str())];
    for _ in 0..2 {
        for (resource, status) in [("lax", 200), ("audience", 401), ("scope", 403), ("none", 403)] {
            let path = format!("/r/{resource}/verify");
            assert_eq!(service.asks(&path, &headers).await.status, status, "{resource}");
        }
    }
}

/// A set full of odd keys: none of them may verify, and the good one must.
#[actix_web::test]
async fn hostile_keys_in_a_set_are_left_out() {
    let service = TestService::start().await;
    let modulus = |bytes: usize| encode([&[0xff], &vec![0xff; bytes - 1][..]].concat());
    let rsa = |n: String, e: &str| json!({"kty": "RSA", "kid": "odd", "n": n, "e": e});
    let odd = [
        rsa(modulus(128), "AQAB"),
        rsa(modulus(2048), "AQAB"),
        rsa(modulus(256), "AQ"),
        rsa(modulus(256), "Ag"),
        rsa(encode([0xff; 255].iter().chain(&[0xfe]).copied().collect::<Vec<_>>()), "AQAB"),
        json!({"kty": "EC", "crv": "P-256", "kid": "odd", "x": encode([1; 32]), "y": encode([1; 32])}),
        json!({"kty": "EC", "crv": "P-256", "kid": "odd", "x": encode([0; 32]), "y": encode([0; 32])}),
        json!({"kty": "EC", "crv": "secp256k1", "kid": "odd", "x": encode([1; 32]), "y": encode([1; 32])}),
        json!({"kty": "OKP", "crv": "X25519", "kid": "odd", "x": encode([1; 32])}),
        json!({"kty": "oct", "kid": "odd", "k": encode([1; 32])}),
    ];
    let mut private = SigningKey::es256("private").jwk();
    private["d"] = json!(encode([1; 32]));
    let mut for_encryption = service.key.jwk();
    for_encryption["use"] = json!("enc");
    let keys = [&odd[..], &[private, for_encryption, service.key.jwk()]].concat();
    service.issuer.answers(200, &json!({ "keys": keys }).to_string());
    service.time_passes(5).await;
    let forged = service.token().header("kid", "odd").signed_by(&SigningKey::es256("odd"));
    assert_eq!(service.verify(&forged).await.status, 401);
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
    assert_eq!(service.issuer.requests(), 2);
}
