//! The built binary as an operator meets it: commands, configuration, signals, exit codes.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// Long enough for the slowest machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(90);

/// Lines of its log that wait for a test; then the server waits too.
const LOG_LINES_MAX: usize = 10_000;

/// The binary, in an environment without settings.
fn greenroom(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENROOM_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        status.code().expect("no signal"),
        text(stdout),
        text(stderr),
    )
}

/// A running server, killed when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    log: mpsc::Receiver<String>,
}

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = greenroom(folder)
            .env("GREENROOM_CALLS__PORT", "0")
            .env("GREENROOM_CALLS__LISTEN", "[\"127.0.0.1\"]")
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (sender, log) = mpsc::sync_channel(LOG_LINES_MAX);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut server = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            log,
        };
        let line = server.until_logged("listening on ");
        let (_, address) = line.split_once("://").expect("a URL");
        let end = address.find(|c: char| c != ':' && c != '.' && !c.is_ascii_digit());
        server.address = address[..end.unwrap_or(address.len())]
            .parse()
            .expect("an address");
        server
    }

    fn until_logged(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("`{text}` was not logged ({error}), only {seen:#?}"),
            }
        }
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"))
    }

    fn ask(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        let request = format!("{head}Host: test:80\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    fn exit_code(&mut self) -> Option<i32> {
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

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn the_server_tells_its_state_over_http() {
    let dir = folder();
    let server = Server::start(dir.path(), &[]);
    let health = server.get("/healthz");
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
    assert!(
        health
            .to_lowercase()
            .contains("x-content-type-options: nosniff"),
        "{health}"
    );
    let ready = server.get("/readyz");
    assert!(ready.contains("{\"ready\":true"), "{ready}");
    let metrics = server.get("/metrics");
    assert!(
        metrics.contains("application/openmetrics-text"),
        "{metrics}"
    );
    assert!(metrics.contains("\ngreenroom_connections 0\n"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    assert!(server.get("/").contains("<title>Greenroom"));
    assert!(server.get("/../../etc/passwd").starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_web_app_is_served_from_its_folder() {
    let dir = folder();
    let settings = dir.path().join("my.toml");
    std::fs::write(&settings, "[web]\nfolder = \"dist\"\n").expect("room on disk");
    let serve = ["serve", "--config", "my.toml", "--listen", "127.0.0.1:0"];
    let (code, _, error) = run(greenroom(dir.path()).args(serve));
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("cannot read dist (web.folder)"), "{error}");

    let dist = dir.path().join("dist");
    std::fs::create_dir(&dist).expect("room on disk");
    std::fs::write(dist.join("index.html"), "<p>the app</p>").expect("room on disk");
    let server = Server::start(dir.path(), &["--config", "my.toml"]);
    let page = server.get("/");
    assert!(page.ends_with("\r\n\r\n<p>the app</p>"), "{page}");
    assert!(page.contains("require-trusted-types-for"), "{page}");
    assert_eq!(page.matches("content-security-policy:").count(), 1);
    let head = server.ask("HEAD / HTTP/1.1\r\n");
    assert!(head.contains("content-length: 14\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let outside = server.get("/../my.toml");
    assert!(outside.starts_with("HTTP/1.1 404 "), "{outside}");
    assert!(!outside.contains("trusted-types"), "{outside}");
}

#[test]
fn http_and_https_are_served_side_by_side() {
    let dir = folder();
    let both = ["--tls-self-signed", "--tls-listen", "127.0.0.1:0"];
    let server = Server::start(dir.path(), &both);
    let line = server.until_logged("listening on https://");
    let (_, secure) = line.split_once("https://").expect("a URL");
    let secure = secure.split(' ').next().expect("an address");
    let version = server.get("/version");
    let port = secure.rsplit(':').next().expect("a port");
    let url = format!("\"secure_url\":\"https://test:{port}\"");
    assert!(version.contains(&url), "no {url} in {version}");
    assert!(version.contains("\"server\":\"greenroom/"), "{version}");
    let trusted = dir.path().join("greenroom-data/self-signed.pem");
    tls_fingerprint(secure.parse().expect("an address"), &trusted);
}

#[test]
fn a_request_that_never_ends_is_cut_off() {
    let dir = folder();
    let server = Server::start(dir.path(), &[]);
    let mut slow = TcpStream::connect(server.address).expect("it listens");
    slow.write_all(b"GET / HTTP/1.1\r\nX-Slow: ")
        .expect("it reads");
    slow.set_read_timeout(Some(PATIENCE))
        .expect("an open socket");
    let mut answer = Vec::new();
    // A 408 and the end, or just the end.
    if let Err(error) = slow.read_to_end(&mut answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "it is kept");
    }
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "));
}

#[test]
fn sigterm_ends_it_in_good_order() {
    for name in ["TERM", "INT"] {
        let dir = folder();
        let mut server = Server::start(dir.path(), &[]);
        server.signal(name);
        server.until_logged("draining");
        assert_eq!(server.exit_code(), Some(0), "{name}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_what_is_known() {
    let dir = folder();
    std::fs::write(dir.path().join("my.toml"), "[server]\nlisten_on = 7\n").expect("room on disk");
    let (code, _, error) = run(greenroom(dir.path()).args(["serve", "--config", "my.toml"]));
    assert_eq!(code, 2, "{error}");
    for part in ["`server.listen_on`", "my.toml", "listen, data, origins"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert!(
        !dir.path().join("greenroom-data").exists(),
        "nothing was begun"
    );
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let dir = folder();
    let file = "[server]\ndrain_deadline_s = 11\n[guests]\nenabled = true\n";
    std::fs::write(dir.path().join("my.toml"), file).expect("room on disk");
    let (code, out, error) = run(greenroom(dir.path())
        .args([
            "config", "print", "--config", "my.toml", "--data", "flagged",
        ])
        .env("GREENROOM_SERVER__DRAIN_DEADLINE_S", "12")
        .env("GREENROOM_SERVER__DATA", "elsewhere")
        .env("GREENROOM_LIMITS__USER__OPS__BURST", "13"));
    assert_eq!(code, 0, "{error}");
    for line in [
        "drain_deadline_s = 12",
        "data = \"flagged\"",
        "enabled = true",
        "ops = { per_s = 1000, burst = 13 }",
    ] {
        assert!(out.lines().any(|l| l == line), "no `{line}` in {out}");
    }
    let (code, _, error) = run(greenroom(dir.path())
        .args(["config", "print"])
        .env("GREENROOM_SERVER__LISTEN_ON", "7"));
    assert_eq!(code, 2);
    assert!(error.contains("GREENROOM_SERVER__LISTEN_ON"), "{error}");
}

#[test]
fn a_port_in_use_is_named() {
    let dir = folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let (code, _, error) = run(greenroom(dir.path()).args(["serve", "--listen", &address]));
    assert_eq!(code, 3, "{error}");
    assert!(
        error.contains(&address) && error.contains("in use"),
        "{error}"
    );
}

#[test]
fn a_second_process_on_the_data_folder_is_refused() {
    let dir = folder();
    let _server = Server::start(dir.path(), &[]);
    let (code, _, error) = run(greenroom(dir.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(code, 4, "{error}");
    assert!(
        error.contains("in use by another greenroom process"),
        "{error}"
    );
}

#[test]
fn tokens_are_minted_inspected_and_revoked_while_the_server_runs() {
    let dir = folder();
    let server = Server::start(dir.path(), &[]);
    let token = |arguments: &[&str]| run(greenroom(dir.path()).arg("token").args(arguments));

    let rights = "read,post";
    let (code, minted, error) = token(&[
        "--user", "alice", "--device", "web", "--rights", rights, "--ttl", "1h",
    ]);
    assert_eq!(code, 0, "{error}");
    let minted = minted.trim();
    let (code, shown, error) = token(&["inspect", minted]);
    assert_eq!(code, 0, "{error}");
    for part in [
        "\"user\":\"alice\"",
        "\"device\":\"web\"",
        "[\"read\",\"post\"]",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }

    // The key on disk is the one that verifies it: the public interface agrees with the command line.
    let pem = std::fs::read_to_string(dir.path().join("greenroom-data/node.key")).expect("a key");
    let key = greenroom::access::NodeKey::from_pem(&pem).expect("an Ed25519 key");
    let verifier = greenroom::access::TokenVerifier::new(&[key.public()], 0);
    let now_s = greenroom::app::gate::now_s();
    assert_eq!(
        verifier.verify(minted, now_s).expect("fresh").user.as_str(),
        "alice"
    );

    let (code, _, error) = token(&["revoke", "--token", minted]);
    assert_eq!(code, 0, "{error}");
    server.until_logged("revocations read");
    let (code, _, error) = token(&["inspect", minted]);
    assert_eq!(code, 1);
    assert!(error.contains("revoked"), "{error}");
    let (code, _, error) = token(&["mint", "--user", "guest-0011223344556677"]);
    assert_eq!(code, 1);
    assert!(error.contains("guests"), "{error}");
}

#[test]
fn a_broken_key_or_revocation_is_named() {
    let dir = folder();
    std::fs::write(dir.path().join("revoked"), "user alice for ever\n").expect("room on disk");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "."];
    let (code, _, error) = run(greenroom(dir.path()).args(serve));
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("revoked, line 1"), "{error}");
    std::fs::write(dir.path().join("node.key"), "not a key").expect("room on disk");
    let (code, _, error) = run(greenroom(dir.path()).args(serve));
    assert_eq!(code, 5, "{error}");
    assert!(
        error.contains("node.key") && error.contains("openssl"),
        "{error}"
    );
}

#[test]
fn tls_is_self_signed_and_stays_the_same() {
    let dir = folder();
    let start = || {
        let server = Server::start(dir.path(), &["--tls-self-signed"]);
        let line = server.until_logged("certificate fingerprint");
        let fingerprint = line.rsplit(' ').next().expect("words").to_owned();
        (server, fingerprint)
    };
    let (server, first) = start();
    let trusted = dir.path().join("greenroom-data/self-signed.pem");
    let shown = tls_fingerprint(server.address, &trusted);
    assert_eq!(shown, first);
    drop(server);
    assert_eq!(start().1, first);
}

/// Shakes hands over TLS with a client that trusts only this certificate and checks its name, asks for /healthz, and
/// says whose certificate it saw.
fn tls_fingerprint(address: SocketAddr, trusted: &Path) -> String {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    use rustls::{ClientConfig, ClientConnection, NamedGroup, RootCertStore, StreamOwned};
    use sha2::{Digest, Sha256};
    use std::sync::Arc;

    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(trusted).expect("a certificate");
    roots.add(certificate).expect("a legal certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the defaults")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    let session = ClientConnection::new(Arc::new(config), name).expect("a legal name");
    let socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("not zero");
    let mut stream = StreamOwned::new(session, socket);
    let request = "GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    // The server may end without close_notify: what counts is the answer.
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let group = stream
        .conn
        .negotiated_key_exchange_group()
        .map(|group| group.name());
    assert_eq!(group, Some(NamedGroup::X25519MLKEM768));
    let seen = &stream.conn.peer_certificates().expect("shown")[0];
    let hash: [u8; 32] = Sha256::digest(seen).into();
    hash.map(|byte| format!("{byte:02X}")).join(":")
}

#[test]
fn the_database_is_checked_exported_and_imported() {
    let dir = folder();
    let db = |arguments: &[&str]| run(greenroom(dir.path()).arg("db").args(arguments));
    let (code, _, error) = db(&["check"]);
    assert_eq!(code, 1);
    assert!(error.contains("no database"), "{error}");

    let mut server = Server::start(dir.path(), &[]);
    let (code, _, error) = db(&["check"]);
    assert_eq!(code, 4, "{error}");
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));

    let (code, out, error) = db(&["check"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("0 problems"), "{out}");
    let (code, _, error) = db(&["export", "all.jsonl"]);
    assert_eq!(code, 0, "{error}");
    let (code, _, error) = db(&["import", "--data", "other", "all.jsonl"]);
    assert_eq!(code, 0, "{error}");
    let (code, _, error) = db(&["rotate-key"]);
    assert_eq!(code, 0, "{error}");
    let (code, _, error) = db(&["check"]);
    assert_eq!(code, 0, "{error}");

    std::fs::remove_file(dir.path().join("greenroom-data/master.key")).expect("it was made");
    let (code, _, error) = run(greenroom(dir.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("master.key is missing"), "{error}");
}
