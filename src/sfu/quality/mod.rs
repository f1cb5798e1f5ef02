//! How good a participant's connection is, as a number and the reason for it.

use super::bandwidth::Bitrate;
use std::time::{Duration, Instant};

/// What limits a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The network between the participant and the server.
    Link,
    /// What the sender makes: too little, too late.
    Sender,
    /// What the receiver can take in.
    Receiver,
    /// The server is overloaded.
    Server,
}

/// A score with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// 0 (unusable) to 100 (nothing to improve).
    pub score: u8,
    /// What costs the most, when the score is not good.
    pub reason: Option<Reason>,
}

/// What a score is made of, measured over the same few seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityInputs {
    /// Lost and not repaired on the way up, 0 to 1.
    pub loss_up: f64,
    /// Lost on the way down, as the client reports, 0 to 1.
    pub loss_down: f64,
    /// Round trip.
    pub rtt: Duration,
    /// Jitter (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// What the link down carries.
    pub estimate: Bitrate,
    /// What the subscriber could use.
    pub wanted: Bitrate,
    /// Part of the time in which the pictures it should see stood still for want of packets, 0 to 1.
    pub frozen: f64,
    /// Layers the participant published yet does not send, 0 to 1 (1: nothing arrives).
    pub missing_up: f64,
    /// Packets that the server dropped for load of its own, as part of those it should have sent, 0 to 1.
    pub dropped_by_server: f64,
}

/// The score of these inputs alone, without memory.
#[must_use]
pub fn score(_inputs: &QualityInputs) -> Quality {
    todo!()
}

/// The quality of one participant over time: it changes when it means it.
#[derive(Debug)]
pub struct QualityMeter {}

impl QualityMeter {
    /// Nothing measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }

    /// Takes one measurement (every 1 to 5 s) and gives the quality to show, if it changed.
    pub fn update(&mut self, _now: Instant, _inputs: &QualityInputs) -> Option<Quality> {
        todo!()
    }
}

impl Default for QualityMeter {
    fn default() -> Self {
        Self::new()
    }
}
