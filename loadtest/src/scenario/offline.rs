//! Clients write while disconnected and while connected; both sides diverge, then merge. In the end every client holds
//! the same state as the server: the same digest over everything it saw, whichever way it came back.

use super::{blank, count, judge, promises};
use crate::args::Args;
use crate::client::{Client, Keep, OnLoss, Since};
use crate::clock::now_us;
use crate::content;
use crate::fleet::{Outcome, replica};
use crate::histogram::Latency;
use crate::report::{Plots, Report};
use crate::server::Build;
use crate::stage::{Stage, read_all};
use crate::tally::Tally;
use anyhow::ensure;
use futures_util::future::try_join_all;
use greenroom::crdt::{Body, Content, Dot, Entry, State};
use greenroom::id::RoomId;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// Ops a client writes in one round, at most.
const OPS_MAX: usize = 24;
/// Messages a client remembers to edit, react to and pin.
const KNOWN_MAX: usize = 64;
/// How long a client may take to be in sync with everything acked.
const MERGE_TIME_MAX: Duration = Duration::from_secs(30);

/// A client with what it wrote and knows.
struct Person {
    client: Rc<Client>,
    tally: Rc<RefCell<Tally>>,
    room: RoomId,
    state: State,
    own: Vec<Dot>,
    known: Vec<Dot>,
    away: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let mut people = Vec::new();
    for n in 0..args.connections() {
        people.push(Person::new(&stage, &rooms, n).await?);
    }
    let start_us = now_us();
    for person in &people {
        person.tally.borrow_mut().start(start_us, 60.0);
    }
    let mut random = SmallRng::seed_from_u64(args.seed);
    let mut merge = Latency::default();
    stage.bar.set_prefix("offline");
    for round in 0..args.rounds {
        stage
            .bar
            .set_message(format!("round {} of {}", round + 1, args.rounds));
        diverge(&mut people, args, &mut random).await;
        for took_us in try_join_all(
            people
                .iter()
                .enumerate()
                .filter(|(_, person)| person.away)
                .map(|(n, person)| person.come_back((n + round as usize).is_multiple_of(2))),
        )
        .await?
        {
            merge.record(took_us);
        }
        for person in &mut people {
            person.settled().await?;
            person.away = false;
            person.learn();
        }
    }
    // What the last to come back wrote is still on its way to the others.
    tokio::time::sleep(Duration::from_millis(500)).await;
    report(&mut stage, people, &merge, start_us).await
}

/// Half of the clients leave, then everyone writes in pieces, both sides at the same time.
async fn diverge(people: &mut [Person], args: &Args, random: &mut SmallRng) {
    for person in people.iter_mut() {
        if random.random_bool(0.5) {
            person.away = true;
            person.client.leave();
        }
    }
    for _ in 0..4 {
        for person in people.iter_mut() {
            for _ in 0..random.random_range(0..=OPS_MAX / 4) {
                person.write(random, args.text_bytes());
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        people.iter_mut().for_each(Person::learn);
    }
}

impl Person {
    async fn new(stage: &Stage, rooms: &[RoomId], n: usize) -> anyhow::Result<Self> {
        let who = n.to_string();
        let (client, tally) = stage.client(&who, Keep::Entries, OnLoss::Stay).await?;
        let room = rooms[n % rooms.len()];
        client.join(room).await?;
        let replica = replica(stage.run, n as u64);
        client.open(room, Since::Beginning, Some(replica)).await?;
        Ok(Self {
            client,
            tally,
            room,
            state: State::default(),
            own: Vec::new(),
            known: Vec::new(),
            away: false,
        })
    }

    /// One op of a random kind.
    fn write(&mut self, random: &mut SmallRng, bytes: usize) {
        let mut pick =
            |from: &[Dot]| (!from.is_empty()).then(|| from[random.random_range(0..from.len())]);
        let (own, known) = (pick(&self.own), pick(&self.known));
        let due_us = now_us();
        let kind = random.random_range(0..100);
        let on = random.random_bool(0.7);
        let mut posted = None;
        self.client
            .write(0, due_us, 1, |dot| match (kind, own, known) {
                (0..15, Some(target), _) => Body::Edit {
                    target,
                    content: Some(Content {
                        text: content::text(dot, bytes),
                        ..Content::default()
                    }),
                },
                (15..35, _, Some(target)) => Body::Reaction {
                    target,
                    emoji: ["👍", "🎉", "❤️"][kind % 3].into(),
                    on,
                },
                (35..40, _, Some(target)) => Body::Pin { target, on },
                (40..44, Some(target), _) => Body::Delete { target },
                (44..48, ..) => Body::Topic {
                    text: content::text(dot, 24),
                },
                _ => {
                    posted = Some(dot);
                    content::post(dot, bytes, due_us)
                }
            });
        self.own.extend(posted);
        self.known.extend(posted);
    }

    /// Takes in what came.
    fn learn(&mut self) {
        for Entry { stamp, op, .. } in self.client.take_entries() {
            if matches!(
                op.body,
                Body::Post {
                    content: Some(_),
                    ..
                }
            ) {
                self.known.push(op.dot);
            }
            self.state.apply(op, stamp);
        }
        for list in [&mut self.own, &mut self.known] {
            let surplus = list.len().saturating_sub(KNOWN_MAX);
            list.drain(..surplus);
        }
    }

    /// Connects again and merges: by cursor, or by version vector as a device whose log is of another epoch. Returns
    /// how long it took until in sync with everything acked.
    async fn come_back(&self, by_vector: bool) -> anyhow::Result<u64> {
        let begin_us = now_us();
        if by_vector {
            let vector = self.client.with_rooms(|rooms| rooms[0].vector());
            self.client.connect_with(Vec::new()).await?;
            let since = Since::Vector(vector.unwrap_or_default());
            self.client.open(self.room, since, None).await?;
        } else {
            self.client.connect().await?;
        }
        self.tally.borrow_mut().reconnects += 1;
        self.settled().await?;
        Ok(now_us() - begin_us)
    }

    async fn settled(&self) -> anyhow::Result<()> {
        let begin_us = now_us();
        while !(self.client.in_sync() && self.client.settled()) {
            let errors = &self.tally.borrow().errors.clone();
            ensure!(
                now_us() - begin_us < crate::clock::micros(MERGE_TIME_MAX),
                "not merged within {MERGE_TIME_MAX:?}; errors so far: {errors:?}"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

async fn report(
    stage: &mut Stage,
    mut people: Vec<Person>,
    merge: &Latency,
    start_us: u64,
) -> anyhow::Result<Report> {
    let mut outcome = Outcome::default();
    for person in &mut people {
        person.learn();
        outcome.tally.merge(&person.tally.borrow());
        person.client.with_rooms(|rooms| {
            let (author, view) = rooms[0].records(true);
            outcome.authors.extend(author);
            outcome.views.extend(view);
        });
    }
    let found = stage.audit(&outcome).await?;
    let (reader, _) = stage.client("owner", Keep::Entries, OnLoss::Stay).await?;
    let mut digests = HashMap::new();
    let mut differ = 0_u64;
    for person in &people {
        if let std::collections::hash_map::Entry::Vacant(slot) = digests.entry(person.room) {
            let mut state = State::default();
            for Entry { stamp, op, .. } in read_all(&reader, person.room).await? {
                state.apply(op, stamp);
            }
            slot.insert(state.digest());
        }
        differ += u64::from(digests.get(&person.room) != Some(&person.state.digest()));
    }
    let mut report = blank(&stage.args);
    count(&mut report, &outcome);
    judge(&mut report, &found);
    report.recover_ms = merge.quantiles();
    report
        .parameters
        .insert("rounds".into(), stage.args.rounds.into());
    report.detail("states_that_differ", differ);
    report.at_most(
        "client states unlike the server's",
        Some(differ as f64),
        0.0,
    );
    report.at_most("errors", Some(outcome.tally.error_count() as f64), 0.0);
    report.at_most("ops never acked", Some(outcome.unacked() as f64), 0.0);
    promises(&mut report);
    report.clean &= differ == 0;
    report.plots = Plots {
        tally: outcome.tally,
        samples: stage.samples(),
        start_us,
    };
    stage.strike().await?;
    Ok(report)
}
