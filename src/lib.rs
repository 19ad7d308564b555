//! Assay: a token validation service.
//!
//! An MCP server, or the proxy in front of one, asks "may this bearer token pass, and who is it?".
//! Assay verifies JWTs against their issuer's keys and answers in the caller's dialect.
//!
//! # Map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`] | arguments, commands, exit codes |
//! | [`service`] | the composition root: what is built, started and stopped |
//! | [`verify`] | the use case: token in, identity or refusal out |
//! | [`explain`] | the same checks, all of them, for an operator |
//! | [`domain`] | every decision, pure |
//! | [`actors`] | what changes over time: the JWKS cache, supervised |
//! | [`frontend`] | how we are asked and how we answer |
//! | [`backend`] | what we ask: issuers over HTTP |
//! | [`config`], [`telemetry`], [`clock`] | settings, logs, time |
//! | [`development`] | the embedded issuer of `assay dev` |
//!
//! # Layers
//!
//! `domain` ← `actors` ← `verify` ← `frontend`; `backend` implements traits that `actors` declare;
//! only `service` names everything. `tests/architecture.rs` holds this.
//!
//! # Invariants
//!
//! - Every path that is not a clear "yes" is a "no".
//! - A token or a secret is never logged, printed or put into an error; tokens are named by
//!   fingerprint.
//! - Every network call has a timeout and a size limit, every map a bound, every actor a
//!   supervisor.

pub mod actors;
pub mod backend;
pub mod cli;
pub mod clock;
pub mod config;
pub mod development;
pub mod domain;
pub mod explain;
pub mod frontend;
pub mod service;
pub mod telemetry;
pub mod verify;
