//! Any feedback is read without panic and survives being written; any arrivals are told to within a tick.
#![no_main]

use greenroom::rtc::twcc::{Feedback, PACKETS_MAX, TICK_US};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], i64, Vec<Option<i32>>)| {
    let (body, start, steps) = input;
    if let Ok(feedback) = Feedback::parse(body) {
        assert!(feedback.packets.len() <= PACKETS_MAX);
        assert_eq!(Feedback::parse(&written(&feedback)), Ok(feedback));
    }
    let mut at = start % (1 << 50);
    let arrivals: Vec<Option<i64>> = steps
        .into_iter()
        .map(|step| {
            at += i64::from(step?);
            Some(at)
        })
        .collect();
    let Some((feedback, covered)) = Feedback::build(1, 2, 3, 4, &arrivals) else {
        return;
    };
    assert_eq!(feedback.packets.len(), covered);
    assert_eq!(Feedback::parse(&written(&feedback)), Ok(feedback.clone()));
    let mut first = None;
    for (told, real) in feedback.packets.iter().zip(&arrivals) {
        assert_eq!(told.is_some(), real.is_some());
        if let (Some(told), Some(real)) = (told, real) {
            let (told_first, real_first) = *first.get_or_insert((*told, *real));
            assert!(((told - told_first) - (real - real_first)).abs() <= TICK_US);
        }
    }
});

fn written(feedback: &Feedback) -> Vec<u8> {
    let mut out = Vec::new();
    feedback.write(&mut out);
    assert!(out.len().is_multiple_of(4));
    out
}
