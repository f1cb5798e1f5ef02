//! A stand-in for a room: makes batches that continue a log.

use greenroom::chat::{Change, Fingerprint, Head, Member, Record, ReplicaOwner, Settings};
use greenroom::crdt::{
    Body, Content, Dot, Entry, Hlc, Membership, Op, Role, Stamp, Standing, Visibility,
};
use greenroom::id::{Counter, Epoch, Offset, ReplicaId, RoomId, UserId};
use greenroom::storage::{CommitError, Committed, Committer, Durability, RoomBatch};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::mpsc;

/// A room being written.
#[derive(Clone)]
pub struct Writer {
    pub room: RoomId,
    pub head: Head,
    counters: BTreeMap<ReplicaId, u64>,
    changes: Vec<Change>,
}

#[allow(dead_code, reason = "each test program uses some of it")]
impl Writer {
    /// A new room of this number: public, owned by `ann`.
    pub fn new(number: u8) -> Self {
        let mut writer = Self {
            room: RoomId::from_bytes([number; 16]),
            head: Head {
                epoch: Epoch::from_bytes([number; 8]),
                server_replica: replica(255),
                offset: Offset::MIN,
                stamp: Stamp::default(),
                posts: 0,
                purged_up_to: None,
            },
            counters: BTreeMap::new(),
            changes: Vec::new(),
        };
        writer.change(Change::Settings(settings(Visibility::Public)));
        writer.change(Change::Member {
            user: user("ann"),
            member: member(Standing::Joined),
        });
        writer.change(Change::BindReplica {
            replica: replica(1),
            owner: ReplicaOwner {
                user: user("ann"),
                device: "phone".parse().expect("a device id"),
            },
        });
        writer
    }

    /// Goes on from what is stored: `counter` is replica 1's last.
    pub fn resume(&mut self, head: Head, counter: u64) {
        self.head = head;
        self.counters.insert(replica(1), counter);
    }

    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Appends an op of replica 1.
    pub fn op(&mut self, body: Body) -> Dot {
        self.op_of(replica(1), body)
    }

    pub fn op_of(&mut self, replica: ReplicaId, body: Body) -> Dot {
        self.op_with(replica, body, BTreeMap::new())
    }

    pub fn op_with(
        &mut self,
        replica: ReplicaId,
        body: Body,
        extra: BTreeMap<String, Value>,
    ) -> Dot {
        let counter = self.counters.entry(replica).or_default();
        *counter += 1;
        let dot = Dot::new(replica, Counter::try_from(*counter).expect("in range"));
        self.head.offset = self.head.offset.next();
        self.head.stamp = stamp(self.head.offset.get());
        self.head.posts += u64::from(matches!(body, Body::Post { .. }));
        let entry = Entry {
            offset: self.head.offset,
            stamp: self.head.stamp,
            op: Op {
                dot,
                hlc: self.head.stamp.0,
                author: Some(user("ann")),
                body,
                extra,
            },
        };
        self.changes.push(Change::Append(Record {
            entry,
            fingerprint: Fingerprint([*counter as u8; 16]),
            posts: self.head.posts,
        }));
        dot
    }

    pub fn post(&mut self, text: &str) -> Dot {
        self.op(Body::Post {
            thread: None,
            content: Some(content(text)),
        })
    }

    pub fn edit(&mut self, target: Dot, text: &str) -> Dot {
        self.op(Body::Edit {
            target,
            content: Some(content(text)),
        })
    }

    pub fn delete(&mut self, target: Dot) -> Dot {
        let dot = self.op(Body::Delete { target });
        self.change(Change::Strip { target });
        dot
    }

    pub fn purge(&mut self, up_to: Stamp) {
        self.head.purged_up_to = Some(up_to);
        self.change(Change::PurgeUpTo(up_to));
    }

    /// What was changed since the last call, as a batch.
    pub fn take(&mut self, durability: Durability) -> RoomBatch {
        RoomBatch {
            room: self.room,
            head: self.head,
            changes: std::mem::take(&mut self.changes),
            durability,
        }
    }

    /// Commits it and waits for the answer.
    pub fn commit(&mut self, committer: &Committer) -> Result<Committed, CommitError> {
        commit(committer, self.take(Durability::Durable))
    }
}

pub fn commit(committer: &Committer, batch: RoomBatch) -> Result<Committed, CommitError> {
    let (tell, told) = mpsc::sync_channel(1);
    let done = Box::new(move |result| tell.send(result).expect("the test waits"));
    committer.commit(batch, done).expect("room in the queue");
    told.recv().expect("every batch is answered")
}

/// Waits until everything handed over is durable.
pub fn fence(committer: &Committer, room: RoomId) -> Result<(), CommitError> {
    let (tell, told) = mpsc::sync_channel(1);
    let done = Box::new(move |result| tell.send(result).expect("the test waits"));
    assert!(committer.fence(room, done).is_ok(), "room in the queue");
    told.recv().expect("every fence is answered")
}

pub fn content(text: &str) -> Content {
    Content {
        text: text.into(),
        ..Content::default()
    }
}

pub fn user(name: &str) -> UserId {
    name.parse().expect("a user id")
}

pub fn replica(number: u8) -> ReplicaId {
    ReplicaId::from_bytes([number; 8])
}

pub fn stamp(ms: u64) -> Stamp {
    Stamp(Hlc::new(ms, 0).expect("in range"))
}

pub fn offset(number: u64) -> Offset {
    Offset::try_from(number).expect("in range")
}

pub fn settings(visibility: Visibility) -> Settings {
    Settings {
        name: "The room".into(),
        visibility,
        retention_days: Some(30),
        topic: "Things".into(),
        topic_written: Some((stamp(5).0, Dot::new(replica(1), Counter::MIN))),
    }
}

pub fn member(standing: Standing) -> Member {
    Member {
        name: "Ann".into(),
        membership: Membership {
            standing,
            role: Role::Owner,
        },
        marker: None,
        last_seen_ms: 7,
    }
}
