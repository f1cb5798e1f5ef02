//! A camera or a shared screen: frames of VP8 in up to three simulcast layers, key frames when asked for.

use super::stamp::{Kind, Stamp, StreamId};
use super::vp8::{self, Descriptor, PAYLOAD_BYTES_MIN};

/// The largest payload, bytes: with all headers below 1,280.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 1_200;
/// A key frame is so many times a delta frame.
const KEYFRAME_TIMES: usize = 4;
/// A key frame is made at most so often, microseconds.
const KEYFRAME_EVERY_US: u64 = 300_000;
/// Packets of one frame, at most.
const PARTS_MAX: usize = 400;

/// One encoding of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Restriction id (RFC 8851); empty when there is only one.
    pub(crate) rid: &'static str,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) bitrate_bps: u64,
}

/// What is filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) layers: &'static [Layer],
    pub(crate) frames_per_s: u64,
    /// Packets of a frame, all of the largest size, instead of what the bitrate asks for.
    pub(crate) burst: Option<usize>,
}

const CAMERA: [Layer; 3] = [
    layer("q", 320, 180, 150_000),
    layer("h", 640, 360, 500_000),
    layer("f", 1_280, 720, 1_700_000),
];
const SCREEN: [Layer; 1] = [layer("", 1_920, 1_080, 800_000)];
const PLAIN: [Layer; 1] = [layer("", 1_280, 720, 1_700_000)];

const fn layer(rid: &'static str, width: u16, height: u16, bitrate_bps: u64) -> Layer {
    Layer {
        rid,
        width,
        height,
        bitrate_bps,
    }
}

impl Picture {
    /// A camera with three layers.
    pub(crate) const CAMERA: Self = Self {
        layers: &CAMERA,
        frames_per_s: 30,
        burst: None,
    };
    /// A shared screen.
    pub(crate) const SCREEN: Self = Self {
        layers: &SCREEN,
        frames_per_s: 5,
        burst: None,
    };

    /// One layer of frames of `burst` packets, `packets_per_s` in all.
    pub(crate) fn bursts(burst: usize, packets_per_s: u64) -> Self {
        Self {
            layers: &PLAIN,
            frames_per_s: (packets_per_s / burst.max(1) as u64).max(1),
            burst: Some(burst.max(1)),
        }
    }
}

/// One packet of video to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filmed {
    /// Index of the layer.
    pub(crate) layer: usize,
    pub(crate) timestamp: u32,
    /// Last packet of its frame.
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
}

/// A camera. Its layers are the streams `first`, `first + 1`, ….
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    picture: Picture,
    first: StreamId,
    start_us: u64,
    /// RTP time at the start.
    timestamp: u64,
    ticks: u64,
    encoders: Vec<Encoder>,
}

#[derive(Debug, Clone, Default)]
struct Encoder {
    sequence: u32,
    frame: u32,
    tl0: u8,
    keyframe_wanted: bool,
    keyframe_us: Option<u64>,
    paused: bool,
}

impl Camera {
    /// A camera that films from `start_us` on.
    pub(crate) fn new(first: StreamId, picture: Picture, start_us: u64) -> Self {
        // Spread within a frame, so that a thousand cameras do not beat as one.
        let frame_us = 1_000_000 / picture.frames_per_s;
        Self {
            picture,
            first,
            start_us: start_us + u64::from(first.0) * 7_919 % frame_us,
            timestamp: 0,
            ticks: 0,
            encoders: vec![Encoder::default(); picture.layers.len()],
        }
    }

    /// A camera with another picture of as many layers, whose frames and packets are counted on.
    pub(crate) fn replaced(&self, first: StreamId, picture: Picture, start_us: u64) -> Self {
        let mut next = Self::new(first, picture, start_us);
        // RTP time goes on from where it was.
        next.timestamp = self.timestamp_at(start_us);
        for (new, old) in next.encoders.iter_mut().zip(&self.encoders) {
            new.clone_from(old);
        }
        next
    }

    fn timestamp_at(&self, at_us: u64) -> u64 {
        self.timestamp + at_us.saturating_sub(self.start_us) * 9 / 100
    }

    /// When the next frame falls due.
    pub(crate) fn due_us(&self) -> u64 {
        self.start_us + self.ticks * 1_000_000 / self.picture.frames_per_s
    }

    /// Someone needs a key frame of a layer.
    pub(crate) fn want_keyframe(&mut self, layer: usize) {
        if let Some(encoder) = self.encoders.get_mut(layer) {
            encoder.keyframe_wanted = true;
        }
    }

    /// Nobody watches a layer, or somebody does again: a layer that comes back begins with a key frame.
    pub(crate) fn watch(&mut self, layer: usize, watched: bool) {
        if let Some(encoder) = self.encoders.get_mut(layer) {
            encoder.keyframe_wanted |= watched && encoder.paused;
            encoder.paused = !watched;
        }
    }

    /// The packets of the frame that is due, in all layers, sent at `now_us`.
    pub(crate) fn film(&mut self, now_us: u64, mut send: impl FnMut(Filmed)) {
        let due_us = self.due_us();
        let timestamp = self.timestamp_at(due_us);
        let timestamp = u32::try_from(timestamp & u64::from(u32::MAX)).expect("masked to 32 bits");
        for index in 0..self.encoders.len() {
            self.encode(index, due_us, now_us, timestamp, &mut send);
        }
        self.ticks += 1;
    }

    fn encode(
        &mut self,
        index: usize,
        due_us: u64,
        now_us: u64,
        timestamp: u32,
        send: &mut impl FnMut(Filmed),
    ) {
        let layer = self.picture.layers[index];
        let encoder = &mut self.encoders[index];
        if encoder.paused {
            return;
        }
        let keyframe = encoder.keyframe_due(due_us);
        let sizes = sizes(&self.picture, layer, keyframe);
        let parts = sizes.len();
        for (part, bytes) in sizes.into_iter().enumerate() {
            let stamp = Stamp {
                stream: StreamId(self.first.0 + u32::try_from(index).expect("three layers")),
                kind: if keyframe {
                    Kind::KeyFrame
                } else {
                    Kind::DeltaFrame
                },
                sequence: encoder.sequence,
                group: encoder.frame,
                part: u16::try_from(part).expect("bounded by PARTS_MAX"),
                parts: u16::try_from(parts).expect("bounded by PARTS_MAX"),
                sent_us: now_us,
            };
            let descriptor = Descriptor {
                start: part == 0,
                keyframe,
                picture_id: u16::try_from(encoder.frame & 0x7FFF).expect("masked to 15 bits"),
                tl0: encoder.tl0,
                width: layer.width,
                height: layer.height,
            };
            encoder.sequence += 1;
            send(Filmed {
                layer: index,
                timestamp,
                marker: part + 1 == parts,
                payload: vp8::payload(bytes, descriptor, &stamp),
            });
        }
        encoder.frame += 1;
        encoder.tl0 = encoder.tl0.wrapping_add(1);
    }
}

impl Encoder {
    /// Whether the frame at `due_us` is a key frame: the first is.
    fn keyframe_due(&mut self, due_us: u64) -> bool {
        let due = match self.keyframe_us {
            None => true,
            Some(last_us) => self.keyframe_wanted && due_us >= last_us + KEYFRAME_EVERY_US,
        };
        if due {
            self.keyframe_us = Some(due_us);
            self.keyframe_wanted = false;
        }
        due
    }
}

/// The payload sizes of a frame: as equal as can be.
fn sizes(picture: &Picture, layer: Layer, keyframe: bool) -> Vec<usize> {
    if let Some(burst) = picture.burst {
        return vec![PAYLOAD_BYTES_MAX; burst.min(PARTS_MAX)];
    }
    let mut bytes = usize::try_from(layer.bitrate_bps / 8 / picture.frames_per_s).unwrap_or(0);
    if keyframe {
        bytes *= KEYFRAME_TIMES;
    }
    let parts = bytes.div_ceil(PAYLOAD_BYTES_MAX).clamp(1, PARTS_MAX);
    vec![(bytes / parts).clamp(PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX); parts]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(camera: &mut Camera) -> Vec<(Filmed, Stamp)> {
        let mut out = Vec::new();
        let due_us = camera.due_us();
        camera.film(due_us, |filmed| {
            let stamp = vp8::read(&filmed.payload).expect("stamped");
            out.push((filmed, stamp));
        });
        out
    }

    #[test]
    fn every_layer_starts_with_a_key_frame_and_makes_more_when_asked() {
        let mut camera = Camera::new(StreamId(30), Picture::CAMERA, 0);
        let first = frame(&mut camera);
        assert!(first.iter().all(|(_, stamp)| stamp.kind == Kind::KeyFrame));
        assert_eq!(
            first.last().map(|(_, stamp)| stamp.stream),
            Some(StreamId(32))
        );
        camera.want_keyframe(1);
        let mut keyframes = 0;
        for _ in 0..30 {
            for (filmed, stamp) in frame(&mut camera) {
                if stamp.kind == Kind::KeyFrame && filmed.marker {
                    assert_eq!(filmed.layer, 1);
                    keyframes += 1;
                }
            }
        }
        assert_eq!(keyframes, 1);
    }

    #[test]
    fn a_second_of_frames_weighs_what_the_layers_say() {
        let mut camera = Camera::new(StreamId(0), Picture::CAMERA, 0);
        frame(&mut camera);
        let mut bytes = 0;
        for _ in 0..30 {
            let frame = frame(&mut camera);
            bytes += frame
                .iter()
                .map(|(filmed, _)| filmed.payload.len())
                .sum::<usize>();
            assert_eq!(frame.iter().filter(|(filmed, _)| filmed.marker).count(), 3);
        }
        let wanted = 2_350_000 / 8;
        assert!(bytes.abs_diff(wanted) < wanted / 20, "{bytes} for {wanted}");
    }

    #[test]
    fn a_paused_layer_is_silent_and_comes_back_with_a_key_frame() {
        let mut camera = Camera::new(StreamId(0), Picture::CAMERA, 0);
        for _ in 0..15 {
            frame(&mut camera);
        }
        camera.watch(2, false);
        assert!(
            frame(&mut camera)
                .iter()
                .all(|(filmed, _)| filmed.layer < 2)
        );
        camera.watch(2, true);
        let back = frame(&mut camera);
        let (_, stamp) = back.iter().find(|(f, _)| f.layer == 2).expect("it is back");
        assert_eq!(stamp.kind, Kind::KeyFrame);
    }

    #[test]
    fn bursts_are_of_full_packets() {
        let mut camera = Camera::new(StreamId(0), Picture::bursts(10, 1_000), 0);
        let frame = frame(&mut camera);
        assert_eq!(frame.len(), 10);
        assert!(
            frame
                .iter()
                .all(|(f, _)| f.payload.len() == PAYLOAD_BYTES_MAX)
        );
        assert!(
            frame
                .iter()
                .enumerate()
                .all(|(n, (f, _))| f.marker == (n == 9))
        );
        let before = camera.due_us();
        camera.film(before, |_| {});
        assert_eq!(camera.due_us() - before, 10_000);
    }
}
