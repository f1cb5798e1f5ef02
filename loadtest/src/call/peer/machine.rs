//! The inside of a participant: its client of either kind with what feeds it and what judges what comes out of it.

use super::{Sent, State};
use crate::call::camera::Camera;
use crate::call::hearing::Hearing;
use crate::call::kit::{Arrived, Medium, Outgoing, PeerEvent};
use crate::call::light::Light;
use crate::call::real::Real;
use crate::call::tally::MediaTally;
use crate::call::voice::Voice;
use crate::call::watching::Watching;
use std::net::SocketAddr;
use std::time::Instant;

/// Everything of a participant but its socket.
pub(super) struct Inner {
    pub(super) client: Client,
    pub(super) voice: Option<Voice>,
    pub(super) cameras: Vec<(Medium, Camera)>,
    pub(super) hearing: Hearing,
    pub(super) watching: Vec<Watching>,
    pub(super) asked_us: Vec<u64>,
    pub(super) tally: MediaTally,
    pub(super) sent: Sent,
    pub(super) state: State,
}

/// A client of either kind.
pub(super) enum Client {
    Light(Box<Light>),
    Real(Box<Real>),
}

impl Inner {
    /// A datagram came, at this time.
    pub(super) fn datagram(&mut self, datagram: &mut [u8], now_us: u64) {
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        let Self {
            client,
            hearing,
            watching,
            tally,
            ..
        } = self;
        let mut take = |arrived| judge(arrived, now_us, hearing, watching, tally);
        match client {
            Client::Light(light) => light.datagram(Instant::now(), now_us, datagram, &mut take),
            Client::Real(real) => real.datagram(Instant::now(), datagram, &mut take),
        }
    }

    /// Timers of the client.
    pub(super) fn timers(&mut self, now: Instant, now_us: u64) {
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        let Self {
            client,
            hearing,
            watching,
            tally,
            ..
        } = self;
        let mut take = |arrived| judge(arrived, now_us, hearing, watching, tally);
        match client {
            Client::Light(light) => light.tick(now, now_us),
            Client::Real(real) => real.tick(now, &mut take),
        }
    }

    /// Takes in what happened to the client.
    pub(super) fn events(&mut self, now_us: u64) {
        loop {
            let event = match &mut self.client {
                Client::Light(light) => light.event(),
                Client::Real(real) => real.event(),
            };
            match event {
                None => return,
                Some(PeerEvent::Connected) => {
                    if let State::Connecting(since_us) = self.state {
                        self.state = State::Connected(now_us - since_us);
                    }
                }
                Some(PeerEvent::Closed(reason)) => self.state = State::Closed(reason),
                Some(PeerEvent::KeyframeWanted { medium, layer }) => {
                    for (_, camera) in self.cameras.iter_mut().filter(|(m, _)| *m == medium) {
                        camera.want_keyframe(layer);
                    }
                }
            }
        }
    }

    /// What was counted since the last time.
    pub(super) fn finish(&mut self) -> MediaTally {
        self.hearing.finish(&mut self.tally);
        for watching in &mut self.watching {
            watching.finish(&mut self.tally);
        }
        std::mem::take(&mut self.tally)
    }
}

impl Client {
    /// The offer.
    ///
    /// # Errors
    /// When the library refuses.
    pub(super) fn offer(&mut self) -> anyhow::Result<String> {
        match self {
            Self::Light(light) => Ok(light.offer()),
            Self::Real(real) => real.offer(Instant::now()),
        }
    }

    /// Takes the answer.
    ///
    /// # Errors
    /// When it is not what an answer should be.
    pub(super) fn answer(&mut self, sdp: &str, server: SocketAddr) -> anyhow::Result<()> {
        match self {
            Self::Light(light) => light.answer(sdp, server, Instant::now()),
            Self::Real(real) => real.answer(sdp, server, Instant::now()),
        }
    }

    /// Asks for a key frame.
    pub(super) fn want_keyframe(&mut self, slot: usize) {
        match self {
            Self::Light(light) => light.want_keyframe(slot),
            Self::Real(real) => real.want_keyframe(Instant::now(), slot),
        }
    }

    /// Says goodbye.
    pub(super) fn close(&mut self) {
        match self {
            Self::Light(light) => light.close(Instant::now()),
            Self::Real(real) => real.close(),
        }
    }

    /// Sends one packet of media.
    pub(super) fn send(&mut self, outgoing: &Outgoing<'_>) {
        match self {
            Self::Light(light) => light.send(outgoing),
            Self::Real(real) => real.send(Instant::now(), outgoing),
        }
    }

    /// The next datagram for the server.
    pub(super) fn transmit(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Light(light) => light.transmit(),
            Self::Real(real) => real.transmit(),
        }
    }
}

fn judge(
    arrived: Arrived,
    now_us: u64,
    hearing: &mut Hearing,
    watching: &mut [Watching],
    tally: &mut MediaTally,
) {
    tally.packets += 1;
    match arrived {
        Arrived::Audio { stamp, copy } => hearing.take(&stamp, copy, now_us, tally),
        Arrived::Video { slot, stamp } => {
            if let Some(watching) = watching.get_mut(slot) {
                watching.take(&stamp, now_us, tally);
            }
        }
        Arrived::Unread => {}
        Arrived::Bad => tally.packets_bad += 1,
    }
}
