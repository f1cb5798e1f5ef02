//! The server, the participants in their calls, and one measurement of them.

use crate::args::{Args, Profile};
use crate::call::{
    Bad, Band, ClientKind, Floor, Kit, MediaTally, Opens, Peer, Picture, Place, Seat, Sent, Talk,
    View,
};
use crate::client::{HEARTBEAT_MS, Keep, OnLoss};
use crate::clock::now_us;
use crate::histogram::Latency;
use crate::server::{Build, Metrics, SocketDrops, Usage};
use crate::stage::Stage;
use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use greenroom::id::RoomId;
use greenroom::protocol::ClientFrame;
use greenroom::rtc::identity::Identity;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Participants that join at the same time.
const AT_ONCE: usize = 16;
/// After the last one is connected, before anything is measured: encoders, estimates and speakers settle.
const WARM_UP: Duration = Duration::from_secs(3);

/// Which client a participant uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Light,
    Real,
}

/// A participant to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest {
    pub(super) room: usize,
    pub(super) who: usize,
    pub(super) kit: Kit,
    pub(super) client: Client,
    pub(super) talk: Talk,
    pub(super) bad: Option<Bad>,
    pub(super) view: Option<View>,
}

/// The server and everyone in its calls.
pub(super) struct Hall {
    pub(super) stage: Stage,
    pub(super) band: Rc<Band>,
    rooms: RefCell<Vec<RoomId>>,
    /// Connected, but not in the call yet: by room and place.
    lobby: RefCell<HashMap<(usize, usize), Rc<crate::client::Client>>>,
    pub(super) seats: RefCell<Vec<Rc<Seat>>>,
    /// From sending the join to connected.
    pub(super) joins: RefCell<Latency>,
    identity: Arc<Identity>,
    participants: usize,
    count: Cell<u32>,
}

/// What one measurement found.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) tally: MediaTally,
    pub(super) sent: Sent,
    pub(super) seconds: f64,
    pub(super) usage: Option<[Usage; 2]>,
    pub(super) metrics: [Metrics; 2],
    /// Talk spurts that should have been heard, counting every listener.
    pub(super) spurts_expected: u64,
    /// Datagrams that clients who read everything did not read in time.
    pub(super) unread: u64,
}

impl Hall {
    /// Starts the server and makes the rooms.
    ///
    /// # Errors
    /// When there is no server.
    pub(super) async fn open(
        args: &Args,
        build: Build,
        shards: Option<usize>,
    ) -> anyhow::Result<Self> {
        let stage = Stage::set_with(args, build, shards).await?;
        let rooms = stage.rooms(args.rooms()).await?;
        Ok(Self {
            stage,
            band: Band::start()?,
            rooms: RefCell::new(rooms),
            lobby: RefCell::default(),
            seats: RefCell::default(),
            joins: RefCell::default(),
            identity: Arc::new(Identity::generate().context("a certificate")?),
            participants: args.call.participants(args.scenario),
            count: Cell::new(0),
        })
    }

    /// Lets everyone in, and waits until all are connected and see what they want to see.
    ///
    /// # Errors
    /// When one is refused or does not connect.
    pub(super) async fn admit(&self, guests: Vec<Guest>) -> anyhow::Result<()> {
        self.stage.bar.set_prefix("join");
        let total = guests.len();
        let done = Cell::new(0);
        stream::iter(guests)
            .map(|guest| {
                let done = &done;
                async move {
                    let seat = self.seat(&guest).await?;
                    self.seats.borrow_mut().push(seat);
                    done.set(done.get() + 1);
                    let text = format!("{} of {total} participants", done.get());
                    self.stage.bar.set_message(text);
                    anyhow::Ok(())
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await
    }

    /// Lets one in and waits until it is connected.
    ///
    /// # Errors
    /// When it is refused or does not connect.
    pub(super) async fn seat(&self, guest: &Guest) -> anyhow::Result<Rc<Seat>> {
        let begin_us = now_us();
        let seat = self.begin(guest).await?;
        if let Some(view) = guest.view {
            seat.lay_out(view).await?;
        }
        seat.connected().await?;
        self.joins.borrow_mut().record(now_us() - begin_us);
        Ok(seat)
    }

    /// Lets one in without waiting for its transport.
    ///
    /// # Errors
    /// When it is refused.
    pub(super) async fn begin(&self, guest: &Guest) -> anyhow::Result<Rc<Seat>> {
        let index = self.count.replace(self.count.get() + 1);
        let room = self.rooms.borrow()[guest.room];
        let waiting = self.lobby.borrow_mut().remove(&(guest.room, guest.who));
        let client = match waiting {
            Some(client) => client,
            None => self.enter(room, index).await?,
        };
        let kind = match guest.client {
            Client::Light => ClientKind::Light(Arc::clone(&self.identity)),
            Client::Real => ClientKind::Real,
        };
        let seed = self.stage.args.seed.wrapping_add(guest.room as u64);
        let place = Place {
            index,
            who: guest.who,
            talk: guest.talk,
            floor: Floor::new(seed, self.participants),
        };
        let peer = Peer::new(guest.kit, &kind, place).await?;
        let seat = Rc::new(Seat::take(client, room, peer, guest.bad).await?);
        self.band.add(&seat.peer);
        tokio::task::spawn_local(beat(Rc::downgrade(&seat)));
        Ok(seat)
    }

    /// Connects participants to the server and makes them members, so that only the call is left to join.
    ///
    /// # Errors
    /// When one is refused.
    pub(super) async fn wait_outside(&self, guests: &[Guest]) -> anyhow::Result<()> {
        for (n, guest) in guests.iter().enumerate() {
            let room = self.rooms.borrow()[guest.room];
            let index = u32::try_from(n).context("too many participants")?;
            let client = self.enter(room, index).await?;
            self.lobby
                .borrow_mut()
                .insert((guest.room, guest.who), client);
        }
        Ok(())
    }

    /// Makes more rooms.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn more_rooms(&self, count: usize) -> anyhow::Result<()> {
        let more = self.stage.rooms(count).await?;
        self.rooms.borrow_mut().extend(more);
        Ok(())
    }

    async fn enter(&self, room: RoomId, index: u32) -> anyhow::Result<Rc<crate::client::Client>> {
        let who = format!("c{index}");
        let (client, _) = self.stage.client(&who, Keep::Digest, OnLoss::Stay).await?;
        client.join(room).await?;
        Ok(client)
    }

    /// Shows everyone the others again: some came later.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn lay_out(&self, view: View) -> anyhow::Result<()> {
        let seats = self.seats.borrow().clone();
        for seat in seats {
            seat.lay_out(view).await?;
        }
        Ok(())
    }

    /// Puts someone in a place, or nobody; returns who was there.
    pub(super) fn replace(
        &self,
        (room, who): (usize, usize),
        seat: Option<Rc<Seat>>,
    ) -> Option<Rc<Seat>> {
        let seats = &mut *self.seats.borrow_mut();
        match seat {
            Some(seat) => {
                seats.push(seat);
                None
            }
            None => {
                let found = seats.iter().position(|seat| {
                    seat.room() == self.rooms.borrow()[room] && seat.peer.who() == who
                })?;
                Some(seats.swap_remove(found))
            }
        }
    }

    /// Waits until things have settled, then measures for so many seconds.
    ///
    /// # Errors
    /// When the server does not tell its metrics.
    pub(super) async fn measure(&self, seconds: f64) -> anyhow::Result<Measured> {
        self.stage.bar.set_prefix("warm up");
        tokio::time::sleep(WARM_UP).await;
        self.measure_now(seconds).await
    }

    /// Measures for so many seconds.
    ///
    /// # Errors
    /// When the server does not tell its metrics.
    pub(super) async fn measure_now(&self, seconds: f64) -> anyhow::Result<Measured> {
        self.stage.bar.set_prefix("measure");
        let addr = self.stage.endpoint.addr;
        let before = Metrics::read(addr).await?;
        let begin_us = now_us();
        self.band.peers().iter().for_each(|peer| peer.begin());
        let used = self.stage.usage();
        let drops = SocketDrops::read();
        let end_us = begin_us + (seconds * 1e6) as u64;
        while now_us() < end_us {
            let packets: u64 = self.band.peers().iter().map(|peer| peer.packets()).sum();
            self.stage.bar.set_message(format!("{packets} packets"));
            let left = Duration::from_micros(end_us.saturating_sub(now_us()));
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
        let usage = used.zip(self.stage.usage()).map(|(a, b)| [a, b]);
        let mut measured = Measured {
            seconds: (now_us() - begin_us) as f64 / 1e6,
            usage,
            ..Measured::default()
        };
        let drops_now = SocketDrops::read();
        for peer in self.band.peers() {
            let reads = peer.kit.opens != Opens::Nothing;
            if let Some(port) = peer.port().filter(|_| reads) {
                measured.unread += drops_now.since(&drops, port);
            }
            let (tally, sent) = peer.end();
            measured.tally.merge(&tally);
            measured.sent.packets += sent.packets;
            measured.sent.spurts += sent.spurts;
            measured.sent.frames += sent.frames;
            measured.sent.late_us_max = measured.sent.late_us_max.max(sent.late_us_max);
        }
        let listeners = self.participants.saturating_sub(1) as u64;
        measured.spurts_expected = measured.sent.spurts * listeners;
        measured.metrics = [before, Metrics::read(addr).await?];
        Ok(measured)
    }

    /// Everyone leaves, and a server of our own stops.
    ///
    /// # Errors
    /// When it does not stop in good order.
    pub(super) async fn clear(mut self) -> anyhow::Result<()> {
        self.band.end();
        for seat in self.seats.borrow().iter() {
            seat.peer.close();
            seat.client.leave();
        }
        self.stage.strike().await
    }
}

/// The kit of participant `who` of a room, by profile.
pub(super) fn kit(profile: Profile, who: usize, others: usize) -> Kit {
    let video = matches!(profile, Profile::Video | Profile::Mixed);
    let screen = profile == Profile::Mixed && who == 0;
    Kit {
        microphone: profile != Profile::Video,
        camera: video.then_some(Picture::CAMERA),
        screen: screen.then_some(Picture::SCREEN),
        audio_slots: if profile == Profile::Video {
            0
        } else {
            others.min(3)
        },
        video_slots: if video {
            others + usize::from(profile == Profile::Mixed && who != 0)
        } else {
            0
        },
        ..Kit::VIEWER
    }
}

/// A kit that is only there to be sent to.
pub(super) const SINK: Kit = Kit {
    opens: Opens::Nothing,
    ..Kit::VIEWER
};

/// Keeps a participant's WebSocket alive, and listens to what its call says.
async fn beat(seat: std::rc::Weak<Seat>) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let beats = u64::from(HEARTBEAT_MS) / 2 / 200;
    for n in 0_u64.. {
        tick.tick().await;
        let Some(seat) = seat.upgrade() else {
            return;
        };
        seat.learn();
        if n % beats == 0 {
            seat.client.send(&ClientFrame::Beat {});
        }
    }
}
