use super::*;
use proptest::prelude::*;

/// A sender report without blocks, a description, a NACK of 10, 11 and 26, and a PLI, as a browser compounds them.
#[rustfmt::skip]
const GOLDEN: &[u8] = &[
    0x80, 200, 0, 6, 0, 0, 0, 1, 0xe0, 0, 0, 0, 0x80, 0, 0, 0, 0, 1, 0x5f, 0x90, 0, 0, 0, 9, 0, 0, 4, 0,
    0x81, 202, 0, 3, 0, 0, 0, 1, 1, 4, b'n', b'a', b'm', b'e', 0, 0,
    0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0x80, 0x01,
    0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
];

fn golden() -> Vec<Rtcp> {
    vec![
        Rtcp::SenderReport(SenderReport {
            ssrc: 1,
            ntp: 0xe000_0000_8000_0000,
            rtp_timestamp: 90_000,
            packets: 9,
            octets: 1_024,
            reports: vec![],
        }),
        Rtcp::Description(vec![(1, "name".into())]),
        Rtcp::Nack {
            sender: 1,
            media: 2,
            lost: vec![10, 11, 26],
        },
        Rtcp::Pli {
            sender: 1,
            media: 2,
        },
    ]
}

#[test]
fn a_golden_compound_is_read_and_written() {
    assert_eq!(parse(GOLDEN), Ok(golden()));
    let mut written = Vec::new();
    write(&golden(), &mut written);
    assert_eq!(written, GOLDEN);
}

#[test]
fn a_golden_remb_is_read() {
    // 180,000 bit/s: a mantissa of 180,000 without exponent.
    let packet = [
        0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 1, 0x02, 0xbf, 0x20, 0, 0,
        0, 7,
    ];
    let remb = Rtcp::Remb {
        sender: 1,
        bitrate_bps: 180_000,
        ssrcs: vec![7],
    };
    assert_eq!(parse(&packet), Ok(vec![remb]));
    let mut endless = packet;
    endless[17] = 0xff;
    let read = parse(&endless).unwrap();
    let [Rtcp::Remb { bitrate_bps, .. }] = read.as_slice() else {
        panic!("a REMB");
    };
    assert_eq!(*bitrate_bps, u64::MAX);
}

#[test]
fn broken_chains_are_refused() {
    assert_eq!(parse(&[]), Err(RtcpError::Short));
    assert_eq!(parse(&GOLDEN[..3]), Err(RtcpError::Short));
    assert_eq!(parse(&GOLDEN[..GOLDEN.len() - 1]), Err(RtcpError::Short));
    assert_eq!(parse(&[0x40, 200, 0, 0]), Err(RtcpError::Version));
}

#[test]
fn a_malformed_body_leaves_the_others() {
    // A sender report that counts a block it does not have, extended reports, then a PLI with padding.
    let packet = [
        0x81, 200, 0, 1, 0, 0, 0, 1, 0x80, 207, 0, 1, 0, 0, 0, 1, 0xa1, 206, 0, 3, 0, 0, 0, 1, 0,
        0, 0, 2, 0, 0, 0, 4,
    ];
    assert_eq!(
        parse(&packet),
        Ok(vec![
            Rtcp::Other { packet_type: 200 },
            Rtcp::Other { packet_type: 207 },
            Rtcp::Pli {
                sender: 1,
                media: 2
            },
        ])
    );
}

#[test]
fn compounds_and_nacks_are_bounded() {
    let pli = &GOLDEN[GOLDEN.len() - 12..];
    assert_eq!(parse(&pli.repeat(100)).unwrap().len(), PACKETS_MAX);
    let mut nack = vec![0x81, 205, 0, 202, 0, 0, 0, 1, 0, 0, 0, 2];
    nack.extend([0, 1, 0xff, 0xff].repeat(200));
    let read = parse(&nack).unwrap();
    let [Rtcp::Nack { lost, .. }] = read.as_slice() else {
        panic!("a NACK");
    };
    assert_eq!(lost.len(), NACKS_MAX);
}

#[test]
fn what_a_compound_lists_is_bounded() {
    // 4,000 packets that did not arrive, in 24 bytes.
    let mut arrivals = vec![0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2];
    arrivals.extend([0, 0, 0x0f, 0xa0, 0, 0, 0, 0, 0x0f, 0xa0, 0, 0]);
    let read = parse(&arrivals).unwrap();
    assert_eq!(read[0].listed(), 4_000);
    assert!(read[0].bytes() >= 4_000 * size_of::<Option<i64>>());
    assert_eq!(parse(&arrivals.repeat(60)).unwrap(), read);
    let mut nack = vec![0x81, 205, 0, 67, 0, 0, 0, 1, 0, 0, 0, 2];
    nack.extend([0, 1, 0xff, 0xff].repeat(65));
    let read = parse(&nack.repeat(5)).unwrap();
    let listed: usize = read.iter().map(Rtcp::listed).sum();
    assert_eq!((read.len(), listed), (4, 4 * NACKS_MAX));
    assert!(read.iter().map(Rtcp::cost).sum::<usize>() > 500);
}

#[test]
fn counts_fit_their_bits() {
    let block = ReportBlock {
        ssrc: 5,
        fraction_lost: 1,
        cumulative_lost: i32::MAX,
        highest_sequence: 2,
        jitter: 3,
        last_sr: 4,
        delay_since_last_sr: 5,
    };
    let report = Rtcp::ReceiverReport {
        ssrc: 1,
        reports: vec![block; 40],
    };
    let mut written = Vec::new();
    write(&[report, Rtcp::Bye((0..40).collect())], &mut written);
    let read = parse(&written).unwrap();
    let [Rtcp::ReceiverReport { reports, .. }, Rtcp::Bye(ssrcs)] = read.as_slice() else {
        panic!("a report and a bye");
    };
    assert_eq!((reports.len(), ssrcs.len()), (31, 31));
    assert_eq!(reports[0].cumulative_lost, 0x7f_ffff);
}

fn block() -> impl Strategy<Value = ReportBlock> {
    let words = any::<[u32; 5]>();
    (words, any::<u8>(), -0x80_0000..0x80_0000).prop_map(|(words, fraction_lost, lost)| {
        ReportBlock {
            ssrc: words[0],
            fraction_lost,
            cumulative_lost: lost,
            highest_sequence: words[1],
            jitter: words[2],
            last_sr: words[3],
            delay_since_last_sr: words[4],
        }
    })
}

fn packet() -> impl Strategy<Value = Rtcp> {
    let blocks = || prop::collection::vec(block(), 0..32);
    let ssrcs = || prop::collection::vec(any::<u32>(), 0..32);
    prop_oneof![
        (any::<[u32; 4]>(), any::<u64>(), blocks()).prop_map(|(words, ntp, reports)| {
            Rtcp::SenderReport(SenderReport {
                ssrc: words[0],
                ntp,
                rtp_timestamp: words[1],
                packets: words[2],
                octets: words[3],
                reports,
            })
        }),
        (any::<u32>(), blocks()).prop_map(|(ssrc, reports)| Rtcp::ReceiverReport { ssrc, reports }),
        prop::collection::vec((any::<u32>(), "[a-z]{0,20}"), 0..32).prop_map(Rtcp::Description),
        ssrcs().prop_map(Rtcp::Bye),
        (
            any::<[u32; 2]>(),
            prop::collection::btree_set(any::<u16>(), 1..60)
        )
            .prop_map(|(s, lost)| {
                Rtcp::Nack {
                    sender: s[0],
                    media: s[1],
                    lost: lost.into_iter().collect(),
                }
            }),
        any::<[u32; 2]>().prop_map(|s| Rtcp::Pli {
            sender: s[0],
            media: s[1]
        }),
        (
            any::<u32>(),
            prop::collection::vec(any::<(u32, u8)>(), 0..9)
        )
            .prop_map(|(sender, requests)| Rtcp::Fir { sender, requests }),
        (any::<u32>(), 0_u64..1 << 18, 0_u32..46, ssrcs()).prop_map(
            |(sender, mantissa, exponent, ssrcs)| {
                Rtcp::Remb {
                    sender,
                    bitrate_bps: mantissa << exponent,
                    ssrcs,
                }
            }
        ),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(packets in prop::collection::vec(packet(), 1..8)) {
        let mut written = Vec::new();
        write(&packets, &mut written);
        prop_assert_eq!(parse(&written), Ok(packets));
    }

    /// A second opinion: the crate of the WebRTC stack reads the same.
    #[test]
    fn another_reader_agrees(lost in prop::collection::btree_set(any::<u16>(), 1..60), media: u32, rate in 0_u64..1 << 40) {
        use rtc_rtcp::{
            payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate,
            transport_feedbacks::transport_layer_nack::TransportLayerNack,
        };
        let lost: Vec<u16> = lost.into_iter().collect();
        let mut written = Vec::new();
        write(&[
            Rtcp::Nack { sender: 1, media, lost: lost.clone() },
            Rtcp::Remb { sender: 1, bitrate_bps: rate, ssrcs: vec![media] },
        ], &mut written);
        let read = rtc_rtcp::packet::unmarshal(&mut &written[..]).unwrap();
        let nack = read[0].as_any().downcast_ref::<TransportLayerNack>().unwrap();
        let theirs: Vec<u16> = nack.nacks.iter().flat_map(|pair| pair.packet_list()).collect();
        prop_assert_eq!((nack.media_ssrc, theirs), (media, lost));
        let remb = read[1].as_any().downcast_ref::<ReceiverEstimatedMaximumBitrate>().unwrap();
        let lower = rate as f32;
        prop_assert!((remb.bitrate - lower).abs() <= lower / 100_000.0);
    }

    #[test]
    fn garbage_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), packet_type in 198_u8..210) {
        let _ = parse(&bytes);
        let mut framed = vec![0x80 | bytes.first().unwrap_or(&0) & 0x3f, packet_type, 0, (bytes.len() / 4) as u8];
        framed.extend(&bytes[..bytes.len() / 4 * 4]);
        if let Ok(packets) = parse(&framed) {
            let mut written = Vec::new();
            write(&packets, &mut written);
        }
    }
}
