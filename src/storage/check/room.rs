//! One room's keys, met in key order.

use super::{CheckReport, exists, opens};
use crate::chat::{Head, Invite, Member, Record, ReplicaOwner, Settings};
use crate::crdt::{Body, Dot, Stamp, Standing, Visibility};
use crate::id::{Counter, Offset, RoomId};
use crate::storage::key::{self, RoomKind};
use crate::storage::read::member_of;
use crate::storage::record::PurgeJob;
use crate::storage::store::Store;

/// What has been met of a room so far.
pub(super) struct RoomCheck {
    pub(super) room: RoomId,
    head: Option<Head>,
    scrub: Option<PurgeJob>,
    last_offset: Offset,
    last_stamp: Option<Stamp>,
    last_posts: u64,
    last_dot: Option<Dot>,
    dots: u64,
    replicas_counted: u64,
    replicas_indexed: u64,
    edits_indexed: u64,
    edits_logged: u64,
    has_settings: bool,
}

impl RoomCheck {
    pub(super) fn new(store: &Store, report: &mut CheckReport, room: RoomId) -> Self {
        report.rooms += 1;
        let scrub = store.get_record(&key::of(room, RoomKind::Scrub));
        Self {
            room,
            head: report.note(store.head(room)).flatten(),
            scrub: report.note(scrub).flatten(),
            last_offset: Offset::MIN,
            last_stamp: None,
            last_posts: 0,
            last_dot: None,
            dots: 0,
            replicas_counted: 0,
            replicas_indexed: 0,
            edits_indexed: 0,
            edits_logged: 0,
            has_settings: false,
        }
    }

    pub(super) fn record(
        &mut self,
        store: &Store,
        report: &mut CheckReport,
        (kind, rest): (RoomKind, &[u8]),
        key: &[u8],
        sealed: &[u8],
    ) {
        match kind {
            // Read when the room began.
            RoomKind::Head | RoomKind::Scrub => {}
            RoomKind::Settings => self.settings(store, report, key, sealed),
            RoomKind::Log => {
                report.entries += 1;
                if let Some(record) = report.note(store.open_log(key, sealed)) {
                    self.log(store, report, key, &record);
                }
            }
            RoomKind::Dot => {
                opens::<Offset>(store, report, key, sealed);
                match key::leading_dot(rest) {
                    Some(dot) => self.dot(report, key, dot),
                    None => report.problem_at(key, "not a dot"),
                }
            }
            RoomKind::Counter => self.counter(store, report, key, sealed),
            RoomKind::Owner => opens::<ReplicaOwner>(store, report, key, sealed),
            RoomKind::Edit => {
                self.edits_indexed += 1;
                opens::<()>(store, report, key, sealed);
            }
            RoomKind::Deleted => opens::<()>(store, report, key, sealed),
            RoomKind::Member => self.member(store, report, key, sealed),
            RoomKind::Invite => opens::<Invite>(store, report, key, sealed),
        }
    }

    pub(super) fn finish(self, report: &mut CheckReport) {
        let at = self.room.to_string();
        let Some(head) = self.head else {
            return report.problem(at, "has no head");
        };
        if !self.has_settings {
            report.problem(&at, "has no settings");
        }
        if head.offset != self.last_offset {
            let what = format!(
                "the log ends at {}, the head at {}",
                self.last_offset, head.offset
            );
            report.problem(&at, what);
        }
        if self.last_stamp.is_some_and(|last| last > head.stamp) {
            report.problem(&at, "the log's last stamp is later than the head's");
        }
        if head.posts != self.last_posts {
            report.problem(&at, "the head counts other posts than the log");
        }
        if self.dots != head.offset.get() {
            let what = format!("{} ops, {} in the dot index", head.offset, self.dots);
            report.problem(&at, what);
        }
        if self.replicas_counted != self.replicas_indexed {
            report.problem(
                &at,
                "a replica has ops but no counter, or the other way round",
            );
        }
        if self.edits_indexed != self.edits_logged {
            report.problem(&at, "the index of edits names others than the log");
        }
        let hides = |up_to| self.scrub.is_some_and(|scrub| scrub.up_to >= up_to);
        if head.purged_up_to.is_some_and(|up_to| !hides(up_to)) {
            report.problem(&at, "purged, but nothing will scrub it");
        }
        if self.scrub.is_some() && head.purged_up_to.is_none() {
            report.problem(&at, "scrubbed, but not purged");
        }
    }

    fn settings(&mut self, store: &Store, report: &mut CheckReport, key: &[u8], sealed: &[u8]) {
        self.has_settings = true;
        if let Some(settings) = report.note(store.open_record::<Settings>(key, sealed)) {
            let public = settings.visibility == Visibility::Public;
            if exists(store, report, &key::public_room(self.room)) != public {
                report.problem_at(key, "the list of public rooms says otherwise");
            }
        }
    }

    fn log(&mut self, store: &Store, report: &mut CheckReport, key: &[u8], record: &Record) {
        let entry = &record.entry;
        if entry.offset != self.last_offset.next() {
            report.problem_at(key, format!("follows offset {}", self.last_offset));
        }
        if self.last_stamp.is_some_and(|last| last >= entry.stamp) {
            report.problem_at(key, "its stamp is not later than the one before");
        }
        let posts = self.last_posts + u64::from(matches!(entry.op.body, Body::Post { .. }));
        if record.posts != posts {
            let what = format!("counts {} posts, there are {posts}", record.posts);
            report.problem_at(key, what);
        }
        (self.last_offset, self.last_stamp) = (entry.offset, Some(entry.stamp));
        self.last_posts = record.posts;
        let indexed = store.get_record::<Offset>(&key::dot(self.room, entry.op.dot));
        if report.note(indexed).flatten() != Some(entry.offset) {
            report.problem_at(key, "the dot index leads elsewhere");
        }
        self.body(store, report, key, record);
    }

    fn body(&mut self, store: &Store, report: &mut CheckReport, key: &[u8], record: &Record) {
        let entry = &record.entry;
        let mut purged = entry.op.clone();
        purged.purge();
        let scrubbed = self
            .scrub
            .is_some_and(|scrub| entry.offset <= scrub.done && entry.stamp <= scrub.up_to);
        if scrubbed && purged != entry.op {
            report.problem_at(key, "scrubbed, but still has a body");
        }
        match &entry.op.body {
            Body::Edit {
                target,
                content: Some(_),
            } => {
                self.edits_logged += 1;
                if !exists(store, report, &key::edit(self.room, *target, entry.offset)) {
                    report.problem_at(key, "an edit that is not indexed");
                }
            }
            Body::Delete { target }
                if !exists(store, report, &key::deleted(self.room, *target)) =>
            {
                report.problem_at(key, "a delete that is not indexed");
            }
            _ => {}
        }
    }

    fn dot(&mut self, report: &mut CheckReport, key: &[u8], dot: Dot) {
        self.dots += 1;
        let same = self.last_dot.filter(|last| last.replica() == dot.replica());
        self.replicas_indexed += u64::from(same.is_none());
        let expected = same.map_or(Counter::MIN, |last| last.counter().next());
        if dot.counter() != expected {
            report.problem_at(key, format!("counter {expected} of the replica is missing"));
        }
        self.last_dot = Some(dot);
    }

    fn counter(&mut self, store: &Store, report: &mut CheckReport, key: &[u8], sealed: &[u8]) {
        self.replicas_counted += 1;
        let counter = report.note(store.open_record::<Counter>(key, sealed));
        if let (Some(counter), Some(replica)) = (counter, key::trailing_replica(key)) {
            let last = exists(
                store,
                report,
                &key::dot(self.room, Dot::new(replica, counter)),
            );
            let next = Dot::new(replica, counter.next());
            if !last || exists(store, report, &key::dot(self.room, next)) {
                report.problem_at(key, "not the replica's last counter");
            }
        }
    }

    fn member(&mut self, store: &Store, report: &mut CheckReport, key: &[u8], sealed: &[u8]) {
        let member = report.note(store.open_record::<Member>(key, sealed));
        let user = report.note(member_of(key));
        if let (Some(member), Some(user)) = (member, user) {
            let joined = member.membership.standing == Standing::Joined;
            if exists(store, report, &key::user_room(&user, self.room)) != joined {
                report.problem_at(key, "the user's list of rooms says otherwise");
            }
        }
    }
}
