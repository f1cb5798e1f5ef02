//! Any datagram: the reader of RTCP does not panic, keeps its limits, and what it reads survives being written.
#![no_main]

use greenroom::rtc::rtcp::{NACKS_MAX, PACKETS_MAX, Rtcp, parse, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    let Ok(packets) = parse(datagram) else {
        return;
    };
    assert!(packets.len() <= PACKETS_MAX);
    let mut bytes = Vec::new();
    for packet in packets {
        if let Rtcp::Nack { lost, .. } = &packet {
            assert!(lost.len() <= NACKS_MAX);
        }
        bytes.clear();
        write(std::slice::from_ref(&packet), &mut bytes);
        match packet {
            Rtcp::Other { .. } => assert!(bytes.is_empty()),
            // Names that were no UTF-8 become longer, rates beyond 64 bits smaller, and doubled numbers remain.
            Rtcp::Description(_) | Rtcp::Remb { .. } => assert!(parse(&bytes).is_ok()),
            packet => assert_eq!(parse(&bytes), Ok(vec![packet])),
        }
    }
});
