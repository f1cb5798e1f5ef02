//! The ways to a peer that it has proven to be its own, and the one it selected.

use super::CONSENT_TIMEOUT;
use crate::rtc::Path;
use std::time::{Duration, Instant};

/// Validated paths of a peer: two networks with UDP over both IP versions and TCP are six.
pub const PATHS_MAX: usize = 8;

/// A path that was not selected is forgotten after this long without a request. Browsers check spare pairs about every
/// 25 s.
const SPARE_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
struct Validated {
    path: Path,
    heard: Instant,
}

/// At most [`PATHS_MAX`]; a new one replaces the spare path that was silent longest.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: Vec<Validated>,
    selected: Option<Path>,
    /// When the last valid request came, over whichever path.
    heard: Option<Instant>,
}

impl Paths {
    pub(super) const fn selected(&self) -> Option<Path> {
        self.selected
    }

    pub(super) fn contains(&self, path: &Path) -> bool {
        self.known.iter().any(|known| known.path == *path)
    }

    /// Where to send: the selected path, or before there is one the path heard last.
    pub(super) fn best(&self) -> Option<Path> {
        self.selected.or_else(|| self.newest())
    }

    /// A valid request came over this path.
    pub(super) fn heard(&mut self, now: Instant, path: Path) {
        self.heard = Some(now);
        if let Some(known) = self.known.iter_mut().find(|known| known.path == path) {
            known.heard = now;
            return;
        }
        if self.known.len() == PATHS_MAX {
            let spare = (0..self.known.len())
                .filter(|at| Some(self.known[*at].path) != self.selected)
                .min_by_key(|at| self.known[*at].heard);
            if let Some(spare) = spare {
                self.known.swap_remove(spare);
            }
        }
        self.known.push(Validated { path, heard: now });
    }

    /// Something else that only the peer can send came over this path. It validates none, but keeps one.
    pub(super) fn heard_again(&mut self, now: Instant, path: &Path) {
        if let Some(known) = self.known.iter_mut().find(|known| known.path == *path) {
            known.heard = now;
            self.heard = Some(now);
        }
    }

    /// The peer nominated this path, which it has just validated. True: it is another than before.
    pub(super) fn select(&mut self, path: Path) -> bool {
        self.selected.replace(path) != Some(path)
    }

    /// This path is gone, as a closed TCP connection. True: another was selected instead.
    pub(super) fn remove(&mut self, path: &Path) -> bool {
        self.known.retain(|known| known.path != *path);
        self.reselect()
    }

    /// When the path that counts will have been silent too long: the selected one, else the one heard last. `None`: no
    /// valid request ever came.
    pub(super) fn silent_at(&self) -> Option<Instant> {
        let selected = self.known.iter().find(|known| self.is_selected(known));
        let heard = selected.map(|selected| selected.heard).or(self.heard)?;
        Some(heard + CONSENT_TIMEOUT)
    }

    /// Forgets paths that were silent too long. True: another was selected instead of a silent one.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let selected = self.selected;
        let is_alive = |known: &Validated| known.heard + CONSENT_TIMEOUT > now;
        if self
            .known
            .iter()
            .any(|known| self.is_selected(known) && is_alive(known))
        {
            let is_spare = |known: &Validated| Some(known.path) != selected;
            self.known
                .retain(|known| !is_spare(known) || known.heard + SPARE_TIMEOUT > now);
            return false;
        }
        // A spare path takes the place only if the peer is still heard over it.
        self.known.retain(is_alive);
        self.reselect()
    }

    /// Whether no path is left and none is to be expected any more.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.known.is_empty() && self.silent_at().is_some_and(|at| at <= now)
    }

    /// If the selected path is no longer known, the path heard last takes its place.
    fn reselect(&mut self) -> bool {
        match self.selected {
            Some(selected) if !self.contains(&selected) => {
                self.selected = self.newest();
                self.selected.is_some()
            }
            _ => false,
        }
    }

    fn newest(&self) -> Option<Path> {
        self.known
            .iter()
            .max_by_key(|known| known.heard)
            .map(|known| known.path)
    }

    fn is_selected(&self, known: &Validated) -> bool {
        self.selected == Some(known.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::TcpId;
    use std::net::SocketAddr;

    fn udp(port: u16) -> Path {
        Path::Udp(SocketAddr::from(([192, 0, 2, 1], port)))
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_spare_path_silent_longest_makes_room() {
        let begin = Instant::now();
        let mut paths = Paths::default();
        for port in 0..PATHS_MAX as u16 {
            paths.heard(begin + s(u64::from(port)), udp(port));
        }
        paths.select(udp(0));
        paths.heard(begin + s(9), udp(100));
        assert!(paths.contains(&udp(0)), "selected");
        assert!(!paths.contains(&udp(1)), "silent longest");
        assert!(paths.contains(&udp(100)) && paths.known.len() == PATHS_MAX);
    }

    #[test]
    fn a_spare_path_takes_the_place_of_a_silent_one() {
        let begin = Instant::now();
        let mut paths = Paths::default();
        paths.heard(begin, udp(1));
        assert!(paths.select(udp(1)) && !paths.select(udp(1)));
        paths.heard(begin + s(5), udp(2));
        assert_eq!(paths.silent_at(), Some(begin + CONSENT_TIMEOUT));
        assert!(!paths.expire(begin + s(11)));
        assert!(paths.expire(begin + CONSENT_TIMEOUT));
        assert_eq!(paths.selected(), Some(udp(2)));
        assert!(!paths.is_lost(begin + s(16)));
        assert!(!paths.expire(begin + s(17)));
        assert!(paths.is_lost(begin + s(17)));
    }

    #[test]
    fn a_spare_path_that_is_silent_too_is_no_help() {
        let begin = Instant::now();
        let mut paths = Paths::default();
        paths.heard(begin, udp(2));
        paths.heard(begin, udp(1));
        paths.select(udp(1));
        assert!(!paths.expire(begin + CONSENT_TIMEOUT));
        assert!(paths.is_lost(begin + CONSENT_TIMEOUT));
    }

    #[test]
    fn a_closed_connection_is_no_path() {
        let begin = Instant::now();
        let tcp = Path::Tcp(TcpId(1), SocketAddr::from(([192, 0, 2, 1], 9)));
        let mut paths = Paths::default();
        paths.heard(begin, tcp);
        assert_eq!(paths.best(), Some(tcp));
        assert_eq!(paths.selected(), None);
        paths.heard(begin + s(1), udp(1));
        paths.select(tcp);
        assert!(paths.remove(&tcp));
        assert_eq!(paths.selected(), Some(udp(1)));
        assert!(!paths.remove(&udp(1)), "there is no other");
        assert_eq!(paths.best(), None);
        assert!(!paths.is_lost(begin + s(12)), "it may connect again");
        assert!(paths.is_lost(begin + s(13)));
    }
}
