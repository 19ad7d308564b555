//! How Assay is asked and how it answers: one decision, several dialects.
//!
//! Invariant: [`answer`] is the only place where an outcome becomes a status; a dialect only
//! carries it.

pub mod answer;
pub mod http;
