use super::*;
use proptest::prelude::*;

/// A packet of Chromium: one-byte extensions 3 (abs-send-time), 4 (TWCC) and 9 (mid), with padding between them.
const GOLDEN: &[u8] = &[
    0x90, 0xe0, 0x12, 0x34, 0x00, 0x01, 0x02, 0x03, 0xde, 0xad, 0xbe, 0xef, 0xbe, 0xde, 0x00, 0x03,
    0x32, 0xaa, 0xbb, 0xcc, 0x41, 0x00, 0x07, 0x00, 0x90, b'1', 0x00, 0x00, 0x99,
];

#[test]
fn a_golden_packet_is_read() {
    let header = Header::parse(GOLDEN).unwrap();
    assert_eq!(
        (header.marker, header.padding, header.payload_type),
        (true, false, 96)
    );
    assert_eq!(
        (header.sequence, header.timestamp, header.ssrc),
        (0x1234, 0x0001_0203, 0xdead_beef)
    );
    assert_eq!(header.len(), GOLDEN.len() - 1);
    assert_eq!(
        header.extensions().collect::<Vec<_>>(),
        [
            (3, &[0xaa, 0xbb, 0xcc][..]),
            (4, &[0, 7][..]),
            (9, &b"1"[..])
        ]
    );
}

#[test]
fn a_two_byte_header_is_read() {
    let mut packet = vec![
        0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x05, 0x00, 0x02,
    ];
    packet.extend([20, 0, 0, 4, 2, 1, 2, 0]);
    let header = Header::parse(&packet).unwrap();
    assert_eq!(
        header.extensions().collect::<Vec<_>>(),
        [(20, &[][..]), (4, &[1, 2][..])]
    );
}

#[test]
fn id_15_and_overlong_values_end_the_extensions() {
    for tail in [[0x10, 7, 0xf0, 0x10], [0x10, 7, 0x2f, 0x10]] {
        let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1];
        packet.extend(tail);
        let header = Header::parse(&packet).unwrap();
        assert_eq!(header.extensions().collect::<Vec<_>>(), [(1, &[7][..])]);
    }
}

#[test]
fn unknown_profiles_and_an_empty_block_have_no_extensions() {
    for profile in [0x0000_u16, 0x1234] {
        let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        packet.extend(profile.to_be_bytes());
        packet.extend([0, 0, 9]);
        let header = Header::parse(&packet).unwrap();
        assert_eq!(header.extensions().count(), 0);
        assert_eq!(header.len(), 16);
    }
}

#[test]
fn short_packets_and_other_versions_are_refused() {
    for length in 0..GOLDEN.len() - 1 {
        assert_eq!(Header::parse(&GOLDEN[..length]), Err(RtpError::Short));
    }
    let mut other = GOLDEN.to_vec();
    other[0] = 0x50;
    assert_eq!(Header::parse(&other), Err(RtpError::Version));
}

#[test]
fn padding_is_written_and_removed() {
    let mut payload = vec![1, 2, 3, 0xff, 0xff, 0xff];
    pad(&mut payload[3..]);
    assert_eq!(payload, [1, 2, 3, 0, 0, 3]);
    let padded = [0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    let header = Header::parse(&padded).unwrap();
    assert_eq!(unpad(&header, &payload), Ok(&[1, 2, 3][..]));
    assert_eq!(unpad(&header, &[0, 0, 3]), Ok(&[][..]));
    for wrong in [&[][..], &[0], &[5, 3]] {
        assert_eq!(unpad(&header, wrong), Err(RtpError::Short));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut extensions = ExtensionsOut::default();
    assert_eq!(extensions.push(0, &[1]), Err(ExtensionRefused));
    assert_eq!(extensions.push(1, &[0; 256]), Err(ExtensionRefused));
    assert_eq!(extensions.push(1, &[0; 255]), Ok(()));
    assert_eq!(extensions.push(2, &[0; 255]), Err(ExtensionRefused));
    let header = HeaderOut {
        marker: false,
        payload_type: 1,
        sequence: 2,
        timestamp: 3,
        ssrc: 4,
        csrc: Some(5),
        padding: false,
    };
    assert!(header.bytes(&extensions) <= HEADER_BYTES_MAX);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        marker: bool, padding: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
        csrc: Option<u32>,
        values in prop::collection::vec((1_u8..20, prop::collection::vec(any::<u8>(), 0..20)), 0..8),
    ) {
        let out = HeaderOut { marker, payload_type, sequence, timestamp, ssrc, csrc, padding };
        let mut extensions = ExtensionsOut::default();
        for (id, value) in &values {
            extensions.push(*id, value).unwrap();
        }
        let mut bytes = [0xff; HEADER_BYTES_MAX];
        let length = out.write(&mut bytes, &extensions);
        prop_assert_eq!(length, out.bytes(&extensions));
        let header = Header::parse(&bytes[..length]).unwrap();
        prop_assert_eq!(header.len(), length);
        prop_assert_eq!((header.marker, header.padding, header.payload_type), (marker, padding, payload_type));
        prop_assert_eq!((header.sequence, header.timestamp, header.ssrc), (sequence, timestamp, ssrc));
        prop_assert_eq!(header.csrcs().collect::<Vec<_>>(), csrc.into_iter().collect::<Vec<_>>());
        let read: Vec<_> = header.extensions().map(|(id, value)| (id, value.to_vec())).collect();
        prop_assert_eq!(read, values);
    }

    #[test]
    fn garbage_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(header) = Header::parse(&bytes) {
            prop_assert!(header.len() <= bytes.len());
            prop_assert!(header.csrcs().count() <= 15);
            for (_, value) in header.extensions() {
                prop_assert!(value.len() <= bytes.len());
            }
            let _ = unpad(&header, &bytes[header.len()..]);
        }
    }
}
