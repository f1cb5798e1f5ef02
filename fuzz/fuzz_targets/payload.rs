//! Any payloads of any codec, with any dependency descriptors: no panic, and rewriting ids changes nothing else.
#![no_main]

use greenroom::rtc::codec::{
    Codec, DescriptorState, FrameInfo, PictureIds, describe, rewrite_picture_ids,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, u8, Vec<(Vec<u8>, Option<Vec<u8>>)>)| {
    let (codec, picture_id, tl0, packets) = input;
    let codec = Codec::ALL[usize::from(codec) % Codec::ALL.len()];
    let mut state = DescriptorState::default();
    for (mut payload, descriptor) in packets {
        let before = describe(codec, &payload, false, descriptor.as_deref(), &mut state);
        let ids = PictureIds {
            picture_id: picture_id & 0x7fff,
            long: true,
            tl0: Some(tl0),
        };
        rewrite_picture_ids(codec, &mut payload, ids);
        let after = describe(codec, &payload, false, descriptor.as_deref(), &mut state);
        let without_ids = |info| FrameInfo {
            picture: None,
            ..info
        };
        assert_eq!(without_ids(after), without_ids(before));
        assert!(state.targets().len() <= 32);
    }
});
