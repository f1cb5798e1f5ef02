//! A fault stays in its room, and costs nobody there an op: panics are injected into rooms and connections.

use crate::client::{Client, Writer};
use crate::presence::told;
use crate::server::{PATIENCE, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Panics of one room that supervision takes without quarantine.
const RESTARTS: usize = 4;
/// How long a room stays away after them.
const QUARANTINE: Duration = Duration::from_secs(60);
/// Far more of them than it takes until quarantine.
const PANICS_MAX: usize = 100;

/// Posts one op, again and again until it is acked; its place.
async fn insist(client: &mut Client, writer: &mut Writer) -> (u64, Value) {
    let op = writer.say("through thick and thin");
    loop {
        let answer = client.ask(writer.post(&op)).await;
        match answer["t"].as_str() {
            Some("ack") => {
                let acks = answer["acks"].as_array().expect("a list");
                assert_eq!(acks.len(), 1, "{answer}");
                let offset = acks[0]["offset"].as_u64().expect("an offset");
                return (offset, acks[0]["dot"].clone());
            }
            _ => assert_eq!(answer["code"], "restarted", "{answer}"),
        }
    }
}

#[tokio::test]
async fn followers_of_a_room_that_panics_see_neither_gap_nor_double() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut writer = Writer::new(&room);
    for _ in 0..8 {
        let ops: Vec<_> = (0..256).map(|_| writer.say("before")).collect();
        ann.post(&room, ops).await;
    }
    let mut live = Client::login(&server, "ben", "laptop").await;
    live.join(&room).await;
    let mut syncing = Vec::new();
    let mut acked = BTreeMap::new();
    for n in 0..RESTARTS {
        for by in ["cursor", "vv"] {
            let mut client = Client::login(&server, "ben", &format!("{by}-{n}")).await;
            let mut open = json!({"t": "open", "room": room});
            if by == "vv" {
                open["vv"] = json!({});
            }
            client.request(open).await;
            syncing.push(client);
        }
        // Posts are on their way to the disk when the panic comes, and queued behind it.
        let ops: Vec<_> = (0..50).map(|_| writer.say("in the middle of it")).collect();
        let mut asked = Vec::new();
        for op in &ops {
            asked.push((op, ann.request(writer.post(op)).await));
        }
        server.panic(&format!("room={room}"));
        for (op, id) in asked {
            let mut answer = ann.answer(id).await;
            while answer["t"] == "error" || answer.get("stopped").is_some() {
                answer = ann.ask(writer.post(op)).await;
            }
            let ack = &answer["acks"][0];
            let before = acked.insert(ack["offset"].as_u64(), ack["dot"].clone());
            assert_eq!(before, None, "{ack} is somebody else's place");
        }
        let (offset, dot) = insist(&mut ann, &mut writer).await;
        acked.insert(Some(offset), dot);
    }
    let last = acked.keys().max().copied().flatten().expect("some");
    live.caught_up(&room, last).await;
    assert_eq!(acked.len(), RESTARTS * 51, "each op has one place");
    for (offset, dot) in &acked {
        assert_eq!(live.views[&room].ops.get(&offset.expect("one")), Some(dot));
    }
    for mut client in syncing {
        client.caught_up(&room, last).await;
        assert_eq!(client.views[&room].ops, live.views[&room].ops);
    }
    assert!(server.metric("greenroom_restarts_total{supervisor=\"node/rooms\"}") >= 4.0);
}

#[tokio::test]
async fn a_room_that_fails_too_often_says_so_and_comes_back() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let (poison, sound) = (ann.make_room().await, ann.make_room().await);
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.join(&poison).await;
    // It takes a panic a time until supervision has had enough.
    let mut panics = 0;
    while server
        .http("POST", &format!("/debug/panic?room={poison}"))
        .starts_with("HTTP/1.1 204 ")
    {
        panics += 1;
        assert!(panics < PANICS_MAX, "it is never enough");
        ben.ask(json!({"t": "members", "room": poison})).await;
    }
    let closed = ben.expect(|frame| frame["t"] == "closed").await;
    assert_eq!(closed["code"], "room_unavailable", "{closed}");
    assert_eq!(closed["advice"], "retry");
    let refused = ben.ask(json!({"t": "open", "room": poison})).await;
    assert_eq!(refused["code"], "room_unavailable", "{refused}");
    let mut writer = Writer::new(&sound);
    insist(&mut ann, &mut writer).await;

    // A minute later it lives again, once: whoever opens it gets everything, and what is posted comes through.
    let place = ben.place(&poison);
    let mut open = place.clone();
    open["t"] = "open".into();
    let lives = async {
        while ben.ask(open.clone()).await["t"] == "error" {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let lives = tokio::time::timeout(QUARANTINE + PATIENCE, lives).await;
    lives.expect("it is released");
    ben.synced(&poison).await;
    let mut writer = Writer::new(&poison);
    let (offset, _) = insist(&mut ann, &mut writer).await;
    ben.caught_up(&poison, offset).await;
}

#[tokio::test]
async fn a_connection_that_panics_resumes_where_it_was() {
    let server = Server::start();
    // Connections are counted from 0.
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.join(&room).await;
    let place = ben.place(&room);
    ann.expect(|frame| told(frame, "ben", &"online".into()))
        .await;
    server.panic("connection=1");
    assert_eq!(ben.closed().await.0, 1011);
    ann.expect(|frame| told(frame, "ben", &Value::Null)).await;
    let mut writer = Writer::new(&room);
    let (offset, dot) = insist(&mut ann, &mut writer).await;
    let mut ben = Client::connect(&server).await;
    ben.views
        .entry(room.clone())
        .or_default()
        .resume(place["cursor"][1].as_u64().expect("an offset"));
    ben.hello(&server.token("ben", "phone"), json!([place]))
        .await;
    ben.synced(&room).await;
    let only = BTreeMap::from([(offset, dot)]);
    assert_eq!(ben.views[&room].ops, only, "the missed op and no other");
    let closes = server.metric("greenroom_closes_total{code=\"1011\"}");
    assert_eq!(closes, 1.0);
    assert_eq!(server.metric("greenroom_connections"), 2.0);
}
