//! What kind of datagram this is, told by its first two bytes (RFC 7983 §7, RFC 5761 §4).

/// The protocols that share one transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Datagram {
    /// A connectivity check or keep-alive: for [`Session::handle_stun`](super::Session::handle_stun).
    Stun,
    /// DTLS records: for [`Session::handle_dtls`](super::Session::handle_dtls).
    Dtls,
    /// An SRTP packet.
    Rtp,
    /// An SRTCP packet.
    Rtcp,
    /// Nothing we speak: drop it.
    Other,
}

/// Tells the protocol of `datagram`. Looks at two bytes, allocates nothing, and promises nothing about the rest.
#[must_use]
pub const fn classify(datagram: &[u8]) -> Datagram {
    match datagram {
        [0..=3, ..] => Datagram::Stun,
        [20..=63, ..] => Datagram::Dtls,
        // RTCP packet types stand where RTP has its marker and payload type: 64 to 95 stay unused there.
        [128..=191, 192..=223, ..] => Datagram::Rtcp,
        [128..=191, _, ..] => Datagram::Rtp,
        _ => Datagram::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_protocol() {
        for (bytes, kind) in [
            (&[0u8, 1][..], Datagram::Stun),
            (&[3], Datagram::Stun),
            (&[4, 0], Datagram::Other),
            (&[16, 0], Datagram::Other),
            (&[19, 0], Datagram::Other),
            (&[20], Datagram::Dtls),
            (&[22, 254], Datagram::Dtls),
            (&[63, 0], Datagram::Dtls),
            (&[64, 0], Datagram::Other),
            (&[127, 0], Datagram::Other),
            (&[128], Datagram::Other),
            (&[128, 111], Datagram::Rtp),
            (&[144, 0x80 | 111], Datagram::Rtp),
            (&[128, 191], Datagram::Rtp),
            (&[128, 192], Datagram::Rtcp),
            (&[129, 201], Datagram::Rtcp),
            (&[128, 223], Datagram::Rtcp),
            (&[128, 224], Datagram::Rtp),
            (&[192, 0], Datagram::Other),
            (&[255, 255], Datagram::Other),
            (&[], Datagram::Other),
        ] {
            assert_eq!(classify(bytes), kind, "{bytes:?}");
        }
    }
}
