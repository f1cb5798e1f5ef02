//! A Greenroom of 200 lines, for the harness's own tests: rooms in memory, JSON only, no rights, and able to lie.

use greenroom::crdt::{Entry, Hlc, Op, Stamp, Visibility};
use greenroom::id::{Epoch, NodeId, Offset, RoomId, UserId};
use greenroom::protocol::{
    Ack, ClientFrame, Cursor, RequestId, RoomInfo, RoomRef, ServerFrame, Subprotocol, Welcome,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the stub does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Nothing.
    None,
    /// A sync from the beginning leaves out the newest entry.
    ForgetTheNewest,
    /// Every tenth live entry is sent twice.
    Repeat,
}

type Outbox = mpsc::Sender<Vec<u8>>;

/// Frames that may wait for one client of the stub: far more than a test sends.
const OUTBOX_FRAMES_MAX: usize = 65_536;

#[derive(Default)]
struct Room {
    log: Vec<Entry>,
    followers: BTreeMap<u64, Outbox>,
}

struct Stub {
    lie: Lie,
    rooms: RefCell<BTreeMap<RoomId, Room>>,
}

/// Starts a stub on a thread of its own; it ends with the test process.
pub(crate) fn start(lie: Lie) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        crate::block_on_local(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("bound"))
                .expect("the test waits");
            let stub = Rc::new(Stub {
                lie,
                rooms: RefCell::default(),
            });
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                tokio::task::spawn_local(serve(Rc::clone(&stub), stream, connection));
            }
        });
    });
    told.recv().expect("the stub starts")
}

async fn serve(stub: Rc<Stub>, mut stream: TcpStream, connection: u64) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Protocol: greenroom.v1.json\r\n\r\n";
    stream.write_all(answer.as_bytes()).await.expect("written");
    let (mut read, mut write) = stream.into_split();
    let (out, mut frames) = mpsc::channel::<Vec<u8>>(OUTBOX_FRAMES_MAX);
    tokio::task::spawn_local(async move {
        while let Some(frame) = frames.recv().await {
            if write.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    while let Some(message) = read_message(&mut read).await {
        let frame = Subprotocol::Json.decode_client(&message);
        stub.take(connection, &out, frame.expect("a legal frame"));
    }
    for room in stub.rooms.borrow_mut().values_mut() {
        room.followers.remove(&connection);
    }
}

/// The next text message; `None` when the client is gone or says goodbye.
async fn read_message(read: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let first = read.read_u8().await.ok()?;
    let len = match read.read_u8().await.ok()? & 0x7f {
        126 => usize::from(read.read_u16().await.ok()?),
        127 => usize::try_from(read.read_u64().await.ok()?).ok()?,
        len => usize::from(len),
    };
    let mut mask = [0; 4];
    read.read_exact(&mut mask).await.ok()?;
    let mut payload = vec![0; len];
    read.read_exact(&mut payload).await.ok()?;
    for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
    (first == 0x81).then_some(payload)
}

fn encode(frame: &ServerFrame) -> Vec<u8> {
    let payload = Subprotocol::Json.encode_server(frame);
    let mut bytes = vec![0x81];
    match u16::try_from(payload.len()) {
        Ok(len) if len < 126 => bytes.push(len as u8),
        Ok(len) => {
            bytes.push(126);
            bytes.extend(len.to_be_bytes());
        }
        Err(_) => {
            bytes.push(127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

impl Stub {
    fn take(&self, connection: u64, out: &Outbox, frame: ClientFrame) {
        let say = |frame: ServerFrame| drop(out.try_send(encode(&frame)));
        match frame {
            ClientFrame::Hello(hello) => {
                say(ServerFrame::Welcome(Welcome {
                    node: NodeId::from_bytes([1; 8]),
                    server: "stub".into(),
                    user: user(),
                    device: "one".parse().expect("legal"),
                    name: "someone".into(),
                    heartbeat_ms: hello.heartbeat_ms,
                    now_ms: 0,
                    expires_ms: 0,
                    token: None,
                }));
                for room in hello.rooms {
                    self.open(connection, out, None, &room);
                }
            }
            ClientFrame::RoomCreate { id, .. } => {
                let mut rooms = self.rooms.borrow_mut();
                let room = RoomId::from_bytes((rooms.len() as u128).to_be_bytes());
                rooms.insert(room, Room::default());
                say(ServerFrame::Room {
                    id,
                    info: info(room, 0),
                });
            }
            ClientFrame::Join { id, room } => say(ServerFrame::Room {
                id,
                info: info(room, 0),
            }),
            ClientFrame::Open { id, room } => self.open(connection, out, Some(id), &room),
            ClientFrame::Close { id, room } => {
                let mut rooms = self.rooms.borrow_mut();
                rooms.entry(room).or_default().followers.remove(&connection);
                say(ServerFrame::Ok { id });
            }
            ClientFrame::Post { id, room, ops } => {
                let mut rooms = self.rooms.borrow_mut();
                let held = rooms.entry(room).or_default();
                let mut acks = Vec::new();
                for op in ops {
                    let known = held.log.iter().find(|entry| entry.op.dot == op.dot);
                    let entry = known.cloned().unwrap_or_else(|| {
                        let offset = held.log.len() as u64 + 1;
                        let entry = Entry {
                            offset: Offset::try_from(offset).expect("small"),
                            stamp: Stamp(Hlc::new(offset, 0).expect("small")),
                            op: Op {
                                author: Some(user()),
                                ..op
                            },
                        };
                        held.log.push(entry.clone());
                        self.spread(connection, room, held, &entry);
                        entry
                    });
                    acks.push(Ack {
                        dot: entry.op.dot,
                        stamp: entry.stamp,
                        offset: entry.offset,
                    });
                }
                say(ServerFrame::Ack {
                    id,
                    room,
                    acks,
                    refused: Vec::new(),
                    stopped: None,
                });
            }
            _ => {}
        }
    }

    fn spread(&self, author: u64, room: RoomId, held: &Room, entry: &Entry) {
        let again = self.lie == Lie::Repeat && entry.offset.get().is_multiple_of(10);
        let bytes = encode(&ServerFrame::Ops {
            id: None,
            room,
            ops: vec![entry.clone()],
            more: false,
        });
        for (_, follower) in held.followers.iter().filter(|(c, _)| **c != author) {
            for _ in 0..=usize::from(again) {
                let _ = follower.try_send(bytes.clone());
            }
        }
    }

    fn open(&self, connection: u64, out: &Outbox, id: Option<RequestId>, from: &RoomRef) {
        let mut rooms = self.rooms.borrow_mut();
        let room = rooms.entry(from.room).or_default();
        let head = room.log.len();
        let since = match (&from.cursor, &from.tail) {
            (Some(cursor), _) => cursor.1.get() as usize,
            (None, Some(tail)) => head.saturating_sub(*tail as usize),
            (None, None) => 0,
        };
        let forget = self.lie == Lie::ForgetTheNewest && from.cursor.is_none() && since == 0;
        let until = head.saturating_sub(usize::from(forget));
        let mut say = vec![ServerFrame::Opened {
            id,
            info: info(from.room, head as u64),
            epoch_changed: false,
        }];
        let has = |entry: &&Entry| from.vv.as_ref().is_some_and(|vv| vv.contains(entry.op.dot));
        let missed = room.log[since.min(until)..until].iter();
        let missed: Vec<_> = missed.filter(|entry| !has(entry)).cloned().collect();
        for page in missed.chunks(100) {
            say.push(ServerFrame::Ops {
                id: None,
                room: from.room,
                ops: page.to_vec(),
                more: false,
            });
        }
        say.push(ServerFrame::Synced {
            room: from.room,
            cursor: Cursor(EPOCH, Offset::try_from(until as u64).expect("small")),
        });
        for frame in say {
            let _ = out.try_send(encode(&frame));
        }
        room.followers.insert(connection, out.clone());
    }
}

fn user() -> UserId {
    "someone".parse().expect("legal")
}

const EPOCH: Epoch = Epoch::from_bytes([7; 8]);

fn info(room: RoomId, head: u64) -> RoomInfo {
    RoomInfo {
        room,
        epoch: EPOCH,
        head: Offset::try_from(head).expect("small"),
        name: String::new(),
        visibility: Visibility::Public,
        topic: String::new(),
        retention_days: None,
        members: 0,
        role: None,
        unread: 0,
        read: None,
    }
}

mod tests {
    use super::*;
    use crate::args::Args;
    use crate::report::Report;
    use clap::Parser;

    fn run(lie: Lie, scenario: &str, flags: &str) -> Report {
        let line = format!(
            "loadtest {scenario} --url ws://{} --guests --subprotocol json --seed 5 {flags}",
            start(lie)
        );
        let args = Args::parse_from(line.split(' '));
        crate::block_on_local(crate::scenario::run(&args)).expect("a report")
    }

    const CHAT: &str =
        "--connections 12 --rooms 3 --rate 300 --seconds 1 --reconnects 20 --reads 0";

    #[test]
    fn an_honest_server_is_found_clean() {
        let report = run(Lie::None, "chat", CHAT);
        assert!(report.clean, "{}", report.text());
        let sent = report.sent.expect("counted");
        assert!(
            sent > 200 && report.acked == Some(sent),
            "{}",
            report.text()
        );
        assert!(report.delivered.is_some_and(|n| n > 2 * sent));
        assert_eq!(report.errors, Some(0), "{}", report.text());
    }

    #[test]
    fn a_server_that_forgets_is_found_out() {
        let report = run(Lie::ForgetTheNewest, "chat", CHAT);
        assert!(!report.clean);
        assert!(
            report.lost_acked.is_some_and(|n| n > 0),
            "{}",
            report.text()
        );
    }

    #[test]
    fn a_server_that_repeats_itself_is_found_out() {
        let report = run(Lie::Repeat, "chat", CHAT);
        assert!(!report.clean);
        assert!(
            report.duplicated.is_some_and(|n| n > 0),
            "{}",
            report.text()
        );
    }

    #[test]
    fn a_closed_loop_keeps_its_window_full() {
        // Longer when the machine stops until the time is over.
        for seconds in [1, 5, 25] {
            let flags = format!("--rooms 4 --seconds {seconds} --in-flight 4");
            let report = run(Lie::None, "acks", &flags);
            assert!(report.clean, "{}", report.text());
            if report.acked.is_some_and(|n| n > 50) {
                return;
            }
        }
        panic!("it is not refilled");
    }

    #[test]
    fn clients_that_wrote_apart_are_found_to_agree() {
        let report = run(Lie::None, "offline", "--connections 6 --rooms 2 --rounds 4");
        assert!(report.clean, "{}", report.text());
        assert_eq!(report.errors, Some(0), "{}", report.text());
    }
}
