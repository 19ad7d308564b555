//! What a request costs, in CPU time of the server: `cargo bench --bench cost`.
//!
//! CPU time, because wall time on a shared machine measures its neighbours; ratios to an empty
//! handler of the same web framework, because microseconds measure the machine.
//!
//! | file | what it is |
//! |---|---|
//! | `cases` | what is measured: a server, its requests, the expected status |
//! | `servers` | the servers under measurement, as child processes |
//! | `tokens` | keys, tokens, and the issuer that publishes the keys |
//! | `load` | the load generator: keep-alive HTTP/1.1 |
//! | `cpu` | CPU time of a process or a thread, in nanoseconds |
//! | `bare` | signature verification alone, in this process |
//! | `report` | medians, ratios, the table |

mod bare;
mod cases;
mod cpu;
mod load;
mod report;
mod servers;
mod tokens;

use std::error::Error;
use std::time::Duration;

use assay::clock::Clock;

use cases::{Case, Servers};
use load::Budget;
use report::Report;
use tokens::Issuer;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How long a measurement goes on, and how often. Many short ones: the machine's speed drifts over
/// seconds, and the cases of one round are compared with each other.
struct Plan {
    rounds: usize,
    budget: Budget,
}

const FULL: Plan =
    Plan { rounds: 25, budget: Budget { operations: 10_000, time: Duration::from_millis(500) } };
const QUICK: Plan =
    Plan { rounds: 7, budget: Budget { operations: 3_000, time: Duration::from_millis(250) } };

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [servers::EMPTY_ARGUMENT, address] => servers::serve_empty(address.parse()?),
        ["--hold", case, ..] => hold(case),
        ["--against", binary, ..] => measure(&FULL, Some(binary)),
        ["--quick", ..] => measure(&QUICK, None),
        ["--bench"] => measure(&FULL, None),
        // `cargo test --all-targets` runs benchmarks too, without the flag and without optimisation.
        _ => Ok(()),
    }
}

/// Every case once a round: what disturbs the machine for a while disturbs all of them.
fn measure(plan: &Plan, other: Option<&str>) -> Outcome<()> {
    let clock = Clock::system();
    let issuer = Issuer::start(clock.now())?;
    let servers = Servers::start(&issuer, other)?;
    let cases = Case::all(&issuer, &servers)?;
    let mut report = Report::default();
    for round in 1..=plan.rounds {
        report::note(&format!("round {round} of {}", plan.rounds));
        for case in &cases {
            report.add(case.name, case.measure(plan.budget, &clock)?);
            if let Some(kind) = case.verification {
                let bare = bare::measure(issuer.tokens(kind), plan.budget, &clock)?;
                report.add(kind.bare_name(), bare);
            }
        }
    }
    report.print()
}

/// Keeps one case under load for a profiler to look at.
fn hold(name: &str) -> Outcome<()> {
    let clock = Clock::system();
    let issuer = Issuer::start(clock.now())?;
    let servers = Servers::start(&issuer, None)?;
    let cases = Case::all(&issuer, &servers)?;
    let case = cases.iter().find(|case| case.name == name).ok_or_else(|| {
        let names: Vec<_> = cases.iter().map(|case| case.name).collect();
        format!("no case {name:?}; there are: {}", names.join(", "))
    })?;
    report::note(&format!("process {} is under load for 40 s", case.server.id()));
    let budget = Budget { operations: usize::MAX, time: Duration::from_secs(40) };
    let cost = case.measure(budget, &clock)?;
    report::note(&format!("{name}: {:.2} µs", cost.micros));
    Ok(())
}
