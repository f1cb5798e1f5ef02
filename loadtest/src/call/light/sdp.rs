//! Offers of light clients, and the few lines of an answer they need.

use super::super::kit::Kit;
use super::rtp::id;
use anyhow::{Context, ensure};
use greenroom::rtc::identity::Fingerprint;
use std::fmt::Write;
use std::net::SocketAddr;

/// Payload types offered.
pub(super) mod pt {
    pub(in super::super) const OPUS: u8 = 111;
    pub(in super::super) const RED: u8 = 63;
    pub(in super::super) const VP8: u8 = 96;
    pub(in super::super) const VP8_RTX: u8 = 97;
}

/// One m-line of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) mid: String,
    pub(super) video: bool,
    /// Streams of a publication; none for a slot. With more than one, each has a rid.
    pub(super) sends: Vec<Encoding>,
}

/// An encoding that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) rid: &'static str,
    pub(super) ssrc: u32,
    pub(super) rtx_ssrc: u32,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
    pub(crate) fingerprint: Fingerprint,
    /// The server begins the DTLS handshake.
    pub(crate) active: bool,
    pub(crate) server: SocketAddr,
    /// Per m-line: the media and the retransmission stream the server sends.
    pub(crate) streams: Vec<(Option<u32>, Option<u32>)>,
}

/// The offer for these lines.
pub(super) fn offer(kit: &Kit, lines: &[Line], ice: [&str; 2], fingerprint: Fingerprint) -> String {
    let mids: Vec<&str> = lines.iter().map(|line| line.mid.as_str()).collect();
    let mut out = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n",
        mids.join(" ")
    );
    for line in lines {
        section(&mut out, kit, line, ice, fingerprint).expect("writing to memory cannot fail");
    }
    out
}

fn section(
    out: &mut String,
    kit: &Kit,
    line: &Line,
    [ufrag, pwd]: [&str; 2],
    fingerprint: Fingerprint,
) -> std::fmt::Result {
    let (kind, types) = match (line.video, kit.red) {
        (true, _) => ("video", "96 97"),
        (false, true) => ("audio", "111 63"),
        (false, false) => ("audio", "111"),
    };
    let direction = if line.sends.is_empty() {
        "recvonly"
    } else {
        "sendonly"
    };
    write!(
        out,
        "m={kind} 9 UDP/TLS/RTP/SAVPF {types}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:{}\r\na=mid:{}\r\na={direction}\r\n\
         a=rtcp-mux\r\na=rtcp-rsize\r\n",
        if kit.dtls_active { "active" } else { "actpass" },
        line.mid
    )?;
    let mut extension = |id: u8, uri: &str| write!(out, "a=extmap:{id} {uri}\r\n");
    extension(id::MID, "urn:ietf:params:rtp-hdrext:sdes:mid")?;
    if kit.twcc {
        extension(
            id::TWCC,
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        )?;
    }
    if line.video {
        extension(id::RID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")?;
        extension(
            id::REPAIRED_RID,
            "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        )?;
        video(out, kit)?;
    } else {
        extension(
            id::AUDIO_LEVEL,
            "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        )?;
        audio(out, kit)?;
    }
    sends(out, line)
}

/// The streams of a publication.
fn sends(out: &mut String, line: &Line) -> std::fmt::Result {
    match line.sends.as_slice() {
        [] => Ok(()),
        [one] => {
            let Encoding { ssrc, rtx_ssrc, .. } = one;
            write!(out, "a=msid:- {}\r\n", line.mid)?;
            if line.video {
                write!(
                    out,
                    "a=ssrc-group:FID {ssrc} {rtx_ssrc}\r\na=ssrc:{rtx_ssrc} cname:load\r\n"
                )?;
            }
            write!(out, "a=ssrc:{ssrc} cname:load\r\n")
        }
        many => {
            write!(out, "a=msid:- {}\r\n", line.mid)?;
            for encoding in many {
                write!(out, "a=rid:{} send\r\n", encoding.rid)?;
            }
            let rids: Vec<&str> = many.iter().map(|encoding| encoding.rid).collect();
            write!(out, "a=simulcast:send {}\r\n", rids.join(";"))
        }
    }
}

fn audio(out: &mut String, kit: &Kit) -> std::fmt::Result {
    out.write_str(
        "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n",
    )?;
    out.write_str("a=rtcp-fb:111 nack\r\n")?;
    if kit.twcc {
        out.write_str("a=rtcp-fb:111 transport-cc\r\n")?;
    }
    if kit.red {
        out.write_str("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n")?;
    }
    Ok(())
}

fn video(out: &mut String, kit: &Kit) -> std::fmt::Result {
    out.write_str("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n")?;
    out.write_str(if kit.twcc {
        "a=rtcp-fb:96 transport-cc\r\n"
    } else {
        "a=rtcp-fb:96 goog-remb\r\n"
    })?;
    out.write_str("a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n")
}

/// Reads an answer.
///
/// # Errors
/// When it lacks what a client needs, or refuses a line.
pub(crate) fn read(answer: &str, lines: usize) -> anyhow::Result<Answer> {
    let first = |key: &str| {
        let found = answer.lines().find_map(|line| line.strip_prefix(key));
        found.with_context(|| format!("the answer has no {key}"))
    };
    let sections: Vec<&str> = answer.split("\nm=").skip(1).collect();
    ensure!(
        sections.len() == lines,
        "{} m-lines answer {lines}",
        sections.len()
    );
    let streams = sections.iter().map(|section| streams(section));
    Ok(Answer {
        ufrag: first("a=ice-ufrag:")?.to_owned(),
        pwd: first("a=ice-pwd:")?.to_owned(),
        fingerprint: first("a=fingerprint:sha-256 ")?
            .parse()
            .ok()
            .context("the fingerprint is none")?,
        active: first("a=setup:")? == "active",
        server: candidate(answer).context("the answer has no candidate for UDP over IPv4")?,
        streams: streams.collect::<anyhow::Result<_>>()?,
    })
}

fn streams(section: &str) -> anyhow::Result<(Option<u32>, Option<u32>)> {
    let port = section.split(' ').nth(1);
    ensure!(
        port != Some("0"),
        "the answer refuses m={}",
        section.lines().next().unwrap_or("")
    );
    let value = |key: &str| section.lines().find_map(|line| line.strip_prefix(key));
    let number = |text: &str| text.split([' ', ':']).next()?.parse().ok();
    let group = value("a=ssrc-group:FID ").and_then(|rest| {
        let (media, rtx) = rest.trim().split_once(' ')?;
        Some((number(media), number(rtx)))
    });
    Ok(group.unwrap_or((value("a=ssrc:").and_then(number), None)))
}

/// The first host candidate of UDP over IPv4; one on loopback before others.
pub(crate) fn candidate(answer: &str) -> Option<SocketAddr> {
    let candidates = answer.lines().filter_map(|line| {
        let mut words = line.strip_prefix("a=candidate:")?.split(' ').skip(2);
        let udp = words.next()?.eq_ignore_ascii_case("udp");
        let (ip, port) = (words.nth(1)?, words.next()?);
        let addr: SocketAddr = format!("{ip}:{port}").parse().ok()?;
        (udp && addr.is_ipv4()).then_some(addr)
    });
    let all: Vec<SocketAddr> = candidates.collect();
    let loopback = all.iter().find(|addr| addr.ip().is_loopback());
    loopback.or(all.first()).copied()
}

/// The answer with `server` as its only candidate.
pub(crate) fn redirect(answer: &str, server: SocketAddr) -> String {
    let mut done = false;
    let mut out = String::with_capacity(answer.len());
    for line in answer.lines() {
        if line.starts_with("a=candidate:") {
            if !std::mem::replace(&mut done, true) {
                let (ip, port) = (server.ip(), server.port());
                write!(
                    out,
                    "a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\n"
                )
                .expect("writing to memory cannot fail");
            }
        } else {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecr\r\n\
        a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
        a=setup:active\r\na=candidate:1 1 tcp 1 10.0.0.1 7701 typ host tcptype passive\r\n\
        a=candidate:1 1 udp 1 10.0.0.1 7701 typ host\r\na=candidate:2 1 udp 1 127.0.0.1 7701 typ host\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=ssrc-group:FID 11 12\r\na=ssrc:11 cname:x\r\n";

    #[test]
    fn a_redirected_answer_has_one_candidate() {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 9));
        let answer = redirect(ANSWER, proxy);
        assert_eq!(candidate(&answer), Some(proxy));
        assert_eq!(answer.matches("a=candidate:").count(), 1);
        assert_eq!(answer.matches("m=").count(), 2);
    }

    #[test]
    fn an_answer_is_read() {
        let answer = read(&ANSWER.replace("\r\n", "\n"), 2).expect("legal");
        assert_eq!((answer.ufrag.as_str(), answer.active), ("abcd", true));
        assert_eq!(answer.server, SocketAddr::from(([127, 0, 0, 1], 7_701)));
        assert_eq!(answer.streams, [(None, None), (Some(11), Some(12))]);
        assert!(read(ANSWER, 3).is_err());
        assert!(read(&ANSWER.replace("m=video 9", "m=video 0"), 2).is_err());
    }
}
