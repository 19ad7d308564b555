//! Tools for a developer's machine. Nothing here is reachable in production.

pub mod issuer;
