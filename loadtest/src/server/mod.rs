//! The server under test: started, watched, killed and started again by process id.

mod drops;
pub(crate) mod http;
mod metrics;
mod pin;
mod usage;

pub(crate) use drops::SocketDrops;
pub(crate) use metrics::Metrics;
pub(crate) use pin::pin;
pub(crate) use usage::{Meter, Sample, Usage};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The path of the WebSocket.
pub(crate) const WEBSOCKET_PATH: &str = "/ws";
/// How long a server may take to be ready.
const READY_TIME_MAX: Duration = Duration::from_secs(120);
/// How long a server may take to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// Lines of the log shown when the server fails.
const LOG_LINES: usize = 30;

/// Which server to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As shipped.
    Release,
    /// With the debug endpoint that injects panics.
    Failpoints,
}

/// A server of our own, in a temporary folder.
pub(crate) struct Server {
    binary: PathBuf,
    child: Option<Child>,
    folder: Folder,
    addr: SocketAddr,
}

enum Folder {
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

impl Server {
    /// Builds the server if need be (with so many media shards, when said), starts it on a free port and waits until it is ready. The data live in a temporary
    /// folder under `parent` (the system's own when absent), which `keep` leaves behind.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub(crate) async fn spawn(
        build: Build,
        shards: Option<usize>,
        parent: Option<&Path>,
        keep: bool,
    ) -> anyhow::Result<Self> {
        let binary = binary(build)?;
        let mut folder = tempfile::Builder::new();
        folder.prefix("greenroom-loadtest-");
        let folder = match parent {
            Some(parent) => folder.tempdir_in(parent)?,
            None => folder.tempdir()?,
        };
        let folder = if keep {
            Folder::Kept(folder.keep())
        } else {
            Folder::Temporary(folder)
        };
        let addr = free_port()?;
        std::fs::write(
            folder.path().join("greenroom.toml"),
            config(addr, &folder.path().join("data"), shards),
        )?;
        let mut server = Self {
            binary,
            child: None,
            folder,
            addr,
        };
        server.start().await?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Kills it at once, as a power button would the process.
    ///
    /// # Errors
    /// When it was not running.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the server is not running")?;
        if let Some(status) = child.try_wait()? {
            bail!("the server had ended by itself ({status})\n{}", self.log());
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Starts it (again) and waits until it is ready; returns how long that took.
    ///
    /// # Errors
    /// When it does not become ready.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Duration> {
        ensure!(self.child.is_none(), "the server is running already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let begin = Instant::now();
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--config")
            .arg(self.folder.path().join("greenroom.toml"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        self.child = Some(child);
        while begin.elapsed() < READY_TIME_MAX {
            if let Some(status) = self
                .child
                .as_mut()
                .and_then(|c| c.try_wait().ok().flatten())
            {
                self.child = None;
                bail!("the server ended with {status}\n{}", self.log());
            }
            if matches!(http::send(self.addr, "GET", "/readyz").await, Ok((200, _))) {
                return Ok(begin.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("not ready within {READY_TIME_MAX:?}\n{}", self.log())
    }

    /// Stops it as an operator would.
    ///
    /// # Errors
    /// When it does not end in time, or not with success.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("a process id")?, Signal::TERM)?;
        let begin = Instant::now();
        while begin.elapsed() < STOP_TIME_MAX {
            if let Some(status) = child.try_wait()? {
                ensure!(
                    status.success(),
                    "the server ended with {status} on SIGTERM\n{}",
                    self.log()
                );
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        child.kill()?;
        child.wait()?;
        bail!(
            "the server did not end within {STOP_TIME_MAX:?} of SIGTERM\n{}",
            self.log()
        )
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let from = lines.len().saturating_sub(LOG_LINES);
        lines[from..].join("\n")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be gone already; either way it must not outlive the harness.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Folder::Kept(folder) = &self.folder {
            eprintln!("kept {}", folder.display());
        }
    }
}

/// The path of the binary, after cargo has brought it up to date.
fn binary(build: Build) -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("GREENROOM_BIN") {
        return Ok(given.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the workspace above loadtest")?;
    let target = match build {
        Build::Release => root.join("target"),
        Build::Failpoints => root.join("target/failpoints"),
    };
    let binary = target.join("release/greenroom");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--release", "--package", "greenroom", "--quiet"]);
    if build == Build::Failpoints {
        cargo
            .args(["--features", "failpoints", "--target-dir"])
            .arg(&target);
    }
    let status = cargo.status().context("running cargo")?;
    ensure!(status.success(), "the server does not build");
    Ok(binary)
}

fn free_port() -> anyhow::Result<SocketAddr> {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(probe.local_addr()?)
}

/// The configuration of a server under test: limits that are there against abuse are out of the way.
fn config(addr: SocketAddr, data: &Path, shards: Option<usize>) -> String {
    let shards = shards.map_or_else(String::new, |n| format!("shards = {n}\n"));
    let rates = "frames = { per_s = 1000000, burst = 1000000 }\n\
                 bytes = { per_s = 1000000000, burst = 1000000000 }\n\
                 ops = { per_s = 1000000, burst = 1000000 }\n\
                 signals = { per_s = 1000000, burst = 1000000 }\n\
                 reads = { per_s = 1000000, burst = 1000000 }\n\
                 changes = { per_s = 1000000, burst = 1000000 }\n";
    format!(
        "[server]\nlisten = [\"{addr}\"]\ndata = {data:?}\n\n\
         [calls]\nport = 0\nlisten = [\"127.0.0.1\"]\naddresses = [\"127.0.0.1\"]\nparticipants_max = 10000\n{shards}\n[guests]\nenabled = true\ncreate_rooms = true\n\n\
         [limits]\nconnections = 100000\n\n[limits.connection]\n{rates}\n[limits.user]\n{rates}"
    )
}
