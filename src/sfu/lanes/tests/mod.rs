mod forwarding;

use super::*;
use crate::sfu::packet::sample::Publisher;
use std::time::Duration;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn pass(lane: EgressLane) -> Pass {
    Pass {
        lane,
        marker: false,
        begins: false,
    }
}

/// One slot of video that shows a camera, and its first keyframe, which has left as index 100.
fn showing(now: Instant) -> (EgressLanes, SlotIndex, Publisher) {
    let mut lanes = EgressLanes::new();
    let slot = lanes.open(MediaKind::Video, 100).expect("the first");
    let mut camera = Publisher::camera(1, 0, now);
    let keyframe = camera.keyframe(now, 1);
    let begins = Pass {
        begins: true,
        ..pass(EgressLane::Repair)
    };
    lanes.push(now, slot, begins, &keyframe[0]);
    assert_eq!(indices(&mut lanes, EgressLane::Repair, now), [100]);
    (lanes, slot, camera)
}

fn push_all(
    lanes: &mut EgressLanes,
    now: Instant,
    slot: SlotIndex,
    lane: EgressLane,
    packets: &[Arc<Packet>],
) {
    for packet in packets {
        lanes.push(now, slot, pass(lane), packet);
    }
}

fn media(lanes: &mut EgressLanes, lane: EgressLane, now: Instant) -> Option<Queued> {
    match lanes.pop(lane, now)? {
        Leaving::Media(queued) => Some(queued),
        Leaving::Message(_) => panic!("no message was pushed"),
    }
}

fn drain(lanes: &mut EgressLanes, lane: EgressLane, now: Instant) -> Vec<Queued> {
    std::iter::from_fn(|| media(lanes, lane, now)).collect()
}

fn indices(lanes: &mut EgressLanes, lane: EgressLane, now: Instant) -> Vec<u64> {
    let left = drain(lanes, lane, now);
    left.iter().map(|queued| queued.index).collect()
}

use EgressLane::{Audio, Base, Enhancement, Repair};

#[test]
fn a_cut_layer_leaves_no_gap_in_sequence_or_picture_ids() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    for packet in camera.layer(now, 3, 2) {
        lanes.skip(now, slot, &packet);
    }
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 2, 0));
    let left = drain(&mut lanes, Base, now);
    let numbers: Vec<_> = left
        .iter()
        .map(|queued| (queued.index, queued.picture))
        .collect();
    assert_eq!(numbers, [(101, Some(2)), (102, Some(2))]);
}

#[test]
fn what_was_lost_upstream_leaves_a_gap_that_its_repair_fills() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let (first, second) = (camera.layer(now, 3, 0), camera.layer(now, 1, 0));
    lanes.push(now, slot, pass(Base), &first[0]);
    lanes.push(now, slot, pass(Base), &first[2]);
    push_all(&mut lanes, now, slot, Base, &second);
    assert_eq!(indices(&mut lanes, Base, now), [101, 103, 104]);
    lanes.push(now, slot, pass(Repair), &first[1]);
    let late = media(&mut lanes, Repair, now).expect("the repair");
    assert_eq!((late.index, late.kind), (102, Kind::Late));
    assert_eq!(late.picture, Some(2));
    lanes.push(now, slot, pass(Repair), &first[1]);
    assert!(
        media(&mut lanes, Repair, now).is_none(),
        "an index is given once"
    );
}

#[test]
fn a_repair_in_time_takes_its_place_in_order() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let picture = camera.layer(now, 3, 0);
    lanes.push(now, slot, pass(Base), &picture[0]);
    lanes.push(now, slot, pass(Base), &picture[2]);
    lanes.push(now, slot, pass(Repair), &picture[1]);
    assert!(!lanes.has(Repair), "it leaves with its picture");
    assert_eq!(indices(&mut lanes, Base, now), [101, 102, 103]);
}

#[test]
fn the_gap_of_an_unwanted_packet_is_filled() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let (cut, next) = (camera.layer(now, 1, 2), camera.layer(now, 1, 0));
    push_all(&mut lanes, now, slot, Base, &next);
    assert_eq!(indices(&mut lanes, Base, now), [102]);
    lanes.skip(now, slot, &cut[0]);
    let filler = media(&mut lanes, Repair, now).expect("a filler");
    assert_eq!((filler.index, filler.kind), (101, Kind::Filler));
    lanes.skip(now, slot, &cut[0]);
    assert!(media(&mut lanes, Repair, now).is_none(), "only once");
}

#[test]
fn an_old_enhancement_is_dropped_when_a_newer_base_goes_first() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Enhancement, &camera.layer(now, 4, 2));
    let later = now + ms(30);
    push_all(&mut lanes, later, slot, Base, &camera.layer(later, 2, 0));
    assert_eq!(indices(&mut lanes, Base, later), [101, 102], "no gap");
    assert!(!lanes.has(Enhancement));
    assert_eq!(lanes.bytes(Enhancement), 0);
    assert_eq!(lanes.dropped(Enhancement, DropReason::Stale), 4);
    assert_eq!(lanes.next_starved(), None, "nothing needs layer 2");
}

#[test]
fn a_young_or_begun_enhancement_keeps_its_turn() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Enhancement, &camera.layer(now, 2, 2));
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 1, 0));
    assert_eq!(indices(&mut lanes, Base, now), [101, 102, 103], "young");
    push_all(&mut lanes, now, slot, Enhancement, &camera.layer(now, 3, 2));
    assert!(media(&mut lanes, Enhancement, now).is_some(), "it begins");
    let later = now + ms(40);
    push_all(&mut lanes, later, slot, Base, &camera.layer(later, 1, 0));
    assert_eq!(indices(&mut lanes, Base, later), [105, 106, 107], "begun");
    assert_eq!(lanes.dropped(Enhancement, DropReason::Stale), 0);
}

#[test]
fn a_keyframe_supersedes_all_but_the_picture_that_is_leaving() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 3, 0));
    assert!(media(&mut lanes, Base, now).is_some(), "it begins");
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 3, 0));
    let lost = camera.layer(now, 5, 0);
    push_all(&mut lanes, now, slot, Repair, &camera.keyframe(now, 2));
    assert_eq!(lanes.dropped(Base, DropReason::Superseded), 3);
    assert_eq!(indices(&mut lanes, Repair, now), [102, 103, 104, 105]);
    lanes.push(now, slot, pass(Repair), &lost[0]);
    assert!(!lanes.has(Repair), "nobody waits for it");
}

#[test]
fn without_a_base_picture_nothing_passes_before_a_keyframe() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 2, 0));
    let late = now + ms(301);
    push_all(&mut lanes, late, slot, Base, &camera.layer(late, 2, 0));
    assert_eq!(indices(&mut lanes, Base, late), [0; 0]);
    assert_eq!(lanes.dropped(Base, DropReason::Age), 2);
    assert_eq!(lanes.dropped(Base, DropReason::Dependency), 2);
    assert_eq!(lanes.next_starved(), Some(slot));
    assert_eq!(lanes.next_starved(), None);
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.layer(late, 1, 2),
    );
    assert!(!lanes.has(Enhancement));
    assert_eq!(lanes.next_starved(), Some(slot), "still");
    push_all(&mut lanes, late, slot, Repair, &camera.keyframe(late, 1));
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.layer(late, 1, 2),
    );
    assert_eq!(indices(&mut lanes, Repair, late), [101]);
    assert_eq!(indices(&mut lanes, Enhancement, late), [102]);
    assert_eq!(lanes.next_starved(), None);
}

#[test]
fn without_a_layer_its_successors_wait_for_a_switch_point() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Enhancement, &camera.layer(now, 1, 1));
    let late = now + ms(160);
    push_all(&mut lanes, late, slot, Base, &camera.layer(late, 1, 0));
    assert_eq!(indices(&mut lanes, Base, late), [101]);
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.layer(late, 1, 1),
    );
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.layer(late, 1, 2),
    );
    assert!(!lanes.has(Enhancement), "both need what was dropped");
    let sync = camera.picture(late, 1, |frame| {
        (frame.temporal, frame.layer_sync) = (1, true);
    });
    push_all(&mut lanes, late, slot, Enhancement, &sync);
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.layer(late, 1, 1),
    );
    assert_eq!(indices(&mut lanes, Enhancement, late), [102, 103]);
}

#[test]
fn a_discardable_picture_takes_nothing_along() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let top = |frame: &mut crate::rtc::codec::FrameInfo| {
        (frame.temporal, frame.discardable) = (1, true);
    };
    push_all(
        &mut lanes,
        now,
        slot,
        Enhancement,
        &camera.picture(now, 2, top),
    );
    let late = now + ms(160);
    push_all(
        &mut lanes,
        late,
        slot,
        Enhancement,
        &camera.picture(late, 2, top),
    );
    assert_eq!(indices(&mut lanes, Enhancement, late), [101, 102]);
    assert_eq!(lanes.dropped(Enhancement, DropReason::Age), 2);
}

#[test]
fn a_full_lane_drops_its_oldest_picture_and_a_late_packet_of_it_is_not_sent() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let lost = camera.layer(now, 3, 2);
    lanes.push(now, slot, pass(Enhancement), &lost[0]);
    lanes.push(now, slot, pass(Enhancement), &lost[2]);
    for _ in 0..60 {
        let picture = camera.picture(now, 20, |frame| {
            (frame.temporal, frame.discardable) = (2, true);
        });
        push_all(&mut lanes, now, slot, Enhancement, &picture);
        assert!(lanes.bytes(Enhancement) <= Enhancement.limit().bytes_max);
    }
    assert!(lanes.dropped(Enhancement, DropReason::Overflow) > 0);
    lanes.push(now, slot, pass(Repair), &lost[1]);
    assert!(!lanes.has(Repair), "the rest of its picture is gone");
}

#[test]
fn one_picture_larger_than_its_lane_is_truncated_and_starves_its_slot() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let huge = camera.layer(now, 2_000, 0);
    lanes.push(now, slot, pass(Base), &huge[0]);
    assert!(media(&mut lanes, Base, now).is_some(), "it begins");
    push_all(&mut lanes, now, slot, Base, &huge[1..]);
    assert!(lanes.bytes(Base) <= Base.limit().bytes_max);
    assert!(lanes.dropped(Base, DropReason::Truncated) > 0);
    assert_eq!(lanes.next_starved(), Some(slot));
    push_all(&mut lanes, now, slot, Repair, &camera.keyframe(now, 1));
    assert_eq!(indices(&mut lanes, Repair, now), [102]);
}

#[test]
fn sound_waits_for_nothing_and_is_dropped_only_when_old() {
    let now = Instant::now();
    let (mut lanes, video, mut camera) = showing(now);
    let audio = lanes.open(MediaKind::Audio, 7).expect("the second");
    let mut microphone = Publisher::microphone(2, now);
    push_all(&mut lanes, now, video, Base, &camera.layer(now, 3_000, 0));
    let begins = Pass {
        begins: true,
        ..pass(Audio)
    };
    lanes.push(now, audio, begins, &microphone.sound(now));
    for at in 1..5 {
        let now = now + ms(20 * at);
        lanes.push(now, audio, pass(Audio), &microphone.sound(now));
    }
    let late = now + ms(80);
    assert_eq!(indices(&mut lanes, Audio, late), [7, 8, 9, 10], "no gap");
    assert_eq!(lanes.dropped(Audio, DropReason::Age), 1);
    assert_eq!(lanes.dropped(Audio, DropReason::Overflow), 0);
}

#[test]
fn slots_take_turns_by_picture() {
    let now = Instant::now();
    let (mut lanes, first, mut camera) = showing(now);
    let second = lanes.open(MediaKind::Video, 500).expect("the second");
    let mut other = Publisher::camera(2, 0, now);
    let begins = Pass {
        begins: true,
        ..pass(Repair)
    };
    lanes.push(now, second, begins, &other.keyframe(now, 1)[0]);
    drain(&mut lanes, Repair, now);
    for _ in 0..2 {
        push_all(&mut lanes, now, first, Base, &camera.layer(now, 2, 0));
        push_all(&mut lanes, now, second, Base, &other.layer(now, 2, 0));
    }
    assert_eq!(
        indices(&mut lanes, Base, now),
        [101, 102, 501, 502, 103, 104, 503, 504]
    );
}

#[test]
fn another_publication_goes_on_in_the_same_sequence() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let lost = camera.layer(now, 2, 0);
    lanes.push(now, slot, pass(Base), &lost[1]);
    assert_eq!(indices(&mut lanes, Base, now), [102]);
    let mut other = Publisher::camera(2, 0, now);
    other.layer(now, 5, 0);
    let keyframe = other.keyframe(now, 2);
    let begins = Pass {
        begins: true,
        ..pass(Repair)
    };
    lanes.push(now, slot, begins, &keyframe[0]);
    lanes.push(now, slot, pass(Repair), &keyframe[1]);
    lanes.push(now, slot, pass(Repair), &lost[0]);
    let left = drain(&mut lanes, Repair, now);
    let numbers: Vec<_> = left
        .iter()
        .map(|queued| (queued.index, queued.picture, queued.segment))
        .collect();
    assert_eq!(numbers, [(103, Some(3), 2), (104, Some(3), 2)]);
    assert_eq!(lanes.dropped(Repair, DropReason::Late), 1);
}

#[test]
fn a_repair_from_before_another_was_shown_stays_missing_so_its_picture_does_not_look_whole() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let torn = camera.layer(now, 3, 0);
    lanes.push(now, slot, pass(Base), &torn[0]);
    lanes.push(now, slot, pass(Base), &torn[2]);
    let first = media(&mut lanes, Base, now).expect("it begins");
    assert_eq!((first.index, first.segment), (101, 1));
    let begins = Pass {
        begins: true,
        ..pass(Repair)
    };
    let mut other = Publisher::camera(2, 0, now);
    lanes.push(now, slot, begins, &other.keyframe(now, 1)[0]);
    lanes.push(now, slot, begins, &camera.keyframe(now, 1)[0]);
    lanes.push(now, slot, pass(Repair), &torn[1]);
    assert_eq!(lanes.dropped(Repair, DropReason::Late), 1);
    let left: Vec<_> = drain(&mut lanes, Repair, now)
        .iter()
        .map(|queued| (queued.index, queued.segment, queued.kind))
        .collect();
    assert_eq!(left, [(103, 1, Kind::Media), (104, 3, Kind::Media)]);
}

#[test]
fn a_slot_that_shows_the_same_again_leaves_no_gap_for_the_time_between() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    push_all(&mut lanes, now, slot, Base, &camera.layer(now, 2, 0));
    lanes.clear(slot);
    assert!(!lanes.has(Base));
    camera.layer(now, 300, 0);
    let begins = Pass {
        begins: true,
        ..pass(Repair)
    };
    lanes.push(now, slot, begins, &camera.keyframe(now, 1)[0]);
    assert_eq!(indices(&mut lanes, Repair, now), [101]);
}

#[test]
fn messages_are_bounded_and_the_newest_stay() {
    let now = Instant::now();
    let mut lanes = EgressLanes::new();
    for at in 0..100_u8 {
        let message = Bytes::from(vec![at; 1_000]);
        lanes.push_message(now, EgressLane::Control, message);
        assert!(lanes.bytes(EgressLane::Control) <= 64 * 1024);
    }
    let Some(Leaving::Message(first)) = lanes.pop(EgressLane::Control, now) else {
        panic!("messages wait");
    };
    assert_eq!(first[0], 35);
    assert!(lanes.pop(EgressLane::Control, now + ms(501)).is_none());
    assert_eq!(lanes.bytes(EgressLane::Control), 0);
}

#[test]
fn slots_are_bounded() {
    let mut lanes = EgressLanes::new();
    let opened = std::iter::from_fn(|| lanes.open(MediaKind::Video, 0)).count();
    assert_eq!(opened, SLOTS_MAX);
}

#[test]
fn a_picture_that_is_leaving_has_twice_the_time_and_is_then_truncated() {
    let now = Instant::now();
    let (mut lanes, slot, mut camera) = showing(now);
    let picture = camera.layer(now, 3, 0);
    push_all(&mut lanes, now, slot, Base, &picture);
    assert!(media(&mut lanes, Base, now).is_some(), "it begins");
    assert!(media(&mut lanes, Base, now + ms(599)).is_some());
    assert!(media(&mut lanes, Base, now + ms(601)).is_none());
    assert_eq!(lanes.dropped(Base, DropReason::Truncated), 1);
    assert_eq!(lanes.dropped(Base, DropReason::Age), 0);
    assert_eq!(lanes.next_starved(), Some(slot));
}
