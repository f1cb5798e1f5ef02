//! The video layers allocation (`video-layers-allocation00` of libwebrtc): what a sender sends at the moment.
//!
//! One byte `RRNNSSSS`: the stream it came on, the number of streams less one, and the spatial layers of every stream if
//! they are the same, else 0 and four bits a stream behind. Then two bits a layer, its temporal layers less one; then the
//! rates in leb128; then, if there is more, five bytes a layer: width and height less one and frames a second.

/// The most layers that are read: 4 RTP streams of 4 spatial layers each.
pub const LAYERS_MAX: usize = 16;

/// One spatial layer of one RTP stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AllocatedLayer {
    /// The RTP stream: the index of the rid in the order of `a=simulcast`.
    pub stream: u8,
    /// The spatial layer, from 0.
    pub spatial: u8,
    /// How many temporal layers there are, 1 to 4.
    pub temporal_layers: u8,
    /// The rates up to each temporal layer, in kbit/s; those beyond `temporal_layers` are 0.
    pub rates_kbps: [u32; 4],
    /// Width, height and frames a second, when the sender says.
    pub size: Option<(u16, u16, u8)>,
}

/// What a sender sends: its active layers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VideoLayersAllocation {
    /// The stream that this came on.
    pub stream: u8,
    /// Active layers, by stream and then by spatial layer; at most [`LAYERS_MAX`].
    pub layers: Vec<AllocatedLayer>,
}

impl VideoLayersAllocation {
    /// Reads the extension's value; a single zero says that nothing is sent.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (&first, mut rest) = value.split_first()?;
        let mut allocation = Self {
            stream: first >> 6,
            layers: Vec::new(),
        };
        if value == [0] {
            return Some(allocation);
        }
        let streams = (first >> 4 & 3) + 1;
        let mut active = [first & 0x0f; 4];
        if first & 0x0f == 0 {
            let (masks, after) = rest.split_at_checked(usize::from(streams.div_ceil(2)))?;
            rest = after;
            for (i, mask) in active.iter_mut().take(usize::from(streams)).enumerate() {
                *mask = masks[i / 2] >> (if i % 2 == 0 { 4 } else { 0 }) & 0x0f;
            }
        }
        for stream in 0..streams {
            for spatial in (0..4).filter(|layer| active[usize::from(stream)] >> layer & 1 == 1) {
                allocation.layers.push(AllocatedLayer {
                    stream,
                    spatial,
                    ..AllocatedLayer::default()
                });
            }
        }
        let count = allocation.layers.len();
        let (temporal, mut rest) = rest.split_at_checked(count.div_ceil(4))?;
        for (i, layer) in allocation.layers.iter_mut().enumerate() {
            layer.temporal_layers = (temporal[i / 4] >> (6 - 2 * (i % 4)) & 3) + 1;
        }
        for layer in &mut allocation.layers {
            let temporal_layers = usize::from(layer.temporal_layers);
            for rate in &mut layer.rates_kbps[..temporal_layers] {
                (*rate, rest) = leb128(rest)?;
            }
        }
        let (sizes, after) = rest.as_chunks::<5>();
        if sizes.len() == count && after.is_empty() {
            for (layer, size) in allocation.layers.iter_mut().zip(sizes) {
                let width = u16::from_be_bytes([size[0], size[1]]).saturating_add(1);
                let height = u16::from_be_bytes([size[2], size[3]]).saturating_add(1);
                layer.size = Some((width, height, size[4]));
            }
        }
        Some(allocation)
    }
}

fn leb128(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u32;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulcast_of_three_streams_is_read() {
        // Told on stream 1; three streams with spatial layer 0, two temporal layers each, sizes behind.
        let mut value = vec![0b0110_0001, 0b0101_0100];
        value.extend([
            100, 0x96, 0x01, 0xac, 0x02, 0xf4, 0x03, 0xe8, 0x07, 0xdc, 0x0b,
        ]);
        value.extend([1, 63, 0, 179, 30, 2, 127, 1, 103, 30, 4, 255, 2, 207, 30]);
        let allocation = VideoLayersAllocation::parse(&value).unwrap();
        assert_eq!(allocation.stream, 1);
        let told: Vec<_> = allocation
            .layers
            .iter()
            .map(|layer| {
                (
                    layer.stream,
                    layer.spatial,
                    layer.rates_kbps,
                    layer.size.unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (0, 0, [100, 150, 0, 0], (320, 180, 30)),
                (1, 0, [300, 500, 0, 0], (640, 360, 30)),
                (2, 0, [1_000, 1_500, 0, 0], (1_280, 720, 30)),
            ]
        );
    }

    #[test]
    fn streams_may_have_different_layers() {
        // Two streams: spatial layers 0 and 1 of the first, none of the second; no sizes.
        let value = [0b0001_0000, 0b0011_0000, 0b0000_0000, 50, 60];
        let allocation = VideoLayersAllocation::parse(&value).unwrap();
        let told: Vec<_> = allocation
            .layers
            .iter()
            .map(|layer| (layer.stream, layer.spatial, layer.rates_kbps[0], layer.size))
            .collect();
        assert_eq!(told, [(0, 0, 50, None), (0, 1, 60, None)]);
    }

    #[test]
    fn nothing_sent_and_malformed_values() {
        let nothing = VideoLayersAllocation::parse(&[0]).unwrap();
        assert!(nothing.layers.is_empty());
        for value in [
            &[][..],
            &[0x01],
            &[0x01, 0x00],
            &[0x01, 0x40, 1],
            &[0x00, 0x80],
        ] {
            assert_eq!(VideoLayersAllocation::parse(value), None, "{value:?}");
        }
    }
}
