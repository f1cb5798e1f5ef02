use super::*;
use proptest::prelude::*;

const RTT: Duration = Duration::from_millis(40);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn asked(reception: &mut Reception, now: Instant) -> Vec<u16> {
    let mut due = Vec::new();
    reception.nacks_due(now, RTT, &mut due);
    due
}

fn video() -> (Reception, Instant) {
    (Reception::new(7, MediaKind::Video), Instant::now())
}

#[test]
fn a_gap_is_asked_for_at_once_and_then_each_round_trip() {
    let (mut reception, start) = video();
    reception.on_packet(start, 65_534, 0);
    reception.on_packet(start, 65_537, 0);
    assert_eq!(asked(&mut reception, start), [65_535, 0]);
    assert!(asked(&mut reception, start + ms(39)).is_empty());
    let receipt = reception.on_rtx(start + ms(39), 65_535);
    assert_eq!(
        receipt,
        Receipt {
            index: 65_535,
            verdict: Verdict::Repaired
        }
    );
    assert_eq!(asked(&mut reception, start + ms(40)), [0]);
    assert_eq!(reception.on_rtx(start, 0).index, 65_536);
    assert_eq!(reception.on_rtx(start, 0).verdict, Verdict::Duplicate);
    assert!(asked(&mut reception, start + ms(500)).is_empty());
}

#[test]
fn what_never_comes_is_given_up_once_after_ten_requests_or_a_second() {
    for step in [10, 45, 200] {
        let (mut reception, start) = video();
        reception.on_packet(start, 10, 0);
        reception.on_packet(start, 12, 0);
        let (mut requests, mut given_up) = (0, 0);
        for at in (0..3_000).step_by(step) {
            let mut due = Vec::new();
            given_up += reception.nacks_due(start + ms(at), RTT, &mut due);
            requests += due.len();
            assert!(due.is_empty() || at <= 1_000, "asked at {at}");
        }
        assert!((5..=10).contains(&requests), "{requests}");
        assert_eq!(given_up, 1);
    }
}

#[test]
fn a_keyframe_ends_the_wait_for_what_was_before() {
    let (mut reception, start) = video();
    reception.on_packet(start, 10, 0);
    reception.on_packet(start, 12, 0);
    reception.on_packet(start, 14, 0);
    reception.on_keyframe(12);
    assert_eq!(asked(&mut reception, start), [13]);
}

#[test]
fn reordering_teaches_patience() {
    let (mut reception, start) = video();
    reception.on_packet(start, 1, 0);
    reception.on_packet(start, 3, 0);
    let late = reception.on_packet(start + ms(8), 2, 0);
    assert_eq!(late.verdict, Verdict::Late);
    reception.on_packet(start + ms(20), 5, 0);
    assert!(asked(&mut reception, start + ms(28)).is_empty());
    assert_eq!(asked(&mut reception, start + ms(30)), [4]);
}

#[test]
fn a_retransmission_may_come_before_all_media() {
    let (mut reception, start) = video();
    let first = reception.on_rtx(start, 500);
    assert_eq!((first.index, first.verdict), (500, Verdict::Fresh));
    assert!(reception.report(start).is_none(), "no media yet");
    assert_eq!(
        reception.on_packet(start, 500, 0).verdict,
        Verdict::Duplicate
    );
    assert_eq!(reception.on_packet(start, 499, 0).verdict, Verdict::Late);
    assert_eq!(reception.on_packet(start, 502, 0).verdict, Verdict::Fresh);
    assert_eq!(asked(&mut reception, start), [501]);
}

#[test]
fn probes_are_known_for_what_they_are() {
    let (mut reception, start) = video();
    assert_eq!(unwrap_rtx(&[]), None);
    assert_eq!(unwrap_rtx(&[1, 2]), None, "an empty payload");
    assert_eq!(unwrap_rtx(&[1, 2, 3]), Some((258, &[3][..])));
    for index in 3_000..9_000 {
        reception.on_packet(start, index, 0);
    }
    assert_eq!(reception.on_rtx(start, 8_990).verdict, Verdict::Duplicate);
    assert_eq!(reception.on_rtx(start, 3_001).verdict, Verdict::Stale);
}

#[test]
fn sound_is_asked_for_only_when_told() {
    let start = Instant::now();
    let mut reception = Reception::new(7, MediaKind::Audio);
    reception.on_packet(start, 1, 0);
    reception.on_packet(start, 3, 0);
    assert!(asked(&mut reception, start).is_empty());
    reception.set_nack(true);
    reception.on_packet(start, 5, 0);
    assert_eq!(asked(&mut reception, start), [4]);
    assert!(asked(&mut reception, start + ms(300)).is_empty(), "played");
}

#[test]
fn a_jump_is_a_new_beginning() {
    let (mut reception, start) = video();
    reception.on_packet(start, 1, 0);
    reception.on_packet(start, 10_000, 0);
    let mut due = Vec::new();
    assert_eq!(reception.nacks_due(start, RTT, &mut due), 1);
    assert!(due.is_empty());
}

#[test]
fn reports_count_loss_before_repair() {
    let (mut reception, start) = video();
    for index in (0..100_u64).filter(|index| index % 4 != 3) {
        reception.on_packet(start + ms(index * 10), index, 900 * index as u32);
    }
    for lost in (3..99).step_by(4) {
        reception.on_rtx(start + ms(1_000), lost);
    }
    reception.on_sender_report(start, 0x1234_5678_9abc_def0);
    let report = reception.report(start + ms(2_000)).expect("packets came");
    assert_eq!((report.lost, report.expected), (24, 99));
    assert_eq!(report.block.fraction_lost, (24 * 256_u32 / 99) as u8);
    assert_eq!(report.block.cumulative_lost, 24);
    assert_eq!(report.block.highest_sequence, 98);
    assert_eq!(report.block.last_sr, 0x5678_9abc);
    assert_eq!(report.block.delay_since_last_sr, 2 * 65_536);
    assert_eq!(report.block.jitter, 0, "exactly paced");
    let quiet = reception.report(start + ms(3_000)).expect("packets came");
    assert_eq!((quiet.lost, quiet.block.fraction_lost), (0, 0));
}

#[test]
fn timestamps_that_jump_make_no_more_jitter_than_there_is() {
    let (mut reception, start) = video();
    for index in 0..100 {
        let timestamp = if index % 2 == 0 { 0 } else { 1 << 31 };
        reception.on_packet(start, index, timestamp);
    }
    let report = reception.report(start).expect("packets came");
    assert!(report.block.jitter > u32::MAX / 32);
}

#[test]
fn jitter_approaches_the_mean_deviation() {
    let (mut reception, start) = video();
    for index in 0..500_u64 {
        let arrives = index * 10 + 4 * (index % 2);
        reception.on_packet(start + ms(arrives), index, 900 * index as u32);
    }
    let jitter = reception.report(start).expect("packets came").block.jitter;
    assert!((350..=365).contains(&jitter), "4 ms are 360: {jitter}");
}

proptest! {
    /// Whatever the network does, each packet is delivered at most once, and what is retransmitted in time is delivered.
    #[test]
    fn each_packet_is_delivered_once(
        fates in prop::collection::vec((0_u64..60, prop::bool::weighted(0.2), prop::bool::weighted(0.1)), 1..200),
    ) {
        let (mut reception, start) = video();
        // (when, index, by retransmission)
        let mut arrivals = Vec::new();
        for (index, (delay, lost, twice)) in (65_480_u64..).zip(&fates) {
            let at = (index - 65_480) * 5;
            if !lost {
                arrivals.push((at + delay / 6, index, false));
            }
            if *twice || *lost {
                arrivals.push((at + 20 + delay, index, true));
            }
        }
        arrivals.sort_unstable();
        let mut delivered = Vec::new();
        for (at, index, by_rtx) in arrivals {
            let now = start + ms(at);
            let receipt = if by_rtx {
                if reception.newest.is_none() && index > 0xffff {
                    continue; // the cycle cannot be known
                }
                reception.on_rtx(now, index as u16)
            } else {
                reception.on_packet(now, index, 0)
            };
            prop_assert_eq!(receipt.index, index);
            if !matches!(receipt.verdict, Verdict::Duplicate | Verdict::Stale) {
                delivered.push(index);
            }
            for sequence in asked(&mut reception, now) {
                prop_assert!(!delivered.iter().any(|index| *index as u16 == sequence), "asked for what is here");
            }
        }
        let count = delivered.len();
        delivered.sort_unstable();
        delivered.dedup();
        prop_assert_eq!(delivered.len(), count);
        prop_assert!(count + 1 >= fates.len() || fates[0].1, "all of {} but {}", fates.len(), count);
    }
}
