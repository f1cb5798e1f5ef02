//! The flags of the scenarios with calls.

use super::Scenario;
use clap::{Args, ValueEnum};

/// What participants publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// A microphone, silent between talk spurts.
    Audio,
    /// A camera.
    Video,
    /// Both; the first of a room shares a screen as well.
    Mixed,
}

/// Where the loss is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Leg {
    /// Between the publishers and the server.
    Publisher,
    /// Between the server and the subscribers.
    Subscriber,
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limit {
    /// The server's one processor.
    Cpu,
    /// The link of each subscriber.
    Link,
}

/// The flags of the scenarios with calls.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallArgs {
    /// calls: participants of each room.
    #[arg(long, value_name = "N")]
    participants: Option<usize>,
    /// calls: what participants publish.
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// overload: offered load, times what is carried.
    #[arg(long, value_name = "F", default_value_t = 3.0)]
    pub(crate) overload: f64,
    /// overload: of what.
    #[arg(long, value_enum, default_value_t = Limit::Cpu)]
    pub(crate) limit: Limit,
    /// lossy, handshake: packets lost at random, percent.
    #[arg(long, value_name = "PERCENT")]
    loss: Option<f64>,
    /// lossy: on which leg.
    #[arg(long, value_enum, default_value_t = Leg::Subscriber)]
    pub(crate) leg: Leg,
    /// lossy, step: round trip of the shaped link, milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 50)]
    pub(crate) rtt: u64,
    /// handshake: foreign ClientHellos a second.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) hellos: u64,
    /// Use the clients of webrtc-rs where the scenario would use light ones, and the other way round.
    #[arg(long)]
    pub(crate) other_clients: bool,
    /// overload, livestream: keep the server on the first processor and the load on the second.
    #[arg(long)]
    pub(crate) pin: bool,
}

impl CallArgs {
    /// Participants of each room.
    pub(crate) fn participants(&self, scenario: Scenario) -> usize {
        self.participants.unwrap_or(match scenario {
            Scenario::Livestream => 101,
            Scenario::Meeting => 8,
            Scenario::Latency => 5,
            Scenario::Overload => 200,
            Scenario::Lossy | Scenario::Step => 2,
            Scenario::Track => 4,
            _ => 10,
        })
    }

    /// What participants publish.
    pub(crate) fn profile(&self, scenario: Scenario) -> Profile {
        self.profile.unwrap_or(match scenario {
            Scenario::Livestream => Profile::Video,
            Scenario::Meeting | Scenario::Overload | Scenario::Track | Scenario::Latency => {
                Profile::Mixed
            }
            _ => Profile::Audio,
        })
    }

    /// Loss, percent.
    pub(crate) fn loss(&self, scenario: Scenario) -> f64 {
        self.loss.unwrap_or(match scenario {
            Scenario::Lossy => 20.0,
            _ => 0.0,
        })
    }
}
