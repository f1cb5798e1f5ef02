//! Two associations and a link between them that loses datagrams, in virtual time.

use super::*;
use proptest::prelude::*;

const DELAY: Duration = Duration::from_millis(20);
const HANDSHAKES: u64 = 200;

/// xorshift64*: the same seed loses the same datagrams.
struct Dice(u64);

impl Dice {
    fn below_100(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % 100
    }
}

struct Pair {
    now: Instant,
    ends: [Dtls; 2],
    /// When, to whom, what. In order of sending, which is the order of arrival.
    wire: VecDeque<(Instant, usize, Vec<u8>)>,
    keys: [Option<Box<Srtp>>; 2],
    data: [Vec<Bytes>; 2],
    over: [Option<&'static str>; 2],
}

/// An active and a passive end that expect each other.
fn pair(offers: [SrtpOffer; 2]) -> Pair {
    let ids = identities();
    pair_expecting(offers, [ids[1].fingerprint(), ids[0].fingerprint()])
}

fn identities() -> &'static [Arc<Identity>; 2] {
    static IDENTITIES: std::sync::OnceLock<[Arc<Identity>; 2]> = std::sync::OnceLock::new();
    IDENTITIES.get_or_init(|| std::array::from_fn(|_| Arc::new(Identity::generate().unwrap())))
}

fn pair_expecting(offers: [SrtpOffer; 2], expected: [Fingerprint; 2]) -> Pair {
    let ids = identities();
    let roles = [DtlsRole::Active, DtlsRole::Passive];
    let mut pair = Pair {
        now: Instant::now(),
        ends: std::array::from_fn(|i| {
            Dtls::new(Arc::clone(&ids[i]), roles[i], expected[i], offers[i])
        }),
        wire: VecDeque::new(),
        keys: [None, None],
        data: [Vec::new(), Vec::new()],
        over: [None, None],
    };
    for end in [1, 0] {
        pair.ends[end].start(pair.now).unwrap();
    }
    pair
}

impl Pair {
    /// Runs until nothing more is to happen, or `until`. `lose` decides for each datagram.
    fn run(&mut self, until: Duration, mut lose: impl FnMut(usize) -> bool) {
        let end = self.now + until;
        loop {
            for from in 0..2 {
                while let Some(datagram) = self.ends[from].poll_transmit() {
                    if !lose(from) {
                        self.wire.push_back((self.now + DELAY, 1 - from, datagram));
                    }
                }
                while let Some(event) = self.ends[from].poll_event() {
                    match event {
                        DtlsEvent::Connected(srtp) => self.keys[from] = Some(srtp),
                        DtlsEvent::Data(data) => self.data[from].push(data),
                        DtlsEvent::Closed => self.over[from] = Some("closed"),
                        DtlsEvent::Failed => self.over[from] = Some("failed"),
                    }
                }
            }
            let arrival = self.wire.front().map(|(at, ..)| *at);
            let timers = self.ends.iter().filter_map(Dtls::poll_timeout);
            let Some(next) = arrival.into_iter().chain(timers).min() else {
                return;
            };
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            if arrival == Some(next) {
                let (_, to, datagram) = self.wire.pop_front().unwrap();
                self.ends[to].handle(self.now, &datagram);
            } else {
                for end in &mut self.ends {
                    end.handle_timeout(self.now);
                }
            }
        }
    }

    fn is_connected(&self) -> bool {
        self.keys.iter().all(Option::is_some)
    }

    fn profiles(&self) -> [Option<SrtpProfile>; 2] {
        [0, 1].map(|end| self.keys[end].as_ref().map(|srtp| srtp.profile()))
    }
}

fn never(_: usize) -> bool {
    false
}

#[test]
fn both_ends_derive_the_same_keys() {
    let mut pair = pair([SrtpOffer::GcmOnly; 2]);
    pair.run(Duration::from_secs(1), never);
    let [Some(client), Some(server)] = &mut pair.keys else {
        panic!("not connected: {:?}", pair.over);
    };
    let mut packet = vec![0x80, 96, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, b'h', b'i'];
    packet.extend([0; 16]);
    client.seal_rtp(&mut packet, 12, 9).unwrap();
    assert_eq!(server.open_rtp(&mut packet, 12).unwrap().payload, 12..14);
    let stats = pair.ends[0].stats();
    assert_eq!((stats.errors, stats.resent), (0, 0));
}

#[test]
fn gcm_is_preferred_and_sha1_only_the_last_resort() {
    use SrtpOffer::{GcmOnly, WithSha1};
    let gcm = Some(SrtpProfile::AeadAes128Gcm);
    for offers in [
        [WithSha1, WithSha1],
        [WithSha1, GcmOnly],
        [GcmOnly, WithSha1],
    ] {
        let mut pair = pair(offers);
        pair.run(Duration::from_secs(1), never);
        assert_eq!(pair.profiles(), [gcm, gcm], "{offers:?}");
    }
}

#[test]
fn data_passes_both_ways_and_a_close_is_heard() {
    let mut pair = pair([SrtpOffer::GcmOnly; 2]);
    pair.run(Duration::from_secs(1), never);
    pair.ends[0].write(pair.now, b"there").unwrap();
    pair.ends[1].write(pair.now, b"back").unwrap();
    pair.run(Duration::from_secs(1), never);
    assert_eq!(pair.data, [vec!["back"], vec!["there"]]);
    pair.ends[0].close(pair.now);
    pair.run(Duration::from_secs(1), never);
    assert_eq!(pair.over, [None, Some("closed")]);
    assert!(pair.ends[1].write(pair.now, b"too late").is_err());
}

#[test]
fn a_late_datagram_after_the_close_begins_nothing() {
    let mut pair = pair([SrtpOffer::GcmOnly; 2]);
    let hello = pair.ends[0].poll_transmit().unwrap();
    pair.ends[1].handle(pair.now, &hello);
    pair.run(Duration::from_secs(1), never);
    pair.ends[0].close(pair.now);
    pair.run(Duration::from_secs(1), never);
    assert_eq!(pair.over[1], Some("closed"));
    pair.ends[1].handle(pair.now, &hello);
    assert!(pair.ends[1].poll_transmit().is_none());
    assert!(pair.ends[1].poll_timeout().is_none());
}

#[test]
fn another_certificate_is_refused() {
    let ids = identities();
    let wrong = Fingerprint([7; 32]);
    for (expected, refuser) in [
        ([wrong, ids[0].fingerprint()], 0),
        ([ids[1].fingerprint(), wrong], 1),
    ] {
        let mut pair = pair_expecting([SrtpOffer::GcmOnly; 2], expected);
        pair.run(HANDSHAKE_TIMEOUT * 2, never);
        assert_eq!(pair.over[refuser], Some("failed"));
        assert!(pair.keys[refuser].is_none());
    }
}

#[test]
fn a_silent_peer_is_given_up() {
    let mut pair = pair([SrtpOffer::GcmOnly; 2]);
    pair.run(HANDSHAKE_TIMEOUT * 2, |_| true);
    assert_eq!(pair.over, [Some("failed"), Some("failed")]);
    assert!(pair.ends[0].stats().resent > 20);
}

#[test]
fn foreign_client_hellos_disturb_neither_side() {
    let mut stranger = pair([SrtpOffer::GcmOnly; 2]);
    let foreign = stranger.ends[0].poll_transmit().unwrap();
    let mut pair = pair([SrtpOffer::GcmOnly; 2]);
    let hello = pair.ends[0].poll_transmit().unwrap();
    pair.ends[1].handle(pair.now, &hello);
    for _ in 0..40 {
        for end in 0..2 {
            for _ in 0..250 {
                pair.ends[end].handle(pair.now, &foreign);
            }
        }
        pair.run(Duration::from_millis(10), never);
    }
    pair.run(Duration::from_secs(1), never);
    assert!(pair.is_connected(), "{:?}", pair.over);
    assert!(pair.ends[0].stats().filtered >= 10_000);
}

/// The figure asked for is 95 % within 12 s. A failure prints its seeds.
#[test]
fn handshakes_succeed_at_thirty_percent_loss() {
    let mut failed = Vec::new();
    for seed in 1..=HANDSHAKES {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut pair = pair([SrtpOffer::GcmOnly; 2]);
        pair.run(Duration::from_secs(12), |_| dice.below_100() < 30);
        if !pair.is_connected() {
            failed.push(seed);
        }
    }
    assert!(
        failed.len() as u64 * 100 <= HANDSHAKES * 5,
        "{} of {HANDSHAKES} failed, seeds {failed:?}",
        failed.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn changed_datagrams_never_panic(at in 0usize..600, to in any::<u8>(), which in 0usize..8) {
        let mut pair = pair([SrtpOffer::GcmOnly; 2]);
        let mut sent = 0;
        for _ in 0..60 {
            for from in 0..2 {
                while let Some(mut datagram) = pair.ends[from].poll_transmit() {
                    if sent == which {
                        let at = at % datagram.len();
                        datagram[at] = to;
                    }
                    sent += 1;
                    pair.ends[1 - from].handle(pair.now, &datagram);
                }
            }
        }
        prop_assert!(sent > 0);
    }
}
