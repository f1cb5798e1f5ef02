//! The load-test harness of Greenroom: drives a server with thousands of clients, injects faults, and compares every
//! client's ledger with what is stored. `loadtest/README.md` tells how to run it.

mod args;
mod call;
mod client;
mod clock;
mod content;
mod door;
mod fleet;
mod histogram;
mod ledger;
mod report;
mod scenario;
mod schedule;
mod server;
mod stage;
#[cfg(test)]
mod stub;
mod tally;
mod wire;

use anyhow::Context;
use args::Args;
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::ExitCode;

fn main() -> ExitCode {
    raise_open_files();
    let outcome = if std::env::args().nth(1).as_deref() == Some(args::WORKER) {
        block_on_local(fleet::worker_process()).map(|()| true)
    } else {
        let args = Args::parse();
        block_on_local(run(args))
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a scenario and writes its report. False when a promise was broken.
async fn run(args: Args) -> anyhow::Result<bool> {
    let report = scenario::run(&args).await?;
    println!("{}", report.text());
    if let Some(file) = &args.json {
        std::fs::write(file, report.json() + "\n")
            .with_context(|| format!("writing {}", file.display()))?;
    }
    if let Some(file) = &args.html {
        std::fs::write(file, report.html()?)
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(report.clean)
}

/// Runs a future on this thread alone, with everything it spawns: clients share their state without locks.
pub(crate) fn block_on_local<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives an event queue");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// Every connection is an open file, here and in a server we start.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        eprintln!("cannot raise the limit of open files: {error}");
    }
}
