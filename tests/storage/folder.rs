//! Whose folder it is, whose key, and what happens when neither is ours.

use crate::writer::{Writer, user};
use crate::{close, config, open};
use greenroom::storage::{
    CommitError, DataKeys, Guest, KeySource, NodeChange, OpenError, Revocation, Revoked, Store,
    StoreConfig, check, rotate,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use zeroize::Zeroizing;

fn refused(config: &StoreConfig) -> OpenError {
    Store::open(config).expect_err("it must not open")
}

fn with_key_file(folder: &Path) -> StoreConfig {
    StoreConfig {
        key: KeySource::File(folder.join("keys/master.key")),
        ..config(folder)
    }
}

#[test]
fn only_one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("another process"));
    close(first);
    close(open(folder.path()));
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db");
    fs::create_dir(&path).expect("made");
    fs::write(path.join("thesis.txt"), "mine").expect("written");
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::NotGreenroom { .. }), "{error}");
    let left: Vec<_> = fs::read_dir(&path).expect("read").collect();
    assert_eq!(left.len(), 1, "not even a lock file was made");
    // A bare sled database of someone else is foreign, too.
    fs::remove_file(path.join("thesis.txt")).expect("removed");
    drop(sled::open(&path).expect("sled opens"));
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::NotGreenroom { .. }), "{error}");
}

#[test]
fn a_newer_format_is_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    close(open(folder.path()));
    let marker = folder.path().join("db/greenroom.json");
    fs::write(&marker, r#"{"greenroom_database": 2}"#).expect("written");
    let error = refused(&config(folder.path()));
    assert!(
        matches!(
            error,
            OpenError::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    fs::write(&marker, "{}").expect("written");
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::NotGreenroom { .. }), "{error}");
}

#[test]
fn a_database_whose_making_was_cut_short_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let node = first.0.node();
    close(first);
    let path = folder.path().join("db");
    fs::rename(path.join("greenroom.json"), path.join("greenroom.new")).expect("renamed");
    let second = open(folder.path());
    assert_ne!(second.0.node(), node);
    close(second);
}

#[test]
fn a_lost_or_damaged_engine_file_is_not_an_empty_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    for i in 0..500 {
        writer.post(&format!("post {i}"));
    }
    writer.commit(&db.1).expect("committed");
    close(db);
    let file = folder.path().join("db/sled/db");
    let whole = fs::read(&file).expect("read");
    // Lost.
    for entry in fs::read_dir(folder.path().join("db/sled")).expect("read") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::remove_file(path).expect("removed");
        }
    }
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::Corrupted { .. }), "{error}");
    assert!(error.to_string().contains("restore a backup"));
    // Overwritten in the middle.
    let mut damaged = whole;
    for byte in &mut damaged[4_000..60_000] {
        *byte ^= 0x5a;
    }
    fs::write(&file, damaged).expect("written");
    let error = refused(&config(folder.path()));
    assert!(matches!(error, OpenError::Corrupted { .. }), "{error}");
}

#[test]
fn the_key_file_is_private_made_once_and_needed_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = with_key_file(folder.path());
    let KeySource::File(key) = &config.key else {
        unreachable!("it is a file");
    };
    close(Store::open(&config).expect("made"));
    let mode = fs::metadata(key).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(key).expect("read");
    assert_eq!(text.len(), 65);
    fs::remove_file(key).expect("removed");
    let error = refused(&config);
    assert!(matches!(error, OpenError::KeyMissing { .. }), "{error}");
    assert!(!key.exists(), "no key is made for an existing database");
    fs::write(key, "hunter2").expect("written");
    let error = refused(&config);
    assert!(matches!(error, OpenError::KeyMalformed { .. }), "{error}");
    fs::write(key, "00".repeat(32)).expect("written");
    let error = refused(&config);
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
    fs::write(key, text.trim()).expect("written");
    close(Store::open(&config).expect("the right key"));
}

#[test]
fn rotation_changes_the_key_and_no_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = config(folder.path());
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    writer.post("before");
    writer.commit(&db.1).expect("committed");
    let room = db.0.load_room(writer.room).expect("read");
    close(db);
    let rotated = rotate(&old, None, DataKeys::AddOne).expect("rotated");
    assert_eq!(rotated.data_keys, 2);
    let error = refused(&old);
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
    let new = StoreConfig {
        key: KeySource::Given(rotated.key.clone()),
        ..old
    };
    let db = Store::open(&new).expect("the new key");
    assert_eq!(db.0.load_room(writer.room).expect("read"), room);
    writer.post("after");
    writer.commit(&db.1).expect("committed");
    assert!(check(&db.0).is_clean());
    close(db);
    let again = Zeroizing::new([9; 32]);
    rotate(&new, Some(again.clone()), DataKeys::Keep).expect("rotated");
    let newest = StoreConfig {
        key: KeySource::Given(again),
        ..new
    };
    close(Store::open(&newest).expect("the newest key"));
}

#[test]
fn a_rotation_of_the_key_file_survives_being_cut_short() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = with_key_file(folder.path());
    let KeySource::File(key) = &config.key else {
        unreachable!("it is a file");
    };
    let next = key.with_extension("key.next");
    close(Store::open(&config).expect("made"));
    let old = fs::read_to_string(key).expect("read");
    rotate(&config, None, DataKeys::Keep).expect("rotated");
    let new = fs::read_to_string(key).expect("read");
    assert_ne!(old, new);
    assert!(!next.exists());
    // Cut short after the database was rewrapped, before the file was renamed.
    fs::write(key, &old).expect("written");
    fs::write(&next, &new).expect("written");
    close(Store::open(&config).expect("the next key opens it"));
    assert_eq!(fs::read_to_string(key).expect("read"), new);
    assert!(!next.exists());
    // Cut short before the database was rewrapped.
    fs::write(&next, "11".repeat(32)).expect("written");
    close(Store::open(&config).expect("the old key opens it"));
    assert_eq!(fs::read_to_string(key).expect("read"), new);
    assert!(!next.exists());
}

#[test]
fn guests_and_revocations_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let record = |committer: &greenroom::storage::Committer, change| {
        let (tell, told) = mpsc::sync_channel(1);
        let done = Box::new(move |result| tell.send(result).expect("the test waits"));
        assert!(committer.record(change, done).is_ok(), "room in the queue");
        told.recv().expect("answered")
    };
    let guest = |name: &str, key| Guest {
        name: name.into(),
        key: [key; 32],
        user: user(&format!("guest:{key}")),
        since_ms: 5,
    };
    record(&db.1, NodeChange::PutGuest(guest("Zoë", 1))).expect("stored");
    assert_eq!(
        record(&db.1, NodeChange::PutGuest(guest("Zoë", 2))),
        Err(CommitError::NameTaken)
    );
    // Renamed: the old name is free.
    record(&db.1, NodeChange::PutGuest(guest("Zoe", 1))).expect("stored");
    record(&db.1, NodeChange::PutGuest(guest("Zoë", 2))).expect("stored");
    let revocation = |id: &str, until_ms| Revocation {
        what: Revoked::Token(id.into()),
        until_ms,
    };
    for (id, until_ms) in [("a", 10), ("b", 20)] {
        record(&db.1, NodeChange::Revoke(revocation(id, until_ms))).expect("stored");
    }
    let db = crate::reopen(folder.path(), db);
    let directory = db.0.directory();
    assert_eq!(directory.guest("Zoe").expect("read"), Some(guest("Zoe", 1)));
    assert_eq!(directory.guest("Zoë").expect("read"), Some(guest("Zoë", 2)));
    let by_key = directory.guest_by_key(&[1; 32]).expect("read");
    assert_eq!(by_key, Some(guest("Zoe", 1)));
    assert_eq!(directory.revoked().expect("read").len(), 2);
    assert!(check(&db.0).is_clean());
    record(&db.1, NodeChange::ForgetRevocations { before_ms: 15 }).expect("stored");
    record(&db.1, NodeChange::RemoveGuest([1; 32])).expect("stored");
    assert_eq!(directory.revoked().expect("read"), [revocation("b", 20)]);
    assert_eq!(directory.guest("Zoe").expect("read"), None);
    assert!(check(&db.0).is_clean());
}
