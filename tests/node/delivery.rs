//! Ops reach everyone in order, without gaps and in frames that clients take; what was sent is answered.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::json;

#[tokio::test]
async fn whoever_causes_an_op_of_the_server_is_sent_it() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.join(&room).await;
    for frame in [
        json!({"t": "member.role", "room": room, "user": "ben", "role": "moderator"}),
        json!({"t": "room.update", "room": room, "name": "bridge"}),
    ] {
        ann.granted(frame).await;
    }
    let mut writer = Writer::new(&room);
    let op = writer.say("after them");
    let ack = ann.post(&room, vec![op]).await;
    let offset = ack["acks"][0]["offset"].as_u64().expect("an offset");
    ann.caught_up(&room, offset).await;
    ben.caught_up(&room, offset).await;
    assert_eq!(ann.views[&room].ops, ben.views[&room].ops);
}

#[tokio::test]
async fn a_burst_is_answered_in_full_without_another_word() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut writer = Writer::new(&room);
    let mut asked = Vec::new();
    for n in 0..1_000 {
        let op = writer.say(&format!("{n}"));
        asked.push(ann.request(writer.post(&op)).await);
    }
    let mut last = 0;
    for id in asked {
        let ack = ann.answer(id).await;
        assert_eq!(ack["t"], "ack", "{ack}");
        let offset = ack["acks"][0]["offset"].as_u64().expect("an offset");
        assert!(offset > last, "acks come in order");
        last = offset;
    }
    assert_eq!(ann.views[&room].cursor, last);
}

#[tokio::test]
async fn many_large_posts_reach_a_reader_in_frames_it_takes() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut reader = Client::login(&server, "ben", "phone").await;
    reader.join(&room).await;
    let mut authors = Vec::new();
    for n in 0..4 {
        let mut author = Client::login(&server, &format!("author-{n}"), "laptop").await;
        author.granted(json!({"t": "join", "room": room})).await;
        authors.push((author, Writer::new(&room)));
    }
    let mut last = 0;
    for round in 0..6 {
        let (items, bytes) = if round % 2 == 0 {
            (256, 10)
        } else {
            (16, 12_000)
        };
        let mut asked = Vec::new();
        for (author, writer) in &mut authors {
            let ops: Vec<_> = (0..items).map(|_| writer.say(&"x".repeat(bytes))).collect();
            let post = json!({"t": "post", "room": room, "ops": ops});
            asked.push(author.request(post).await);
        }
        for ((author, _), id) in authors.iter_mut().zip(asked) {
            let answer = author.answer(id).await;
            let acks = answer["acks"].as_array().expect("all are taken");
            let offsets = acks.iter().filter_map(|ack| ack["offset"].as_u64());
            last = last.max(offsets.max().expect("one each"));
        }
    }
    reader.caught_up(&room, last).await;
}

#[tokio::test]
async fn what_was_refused_for_good_is_counted_apart() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut writer = Writer::new(&room);
    let before = server.metric("greenroom_ops_total");
    let good = writer.say("hello");
    let bad = writer.op(json!({"kind": "edit", "target": good["dot"], "text": "x".repeat(20_000)}));
    let ack = ann.post(&room, vec![good, bad]).await;
    assert_eq!(ack["refused"][0]["code"], "too_large", "{ack}");
    assert_eq!(server.metric("greenroom_ops_refused_total"), 1.0);
    assert_eq!(server.metric("greenroom_ops_total") - before, 1.0);
}
