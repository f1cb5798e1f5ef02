//! A camera in three encodings with three temporal layers each, and the slot that forwards one of them.

use super::random::Random;
use crate::sfu::{
    Encoding, TrackId,
    allocator::{Layer, LayerRate, SlotDemand, SlotId, TileSize},
    bandwidth::Bitrate,
};

const FRAME_US: i64 = 33_333;
/// Temporal layer and size of the four frames of a pattern, the size as a multiple of the mean.
const PATTERN: [(u8, f64); 4] = [(0, 2.0), (2, 0.6), (1, 0.8), (2, 0.6)];
/// The parts of an encoding's rate up to each temporal layer.
const SHARES: [f64; 3] = [0.5, 0.7, 1.0];
const KEYFRAME: f64 = 4.0;
/// From the request to the keyframe at the server.
const KEYFRAME_US: i64 = 120_000;

/// What a layer takes with its headers.
fn on_the_wire(kbps: u64, temporal: usize, share: f64) -> Bitrate {
    let frames_per_s = 30.0 / f64::from(4_u32 >> temporal);
    let payload = kbps as f64 * 1_000.0 * share;
    let packets = (payload / 8.0 / frames_per_s / 1_140.0).ceil() * frames_per_s;
    Bitrate::from_f64(payload + packets * 60.0 * 8.0)
}

pub(super) struct Camera {
    slot: SlotId,
    layers: Vec<LayerRate>,
    kbps: [u64; 3],
    offset_us: i64,
    frames: u64,
    current: Option<Layer>,
    pending: Option<(Layer, i64)>,
    keyframe_at_us: Option<i64>,
    /// When the forwarded layer changed, without the first.
    pub(super) switches_us: Vec<(i64, Option<Layer>)>,
}

impl Camera {
    pub(super) fn new(slot: u16, kbps: [u64; 3], offset_us: i64) -> Self {
        let sizes = [(320, 180), (640, 360), (1_280, 720)];
        let mut layers = Vec::new();
        for (encoding, (width, height)) in sizes.into_iter().enumerate() {
            for (temporal, share) in SHARES.into_iter().enumerate() {
                layers.push(LayerRate {
                    layer: Layer {
                        encoding: Encoding(encoding as u8),
                        spatial: 0,
                        temporal: temporal as u8,
                    },
                    bitrate: on_the_wire(kbps[encoding], temporal, share),
                    size: TileSize { width, height },
                    arriving: true,
                });
            }
        }
        Self {
            slot: SlotId(slot),
            layers,
            kbps,
            offset_us,
            frames: 0,
            current: None,
            pending: None,
            keyframe_at_us: None,
            switches_us: Vec::new(),
        }
    }

    pub(super) fn demand(&self, tile: TileSize) -> SlotDemand<'_> {
        SlotDemand {
            slot: self.slot,
            track: TrackId(u32::from(self.slot.0)),
            screen: false,
            pinned: false,
            priority: 0,
            tile,
            layers: &self.layers,
        }
    }

    /// What to forward from now on: within an encoding at once, else from its next keyframe.
    pub(super) fn aim(&mut self, now_us: i64, target: Option<Layer>) {
        let same =
            |a: Option<Layer>, b: Option<Layer>| a.map(|it| it.encoding) == b.map(|it| it.encoding);
        if self.pending.map(|(layer, _)| layer) == target && target.is_some() {
            return;
        }
        self.pending = None;
        match target {
            Some(layer) if !same(self.current, target) => {
                self.pending = Some((layer, now_us + KEYFRAME_US));
            }
            _ => self.become_layer(now_us, target),
        }
    }

    /// A frame was dropped before it left: nothing can be decoded up to the next keyframe.
    pub(super) fn on_drop(&mut self, now_us: i64) {
        if self.keyframe_at_us.is_none() && self.current.is_some() {
            self.keyframe_at_us = Some(now_us + KEYFRAME_US);
        }
    }

    /// The bytes of the frame to forward in this millisecond.
    pub(super) fn frame(&mut self, now_us: i64, random: &mut Random) -> Option<usize> {
        let due_us = self.offset_us + self.frames as i64 * FRAME_US;
        if now_us < due_us {
            return None;
        }
        let (temporal, size) = PATTERN[(self.frames % 4) as usize];
        self.frames += 1;
        let mut keyframe = false;
        if let Some((layer, at_us)) = self.pending
            && now_us >= at_us
        {
            self.pending = None;
            self.keyframe_at_us = None;
            self.become_layer(now_us, Some(layer));
            keyframe = true;
        }
        let current = self.current?;
        if let Some(at_us) = self.keyframe_at_us {
            if now_us < at_us {
                return None;
            }
            self.keyframe_at_us = None;
            keyframe = true;
        }
        if temporal > current.temporal && !keyframe {
            return None;
        }
        let mean = self.kbps[usize::from(current.encoding.0)] as f64 * 1_000.0 / 8.0 / 30.0;
        let factor = if keyframe { KEYFRAME } else { size };
        let noise = 0.8 + 0.4 * random.unit();
        Some((mean * factor * noise) as usize)
    }

    fn become_layer(&mut self, now_us: i64, layer: Option<Layer>) {
        if self.current != layer {
            self.switches_us.push((now_us, layer));
            self.current = layer;
        }
    }
}
