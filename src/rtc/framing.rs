//! Datagrams on a byte stream: a length of two bytes before each (RFC 4571 §2), as ICE-TCP carries them (RFC 6544 §3).

use std::collections::VecDeque;
use thiserror::Error;

/// Bytes before each frame.
pub const FRAME_HEADER_LEN: usize = 2;

/// Longest frame that is taken: what a UDP datagram on an Ethernet can carry, with some room.
pub const FRAME_LEN_MAX: usize = 2048;

/// The peer announced a frame longer than [`FRAME_LEN_MAX`]: close the connection, its frames are lost for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a frame of {len} bytes is longer than allowed")]
pub struct FrameTooLong {
    /// What was announced, or should have been written, in bytes.
    pub len: usize,
}

/// Splits a byte stream into frames. Holds at most one unfinished frame, and only as much of it as has arrived.
#[derive(Debug, Default)]
pub struct FrameSplitter {
    unfinished: Vec<u8>,
    broken: Option<FrameTooLong>,
}

impl FrameSplitter {
    /// A splitter at the beginning of a connection. Allocates nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            unfinished: Vec::new(),
            broken: None,
        }
    }

    /// Takes the next bytes of the stream and calls `frame` with each frame they complete, in order. Empty frames are
    /// passed over: some clients send them to keep a connection alive.
    ///
    /// # Errors
    ///
    /// A frame is too long. Frames before it have been delivered; the splitter stays broken.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut frame: impl FnMut(&mut [u8]),
    ) -> Result<(), FrameTooLong> {
        while !bytes.is_empty() {
            if let Some(error) = self.broken {
                return Err(error);
            }
            let missing = self.missing();
            let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
            self.unfinished.extend_from_slice(taken);
            bytes = rest;
            match self.announced() {
                Some(len) if len > FRAME_LEN_MAX => {
                    self.unfinished = Vec::new();
                    self.broken = Some(FrameTooLong { len });
                }
                Some(len) if self.unfinished.len() == FRAME_HEADER_LEN + len => {
                    if len > 0 {
                        frame(&mut self.unfinished[FRAME_HEADER_LEN..]);
                    }
                    self.unfinished.clear();
                }
                _ => {}
            }
        }
        self.broken.map_or(Ok(()), Err)
    }

    /// The length in the header, once that is whole.
    fn announced(&self) -> Option<usize> {
        match self.unfinished[..] {
            [high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// Bytes to the end of the header, then to the end of the frame. Never 0.
    fn missing(&self) -> usize {
        let end = self.announced().unwrap_or(0) + FRAME_HEADER_LEN;
        end - self.unfinished.len()
    }
}

/// Appends `datagram` with its header to a stream's buffer. The caller bounds the buffer.
///
/// # Errors
///
/// It is longer than [`FRAME_LEN_MAX`]; nothing was appended.
pub fn write_frame(datagram: &[u8], out: &mut VecDeque<u8>) -> Result<(), FrameTooLong> {
    let header = frame_header(datagram.len())?;
    out.extend(header);
    out.extend(datagram);
    Ok(())
}

/// The header of a frame of `len` bytes, for those who write header and content by themselves.
///
/// # Errors
///
/// `len` exceeds [`FRAME_LEN_MAX`].
pub fn frame_header(len: usize) -> Result<[u8; FRAME_HEADER_LEN], FrameTooLong> {
    match u16::try_from(len) {
        Ok(short) if len <= FRAME_LEN_MAX => Ok(short.to_be_bytes()),
        _ => Err(FrameTooLong { len }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(splitter: &mut FrameSplitter, bytes: &[u8]) -> Result<Vec<Vec<u8>>, FrameTooLong> {
        let mut frames = Vec::new();
        splitter.push(bytes, |frame| frames.push(frame.to_vec()))?;
        Ok(frames)
    }

    proptest! {
        #[test]
        fn frames_survive_any_cut(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..8),
            cut in 1usize..50,
        ) {
            let mut stream = VecDeque::new();
            for frame in &frames {
                write_frame(frame, &mut stream).unwrap();
            }
            let mut splitter = FrameSplitter::new();
            let mut found = Vec::new();
            for piece in stream.make_contiguous().chunks(cut) {
                found.extend(split(&mut splitter, piece).unwrap());
            }
            prop_assert_eq!(found, frames);
        }
    }

    #[test]
    fn empty_frames_are_passed_over() {
        let mut splitter = FrameSplitter::new();
        let frames = split(&mut splitter, &[0, 0, 0, 1, 7, 0, 0]);
        assert_eq!(frames, Ok(vec![vec![7]]));
    }

    #[test]
    fn a_frame_too_long_breaks_the_stream_before_it_is_buffered() {
        let mut splitter = FrameSplitter::new();
        let len = FRAME_LEN_MAX + 1;
        let [high, low] = u16::try_from(len).unwrap().to_be_bytes();
        let mut seen = 0;
        let result = splitter.push(&[0, 1, 9, high, low, 1, 2], |_| seen += 1);
        assert_eq!((result, seen), (Err(FrameTooLong { len }), 1));
        assert!(splitter.unfinished.is_empty());
        assert_eq!(
            split(&mut splitter, &[0, 1, 9]),
            Err(FrameTooLong { len }),
            "it stays broken"
        );
    }

    #[test]
    fn the_longest_frame_passes_and_no_longer_one_is_written() {
        let mut stream = VecDeque::new();
        let longest = vec![5; FRAME_LEN_MAX];
        write_frame(&longest, &mut stream).unwrap();
        let mut splitter = FrameSplitter::new();
        let frames = split(&mut splitter, stream.make_contiguous());
        assert_eq!(frames, Ok(vec![longest]));
        let before = stream.len();
        assert!(write_frame(&vec![5; FRAME_LEN_MAX + 1], &mut stream).is_err());
        assert_eq!(stream.len(), before);
    }
}
