//! The whole output of a run is searched for what must never be in it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::token::spoilt;
use crate::harness::{AUDIENCE, FakeIssuer, SigningKey, Token};

/// Every way a token could be refused or pass, at the most talkative log level.
#[test]
fn no_token_is_in_any_output_at_any_level() {
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    let far = 4_000_000_000_u64;
    let good = Token::of(&issuer.url).claim("exp", far).claim("iat", 0);
    let tokens = [
        good.clone().signed_by(&key),
        spoilt(&good.clone().signed_by(&key)),
        good.clone().claim("exp", 1).signed_by(&key),
        good.clone().claim("aud", "x").signed_by(&key),
        good.clone().header("kid", "unknown").signed_by(&key),
        good.clone().header("alg", "none").signed_by(&key),
        good.claim("iss", "https://other.example").signed_by(&key),
        "opaque-token-with-some-length".to_owned(),
        "two tokens-separated-by-space".to_owned(),
    ];
    let output = run_with(&issuer, &tokens);
    assert!(output.contains("decision.id"), "the trail is there: {output}");
    for token in &tokens {
        let last = token.rsplit('.').next().unwrap();
        for secret in [token.as_str(), last, &STANDARD.encode(token)] {
            assert!(!output.contains(secret), "found {secret} in {output}");
        }
    }
}

fn run_with(issuer: &FakeIssuer, tokens: &[String]) -> String {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut child = Command::new(env!("CARGO_BIN_EXE_assay"))
        .env_clear()
        .envs([
            ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", format!("{}/jwks", issuer.url)),
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", issuer.url.clone()),
            ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE.to_owned()),
            ("ASSAY_LISTEN__HTTP", format!("127.0.0.1:{port}")),
            ("ASSAY_LOG__LEVEL", "trace".to_owned()),
            ("ASSAY_LOG__FORMAT", "json".to_owned()),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        text
    });
    let connect = || loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return stream;
        }
        std::thread::yield_now();
    };
    for token in tokens {
        let mut stream = connect();
        let head = format!("Authorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        let request = format!("GET /verify/{token} HTTP/1.1\r\nHost: a\r\n{head}");
        // A request with a space in its path is refused, and closed, before it is read to its end.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains(token.as_str()), "told the client: {answer}");
    }
    let id = child.id().to_string();
    assert!(
        Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success()
    );
    let errors = child.wait_with_output().unwrap().stderr;
    reader.join().unwrap() + &String::from_utf8(errors).unwrap()
}
