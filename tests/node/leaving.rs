//! A server that is told to stop: its clients hear of it, have the answers they are owed, and find everything again.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[tokio::test]
async fn a_drain_tells_everyone_and_answers_what_was_taken() {
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
    ann.answer(asked[0]).await;
    server.signal("TERM");
    let (code, frames) = ann.closed().await;
    assert_eq!(code, 1001);
    assert!(frames.iter().any(|frame| frame["t"] == "drain"));
    let acked = acks(&frames);
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
    // What is stored beyond was taken, and its ack is owed: the drain waited for all of them but the first, seen above.
    let own = stored.values().filter(|dot| dot[0] == writer_of(&acked));
    assert_eq!(own.count(), acked.len() + 1);
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
