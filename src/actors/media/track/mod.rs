//! The shell around one publication: places and describes what arrives, hands it to the Plane, and asks its publisher for
//! what is missing.
//!
//! A panic costs what is remembered of arrivals. Slots with their outgoing sequence are the Plane's, so the next life
//! goes on where this one ended, after it has asked for a keyframe.

mod arrivals;
mod layers;
mod levels;
mod message;

pub use message::{Received, TrackLane, TrackMessage};

use super::plane::{OUR_SSRC, PeerKey, with_plane};
use super::port::{MediaEvent, MediaEvents, ShardId, TrackKey};
use super::relay::Anchor;
use crate::actors::supervision::{Behaviour, Cx, Exit, Incarnation};
use crate::sfu::keyframe::KeyframeRequests;
use crate::sfu::loss::{self, LossPolicy};
use crate::sfu::reception::Report;
use crate::sfu::report::receiver_reports;
use crate::sfu::{Encoding, MediaKind, ParticipantId, Source};
use arrivals::Arrivals;
use layers::Layers;
use levels::Levels;
use std::time::{Duration, Instant};

/// How often what is due is looked at while packets arrive: a fraction of a round trip.
const TICK: Duration = Duration::from_millis(20);
/// The same of sound, which is rarely asked for again.
const TICK_AUDIO: Duration = Duration::from_millis(100);
/// The same while nothing arrives.
const TICK_QUIET: Duration = Duration::from_secs(1);
/// Without packets for so long a publication is quiet.
const QUIET_AFTER: Duration = Duration::from_secs(1);
/// How often its publisher is told what arrives.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// What a publication is, the same in all of its lives.
#[derive(Debug, Clone)]
pub(super) struct TrackSetup {
    pub(super) key: TrackKey,
    pub(super) publisher: PeerKey,
    pub(super) participant: ParticipantId,
    pub(super) source: Source,
    /// Encodings that were agreed, at least one.
    pub(super) encodings: u8,
    pub(super) events: MediaEvents,
}

/// One publication.
pub struct TrackActor {
    setup: TrackSetup,
    incarnation: Incarnation,
    /// What arrived of each encoding.
    arrivals: Vec<Arrivals>,
    requests: KeyframeRequests,
    policy: LossPolicy,
    layers: Layers,
    levels: Levels,
    /// Encodings watched on each shard, one bit each.
    watched: Vec<(ShardId, u8)>,
    /// The same of all shards, as the Call was told.
    told_watched: u8,
    /// Encodings that the Call was told arrive.
    told_arriving: u8,
    heard: Option<Instant>,
    reported: Option<Instant>,
    span: tracing::Span,
}

impl TrackActor {
    pub(super) fn new(setup: TrackSetup, incarnation: Incarnation) -> Self {
        let span = tracing::debug_span!(
            "track",
            call = %setup.key.call,
            track = setup.key.track.0,
            %incarnation
        );
        let layered = match setup.source.kind() {
            MediaKind::Video => setup.encodings,
            MediaKind::Audio => 0,
        };
        Self {
            incarnation,
            arrivals: Vec::new(),
            requests: KeyframeRequests::default(),
            policy: LossPolicy::default(),
            layers: Layers::new(layered),
            levels: Levels::default(),
            watched: Vec::new(),
            told_watched: 0,
            told_arriving: 0,
            heard: None,
            reported: None,
            setup,
            span,
        }
    }
}

impl Behaviour for TrackActor {
    type Lane = TrackLane;
    type Message = TrackMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        if self.incarnation > Incarnation(1) {
            self.recover(cx.now());
        }
        cx.after(TICK_AUDIO, TrackMessage::Tick);
        Ok(())
    }

    fn handle(&mut self, message: TrackMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let now = cx.now();
        match message {
            TrackMessage::Rtp(received) => self.take(received, now),
            TrackMessage::SenderReport {
                encoding,
                ntp,
                timestamp,
                at,
                arrived,
            } => {
                let arrivals = self.arrivals.iter_mut();
                for arrivals in arrivals.filter(|it| it.encoding == encoding) {
                    arrivals.reception.on_sender_report(arrived, ntp);
                    if let Some(stream) = arrivals.stream {
                        let anchor = Anchor {
                            stream,
                            timestamp,
                            at,
                        };
                        with_plane(|plane| plane.anchor(self.setup.key, anchor));
                    }
                }
            }
            TrackMessage::WantKeyframe(encoding) => {
                self.requests.request(encoding);
                self.ask_keyframes(now);
            }
            TrackMessage::Shed(encoding) => self.shed(encoding, now),
            TrackMessage::Relay(shard) => self.relay(shard, now),
            TrackMessage::Watched { shard, watched } => self.set_watched(shard, watched),
            TrackMessage::EndRelay(shard) => {
                with_plane(|plane| plane.relay(self.setup.key, shard, false));
                self.set_watched(shard, 0);
            }
            TrackMessage::Tick => self.tick(cx),
            #[cfg(feature = "failpoints")]
            TrackMessage::Panic => panic!("a fault was injected"),
        }
        Ok(())
    }
}

impl TrackActor {
    /// A crash cost what was known of the arrivals: nobody can tell what is missing, so all begin anew.
    fn recover(&mut self, now: Instant) {
        tracing::info!(parent: &self.span, "a track goes on after a crash");
        for encoding in (0..self.setup.encodings).map(Encoding) {
            self.requests.request(encoding);
        }
        self.ask_keyframes(now);
    }

    fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let now = cx.now();
        self.ask_missing(now);
        self.ask_keyframes(now);
        self.tell_layers(now);
        if self
            .reported
            .is_none_or(|at| now.saturating_duration_since(at) >= REPORT_EVERY)
        {
            self.reported = Some(now);
            self.report(now);
        }
        let quiet = self
            .heard
            .is_none_or(|at| now.saturating_duration_since(at) > QUIET_AFTER);
        let pause = match self.setup.source.kind() {
            _ if quiet => TICK_QUIET,
            MediaKind::Audio => TICK_AUDIO,
            MediaKind::Video => TICK,
        };
        cx.after(pause, TrackMessage::Tick);
    }

    /// Tells subscribers which layers there are, when it is time or there is a new one.
    fn tell_layers(&mut self, now: Instant) {
        if let Some(layers) = self.layers.measure(now, &self.arrivals) {
            with_plane(|plane| plane.set_layers(self.setup.key, layers));
        }
    }

    /// Tells the publisher what arrived since the last report.
    fn report(&mut self, now: Instant) {
        let arrivals = self.arrivals.iter_mut();
        let mut reports: Vec<_> = arrivals.filter_map(|it| it.reception.report(now)).collect();
        let publisher = self.setup.publisher;
        let Some(last) = reports.last() else {
            return;
        };
        let clock_hz = match self.setup.source.kind() {
            MediaKind::Audio => 48_000.0,
            MediaKind::Video => 90_000.0,
        };
        let jitter = Duration::from_secs_f64(f64::from(last.block.jitter) / clock_hz);
        let loss = f64::from(last.lost) / f64::from(last.expected.max(1));
        with_plane(|plane| plane.set_way_up(publisher, loss, jitter));
        if self.setup.source.kind() == MediaKind::Audio {
            self.protect(&mut reports, now);
        }
        let blocks: Vec<_> = reports.iter().map(|it| it.block).collect();
        let packets = receiver_reports(OUR_SSRC, &blocks);
        with_plane(|plane| plane.send_rtcp(publisher, &packets, now));
    }

    /// Asks for missing sound where it pays, and has the sender protect it for the weakest of those who listen.
    fn protect(&mut self, reports: &mut [Report], now: Instant) {
        let key = self.setup.key;
        for report in &mut *reports {
            self.policy.on_sample(now, report.lost, report.expected);
        }
        let worst = with_plane(|plane| plane.worst_loss(key));
        let advertised = loss::advertised(self.policy.loss(), worst as f32);
        for report in reports {
            report.block.fraction_lost = report.block.fraction_lost.max(advertised);
        }
        let asks = self.policy.asks_for_audio();
        for arrivals in &mut self.arrivals {
            arrivals.reception.set_nack(asks);
        }
    }

    /// A shard has subscribers: it is told what they need to choose a layer.
    fn relay(&mut self, shard: ShardId, now: Instant) {
        with_plane(|plane| plane.relay(self.setup.key, shard, true));
        if let Some(layers) = self.layers.measure_again(now, &self.arrivals) {
            with_plane(|plane| plane.set_layers(self.setup.key, layers));
        }
    }

    fn set_watched(&mut self, shard: ShardId, watched: u8) {
        self.watched.retain(|it| it.0 != shard);
        if watched != 0 {
            self.watched.push((shard, watched));
        }
        let watched = self.watched.iter().fold(0, |all, it| all | it.1);
        // A paused encoding has no keyframe to give, and asking for one brings keyframes of the others.
        for left in encodings(self.told_watched & !watched) {
            self.requests.cancel(left);
        }
        if watched != self.told_watched {
            self.told_watched = watched;
            let encodings = encodings(watched);
            let track = self.setup.key.track;
            self.setup
                .events
                .tell(MediaEvent::Watched { track, encodings });
        }
    }
}

/// The encodings of a set of bits, low to high.
fn encodings(bits: u8) -> Vec<Encoding> {
    (0..8)
        .filter(|bit| bits & 1 << bit != 0)
        .map(Encoding)
        .collect()
}
