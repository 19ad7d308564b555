//! What changes over time, each owned by one actor on an arbiter thread of its own.
//!
//! Invariants:
//! - One writer, many readers: an actor publishes immutable snapshots; requests read those, and
//!   send a message only to change something.
//! - Every folder has the same files: `mod` (purpose, drawing, invariants), `messages`, `actor`,
//!   `handle`.
//! - Every actor is supervised: see [`supervision`].

pub mod jwks;
pub mod supervision;
