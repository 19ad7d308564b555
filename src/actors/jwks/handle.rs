//! How requests reach an issuer's keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::actor::{JwksActor, Settings};
use super::messages::{Refresh, RefreshIfDue, RefreshReply};
use super::{FetchFault, KeySource, Lifecycle, Snapshot};
use crate::actors::supervision::{Supervised, Supervisor};
use crate::clock::Clock;
use crate::domain::{AlgorithmSet, IssuerId, KeySet, Unavailable};

/// Reads the latest keys without a mailbox; asks the actor only for newer ones. Cheap to clone.
#[derive(Clone)]
pub struct JwksHandle {
    snapshot: Arc<ArcSwap<Snapshot>>,
    /// `None` for keys that never change.
    actor: Option<Supervised<JwksActor>>,
    lifecycle: Lifecycle,
    clock: Clock,
    nudged: Arc<AtomicBool>,
}

/// How it stands with an issuer's keys, for the health page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    Fresh,
    /// Still good, though the last attempt to refresh them failed.
    Cached,
    /// None, or too old to use.
    Missing,
}

impl JwksHandle {
    /// Starts the actor of one issuer.
    pub fn start(
        supervisor: &Supervisor,
        issuer: &IssuerId,
        algorithms: AlgorithmSet,
        lifecycle: Lifecycle,
        clock: Clock,
        source: Arc<dyn KeySource>,
    ) -> Self {
        let settings = Settings {
            issuer: issuer.as_str().into(),
            algorithms,
            lifecycle,
            clock: clock.clone(),
            source,
            snapshot: Arc::default(),
            nudged: Arc::default(),
        };
        let (snapshot, nudged) = (Arc::clone(&settings.snapshot), Arc::clone(&settings.nudged));
        let actor =
            supervisor.supervise("jwks", move |life| JwksActor::new(settings.clone(), life));
        Self { snapshot, actor: Some(actor), lifecycle, clock, nudged }
    }

    /// Keys that the operator wrote down: always fresh, and nobody to ask for newer ones.
    pub fn fixed(keys: KeySet, clock: Clock) -> Self {
        let snapshot = Snapshot {
            keys: Arc::new(keys),
            generation: 1,
            fetched_at: Some(clock.elapsed()),
            last_attempt: None,
        };
        Self {
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            actor: None,
            lifecycle: Lifecycle { lifetime: Duration::MAX, cooldown: Duration::ZERO },
            clock,
            nudged: Arc::default(),
        }
    }

    /// The keys as of now: `None` when there are none, or none young enough to use.
    pub fn usable(&self) -> Option<arc_swap::Guard<Arc<Snapshot>>> {
        let snapshot = self.snapshot.load();
        let age = self.clock.elapsed().saturating_sub(snapshot.fetched_at?);
        if age >= self.lifecycle.lifetime / 2 {
            self.nudge(&snapshot);
        }
        (age < self.lifecycle.lifetime).then_some(snapshot)
    }

    /// Counts the key sets published so far.
    pub fn generation(&self) -> u64 {
        self.snapshot.load().generation
    }

    /// Waits until keys newer than generation `seen` were tried for. `Ok` when the issuer answered,
    /// whether or not its keys changed.
    ///
    /// # Errors
    /// [`Unavailable`] when the issuer cannot be asked.
    pub async fn refresh(&self, seen: u64) -> Result<(), Unavailable> {
        let Some(actor) = &self.actor else { return Ok(()) };
        if let Some(outcome) = self.recent_outcome(seen) {
            return outcome.map_err(|fault| unavailable(&fault));
        }
        let actor = actor.address().ok_or(Unavailable::ActorRestarting)?;
        let (reply, outcome) = oneshot::channel();
        actor.try_send(Refresh { seen, reply }).map_err(|error| match error {
            actix::prelude::SendError::Full(_) => Unavailable::TooManyWaiting,
            actix::prelude::SendError::Closed(_) => Unavailable::ActorRestarting,
        })?;
        match outcome.await {
            Ok(RefreshReply::Done(outcome)) => outcome.map_err(|fault| unavailable(&fault)),
            Ok(RefreshReply::TooManyWaiting) => Err(Unavailable::TooManyWaiting),
            Err(_) => Err(Unavailable::ActorRestarting),
        }
    }

    pub fn state(&self) -> KeyState {
        let snapshot = self.snapshot.load();
        let last_failed =
            snapshot.last_attempt.as_ref().is_some_and(|last| matches!(last.outcome, Some(Err(_))));
        let age = snapshot.fetched_at.map(|at| self.clock.elapsed().saturating_sub(at));
        match age {
            Some(age) if age < self.lifecycle.lifetime && last_failed => KeyState::Cached,
            Some(age) if age < self.lifecycle.lifetime => KeyState::Fresh,
            _ => KeyState::Missing,
        }
    }

    /// Whether the actor is up; while it is being rebuilt nothing can be refreshed.
    pub fn is_running(&self) -> bool {
        self.actor.as_ref().is_none_or(Supervised::is_running)
    }

    /// What the actor would answer during a cooldown, without asking it: a flood of invented `kid`s
    /// ends here.
    fn recent_outcome(&self, seen: u64) -> Option<Result<(), FetchFault>> {
        let snapshot = self.snapshot.load();
        if snapshot.generation > seen {
            return Some(Ok(()));
        }
        let last = snapshot.last_attempt.as_ref()?;
        let is_recent =
            self.clock.elapsed().saturating_sub(last.started_at) < self.lifecycle.cooldown;
        if is_recent { last.outcome.clone() } else { None }
    }

    fn nudge(&self, snapshot: &Snapshot) {
        let now = self.clock.elapsed();
        let rested = snapshot
            .last_attempt
            .as_ref()
            .is_none_or(|last| now.saturating_sub(last.started_at) >= self.lifecycle.cooldown);
        if rested && !self.nudged.swap(true, Ordering::Relaxed) {
            match self.actor.as_ref().and_then(Supervised::address) {
                Some(actor) if actor.try_send(RefreshIfDue).is_ok() => {}
                _ => self.nudged.store(false, Ordering::Relaxed),
            }
        }
    }
}

fn unavailable(fault: &FetchFault) -> Unavailable {
    Unavailable::Keys { reason: fault.0.as_ref().into() }
}
