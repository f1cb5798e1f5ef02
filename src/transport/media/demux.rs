//! Which peer a datagram belongs to.
//!
//! A path leads to a peer once that peer has proved, by an authenticated STUN request, that it is there. Whatever comes
//! from another address is dropped before it costs more than a look-up; only STUN may name a peer by its user fragment.

use crate::actors::media::PeerKey;
use crate::rtc::Path;
use std::collections::HashMap;

/// Paths that lead to one peer; with one more, the oldest is forgotten. A client checks a handful of pairs.
const PATHS_PER_PEER_MAX: usize = 8;

/// The paths of one shard.
#[derive(Debug, Default)]
pub(super) struct Demux {
    peers: HashMap<Path, PeerKey>,
    paths: HashMap<PeerKey, Vec<Path>>,
}

impl Demux {
    /// The peer at the other end.
    pub(super) fn peer(&self, path: &Path) -> Option<PeerKey> {
        self.peers.get(path).copied()
    }

    /// A peer has proved that it is there. A path that led to another peer leads to this one from now on: two clients
    /// behind one address translator may get the same port one after the other.
    pub(super) fn learn(&mut self, path: Path, peer: PeerKey) {
        let before = self.peers.insert(path, peer);
        if before == Some(peer) {
            return;
        }
        if let Some(before) = before {
            self.unlist(before, &path);
        }
        let paths = self.paths.entry(peer).or_default();
        if paths.len() == PATHS_PER_PEER_MAX {
            let oldest = paths.remove(0);
            self.peers.remove(&oldest);
        }
        paths.push(path);
    }

    /// A path is gone, such as a TCP connection that was closed. Returns to whom it led.
    pub(super) fn forget_path(&mut self, path: &Path) -> Option<PeerKey> {
        let peer = self.peers.remove(path)?;
        self.unlist(peer, path);
        Some(peer)
    }

    /// A peer is gone.
    pub(super) fn forget_peer(&mut self, peer: PeerKey) {
        for path in self.paths.remove(&peer).unwrap_or_default() {
            self.peers.remove(&path);
        }
    }

    fn unlist(&mut self, peer: PeerKey, path: &Path) {
        if let Some(paths) = self.paths.get_mut(&peer) {
            paths.retain(|it| it != path);
            if paths.is_empty() {
                self.paths.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path::Udp(([192, 0, 2, 1], port).into())
    }

    #[test]
    fn a_path_leads_to_whoever_proved_it_last() {
        let [one, two] = PeerKey::samples();
        let mut demux = Demux::default();
        assert_eq!(demux.peer(&path(1)), None);
        demux.learn(path(1), one);
        demux.learn(path(2), one);
        demux.learn(path(1), two);
        assert_eq!(demux.peer(&path(1)), Some(two));
        assert_eq!(demux.paths.get(&one), Some(&vec![path(2)]));
        demux.forget_peer(one);
        assert_eq!(demux.peer(&path(2)), None);
        assert_eq!(demux.peer(&path(1)), Some(two));
        assert_eq!(demux.forget_path(&path(1)), Some(two));
        assert_eq!(demux.peer(&path(1)), None);
        assert!(demux.paths.is_empty());
    }

    #[test]
    fn a_peer_has_few_paths() {
        let [one, _] = PeerKey::samples();
        let mut demux = Demux::default();
        for port in 1..=20 {
            demux.learn(path(port), one);
        }
        assert_eq!(demux.peers.len(), PATHS_PER_PEER_MAX);
        assert_eq!(demux.peer(&path(12)), None);
        assert_eq!(demux.peer(&path(20)), Some(one));
    }
}
