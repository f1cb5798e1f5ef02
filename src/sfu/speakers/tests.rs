use super::*;

const LOUD: u8 = 25;
const SILENT: u8 = 127;

struct Room {
    start: Instant,
    ms: u64,
    speakers: Speakers,
    audible: Vec<ParticipantId>,
    audible_changes: usize,
    dominant: Option<ParticipantId>,
}

impl Room {
    fn new(audible_max: usize) -> Self {
        Self {
            start: Instant::now(),
            ms: 0,
            speakers: Speakers::new(audible_max),
            audible: Vec::new(),
            audible_changes: 0,
            dominant: None,
        }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.ms)
    }

    /// Everybody sends a packet every 20 ms at the level given for them; ticks are 20 ms apart.
    fn run(&mut self, ms: u64, level: impl Fn(u64, u32) -> u8, participants: u32) {
        for _ in 0..ms / 20 {
            for participant in 1..=participants {
                let dbov = level(self.ms, participant);
                self.speakers
                    .on_level(self.now(), ParticipantId(participant), dbov, dbov < 60);
            }
            let changes = self.speakers.tick(self.now());
            if let Some(audible) = changes.audible {
                self.audible = audible;
                self.audible_changes += 1;
            }
            self.dominant = changes.dominant.or(self.dominant);
            self.ms += 20;
        }
    }
}

fn only(speaker: u32) -> impl Fn(u64, u32) -> u8 {
    move |_, participant| if participant == speaker { LOUD } else { SILENT }
}

#[test]
fn a_speaker_change_is_heard_within_300_ms() {
    for audible_max in [1, 3] {
        let mut room = Room::new(audible_max);
        room.run(5_000, only(1), 10);
        assert!(room.audible.contains(&ParticipantId(1)));
        // All slots are taken by those who spoke before.
        for speaker in 2..=5 {
            room.run(5_000, only(speaker), 10);
        }
        // One stops in the moment the other begins.
        room.run(300, only(9), 10);
        assert!(
            room.audible.contains(&ParticipantId(9)),
            "{:?}",
            room.audible
        );
        assert!(room.audible.len() <= audible_max);
    }
}

#[test]
fn a_quick_reply_is_heard_while_slots_are_free() {
    let mut room = Room::new(3);
    room.run(2_000, only(1), 5);
    room.run(100, only(2), 5);
    for speaker in [1, 2] {
        assert!(
            room.audible.contains(&ParticipantId(speaker)),
            "{:?}",
            room.audible
        );
    }
}

#[test]
fn slots_do_not_flap_among_equals() {
    let mut room = Room::new(3);
    // Five speak all the time, about as loud as each other.
    let level =
        |ms: u64, participant: u32| 25 + ((ms / 100 + u64::from(participant) * 3) % 5) as u8;
    room.run(1_000, level, 5);
    let settled = room.audible_changes;
    room.run(20_000, level, 5);
    assert!(
        room.audible_changes <= settled + 1,
        "{}",
        room.audible_changes
    );
    assert_eq!(room.audible.len(), 3);
}

#[test]
fn a_cough_does_not_make_the_dominant_speaker() {
    let mut room = Room::new(3);
    room.run(3_000, only(1), 3);
    let level = |ms: u64, participant: u32| match participant {
        1 => 30,
        2 if (3_000..3_100).contains(&ms) => 10,
        _ => SILENT,
    };
    room.run(1_000, level, 3);
    assert_eq!(room.dominant, Some(ParticipantId(1)));
    room.run(2_000, only(2), 3);
    assert_eq!(room.dominant, Some(ParticipantId(2)));
}

#[test]
fn background_noise_is_no_speech() {
    let mut room = Room::new(3);
    room.run(5_000, |_, participant| 60 + participant as u8, 5);
    assert_eq!(room.audible_changes, 0);
    assert_eq!(room.dominant, None);
}

#[test]
fn silence_by_not_sending_ends_speech() {
    let mut room = Room::new(2);
    room.run(1_000, only(1), 1);
    let end = room.now() + Duration::from_secs(2);
    let changes = room.speakers.tick(end);
    assert_eq!(changes.speaking, Some(Vec::new()));
    assert_eq!(changes.audible, None, "the slot is kept until it is needed");
}

#[test]
fn who_leaves_frees_the_slot() {
    let mut room = Room::new(2);
    room.run(1_000, only(1), 2);
    room.speakers.remove(ParticipantId(1));
    let changes = room.speakers.tick(room.now());
    assert_eq!(changes.audible, Some(Vec::new()));
    assert!(
        !room
            .speakers
            .loudest(room.now(), 5)
            .contains(&ParticipantId(1))
    );
}

#[test]
fn the_loudest_come_first_and_the_number_is_bounded() {
    let mut room = Room::new(2);
    room.run(1_000, |_, participant| 20 + 5 * participant as u8, 6);
    assert_eq!(
        room.speakers.loudest(room.now(), 3),
        [ParticipantId(1), ParticipantId(2), ParticipantId(3)]
    );
    let now = room.now();
    for participant in 0..10_000 {
        room.speakers
            .on_level(now, ParticipantId(participant), 30, true);
    }
    assert_eq!(room.speakers.loudest(now, 20_000).len(), PARTICIPANTS_MAX);
}
