//! A bottleneck: a queue that drains at a rate, then a delay, then random loss.

use super::random::Random;
use crate::sfu::bandwidth::Bitrate;
use std::collections::VecDeque;

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Audio,
    Video,
    Padding,
}

/// A packet on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flying {
    pub(super) twcc: u16,
    pub(super) bytes: usize,
    pub(super) sent_us: i64,
    pub(super) kind: Kind,
}

/// What came out, and how long it had waited for the packets before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delivered {
    pub(super) packet: Flying,
    pub(super) arrived_us: i64,
    pub(super) queued_us: i64,
}

pub(super) struct Link {
    pub(super) rate: Bitrate,
    pub(super) delay_us: i64,
    pub(super) queue_bytes_max: usize,
    pub(super) loss: f64,
    /// Extra delay, uniformly random up to this, without reordering.
    pub(super) jitter_us: i64,
    pub(super) random: Random,
    queue: VecDeque<Flying>,
    queue_bytes: usize,
    head_bits: f64,
    /// A token bucket: after a pause so many bytes pass at once.
    pub(super) bucket_bytes: usize,
    tokens_bits: f64,
    last_arrival_us: i64,
}

impl Link {
    pub(super) fn new(rate: Bitrate, seed: u64) -> Self {
        Self {
            rate,
            delay_us: 25_000,
            queue_bytes_max: 64_000,
            loss: 0.0,
            jitter_us: 0,
            random: Random(seed),
            queue: VecDeque::new(),
            queue_bytes: 0,
            head_bits: 0.0,
            bucket_bytes: 0,
            tokens_bits: 0.0,
            last_arrival_us: 0,
        }
    }

    pub(super) fn push(&mut self, packet: Flying) {
        if self.queue_bytes + packet.bytes > self.queue_bytes_max {
            return;
        }
        if self.queue.is_empty() {
            self.head_bits = packet.bytes as f64 * 8.0;
        }
        self.queue_bytes += packet.bytes;
        self.queue.push_back(packet);
    }

    /// Serves the queue for one millisecond.
    pub(super) fn serve(&mut self, from_us: i64) -> Vec<Delivered> {
        let mut delivered = Vec::new();
        let bits_per_us = self.rate.as_f64() / 1e6;
        let mut spent_us = 0.0;
        while let Some(packet) = self.queue.front().copied() {
            let saved_bits = self.tokens_bits.min(self.head_bits);
            self.tokens_bits -= saved_bits;
            self.head_bits -= saved_bits;
            let needs_us = self.head_bits / bits_per_us;
            if spent_us + needs_us > 1_000.0 {
                self.head_bits -= (1_000.0 - spent_us) * bits_per_us;
                break;
            }
            spent_us += needs_us;
            self.queue.pop_front();
            self.queue_bytes -= packet.bytes;
            self.head_bits = self.queue.front().map_or(0.0, |it| it.bytes as f64 * 8.0);
            if self.random.chance(self.loss) {
                continue;
            }
            let left_us = from_us + spent_us as i64;
            let own_us = (packet.bytes as f64 * 8.0 / bits_per_us) as i64;
            let jitter_us = (self.random.unit() * self.jitter_us as f64) as i64;
            let arrived_us = (left_us + self.delay_us + jitter_us).max(self.last_arrival_us);
            self.last_arrival_us = arrived_us;
            delivered.push(Delivered {
                packet,
                arrived_us,
                queued_us: (left_us - packet.sent_us - own_us).max(0),
            });
        }
        if self.queue.is_empty() {
            let saved_bits = self.tokens_bits + (1_000.0 - spent_us) * bits_per_us;
            self.tokens_bits = saved_bits.min(self.bucket_bytes as f64 * 8.0);
        }
        delivered
    }
}
