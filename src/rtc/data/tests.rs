//! A browser's end, played by the library as the side that begins.

use super::{bounds::UNFINISHED_CHUNKS_MAX, *};
use std::time::Duration;

struct Browser {
    endpoint: Endpoint,
    handle: AssociationHandle,
    association: Association,
    got: Vec<(u16, PayloadProtocolIdentifier, Vec<u8>)>,
}

struct Pair {
    now: Instant,
    browser: Browser,
    data: Data,
}

fn open(label: &str) -> Vec<u8> {
    let mut message = vec![3, 0, 0, 0, 0, 0, 0, 0];
    message.extend((label.len() as u16).to_be_bytes());
    message.extend([0, 0]);
    message.extend(label.as_bytes());
    message
}

impl Pair {
    fn new() -> Self {
        let now = Instant::now();
        let mut endpoint = Endpoint::new(
            PEER,
            TransportProtocol::UDP,
            Arc::new(EndpointConfig::default()),
            None,
        );
        let (handle, association) = endpoint
            .connect(now, rtc_sctp::ClientConfig::default(), PEER)
            .unwrap();
        let mut pair = Self {
            now,
            browser: Browser {
                endpoint,
                handle,
                association,
                got: Vec::new(),
            },
            data: Data::new(),
        };
        pair.run();
        pair
    }

    /// Exchanges packets and lets timers fire for a second.
    fn run(&mut self) {
        let until = self.now + Duration::from_secs(1);
        loop {
            self.exchange();
            let timers = [
                self.data.poll_timeout(),
                self.browser.association.poll_timeout(),
            ];
            match timers.into_iter().flatten().min() {
                Some(at) if at <= until => self.now = at.max(self.now),
                _ => break,
            }
            self.data.handle_timeout(self.now);
            self.browser.association.handle_timeout(self.now);
        }
        self.now = until;
    }

    fn exchange(&mut self) {
        loop {
            let mut is_quiet = true;
            let browser = &mut self.browser;
            while let Some(transmit) = browser.association.poll_transmit(self.now) {
                let Payload::RawEncode(packets) = transmit.message else {
                    continue;
                };
                for packet in packets {
                    is_quiet = false;
                    self.data.handle(self.now, packet);
                }
            }
            while let Some(packet) = self.data.poll_packet() {
                is_quiet = false;
                browser.take(self.now, packet);
            }
            if is_quiet {
                break;
            }
        }
    }

    fn browser_writes(&mut self, id: u16, protocol: PayloadProtocolIdentifier, content: &[u8]) {
        let association = &mut self.browser.association;
        if association.stream(id).is_err() {
            association.open_stream(id, protocol).unwrap();
        }
        association
            .stream(id)
            .unwrap()
            .write_with_ppi(self.now, content, protocol)
            .unwrap();
        self.run();
    }

    fn events(&mut self) -> Vec<DataEvent> {
        std::iter::from_fn(|| self.data.poll_event()).collect()
    }
}

impl Browser {
    fn take(&mut self, now: Instant, packet: Bytes) {
        if let Some((_, DatagramEvent::AssociationEvent(event))) =
            self.endpoint.handle(now, PEER, None, packet)
        {
            self.association.handle_event(event);
        }
        while let Some(event) = self.association.poll_endpoint_event() {
            self.endpoint.handle_event(self.handle, event);
        }
        while let Some(event) = self.association.poll() {
            if let Event::Stream(StreamEvent::Readable { id }) = event {
                let mut stream = self.association.stream(id).unwrap();
                while let Ok(Some(chunks)) = stream.read_sctp() {
                    let content = chunks.to_payload(1 << 20).unwrap().to_vec();
                    self.got.push((id, chunks.ppi, content));
                }
            }
        }
    }
}

fn opened_pair() -> Pair {
    let mut pair = Pair::new();
    pair.browser_writes(1, PayloadProtocolIdentifier::Dcep, &open("chat"));
    assert_eq!(
        pair.events(),
        [DataEvent::Opened {
            channel: ChannelId(1),
            label: "chat".to_owned(),
            protocol: String::new(),
        }]
    );
    assert_eq!(
        std::mem::take(&mut pair.browser.got),
        [(1, PayloadProtocolIdentifier::Dcep, vec![2])],
        "the acknowledgement"
    );
    pair
}

#[test]
fn messages_pass_both_ways() {
    use PayloadProtocolIdentifier as Ppi;
    let mut pair = opened_pair();
    for (protocol, content, message) in [
        (Ppi::String, &b"hi"[..], DataMessage::Text("hi".to_owned())),
        (Ppi::Binary, &[1, 2], DataMessage::Binary(vec![1, 2].into())),
        (Ppi::StringEmpty, &[0], DataMessage::Text(String::new())),
        (Ppi::BinaryEmpty, &[0], DataMessage::Binary(Bytes::new())),
        (
            Ppi::Binary,
            &[7; MESSAGE_LEN_MAX],
            DataMessage::Binary(vec![7; MESSAGE_LEN_MAX].into()),
        ),
    ] {
        pair.browser_writes(1, protocol, content);
        let channel = ChannelId(1);
        let expected = DataEvent::Message {
            channel,
            message: message.clone(),
        };
        assert_eq!(pair.events(), [expected]);
        pair.data.send(pair.now, channel, &message).unwrap();
        pair.run();
        assert_eq!(
            std::mem::take(&mut pair.browser.got),
            [(1, protocol, content.to_vec())]
        );
    }
    assert_eq!(pair.data.refused(), 0);
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let mut pair = opened_pair();
    let message = |len: usize| DataMessage::Binary(vec![0; len].into());
    let mut send = |id, len| pair.data.send(pair.now, ChannelId(id), &message(len));
    assert_eq!(send(2, 1), Err(DataError::NotOpen));
    assert_eq!(send(1, MESSAGE_LEN_MAX + 1), Err(DataError::TooLong));
    let sent = (0..100).take_while(|_| send(1, MESSAGE_LEN_MAX).is_ok());
    assert_eq!(sent.count(), SEND_BUFFER_MAX / MESSAGE_LEN_MAX);
    assert_eq!(send(1, MESSAGE_LEN_MAX), Err(DataError::Full));
    pair.run();
    assert_eq!(pair.browser.got.len(), SEND_BUFFER_MAX / MESSAGE_LEN_MAX);
    let again = pair.data.send(pair.now, ChannelId(1), &message(1));
    assert_eq!(again, Ok(()));
}

#[test]
fn messages_too_long_or_on_no_channel_are_dropped() {
    let mut pair = opened_pair();
    pair.browser_writes(
        1,
        PayloadProtocolIdentifier::Binary,
        &[0; MESSAGE_LEN_MAX + 1],
    );
    pair.browser_writes(3, PayloadProtocolIdentifier::Binary, b"nobody opened this");
    pair.browser_writes(1, PayloadProtocolIdentifier::String, &[0xFF]);
    assert_eq!(pair.events(), []);
    assert_eq!(pair.data.refused(), 3);
}

#[test]
fn a_channel_closed_by_the_peer_is_told() {
    let mut pair = opened_pair();
    let mut stream = pair.browser.association.stream(1).unwrap();
    stream.close(pair.now).unwrap();
    pair.run();
    assert_eq!(
        pair.events(),
        [DataEvent::Closed {
            channel: ChannelId(1)
        }]
    );
}

#[test]
fn an_endless_message_ends_the_association() {
    let mut pair = opened_pair();
    let endless = vec![0; 260_000];
    let mut stream = pair.browser.association.stream(1).unwrap();
    stream
        .write_with_ppi(pair.now, &endless, PayloadProtocolIdentifier::Binary)
        .unwrap();
    for _ in 0..120 {
        pair.run();
    }
    assert_eq!(
        pair.events(),
        [DataEvent::Closed {
            channel: ChannelId(1)
        }]
    );
    assert!(pair.data.association.is_none());
    assert!(pair.data.refused() > 0);
}

#[test]
fn a_second_association_is_not_begun() {
    let mut pair = opened_pair();
    let mut other = Endpoint::new(
        PEER,
        TransportProtocol::UDP,
        Arc::new(EndpointConfig::default()),
        None,
    );
    for _ in 0..3 {
        let (_, mut association) = other
            .connect(pair.now, rtc_sctp::ClientConfig::default(), PEER)
            .unwrap();
        while let Some(transmit) = association.poll_transmit(pair.now) {
            if let Payload::RawEncode(packets) = transmit.message {
                for packet in packets {
                    pair.data.handle(pair.now, packet);
                }
            }
        }
    }
    assert_eq!(pair.data.refused(), 3);
    pair.browser_writes(1, PayloadProtocolIdentifier::String, b"still here");
    assert_eq!(pair.events().len(), 1);
}

/// Ports and verification tag of the browser's packets, as in a message that is sent for nothing.
fn addressing(pair: &mut Pair) -> Vec<u8> {
    let association = &mut pair.browser.association;
    let protocol = PayloadProtocolIdentifier::String;
    let mut stream = association.stream(1).unwrap();
    stream.write_with_ppi(pair.now, b"x", protocol).unwrap();
    let transmit = association.poll_transmit(pair.now).unwrap();
    let Payload::RawEncode(packets) = transmit.message else {
        panic!("it is encoded");
    };
    packets[0][..8].to_vec()
}

/// A packet that the browser's library would not send.
fn forged(addressing: &[u8], kind: u8, flags: u8, body: &[u8]) -> Bytes {
    let mut packet = addressing.to_vec();
    packet.extend([0; 4]);
    packet.extend([kind, flags]);
    packet.extend((body.len() as u16 + 4).to_be_bytes());
    packet.extend(body);
    packet.resize(packet.len().next_multiple_of(4), 0);
    let checksum = crc32c(&packet).to_le_bytes();
    packet[8..12].copy_from_slice(&checksum);
    packet.into()
}

/// RFC 9260 appendix A, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0x82F6_3B78 * (crc & 1))
        })
    })
}

#[test]
fn giving_up_two_billion_messages_at_once_ends_the_association() {
    let mut pair = opened_pair();
    let addressing = addressing(&mut pair);
    for (ahead, is_over) in [(0xFFFF_FFFF, false), (8000, false), (0x7000_0000, true)] {
        let to = pair.data.bounds.cumulative_tsn().wrapping_add(ahead);
        let packet = forged(&addressing, 192, 0, &to.to_be_bytes());
        pair.data.handle(pair.now, packet);
        assert_eq!(pair.data.association.is_none(), is_over, "{ahead}");
    }
}

#[test]
fn a_malformed_error_does_no_harm() {
    let mut pair = opened_pair();
    let addressing = addressing(&mut pair);
    let packet = forged(&addressing, 9, 0, &[0, 1, 9, 9]);
    pair.data.handle(pair.now, packet);
    assert_eq!(pair.data.refused(), 1);
    assert!(pair.data.association.is_some());
}

#[test]
fn crumbs_of_a_message_end_the_association() {
    let mut pair = opened_pair();
    let addressing = addressing(&mut pair);
    let begin = pair.data.bounds.cumulative_tsn().wrapping_add(2);
    let mut taken = 0;
    while pair.data.association.is_some() {
        let mut body = begin.wrapping_add(taken * 2).to_be_bytes().to_vec();
        body.extend([0, 1, 0, 9, 0, 0, 0, 53, 7]);
        let packet = forged(&addressing, 0, 4, &body);
        pair.data.handle(pair.now, packet);
        while pair.data.poll_packet().is_some() {}
        taken += 1;
        assert!(taken <= UNFINISHED_CHUNKS_MAX + 1);
    }
    assert_eq!(taken, UNFINISHED_CHUNKS_MAX + 1);
}
