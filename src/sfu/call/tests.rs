//! What a call promises, by example.

use super::*;
use crate::rtc::codec::Codec;
use crate::sfu::{Encoding, MediaKind, Source};
use std::time::Instant;

/// A call with its clock and everyone's shorthand.
pub(super) struct Stage {
    pub(super) call: Call,
    pub(super) now: Instant,
}

pub(super) fn user(name: &str) -> UserId {
    name.parse().expect("a legal id")
}

pub(super) fn arrival(name: &str) -> Arrival {
    Arrival {
        user: user(name),
        device: Some("laptop".parse().expect("a legal id")),
        name: name.into(),
        secret: Secret([7; 16]),
    }
}

fn send(mid: &str, source: Source) -> PublicationOffer {
    let rids = match source {
        Source::Camera => vec!["q".into(), "h".into(), "f".into()],
        _ => Vec::new(),
    };
    PublicationOffer {
        mid: mid.into(),
        source,
        muted: false,
        rids,
    }
}

fn receive(mid: &str, kind: MediaKind, codecs: &[Codec]) -> SlotOffer {
    SlotOffer {
        mid: mid.into(),
        kind,
        codecs: codecs.iter().copied().collect(),
    }
}

/// A microphone, a camera, and so many slots of each kind.
pub(super) fn usual(audio: usize, video: usize) -> Lines {
    let sound = (0..audio).map(|n| receive(&format!("a{n}"), MediaKind::Audio, &[Codec::Opus]));
    let pictures = (0..video).map(|n| {
        let codecs = [Codec::Vp8, Codec::H264];
        receive(&format!("v{n}"), MediaKind::Video, &codecs)
    });
    Lines {
        publications: vec![send("0", Source::Microphone), send("1", Source::Camera)],
        slots: sound.chain(pictures).collect(),
    }
}

impl Stage {
    pub(super) fn new(participants_max: usize) -> Self {
        Self {
            call: Call::new(participants_max),
            now: Instant::now(),
        }
    }

    fn join(&mut self, name: &str, lines: Lines) -> ParticipantId {
        let joined = self.call.join(self.now, arrival(name), lines);
        let (participant, _) = joined.expect("room for one more");
        self.start(participant);
        participant
    }

    /// Media of all publications of a participant comes.
    pub(super) fn start(&mut self, participant: ParticipantId) {
        self.call.connected(participant);
        let member = self.call.member(participant).expect("is in it");
        for track in member.tracks().to_vec() {
            let kind = self.call.publication(track).expect("theirs").source.kind();
            let codec = match kind {
                MediaKind::Audio => Codec::Opus,
                MediaKind::Video => Codec::Vp8,
            };
            self.call.track_started(self.now, track, codec);
        }
    }

    fn track(&self, participant: ParticipantId, source: Source) -> TrackId {
        let member = self.call.member(participant).expect("is in it");
        let of =
            |track: &&TrackId| self.call.publication(**track).expect("theirs").source == source;
        *member.tracks().iter().find(of).expect("published")
    }

    /// Who is in the slots whose names begin so, in order.
    fn shown(&self, participant: ParticipantId, prefix: &str) -> Vec<Option<u32>> {
        let member = self.call.member(participant).expect("is in it");
        let slots = member.slots().filter(|(mid, ..)| mid.starts_with(prefix));
        slots
            .map(|(_, _, view)| view.participant.map(|id| id.0))
            .collect()
    }

    fn pass(&mut self, time: Duration) -> Vec<Effect> {
        self.now += time;
        self.call.tick(self.now)
    }

    fn speak(&mut self, speakers: &[ParticipantId]) -> Vec<Effect> {
        self.call.speak(self.now, speakers.to_vec())
    }
}

fn tile(mid: &str, show: Show) -> Tile {
    Tile {
        mid: mid.into(),
        show,
        width: 640,
        height: 360,
        priority: 0,
        pinned: false,
    }
}

#[test]
fn audio_slots_carry_the_loudest_and_nobody_hears_themselves() {
    let mut stage = Stage::new(10);
    let all: Vec<_> = ["ann", "ben", "cho", "dan", "eve"]
        .iter()
        .map(|name| stage.join(name, usual(2, 0)))
        .collect();
    stage.speak(&[all[4], all[3], all[2]]);
    assert_eq!(stage.shown(all[0], "a"), [Some(5), Some(4)].to_vec());
    assert_eq!(stage.shown(all[4], "a"), [Some(4), Some(3)].to_vec());
    // Who stays keeps the slot, whatever the order.
    stage.speak(&[all[3], all[1]]);
    assert_eq!(stage.shown(all[0], "a"), [Some(2), Some(4)].to_vec());
}

#[test]
fn the_speaker_tile_shows_a_screen_first_and_otherwise_who_spoke_last() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(0, 1));
    let ben = stage.join("ben", usual(0, 1));
    let cho = stage.join("cho", usual(0, 1));
    stage.speak(&[cho]);
    assert_eq!(stage.shown(ann, "v"), [Some(3)].to_vec());
    stage.speak(&[]);
    assert_eq!(
        stage.shown(ann, "v"),
        [Some(3)].to_vec(),
        "silence changes nothing"
    );
    stage.speak(&[ann]);
    assert_eq!(stage.shown(ann, "v"), [Some(3)].to_vec(), "never oneself");
    let mut lines = usual(0, 1);
    lines.publications.push(send("2", Source::Screen));
    stage.call.renegotiate(stage.now, ben, lines).expect("fits");
    stage.start(ben);
    assert_eq!(stage.shown(ann, "v"), [Some(2)].to_vec());
    assert_eq!(
        stage
            .call
            .member(ann)
            .expect("in")
            .slots()
            .next()
            .and_then(|s| s.1),
        Some(stage.track(ben, Source::Screen))
    );
}

#[test]
fn tiles_show_what_was_asked_for_and_others_fill_the_rest() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(0, 3));
    let ben = stage.join("ben", usual(0, 0));
    let cho = stage.join("cho", usual(0, 0));
    let layout = Layout {
        tiles: vec![
            tile("v0", Show::Track(stage.track(ben, Source::Camera))),
            tile("v1", Show::Speaker),
            tile("v2", Show::Track(stage.track(ann, Source::Camera))),
        ],
        audio_only: false,
    };
    stage
        .call
        .layout(stage.now, ann, layout.clone())
        .expect("fits");
    stage.speak(&[ben]);
    assert_eq!(
        stage.shown(ann, "v"),
        [Some(ben.0), Some(cho.0), None].to_vec(),
        "ben is pinned, so the speaker tile shows the next; one's own is never shown"
    );
    let audio_only = Layout {
        audio_only: true,
        ..layout
    };
    stage.call.layout(stage.now, ann, audio_only).expect("fits");
    assert_eq!(stage.shown(ann, "v"), [None; 3].to_vec());
    let foreign = Layout {
        tiles: vec![tile("nowhere", Show::Speaker)],
        audio_only: false,
    };
    assert_eq!(
        stage.call.layout(stage.now, ann, foreign),
        Err(Refusal::NoSlot)
    );
}

#[test]
fn a_slot_never_gets_a_codec_it_cannot_take() {
    let mut stage = Stage::new(10);
    let watch = Lines {
        publications: Vec::new(),
        slots: vec![
            receive("v0", MediaKind::Video, &[Codec::H264]),
            receive("v1", MediaKind::Video, &[Codec::Vp8]),
            receive("a0", MediaKind::Audio, &[Codec::Opus]),
        ],
    };
    let ann = stage.join("ann", watch);
    let ben = stage.join("ben", usual(0, 0));
    assert_eq!(stage.shown(ann, "v"), [None, Some(2)].to_vec());
    let camera = stage.track(ben, Source::Camera);
    let layout = Layout {
        tiles: vec![tile("v0", Show::Track(camera))],
        audio_only: false,
    };
    stage.call.layout(stage.now, ann, layout).expect("fits");
    let member = stage.call.member(ann).expect("in");
    let (_, fill, view) = member.slots().next().expect("v0");
    assert_eq!((fill, view.reason), (None, Some(SlotReason::Codec)));
    let microphone = stage.track(ben, Source::Microphone);
    stage.call.track_started(stage.now, microphone, Codec::Red);
    assert_eq!(
        stage.shown(ann, "a"),
        [Some(2)].to_vec(),
        "RED is unwrapped"
    );
}

#[test]
fn a_full_call_refuses_and_the_same_device_replaces_itself() {
    let mut stage = Stage::new(2);
    let ann = stage.join("ann", usual(1, 1));
    stage.join("ben", usual(1, 1));
    let third = stage.call.join(stage.now, arrival("cho"), usual(0, 0));
    assert_eq!(third.map(|_| ()), Err(Refusal::Full));
    let (again, effects) = stage
        .call
        .join(stage.now, arrival("ann"), usual(1, 1))
        .expect("replaces");
    assert!(again > ann);
    let replaced = Effect::Left {
        participant: ann,
        reason: LeaveReason::Replaced,
    };
    assert!(effects.contains(&replaced));
    assert_eq!(stage.call.len(), 2);
}

#[test]
fn a_lost_connection_may_come_back_within_20_seconds_and_no_later() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(1, 1));
    let ben = stage.join("ben", usual(1, 1));
    stage.call.away(stage.now, ann);
    assert_eq!(
        stage.call.member(ann).map(Member::link),
        Some(LinkState::Away)
    );
    assert!(stage.pass(Duration::from_millis(19_999)).is_empty());
    assert_eq!(
        stage.shown(ben, "a"),
        [Some(ann.0)].to_vec(),
        "media goes on"
    );
    for (name, secret) in [("ben", Secret([7; 16])), ("ann", Secret([8; 16]))] {
        let wrong = stage.call.may_resume(ann, &user(name), &secret);
        assert_eq!(wrong, Err(Refusal::NoParticipant));
    }
    stage
        .call
        .may_resume(ann, &user("ann"), &Secret([7; 16]))
        .expect("hers");
    stage.call.here(ann);
    stage.pass(Duration::from_secs(60));
    assert_eq!(
        stage.call.member(ann).map(Member::link),
        Some(LinkState::Connected)
    );
    stage.call.away(stage.now, ann);
    stage.pass(RESUME_MAX);
    assert_eq!(stage.call.len(), 1);
}

#[test]
fn media_that_is_gone_ends_who_is_here_and_waits_for_who_is_away() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(1, 1));
    let ben = stage.join("ben", usual(1, 1));
    let lost = Effect::Left {
        participant: ann,
        reason: LeaveReason::Lost,
    };
    assert!(stage.call.media_gone(stage.now, ann).contains(&lost));
    stage.call.away(stage.now, ben);
    stage.call.media_gone(stage.now, ben);
    let member = stage.call.member(ben).expect("still in it");
    assert!(!member.has_media() && member.tracks().is_empty());
    stage.call.media_begins(stage.now, ben);
    stage.call.here(ben);
    stage
        .call
        .renegotiate(stage.now, ben, usual(1, 1))
        .expect("fits");
    assert_eq!(stage.call.member(ben).expect("in").tracks().len(), 2);
    stage.pass(CONNECT_MAX);
    assert!(stage.call.is_empty(), "its media never came");
}

#[test]
fn moderators_mute_others_and_nobody_unmutes_them() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(1, 1));
    let ben = stage.join("ben", usual(1, 1));
    let track = stage.track(ben, Source::Microphone);
    let now = stage.now;
    let plain = stage.call.mute(now, ann, track, true, false);
    assert_eq!(plain, Err(Refusal::Forbidden));
    let effects = stage.call.mute(now, ann, track, true, true).expect("may");
    let told = Effect::MutedBy {
        participant: ben,
        track,
        by: ann,
    };
    assert!(effects.contains(&told) && effects.contains(&Effect::Mute { track, muted: true }));
    assert_eq!(stage.shown(ann, "a"), [None].to_vec());
    let unmute = stage.call.mute(now, ann, track, false, true);
    assert_eq!(unmute, Err(Refusal::Forbidden));
    stage
        .call
        .mute(now, ben, track, false, false)
        .expect("one's own");
    assert_eq!(stage.shown(ann, "a"), [Some(ben.0)].to_vec());
}

#[test]
fn layers_nobody_watches_are_paused_after_a_while_and_back_at_once() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(1, 1));
    let ben = stage.join("ben", usual(1, 1));
    let camera = stage.track(ben, Source::Camera);
    let demanded = |stage: &Stage| {
        let publication = stage.call.publication(camera).expect("there");
        publication
            .demanded()
            .map(|(_, active)| active)
            .collect::<Vec<_>>()
    };
    let watch = |stage: &mut Stage, encodings: &[u8]| {
        let encodings = encodings.iter().copied().map(Encoding).collect();
        stage.call.watched(stage.now, camera, encodings)
    };
    watch(&mut stage, &[0]);
    assert_eq!(demanded(&stage), [true; 3]);
    assert!(stage.pass(DEMAND_HOLD).contains(&Effect::Demand(camera)));
    assert_eq!(demanded(&stage), [true, false, false]);
    assert!(watch(&mut stage, &[2]).contains(&Effect::Demand(camera)));
    assert_eq!(demanded(&stage), [true, false, true]);
    stage.call.away(stage.now, ben);
    assert!(
        stage.call.here(ben).contains(&Effect::Demand(camera)),
        "said to nobody meanwhile"
    );
    stage.call.leave(stage.now, ann, LeaveReason::Left);
    stage.pass(DEMAND_HOLD);
    assert_eq!(demanded(&stage), [false; 3], "nobody is left to watch");
}

#[test]
fn what_has_not_come_yet_is_not_paused() {
    let mut stage = Stage::new(10);
    let (ann, _) = stage
        .call
        .join(stage.now, arrival("ann"), usual(0, 0))
        .expect("room");
    stage.call.connected(ann);
    let camera = stage.track(ann, Source::Camera);
    stage.pass(DEMAND_HOLD * 2);
    let active = |stage: &Stage| {
        let publication = stage.call.publication(camera).expect("there");
        publication.demanded().any(|(_, active)| active)
    };
    assert!(active(&stage), "else it would never begin");
    stage.start(ann);
    stage.pass(DEMAND_HOLD);
    assert!(!active(&stage), "nobody watches it");
}

#[test]
fn new_offers_keep_what_stays_and_end_what_is_gone() {
    let mut stage = Stage::new(10);
    let ann = stage.join("ann", usual(1, 1));
    let microphone = stage.track(ann, Source::Microphone);
    let camera = stage.track(ann, Source::Camera);
    let mut lines = usual(1, 2);
    lines.publications[1] = send("9", Source::Screen);
    let effects = stage.call.renegotiate(stage.now, ann, lines).expect("fits");
    let ended = Effect::Unpublished {
        participant: ann,
        track: camera,
    };
    assert!(effects.contains(&ended));
    assert_eq!(stage.track(ann, Source::Microphone), microphone);
    assert!(
        stage.track(ann, Source::Screen) > camera,
        "ids are not given twice"
    );
    assert_eq!(stage.call.member(ann).expect("in").slots().len(), 3);
    let mut twice = usual(1, 1);
    twice.slots[0].mid = "0".into();
    assert_eq!(
        stage.call.renegotiate(stage.now, ann, twice),
        Err(Refusal::BadLines)
    );
    let mut many = usual(0, 0);
    many.publications = (0..=PUBLICATIONS_MAX)
        .map(|n| send(&format!("p{n}"), Source::Camera))
        .collect();
    let refused = stage.call.renegotiate(stage.now, ann, many);
    assert_eq!(refused, Err(Refusal::TooManyPublications));
}

#[test]
fn who_is_put_out_of_the_room_leaves_on_every_device() {
    let mut stage = Stage::new(10);
    stage.join("ann", usual(1, 1));
    let other = Arrival {
        device: Some("phone".parse().expect("a legal id")),
        ..arrival("ann")
    };
    stage
        .call
        .join(stage.now, other, usual(1, 1))
        .expect("room");
    let ben = stage.join("ben", usual(1, 1));
    stage.call.put_out(stage.now, &user("ann"));
    assert_eq!(
        stage.call.members().map(|(id, _)| id).collect::<Vec<_>>(),
        [ben]
    );
    assert_eq!(stage.call.users().len(), 2, "the record names both");
}
