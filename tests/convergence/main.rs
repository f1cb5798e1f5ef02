//! Convergence: any order, any duplication, any partition, one state; and that state is the naive model's.

mod generate;
mod model;

use generate::{Pair, pairs};
use greenroom::crdt::{Applied, State, Text};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_order_with_any_duplicates_is_the_model(
        (pairs, shuffled) in pairs().prop_flat_map(|pairs| {
            let mut twice = pairs.clone();
            twice.extend_from_slice(&pairs[..pairs.len() / 2]);
            (Just(pairs), Just(twice).prop_shuffle())
        })
    ) {
        let model = model::canonical_bytes(&pairs);
        prop_assert_eq!(hex::encode(state(&pairs).canonical_bytes()), hex::encode(&model));
        prop_assert_eq!(hex::encode(state(&shuffled).canonical_bytes()), hex::encode(&model));
        prop_assert_eq!(state(&shuffled).digest().0, model::sha256(&model));
    }

    #[test]
    fn sites_that_were_apart_and_merge_in_any_order_agree(
        (pairs, homes, merges) in pairs().prop_flat_map(|pairs| {
            let n = pairs.len();
            let homes = proptest::collection::vec((0..5usize, 0..5usize), n);
            let merges = proptest::collection::vec((0..5usize, 0..5usize), 0..8);
            (Just(pairs), homes, merges)
        }),
        sites in 3..=5usize,
    ) {
        // Every pair arrives at one or two sites; some sites merge early, at random; at the end all merge.
        let mut states = vec![State::default(); sites];
        for ((op, stamp), (a, b)) in pairs.iter().zip(homes) {
            states[a % sites].apply(op.clone(), *stamp);
            states[b % sites].apply(op.clone(), *stamp);
        }
        for (from, to) in merges {
            let from = states[from % sites].clone();
            states[to % sites].merge(&from);
        }
        let mut forward = State::default();
        let mut backward = State::default();
        for site in &states {
            forward.merge(site);
        }
        for site in states.iter().rev() {
            backward.merge(site);
        }
        let model = model::sha256(&model::canonical_bytes(&pairs));
        prop_assert_eq!(forward.digest().0, model);
        prop_assert_eq!(backward.digest().0, model);
        for site in &mut states {
            site.merge(&forward);
            prop_assert_eq!(site.digest().0, model);
        }
    }

    #[test]
    fn applying_what_is_known_changes_nothing(pairs in pairs()) {
        let mut state = state(&pairs);
        let before = state.canonical_bytes();
        for (op, stamp) in pairs {
            prop_assert_eq!(state.apply(op, stamp), Applied::Known);
        }
        prop_assert_eq!(state.canonical_bytes(), before);
    }

    #[test]
    fn a_log_whose_deleted_and_purged_bodies_are_gone_has_the_same_digest(pairs in pairs()) {
        let whole = state(&pairs);
        let deleted = |dot| whole.message(dot).is_some_and(|m| m.text == Text::Deleted);
        let stripped: Vec<Pair> = pairs
            .into_iter()
            .map(|(mut op, stamp)| {
                let message = op.body.target().unwrap_or(op.dot);
                if deleted(message) || Some(stamp) <= whole.purged_up_to() {
                    op.purge();
                }
                (op, stamp)
            })
            .collect();
        prop_assert_eq!(state(&stripped).canonical_bytes(), whole.canonical_bytes());
    }

    #[test]
    fn a_merge_is_commutative_and_associative(
        a in pairs(), b in pairs(), c in pairs()
    ) {
        let (a, b, c) = (state(&a), state(&b), state(&c));
        let join = |x: &State, y: &State| { let mut x = x.clone(); x.merge(y); x };
        prop_assert_eq!(join(&a, &b).digest(), join(&b, &a).digest());
        prop_assert_eq!(join(&join(&a, &b), &c).digest(), join(&a, &join(&b, &c)).digest());
        prop_assert_eq!(join(&a, &a).digest(), a.digest());
    }
}

fn state(pairs: &[Pair]) -> State {
    let mut state = State::default();
    for (op, stamp) in pairs {
        state.apply(op.clone(), *stamp);
    }
    state
}
