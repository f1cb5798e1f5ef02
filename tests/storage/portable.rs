//! An export fills an empty node with the same rooms; anything else is refused, and says where.

use crate::writer::{Writer, content, member, replica, stamp, user};
use crate::{ALL, close, config, open};
use greenroom::chat::{Change, Invite};
use greenroom::crdt::{Body, Role, Standing, State, StateDigest};
use greenroom::id::{InviteId, Offset};
use greenroom::storage::{ImportError, OpenError, Store, check, export, import};
use serde_json::json;
use std::path::Path;

/// A database with everything in it, and its export.
fn exported(folder: &Path) -> Vec<u8> {
    let db = open(folder);
    for number in 1..=3 {
        let mut writer = Writer::new(number);
        writer.change(Change::Member {
            user: user("bob"),
            member: member(Standing::Banned),
        });
        writer.change(Change::Invite {
            invite: InviteId::from_bytes([5; 16]),
            value: Some(Invite {
                role: Role::Guest,
                expires_ms: 9,
                uses: None,
                by: user("ann"),
            }),
        });
        let mut rich = content("Grüße 👋\n\"quoted\"");
        rich.mentions.push(user("bob"));
        rich.extra
            .insert("e2e".into(), json!({"n": [1, 2.5, null]}));
        let post = writer.op(Body::Post {
            thread: None,
            content: Some(rich),
        });
        writer.edit(post, "edited");
        for i in 0..600 {
            writer.op_of(
                replica(i as u8 % 5),
                Body::Reaction {
                    target: post,
                    emoji: format!("{i}"),
                    on: true,
                },
            );
        }
        let gone = writer.post("gone");
        writer.delete(gone);
        writer.op(Body::Other {
            kind: "poll".into(),
            fields: [("question".to_owned(), json!("?"))].into(),
        });
        let pin = Body::Pin {
            target: post,
            on: true,
        };
        writer.op_with(
            replica(1),
            pin,
            [("why".to_owned(), json!(["kept"]))].into(),
        );
        if number == 2 {
            writer.purge(stamp(2));
        }
        writer.commit(&db.1).expect("committed");
    }
    let mut bytes = Vec::new();
    let report = export(&db.0, &mut bytes).expect("exported");
    assert_eq!((report.rooms, report.entries), (3, 3 * 606));
    close(db);
    bytes
}

/// Everything of the rooms that an export carries.
fn contents(store: &Store) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let mut all = Vec::new();
    let mut after = None;
    while let Some(room) = store.next_room(after).expect("read") {
        let mut snapshot = store.load_room(room).expect("read").expect("a room");
        let log = store
            .read_log(room, Offset::MIN, snapshot.head.offset, ALL)
            .expect("read");
        // Deliberately new on another node.
        snapshot.head.epoch = greenroom::id::Epoch::from_bytes([0; 8]);
        snapshot.head.server_replica = replica(0);
        all.push((snapshot, log));
        after = Some(room);
    }
    all
}

/// The digest of every room's state, from its log.
fn digests(store: &Store) -> Vec<StateDigest> {
    let mut all = Vec::new();
    let mut after = None;
    while let Some(room) = store.next_room(after).expect("read") {
        let head = store.load_room(room).expect("read").expect("a room").head;
        let log = store
            .read_log(room, Offset::MIN, head.offset, ALL)
            .expect("read");
        let mut state = State::default();
        for entry in log.entries {
            state.apply(entry.op, entry.stamp);
        }
        all.push(state.digest());
        after = Some(room);
    }
    all
}

#[test]
fn an_export_fills_an_empty_node_with_the_same_rooms() {
    let (from, to) = (tempfile::tempdir(), tempfile::tempdir());
    let (from, to) = (from.expect("a folder"), to.expect("a folder"));
    let bytes = exported(from.path());
    let report = import(&config(to.path()), &mut &bytes[..]).expect("imported");
    assert_eq!((report.rooms, report.entries), (3, 3 * 606));
    let (old, new) = (open(from.path()), open(to.path()));
    assert_eq!(contents(&new.0), contents(&old.0));
    assert_eq!(digests(&new.0), digests(&old.0));
    assert_ne!(new.0.node(), old.0.node());
    let room = new.0.next_room(None).expect("read").expect("a room");
    let epoch = |store: &Store| store.load_room(room).expect("read").expect("a room").head;
    assert_ne!(epoch(&new.0).epoch, epoch(&old.0).epoch);
    let report = check(&new.0);
    assert!(report.is_clean(), "{:?}", report.problems);
    // And the copy exports as the original does, but for the node.
    let mut again = Vec::new();
    export(&new.0, &mut again).expect("exported");
    let body = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[1..lines.len() - 1].to_vec()
    };
    assert_eq!(body(&again), body(&bytes));
    // Not into a node that has rooms.
    close(new);
    let error = import(&config(to.path()), &mut &bytes[..]).expect_err("not empty");
    assert!(matches!(error, ImportError::NotEmpty), "{error}");
}

#[test]
fn what_is_no_export_touches_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for bad in [
        "",
        "hello",
        "{}",
        r#"{"greenroom_export":{"version":2,"node":"00000000000000ff"}}"#,
    ] {
        let error = import(&config(folder.path()), &mut bad.as_bytes()).expect_err("no export");
        assert!(matches!(error, ImportError::NotAnExport), "{bad}: {error}");
    }
    assert!(!folder.path().join("db").exists());
}

#[test]
fn a_cut_or_changed_export_is_refused_and_the_half_filled_node_too() {
    let from = tempfile::tempdir().expect("a folder");
    let bytes = exported(from.path());
    let text = String::from_utf8(bytes).expect("UTF-8");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let all = lines.len();
    let cut = lines[..all - 1].concat();
    let without_entry = [&lines[..all - 2], &lines[all - 1..]].concat().concat();
    let changed = text.replace("edited", "Edited");
    let trailing = text.clone() + "{}\n";
    let garbage = text.replacen("\"entry\"", "\"entrie\"", 1);
    let long = lines[0].to_owned() + &"x".repeat(2 << 20);
    for (name, bad) in [
        ("cut", cut),
        ("an entry missing", without_entry),
        ("changed", changed),
        ("trailing", trailing),
        ("garbage", garbage),
        ("a long line", long),
    ] {
        let to = tempfile::tempdir().expect("a folder");
        let error = import(&config(to.path()), &mut bad.as_bytes()).expect_err(name);
        let told = matches!(error, ImportError::Incomplete | ImportError::Line { .. });
        assert!(told, "{name}: {error}");
        let error = Store::open(&config(to.path())).expect_err("half imported");
        assert!(
            matches!(error, OpenError::HalfImported { .. }),
            "{name}: {error}"
        );
        let error = import(&config(to.path()), &mut text.as_bytes()).expect_err("again");
        let told = matches!(error, ImportError::Open(OpenError::HalfImported { .. }));
        assert!(told, "{name}: {error}");
    }
}
