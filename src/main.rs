//! The command line.
//!
//! Exit codes: 0 done, or stopped in good order; 1 failed; 2 the command line or the configuration is wrong; 3 an
//! address cannot be listened on; 4 another process has the data folder; 5 a key, certificate or the database is
//! unusable as it is.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
