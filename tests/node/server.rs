//! A server process with a data folder of its own.

use greenroom::access::{Grant, NodeKey, Rights, TokenMint};
use greenroom::app::gate::now_s;
use greenroom::id::{RoomId, TokenId};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Long enough for the slowest machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// Lines of its log that wait for a test; then the server waits too.
const LOG_LINES_MAX: usize = 10_000;

/// A running server, killed when dropped.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    settings: Vec<(String, String)>,
    log: mpsc::Receiver<String>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// With everything as usual.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With these settings, by their names in the environment without the prefix.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| (format!("GREENROOM_{name}"), (*value).into()));
        let folder = tempfile::tempdir().expect("a folder");
        Self::on(folder, settings.collect())
    }

    /// Ends it in good order, and starts it again on the same data.
    pub(crate) fn restart(mut self) -> Self {
        if self.child.try_wait().expect("our child").is_none() {
            self.signal("TERM");
        }
        assert_eq!(self.exit_code(), Some(0));
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"));
        Self::on(folder, std::mem::take(&mut self.settings))
    }

    fn on(folder: TempDir, settings: Vec<(String, String)>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENROOM_")) {
            command.env_remove(name);
        }
        command.env("GREENROOM_CALLS__PORT", "0");
        command.env("GREENROOM_CALLS__LISTEN", "[\"127.0.0.1\"]");
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(folder.path()).stdin(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (sender, log) = mpsc::sync_channel(LOG_LINES_MAX);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        let address = ([127, 0, 0, 1], 0).into();
        let mut server = Self {
            child,
            folder,
            settings,
            log,
            address,
        };
        let line = server.until_logged("listening on ");
        let (_, address) = line.split_once("://").expect("a URL");
        let end = address.find(|c: char| c != ':' && c != '.' && !c.is_ascii_digit());
        server.address = address[..end.unwrap_or(address.len())]
            .parse()
            .expect("an address");
        server
    }

    /// Waits for a line of the log.
    pub(crate) fn until_logged(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("`{text}` was not logged ({error}), only {seen:#?}"),
            }
        }
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// A token with every right, for half an hour.
    pub(crate) fn token(&self, user: &str, device: &str) -> String {
        self.token_for(user, device, 1800, None)
    }

    /// A token.
    pub(crate) fn token_for(
        &self,
        user: &str,
        device: &str,
        lifetime_s: u64,
        rooms: Option<&[&str]>,
    ) -> String {
        let pem = std::fs::read_to_string(self.data().join("node.key")).expect("the node's key");
        let key = NodeKey::from_pem(&pem).expect("an Ed25519 key");
        let room = |room: &&str| room.parse::<RoomId>().expect("a room");
        let grant = Grant {
            user: user.parse().expect("legal"),
            device: device.parse().expect("legal"),
            name: user.into(),
            rights: Rights::ALL,
            rooms: rooms.map(|rooms| rooms.iter().map(room).collect()),
            lifetime_s,
        };
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("randomness");
        TokenMint::new(&key)
            .user(&grant, TokenId::from_bytes(id), now_s())
            .expect("a legal grant")
    }

    /// An HTTP request's answer, head and all.
    pub(crate) fn http(&self, method: &str, path: &str) -> String {
        self.http_with(method, path, &[], "")
    }

    /// The same with headers and a body.
    pub(crate) fn http_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let mut head = format!(
            "Host: test\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("\r\n{name}: {value}"));
        }
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        let request = format!("{method} {path} HTTP/1.1\r\n{head}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// A figure of its metrics; 0 when there is none.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let metrics = self.http("GET", "/metrics");
        let line = metrics.lines().find_map(|line| {
            line.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(' '))
        });
        line.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// Has a room or a connection panic: `room=ID`, `call=ROOM` or `connection=N`.
    #[cfg(feature = "failpoints")]
    pub(crate) fn panic(&self, target: &str) {
        let answer = self.http("POST", &format!("/debug/panic?{target}"));
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
