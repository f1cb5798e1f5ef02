//! The typed configuration tree, validated once.
//!
//! Owns what an operator can set, its defaults, and where values come from: defaults, then the TOML file, then
//! `GREENROOM_SECTION__KEY` variables, then flags. `config.example.toml` documents every key; a test holds both equal.
//! Knows nothing of what the values are used for.

mod load;
mod print;

pub use load::{ConfigError, ENV_PREFIX, Flags};

use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

/// Everything an operator can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen and to keep data.
    pub server: Server,
    /// Certificates.
    pub tls: Tls,
    /// Capability tokens.
    pub tokens: Tokens,
    /// Visitors without a token.
    pub guests: Guests,
    /// The database.
    pub storage: Storage,
    /// Audio and video.
    pub calls: Calls,
    /// The web app.
    pub web: Web,
    /// Bounds on what clients may ask for.
    pub limits: Limits,
    /// The log.
    pub log: Log,
}

/// Where to listen and to keep data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Addresses to listen on, at least one.
    pub listen: Vec<SocketAddr>,
    /// The data folder.
    pub data: PathBuf,
    /// Web origins that may open a WebSocket besides the server's own, as `scheme://host[:port]`.
    pub origins: Vec<String>,
    /// Threads that serve connections; `None`: one per processor.
    pub workers: Option<usize>,
    /// Seconds from SIGTERM to the end.
    pub drain_deadline_s: u64,
}

/// Certificates. None of it: plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Make and keep a self-signed certificate.
    pub self_signed: bool,
    /// Further names and addresses in it.
    pub hostnames: Vec<String>,
    /// Addresses of HTTPS beside plain HTTP on `server.listen`; empty: those are HTTPS themselves.
    pub listen: Vec<SocketAddr>,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsSource<'a> {
    /// Plain HTTP.
    Off,
    /// The operator's files: chain and key.
    Files(&'a Path, &'a Path),
    /// A self-signed one in the data folder, with these further names.
    SelfSigned(&'a [String]),
}

/// Capability tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The node's key; `None`: `node.key` in the data folder.
    pub key_file: Option<PathBuf>,
    /// Seconds by which clocks may differ.
    pub leeway_s: u64,
}

/// Visitors without a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Whether they are let in.
    pub enabled: bool,
    /// Whether they may make rooms, and act in any role that a room gives them.
    pub create_rooms: bool,
    /// Seconds that a guest's token lives.
    pub token_lifetime_s: u64,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The key that seals stored data; `None`: `master.key` in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// Page cache, bytes.
    pub cache_bytes: u64,
    /// Days that bodies are kept in rooms that do not say; `None`: for ever.
    pub retention_days: Option<NonZeroU32>,
}

/// Audio and video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Whether this node has calls.
    pub enabled: bool,
    /// UDP port of the first media shard, the next ones follow; and the TCP port for clients that UDP does not reach.
    /// 0: whatever is free.
    pub port: u16,
    /// IP addresses to listen on, at most one of each family; empty: those of the web server, but every interface where
    /// that listens on loopback only.
    pub listen: Vec<IpAddr>,
    /// IP addresses that clients are told; empty: those that are listened on, or every interface's.
    pub addresses: Vec<IpAddr>,
    /// Threads that forward media; `None`: one per processor.
    pub shards: Option<usize>,
    /// Participants of one call.
    pub participants_max: usize,
}

/// The web app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// A folder to serve instead of the app in the binary.
    pub folder: Option<PathBuf>,
}

/// Bounds on what clients may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// WebSocket connections at once.
    pub connections: usize,
    /// For one connection.
    pub connection: Rates,
    /// For one user over all connections.
    pub user: Rates,
}

/// A rate for each class of cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Frames of any kind.
    pub frames: Rate,
    /// Bytes received.
    pub bytes: Rate,
    /// Ops posted.
    pub ops: Rate,
    /// Typing, presence, read markers.
    pub signals: Rate,
    /// Rooms opened, history pages, lists.
    pub reads: Rate,
    /// Rooms made, joined, left or changed; members; invites.
    pub changes: Rate,
}

/// A rate that may be exceeded for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many a second in the long run.
    pub per_s: NonZeroU32,
    /// So many at once.
    pub burst: NonZeroU32,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// `tracing` directives.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// The file of the node's key.
    #[must_use]
    pub fn node_key_file(&self) -> PathBuf {
        let in_data = || self.server.data.join("node.key");
        self.tokens.key_file.clone().unwrap_or_else(in_data)
    }

    /// Where plain HTTP is served.
    #[must_use]
    pub fn plain_addresses(&self) -> &[SocketAddr] {
        match self.tls.source() {
            TlsSource::Off => &self.server.listen,
            _ if self.tls.listen.is_empty() => &[],
            _ => &self.server.listen,
        }
    }

    /// Where HTTPS is served.
    #[must_use]
    pub fn secure_addresses(&self) -> &[SocketAddr] {
        match self.tls.source() {
            TlsSource::Off => &[],
            _ if self.tls.listen.is_empty() => &self.server.listen,
            _ => &self.tls.listen,
        }
    }

    /// The file of the key that seals stored data.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        let in_data = || self.server.data.join("master.key");
        self.storage.master_key_file.clone().unwrap_or_else(in_data)
    }
}

impl Tls {
    /// Where the certificate comes from. Half a pair, which validation refuses, counts as none.
    #[must_use]
    pub fn source(&self) -> TlsSource<'_> {
        match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => TlsSource::Files(cert, key),
            _ if self.self_signed => TlsSource::SelfSigned(&self.hostnames),
            _ => TlsSource::Off,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: vec![(Ipv4Addr::LOCALHOST, 7700).into()],
            data: "greenroom-data".into(),
            origins: Vec::new(),
            workers: None,
            drain_deadline_s: 10,
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            key_file: None,
            leeway_s: 30,
        }
    }
}

impl Default for Guests {
    fn default() -> Self {
        Self {
            enabled: false,
            create_rooms: true,
            token_lifetime_s: 3600,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            master_key_file: None,
            cache_bytes: 256 << 20,
            retention_days: None,
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            enabled: true,
            port: 7701,
            listen: Vec::new(),
            addresses: Vec::new(),
            shards: None,
            participants_max: 500,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connection: Rates {
                frames: Rate::new(500, 2000),
                bytes: Rate::new(1 << 20, 8 << 20),
                ops: Rate::new(500, 4000),
                signals: Rate::new(20, 200),
                reads: Rate::new(100, 1200),
                changes: Rate::new(20, 200),
            },
            user: Rates {
                frames: Rate::new(1000, 8000),
                bytes: Rate::new(4 << 20, 32 << 20),
                ops: Rate::new(1000, 16_000),
                signals: Rate::new(60, 600),
                reads: Rate::new(300, 4800),
                changes: Rate::new(40, 600),
            },
        }
    }
}

impl Rate {
    const fn new(per_s: u32, burst: u32) -> Self {
        let (Some(per_s), Some(burst)) = (NonZeroU32::new(per_s), NonZeroU32::new(burst)) else {
            panic!("a rate is never zero");
        };
        Self { per_s, burst }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".into(),
        }
    }
}
