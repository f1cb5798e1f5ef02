//! What a call promises, whatever happens to it: random inputs from a replayable seed.

use super::tests::{Stage, arrival, usual};
use super::*;
use crate::rtc::codec::Codec;
use crate::sfu::{Encoding, MediaKind};
use proptest::prelude::*;

const PARTICIPANTS_MAX: usize = 6;

#[derive(Debug, Clone)]
enum Input {
    Join {
        name: u8,
        audio: usize,
        video: usize,
    },
    Leave(u8),
    PutOut(u8),
    Away(u8),
    Here(u8),
    Connected(u8),
    MediaGone(u8),
    Offer {
        who: u8,
        audio: usize,
        video: usize,
    },
    Unpublish(u8, u8),
    Started(u8, bool),
    Speak(Vec<u8>),
    Rank(Vec<u8>),
    Mute {
        by: u8,
        track: u8,
        muted: bool,
        may: bool,
    },
    Hand(u8, bool),
    Layout {
        who: u8,
        tiles: Vec<(u8, u8)>,
        audio_only: bool,
    },
    Watched(u8, Vec<u8>),
    Filled(u8, u8, bool),
    Pass(u16),
}

fn input() -> impl Strategy<Value = Input> {
    let id = 0..12u8;
    let slots = (0..4usize, 0..4usize);
    prop_oneof![
        4 => (0..8u8, slots.clone()).prop_map(|(name, (audio, video))| Input::Join { name, audio, video }),
        1 => id.clone().prop_map(Input::Leave),
        1 => (0..8u8).prop_map(Input::PutOut),
        1 => id.clone().prop_map(Input::Away),
        1 => id.clone().prop_map(Input::Here),
        2 => id.clone().prop_map(Input::Connected),
        1 => id.clone().prop_map(Input::MediaGone),
        1 => (id.clone(), slots).prop_map(|(who, (audio, video))| Input::Offer { who, audio, video }),
        1 => (id.clone(), 0..24u8).prop_map(|(who, track)| Input::Unpublish(who, track)),
        6 => (0..24u8, any::<bool>()).prop_map(|(track, other)| Input::Started(track, other)),
        4 => prop::collection::vec(id.clone(), 0..4).prop_map(Input::Speak),
        2 => prop::collection::vec(id.clone(), 0..4).prop_map(Input::Rank),
        2 => (id.clone(), 0..24u8, any::<bool>(), any::<bool>())
            .prop_map(|(by, track, muted, may)| Input::Mute { by, track, muted, may }),
        1 => (id.clone(), any::<bool>()).prop_map(|(who, raised)| Input::Hand(who, raised)),
        3 => (id.clone(), prop::collection::vec((0..4u8, 0..24u8), 0..4), any::<bool>())
            .prop_map(|(who, tiles, audio_only)| Input::Layout { who, tiles, audio_only }),
        2 => (0..24u8, prop::collection::vec(0..3u8, 0..3)).prop_map(|(track, of)| Input::Watched(track, of)),
        2 => (id, 0..4u8, any::<bool>()).prop_map(|(who, slot, paused)| Input::Filled(who, slot, paused)),
        2 => (0..30_000u16).prop_map(Input::Pass),
    ]
}

/// Feeds one input; a refusal must change nothing.
fn feed(stage: &mut Stage, input: Input) -> Vec<Effect> {
    let participant = |n: u8| ParticipantId(u32::from(n));
    let track = |n: u8| TrackId(u32::from(n));
    let now = stage.now;
    let before = stage.call.clone();
    let call = &mut stage.call;
    let result = match input {
        Input::Join { name, audio, video } => call
            .join(now, arrival(&format!("user{name}")), usual(audio, video))
            .map(|(_, effects)| effects),
        Input::Leave(who) => Ok(call.leave(now, participant(who), LeaveReason::Left)),
        Input::PutOut(name) => Ok(call.put_out(now, &super::tests::user(&format!("user{name}")))),
        Input::Away(who) => Ok(call.away(now, participant(who))),
        Input::Here(who) => Ok(call.here(participant(who))),
        Input::Connected(who) => Ok(call.connected(participant(who))),
        Input::MediaGone(who) => Ok(call.media_gone(now, participant(who))),
        Input::Offer { who, audio, video } => {
            call.renegotiate(now, participant(who), usual(audio, video))
        }
        Input::Unpublish(who, of) => call.unpublish(now, participant(who), track(of)),
        Input::Started(of, other) => {
            let kind = call.publication(track(of)).map(|p| p.source.kind());
            let codec = match (kind, other) {
                (Some(MediaKind::Audio), false) => Codec::Opus,
                (Some(MediaKind::Audio), true) => Codec::Red,
                (_, false) => Codec::Vp8,
                (_, true) => Codec::Av1,
            };
            Ok(call.track_started(now, track(of), codec))
        }
        Input::Speak(who) => {
            let mut who: Vec<_> = who.into_iter().map(participant).collect();
            who.dedup();
            let mut once = Vec::new();
            who.retain(|id| {
                !once.contains(id) && {
                    once.push(*id);
                    true
                }
            });
            Ok(call.speak(now, who))
        }
        Input::Rank(who) => {
            let who: Vec<_> = who.into_iter().map(participant).collect();
            Ok(call.rank(now, &who))
        }
        Input::Mute {
            by,
            track: of,
            muted,
            may,
        } => call.mute(now, participant(by), track(of), muted, may),
        Input::Hand(who, raised) => Ok(call.hand(participant(who), raised)),
        Input::Layout {
            who,
            tiles,
            audio_only,
        } => {
            let tile = |(slot, of): (u8, u8)| Tile {
                mid: format!("v{slot}").into(),
                show: if of == 0 {
                    Show::Speaker
                } else {
                    Show::Track(track(of))
                },
                width: 1,
                height: 1,
                priority: 0,
                pinned: false,
            };
            let tiles = tiles.into_iter().map(tile).collect();
            call.layout(now, participant(who), Layout { tiles, audio_only })
        }
        Input::Watched(of, encodings) => {
            let encodings = encodings.into_iter().map(Encoding).collect();
            Ok(call.watched(now, track(of), encodings))
        }
        Input::Filled(who, slot, paused) => {
            let fill = Fill {
                encoding: (!paused).then_some(Encoding(0)),
                paused: paused.then_some(SlotReason::Bandwidth),
            };
            let fills = [(format!("v{slot}").into(), fill)];
            Ok(call.slots_filled(now, participant(who), &fills))
        }
        Input::Pass(ms) => {
            stage.now += Duration::from_millis(u64::from(ms));
            Ok(call.tick(stage.now))
        }
    };
    result.unwrap_or_else(|refusal| {
        let after = &stage.call;
        assert_eq!(format!("{before:?}"), format!("{after:?}"), "{refusal}");
        Vec::new()
    })
}

/// What clients and media know, from effects alone.
#[derive(Default)]
struct Told {
    members: BTreeSet<ParticipantId>,
    fills: BTreeMap<(ParticipantId, Mid), TrackId>,
    views: BTreeMap<(ParticipantId, Mid), SlotView>,
}

impl Told {
    fn hear(&mut self, call: &Call, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Joined(who) => assert!(self.members.insert(*who), "{who:?} joined twice"),
                Effect::Left { participant, .. } => {
                    assert!(
                        self.members.remove(participant),
                        "{participant:?} was not in it"
                    );
                    self.fills.retain(|(who, _), _| who != participant);
                    self.views.retain(|(who, _), _| who != participant);
                }
                Effect::Fill { participant, slots } | Effect::Show { participant, slots } => {
                    let member = call
                        .member(*participant)
                        .expect("effects are about who is here");
                    for (place, (mid, fill, view)) in member.slots().enumerate() {
                        let key = (*participant, mid.clone());
                        match (effect, slots.contains(&place)) {
                            (Effect::Fill { .. }, true) => {
                                self.fills.remove(&key);
                                self.fills.extend(fill.map(|track| (key, track)));
                            }
                            (Effect::Show { .. }, true) => {
                                self.views.insert(key, view);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Those who listen know the state; of slots that an offer took away they know that.
    fn check(&mut self, call: &Call) {
        let there = |(who, mid): &(ParticipantId, Mid)| {
            let member = call.member(*who);
            member.is_some_and(|member| member.slots().any(|(slot, ..)| slot == mid))
        };
        self.fills.retain(|key, _| there(key));
        self.views.retain(|key, _| there(key));
        let members: BTreeSet<_> = call.members().map(|(id, _)| id).collect();
        assert_eq!(self.members, members);
        for (id, member) in call.members() {
            for (mid, fill, view) in member.slots() {
                let key = (id, mid.clone());
                assert_eq!(self.fills.get(&key).copied(), fill, "{key:?}");
                let told = self.views.get(&key).copied().unwrap_or(SlotView::EMPTY);
                assert_eq!(told, view, "{key:?}");
            }
        }
    }
}

/// What must hold of any call.
fn check(call: &Call) {
    assert!(call.len() <= PARTICIPANTS_MAX);
    for (id, member) in call.members() {
        let mut heard = BTreeSet::new();
        for slot in &member.slots {
            let Some(track) = slot.fill else { continue };
            let publication = call.publication(track).expect("a slot shows what is there");
            assert_ne!(publication.owner, id, "nobody gets their own");
            assert_eq!(publication.source.kind(), slot.kind);
            let codec = publication.codec().expect("what is sent has come");
            assert!(slot.codecs.takes(codec), "{codec:?} into {slot:?}");
            if slot.kind == MediaKind::Audio {
                assert!(heard.insert(track), "the same sound twice");
            }
        }
        hears_the_loudest(call, id, member, &heard);
    }
    for publication in call.publications.values() {
        assert!(call.member(publication.owner).is_some());
    }
}

/// As many speakers are heard as there are slots, none passed over for one less loud.
fn hears_the_loudest(call: &Call, id: ParticipantId, member: &Member, heard: &BTreeSet<TrackId>) {
    let slots = member
        .slots
        .iter()
        .filter(|slot| slot.kind == MediaKind::Audio);
    let microphones = |speaker: &ParticipantId| {
        let tracks = call
            .member(*speaker)
            .map_or(&[][..], Member::tracks)
            .to_vec();
        let audible = |track: &TrackId| {
            let publication = &call.publications[track];
            publication.source.kind() == MediaKind::Audio
                && publication.codec.is_some()
                && !publication.muted
        };
        tracks.into_iter().filter(audible).collect::<Vec<_>>()
    };
    let speakers = call.speakers().iter().filter(|speaker| **speaker != id);
    for track in speakers.flat_map(microphones).take(slots.count()) {
        assert!(heard.contains(&track), "{id:?} does not hear {track:?}");
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_promises_hold(inputs in prop::collection::vec(input(), 1..120)) {
        let mut stage = Stage::new(PARTICIPANTS_MAX);
        let mut told = Told::default();
        for input in inputs {
            let effects = feed(&mut stage, input);
            told.hear(&stage.call, &effects);
            told.check(&stage.call);
            check(&stage.call);
        }
    }
}
