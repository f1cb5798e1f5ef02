//! After a failure nothing is believed or kept, but the peer's close frame is still recognised.

use super::header::HeaderBytes;

/// Walks over frames without keeping their payloads, until a close frame has passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skim {
    header: HeaderBytes,
    /// Of the current frame, when its header is known.
    remaining: Option<u64>,
    saw_close: bool,
}

impl Skim {
    /// Goes on where the decoder failed: inside a header, or with payload of a frame to pass over.
    pub(super) const fn new(header: HeaderBytes, remaining: Option<u64>) -> Self {
        Self {
            header,
            remaining,
            saw_close: false,
        }
    }

    /// Consumes input; true once the peer's close frame has passed, or nothing can follow.
    pub(super) fn skim(&mut self, input: &mut &[u8]) -> bool {
        while !self.saw_close {
            let Some(remaining) = self.remaining else {
                if !self.header.fill(input, 2) || !self.header.fill(input, self.header.whole()) {
                    return false;
                }
                let len = self.header.payload_len();
                // No frame is that long: the stream is garbage and no close frame will be found in it.
                self.saw_close = len >> 63 != 0;
                self.remaining = Some(len);
                continue;
            };
            let pass = usize::try_from(remaining)
                .unwrap_or(usize::MAX)
                .min(input.len());
            *input = &input[pass..];
            let left = remaining - pass as u64;
            if left > 0 {
                self.remaining = Some(left);
                return false;
            }
            self.saw_close = self.header.is_close();
            self.remaining = None;
            self.header = HeaderBytes::default();
        }
        *input = &[];
        true
    }
}
