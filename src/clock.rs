//! The time, injected: the one file that may ask the operating system for it.
//!
//! Two kinds: [`Clock::now`] is the wall clock that `exp` is compared with; [`Clock::elapsed`] is
//! monotonic and measures ages, cooldowns and deadlines, so that a wall clock set back keeps no
//! stale key alive.
#![expect(clippy::disallowed_methods, reason = "this is the file that the rule points to")]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::domain::UnixTime;

/// Cheap to clone; all clones show the same time.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System { start: Instant },
    Manual(Arc<watch::Sender<ManualTime>>),
}

#[derive(Clone, Copy)]
struct ManualTime {
    wall: UnixTime,
    elapsed: Duration,
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it, for tests.
    pub fn manual(wall: UnixTime) -> Self {
        let time = ManualTime { wall, elapsed: Duration::ZERO };
        Self(Source::Manual(Arc::new(watch::Sender::new(time))))
    }

    /// The wall clock. A clock before 1970 reads as 1970, where every token is not yet issued.
    pub fn now(&self) -> UnixTime {
        match &self.0 {
            Source::System { .. } => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
                .and_then(UnixTime::from_seconds)
                .unwrap_or(UnixTime::from_seconds(0).unwrap_or(UnixTime::MAX)),
            Source::Manual(time) => time.borrow().wall,
        }
    }

    /// Monotonic time since this clock was made.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { start } => start.elapsed(),
            Source::Manual(time) => time.borrow().elapsed,
        }
    }

    /// Returns once `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual(time) => {
                // The deadline first: whoever sees a sleeper may rely on its deadline.
                let deadline = time.borrow().elapsed.saturating_add(duration);
                let mut time = time.subscribe();
                // The sender lives in `self`, so this cannot end early.
                let _ = time.wait_for(|time| time.elapsed >= deadline).await;
            }
        }
    }

    /// How many tasks sleep on a manual clock, so that a test advances it when there is a reason.
    pub fn sleepers(&self) -> usize {
        match &self.0 {
            Source::System { .. } => 0,
            Source::Manual(time) => time.receiver_count(),
        }
    }

    /// Moves a manual clock forward; a system clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(time) = &self.0 {
            time.send_modify(|time| {
                time.elapsed += by;
                time.wall = time.wall.plus(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
            });
        }
    }
}
