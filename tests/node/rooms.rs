//! Following many rooms, from many places, again and again.

use crate::client::{Client, View, Writer};
use crate::presence::told;
use crate::server::Server;
use serde_json::{Value, json};

/// Rooms of a client that has been away; with what is in them, many times what its outbox holds.
const ROOMS: usize = 120;

#[tokio::test]
async fn a_client_comes_back_to_many_busy_rooms() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        let create = json!({"t": "room.create", "name": "deck", "visibility": "public"});
        let room = ann.granted(create).await["room"].clone();
        let mut writer = Writer::new(room.as_str().expect("an id"));
        let ops: Vec<_> = (0..6).map(|_| writer.say(&"x".repeat(9_000))).collect();
        let ack = ann.post(&writer.room, ops).await;
        let last = ack["acks"][5]["offset"].as_u64().expect("an offset");
        rooms.push((writer.room, last));
    }
    for place in ["from the ring", "from the disk"] {
        let mut back = Client::connect(&server).await;
        let places: Vec<Value> = rooms
            .iter()
            .map(|(room, _)| match place {
                "from the ring" => json!({"room": room}),
                _ => json!({"room": room, "vv": {}}),
            })
            .collect();
        back.hello(&server.token("ann", "phone"), json!(places))
            .await;
        for (room, last) in &rooms {
            back.synced(room).await;
            assert_eq!(back.views[room].cursor, *last, "{place}");
        }
    }
}

#[tokio::test]
async fn opening_again_starts_over_from_the_new_place() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut writer = Writer::new(&room);
    let mut last = 0;
    for _ in 0..6 {
        let ops: Vec<_> = (0..256).map(|_| writer.say("x")).collect();
        let ack = ann.post(&room, ops).await;
        last = ack["acks"][255]["offset"].as_u64().expect("an offset");
    }
    let epoch = ann.views[&room].epoch.clone();
    let mut ben = Client::login(&server, "ann", "phone").await;
    for _ in 0..20 {
        // The first place is far on, the last one at the beginning: nothing may be skipped.
        let far = json!({"t": "open", "room": room, "cursor": [epoch, last - 3]});
        let middle = json!({"t": "open", "room": room, "cursor": [epoch, 700]});
        let start = json!({"t": "open", "room": room});
        let mut asked = Vec::new();
        for frame in [far, middle, start] {
            asked.push(ben.request(frame).await);
        }
        let mut entries: Vec<Vec<u64>> = Vec::new();
        let mut synced = false;
        while !synced {
            let frame = ben.next_of(&room).await;
            match frame["t"].as_str() {
                Some("opened") => {
                    assert_eq!(frame["id"], asked[entries.len()], "each is answered once");
                    entries.push(Vec::new());
                }
                Some("ops") => {
                    let ops = frame["ops"].as_array().expect("a list").iter();
                    let offsets = ops.filter_map(|entry| entry["offset"].as_u64());
                    entries.last_mut().expect("opened").extend(offsets);
                }
                Some("synced") => synced = entries.len() == 3,
                _ => {}
            }
        }
        // Pages of an earlier opening may still have been on their way; from the beginning on there is all.
        let third = &entries[2];
        let begin = third.iter().position(|offset| *offset == 1);
        let whole: Vec<u64> = (1..=last).collect();
        assert_eq!(third[begin.expect("the first op")..], whole[..]);
        ben.granted(json!({"t": "close", "room": room})).await;
    }
}

#[tokio::test]
async fn a_room_that_was_left_can_be_joined_and_opened_again_at_once() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    for _ in 0..20 {
        ben.views.insert(room.clone(), View::default());
        let asked = [
            ben.request(json!({"t": "join", "room": room})).await,
            ben.request(json!({"t": "open", "room": room})).await,
        ];
        for id in asked {
            let answer = ben.answer(id).await;
            assert_ne!(answer["t"], "error", "{answer}");
        }
        ben.synced(&room).await;
        ben.granted(json!({"t": "leave", "room": room})).await;
        let closed = ben.expect(|frame| frame["t"] == "closed").await;
        assert_eq!(closed["code"], "not_a_member");
    }
    ben.views.insert(room.clone(), View::default());
    ben.join(&room).await;
    let mut writer = Writer::new(&room);
    let op = writer.say("still there?");
    let ack = ann.post(&room, vec![op]).await;
    let offset = ack["acks"][0]["offset"].as_u64().expect("an offset");
    ben.caught_up(&room, offset).await;
    ann.expect(|frame| told(frame, "ben", &"online".into()))
        .await;
    // The room knows who is gone: a connection that forgot one of its rooms would never say goodbye to it.
    drop(ben);
    ann.expect(|frame| told(frame, "ben", &Value::Null)).await;
}

#[tokio::test]
async fn a_list_of_rooms_with_long_topics_comes_in_pages() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    for _ in 0..20 {
        let create = json!({"t": "room.create", "name": "deck", "visibility": "public"});
        let room = ann.granted(create).await["room"].clone();
        let mut writer = Writer::new(room.as_str().expect("an id"));
        let op = writer.op(json!({"kind": "topic", "text": "x".repeat(16_000)}));
        ann.post(&writer.room, vec![op]).await;
    }
    let (mut rooms, mut after) = (0, Value::Null);
    loop {
        let mut list = json!({"t": "room.list"});
        if !after.is_null() {
            list["after"] = after;
        }
        let page = ann.granted(list).await;
        assert!(page.to_string().len() < 256 * 1024);
        let listed = page["rooms"].as_array().expect("a list");
        rooms += listed.len();
        if page["more"] != true {
            break;
        }
        after = listed.last().expect("not empty")["room"].clone();
    }
    assert_eq!(rooms, 20);
}

#[tokio::test]
async fn rooms_keep_bodies_as_long_as_the_operator_says_unless_they_say() {
    let server = Server::with(&[("STORAGE__RETENTION_DAYS", "7")]);
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.granted(json!({"t": "room.list"})).await;
    let create = json!({"t": "room.create", "name": "deck", "visibility": "public"});
    for (retention, kept) in [
        (None, json!(7)),
        (Some(3), json!(3)),
        (Some(0), Value::Null),
    ] {
        let mut create = create.clone();
        if let Some(days) = retention {
            create["retention_days"] = days.into();
        }
        assert_eq!(ann.granted(create).await["retention_days"], kept);
    }
    let direct = ann
        .granted(json!({"t": "room.direct", "user": "ben"}))
        .await;
    assert_eq!(direct["retention_days"], 7);
}
