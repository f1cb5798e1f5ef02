//! What the rules of the media plane cost per forwarded packet: select, queue, take in lane order, rewrite. Without
//! sealing, copying the payload and sending.
//!
//! `cargo bench --bench forward`. "forward" carries pictures of 10 packets, or of one, of one camera to 100 subscribers;
//! "sound" one packet of a microphone; "lanes" is push and pop of one subscriber alone. Per-packet time is the inverse of
//! the throughput that criterion prints.
//!
//! Per packet, on a shared 2-core Xeon that was busy with other work: forward 145 ns in pictures of 10 and 165 in
//! pictures of one, sound 160.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use greenroom::{
    rtc::codec::{Codec, FrameInfo, PictureIds},
    sfu::{
        Encoding, MediaKind, ParticipantId, Source, TrackId,
        lanes::{EgressLane, EgressLanes, Leaving, SlotIndex},
        packet::Packet,
        selector::{CodecSet, Decision, Pass, Selector, Target},
        slot::{Slot, SlotConfig},
    },
};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

const SUBSCRIBERS: usize = 100;
const PAYLOAD_BYTES: usize = 1_200;

/// A publisher: pictures of so many packets, in order.
struct Publisher {
    source: Source,
    packets: u64,
    pictures: u64,
    payload: Bytes,
    now: Instant,
}

impl Publisher {
    fn new(source: Source) -> Self {
        Self {
            source,
            packets: 0,
            pictures: 0,
            payload: Bytes::from(vec![0; PAYLOAD_BYTES]),
            now: Instant::now(),
        }
    }

    fn picture(&mut self, packets: u64) -> Vec<Arc<Packet>> {
        let is_sound = self.source == Source::Microphone;
        let step = if is_sound { 20 } else { 33 };
        self.now += Duration::from_millis(step);
        let number = self.pictures;
        self.pictures += 1;
        let first = self.packets;
        self.packets += packets;
        let picture = (0..packets).map(|at| {
            let is_last = at + 1 == packets;
            let temporal = if number.is_multiple_of(2) { 0 } else { 1 };
            let ids = PictureIds {
                picture_id: (number % (1 << 15)) as u16,
                long: true,
                tl0: Some((number / 2 % 256) as u8),
            };
            Arc::new(Packet {
                track: TrackId(1),
                participant: ParticipantId(1),
                source: self.source,
                encoding: Encoding(0),
                ssrc: 1,
                index: first + at,
                timestamp: (number * 2_970) as u32,
                marker: is_last,
                codec: if is_sound { Codec::Opus } else { Codec::Vp8 },
                frame: FrameInfo {
                    start: at == 0,
                    end_of_frame: is_last,
                    end_of_picture: is_last,
                    keyframe: number == 0,
                    spatial: 0,
                    temporal,
                    layer_sync: false,
                    inter_layer: false,
                    needed_above: false,
                    discardable: false,
                    picture: (!is_sound).then_some(ids),
                    frame_number: None,
                    targets: None,
                },
                arrived: self.now,
                repaired: false,
                level: None,
                orientation: None,
                capture_time: None,
                dependency: None,
                payload: self.payload.clone(),
            })
        });
        picture.collect()
    }
}

struct Subscriber {
    selector: Selector,
    lanes: EgressLanes,
    slot: Slot,
}

impl Subscriber {
    fn new(kind: MediaKind, ssrc: u32) -> Self {
        let codecs = CodecSet::default().with(Codec::Opus).with(Codec::Vp8);
        let mut selector = Selector::new(codecs);
        selector.set_target(Some(Target {
            track: TrackId(1),
            encoding: Encoding(0),
            spatial: 0,
            temporal: 2,
        }));
        let mut lanes = EgressLanes::new();
        let slot = lanes.open(kind, 1).expect("the first");
        let config = SlotConfig {
            slot,
            kind,
            ssrc,
            rtx_ssrc: (kind == MediaKind::Video).then_some(ssrc + 1_000),
            first_timestamp: 0,
            first_rtx_index: 0,
        };
        Self {
            selector,
            lanes,
            slot: Slot::new(config),
        }
    }

    fn offer(&mut self, now: Instant, packet: &Arc<Packet>) {
        match self.selector.decide(packet) {
            Decision::Forward(pass) => self.lanes.push(now, SlotIndex(0), pass, packet),
            Decision::Skip | Decision::NeedKeyframe => {
                self.lanes.skip(now, SlotIndex(0), packet);
            }
        }
    }

    fn leave(&mut self, now: Instant, lane: EgressLane) -> usize {
        let mut left = 0;
        while let Some(Leaving::Media(queued)) = self.lanes.pop(lane, now) {
            black_box(self.slot.rewrite(now, &queued));
            left += 1;
        }
        left
    }
}

/// Offers a picture to all and serves one lane across all before the next.
fn forward(subscribers: &mut [Subscriber], now: Instant, picture: &[Arc<Packet>]) -> usize {
    for packet in picture {
        for subscriber in &mut *subscribers {
            subscriber.offer(now, packet);
        }
    }
    let mut left = 0;
    for lane in EgressLane::ALL {
        for subscriber in &mut *subscribers {
            if subscriber.lanes.has(lane) {
                left += subscriber.leave(now, lane);
            }
        }
    }
    left
}

fn forwarding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forward");
    for (name, source, packets) in [
        ("camera_10", Source::Camera, 10),
        ("camera_1", Source::Camera, 1),
        ("sound", Source::Microphone, 1),
    ] {
        let mut subscribers: Vec<_> = (0..SUBSCRIBERS)
            .map(|at| Subscriber::new(source.kind(), at as u32))
            .collect();
        let mut publisher = Publisher::new(source);
        let expected = SUBSCRIBERS * packets as usize;
        group.throughput(Throughput::Elements(expected as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (publisher.picture(packets), publisher.now),
                |(picture, now)| {
                    assert_eq!(forward(&mut subscribers, now, &picture), expected);
                    picture
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn lanes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lanes");
    let mut lanes = EgressLanes::new();
    let slot = lanes.open(MediaKind::Video, 1).expect("the first");
    let mut publisher = Publisher::new(Source::Camera);
    let mut begins = true;
    group.throughput(Throughput::Elements(10));
    group.bench_function("push_pop", |bencher| {
        bencher.iter_batched(
            || (publisher.picture(10), publisher.now),
            |(picture, now)| {
                for packet in &picture {
                    let pass = Pass {
                        lane: EgressLane::Base,
                        marker: packet.marker,
                        begins: std::mem::take(&mut begins),
                    };
                    lanes.push(now, slot, pass, packet);
                }
                while let Some(left) = lanes.pop(EgressLane::Base, now) {
                    black_box(left);
                }
                picture
            },
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, forwarding, lanes);
criterion_main!(benches);
