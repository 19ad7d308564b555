//! Actors that panic come back.
//!
//! actix's own `Supervisor` restarts an actor that *stops*; one that *panics* takes its mailbox
//! with it for good. So every actor holds a [`LifeSign`]; when it is dropped, whatever the reason,
//! the supervisor builds the actor anew.
//!
//! ```text
//! supervise(build) ─▶ build(LifeSign) ─▶ actor runs ─▶ panics ─▶ LifeSign dropped ─▶ wait ─▶ build …
//!                                                                      └─ too often ─▶ given up
//! ```
//!
//! Invariants:
//! - A dead actor has no address: callers get `None` at once, and answer 503.
//! - A restart waits 100 ms, so that a panic loop does not eat a core.
//! - More than five restarts within a minute and the actor is given up: readiness fails and the
//!   process exits, for the platform to replace it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, Addr, ArbiterHandle, Context};
use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;

const RESTART_DELAY: Duration = Duration::from_millis(100);
const MAX_RESTARTS: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// Held by a running actor. Its end is the actor's end.
#[derive(Debug)]
pub struct LifeSign {
    _sender: oneshot::Sender<()>,
}

/// Where a supervised actor can be reached at this moment. Cheap to clone.
pub struct Supervised<A: Actor> {
    address: Arc<ArcSwapOption<Addr<A>>>,
    status: Arc<Status>,
}

#[derive(Default)]
struct Status {
    restarts: AtomicU64,
    given_up: AtomicBool,
}

impl<A: Actor> Clone for Supervised<A> {
    fn clone(&self) -> Self {
        Self { address: Arc::clone(&self.address), status: Arc::clone(&self.status) }
    }
}

impl<A: Actor> Supervised<A> {
    /// `None` while the actor is being rebuilt, and for ever once it was given up.
    pub fn address(&self) -> Option<Addr<A>> {
        self.address.load().as_deref().cloned()
    }

    pub fn is_running(&self) -> bool {
        self.address.load().is_some()
    }

    pub fn is_given_up(&self) -> bool {
        self.status.given_up.load(Ordering::Relaxed)
    }

    pub fn restarts(&self) -> u64 {
        self.status.restarts.load(Ordering::Relaxed)
    }
}

/// Runs actors on one arbiter thread and rebuilds them when they die.
#[derive(Clone)]
pub struct Supervisor {
    arbiter: ArbiterHandle,
    clock: Clock,
    gave_up: Arc<Notify>,
}

impl Supervisor {
    pub fn new(arbiter: ArbiterHandle, clock: Clock) -> Self {
        Self { arbiter, clock, gave_up: Arc::default() }
    }

    /// Returns once some actor was given up: the process should end.
    pub async fn gave_up(&self) {
        self.gave_up.notified().await;
    }

    /// Starts the actor that `build` makes, now and after each of its deaths.
    pub fn supervise<A, F>(&self, name: &'static str, build: F) -> Supervised<A>
    where
        A: Actor<Context = Context<A>>,
        F: Fn(LifeSign) -> A + Send + 'static,
    {
        let supervised =
            Supervised { address: Arc::new(ArcSwapOption::empty()), status: Arc::default() };
        let watched = supervised.clone();
        let Self { clock, gave_up, .. } = self.clone();
        // When the arbiter is gone the process is ending, and the actor stays without an address.
        self.arbiter.spawn(async move {
            let mut deaths = VecDeque::new();
            loop {
                let (sender, life) = oneshot::channel();
                let address = build(LifeSign { _sender: sender }).start();
                watched.address.store(Some(Arc::new(address)));
                let _ = life.await;
                watched.address.store(None);
                watched.status.restarts.fetch_add(1, Ordering::Relaxed);
                tracing::error!(actor.name = name, "actor died");
                if too_many(&mut deaths, clock.elapsed()) {
                    watched.status.given_up.store(true, Ordering::Relaxed);
                    tracing::error!(actor.name = name, "actor died too often and is given up");
                    gave_up.notify_one();
                    return;
                }
                clock.sleep(RESTART_DELAY).await;
            }
        });
        supervised
    }
}

fn too_many(deaths: &mut VecDeque<Duration>, now: Duration) -> bool {
    deaths.push_back(now);
    while deaths.front().is_some_and(|first| now.saturating_sub(*first) > RESTART_WINDOW) {
        deaths.pop_front();
    }
    deaths.len() > MAX_RESTARTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix::{Arbiter, Handler, Message};

    struct Fragile {
        _life: LifeSign,
    }

    impl Actor for Fragile {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "u8")]
    enum Order {
        Answer,
        Panic,
    }

    impl Handler<Order> for Fragile {
        type Result = u8;

        fn handle(&mut self, order: Order, _: &mut Context<Self>) -> u8 {
            match order {
                Order::Answer => 42,
                Order::Panic => panic!("ordered to"),
            }
        }
    }

    /// Waits for the supervisor by letting it run, never by sleeping.
    async fn running(actor: &Supervised<Fragile>, clock: &Clock) -> Addr<Fragile> {
        loop {
            if let Some(address) = actor.address() {
                return address;
            }
            if clock.sleepers() > 0 {
                clock.advance(RESTART_DELAY);
                // Once a restart: deaths a minute apart would be forgiven.
                while clock.sleepers() > 0 {
                    tokio::task::yield_now().await;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn start() -> (Supervisor, Supervised<Fragile>, Clock) {
        let clock = Clock::manual(crate::domain::UnixTime::from_seconds(0).unwrap());
        let supervisor = Supervisor::new(Arbiter::new().handle(), clock.clone());
        let actor = supervisor.supervise("fragile", |life| Fragile { _life: life });
        (supervisor, actor, clock)
    }

    #[actix_web::test]
    async fn an_actor_that_panics_is_back_at_once() {
        let (_supervisor, actor, clock) = start();
        assert!(running(&actor, &clock).await.send(Order::Panic).await.is_err());
        while actor.restarts() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(running(&actor, &clock).await.send(Order::Answer).await.unwrap(), 42);
    }

    #[actix_web::test]
    async fn an_actor_that_keeps_panicking_is_given_up() {
        let (supervisor, actor, clock) = start();
        for death in 0..=MAX_RESTARTS as u64 {
            assert!(running(&actor, &clock).await.send(Order::Panic).await.is_err());
            while actor.restarts() == death {
                tokio::task::yield_now().await;
            }
        }
        supervisor.gave_up().await;
        assert!(actor.is_given_up() && actor.address().is_none());
    }

    #[test]
    fn deaths_far_apart_are_forgiven() {
        let mut deaths = VecDeque::new();
        for minute in 0..20 {
            assert!(!too_many(&mut deaths, Duration::from_secs(minute * 61)));
        }
    }
}
