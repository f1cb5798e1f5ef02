use super::*;
use proptest::prelude::*;

fn refused(text: &str) -> SdpError {
    answered(text, |_| {}).expect_err("it is refused")
}

#[test]
fn everything_is_on_one_transport() {
    let unbundled = OBS.replace("a=group:BUNDLE 0 1\n", "");
    assert_eq!(
        refused(&unbundled),
        SdpError::NotBundled { mid: "0".into() }
    );
    let partly = OBS.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0");
    assert_eq!(refused(&partly), SdpError::NotBundled { mid: "1".into() });
    let alone = unbundled.split("m=video").next().unwrap();
    let (agreed, text) = call(alone);
    assert_eq!(agreed.lines.len(), 1);
    assert_lacks(&text, &["BUNDLE"]);
    let without_mux = OBS.replacen("a=rtcp-mux\n", "", 1);
    assert_eq!(
        refused(&without_mux),
        SdpError::NoRtcpMux { mid: "0".into() }
    );
}

#[test]
fn what_a_transport_needs_must_be_there() {
    for (attribute, missing) in [
        ("a=ice-ufrag:", "ice-ufrag and ice-pwd"),
        ("a=ice-pwd:", "ice-ufrag and ice-pwd"),
        ("a=fingerprint:", "fingerprint of sha-256"),
        ("a=mid:", "mid"),
    ] {
        let kept = OBS.lines().filter(|line| !line.starts_with(attribute));
        let text: String = kept.map(|line| format!("{line}\r\n")).collect();
        assert_eq!(refused(&text), SdpError::Missing(missing));
    }
}

#[test]
fn nothing_acceptable_is_an_error() {
    for text in [
        OBS.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        OBS.replace("m=audio 9", "m=audio 0")
            .replace("m=video 9", "m=video 0"),
    ] {
        assert_eq!(refused(&text), SdpError::NothingAcceptable);
    }
    assert_eq!(
        refused("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"),
        SdpError::NothingAcceptable
    );
}

#[test]
fn malformed_values_are_refused() {
    for (good, bad) in [
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1", "a=mid:a b"),
        ("a=mid:1", "a=mid:0123456789012345678901234567890123"),
        ("a=ice-ufrag:E2oO", "a=ice-ufrag:E2o"),
        ("a=ice-ufrag:E2oO", "a=ice-ufrag:E2o O"),
        ("a=ice-pwd:1Y", "a=ice-pwd:-Y"),
        ("a=fingerprint:sha-256 C2:", "a=fingerprint:sha-256 "),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=ssrc:1301832438 cname", "a=ssrc:x cname"),
        ("a=mid:1", "a=mid:1\u{b}"),
        ("a=mid:1", "a=mid:1\ra=x"),
        ("v=0", "v=1"),
        ("t=0 0", "q=0 0"),
    ] {
        let text = OBS.replace(good, bad);
        assert_ne!(text, OBS);
        let error = refused(&text);
        assert!(matches!(error, SdpError::Malformed(_)), "{bad}: {error}");
    }
    let collision = CHROMIUM.replace("a=extmap:13 urn:3gpp", "a=extmap:2 urn:3gpp");
    assert!(matches!(refused(&collision), SdpError::Malformed(_)));
    let zero = CHROMIUM.replace("a=extmap:13 urn:3gpp", "a=extmap:0 urn:3gpp");
    assert!(matches!(refused(&zero), SdpError::Malformed(_)));
}

#[test]
fn there_is_a_limit_to_everything() {
    let limits = OfferLimits::default();
    let too_many = |text: &str| match parse_offer(text, &limits) {
        Err(SdpError::TooMany { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let large = "x".repeat(limits.bytes_max + 1);
    assert!(matches!(
        parse_offer(&large, &limits),
        Err(SdpError::TooLarge { .. })
    ));
    let end = |line: &str, count: usize| format!("{OBS}{}", line.repeat(count));
    assert_eq!(
        too_many(&end("m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", 63)),
        "m-lines"
    );
    assert_eq!(
        too_many(&end(
            "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n",
            1_025
        )),
        "candidates"
    );
    let ssrcs: String = (0..256)
        .map(|i| format!("a=ssrc:{i} cname:x\r\n"))
        .collect();
    assert_eq!(too_many(&end(&ssrcs, 1)), "SSRCs");
    assert_eq!(
        too_many(&end("a=extmap:1 urn:x\r\n", 33)),
        "header extensions"
    );
    let rids: String = (0..5).map(|i| format!("a=rid:{i} send\r\n")).collect();
    assert_eq!(too_many(&end(&rids, 1)), "simulcast encodings");
    let formats = OBS.replace("SAVPF 96", &format!("SAVPF{}", " 96".repeat(97)));
    assert_eq!(too_many(&formats), "payload types");
}

proptest! {
    /// Lines of real offers, cut, doubled and mixed: no panic, and an answer has only whole lines that we wrote.
    #[test]
    fn mangled_offers_do_not_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 0..60),
        which in 0_usize..6,
    ) {
        let offer = [CHROMIUM, FIREFOX, AIORTC, OBS, GSTREAMER, GSTREAMER_PLAY][which];
        let mut lines: Vec<String> = offer.lines().map(str::to_owned).collect();
        for (index, action) in picks {
            let at = index.index(lines.len());
            match action {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = lines[at].chars().take(lines[at].len() / 2).collect(),
                3 => lines[at] = lines[at].replace('0', "99999999999"),
                4 => lines[at].push_str("\u{e9} ;=:/,~"),
                5 => { let last = lines.len() - 1; lines.swap(at, last) }
                6 => lines[at] = lines[at].replace(' ', ""),
                _ => lines[at] = lines[at].to_uppercase(),
            }
            if lines.is_empty() {
                break;
            }
        }
        if let Ok((agreed, text)) = answered(&lines.join("\r\n"), |_| {}) {
            prop_assert!(text.ends_with("\r\n"));
            for line in text.split_terminator("\r\n") {
                prop_assert!(line.as_bytes()[1] == b'=' && !line.contains(['\r', '\n']), "{}", line);
            }
            prop_assert!(!agreed.remote.ice.ufrag.is_empty());
        }
    }

    #[test]
    fn garbage_does_not_panic(text in "\\PC{0,200}") {
        prop_assert!(parse_offer(&text, &OfferLimits::default()).is_err() || !text.is_empty());
    }
}
