//! Tokens on the open socket: expiry, renewal, revocation; and strangers who never log in.

use crate::client::{Client, Writer};
use crate::server::Server;
use serde_json::json;
use std::time::Duration;

/// Lifetimes of tokens that expire in a test: the next one when the machine stops until it is too late to use the last.
const LIFETIMES_S: [u64; 4] = [2, 6, 18, 54];
/// More beats than fit in the time that a stranger has, one a second.
const BEATS_MAX: usize = 30;

#[tokio::test]
async fn an_expired_token_closes_and_a_renewed_one_does_not() {
    let server = Server::with(&[("TOKENS__LEEWAY_S", "0")]);
    for lifetime_s in LIFETIMES_S {
        if expire(&server, lifetime_s).await.is_ok() {
            return;
        }
    }
    panic!("no token lived long enough to be used");
}

/// The code of a close that came too early.
async fn expire(server: &Server, lifetime_s: u64) -> Result<(), u16> {
    let hello = |token| json!({"t": "hello", "token": token, "heartbeat_ms": 60_000});
    let mut renews = Client::connect(server).await;
    let token = server.token_for("ben", "phone", lifetime_s, None);
    renews.try_send(hello(token)).await;
    let welcome = renews.next("welcome").await?;
    let token = server.token("ben", "phone");
    renews.try_send(json!({"t": "renew", "token": token})).await;
    let renewed = renews.next("renewed").await?;
    assert!(renewed["expires_ms"].as_u64() > welcome["expires_ms"].as_u64());
    // Later than the first token of the other.
    let mut expires = Client::connect(server).await;
    let token = server.token_for("ann", "laptop", lifetime_s + 1, None);
    expires.try_send(hello(token)).await;
    expires.next("welcome").await?;
    assert_eq!(expires.closed().await.0, 4002);
    renews.granted(json!({"t": "room.list"})).await;
    Ok(())
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
    // Ten seconds from the start, not from the last beat.
    let mut beats = 0;
    let code = loop {
        slow.try_send(json!({"t": "beat"})).await;
        match slow.next("beat").await {
            Ok(_) => beats += 1,
            Err(code) => break code,
        }
        assert!(beats < BEATS_MAX, "beats keep it");
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert!(beats > 0);
    assert_eq!(code, 4001);
    let mut flood = Client::connect(&server).await;
    for _ in 0..100 {
        // It may be closed before all of them are sent.
        flood.try_send(json!({"t": "beat"})).await;
    }
    assert_eq!(flood.closed().await.0, 1008);
    let closes = |code: u16| server.metric(&format!("greenroom_closes_total{{code=\"{code}\"}}"));
    assert_eq!((closes(4001), closes(1008)), (1.0, 1.0));
}
