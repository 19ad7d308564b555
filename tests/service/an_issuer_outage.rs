//! What works while an issuer does not, and how it comes back.

use crate::harness::token::spoilt;
use crate::harness::{FakeIssuer, SigningKey, TestService};

#[actix_web::test]
async fn cached_keys_work_through_an_outage_until_they_are_too_old() {
    let service = TestService::start().await;
    let token = service.token().claim("exp", 2_000_100_000).signed_by(&service.key);
    service.issuer.is_down();
    service.time_passes(3599).await;
    assert_eq!(service.verify(&token).await.status, 200);
    service.eventually(async || service.readiness().await.1 == "degraded").await;
    service.time_passes(1).await;
    let answer = service.verify(&token).await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str().unwrap()),
        (503, "temporarily_unavailable")
    );
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(service.readiness().await, (503, "not ready".to_owned()));
}

#[actix_web::test]
async fn keys_are_refreshed_in_the_background_well_before_they_expire() {
    let service = TestService::start().await;
    assert_eq!(service.issuer.requests(), 1);
    // Half of the lifetime and the tenth of jitter.
    service.time_passes(1981).await;
    service.eventually(async || service.issuer.requests() == 2).await;
}

#[actix_web::test]
async fn the_service_starts_while_the_issuer_is_down_and_recovers_by_itself() {
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    issuer.is_down();
    let service = TestService::start_before(issuer, key, &[]);
    assert_eq!(service.readiness().await.0, 503);
    assert_eq!(service.asks("/health/live", &[]).await.status, 200);
    assert_eq!(service.asks("/health/startup", &[]).await.status, 200);
    assert_eq!(service.verify(&service.good_token()).await.status, 503);
    service.issuer.publishes(&[&service.key]);
    service.time_passes(6).await;
    service.becomes_ready().await;
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
}

#[actix_web::test]
async fn an_outage_is_never_told_as_a_bad_token_nor_the_reverse() {
    let service = TestService::start().await;
    service.issuer.is_down();
    service.time_passes(5).await;
    let unknown = service.token().signed_by(&SigningKey::es256("unknown"));
    // During the attempt, and again during the cooldown that remembers its outcome.
    for _ in 0..2 {
        assert_eq!(service.error_of(&unknown).await, (503, "temporarily_unavailable".to_owned()));
    }
    let bad = spoilt(&service.good_token());
    assert_eq!(service.error_of(&bad).await, (401, "invalid_token".to_owned()));
}

#[actix_web::test]
async fn nothing_an_issuer_answers_replaces_good_keys() {
    let service = TestService::start_with(&[("ASSAY_CACHE__ENTRIES", "0")]).await;
    let huge = format!(r#"{{"keys":[{}]}}"#, "null,".repeat(60_000) + "null");
    let many = format!(r#"{{"keys":[{}]}}"#, "{},".repeat(64) + "{}");
    let answers: [(u16, &str); 9] = [
        (200, r#"{"keys":[]}"#),
        (200, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
        (200, "<html>maintenance</html>"),
        (200, ""),
        (200, "[]"),
        (500, "{}"),
        (204, ""),
        (200, &huge),
        (200, &many),
    ];
    for (status, body) in answers {
        service.issuer.answers(status, body);
        service.time_passes(5).await;
        // An unknown kid makes the service look at the answer.
        let unknown = service.token().signed_by(&SigningKey::es256("unknown"));
        assert_eq!(service.verify(&unknown).await.status, 503, "{status}");
        assert_eq!(service.verify(&service.good_token()).await.status, 200, "{status}");
    }
}

#[actix_web::test]
async fn a_compressed_answer_is_not_unpacked() {
    let service = TestService::start().await;
    // `{"keys":[]}` in gzip; were it unpacked, a small answer could become a large one.
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 31\r\n\r\n";
    let body = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xab, 0x56, 0xca, 0x4e, 0xad, 0x2c, 0x56, 0xb2, 0x8a,
        0x8e, 0xad, 5, 0, 0x29, 0x0e, 0xf5, 0x5c, 0x0b, 0, 0, 0,
    ];
    service.issuer.sends([&head[..], &body[..]].concat());
    service.time_passes(5).await;
    let unknown = service.token().signed_by(&SigningKey::es256("unknown"));
    assert_eq!(service.verify(&unknown).await.status, 503);
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
}

#[actix_web::test]
async fn redirects_are_not_followed() {
    let service = TestService::start().await;
    let trap = FakeIssuer::start(&[&SigningKey::other_rs256("evil")]);
    let head =
        format!("HTTP/1.1 302 Found\r\nLocation: {}/jwks\r\nContent-Length: 0\r\n\r\n", trap.url);
    service.issuer.sends(head);
    service.time_passes(5).await;
    let evil = service.token().signed_by(&SigningKey::other_rs256("evil"));
    assert_eq!(service.verify(&evil).await.status, 503);
    assert_eq!(trap.requests(), 0);
}

#[actix_web::test]
async fn metadata_that_point_elsewhere_are_not_followed() {
    let trap = FakeIssuer::start(&[&SigningKey::rs256("k1")]);
    let other_host = trap.url.replace("127.0.0.1", "localhost");
    let elsewhere = format!(r#"{{"issuer":"{{url}}","jwks_uri":"{other_host}/jwks"}}"#);
    for metadata in [
        r#"{"issuer":"https://evil.example","jwks_uri":"{url}/jwks"}"#,
        r#"{"issuer":"{url}/","jwks_uri":"{url}/jwks"}"#,
        r#"{"issuer":"{url}","jwks_uri":"http://10.0.0.1/jwks"}"#,
        r#"{"issuer":"{url}"}"#,
        "<html>",
        &elsewhere,
    ] {
        let key = SigningKey::rs256("k1");
        let issuer = FakeIssuer::start(&[&key]);
        issuer.describes_itself("/.well-known/openid-configuration", metadata);
        let changed = [("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "")];
        let service = TestService::start_before(issuer, key, &changed);
        assert_eq!(service.verify(&service.good_token()).await.status, 503, "{metadata}");
        assert_eq!(service.issuer.requests() + trap.requests(), 0, "{metadata}");
    }
}
