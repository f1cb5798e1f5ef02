//! A bot that echoes what people say, in a thread, and never twice: `cargo run --example echo_bot -- URL NAME ROOM`.
//!
//! It is a guest (`greenroom serve --guests`) that proves an Ed25519 key. What it shows is the life of a client: log in,
//! join, open at a cursor, post under its own dots, resend what was not acked, reconnect with back-off. A client with a
//! disk would also store the key, the replica, the unacked ops and the cursor.

use anyhow::{Context, bail};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use futures_util::{SinkExt, StreamExt};
use greenroom::crdt::{Body, Content, Dot, Entry, Hlc, Op};
use greenroom::id::{Counter, Offset, ReplicaId, RoomId};
use greenroom::protocol::{
    Advice, ClientFrame, Cursor, GuestLogin, Hello, RequestId, RoomRef, ServerFrame, Subprotocol,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const FORM: Subprotocol = Subprotocol::MessagePack;
const HEARTBEAT: Duration = Duration::from_secs(15);
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Echoes that may wait for their ack; while there are more the bot keeps silent.
const UNACKED_MAX: usize = 256;

/// What outlives a connection.
struct Bot {
    url: String,
    name: String,
    room: RoomId,
    key: Ed25519KeyPair,
    user: String,
    replica: ReplicaId,
    next: Counter,
    clock: Hlc,
    /// Written, but not known to be on the server's disk: sent again on every connection.
    unacked: Vec<Op>,
    cursor: Option<Cursor>,
    live: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(name), Some(room)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: echo_bot ws://127.0.0.1:7700/ws NAME ROOM");
    };
    let mut replica = [0; 8];
    getrandom::fill(&mut replica).context("no random source")?;
    let mut bot = Bot {
        url,
        name,
        room: room.parse().context("ROOM")?,
        key: Ed25519KeyPair::generate().context("no key")?,
        user: String::new(),
        replica: ReplicaId::from_bytes(replica),
        next: Counter::MIN,
        clock: Hlc::default(),
        unacked: Vec::new(),
        cursor: None,
        live: false,
    };
    let mut pause = PAUSE_MIN;
    loop {
        match bot.connection().await {
            Err(Ended::Fatal(error)) => return Err(error),
            Err(Ended::Lost(error)) => eprintln!("the link is lost: {error:#}"),
        }
        pause = if bot.live {
            PAUSE_MIN
        } else {
            (pause * 2).min(PAUSE_MAX)
        };
        bot.live = false;
        tokio::time::sleep(jittered(pause)?).await;
    }
}

/// Why a connection ended.
enum Ended {
    /// Another may succeed.
    Lost(anyhow::Error),
    /// None will.
    Fatal(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Lost(error.into())
    }
}

impl Bot {
    /// From `hello` to the end of the link.
    async fn connection(&mut self) -> Result<std::convert::Infallible, Ended> {
        let mut request = self.url.as_str().into_client_request()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", FORM.name().parse()?);
        let (mut socket, _) = connect_async(request).await?;
        send(&mut socket, &ClientFrame::Hello(self.hello())).await?;
        let mut beat = tokio::time::interval(HEARTBEAT);
        loop {
            let message = tokio::select! {
                _ = beat.tick() => {
                    send(&mut socket, &ClientFrame::Beat {}).await?;
                    continue;
                }
                message = tokio::time::timeout(2 * HEARTBEAT, socket.next()) => message?,
            };
            match message.context("the server is gone")?? {
                Message::Binary(bytes) => {
                    // A frame of a newer server is ignored.
                    let Ok(frame) = FORM.decode_server(&bytes) else {
                        continue;
                    };
                    for answer in self.answer(frame)? {
                        send(&mut socket, &answer).await?;
                    }
                }
                Message::Close(reason) => return Err(anyhow::anyhow!("closed: {reason:?}").into()),
                _ => {}
            }
        }
    }

    fn hello(&self) -> Hello {
        let guest = GuestLogin {
            name: self.name.clone(),
            key: self.public_key(),
        };
        Hello {
            guest: Some(guest),
            heartbeat_ms: u32::try_from(HEARTBEAT.as_millis()).unwrap_or(u32::MAX),
            client: Some("echo_bot".into()),
            ..Hello::default()
        }
    }

    /// What to say to a frame.
    fn answer(&mut self, frame: ServerFrame) -> Result<Vec<ClientFrame>, Ended> {
        let room = self.room;
        Ok(match frame {
            ServerFrame::Challenge { nonce, node } => {
                let text = format!(
                    "greenroom guest v1\n{node}\n{nonce}\n{}\n{}",
                    self.name,
                    self.public_key()
                );
                let signature = hex::encode(self.key.sign(text.as_bytes()));
                vec![ClientFrame::Prove { signature }]
            }
            ServerFrame::Welcome(welcome) => {
                self.user = welcome.user.to_string();
                vec![ClientFrame::Join {
                    id: RequestId(1),
                    room,
                }]
            }
            ServerFrame::Room { .. } => vec![ClientFrame::Open {
                id: RequestId(2),
                room: self.place(),
            }],
            ServerFrame::Opened {
                epoch_changed: true,
                ..
            } => {
                self.cursor = None; // another log: its offsets mean nothing here
                Vec::new()
            }
            ServerFrame::Synced { cursor, .. } => {
                println!("listening at offset {}", cursor.1);
                (self.cursor, self.live) = (Some(cursor), true);
                self.post(0)
            }
            ServerFrame::Ops { ops, .. } => {
                let first = self.unacked.len();
                ops.into_iter().for_each(|entry| self.hear(entry));
                if self.live {
                    self.post(first)
                } else {
                    Vec::new()
                }
            }
            ServerFrame::Ack {
                acks,
                refused,
                stopped,
                ..
            } => {
                acks.iter()
                    .for_each(|ack| self.seen(ack.offset, ack.stamp.0));
                refused
                    .iter()
                    .for_each(|void| self.seen(void.offset, Hlc::default()));
                let settled = |op: &Op| {
                    acks.iter().any(|a| a.dot == op.dot) || refused.iter().any(|r| r.dot == op.dot)
                };
                self.unacked.retain(|op| !settled(op));
                match stopped {
                    Some(stopped) => {
                        return Err(Ended::Fatal(anyhow::anyhow!("{}", stopped.message)));
                    }
                    None => Vec::new(),
                }
            }
            // Everything unacked goes out again with the next connection.
            ServerFrame::Error {
                advice: Advice::Retry,
                message,
                ..
            } => return Err(anyhow::anyhow!(message).into()),
            ServerFrame::Error { code, message, .. } => {
                return Err(Ended::Fatal(anyhow::anyhow!("{code:?}: {message}")));
            }
            _ => Vec::new(),
        })
    }

    /// Where to go on: behind the cursor, or, the first time, behind the newest message.
    fn place(&self) -> RoomRef {
        let tail = if self.cursor.is_none() { Some(1) } else { None };
        RoomRef {
            room: self.room,
            cursor: self.cursor,
            vv: None,
            tail,
        }
    }

    /// Someone said something: what is a person's message, and newer than our start, is echoed.
    fn hear(&mut self, entry: Entry) {
        let is_new = self
            .cursor
            .is_some_and(|Cursor(_, seen)| entry.offset > seen);
        self.seen(entry.offset, entry.stamp.0);
        let author = entry
            .op
            .author
            .as_ref()
            .map_or("?", |author| author.as_str());
        let Body::Post {
            thread,
            content: Some(content),
        } = entry.op.body
        else {
            return;
        };
        println!("{author}: {}", content.text);
        // Echoes stand in threads and are not echoed: two bots in a room do not go on for ever.
        if is_new && thread.is_none() && author != self.user && self.unacked.len() < UNACKED_MAX {
            self.write(entry.op.dot, content.text);
        }
    }

    /// The cursor takes only the next offset; the clock takes every stamp.
    fn seen(&mut self, offset: Offset, stamp: Hlc) {
        self.clock = self.clock.max(stamp);
        if let Some(Cursor(_, seen)) = &mut self.cursor
            && offset == seen.next()
        {
            *seen = offset;
        }
    }

    fn write(&mut self, thread: Dot, text: String) {
        self.clock = self.clock.tick(now_ms());
        let content = Some(Content {
            text,
            ..Content::default()
        });
        let body = Body::Post {
            thread: Some(thread),
            content,
        };
        self.unacked.push(Op {
            dot: Dot::new(self.replica, self.next),
            hlc: self.clock,
            author: None,
            body,
            extra: std::collections::BTreeMap::new(),
        });
        self.next = self.next.next();
    }

    /// Sends the unacked ops from the `first` on.
    fn post(&self, first: usize) -> Vec<ClientFrame> {
        match self.unacked.get(first..) {
            None | Some([]) => Vec::new(),
            Some(ops) => vec![ClientFrame::Post {
                id: RequestId(3),
                room: self.room,
                ops: ops.to_vec(),
            }],
        }
    }

    fn public_key(&self) -> String {
        hex::encode(self.key.public_key())
    }
}

async fn send(socket: &mut Socket, frame: &ClientFrame) -> Result<(), Ended> {
    socket
        .send(Message::Binary(FORM.encode_client(frame).into()))
        .await?;
    Ok(())
}

fn now_ms() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A random part of a pause, so that a thousand clients do not come back at once.
fn jittered(pause: Duration) -> anyhow::Result<Duration> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).context("no random source")?;
    Ok(pause.mul_f64(f64::from(u32::from_ne_bytes(random)) / f64::from(u32::MAX)))
}
