//! `/verify`: one request, one decision, one answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use super::State;
use crate::domain::{BearerToken, Identity, Rejection, Resource};
use crate::frontend::answer::Answer;
use crate::telemetry::audit::{self, DecisionId};

// Checked when compiled: on the way of a request they are only copied.
const SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const CLIENT_ID: HeaderName = HeaderName::from_static("x-auth-client-id");
const ISSUER: HeaderName = HeaderName::from_static("x-auth-issuer");
const SCOPES: HeaderName = HeaderName::from_static("x-auth-scopes");
const AUDIENCE: HeaderName = HeaderName::from_static("x-auth-audience");
const EXPIRES_AT: HeaderName = HeaderName::from_static("x-auth-expires-at");
const FINGERPRINT: HeaderName = HeaderName::from_static("x-auth-token-fingerprint");

pub async fn default_resource(request: HttpRequest, state: Data<State>) -> HttpResponse {
    answer(&request, &state, state.default_resource()).await
}

pub async fn named_resource(
    request: HttpRequest,
    path: Path<(String,)>,
    state: Data<State>,
) -> HttpResponse {
    answer(&request, &state, state.resource(&path.0)).await
}

async fn answer(request: &HttpRequest, state: &State, resource: Option<&Resource>) -> HttpResponse {
    let Some(resource) = resource else {
        let refusal = Rejection::UnknownResource.into();
        let id = audit::refused_unasked(&refusal);
        return refused(&Answer::to(&refusal, None), id);
    };
    let values = request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes);
    let decision = state.verifier.verify(BearerToken::from_authorization(values), resource).await;
    match &decision.outcome {
        Ok(verified) => {
            audit::allowed(&decision, resource);
            allowed(&verified.identity)
        }
        Err(refusal) => {
            let id = audit::refused(refusal, &decision, resource);
            refused(&Answer::to(refusal, Some(resource)), id)
        }
    }
}

/// 200, with every identity header: a proxy overwrites only what the answer contains, so an absent
/// one would let a client's own header through (CVE-2026-33433).
fn allowed(identity: &Identity) -> HttpResponse {
    let Identity { subject, client_id, issuer, scopes, audience, expires_at, fingerprint, json } =
        identity;
    let headers = [
        (SUBJECT, subject),
        (CLIENT_ID, client_id),
        (ISSUER, issuer),
        (SCOPES, scopes),
        (AUDIENCE, audience),
        (EXPIRES_AT, expires_at),
        (FINGERPRINT, fingerprint),
    ];
    let mut response = HttpResponse::with_body(StatusCode::OK, json.clone());
    let map = response.headers_mut();
    for (name, value) in headers {
        let Some(value) = header_value(value) else { return unsendable() };
        map.insert(name, value);
    }
    map.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.map_into_boxed_body()
}

/// Shares the identity's bytes: nothing is copied.
fn header_value(value: &Bytes) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(value.clone()).ok()
}

/// Percent-encoded text always fits a header; should it ever not, the answer is still "no".
fn unsendable() -> HttpResponse {
    tracing::error!("an identity did not fit a header");
    HttpResponse::InternalServerError().finish()
}

fn refused(answer: &Answer, id: DecisionId) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(challenge) = &answer.challenge {
        response.insert_header((WWW_AUTHENTICATE, challenge.as_str()));
    }
    if let Some(seconds) = answer.retry_after {
        response.insert_header((RETRY_AFTER, seconds));
    }
    super::json(response, answer.json(&id))
}
