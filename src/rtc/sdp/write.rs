//! The text of an answer.

use super::{
    Agreed, AgreedCodec, AgreedLine, Candidate, LineRole, LocalDescription, MediaLine, Offer,
    answer::Decision, formats::parameter,
};
use crate::rtc::{codec::Codec, dtls::DtlsRole};
use std::fmt::{self, Write};

/// The port of SCTP inside of DTLS: what everybody uses (RFC 8841 §5).
const SCTP_PORT: u16 = 5000;
/// The largest message of a data channel that is taken, in bytes.
const MESSAGE_BYTES_MAX: usize = 65_536;
/// The source of everything sent here, as RTCP names it.
const CNAME: &str = "greenroom";
/// RFC 8445 §5.1.2.1: host candidates of one component; UDP before TCP (RFC 6544 §4.2).
const UDP_PRIORITY: u32 = (126 << 24) | (0xffff << 8) | 255;
const TCP_PRIORITY: u32 = (90 << 24) | (0xffff << 8) | 255;

pub(super) fn answer(
    offer: &Offer,
    decided: &[Decision],
    agreed: &Agreed,
    tagged: &MediaLine,
    local: &LocalDescription<'_>,
) -> String {
    let mut writer = Writer {
        out: String::with_capacity(1024 + 800 * decided.len()),
        local,
        role: agreed.role,
    };
    writer.session(offer, decided, tagged);
    for (line, decision) in offer.lines.iter().zip(decided) {
        match decision {
            Decision::Media(agreed) if agreed.direction != LineRole::Refused => {
                writer.media(line, agreed);
            }
            Decision::Data => writer.data(line),
            Decision::Media(_) | Decision::Refused => writer.refused(line),
        }
        // On each: aiortc looks at the last line of the bundle only, others at the first.
        if decision.is_accepted() {
            writer.candidates();
        }
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    local: &'a LocalDescription<'a>,
    role: DtlsRole,
}

impl Writer<'_> {
    fn line(&mut self, text: fmt::Arguments<'_>) {
        let written = self.out.write_fmt(text);
        written.expect("writing to a string cannot fail");
        self.out.push_str("\r\n");
    }

    fn session(&mut self, offer: &Offer, decided: &[Decision], tagged: &MediaLine) {
        let (id, version) = (self.local.session_id, self.local.session_version);
        self.line(format_args!("v=0"));
        self.line(format_args!("o=- {id} {version} IN IP4 0.0.0.0"));
        self.line(format_args!("s=-"));
        self.line(format_args!("t=0 0"));
        if !offer.bundle.is_empty() {
            let mut group = format!("a=group:BUNDLE {}", tagged.mid);
            for (line, decision) in offer.lines.iter().zip(decided) {
                if decision.is_accepted() && line.mid != tagged.mid {
                    group.push(' ');
                    group.push_str(&line.mid);
                }
            }
            self.line(format_args!("{group}"));
        }
        self.line(format_args!("a=ice-lite"));
        if offer.mixed_extensions {
            self.line(format_args!("a=extmap-allow-mixed"));
        }
        self.line(format_args!("a=msid-semantic:WMS *"));
    }

    /// What every m-line has, refused ones too: aiortc reads ICE parameters of all of them.
    fn transport(&mut self) {
        let (ice, fingerprint) = (self.local.ice, self.local.fingerprint);
        let setup = match self.role {
            DtlsRole::Active => "active",
            DtlsRole::Passive => "passive",
        };
        self.line(format_args!("a=ice-ufrag:{}", ice.ufrag));
        self.line(format_args!("a=ice-pwd:{}", ice.pwd));
        self.line(format_args!("a=fingerprint:sha-256 {fingerprint}"));
        self.line(format_args!("a=setup:{setup}"));
    }

    fn head(&mut self, line: &MediaLine, port: u16, formats: &str) {
        let name = &line.name;
        self.line(format_args!(
            "m={} {port} {} {formats}",
            name.media, name.protocol
        ));
        self.line(format_args!("c=IN IP4 0.0.0.0"));
        self.line(format_args!("a=mid:{}", line.mid));
    }

    fn candidates(&mut self) {
        for (i, candidate) in self.local.candidates.iter().enumerate() {
            // Earlier ones are preferred a little.
            let below = u32::try_from(i).unwrap_or(u32::MAX).min(0xff) << 8;
            match candidate {
                Candidate::Udp(at) => self.line(format_args!(
                    "a=candidate:{} 1 udp {} {} {} typ host",
                    i + 1,
                    UDP_PRIORITY - below,
                    at.ip(),
                    at.port()
                )),
                Candidate::TcpPassive(at) => self.line(format_args!(
                    "a=candidate:{} 1 tcp {} {} {} typ host tcptype passive",
                    i + 1,
                    TCP_PRIORITY - below,
                    at.ip(),
                    at.port()
                )),
            }
        }
        self.line(format_args!("a=end-of-candidates"));
    }

    fn refused(&mut self, line: &MediaLine) {
        self.head(line, 0, &line.name.formats);
        self.line(format_args!("a=inactive"));
        self.transport();
    }

    fn data(&mut self, line: &MediaLine) {
        self.head(line, 9, &line.name.formats);
        self.transport();
        self.line(format_args!("a=sctp-port:{SCTP_PORT}"));
        self.line(format_args!("a=max-message-size:{MESSAGE_BYTES_MAX}"));
    }

    fn media(&mut self, line: &MediaLine, agreed: &AgreedLine) {
        let mut formats = String::new();
        for codec in &agreed.codecs {
            for payload_type in [Some(codec.payload_type), codec.rtx].into_iter().flatten() {
                let separator = if formats.is_empty() { "" } else { " " };
                formats += &format!("{separator}{payload_type}");
            }
        }
        self.head(line, 9, &formats);
        let direction = match agreed.direction {
            LineRole::Publication => "recvonly",
            LineRole::Slot => "sendonly",
            LineRole::Inactive | LineRole::Refused => "inactive",
        };
        self.line(format_args!("a={direction}"));
        self.line(format_args!("a=rtcp-mux"));
        if line.rtcp_rsize {
            self.line(format_args!("a=rtcp-rsize"));
        }
        self.transport();
        for (id, extension) in agreed.extensions.iter() {
            self.line(format_args!("a=extmap:{id} {}", extension.uri()));
        }
        for codec in &agreed.codecs {
            self.codec(line, codec, agreed.direction);
        }
        self.streams(agreed);
    }

    fn codec(&mut self, line: &MediaLine, codec: &AgreedCodec, role: LineRole) {
        let payload_type = codec.payload_type;
        let rtpmap = line
            .codec_of(payload_type)
            .map_or("", |offered| offered.rtpmap.as_str());
        self.line(format_args!("a=rtpmap:{payload_type} {rtpmap}"));
        let feedback = codec.feedback;
        for (agreed, name) in [
            (feedback.nack, "nack"),
            (feedback.pli, "nack pli"),
            (feedback.fir, "ccm fir"),
            (feedback.transport_cc, "transport-cc"),
            (feedback.remb, "goog-remb"),
        ] {
            if agreed {
                self.line(format_args!("a=rtcp-fb:{payload_type} {name}"));
            }
        }
        if codec.codec == Codec::Opus && role == LineRole::Publication {
            let fmtp = opus_wanted(&codec.fmtp);
            self.line(format_args!("a=fmtp:{payload_type} {fmtp}"));
        } else if !codec.fmtp.is_empty() {
            self.line(format_args!("a=fmtp:{payload_type} {}", codec.fmtp));
        }
        if let Some(rtx) = codec.rtx {
            self.line(format_args!("a=rtpmap:{rtx} rtx/{}", codec.clock_hz));
            self.line(format_args!("a=fmtp:{rtx} apt={payload_type}"));
        }
    }

    fn streams(&mut self, agreed: &AgreedLine) {
        if !agreed.rids_offered.is_empty() {
            for rid in &agreed.rids_offered {
                self.line(format_args!("a=rid:{rid} recv"));
            }
            let list = agreed.rids_offered.join(";");
            self.line(format_args!("a=simulcast:recv {list}"));
        }
        let Some((media, rtx)) = agreed.ours else {
            return;
        };
        let mid = &agreed.mid;
        self.line(format_args!("a=msid:slot{mid} slot{mid}"));
        self.line(format_args!("a=ssrc:{media} cname:{CNAME}"));
        if agreed.codecs.iter().any(|codec| codec.rtx.is_some()) {
            self.line(format_args!("a=ssrc:{rtx} cname:{CNAME}"));
            self.line(format_args!("a=ssrc-group:FID {media} {rtx}"));
        }
    }
}

/// What is asked of a publisher's Opus (RFC 7587 §7): silence is not sent and losses are mended, unless it is music.
fn opus_wanted(offered: &str) -> String {
    let is = |name| parameter(offered, name) == Some("1");
    if is("stereo") || is("sprop-stereo") {
        "minptime=10;stereo=1;useinbandfec=1".into()
    } else {
        "minptime=10;usedtx=1;useinbandfec=1".into()
    }
}
