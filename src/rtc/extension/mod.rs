//! RTP header extensions: which are spoken, their ids, and their values.

mod allocation;
mod value;

pub use allocation::{AllocatedLayer, LAYERS_MAX, VideoLayersAllocation};
pub use value::{
    AbsCaptureTime, AbsSendTime, AudioLevel, Rotation, TransportSequence, VideoOrientation, name,
};

/// A header extension that is spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Extension {
    /// The m-line of a packet (RFC 8843 §15).
    Mid,
    /// The simulcast encoding of a packet (RFC 8852).
    Rid,
    /// The simulcast encoding that a retransmission repairs (RFC 8852).
    RepairedRid,
    /// How loud the sound is (RFC 6464): [`AudioLevel`].
    AudioLevel,
    /// The number across all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01):
    /// [`TransportSequence`].
    TransportCc,
    /// When it was sent: [`AbsSendTime`].
    AbsSendTime,
    /// When it was captured: [`AbsCaptureTime`].
    AbsCaptureTime,
    /// How the picture is to be turned (3GPP TS 26.114): [`VideoOrientation`].
    VideoOrientation,
    /// Which frames a frame needs (AV1 RTP specification, appendix A): `codec::dependency`.
    DependencyDescriptor,
    /// Which layers a sender sends, at which rates and sizes: [`VideoLayersAllocation`].
    VideoLayersAllocation,
}

impl Extension {
    /// Every one of them.
    pub const ALL: [Self; 10] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::AudioLevel,
        Self::TransportCc,
        Self::AbsSendTime,
        Self::AbsCaptureTime,
        Self::VideoOrientation,
        Self::DependencyDescriptor,
        Self::VideoLayersAllocation,
    ];

    /// Its name in SDP.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::TransportCc => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::AbsCaptureTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
            Self::VideoLayersAllocation => {
                "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"
            }
        }
    }

    /// The extension of that name.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }
}

/// The ids of the extensions of a transport or of an m-line. Under BUNDLE an id means the same on every m-line
/// (RFC 8843 §9.1).
#[derive(Clone, PartialEq, Eq)]
pub struct ExtensionMap {
    ids: [u8; Extension::ALL.len()],
    by_id: [Option<Extension>; 256],
}

impl Default for ExtensionMap {
    fn default() -> Self {
        Self {
            ids: [0; Extension::ALL.len()],
            by_id: [None; 256],
        }
    }
}

/// The id stands for another extension already, or is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("extension id {0} is not free")]
pub struct IdTaken(pub u8);

impl ExtensionMap {
    /// Gives an id to an extension. A second id of the same extension is understood too; the first is used for sending.
    ///
    /// # Errors
    /// When the id is 0 or means another extension.
    pub fn insert(&mut self, id: u8, extension: Extension) -> Result<(), IdTaken> {
        let entry = &mut self.by_id[usize::from(id)];
        if id == 0 || entry.is_some_and(|known| known != extension) {
            return Err(IdTaken(id));
        }
        *entry = Some(extension);
        let own = &mut self.ids[extension as usize];
        if *own == 0 {
            *own = id;
        }
        Ok(())
    }

    /// The extension of an id.
    #[must_use]
    pub const fn extension(&self, id: u8) -> Option<Extension> {
        self.by_id[id as usize]
    }

    /// The id of an extension, if it was negotiated.
    #[must_use]
    pub const fn id(&self, extension: Extension) -> Option<u8> {
        match self.ids[extension as usize] {
            0 => None,
            id => Some(id),
        }
    }

    /// What was negotiated: ids and extensions, in the order of [`Extension::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (u8, Extension)> + '_ {
        Extension::ALL
            .into_iter()
            .filter_map(|extension| Some((self.id(extension)?, extension)))
    }
}

impl std::fmt::Debug for ExtensionMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for extension in Extension::ALL {
            assert_eq!(Extension::from_uri(extension.uri()), Some(extension));
        }
        assert_eq!(Extension::from_uri("urn:example"), None);
    }

    #[test]
    fn an_id_means_one_extension() {
        let mut map = ExtensionMap::default();
        assert_eq!(map.insert(0, Extension::Mid), Err(IdTaken(0)));
        assert_eq!(map.insert(4, Extension::Mid), Ok(()));
        assert_eq!(map.insert(4, Extension::Mid), Ok(()));
        assert_eq!(map.insert(4, Extension::Rid), Err(IdTaken(4)));
        assert_eq!(map.insert(255, Extension::Mid), Ok(()));
        assert_eq!(map.id(Extension::Mid), Some(4));
        assert_eq!(map.extension(255), Some(Extension::Mid));
        assert_eq!(map.extension(0), None);
        assert_eq!(map.id(Extension::Rid), None);
        assert_eq!(map.iter().collect::<Vec<_>>(), [(4, Extension::Mid)]);
    }
}
