//! The command line.
//!
//! Exit codes: 0 done, or stopped in good order; 1 failed; 2 the command line or the configuration is wrong; 3 an
//! address cannot be listened on; 4 another process has the data folder; 5 a key, certificate or the database is
//! unusable as it is.

mod cli;

use clap::Parser;
use std::process::ExitCode;

/// Its size classes keep the half of a connection's buffers that is never written out of memory: about 4 KiB less a
/// connection than with the system's allocator.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
