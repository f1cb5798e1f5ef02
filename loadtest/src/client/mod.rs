//! A client of Greenroom: one connection with its rooms, light enough that thousands fit beside the server.
//!
//! Owns the protocol as a client lives it: hello, open, post, ack, resend, resume by cursor. Everything happens on one
//! thread (`Rc`, `RefCell`); no borrow is held across an await.

mod dispatch;
mod login;
mod resume;
mod room;

pub(crate) use login::Login;
pub(crate) use room::{Room, Since};

use crate::clock::now_us;
use crate::tally::Tally;
use crate::wire::{Endpoint, Link, connect};
use anyhow::{Context, anyhow, bail};
use greenroom::crdt::{Body, Dot, Entry, Op, Stamp};
use greenroom::id::{ReplicaId, RoomId};
use greenroom::protocol::{
    ClientFrame, Hello, RequestId, RoomRef, ServerFrame, Subprotocol, Welcome,
};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a request may take before the run fails: far beyond any figure.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// The kernel's receive buffer of a reader that will stall, bytes: so that stalling is felt by the server soon.
const STALLING_RECEIVE_BYTES: u32 = 16 * 1024;
/// Frames of calls that wait to be taken; the oldest go first.
const CALL_FRAMES_MAX: usize = 1_024;
/// Heartbeat interval asked for; the fleet beats at half of it.
pub(crate) const HEARTBEAT_MS: u32 = 30_000;

/// What all clients of a process have in common.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Where the server is.
    pub(crate) endpoint: Endpoint,
    /// The encoding spoken.
    pub(crate) subprotocol: Subprotocol,
    /// Whether to come back after a lost link.
    pub(crate) on_loss: OnLoss,
    /// Whether to keep every entry in full (few clients only).
    pub(crate) keep: Keep,
}

/// What a client does when its link is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnLoss {
    /// It is an error, and the client stays away.
    Stay,
    /// It comes back and resumes.
    Resume,
}

/// How much a client remembers of what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Places and a digest.
    Digest,
    /// Whole entries.
    Entries,
}

/// One client.
pub(crate) struct Client {
    settings: Rc<Settings>,
    tally: Rc<RefCell<Tally>>,
    login: Login,
    state: RefCell<State>,
    /// Stops reading for good when set.
    stalled: Cell<bool>,
    will_stall: bool,
    /// Closed loop: posts in flight kept up to this number, 0 for none.
    window: Cell<usize>,
    window_bytes: Cell<usize>,
}

#[derive(Default)]
struct State {
    link: Option<Rc<Link>>,
    last_request: u64,
    waiting: HashMap<u64, oneshot::Sender<anyhow::Result<ServerFrame>>>,
    /// Posts in flight: request to room.
    posts: HashMap<u64, usize>,
    rooms: Vec<Room>,
    welcome: Option<oneshot::Sender<anyhow::Result<Welcome>>>,
    welcomed: Option<Welcome>,
    closed: Option<(Option<u16>, String)>,
    /// Counts links: what comes from one that was given up is ignored.
    generation: u64,
    resuming: bool,
    lost_at_us: Option<u64>,
    entries: Vec<Entry>,
    /// What calls said, until it is taken.
    calls: VecDeque<ServerFrame>,
}

impl Client {
    /// A client that has not connected yet. `will_stall` readies the socket for a reader that stops.
    pub(crate) fn new(
        settings: &Rc<Settings>,
        tally: &Rc<RefCell<Tally>>,
        login: Login,
        will_stall: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            settings: Rc::clone(settings),
            tally: Rc::clone(tally),
            login,
            state: RefCell::default(),
            stalled: Cell::new(false),
            will_stall,
            window: Cell::new(0),
            window_bytes: Cell::new(0),
        })
    }

    /// Connects, says hello with the cursors of the rooms it knows, and reads from then on.
    ///
    /// # Errors
    /// When the server cannot be reached or does not let the client in.
    pub(crate) async fn connect(self: &Rc<Self>) -> anyhow::Result<Welcome> {
        let rooms = self.with_rooms(|rooms| rooms.iter().filter_map(Room::reference).collect());
        self.connect_with(rooms).await
    }

    /// Connects and says hello with these rooms.
    ///
    /// # Errors
    /// When the server cannot be reached or does not let the client in.
    pub(crate) async fn connect_with(
        self: &Rc<Self>,
        rooms: Vec<RoomRef>,
    ) -> anyhow::Result<Welcome> {
        let receive_bytes = self.will_stall.then_some(STALLING_RECEIVE_BYTES);
        let settings = &self.settings;
        let (link, inbound) =
            connect(&settings.endpoint, settings.subprotocol, receive_bytes).await?;
        let (sender, welcome) = oneshot::channel();
        let (hello, generation) = {
            let state = &mut *self.state.borrow_mut();
            state.generation += 1;
            state.link = Some(link);
            state.welcome = Some(sender);
            state.closed = None;
            let hello = Hello {
                heartbeat_ms: HEARTBEAT_MS,
                rooms,
                client: Some(concat!("loadtest/", env!("CARGO_PKG_VERSION")).to_owned()),
                ..self.login.hello()
            };
            (hello, state.generation)
        };
        tokio::task::spawn_local(Rc::clone(self).attend(inbound, generation));
        self.send(&ClientFrame::Hello(hello));
        match tokio::time::timeout(REQUEST_TIME_MAX, welcome).await {
            Ok(Ok(welcome)) => welcome,
            Ok(Err(_)) => bail!("the link ended before the welcome"),
            Err(_) => bail!("no welcome within {REQUEST_TIME_MAX:?}"),
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the server refuses, or the link ends first.
    pub(crate) async fn request(
        self: &Rc<Self>,
        frame: impl FnOnce(RequestId) -> ClientFrame,
    ) -> anyhow::Result<ServerFrame> {
        let (sender, answer) = oneshot::channel();
        let id = {
            let state = &mut *self.state.borrow_mut();
            state.last_request += 1;
            state.waiting.insert(state.last_request, sender);
            state.last_request
        };
        self.send(&frame(RequestId(id)));
        match tokio::time::timeout(REQUEST_TIME_MAX, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => bail!("the link ended before the answer"),
            Err(_) => bail!("no answer within {REQUEST_TIME_MAX:?}"),
        }
    }

    /// Makes a public room; returns its id.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn create_room(self: &Rc<Self>, name: String) -> anyhow::Result<RoomId> {
        let answer = self
            .request(|id| ClientFrame::RoomCreate {
                id,
                name,
                visibility: greenroom::crdt::Visibility::Public,
                retention_days: None,
            })
            .await
            .context("creating a room")?;
        match answer {
            ServerFrame::Room { info, .. } => Ok(info.room),
            other => bail!("`room.create` was answered by {other:?}"),
        }
    }

    /// Becomes a member.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn join(self: &Rc<Self>, room: RoomId) -> anyhow::Result<()> {
        self.request(|id| ClientFrame::Join { id, room })
            .await
            .context("joining a room")?;
        Ok(())
    }

    /// Follows a room and waits until it is in sync; returns the room's number within this client.
    ///
    /// # Errors
    /// When the server refuses, or the link ends first.
    pub(crate) async fn open(
        self: &Rc<Self>,
        room: RoomId,
        since: Since,
        replica: Option<ReplicaId>,
    ) -> anyhow::Result<usize> {
        let (sender, synced) = oneshot::channel();
        let (index, reference) = {
            let state = &mut *self.state.borrow_mut();
            let index = match state.rooms.iter().position(|r| r.id() == room) {
                Some(index) => index,
                None => {
                    let keep = self.settings.keep;
                    state.rooms.push(Room::new(room, replica, keep));
                    state.rooms.len() - 1
                }
            };
            (index, state.rooms[index].start(since, sender))
        };
        let request = self.request(|id| ClientFrame::Open {
            id,
            room: reference,
        });
        request.await.context("opening a room")?;
        match tokio::time::timeout(REQUEST_TIME_MAX, synced).await {
            Ok(Ok(())) => Ok(index),
            Ok(Err(_)) => bail!("the link ended before the room was in sync"),
            Err(_) => bail!("not in sync within {REQUEST_TIME_MAX:?}"),
        }
    }

    /// Stops following a room and forgets it.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn close_room(self: &Rc<Self>, room: RoomId) -> anyhow::Result<()> {
        self.request(|id| ClientFrame::Close { id, room }).await?;
        self.state.borrow_mut().rooms.retain(|r| r.id() != room);
        Ok(())
    }

    /// Writes posts of `bytes` each, due at `due_us`, in one batch; they wait while the link is down.
    pub(crate) fn post(self: &Rc<Self>, room: usize, due_us: u64, bytes: usize, count: usize) {
        self.write(room, due_us, count, |dot| {
            crate::content::post(dot, bytes, due_us)
        });
    }

    /// Writes ops, due at `due_us`, in one batch; they wait while the link is down.
    pub(crate) fn write(
        self: &Rc<Self>,
        room: usize,
        due_us: u64,
        count: usize,
        mut body: impl FnMut(Dot) -> Body,
    ) {
        let now_us = now_us();
        let ops = {
            let state = &mut *self.state.borrow_mut();
            let author = state.rooms[room]
                .author
                .as_mut()
                .expect("rooms written to were opened with a replica");
            (0..count)
                .map(|_| author.write(now_us, due_us, &mut body))
                .collect()
        };
        {
            let tally = &mut *self.tally.borrow_mut();
            (0..count).for_each(|_| tally.sent(due_us));
        }
        self.send_ops(room, ops);
    }

    /// Keeps `in_flight` posts of `bytes` on their way in every room from now on; 0 stops.
    pub(crate) fn set_window(self: &Rc<Self>, in_flight: usize, bytes: usize) {
        self.window.set(in_flight);
        self.window_bytes.set(bytes);
        let rooms = self.with_rooms(<[Room]>::len);
        for room in 0..rooms {
            self.fill_window(room);
        }
    }

    /// Sends a frame if the link is up.
    pub(crate) fn send(&self, frame: &ClientFrame) {
        let link = self.state.borrow().link.clone();
        if let Some(link) = link {
            link.send(&self.settings.subprotocol.encode_client(frame));
        }
    }

    /// Stops reading, without a word.
    pub(crate) fn stall(&self) {
        self.stalled.set(true);
    }

    /// Ends the link: with a close frame.
    pub(crate) fn leave(&self) {
        let link = self.state.borrow_mut().link.take();
        self.disconnected();
        if let Some(link) = link {
            link.close();
        }
    }

    /// Whether nothing of its own is unacked.
    pub(crate) fn settled(&self) -> bool {
        let state = self.state.borrow();
        state
            .rooms
            .iter()
            .all(|r| r.author.as_ref().is_none_or(|a| a.pending_len() == 0))
    }

    /// Whether it is connected and every room is in sync.
    pub(crate) fn in_sync(&self) -> bool {
        let state = self.state.borrow();
        state.link.is_some() && state.rooms.iter().all(Room::in_sync)
    }

    /// Whether it reads what comes.
    pub(crate) fn reading(&self) -> bool {
        !self.stalled.get() && self.in_sync()
    }

    /// Looks at the rooms.
    pub(crate) fn with_rooms<T>(&self, look: impl FnOnce(&[Room]) -> T) -> T {
        look(&self.state.borrow().rooms)
    }

    /// The newest post that was read in a room.
    pub(crate) fn last_read(&self, room: usize) -> Option<(Stamp, Dot)> {
        self.with_rooms(|rooms| rooms.get(room)?.newest)
    }

    /// Takes the entries kept so far ([`Keep::Entries`]), in the order they came.
    pub(crate) fn take_entries(&self) -> Vec<Entry> {
        std::mem::take(&mut self.state.borrow_mut().entries)
    }

    /// Takes what calls said, in the order it came.
    pub(crate) fn take_call_frames(&self) -> VecDeque<ServerFrame> {
        std::mem::take(&mut self.state.borrow_mut().calls)
    }

    fn fill_window(self: &Rc<Self>, room: usize) {
        let pending = self.with_rooms(|rooms| {
            let author = rooms.get(room).and_then(|r| r.author.as_ref());
            author.map_or(usize::MAX, crate::ledger::Author::pending_len)
        });
        for _ in pending..self.window.get() {
            self.post(room, now_us(), self.window_bytes.get(), 1);
        }
    }

    /// Sends ops in a batch, if the room is in sync; else they go out when it is.
    fn send_ops(&self, room: usize, ops: Vec<Op>) {
        let frame = {
            let state = &mut *self.state.borrow_mut();
            if state.link.is_none() || !state.rooms[room].in_sync() {
                return;
            }
            state.last_request += 1;
            state.posts.insert(state.last_request, room);
            ClientFrame::Post {
                id: RequestId(state.last_request),
                room: state.rooms[room].id(),
                ops,
            }
        };
        self.send(&frame);
    }
}

/// The answer that never came because the link ended.
fn ended() -> anyhow::Error {
    anyhow!("the link ended")
}
