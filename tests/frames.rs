//! Golden vectors: what `tests/vectors/frames.json` promises other languages, held against our own codecs.
//!
//! To add a vector write its line with `"msgpack": ""`; to fill in or renew the hexadecimal run
//! `GREENROOM_VECTORS=write cargo test --test frames` and read the difference before committing it.

use greenroom::crdt::{Body, Op};
use greenroom::protocol::{
    Advice, ClientFrame, ErrorCode, RequestId, ServerFrame, Subprotocol,
    Subprotocol::{Json, MessagePack},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Debug, fs, path::PathBuf, sync::OnceLock};

#[derive(Deserialize)]
struct Vectors {
    client: Vec<Vector>,
    server: Vec<Vector>,
    op: Vec<Vector>,
    same: Vec<Same>,
    unsupported: Vec<Unsupported>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    json: Value,
    msgpack: String,
}

#[derive(Deserialize)]
struct Same {
    side: String,
    name: String,
    said: Value,
    means: Value,
}

#[derive(Deserialize)]
struct Unsupported {
    text: String,
    id: Option<RequestId>,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    text: Option<String>,
    msgpack: Option<String>,
    code: ErrorCode,
    id: Option<RequestId>,
}

/// Lists an enum's variants once, for a match that the compiler keeps complete and for the vectors to cover.
macro_rules! variants {
    ($all:ident, $name:ident($type:ty): $($variant:pat => $text:literal),* $(,)?) => {
        const $all: &[&str] = &[$($text),*];

        fn $name(value: &$type) -> &'static str {
            match value { $($variant => $text),* }
        }
    };
}

variants! { CLIENT_FRAMES, client_frame(ClientFrame):
    ClientFrame::Hello(_) => "hello",
    ClientFrame::Prove { .. } => "prove",
    ClientFrame::Renew { .. } => "renew",
    ClientFrame::Beat {} => "beat",
    ClientFrame::Open { .. } => "open",
    ClientFrame::Close { .. } => "close",
    ClientFrame::Post { .. } => "post",
    ClientFrame::History { .. } => "history",
    ClientFrame::Typing { .. } => "typing",
    ClientFrame::Presence { .. } => "presence",
    ClientFrame::Read { .. } => "read",
    ClientFrame::RoomCreate { .. } => "room.create",
    ClientFrame::RoomUpdate { .. } => "room.update",
    ClientFrame::RoomDirect { .. } => "room.direct",
    ClientFrame::RoomList { .. } => "room.list",
    ClientFrame::Join { .. } => "join",
    ClientFrame::Leave { .. } => "leave",
    ClientFrame::Members { .. } => "members",
    ClientFrame::MemberRole { .. } => "member.role",
    ClientFrame::MemberKick { .. } => "member.kick",
    ClientFrame::MemberUnban { .. } => "member.unban",
    ClientFrame::InviteCreate { .. } => "invite.create",
    ClientFrame::InviteList { .. } => "invite.list",
    ClientFrame::InviteRevoke { .. } => "invite.revoke",
    ClientFrame::InviteAccept { .. } => "invite.accept",
    ClientFrame::CallJoin(_) => "call.join",
    ClientFrame::CallOffer(_) => "call.offer",
    ClientFrame::CallLayout(_) => "call.layout",
    ClientFrame::CallMute(_) => "call.mute",
    ClientFrame::CallHand(_) => "call.hand",
    ClientFrame::CallUnpublish(_) => "call.unpublish",
    ClientFrame::CallLeave(_) => "call.leave",
    ClientFrame::CallRemove(_) => "call.remove",
    ClientFrame::CallEnd(_) => "call.end",
    ClientFrame::Unknown { .. } => "(unknown)",
}

variants! { SERVER_FRAMES, server_frame(ServerFrame):
    ServerFrame::Challenge { .. } => "challenge",
    ServerFrame::Welcome(_) => "welcome",
    ServerFrame::Renewed { .. } => "renewed",
    ServerFrame::Beat {} => "beat",
    ServerFrame::Ok { .. } => "ok",
    ServerFrame::Error { .. } => "error",
    ServerFrame::Opened { .. } => "opened",
    ServerFrame::Ops { .. } => "ops",
    ServerFrame::Synced { .. } => "synced",
    ServerFrame::Ack { .. } => "ack",
    ServerFrame::Closed { .. } => "closed",
    ServerFrame::Room { .. } => "room",
    ServerFrame::Rooms { .. } => "rooms",
    ServerFrame::Members { .. } => "members",
    ServerFrame::Invites { .. } => "invites",
    ServerFrame::Presence { .. } => "presence",
    ServerFrame::Typing { .. } => "typing",
    ServerFrame::Read { .. } => "read",
    ServerFrame::RoomsChanged {} => "rooms.changed",
    ServerFrame::CallJoined(_) => "call.joined",
    ServerFrame::CallAnswer(_) => "call.answer",
    ServerFrame::CallChanged(_) => "call.changed",
    ServerFrame::CallSlots(_) => "call.slots",
    ServerFrame::CallSpeakers(_) => "call.speakers",
    ServerFrame::CallQuality(_) => "call.quality",
    ServerFrame::CallDemand(_) => "call.demand",
    ServerFrame::CallMuted(_) => "call.muted",
    ServerFrame::CallState(_) => "call.state",
    ServerFrame::CallEnded(_) => "call.ended",
    ServerFrame::Drain { .. } => "drain",
}

variants! { OP_KINDS, op_kind(Body):
    Body::Post { .. } => "post",
    Body::Edit { .. } => "edit",
    Body::Delete { .. } => "delete",
    Body::Reaction { .. } => "reaction",
    Body::Pin { .. } => "pin",
    Body::Topic { .. } => "topic",
    Body::Member { .. } => "member",
    Body::Room { .. } => "room",
    Body::Purge { .. } => "purge",
    Body::Void { .. } => "void",
    Body::Other { .. } => "(other)",
}

variants! { ERROR_CODES, error_code(ErrorCode):
    ErrorCode::Malformed => "malformed",
    ErrorCode::Unsupported => "unsupported",
    ErrorCode::TooLarge => "too_large",
    ErrorCode::NotReady => "not_ready",
    ErrorCode::Unauthorized => "unauthorized",
    ErrorCode::TokenExpired => "token_expired",
    ErrorCode::TokenRevoked => "token_revoked",
    ErrorCode::NameTaken => "name_taken",
    ErrorCode::GuestsRefused => "guests_refused",
    ErrorCode::Forbidden => "forbidden",
    ErrorCode::RoomNotFound => "room_not_found",
    ErrorCode::RoomUnavailable => "room_unavailable",
    ErrorCode::UserNotFound => "user_not_found",
    ErrorCode::InviteInvalid => "invite_invalid",
    ErrorCode::Gap => "gap",
    ErrorCode::DotConflict => "dot_conflict",
    ErrorCode::ForeignReplica => "foreign_replica",
    ErrorCode::ClockSkew => "clock_skew",
    ErrorCode::RateLimited => "rate_limited",
    ErrorCode::Overloaded => "overloaded",
    ErrorCode::ReadOnly => "read_only",
    ErrorCode::NotAMember => "not_a_member",
    ErrorCode::Restarted => "restarted",
    ErrorCode::CallNotFound => "call_not_found",
    ErrorCode::CallFull => "call_full",
    ErrorCode::OfferRefused => "offer_refused",
    ErrorCode::CallsUnavailable => "calls_unavailable",
}

variants! { ADVICE, advice(Advice):
    Advice::Retry => "retry",
    Advice::Fix => "fix",
    Advice::Reconnect => "reconnect",
    Advice::Operator => "operator",
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/frames.json")
}

fn page() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/PROTOCOL.md");
    fs::read_to_string(path).expect("docs/PROTOCOL.md")
}

fn load() -> Vectors {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let text = fs::read_to_string(path()).expect("the vectors");
        if std::env::var("GREENROOM_VECTORS").as_deref() != Ok("write") {
            return text;
        }
        let renewed = renew(&text);
        fs::write(path(), &renewed).expect("the vectors are writable");
        renewed
    });
    serde_json::from_str(text).expect("vectors of this form")
}

/// Writes the hexadecimal of every vector anew, line by line, so that the rest of the file stays as people wrote it.
fn renew(text: &str) -> String {
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("  \"")
            .and_then(|l| l.strip_suffix("\": ["))
        {
            section = name.to_owned();
        }
        let parts = line.split_once(r#", "msgpack": ""#);
        match parts.filter(|(before, _)| before.contains(r#""json": "#)) {
            Some((before, after)) => {
                let comma = if after.ends_with(',') { "," } else { "" };
                let vector: Vector =
                    serde_json::from_str(line.trim_end_matches(',')).expect("a vector a line");
                let hex = match section.as_str() {
                    "client" => hex::encode(MessagePack.encode_client(&client(&vector.json))),
                    "server" => hex::encode(MessagePack.encode_server(&server(&vector.json))),
                    _ => hex::encode(pack(&parse::<Op>(&vector.json))),
                };
                lines.push(format!(r#"{before}, "msgpack": "{hex}"}}{comma}"#));
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

fn pack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("MessagePack")
}

fn parse<T: DeserializeOwned>(json: &Value) -> T {
    serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{json}: {e}"))
}

fn client(json: &Value) -> ClientFrame {
    Json.decode_client(json.to_string().as_bytes())
        .unwrap_or_else(|e| panic!("{json}: {e}"))
}

fn server(json: &Value) -> ServerFrame {
    Json.decode_server(json.to_string().as_bytes())
        .unwrap_or_else(|e| panic!("{json}: {e}"))
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).expect("JSON")
}

/// Both forms of a vector mean the same, and both come out again as they went in.
fn check<T: PartialEq + Debug>(
    vector: &Vector,
    decode: impl Fn(Subprotocol, &[u8]) -> T,
    encode: impl Fn(Subprotocol, &T) -> Vec<u8>,
) -> T {
    let name = &vector.name;
    let from_json = decode(Json, vector.json.to_string().as_bytes());
    let packed = hex::decode(&vector.msgpack).expect("hexadecimal");
    assert_eq!(decode(MessagePack, &packed), from_json, "{name}");
    assert_eq!(value(&encode(Json, &from_json)), vector.json, "{name}");
    assert_eq!(
        hex::encode(encode(MessagePack, &from_json)),
        vector.msgpack,
        "{name}: see the head of this file for how to renew it"
    );
    from_json
}

fn assert_covered(all: &[&str], seen: BTreeSet<&str>) {
    let missing: Vec<_> = all.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}

#[test]
fn client_frames_match_their_vectors() {
    let mut seen = BTreeSet::from(["(unknown)"]);
    for vector in load().client {
        let frame = check(
            &vector,
            |form, bytes| form.decode_client(bytes).expect("a frame"),
            Subprotocol::encode_client,
        );
        assert_eq!(vector.json["t"], client_frame(&frame));
        assert_eq!(
            serde_json::to_value(frame.request()).expect("JSON"),
            vector.json["id"]
        );
        seen.insert(client_frame(&frame));
    }
    assert_covered(CLIENT_FRAMES, seen);
}

#[test]
fn server_frames_match_their_vectors() {
    let mut seen = BTreeSet::new();
    for vector in load().server {
        let frame = check(
            &vector,
            |form, bytes| form.decode_server(bytes).expect("a frame"),
            Subprotocol::encode_server,
        );
        assert_eq!(vector.json["t"], server_frame(&frame));
        seen.insert(server_frame(&frame));
    }
    assert_covered(SERVER_FRAMES, seen);
}

#[test]
fn ops_match_their_vectors() {
    let mut seen = BTreeSet::new();
    for vector in load().op {
        let op: Op = check(
            &vector,
            |form, bytes| match form {
                Json => serde_json::from_slice(bytes).expect("an op"),
                MessagePack => rmp_serde::from_slice(bytes).expect("an op"),
            },
            |form, op| match form {
                Json => serde_json::to_vec(op).expect("JSON"),
                MessagePack => pack(op),
            },
        );
        assert_eq!(vector.json["kind"], op.body.kind());
        seen.insert(op_kind(&op.body));
    }
    assert_covered(OP_KINDS, seen);
}

#[test]
fn what_newer_peers_say_means_the_same() {
    for same in load().same {
        let (said, means) = match same.side.as_str() {
            "client" => (
                format!("{:?}", client(&same.said)),
                format!("{:?}", client(&same.means)),
            ),
            "server" => (
                format!("{:?}", server(&same.said)),
                format!("{:?}", server(&same.means)),
            ),
            _ => (
                format!("{:?}", parse::<Op>(&same.said)),
                format!("{:?}", parse::<Op>(&same.means)),
            ),
        };
        assert_eq!(said, means, "{}", same.name);
    }
    for unsupported in load().unsupported {
        let frame = Json.decode_client(unsupported.text.as_bytes());
        assert_eq!(frame, Ok(ClientFrame::Unknown { id: unsupported.id }));
    }
}

#[test]
fn what_must_be_refused_is_refused_with_its_code() {
    for refused in load().refused {
        let result = match (&refused.text, &refused.msgpack) {
            (Some(text), None) => Json.decode_client(text.as_bytes()),
            (None, Some(hex)) => MessagePack.decode_client(&hex::decode(hex).expect("hexadecimal")),
            _ => panic!("{}: one form, please", refused.name),
        };
        let error = result.expect_err(&refused.name);
        assert_eq!(
            (error.code, error.id),
            (refused.code, refused.id),
            "{}",
            refused.name
        );
    }
}

#[test]
fn protocol_md_names_every_frame_kind_and_code() {
    let page =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/PROTOCOL.md"))
            .expect("docs/PROTOCOL.md");
    let words = [CLIENT_FRAMES, SERVER_FRAMES, OP_KINDS, ERROR_CODES, ADVICE].concat();
    let missing: Vec<_> = words
        .into_iter()
        .filter(|word| !word.starts_with('(') && !page.contains(&format!("`{word}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/PROTOCOL.md does not name {missing:?}"
    );
    // The compiler sees these matches as complete; the words on the wire must be the ones listed.
    for word in ERROR_CODES {
        assert_eq!(error_code(&parse(&Value::from(*word))), *word);
    }
    for word in ADVICE {
        assert_eq!(advice(&parse(&Value::from(*word))), *word);
    }
}

#[test]
fn the_session_in_protocol_md_is_real() {
    let page = page();
    let mut seen = 0;
    for block in page.split("```session\n").skip(1) {
        let (lines, _) = block.split_once("```").expect("the block ends");
        for line in lines.lines() {
            let (side, json) = line.split_at(2);
            let json: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{line}: {e}"));
            let again = match side {
                "C " => Json.encode_client(&client(&json)),
                "S " => Json.encode_server(&server(&json)),
                _ => panic!("who says {line}?"),
            };
            assert_eq!(value(&again), json, "a field is unknown or missing");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} messages");
}
