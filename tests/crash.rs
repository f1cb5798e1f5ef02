//! Kills a process that commits, at random moments, and looks for every answer it gave.
//!
//! The child is this very program. `GREENROOM_CRASH_KILLS` sets how often (6), `GREENROOM_CRASH_SEED` replays a run,
//! `GREENROOM_CRASH_DIR` keeps the database on another disk (`tests/power-cut.sh` uses that, and cuts the power instead).
#![allow(missing_docs, unreachable_pub, reason = "a test program has no API")]

#[path = "storage/writer.rs"]
#[allow(dead_code, reason = "shared with the other storage tests")]
mod writer;

use greenroom::chat::Change;
use greenroom::crdt::{Body, Entry, VersionVector};
use greenroom::id::{Offset, RoomId};
use greenroom::storage::{Committer, Durability, KeySource, PageLimits, Store, StoreConfig, check};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};
use std::{env, thread};
use writer::{Writer, replica, stamp};
use zeroize::Zeroizing;

const CHILD: &str = "GREENROOM_CRASH_CHILD";
const VERIFY: &str = "GREENROOM_CRASH_VERIFY";
const ROOMS: u8 = 4;
/// Batches on their way at once.
const IN_FLIGHT_MAX: usize = 16;

#[test]
fn every_answer_before_a_kill_is_on_disk() {
    if env::var_os(CHILD).is_some() || env::var_os(VERIFY).is_some() {
        return;
    }
    let kills: u32 = number("GREENROOM_CRASH_KILLS").unwrap_or(6) as u32;
    let seed = number("GREENROOM_CRASH_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.expect("after 1970").as_nanos() as u64
    });
    println!("GREENROOM_CRASH_SEED={seed}");
    let mut random = seed | 1;
    let folder = tempfile::tempdir().expect("a folder");
    let mut acked = BTreeMap::new();
    for kill in 0..kills {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "commits_until_it_is_killed", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let opened = lines
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line == "open");
        assert!(opened, "kill {kill}: the child did not open the database");
        // So many answers, then a moment that falls anywhere in the next fsync.
        for line in lines
            .by_ref()
            .map_while(Result::ok)
            .take((next(&mut random) % 24) as usize)
        {
            note(&mut acked, &line);
        }
        let wait = Duration::from_micros(next(&mut random) % 20_000);
        let killer = thread::spawn(move || {
            thread::sleep(wait);
            child.kill().expect("it runs until it is killed");
            child.wait().expect("it ended");
        });
        for line in lines.map_while(Result::ok) {
            note(&mut acked, &line);
        }
        killer.join().expect("killed");
        verify(&folder.path().join("db"), &acked);
    }
    let total: u64 = acked.values().sum();
    println!("{kills} kills, {total} acknowledged ops, none lost");
    assert!(total > 0, "nothing was ever acknowledged");
}

/// The child's life; passes at once when run as a test of its own.
#[test]
fn commits_until_it_is_killed() {
    let Some(folder) = env::var_os(CHILD) else {
        return;
    };
    let (store, committer) = open(&PathBuf::from(folder).join("db"));
    let mut writers: Vec<Writer> = (1..=ROOMS).map(|room| resume(&store, room)).collect();
    println!("open");
    let (tell, told) = mpsc::sync_channel(IN_FLIGHT_MAX);
    let mut random = u64::from(std::process::id()) | 1;
    let mut in_flight = 0;
    loop {
        while in_flight >= IN_FLIGHT_MAX {
            let (room, head): (RoomId, Offset) = told.recv().expect("the committer answers");
            let room = room.as_bytes()[0];
            // One write: a line is there whole, or not at all.
            let line = format!("ack {room} {head}\n");
            std::io::stdout()
                .write_all(line.as_bytes())
                .expect("the parent reads");
            in_flight -= 1;
        }
        let writer = &mut writers[(next(&mut random) % u64::from(ROOMS)) as usize];
        write(writer, &mut random);
        let tell = tell.clone();
        let done = Box::new(move |result: Result<greenroom::storage::Committed, _>| {
            let committed = result.expect("committed");
            tell.try_send((committed.room, committed.head))
                .expect("room for each in flight");
        });
        let batch = writer.take(Durability::Durable);
        committer.commit(batch, done).expect("far below its limits");
        in_flight += 1;
    }
}

/// For `tests/power-cut.sh`: verifies the acks in the file that is named, on the database that is named.
#[test]
fn verifies_a_ledger() {
    let (Some(ledger), Some(folder)) = (env::var_os(VERIFY), env::var_os("GREENROOM_CRASH_DIR"))
    else {
        return;
    };
    let mut acked = BTreeMap::new();
    let text = std::fs::read_to_string(ledger).expect("the ledger is there");
    text.lines().for_each(|line| note(&mut acked, line));
    verify(&PathBuf::from(folder).join("db"), &acked);
    println!("verified {} acknowledged ops", acked.values().sum::<u64>());
}

/// Posts of all sizes, edits, deletes and purges, in batches of up to 64.
fn write(writer: &mut Writer, random: &mut u64) {
    for _ in 0..=next(random) % 64 {
        let size = match next(random) % 32 {
            0 => 8_000,
            1..3 => 2_000,
            _ => 200,
        };
        let text = text_of(writer, size);
        let post = writer.post(&text);
        if next(random).is_multiple_of(8) {
            let text = text_of(writer, size);
            writer.edit(post, &text);
        }
        if next(random).is_multiple_of(32) {
            writer.delete(post);
        }
    }
    if next(random).is_multiple_of(64) {
        writer.purge(stamp(writer.head.offset.get().saturating_sub(500)));
    }
}

/// A text that can be told from its place alone.
fn text_of(writer: &Writer, size: usize) -> String {
    let at = writer.head.offset.get() + 1;
    let mark = format!("{}:{at}:", writer.room);
    mark.chars().cycle().take(size).collect()
}

fn note(acked: &mut BTreeMap<u8, u64>, line: &str) {
    let mut words = line.split(' ');
    if words.next() == Some("ack") {
        let room = words
            .next()
            .and_then(|word| word.parse().ok())
            .expect("a room");
        let head: u64 = words
            .next()
            .and_then(|word| word.parse().ok())
            .expect("an offset");
        let last = acked.entry(room).or_default();
        assert!(head > *last, "answers come in order");
        *last = head;
    }
}

/// Every acknowledged op is there and says what it said, and the whole database agrees with itself.
fn verify(path: &Path, acked: &BTreeMap<u8, u64>) {
    let (store, committer) = open(path);
    for (room, head) in acked {
        let id = RoomId::from_bytes([*room; 16]);
        let up_to = Offset::try_from(*head).expect("an offset");
        let mut at = Offset::MIN;
        let mut vector = VersionVector::default();
        while at < up_to {
            let limits = PageLimits {
                items: 256,
                bytes: 1 << 20,
            };
            let page = store.read_log(id, at, up_to, limits).expect("readable");
            assert!(
                page.next > at,
                "room {room} ends at {at}, {head} was acknowledged"
            );
            for entry in &page.entries {
                assert_eq!(entry.offset, at.next(), "no gap");
                at = entry.offset;
                intact(id, entry);
                vector.advance(entry.op.dot);
            }
        }
    }
    let report = check(&store);
    assert!(report.is_clean(), "{:?}", report.problems);
    committer.close();
}

fn intact(room: RoomId, entry: &Entry) {
    if let Body::Post {
        content: Some(content),
        ..
    }
    | Body::Edit {
        content: Some(content),
        ..
    } = &entry.op.body
    {
        let mark = format!("{room}:{}:", entry.offset);
        assert!(
            content.text.starts_with(&mark),
            "{} is another's",
            entry.offset
        );
    }
}

fn resume(store: &Store, number: u8) -> Writer {
    let mut writer = Writer::new(number);
    if let Some(snapshot) = store.load_room(writer.room).expect("readable") {
        let counter = snapshot.replicas.get(&replica(1)).and_then(|known| known.0);
        let _: Vec<Change> = writer.take(Durability::Durable).changes;
        writer.resume(snapshot.head, counter.map_or(0, |counter| counter.get()));
    }
    writer
}

fn open(path: &Path) -> (Store, Committer) {
    let key = KeySource::Given(Zeroizing::new([7; 32]));
    Store::open(&StoreConfig::new(path, key)).expect("the database opens")
}

fn number(name: &str) -> Option<u64> {
    env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

/// xorshift64.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
