//! The messages that open a data channel (RFC 8832 §5).

use super::LABEL_LEN_MAX;
use rtc_sctp::ReliabilityType;

const DATA_CHANNEL_OPEN: u8 = 3;

/// DATA_CHANNEL_ACK, whole.
pub(super) const ACK: [u8; 1] = [2];

/// Bytes before the label.
const OPEN_HEADER_LEN: usize = 12;

/// Bit of the channel type that says "unordered".
const UNORDERED: u8 = 0x80;

/// What a peer asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub(super) unordered: bool,
    pub(super) reliability: ReliabilityType,
    /// Retransmissions or milliseconds, as the reliability says.
    pub(super) reliability_value: u32,
    pub(super) label: String,
    pub(super) protocol: String,
}

impl Open {
    /// Reads a DATA_CHANNEL_OPEN. `None` for anything else, also when label or protocol are no UTF-8 or longer than
    /// [`LABEL_LEN_MAX`].
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let header = message.get(..OPEN_HEADER_LEN)?;
        let u16_at = |at: usize| usize::from(u16::from_be_bytes([header[at], header[at + 1]]));
        let (label_len, protocol_len) = (u16_at(8), u16_at(10));
        let (label, rest) = message[OPEN_HEADER_LEN..].split_at_checked(label_len)?;
        let is_sound = header[0] == DATA_CHANNEL_OPEN
            && rest.len() == protocol_len
            && label_len <= LABEL_LEN_MAX
            && protocol_len <= LABEL_LEN_MAX;
        let reliability = match header[1] & !UNORDERED {
            0 => ReliabilityType::Reliable,
            1 => ReliabilityType::Rexmit,
            2 => ReliabilityType::Timed,
            _ => return None,
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        is_sound.then_some(Self {
            unordered: header[1] & UNORDERED != 0,
            reliability,
            reliability_value: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            label: text(label)?,
            protocol: text(rest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(kind: u8, label: &[u8], protocol: &[u8]) -> Vec<u8> {
        let mut message = vec![DATA_CHANNEL_OPEN, kind, 1, 0, 0, 0, 0, 9];
        message.extend((label.len() as u16).to_be_bytes());
        message.extend((protocol.len() as u16).to_be_bytes());
        message.extend(label);
        message.extend(protocol);
        message
    }

    #[test]
    fn an_open_is_read() {
        let read = Open::parse(&open(0x82, "schön".as_bytes(), b"chat")).unwrap();
        assert_eq!(
            read,
            Open {
                unordered: true,
                reliability: ReliabilityType::Timed,
                reliability_value: 9,
                label: "schön".to_owned(),
                protocol: "chat".to_owned(),
            }
        );
    }

    #[test]
    fn unsound_opens_are_refused() {
        let good = open(0, b"label", b"");
        assert!(Open::parse(&good).is_some());
        for len in 0..good.len() {
            assert_eq!(Open::parse(&good[..len]), None, "{len}");
        }
        for bad in [
            open(3, b"", b""),
            open(0, &[0xFF], b""),
            open(0, &[b'x'; LABEL_LEN_MAX + 1], b""),
            [good, vec![0]].concat(),
            vec![2],
        ] {
            assert_eq!(Open::parse(&bad), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            Open::parse(&bytes);
        }
    }
}
