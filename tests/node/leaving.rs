//! A server that is told to stop: its clients hear of it, have the answers they are owed, and find everything again.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a connection that is drained waits for the disk, as `actors::connection` has it.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// Drains of which each may be too short for a disk that stops for seconds.
const ATTEMPTS_MAX: usize = 5;

#[tokio::test]
async fn a_drain_tells_everyone_and_answers_what_was_taken() {
    for _ in 0..ATTEMPTS_MAX {
        if answers_what_was_taken().await {
            return;
        }
    }
    panic!("each drain was longer than a connection waits");
}

/// Whether it could: not when the disk took longer than a connection waits for it.
async fn answers_what_was_taken() -> bool {
    let mut server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.join(&room).await;
    let mut writer = Writer::new(&room);
    let mut asked = Vec::new();
    for n in 0..200 {
        let op = writer.say(&format!("{n}"));
        asked.push(ann.request(writer.post(&op)).await);
    }
    let first = acks(&[ann.answer(asked[0]).await]);
    let begun = Instant::now();
    server.signal("TERM");
    let (code, frames) = ann.closed().await;
    let in_time = begun.elapsed() < DRAIN_MAX;
    assert_eq!(code, 1001);
    assert!(frames.iter().any(|frame| frame["t"] == "drain"));
    let mut acked = acks(&frames);
    acked.extend(first);
    let (code, frames) = ben.closed().await;
    assert_eq!(code, 1001);
    assert!(frames.iter().any(|frame| frame["t"] == "drain"));
    assert_eq!(server.exit_code(), Some(0));

    let server = server.restart();
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.open(&room, json!({})).await;
    let stored = &ben.views[&room].ops;
    for (offset, dot) in &acked {
        assert_eq!(stored.get(offset), Some(dot), "{offset} was acked");
    }
    // What is stored beyond was taken, and its ack is owed: the drain waited for all of them.
    let own = stored.values().filter(|dot| dot[0] == writer_of(&acked));
    let told_all = own.count() == acked.len();
    assert!(
        told_all || !in_time,
        "{} of {stored:#?} were acked",
        acked.len()
    );
    told_all
}

fn acks(frames: &[Value]) -> BTreeMap<u64, Value> {
    let acks = frames.iter().filter_map(|frame| frame["acks"].as_array());
    acks.flatten()
        .map(|ack| {
            let offset = ack["offset"].as_u64().expect("an offset");
            (offset, ack["dot"].clone())
        })
        .collect()
}

fn writer_of(acked: &BTreeMap<u64, Value>) -> Value {
    let first = acked.values().next().expect("some were acked");
    first[0].clone()
}

#[tokio::test]
async fn whoever_has_not_logged_in_is_told_too() {
    let mut server = Server::start();
    let stranger = Client::connect(&server).await;
    let mut ann = Client::login(&server, "ann", "laptop").await;
    ann.granted(json!({"t": "room.list"})).await;
    server.signal("TERM");
    for client in [stranger, ann] {
        let (code, frames) = client.closed().await;
        assert_eq!(code, 1001);
        assert_eq!(
            frames.last().map(|frame| &frame["t"]),
            Some(&json!("drain"))
        );
    }
    assert_eq!(server.exit_code(), Some(0));
}
