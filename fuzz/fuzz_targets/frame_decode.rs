//! Any message: the protocol's decoders do not panic, and what they accept survives being written and read again.
#![no_main]

use greenroom::protocol::{ClientFrame, Subprotocol};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, &[u8])| {
    let (json, bytes) = input;
    let subprotocol = if json {
        Subprotocol::Json
    } else {
        Subprotocol::MessagePack
    };
    if let Ok(frame) = subprotocol.decode_client(bytes)
        && !matches!(frame, ClientFrame::Unknown { .. })
    {
        let again = subprotocol.decode_client(&subprotocol.encode_client(&frame));
        assert_eq!(again, Ok(frame));
    }
    if let Ok(frame) = subprotocol.decode_server(bytes) {
        let again = subprotocol.decode_server(&subprotocol.encode_server(&frame));
        assert_eq!(again, Ok(frame));
    }
});
