//! The whole of congestion control against a simulated link, in virtual time.
//!
//! Deterministic: one seed makes the whole run, so outcomes are asserted.

mod link;
mod random;
mod source;
mod world;

use super::Bitrate;
use source::Camera;
use world::World;

const MBIT: Bitrate = Bitrate::from_kbps(1_000);
const MBIT_4: Bitrate = Bitrate::from_kbps(4_000);

fn cameras() -> Vec<Camera> {
    let tops = [1_500, 2_000, 2_500];
    (0..3)
        .map(|slot| {
            Camera::new(
                slot,
                [150, 500, tops[usize::from(slot)]],
                i64::from(slot) * 7_000,
            )
        })
        .collect()
}

#[test]
fn four_to_one_to_four_mbit() {
    for seed in 1..=8 {
        let mut world = World::new(MBIT_4, cameras(), seed);
        world.run(30);
        world.link.rate = MBIT;
        world.run(30);
        world.link.rate = MBIT_4;
        world.run(30);
        println!("seed {seed}\n{}", world.story());
        println!(
            "switches {} {} {}",
            world.switches_in_10_s(5, 30),
            world.switches_in_10_s(30, 60),
            world.switches_in_10_s(60, 90)
        );
        println!(
            "used {} {} {}",
            world.used(10..30, MBIT_4),
            world.used(40..60, MBIT),
            world.used(70..90, MBIT_4)
        );
        println!(
            "p95 {} {} {}",
            world.queueing_p95_ms(2..30),
            world.queueing_p95_ms(32..60),
            world.queueing_p95_ms(62..90)
        );
    }
}
