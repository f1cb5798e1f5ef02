//! The library's settings: codecs, extensions, interceptors, certificate.

use super::deliver;
use anyhow::anyhow;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine,
};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use std::sync::Arc;
use std::time::Instant;

/// RFC 6464 4.
pub(super) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// A connection with Opus, VP8 and RTX, and the default interceptors.
///
/// # Errors
/// When the library refuses.
pub(super) fn peer_connection(now: Instant) -> anyhow::Result<RTCPeerConnection> {
    let provider = Arc::new(rtc::crypto::providers::AwsLcRsProvider::new());
    let certificate = RTCCertificate::generate(
        rtc::crypto::RTCCryptoProvider::crypto(provider.as_ref()),
        rtc::crypto::SignatureScheme::EcdsaP256Sha256,
        CertificateParams::new(vec!["loadtest".to_owned()]).map_err(|e| anyhow!("{e}"))?,
    )?;
    let mut engine = MediaEngine::default();
    let rtx = "apt=96".to_owned();
    for (name, kind, payload_type, fmtp) in [
        (
            MIME_TYPE_OPUS,
            RtpCodecKind::Audio,
            111,
            "minptime=10;useinbandfec=1".to_owned(),
        ),
        (MIME_TYPE_VP8, RtpCodecKind::Video, 96, String::new()),
        (MIME_TYPE_RTX, RtpCodecKind::Video, 97, rtx),
    ] {
        let audio = kind == RtpCodecKind::Audio;
        let mut rtp_codec = codec(name, audio);
        rtp_codec.sdp_fmtp_line = fmtp;
        let parameters = RTCRtpCodecParameters {
            rtp_codec,
            payload_type,
        };
        engine.register_codec(parameters, kind)?;
    }
    let level = RTCRtpHeaderExtensionCapability {
        uri: AUDIO_LEVEL.to_owned(),
    };
    engine.register_header_extension(level, RtpCodecKind::Audio, None)?;
    let registry = register_default_interceptors(Registry::new(), &mut engine)?;
    let registry = deliver::register(registry);
    let settings = SettingEngineBuilder::new()
        .with_crypto_provider(provider)
        .with_include_loopback_candidate(true)
        .build();
    let configuration = RTCConfigurationBuilder::new()
        .with_certificates(vec![certificate])
        .build();
    Ok(RTCPeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_setting_engine(settings)
        .with_media_engine(engine)
        .with_interceptor_registry(registry)
        .build(now)?)
}

fn codec(name: &str, audio: bool) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: name.to_owned(),
        clock_rate: if audio { 48_000 } else { 90_000 },
        channels: if audio { 2 } else { 0 },
        sdp_fmtp_line: String::new(),
        rtcp_feedback: Vec::new(),
    }
}

/// A track with its encodings: rid and SSRC of each.
pub(super) fn track(
    n: usize,
    kind: RtpCodecKind,
    encodings: &[(&str, u32, u16)],
) -> MediaStreamTrack {
    let audio = kind == RtpCodecKind::Audio;
    let name = if audio { MIME_TYPE_OPUS } else { MIME_TYPE_VP8 };
    let codings = encodings
        .iter()
        .map(|(rid, ssrc, _)| RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                rid: (*rid).into(),
                ssrc: Some(*ssrc),
                ..Default::default()
            },
            codec: codec(name, audio),
            ..Default::default()
        })
        .collect();
    MediaStreamTrack::new(
        format!("s{n}"),
        format!("t{n}"),
        format!("l{n}"),
        kind,
        codings,
    )
}
