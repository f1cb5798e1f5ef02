//! `db check`: reads everything there is and compares it with itself. Memory does not grow with the database.

mod room;

use self::room::RoomCheck;
use super::directory::{self, Guest, Revocation};
use super::error::ReadError;
use super::key;
use super::record;
use super::store::Store;
use super::watermark::SyncCount;
use crate::chat::Member;
use crate::crdt::Standing;

/// Problems a report spells out; more are only counted.
pub const PROBLEMS_MAX: usize = 100;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Rooms.
    pub rooms: u64,
    /// Log entries of all rooms.
    pub entries: u64,
    /// Sealed records of any kind.
    pub records: u64,
    /// The first [`PROBLEMS_MAX`] problems.
    pub problems: Vec<Problem>,
    /// How many there are.
    pub problems_total: u64,
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a key in hexadecimal, or a room.
    pub at: String,
    /// What.
    pub what: String,
}

impl CheckReport {
    /// Whether all is well.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.problems_total == 0
    }

    fn problem(&mut self, at: impl Into<String>, what: impl ToString) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem {
                at: at.into(),
                what: what.to_string(),
            });
        }
    }

    fn problem_at(&mut self, key: &[u8], what: impl ToString) {
        self.problem(hex::encode(key), what);
    }

    fn note<T>(&mut self, result: Result<T, ReadError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(ReadError::Corrupted { key, what }) => {
                self.problem(key, what);
                None
            }
            Err(error @ ReadError::Engine(_)) => {
                self.problem("engine", error);
                None
            }
        }
    }
}

/// Checks a database that nothing else writes to: every record opens and decodes, logs and replicas have no gaps, every
/// index agrees with what it indexes, and the engine keeps no file that is not fsynced.
#[must_use]
pub fn check(store: &Store) -> CheckReport {
    let mut report = CheckReport::default();
    let walked = store.guarded(|| {
        let mut current: Option<RoomCheck> = None;
        for item in store.engine().range(b"", &[u8::MAX; 8]) {
            let (key, sealed) = item?;
            report.records += 1;
            if key.starts_with(key::ROOMS) {
                let Some((room, kind, rest)) = key::parse_room(&key) else {
                    report.problem_at(&key, "no such kind of key");
                    continue;
                };
                if current.as_ref().is_none_or(|check| check.room != room) {
                    if let Some(done) = current.take() {
                        done.finish(&mut report);
                    }
                    current = Some(RoomCheck::new(store, &mut report, room));
                }
                if let Some(check) = &mut current {
                    check.record(store, &mut report, (kind, rest), &key, &sealed);
                }
            } else {
                node_record(store, &mut report, &key, &sealed);
            }
        }
        if let Some(done) = current.take() {
            done.finish(&mut report);
        }
        Ok(())
    });
    report.note(walked);
    match store.engine().unsynced_files() {
        Ok(0) => {}
        Ok(files) => report.problem("blobs/", format!("{files} files that are never fsynced")),
        Err(error) => report.problem("blobs/", error),
    }
    report
}

fn node_record(store: &Store, report: &mut CheckReport, key: &[u8], sealed: &[u8]) {
    let (kind, rest) = key.split_at_checked(2).unwrap_or((key, b""));
    match kind {
        // These opened with the database.
        key::META | key::DATA_KEYS => {}
        key::SYNC_COUNT => opens::<SyncCount>(store, report, key, sealed),
        key::IMPORTING => report.problem_at(key, "an import did not finish"),
        key::USER_ROOMS => user_room(store, report, key, rest),
        key::PUBLIC_ROOMS | key::PURGES | key::STRIPS => {
            report.note(store.open_record::<()>(key, sealed));
            let room = rest
                .first_chunk()
                .map(|id| crate::id::RoomId::from_bytes(*id));
            let head = room.and_then(|room| report.note(store.head(room)));
            if head.flatten().is_none() {
                report.problem_at(key, "names a room that is not there");
            }
        }
        key::GUESTS => {
            if let Some(guest) = report.note(store.open_record::<Guest>(key, sealed)) {
                let by_name = store.get_record::<[u8; 32]>(&key::guest_name(&guest.name));
                if report.note(by_name).flatten() != Some(guest.key) {
                    report.problem_at(key, "the guest's name leads elsewhere");
                }
            }
        }
        key::GUEST_NAMES => {
            if let Some(public_key) = report.note(store.open_record::<[u8; 32]>(key, sealed)) {
                let guest = store.get_record::<Guest>(&key::guest(&public_key));
                if report.note(guest).flatten().is_none() {
                    report.problem_at(key, "the name of no guest");
                }
            }
        }
        key::REVOCATIONS => {
            if let Some(found) = report.note(store.open_record::<Revocation>(key, sealed))
                && directory::revocation_key(&found.what) != key
            {
                report.problem_at(key, "a revocation in the wrong place");
            }
        }
        _ => report.problem_at(key, "no such kind of key"),
    }
}

fn user_room(store: &Store, report: &mut CheckReport, key: &[u8], rest: &[u8]) {
    let parsed = rest.split_last_chunk::<16>().and_then(|(user, room)| {
        let user = std::str::from_utf8(user.strip_suffix(&[0])?).ok()?;
        Some((user.parse().ok()?, crate::id::RoomId::from_bytes(*room)))
    });
    let Some((user, room)) = parsed else {
        return report.problem_at(key, "not a user and a room");
    };
    let member = report.note(store.get_record::<Member>(&key::member(room, &user)));
    let joined = |member: Member| member.membership.standing == Standing::Joined;
    if !member.flatten().is_some_and(joined) {
        report.problem_at(key, "lists a room that the user has not joined");
    }
}

/// Whether a key is there.
fn exists(store: &Store, report: &mut CheckReport, key: &[u8]) -> bool {
    let found = store.engine().get(key).map_err(ReadError::from);
    report.note(found).flatten().is_some()
}

/// A record that has nothing to be compared with still has to open and decode.
fn opens<T: record::Stored>(store: &Store, report: &mut CheckReport, key: &[u8], sealed: &[u8]) {
    report.note(store.open_record::<T>(key, sealed));
}
