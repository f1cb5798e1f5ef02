//! The seam between a connection's bytes and whoever understands its messages.

use super::codec::{Failure, Message};
use crate::protocol::CloseCode;
use std::task::{Context, Poll};

/// Takes what one client says. What it answers goes through the connection's outbox.
///
/// It lives on the worker thread of its connection.
pub trait Session: Unpin + 'static {
    /// Offers a message. While the answer is [`Verdict::Busy`], nothing more is read from the client.
    fn try_message(&mut self, message: Message) -> Verdict;

    /// Ready when a message that was refused should be offered again; otherwise the waker is kept and woken then.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// The connection ends; nothing more will be offered. Called once, as soon as it is known.
    fn closed(self, ended: Ended);
}

/// Whether a session took a message.
#[derive(Debug)]
pub enum Verdict {
    /// It did.
    Accepted,
    /// It has no room and gives the message back.
    Busy(Message),
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client said so, with this code if any.
    ByClient(Option<u16>),
    /// The server did: an order in the outbox, a closed outbox, or a message of the wrong kind.
    ByServer(CloseCode),
    /// The client broke the rules of WebSocket.
    Failed(Failure),
    /// The socket ended without a close frame.
    Lost,
}
