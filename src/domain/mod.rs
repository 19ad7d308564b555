//! What a token is and whether it may pass.
//!
//! Purpose: every decision Assay makes, as pure functions of their arguments.
//!
//! ```text
//! Authorization ─▶ BearerToken ─▶ UnverifiedJwt ──(VerificationKey)──▶ VerifiedClaims ─▶ policy ─▶ Identity
//! ```
//!
//! Invariants:
//! - No I/O, no clock, no framework: time arrives as [`UnixTime`] (`tests/architecture.rs` holds this).
//! - Trust is in the types. [`VerifiedClaims`] has one constructor, a signature that was checked.
//! - Every way to be refused is one [`Rejection`] variant with a stable code.
//!
//! RFC 6750, 7515, 7517, 7518, 7519, 8725, 9068.

mod algorithm;
mod bearer_token;
mod claims;
mod decision;
mod encoding;
mod fingerprint;
mod issuer;
mod json;
mod jwk;
mod key_set;
mod pem;
pub mod policy;
mod rejection;
mod resource;
mod scope;
mod shared_secret;
mod signature;
mod time;
mod unverified;

pub use algorithm::{Algorithm, AlgorithmSet, UnknownAlgorithm};
pub use bearer_token::{BearerToken, MAX_AUTHORIZATION_BYTES};
pub use claims::Claims;
pub use decision::{Identity, Refusal, Unavailable};
pub use encoding::{Escaped, percent_encode};
pub use fingerprint::Fingerprint;
pub use issuer::{Audience, InvalidIssuer, IssuerId, IssuerRules, is_loopback};
pub use json::JsonFault;
pub use jwk::KeyFault;
pub use key_set::{KeySet, KeySetFault, MAX_KEY_SET_BYTES, MAX_KEYS, SkippedKey};
pub use rejection::Rejection;
pub use resource::Resource;
pub use scope::{MAX_SCOPES, Scopes};
pub use shared_secret::WeakSecret;
pub use signature::{KeyId, VerificationKey, VerifiedClaims};
pub use time::UnixTime;
pub use unverified::{JoseHeader, MAX_TOKEN_BYTES, UnverifiedJws, UnverifiedJwt};
