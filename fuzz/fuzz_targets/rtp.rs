//! Any packet: what a header says stays within the packet, and its extensions survive being written and read again.
#![no_main]

use greenroom::rtc::{
    extension::{
        AbsCaptureTime, AbsSendTime, AudioLevel, LAYERS_MAX, TransportSequence,
        VideoLayersAllocation, VideoOrientation, name,
    },
    rtp::{ExtensionsOut, HEADER_BYTES_MAX, Header, HeaderOut, unpad},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packet: &[u8]| {
    let Ok(header) = Header::parse(packet) else {
        return;
    };
    let _ = unpad(&header, &packet[header.len()..]);
    let mut extensions = ExtensionsOut::default();
    let mut pushed = Vec::new();
    for (id, value) in header.extensions() {
        read_values(value);
        if extensions.push(id, value).is_ok() {
            pushed.push((id, value));
        }
    }
    let out = HeaderOut {
        marker: header.marker,
        payload_type: header.payload_type,
        sequence: header.sequence,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
        csrc: header.csrcs().next(),
        padding: header.padding,
    };
    let mut bytes = [0; HEADER_BYTES_MAX];
    let length = out.write(&mut bytes, &extensions);
    let again = Header::parse(&bytes[..length]).expect("what was written");
    assert_eq!(again.len(), length);
    assert_eq!(again.csrcs().next(), out.csrc);
    assert_eq!(again.extensions().collect::<Vec<_>>(), pushed);
});

fn read_values(value: &[u8]) {
    let _ = (
        name(value),
        AudioLevel::parse(value),
        TransportSequence::parse(value),
    );
    let _ = (AbsCaptureTime::parse(value), VideoOrientation::parse(value));
    let _ = AbsSendTime::parse(value).map(AbsSendTime::micros);
    if let Some(allocation) = VideoLayersAllocation::parse(value) {
        assert!(allocation.layers.len() <= LAYERS_MAX);
    }
}
