//! The signing keys of one issuer, kept fresh.
//!
//! ```text
//! request ── snapshot() ──────────────▶ Snapshot ◀── publishes ── JwksActor ── fetch() ──▶ KeySource
//!    └────── refresh(seen) ── Refresh ──────────────────────────────▶ ┘  └─ timer ─▶ next fetch
//! ```
//!
//! Invariants:
//! - A set is replaced whole, so a withdrawn key disappears at once; only a set with a usable key
//!   replaces another.
//! - At most one fetch is in flight, and at most one *starts* per cooldown, whoever asks: invented
//!   `kid`s cannot be turned into traffic. During a cooldown they do not even cross the mailbox.
//! - The last outcome is remembered with its time: an outage never looks like an unknown key.
//! - Keys older than the lifetime are not used; refreshing starts at half of it.
//! - The snapshot outlives the actor: one that panicked starts again from what it had published,
//!   its cooldown included.
//!
//! RFC 7517 section 5; the cooldown is `panva/jose`'s term.

mod actor;
mod handle;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::domain::KeySet;

pub use actor::JwksActor;
pub use handle::{JwksHandle, KeyState};
pub use messages::Refresh;

/// Where key set documents come from: the issuer over HTTP, or a fake in tests.
pub trait KeySource: Send + Sync + 'static {
    /// One attempt. It ends within the timeout that the source was made with.
    fn fetch(&self) -> BoxFuture<'static, Result<Vec<u8>, FetchFault>>;
}

/// Why an attempt brought no key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchFault(pub Arc<str>);

impl FetchFault {
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string().into())
    }
}

/// How long keys live and how often an issuer may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Lifecycle {
    /// Keys older than this are not used. 60 s to 86 400 s.
    pub lifetime: Duration,
    /// Least time between the starts of two fetches.
    pub cooldown: Duration,
}

/// What is known of an issuer's keys at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub keys: Arc<KeySet>,
    /// Counts the sets published; 0 is "none yet".
    pub generation: u64,
    /// When `keys` were asked for, on the clock's monotonic side.
    pub fetched_at: Option<Duration>,
    /// The last attempt that was begun.
    pub last_attempt: Option<Attempt>,
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub started_at: Duration,
    /// `None` while it runs, and for ever if the actor died over it.
    pub outcome: Option<Result<(), FetchFault>>,
}
