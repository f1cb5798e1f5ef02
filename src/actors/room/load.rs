//! How a room begins a life: it waits until nothing of the life before is on its way to the disk, then reads itself.

use super::upkeep::{TICK, Upkeep};
use super::{OpenRoom, RoomActor, RoomMessage, State};
use crate::actors::node::Node;
use crate::actors::readers::PAGE;
use crate::actors::supervision::{Cx, Exit};
use crate::chat::{self, Presence, Snapshot};
use crate::crdt::Entry;
use crate::id::{Offset, RoomId};
use crate::protocol::{Outgoing, ServerFrame};
use crate::storage::{FenceDone, Health, ReadError, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How soon a busy committer or reader is asked again.
const TRY_AGAIN: Duration = Duration::from_millis(5);
/// How often each is asked: for some ten seconds.
const TRIES_MAX: u32 = 2_000;

/// A room as read from disk, with the newest entries that a subscriber of the life before may miss.
struct Loaded {
    snapshot: Snapshot,
    newest: Vec<Entry>,
}

impl RoomActor {
    /// Reads the room; its mailbox waits.
    pub(super) fn load(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let missed_after = self
            .roster
            .lock()
            .values()
            .filter(|subscriber| subscriber.live)
            .map(|s| s.queued)
            .min();
        let read = read_when_settled(self.room, Arc::clone(&self.node), missed_after);
        cx.hold(read, Self::loaded);
        Ok(())
    }

    fn loaded(
        &mut self,
        cx: &mut Cx<'_, Self>,
        loaded: Result<Option<Loaded>, Exit>,
    ) -> Result<(), Exit> {
        match loaded? {
            None => self.state = State::Absent,
            Some(Loaded {
                snapshot,
                mut newest,
            }) => {
                let durable = self.durable(snapshot.head.offset);
                newest.retain(|entry| entry.offset <= durable);
                let mut open = OpenRoom::new(chat::Room::restore(snapshot), durable, cx);
                if let (Some(first), Some(last)) = (newest.first(), newest.last()) {
                    let (first, last) = (first.offset, last.offset);
                    let frame = ServerFrame::Ops {
                        id: None,
                        room: self.room,
                        ops: newest,
                        more: false,
                    };
                    open.ring.push(first, last, Arc::new(Outgoing::new(frame)));
                }
                self.adopt(&mut open);
                self.state = State::Open(Box::new(open));
            }
        }
        cx.after(TICK, RoomMessage::Tick);
        Ok(())
    }

    /// How far the log is on disk for good: to its end, unless a write failed, which may have left more in the engine.
    fn durable(&self, head: Offset) -> Offset {
        let durable = match self.node.committer.health() {
            Health::Ok => head,
            Health::ReadOnly(_) => self.roster.durable().map_or(head, |known| known.min(head)),
        };
        self.roster.settled(durable);
        durable
    }
}

impl OpenRoom {
    pub(super) fn new(machine: chat::Room, durable: Offset, cx: &Cx<'_, RoomActor>) -> Self {
        Self {
            machine,
            presence: Presence::default(),
            commits: Default::default(),
            ring: Default::default(),
            durable,
            upkeep: Upkeep::new(cx.now()),
            retries: false,
            incarnation: cx.incarnation(),
        }
    }
}

/// Waits until nothing of the life before is on its way to the disk, then reads on a reader's thread.
async fn read_when_settled(
    room: RoomId,
    node: Arc<Node>,
    missed_after: Option<Offset>,
) -> Result<Option<Loaded>, Exit> {
    let (fenced, fence) = oneshot::channel();
    let mut done: FenceDone = Box::new(move |_result| {
        // A node that cannot write still reads: the fence only says that nothing more is on its way.
        let _ = fenced.send(());
    });
    for tries in 1.. {
        match node.committer.fence(room, done) {
            Ok(()) => break,
            Err(_) if tries == TRIES_MAX => return Err(Exit::error("the committer is too busy")),
            Err(refused) => done = refused,
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    // The sender is dropped only when the committer has ended: then nothing is on its way either.
    let _ = fence.await;
    for _ in 0..TRIES_MAX {
        let (loaded, load) = oneshot::channel();
        let read = Box::new(move |store: &Store| {
            let _ = loaded.send(read(store, room, missed_after));
        });
        if node.readers.submit(read).is_ok() {
            return load.await.map_err(Exit::error)?.map_err(Exit::error);
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    Err(Exit::error("the readers are too busy"))
}

fn read(
    store: &Store,
    room: RoomId,
    missed_after: Option<Offset>,
) -> Result<Option<Loaded>, ReadError> {
    let Some(snapshot) = store.load_room(room)? else {
        return Ok(None);
    };
    let head = snapshot.head.offset;
    let newest = match missed_after {
        Some(after) if after < head => store.read_log(room, after, head, PAGE)?.entries,
        _ => Vec::new(),
    };
    Ok(Some(Loaded { snapshot, newest }))
}
