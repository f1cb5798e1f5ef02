//! A participant in its call: joined over the chat WebSocket, shown what it asked for, told which layers are watched.

use super::kit::Medium;
use super::light::sdp;
use super::peer::{Peer, State};
use super::proxy::Proxy;
use super::shape::Shape;
use crate::client::Client;
use crate::clock::now_us;
use anyhow::{Context, bail, ensure};
use greenroom::id::RoomId;
use greenroom::protocol::call::{
    CallJoin, CallLayout, CallRef, CallTrack, Participant, Show, Tile, TrackOffer,
};
use greenroom::protocol::{ClientFrame, ServerFrame};
use greenroom::sfu::{MediaKind, ParticipantId, Source, TrackId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// How long a transport may take to come up before the run fails; figures are far below.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(30);

/// The two directions of a shaped link (up, down), and its seed.
pub(crate) type Bad = ([Shape; 2], u64);

/// A participant of a call.
pub(crate) struct Seat {
    pub(crate) client: Rc<Client>,
    pub(crate) peer: Rc<Peer>,
    pub(crate) proxy: Option<Proxy>,
    room: RoomId,
    participant: ParticipantId,
    slots: Vec<String>,
    media: BTreeMap<String, Medium>,
    /// Pictures of others.
    pictures: RefCell<BTreeMap<TrackId, (ParticipantId, Source)>>,
    /// What was published here.
    own: RefCell<BTreeMap<TrackId, Source>>,
}

/// What the tiles of a participant show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Whoever speaks, in all of them.
    Speaker,
    /// Everyone, one in each, in tiles of this size.
    Everyone { width: u16, height: u16 },
}

impl Seat {
    /// Starts or joins the call of a room and begins to connect.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn take(
        client: Rc<Client>,
        room: RoomId,
        peer: Rc<Peer>,
        bad: Option<Bad>,
    ) -> anyhow::Result<Self> {
        let offer = peer.offer(now_us())?;
        let mids: Vec<String> = mids(&offer).map(str::to_owned).collect();
        let publications = peer.kit.publications();
        let media: BTreeMap<String, Medium> = mids
            .iter()
            .cloned()
            .zip(publications.iter().map(|(medium, _)| *medium))
            .collect();
        let tracks = media.iter().map(|(mid, medium)| TrackOffer {
            mid: mid.clone(),
            source: source(*medium),
            muted: false,
        });
        let tracks = tracks.collect();
        let answer = client
            .request(|id| {
                ClientFrame::CallJoin(CallJoin {
                    id,
                    room,
                    offer: Some(offer),
                    tracks,
                    resume: None,
                    name: None,
                })
            })
            .await
            .context("joining a call")?;
        let ServerFrame::CallJoined(joined) = answer else {
            bail!("`call.join` was answered by {answer:?}");
        };
        let sdp = joined.answer.context("`call.joined` without an answer")?;
        let server = sdp::candidate(&sdp).context("the answer has no candidate over IPv4")?;
        let proxy = match bad {
            None => None,
            Some((shapes, seed)) => Some(Proxy::start(server, shapes, seed).await?),
        };
        let reached = proxy.as_ref().map_or(server, Proxy::addr);
        peer.answer(&sdp, reached).await?;
        let seat = Self {
            client,
            peer,
            proxy,
            room,
            participant: joined.participant,
            slots: mids[media.len()..].to_vec(),
            media,
            pictures: RefCell::default(),
            own: RefCell::default(),
        };
        joined
            .participants
            .iter()
            .for_each(|other| seat.know(other));
        Ok(seat)
    }

    /// Waits until the transport is up.
    ///
    /// # Errors
    /// When it fails, or takes too long.
    pub(crate) async fn connected(&self) -> anyhow::Result<()> {
        let begin_us = now_us();
        loop {
            match self.peer.state() {
                State::Connected(_) => return Ok(()),
                State::Closed(reason) => bail!("a transport ended with {reason}"),
                State::Connecting(_) => {}
            }
            ensure!(
                now_us() - begin_us < crate::clock::micros(CONNECT_TIME_MAX),
                "a transport was not up within {CONNECT_TIME_MAX:?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks for what its tiles shall show.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn lay_out(&self, view: View) -> anyhow::Result<()> {
        self.learn();
        let video = &self.slots[self.peer.kit.audio_slots..];
        let pictures: Vec<TrackId> = self.pictures.borrow().keys().copied().collect();
        let tiles = video.iter().enumerate().map(|(n, mid)| {
            let (show, width, height) = match view {
                View::Speaker => (Show::Speaker, 1_280, 720),
                View::Everyone { width, height } => {
                    let show = pictures
                        .get(n)
                        .map_or(Show::None, |track| Show::Track(*track));
                    (show, width, height)
                }
            };
            Tile {
                mid: mid.clone(),
                show,
                width,
                height,
                priority: 100,
                pinned: false,
            }
        });
        let tiles: Vec<Tile> = tiles.collect();
        if tiles.is_empty() {
            return Ok(());
        }
        let room = self.room;
        self.client
            .request(|id| {
                ClientFrame::CallLayout(CallLayout {
                    id,
                    room,
                    tiles,
                    audio_only: false,
                })
            })
            .await
            .context("laying out tiles")?;
        Ok(())
    }

    /// Takes in what the call said: who publishes what, and which layers are watched.
    pub(crate) fn learn(&self) {
        for frame in self.client.take_call_frames() {
            match frame {
                ServerFrame::CallChanged(changed) if changed.room == self.room => {
                    let known = changed.joined.iter().chain(&changed.updated);
                    known.for_each(|other| self.know(other));
                    let left =
                        |id: &ParticipantId| changed.left.iter().any(|l| l.participant == *id);
                    self.pictures
                        .borrow_mut()
                        .retain(|_, (owner, _)| !left(owner));
                }
                ServerFrame::CallDemand(demand) if demand.room == self.room => {
                    for track in demand.tracks {
                        let Some(medium) = self.media.get(&track.mid) else {
                            continue;
                        };
                        let layers = self.layers(*medium);
                        for encoding in track.encodings {
                            let found = layers.iter().position(|rid| *rid == encoding.rid);
                            let layer = found.unwrap_or(0);
                            self.peer.watched(*medium, layer, encoding.active);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// One of its publications.
    pub(crate) fn own(&self, source: Source) -> Option<TrackId> {
        self.learn();
        let own = self.own.borrow();
        own.iter()
            .find(|(_, s)| **s == source)
            .map(|(track, _)| *track)
    }

    /// The room of its call.
    pub(crate) const fn room(&self) -> RoomId {
        self.room
    }

    /// Leaves the call in good order.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn leave(&self) -> anyhow::Result<()> {
        let room = self.room;
        let left = self
            .client
            .request(|id| ClientFrame::CallLeave(CallRef { id, room }));
        left.await.context("leaving a call")?;
        self.peer.close();
        Ok(())
    }

    fn layers(&self, medium: Medium) -> Vec<&'static str> {
        let publications = self.peer.kit.publications();
        let found = publications.iter().find(|(m, _)| *m == medium);
        let picture = found.and_then(|(_, picture)| *picture);
        picture.map_or(Vec::new(), |p| p.layers.iter().map(|l| l.rid).collect())
    }

    fn know(&self, other: &Participant) {
        let own = other.participant == self.participant;
        for CallTrack { track, source, .. } in &other.tracks {
            if own {
                self.own.borrow_mut().insert(*track, *source);
            } else if source.kind() == MediaKind::Video {
                let entry = (other.participant, *source);
                self.pictures.borrow_mut().insert(*track, entry);
            }
        }
    }
}

fn source(medium: Medium) -> Source {
    match medium {
        Medium::Microphone => Source::Microphone,
        Medium::Camera => Source::Camera,
        Medium::Screen => Source::Screen,
    }
}

fn mids(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.lines().filter_map(|line| line.strip_prefix("a=mid:"))
}
