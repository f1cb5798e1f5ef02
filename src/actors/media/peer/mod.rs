//! The shell around one WebRTC transport.

mod message;

pub use message::{PeerLane, PeerMessage};

use super::handle::{MediaHandle, Seat};
use super::port::{AdmitPeer, PeerId};
use crate::actors::supervision::{Behaviour, Cx, Exit};

/// One peer.
pub struct PeerActor {}

impl PeerActor {
    pub(super) fn new(_id: PeerId, _media: MediaHandle, _first: Option<(AdmitPeer, Seat)>) -> Self {
        Self {}
    }
}

impl Behaviour for PeerActor {
    type Lane = PeerLane;
    type Message = PeerMessage;

    fn handle(&mut self, _message: PeerMessage, _cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        Ok(())
    }
}
