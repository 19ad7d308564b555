//! The servers under measurement, each a process of its own: the CPU time of a process is then
//! that of a server, and nothing the benchmark does is counted.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::rt::System;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::tokens::{AUDIENCE, Issuer};
use crate::{Outcome, load};

/// Asks this binary to be the server with the empty handler.
pub const EMPTY_ARGUMENT: &str = "--serve-empty";

/// Assay as this build made it.
pub const ASSAY: &str = env!("CARGO_BIN_EXE_assay");

/// Of the service's settings, those that `service.rs` keeps to itself.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A child process that listens; dropped, it is killed.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// The baseline: the same framework with the same settings, and a handler that does nothing.
    pub fn empty() -> Outcome<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args([EMPTY_ARGUMENT, &address.to_string()]);
        Self::start(command, address)
    }

    /// A binary of Assay, with these settings beside those that all have.
    pub fn assay(binary: &Path, issuer: &Issuer, settings: &[(&str, &str)]) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command
            .arg("serve")
            // Settings of the caller's own environment would be measured too.
            .env_clear()
            .env("ENVIRONMENT", "development")
            .env("FASTMCP_SERVER_AUTH_TYPE", "jwt")
            .env("FASTMCP_SERVER_AUTH_JWT_ISSUER", &issuer.url)
            .env("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", issuer.jwks_uri())
            .env("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE)
            .env("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "RS256,ES256,EdDSA")
            .env("ASSAY_LISTEN__HTTP", address.to_string())
            .env("ASSAY_WORKERS", "1")
            .env("ASSAY_LOG__FORMAT", "json")
            .envs(settings.iter().copied());
        Self::start(command, address)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn start(mut command: Command, address: SocketAddr) -> Outcome<Self> {
        // The log is written and thrown away: what reads it is not the service's cost.
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self { address, child };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let request = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for _ in 0..200 {
            if load::ask(self.address, request, 200).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("a server ended at its start: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("a server was not ready after 10 s".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails only when the child has ended already, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Free now; taken again a moment later, which on a quiet loopback goes well.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// What the child of [`Server::empty`] runs.
pub fn serve_empty(address: SocketAddr) -> Outcome<()> {
    async fn empty() -> HttpResponse {
        HttpResponse::Ok().finish()
    }
    let server =
        || App::new().route("/verify", web::to(empty)).route("/health/ready", web::get().to(empty));
    System::new().block_on(async move {
        HttpServer::new(server)
            .workers(1)
            .client_request_timeout(REQUEST_TIMEOUT)
            .keep_alive(KEEP_ALIVE)
            .bind(address)?
            .run()
            .await
    })?;
    Ok(())
}
