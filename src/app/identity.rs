//! Which certificate the server shows.

use super::data_folder::{self, DataFolder};
use crate::config::{Config, TlsSource};
use crate::transport::tls::{self, TlsError, TlsIdentity};
use std::{
    fs, io,
    net::{IpAddr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use zeroize::Zeroizing;

/// A self-signed certificate is replaced at the first start when it has less than this to live.
const RENEWED_BEFORE: Duration = Duration::from_secs(60 * 24 * 3600);

/// Why there is no certificate to show. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it holds is of no use.
    #[error("{}: {source}", path.display())]
    Tls {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TlsError,
    },
}

/// The certificate of the configuration; `None` for plain HTTP.
pub(super) fn load(
    config: &Config,
    folder: &DataFolder,
) -> Result<Option<TlsIdentity>, IdentityError> {
    let (path, identity) = match config.tls.source() {
        TlsSource::Off => return Ok(None),
        TlsSource::Files(cert, key) => (
            cert.to_owned(),
            TlsIdentity::from_pem(&read(cert)?, &read(key)?),
        ),
        TlsSource::SelfSigned(further) => {
            let path = folder.path().join("self-signed.pem");
            let pem = self_signed(&path, names(config.secure_addresses(), further))?;
            (path, TlsIdentity::from_pem(&pem, &pem))
        }
    };
    match identity {
        Ok(identity) => Ok(Some(identity)),
        Err(source) => Err(IdentityError::Tls { path, source }),
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, IdentityError> {
    let text = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
    Ok(Zeroizing::new(text))
}

/// The certificate and key kept in the data folder, made when there is none or it is about to expire.
fn self_signed(path: &Path, names: Vec<String>) -> Result<Zeroizing<String>, IdentityError> {
    let now = SystemTime::now();
    let made = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok();
    let age = made.and_then(|made| now.duration_since(made).ok());
    if age.is_some_and(|age| age > tls::SELF_SIGNED_LIFETIME - RENEWED_BEFORE) {
        tracing::warn!("the self-signed certificate is about to expire: making a new one");
        fs::remove_file(path).map_err(|source| file_error(path, source))?;
    }
    let make = || {
        tls::self_signed_pem(names, now)
            .map(Zeroizing::new)
            .map_err(io::Error::other)
    };
    data_folder::private_file(path, make).map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: io::Error) -> IdentityError {
    IdentityError::File {
        path: path.into(),
        source,
    }
}

/// What clients may call this server: `localhost`, the addresses it listens on, and for "all addresses" the host's name
/// and the address it has on its network.
fn names(listen: &[SocketAddr], further: &[String]) -> Vec<String> {
    let mut names = vec!["localhost".into(), "127.0.0.1".into(), "::1".into()];
    for address in listen {
        if address.ip().is_unspecified() {
            names.extend(host_name());
            names.extend(network_address(address.ip()).map(|ip| ip.to_string()));
        } else {
            names.push(address.ip().to_string());
        }
    }
    names.extend_from_slice(further);
    names.sort();
    names.dedup();
    names
}

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let name = name.trim().to_owned();
    (!name.is_empty() && name.chars().all(legal)).then_some(name)
}

/// The address that packets to the outside would carry. Nothing is sent: a UDP socket only asks the routing table. The
/// targets are reserved for documentation (RFC 5737, RFC 3849).
fn network_address(unspecified: IpAddr) -> Option<IpAddr> {
    let target = if unspecified.is_ipv4() {
        "192.0.2.1:9"
    } else {
        "[2001:db8::1]:9"
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_signed_certificate_stays_the_same() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("self-signed.pem");
        let names = || names(&[([0, 0, 0, 0], 7700).into()], &["chat.lan".into()]);
        let first = self_signed(&path, names()).expect("made");
        assert_eq!(first, self_signed(&path, names()).expect("read"));
        assert!(names().contains(&"chat.lan".to_owned()));
    }
}
