//! Any offer: no panic, and an answer has only whole lines.
#![no_main]

use greenroom::rtc::{
    codec::Codec,
    ice::IceCredentials,
    identity::Fingerprint,
    sdp::{
        AudioNack, AudioRed, Candidate, LocalDescription, OfferLimits, SendRecv, SlotSsrcs, answer,
        parse_offer,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let limits = OfferLimits::default();
    let Ok(offer) = parse_offer(text, &limits) else {
        return;
    };
    assert!(offer.lines.len() <= limits.lines_max);
    let ice = IceCredentials::from_random(&[1; 32]);
    let candidates = [Candidate::Udp(([192, 0, 2, 1], 7701).into())];
    for sendrecv in [SendRecv::Publication, SendRecv::Slot] {
        let local = LocalDescription {
            ice: &ice,
            fingerprint: Fingerprint([1; 32]),
            candidates: &candidates,
            session_id: 1,
            session_version: 1,
            video_codecs: &Codec::ALL,
            sendrecv,
            red: AudioRed::Preferred,
            audio_nack: AudioNack::Always,
            slots: &|_| SlotSsrcs { media: 1, rtx: 2 },
        };
        if let Ok((agreed, text)) = answer(&offer, &local) {
            assert!(agreed.lines.len() <= offer.lines.len());
            for line in text.split_terminator("\r\n") {
                assert_eq!(line.as_bytes()[1], b'=');
                assert!(!line.contains(char::is_control));
            }
        }
    }
});
