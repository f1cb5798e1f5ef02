//! A light client: the server's own WebRTC session turned round, on a plain socket. Hundreds fit beside the server.
//!
//! Sans-I/O: datagrams and time go in, datagrams and events come out. What it writes and reads around the session
//! (offers, STUN, RTP, RTCP) is its own, so that a mistake of the server is not made twice.

mod feedback;
mod hello;
mod ice;
mod receive;
mod repair;
mod rtcp;
mod rtp;
pub(crate) mod sdp;
mod send;
mod stun;

pub(crate) use hello::client_hello;

use super::kit::{Arrived, Kit, Outgoing, PeerEvent};
use anyhow::Context;
use feedback::Feedback;
use greenroom::rtc::ice::{CREDENTIAL_RANDOM_LEN, IceCredentials};
use greenroom::rtc::identity::Identity;
use greenroom::rtc::session::{Datagram, Session, SessionEvent, classify};
use ice::Link;
use rand::RngExt;
use receive::{Receivers, Slot};
use rtcp::Asked;
use sdp::{Encoding, Line};
use send::Sender;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Datagrams waiting for the socket; more are dropped, as a full socket would.
const OUT_MAX: usize = 4_096;

/// A light client.
pub(crate) struct Light {
    kit: Kit,
    identity: Arc<Identity>,
    local: IceCredentials,
    lines: Vec<Line>,
    senders: Vec<Sender>,
    receivers: Receivers,
    feedback: Feedback,
    link: Option<Link>,
    /// Transport-wide sequence number.
    counter: u16,
    out: VecDeque<Vec<u8>>,
    events: VecDeque<PeerEvent>,
}

impl Light {
    /// A client with its m-lines, not in any call yet. All may share one certificate.
    pub(crate) fn new(kit: Kit, identity: &Arc<Identity>) -> Self {
        let mut random = rand::rng();
        let mut lines = Vec::new();
        let mut senders = Vec::new();
        for (medium, picture) in kit.publications() {
            let mid = lines.len().to_string();
            let rids = picture.map_or(vec![""], |p| p.layers.iter().map(|l| l.rid).collect());
            let sends: Vec<Encoding> = rids
                .into_iter()
                .map(|rid| Encoding {
                    rid,
                    ssrc: random.random(),
                    rtx_ssrc: random.random(),
                })
                .collect();
            for (layer, encoding) in sends.iter().enumerate() {
                let first = random.random();
                let encoding = encoding.clone();
                senders.push(Sender::new(medium, layer, &mid, encoding, kit.twcc, first));
            }
            lines.push(Line {
                mid,
                video: picture.is_some(),
                sends,
            });
        }
        for n in 0..kit.audio_slots + kit.video_slots {
            lines.push(Line {
                mid: lines.len().to_string(),
                video: n >= kit.audio_slots,
                sends: Vec::new(),
            });
        }
        let mut secret = [0; CREDENTIAL_RANDOM_LEN];
        random.fill(&mut secret[..]);
        Self {
            kit,
            identity: Arc::clone(identity),
            local: IceCredentials::from_random(&secret),
            lines,
            senders,
            receivers: Receivers::default(),
            feedback: Feedback::new(random.random(), kit),
            link: None,
            counter: random.random(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The offer.
    pub(crate) fn offer(&self) -> String {
        let ice = [self.local.ufrag.as_str(), self.local.pwd.as_str()];
        sdp::offer(&self.kit, &self.lines, ice, self.identity.fingerprint())
    }

    /// Takes the answer and begins to connect to the server at `server` (the proxy's port, when there is one).
    ///
    /// # Errors
    /// When the answer is not what an answer should be.
    pub(crate) fn answer(
        &mut self,
        sdp: &str,
        server: SocketAddr,
        now: Instant,
    ) -> anyhow::Result<()> {
        let mut answer = sdp::read(sdp, self.lines.len())?;
        answer.server = server;
        let mut slot = 0;
        for (line, (media, rtx)) in self.lines.iter().zip(&answer.streams) {
            if !line.sends.is_empty() {
                continue;
            }
            let media = media.context("a slot without an SSRC in the answer")?;
            if !line.video {
                self.receivers.add(media, Slot::Audio);
                continue;
            }
            self.receivers.add(media, Slot::Video(slot));
            if let Some(rtx) = rtx {
                self.receivers.add(*rtx, Slot::Repair { slot, media });
            }
            slot += 1;
        }
        self.link = Some(Link::new(&self.identity, &self.local, &answer, now)?);
        Ok(())
    }

    /// Sends one packet of media, if the transport is up.
    pub(crate) fn send(&mut self, outgoing: &Outgoing<'_>) {
        let Some(link) = self
            .link
            .as_mut()
            .filter(|link| link.session.is_connected())
        else {
            return;
        };
        let mut senders = self.senders.iter_mut();
        let sender = senders.find(|s| s.medium == outgoing.medium && s.layer == outgoing.layer);
        let packet = sender.and_then(|s| s.send(&mut link.session, &mut self.counter, outgoing));
        queue(&mut self.out, packet);
    }

    /// Takes a datagram; media in it goes to `take`.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        now_us: u64,
        datagram: &mut [u8],
        take: &mut dyn FnMut(Arrived),
    ) {
        let Some(link) = &mut self.link else {
            return;
        };
        match classify(datagram) {
            Datagram::Stun => link.answered(now, now_us, datagram),
            Datagram::Dtls => {
                link.reached(now);
                link.session.handle_dtls(now, link.path, datagram);
            }
            Datagram::Rtp => {
                let Some(header) = rtp::read(datagram) else {
                    return take(Arrived::Bad);
                };
                if let Some(number) = header.twcc {
                    self.feedback.arrived(number, header.ssrc, now_us);
                }
                let (session, opens) = (&mut link.session, self.kit.opens);
                self.receivers
                    .take(session, datagram, &header, opens, now_us, take);
                return;
            }
            Datagram::Rtcp => {
                match link.session.open_rtcp(datagram) {
                    Ok(len) => self.asked(now_us, &datagram[..len]),
                    Err(_) => take(Arrived::Bad),
                }
                return;
            }
            Datagram::Other => return take(Arrived::Bad),
        }
        self.drain();
    }

    /// Timers: binding requests, the session's own, feedback.
    pub(crate) fn tick(&mut self, now: Instant, now_us: u64) {
        let Some(link) = &mut self.link else {
            return;
        };
        if link.session.poll_timeout().is_some_and(|at| at <= now) {
            link.session.handle_timeout(now);
        }
        let check = link.check(now_us);
        queue(&mut self.out, check);
        if link.session.is_connected() {
            let session = &mut link.session;
            let (receivers, senders) = (&mut self.receivers, &self.senders);
            for compound in self.feedback.due(now_us, receivers, senders) {
                queue(&mut self.out, seal_rtcp(session, compound));
            }
        }
        self.drain();
    }

    /// Asks for a key frame in the n-th video slot.
    pub(crate) fn want_keyframe(&mut self, slot: usize) {
        let Some(link) = self
            .link
            .as_mut()
            .filter(|link| link.session.is_connected())
        else {
            return;
        };
        if let Some(media) = self.receivers.video(slot) {
            let packet = seal_rtcp(&mut link.session, self.feedback.pli(media));
            queue(&mut self.out, packet);
        }
    }

    /// Says goodbye to the server.
    pub(crate) fn close(&mut self, now: Instant) {
        if let Some(link) = &mut self.link {
            link.session.close(now);
            self.drain();
        }
    }

    /// The next datagram for the server.
    pub(crate) fn transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// What happened.
    pub(crate) fn event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    fn asked(&mut self, now_us: u64, compound: &[u8]) {
        let Some(link) = &mut self.link else {
            return;
        };
        for asked in rtcp::read(compound) {
            match asked {
                Asked::Nack { ssrc, sequences } => {
                    let mut senders = self.senders.iter_mut();
                    let Some(sender) = senders.find(|s| s.ssrc() == ssrc) else {
                        continue;
                    };
                    for sequence in sequences {
                        let session = &mut link.session;
                        let again = sender.send_again(session, &mut self.counter, sequence);
                        queue(&mut self.out, again);
                    }
                }
                Asked::Keyframe { ssrc } => {
                    let sender = self.senders.iter().find(|s| s.ssrc() == ssrc);
                    self.events
                        .extend(sender.map(|s| PeerEvent::KeyframeWanted {
                            medium: s.medium,
                            layer: s.layer,
                        }));
                }
                Asked::Report { ssrc, ntp_middle } => {
                    self.receivers.reported(ssrc, ntp_middle, now_us);
                }
                Asked::Other => {}
            }
        }
    }

    fn drain(&mut self) {
        let Some(link) = &mut self.link else {
            return;
        };
        while let Some(transmit) = link.session.poll_transmit() {
            // The answer to the request that we made in the server's name.
            if classify(&transmit.payload) != Datagram::Stun {
                queue(&mut self.out, Some(transmit.payload));
            }
        }
        while let Some(event) = link.session.poll_event() {
            match event {
                SessionEvent::Connected { .. } => self.events.push_back(PeerEvent::Connected),
                SessionEvent::Closed(reason) => {
                    let reason = format!("{reason:?}");
                    self.events.push_back(PeerEvent::Closed(reason));
                }
                _ => {}
            }
        }
    }
}

fn queue(out: &mut VecDeque<Vec<u8>>, packet: Option<Vec<u8>>) {
    if out.len() < OUT_MAX {
        out.extend(packet);
    }
}

fn seal_rtcp(session: &mut Session, mut compound: Vec<u8>) -> Option<Vec<u8>> {
    session.seal_rtcp(&mut compound).ok()?;
    Some(compound)
}

#[cfg(test)]
mod tests;
