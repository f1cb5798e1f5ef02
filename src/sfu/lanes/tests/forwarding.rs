//! Selector, lanes and slot together, under loss, repair, duplication, switching and links that stand still.

use super::*;
use crate::rtc::codec::Codec;
use crate::sfu::{
    Encoding, TrackId,
    packet::{Stream, sample::Publisher},
    selector::{CodecSet, Decision, Selector, Target},
    slot::{Departure, Form, Slot, SlotConfig},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const RTT: Duration = Duration::from_millis(50);

/// What happens in one step.
#[derive(Debug, Clone)]
struct Step {
    /// Which camera sends a picture.
    camera: usize,
    packets: usize,
    /// Of each packet: 0 lost, 1 repaired later, 2 twice, else on time.
    fates: Vec<u8>,
    wait_ms: u64,
    /// How many packets of video the link takes.
    budget: usize,
    target: Option<(usize, u8)>,
    keyframe: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (
        0..3_usize,
        1..6_usize,
        prop::collection::vec(0_u8..24, 6),
        0..40_u64,
        prop_oneof![3 => 0..4_usize, 2 => Just(50)],
        prop::option::weighted(0.1, (0..3_usize, 0..3_u8)),
        prop::bool::weighted(0.05),
    )
        .prop_map(
            |(camera, packets, fates, wait_ms, budget, target, keyframe)| Step {
                camera,
                packets,
                fates,
                wait_ms,
                budget,
                target,
                keyframe,
            },
        )
}

/// A picture that a camera sent.
#[derive(Debug, Clone, Default)]
struct Sent {
    /// Earlier pictures that it needs.
    needs: Vec<usize>,
    on_time: BTreeSet<u64>,
    departed: BTreeSet<u64>,
}

struct Camera {
    publisher: Publisher,
    pictures: Vec<Sent>,
    of_index: BTreeMap<u64, usize>,
    /// What came while it was shown and had a place.
    heard: BTreeSet<u64>,
    /// The index that the slot last began with.
    begun: u64,
    /// Where keyframes were heard to begin.
    keyframes: BTreeSet<u64>,
    since_key: usize,
    newest: [usize; 2],
    wants_key: bool,
}

struct Run {
    now: Instant,
    cameras: Vec<Camera>,
    microphone: Publisher,
    selector: Selector,
    ears: Selector,
    lanes: EgressLanes,
    slots: [Slot; 2],
    repairs: Vec<(Instant, usize, Arc<Packet>)>,
    given: BTreeSet<u64>,
    /// The newest in order.
    last: Option<(Queued, Departure)>,
    sounds: u64,
    /// Camera and picture, once per segment: what was leaving when something else began.
    interrupted: BTreeSet<(usize, usize)>,
}

impl Run {
    fn new() -> Self {
        let now = Instant::now();
        let mut lanes = EgressLanes::new();
        let config = |kind, ssrc| SlotConfig {
            slot: SlotIndex(ssrc as u8 - 1),
            kind,
            ssrc,
            rtx_ssrc: Some(ssrc + 10),
            first_timestamp: 7,
            first_rtx_index: 5,
        };
        lanes.open(MediaKind::Video, 30_000).expect("room");
        lanes.open(MediaKind::Audio, 0).expect("room");
        let mut ears = Selector::new(CodecSet::default().with(Codec::Opus));
        ears.set_target(Some(target(9, 0, 0)));
        let camera = |track, encoding| Camera {
            publisher: Publisher::camera(track, encoding, now),
            pictures: Vec::new(),
            of_index: BTreeMap::new(),
            heard: BTreeSet::new(),
            begun: 0,
            keyframes: BTreeSet::new(),
            since_key: 0,
            newest: [0; 2],
            wants_key: false,
        };
        Self {
            now,
            cameras: vec![camera(1, 0), camera(1, 1), camera(2, 0)],
            microphone: Publisher::microphone(9, now),
            selector: Selector::new(CodecSet::default().with(Codec::Vp8)),
            ears,
            lanes,
            slots: [
                Slot::new(config(MediaKind::Video, 1)),
                Slot::new(config(MediaKind::Audio, 2)),
            ],
            repairs: Vec::new(),
            given: BTreeSet::new(),
            last: None,
            sounds: 0,
            interrupted: BTreeSet::new(),
        }
    }

    fn camera_of(&self, stream: Stream) -> usize {
        let of = |camera: &Camera| camera.publisher.next.stream() == stream;
        self.cameras.iter().position(of).expect("a camera of ours")
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        self.now += Duration::from_millis(step.wait_ms);
        if let Some((camera, temporal)) = step.target {
            let next = &self.cameras[camera].publisher.next;
            let target = target(next.track.0, next.encoding.0, temporal);
            if let Some((track, encoding)) = self.selector.set_target(Some(target)) {
                self.want_keyframe(track, encoding);
            }
        }
        let sound = self.microphone.sound(self.now);
        let Decision::Forward(pass) = self.ears.decide(&sound) else {
            return Err(TestCaseError::fail("sound is always taken"));
        };
        self.lanes.push(self.now, SlotIndex(1), pass, &sound);
        self.send_picture(step);
        let (due, wait) = std::mem::take(&mut self.repairs)
            .into_iter()
            .partition(|(at, ..)| *at <= self.now);
        self.repairs = wait;
        let due: Vec<_> = due;
        for (_, camera, packet) in due {
            self.arrive(camera, &packet, false);
        }
        self.flush(step.budget)
    }

    fn want_keyframe(&mut self, track: TrackId, encoding: Encoding) {
        for camera in &mut self.cameras {
            let next = &camera.publisher.next;
            camera.wants_key |= next.track == track && next.encoding == encoding;
        }
    }

    /// The next picture of a camera: layers 0 2 1 2, of which the first two above 0 need only layer 0.
    fn send_picture(&mut self, step: &Step) {
        let camera = &mut self.cameras[step.camera];
        let number = camera.pictures.len();
        let key = step.keyframe || camera.wants_key || number == 0;
        if key {
            (camera.wants_key, camera.since_key) = (false, 0);
        }
        let (temporal, sync) = [(0, false), (2, true), (1, true), (2, false)][camera.since_key % 4];
        let needs = match (camera.since_key, camera.since_key % 4) {
            (0, _) => vec![],
            (_, 3) => camera.newest.to_vec(),
            _ => vec![camera.newest[0]],
        };
        camera.since_key += 1;
        if let Some(newest) = camera.newest.get_mut(usize::from(temporal)) {
            *newest = number;
        }
        let picture = camera.publisher.picture(self.now, step.packets, |frame| {
            frame.keyframe = key && frame.start;
            (frame.temporal, frame.layer_sync) = (temporal, sync);
        });
        camera.pictures.push(Sent {
            needs,
            ..Sent::default()
        });
        for (packet, fate) in picture.iter().zip(&step.fates) {
            self.cameras[step.camera]
                .of_index
                .insert(packet.index, number);
            match fate {
                0 => {}
                // Twice, as after the restart of its reception, which forgot that it came.
                1 | 2 => {
                    if *fate == 2 {
                        self.arrive(step.camera, packet, true);
                    }
                    let mut repaired = Packet::clone(packet);
                    repaired.repaired = true;
                    let at = self.now + RTT;
                    self.repairs.push((at, step.camera, Arc::new(repaired)));
                }
                _ => self.arrive(step.camera, packet, true),
            }
        }
    }

    fn arrive(&mut self, camera: usize, packet: &Arc<Packet>, on_time: bool) {
        let decision = self.selector.decide(packet);
        let shown = self.selector.current();
        let sent = &mut self.cameras[camera];
        let number = sent.of_index[&packet.index];
        if matches!(decision, Decision::Forward(pass) if pass.begins) {
            sent.begun = packet.index;
        }
        // What comes when another camera is shown stays missing, also when its own was begun with again since.
        let is_shown = shown
            .is_some_and(|shown| (shown.track, shown.encoding) == (packet.track, packet.encoding));
        if is_shown && packet.index >= sent.begun {
            sent.heard.insert(packet.index);
        }
        if packet.begins_keyframe() {
            sent.keyframes.insert(packet.index);
        }
        match decision {
            Decision::Forward(pass) => {
                if on_time {
                    sent.pictures[number].on_time.insert(packet.index);
                }
                self.lanes.push(self.now, SlotIndex(0), pass, packet);
            }
            Decision::Skip => self.lanes.skip(self.now, SlotIndex(0), packet),
            Decision::NeedKeyframe => {
                self.lanes.skip(self.now, SlotIndex(0), packet);
                self.want_keyframe(packet.track, packet.encoding);
            }
        }
    }

    fn flush(&mut self, mut budget: usize) -> Result<(), TestCaseError> {
        for lane in EgressLane::ALL {
            prop_assert!(self.lanes.bytes(lane) <= lane.limit().bytes_max);
            while self.lanes.has(lane) && (lane == EgressLane::Audio || budget > 0) {
                let Some(Leaving::Media(queued)) = self.lanes.pop(lane, self.now) else {
                    break;
                };
                if queued.slot == SlotIndex(1) {
                    prop_assert_eq!(queued.index, self.sounds);
                    self.sounds += 1;
                    self.slots[1].rewrite(self.now, &queued);
                    continue;
                }
                budget -= 1;
                self.leave(&queued)?;
            }
        }
        while let Some(slot) = self.lanes.next_starved() {
            prop_assert_eq!(slot, SlotIndex(0));
            if let Some(shown) = self.selector.current() {
                self.want_keyframe(shown.track, shown.encoding);
            }
        }
        Ok(())
    }

    fn leave(&mut self, queued: &Queued) -> Result<(), TestCaseError> {
        prop_assert!(self.given.insert(queued.index), "an index is given once");
        let Some(departure) = self.slots[0].rewrite(self.now, queued) else {
            prop_assert_eq!(queued.kind, Kind::Late, "only a repair comes too late");
            return Ok(());
        };
        prop_assert_eq!(departure.index, queued.index);
        if queued.kind == Kind::Filler {
            prop_assert_eq!(departure.form, Form::Padding);
            return Ok(());
        }
        let camera = self.camera_of(queued.packet.stream());
        let number = self.cameras[camera].of_index[&queued.packet.index];
        let departed = &mut self.cameras[camera].pictures[number].departed;
        prop_assert!(departed.insert(queued.packet.index), "a packet leaves once");
        if queued.kind == Kind::Media {
            self.check_order(camera, queued, &departure)?;
            self.last = Some((queued.clone(), departure.clone()));
        }
        self.check_resend(queued, &departure)
    }

    fn check_order(
        &mut self,
        camera: usize,
        queued: &Queued,
        departure: &Departure,
    ) -> Result<(), TestCaseError> {
        let Some((before, left)) = &self.last else {
            return Ok(());
        };
        prop_assert!(queued.index > before.index);
        let gap = queued.index - before.index - 1;
        let ahead = departure.timestamp.wrapping_sub(left.timestamp);
        if before.segment != queued.segment {
            prop_assert!(queued.packet.begins_keyframe());
            prop_assert!((1..1 << 31).contains(&ahead));
            prop_assert_eq!(gap, 0, "nothing is awaited of what is not shown");
            let old = self.camera_of(before.packet.stream());
            let number = self.cameras[old].of_index[&before.packet.index];
            self.interrupted.insert((old, number));
            return Ok(());
        }
        let between = before.packet.index + 1..queued.packet.index;
        prop_assert!(!between.is_empty() || gap == 0);
        let heard = &self.cameras[camera].heard;
        let lost = between
            .clone()
            .filter(|index| !heard.contains(index))
            .count() as u64;
        let keyframes = &self.cameras[camera].keyframes;
        let begins = keyframes.range(between.start..=queued.packet.index).next();
        prop_assert!(gap <= lost, "{gap} missing, but {lost} lost");
        prop_assert!(gap == lost || begins.is_some(), "a repair has no place");
        let shift = queued
            .packet
            .timestamp
            .wrapping_sub(before.packet.timestamp);
        prop_assert_eq!(ahead, shift);
        let ids = [left, departure].map(|one| one.picture.expect("VP8").picture_id);
        let apart = ids[1].wrapping_sub(ids[0]) & 0x7fff;
        let another = u16::from(queued.packet.timestamp != before.packet.timestamp);
        prop_assert!(apart == another || lost > 0 && apart >= another);
        Ok(())
    }

    fn check_resend(
        &mut self,
        queued: &Queued,
        departure: &Departure,
    ) -> Result<(), TestCaseError> {
        let sequence = queued.index as u16;
        let again = self.slots[0].on_nack(self.now, RTT, sequence);
        let Some(again) = again else {
            return Err(TestCaseError::fail("what left can be sent again"));
        };
        prop_assert!(Arc::ptr_eq(&again.packet, &queued.packet));
        prop_assert!(self.slots[0].on_nack(self.now, RTT, sequence).is_none());
        let resend = self.slots[0].rewrite(self.now, &again).expect("it left");
        prop_assert_eq!(resend.form, Form::Rtx { original: sequence });
        prop_assert_eq!(
            (
                resend.timestamp,
                resend.marker,
                resend.picture,
                resend.codec
            ),
            (
                departure.timestamp,
                departure.marker,
                departure.picture,
                departure.codec
            )
        );
        Ok(())
    }

    /// Pictures left whole or not at all, and none without those that it needs.
    fn check_pictures(&self) -> Result<(), TestCaseError> {
        let truncated: u64 = EgressLane::ALL
            .iter()
            .map(|lane| self.lanes.dropped(*lane, DropReason::Truncated))
            .sum();
        for (at, camera) in self.cameras.iter().enumerate() {
            for (number, picture) in camera.pictures.iter().enumerate() {
                if picture.departed.is_empty() {
                    continue;
                }
                let whole = picture.on_time.is_subset(&picture.departed);
                let excused = self.interrupted.contains(&(at, number)) || truncated > 0;
                prop_assert!(whole || excused, "picture {number} of {at} left in part");
                let on_time = picture
                    .departed
                    .iter()
                    .any(|index| picture.on_time.contains(index));
                for need in picture.needs.iter().filter(|_| on_time) {
                    let needed = &camera.pictures[*need];
                    let lost = needed.on_time.is_empty();
                    prop_assert!(
                        lost || !needed.departed.is_empty(),
                        "picture {number} of {at} left without {need}"
                    );
                }
            }
        }
        Ok(())
    }
}

fn target(track: u32, encoding: u8, temporal: u8) -> Target {
    Target {
        track: TrackId(track),
        encoding: Encoding(encoding),
        spatial: 0,
        temporal,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_leaves_is_in_order_whole_and_decodable(steps in prop::collection::vec(step(), 1..250)) {
        let mut run = Run::new();
        run.selector.set_target(Some(target(1, 0, 2)));
        for step in &steps {
            run.step(step)?;
        }
        run.flush(usize::MAX)?;
        run.check_pictures()?;
        prop_assert_eq!(run.sounds, steps.len() as u64, "no sound is lost");
        for reason in DropReason::ALL {
            prop_assert_eq!(run.lanes.dropped(EgressLane::Audio, reason), 0);
        }
        for lane in EgressLane::ALL {
            prop_assert_eq!(run.lanes.bytes(lane), 0, "all is accounted for");
        }
    }
}
