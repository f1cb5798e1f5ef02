//! CPU time and memory of the server, from `/proc/<pid>`, read through the run.

use crate::clock::now_us;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How often usage is read.
const INTERVAL: Duration = Duration::from_millis(200);

/// Usage at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// User and system time so far, over all incarnations of the server, seconds.
    pub(crate) cpu_s: f64,
    /// Resident memory, bytes.
    pub(crate) rss_bytes: u64,
}

/// Usage with its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Of [`now_us`].
    pub(crate) at_us: u64,
    pub(crate) usage: Usage,
}

/// Reads a server's usage until dropped.
#[derive(Clone)]
pub(crate) struct Meter(Rc<RefCell<State>>);

struct State {
    pid: u32,
    /// CPU seconds of earlier incarnations.
    before_s: f64,
    last: Usage,
    samples: Vec<Sample>,
}

impl Meter {
    /// Starts to watch a process.
    pub(crate) fn watch(pid: u32) -> Self {
        let meter = Self(Rc::new(RefCell::new(State {
            pid,
            before_s: 0.0,
            last: Usage::default(),
            samples: Vec::new(),
        })));
        let weak = Rc::downgrade(&meter.0);
        tokio::task::spawn_local(async move {
            while let Some(state) = weak.upgrade() {
                let sample = Sample {
                    at_us: now_us(),
                    usage: state.borrow_mut().read(),
                };
                state.borrow_mut().samples.push(sample);
                drop(state);
                tokio::time::sleep(INTERVAL).await;
            }
        });
        meter
    }

    /// Goes on with the next incarnation.
    pub(crate) fn follow(&self, pid: u32) {
        let mut state = self.0.borrow_mut();
        state.before_s = state.last.cpu_s;
        state.pid = pid;
    }

    /// Usage now.
    pub(crate) fn read(&self) -> Usage {
        self.0.borrow_mut().read()
    }

    /// Everything read so far.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.0.borrow().samples.clone()
    }

    /// The greatest memory between two times, bytes.
    pub(crate) fn rss_max(&self, from_us: u64, to_us: u64) -> u64 {
        let state = self.0.borrow();
        let within = |s: &&Sample| s.at_us >= from_us && s.at_us <= to_us;
        let rss = state
            .samples
            .iter()
            .filter(within)
            .map(|s| s.usage.rss_bytes);
        rss.max().unwrap_or_default()
    }
}

impl State {
    /// The last usage stands while the process is away.
    fn read(&mut self) -> Usage {
        if let (Some(cpu_s), Some(rss_bytes)) = (cpu_s(self.pid), rss_bytes(self.pid)) {
            self.last = Usage {
                cpu_s: self.before_s + cpu_s,
                rss_bytes,
            };
        }
        self.last
    }
}

fn cpu_s(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    ticks(&stat).map(|ticks| ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// utime + stime of proc_pid_stat(5): fields 14 and 15; field 2 is a name that may hold anything, so count after it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn rss_bytes(pid: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_any_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 5 6 20 0 8 0 100 1000 200";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("garbage"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let pid = std::process::id();
        assert!(cpu_s(pid).is_some());
        assert!(rss_bytes(pid).is_some_and(|bytes| bytes > 100_000));
    }
}
