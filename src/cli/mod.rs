//! The command line: one file a command.
//!
//! Exit codes: 0 ended as asked, 2 configuration refused, 1 anything else. Errors go to standard
//! error, for people, one problem a line.

mod dev;
mod explain;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Problems, Variables};
use crate::service::{RunFault, StartFault};

/// A token validation service: may this bearer token pass, and who is it?
#[derive(Parser)]
#[command(name = "assay", version, arg_required_else_help = false)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve, configured by the environment and the file that `ASSAY_CONFIG` names (the default).
    Serve,
    /// Serve on this machine alone, with an embedded issuer and a token to try: no configuration.
    Dev(dev::Options),
    /// Tell every check of a token, passed or failed, with what was found and expected.
    Explain(explain::Options),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Configuration(#[from] Problems),
    #[error("{0}")]
    Start(#[from] StartFault),
    #[error("{0}")]
    Run(#[from] RunFault),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            // A CA file that cannot be used is a setting that cannot be used.
            Self::Configuration(_) | Self::Start(StartFault::HttpClient(_)) => ExitCode::from(2),
            Self::Start(_) | Self::Run(_) | Self::Other(_) => ExitCode::from(1),
        }
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&variables()),
        Command::Dev(options) => dev::run(&options),
        Command::Explain(options) => match explain::run(&options, &variables()) {
            Ok(false) => return ExitCode::from(1),
            other => other.map(|_| ()),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With standard error gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{}", failure.to_string().trim_end());
            failure.exit_code()
        }
    }
}

/// The process's environment; what is not UTF-8 cannot be a setting of ours.
fn variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Completes when the process is asked to end: Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        tracing::error!("cannot listen for signals");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
