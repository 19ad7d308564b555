//! The HTTP front end: `/verify` for Envoy's HTTP `ext_authz` and for servers that ask directly,
//! `/health/*` for platforms.
//!
//! Invariants:
//! - The query and the body are never read; the suffix after `/verify` is the original path and
//!   decides nothing.
//! - Every answer of ours has `Cache-Control: no-store` and a JSON body; what is not HTTP is refused
//!   by the framework before us, without one.
//!
//! RFC 9110, RFC 6750.

mod health;
mod verify;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::domain::Resource;
use crate::verify::Verifier;
use health::Lifecycle;
pub use health::ShutdownFlag;

/// What the handlers share.
pub struct State {
    pub verifier: Arc<Verifier>,
    pub resources: Vec<Resource>,
    pub shutdown: ShutdownFlag,
}

impl State {
    /// The resource of `/verify`: the one called `default`, or the only one.
    fn default_resource(&self) -> Option<&Resource> {
        match self.resources.as_slice() {
            [only] => Some(only),
            _ => self.resource("default"),
        }
    }

    fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| *resource.name == *name)
    }
}

/// Mounts every path.
pub fn routes(state: &Data<State>, config: &mut ServiceConfig) {
    config
        .app_data(state.clone())
        .route("/verify", web::to(verify::default_resource))
        .route("/verify/{path:.*}", web::to(verify::default_resource))
        .route("/r/{resource}/verify", web::to(verify::named_resource))
        .route("/r/{resource}/verify/{path:.*}", web::to(verify::named_resource))
        .route("/health/live", web::get().to(Lifecycle::live))
        .route("/health/ready", web::get().to(Lifecycle::ready))
        .route("/health/startup", web::get().to(Lifecycle::startup))
        .default_service(web::to(not_found));
}

async fn not_found() -> HttpResponse {
    json(HttpResponse::NotFound(), r#"{"error":"not_found","error_description":"no such path"}"#)
}

fn json(mut response: HttpResponseBuilder, body: impl Into<bytes::Bytes>) -> HttpResponse {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body.into())
}
