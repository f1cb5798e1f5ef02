//! What the shards of the media plane count, summed up where the shard does not matter.

use crate::actors::media::{Count, Figures, LATENCY_BOUNDS_US, LAYERS};
use crate::sfu::lanes::{DropReason, EgressLane};
use crate::telemetry::{Metrics, Samples};
use std::sync::Arc;

/// Every shard, at each scrape.
pub(in crate::app) fn of_media(metrics: &Metrics, shards: Vec<Arc<Figures>>) {
    metrics.add_source(move |samples| {
        totals(samples, &shards);
        refused(samples, &shards);
        lanes(samples, &shards);
        layers(samples, &shards);
        latency(samples, &shards);
        for (index, shard) in shards.iter().enumerate() {
            per_shard(samples, &index.to_string(), shard);
        }
    });
}

type Of = fn(&Figures) -> &Count;

fn sum(shards: &[Arc<Figures>], of: impl Fn(&Figures) -> &Count) -> u64 {
    shards.iter().map(|shard| of(shard).get()).sum()
}

fn totals(samples: &mut Samples, shards: &[Arc<Figures>]) {
    let counters: [(&'static str, &'static str, Of); 18] = [
        ("media_datagrams_in", "Datagrams received", |it| {
            &it.datagrams_in
        }),
        ("media_bytes_in", "Bytes received", |it| &it.bytes_in),
        ("media_datagrams_out", "Datagrams sent", |it| {
            &it.datagrams_out
        }),
        ("media_bytes_out", "Bytes sent", |it| &it.bytes_out),
        ("media_packets_in", "Media packets received", |it| {
            &it.packets_in
        }),
        ("media_packets_forwarded", "Media packets sent on", |it| {
            &it.packets_forwarded
        }),
        ("media_shed", "Packets given up before decryption", |it| {
            &it.shed
        }),
        (
            "media_nacks_out",
            "Packets asked of publishers again",
            |it| &it.nacks_out,
        ),
        (
            "media_nacks_in",
            "Packets that subscribers asked for again",
            |it| &it.nacks_in,
        ),
        ("media_retransmitted", "Packets sent again", |it| {
            &it.retransmitted
        }),
        (
            "media_repaired",
            "Gaps of publications that were filled",
            |it| &it.repaired,
        ),
        (
            "media_keyframes_out",
            "Keyframes asked of publishers",
            |it| &it.keyframes_out,
        ),
        (
            "media_keyframes_in",
            "Keyframes that subscribers asked for",
            |it| &it.keyframes_in,
        ),
        (
            "media_freezes",
            "Times that a slot stood still until a keyframe came",
            |it| &it.stills,
        ),
        ("media_connected", "Transports that came up", |it| {
            &it.connected
        }),
        (
            "media_handshakes_failed",
            "Transports whose DTLS failed",
            |it| &it.handshakes_failed,
        ),
        (
            "media_vanished",
            "Transports of clients that fell silent",
            |it| &it.vanished,
        ),
        (
            "media_faults",
            "Faults that cost a peer its transport",
            |it| &it.faults,
        ),
    ];
    for (name, help, of) in counters {
        samples.counter(name, help, &[], sum(shards, of));
    }
    let help = "Publications";
    let tracks = sum(shards, |it| &it.tracks);
    samples.gauge("media_tracks", help, &[], tracks as f64);
    let help = "What the links of all subscribers carry, bits per second";
    let estimate = sum(shards, |it| &it.estimate_bps);
    samples.gauge("media_estimate_bps", help, &[], estimate as f64);
}

fn refused(samples: &mut Samples, shards: &[Arc<Figures>]) {
    let reasons: [(&str, Of); 11] = [
        ("unvalidated", |it| &it.refused.unvalidated),
        ("malformed", |it| &it.refused.malformed),
        ("unauthenticated", |it| &it.refused.unauthenticated),
        ("replayed", |it| &it.refused.replayed),
        ("unknown", |it| &it.refused.unknown),
        ("muted", |it| &it.refused.muted),
        ("overflow", |it| &it.refused.overflow),
        ("excess", |it| &it.refused.excess),
        ("kernel_in", |it| &it.kernel_drops_in),
        ("kernel_out", |it| &it.kernel_drops_out),
        ("relay", |it| &it.relay_drops),
    ];
    for (reason, of) in reasons {
        let labels = [("reason", reason)];
        let help = "Datagrams dropped outside the lanes";
        samples.counter("media_refused", help, &labels, sum(shards, of));
    }
}

fn lanes(samples: &mut Samples, shards: &[Arc<Figures>]) {
    for lane in EgressLane::ALL {
        for reason in DropReason::ALL {
            let labels = [("lane", lane.name()), ("reason", reason.name())];
            let drops = sum(shards, |it| &it.lane_drops[lane as usize][reason as usize]);
            let help = "Packets dropped in the lanes of subscribers";
            samples.counter("media_drops", help, &labels, drops);
        }
    }
}

fn layers(samples: &mut Samples, shards: &[Arc<Figures>]) {
    for index in 0..LAYERS {
        let encoding = if index + 1 == LAYERS {
            "paused".to_owned()
        } else {
            index.to_string()
        };
        let labels = [("encoding", encoding.as_str())];
        let slots = sum(shards, |it| &it.layers[index]) as f64;
        samples.gauge(
            "media_slots",
            "Filled slots of video by encoding",
            &labels,
            slots,
        );
    }
}

fn latency(samples: &mut Samples, shards: &[Arc<Figures>]) {
    let mut buckets = vec![(0.0, 0); LATENCY_BOUNDS_US.len() + 1];
    let mut sum = 0.0;
    for shard in shards {
        let (of_shard, seconds) = shard.forwarding.read();
        sum += seconds;
        for (all, one) in buckets.iter_mut().zip(of_shard) {
            *all = (one.0, all.1 + one.1);
        }
    }
    let help = "From a packet's arrival to its departure to one subscriber, pacing included";
    samples.histogram("media_forwarding_seconds", help, &buckets, sum);
}

fn per_shard(samples: &mut Samples, index: &str, shard: &Figures) {
    let labels = [("shard", index)];
    let peers = shard.peers.get() as f64;
    samples.gauge("media_peers", "WebRTC transports", &labels, peers);
    let help = "Percent of the pictures that are given up because the thread cannot carry them";
    samples.gauge("media_shedding", help, &labels, shard.shedding.get() as f64);
    let help = "Time the driver worked, microseconds";
    samples.counter("media_busy_us", help, &labels, shard.busy_us.get());
}
