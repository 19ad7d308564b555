//! Tools for a developer's machine. `serve` reaches nothing of it.

pub mod issuer;
