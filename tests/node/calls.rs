//! Signalling of calls over real WebSockets: who gets in, who is told what, what is left behind. No media flows here.

use crate::client::{Client, Writer};
use crate::offer::{Line, offer, offer_with};
use crate::server::Server;
use serde_json::{Value, json};

const USUAL: [Line; 4] = [
    Line::SendAudio,
    Line::SendVideo,
    Line::ReceiveAudio,
    Line::ReceiveVideo,
];

fn join(room: &str, lines: &[Line]) -> Value {
    json!({"t": "call.join", "room": room, "offer": offer(lines)})
}

async fn joined(client: &mut Client, room: &str) -> Value {
    let joined = client.granted(join(room, &USUAL)).await;
    assert_eq!(joined["t"], "call.joined", "{joined}");
    joined
}

/// The next frame of this type.
async fn next(client: &mut Client, t: &str) -> Value {
    client.expect(|frame| frame["t"] == t).await
}

/// The op that records the call's beginning or end.
async fn record(client: &mut Client, event: &str) -> Value {
    let is_it = |entry: &&Value| entry["op"]["kind"] == "call" && entry["op"]["event"] == event;
    let find = |frame: &Value| {
        let ops = frame["ops"].as_array()?;
        ops.iter().find(is_it).cloned()
    };
    let frame = client.expect(|frame| find(frame).is_some()).await;
    find(&frame).expect("found there")["op"].clone()
}

/// Ann has a public room that Ben has joined.
async fn two(server: &Server) -> (Client, Client, String) {
    let mut ann = Client::login(server, "ann", "laptop").await;
    let mut ben = Client::login(server, "ben", "phone").await;
    let room = ann.make_room().await;
    ben.join(&room).await;
    (ann, ben, room)
}

#[tokio::test]
async fn a_call_is_joined_seen_moderated_and_recorded() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    let mine = joined(&mut ann, &room).await;
    assert_eq!(mine["participant"], 1);
    assert!(
        mine["answer"]
            .as_str()
            .is_some_and(|sdp| sdp.contains("a=candidate:"))
    );
    assert_eq!(
        mine["slots"],
        json!([{"mid": "2", "state": "empty"}, {"mid": "3", "state": "empty"}])
    );
    let sources: Vec<_> = mine["participants"][0]["tracks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|track| (track["mid"].clone(), track["source"].clone()))
        .collect();
    assert_eq!(
        sources,
        [
            (json!("0"), json!("microphone")),
            (json!("1"), json!("camera"))
        ]
    );

    let state = next(&mut ben, "call.state").await;
    assert_eq!(state["call"]["started_by"], "ann");
    assert_eq!(state["call"]["call"], mine["call"]);
    assert_eq!(record(&mut ben, "started").await["call"], mine["call"]);
    let theirs = joined(&mut ben, &room).await;
    assert_eq!(theirs["participants"].as_array().map(Vec::len), Some(2));
    let changed = next(&mut ann, "call.changed").await;
    assert_eq!(changed["joined"][0]["user"], "ben");
    assert_eq!(changed["joined"][0]["tracks"][0].get("mid"), None);

    let raise = json!({"t": "call.hand", "room": room, "raised": true});
    ben.granted(raise).await;
    let raised = ann
        .expect(|frame| frame["updated"][0]["hand"] == true)
        .await;
    assert_eq!(raised["updated"][0]["participant"], 2);
    let mute = |track: u64, muted: bool| json!({"t": "call.mute", "room": room, "track": track, "muted": muted});
    assert_eq!(ben.ask(mute(1, true)).await["code"], "forbidden");
    ann.granted(mute(3, true)).await;
    let muted = next(&mut ben, "call.muted").await;
    assert_eq!((&muted["track"], &muted["by"]), (&json!(3), &json!(1)));
    assert_eq!(ann.ask(mute(3, false)).await["code"], "forbidden");
    ben.granted(mute(3, false)).await;

    let remove =
        |participant: u64| json!({"t": "call.remove", "room": room, "participant": participant});
    assert_eq!(ben.ask(remove(1)).await["code"], "forbidden");
    ann.granted(remove(2)).await;
    assert_eq!(next(&mut ben, "call.ended").await["reason"], "removed");
    assert_eq!(
        ben.ask(json!({"t": "call.end", "room": room})).await["code"],
        "forbidden"
    );
    ann.granted(json!({"t": "call.end", "room": room})).await;
    assert_eq!(next(&mut ann, "call.ended").await["reason"], "ended");
    let ended = record(&mut ben, "ended").await;
    assert_eq!(
        (&ended["participants"], &ended["users"]),
        (&json!(2), &json!(["ann", "ben"]))
    );
    ben.expect(|frame| frame["t"] == "call.state" && frame.get("call").is_none())
        .await;
    let leave = json!({"t": "call.leave", "room": room});
    assert_eq!(ann.ask(leave).await["code"], "call_not_found");
}

#[tokio::test]
async fn offers_and_layouts_change_what_is_sent_and_seen() {
    let server = Server::start();
    let (mut ann, _ben, room) = two(&server).await;
    let first = joined(&mut ann, &room).await;
    let offer = |lines: &[Line], ufrag: &str| json!({"t": "call.offer", "room": room, "offer": offer_with(lines, ufrag)});
    let more = [USUAL.as_slice(), &[Line::SendVideo, Line::ReceiveVideo]].concat();
    let mut screen = offer(&more, "aBcD");
    screen["tracks"] = json!([{"mid": "4", "source": "screen"}]);
    let answer = ann.granted(screen).await;
    let tracks: Vec<_> = answer["tracks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|track| (track["track"].clone(), track["source"].clone()))
        .collect();
    assert_eq!(
        tracks,
        [
            (json!(1), json!("microphone")),
            (json!(2), json!("camera")),
            (json!(3), json!("screen"))
        ]
    );
    let ufrag = |frame: &Value| {
        let sdp = frame["answer"].as_str().expect("SDP");
        let line = sdp.lines().find(|line| line.starts_with("a=ice-ufrag:"));
        line.expect("ICE").to_owned()
    };
    assert_eq!(ufrag(&answer), ufrag(&first), "ICE goes on");
    let restarted = ann.granted(offer(&more, "EfGh")).await;
    assert_ne!(ufrag(&restarted), ufrag(&first), "ICE begins anew");

    let show = |mid: &str| {
        json!({"t": "call.layout", "room": room, "tiles": [
            {"mid": mid, "show": "speaker", "width": 640, "height": 360}]})
    };
    ann.granted(show("5")).await;
    assert_eq!(ann.ask(show("9")).await["code"], "call_not_found");
    let unpublish = json!({"t": "call.unpublish", "room": room, "track": 2});
    ann.granted(unpublish.clone()).await;
    assert_eq!(ann.ask(unpublish).await["code"], "call_not_found");
}

#[tokio::test]
async fn bad_offers_full_calls_and_missing_rights_are_refused() {
    let server = Server::with(&[("CALLS__PARTICIPANTS_MAX", "2")]);
    let (mut ann, mut ben, room) = two(&server).await;
    let code = |answer: Value| answer["code"].as_str().unwrap_or("none").to_owned();
    for bad in ["", "v=0\r\n", "hello", &"a=x\r\n".repeat(9)] {
        let join = json!({"t": "call.join", "room": room, "offer": bad});
        assert_eq!(code(ann.ask(join).await), "offer_refused", "{bad:?}");
    }
    let many = vec![Line::ReceiveVideo; 65];
    assert_eq!(code(ann.ask(join(&room, &many)).await), "offer_refused");
    let senders = vec![Line::SendVideo; 17];
    assert_eq!(code(ann.ask(join(&room, &senders)).await), "call_full");
    let mut wrong = join(&room, &USUAL);
    wrong["tracks"] = json!([{"mid": "0", "source": "camera"}]);
    assert_eq!(code(ann.ask(wrong).await), "offer_refused");
    let mut nowhere = join(&room, &USUAL);
    nowhere["tracks"] = json!([{"mid": "x", "source": "camera"}]);
    assert_eq!(code(ann.ask(nowhere).await), "offer_refused");
    assert_eq!(
        code(ann.ask(json!({"t": "call.leave", "room": room})).await),
        "call_not_found"
    );

    let mut cho = Client::login(&server, "cho", "tablet").await;
    assert_eq!(code(cho.ask(join(&room, &USUAL)).await), "not_a_member");
    let nowhere = "0123456789abcdef0123456789abcdef";
    assert_eq!(code(cho.ask(join(nowhere, &USUAL)).await), "room_not_found");
    cho.join(&room).await;
    joined(&mut ann, &room).await;
    joined(&mut ben, &room).await;
    assert_eq!(code(cho.ask(join(&room, &USUAL)).await), "call_full");
    let resume = json!({"t": "call.join", "room": room,
        "resume": {"participant": 1, "secret": "00".repeat(16)}});
    assert_eq!(code(cho.ask(resume).await), "call_not_found");
    ben.granted(json!({"t": "call.leave", "room": room})).await;
    joined(&mut cho, &room).await;
}

#[tokio::test]
async fn a_lost_socket_comes_back_and_who_is_put_out_does_not() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    joined(&mut ann, &room).await;
    let theirs = joined(&mut ben, &room).await;
    drop(ben);
    let away = ann
        .expect(|frame| frame["updated"][0]["state"] == "away")
        .await;
    assert_eq!(away["updated"][0]["participant"], 2);
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.open(&room, json!({})).await;
    ben.expect(|frame| frame["t"] == "call.state" && frame["call"]["participants"] == 2)
        .await;
    let resume = json!({"t": "call.join", "room": room,
        "resume": {"participant": 2, "secret": theirs["secret"]}});
    let back = ben.granted(resume).await;
    assert_eq!(
        (&back["participant"], back.get("answer")),
        (&json!(2), None)
    );
    let here = ann
        .expect(|frame| {
            frame["t"] == "call.changed" && frame["updated"][0]["state"] == "connecting"
        })
        .await;
    assert_eq!(here["updated"][0]["participant"], 2);

    ann.granted(json!({"t": "member.kick", "room": room, "user": "ben"}))
        .await;
    assert_eq!(next(&mut ben, "call.ended").await["reason"], "revoked");
    let left = ann.expect(|frame| !frame["left"].is_null()).await;
    assert_eq!(
        left["left"],
        json!([{"participant": 2, "reason": "revoked"}])
    );
}

#[tokio::test]
async fn a_revoked_token_ends_its_part_in_a_call() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    joined(&mut ann, &room).await;
    joined(&mut ben, &room).await;
    std::fs::write(server.data().join("revoked"), "user ben forever\n").expect("room on disk");
    assert_eq!(ben.closed().await.0, 4003);
    let left = ann.expect(|frame| !frame["left"].is_null()).await;
    assert_eq!(
        left["left"],
        json!([{"participant": 2, "reason": "revoked"}])
    );
}

#[tokio::test]
async fn a_call_without_media_ends_and_nobody_forges_its_record() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    joined(&mut ann, &room).await;
    // Nothing ever answers the server's handshake.
    assert_eq!(next(&mut ann, "call.ended").await["reason"], "lost");
    assert_eq!(record(&mut ben, "ended").await["users"], json!(["ann"]));
    let mut writer = Writer::new(&room);
    let forged = writer.op(json!({"kind": "call", "event": "started"}));
    let ack = ben.post(&room, vec![forged]).await;
    assert_eq!(ack["refused"][0]["code"], "invalid");
}

#[tokio::test]
async fn a_restart_ends_calls_with_their_record() {
    let server = Server::start();
    let (mut ann, _ben, room) = two(&server).await;
    joined(&mut ann, &room).await;
    let reader = tokio::spawn(ann.closed());
    let server = tokio::task::spawn_blocking(|| server.restart())
        .await
        .expect("it restarts");
    let (_, frames) = reader.await.expect("it reads");
    let ended = frames.iter().find(|frame| frame["t"] == "call.ended");
    assert_eq!(ended.expect("it was told")["reason"], "shutdown");
    let mut ann = Client::login(&server, "ann", "laptop").await;
    ann.granted(json!({"t": "open", "room": room})).await;
    assert_eq!(record(&mut ann, "ended").await["reason"], "shutdown");
}

#[tokio::test]
async fn a_node_without_calls_says_so() {
    let server = Server::with(&[("CALLS__ENABLED", "false")]);
    let (mut ann, _ben, room) = two(&server).await;
    let answer = ann.ask(join(&room, &USUAL)).await;
    assert_eq!(
        (&answer["code"], &answer["advice"]),
        (&json!("calls_unavailable"), &json!("operator"))
    );
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_call_survives_a_panic() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    joined(&mut ann, &room).await;
    joined(&mut ben, &room).await;
    server.panic(&format!("call={room}"));
    let again = ann
        .expect(|frame| {
            frame["updated"]
                .as_array()
                .is_some_and(|all| all.len() == 2)
        })
        .await;
    assert_eq!(again["updated"][1]["user"], "ben");
    ben.granted(json!({"t": "call.hand", "room": room, "raised": true}))
        .await;
    ann.expect(|frame| frame["updated"][0]["hand"] == true)
        .await;
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_call_that_keeps_failing_ends_and_the_next_one_begins() {
    let server = Server::start();
    let (mut ann, mut ben, room) = two(&server).await;
    let first = joined(&mut ann, &room).await;
    // More than it may fail in a minute; those that come after its end find no call.
    for _ in 0..24 {
        server.http("POST", &format!("/debug/panic?call={room}"));
    }
    assert_eq!(next(&mut ann, "call.ended").await["reason"], "failed");
    assert_eq!(record(&mut ben, "ended").await["reason"], "failed");
    ben.expect(|frame| frame["t"] == "call.state" && frame.get("call").is_none())
        .await;
    let second = joined(&mut ben, &room).await;
    assert_ne!(second["call"], first["call"]);
}
