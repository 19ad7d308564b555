//! Credentials that are not one bearer token, and what is told to their sender.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::TestService;

#[actix_web::test]
async fn no_credentials_is_401_without_an_error() {
    let service = TestService::start().await;
    for headers in [&[][..], &[("authorization", "Basic YTpi")], &[("cookie", "token=x")]] {
        let answer = service.asks("/verify?access_token=x", headers).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), r#"Bearer scope="mcp:use""#);
        let body = answer.json();
        assert_eq!(body["error"], serde_json::Value::Null);
        assert_eq!(body["decision_id"].as_str().unwrap().len(), 32);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[actix_web::test]
async fn a_challenge_has_at_least_one_parameter() {
    let changed = [("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", "")];
    let service = TestService::start_with(&changed).await;
    let answer = service.asks("/verify", &[]).await;
    assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="default""#);
}

#[actix_web::test]
async fn malformed_credentials_are_400() {
    let service = TestService::start().await;
    let long = format!("Bearer {}", "a".repeat(16 * 1024));
    for value in ["Bearer", "Bearer a b", "Bearer a, Bearer b", "Bearer {}", &long] {
        let answer = service.asks("/verify", &[("authorization", value)]).await;
        let shown: String = value.chars().take(20).collect();
        assert_eq!(answer.status, 400, "{shown}");
        assert_eq!(answer.json()["error"], "invalid_request", "{shown}");
        assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_request""#);
    }
}

#[actix_web::test]
async fn two_authorization_headers_are_400_even_when_both_are_good() {
    let service = TestService::start().await;
    let bearer = format!("Bearer {}", service.good_token());
    let headers = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(service.asks("/verify", &headers).await.status, 400);
}

#[actix_web::test]
async fn a_token_of_the_wrong_form_or_length_is_an_invalid_token() {
    let service = TestService::start().await;
    for token in ["a.b", "opaque", "a.b.c", "a.b.c.d.e", &"a".repeat(8 * 1024 + 1)] {
        assert_eq!(service.error_of(token).await, (401, "invalid_token".to_owned()));
    }
}

#[actix_web::test]
async fn other_paths_are_404() {
    let service = TestService::start().await;
    for path in ["/", "/verifyx", "/healthz", "/r/default"] {
        assert_eq!(service.asks(path, &[]).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn bytes_that_are_not_http_do_no_harm() {
    let service = TestService::start().await;
    let address = service.url.strip_prefix("http://").unwrap();
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        b"GET /verify HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /verify/%zz%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::/verify HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(service.verify(&service.good_token()).await.status, 200);
}
