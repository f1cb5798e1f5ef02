//! The video layers allocation (`video-layers-allocation00` of libwebrtc): what a sender sends at the moment.

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
    /// Active layers, by stream and then by spatial layer.
    pub layers: Vec<AllocatedLayer>,
}

impl VideoLayersAllocation {
    /// Reads the extension's value; an empty one says that nothing is sent.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let _ = value;
        todo!()
    }
}
