use super::*;
use proptest::prelude::*;

/// Writes bits, the highest first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    used: usize,
}

impl Writer {
    fn put(&mut self, value: u32, count: usize) -> &mut Self {
        for bit in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= ((value >> bit & 1) as u8) << (7 - self.used % 8);
            self.used += 1;
        }
        self
    }
}

/// The mandatory fields: start, end, template, number.
fn head(start: bool, end: bool, template: u32, number: u32) -> Writer {
    let mut writer = Writer::default();
    writer
        .put(start.into(), 1)
        .put(end.into(), 1)
        .put(template, 6)
        .put(number, 16);
    writer
}

/// A structure of one spatial and three temporal layers (L1T3) with offset 5, as libwebrtc's scalability structure has
/// it: templates (0 key, 0, 2, 1, 2), three targets, one chain.
fn l1t3() -> Vec<u8> {
    let mut writer = head(true, true, 5, 100);
    writer.put(0b10000, 5); // a structure, nothing else
    writer.put(5, 6).put(2, 5); // offset, targets less one
    // Layers: T0 (again), T0 (next temporal), T1 (next temporal), T2 (again), T2 (end).
    for idc in [0, 1, 1, 0, 3] {
        writer.put(idc, 2);
    }
    // "SSS", "SSR" would do; here as libwebrtc: S S S / S R R / - S R (T1) / - - D twice.
    for indications in [[2, 2, 2], [2, 3, 3], [0, 2, 3], [0, 0, 1], [0, 0, 1]] {
        for indication in indications {
            writer.put(indication, 2);
        }
    }
    // Distances: none, 4, 2, 1, 1.
    for distance in [0, 4, 2, 1, 1] {
        if distance > 0 {
            writer.put(1, 1).put(distance - 1, 4);
        }
        writer.put(0, 1);
    }
    // One chain of (0 to 3): ns(4) is two bits; each target is protected by chain 0: ns(1) has no bits.
    writer.put(1, 2);
    for distance in [0, 4, 2, 1, 3] {
        writer.put(distance, 4);
    }
    writer.put(1, 1).put(639, 16).put(359, 16); // one resolution
    writer.bytes
}

/// Two spatial layers (L2T1): the key picture and the ones after it.
fn l2t1() -> Vec<u8> {
    let mut writer = head(true, true, 0, 1);
    writer.put(0b10000, 5).put(0, 6).put(1, 5);
    // S0 key, S0, S1 key, S1.
    for idc in [0, 2, 0, 3] {
        writer.put(idc, 2);
    }
    for indications in [[2, 2], [2, 3], [0, 2], [0, 3]] {
        for indication in indications {
            writer.put(indication, 2);
        }
    }
    // None; the frame two back; the layer below; both.
    for distances in [&[][..], &[2], &[1], &[2, 1]] {
        for distance in distances {
            writer.put(1, 1).put(distance - 1, 4);
        }
        writer.put(0, 1);
    }
    writer.put(0, 1); // no chain: ns(3) of 0 is one bit
    writer.put(0, 1); // no resolutions
    writer.bytes
}

#[test]
fn a_structure_is_kept_for_the_frames_after_it() {
    let mut state = DescriptorState::default();
    // Without the structure nothing is known.
    assert_eq!(parse(&head(true, true, 7, 101).bytes, &mut state), None);
    let key = parse(&l1t3(), &mut state).unwrap();
    assert!(key.start && key.end && key.keyframe && key.layer_sync && !key.discardable);
    assert_eq!((key.frame_number, key.spatial, key.temporal), (100, 0, 0));
    assert_eq!((key.targets.count(), key.targets.active), (3, 0b111));
    assert_eq!(state.targets(), [(0, 0), (0, 1), (0, 2)]);
    assert_eq!(state.resolutions(), [(640, 360)]);
    let top = parse(&head(true, false, 8, 101).bytes, &mut state).unwrap();
    assert!(top.start && !top.end && !top.keyframe && !top.layer_sync && top.discardable);
    assert_eq!(top.temporal, 2);
    assert_eq!(top.targets.indication(2), Indication::Discardable);
    assert_eq!(top.targets.indication(1), Indication::NotPresent);
    assert_eq!(top.targets.indication(31), Indication::NotPresent);
    let middle = parse(&head(true, true, 7, 102).bytes, &mut state).unwrap();
    assert_eq!((middle.temporal, middle.layer_sync), (1, true));
    let base = parse(&head(true, true, 6, 104).bytes, &mut state).unwrap();
    assert_eq!(
        (base.temporal, base.keyframe, base.layer_sync),
        (0, false, true)
    );
    // Templates outside of the structure.
    for id in [4, 10, 63] {
        assert_eq!(
            parse(&head(true, true, id, 105).bytes, &mut state),
            None,
            "{id}"
        );
    }
}

#[test]
fn layers_of_a_key_picture_need_no_earlier_picture() {
    let mut state = DescriptorState::default();
    let base = parse(&l2t1(), &mut state).unwrap();
    assert!(base.keyframe && !base.inter_layer);
    let above = parse(&head(true, true, 2, 2).bytes, &mut state).unwrap();
    assert!(above.keyframe && above.inter_layer && above.layer_sync);
    assert_eq!(above.spatial, 1);
    let next = parse(&head(true, true, 1, 3).bytes, &mut state).unwrap();
    assert!(!next.keyframe && !next.inter_layer);
    let next_above = parse(&head(true, true, 3, 4).bytes, &mut state).unwrap();
    assert!(!next_above.keyframe && next_above.inter_layer && !next_above.layer_sync);
}

#[test]
fn a_frame_may_differ_from_its_template() {
    let mut state = DescriptorState::default();
    parse(&l1t3(), &mut state).unwrap();
    let mut writer = head(true, true, 7, 102);
    // Active targets, own indications and own distances: to one frame, 300 back (12 bits).
    writer.put(0b01110, 5).put(0b011, 3);
    for indication in [0, 3, 3] {
        writer.put(indication, 2);
    }
    writer.put(3, 2).put(299, 12).put(0, 2);
    let frame = parse(&writer.bytes, &mut state).unwrap();
    assert_eq!(
        (frame.temporal, frame.layer_sync, frame.keyframe),
        (1, false, false)
    );
    assert_eq!(frame.targets.active, 0b011);
    // Which targets are active holds until it is told otherwise.
    let next = parse(&head(true, true, 8, 103).bytes, &mut state).unwrap();
    assert_eq!(next.targets.active, 0b011);
    let mut alone = head(true, true, 6, 104);
    alone.put(0b00010, 5).put(0, 2);
    assert!(
        parse(&alone.bytes, &mut state).unwrap().keyframe,
        "it refers to nothing"
    );
}

#[test]
fn cut_descriptors_leave_the_state_alone() {
    let whole = l1t3();
    // The last byte has only the end of the resolution.
    for length in 0..whole.len() {
        let mut state = DescriptorState::default();
        assert_eq!(parse(&whole[..length], &mut state), None, "{length}");
        assert!(state.targets().is_empty());
    }
}

#[test]
fn endless_templates_and_references_are_refused() {
    let mut templates = head(true, true, 0, 1);
    templates
        .put(0b10000, 5)
        .put(0, 6)
        .put(0, 5)
        .bytes
        .extend([0; 200]);
    assert_eq!(
        parse(&templates.bytes, &mut DescriptorState::default()),
        None
    );
    let mut state = DescriptorState::default();
    parse(&l1t3(), &mut state).unwrap();
    let mut references = head(true, true, 6, 2);
    references.put(0b00010, 5);
    for _ in 0..structure::REFERENCES_MAX + 1 {
        references.put(1, 2).put(0, 4);
    }
    references.put(0, 2);
    assert_eq!(parse(&references.bytes, &mut state), None);
}

#[test]
fn the_frame_number_is_rewritten() {
    let mut descriptor = l1t3();
    rewrite_frame_number(&mut descriptor, 0xfffe);
    let mut state = DescriptorState::default();
    assert_eq!(parse(&descriptor, &mut state).unwrap().frame_number, 0xfffe);
    rewrite_frame_number(&mut descriptor[..2], 0);
}

proptest! {
    #[test]
    fn garbage_does_not_panic(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 1..8)) {
        let mut state = DescriptorState::default();
        for value in values {
            if let Some(described) = parse(&value, &mut state) {
                prop_assert!(described.spatial < 8 && described.temporal < 8);
                prop_assert!(usize::from(described.targets.count()) <= TARGETS_MAX);
            }
        }
    }
}
