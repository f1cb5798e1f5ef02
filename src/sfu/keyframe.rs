//! When a publisher is asked for a keyframe: merged over all that want one, at intervals, until it came.

use super::Encoding;
use std::time::{Duration, Instant};

/// The requests of one publication.
#[derive(Debug, Default)]
pub struct KeyframeRequests {}

impl KeyframeRequests {
    /// Someone needs a keyframe of an encoding.
    pub fn request(&mut self, encoding: Encoding) {
        let _ = encoding;
        todo!()
    }

    /// A keyframe of an encoding began to arrive.
    pub fn on_keyframe(&mut self, encoding: Encoding) {
        let _ = encoding;
        todo!()
    }

    /// Nobody needs one any more, as when the encoding ended.
    pub fn cancel(&mut self, encoding: Encoding) {
        let _ = encoding;
        todo!()
    }

    /// An encoding whose publisher is to be sent a PLI now; call it until `None`. `rtt` is that to the publisher.
    pub fn due(&mut self, now: Instant, rtt: Duration) -> Option<Encoding> {
        let _ = (now, rtt);
        todo!()
    }
}
