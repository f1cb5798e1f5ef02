//! What an authenticated client may do wrong, on purpose.

use super::client::{AUDIO_SSRC, Client, VIDEO_SSRC, ssrcs};
use super::node::{Node, run};
use greenroom::actors::media::{MediaEvent, PeerCommand, ShardId, SlotFill, Tile};
use greenroom::rtc::rtcp::{ReportBlock, Rtcp, SenderReport};
use greenroom::rtc::rtp::{ExtensionsOut, HeaderOut};
use greenroom::rtc::twcc::Feedback;
use greenroom::sfu::TrackId;
use std::collections::HashMap;

const HOME: ShardId = ShardId(0);
/// Packets of nonsense.
const NONSENSE: u64 = 6_000;

/// Fills the slots of a client.
fn watch(client: &Client, sound: u32, picture: u32) {
    let fill = |mid: &str, track| SlotFill {
        mid: mid.into(),
        track: Some(TrackId(track)),
    };
    let fills = vec![fill("2", sound), fill("3", picture)];
    assert!(client.peer.tell(PeerCommand::Fill(fills)));
    let tile = Tile {
        mid: "3".into(),
        width: 640,
        height: 360,
        priority: 1,
        pinned: false,
    };
    assert!(client.peer.tell(PeerCommand::Show(vec![tile])));
}

/// Whether a client is told that it is gone.
fn is_gone(client: &Client) -> bool {
    let mut events = client.events.try_iter();
    events.any(|it| matches!(it, MediaEvent::PeerGone(..)))
}

/// Numbers from one seed (xorshift64*): `GREENROOM_SEED` gives those of a run that failed.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let given = std::env::var("GREENROOM_SEED").ok();
        let seed = given.and_then(|it| it.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).unwrap();
            u64::from_be_bytes(bytes) | 1
        });
        println!("GREENROOM_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next() % of.len() as u64).unwrap()]
    }

    fn word(&mut self) -> u32 {
        (self.next() >> 16) as u32
    }

    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 24) as u8).collect()
    }
}

/// A packet with everything wrong but its seal. `indices` are those of its streams.
fn nonsense(dice: &mut Dice, client: &mut Client, indices: &mut HashMap<u32, u64>) -> Vec<u8> {
    let slot = ssrcs(2, "3");
    let few = dice.word() % 20;
    let streams = [
        AUDIO_SSRC, VIDEO_SSRC, VIDEO_SSRC, slot.media, slot.rtx, 1, few,
    ];
    let ssrc = dice.one(&streams);
    let steps = [1, 1, 1, 1, 2, 20, 400, 600, 5_000, 32_767];
    let step = dice.one(&steps);
    let index = indices.entry(ssrc).or_insert(40_000);
    *index += step;
    let mut extensions = ExtensionsOut::default();
    for _ in 0..dice.below(5) {
        let id = (dice.below(16)) as u8;
        let length = dice.below(20);
        let value = match id {
            4 => dice.one(&[&b"0"[..], b"1", b"2", b"nobody"]).to_vec(),
            _ => dice.bytes(length),
        };
        // What has no place in a header is left out.
        let _ = extensions.push(id, &value);
    }
    let timestamps = [
        (*index as u32).wrapping_mul(3_000),
        dice.word(),
        0,
        u32::MAX,
    ];
    let header = HeaderOut {
        marker: dice.below(2) == 0,
        payload_type: dice.one(&[96, 96, 96, 97, 111, 111, 63, 0, 127]),
        sequence: *index as u16,
        timestamp: dice.one(&timestamps),
        ssrc,
        csrc: (dice.below(3) == 0).then(|| dice.word()),
        padding: dice.below(4) == 0,
    };
    let mut packet = vec![0; header.bytes(&extensions)];
    let header_bytes = header.write(&mut packet, &extensions);
    let length = dice.one(&[0, 1, 2, 3, 12, 100, 1_200, 1_700]);
    let start = packet.len();
    packet.extend(dice.bytes(length));
    if length > 12 && dice.below(2) == 0 {
        // A keyframe of VP8.
        packet[start..start + 8].copy_from_slice(&[0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 64]);
    }
    packet.resize(packet.len() + client.session.rtp_overhead(), 0);
    let sealed = client.session.seal_rtp(&mut packet, header_bytes, *index);
    sealed.unwrap();
    packet
}

/// Feedback and reports that cannot be true.
fn lies(dice: &mut Dice) -> Vec<Rtcp> {
    let slot = ssrcs(1, "3");
    let media = dice.one(&[slot.media, slot.rtx, AUDIO_SSRC, VIDEO_SSRC, 0]);
    let count = dice.below(60);
    let block = ReportBlock {
        ssrc: media,
        fraction_lost: dice.word() as u8,
        cumulative_lost: (dice.word() >> 9).cast_signed(),
        highest_sequence: dice.word(),
        jitter: dice.word(),
        last_sr: dice.word(),
        delay_since_last_sr: dice.word(),
    };
    let arrival = |dice: &mut Dice| (dice.below(3) > 0).then(|| i64::from(dice.word() >> 8));
    let feedback = Feedback {
        sender_ssrc: 1,
        media_ssrc: media,
        base: dice.word() as u16,
        reference_time: dice.word().cast_signed() >> 8,
        feedback_count: dice.word() as u8,
        packets: (0..count * 60).map(|_| arrival(dice)).collect(),
    };
    let all = [
        Rtcp::SenderReport(SenderReport {
            ssrc: media,
            ntp: dice.next(),
            rtp_timestamp: dice.word(),
            packets: dice.word(),
            octets: dice.word(),
            reports: vec![block],
        }),
        Rtcp::ReceiverReport {
            ssrc: 1,
            reports: vec![block; 5],
        },
        Rtcp::Nack {
            sender: 1,
            media,
            lost: (0..count * 15).map(|_| dice.word() as u16).collect(),
        },
        Rtcp::Remb {
            sender: 1,
            bitrate_bps: dice.next() >> dice.below(64),
            ssrcs: vec![media],
        },
        Rtcp::TransportCc(feedback),
        Rtcp::Pli { sender: 1, media },
        Rtcp::Bye(vec![media]),
    ];
    let kind = usize::try_from(dice.below(all.len() as u64)).unwrap();
    vec![all[kind].clone()]
}

#[test]
fn authentic_nonsense_harms_nobody() {
    run(async {
        let mut dice = Dice::new();
        let node = Node::start(1).await;
        let mut attacker = Client::connected(&node, 1, HOME);
        let mut speaker = Client::connected(&node, 3, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        // The subscriber hears the speaker and sees what the attacker sends; the attacker sees the speaker.
        watch(&subscriber, 30, 11);
        watch(&attacker, 30, 31);
        let mut indices = HashMap::new();
        for _ in 0..NONSENSE / 20 {
            for _ in 0..20 {
                let packet = nonsense(&mut dice, &mut attacker, &mut indices);
                attacker.send(&packet);
            }
            let lies = lies(&mut dice);
            attacker.report(&lies);
            attacker.turn();
            speaker.publish();
            subscriber.turn();
        }
        let before = subscriber.in_slot(2, 2).len();
        subscriber.until("the speaker is heard", |it| {
            speaker.publish();
            it.in_slot(2, 2).len() > before + 5
        });
        subscriber.expect_whole(&node, 2, 2);
        assert!(node.sum(|it| it.packets_in.get()) > NONSENSE / 4, "it came");
        assert_eq!(node.sum(|it| it.faults.get()), 0);
        assert_eq!(node.restarts(), 0);
        for client in [&attacker, &speaker, &subscriber] {
            assert!(!is_gone(client));
        }
    });
}

#[test]
fn sound_beyond_any_codec_is_dropped() {
    run(async {
        let node = Node::start(1).await;
        let mut attacker = Client::connected(&node, 1, HOME);
        attacker.until("it is too much", |it| {
            for _ in 0..50 {
                let sound = it.sound(&[0xfc; 1_100]);
                it.send(&sound);
            }
            node.sum(|it| it.refused.excess.get()) > 100
        });
    });
}

#[test]
fn more_feedback_than_a_client_has_is_dropped() {
    run(async {
        let node = Node::start(1).await;
        let mut attacker = Client::connected(&node, 1, HOME);
        let nothing = Feedback {
            sender_ssrc: 1,
            media_ssrc: 1,
            base: 0,
            reference_time: 0,
            feedback_count: 0,
            packets: vec![None; 4_000],
        };
        attacker.until("it is too much", |it| {
            for _ in 0..50 {
                it.report(&[Rtcp::TransportCc(nothing.clone())]);
            }
            node.sum(|it| it.refused.excess.get()) > 100
        });
    });
}
