//! The shell around one publication.

mod message;

pub use message::{Received, TrackLane, TrackMessage};

use crate::actors::supervision::{Behaviour, Cx, Exit};

/// One publication.
pub struct TrackActor {}

impl Behaviour for TrackActor {
    type Lane = TrackLane;
    type Message = TrackMessage;

    fn handle(&mut self, _message: TrackMessage, _cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        Ok(())
    }
}
