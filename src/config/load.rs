//! Where values come from, and whether they make sense.

use super::{Config, TlsSource};
use figment::{
    Figment, Profile,
    error::Kind,
    providers::{Env, Format, Serialized, Toml},
};
use serde::Serialize;
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Variables that begin so and hold `__` are settings.
pub const ENV_PREFIX: &str = "GREENROOM_";

const DRAIN_DEADLINE_S_MAX: u64 = 300;
const LEEWAY_S_MAX: u64 = 300;
const CACHE_BYTES_MIN: u64 = 16 << 20;
const CONNECTIONS_MAX: usize = 1_000_000;
const WORKERS_MAX: usize = 1024;
const SHARDS_MAX: usize = 64;
const CALLS_PORT_MAX: u16 = u16::MAX - 64;
const PARTICIPANTS_MAX: usize = 10_000;
const ADDRESSES_MAX: usize = 16;
const GUEST_LIFETIME_S: std::ops::RangeInclusive<u64> = 60..=86_400;

/// Why there is no configuration. The operator must act; the text says on what.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A value is unknown or of the wrong form: one line for each, with its key and source.
    #[error("{0}")]
    Form(String),
    /// A value makes no sense.
    #[error("`{key}` {problem}")]
    Value {
        /// Which, dotted.
        key: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// Values from the command line. Absent ones change nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// Replaces `server.listen` when not empty.
    pub listen: Vec<SocketAddr>,
    /// Replaces `server.data`.
    pub data: Option<PathBuf>,
    /// Turns `guests.enabled` on.
    pub guests: bool,
    /// Turns `tls.self_signed` on.
    pub tls_self_signed: bool,
    /// Replaces `tls.listen` when not empty.
    pub tls_listen: Vec<SocketAddr>,
    /// Replaces `tls.cert`.
    pub cert: Option<PathBuf>,
    /// Replaces `tls.key`.
    pub key: Option<PathBuf>,
}

impl Config {
    /// Defaults, then the file if one is given, then the environment, then flags; validated.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            // Read here: figment takes a file that is not there for an empty one.
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.into(),
                source,
            })?;
            figment = figment.merge(Toml::file_exact(path));
        }
        let env = Env::prefixed(ENV_PREFIX).filter(|key| key.as_str().contains("__"));
        figment = figment.merge(env.split("__"));
        let config: Self = flags
            .onto(figment)
            .extract()
            .map_err(|error| ConfigError::Form(describe(error)))?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let refuse = |key, problem: &str| {
            let problem = problem.into();
            Err(ConfigError::Value { key, problem })
        };
        if self.server.listen.is_empty() {
            return refuse(
                "server.listen",
                "needs at least one address, such as \"127.0.0.1:7700\"",
            );
        }
        if self.server.data.as_os_str().is_empty() {
            return refuse("server.data", "must name a folder");
        }
        if let Some(origin) = self.server.origins.iter().find(|o| !is_origin(o)) {
            let problem = format!(
                "has `{origin}`, which no browser sends: use scheme://host or scheme://host:port in lower case, \
                 without a path or a final slash"
            );
            return refuse("server.origins", &problem);
        }
        if self
            .server
            .workers
            .is_some_and(|n| !(1..=WORKERS_MAX).contains(&n))
        {
            return refuse("server.workers", "must be 1 to 1024");
        }
        if !(1..=DRAIN_DEADLINE_S_MAX).contains(&self.server.drain_deadline_s) {
            return refuse("server.drain_deadline_s", "must be 1 to 300");
        }
        if self.tls.cert.is_some() != self.tls.key.is_some() {
            return refuse("tls", "needs `cert` and `key` together");
        }
        if self.tls.cert.is_some() && self.tls.self_signed {
            return refuse("tls.self_signed", "contradicts `tls.cert`: use one of them");
        }
        if self.tls.source() == TlsSource::Off && !self.tls.listen.is_empty() {
            return refuse(
                "tls.listen",
                "needs a certificate: set `tls.self_signed`, or `tls.cert` and `tls.key`",
            );
        }
        if let Some(folder) = &self.web.folder
            && folder.as_os_str().is_empty()
        {
            return refuse("web.folder", "must name a folder, or be unset");
        }
        if self.tokens.leeway_s > LEEWAY_S_MAX {
            return refuse("tokens.leeway_s", "must be at most 300");
        }
        if !GUEST_LIFETIME_S.contains(&self.guests.token_lifetime_s) {
            return refuse("guests.token_lifetime_s", "must be 60 to 86400");
        }
        if self.storage.cache_bytes < CACHE_BYTES_MIN {
            return refuse("storage.cache_bytes", "must be at least 16777216 (16 MiB)");
        }
        self.validate_calls()?;
        if !(1..=CONNECTIONS_MAX).contains(&self.limits.connections) {
            return refuse("limits.connections", "must be 1 to 1000000");
        }
        if self.log.level.trim().is_empty() {
            return refuse("log.level", "is empty: use \"info\"");
        }
        Ok(())
    }

    fn validate_calls(&self) -> Result<(), ConfigError> {
        let refuse = |key, problem: &str| ConfigError::Value {
            key,
            problem: problem.into(),
        };
        if self
            .calls
            .shards
            .is_some_and(|n| !(1..=SHARDS_MAX).contains(&n))
        {
            return Err(refuse("calls.shards", "must be 1 to 64"));
        }
        if self.calls.port > CALLS_PORT_MAX {
            return Err(refuse(
                "calls.port",
                "must be at most 65471, for 64 ports may follow it",
            ));
        }
        if !(1..=PARTICIPANTS_MAX).contains(&self.calls.participants_max) {
            return Err(refuse("calls.participants_max", "must be 1 to 10000"));
        }
        let listen = self.calls.listen.iter();
        if listen.clone().filter(|it| it.is_ipv4()).count() > 1
            || listen.filter(|it| it.is_ipv6()).count() > 1
        {
            let reason =
                "names more than one address of a family: one, or `0.0.0.0` or `::` for all";
            return Err(refuse("calls.listen", reason));
        }
        if self.calls.addresses.len() > ADDRESSES_MAX {
            return Err(refuse("calls.addresses", "names more than 16 addresses"));
        }
        Ok(())
    }
}

impl Flags {
    fn onto(&self, figment: Figment) -> Figment {
        let mut figment = figment;
        if !self.listen.is_empty() {
            figment = figment.merge(flag("server.listen", &self.listen));
        }
        if !self.tls_listen.is_empty() {
            figment = figment.merge(flag("tls.listen", &self.tls_listen));
        }
        if self.guests {
            figment = figment.merge(flag("guests.enabled", true));
        }
        if self.tls_self_signed {
            figment = figment.merge(flag("tls.self_signed", true));
        }
        let paths = [
            ("server.data", &self.data),
            ("tls.cert", &self.cert),
            ("tls.key", &self.key),
        ];
        for (key, path) in paths {
            if let Some(path) = path {
                figment = figment.merge(flag(key, path));
            }
        }
        figment
    }
}

fn flag<T: Serialize>(key: &str, value: T) -> Serialized<T> {
    Serialized::from(value, Profile::Default).key(key)
}

/// `scheme://host[:port]`, as RFC 6454 §6.2 serialises it.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c);
    matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(legal)
}

/// One line for each fault: key, what is wrong, what is allowed, where it came from.
fn describe(error: figment::Error) -> String {
    let lines = error.into_iter().map(|one| {
        let mut path = one.path.clone();
        let what = match &one.kind {
            Kind::UnknownField(field, allowed) => {
                if path.last() != Some(field) {
                    path.push(field.clone());
                }
                format!("is not a setting; known here: {}", allowed.join(", "))
            }
            kind => kind.to_string(),
        };
        let source = one.metadata.as_ref().map_or(String::new(), |metadata| {
            match metadata.source.as_ref().and_then(|s| s.file_path()) {
                Some(file) => format!(" (in {})", file.display()),
                None if metadata.name.contains("environment") => {
                    format!(" (in {ENV_PREFIX}{})", path.join("__").to_uppercase())
                }
                None => String::new(),
            }
        });
        let key = path.join(".");
        if key.is_empty() {
            format!("the configuration is not TOML{source}: {what}")
        } else {
            format!("`{key}` {what}{source}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(toml: &str) -> Result<Config, String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(toml.as_bytes()).expect("room on disk");
        Config::load(Some(file.path()), &Flags::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(load(""), Ok(Config::default()));
    }

    #[test]
    fn parts_of_a_section_can_be_set() {
        let config = load("[limits.connection]\nops = { burst = 7 }\n").expect("legal");
        assert_eq!(config.limits.connection.ops.burst.get(), 7);
        assert_eq!(config.limits.connection.ops.per_s.get(), 500);
    }

    #[test]
    fn faults_name_the_key_and_what_is_allowed() {
        let faults = [
            (
                "[server]\nlisten_on = 1",
                "`server.listen_on` is not a setting",
            ),
            (
                "[server]\nlisten_on = 1",
                "origins, workers, drain_deadline_s",
            ),
            ("[sever]\n", "`sever` is not a setting"),
            ("[server]\nlisten = [\"localhost\"]", "server.listen"),
            ("[server]\nlisten = []", "`server.listen` needs"),
            (
                "[server]\norigins = [\"https://a.b/\"]",
                "`server.origins` has",
            ),
            ("[tls]\ncert = \"a\"", "`tls` needs"),
            (
                "[tls]\ncert = \"a\"\nkey = \"b\"\nself_signed = true",
                "contradicts",
            ),
            (
                "[tls]\nlisten = [\"0.0.0.0:7743\"]",
                "`tls.listen` needs a certificate",
            ),
            ("[web]\nfolder = \"\"", "`web.folder` must"),
            (
                "[limits.user]\nops = { per_s = 0 }",
                "limits.user.ops.per_s",
            ),
            ("[log]\nformat = \"xml\"", "`text` or `json`"),
            ("[storage]\nretention_days = 0", "storage.retention_days"),
            ("[calls]\nport = 65500", "`calls.port` must"),
            ("[calls]\nshards = 0", "`calls.shards` must"),
            (
                "[calls]\nparticipants_max = 0",
                "`calls.participants_max` must",
            ),
            ("[calls]\naddresses = [\"here\"]", "calls.addresses"),
            (
                "[calls]\nlisten = [\"10.0.0.1\", \"10.0.0.2\"]",
                "`calls.listen` names",
            ),
            ("x = [", "not TOML"),
        ];
        for (toml, fault) in faults {
            let error = load(toml).expect_err(toml);
            assert!(error.contains(fault), "{toml:?} gives {error:?}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let error = Config::load(Some(Path::new("/nonexistent/x.toml")), &Flags::default());
        assert!(matches!(error, Err(ConfigError::Read { .. })));
    }

    #[test]
    fn https_takes_the_place_of_http_or_stands_beside_it() {
        let (one, other) = ("[\"127.0.0.1:1\"]", "[\"127.0.0.1:2\"]");
        let addresses = |tls: &str| {
            let config = load(&format!("[server]\nlisten = {one}\n[tls]\n{tls}"));
            let config = config.expect("legal");
            let ports = |all: &[SocketAddr]| all.iter().map(SocketAddr::port).collect::<Vec<_>>();
            (
                ports(config.plain_addresses()),
                ports(config.secure_addresses()),
            )
        };
        assert_eq!(addresses(""), (vec![1], vec![]));
        assert_eq!(addresses("self_signed = true"), (vec![], vec![1]));
        let both = format!("self_signed = true\nlisten = {other}");
        assert_eq!(addresses(&both), (vec![1], vec![2]));
    }

    #[test]
    fn flags_win() {
        let flags = Flags {
            listen: vec![([127, 0, 0, 1], 1).into()],
            data: Some("elsewhere".into()),
            guests: true,
            ..Flags::default()
        };
        let config = Config::load(None, &flags).expect("legal");
        assert_eq!(config.server.listen, flags.listen);
        assert_eq!(config.server.data, Path::new("elsewhere"));
        assert!(config.guests.enabled);
    }
}
