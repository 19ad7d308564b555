//! What operators see: logs and the trail of decisions.
//!
//! Invariant: a token or a secret never reaches any of it; tokens are named by fingerprint, text
//! from outside is escaped.

pub mod audit;
pub mod tracing;
