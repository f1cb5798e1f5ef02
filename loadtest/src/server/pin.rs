//! Which processors a process may use.

use anyhow::Context;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};

/// Confines every thread that a process has now to one processor; threads that these start inherit it.
///
/// # Errors
/// When the process is gone or there is no such processor.
pub(crate) fn pin(pid: u32, processor: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).context("listing threads")?;
    for task in tasks {
        let name = task?.file_name();
        let tid = name
            .to_str()
            .and_then(|name| name.parse().ok())
            .and_then(Pid::from_raw);
        // A thread may have ended since it was listed.
        let _ = sched_setaffinity(Some(tid.context("a thread's id")?), &set);
    }
    Ok(())
}
