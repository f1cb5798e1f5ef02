//! One subscriber behind a link: estimator, pacer and allocator as the media plane drives them, in virtual time.

use super::{
    link::{Flying, Kind, Link},
    random::Random,
    source::Camera,
};
use crate::{
    rtc::twcc::Feedback,
    sfu::{
        allocator::{self, Allocation, TileSize, allocate},
        bandwidth::{Bitrate, Estimator, EstimatorLimits},
        pacer::{Pace, Pacer},
    },
};
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

const FEEDBACK_US: i64 = 50_000;
const ALLOCATE_US: i64 = 100_000;
const AUDIO_US: i64 = 20_000;
const AUDIO_BYTES: usize = 120;
const PACKET_BYTES: usize = 1_200;
/// Frames wait no longer in the subscriber's lane.
const LANE_US_MAX: i64 = 300_000;
/// The receiver's clock began at another time.
const CLOCK_OFFSET_US: i64 = 77_777_000;

struct Queued {
    camera: usize,
    queued_us: i64,
    packets: VecDeque<usize>,
    begun: bool,
}

/// What happened in one second.
#[derive(Debug, Clone, Default)]
pub(super) struct Second {
    pub(super) media_bytes: u64,
    pub(super) audio_wait_us_max: i64,
    pub(super) queued_us: Vec<i64>,
    pub(super) estimate: Bitrate,
    pub(super) dropped_frames: u32,
}

pub(super) struct World {
    pub(super) link: Link,
    pub(super) cameras: Vec<Camera>,
    pub(super) speakers: usize,
    pub(super) tile: TileSize,
    /// Part of the feedback that is lost.
    pub(super) feedback_loss: f64,
    pub(super) estimator: Estimator,
    pub(super) seconds: Vec<Second>,
    epoch: Instant,
    now_us: i64,
    random: Random,
    pacer: Pacer,
    allocation: Allocation,
    lane: VecDeque<Queued>,
    twcc: u16,
    base: u16,
    arrivals: BTreeMap<i64, Option<i64>>,
    flying_feedback: VecDeque<(i64, Feedback)>,
    arriving: VecDeque<(i64, u16)>,
}

impl World {
    pub(super) fn new(rate: Bitrate, cameras: Vec<Camera>, seed: u64) -> Self {
        let epoch = Instant::now();
        let estimator = Estimator::new(epoch, EstimatorLimits::default());
        let pacer = Pacer::new(epoch, estimator.pacing());
        Self {
            link: Link::new(rate, seed),
            cameras,
            speakers: 3,
            tile: TileSize::default(),
            feedback_loss: 0.0,
            estimator,
            seconds: Vec::new(),
            epoch,
            now_us: 0,
            random: Random(seed ^ 0xabcd),
            pacer,
            allocation: Allocation::default(),
            lane: VecDeque::new(),
            twcc: 65_000,
            base: 65_000,
            arrivals: BTreeMap::new(),
            flying_feedback: VecDeque::new(),
            arriving: VecDeque::new(),
        }
    }

    pub(super) fn run(&mut self, seconds: i64) {
        let until_us = self.now_us + seconds * 1_000_000;
        while self.now_us < until_us {
            self.step();
            self.now_us += 1_000;
        }
    }

    /// The client moved to another network.
    pub(super) fn change_route(&mut self) {
        let now = self.now();
        self.estimator.on_route_change(now);
    }

    fn step(&mut self) {
        if self.now_us % 1_000_000 == 0 {
            self.seconds.push(Second::default());
        }
        self.receive();
        if self.now_us % FEEDBACK_US == 0 {
            self.estimator.on_tick(self.now());
        }
        if self.now_us % ALLOCATE_US == 0 {
            self.allocate();
        }
        self.produce();
        self.send();
        for delivered in self.link.serve(self.now_us) {
            let packet = delivered.packet;
            self.arriving.push_back((delivered.arrived_us, packet.twcc));
            let second = self.seconds.last_mut().expect("pushed at second 0");
            second.queued_us.push(delivered.queued_us);
            if packet.kind != Kind::Padding {
                second.media_bytes += packet.bytes as u64;
            }
            if packet.kind == Kind::Audio {
                let wait_us = delivered.queued_us;
                second.audio_wait_us_max = second.audio_wait_us_max.max(wait_us);
            }
        }
    }

    fn now(&self) -> Instant {
        self.epoch + Duration::from_micros(self.now_us as u64)
    }

    /// The client logs arrivals and reports them; reports reach the estimator.
    fn receive(&mut self) {
        while let Some(&(at_us, twcc)) = self.arriving.front()
            && at_us <= self.now_us
        {
            self.arriving.pop_front();
            let offset = i64::from(twcc.wrapping_sub(self.base) as i16);
            self.arrivals
                .insert(offset, Some((at_us + CLOCK_OFFSET_US) / 250 * 250));
        }
        if self.now_us % FEEDBACK_US == 0
            && let Some((&last, _)) = self.arrivals.last_key_value()
        {
            let packets = (0..=last)
                .map(|it| self.arrivals.get(&it).copied().flatten())
                .collect();
            let feedback = Feedback {
                sender_ssrc: 1,
                media_ssrc: 2,
                base: self.base,
                reference_time: 0,
                feedback_count: 0,
                packets,
            };
            self.arrivals.clear();
            self.base = self.base.wrapping_add(last as u16 + 1);
            if !self.random.chance(self.feedback_loss) {
                let at_us = self.now_us + self.link.delay_us;
                self.flying_feedback.push_back((at_us, feedback));
            }
        }
        while let Some((at_us, _)) = self.flying_feedback.front()
            && *at_us <= self.now_us
        {
            let (_, feedback) = self.flying_feedback.pop_front().expect("just seen");
            self.estimator.on_feedback(self.now(), &feedback);
        }
    }

    fn audio(&self) -> Bitrate {
        let bytes = (self.speakers * AUDIO_BYTES) as u64;
        Bitrate::from_bytes_over(bytes, Duration::from_micros(AUDIO_US as u64))
    }

    fn allocate(&mut self) {
        let now = self.now();
        let demands: Vec<_> = self.cameras.iter().map(|it| it.demand(self.tile)).collect();
        let audio = self.audio();
        self.estimator
            .set_wanted(allocator::wanted(&demands) + audio);
        let budget = self.estimator.estimate().saturating_sub(audio);
        self.allocation = allocate(now, budget, &demands, &self.allocation);
        let targets: Vec<_> = self.allocation.slots.iter().map(|it| it.layer).collect();
        for (camera, target) in self.cameras.iter_mut().zip(targets) {
            camera.aim(self.now_us, target);
        }
        let second = self.seconds.last_mut().expect("pushed at second 0");
        second.estimate = self.estimator.estimate();
    }

    fn produce(&mut self) {
        for camera in 0..self.cameras.len() {
            let frame = self.cameras[camera].frame(self.now_us, &mut self.random);
            let Some(bytes) = frame else { continue };
            let count = bytes.div_ceil(PACKET_BYTES - 60).max(1);
            self.lane.push_back(Queued {
                camera,
                queued_us: self.now_us,
                packets: (0..count).map(|_| bytes / count + 60).collect(),
                begun: false,
            });
        }
        let now_us = self.now_us;
        let second = self.seconds.last_mut().expect("pushed at second 0");
        let cameras = &mut self.cameras;
        self.lane.retain(|frame| {
            let keeps = frame.begun || now_us - frame.queued_us <= LANE_US_MAX;
            if !keeps {
                second.dropped_frames += 1;
                cameras[frame.camera].on_drop(now_us);
            }
            keeps
        });
    }

    fn send(&mut self) {
        let now = self.now();
        if self.now_us % AUDIO_US == 0 {
            for _ in 0..self.speakers {
                self.transmit(AUDIO_BYTES, Kind::Audio);
            }
        }
        self.pacer.set_pacing(now, self.estimator.pacing());
        let backlog = self.lane.iter().flat_map(|it| &it.packets).sum::<usize>();
        self.pacer.set_backlog(now, backlog as u64);
        if let Some(probe) = self.estimator.next_probe(now) {
            self.pacer.start_probe(now, probe);
        }
        while let Some(frame) = self.lane.front_mut() {
            if !self.pacer.may_send(now) {
                return;
            }
            frame.begun = true;
            let bytes = frame.packets.pop_front();
            if frame.packets.is_empty() {
                self.lane.pop_front();
            }
            if let Some(bytes) = bytes {
                self.transmit(bytes, Kind::Video);
            }
        }
        loop {
            let bytes = self.pacer.padding_due(now);
            if bytes == 0 {
                return;
            }
            self.transmit(bytes, Kind::Padding);
        }
    }

    fn transmit(&mut self, bytes: usize, kind: Kind) {
        let now = self.now();
        let probe = self.pacer.probe();
        let pace = match kind {
            Kind::Audio => Pace::Exempt,
            Kind::Video | Kind::Padding => Pace::Paced,
        };
        self.pacer.on_sent(now, bytes, pace);
        self.estimator.on_sent(now, Some(self.twcc), bytes, probe);
        self.link.push(Flying {
            twcc: self.twcc,
            bytes,
            sent_us: self.now_us,
            kind,
        });
        self.twcc = self.twcc.wrapping_add(1);
    }
}

impl World {
    /// The part of `rate` that media used in these seconds.
    pub(super) fn used(&self, seconds: std::ops::Range<usize>, rate: Bitrate) -> f64 {
        let count = seconds.len() as f64;
        let bytes: u64 = self.seconds[seconds].iter().map(|it| it.media_bytes).sum();
        bytes as f64 * 8.0 / count / rate.as_f64()
    }

    /// The 95th percentile of the queueing delay in these seconds, in ms.
    pub(super) fn queueing_p95_ms(&self, seconds: std::ops::Range<usize>) -> i64 {
        let mut all: Vec<_> = self.seconds[seconds]
            .iter()
            .flat_map(|it| it.queued_us.iter().copied())
            .collect();
        all.sort_unstable();
        all.get(all.len() * 95 / 100).copied().unwrap_or(0) / 1_000
    }

    /// The most switches of any slot in any ten seconds that begin at `from` seconds or later and end at `to`.
    pub(super) fn switches_in_10_s(&self, from: i64, to: i64) -> usize {
        let most = |camera: &Camera| {
            let within: Vec<_> = camera
                .switches_us
                .iter()
                .map(|(at_us, _)| *at_us)
                .filter(|at_us| (from * 1_000_000..to * 1_000_000).contains(at_us))
                .collect();
            let counts = within.iter().map(|start| {
                within
                    .iter()
                    .filter(|at| (*start..start + 10_000_000).contains(at))
                    .count()
            });
            counts.max().unwrap_or(0)
        };
        self.cameras.iter().map(most).max().unwrap_or(0)
    }

    /// Second by second, for whoever reads a failure.
    pub(super) fn story(&self) -> String {
        let mut story = String::new();
        for (at, second) in self.seconds.iter().enumerate() {
            let mut queued = second.queued_us.clone();
            queued.sort_unstable();
            let p95 = queued.get(queued.len() * 95 / 100).copied().unwrap_or(0) / 1_000;
            let sent = second.media_bytes * 8 / 1_000;
            let drops = second.dropped_frames;
            story += &format!(
                "{at:3} s: {sent:5} kbit, estimate {}, queue p95 {p95} ms, {drops} dropped\n",
                second.estimate
            );
        }
        for camera in &self.cameras {
            for (at_us, layer) in &camera.switches_us {
                let layer = layer.map(|it| (it.encoding.0, it.temporal));
                story += &format!(
                    "{:?} at {} ms: {layer:?}\n",
                    camera.demand(TileSize::default()).slot,
                    at_us / 1_000
                );
            }
        }
        story
    }
}
