//! The naive model: every question is answered by looking through all ops. Slow, short, and written apart from `crdt`.

use crate::generate::Pair;
use greenroom::crdt::{Body, Canonical, Content, Dot, Hlc, Op, Role, Stamp, Standing, Visibility};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn canonical_bytes(pairs: &[Pair]) -> Vec<u8> {
    let ops = one_per_dot(pairs);
    let mut out = b"greenroom.digest.v1".to_vec();
    vector(&ops, &mut out);
    let purged = ops.iter().filter_map(|(op, _)| match op.body {
        Body::Purge { up_to } => Some(up_to),
        _ => None,
    });
    let purged = purged.max();
    option(&mut out, purged, |out, stamp| hlc(out, stamp.0));
    settings(&ops, &mut out);
    topic(&ops, &mut out);
    members(&ops, &mut out);
    let mut posts: Vec<&Pair> = ops
        .iter()
        .filter(|(op, _)| matches!(op.body, Body::Post { .. }))
        .collect();
    posts.sort_by_key(|(op, stamp)| (*stamp, op.dot));
    count(&mut out, posts.len());
    for post in posts {
        message(post, &ops, purged, &mut out);
    }
    out
}

fn one_per_dot(pairs: &[Pair]) -> Vec<Pair> {
    let order = |(op, stamp): &Pair| {
        let mut canonical = Canonical::default();
        canonical.op(op);
        (
            op.dot,
            op.body.kind() == "void",
            *stamp,
            canonical.bytes().to_vec(),
        )
    };
    let mut sorted = pairs.to_vec();
    sorted.sort_by_key(order);
    sorted.dedup_by_key(|(op, _)| op.dot);
    sorted
}

fn effective((op, stamp): &Pair) -> (Hlc, Dot) {
    (if op.hlc < stamp.0 { op.hlc } else { stamp.0 }, op.dot)
}

fn vector(ops: &[Pair], out: &mut Vec<u8>) {
    let mut replicas: Vec<_> = ops.iter().map(|(op, _)| op.dot.replica()).collect();
    replicas.sort();
    replicas.dedup();
    let mut known = Vec::new();
    for replica in replicas {
        let has = |n: u64| {
            ops.iter()
                .any(|(op, _)| op.dot.replica() == replica && op.dot.counter().get() == n)
        };
        let top = (1..).take_while(|n| has(*n)).last();
        known.extend(top.map(|top| (replica, top)));
    }
    count(out, known.len());
    for (replica, top) in known {
        out.extend(replica.as_bytes());
        out.extend(top.to_be_bytes());
    }
}

fn settings(ops: &[Pair], out: &mut Vec<u8>) {
    let rooms = ops
        .iter()
        .filter(|(op, _)| matches!(op.body, Body::Room { .. }));
    let last = rooms.max_by_key(|(op, stamp)| (*stamp, op.dot));
    option(out, last, |out, (op, _)| {
        let Body::Room {
            name,
            visibility,
            retention_days,
        } = &op.body
        else {
            unreachable!("filtered")
        };
        text(out, name);
        out.push(match visibility {
            Visibility::Public => 0,
            Visibility::Private => 1,
            Visibility::Direct => 2,
        });
        option(out, *retention_days, |out, days| {
            out.extend(days.to_be_bytes())
        });
    });
}

fn topic(ops: &[Pair], out: &mut Vec<u8>) {
    let topics = ops
        .iter()
        .filter(|(op, _)| matches!(op.body, Body::Topic { .. }));
    option(
        out,
        topics.max_by_key(|pair| effective(pair)),
        |out, (op, _)| {
            let Body::Topic { text: topic } = &op.body else {
                unreachable!("filtered")
            };
            text(out, topic);
        },
    );
}

fn members(ops: &[Pair], out: &mut Vec<u8>) {
    let about = |op: &Op| match &op.body {
        Body::Member { user, .. } => Some(user.clone()),
        _ => None,
    };
    let mut users: Vec<_> = ops.iter().filter_map(|(op, _)| about(op)).collect();
    users.sort();
    users.dedup();
    count(out, users.len());
    for user in users {
        let his = ops
            .iter()
            .filter(|(op, _)| about(op).as_ref() == Some(&user));
        let (last, _) = his
            .max_by_key(|(op, stamp)| (*stamp, op.dot))
            .expect("at least one");
        let Body::Member {
            name, membership, ..
        } = &last.body
        else {
            unreachable!("filtered")
        };
        text(out, user.as_str());
        text(out, name);
        out.push(match membership.standing {
            Standing::Joined => 0,
            Standing::Left => 1,
            Standing::Kicked => 2,
            Standing::Banned => 3,
        });
        out.push(match membership.role {
            Role::Guest => 0,
            Role::Member => 1,
            Role::Moderator => 2,
            Role::Owner => 3,
        });
    }
}

fn message(post: &Pair, ops: &[Pair], purged: Option<Stamp>, out: &mut Vec<u8>) {
    let (op, stamp) = post;
    let Body::Post {
        thread,
        content: posted,
    } = &op.body
    else {
        unreachable!("filtered")
    };
    dot(out, op.dot);
    hlc(out, stamp.0);
    hlc(out, op.hlc);
    option(out, op.author.as_ref(), |out, author| {
        text(out, author.as_str())
    });
    option(out, *thread, dot);
    if ops
        .iter()
        .any(|(o, _)| o.body == Body::Delete { target: op.dot })
    {
        out.push(2);
        return;
    }
    let edits = ops.iter().filter(|(o, _)| {
        o.author == op.author && matches!(o.body, Body::Edit { target, .. } if target == op.dot)
    });
    let edit = edits.max_by_key(|pair| effective(pair));
    let shown = edit.unwrap_or(post);
    let body = match &shown.0.body {
        Body::Edit { content, .. } => content,
        _ => posted,
    };
    let body = body
        .as_ref()
        .filter(|_| purged.is_none_or(|purged| shown.1 > purged));
    out.push(u8::from(body.is_none()));
    option(out, edit, |out, (edit, _)| dot(out, edit.dot));
    if let Some(body) = body {
        content(out, body);
    }
    let pins = ops
        .iter()
        .filter(|(o, _)| matches!(o.body, Body::Pin { target, .. } if target == op.dot));
    let pin = pins.max_by_key(|pair| effective(pair));
    out.push(u8::from(pin.is_some_and(|(pin, _)| {
        matches!(pin.body, Body::Pin { on: true, .. })
    })));
    reactions(op.dot, ops, out);
}

fn reactions(message: Dot, ops: &[Pair], out: &mut Vec<u8>) {
    let flag = |op: &Op| match &op.body {
        Body::Reaction { target, emoji, on } if *target == message => Some((
            emoji.clone(),
            op.author.clone().expect("all have authors"),
            *on,
        )),
        _ => None,
    };
    let mut keys: Vec<_> = ops
        .iter()
        .filter_map(|(op, _)| flag(op))
        .map(|(e, u, _)| (e, u))
        .collect();
    keys.sort();
    keys.dedup();
    keys.retain(|(emoji, user)| {
        let of_key = |op: &Op| flag(op).is_some_and(|(e, u, _)| (&e, &u) == (emoji, user));
        let last = ops
            .iter()
            .filter(|(op, _)| of_key(op))
            .max_by_key(|pair| effective(pair));
        last.and_then(|(op, _)| flag(op))
            .is_some_and(|(_, _, on)| on)
    });
    count(out, keys.len());
    for (emoji, user) in keys {
        text(out, &emoji);
        text(out, user.as_str());
    }
}

fn content(out: &mut Vec<u8>, content: &Content) {
    text(out, &content.text);
    count(out, content.mentions.len());
    for user in &content.mentions {
        text(out, user.as_str());
    }
    let mut extra: Vec<_> = content.extra.iter().collect();
    extra.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    count(out, extra.len());
    for (key, value) in extra {
        text(out, key);
        match value {
            Value::Null => out.push(0),
            Value::Number(n) => {
                out.push(3);
                out.extend(n.as_f64().expect("finite").to_be_bytes());
            }
            Value::String(s) => {
                out.push(4);
                text(out, s);
            }
            other => unreachable!("not generated: {other}"),
        }
    }
}

fn option<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            write(out, value);
        }
    }
}

fn dot(out: &mut Vec<u8>, dot: Dot) {
    out.extend(dot.replica().as_bytes());
    out.extend(dot.counter().get().to_be_bytes());
}

fn hlc(out: &mut Vec<u8>, hlc: Hlc) {
    out.extend(hlc.ms().to_be_bytes());
    out.extend(hlc.counter().to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    count(out, text.len());
    out.extend(text.as_bytes());
}

fn count(out: &mut Vec<u8>, count: usize) {
    out.extend(u32::try_from(count).expect("small").to_be_bytes());
}
