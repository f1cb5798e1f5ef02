//! Tokens on the open socket: expiry, renewal, revocation; and strangers who never log in.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_expired_token_closes_and_a_renewed_one_does_not() {
    let server = Server::with(&[("TOKENS__LEEWAY_S", "0")]);
    let mut expires = Client::connect(&server).await;
    let token = server.token_for("ann", "laptop", 2, None);
    let welcome = expires.hello(&token, json!([])).await;
    let mut renews = Client::connect(&server).await;
    renews
        .hello(&server.token_for("ben", "phone", 2, None), json!([]))
        .await;
    let token = server.token("ben", "phone");
    renews.send(json!({"t": "renew", "token": token})).await;
    let renewed = renews.expect(|frame| frame["t"] == "renewed").await;
    assert!(renewed["expires_ms"].as_u64() > welcome["expires_ms"].as_u64());
    assert_eq!(expires.closed().await.0, 4002);
    renews.granted(json!({"t": "room.list"})).await;
}

#[tokio::test]
async fn a_renewed_token_ends_what_it_does_not_cover() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let (kept, lost) = (ann.make_room().await, ann.make_room().await);
    let token = server.token_for("ann", "laptop", 1800, Some(&[&kept]));
    ann.send(json!({"t": "renew", "token": token})).await;
    let closed = ann.expect(|frame| frame["t"] == "closed").await;
    assert_eq!(
        (&closed["room"], &closed["code"]),
        (&json!(lost), &json!("forbidden"))
    );
    let mut writer = Writer::new(&kept);
    let op = writer.say("still in here");
    ann.post(&kept, vec![op]).await;
    let open = ann.ask(json!({"t": "open", "room": lost})).await;
    assert_eq!(open["code"], "forbidden");
}

#[tokio::test]
async fn a_revoked_user_is_put_out_and_stays_out() {
    let server = Server::start();
    let mut ann = Client::login(&server, "ann", "laptop").await;
    let mut ben = Client::login(&server, "ben", "phone").await;
    let room = ann.make_room().await;
    ben.join(&room).await;
    let token = server.token("ben", "phone");
    std::fs::write(server.data().join("revoked"), "user ben forever\n").expect("room on disk");
    assert_eq!(ben.closed().await.0, 4003);
    let mut again = Client::connect(&server).await;
    again
        .send(json!({"t": "hello", "token": token, "heartbeat_ms": 60_000}))
        .await;
    let (code, frames) = again.closed().await;
    assert_eq!((code, &frames[0]["code"]), (4003, &json!("token_revoked")));
    ann.granted(json!({"t": "members", "room": room})).await;
}

#[tokio::test]
async fn beats_do_not_keep_a_stranger() {
    let server = Server::start();
    let mut slow = Client::connect(&server).await;
    for _ in 0..7 {
        slow.send(json!({"t": "beat"})).await;
        slow.expect(|frame| frame["t"] == "beat").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Ten seconds from the start, not from the last beat; twenty from now would be too patient a client.
    assert_eq!(slow.closed().await.0, 4001);
    let mut flood = Client::connect(&server).await;
    for _ in 0..100 {
        flood.send(json!({"t": "beat"})).await;
    }
    assert_eq!(flood.closed().await.0, 1008);
    let closes = |code: u16| server.metric(&format!("greenroom_closes_total{{code=\"{code}\"}}"));
    assert_eq!((closes(4001), closes(1008)), (1.0, 1.0));
}
