//! `/health/*`: what a platform needs to know.
//!
//! - `live`: the process answers.
//! - `startup`: the listeners are up. An issuer's outage must not become a crash loop.
//! - `ready`: at least one issuer's keys are usable, every actor runs, no shutdown has begun. Each
//!   dependency is named with its state; serving from caches is ready, and says `degraded`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::{State, json};
use crate::actors::jwks::KeyState;

/// Raised when a shutdown begins; readiness fails from then on. Clones share it.
#[derive(Clone, Default)]
pub struct ShutdownFlag(Arc<AtomicBool>);

impl ShutdownFlag {
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Dependency {
    name: String,
    state: &'static str,
}

pub struct Lifecycle;

impl Lifecycle {
    pub async fn live() -> HttpResponse {
        json(HttpResponse::Ok(), r#"{"status":"live"}"#)
    }

    pub async fn startup() -> HttpResponse {
        json(HttpResponse::Ok(), r#"{"status":"started"}"#)
    }

    pub async fn ready(state: Data<State>) -> HttpResponse {
        let readiness = Readiness::of(&state);
        let response = match readiness.status {
            "ready" | "degraded" => HttpResponse::Ok(),
            _ => HttpResponse::ServiceUnavailable(),
        };
        let body = serde_json::to_string(&readiness).unwrap_or_default();
        json(response, body)
    }
}

impl Readiness {
    fn of(state: &State) -> Self {
        let (mut usable, mut impaired, mut actors_down) = (0, 0, 0);
        let mut dependencies: Vec<_> = state
            .verifier
            .issuers()
            .map(|issuer| {
                let keys = issuer.keys.state();
                usable += usize::from(keys != KeyState::Missing);
                impaired += usize::from(keys != KeyState::Fresh);
                actors_down += usize::from(!issuer.keys.is_running());
                Dependency {
                    name: format!("issuer {}", issuer.rules.issuer.as_str()),
                    state: match keys {
                        _ if !issuer.keys.is_running() => "actor down",
                        KeyState::Fresh => "keys fresh",
                        KeyState::Cached => "keys cached, last refresh failed",
                        KeyState::Missing => "no keys",
                    },
                }
            })
            .collect();
        dependencies.sort_by(|one, other| one.name.cmp(&other.name));
        let status = match () {
            () if state.shutdown.is_raised() => "shutting down",
            () if usable == 0 || actors_down > 0 => "not ready",
            () if impaired > 0 => "degraded",
            () => "ready",
        };
        Self { status, dependencies }
    }
}
