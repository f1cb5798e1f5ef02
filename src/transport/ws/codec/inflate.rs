//! Inflating a message (RFC 7692 §7.2.2), within its size limit.

use super::failure::Failure;
use super::mask::Mask;
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::RefCell;

/// What ends a message's compressed data and is left out on the wire.
pub(super) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Inflaters kept by a thread between messages. Each holds a 32 KiB window, so connections do not keep their own.
const SPARE_MAX: usize = 4;
const PIECE_BYTES: usize = 4 * 1024;
const GROWTH_BYTES_MIN: usize = 512;
const GROWTH_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    static SPARE: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

/// One message's inflater: no context is taken over from message to message.
#[derive(Debug)]
pub(super) struct Inflater(Decompress);

impl Inflater {
    /// A fresh one, or a spare one of this thread.
    pub(super) fn take() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        Self(spare.unwrap_or_else(|| Decompress::new(false)))
    }

    /// Unmasks and inflates a piece onto `out`.
    ///
    /// # Errors
    /// Corrupt data, or more than `bytes_max` in `out`.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        mask: &mut Mask,
        out: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<(), Failure> {
        let mut plain = [0; PIECE_BYTES];
        for part in piece.chunks(PIECE_BYTES) {
            let plain = &mut plain[..part.len()];
            plain.copy_from_slice(part);
            mask.apply(plain);
            self.inflate(plain, out, bytes_max)?;
        }
        Ok(())
    }

    /// Ends the message and gives the inflater back to the thread.
    pub(super) fn finish(mut self, out: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
        self.inflate(&TAIL, out, bytes_max)?;
        self.0.reset(false);
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < SPARE_MAX {
                spare.push(self.0);
            }
        });
        Ok(())
    }

    fn inflate(
        &mut self,
        mut data: &[u8],
        out: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<(), Failure> {
        loop {
            if out.len() == out.capacity() {
                // One byte above the limit is enough room to see that it is exceeded.
                let growth = out.len().clamp(GROWTH_BYTES_MIN, GROWTH_BYTES_MAX);
                out.reserve_exact(growth.min(bytes_max + 1 - out.len()));
            }
            let (read_before, written_before) = (self.0.total_in(), out.len());
            let status = self
                .0
                .decompress_vec(data, out, FlushDecompress::Sync)
                .map_err(|_| Failure::Deflate)?;
            let read = (self.0.total_in() - read_before) as usize;
            data = &data[read..];
            if out.len() > bytes_max {
                return Err(Failure::TooBig);
            }
            if status == Status::StreamEnd {
                // A final block ends the stream but not the message (§7.2.3.4): another may follow.
                self.0.reset(false);
                if data.is_empty() {
                    return Ok(());
                }
            } else if out.len() < out.capacity() {
                if data.is_empty() {
                    return Ok(());
                }
                if read == 0 && out.len() == written_before {
                    return Err(Failure::Deflate);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(data: &[u8], bytes_max: usize) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        let mut inflater = Inflater::take();
        inflater.push(data, &mut Mask::default(), &mut out, bytes_max)?;
        inflater.finish(&mut out, bytes_max)?;
        Ok(out)
    }

    /// RFC 7692 §7.2.3: one block, one without compression, one with BFINAL, and two blocks.
    #[test]
    fn the_examples_of_the_rfc_inflate_to_hello() {
        for data in [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
            &[
                0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
            ],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[
                0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
            ],
        ] {
            assert_eq!(inflate(data, 5).as_deref(), Ok(&b"Hello"[..]));
        }
    }

    #[test]
    fn corrupt_data_fails() {
        assert_eq!(inflate(&[0xff; 20], 1024), Err(Failure::Deflate));
    }

    #[test]
    fn a_bomb_is_held_to_the_limit() {
        let bomb = super::super::compress(&vec![0; 10 << 20]).expect("it shrinks");
        let mut out = Vec::new();
        let failure = Inflater::take().push(&bomb, &mut Mask::default(), &mut out, 100_000);
        assert_eq!(failure, Err(Failure::TooBig));
        assert!(out.capacity() <= 100_001, "held {}", out.capacity());
    }
}
