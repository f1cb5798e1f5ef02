//! The media plane of a configuration: its ports, its threads, and its place in the supervision tree.

use crate::actors::media::MediaHandle;
use crate::actors::supervision::{Backoff, Excess, Intensity, Policy, SupervisorSpec};
use crate::config::Config;
use crate::telemetry::Metrics;
use crate::transport::media::{MediaError, MediaSettings, start};
use actix_rt::Arbiter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// A publication that fails more often than this within a minute is given up; its call goes on without it.
const TRACK_RESTARTS_MAX: u32 = 20;

/// The media plane, running, and its supervisor, which is yet to be put into the tree.
pub(super) struct Media {
    /// The way into it; none when calls are switched off.
    pub(super) handle: Option<MediaHandle>,
    /// Of peers and tracks.
    pub(super) supervisor: SupervisorSpec,
    /// The threads of its shards; they end with the process.
    pub(super) arbiters: Vec<Arbiter>,
}

/// Opens the ports of media, if there are to be calls.
///
/// # Errors
/// [`MediaError`]: the operator must choose other ports or addresses.
pub(super) async fn open(config: &Config, metrics: &Metrics) -> Result<Media, MediaError> {
    let peers = SupervisorSpec::new("peers", Policy::default());
    let tracks = SupervisorSpec::new("tracks", tracks_policy());
    let (handle, arbiters) = if config.calls.enabled {
        let shards = start(&settings(config), peers.handle(), tracks.handle()).await?;
        super::figures::of_media(metrics, shards.figures);
        (Some(shards.media), shards.arbiters)
    } else {
        (None, Vec::new())
    };
    // Tracks first: they end last, after the peers that feed them.
    let supervisor = SupervisorSpec::new("media", Policy::default())
        .supervisor(tracks)
        .supervisor(peers);
    Ok(Media {
        handle,
        supervisor,
        arbiters,
    })
}

fn settings(config: &Config) -> MediaSettings {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let pages = config.plain_addresses().iter();
    let pages = pages.chain(config.secure_addresses());
    let pages: Vec<_> = pages.map(|it| it.ip()).collect();
    MediaSettings {
        listen: match &config.calls.listen[..] {
            [] => listen(&pages),
            named => named.to_vec(),
        },
        port: config.calls.port,
        addresses: config.calls.addresses.clone(),
        loopback: pages.iter().any(IpAddr::is_loopback),
        shards: config.calls.shards.unwrap_or(processors),
    }
}

/// Media is where the pages are. Where those are for this machine only, or for a proxy on it, media still has to have an
/// address that others reach: Firefox pairs no other with a loopback address, and a proxy forwards no media.
fn listen(pages: &[IpAddr]) -> Vec<IpAddr> {
    let every = |it: &IpAddr| match it {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let mut listen: Vec<_> = if pages.iter().all(IpAddr::is_loopback) {
        pages.iter().map(every).collect()
    } else {
        pages.to_vec()
    };
    listen.sort_unstable();
    listen.dedup();
    listen
}

fn tracks_policy() -> Policy {
    Policy {
        intensity: Intensity {
            restarts_max: TRACK_RESTARTS_MAX,
            within: Duration::from_secs(60),
        },
        excess: Excess::Quarantine,
        backoff: Backoff {
            base: Duration::from_millis(2),
            max: Duration::from_secs(1),
        },
        ..Policy::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_of_pages_for_one_machine_is_on_every_interface() {
        let of = |pages: &[&str]| {
            let pages: Vec<_> = pages
                .iter()
                .map(|it| it.parse().expect("an address"))
                .collect();
            let listen: Vec<_> = listen(&pages).iter().map(IpAddr::to_string).collect();
            listen.join(" ")
        };
        assert_eq!(of(&["127.0.0.1", "127.0.0.1"]), "0.0.0.0");
        assert_eq!(of(&["127.0.0.1", "::1"]), "0.0.0.0 ::");
        assert_eq!(of(&["127.0.0.1", "192.0.2.1"]), "127.0.0.1 192.0.2.1");
    }
}
