//! The driver: a response body that is polled by actix-http's dispatcher, reads the request's payload, and yields frames.
//!
//! The dispatcher polls it only while its write buffer has room, and joins what it yields into few writes. So each poll
//! decides anew which frame is the most urgent, and a burst still costs few system calls. A long frame is yielded in
//! pieces, because the dispatcher never gives back what its buffer grew to.

use super::{
    codec::{self, Decoder, Event, Message},
    outflow::{Next, Outflow},
    session::{Ended, Session, Verdict},
    watch::Watch,
};
use crate::protocol::CloseCode;
use actix_web::{
    body::{BodySize, MessageBody},
    dev::Payload,
};
use bytes::{Buf, Bytes};
use futures_util::Stream;
use std::{
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

/// For `HttpServer::h1_write_buffer_size`: pieces fill the dispatcher's buffer up to this and not beyond, so of the 8 KiB it
/// starts with a connection ever touches one page.
pub const WRITE_BUFFER_BYTES: usize = 4 * 1024;
/// What the head of the response takes of the buffer at first, about.
const HEAD_BYTES: usize = 512;

/// One WebSocket connection.
pub(super) struct WsBody<S: Session> {
    payload: Option<Payload>,
    decoder: Decoder,
    /// Until it was told that the connection ends.
    session: Option<S>,
    /// What the session had no room for, and what came after it.
    held: Option<Held>,
    outflow: Outflow,
    /// The rest of the frame that is going out.
    unsent: Bytes,
    /// What is in the dispatcher's buffer since it was last empty, at most.
    buffered: usize,
    watch: Rc<Watch>,
    phase: Phase,
}

struct Held {
    message: Message,
    unread: Bytes,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// Our close frame goes out after what was queued before it.
    Flushing(Bytes),
    /// Our close frame is out: whatever comes is passed over until the client's.
    Awaiting,
    Ended,
}

impl<S: Session> WsBody<S> {
    pub(super) fn new(
        payload: Payload,
        decoder: Decoder,
        session: S,
        outflow: Outflow,
        watch: Rc<Watch>,
    ) -> Self {
        Self {
            payload: Some(payload),
            decoder,
            session: Some(session),
            held: None,
            outflow,
            unsent: Bytes::new(),
            buffered: HEAD_BYTES,
            watch,
            phase: Phase::Open,
        }
    }

    /// Reads while there is something and the session has room. The dispatcher stops reading the socket behind it.
    fn read(&mut self, cx: &mut Context<'_>) {
        if self.offer_held(cx).is_pending() {
            return;
        }
        while let Some(payload) = &mut self.payload {
            match Pin::new(payload).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => self.feed(chunk),
                Poll::Ready(Some(Err(_)) | None) => {
                    self.end(Ended::Lost);
                    return;
                }
                Poll::Pending => return,
            }
            if self.offer_held(cx).is_pending() {
                return;
            }
        }
    }

    /// Pending while the session is busy.
    fn offer_held(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(held) = self.held.take() {
            let room = self
                .session
                .as_mut()
                .map_or(Poll::Ready(()), |session| session.poll_room(cx));
            if room.is_pending() {
                self.held = Some(held);
                return Poll::Pending;
            }
            if let Some(message) = self.offer(held.message) {
                let unread = held.unread;
                self.held = Some(Held { message, unread });
                // Room, but not for this message: let others run before asking again.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.feed(held.unread);
        }
        Poll::Ready(())
    }

    /// Gives the message back when the session is busy.
    fn offer(&mut self, message: Message) -> Option<Message> {
        let session = self.session.as_mut()?;
        if message.kind != self.outflow.kind() {
            self.close_by_server(CloseCode::UnsupportedData);
            return None;
        }
        match session.try_message(message) {
            Verdict::Accepted => None,
            Verdict::Busy(message) => Some(message),
        }
    }

    fn feed(&mut self, mut unread: Bytes) {
        while !unread.is_empty() {
            let mut input = &unread[..];
            let result = self.decoder.decode(&mut input);
            let consumed = unread.len() - input.len();
            unread.advance(consumed);
            match result {
                Ok(Some(Event::Message(message))) => {
                    if let Some(message) = self.offer(message) {
                        self.held = Some(Held { message, unread });
                        return;
                    }
                }
                Ok(Some(Event::Ping(payload))) => {
                    if matches!(self.phase, Phase::Open) {
                        self.outflow.pong(&payload);
                    }
                }
                Ok(Some(Event::Close(close))) => {
                    let code = close.map(|close| close.code);
                    self.close(codec::close(code, ""), Ended::ByClient(code));
                }
                Ok(Some(Event::Pong(_)) | None) => {}
                Err(failure) => {
                    let code = failure.close_code().code();
                    let frame = codec::close(Some(code), &failure.to_string());
                    self.close(frame, Ended::Failed(failure));
                }
            }
        }
    }

    fn close_by_server(&mut self, code: CloseCode) {
        if code == CloseCode::SlowConsumer {
            // What it could not take in time it gets when it resumes.
            let _ = self.outflow.discard();
        }
        let frame = codec::close(Some(code.code()), code.reason());
        self.close(frame, Ended::ByServer(code));
    }

    /// Starts the closing handshake; the first reason counts.
    fn close(&mut self, frame: Bytes, ended: Ended) {
        if matches!(self.phase, Phase::Open) {
            self.phase = Phase::Flushing(frame);
            self.held = None;
            self.outflow.stop();
            self.watch.closing(Instant::now());
        }
        self.tell(ended);
    }

    fn end(&mut self, ended: Ended) {
        self.phase = Phase::Ended;
        self.payload = None;
        self.held = None;
        // Its socket may have been too stuck to get as far as the order.
        let ordered = self.outflow.discard().map(Ended::ByServer);
        self.tell(ordered.unwrap_or(ended));
    }

    fn tell(&mut self, ended: Ended) {
        if let Some(session) = self.session.take() {
            session.closed(ended);
        }
    }

    /// The next piece of a frame, or nothing more.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.unsent.is_empty() || matches!(self.phase, Phase::Ended) {
            match self.next_frame(cx) {
                Poll::Ready(Some(frame)) => self.unsent = frame,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    // It is written before the dispatcher waits.
                    self.buffered = 0;
                    return Poll::Pending;
                }
            }
        }
        // Full, it is written before the next piece is asked for.
        if self.buffered >= WRITE_BUFFER_BYTES {
            self.buffered = 0;
        }
        let piece = self.unsent.len().min(WRITE_BUFFER_BYTES - self.buffered);
        self.buffered += piece;
        Poll::Ready(Some(self.unsent.split_to(piece)))
    }

    fn next_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match &mut self.phase {
                Phase::Open => match self.outflow.poll_next(cx) {
                    Poll::Ready(Next::Send(bytes)) => return Poll::Ready(Some(bytes)),
                    Poll::Ready(Next::Close(code)) => self.close_by_server(code),
                    Poll::Pending => return Poll::Pending,
                },
                Phase::Flushing(close) => {
                    if let Some(bytes) = self.outflow.next_queued() {
                        return Poll::Ready(Some(bytes));
                    }
                    let close = std::mem::take(close);
                    self.phase = Phase::Awaiting;
                    return Poll::Ready(Some(close));
                }
                Phase::Awaiting if self.decoder.peer_closed() => self.end(Ended::Lost),
                Phase::Awaiting => {
                    self.watch.wake_at_deadline(cx.waker());
                    return Poll::Pending;
                }
                Phase::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl<S: Session> MessageBody for WsBody<S> {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        if this.watch.is_expired() {
            this.end(Ended::Lost);
        }
        this.read(cx);
        this.write(cx).map(|bytes| bytes.map(Ok))
    }
}

impl<S: Session> Drop for WsBody<S> {
    fn drop(&mut self) {
        self.end(Ended::Lost);
    }
}
