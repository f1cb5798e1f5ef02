//! The effective configuration as commented TOML: the example file with other values in it.

use super::Config;
use serde_json::Value;
use std::fmt::Write;

/// Documents every key, with the defaults as values.
const EXAMPLE: &str = include_str!("../../config.example.toml");

impl Config {
    /// This configuration as a file that would give it again.
    #[must_use]
    pub fn to_commented_toml(&self) -> String {
        let tree = serde_json::to_value(self).unwrap_or_default();
        let mut section = Vec::new();
        let mut out = String::with_capacity(EXAMPLE.len());
        for line in EXAMPLE.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = name.split('.').collect();
            }
            let value = setting(line).and_then(|key| {
                let parent = section.iter().try_fold(&tree, |at, key| at.get(key))?;
                Some((key, parent.get(key)?))
            });
            match value {
                None | Some((_, Value::Null)) => out.push_str(line),
                Some((key, value)) => {
                    let _ = write!(out, "{key} = {}", toml(value));
                }
            }
            out.push('\n');
        }
        out
    }
}

/// The key of `key = value` or `#key = value`.
fn setting(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix('#').unwrap_or(line).split_once(" = ")?;
    let is_key = |key: &str| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_key(key).then_some(key)
}

/// A value on one line. JSON's strings, numbers and booleans are TOML's.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            // `per_s` before `burst`, as it is read.
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(key, value)| format!("{key} = {}", toml(value)))
                .collect();
            fields.sort_by(|a, b| b.cmp(a));
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, TlsSource};
    use std::path::Path;

    #[test]
    fn the_example_shows_the_defaults() {
        assert_eq!(Config::default().to_commented_toml(), EXAMPLE);
        let example = Config::load(Some(Path::new("config.example.toml")), &Flags::default());
        assert_eq!(example.expect("legal"), Config::default());
    }

    #[test]
    fn the_example_documents_every_key() {
        fn leaves(at: &str, value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) if !fields.contains_key("burst") => {
                    for (key, value) in fields {
                        leaves(&format!("{at}.{key}"), value, found);
                    }
                }
                _ => found.push(at.trim_start_matches('.').into()),
            }
        }
        let mut keys = Vec::new();
        let tree = serde_json::to_value(Config::default()).expect("plain data");
        leaves("", &tree, &mut keys);
        let mut documented = Vec::new();
        let mut section = "";
        for line in EXAMPLE.lines() {
            section = line
                .strip_prefix('[')
                .map_or(section, |l| l.trim_end_matches(']'));
            documented.extend(setting(line).map(|key| format!("{section}.{key}")));
        }
        documented.sort();
        keys.sort();
        assert_eq!(documented, keys);
    }

    #[test]
    fn what_is_printed_gives_the_same_again() {
        let mut config = Config::default();
        config
            .server
            .listen
            .push("[::]:80".parse().expect("an address"));
        config.server.data = "a \"b\"\\c".into();
        config.server.workers = Some(3);
        config.tls.cert = Some("c.pem".into());
        config.tls.key = Some("k.pem".into());
        config.guests.enabled = true;
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), config.to_commented_toml()).expect("room on disk");
        let again = Config::load(Some(file.path()), &Flags::default()).expect("legal");
        assert_eq!(again, config);
        assert!(matches!(again.tls.source(), TlsSource::Files(..)));
    }
}
