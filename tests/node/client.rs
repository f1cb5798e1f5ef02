//! A client that speaks JSON and believes nothing: it checks the order of all it is sent.

use crate::server::{PATIENCE, Server};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use socket2::{SockRef, Socket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Shutdown;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

/// Frames that wait for a test; then its client stops reading.
const FRAMES_MAX: usize = 100_000;

/// One connection. It reads on beside the test: a client that does not read is given up after seconds.
pub(crate) struct Client {
    out: SplitSink<WebSocketStream<TcpStream>, Message>,
    /// What was read, and in the end the code of the close.
    frames: mpsc::Receiver<Result<Value, u16>>,
    _line: Line,
    next_id: u64,
    /// Frames that came while another was waited for.
    waiting: VecDeque<Value>,
    /// What was seen of each followed room.
    pub(crate) views: BTreeMap<String, View>,
    /// Whether the order is the test's affair.
    unchecked: bool,
}

/// What a client has seen of a room, live: every offset once and in order.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) epoch: String,
    pub(crate) cursor: u64,
    /// Dots by their offsets.
    pub(crate) ops: BTreeMap<u64, Value>,
    /// Which of them were acked: a sync may send those too.
    acked: BTreeSet<u64>,
}

/// A writer in one room.
pub(crate) struct Writer {
    pub(crate) room: String,
    replica: String,
    counter: u64,
}

impl Client {
    /// An open socket that has said nothing.
    pub(crate) async fn connect(server: &Server) -> Self {
        let url = format!("ws://{}/ws", server.address);
        let mut request = url.into_client_request().expect("a URL");
        let protocol = "greenroom.v1.json".parse().expect("a header");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let stream = TcpStream::connect(server.address)
            .await
            .expect("it listens");
        let line = Line(SockRef::from(&stream).try_clone().expect("a descriptor"));
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .expect("it upgrades");
        let (out, incoming) = socket.split();
        let (sender, frames) = mpsc::channel(FRAMES_MAX);
        tokio::spawn(read(incoming, sender));
        Self {
            out,
            frames,
            _line: line,
            next_id: 1,
            waiting: VecDeque::new(),
            views: BTreeMap::new(),
            unchecked: false,
        }
    }

    /// A user's device that has been welcomed.
    pub(crate) async fn login(server: &Server, user: &str, device: &str) -> Self {
        let mut client = Self::connect(server).await;
        let token = server.token(user, device);
        client.hello(&token, json!([])).await;
        client
    }

    /// Says hello and is welcomed.
    pub(crate) async fn hello(&mut self, token: &str, rooms: Value) -> Value {
        self.send(json!({"t": "hello", "token": token, "heartbeat_ms": 60_000, "rooms": rooms}))
            .await;
        self.expect(|frame| frame["t"] == "welcome").await
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        assert!(self.try_send(frame).await, "not an open socket");
    }

    /// Sends to a server that may have closed meanwhile; whether it has not, as far as one knows.
    pub(crate) async fn try_send(&mut self, frame: Value) -> bool {
        self.out
            .send(Message::text(frame.to_string()))
            .await
            .is_ok()
    }

    /// Sends a request; its id.
    pub(crate) async fn request(&mut self, mut frame: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = id.into();
        self.send(frame).await;
        id
    }

    /// The answer to a request, whatever it is.
    pub(crate) async fn answer(&mut self, id: u64) -> Value {
        self.expect(|frame| frame["id"] == id).await
    }

    /// A request and its answer.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        let id = self.request(frame).await;
        self.answer(id).await
    }

    /// A request that is granted.
    pub(crate) async fn granted(&mut self, frame: Value) -> Value {
        let answer = self.ask(frame.clone()).await;
        assert_ne!(answer["t"], "error", "{frame} is refused: {answer}");
        answer
    }

    /// The next frame that fits; others wait.
    pub(crate) async fn expect(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at).expect("found there");
        }
        loop {
            let frame = self.receive().await;
            match frame {
                Ok(frame) if fits(&frame) => return frame,
                Ok(frame) => self.waiting.push_back(frame),
                Err(code) => panic!("closed with {code} after {}", self.newest()),
            }
        }
    }

    /// The next frame of this type, or the code of the close before it.
    pub(crate) async fn next(&mut self, t: &str) -> Result<Value, u16> {
        loop {
            let frame = self.receive().await?;
            if frame["t"] == t {
                return Ok(frame);
            }
            self.waiting.push_back(frame);
        }
    }

    /// The next frame about a room, whatever its order.
    pub(crate) async fn next_of(&mut self, room: &str) -> Value {
        self.views.remove(room);
        self.unchecked = true;
        let frame = self.expect(|frame| frame["room"] == room).await;
        self.unchecked = false;
        frame
    }

    /// The next frame, or the code of the close.
    async fn receive(&mut self) -> Result<Value, u16> {
        let frame = tokio::time::timeout(PATIENCE, self.frames.recv()).await;
        let frame = frame.unwrap_or_else(|_| panic!("silence after {}", self.newest()));
        let frame = frame.unwrap_or(Err(1006))?;
        self.note(&frame);
        Ok(frame)
    }

    /// Reads to the end: the close code, and the frames before it.
    pub(crate) async fn closed(mut self) -> (u16, Vec<Value>) {
        loop {
            match self.receive().await {
                Ok(frame) => self.waiting.push_back(frame),
                Err(code) => return (code, self.waiting.into()),
            }
        }
    }

    /// Makes a public room and opens it; its id.
    pub(crate) async fn make_room(&mut self) -> String {
        let create = json!({"t": "room.create", "name": "deck", "visibility": "public"});
        let room = self.granted(create).await["room"]
            .as_str()
            .expect("an id")
            .to_owned();
        self.open(&room, json!({})).await;
        room
    }

    /// Joins a public room and opens it from the beginning.
    pub(crate) async fn join(&mut self, room: &str) {
        self.granted(json!({"t": "join", "room": room})).await;
        self.open(room, json!({})).await;
    }

    /// Opens a room at a place and waits until it is synced; how it was opened.
    pub(crate) async fn open(&mut self, room: &str, mut place: Value) -> Value {
        place["t"] = "open".into();
        place["room"] = room.into();
        let opened = self.granted(place).await;
        self.synced(room).await;
        opened
    }

    pub(crate) async fn synced(&mut self, room: &str) -> Value {
        self.expect(|frame| frame["t"] == "synced" && frame["room"] == room)
            .await
    }

    /// Waits until everything up to `offset` was seen.
    pub(crate) async fn caught_up(&mut self, room: &str, offset: u64) {
        while self.views.get(room).is_none_or(|view| view.cursor < offset) {
            match self.receive().await {
                Ok(frame) => self.waiting.push_back(frame),
                Err(code) => panic!("closed with {code} after {}", self.newest()),
            }
        }
    }

    /// Where it stands, for `open` and `hello`.
    #[cfg(feature = "failpoints")]
    pub(crate) fn place(&self, room: &str) -> Value {
        let view = &self.views[room];
        json!({"room": room, "cursor": [view.epoch, view.cursor]})
    }

    /// Posts ops and waits for the ack.
    pub(crate) async fn post(&mut self, room: &str, ops: Vec<Value>) -> Value {
        let ack = self
            .ask(json!({"t": "post", "room": room, "ops": ops}))
            .await;
        assert_eq!(ack["t"], "ack", "{ack}");
        ack
    }

    /// The last frames that nobody waited for.
    fn newest(&self) -> String {
        let newest = self.waiting.iter().rev().take(8).map(Value::to_string);
        let cut = newest.map(|frame| frame.chars().take(300).collect());
        cut.collect::<Vec<String>>().join("\n")
    }

    fn note(&mut self, frame: &Value) {
        let Some(room) = frame["room"].as_str().filter(|_| !self.unchecked) else {
            return;
        };
        let view = self.views.entry(room.to_owned()).or_default();
        match frame["t"].as_str() {
            Some("opened") => {
                view.epoch = frame["epoch"].as_str().expect("an epoch").to_owned();
            }
            Some("ops") if frame.get("id").is_none() => {
                let ops = frame["ops"].as_array().expect("a list");
                assert!((1..=256).contains(&ops.len()), "{} entries", ops.len());
                for entry in ops {
                    view.see(&entry["offset"], &entry["op"]["dot"]);
                }
            }
            Some("ack") => {
                for ack in ["acks", "refused"]
                    .iter()
                    .filter_map(|name| frame[name].as_array())
                    .flatten()
                {
                    view.ack(&ack["offset"], &ack["dot"]);
                }
            }
            Some("synced") => {
                let cursor = frame["cursor"][1].as_u64().expect("an offset");
                let is_there = cursor <= view.cursor || view.ops.is_empty();
                assert!(is_there, "synced at {cursor}, seen {}", view.cursor);
                view.cursor = view.cursor.max(cursor);
            }
            _ => {}
        }
    }
}

impl View {
    /// Everything up to here was seen before.
    #[cfg(feature = "failpoints")]
    pub(crate) fn resume(&mut self, cursor: u64) {
        self.cursor = cursor;
    }

    /// An op was sent: never one that is known, never one out of order.
    fn see(&mut self, offset: &Value, dot: &Value) {
        let offset = offset.as_u64().expect("an offset");
        let before = self.ops.insert(offset, dot.clone());
        if self.acked.contains(&offset) {
            assert_eq!(before.as_ref(), Some(dot), "{offset} is another op");
            return;
        }
        assert_eq!(before, None, "{offset} came twice");
        assert_eq!(offset, self.cursor + 1, "a gap after {}", self.cursor);
        self.advance();
    }

    /// An op of one's own was acked, maybe again, and maybe before others that come with a sync.
    fn ack(&mut self, offset: &Value, dot: &Value) {
        let offset = offset.as_u64().expect("an offset");
        let before = self.ops.insert(offset, dot.clone());
        assert!(before.is_none_or(|before| before == *dot), "{offset} moved");
        self.acked.insert(offset);
        self.advance();
    }

    fn advance(&mut self) {
        while self.ops.contains_key(&(self.cursor + 1)) {
            self.cursor += 1;
        }
    }
}

impl Writer {
    /// With a new replica.
    pub(crate) fn new(room: &str) -> Self {
        let mut replica = [0; 8];
        getrandom::fill(&mut replica).expect("randomness");
        Self {
            room: room.into(),
            replica: hex::encode(replica),
            counter: 0,
        }
    }

    /// The next op, a message.
    pub(crate) fn say(&mut self, text: &str) -> Value {
        self.op(json!({"kind": "post", "text": text}))
    }

    /// The next op.
    pub(crate) fn op(&mut self, mut op: Value) -> Value {
        self.counter += 1;
        op["dot"] = json!([self.replica, self.counter]);
        op["hlc"] = json!([greenroom::app::gate::now_s() * 1000, 0]);
        op
    }

    /// The post of this op.
    pub(crate) fn post(&self, op: &Value) -> Value {
        json!({"t": "post", "room": self.room, "ops": [op]})
    }
}

/// The socket once more, to end it at once when its client goes.
struct Line(Socket);

impl Drop for Line {
    fn drop(&mut self) {
        // The server may have ended it first.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Reads until the end, or until nobody wants more.
async fn read(
    mut incoming: SplitStream<WebSocketStream<TcpStream>>,
    frames: mpsc::Sender<Result<Value, u16>>,
) {
    let code = loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame = serde_json::from_str(&text).expect("JSON");
                if frames.send(Ok(frame)).await.is_err() {
                    return;
                }
            }
            Some(Ok(Message::Close(close))) => break close.map_or(1005, |it| it.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break 1006,
        }
    };
    // Nobody hears it when the client has gone.
    let _ = frames.send(Err(code)).await;
}
