//! RFC 6455 with permessage-deflate (RFC 7692), without I/O.
//!
//! Pure: bytes in, events out; values in, `Bytes` out. Owns frames, messages, masking, compression and their limits.
//! Knows nothing of sockets, clocks, tasks or what the messages mean. Everything that a peer can make it hold is bounded
//! by [`Limits`], and a frame that would exceed them is refused at its header, before its payload arrives.

mod close;
mod decoder;
mod deflate;
mod encode;
mod failure;
mod header;
mod inflate;
mod mask;
mod message;
mod negotiate;
mod skim;

pub use close::CloseFrame;
pub use decoder::{Decoder, Event, Limits};
pub use deflate::{COMPRESS_BYTES_MIN, compress};
pub use encode::{close, frame, masked_frame, message, pong};
pub use failure::Failure;
pub use header::{OpCode, Role};
pub use message::{Message, MessageKind};
pub use negotiate::{Deflate, OFFER, negotiate};

/// Feeds a whole input and collects what comes out of it: for fuzzers and tests.
///
/// # Errors
/// The events before the failure, and the failure.
pub fn decode_all(
    decoder: &mut Decoder,
    mut input: &[u8],
) -> Result<Vec<Event>, (Vec<Event>, Failure)> {
    let mut events = Vec::new();
    loop {
        match decoder.decode(&mut input) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return Ok(events),
            Err(failure) => return Err((events, failure)),
        }
    }
}
