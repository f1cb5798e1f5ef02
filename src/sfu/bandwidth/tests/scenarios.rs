//! Links as they are: steps, loss, jitter, lost feedback, little to send.
//!
//! Deterministic: one seed makes the whole run, so outcomes are asserted.

use super::{source::Camera, world::World};
use crate::sfu::{allocator::TileSize, bandwidth::Bitrate};
use std::time::Duration;

const MBIT: Bitrate = Bitrate::from_kbps(1_000);
const MBIT_4: Bitrate = Bitrate::from_kbps(4_000);
const SMALL: TileSize = TileSize {
    width: 320,
    height: 180,
};
const SEEDS: std::ops::RangeInclusive<u64> = 1..=8;

/// Three cameras of which the biggest layers differ.
fn cameras() -> Vec<Camera> {
    (0..3_u16)
        .map(|slot| {
            let top_kbps = 1_500 + 500 * u64::from(slot);
            Camera::new(slot, [150, 500, top_kbps], i64::from(slot) * 7_000)
        })
        .collect()
}

#[test]
fn a_link_that_steps_from_4_to_1_to_4_mbit_is_used_without_a_queue() {
    for seed in SEEDS {
        let mut world = World::new(MBIT_4, cameras(), seed);
        world.run(30);
        world.link.rate = MBIT;
        world.run(30);
        world.link.rate = MBIT_4;
        world.run(30);
        for (step_at, rate) in [(0, MBIT_4), (30, MBIT), (60, MBIT_4)] {
            let end = step_at + 30;
            let used = world.used(step_at + 10..end, rate);
            let queueing_ms = world.queueing_p95_ms(step_at + 2..end);
            let settled = if step_at == 0 { 5 } else { step_at };
            let switches = world.switches_in_10_s(settled as i64, end as i64);
            let told = format!("seed {seed}, step at {step_at} s\n{}", world.story());
            assert!(used >= 0.8, "{used} used; {told}");
            assert!(queueing_ms <= 150, "{queueing_ms} ms queued; {told}");
            assert!(switches <= 1, "{switches} switches in 10 s; {told}");
        }
    }
}

#[test]
fn audio_never_waits_for_video_at_the_sender_and_little_in_the_link() {
    let mut world = World::new(MBIT_4, cameras(), 1);
    world.run(10);
    world.link.rate = MBIT;
    world.run(20);
    let waits = &world.seconds[13..30];
    let longest_us = waits.iter().map(|it| it.audio_wait_us_max).max();
    assert!(
        longest_us < Some(100_000),
        "{longest_us:?}\n{}",
        world.story()
    );
}

#[test]
fn a_deep_queue_is_drained_in_seconds() {
    let mut world = World::new(MBIT_4, cameras(), 2);
    world.link.queue_bytes_max = 250_000;
    world.run(20);
    world.link.rate = MBIT;
    world.run(20);
    let queueing_ms = world.queueing_p95_ms(24..40);
    assert!(queueing_ms <= 150, "{queueing_ms} ms\n{}", world.story());
}

#[test]
fn random_loss_does_not_collapse_the_estimate() {
    for percent in [0, 1, 2, 5, 10] {
        let mut world = World::new(MBIT_4, cameras(), 40 + percent);
        world.link.loss = percent as f64 / 100.0;
        world.run(60);
        let used = world.used(20..60, MBIT_4);
        let story = world.story();
        assert!(used >= 0.6, "{percent} % loss: {used} used\n{story}");
    }
}

#[test]
fn a_link_with_a_short_queue_is_not_overrun() {
    let mut world = World::new(MBIT, cameras(), 5);
    world.link.queue_bytes_max = 6_000;
    world.run(60);
    let used = world.used(20..60, MBIT);
    let story = world.story();
    assert!((0.4..=1.0).contains(&used), "{used} used\n{story}");
    let worst = world.seconds[20..].iter().map(|it| it.estimate).max();
    assert!(worst < Some(MBIT.scaled(2.0)), "{worst:?}\n{story}");
}

/// Probes pass a token bucket unhindered: what they promise is not there.
#[test]
fn a_token_bucket_does_not_make_the_layers_swing() {
    for seed in SEEDS {
        let mut world = World::new(MBIT, cameras(), seed);
        world.link.bucket_bytes = 16_000;
        world.run(120);
        let used = world.used(20..120, MBIT);
        let queueing_ms = world.queueing_p95_ms(20..120);
        let switches: usize = world.cameras.iter().map(|it| it.switches_us.len()).sum();
        let told = format!("seed {seed}\n{}", world.story());
        assert!(used >= 0.75, "{used} used; {told}");
        assert!(queueing_ms <= 100, "{queueing_ms} ms queued; {told}");
        assert!(switches <= 18, "{switches} switches of three slots; {told}");
    }
}

#[test]
fn a_sender_with_little_to_send_keeps_its_estimate_and_finds_more_when_asked() {
    for seed in SEEDS {
        let mut world = World::new(MBIT_4, cameras(), seed);
        world.tile = SMALL;
        world.run(60);
        let little = world.seconds[20..60].iter().map(|it| it.estimate).min();
        let story = world.story();
        assert!(
            little >= Some(Bitrate::from_kbps(600)),
            "{little:?}\n{story}"
        );
        world.tile = TileSize::default();
        world.run(20);
        let used = world.used(70..80, MBIT_4);
        assert!(used >= 0.8, "seed {seed}: {used} used\n{}", world.story());
    }
}

#[test]
fn lost_feedback_is_survived() {
    let mut world = World::new(MBIT_4, cameras(), 3);
    world.feedback_loss = 0.3;
    world.run(60);
    let used = world.used(20..60, MBIT_4);
    assert!(used >= 0.7, "{used} used\n{}", world.story());
    // None at all: the estimate gives way, and comes back with the feedback.
    world.feedback_loss = 1.0;
    world.run(5);
    let before = world.seconds[59].estimate;
    assert!(
        world.seconds[64].estimate < before.scaled(0.6),
        "{}",
        world.story()
    );
    world.feedback_loss = 0.0;
    world.run(15);
    assert!(
        world.seconds[79].estimate > before.scaled(0.7),
        "{}",
        world.story()
    );
}

#[test]
fn jitter_of_a_radio_link_is_no_congestion() {
    let mut world = World::new(MBIT_4, cameras(), 4);
    world.link.jitter_us = 20_000;
    world.run(60);
    let used = world.used(20..60, MBIT_4);
    assert!(used >= 0.6, "{used} used\n{}", world.story());
}

#[test]
fn a_long_round_trip_takes_longer_but_works() {
    let mut world = World::new(MBIT_4, cameras(), 6);
    world.link.delay_us = 150_000;
    world.run(30);
    world.link.rate = MBIT;
    world.run(30);
    let used = (world.used(15..30, MBIT_4), world.used(45..60, MBIT));
    assert!(
        used.0 >= 0.75 && used.1 >= 0.7,
        "{used:?}\n{}",
        world.story()
    );
    let queueing_ms = world.queueing_p95_ms(36..60);
    assert!(queueing_ms <= 150, "{queueing_ms} ms\n{}", world.story());
}

#[test]
fn a_new_route_is_found_out_anew() {
    let mut world = World::new(MBIT_4, cameras(), 7);
    world.run(20);
    world.link.rate = MBIT;
    world.link.delay_us = 80_000;
    world.change_route();
    assert!(world.estimator.estimate() <= Bitrate::from_kbps(300));
    assert_eq!(world.estimator.rtt(), None);
    world.run(20);
    let used = world.used(30..40, MBIT);
    assert!(used >= 0.7, "{used}\n{}", world.story());
    let rtt = world.estimator.rtt().expect("measured again");
    assert!((160..260).contains(&rtt.as_millis()), "{rtt:?}");
    assert!(world.estimator.queueing() < Duration::from_millis(100));
}

#[test]
fn a_link_below_the_smallest_layers_pauses_cameras_and_keeps_audio() {
    let mut world = World::new(Bitrate::from_kbps(250), cameras(), 8);
    world.run(40);
    let queueing_ms = world.queueing_p95_ms(10..40);
    assert!(queueing_ms <= 200, "{queueing_ms} ms\n{}", world.story());
    let used = world.used(10..40, Bitrate::from_kbps(250));
    assert!(used >= 0.5, "{used}\n{}", world.story());
}
