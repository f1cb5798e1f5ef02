//! Compressing a message (RFC 7692 §7.2.1): once, without context, so that every connection can share the result.

use super::inflate::TAIL;
use flate2::{Compress, Compression, FlushCompress};
use std::cell::RefCell;

/// Shorter messages are sent as they are: they hardly shrink.
pub const COMPRESS_BYTES_MIN: usize = 128;
/// Fast rather than small: chat frames are short, and a page of a sync must not hold up its worker thread.
const LEVEL: u32 = 3;
const GROWTH_BYTES_MIN: usize = 64;

thread_local! {
    /// One per thread: it holds 256 KiB, and is reset for every message.
    static COMPRESSOR: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// The compressed payload, or `None` when the message is short or would not shrink.
#[must_use]
pub fn compress(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() < COMPRESS_BYTES_MIN {
        return None;
    }
    let mut out = Vec::with_capacity(payload.len() / 2 + GROWTH_BYTES_MIN);
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        loop {
            let read = usize::try_from(compressor.total_in()).expect("no longer than the payload");
            compressor
                .compress_vec(&payload[read..], &mut out, FlushCompress::Sync)
                .expect("deflate has no invalid input");
            let read = usize::try_from(compressor.total_in()).expect("no longer than the payload");
            // Spare room left means that everything has been flushed.
            if read == payload.len() && out.len() < out.capacity() {
                break;
            }
            out.reserve(out.len().max(GROWTH_BYTES_MIN));
        }
    });
    debug_assert!(out.ends_with(&TAIL), "a sync flush ends with its marker");
    out.truncate(out.len() - TAIL.len());
    (out.len() < payload.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ws::codec::{
        Decoder, Deflate, Event, Limits, MessageKind, Role, decode_all, message,
    };
    use proptest::prelude::*;

    #[test]
    fn short_and_random_messages_stay_as_they_are() {
        assert_eq!(compress(&[b'a'; COMPRESS_BYTES_MIN - 1]), None);
        let noise: Vec<u8> = (0_u32..4096)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8 ^ ((i * i) >> 3) as u8)
            .collect();
        assert!(compress(&noise).is_none_or(|z| z.len() < noise.len()));
    }

    proptest! {
        #[test]
        fn what_is_compressed_inflates_to_itself(
            word in prop::collection::vec(any::<u8>(), 1..40),
            times in 1_usize..400,
        ) {
            let payload = word.repeat(times);
            let frame = message(MessageKind::Binary, &payload, true);
            let limits = Limits { frame_bytes_max: 1 << 20, message_bytes_max: payload.len() };
            let mut decoder = Decoder::new(Role::Client, limits, Some(Deflate::default()));
            let events = decode_all(&mut decoder, &frame).expect("a message");
            let [Event::Message(message)] = &events[..] else { panic!("{events:?}") };
            prop_assert_eq!(&message.payload, &payload);
        }
    }
}
