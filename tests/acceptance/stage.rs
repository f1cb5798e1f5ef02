//! A room on a stage: callers, a clock, and a map in the place of storage.

use greenroom::chat::{
    Arrival, Caller, Change, Command, Decision, Founding, Fresh, Known, Posted, Record, Refusal,
    Refused, Removal, Reply, Room,
};
use greenroom::crdt::{Body, Content, Dot, Hlc, Op, Role, Visibility, VoidCode};
use greenroom::id::{Counter, Epoch, InviteId, ReplicaId, RoomId, UserId};
use std::collections::BTreeMap;

pub const START_MS: u64 = 1_800_000_000_000;

pub struct Stage {
    pub room: Room,
    pub now_ms: u64,
    pub stored: BTreeMap<Dot, Known>,
    pub log: Vec<Record>,
    /// What the last command came to.
    pub last: Decision,
}

/// A public room of `ann` (owner), with `mod` (moderator), `bob` and `cid` (members) and `gus` (a guest by token).
pub fn stage() -> Stage {
    let mut stage = Stage::of(Founding::Group {
        name: "deck".into(),
        visibility: Visibility::Public,
        retention_days: None,
    });
    for user in ["mod", "bob", "cid"] {
        stage.must(&caller(user), Command::Join { invite: None });
    }
    stage.must(&guest("gus"), Command::Join { invite: None });
    stage.must(&caller("ann"), role("mod", Role::Moderator));
    stage
}

impl Stage {
    pub fn of(founding: Founding) -> Self {
        let fresh = Fresh {
            epoch: Epoch::from_bytes([1; 8]),
            server_replica: ReplicaId::from_bytes([0; 8]),
        };
        let id = RoomId::from_bytes([2; 16]);
        let (room, decision) =
            Room::create(id, fresh, START_MS, &caller("ann"), founding).expect("a legal founding");
        let mut stage = Self {
            room,
            now_ms: START_MS,
            stored: BTreeMap::new(),
            log: Vec::new(),
            last: decision.clone(),
        };
        stage.write(&decision);
        stage
    }

    /// Looks up, handles, writes, settles: what the actor does.
    pub fn ask(&mut self, caller: &Caller, command: Command) -> Result<Reply, Refusal> {
        self.ask_unsettled(caller, command)?;
        self.room.settled(self.room.head().offset);
        self.last.reply.clone()
    }

    /// As [`Self::ask`], while the disk has not caught up.
    pub fn ask_unsettled(&mut self, caller: &Caller, command: Command) -> Result<Reply, Refusal> {
        let lookups = self.room.lookups(&command);
        let known = lookups
            .iter()
            .filter_map(|dot| Some((*dot, self.stored.get(dot)?.clone())))
            .collect();
        let decision = self.room.handle(self.now_ms, caller, command, &known);
        self.write(&decision);
        self.last = decision;
        self.last.reply.clone()
    }

    pub fn must(&mut self, caller: &Caller, command: Command) -> Reply {
        self.ask(caller, command).expect("allowed")
    }

    pub fn refused(&mut self, caller: &Caller, command: Command) -> Refusal {
        let refusal = self.ask(caller, command).expect_err("refused");
        assert_eq!(self.last.changes, [], "a refused command changes nothing");
        refusal
    }

    pub fn post(&mut self, caller: &Caller, ops: Vec<Op>) -> Posted {
        match self.must(caller, Command::Post { ops }) {
            Reply::Posted(posted) => posted,
            other => panic!("{other:?}"),
        }
    }

    /// Posts one op that is accepted.
    pub fn says(&mut self, caller: &Caller, op: Op) -> Record {
        let posted = self.post(caller, vec![op]);
        assert_eq!((posted.refused.as_slice(), posted.stopped), (&[][..], None));
        assert_eq!(posted.accepted[0].arrival, Arrival::New);
        self.log.last().expect("appended").clone()
    }

    /// Posts one op that becomes a void.
    pub fn voided(&mut self, caller: &Caller, op: Op) -> (VoidCode, &'static str) {
        let posted = self.post(caller, vec![op]);
        assert_eq!(
            (posted.accepted.as_slice(), posted.stopped),
            (&[][..], None)
        );
        let Refused { code, message, .. } = posted.refused[0];
        let last = &self.log.last().expect("appended").entry.op;
        assert_eq!(last.body, Body::Void { code });
        assert!(last.extra.is_empty(), "a void keeps nothing");
        (code, message)
    }

    /// Posts one op that stops the batch without a trace.
    pub fn stopped(&mut self, caller: &Caller, op: Op) -> Refusal {
        let posted = self.post(caller, vec![op]);
        assert_eq!(self.last.changes, []);
        posted.stopped.expect("stopped")
    }

    fn write(&mut self, decision: &Decision) {
        for change in &decision.changes {
            match change {
                Change::Append(record) => {
                    let entry = &record.entry;
                    self.log.push(record.clone());
                    self.stored.insert(
                        entry.op.dot,
                        Known {
                            offset: entry.offset,
                            stamp: entry.stamp,
                            author: entry.op.author.clone(),
                            fingerprint: record.fingerprint,
                            body: entry.op.body.clone(),
                            deleted: false,
                            posts: record.posts,
                        },
                    );
                }
                Change::Strip { target } => {
                    let known = self.stored.get_mut(target).expect("stored");
                    known.deleted = true;
                    known.body.purge();
                }
                _ => {}
            }
        }
    }
}

pub fn caller(user: &str) -> Caller {
    Caller {
        user: self::user(user),
        device: format!("{user}-phone").parse().expect("an id"),
        name: user.to_uppercase(),
        role_max: Role::Owner,
        can_post: true,
    }
}

pub fn guest(user: &str) -> Caller {
    Caller {
        role_max: Role::Guest,
        ..caller(user)
    }
}

pub fn user(user: &str) -> UserId {
    user.parse().expect("an id")
}

/// The replica of a user's only device, unless they took another.
pub fn replica(user: &str) -> ReplicaId {
    let mut bytes = [b'_'; 8];
    bytes[..user.len()].copy_from_slice(user.as_bytes());
    ReplicaId::from_bytes(bytes)
}

pub fn dot(user: &str, counter: u64) -> Dot {
    Dot::new(replica(user), Counter::try_from(counter).expect("from 1"))
}

pub fn op(user: &str, counter: u64, body: Body) -> Op {
    Op {
        dot: dot(user, counter),
        hlc: Hlc::new(START_MS, 0).expect("in range"),
        author: None,
        body,
        extra: BTreeMap::new(),
    }
}

pub fn post(user: &str, counter: u64, text: &str) -> Op {
    op(
        user,
        counter,
        Body::Post {
            thread: None,
            content: content(text),
        },
    )
}

pub fn edit(user: &str, counter: u64, target: Dot, text: &str) -> Op {
    op(
        user,
        counter,
        Body::Edit {
            target,
            content: content(text),
        },
    )
}

pub fn delete(user: &str, counter: u64, target: Dot) -> Op {
    op(user, counter, Body::Delete { target })
}

pub fn react(user: &str, counter: u64, target: Dot) -> Op {
    op(
        user,
        counter,
        Body::Reaction {
            target,
            emoji: "👍".into(),
            on: true,
        },
    )
}

pub fn topic(user: &str, counter: u64, text: &str) -> Op {
    op(user, counter, Body::Topic { text: text.into() })
}

pub fn content(text: &str) -> Option<Content> {
    Some(Content {
        text: text.into(),
        ..Content::default()
    })
}

pub fn role(user: &str, role: Role) -> Command {
    Command::SetRole {
        user: self::user(user),
        role,
    }
}

pub fn kick(user: &str) -> Command {
    Command::Kick {
        user: self::user(user),
        how: Removal::Kick,
    }
}

pub fn ban(user: &str) -> Command {
    Command::Kick {
        user: self::user(user),
        how: Removal::Ban,
    }
}

pub fn invite_id(n: u8) -> InviteId {
    InviteId::from_bytes([n; 16])
}
