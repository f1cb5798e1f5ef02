//! Binding requests and their answers (RFC 8489, RFC 8445 §7), read strictly and without allocation.
//!
//! Only what MESSAGE-INTEGRITY covers is believed, FINGERPRINT must come last, and a request without either is none.

use aws_lc_rs::hmac;
use rtc_stun::fingerprint::fingerprint_value;
use std::net::{IpAddr, SocketAddr};

const HEADER_LEN: usize = 20;
const ATTRIBUTE_HEADER_LEN: usize = 4;
const TRANSACTION_LEN: usize = 12;
const INTEGRITY_LEN: usize = 20;
const FINGERPRINT_LEN: usize = 4;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// Attributes of a request; browsers send about eight.
const ATTRIBUTES_MAX: usize = 32;

/// Unknown attributes that an answer names.
const UNKNOWN_MAX: usize = 8;

const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;

/// Below this, an attribute must be understood (RFC 8489 §14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;

/// A well-formed binding request with USERNAME, MESSAGE-INTEGRITY and a correct FINGERPRINT.
#[derive(Debug)]
pub(super) struct Request<'a> {
    datagram: &'a [u8],
    integrity_at: usize,
    pub(super) username: &'a [u8],
    pub(super) use_candidate: bool,
    /// The peer says that it is controlled, which is what we are.
    pub(super) is_controlled: bool,
    unknown: [u16; UNKNOWN_MAX],
    unknown_count: usize,
}

/// What to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Success(SocketAddr),
    RoleConflict,
    UnknownAttributes,
}

impl<'a> Request<'a> {
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let header = datagram.get(..HEADER_LEN)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let is_request = header[..2] == BINDING_REQUEST
            && header[4..8] == MAGIC_COOKIE
            && HEADER_LEN + length == datagram.len();
        if !is_request {
            return None;
        }
        let mut request = Self {
            datagram,
            integrity_at: 0,
            username: &[],
            use_candidate: false,
            is_controlled: false,
            unknown: [0; UNKNOWN_MAX],
            unknown_count: 0,
        };
        let mut at = HEADER_LEN;
        for _ in 0..ATTRIBUTES_MAX {
            let (kind, value) = attribute(datagram, at)?;
            let next = at + ATTRIBUTE_HEADER_LEN + value.len().next_multiple_of(4);
            if kind == FINGERPRINT {
                let is_last = next == datagram.len() && value.len() == FINGERPRINT_LEN;
                let is_right = value == fingerprint_value(&datagram[..at]).to_be_bytes();
                let is_whole = request.integrity_at != 0 && !request.username.is_empty();
                return (is_last && is_right && is_whole).then_some(request);
            }
            request.take(kind, value, at)?;
            at = next;
        }
        None
    }

    /// Whether it was made with this password.
    pub(super) fn is_authentic(&self, password: &str) -> bool {
        let key = key_of(password);
        let (signed, rest) = self.datagram.split_at(self.integrity_at);
        let mac = mac(&key, signed, self.integrity_at);
        let found = &rest[ATTRIBUTE_HEADER_LEN..ATTRIBUTE_HEADER_LEN + INTEGRITY_LEN];
        aws_lc_rs::constant_time::verify_slices_are_equal(mac.as_ref(), found).is_ok()
    }

    /// A part of MESSAGE-INTEGRITY: tells authentic requests apart.
    pub(super) fn tag(&self) -> u64 {
        let tag = &self.datagram[self.integrity_at + ATTRIBUTE_HEADER_LEN..];
        tag.first_chunk().map_or(0, |tag| u64::from_be_bytes(*tag))
    }

    /// Whether there are attributes that must be understood but are not.
    pub(super) const fn has_unknown(&self) -> bool {
        self.unknown_count > 0
    }

    /// The answer, signed with the same password.
    pub(super) fn answer(&self, answer: Answer, password: &str) -> Vec<u8> {
        let kind = match answer {
            Answer::Success(_) => BINDING_SUCCESS,
            Answer::RoleConflict | Answer::UnknownAttributes => BINDING_ERROR,
        };
        let mut message = Vec::with_capacity(96);
        message.extend(kind.to_be_bytes());
        message.extend([0; 2]);
        message.extend(&self.datagram[4..HEADER_LEN]);
        match answer {
            Answer::Success(address) => {
                let transaction = &self.datagram[HEADER_LEN - TRANSACTION_LEN..HEADER_LEN];
                push(
                    &mut message,
                    XOR_MAPPED_ADDRESS,
                    &xor_mapped(address, transaction),
                );
            }
            Answer::RoleConflict => {
                push(&mut message, ERROR_CODE, b"\0\0\x04\x57Role Conflict");
            }
            Answer::UnknownAttributes => {
                push(&mut message, ERROR_CODE, b"\0\0\x04\x14Unknown Attribute");
                let unknown = &self.unknown[..self.unknown_count];
                let value: Vec<u8> = unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
                push(&mut message, UNKNOWN_ATTRIBUTES, &value);
            }
        }
        sign(&mut message, password);
        message
    }

    /// Notes an attribute before FINGERPRINT. `None`: the request is malformed.
    fn take(&mut self, kind: u16, value: &'a [u8], at: usize) -> Option<()> {
        if self.integrity_at != 0 {
            return Some(()); // Not covered by it: RFC 8489 §14.5.
        }
        match kind {
            USERNAME => self.username = value,
            USE_CANDIDATE => self.use_candidate = true,
            ICE_CONTROLLED => self.is_controlled = true,
            MESSAGE_INTEGRITY if value.len() == INTEGRITY_LEN => self.integrity_at = at,
            MESSAGE_INTEGRITY => return None,
            PRIORITY | COMPREHENSION_OPTIONAL.. => {}
            _ => {
                if let Some(slot) = self.unknown.get_mut(self.unknown_count) {
                    *slot = kind;
                    self.unknown_count += 1;
                }
            }
        }
        Some(())
    }
}

/// The username of a datagram that looks like a binding request.
pub(super) fn username(datagram: &[u8]) -> Option<&[u8]> {
    let is_request = datagram.get(..2)? == BINDING_REQUEST && datagram.get(4..8)? == MAGIC_COOKIE;
    let mut at = HEADER_LEN;
    for _ in 0..ATTRIBUTES_MAX {
        let (kind, value) = attribute(datagram, at).filter(|_| is_request)?;
        if kind == USERNAME {
            return Some(value);
        }
        at += ATTRIBUTE_HEADER_LEN + value.len().next_multiple_of(4);
    }
    None
}

/// Kind and value of the attribute that begins at `at`.
fn attribute(datagram: &[u8], at: usize) -> Option<(u16, &[u8])> {
    let rest = datagram.get(at..)?;
    let header = rest.get(..ATTRIBUTE_HEADER_LEN)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let value = rest[ATTRIBUTE_HEADER_LEN..].get(..length)?;
    Some((u16::from_be_bytes([header[0], header[1]]), value))
}

/// HMAC-SHA1 over a message up to its MESSAGE-INTEGRITY, as if it ended behind that (RFC 8489 §14.5).
fn mac(key: &hmac::Key, signed: &[u8], integrity_at: usize) -> hmac::Tag {
    let length = length_up_to(integrity_at + ATTRIBUTE_HEADER_LEN + INTEGRITY_LEN);
    let mut mac = hmac::Context::with_key(key);
    mac.update(&signed[..2]);
    mac.update(&length);
    mac.update(&signed[4..]);
    mac.sign()
}

fn key_of(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// The length field of a message that ends at `end`. Messages here are shorter than a datagram.
fn length_up_to(end: usize) -> [u8; 2] {
    u16::try_from(end - HEADER_LEN)
        .expect("a datagram is shorter than 64 KiB")
        .to_be_bytes()
}

fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    let length = u16::try_from(value.len()).expect("our attributes are short");
    message.extend(length.to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// Appends MESSAGE-INTEGRITY and FINGERPRINT and sets the length.
fn sign(message: &mut Vec<u8>, password: &str) {
    let mac = mac(&key_of(password), message, message.len());
    push(message, MESSAGE_INTEGRITY, mac.as_ref());
    let end = message.len() + ATTRIBUTE_HEADER_LEN + FINGERPRINT_LEN;
    message[2..4].copy_from_slice(&length_up_to(end));
    let fingerprint = fingerprint_value(message).to_be_bytes();
    push(message, FINGERPRINT, &fingerprint);
}

/// RFC 8489 §14.2: port and address under the cookie, and for IPv6 the transaction.
fn xor_mapped(address: SocketAddr, transaction: &[u8]) -> Vec<u8> {
    let (family, octets) = match address.ip().to_canonical() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let mask = MAGIC_COOKIE.iter().chain(transaction);
    let port = address.port().to_be_bytes();
    let mut value = vec![
        0,
        family,
        port[0] ^ MAGIC_COOKIE[0],
        port[1] ^ MAGIC_COOKIE[1],
    ];
    value.extend(octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
    value
}

#[cfg(test)]
pub(in crate::rtc) mod build {
    //! Requests as a browser makes them.

    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);

    /// A request of `username` with extra attributes, signed with `password`.
    pub(in crate::rtc) fn request(
        username: &str,
        password: &str,
        extra: &[(u16, &[u8])],
    ) -> Vec<u8> {
        let mut message = vec![0, 1, 0, 0];
        message.extend(MAGIC_COOKIE);
        // Each is another, as a browser's are.
        message.extend([7; TRANSACTION_LEN - 4]);
        message.extend(NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        push(&mut message, USERNAME, username.as_bytes());
        push(&mut message, PRIORITY, &[0, 0, 1, 0]);
        for (kind, value) in extra {
            push(&mut message, *kind, value);
        }
        sign(&mut message, password);
        message
    }

    /// The attributes that matter in tests.
    pub(in crate::rtc) const NOMINATE: (u16, &[u8]) = (USE_CANDIDATE, &[]);
    pub(in crate::rtc) const CONTROLLED: (u16, &[u8]) = (ICE_CONTROLLED, &[1; 8]);
    pub(in crate::rtc) const CONTROLLING: (u16, &[u8]) = (0x802A, &[1; 8]);
    pub(in crate::rtc) const UNKNOWN: (u16, &[u8]) = (0x0077, b"what");

    /// Whether the answer is an error, and the code.
    pub(in crate::rtc) fn error_code(answer: &[u8]) -> Option<u16> {
        let (kind, value) = attribute(answer, HEADER_LEN)?;
        (kind == ERROR_CODE).then(|| u16::from(value[2]) * 100 + u16::from(value[3]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rtc_stun::{
        attributes::ATTR_USERNAME,
        fingerprint::FINGERPRINT as CHECK_FINGERPRINT,
        integrity::MessageIntegrity,
        message::{Getter, Message},
        xoraddr::XorMappedAddress,
    };

    const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

    /// RFC 5769 §2.1, with the username `evtj:h6vY`.
    const SAMPLE: &str = concat!(
        "000100582112a442b7e7a701bc34d686fa87dfae",
        "802200105354554e207465737420636c69656e74",
        "002400046e0001ff80290008932ff9b151263b36",
        "000600096576746a3a68367659202020",
        "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2",
        "80280004e57a3bcf"
    );

    #[test]
    fn the_sample_of_the_rfc_is_read() {
        let sample = hex::decode(SAMPLE).unwrap();
        let request = Request::parse(&sample).unwrap();
        assert_eq!(request.username, b"evtj:h6vY");
        assert!(request.is_controlled && !request.use_candidate && !request.has_unknown());
        assert!(request.is_authentic(PASSWORD));
        assert!(!request.is_authentic("VOkJxbRl1RmTxUk/WvJxBT"));
        assert_eq!(username(&sample), Some(&b"evtj:h6vY"[..]));
    }

    #[test]
    fn another_implementation_reads_our_answers() {
        let sample = hex::decode(SAMPLE).unwrap();
        let request = Request::parse(&sample).unwrap();
        for address in [
            "192.0.2.1:32853",
            "[2001:db8::1]:99",
            "[::ffff:192.0.2.1]:7",
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let answer = request.answer(Answer::Success(address), PASSWORD);
            let mut message = Message::new();
            message.unmarshal_binary(&answer).unwrap();
            CHECK_FINGERPRINT.check(&message).unwrap();
            let provider = rtc_crypto::default_provider().unwrap();
            MessageIntegrity::check(&mut message, PASSWORD.as_bytes(), provider.crypto()).unwrap();
            let mut mapped = XorMappedAddress::default();
            mapped.get_from(&message).unwrap();
            assert_eq!(
                (mapped.ip, mapped.port),
                (address.ip().to_canonical(), address.port())
            );
            assert!(message.get(ATTR_USERNAME).is_err());
        }
        for (answer, code) in [
            (Answer::RoleConflict, 487),
            (Answer::UnknownAttributes, 420),
        ] {
            let answer = request.answer(answer, PASSWORD);
            assert_eq!(build::error_code(&answer), Some(code));
        }
    }

    #[test]
    fn what_integrity_does_not_cover_is_not_believed() {
        let mut request = build::request("a:b", PASSWORD, &[]);
        request.truncate(request.len() - 8); // without FINGERPRINT
        push(&mut request, USE_CANDIDATE, &[]);
        let end = request.len() + 8;
        request[2..4].copy_from_slice(&length_up_to(end));
        let fingerprint = fingerprint_value(&request).to_be_bytes();
        push(&mut request, FINGERPRINT, &fingerprint);
        let parsed = Request::parse(&request).unwrap();
        assert!(!parsed.use_candidate);
        assert!(parsed.is_authentic(PASSWORD));
    }

    #[test]
    fn malformed_requests_are_none() {
        let good = build::request("a:b", PASSWORD, &[build::NOMINATE]);
        assert!(Request::parse(&good).is_some_and(|request| request.use_candidate));
        for len in 0..good.len() {
            assert!(Request::parse(&good[..len]).is_none(), "{len}");
        }
        let longer = [&good[..], &[0; 4]].concat();
        assert!(Request::parse(&longer).is_none());
        let nameless = build::request("", PASSWORD, &[]);
        assert!(Request::parse(&nameless).is_none());
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(at in 0usize..500, bit in 0u8..8) {
            let mut request = build::request("abcd:efgh", PASSWORD, &[build::CONTROLLING]);
            let at = at % request.len();
            request[at] ^= 1 << bit;
            let is_believed = Request::parse(&request).is_some_and(|r| r.is_authentic(PASSWORD));
            prop_assert!(!is_believed);
        }

        #[test]
        fn any_bytes_are_read(mut bytes in prop::collection::vec(any::<u8>(), 0..200), real: bool) {
            if real && bytes.len() >= HEADER_LEN {
                bytes[..2].copy_from_slice(&BINDING_REQUEST);
                let end = bytes.len();
                bytes[2..4].copy_from_slice(&length_up_to(end));
                bytes[4..8].copy_from_slice(&MAGIC_COOKIE);
            }
            if let Some(request) = Request::parse(&bytes) {
                request.is_authentic("x");
            }
            username(&bytes);
        }
    }
}
