//! A browser's checks, good and bad.

use super::*;
use crate::rtc::TcpId;
use build::{CONTROLLED, CONTROLLING, NOMINATE, UNKNOWN, error_code, request};
use std::net::SocketAddr;

fn credentials(fill: u8) -> IceCredentials {
    IceCredentials::from_random(&[fill; CREDENTIAL_RANDOM_LEN])
}

fn username(local: u8, remote: u8) -> String {
    format!("{}:{}", credentials(local).ufrag, credentials(remote).ufrag)
}

fn udp(port: u16) -> Path {
    Path::Udp(SocketAddr::from(([192, 0, 2, 1], port)))
}

fn agent(now: Instant) -> IceAgent {
    IceAgent::new(now, credentials(1), &credentials(2))
}

fn good(extra: &[(u16, &[u8])]) -> Vec<u8> {
    request(&username(1, 2), &credentials(1).pwd, extra)
}

#[test]
fn credentials_have_the_characters_and_lengths_of_ice() {
    let random = std::array::from_fn(|i| (i * 37) as u8);
    let IceCredentials { ufrag, pwd } = IceCredentials::from_random(&random);
    assert_eq!((ufrag.len(), pwd.len()), (8, 24));
    let is_ice = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    assert!(ufrag.chars().chain(pwd.chars()).all(is_ice));
    assert_ne!(credentials(1), credentials(2));
}

#[test]
fn the_local_fragment_finds_the_session() {
    let datagram = request("ours:theirs", "whatever", &[]);
    assert_eq!(stun_local_ufrag(&datagram), Some("ours"));
    assert_eq!(stun_local_ufrag(&datagram[..30]), None);
    assert_eq!(stun_local_ufrag(&request("nobody", "x", &[])), None);
    assert_eq!(stun_local_ufrag(&[0; 40]), None);
}

#[test]
fn a_valid_request_validates_and_a_nomination_selects() {
    let now = Instant::now();
    let mut agent = agent(now);
    let tcp = Path::Tcp(TcpId(7), udp(9).remote());
    for (path, extra, selected) in [
        (udp(1), &[CONTROLLING][..], None),
        (tcp, &[CONTROLLING, NOMINATE], Some(tcp)),
        (tcp, &[CONTROLLING, NOMINATE], Some(tcp)),
        (udp(1), &[CONTROLLING], Some(tcp)),
        (udp(2), &[CONTROLLING, NOMINATE], Some(udp(2))),
    ] {
        let before = agent.selected();
        let checked = agent.handle(now, path, &good(extra));
        assert_eq!(checked.verdict, StunVerdict::Validated);
        assert_eq!(error_code(&checked.answer.unwrap()), None);
        assert_eq!(checked.is_path_changed, before != agent.selected());
        assert_eq!(agent.selected(), selected);
        assert!(agent.is_validated(&path));
    }
    assert_eq!(agent.best(), Some(udp(2)));
}

#[test]
fn what_is_not_for_us_is_neither_answered_nor_believed() {
    let now = Instant::now();
    let mut agent = agent(now);
    for datagram in [
        request(&username(1, 2), "wrong password, long enough", &[NOMINATE]),
        request(&username(2, 1), &credentials(1).pwd, &[NOMINATE]),
        request(&username(1, 3), &credentials(1).pwd, &[NOMINATE]),
        vec![0; 20],
        vec![],
    ] {
        assert_eq!(agent.handle(now, udp(1), &datagram), Checked::IGNORED);
    }
    assert!(!agent.is_validated(&udp(1)));
    assert_eq!(agent.poll_timeout(), now + FIRST_REQUEST_TIMEOUT);
}

#[test]
fn conflicts_are_answered_but_validate_nothing() {
    let now = Instant::now();
    let mut agent = agent(now);
    for (attribute, code) in [(CONTROLLED, 487), (UNKNOWN, 420)] {
        let checked = agent.handle(now, udp(1), &good(&[attribute, NOMINATE]));
        assert_eq!(checked.verdict, StunVerdict::Ignored);
        assert_eq!(error_code(&checked.answer.unwrap()), Some(code));
        assert!(!agent.is_validated(&udp(1)) && agent.selected().is_none());
    }
}

#[test]
fn after_a_restart_both_credentials_count_until_the_new_are_used() {
    let now = Instant::now();
    let mut agent = agent(now);
    agent.handle(now, udp(1), &good(&[NOMINATE]));
    agent.restart(credentials(3), &credentials(4));
    let renewed = request(&username(3, 4), &credentials(3).pwd, &[NOMINATE]);
    let verdict = |agent: &mut IceAgent, port, datagram: &[u8]| {
        agent.handle(now, udp(port), datagram).verdict
    };
    assert_eq!(verdict(&mut agent, 1, &good(&[])), StunVerdict::Validated);
    assert_eq!(agent.selected(), Some(udp(1)), "media goes on");
    assert_eq!(verdict(&mut agent, 2, &renewed), StunVerdict::Validated);
    assert_eq!(agent.selected(), Some(udp(2)));
    assert_eq!(verdict(&mut agent, 1, &good(&[])), StunVerdict::Ignored);
}

#[test]
fn media_keeps_a_path_and_validates_none() {
    let begin = Instant::now();
    let mut agent = agent(begin);
    agent.handle(begin, udp(1), &good(&[NOMINATE]));
    let later = begin + Duration::from_secs(10);
    agent.heard(later, &udp(1));
    agent.heard(later, &udp(2));
    let given = Consent::Given {
        is_path_changed: false,
    };
    assert_eq!(agent.handle_timeout(begin + CONSENT_TIMEOUT), given);
    assert!(agent.is_validated(&udp(1)) && !agent.is_validated(&udp(2)));
    assert_eq!(agent.handle_timeout(later + CONSENT_TIMEOUT), Consent::Lost);
}

#[test]
fn consent_ends_with_the_requests() {
    let begin = Instant::now();
    let mut silent = agent(begin);
    let first_by = silent.poll_timeout();
    let given = |is_path_changed| Consent::Given { is_path_changed };
    assert_eq!(silent.handle_timeout(begin + CONSENT_TIMEOUT), given(false));
    assert_eq!(silent.handle_timeout(first_by), Consent::Lost);

    let mut heard = agent(begin);
    let later = begin + Duration::from_secs(10);
    heard.handle(begin, udp(1), &good(&[NOMINATE]));
    heard.handle(later, udp(1), &good(&[]));
    assert_eq!(heard.handle_timeout(begin + CONSENT_TIMEOUT), given(false));
    assert_eq!(heard.poll_timeout(), later + CONSENT_TIMEOUT);
    assert_eq!(heard.handle_timeout(later + CONSENT_TIMEOUT), Consent::Lost);
}

#[test]
fn a_request_that_somebody_else_repeats_proves_nothing() {
    let begin = Instant::now();
    let mut agent = agent(begin);
    let heard = good(&[NOMINATE]);
    let verdict = |agent: &mut IceAgent, now, port, datagram: &[u8]| {
        agent.handle(now, udp(port), datagram).verdict
    };
    assert_eq!(
        verdict(&mut agent, begin, 1, &heard),
        StunVerdict::Validated
    );
    assert_eq!(verdict(&mut agent, begin, 2, &heard), StunVerdict::Ignored);
    assert_eq!(agent.selected(), Some(udp(1)));
    assert!(!agent.is_validated(&udp(2)));
    let again = begin + Duration::from_secs(3);
    assert_eq!(
        verdict(&mut agent, again, 1, &heard),
        StunVerdict::Validated,
        "sent again"
    );
    let late = begin + CONSENT_TIMEOUT;
    assert_eq!(
        verdict(&mut agent, late, 1, &heard),
        StunVerdict::Ignored,
        "no consent"
    );
    assert_eq!(
        verdict(&mut agent, late, 2, &good(&[NOMINATE])),
        StunVerdict::Validated
    );
    assert_eq!(agent.selected(), Some(udp(2)), "the network changed");
}
