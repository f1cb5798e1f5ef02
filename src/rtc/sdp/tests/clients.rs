use super::*;
use crate::rtc::{dtls::DtlsRole, extension::Extension};

fn codecs(line: &AgreedLine) -> Vec<(Codec, u8, Option<u8>)> {
    let told = line.codecs.iter();
    told.map(|c| (c.codec, c.payload_type, c.rtx)).collect()
}

#[test]
fn chromium_publishes_simulcast_and_takes_slots() {
    let (agreed, text) = call(CHROMIUM);
    assert!(agreed.data && agreed.mixed_extensions);
    assert_eq!(agreed.role, DtlsRole::Active);
    assert_eq!(agreed.remote.ice.ufrag, "XMnd");
    let roles: Vec<_> = agreed.lines.iter().map(|line| line.direction).collect();
    use LineRole::{Publication, Slot};
    assert_eq!(roles, [Publication, Publication, Slot, Slot]);
    let microphone = &agreed.lines[0];
    assert_eq!(
        codecs(microphone),
        [(Codec::Red, 63, None), (Codec::Opus, 111, None)]
    );
    assert_eq!(microphone.ssrc, Some(3_770_889_868));
    let camera = &agreed.lines[1];
    assert_eq!(codecs(camera), [(Codec::Vp8, 96, Some(97))]);
    assert_eq!(camera.rids, ["q", "h", "f"]);
    assert_eq!((camera.ssrc, camera.ours), (None, None));
    assert_eq!(
        camera.codec_of(97).map(|(c, rtx)| (c.codec, rtx)),
        Some((Codec::Vp8, true))
    );
    let told = &camera.codecs[0].feedback;
    assert!(told.nack && told.pli && told.fir && told.transport_cc && !told.remb);
    assert_eq!(camera.extensions.id(Extension::Rid), Some(10));
    assert_eq!(
        agreed.extensions.extension(12),
        Some(Extension::DependencyDescriptor)
    );
    assert_has(
        &text,
        &[
            "a=ice-lite",
            "a=group:BUNDLE 0 1 2 3 4",
            "a=extmap-allow-mixed",
            "o=- 42 1 IN IP4 0.0.0.0",
        ],
    );
    assert_has(
        section(&text, "0"),
        &[
            "audio 9 UDP/TLS/RTP/SAVPF 63 111",
            "a=fmtp:63 111/111",
            "a=fmtp:111 minptime=10;usedtx=1;useinbandfec=1",
            "a=rtcp-fb:111 nack",
            "a=recvonly",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 7701 typ host",
            "a=candidate:2 1 udp 2130706175 2001:db8::1 7701 typ host",
            "a=candidate:3 1 tcp 1526726143 192.0.2.1 7701 typ host tcptype passive",
            "a=end-of-candidates",
        ],
    );
    assert_has(
        section(&text, "1"),
        &["a=simulcast:recv q;h;f", "a=rid:q recv"],
    );
    for mid in ["1", "2", "3", "4"] {
        assert_has(
            section(&text, mid),
            &[
                "a=candidate:1 1 udp 2130706431 192.0.2.1 7701 typ host",
                "a=end-of-candidates",
            ],
        );
    }
    assert_has(
        section(&text, "4"),
        &["a=sctp-port:5000", "a=max-message-size:65536"],
    );
}

#[test]
fn a_slot_has_every_codec_of_its_subscriber_and_fixed_streams() {
    let (agreed, text) = call(CHROMIUM);
    let slot = &agreed.lines[3];
    let of = |codec| slot.codecs.iter().filter(move |c| c.codec == codec).count();
    // H.264 without fragments (packetization mode 0) is of no use.
    assert_eq!(
        [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1].map(of),
        [1, 4, 4, 2]
    );
    let (media, rtx) = slot.ours.unwrap();
    assert_has(
        section(&text, "3"),
        &[
            "a=sendonly",
            "a=msid:slot3 slot3",
            &format!("a=ssrc:{media} cname:greenroom"),
            &format!("a=ssrc-group:FID {media} {rtx}"),
        ],
    );
    // Its streams are named, and so need no names in packets.
    assert_lacks(
        section(&text, "3"),
        &[
            "sdes:mid",
            "rtp-stream-id",
            "simulcast",
            "layers-allocation",
        ],
    );
    let camera = &agreed.lines[1];
    let accepted = slot.accepts(&camera.codecs[0]).unwrap();
    assert_eq!((accepted.payload_type, accepted.rtx), (96, Some(97)));
}

#[test]
fn firefox_has_directions_on_its_extensions() {
    let (agreed, text) = call(FIREFOX);
    let camera = &agreed.lines[1];
    assert_eq!(camera.extensions.id(Extension::Rid), Some(8));
    assert_has(
        section(&text, "1"),
        &["a=extmap:8 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"],
    );
    assert_lacks(&text, &["/sendonly", "/recvonly", "csrc-audio-level"]);
    // The largest comes first in its list, and the answer keeps that order.
    assert_eq!(camera.rids_offered, ["f", "h", "q"]);
    assert_eq!(camera.rids, ["q", "h", "f"]);
    assert_has(section(&text, "1"), &["a=simulcast:recv f;h;q"]);
    // No RED, no transport-wide numbers on audio, stereo.
    assert_eq!(codecs(&agreed.lines[0]), [(Codec::Opus, 109, None)]);
    assert_has(
        section(&text, "0"),
        &["a=fmtp:109 minptime=10;stereo=1;useinbandfec=1"],
    );
    // Port 0 with bundle-only is no refusal.
    assert_eq!(agreed.lines[3].direction, LineRole::Slot);
    assert_eq!(
        codecs(&agreed.lines[3]),
        [(Codec::Vp8, 120, Some(124)), (Codec::H264, 126, Some(127))]
    );
    assert!(agreed.data);
    // The certificate is told once for the whole session.
    assert_eq!(agreed.remote.fingerprint.0[0], 0x5a);
}

#[test]
fn aiortc_offers_both_ways_and_remb() {
    let (agreed, text) = call(AIORTC);
    use LineRole::{Publication, Slot};
    let roles: Vec<_> = agreed.lines.iter().map(|line| line.direction).collect();
    assert_eq!(roles, [Publication, Publication, Slot, Slot]);
    let camera = &agreed.lines[1];
    assert_eq!(codecs(camera), [(Codec::Vp8, 97, Some(98))]);
    assert_eq!(
        (camera.ssrc, camera.rtx_ssrc),
        (Some(3_787_888_671), Some(4_206_906_373))
    );
    assert!(camera.codecs[0].feedback.remb && !camera.codecs[0].feedback.transport_cc);
    assert_has(
        section(&text, "1"),
        &["a=rtcp-fb:97 goog-remb", "a=recvonly"],
    );
    // Its certificate is told in three hashes.
    assert_eq!(agreed.remote.fingerprint.0[0], 0x70);
    let played = answered(AIORTC, |local| local.sendrecv = SendRecv::Slot)
        .unwrap()
        .0;
    assert!(
        played
            .lines
            .iter()
            .all(|line| line.direction == Slot && line.ours.is_some())
    );
}

#[test]
fn obs_and_gstreamer_publish() {
    let (agreed, text) = call(OBS);
    assert_eq!(codecs(&agreed.lines[1]), [(Codec::H264, 96, None)]);
    assert_eq!(agreed.lines[1].ssrc, Some(1_301_832_438));
    assert_has(
        section(&text, "0"),
        &["a=fmtp:111 minptime=10;stereo=1;useinbandfec=1"],
    );
    assert!(!agreed.data && !agreed.mixed_extensions);
    let (agreed, text) = call(GSTREAMER);
    let camera = agreed.line("video0").unwrap();
    assert_eq!(camera.direction, LineRole::Publication);
    assert_eq!(camera.ssrc, Some(2_314_135_497));
    // It names transport-wide feedback, but has no extension for the numbers.
    assert!(!camera.codecs[0].feedback.transport_cc && camera.codecs[0].feedback.pli);
    assert_eq!(
        codecs(agreed.line("audio1").unwrap()),
        [(Codec::Opus, 97, None)]
    );
    assert_has(
        &text,
        &["a=group:BUNDLE video0 audio1", "a=rtpmap:97 OPUS/48000/2"],
    );
}

#[test]
fn gstreamer_plays() {
    let (agreed, text) = answered(GSTREAMER_PLAY, |local| local.sendrecv = SendRecv::Slot).unwrap();
    assert!(
        agreed
            .lines
            .iter()
            .all(|line| line.direction == LineRole::Slot)
    );
    let (media, _) = agreed.line("video0").unwrap().ours.unwrap();
    assert_has(
        section(&text, "video0"),
        &["a=sendonly", &format!("a=ssrc:{media} cname:greenroom")],
    );
    // There are no retransmissions to name.
    assert_lacks(&text, &["ssrc-group", "rtx"]);
}

#[test]
fn the_codecs_of_a_publication_are_those_wanted_in_the_offerers_order() {
    let only = |codec: &'static [Codec]| {
        let (agreed, _) = answered(CHROMIUM, |local| local.video_codecs = codec).unwrap();
        codecs(&agreed.lines[1])
    };
    assert_eq!(
        only(&[Codec::Av1, Codec::Vp9]),
        [(Codec::Av1, 45, Some(46))]
    );
    assert_eq!(only(&[Codec::H264]), [(Codec::H264, 102, Some(103))]);
    let (agreed, text) = answered(CHROMIUM, |local| local.video_codecs = &[]).unwrap();
    assert_eq!(agreed.lines[1].direction, LineRole::Refused);
    assert_has(&text, &["a=group:BUNDLE 0 2 4"]);
}

#[test]
fn red_and_audio_nack_can_be_left_out() {
    let (agreed, text) = answered(CHROMIUM, |local| {
        local.red = AudioRed::Off;
        local.audio_nack = AudioNack::AsOffered;
    })
    .unwrap();
    assert_eq!(codecs(&agreed.lines[0]), [(Codec::Opus, 111, None)]);
    assert_lacks(&text, &["red/48000", "a=rtcp-fb:111 nack"]);
}

#[test]
fn a_refused_line_still_has_a_transport() {
    let offer = FIREFOX.replace("m=video 9 UDP/TLS/RTP/SAVPF 120", "m=video 9 RTP/AVP 120");
    let (agreed, text) = call(&offer);
    let refused = section(&text, "1");
    assert_has(
        refused,
        &[
            "video 0 RTP/AVP 120 124 121 125 126 127 97 98",
            "a=inactive",
            "a=setup:active",
        ],
    );
    assert!(refused.contains("a=ice-ufrag:") && refused.contains("a=ice-pwd:"));
    assert_has(&text, &["a=group:BUNDLE 0 2 3 4"]);
    assert!(
        agreed
            .line("1")
            .is_none_or(|line| line.direction == LineRole::Refused)
    );
}
