//! Offers as browsers write them, as far as signalling is concerned.

/// A line of an offer.
#[derive(Clone, Copy)]
pub(crate) enum Line {
    /// A microphone.
    SendAudio,
    /// A camera.
    SendVideo,
    /// A slot for sound.
    ReceiveAudio,
    /// A slot for pictures.
    ReceiveVideo,
}

/// An offer with these lines, whose mids are their places.
pub(crate) fn offer(lines: &[Line]) -> String {
    offer_with(lines, "aBcD")
}

/// The same under this ICE user fragment.
pub(crate) fn offer_with(lines: &[Line], ufrag: &str) -> String {
    let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
    let mut text = format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
        mids.join(" ")
    );
    for (mid, line) in lines.iter().enumerate() {
        text.push_str(&media(mid, *line, ufrag));
    }
    text
}

fn media(mid: usize, line: Line, ufrag: &str) -> String {
    let (kind, payload, codec) = match line {
        Line::SendAudio | Line::ReceiveAudio => ("audio", 111, "opus/48000/2"),
        Line::SendVideo | Line::ReceiveVideo => ("video", 96, "VP8/90000"),
    };
    let direction = match line {
        Line::SendAudio | Line::SendVideo => "sendonly",
        Line::ReceiveAudio | Line::ReceiveVideo => "recvonly",
    };
    let fingerprint = vec!["AB"; 32].join(":");
    format!(
        "m={kind} 9 UDP/TLS/RTP/SAVPF {payload}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\n\
         a=rtcp-mux\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=rtpmap:{payload} {codec}\r\n"
    )
}
