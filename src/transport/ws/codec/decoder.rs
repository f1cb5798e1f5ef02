//! The incoming side of one connection: bytes to events.

use super::close::CloseFrame;
use super::failure::Failure;
use super::header::{Header, HeaderBytes, OpCode, Role};
use super::mask::Mask;
use super::message::{Assembly, Message, MessageKind};
use super::negotiate::Deflate;
use super::skim::Skim;

/// What a peer may make the decoder hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Payload of one frame as sent (compressed or not), in bytes.
    pub frame_bytes_max: u64,
    /// A message after inflating, over all its fragments, in bytes.
    pub message_bytes_max: usize,
}

/// What the peer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A complete message.
    Message(Message),
    /// To be answered by a pong with the same payload (≤ 125 bytes).
    Ping(Vec<u8>),
    /// An answer to a ping.
    Pong(Vec<u8>),
    /// The peer closes; nothing follows.
    Close(Option<CloseFrame>),
}

/// Reads one side of a connection. Between messages it holds no heap memory.
///
/// After a [`Failure`] it passes over whatever comes until the peer's close frame, which it still reports (without code
/// and reason); after a close it discards everything.
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    limits: Limits,
    deflate: bool,
    header: HeaderBytes,
    frame: Option<Frame>,
    message: Option<Box<Assembly>>,
    control: Vec<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    Reading,
    Failed(Skim),
    Closed,
}

/// The frame whose payload is being read.
#[derive(Debug)]
struct Frame {
    opcode: OpCode,
    last: bool,
    remaining: u64,
    mask: Mask,
}

impl Decoder {
    /// A decoder at the start of a connection; `deflate` as negotiated.
    #[must_use]
    pub fn new(role: Role, limits: Limits, deflate: Option<Deflate>) -> Self {
        Self {
            role,
            limits,
            deflate: deflate.is_some(),
            header: HeaderBytes::default(),
            frame: None,
            message: None,
            control: Vec::new(),
            state: State::Reading,
        }
    }

    /// Consumes from `input` up to the next event, or all of it.
    ///
    /// # Errors
    /// The first fault of the peer, once.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Failure> {
        match &mut self.state {
            State::Reading => {}
            State::Failed(skim) => {
                let closed = skim.skim(input);
                if closed {
                    self.state = State::Closed;
                }
                return Ok(closed.then_some(Event::Close(None)));
            }
            State::Closed => {
                *input = &[];
                return Ok(None);
            }
        }
        let result = self.read(input);
        match &result {
            Err(_) => self.fail(),
            Ok(Some(Event::Close(_))) => {
                self.state = State::Closed;
                *input = &[];
            }
            Ok(_) => {}
        }
        result
    }

    /// The peer's close frame has arrived (or can no longer): nothing more will come.
    #[must_use]
    pub const fn peer_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    fn read(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Failure> {
        loop {
            if self.frame.is_none() && !self.read_header(input)? {
                return Ok(None);
            }
            if !self.read_payload(input)? {
                return Ok(None);
            }
            if let Some(event) = self.end_frame()? {
                return Ok(Some(event));
            }
        }
    }

    fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, Failure> {
        if !self.header.fill(input, 2) {
            return Ok(false);
        }
        let (opcode, compressed) = self.header.start(self.role, self.deflate)?;
        match (opcode, &self.message) {
            (OpCode::Continuation, None) => return Err(Failure::NothingToContinue),
            (OpCode::Text | OpCode::Binary, Some(_)) => return Err(Failure::InterleavedMessage),
            _ => {}
        }
        if !self.header.fill(input, self.header.whole()) {
            return Ok(false);
        }
        let header = self.header.finish(opcode, compressed)?;
        self.begin_frame(&header)?;
        self.header = HeaderBytes::default();
        self.frame = Some(Frame {
            opcode,
            last: header.last,
            remaining: header.len,
            mask: Mask::new(header.mask),
        });
        Ok(true)
    }

    fn begin_frame(&mut self, header: &Header) -> Result<(), Failure> {
        if header.opcode.is_control() {
            return Ok(());
        }
        if header.len > self.limits.frame_bytes_max {
            return Err(Failure::TooBig);
        }
        let kind = match header.opcode {
            OpCode::Text => MessageKind::Text,
            _ => MessageKind::Binary,
        };
        self.message
            .get_or_insert_with(|| {
                Box::new(Assembly::new(
                    kind,
                    header.compressed,
                    self.limits.message_bytes_max,
                ))
            })
            .announce(header.len)
    }

    fn read_payload(&mut self, input: &mut &[u8]) -> Result<bool, Failure> {
        let frame = self.frame.as_mut().expect("read_header has set it");
        let take = usize::try_from(frame.remaining)
            .unwrap_or(usize::MAX)
            .min(input.len());
        let (piece, rest) = input.split_at(take);
        *input = rest;
        frame.remaining -= take as u64;
        if piece.is_empty() {
            return Ok(frame.remaining == 0);
        }
        if frame.opcode.is_control() {
            let start = self.control.len();
            self.control.extend_from_slice(piece);
            frame.mask.apply(&mut self.control[start..]);
        } else {
            let message = self.message.as_mut().expect("begin_frame has set it");
            message.push(piece, &mut frame.mask, frame.remaining)?;
        }
        Ok(frame.remaining == 0)
    }

    fn end_frame(&mut self) -> Result<Option<Event>, Failure> {
        let frame = self.frame.take().expect("its payload has just been read");
        match frame.opcode {
            OpCode::Ping => Ok(Some(Event::Ping(std::mem::take(&mut self.control)))),
            OpCode::Pong => Ok(Some(Event::Pong(std::mem::take(&mut self.control)))),
            OpCode::Close => {
                let payload = std::mem::take(&mut self.control);
                match CloseFrame::parse(&payload) {
                    Ok(close) => Ok(Some(Event::Close(close))),
                    Err(failure) => {
                        self.state = State::Closed;
                        Err(failure)
                    }
                }
            }
            OpCode::Continuation | OpCode::Text | OpCode::Binary if !frame.last => Ok(None),
            OpCode::Continuation | OpCode::Text | OpCode::Binary => {
                let message = self.message.take().expect("begin_frame has set it");
                message
                    .finish()
                    .map(|message| Some(Event::Message(message)))
            }
        }
    }

    /// Lets everything go and starts to skim. A header that was refused is skimmed from where it stands.
    fn fail(&mut self) {
        let remaining = self.frame.take().map(|frame| frame.remaining);
        self.message = None;
        self.control = Vec::new();
        if !self.peer_closed() {
            self.state = State::Failed(Skim::new(self.header, remaining));
        }
    }
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
