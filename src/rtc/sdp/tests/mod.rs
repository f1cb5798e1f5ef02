//! Offers of real clients, and what must be refused.

mod clients;
mod refusals;
mod renegotiation;

use super::*;
use crate::rtc::{codec::Codec, ice::IceCredentials, identity::Fingerprint};

pub(super) const CHROMIUM: &str = include_str!("../offers/chromium.sdp");
pub(super) const FIREFOX: &str = include_str!("../offers/firefox.sdp");
pub(super) const AIORTC: &str = include_str!("../offers/aiortc.sdp");
pub(super) const OBS: &str = include_str!("../offers/obs.sdp");
pub(super) const GSTREAMER: &str = include_str!("../offers/gstreamer.sdp");
pub(super) const GSTREAMER_PLAY: &str = include_str!("../offers/gstreamer_play.sdp");

const VIDEO: [Codec; 5] = [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1, Codec::H265];

/// Answers as a call does, after `change` had its say.
pub(super) fn answered(
    text: &str,
    change: impl FnOnce(&mut LocalDescription<'_>),
) -> Result<(Agreed, String), SdpError> {
    let candidates = [
        Candidate::Udp("192.0.2.1:7701".parse().unwrap()),
        Candidate::Udp("[2001:db8::1]:7701".parse().unwrap()),
        Candidate::TcpPassive("192.0.2.1:7701".parse().unwrap()),
    ];
    let ice = IceCredentials::from_random(&[7; 32]);
    let mut local = LocalDescription {
        ice: &ice,
        fingerprint: Fingerprint([0xab; 32]),
        candidates: &candidates,
        session_id: 42,
        session_version: 1,
        video_codecs: &VIDEO,
        sendrecv: SendRecv::Publication,
        red: AudioRed::Preferred,
        audio_nack: AudioNack::Always,
        slots: &slot,
    };
    change(&mut local);
    answer(&parse_offer(text, &OfferLimits::default())?, &local)
}

pub(super) fn call(text: &str) -> (Agreed, String) {
    answered(text, |_| {}).unwrap()
}

fn slot(mid: &str) -> SlotSsrcs {
    let sum: u32 = mid.bytes().map(u32::from).sum();
    SlotSsrcs {
        media: 1_000 + 2 * sum,
        rtx: 1_001 + 2 * sum,
    }
}

/// The part of an answer from a mid's `m=` to the next.
pub(super) fn section<'a>(answer: &'a str, mid: &str) -> &'a str {
    let name = format!("\r\na=mid:{mid}\r\n");
    let is_it = |part: &&str| part.contains(&name);
    answer.split("\r\nm=").find(is_it).expect("the m-line")
}

#[track_caller]
pub(super) fn assert_has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|l| l == *line), "{line} in {text}");
    }
}

#[track_caller]
pub(super) fn assert_lacks(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "{part} in {text}");
    }
}
