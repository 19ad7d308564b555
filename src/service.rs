//! The composition root: builds backends, starts actors, mounts front ends, stops gracefully.
//!
//! Production, `assay dev` and the tests all start the service here, with nothing special-cased.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use tokio::task::JoinHandle;

use crate::actors::jwks::{JwksHandle, KeySource, Lifecycle};
use crate::actors::supervision::Supervisor;
use crate::backend::http_client::{ClientFault, HttpClient};
use crate::backend::issuer::{DiscoveredEndpoint, JwksEndpoint};
use crate::clock::Clock;
use crate::config::{Config, IssuerConfig, KeysFrom, ListenConfig};
use crate::domain::{IssuerRules, KeySet};
use crate::frontend::http::{self, ShutdownFlag, State};
use crate::verify::{TrustedIssuer, Verifier};

/// Least time between the starts of two fetches of one issuer's keys.
const JWKS_COOLDOWN: Duration = Duration::from_secs(5);
/// Requests in flight get this long when the service stops: Cloud Run kills after 10 s.
const SHUTDOWN_SECONDS: u64 = 8;
/// A client that has not sent its head by then is closed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    #[error("cannot listen on {address}: {error}{}", hint(error))]
    Listen { address: SocketAddr, error: io::Error },
    #[error(transparent)]
    HttpClient(#[from] ClientFault),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another process has this port: stop it or choose another",
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need a privilege: choose a higher one"
        }
        _ => "",
    }
}

/// Why the service ended, when nobody had asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    #[error("the HTTP server failed: {0}")]
    Server(io::Error),
    #[error("an actor died too often; the platform should replace this process")]
    ActorGivenUp,
}

/// A service that answers. Dropping it leaves it running; end it with [`stop`](Self::stop).
pub struct Service {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
    supervisor: Supervisor,
    shutdown: ShutdownFlag,
    arbiter: Arbiter,
}

impl Service {
    /// Starts everything `config` describes. Returns once the listener is up; issuers are asked
    /// meanwhile, and may be down.
    ///
    /// # Errors
    /// [`StartFault`].
    pub fn start(config: Config, clock: &Clock) -> Result<Self, StartFault> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let client = HttpClient::build(config.tls.ca_file.as_deref())?;
        // Actors have a thread of their own: a large key set never stalls a request.
        let arbiter = Arbiter::new();
        let supervisor = Supervisor::new(arbiter.handle(), clock.clone());
        let issuers = config
            .issuers
            .into_iter()
            .map(|issuer| trust(issuer, &supervisor, clock, &client))
            .collect();
        let shutdown = ShutdownFlag::default();
        let state = Data::new(State {
            verifier: Arc::new(Verifier::new(issuers, config.cache.entries, clock.clone())),
            resources: config.resources,
            shutdown: shutdown.clone(),
        });
        let (address, server) = listen(&config.listen, state)?;
        let handle = server.handle();
        tracing::info!(%address, workers = config.listen.workers, "listening");
        let server = actix_web::rt::spawn(server);
        Ok(Self { address, handle, server, supervisor, shutdown, arbiter })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes, then stops gracefully.
    ///
    /// # Errors
    /// [`RunFault`] when something else ends the service first.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), RunFault> {
        tokio::select! {
            () = stop => {
                self.stop().await;
                Ok(())
            }
            () = self.supervisor.gave_up() => {
                self.shutdown.raise();
                self.stop().await;
                Err(RunFault::ActorGivenUp)
            }
            ended = &mut self.server => {
                let fault = ended.unwrap_or_else(|error| Err(io::Error::other(error)));
                Err(RunFault::Server(fault.err().unwrap_or_else(|| io::Error::other("it ended"))))
            }
        }
    }

    /// Fails readiness at once, lets requests in flight finish, then ends.
    pub async fn stop(self) {
        tracing::info!("stopping");
        self.shutdown.raise();
        self.handle.stop(true).await;
        self.arbiter.stop();
        tracing::info!("stopped");
    }
}

/// What to fetch an issuer's keys from; or the keys, where the operator wrote them down.
///
/// # Errors
/// The keys.
pub fn key_source(
    keys: KeysFrom,
    rules: &IssuerRules,
    client: &HttpClient,
) -> Result<Arc<dyn KeySource>, KeySet> {
    match keys {
        KeysFrom::Endpoint(url) => Ok(Arc::new(JwksEndpoint::new(client.clone(), url))),
        KeysFrom::Discovery { hosts } => {
            let issuer = rules.issuer.clone();
            Ok(Arc::new(DiscoveredEndpoint::new(client.clone(), issuer, hosts)))
        }
        KeysFrom::Fixed(keys) => Err(keys),
    }
}

fn trust(
    issuer: IssuerConfig,
    supervisor: &Supervisor,
    clock: &Clock,
    client: &HttpClient,
) -> TrustedIssuer {
    let IssuerConfig { rules, keys, cache_ttl } = issuer;
    let source = match key_source(keys, &rules, client) {
        Ok(source) => source,
        Err(keys) => return TrustedIssuer { rules, keys: JwksHandle::fixed(keys, clock.clone()) },
    };
    let lifecycle = Lifecycle { lifetime: cache_ttl, cooldown: JWKS_COOLDOWN };
    let keys = JwksHandle::start(
        supervisor,
        &rules.issuer,
        rules.algorithms,
        lifecycle,
        clock.clone(),
        source,
    );
    TrustedIssuer { rules, keys }
}

fn listen(
    config: &ListenConfig,
    state: Data<State>,
) -> Result<(SocketAddr, actix_web::dev::Server), StartFault> {
    let fault = |error| StartFault::Listen { address: config.http, error };
    let server = HttpServer::new(move || App::new().configure(|app| http::routes(&state, app)))
        .workers(config.workers)
        .client_request_timeout(REQUEST_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .bind(config.http)
        .map_err(fault)?;
    let address = server.addrs().first().copied().unwrap_or(config.http);
    Ok((address, server.run()))
}
