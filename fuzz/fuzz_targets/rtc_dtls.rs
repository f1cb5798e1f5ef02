//! A handshake in which datagrams are changed and others come between: nobody panics, and both ends end it.
#![no_main]

use greenroom::rtc::{
    dtls::{Dtls, DtlsRole, SrtpOffer},
    identity::Identity,
};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

/// Datagrams in one run: a handshake has about ten, repetitions included.
const DATAGRAMS_MAX: usize = 200;

static IDENTITY: LazyLock<Arc<Identity>> =
    LazyLock::new(|| Arc::new(Identity::generate().expect("there is entropy")));

#[derive(Debug, Arbitrary)]
enum Fault {
    Pass,
    Lose,
    Change { at: u16, to: u8 },
    Truncate { len: u16 },
    Before(Vec<u8>),
}

fn end(role: DtlsRole, now: Instant) -> Dtls {
    let identity = Arc::clone(&IDENTITY);
    let expected = identity.fingerprint();
    let mut end = Dtls::new(identity, role, expected, SrtpOffer::WithSha1);
    end.start(now).expect("the configuration is sound");
    end
}

fn apply(fault: Option<Fault>, mut datagram: Vec<u8>) -> Vec<Vec<u8>> {
    match fault {
        None | Some(Fault::Pass) => vec![datagram],
        Some(Fault::Lose) => vec![],
        Some(Fault::Change { at, to }) => {
            let at = usize::from(at) % datagram.len();
            datagram[at] = to;
            vec![datagram]
        }
        Some(Fault::Truncate { len }) => {
            datagram.truncate(usize::from(len));
            vec![datagram]
        }
        Some(Fault::Before(other)) => vec![other, datagram],
    }
}

fuzz_target!(|faults: Vec<Fault>| {
    let mut now = Instant::now();
    let mut ends = [end(DtlsRole::Active, now), end(DtlsRole::Passive, now)];
    let mut faults = faults.into_iter();
    let mut carried = 0;
    while carried < DATAGRAMS_MAX {
        let before = carried;
        for from in 0..2 {
            while let Some(datagram) = ends[from].poll_transmit() {
                carried += 1;
                for datagram in apply(faults.next(), datagram) {
                    ends[1 - from].handle(now, &datagram);
                }
            }
            while ends[from].poll_event().is_some() {}
        }
        if carried == before {
            let timers = ends.iter().filter_map(Dtls::poll_timeout);
            let Some(next) = timers.min() else { break };
            now = next.max(now + Duration::from_millis(1));
            ends.iter_mut().for_each(|end| end.handle_timeout(now));
        }
    }
});
