//! A participant's media: its socket, its client of either kind, its microphone and cameras, and what it makes of what
//! arrives.

mod machine;

use crate::call::arrival::{note_arrivals, try_receive};
use crate::call::camera::{Camera, Filmed, Picture};
use crate::call::floor::{Floor, Talk};
use crate::call::hearing::Hearing;
use crate::call::kit::{Kit, Medium, Opens, Outgoing};
use crate::call::light::Light;
use crate::call::real::Real;
use crate::call::stamp::StreamId;
use crate::call::tally::MediaTally;
use crate::call::voice::Voice;
use crate::call::watching::Watching;
use crate::clock::now_us;
use anyhow::Context;
use greenroom::rtc::identity::Identity;
use machine::{Client, Inner};
use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

/// Datagrams taken from a socket before the others get their turn.
const BATCH: usize = 64;
/// The kernel's buffer of a client that reads everything, bytes.
const RECEIVE_BYTES: usize = 4 * 1024 * 1024;
/// The kernel's buffer of a client that reads nothing, bytes.
const SINK_BYTES: usize = 16 * 1024;
/// How often a client that reads nothing looks for what keeps it connected.
const SINK_PAUSE: Duration = Duration::from_millis(250);
/// Between two requests for a key frame of one slot, microseconds.
const KEYFRAME_US: u64 = 500_000;
const DATAGRAM_BYTES_MAX: usize = 2_048;
/// Streams of one participant: a microphone, three layers of a camera, a screen.
const STREAMS: u32 = 8;

/// Which client a participant uses.
#[derive(Debug, Clone)]
pub(crate) enum ClientKind {
    /// Ours, with this certificate.
    Light(Arc<Identity>),
    /// The library's.
    Real,
}

/// A place in the run.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Among all participants.
    pub(crate) index: u32,
    /// In its room.
    pub(crate) who: usize,
    pub(crate) talk: Talk,
    /// The turns of its room.
    pub(crate) floor: Floor,
}

/// A participant's media.
pub(crate) struct Peer {
    pub(crate) kit: Kit,
    place: Place,
    socket: UdpSocket,
    inner: RefCell<Inner>,
}

/// How far the transport is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Not connected since the answer at this time.
    Connecting(u64),
    /// Connected so many microseconds after the answer.
    Connected(u64),
    Closed(String),
}

/// What a participant sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) packets: u64,
    pub(crate) spurts: u64,
    pub(crate) frames: u64,
    /// The latest that a packet was behind its time, microseconds.
    pub(crate) late_us_max: u64,
}

impl Peer {
    /// A participant with a socket of its own, in no call yet.
    ///
    /// # Errors
    /// When there is no socket or the library refuses.
    pub(crate) async fn new(kit: Kit, kind: &ClientKind, place: Place) -> anyhow::Result<Rc<Self>> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let bytes = if kit.opens == Opens::Nothing {
            SINK_BYTES
        } else {
            RECEIVE_BYTES
        };
        note_arrivals(&socket);
        // The kernel may give less; what is dropped for it is counted.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, bytes);
        let client = match kind {
            ClientKind::Light(identity) => Client::Light(Box::new(Light::new(kit, identity))),
            ClientKind::Real => {
                let real = Real::new(&kit, socket.local_addr()?, Instant::now());
                Client::Real(Box::new(real.context("a client of the library")?))
            }
        };
        Ok(Rc::new(Self {
            kit,
            place,
            socket,
            inner: RefCell::new(Inner {
                client,
                voice: None,
                cameras: Vec::new(),
                hearing: Hearing::default(),
                watching: Vec::new(),
                asked_us: vec![0; kit.video_slots],
                tally: MediaTally::default(),
                sent: Sent::default(),
                state: State::Connecting(0),
            }),
        }))
    }

    /// The offer to join with. `joined_us`: the time to the first frame counts from here.
    ///
    /// # Errors
    /// When the library refuses.
    pub(crate) fn offer(&self, joined_us: u64) -> anyhow::Result<String> {
        let inner = &mut *self.inner.borrow_mut();
        inner.watching = (0..self.kit.video_slots)
            .map(|_| Watching::new(joined_us))
            .collect();
        inner.client.offer()
    }

    /// Takes the answer, and connects to `server` from then on.
    ///
    /// # Errors
    /// When the answer is not what an answer should be.
    pub(crate) async fn answer(
        self: &Rc<Self>,
        sdp: &str,
        server: SocketAddr,
    ) -> anyhow::Result<()> {
        self.socket.connect(server).await?;
        {
            let inner = &mut *self.inner.borrow_mut();
            inner.client.answer(sdp, server)?;
            inner.state = State::Connecting(now_us());
        }
        let weak = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            while let Some(peer) = weak.upgrade() {
                if peer.receive().await.is_err() {
                    return;
                }
            }
        });
        self.tick();
        Ok(())
    }

    /// The microphone and cameras work from now on. `talk_us`: when the talk of the room began.
    pub(crate) fn start_media(&self, talk_us: u64) {
        let now_us = now_us();
        let inner = &mut *self.inner.borrow_mut();
        let first = self.place.index * STREAMS;
        for (medium, picture) in self.kit.publications() {
            match (medium, picture) {
                (Medium::Camera, Some(picture)) => {
                    let camera = Camera::new(StreamId(first + 1), picture, now_us);
                    inner.cameras.push((medium, camera));
                }
                (_, Some(picture)) => {
                    let screen = Camera::new(StreamId(first + 5), picture, now_us);
                    inner.cameras.push((medium, screen));
                }
                (_, None) => {
                    let Place {
                        who, talk, floor, ..
                    } = self.place.clone();
                    let mut voice = Voice::new(StreamId(first), who, talk, floor, talk_us);
                    voice.skip_to(now_us);
                    inner.voice = Some(voice);
                }
            }
        }
    }

    /// Sends what is due; returns when it is to be asked again.
    pub(crate) fn send_due(&self) -> Option<u64> {
        let now_us = now_us();
        let inner = &mut *self.inner.borrow_mut();
        let Inner {
            client,
            voice,
            cameras,
            sent,
            ..
        } = inner;
        if let Some(voice) = voice.as_mut().filter(|voice| voice.due_us() <= now_us) {
            sent.late_us_max = sent.late_us_max.max(now_us - voice.due_us());
            let spoken = voice.speak(now_us);
            sent.packets += 1;
            sent.spurts += u64::from(spoken.marker);
            client.send(&Outgoing {
                medium: Medium::Microphone,
                layer: 0,
                timestamp: spoken.timestamp,
                marker: spoken.marker,
                level: Some(spoken.level),
                payload: &spoken.payload,
            });
        }
        for (medium, camera) in cameras.iter_mut().filter(|(_, c)| c.due_us() <= now_us) {
            sent.late_us_max = sent.late_us_max.max(now_us - camera.due_us());
            camera.film(now_us, |filmed: Filmed| {
                sent.packets += 1;
                sent.frames += u64::from(filmed.marker);
                client.send(&Outgoing {
                    medium: *medium,
                    layer: filmed.layer,
                    timestamp: filmed.timestamp,
                    marker: filmed.marker,
                    level: None,
                    payload: &filmed.payload,
                });
            });
        }
        let dues = cameras.iter().map(|(_, camera)| camera.due_us());
        let next_us = dues.chain(voice.as_ref().map(Voice::due_us)).min();
        self.flush(inner);
        next_us
    }

    /// Timers of the client, and requests for key frames.
    pub(crate) fn tick(&self) {
        let now_us = now_us();
        let inner = &mut *self.inner.borrow_mut();
        inner.timers(Instant::now(), now_us);
        for slot in 0..inner.watching.len() {
            if inner.watching[slot].needs_keyframe() && now_us >= inner.asked_us[slot] + KEYFRAME_US
            {
                inner.asked_us[slot] = now_us;
                inner.client.want_keyframe(slot);
            }
        }
        inner.events(now_us);
        self.flush(inner);
    }

    /// Whether somebody watches a layer of a publication.
    pub(crate) fn watched(&self, medium: Medium, layer: usize, watched: bool) {
        let inner = &mut *self.inner.borrow_mut();
        for (_, camera) in inner.cameras.iter_mut().filter(|(m, _)| *m == medium) {
            camera.watch(layer, watched);
        }
    }

    /// Films something else from now on.
    pub(crate) fn film(&self, picture: Picture) {
        let inner = &mut *self.inner.borrow_mut();
        let first = StreamId(self.place.index * STREAMS + 1);
        for (_, camera) in inner
            .cameras
            .iter_mut()
            .filter(|(m, _)| *m == Medium::Camera)
        {
            *camera = camera.replaced(first, picture, now_us());
        }
    }

    /// Whether a stream is one of its own.
    pub(crate) const fn owns(&self, stream: StreamId) -> bool {
        stream.0 / STREAMS == self.place.index
    }

    /// Forgets what was counted: the measurement begins.
    pub(crate) fn begin(&self) {
        let inner = &mut *self.inner.borrow_mut();
        let first_frame = inner.finish().first_frame;
        inner.tally.first_frame = first_frame;
        inner.sent = Sent::default();
        inner.hearing.begin(now_us());
    }

    /// What was counted since the measurement began: it ends.
    pub(crate) fn end(&self) -> (MediaTally, Sent) {
        let inner = &mut *self.inner.borrow_mut();
        (inner.finish(), inner.sent)
    }

    /// Its place in its room.
    pub(crate) const fn who(&self) -> usize {
        self.place.who
    }

    /// Where it finds the server, or its proxy.
    pub(crate) fn server(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// The port of its socket.
    pub(crate) fn port(&self) -> Option<u16> {
        self.socket.local_addr().ok().map(|addr| addr.port())
    }

    /// How far the transport is.
    pub(crate) fn state(&self) -> State {
        self.inner.borrow().state.clone()
    }

    /// RTP packets that arrived since the measurement began.
    pub(crate) fn packets(&self) -> u64 {
        self.inner.borrow().tally.packets
    }

    /// Says goodbye and stops sending.
    pub(crate) fn close(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.voice = None;
        inner.cameras.clear();
        inner.client.close();
        self.flush(inner);
    }

    /// Falls silent without a word, as a client that vanished.
    pub(crate) fn vanish(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.voice = None;
        inner.cameras.clear();
        inner.state = State::Closed("vanished".into());
    }

    async fn receive(&self) -> io::Result<()> {
        if self.kit.opens == Opens::Nothing {
            tokio::time::sleep(SINK_PAUSE).await;
        }
        self.socket.readable().await?;
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        let inner = &mut *self.inner.borrow_mut();
        for _ in 0..BATCH {
            match try_receive(&self.socket, &mut buffer) {
                Ok(arrival) => inner.datagram(&mut buffer[..arrival.len], arrival.at_us),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // The server's port may be closed for a moment: datagrams are lost, not the socket.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => break,
                Err(error) => return Err(error),
            }
        }
        inner.events(now_us());
        self.flush(inner);
        Ok(())
    }

    fn flush(&self, inner: &mut Inner) {
        while let Some(datagram) = inner.client.transmit() {
            // A full socket drops, as the network would.
            let _ = self.socket.try_send(&datagram);
        }
    }
}
