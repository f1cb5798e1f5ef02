//! Where a report was made: machine, commit, command.

use serde::Serialize;
use std::fs::read_to_string;
use std::process::Command;

/// The machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) system: String,
}

impl Machine {
    /// This one. What cannot be read is left empty.
    pub(crate) fn here() -> Self {
        Self {
            cpu: line("/proc/cpuinfo", "model name").unwrap_or_default(),
            // All of them, also when this process was confined to one.
            cores: read_to_string("/proc/cpuinfo").map_or(0, |text| {
                text.lines()
                    .filter(|line| line.starts_with("processor"))
                    .count()
            }),
            memory_bytes: line("/proc/meminfo", "MemTotal")
                .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
                .map_or(0, |kib| kib * 1024),
            system: read_to_string("/proc/sys/kernel/osrelease").map_or_else(
                |_| String::new(),
                |release| format!("Linux {}", release.trim()),
            ),
        }
    }
}

/// The commit the harness was built in, with `+` when the tree has changes; empty outside a repository.
pub(crate) fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(args)
            .output();
        output
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(head) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return String::new();
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changed.is_some_and(|text| !text.is_empty()) {
        "+"
    } else {
        ""
    };
    format!("{head}{mark}")
}

/// The command that was run, as one would type it again.
pub(crate) fn command_line() -> String {
    let args: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo run --release -p loadtest -- {}", args.join(" "))
}

fn line(file: &str, key: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
