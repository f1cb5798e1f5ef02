//! Who is here: several devices are one presence, and what a room knows of its members outlives it.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::{Value, json};

/// What a presence frame says of a user.
fn change(frame: &Value, user: &str) -> Option<Value> {
    let changes = frame["changes"].as_array()?.iter();
    let mut of_user = changes.filter(|change| change["user"] == user);
    of_user.next().cloned()
}

/// Whether the frame says that the user's status is this; null is offline.
pub(crate) fn told(frame: &Value, user: &str, status: &Value) -> bool {
    change(frame, user).is_some_and(|change| change["status"] == *status)
}

#[tokio::test]
async fn several_devices_are_one_presence() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut phone = Client::login(&server, "ben", "phone").await;
    phone.join(&room).await;
    let mut laptop = Client::login(&server, "ben", "laptop").await;
    laptop.open(&room, json!({})).await;
    let is = |status: &'static str| move |frame: &Value| told(frame, "ben", &status.into());
    ann.expect(is("online")).await;
    phone.send(json!({"t": "presence", "status": "away"})).await;
    laptop
        .send(json!({"t": "presence", "status": "away"}))
        .await;
    ann.expect(is("away")).await;
    laptop
        .send(json!({"t": "presence", "status": "online"}))
        .await;
    ann.expect(is("online")).await;
    drop(laptop);
    ann.expect(is("away")).await;
    drop(phone);
    let gone = ann.expect(|frame| told(frame, "ben", &Value::Null)).await;
    let ben = change(&gone, "ben").expect("just seen");
    assert!(ben["last_seen_ms"].as_u64().is_some(), "{gone}");
    let members = ann.granted(json!({"t": "members", "room": room})).await;
    let members = members["members"].as_array().expect("a list");
    assert!(
        members
            .iter()
            .any(|member| member["user"] == "ben" && member["last_seen_ms"] == ben["last_seen_ms"]),
        "{members:?}"
    );
}

#[tokio::test]
async fn markers_and_last_seen_survive_a_stop() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let room = ann.make_room().await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    ben.join(&room).await;
    let mut writer = Writer::new(&room);
    let op = writer.say("read this");
    let ack = ann.post(&room, vec![op]).await["acks"][0].clone();
    let read = json!({"t": "read", "room": room, "stamp": ack["stamp"], "dot": ack["dot"]});
    ben.send(read).await;
    ann.expect(|frame| frame["t"] == "read" && frame["user"] == "ben")
        .await;
    drop((ann, ben));
    let server = server.restart();
    let mut ben = Client::login(&server, "ben", "phone").await;
    let opened = ben.open(&room, json!({})).await;
    assert_eq!(opened["unread"], 0, "{opened}");
    assert_eq!(opened["read"], json!([ack["stamp"], ack["dot"]]));
    let members = ben.granted(json!({"t": "members", "room": room})).await;
    let members = members["members"].as_array().expect("a list");
    let ann = members.iter().find(|member| member["user"] == "ann");
    let ann = ann.expect("a member");
    assert!(ann["last_seen_ms"].as_u64().is_some(), "{ann}");
}
