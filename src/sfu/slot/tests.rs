use super::*;
use crate::sfu::packet::sample::Publisher;

const RTT: Duration = Duration::from_millis(50);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn slot(kind: MediaKind) -> Slot {
    Slot::new(SlotConfig {
        slot: SlotIndex(3),
        kind,
        ssrc: 11,
        rtx_ssrc: (kind == MediaKind::Video).then_some(12),
        first_timestamp: u32::MAX - 100,
        first_rtx_index: 30_000,
    })
}

fn queued(packet: &Arc<Packet>, index: u64, segment: u32) -> Queued {
    Queued {
        slot: SlotIndex(3),
        packet: Arc::clone(packet),
        kind: Kind::Media,
        index,
        picture: packet.frame.picture.map(|_| index),
        marker: packet.marker,
        segment,
    }
}

#[test]
fn timestamps_go_on_by_wall_time_across_publications() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    let mut first = Publisher::camera(1, 0, start);
    let mut second = Publisher::camera(2, 0, start);
    let mut send = |packets: Vec<Arc<Packet>>, index, segment| {
        let queued = queued(&packets[0], index, segment);
        slot.rewrite(start, &queued).expect("media leaves")
    };
    let one = send(first.keyframe(start, 1), 100, 1);
    assert_eq!(
        (one.timestamp, one.ssrc, one.index),
        (u32::MAX - 100, 11, 100)
    );
    assert_eq!(one.csrc, ParticipantId(1));
    let two = send(first.layer(start + ms(33), 1, 0), 101, 1);
    assert_eq!(two.timestamp, 2_899, "as the publisher counts");
    let three = send(second.keyframe(start + ms(133), 1), 102, 2);
    assert_eq!(three.timestamp, 2_899 + 9_000, "100 ms later");
    assert_eq!(three.csrc, ParticipantId(2));
    let four = send(first.keyframe(start + ms(133), 1), 103, 3);
    assert_eq!(four.timestamp, three.timestamp + 900, "never the same");
}

#[test]
fn picture_ids_and_frame_numbers_go_on_too() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    let mut first = Publisher::camera(1, 0, start);
    let mut second = Publisher::camera(2, 0, start);
    let mut ids = Vec::new();
    for (at, segment) in [1, 1, 2, 2].into_iter().enumerate() {
        let publisher = if segment == 1 {
            &mut first
        } else {
            &mut second
        };
        let base = 30_000 * segment as u16;
        let number = base.wrapping_add(at as u16);
        let picture = publisher.picture(start, 1, |frame| frame.frame_number = Some(number));
        let index = 0x7fff + at as u64;
        let left = slot.rewrite(start, &queued(&picture[0], index, segment));
        let left = left.expect("media leaves");
        let picture = left.picture.expect("VP8");
        ids.push((picture.picture_id, picture.tl0, left.frame_number));
    }
    assert_eq!(
        ids,
        [
            (0x7fff, Some(1), Some(1)),
            (0, Some(2), Some(2)),
            (1, Some(3), Some(3)),
            (2, Some(4), Some(4)),
        ]
    );
}

#[test]
fn a_request_is_answered_once_per_round_trip_with_the_same_packet() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    let mut camera = Publisher::camera(1, 0, start);
    let packets = camera.keyframe(start, 4);
    let mut left = Vec::new();
    // 65537 was lost on its way to us.
    for (packet, index) in packets.iter().zip([65_535, 65_536, 65_538, 65_539]) {
        left.push(slot.rewrite(start, &queued(packet, index, 1)));
    }
    let again = slot.on_nack(start, RTT, 0).expect("it was sent");
    assert!(Arc::ptr_eq(&again.packet, &packets[1]));
    assert!(slot.on_nack(start + ms(49), RTT, 0).is_none(), "on its way");
    assert!(slot.on_nack(start + ms(50), RTT, 0).is_some());
    let now = start + ms(59);
    assert!(slot.on_nack(now, Duration::ZERO, 0).is_none(), "a lie");
    assert!(slot.on_nack(start, RTT, 1).is_none(), "never sent");
    assert!(slot.on_nack(start, RTT, 5).is_none(), "not sent yet");
    for (at, index) in [30_000, 30_001].into_iter().enumerate() {
        let resend = slot.rewrite(start, &again).expect("it was sent");
        let first = left[1].clone().expect("it left");
        assert_eq!(resend.form, Form::Rtx { original: 0 });
        assert_eq!((resend.ssrc, resend.index), (12, index), "resend {at}");
        assert_eq!(
            (resend.timestamp, resend.marker, resend.picture, resend.csrc),
            (first.timestamp, first.marker, first.picture, first.csrc)
        );
    }
    let probe = slot.probe().expect("something left");
    assert_eq!(probe.index, 65_539);
    let probe = slot.rewrite(start, &probe).expect("it was sent");
    assert_eq!(probe.index, 30_002);
}

#[test]
fn what_can_be_sent_again_is_bounded() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    let mut camera = Publisher::camera(1, 0, start);
    for index in 0..3_000_u64 {
        let now = start + ms(index);
        slot.rewrite(now, &queued(&camera.layer(now, 1, 0)[0], index, 1));
    }
    let now = start + ms(3_000);
    assert!(
        slot.on_nack(now, RTT, 1_990).is_none(),
        "older than a second"
    );
    assert!(slot.on_nack(now, RTT, 2_010).is_some());
}

#[test]
fn sound_without_an_rtx_stream_is_not_sealed_twice() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Audio));
    let sound = Publisher::microphone(1, start).sound(start);
    slot.rewrite(start, &queued(&sound, 1, 1));
    assert!(slot.on_nack(start, RTT, 1).is_none());
    assert!(slot.probe().is_none());
}

#[test]
fn redundancy_repeats_the_two_sounds_before() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Audio));
    let mut microphone = Publisher::microphone(1, start);
    let mut send = |slot: &mut Slot, index, segment| {
        let sound = microphone.sound(start);
        let left = slot.rewrite(start, &queued(&sound, index, segment));
        let left = left.expect("sound leaves");
        let offsets = left
            .repeated
            .map(|repeated| repeated.map(|repeated| repeated.timestamp_offset));
        (left.codec, offsets)
    };
    assert_eq!(send(&mut slot, 1, 1), (Codec::Opus, [None, None]));
    slot.set_redundancy(Redundancy::Distance2);
    assert_eq!(send(&mut slot, 2, 1), (Codec::Red, [None, None]));
    assert_eq!(send(&mut slot, 3, 1), (Codec::Red, [None, Some(960)]));
    let both = (Codec::Red, [Some(1_920), Some(960)]);
    assert_eq!(send(&mut slot, 4, 1), both);
    assert_eq!(send(&mut slot, 5, 1), both);
    let other = (Codec::Red, [None, None]);
    assert_eq!(send(&mut slot, 6, 2), other, "not of another publication");
    slot.set_redundancy(Redundancy::Off);
    assert_eq!(send(&mut slot, 7, 2), (Codec::Opus, [None, None]));
}

#[test]
fn a_silence_is_not_bridged_by_redundancy() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Audio));
    let mut microphone = Publisher::microphone(1, start);
    slot.set_redundancy(Redundancy::Distance2);
    slot.rewrite(start, &queued(&microphone.sound(start), 1, 1));
    microphone.next.timestamp = microphone.next.timestamp.wrapping_add(48_000);
    let sound = microphone.sound(start);
    let left = slot
        .rewrite(start, &queued(&sound, 2, 1))
        .expect("it leaves");
    assert_eq!(left.repeated, [None, None], "more than 14 bits");
}

#[test]
fn repairs_keep_their_segment_or_do_not_leave() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    let mut camera = Publisher::camera(1, 0, start);
    let picture = camera.keyframe(start, 2);
    let second = slot.rewrite(start, &queued(&picture[1], 101, 1));
    let late = Queued {
        kind: Kind::Late,
        ..queued(&picture[0], 100, 1)
    };
    let repaired = slot.rewrite(start, &late).expect("it is still shown");
    assert_eq!(repaired.timestamp, second.expect("it left").timestamp);
    assert!(slot.on_nack(start, RTT, 100).is_some(), "and can be resent");
    let next = camera.keyframe(start, 1);
    slot.rewrite(start, &queued(&next[0], 102, 2));
    assert!(slot.rewrite(start, &late).is_none(), "another is shown");
    let filler = Queued {
        kind: Kind::Filler,
        ..late
    };
    let filler = slot.rewrite(start, &filler).expect("a gap is filled");
    assert_eq!((filler.form, filler.index), (Form::Padding, 100));
}

#[test]
fn sender_reports_tell_the_time_of_the_newest_or_of_the_publisher() {
    let (start, mut slot) = (Instant::now(), slot(MediaKind::Video));
    assert!(slot.sender_report(start, 5).is_none());
    let mut camera = Publisher::camera(1, 0, start);
    let picture = camera.keyframe(start, 2);
    let left = slot.rewrite(start, &queued(&picture[0], 100, 1));
    slot.rewrite(start, &queued(&picture[1], 101, 1));
    let timestamp = left.expect("it left").timestamp;
    let report = slot.sender_report(start + ms(100), 5).expect("it sent");
    assert_eq!(report.rtp_timestamp, timestamp.wrapping_add(9_000));
    assert_eq!((report.ssrc, report.ntp), (11, 5));
    assert_eq!((report.packets, report.octets), (2, 2_000));
    let stream = picture[0].stream();
    slot.set_anchor(stream, picture[0].timestamp, start - ms(20));
    let report = slot.sender_report(start + ms(100), 5).expect("it sent");
    assert_eq!(report.rtp_timestamp, timestamp.wrapping_add(10_800));
    let other = Publisher::camera(2, 0, start).next.stream();
    slot.set_anchor(other, 0, start);
    let same = slot.sender_report(start + ms(100), 5);
    assert_eq!(same, Some(report), "it is not shown");
}
