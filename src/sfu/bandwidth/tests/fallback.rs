//! The estimator without transport-wide feedback, and at its limits. With it: `scenarios`.

use crate::{
    rtc::twcc::Feedback,
    sfu::bandwidth::{Bitrate, Estimator, EstimatorLimits},
};
use std::time::{Duration, Instant};

fn kbps(kbps: u64) -> Bitrate {
    Bitrate::from_kbps(kbps)
}

/// Sends 1,000-byte packets at a rate for so many seconds, with a receiver report each second.
fn report(
    estimator: &mut Estimator,
    from: Instant,
    rate_kbps: u64,
    seconds: u64,
    lost: f64,
) -> Instant {
    let step = Duration::from_micros(8_000_000 / rate_kbps);
    let mut now = from;
    for second in 1..=seconds {
        while now < from + Duration::from_secs(second) {
            estimator.on_sent(now, None, 1_000, None);
            now += step;
        }
        estimator.on_report(now, lost, Some(Duration::from_millis(80)));
        estimator.on_tick(now);
    }
    now
}

fn feedback(base: u16, packets: Vec<Option<i64>>) -> Feedback {
    Feedback {
        sender_ssrc: 1,
        media_ssrc: 2,
        base,
        reference_time: 0,
        feedback_count: 0,
        packets,
    }
}

#[test]
fn a_remb_is_followed_until_it_is_old() {
    let start = Instant::now();
    let mut estimator = Estimator::new(start, EstimatorLimits::default());
    estimator.on_remb(start, kbps(2_000));
    assert_eq!(estimator.estimate(), kbps(2_000));
    let now = report(&mut estimator, start, 1_900, 5, 0.0);
    assert_eq!(estimator.estimate(), kbps(2_000), "the client knows best");
    assert_eq!(estimator.rtt(), Some(Duration::from_millis(80)));
    report(&mut estimator, now, 1_900, 20, 0.0);
    assert!(estimator.estimate() > kbps(2_000), "reports alone again");
}

#[test]
fn a_remb_lowers_only_what_was_put_to_the_test() {
    let start = Instant::now();
    let mut estimator = Estimator::new(start, EstimatorLimits::default());
    estimator.on_remb(start, kbps(2_000));
    let now = report(&mut estimator, start, 100, 2, 0.0);
    estimator.on_remb(now, kbps(150));
    assert_eq!(estimator.estimate(), kbps(2_000), "little was sent");
    let now = report(&mut estimator, now, 2_000, 2, 0.0);
    estimator.on_remb(now, kbps(900));
    assert_eq!(estimator.estimate(), kbps(900), "more than it carries");
    let now = report(&mut estimator, now, 400, 2, 0.0);
    estimator.on_remb(now, kbps(40));
    assert_eq!(estimator.estimate(), kbps(300), "never for good");
}

#[test]
fn a_remb_does_not_count_beside_transport_wide_feedback() {
    let start = Instant::now();
    let mut estimator = Estimator::new(start, EstimatorLimits::default());
    estimator.on_sent(start, Some(1), 1_000, None);
    estimator.on_feedback(
        start + Duration::from_millis(50),
        &feedback(1, vec![Some(0)]),
    );
    estimator.on_remb(start + Duration::from_millis(60), kbps(50));
    assert_eq!(estimator.estimate(), kbps(300));
}

#[test]
fn reports_alone_grow_with_what_is_sent_and_fall_with_loss() {
    let start = Instant::now();
    let mut estimator = Estimator::new(start, EstimatorLimits::default());
    let now = report(&mut estimator, start, 300, 30, 0.0);
    let grown = estimator.estimate();
    assert!(
        (kbps(400)..=kbps(460)).contains(&grown),
        "{grown}: 1.5 times what is sent"
    );
    report(&mut estimator, now, 400, 5, 0.4);
    assert!(
        estimator.estimate() < grown.scaled(0.7),
        "{}",
        estimator.estimate()
    );
}

#[test]
fn nothing_is_probed_without_numbers() {
    let start = Instant::now();
    let mut estimator = Estimator::new(start, EstimatorLimits::default());
    estimator.set_wanted(kbps(3_000));
    estimator.on_sent(start, None, 1_000, None);
    assert_eq!(estimator.next_probe(start), None);
    estimator.on_sent(start, Some(9), 1_000, None);
    assert_eq!(
        estimator.next_probe(start).map(|it| it.rate),
        Some(kbps(900))
    );
}

#[test]
fn forged_feedback_moves_nothing_beyond_the_limits() {
    let start = Instant::now();
    let limits = EstimatorLimits::default();
    let mut estimator = Estimator::new(start, limits);
    for step in 0..2_000_u64 {
        let now = start + Duration::from_millis(step * 5);
        estimator.on_sent(now, Some(step as u16), 1_200, None);
        let arrivals = (0..50)
            .map(|it| (it % 3 > 0).then_some(i64::MAX - it * 7))
            .collect();
        estimator.on_feedback(now, &feedback((step as u16).wrapping_mul(77), arrivals));
        let arrivals = vec![Some(i64::MIN), Some(i64::MAX), None, Some(-1)];
        estimator.on_feedback(now, &feedback(step as u16, arrivals));
        let estimate = estimator.estimate();
        assert!(
            estimate >= limits.min && estimate <= limits.max,
            "{estimate}"
        );
        assert!(estimator.pacing().rate > Bitrate::ZERO);
    }
}
