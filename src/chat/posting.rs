//! Acceptance of ops: resends, gaps, clocks, rights, voids; and read markers, which follow posts.

use super::limits::{CLOCK_AHEAD_MS_MAX, POST_OPS_MAX};
use super::memory::{Fact, Kind};
use super::rules::{self, Fault};
use super::writers::Claim;
use super::{
    Accepted, Arrival, Caller, Change, Decision, Fingerprint, Known, Marker, Notice, Posted,
    Refusal, Refused, ReplicaOwner, Reply, Room,
};
use crate::crdt::{Body, Dot, Op, Role, Stamp, VoidCode};
use std::collections::BTreeMap;

type KnownOps = BTreeMap<Dot, Known>;

impl Room {
    /// Takes a batch in order; the first op that cannot be placed stops it.
    pub(super) fn post(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        ops: Vec<Op>,
        known: &KnownOps,
    ) -> Result<Decision, Refusal> {
        if ops.len() > POST_OPS_MAX {
            return Err(Refusal::TooManyOps);
        }
        let Some(first) = ops.first() else {
            return Ok(Decision::reply(Reply::Posted(Posted::default())));
        };
        let replica = first.dot.replica();
        if ops.iter().any(|op| op.dot.replica() != replica) {
            return Err(Refusal::MixedReplicas);
        }
        let mut changes = Vec::with_capacity(ops.len() + 1);
        let mut posted = Posted::default();
        for op in ops {
            let taken = self.take(now_ms, caller, op, known, &mut changes, &mut posted);
            if let Err(refusal) = taken {
                posted.stopped = Some(refusal);
                break;
            }
        }
        Ok(Decision::durable(changes, Reply::Posted(posted)))
    }

    /// Takes one op: again, as it is, or as a void.
    ///
    /// # Errors
    /// Why the batch stops before it.
    fn take(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        mut op: Op,
        known: &KnownOps,
        changes: &mut Vec<Change>,
        posted: &mut Posted,
    ) -> Result<(), Refusal> {
        let dot = op.dot;
        let claim = self
            .writers
            .claim(dot.replica(), &caller.user, &caller.device);
        if claim == Claim::Foreign {
            return Err(Refusal::ForeignReplica(dot.replica()));
        }
        let forged = op.author.as_ref().is_some_and(|a| *a != caller.user);
        op.author.get_or_insert_with(|| caller.user.clone());
        let fingerprint = Fingerprint::of(&op, &mut self.canonical);
        if self.writers.contains(dot) {
            return self.take_again(dot, fingerprint, known, posted);
        }
        let role = self.may_place(now_ms, caller, &op, claim)?;
        let fault = if forged {
            Err((VoidCode::Invalid, "the author is not you"))
        } else {
            rules::check(&op, &self.canonical)
        };
        let judged = fault.and_then(|()| self.judge(caller, role, &op, known));
        if claim == Claim::Free {
            let owner = ReplicaOwner {
                user: caller.user.clone(),
                device: caller.device.clone(),
            };
            self.writers.bind(dot.replica(), Some(owner.clone()));
            changes.push(Change::BindReplica {
                replica: dot.replica(),
                owner,
            });
        }
        match judged {
            Ok(target) => {
                self.accept(now_ms, op, fingerprint, target, changes);
                posted.accepted.push(Accepted {
                    dot,
                    stamp: self.head.stamp,
                    offset: self.head.offset,
                    arrival: Arrival::New,
                });
            }
            Err((code, message)) => {
                op.author = Some(caller.user.clone());
                op.body = Body::Void { code };
                op.extra.clear();
                changes.push(self.append(now_ms, op, fingerprint));
                posted.refused.push(Refused {
                    dot,
                    code,
                    message,
                    stamp: self.head.stamp,
                    offset: self.head.offset,
                    arrival: Arrival::New,
                });
            }
        }
        Ok(())
    }

    /// Answers a resend as the first time.
    fn take_again(
        &self,
        dot: Dot,
        fingerprint: Fingerprint,
        known: &KnownOps,
        posted: &mut Posted,
    ) -> Result<(), Refusal> {
        let fact = self.fact(dot, known).ok_or(Refusal::Missing(dot))?;
        if fact.fingerprint != fingerprint {
            return Err(Refusal::DotConflict(dot));
        }
        let (stamp, offset, arrival) = (fact.stamp, fact.offset, Arrival::Again);
        if let Kind::Void(code) = fact.kind {
            posted.refused.push(Refused {
                dot,
                code,
                message: "refused before",
                stamp,
                offset,
                arrival,
            });
        } else {
            posted.accepted.push(Accepted {
                dot,
                stamp,
                offset,
                arrival,
            });
        }
        Ok(())
    }

    /// Whether a new op gets a place in the log at all; the author's role in force.
    fn may_place(
        &self,
        now_ms: u64,
        caller: &Caller,
        op: &Op,
        claim: Claim,
    ) -> Result<Role, Refusal> {
        let role = self.role(caller).ok_or(Refusal::NotAMember)?;
        if !caller.can_post {
            return Err(Refusal::MayNotPost);
        }
        let have = self.writers.have(op.dot.replica());
        if op.dot.counter().get() != have + 1 {
            return Err(Refusal::Gap { have });
        }
        if claim == Claim::TooMany {
            return Err(Refusal::TooManyReplicas);
        }
        let ahead_ms = op.hlc.ms().saturating_sub(now_ms);
        if ahead_ms > CLOCK_AHEAD_MS_MAX {
            return Err(Refusal::ClockSkew { ahead_ms });
        }
        if self.memory.is_full(self.head.offset) {
            return Err(Refusal::Busy);
        }
        Ok(role)
    }

    /// Whether this author may say this of that target; what is known of the target.
    fn judge(
        &self,
        caller: &Caller,
        role: Role,
        op: &Op,
        known: &KnownOps,
    ) -> Result<Option<Fact>, Fault> {
        let thread = match &op.body {
            Body::Post { thread, .. } => *thread,
            _ => None,
        };
        let target = op.body.target().or(thread);
        let fact = target.map(|dot| self.message(dot, known)).transpose()?;
        let own = fact
            .as_ref()
            .is_some_and(|fact| fact.author.as_ref() == Some(&caller.user));
        match &op.body {
            Body::Post {
                thread: Some(_), ..
            } if fact.as_ref().is_some_and(|f| f.kind == Kind::Reply) => {
                return Err((
                    VoidCode::Invalid,
                    "a thread begins at a message of the room",
                ));
            }
            Body::Edit { .. } if !own => {
                return Err((VoidCode::Invalid, "only the author edits a message"));
            }
            Body::Delete { .. } if !own && role < Role::Moderator => {
                return Err((
                    VoidCode::Forbidden,
                    "only moderators delete others' messages",
                ));
            }
            Body::Pin { .. } | Body::Topic { .. } if role < Role::Member => {
                return Err((VoidCode::Forbidden, "guests may not do this"));
            }
            _ => {}
        }
        Ok(fact)
    }

    /// Appends an op with all that follows from it.
    fn accept(
        &mut self,
        now_ms: u64,
        mut op: Op,
        fingerprint: Fingerprint,
        target: Option<Fact>,
        changes: &mut Vec<Change>,
    ) {
        let deleted = target.as_ref().is_some_and(|fact| fact.deleted);
        if matches!(op.body, Body::Edit { .. }) && deleted {
            op.purge();
        }
        let (dot, hlc) = (op.dot, op.hlc);
        let topic = match &op.body {
            Body::Topic { text } => Some(text.clone()),
            _ => None,
        };
        let delete = match op.body {
            Body::Delete { target } if !deleted => Some(target),
            _ => None,
        };
        changes.push(self.append(now_ms, op, fingerprint));
        if let Some((message, fact)) = delete.zip(target) {
            let deleted = Fact {
                deleted: true,
                ..fact
            };
            self.memory.note(self.head.offset, message, deleted);
            changes.push(Change::Strip { target: message });
        }
        if let Some(text) = topic {
            let written = Some((hlc.effective(self.head.stamp), dot));
            if written > self.settings.topic_written {
                self.settings.topic = text;
                self.settings.topic_written = written;
                changes.push(Change::Settings(self.settings.clone()));
            }
        }
    }

    /// Moves the caller's marker, in memory.
    pub(super) fn mark_read(
        &mut self,
        caller: &Caller,
        stamp: Stamp,
        dot: Dot,
        known: &KnownOps,
    ) -> Result<Decision, Refusal> {
        let member = self
            .roster
            .joined(&caller.user)
            .ok_or(Refusal::NotAMember)?;
        let fact = self
            .fact(dot, known)
            .filter(|fact| fact.stamp == stamp)
            .ok_or(Refusal::UnknownMessage(dot))?;
        let marker = Marker {
            stamp,
            dot,
            posts: fact.posts,
        };
        match member.marker {
            Some(old) if old >= marker => Ok(Decision::reply(Reply::Marked(old))),
            _ => {
                let user = caller.user.clone();
                self.roster.touch(&user, |m| m.marker = Some(marker));
                let unread = self.unread(&user);
                Ok(Decision::reply(Reply::Marked(marker)).tell(Notice::Marker {
                    user,
                    marker,
                    unread,
                }))
            }
        }
    }

    /// Writes what moved since the last time.
    pub(super) fn write_markers(&mut self) -> Decision {
        let changes = self.roster.take_unwritten();
        let mut decision = Decision::reply(Reply::Done);
        if !changes.is_empty() {
            decision.write = super::Write::Lazy;
        }
        decision.changes = changes;
        decision
    }

    /// What is known of an op: the room's memory goes before what storage says.
    fn fact(&self, dot: Dot, known: &KnownOps) -> Option<Fact> {
        let remembered = self.memory.get(dot).cloned();
        remembered.or_else(|| known.get(&dot).map(Fact::from))
    }

    fn message(&self, dot: Dot, known: &KnownOps) -> Result<Fact, Fault> {
        self.fact(dot, known)
            .filter(|fact| fact.kind.is_message())
            .ok_or((VoidCode::Invalid, "no such message"))
    }
}
