//! The only writer of an issuer's keys; see the [module](super).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};
use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::messages::{Refresh, RefreshIfDue, RefreshReply};
use super::{Attempt, FetchFault, KeySource, Lifecycle, Snapshot};
use crate::actors::supervision::LifeSign;
use crate::clock::Clock;
use crate::domain::{AlgorithmSet, KeySet};

/// Requests that may wait for one fetch; more are answered 503 at once.
const MAX_WAITING: usize = 1024;
/// Longest pause between attempts while the issuer is down.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(15);

/// What an actor needs to start, and to start again.
#[derive(Clone)]
pub(super) struct Settings {
    pub issuer: Arc<str>,
    pub algorithms: AlgorithmSet,
    pub lifecycle: Lifecycle,
    pub clock: Clock,
    pub source: Arc<dyn KeySource>,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    /// Set by the first request that asks for a due refresh, cleared by the actor.
    pub nudged: Arc<AtomicBool>,
}

pub struct JwksActor {
    settings: Settings,
    is_fetching: bool,
    /// Start of the last attempt, also of one still in flight.
    last_start: Option<Duration>,
    failures: u32,
    waiting: Vec<oneshot::Sender<RefreshReply>>,
    timer: Option<SpawnHandle>,
    _life: LifeSign,
}

impl JwksActor {
    pub(super) fn new(settings: Settings, life: LifeSign) -> Self {
        let last = settings.snapshot.load().last_attempt.as_ref().map(|last| last.started_at);
        Self {
            settings,
            is_fetching: false,
            last_start: last,
            failures: 0,
            waiting: Vec::new(),
            timer: None,
            _life: life,
        }
    }

    fn cooldown_left(&self) -> Option<Duration> {
        let since = self.settings.clock.elapsed().saturating_sub(self.last_start?);
        self.settings.lifecycle.cooldown.checked_sub(since).filter(|left| !left.is_zero())
    }

    /// Starts a fetch unless one is in flight or the cooldown forbids it.
    fn try_start(&mut self, ctx: &mut Context<Self>) -> bool {
        if self.is_fetching || self.cooldown_left().is_some() {
            return self.is_fetching;
        }
        let started_at = self.settings.clock.elapsed();
        self.is_fetching = true;
        self.last_start = Some(started_at);
        // Written before the source is asked: if it panics, the cooldown has still begun.
        self.publish(Attempt { started_at, outcome: None });
        let fetched = self.settings.source.fetch().into_actor(self);
        ctx.spawn(fetched.map(move |document, actor, ctx| {
            actor.finish(started_at, document, ctx);
        }));
        true
    }

    fn finish(
        &mut self,
        started_at: Duration,
        document: Result<Vec<u8>, FetchFault>,
        ctx: &mut Context<Self>,
    ) {
        self.is_fetching = false;
        let keys = document.and_then(|document| {
            KeySet::from_jwks(&document, self.settings.algorithms).map_err(FetchFault::new)
        });
        let outcome = keys.as_ref().map(|_| ()).map_err(Clone::clone);
        self.failures = if outcome.is_ok() { 0 } else { self.failures.saturating_add(1) };
        match keys {
            Ok(keys) => self.publish_keys(started_at, keys),
            Err(fault) => {
                tracing::warn!(
                    issuer.url = &*self.settings.issuer, %fault, failures = self.failures,
                    "could not fetch the issuer's keys"
                );
                self.publish(Attempt { started_at, outcome: Some(Err(fault)) });
            }
        }
        for waiting in self.waiting.drain(..) {
            // Whoever gave up waiting is no concern of ours.
            let _ = waiting.send(RefreshReply::Done(outcome.clone()));
        }
        self.schedule_next(ctx);
    }

    fn publish(&self, attempt: Attempt) {
        let mut snapshot = Snapshot::clone(&self.settings.snapshot.load());
        snapshot.last_attempt = Some(attempt);
        self.settings.snapshot.store(Arc::new(snapshot));
    }

    fn publish_keys(&self, started_at: Duration, keys: KeySet) {
        let generation = self.settings.snapshot.load().generation + 1;
        let keys = Arc::new(keys);
        // Before it is told, so that whoever reads the log finds it true.
        self.settings.snapshot.store(Arc::new(Snapshot {
            keys: Arc::clone(&keys),
            generation,
            fetched_at: Some(started_at),
            last_attempt: Some(Attempt { started_at, outcome: Some(Ok(())) }),
        }));
        for skipped in keys.skipped() {
            tracing::warn!(
                issuer.url = &*self.settings.issuer, key.position = skipped.position,
                key.id = ?skipped.kid, reason = %skipped.fault, "key is not used"
            );
        }
        tracing::info!(
            issuer.url = &*self.settings.issuer,
            keys = keys.len(),
            skipped = keys.skipped().len(),
            generation,
            "keys loaded"
        );
    }

    /// At half of the lifetime after a success; after failures, at the cooldown doubled each time.
    /// A tenth of jitter keeps many instances from asking in step.
    fn schedule_next(&mut self, ctx: &mut Context<Self>) {
        let Lifecycle { lifetime, cooldown } = self.settings.lifecycle;
        let delay = match self.failures {
            0 => lifetime / 2,
            failures => {
                let doublings = failures.saturating_sub(1).min(8);
                cooldown.saturating_mul(1 << doublings).min(MAX_RETRY_DELAY.max(cooldown))
            }
        };
        let jitter = delay.mul_f64(fastrand::f64() / 10.0);
        let delay = (delay + jitter).max(self.cooldown_left().unwrap_or_default());
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        let clock = self.settings.clock.clone();
        let due = async move { clock.sleep(delay).await }.into_actor(self);
        self.timer = Some(ctx.spawn(due.map(|(), actor, ctx| {
            actor.timer = None;
            actor.try_start(ctx);
        })));
    }
}

impl Actor for JwksActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.settings.nudged.store(false, Ordering::Relaxed);
        if !self.try_start(ctx) {
            // Rebuilt after a panic, inside the cooldown: the timer takes over.
            self.failures = 1;
            self.schedule_next(ctx);
        }
    }
}

impl Handler<Refresh> for JwksActor {
    type Result = ();

    fn handle(&mut self, Refresh { seen, reply }: Refresh, ctx: &mut Context<Self>) {
        let snapshot = self.settings.snapshot.load();
        let answer = if snapshot.generation > seen {
            RefreshReply::Done(Ok(()))
        } else if self.waiting.len() >= MAX_WAITING {
            RefreshReply::TooManyWaiting
        } else if self.try_start(ctx) {
            self.waiting.push(reply);
            return;
        } else {
            let outcome = snapshot.last_attempt.as_ref().and_then(|last| last.outcome.clone());
            RefreshReply::Done(outcome.unwrap_or_else(|| Err(FetchFault::new("attempt broke off"))))
        };
        let _ = reply.send(answer);
    }
}

impl Handler<RefreshIfDue> for JwksActor {
    type Result = ();

    fn handle(&mut self, _: RefreshIfDue, ctx: &mut Context<Self>) {
        self.settings.nudged.store(false, Ordering::Relaxed);
        self.try_start(ctx);
    }
}
