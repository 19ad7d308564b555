//! Target: what a proxy sends us, through the real routes.
//!
//! Input: the method, what follows `/verify` (then `/r`) in the request target, and header fields,
//! a line each. A line is taken as raw bytes; what the framework's own parser of targets, names and
//! values refuses never becomes a request, as in production.
//!
//! Held: no path, method or header field is a 2xx without a valid token, and there is none here
//! (no issuer is trusted). Every answer is one of ours: not cached, JSON, and silent about the
//! request's contents. Without credentials the answer asks for them.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use actix_web::{App, HttpResponse};
use assay::clock::Clock;
use assay::domain::{Audience, Resource, Scopes, UnixTime};
use assay::frontend::http::{ShutdownFlag, State, routes};
use assay::verify::Verifier;

/// A request before anything has read it.
struct Raw<'a> {
    method: &'a [u8],
    suffix: &'a [u8],
    fields: Vec<(&'a [u8], &'a [u8])>,
}

type Service = dyn Fn(TestRequest) -> HttpResponse;

thread_local! {
    /// Never dropped: the runtime inside would want thread locals that are gone by then.
    static SERVICE: &'static Service = Box::leak(service());
}

pub fn run(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let raw = Raw {
        method: lines.next().unwrap_or_default(),
        suffix: lines.next().unwrap_or_default(),
        fields: lines.take(32).filter_map(field).collect(),
    };
    for prefix in ["/verify", "/r", "/r/default/verify"] {
        if let Some((request, has_credentials)) = raw.request(prefix) {
            let response = SERVICE.with(|service| service(request));
            check(response, prefix == "/r", has_credentials);
        }
    }
}

fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    Some((name, value.get(1..)?.trim_ascii()))
}

impl Raw<'_> {
    fn request(&self, prefix: &str) -> Option<(TestRequest, bool)> {
        let method = Method::from_bytes(self.method).ok()?;
        let target = [prefix.as_bytes(), self.suffix].concat();
        // The parser of targets takes ASCII alone, so nothing is lost on the way through a text.
        let target = std::str::from_utf8(&target).ok()?;
        Uri::try_from(target).ok()?;
        let mut request = TestRequest::default().method(method).uri(target);
        let mut has_credentials = false;
        for (name, value) in &self.fields {
            let name = HeaderName::from_bytes(name).ok()?;
            has_credentials |= name == AUTHORIZATION;
            request = request.append_header((name, HeaderValue::from_bytes(value).ok()?));
        }
        Some((request, has_credentials))
    }
}

fn check(response: HttpResponse, may_be_no_path: bool, has_credentials: bool) {
    let status = response.status();
    assert!(!status.is_success() && !status.is_redirection(), "{status}");
    assert!(!status.is_server_error(), "{status}: ours to answer, whatever came");
    // Another path than /verify can be asked for here too; then there is no such path.
    let unknown = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
    let expected = [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST];
    assert!(expected.contains(&status) || unknown.contains(&status), "{status}");
    if !may_be_no_path && !has_credentials {
        assert!(status == StatusCode::UNAUTHORIZED || status == StatusCode::NOT_FOUND, "{status}");
    }
    if status == StatusCode::UNAUTHORIZED {
        assert!(response.headers().contains_key("www-authenticate"), "a 401 has a challenge");
    }
    assert_eq!(response.headers().get(CACHE_CONTROL), Some(&HeaderValue::from_static("no-store")));
    for (name, _) in response.headers() {
        assert!(!name.as_str().starts_with("x-auth-"), "an identity in a refusal: {name}");
    }
    let Ok(body) = response.into_body().try_into_bytes() else { panic!("a body still to come") };
    let body: serde_json::Value = serde_json::from_slice(&body).expect("a JSON body");
    for member in body.as_object().expect("an object").keys() {
        assert!(["error", "error_description", "decision_id"].contains(&member.as_str()));
    }
}

/// The routes of the service, with a resource and without a trusted issuer.
fn service() -> Box<Service> {
    let now = UnixTime::from_seconds(1_800_000_000).expect("a date");
    let state = Data::new(State {
        verifier: Arc::new(Verifier::new(Vec::new(), 0, Clock::manual(now))),
        resources: vec![Resource {
            name: "default".into(),
            audiences: Audience::new("https://api.example").into_iter().collect(),
            clients: Vec::new(),
            required_scopes: ["read"].into_iter().collect::<Scopes>(),
            metadata_url: Some("https://api.example/metadata".into()),
        }],
        shutdown: ShutdownFlag::default(),
    });
    let system = System::new();
    let app = App::new().configure(|config| routes(&state, config));
    let app = system.block_on(init_service(app));
    Box::new(move |request| {
        let request = request.to_request();
        system.block_on(call_service(&app, request)).into_parts().1.map_into_boxed_body()
    })
}
