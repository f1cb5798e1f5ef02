//! Any byte stream, cut anywhere: the same frames come out, none too long, and what was written is read again.
#![no_main]

use greenroom::rtc::framing::{FRAME_LEN_MAX, FrameSplitter, write_frame};
use libfuzzer_sys::fuzz_target;
use std::collections::VecDeque;

fn split(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut splitter = FrameSplitter::new();
    let mut frames = Vec::new();
    for piece in pieces {
        if splitter
            .push(&piece, |frame| frames.push(frame.to_vec()))
            .is_err()
        {
            break;
        }
    }
    frames
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let whole = split(std::iter::once(bytes.to_vec()));
    let cut = usize::from(cut).max(1);
    assert_eq!(whole, split(bytes.chunks(cut).map(<[u8]>::to_vec)));
    assert!(
        whole
            .iter()
            .all(|frame| !frame.is_empty() && frame.len() <= FRAME_LEN_MAX)
    );
    let mut written = VecDeque::new();
    for frame in &whole {
        write_frame(frame, &mut written).expect("it was read");
    }
    assert_eq!(whole, split(std::iter::once(written.into())));
});
