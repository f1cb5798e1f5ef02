//! The command line. `loadtest/README.md` repeats it with the figures.

use crate::fleet::Encoding;
pub(crate) use calls::{CallArgs, Leg, Limit, Profile};
use clap::{ArgGroup, Parser, ValueEnum};
use std::path::PathBuf;

mod calls;

/// The first argument of a worker process: the harness starts itself again with it.
pub(crate) const WORKER: &str = "__worker";

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// One large room: CPU per delivery.
    Fanout,
    /// Many rooms with posts, typing, presence, read markers and reconnects.
    Chat,
    /// Clients write while disconnected, both sides diverge, then merge.
    Offline,
    /// Readers that stop reading among others that do not.
    Slow,
    /// Panics injected into rooms and connections under load.
    Chaos,
    /// SIGKILL at random moments under load; every ack is looked for afterwards.
    Crash,
    /// Memory per idle connection.
    Idle,
    /// Acked posts a second, closed loop.
    Acks,
    /// A client far behind catches up while others chat.
    Sync,
    /// Rooms of participants, one speaker each.
    Call,
    /// The same with more and more rooms, until audio is lost.
    Curve,
    /// One sends, many watch: CPU per forwarded packet.
    Livestream,
    /// All to all with cameras.
    Meeting,
    /// Few packets on an idle machine: latency that forwarding adds.
    Latency,
    /// More than the CPU, or a subscriber's link, carries.
    Overload,
    /// Random loss on one leg.
    Lossy,
    /// A subscriber's link steps down and up again.
    Step,
    /// Participants come and go.
    Churn,
    /// Calls and chat side by side.
    Mixed,
    /// Tracks panic.
    Track,
    /// DTLS set-ups under loss, and under foreign ClientHellos.
    Handshake,
    /// CPU and memory per idle participant.
    Peers,
}

impl Scenario {
    /// Its word on the command line and in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fanout => "fanout",
            Self::Chat => "chat",
            Self::Offline => "offline",
            Self::Slow => "slow",
            Self::Chaos => "chaos",
            Self::Crash => "crash",
            Self::Idle => "idle",
            Self::Acks => "acks",
            Self::Sync => "sync",
            Self::Call => "call",
            Self::Curve => "curve",
            Self::Livestream => "livestream",
            Self::Meeting => "meeting",
            Self::Latency => "latency",
            Self::Overload => "overload",
            Self::Lossy => "lossy",
            Self::Step => "step",
            Self::Churn => "churn",
            Self::Mixed => "mixed",
            Self::Track => "track",
            Self::Handshake => "handshake",
            Self::Peers => "peers",
        }
    }

    /// What is taken where a flag is absent: connections, rooms, rate, seconds, bytes of text.
    const fn defaults(self) -> (usize, usize, f64, f64, usize) {
        match self {
            Self::Fanout => (5_000, 1, 10.0, 30.0, 200),
            Self::Chat => (5_000, 500, 1_200.0, 60.0, 200),
            Self::Offline => (24, 4, 0.0, 0.0, 120),
            Self::Slow => (5_000, 50, 200.0, 30.0, 2_000),
            Self::Chaos => (2_000, 200, 400.0, 15.0, 200),
            Self::Crash => (200, 50, 500.0, 0.0, 200),
            Self::Idle => (5_000, 50, 0.0, 10.0, 200),
            Self::Acks => (400, 200, 0.0, 20.0, 200),
            Self::Sync => (500, 50, 200.0, 20.0, 200),
            Self::Call => (0, 100, 0.0, 20.0, 200),
            Self::Curve => (0, 100, 0.0, 10.0, 200),
            // Of these, the rate is packets a second of the one who sends.
            Self::Livestream => (0, 1, 1_000.0, 10.0, 200),
            Self::Latency => (0, 1, 100.0, 20.0, 200),
            Self::Meeting => (0, 1, 0.0, 20.0, 200),
            Self::Overload => (0, 1, 0.0, 10.0, 200),
            Self::Lossy => (0, 10, 0.0, 20.0, 200),
            Self::Step => (0, 1, 0.0, 20.0, 200),
            Self::Churn => (0, 10, 5.0, 20.0, 200),
            // Users, rooms, posts a second.
            Self::Mixed => (100, 10, 30.0, 20.0, 200),
            Self::Track => (0, 4, 0.0, 10.0, 200),
            Self::Handshake => (0, 10, 0.0, 0.0, 200),
            Self::Peers => (0, 50, 0.0, 20.0, 200),
        }
    }
}

/// The load-test harness of Greenroom.
#[derive(Debug, Clone, Parser)]
#[command(name = "loadtest", version, about)]
#[command(group(ArgGroup::new("server").args(["spawn", "url"])))]
pub(crate) struct Args {
    /// What to run.
    #[arg(value_enum)]
    pub(crate) scenario: Scenario,

    /// Build and start a server of our own, with temporary data (the default).
    #[arg(long)]
    pub(crate) spawn: bool,
    /// Drive the server at this address instead: ws://host:port or http://host:port.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// With --url: the node's key (node.key in its data folder), to mint tokens with.
    #[arg(long, value_name = "FILE", conflicts_with = "guests")]
    pub(crate) key: Option<PathBuf>,
    /// Come as guests instead of with tokens.
    #[arg(long)]
    pub(crate) guests: bool,
    /// With --url: process id of the server on this machine, to measure its CPU and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// With --spawn: make the temporary data folder in this one (another disk, say).
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_in: Option<PathBuf>,
    /// With --spawn: leave data and log behind.
    #[arg(long)]
    pub(crate) keep_data: bool,

    /// WebSocket connections.
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
    /// Rooms they are spread over.
    #[arg(long, value_name = "N")]
    rooms: Option<usize>,
    /// Posts a second, all authors together.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// How long the load lasts (of each phase, where there are two).
    #[arg(long, value_name = "N")]
    seconds: Option<f64>,
    /// Bytes of text in a post.
    #[arg(long, value_name = "N")]
    text_bytes: Option<usize>,
    /// Posts that fall due at the same moment, from different authors (1); livestream: packets of a frame (10).
    #[arg(long, value_name = "N")]
    burst: Option<usize>,
    /// Decides everything random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The encoding the clients speak.
    #[arg(long, value_enum, default_value_t = Encoding::Msgpack)]
    pub(crate) subprotocol: Encoding,
    /// Worker processes that share the connections; 1 is a thread of the harness.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    processes: u16,
    /// Write the report here as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the report here as HTML with plots.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// chat: typing notices a second.
    #[arg(long, value_name = "N", default_value_t = 100.0)]
    pub(crate) typing: f64,
    /// chat: presence changes a second.
    #[arg(long, value_name = "N", default_value_t = 20.0)]
    pub(crate) presence: f64,
    /// chat: read markers a second.
    #[arg(long, value_name = "N", default_value_t = 50.0)]
    pub(crate) reads: f64,
    /// chat: clients a second that leave and come back.
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    pub(crate) reconnects: f64,
    /// slow: readers that stop reading; a tenth of the connections when absent.
    #[arg(long, value_name = "N")]
    stalled: Option<usize>,
    /// chaos: members of the one large room; half of the connections when absent.
    #[arg(long, value_name = "N")]
    large: Option<usize>,
    /// chaos: panics injected into connections.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) connection_panics: u64,
    /// crash: how often the server is killed.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) kills: u32,
    /// crash: messages stored before the load starts.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) prefill: u64,
    /// acks: posts in flight per author.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) in_flight: usize,
    /// sync: ops the client is behind.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) behind: u64,
    /// offline: rounds of diverging and merging.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) rounds: u32,
    #[command(flatten)]
    pub(crate) call: CallArgs,
}

impl Args {
    pub(crate) fn connections(&self) -> usize {
        self.connections.unwrap_or(self.scenario.defaults().0)
    }

    pub(crate) fn rooms(&self) -> usize {
        self.rooms.unwrap_or(self.scenario.defaults().1).max(1)
    }

    pub(crate) fn rate(&self) -> f64 {
        self.rate.unwrap_or(self.scenario.defaults().2)
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(self.scenario.defaults().3)
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.text_bytes.unwrap_or(self.scenario.defaults().4)
    }

    pub(crate) fn burst(&self) -> usize {
        let default = if self.scenario == Scenario::Livestream {
            10
        } else {
            1
        };
        self.burst.unwrap_or(default).max(1)
    }

    pub(crate) fn processes(&self) -> usize {
        usize::from(self.processes)
    }

    pub(crate) fn stalled(&self) -> usize {
        self.stalled.unwrap_or(self.connections() / 10)
    }

    pub(crate) fn large(&self) -> usize {
        let large = self.large.unwrap_or(self.connections() / 2);
        large.min(self.connections())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn absent_flags_take_the_scenario_s_defaults() {
        let args = Args::parse_from(["loadtest", "chat"]);
        assert_eq!((args.connections(), args.rooms()), (5_000, 500));
        let args = Args::parse_from(["loadtest", "slow", "--connections", "80"]);
        assert_eq!((args.stalled(), args.rooms()), (8, 50));
        let refused = Args::try_parse_from(["loadtest", "chat", "--spawn", "--url", "ws://x:1"]);
        assert!(refused.is_err());
    }
}
