//! Any RED payload: no panic, blocks stay within it, and what is split can be joined again.
#![no_main]

use greenroom::rtc::red::{Earlier, PAYLOAD_BYTES_MAX, join, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let Ok(blocks) = split(payload) else {
        return;
    };
    let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
    assert!(bytes < payload.len());
    let primary = blocks.primary();
    let earlier: Vec<Earlier<'_>> = blocks
        .iter()
        .rev()
        .skip(1)
        .map(|block| Earlier {
            timestamp_offset: block.timestamp_offset.into(),
            bytes: block.bytes,
        })
        .collect();
    let mut out = Vec::new();
    let count = join(primary.payload_type, primary.bytes, &earlier, &mut out);
    assert!(out.len() <= PAYLOAD_BYTES_MAX.max(1 + primary.bytes.len()));
    let again = split(&out).expect("what was joined");
    assert_eq!(again.primary(), primary);
    assert_eq!(again.iter().count(), count + 1);
});
