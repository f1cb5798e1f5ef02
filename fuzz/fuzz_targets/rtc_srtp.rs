//! Any packet: opening does not panic and believes nothing; what is sealed around it opens again, once.
#![no_main]

use greenroom::rtc::srtp::{Srtp, SrtpProfile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (gcm, header_len, bytes) = input;
    let profile = match gcm {
        true => SrtpProfile::AeadAes128Gcm,
        false => SrtpProfile::Aes128CmSha1_80,
    };
    let keying = vec![7; profile.keying_len()];
    let mut client = Srtp::client(profile, &keying).expect("the length fits");
    let mut server = Srtp::server(profile, &keying).expect("the length fits");
    let header_len = usize::from(header_len);
    assert!(server.open_rtp(&mut bytes.to_vec(), header_len).is_err());
    assert!(server.open_rtcp(&mut bytes.to_vec()).is_err());

    let mut packet = bytes.to_vec();
    packet.resize(packet.len() + profile.rtp_overhead(), 0);
    let index = match bytes {
        [_, _, high, low, ..] => u64::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    };
    if client.seal_rtp(&mut packet, header_len, index).is_ok() {
        let mut again = packet.clone();
        let opened = server.open_rtp(&mut packet, header_len).expect("authentic");
        assert_eq!(opened.index, index);
        assert_eq!(packet[..opened.payload.end], *bytes);
        assert!(server.open_rtp(&mut again, header_len).is_err());
    }
    let mut report = bytes.to_vec();
    if client.seal_rtcp(&mut report).is_ok() {
        assert_eq!(server.open_rtcp(&mut report.clone()), Ok(bytes.len()));
        assert!(server.open_rtcp(&mut report).is_err());
    }
});
