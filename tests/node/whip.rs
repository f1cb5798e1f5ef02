//! WHIP and WHEP over real HTTP, as far as they go without media.

use crate::client::Client;
use crate::offer::{Line, offer};
use crate::server::Server;
use serde_json::{Value, json};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let text = server.http_with(method, path, headers, body);
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    Answer {
        status: status.parse().expect("a number"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

async fn room_of(server: &Server) -> (Client, String) {
    let mut ann = Client::login(server, "ann", "laptop").await;
    let room = ann.make_room().await;
    (ann, room)
}

#[tokio::test]
async fn an_encoder_publishes_restarts_and_leaves() {
    let server = Server::start();
    let (mut ann, room) = room_of(&server).await;
    let bearer = format!("Bearer {}", server.token("ann", "obs"));
    let auth = ("Authorization", bearer.as_str());
    let sends = offer(&[Line::SendAudio, Line::SendVideo]);
    let path = format!("/whip/{room}");
    let made = ask(
        &server,
        "POST",
        &path,
        &[auth, ("Content-Type", SDP)],
        &sends,
    );
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("content-type"), Some(SDP));
    assert!(made.body.contains("a=recvonly") && made.body.contains("a=candidate:"));
    let location = made.header("location").expect("a location").to_owned();
    assert!(location.starts_with(&path));
    let etag = made.header("etag").expect("an ETag").to_owned();

    let joined = ann
        .granted(json!({"t": "call.join", "room": room, "offer": offer(&[Line::ReceiveVideo])}))
        .await;
    assert_eq!(joined["participants"][0]["user"], "ann");
    assert_eq!(joined["participants"][0].get("device"), None);

    let patch = |tag: &str, body: &str| {
        let headers = [auth, ("Content-Type", FRAGMENT), ("If-Match", tag)];
        ask(&server, "PATCH", &location, &headers, body)
    };
    let candidate = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    assert_eq!(patch(&etag, candidate).status, 204);
    assert_eq!(patch("\"other\"", candidate).status, 412);
    let fresh = "a=ice-ufrag:EfGh\r\na=ice-pwd:zyxwvutsrqponmlkjihgfedc\r\n";
    let restarted = patch("*", fresh);
    assert_eq!(restarted.status, 200);
    assert!(restarted.body.contains("a=ice-ufrag:") && restarted.body.contains("a=candidate:"));
    assert_ne!(restarted.header("etag"), Some(etag.as_str()));
    assert_eq!(
        patch(&etag, candidate).status,
        412,
        "another session by now"
    );
    assert_eq!(patch("*", "a=ice-ufrag:EfGh\r\n").status, 400);
    let unconditional = ask(
        &server,
        "PATCH",
        &location,
        &[auth, ("Content-Type", FRAGMENT)],
        "",
    );
    assert_eq!(unconditional.status, 428);

    assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 401);
    assert_eq!(ask(&server, "DELETE", &location, &[auth], "").status, 200);
    assert_eq!(ask(&server, "DELETE", &location, &[auth], "").status, 404);
    let left: Value = ann.expect(|frame| !frame["left"].is_null()).await;
    assert_eq!(left["left"], json!([{"participant": 1, "reason": "left"}]));
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let server = Server::start();
    let (mut ann, room) = room_of(&server).await;
    let bearer = |user: &str| format!("Bearer {}", server.token(user, "obs"));
    let (member, stranger) = (bearer("ann"), bearer("eve"));
    let sends = offer(&[Line::SendAudio]);
    let plays = offer(&[Line::ReceiveAudio, Line::ReceiveVideo]);
    let whip = format!("/whip/{room}");
    let whep = format!("/whep/{room}");
    let post = |path: &str, token: &str, kind: &str, body: &str| {
        let headers = [("Authorization", token), ("Content-Type", kind)];
        let answer = ask(&server, "POST", path, &headers, body);
        let code = answer.body.split(':').next().unwrap_or_default().to_owned();
        (answer.status, code)
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    let anonymous = ask(&server, "POST", &whip, &[("Content-Type", SDP)], &sends);
    assert_eq!(anonymous.status, 401);
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    assert_eq!(
        post(&whip, "Bearer x", SDP, &sends),
        is(401, "unauthorized")
    );
    assert_eq!(post(&whip, &stranger, SDP, &sends), is(403, "not_a_member"));
    assert_eq!(
        post("/whip/nowhere", &member, SDP, &sends),
        is(404, "room_not_found")
    );
    assert_eq!(
        post(&whip, &member, "text/plain", &sends),
        is(415, "unsupported_media_type")
    );
    assert_eq!(post(&whip, &member, SDP, "hello"), is(400, "offer_refused"));
    let long = "a".repeat(65 * 1024);
    assert_eq!(post(&whip, &member, SDP, &long), is(413, "too_large"));
    assert_eq!(
        post(&whep, &member, SDP, &plays),
        is(404, "call_not_found"),
        "players start no call"
    );
    assert_eq!(ask(&server, "GET", &whip, &[], "").status, 405);
    let preflight = ask(
        &server,
        "OPTIONS",
        &whip,
        &[("Origin", "https://a.example")],
        "",
    );
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));

    ann.granted(json!({"t": "call.join", "room": room, "offer": sends}))
        .await;
    let played = ask(
        &server,
        "POST",
        &whep,
        &[("Authorization", &member), ("Content-Type", SDP)],
        &plays,
    );
    assert_eq!(played.status, 201, "{}", played.body);
    assert!(played.body.contains("a=sendonly"));
    assert_eq!(
        post(&whep, &member, SDP, &sends),
        is(403, "forbidden"),
        "players publish nothing"
    );
}
