//! Golden vectors of the CRDT: other languages test against the same files. `tests/vectors/README.md` tells how to add one.

use greenroom::chat::Fingerprint;
use greenroom::crdt::{Canonical, Hlc, Op, Stamp, State};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;

const A: &str = "00000000000000aa";
const B: &str = "00000000000000bb";
const SERVER: &str = "0000000000000001";

#[test]
fn digests_are_as_written() {
    let cases = digest_cases();
    check("digest.json", cases, |case| {
        let state = state(&case["entries"]);
        json!({
            "name": case["name"],
            "entries": case["entries"],
            "canonical": hex::encode(state.canonical_bytes()),
            "digest": state.digest().to_string(),
        })
    });
}

#[test]
fn merges_are_as_written() {
    check("merge.json", merge_cases(), |case| {
        let sites: Vec<State> = items(&case["sites"]).map(state).collect();
        let mut merged = State::default();
        sites.iter().rev().for_each(|site| merged.merge(site));
        let digests: Vec<_> = sites.iter().map(|s| s.digest().to_string()).collect();
        json!({
            "name": case["name"],
            "sites": case["sites"],
            "digests": digests,
            "merged": merged.digest().to_string(),
        })
    });
}

#[test]
fn clocks_are_as_written() {
    check("hlc.json", hlc_cases(), |case| {
        let mut out = case.clone();
        let last: Hlc = parse(&case["clock"]);
        let result = match case["do"].as_str() {
            Some("tick") => last.tick(parse(&case["now_ms"])),
            Some("receive") => last.receive(parse::<Stamp>(&case["stamp"]), parse(&case["now_ms"])),
            Some("effective") => last.effective(parse(&case["stamp"])),
            other => panic!("{other:?}"),
        };
        out["result"] = json!(result);
        out
    });
}

#[test]
fn fingerprints_are_as_written() {
    check("fingerprint.json", fingerprint_cases(), |case| {
        let mut canonical = Canonical::default();
        let Fingerprint(bytes) = Fingerprint::of(&parse::<Op>(&case["op"]), &mut canonical);
        json!({
            "name": case["name"],
            "op": case["op"],
            "canonical": hex::encode(canonical.bytes()),
            "fingerprint": hex::encode(bytes),
        })
    });
}

/// Computes every case from its inputs: as stored in the file, and as written here, which must be the same cases.
fn check(file: &str, cases: Vec<Value>, compute: impl Fn(&Value) -> Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(file);
    let fresh: Vec<Value> = cases.iter().map(&compute).collect();
    if std::env::var("GREENROOM_VECTORS").is_ok_and(|mode| mode == "write") {
        let text = serde_json::to_string_pretty(&fresh).expect("JSON");
        std::fs::write(&path, text + "\n").expect("the folder is writable");
    }
    let text = std::fs::read_to_string(&path).expect("the file is in the repository");
    let stored: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for case in &stored {
        assert_eq!(&compute(case), case, "{file}: {}", case["name"]);
    }
    assert_eq!(
        stored, fresh,
        "{file} is stale: see tests/vectors/README.md"
    );
}

fn state(entries: &Value) -> State {
    let mut state = State::default();
    for entry in items(entries) {
        state.apply(parse(&entry["op"]), parse(&entry["stamp"]));
    }
    state
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().expect("a list").iter()
}

fn parse<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("well-formed")
}

/// An entry: replica, counter, when written, author, stamp, and what it says.
fn entry(replica: &str, n: u64, written: u64, author: &str, stamp: u64, body: Value) -> Value {
    let mut op = json!({"dot": [replica, n], "hlc": [written, 0], "author": author});
    let fields = body.as_object().expect("a map").clone();
    op.as_object_mut().expect("a map").extend(fields);
    json!({"stamp": [stamp, 0], "op": op})
}

fn post(text: &str) -> Value {
    json!({"kind": "post", "text": text})
}

fn edit(target: (&str, u64), text: &str) -> Value {
    json!({"kind": "edit", "target": [target.0, target.1], "text": text})
}

fn about(kind: &str, target: (&str, u64)) -> Value {
    json!({"kind": kind, "target": [target.0, target.1]})
}

fn reaction(target: (&str, u64), emoji: &str, on: bool) -> Value {
    json!({"kind": "reaction", "target": [target.0, target.1], "emoji": emoji, "on": on})
}

fn pin(target: (&str, u64), on: bool) -> Value {
    json!({"kind": "pin", "target": [target.0, target.1], "on": on})
}

fn member(user: &str, standing: &str, role: &str) -> Value {
    json!({"kind": "member", "user": user, "name": user.to_uppercase(), "standing": standing, "role": role})
}

fn settings(name: &str, visibility: &str, days: Option<u32>) -> Value {
    json!({"kind": "room", "name": name, "visibility": visibility, "retention_days": days})
}

fn case(name: &str, entries: Vec<Value>) -> Value {
    json!({"name": name, "entries": entries})
}

fn digest_cases() -> Vec<Value> {
    let hello = || entry(A, 1, 10, "ann", 11, post("hello"));
    let rich = json!({
        "kind": "post", "text": "héllo 👋", "mentions": ["bob", "ann"],
        "format": "md", "n": 1.5, "big": 9_007_199_254_740_991u64, "flags": [true, false, null], "é": {"b": -1, "a": ""}
    });
    let mut cases = vec![
        case("nothing", vec![]),
        case("a message", vec![hello()]),
        case(
            "mentions and unknown fields count, keys in the order of their bytes",
            vec![entry(A, 1, 10, "ann", 11, rich)],
        ),
        case(
            "the timeline is ordered by stamp, then dot",
            vec![
                entry(B, 1, 1, "bob", 20, post("second")),
                entry(A, 1, 9, "ann", 20, post("first")),
                entry(B, 2, 9, "bob", 10, post("before")),
            ],
        ),
        case(
            "the last written edit wins",
            vec![
                hello(),
                entry(A, 2, 30, "ann", 31, edit((A, 1), "new")),
                entry(A, 3, 20, "ann", 40, edit((A, 1), "old")),
            ],
        ),
        case(
            "a clock counts only up to the stamp",
            vec![
                hello(),
                entry(A, 2, 99, "ann", 31, edit((A, 1), "ahead")),
                entry(A, 3, 35, "ann", 40, edit((A, 1), "later")),
            ],
        ),
        case(
            "edits at the same time are ordered by dot",
            vec![
                hello(),
                entry(A, 2, 30, "ann", 31, edit((A, 1), "a")),
                entry(B, 1, 30, "ann", 31, edit((A, 1), "b")),
            ],
        ),
        case(
            "only the author's edits count",
            vec![
                hello(),
                entry(B, 1, 30, "bob", 31, edit((A, 1), "not mine")),
            ],
        ),
        case(
            "a delete wins over edits before and after it",
            vec![
                hello(),
                entry(A, 2, 50, "ann", 51, edit((A, 1), "late")),
                entry(B, 1, 20, "mod", 21, about("delete", (A, 1))),
                entry(B, 2, 20, "mod", 22, reaction((A, 1), "+1", true)),
                entry(B, 3, 20, "mod", 23, pin((A, 1), true)),
            ],
        ),
    ];
    cases.extend(more_digest_cases(hello));
    cases
}

fn more_digest_cases(hello: impl Fn() -> Value) -> Vec<Value> {
    vec![
        case(
            "a reaction is a flag per message, emoji and user: the last written wins",
            vec![
                hello(),
                entry(B, 1, 20, "bob", 21, reaction((A, 1), "👍", true)),
                entry(B, 2, 22, "bob", 23, reaction((A, 1), "👍", false)),
                entry(B, 3, 24, "bob", 25, reaction((A, 1), "+1", true)),
                entry(A, 2, 20, "ann", 26, reaction((A, 1), "👍", true)),
            ],
        ),
        case(
            "a pin is a flag per message: the last written wins",
            vec![
                hello(),
                entry(A, 2, 20, "ann", 21, pin((A, 1), true)),
                entry(B, 1, 19, "bob", 30, pin((A, 1), false)),
            ],
        ),
        case(
            "a reply names the root of its thread, known or not",
            vec![
                hello(),
                entry(
                    B,
                    1,
                    20,
                    "bob",
                    21,
                    json!({"kind": "post", "thread": [A, 1], "text": "reply"}),
                ),
                entry(
                    B,
                    2,
                    20,
                    "bob",
                    22,
                    json!({"kind": "post", "thread": [A, 9], "text": "to what?"}),
                ),
            ],
        ),
        case(
            "the last written topic wins",
            vec![
                entry(A, 1, 30, "ann", 31, json!({"kind": "topic", "text": "new"})),
                entry(B, 1, 20, "bob", 41, json!({"kind": "topic", "text": "old"})),
            ],
        ),
        case(
            "members and settings go by stamp, whatever their clocks say",
            vec![
                entry(SERVER, 1, 99, "ann", 1, settings("deck", "public", None)),
                entry(SERVER, 2, 98, "ann", 2, member("ann", "joined", "owner")),
                entry(SERVER, 3, 97, "bob", 3, member("bob", "joined", "member")),
                entry(SERVER, 4, 4, "ann", 4, member("bob", "banned", "member")),
                entry(SERVER, 5, 5, "ann", 5, settings("aft", "private", Some(30))),
            ],
        ),
        case(
            "retention purges contents up to its stamp, the latest purge counts, headers and flags stay",
            vec![
                hello(),
                entry(B, 1, 12, "bob", 13, reaction((A, 1), "+1", true)),
                entry(A, 2, 20, "ann", 21, post("kept")),
                entry(
                    SERVER,
                    1,
                    30,
                    "ann",
                    30,
                    json!({"kind": "purge", "up_to": [11, 0]}),
                ),
                entry(
                    SERVER,
                    2,
                    31,
                    "ann",
                    31,
                    json!({"kind": "purge", "up_to": [5, 0]}),
                ),
            ],
        ),
        case(
            "a purged edit that wins hides the message",
            vec![
                hello(),
                entry(A, 2, 20, "ann", 21, edit((A, 1), "gone")),
                entry(A, 3, 15, "ann", 40, edit((A, 1), "older")),
                entry(
                    SERVER,
                    1,
                    50,
                    "ann",
                    50,
                    json!({"kind": "purge", "up_to": [30, 0]}),
                ),
            ],
        ),
        case(
            "a content that storage has purged is purged",
            vec![
                entry(A, 1, 10, "ann", 11, json!({"kind": "post", "purged": true})),
                entry(
                    SERVER,
                    1,
                    30,
                    "ann",
                    30,
                    json!({"kind": "purge", "up_to": [20, 0]}),
                ),
            ],
        ),
        case(
            "an accepted op beats a void of the same dot, whatever the stamps",
            vec![
                entry(
                    A,
                    1,
                    10,
                    "ann",
                    11,
                    json!({"kind": "void", "code": "forbidden"}),
                ),
                entry(A, 1, 10, "ann", 50, post("hello")),
            ],
        ),
        case(
            "of two stamps the smaller counts",
            vec![
                entry(A, 1, 10, "ann", 30, post("hello")),
                entry(B, 1, 10, "bob", 20, post("between")),
                entry(A, 1, 10, "ann", 11, post("hello")),
            ],
        ),
        case(
            "voids and unknown kinds show in the version vector alone; a gap ends it",
            vec![
                hello(),
                entry(
                    A,
                    2,
                    12,
                    "ann",
                    13,
                    json!({"kind": "void", "code": "too_large"}),
                ),
                entry(
                    A,
                    3,
                    14,
                    "ann",
                    15,
                    json!({"kind": "poll", "options": ["a", "b"]}),
                ),
                entry(A, 5, 14, "ann", 15, json!({"kind": "poll", "options": []})),
                entry(B, 2, 14, "bob", 16, post("after a gap")),
            ],
        ),
        case(
            "ops about nothing, or about what is no message, have no effect",
            vec![
                hello(),
                entry(A, 2, 20, "ann", 21, reaction((A, 1), "x", false)),
                entry(B, 1, 20, "bob", 21, pin((A, 2), true)),
                entry(B, 2, 20, "bob", 22, about("delete", (A, 9))),
                entry(B, 3, 20, "bob", 23, edit((B, 2), "x")),
            ],
        ),
    ]
}

fn merge_cases() -> Vec<Value> {
    let hello = |stamp| entry(A, 1, 10, "ann", stamp, post("hello"));
    vec![
        json!({"name": "two servers stamped the same op: the smaller stamp wins", "sites": [[hello(11)], [hello(15)]]}),
        json!({"name": "one server refused what another accepted", "sites": [
            [hello(20)], [entry(A, 1, 10, "ann", 11, json!({"kind": "void", "code": "forbidden"}))],
        ]}),
        json!({"name": "a message, its edit and its delete meet from three sites", "sites": [
            [hello(11)], [entry(A, 2, 12, "ann", 13, edit((A, 1), "new"))], [entry(B, 1, 11, "mod", 12, about("delete", (A, 1)))],
        ]}),
        json!({"name": "a smaller stamp takes away what a clock ahead had won", "sites": [
            [hello(11), entry(A, 2, 90, "ann", 80, edit((A, 1), "ahead")), entry(B, 1, 50, "ann", 60, edit((A, 1), "later"))],
            [entry(A, 2, 90, "ann", 40, edit((A, 1), "ahead"))],
        ]}),
        json!({"name": "a clone wrote two things under one dot: the smaller stamp, then the smaller canonical bytes", "sites": [
            [hello(11), entry(B, 1, 10, "bob", 9, post("x"))],
            [entry(A, 1, 10, "ann", 11, post("HELLO")), entry(B, 1, 10, "bob", 12, post("a"))],
        ]}),
        json!({"name": "a purge at one site reaches what another stamped before it", "sites": [
            [hello(11)], [entry(SERVER, 1, 30, "ann", 30, json!({"kind": "purge", "up_to": [20, 0]})), hello(25)],
        ]}),
    ]
}

fn hlc_cases() -> Vec<Value> {
    let last = u64::pow(2, 53) - 1;
    vec![
        json!({"name": "the wall clock leads", "do": "tick", "clock": [5, 3], "now_ms": 6}),
        json!({"name": "the wall clock stands", "do": "tick", "clock": [5, 3], "now_ms": 5}),
        json!({"name": "the wall clock runs back", "do": "tick", "clock": [5, 3], "now_ms": 1}),
        json!({"name": "the counter is full", "do": "tick", "clock": [5, u32::MAX], "now_ms": 5}),
        json!({"name": "time has ended", "do": "tick", "clock": [last, u32::MAX], "now_ms": last}),
        json!({"name": "the stamp leads", "do": "receive", "clock": [5, 3], "stamp": [9, 2], "now_ms": 7}),
        json!({"name": "the own clock leads", "do": "receive", "clock": [5, 3], "stamp": [2, 9], "now_ms": 4}),
        json!({"name": "both are equal in milliseconds", "do": "receive", "clock": [5, 3], "stamp": [5, 7], "now_ms": 4}),
        json!({"name": "the wall clock leads both", "do": "receive", "clock": [5, 3], "stamp": [9, 2], "now_ms": 10}),
        json!({"name": "a clock behind counts as it is", "do": "effective", "clock": [5, 3], "stamp": [9, 2]}),
        json!({"name": "a clock ahead counts as the stamp", "do": "effective", "clock": [9, 3], "stamp": [9, 2]}),
    ]
}

fn fingerprint_cases() -> Vec<Value> {
    let of = |name: &str, entry: Value| json!({"name": name, "op": entry["op"]});
    let from = |author, body| entry(A, 1, 10, author, 0, body);
    let numbers = json!({"kind": "post", "text": "", "a": 2, "b": -0.5, "c": 1e21, "z": [[]], "y": {"k": {}}});
    vec![
        of("post", from("ann", post("hello"))),
        of(
            "reply with mentions",
            from(
                "ann",
                json!({"kind": "post", "thread": [B, 7], "text": "é", "mentions": ["bob"]}),
            ),
        ),
        of(
            "unknown fields: numbers are binary64, keys in the order of their bytes",
            from("ann", numbers),
        ),
        of("edit", from("ann", edit((B, 7), "x"))),
        of(
            "edit without its content",
            from(
                "ann",
                json!({"kind": "edit", "target": [B, 7], "purged": true}),
            ),
        ),
        of("delete", from("ann", about("delete", (B, 7)))),
        of("reaction", from("ann", reaction((B, 7), "👍", true))),
        of("pin", from("ann", pin((B, 7), false))),
        of(
            "topic",
            from("ann", json!({"kind": "topic", "text": "sails"})),
        ),
        of("member", from("ann", member("bob", "kicked", "moderator"))),
        of("room", from("ann", settings("deck", "direct", Some(30)))),
        of(
            "purge",
            from("ann", json!({"kind": "purge", "up_to": [11, 2]})),
        ),
        of(
            "void",
            from("ann", json!({"kind": "void", "code": "invalid"})),
        ),
        of(
            "unknown kind",
            from("ann", json!({"kind": "poll", "options": ["a"]})),
        ),
        of(
            "unknown fields of a kind without content",
            from(
                "ann",
                json!({"kind": "delete", "target": [B, 7], "why": {"b": null, "a": [true]}}),
            ),
        ),
        json!({"name": "no author", "op": {"dot": [A, 1], "hlc": [1, 2], "kind": "topic", "text": ""}}),
    ]
}
