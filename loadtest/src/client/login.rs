//! Who a client is to the server.

use super::Client;
use greenroom::id::NodeId;
use greenroom::protocol::Hello;
use serde::{Deserialize, Serialize};

/// What a client shows at the door.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Login {
    /// A capability token.
    Token(String),
}

impl Login {
    /// The part of a hello that says who.
    pub(crate) fn hello(&self) -> Hello {
        match self {
            Self::Token(token) => Hello {
                token: Some(token.clone()),
                ..Hello::default()
            },
        }
    }
}

impl Client {
    /// Answers a challenge.
    pub(super) fn prove(&self, _nonce: &str, _node: NodeId) {
        self.tally.borrow_mut().error("challenged");
    }
}
