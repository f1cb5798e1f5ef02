use super::*;
use crate::sfu::packet::sample::Publisher;
use std::{sync::Arc, time::Instant};

const VIDEO: CodecSet = CodecSet(0).with(Codec::Vp8).with(Codec::Vp9);

fn target(track: u32, encoding: u8, spatial: u8, temporal: u8) -> Target {
    Target {
        track: TrackId(track),
        encoding: Encoding(encoding),
        spatial,
        temporal,
    }
}

fn camera(track: u32, encoding: u8) -> Publisher {
    Publisher::camera(track, encoding, Instant::now())
}

fn decide(selector: &mut Selector, packets: &[Arc<Packet>]) -> Vec<Decision> {
    packets
        .iter()
        .map(|packet| selector.decide(packet))
        .collect()
}

fn lanes(selector: &mut Selector, packets: &[Arc<Packet>]) -> Vec<Option<EgressLane>> {
    let lane = |decision| match decision {
        Decision::Forward(pass) => Some(pass.lane),
        Decision::Skip | Decision::NeedKeyframe => None,
    };
    decide(selector, packets).into_iter().map(lane).collect()
}

/// Shows a camera whose keyframe came.
fn showing(publisher: &mut Publisher, target: Target) -> Selector {
    let mut selector = Selector::new(VIDEO);
    assert!(selector.set_target(Some(target)).is_some());
    let keyframe = publisher.keyframe(Instant::now(), 1);
    assert!(lanes(&mut selector, &keyframe)[0].is_some());
    assert_eq!(selector.current(), Some(target));
    selector
}

#[test]
fn a_slot_begins_with_a_keyframe() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = Selector::new(VIDEO);
    let picture = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&picture[0]), Decision::Skip, "no target");
    let needs = selector.set_target(Some(target(1, 0, 0, 2)));
    assert_eq!(needs, Some((TrackId(1), Encoding(0))));
    let picture = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&picture[0]), Decision::NeedKeyframe);
    let keyframe = publisher.keyframe(now, 3);
    let passes = decide(&mut selector, &keyframe);
    for (at, decision) in passes.into_iter().enumerate() {
        let expected = Pass {
            lane: EgressLane::Repair,
            marker: at == 2,
            begins: at == 0,
        };
        assert_eq!(decision, Decision::Forward(expected));
    }
    let other = camera(2, 0).keyframe(now, 1);
    assert_eq!(selector.decide(&other[0]), Decision::Skip);
    assert_eq!(selector.set_target(None), None);
    let picture = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&picture[0]), Decision::Skip);
}

#[test]
fn a_keyframe_whose_beginning_comes_late_is_not_begun_with() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = Selector::new(VIDEO);
    selector.set_target(Some(target(1, 0, 0, 2)));
    let keyframe = publisher.keyframe(now, 2);
    assert_eq!(selector.decide(&keyframe[1]), Decision::NeedKeyframe);
    assert_eq!(selector.decide(&keyframe[0]), Decision::NeedKeyframe);
    let keyframe = publisher.keyframe(now, 2);
    assert!(lanes(&mut selector, &keyframe)[0].is_some());
}

#[test]
fn another_encoding_begins_at_its_keyframe_and_the_old_goes_on_until_then() {
    let (now, mut low, mut high) = (Instant::now(), camera(1, 0), camera(1, 1));
    let mut selector = showing(&mut low, target(1, 0, 0, 2));
    let needs = selector.set_target(Some(target(1, 1, 0, 2)));
    assert_eq!(needs, Some((TrackId(1), Encoding(1))));
    let wait = high.layer(now, 1, 0);
    assert_eq!(selector.decide(&wait[0]), Decision::NeedKeyframe);
    let still = low.layer(now, 1, 0);
    assert_eq!(lanes(&mut selector, &still), [Some(EgressLane::Base)]);
    let begins = high.keyframe(now, 1);
    assert_eq!(lanes(&mut selector, &begins), [Some(EgressLane::Repair)]);
    let over = low.layer(now, 1, 0);
    assert_eq!(selector.decide(&over[0]), Decision::Skip);
    let back = selector.set_target(Some(target(1, 1, 0, 1)));
    assert_eq!(back, None, "no keyframe is needed to go down a layer");
}

#[test]
fn temporal_layers_go_down_at_a_picture_and_up_where_one_may() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = showing(&mut publisher, target(1, 0, 0, 2));
    let enhancement = publisher.layer(now, 2, 2);
    assert!(lanes(&mut selector, &enhancement[..1])[0].is_some());
    assert_eq!(selector.set_target(Some(target(1, 0, 0, 0))), None);
    assert!(
        lanes(&mut selector, &enhancement[1..])[0].is_some(),
        "a picture is never cut"
    );
    let cut = publisher.layer(now, 2, 1);
    assert_eq!(decide(&mut selector, &cut), [Decision::Skip; 2]);
    assert_eq!(selector.set_target(Some(target(1, 0, 0, 2))), None);
    let cut = publisher.layer(now, 1, 1);
    assert_eq!(selector.decide(&cut[0]), Decision::Skip, "no switch point");
    for layer in [2, 1, 2] {
        let sync = publisher.picture(now, 1, |frame| {
            (frame.temporal, frame.layer_sync) = (layer, true);
        });
        let taken = lanes(&mut selector, &sync)[0].is_some();
        let current = selector.current().expect("shown").temporal;
        assert_eq!(taken, layer <= current);
    }
    assert_eq!(selector.current(), Some(target(1, 0, 0, 2)));
}

#[test]
fn the_marker_moves_to_the_highest_spatial_layer_that_is_taken() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    publisher.next.codec = Codec::Vp9;
    let mut selector = Selector::new(VIDEO);
    selector.set_target(Some(target(1, 0, 1, 2)));
    // Each spatial layer of the picture is two packets.
    let mut svc = |keyframe: bool| -> Vec<Arc<Packet>> {
        let picture = publisher.picture(now, 6, |_| ());
        let layers = picture.into_iter().enumerate().map(|(at, packet)| {
            let mut packet = Packet::clone(&packet);
            packet.frame.spatial = (at / 2) as u8;
            packet.frame.start = at % 2 == 0;
            packet.frame.end_of_frame = at % 2 == 1;
            packet.frame.keyframe = keyframe && packet.frame.spatial == 0;
            Arc::new(packet)
        });
        layers.collect()
    };
    let mut markers = |selector: &mut Selector, keyframe| -> Vec<Option<bool>> {
        let marker = |decision| match decision {
            Decision::Forward(pass) => Some(pass.marker),
            Decision::Skip | Decision::NeedKeyframe => None,
        };
        let decisions = decide(selector, &svc(keyframe));
        decisions.into_iter().map(marker).collect()
    };
    let (no, yes, cut) = (Some(false), Some(true), None);
    assert_eq!(markers(&mut selector, true), [no, no, no, yes, cut, cut]);
    selector.set_target(Some(target(1, 0, 0, 2)));
    assert_eq!(markers(&mut selector, false), [no, yes, cut, cut, cut, cut]);
    let needs = selector.set_target(Some(target(1, 0, 2, 2)));
    assert!(needs.is_some(), "up needs a keyframe");
    assert_eq!(markers(&mut selector, false), [no, yes, cut, cut, cut, cut]);
    assert_eq!(markers(&mut selector, true), [no, no, no, no, no, yes]);
}

#[test]
fn lanes_follow_what_is_shown() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = showing(&mut publisher, target(1, 0, 0, 2));
    let layers = [0, 1, 2].map(|layer| publisher.layer(now, 1, layer).remove(0));
    let [base, enhancement] = [EgressLane::Base, EgressLane::Enhancement].map(Some);
    assert_eq!(
        lanes(&mut selector, &layers),
        [base, enhancement, enhancement]
    );
    let mut repaired = Packet::clone(&publisher.layer(now, 1, 2)[0]);
    repaired.repaired = true;
    let repaired = [Arc::new(repaired)];
    assert_eq!(lanes(&mut selector, &repaired), [Some(EgressLane::Repair)]);
    publisher.next.source = Source::Screen;
    assert_eq!(lanes(&mut selector, &publisher.layer(now, 1, 2)), [base]);
}

#[test]
fn a_late_packet_is_judged_as_its_picture_was() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = showing(&mut publisher, target(1, 0, 0, 0));
    let (cut, lost) = (publisher.layer(now, 2, 1), publisher.layer(now, 1, 0));
    assert_eq!(selector.decide(&cut[0]), Decision::Skip);
    let next = publisher.layer(now, 1, 0);
    assert!(lanes(&mut selector, &next)[0].is_some());
    selector.set_target(Some(target(1, 0, 0, 2)));
    assert_eq!(selector.decide(&cut[1]), Decision::Skip);
    assert!(
        lanes(&mut selector, &lost)[0].is_some(),
        "all of it was lost"
    );
}

#[test]
fn what_cannot_be_decoded_and_what_is_only_padding_is_left() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = showing(&mut publisher, target(1, 0, 0, 2));
    let mut padding = Packet::clone(&publisher.layer(now, 1, 0)[0]);
    padding.payload = bytes::Bytes::new();
    assert_eq!(selector.decide(&padding), Decision::Skip);
    publisher.next.codec = Codec::H265;
    let keyframe = publisher.keyframe(now, 1);
    assert_eq!(selector.decide(&keyframe[0]), Decision::Skip);
}

#[test]
fn a_publisher_that_changes_its_ssrc_is_begun_again() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let mut selector = showing(&mut publisher, target(1, 0, 0, 2));
    publisher.next.ssrc += 1;
    let picture = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&picture[0]), Decision::NeedKeyframe);
    let keyframe = publisher.keyframe(now, 1);
    assert!(lanes(&mut selector, &keyframe)[0].is_some());
}

#[test]
fn sound_switches_at_once() {
    let now = Instant::now();
    let (mut first, mut second) = (Publisher::microphone(1, now), Publisher::microphone(2, now));
    let mut selector = Selector::new(CodecSet::default().with(Codec::Opus));
    selector.set_target(Some(target(1, 0, 0, 0)));
    for begins in [true, false] {
        let expected = Pass {
            lane: EgressLane::Audio,
            marker: begins,
            begins,
        };
        let decision = selector.decide(&first.sound(now));
        assert_eq!(decision, Decision::Forward(expected));
    }
    selector.set_target(Some(target(2, 0, 0, 0)));
    assert_eq!(selector.decide(&first.sound(now)), Decision::Skip);
    let Decision::Forward(pass) = selector.decide(&second.sound(now)) else {
        panic!("it is shown");
    };
    assert!(pass.begins && pass.marker);
}

#[test]
fn a_slot_finishes_the_picture_that_has_begun() {
    let (now, mut publisher) = (Instant::now(), camera(1, 0));
    let shown = target(1, 0, 0, 2);
    let mut selector = showing(&mut publisher, shown);
    let picture = publisher.layer(now, 3, 0);
    assert!(lanes(&mut selector, &picture[..1])[0].is_some());
    selector.finish();
    assert_eq!((selector.target(), selector.current()), (None, None));
    assert!(
        lanes(&mut selector, &picture[1..])
            .iter()
            .all(Option::is_some)
    );
    let next = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&next[0]), Decision::Skip);
    assert!(selector.set_target(Some(shown)).is_some());
    let next = publisher.layer(now, 1, 0);
    assert_eq!(selector.decide(&next[0]), Decision::NeedKeyframe);
    assert!(lanes(&mut selector, &publisher.keyframe(now, 1))[0].is_some());
}
