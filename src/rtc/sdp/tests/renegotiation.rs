use super::*;
use crate::rtc::dtls::DtlsRole;

#[test]
fn an_ice_restart_is_seen() {
    let (first, _) = call(CHROMIUM);
    let (again, _) = call(CHROMIUM);
    assert!(!again.restarts_ice(&first.remote));
    let (restarted, _) = call(&CHROMIUM.replace("a=ice-ufrag:XMnd", "a=ice-ufrag:YNoe"));
    assert!(restarted.restarts_ice(&first.remote));
}

#[test]
fn slots_keep_their_streams_when_lines_are_added() {
    let (first, _) = call(CHROMIUM);
    let start = CHROMIUM.find("m=audio").unwrap();
    let end = CHROMIUM.find("m=video").unwrap();
    let more = CHROMIUM[start..end]
        .replace("a=mid:0", "a=mid:5")
        .replace("3770889868", "7");
    let offer = CHROMIUM.replace("BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3 4 5") + &more;
    let (second, _) = call(&offer);
    assert_eq!(second.lines.len(), 5);
    assert_eq!(
        second.line("2").unwrap().ours,
        first.line("2").unwrap().ours
    );
    assert_eq!(
        second.line("3").unwrap().ours,
        first.line("3").unwrap().ours
    );
}

#[test]
fn stopped_and_inactive_lines_are_answered_so() {
    let offer = OBS
        .replace("m=audio 9", "m=audio 0")
        .replacen("a=sendonly", "a=inactive", 2);
    let (agreed, text) = call(&offer);
    assert_eq!(agreed.lines[0].direction, LineRole::Refused);
    assert_eq!(agreed.lines[1].direction, LineRole::Inactive);
    assert_has(
        section(&text, "0"),
        &["audio 0 UDP/TLS/RTP/SAVPF 111", "a=inactive"],
    );
    assert_has(
        section(&text, "1"),
        &["video 9 UDP/TLS/RTP/SAVPF 96", "a=inactive"],
    );
    // The transport is that of the line which is left.
    assert_has(&text, &["a=group:BUNDLE 1"]);
    assert!(section(&text, "1").contains("a=candidate:"));
}

#[test]
fn the_dtls_role_is_what_the_offer_leaves() {
    for (setup, role, answered) in [
        ("actpass", DtlsRole::Active, "active"),
        ("passive", DtlsRole::Active, "active"),
        ("active", DtlsRole::Passive, "passive"),
    ] {
        let (agreed, text) = call(&OBS.replace("actpass", setup));
        assert_eq!(agreed.role, role);
        assert_has(section(&text, "0"), &[&format!("a=setup:{answered}")]);
    }
}
