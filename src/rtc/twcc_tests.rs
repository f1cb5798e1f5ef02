use super::*;
use proptest::prelude::*;

fn written(feedback: &Feedback) -> Vec<u8> {
    let mut out = Vec::new();
    feedback.write(&mut out);
    out
}

#[test]
fn a_golden_feedback_is_read() {
    // Base 5, eight packets in a vector of two bits and a run; reference time 2 (128 ms), number 7.
    let body = [
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        2,
        0,
        5,
        0,
        8,
        0,
        0,
        2,
        7, // head
        0b1101_0010,
        0b0100_0000, // small, not, large, small, not, not, not
        0b0010_0000,
        0b0000_0001, // a run of one small
        4,
        0xff,
        0xfe,
        8,
        12, // 1 ms, -0.5 ms, 2 ms, 3 ms
        0,
        0,
        0,
    ];
    let feedback = Feedback::parse(&body).unwrap();
    assert_eq!(
        (
            feedback.base,
            feedback.reference_time,
            feedback.feedback_count
        ),
        (5, 2, 7)
    );
    assert_eq!((feedback.sender_ssrc, feedback.media_ssrc), (1, 2));
    let arrivals: Vec<_> = feedback
        .iter()
        .filter_map(|(n, at)| Some((n, at?)))
        .collect();
    assert_eq!(
        arrivals,
        [(5, 129_000), (7, 128_500), (8, 130_500), (12, 133_500)]
    );
    assert_eq!(feedback.packets.len(), 8);
}

#[test]
fn what_fills_the_last_chunk_means_nothing() {
    // Three packets in a vector of fourteen.
    let body = [
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        2,
        0xff,
        0xff,
        0,
        3,
        0,
        0,
        0,
        0,
        0b1011_1000,
        0,
        1,
        1,
        1,
        0,
    ];
    let feedback = Feedback::parse(&body).unwrap();
    let arrivals: Vec<_> = feedback.iter().collect();
    assert_eq!(
        arrivals,
        [(0xffff, Some(250)), (0, Some(500)), (1, Some(750))]
    );
}

#[test]
fn errors_of_rounding_do_not_pile_up() {
    // 333 us apart: each delta is rounded, and the sum stays within half a tick.
    let arrivals: Vec<_> = (0..400).map(|i| Some(1_000_000 + i * 333)).collect();
    let (feedback, covered) = Feedback::build(1, 2, 0, 0, &arrivals).unwrap();
    assert_eq!(covered, 400);
    for (told, arrival) in feedback.packets.iter().zip(&arrivals) {
        assert!((told.unwrap() - arrival.unwrap()).abs() <= TICK_US / 2);
    }
}

#[test]
fn long_silence_and_many_packets_go_into_another_feedback() {
    let arrivals = [Some(0), None, Some(5_000_000), Some(14_000_000)];
    let (feedback, covered) = Feedback::build(1, 2, 0, 0, &arrivals).unwrap();
    assert_eq!((covered, feedback.packets.len()), (3, 3));
    let (_, covered) = Feedback::build(1, 2, 0, 0, &vec![Some(0); 10_000]).unwrap();
    assert_eq!(covered, BUILT_PACKETS_MAX);
    assert_eq!(Feedback::build(1, 2, 0, 0, &[None, None]), None);
}

#[test]
fn the_largest_of_ours_fits_into_a_datagram() {
    // Alternately early and late: every delta needs two bytes.
    let arrivals: Vec<_> = (0..1_000).map(|i| Some((i % 2) * 1_000_000)).collect();
    let (feedback, _) = Feedback::build(1, 2, 0, 0, &arrivals).unwrap();
    assert!(
        written(&feedback).len() <= 1_172,
        "with header and SRTCP below 1,200 bytes"
    );
}

#[test]
fn malformed_feedback_is_refused() {
    let mut many = vec![0; 16];
    many[10] = 0xff;
    assert_eq!(Feedback::parse(&many), Err(TwccError::TooManyPackets));
    let good = Feedback::build(1, 2, 0, 0, &[Some(1_000), None, Some(900_000)])
        .unwrap()
        .0;
    let body = written(&good);
    for length in 0..21 {
        assert_eq!(
            Feedback::parse(&body[..length]),
            Err(TwccError::Short),
            "{length}"
        );
    }
    // An empty run would never come to an end.
    let mut empty_run = body.clone();
    empty_run[16..18].fill(0);
    assert_eq!(Feedback::parse(&empty_run), Err(TwccError::Short));
}

fn arrivals() -> impl Strategy<Value = Vec<Option<i64>>> {
    let step = prop_oneof![5 => 0_i64..20_000, 2 => -50_000_i64..200_000, 1 => 0_i64..3_000_000];
    let packets = prop::collection::vec(prop::option::weighted(0.8, step), 1..200);
    (packets, 0_i64..1 << 45).prop_map(|(steps, start)| {
        let mut at = start;
        let mut next = |step: i64| {
            at += step;
            at
        };
        steps.into_iter().map(|step| step.map(&mut next)).collect()
    })
}

proptest! {
    #[test]
    fn what_is_built_is_read(arrivals in arrivals(), base: u16, feedback_count: u8) {
        let Some((feedback, covered)) = Feedback::build(7, 8, feedback_count, base, &arrivals) else {
            prop_assert!(arrivals.iter().all(Option::is_none));
            return Ok(());
        };
        prop_assert_eq!(covered, arrivals.len());
        prop_assert_eq!(Feedback::parse(&written(&feedback)), Ok(feedback.clone()));
        // The differences are those of the arrivals, within a tick.
        let pairs: Vec<_> = feedback.packets.iter().zip(&arrivals).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        for pair in pairs.windows(2) {
            let (told, real) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            prop_assert!((told - real).abs() <= TICK_US);
        }
    }

    /// A second opinion: the crate of the WebRTC stack reads the same deltas.
    #[test]
    fn another_reader_agrees(arrivals in arrivals(), base: u16) {
        use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
        let Some((feedback, _)) = Feedback::build(7, 8, 3, base, &arrivals) else { return Ok(()) };
        let mut packet = Vec::new();
        crate::rtc::rtcp::write(&[crate::rtc::rtcp::Rtcp::TransportCc(feedback.clone())], &mut packet);
        let read = rtc_rtcp::packet::unmarshal(&mut &packet[..]).unwrap();
        let theirs = read[0].as_any().downcast_ref::<TransportLayerCc>().unwrap();
        prop_assert_eq!(theirs.base_sequence_number, base);
        prop_assert_eq!(usize::from(theirs.packet_status_count), feedback.packets.len());
        prop_assert_eq!(theirs.reference_time, feedback.reference_time.cast_unsigned() & 0xff_ffff);
        let mut at = i64::from(feedback.reference_time) * REFERENCE_US;
        let told: Vec<_> = theirs.recv_deltas.iter().map(|delta| { at += delta.delta; at }).collect();
        prop_assert_eq!(told, feedback.packets.iter().flatten().copied().collect::<Vec<_>>());
    }

    #[test]
    fn garbage_does_not_panic(mut body in prop::collection::vec(any::<u8>(), 16..120), count in 0_u8..200) {
        body[10] = 0;
        body[11] = count;
        if let Ok(feedback) = Feedback::parse(&body) {
            prop_assert_eq!(feedback.packets.len(), usize::from(count));
            prop_assert_eq!(Feedback::parse(&written(&feedback)), Ok(feedback));
        }
    }
}
