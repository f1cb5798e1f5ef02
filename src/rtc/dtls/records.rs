//! What may reach the DTLS library: it buffers without much of a bound, reassembles by recursion and takes plaintext of
//! strangers for the peer's. So records are looked at first, and what has no business here is dropped.

use super::{DtlsRole, hello};
use std::borrow::Cow;

/// Messages of the handshake in plaintext that are let through, fragments and repetitions included. A handshake has
/// about ten.
const PLAIN_MESSAGES_MAX: u16 = 512;

/// Bytes of them.
const PLAIN_BYTES_MAX: usize = 128 * 1024;

/// Bytes of one message: a chain of certificates is the longest.
const MESSAGE_LEN_MAX: usize = 16 * 1024;

/// Highest number of a message: nobody sends that many in one handshake.
const MESSAGE_SEQUENCE_MAX: u16 = 32;

/// Encrypted records of the handshake: Finished and its repetitions.
const SEALED_HANDSHAKE_MAX: u16 = 64;

/// Bytes of one of them.
const SEALED_HANDSHAKE_LEN_MAX: usize = 256;

/// Encrypted records before the handshake is complete: the library keeps them for later.
const EARLY_RECORDS_MAX: u16 = 32;

/// Bytes of a record's header (RFC 6347 §4.1).
const RECORD_HEADER_LEN: usize = 13;

/// Bytes of a handshake message's header (RFC 6347 §4.2.2).
pub(super) const MESSAGE_HEADER_LEN: usize = 12;

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Handshake messages (RFC 5246 §7.4) that only a client sends: ClientHello, CertificateVerify, ClientKeyExchange.
pub(super) const CLIENT_HELLO: u8 = 1;
const FROM_CLIENT: [u8; 4] = [CLIENT_HELLO, CERTIFICATE, 15, 16];
/// ServerHello, HelloVerifyRequest, NewSessionTicket, ServerKeyExchange, CertificateRequest, ServerHelloDone.
const FROM_SERVER: [u8; 7] = [2, 3, 4, CERTIFICATE, 12, 13, 14];
const CERTIFICATE: u8 = 11;

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Handshaking,
    Established,
}

/// What is left of a datagram.
#[derive(Debug)]
pub(super) struct Admitted<'a> {
    /// Whole records.
    pub(super) records: Cow<'a, [u8]>,
    /// How many were dropped; a broken rest counts as one.
    pub(super) refused: u64,
}

/// Counts what one association was sent.
#[derive(Debug)]
pub(super) struct RecordFilter {
    role: DtlsRole,
    /// Of the first ClientHello: both hellos of a client carry the same one (RFC 6347 §4.2.1), a stranger's does not.
    client_random: Option<[u8; hello::RANDOM_LEN]>,
    plain_messages: u16,
    plain_bytes: usize,
    sealed_handshake: u16,
    early: u16,
}

impl RecordFilter {
    pub(super) const fn new(role: DtlsRole) -> Self {
        Self {
            role,
            client_random: None,
            plain_messages: 0,
            plain_bytes: 0,
            sealed_handshake: 0,
            early: 0,
        }
    }

    /// Drops from `datagram` what may not pass.
    pub(super) fn admit<'a>(&mut self, stage: Stage, datagram: &'a [u8]) -> Admitted<'a> {
        let mut kept = Vec::new();
        let mut refused = 0;
        let mut rest = datagram;
        while !rest.is_empty() {
            let Some((record, behind)) = split_record(rest) else {
                refused += 1;
                break;
            };
            if self.is_admitted(stage, record) {
                kept.push(record);
            } else {
                refused += 1;
            }
            rest = behind;
        }
        let records = match refused {
            0 => Cow::Borrowed(datagram),
            _ => Cow::Owned(kept.concat()),
        };
        Admitted { records, refused }
    }

    fn is_admitted(&mut self, stage: Stage, record: &[u8]) -> bool {
        let (header, body) = record.split_at(RECORD_HEADER_LEN);
        let epoch = u16::from_be_bytes([header[3], header[4]]);
        match (epoch, header[0], stage) {
            // A client is established once the server is: no repetition can be meant for it.
            (0, HANDSHAKE, Stage::Established) if self.role == DtlsRole::Active => false,
            (0, HANDSHAKE, _) => self.is_plain_handshake_admitted(body),
            (0, CHANGE_CIPHER_SPEC, Stage::Handshaking) => body == [1],
            // Alerts and data in plaintext can be anybody's. A handshake refused in earnest ends by its timeout.
            (0, _, _) => false,
            (1, HANDSHAKE, _) => {
                body.len() <= SEALED_HANDSHAKE_LEN_MAX
                    && count(&mut self.sealed_handshake, SEALED_HANDSHAKE_MAX)
            }
            (1, CHANGE_CIPHER_SPEC..=APPLICATION_DATA, Stage::Established) => true,
            (1, CHANGE_CIPHER_SPEC..=APPLICATION_DATA, Stage::Handshaking) => {
                count(&mut self.early, EARLY_RECORDS_MAX)
            }
            _ => false,
        }
    }

    /// A record may hold several messages; all of them must be in order.
    fn is_plain_handshake_admitted(&mut self, mut body: &[u8]) -> bool {
        let body_len = body.len();
        while !body.is_empty() {
            let Some(message) = Message::parse(body) else {
                return false;
            };
            let by_the_peer = match self.role {
                DtlsRole::Active => FROM_SERVER.contains(&message.kind),
                DtlsRole::Passive => FROM_CLIENT.contains(&message.kind),
            };
            // A stranger must not use up what the peer may send: he is known before anything is counted.
            if !by_the_peer
                || !self.is_of_the_same_client(&message)
                || !count(&mut self.plain_messages, PLAIN_MESSAGES_MAX)
            {
                return false;
            }
            body = &body[MESSAGE_HEADER_LEN + message.fragment.len()..];
        }
        self.plain_bytes += body_len;
        self.plain_bytes <= PLAIN_BYTES_MAX
    }

    fn is_of_the_same_client(&mut self, message: &Message<'_>) -> bool {
        if message.kind != CLIENT_HELLO || message.offset != 0 {
            return true;
        }
        match hello::random(message.fragment) {
            Some(random) => *self.client_random.get_or_insert(random) == random,
            None => false,
        }
    }
}

/// Counts one more, unless there were enough.
const fn count(counter: &mut u16, max: u16) -> bool {
    let fits = *counter < max;
    if fits {
        *counter += 1;
    }
    fits
}

/// The first record, header and body. Empty records are of no use to anybody.
fn split_record(datagram: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = datagram.get(11..RECORD_HEADER_LEN)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length == 0 {
        return None;
    }
    datagram.split_at_checked(RECORD_HEADER_LEN + length)
}

/// The first handshake message of a plaintext record of a datagram, for who wants to look into a ClientHello.
pub(super) fn first_message(datagram: &[u8]) -> Option<Message<'_>> {
    let (record, _) = split_record(datagram)?;
    let is_plain_handshake = record[0] == HANDSHAKE && record[3..5] == [0, 0];
    is_plain_handshake
        .then(|| Message::parse(&record[RECORD_HEADER_LEN..]))
        .flatten()
}

/// A handshake message or a fragment of one.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: u8,
    pub(super) length: usize,
    pub(super) offset: usize,
    pub(super) fragment: &'a [u8],
}

impl<'a> Message<'a> {
    /// The message at the beginning of a record's body. A true fragment must fill the rest of its record, as the library
    /// takes it so.
    fn parse(body: &'a [u8]) -> Option<Self> {
        let header = body.get(..MESSAGE_HEADER_LEN)?;
        let u24 = |at: usize| {
            usize::from(header[at]) << 16
                | usize::from(header[at + 1]) << 8
                | usize::from(header[at + 2])
        };
        let (length, offset, fragment_len) = (u24(1), u24(6), u24(9));
        let sequence = u16::from_be_bytes([header[4], header[5]]);
        let fragment = body[MESSAGE_HEADER_LEN..].get(..fragment_len)?;
        let is_whole = fragment_len == length;
        let is_fragment = fragment_len > 0 && body.len() == MESSAGE_HEADER_LEN + fragment_len;
        let is_sound = length <= MESSAGE_LEN_MAX
            && sequence <= MESSAGE_SEQUENCE_MAX
            && offset + fragment_len <= length
            && (is_whole || is_fragment);
        is_sound.then_some(Self {
            kind: header[0],
            length,
            offset,
            fragment,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, epoch: u16, body: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 0xFE, 0xFD];
        record.extend(epoch.to_be_bytes());
        record.extend([0; 6]);
        record.extend((body.len() as u16).to_be_bytes());
        record.extend(body);
        record
    }

    fn message(kind: u8, length: u32, offset: u32, fragment: &[u8]) -> Vec<u8> {
        let mut message = vec![kind];
        message.extend(&length.to_be_bytes()[1..]);
        message.extend([0, 1]);
        message.extend(&offset.to_be_bytes()[1..]);
        message.extend(&(fragment.len() as u32).to_be_bytes()[1..]);
        message.extend(fragment);
        message
    }

    fn hello(random: u8) -> Vec<u8> {
        let mut body = vec![0xFE, 0xFD];
        body.extend([random; 32]);
        body.extend([0; 6]);
        record(HANDSHAKE, 0, &message(CLIENT_HELLO, 40, 0, &body))
    }

    fn admits(filter: &mut RecordFilter, stage: Stage, datagram: &[u8]) -> bool {
        let admitted = filter.admit(stage, datagram);
        assert!(admitted.refused > 0 || admitted.records == datagram);
        admitted.refused == 0
    }

    #[test]
    fn an_active_side_takes_no_client_hello() {
        let mut filter = RecordFilter::new(DtlsRole::Active);
        for _ in 0..1000 {
            assert!(!admits(&mut filter, Stage::Handshaking, &hello(1)));
        }
        let server_hello = record(HANDSHAKE, 0, &message(2, 4, 0, &[0; 4]));
        assert!(admits(&mut filter, Stage::Handshaking, &server_hello));
        assert!(!admits(&mut filter, Stage::Established, &server_hello));
    }

    #[test]
    fn a_passive_side_keeps_to_its_first_client() {
        let mut filter = RecordFilter::new(DtlsRole::Passive);
        assert!(admits(&mut filter, Stage::Handshaking, &hello(1)));
        for _ in 0..1000 {
            assert!(!admits(&mut filter, Stage::Handshaking, &hello(2)));
        }
        assert!(admits(&mut filter, Stage::Established, &hello(1)));
    }

    #[test]
    fn plaintext_that_anybody_may_send_is_dropped() {
        let mut filter = RecordFilter::new(DtlsRole::Active);
        for (kind, body) in [
            (21, &[2, 40][..]),
            (23, b"data"),
            (20, &[2]),
            (99, b"x"),
            (24, b"heartbeat"),
        ] {
            let datagram = record(kind, 0, body);
            assert!(
                !admits(&mut filter, Stage::Handshaking, &datagram),
                "{kind}"
            );
            assert!(
                !admits(&mut filter, Stage::Established, &datagram),
                "{kind}"
            );
        }
        let change = record(CHANGE_CIPHER_SPEC, 0, &[1]);
        assert!(admits(&mut filter, Stage::Handshaking, &change));
        assert!(!admits(
            &mut filter,
            Stage::Handshaking,
            &record(23, 2, b"epoch 2")
        ));
    }

    #[test]
    fn what_is_kept_for_later_is_bounded() {
        let mut filter = RecordFilter::new(DtlsRole::Active);
        let early = record(APPLICATION_DATA, 1, b"early");
        let admitted = (0..1000)
            .filter(|_| admits(&mut filter, Stage::Handshaking, &early))
            .count();
        assert_eq!(admitted, usize::from(EARLY_RECORDS_MAX));
        assert!(admits(&mut filter, Stage::Established, &early));
        let finished = record(HANDSHAKE, 1, &[0; 40]);
        let admitted = (0..1000)
            .filter(|_| admits(&mut filter, Stage::Established, &finished))
            .count();
        assert_eq!(admitted, usize::from(SEALED_HANDSHAKE_MAX));
    }

    #[test]
    fn fragments_are_bounded_in_number_and_size() {
        let mut filter = RecordFilter::new(DtlsRole::Active);
        let tiny = |offset| record(HANDSHAKE, 0, &message(CERTIFICATE, 16_000, offset, &[0]));
        let admitted = (0..2000)
            .filter(|offset| admits(&mut filter, Stage::Handshaking, &tiny(*offset)))
            .count();
        assert_eq!(admitted, usize::from(PLAIN_MESSAGES_MAX));
        for unsound in [
            message(CERTIFICATE, 17_000, 0, &[0; 9]),
            message(CERTIFICATE, 9, 1, &[0; 9]),
            message(CERTIFICATE, 9, 0, &[]),
            [message(CERTIFICATE, 9, 0, &[0; 3]), message(14, 0, 0, &[])].concat(),
        ] {
            let mut filter = RecordFilter::new(DtlsRole::Active);
            let datagram = record(HANDSHAKE, 0, &unsound);
            assert!(!admits(&mut filter, Stage::Handshaking, &datagram));
        }
    }

    #[test]
    fn good_records_of_a_mixed_datagram_pass() {
        let mut filter = RecordFilter::new(DtlsRole::Active);
        let good = record(CHANGE_CIPHER_SPEC, 0, &[1]);
        let datagram = [hello(1), good.clone(), vec![22, 1, 2]].concat();
        let admitted = filter.admit(Stage::Handshaking, &datagram);
        assert_eq!(admitted.records, good);
        assert_eq!(admitted.refused, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for role in [DtlsRole::Active, DtlsRole::Passive] {
                let mut filter = RecordFilter::new(role);
                for stage in [Stage::Handshaking, Stage::Established] {
                    let admitted = filter.admit(stage, &bytes);
                    prop_assert!(admitted.records.len() <= bytes.len());
                }
                first_message(&bytes);
            }
        }
    }
}
