//! Two ends that share keys, and what stands between them.

use super::*;
use proptest::prelude::*;

const PROFILES: [SrtpProfile; 2] = [SrtpProfile::AeadAes128Gcm, SrtpProfile::Aes128CmSha1_80];
const SSRC: u32 = 0xCAFE_BABE;

fn pair(profile: SrtpProfile) -> (Srtp, Srtp) {
    let keying: Vec<u8> = (0..profile.keying_len()).map(|i| i as u8).collect();
    (
        Srtp::client(profile, &keying).unwrap(),
        Srtp::server(profile, &keying).unwrap(),
    )
}

fn plain_rtp(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 1]);
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

fn sealed_rtp(srtp: &Srtp, index: u64, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = plain_rtp((index & 0xFFFF) as u16, ssrc, payload);
    packet.extend(vec![0; srtp.profile().rtp_overhead()]);
    srtp.seal_rtp(&mut packet, 12, index).unwrap();
    packet
}

fn plain_rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([7; 20]);
    packet
}

#[test]
fn both_directions_open_what_the_other_sealed() {
    for profile in PROFILES {
        let (mut client, mut server) = pair(profile);
        let mut there = sealed_rtp(&client, 500, SSRC, b"to the server");
        assert_eq!(there.len(), 12 + 13 + profile.rtp_overhead());
        let opened = server.open_rtp(&mut there, 12).unwrap();
        assert_eq!(opened.index, 500);
        assert_eq!(&there[opened.payload], b"to the server");
        let mut back = sealed_rtp(&server, 500, SSRC, b"to the client");
        let opened = client.open_rtp(&mut back, 12).unwrap();
        assert_eq!(&back[opened.payload], b"to the client");
    }
}

#[test]
fn rtcp_survives_both_ways() {
    for profile in PROFILES {
        let (mut client, mut server) = pair(profile);
        for _ in 0..3 {
            let mut packet = plain_rtcp(SSRC);
            client.seal_rtcp(&mut packet).unwrap();
            assert_eq!(packet.len(), 28 + profile.rtcp_overhead());
            assert_ne!(packet[8..28], [7; 20]);
            let again = packet.clone();
            assert_eq!(server.open_rtcp(&mut packet), Ok(28));
            assert_eq!(packet[..28], plain_rtcp(SSRC));
            assert_eq!(
                server.open_rtcp(&mut again.clone()),
                Err(OpenError::Replayed)
            );
            assert_eq!(
                client.open_rtcp(&mut again.clone()),
                Err(OpenError::Unauthenticated),
                "each direction has its own keys"
            );
        }
    }
}

#[test]
fn repeated_and_old_packets_are_refused() {
    for profile in PROFILES {
        let (client, mut server) = pair(profile);
        let newest = 1000 + REPLAY_WINDOW;
        for index in [1000, newest, newest - 1] {
            let packet = sealed_rtp(&client, index, SSRC, b"x");
            assert!(server.open_rtp(&mut packet.clone(), 12).is_ok(), "{index}");
            assert_eq!(
                server.open_rtp(&mut packet.clone(), 12),
                Err(OpenError::Replayed)
            );
        }
        let late = sealed_rtp(&client, newest - REPLAY_WINDOW, SSRC, b"x");
        assert_eq!(
            server.open_rtp(&mut late.clone(), 12),
            Err(OpenError::Replayed)
        );
        let in_time = sealed_rtp(&client, newest - REPLAY_WINDOW + 1, SSRC, b"x");
        assert!(server.open_rtp(&mut in_time.clone(), 12).is_ok());
        let other_source = sealed_rtp(&client, 1000, SSRC + 1, b"x");
        assert!(server.open_rtp(&mut other_source.clone(), 12).is_ok());
    }
}

#[test]
fn the_roll_over_counter_is_followed_through_loss_and_disorder() {
    for profile in PROFILES {
        let (client, mut server) = pair(profile);
        for index in [
            65_000, 65_540, 65_535, 66_000, 95_000, 120_000, 131_080, 131_071,
        ] {
            let mut packet = sealed_rtp(&client, index, SSRC, b"x");
            assert_eq!(server.open_rtp(&mut packet, 12).map(|o| o.index), Ok(index));
        }
    }
}

#[test]
fn a_forgery_changes_nothing() {
    for profile in PROFILES {
        let (client, mut server) = pair(profile);
        // Far ahead: if it were believed, what follows would seem old.
        let mut forged = sealed_rtp(&client, 30_000, SSRC, b"x");
        let last = forged.len() - 1;
        forged[last] ^= 1;
        assert_eq!(
            server.open_rtp(&mut forged, 12),
            Err(OpenError::Unauthenticated)
        );
        assert!(server.rtp_heard.window(SSRC).is_none());
        let mut first = sealed_rtp(&client, 10, SSRC, b"x");
        assert_eq!(server.open_rtp(&mut first, 12).map(|o| o.index), Ok(10));

        let mut report = plain_rtcp(SSRC);
        let mut sender = pair(profile).0;
        sender.seal_rtcp(&mut report).unwrap();
        let mut forged = report.clone();
        forged[10] ^= 1;
        assert_eq!(
            server.open_rtcp(&mut forged),
            Err(OpenError::Unauthenticated)
        );
        assert!(server.rtcp_heard.window(SSRC).is_none());
        assert!(server.open_rtcp(&mut report).is_ok());
    }
}

#[test]
fn plain_rtcp_is_refused() {
    for profile in PROFILES {
        let (_, mut server) = pair(profile);
        let mut packet = plain_rtcp(SSRC);
        packet.extend([0; 20]);
        assert_eq!(server.open_rtcp(&mut packet), Err(OpenError::Malformed));
    }
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    for profile in PROFILES {
        let (mut client, _) = pair(profile);
        let mut packet = plain_rtp(5, SSRC, &[0; 40]);
        let refused = Err(SealError::Malformed);
        assert_eq!(client.seal_rtp(&mut packet, 11, 5), refused);
        assert_eq!(client.seal_rtp(&mut packet, 50, 5), refused);
        assert_eq!(client.seal_rtp(&mut packet, 12, 6), refused);
        assert_eq!(client.seal_rtp(&mut packet, 12, (1 << 48) + 5), refused);
        assert_eq!(client.seal_rtp(&mut packet, 12, (1 << 47) + 5), Ok(()));
        assert_eq!(client.seal_rtcp(&mut vec![0x80, 201, 0]), refused);
        client.rtcp_sent = RTCP_INDEX_MAX;
        assert_eq!(
            client.seal_rtcp(&mut plain_rtcp(SSRC)),
            Err(SealError::Exhausted)
        );
    }
}

proptest! {
    #[test]
    fn any_changed_bit_is_noticed(at in 0usize..500, bit in 0u8..8, of in 0usize..2) {
        let (client, mut server) = pair(PROFILES[of]);
        let mut packet = sealed_rtp(&client, 77, SSRC, &[9; 60]);
        let at = at % packet.len();
        packet[at] ^= 1 << bit;
        prop_assert_eq!(server.open_rtp(&mut packet, 12), Err(OpenError::Unauthenticated));
    }

    #[test]
    fn any_bytes_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..80), header_len in 0usize..90) {
        for profile in PROFILES {
            let (_, mut server) = pair(profile);
            prop_assert!(server.open_rtp(&mut bytes, header_len).is_err());
            prop_assert!(server.open_rtcp(&mut bytes).is_err());
        }
    }
}
