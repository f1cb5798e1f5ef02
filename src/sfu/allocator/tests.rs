use super::*;
use crate::sfu::{Encoding, TrackId};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn layer(encoding: u8, temporal: u8) -> Layer {
    Layer {
        encoding: Encoding(encoding),
        spatial: 0,
        temporal,
    }
}

fn kbps(kbps: u64) -> Bitrate {
    Bitrate::from_kbps(kbps)
}

/// Three encodings without temporal layers: 150, 500 and 1,500 kbit/s.
fn simulcast() -> Vec<LayerRate> {
    [(320, 180, 150), (640, 360, 500), (1_280, 720, 1_500)]
        .into_iter()
        .zip(0..)
        .map(|((width, height, rate), encoding)| LayerRate {
            layer: layer(encoding, 0),
            bitrate: kbps(rate),
            size: TileSize { width, height },
            arriving: true,
        })
        .collect()
}

fn demand(slot: u16, layers: &[LayerRate]) -> SlotDemand<'_> {
    SlotDemand {
        slot: SlotId(slot),
        track: TrackId(u32::from(slot)),
        screen: false,
        pinned: false,
        priority: 0,
        tile: TileSize::default(),
        layers,
    }
}

/// Allocates every 100 ms for some time with the same budget.
fn settle(
    now: &mut Instant,
    time: Duration,
    budget: Bitrate,
    demands: &[SlotDemand<'_>],
    mut allocation: Allocation,
) -> Allocation {
    let end = *now + time;
    while *now < end {
        allocation = allocate(*now, budget, demands, &allocation);
        *now += Duration::from_millis(100);
    }
    allocation
}

fn encodings(allocation: &Allocation) -> Vec<Option<u8>> {
    let layers = allocation.slots.iter().map(|slot| slot.layer);
    layers.map(|it| it.map(|it| it.encoding.0)).collect()
}

#[test]
fn a_tile_that_grows_has_its_layer_soon() {
    let layers = simulcast();
    let tile = |width, height| SlotDemand {
        tile: TileSize { width, height },
        ..demand(0, &layers)
    };
    let mut now = Instant::now();
    let (large, small) = ([tile(1_280, 720)], [tile(320, 180)]);
    let shown = settle(
        &mut now,
        6 * SECOND,
        kbps(9_000),
        &large,
        Allocation::default(),
    );
    assert_eq!(encodings(&shown), [Some(2)]);
    let shown = settle(&mut now, SECOND, kbps(9_000), &small, shown);
    assert_eq!(encodings(&shown), [Some(0)]);
    let shown = settle(&mut now, SECOND, kbps(9_000), &large, shown);
    assert_eq!(encodings(&shown), [Some(2)]);
}

#[test]
fn everybody_gets_a_base_before_anybody_gets_more() {
    let layers = simulcast();
    let demands: Vec<_> = (0..4).map(|slot| demand(slot, &layers)).collect();
    let mut now = Instant::now();
    let first = allocate(now, kbps(700), &demands, &Allocation::default());
    assert_eq!(encodings(&first), [Some(0); 4]);
    let settled = settle(&mut now, 5 * SECOND, kbps(1_000), &demands, first);
    assert_eq!(encodings(&settled), [Some(1), Some(0), Some(0), Some(0)]);
    let little = allocate(now, kbps(350), &demands, &Allocation::default());
    assert_eq!(encodings(&little), [Some(0), Some(0), None, None]);
    assert_eq!(little.slots[3].paused(), Some(PauseReason::Bandwidth));
}

#[test]
fn screens_come_before_what_is_pinned_before_the_rest() {
    let layers = simulcast();
    let mut demands: Vec<_> = (0..4).map(|slot| demand(slot, &layers)).collect();
    demands[1].priority = 200;
    demands[2].pinned = true;
    demands[3].screen = true;
    let mut now = Instant::now();
    let mut of = |rate| {
        encodings(&settle(
            &mut now,
            5 * SECOND,
            kbps(rate),
            &demands,
            Allocation::default(),
        ))
    };
    assert_eq!(of(2_100), [Some(0), Some(0), Some(0), Some(2)]);
    assert_eq!(of(2_500), [Some(0), Some(0), Some(1), Some(2)]);
    assert_eq!(of(3_900), [Some(0), Some(1), Some(2), Some(2)]);
    assert_eq!(of(200), [None, None, None, Some(0)]);
}

#[test]
fn a_screen_that_begins_takes_from_cameras_at_once() {
    let layers = simulcast();
    let mut now = Instant::now();
    let cameras = [demand(0, &layers)];
    let before = settle(
        &mut now,
        20 * SECOND,
        kbps(1_800),
        &cameras,
        Allocation::default(),
    );
    assert_eq!(encodings(&before), [Some(2)]);
    let mut both = vec![demand(0, &layers), demand(1, &layers)];
    both[1].screen = true;
    let first = allocate(now, kbps(1_800), &both, &before);
    assert_eq!(encodings(&first), [Some(0), Some(2)]);
    let settled = settle(&mut now, 30 * SECOND, kbps(1_800), &both, first);
    assert_eq!(encodings(&settled), [Some(0), Some(2)]);
}

#[test]
fn a_layer_bigger_than_the_tile_is_never_sent() {
    let layers = simulcast();
    let mut now = Instant::now();
    for (width, height, best) in [(640, 360, 1), (500, 281, 0), (100, 100, 0), (1_280, 720, 2)] {
        let mut demands = [demand(0, &layers)];
        demands[0].tile = TileSize { width, height };
        let settled = settle(
            &mut now,
            10 * SECOND,
            kbps(9_000),
            &demands,
            Allocation::default(),
        );
        assert_eq!(encodings(&settled), [Some(best)], "{width}x{height}");
        assert_eq!(wanted(&demands), layers[usize::from(best)].bitrate);
    }
}

#[test]
fn it_goes_down_at_once_and_up_only_after_a_while_with_margin() {
    let layers = simulcast();
    let demands = [demand(0, &layers)];
    let mut now = Instant::now();
    let high = settle(
        &mut now,
        20 * SECOND,
        kbps(2_000),
        &demands,
        Allocation::default(),
    );
    assert_eq!(encodings(&high), [Some(2)]);
    let low = allocate(now, kbps(700), &demands, &high);
    assert_eq!(encodings(&low), [Some(1)]);
    let soon = settle(&mut now, 9 * SECOND, kbps(2_000), &demands, low);
    assert_eq!(encodings(&soon), [Some(1)], "not within ten seconds");
    let tight = settle(&mut now, 20 * SECOND, kbps(1_510), &demands, soon.clone());
    assert_eq!(encodings(&tight), [Some(1)], "not without a margin");
    let later = settle(&mut now, 2 * SECOND, kbps(2_000), &demands, tight);
    assert_eq!(encodings(&later), [Some(2)]);
}

#[test]
fn a_budget_that_swings_makes_few_switches() {
    let layers = simulcast();
    let demands: Vec<_> = (0..3).map(|slot| demand(slot, &layers)).collect();
    let mut now = Instant::now();
    let mut allocation = Allocation::default();
    let mut switches = vec![Vec::new(); 3];
    for step in 0..3_000_u64 {
        // A saw tooth between 850 and 1,250 kbit/s with a period of five seconds.
        let budget = kbps(850 + step % 50 * 8);
        let next = allocate(now, budget, &demands, &allocation);
        for slot in 0..3 {
            let before = allocation.layer(SlotId(slot));
            if before.is_some() && before != next.layer(SlotId(slot)) {
                switches[usize::from(slot)].push(now);
            }
        }
        allocation = next;
        now += Duration::from_millis(100);
    }
    for slot in switches {
        assert!(slot.len() <= 12, "{} in 300 s", slot.len());
    }
}

#[test]
fn what_does_not_arrive_is_wished_for_and_replaced() {
    let mut layers = simulcast();
    layers[2].arriving = false;
    let mut now = Instant::now();
    let demands = [demand(0, &layers)];
    let allocation = settle(
        &mut now,
        5 * SECOND,
        kbps(3_000),
        &demands,
        Allocation::default(),
    );
    assert_eq!(allocation.slots[0].wished, Some(layer(2, 0)));
    assert_eq!(allocation.slots[0].layer, Some(layer(1, 0)));

    let mut layers = simulcast();
    layers[0].arriving = false;
    layers[1].arriving = false;
    let mut demands = [demand(0, &layers)];
    demands[0].tile = TileSize {
        width: 640,
        height: 360,
    };
    let allocation = settle(
        &mut now,
        5 * SECOND,
        kbps(3_000),
        &demands,
        Allocation::default(),
    );
    assert_eq!(allocation.slots[0].wished, Some(layer(1, 0)));
    assert_eq!(allocation.slots[0].paused(), Some(PauseReason::NotArriving));
}

#[test]
fn a_layer_never_measured_is_assumed_by_its_size() {
    let mut layers = simulcast();
    for it in &mut layers {
        it.bitrate = Bitrate::ZERO;
    }
    let total = wanted(&[demand(0, &layers)]);
    assert!((kbps(1_500)..=kbps(2_500)).contains(&total), "{total}");
}

#[test]
fn another_publication_in_the_slot_begins_anew() {
    let layers = simulcast();
    let mut now = Instant::now();
    let mut demands = [demand(0, &layers)];
    let high = settle(
        &mut now,
        20 * SECOND,
        kbps(2_000),
        &demands,
        Allocation::default(),
    );
    let low = allocate(now, kbps(200), &demands, &high);
    assert_eq!(encodings(&low), [Some(0)]);
    demands[0].track = TrackId(99);
    let other = settle(&mut now, SECOND, kbps(2_000), &demands, low);
    assert_eq!(encodings(&other), [Some(2)], "its own history counts");
}

proptest! {
    #[test]
    fn it_keeps_the_budget_and_the_tile(
        budgets in prop::collection::vec(0_u64..8_000, 1..40),
        tiles in prop::collection::vec((0_u16..2_000, 0_u16..2_000, any::<bool>(), 0_u8..3), 1..12),
        rates in prop::collection::vec(0_u64..3_000, 9),
        arriving in prop::collection::vec(any::<bool>(), 9),
    ) {
        let layers: Vec<_> = (0..9_u8)
            .map(|index| LayerRate {
                layer: layer(index / 3, index % 3),
                bitrate: kbps(rates[usize::from(index)]),
                size: TileSize {
                    width: 320 << (index / 3),
                    height: 180 << (index / 3),
                },
                arriving: arriving[usize::from(index)],
            })
            .collect();
        let demands: Vec<_> = tiles
            .iter()
            .zip(0..)
            .map(|(&(width, height, screen, priority), slot)| SlotDemand {
                screen,
                priority,
                tile: TileSize { width, height },
                ..demand(slot, &layers)
            })
            .collect();
        let mut now = Instant::now();
        let mut allocation = Allocation::default();
        for budget in budgets {
            allocation = allocate(now, kbps(budget), &demands, &allocation);
            now += Duration::from_millis(400);
            let sent = allocation.slots.iter().filter_map(|slot| {
                let wished = slot.wished?;
                layers.iter().find(|it| it.layer == wished)
            });
            let measured: Bitrate = sent.map(|it| it.bitrate).sum();
            prop_assert!(measured <= kbps(budget).scaled(OVER), "{measured} of {budget}");
            for (slot, demand) in allocation.slots.iter().zip(&demands) {
                prop_assert_eq!(slot.slot, demand.slot);
                let Some(chosen) = slot.layer else { continue };
                let found = layers.iter().find(|it| it.layer == chosen);
                let found = found.expect("only layers that were offered");
                prop_assert!(found.arriving);
                prop_assert!(chosen.encoding.0 == 0 || !found.size.exceeds(demand.tile));
            }
        }
    }
}
