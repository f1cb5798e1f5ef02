//! How a room begins a life: it waits until nothing of the life before is on its way to the disk, then reads itself.

use super::{OpenRoom, RoomActor, RoomMessage, State, TICK};
use crate::actors::readers::PAGE;
use crate::actors::supervision::{Cx, Exit};
use crate::chat::{self, Presence, Snapshot};
use crate::crdt::Entry;
use crate::id::{Offset, RoomId};
use crate::protocol::{Outgoing, ServerFrame};
use crate::storage::{ReadError, Store};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A room as read from disk, with the newest entries that a subscriber of the life before may miss.
struct Loaded {
    snapshot: Snapshot,
    newest: Vec<Entry>,
}

impl RoomActor {
    /// Reads the room; its mailbox waits.
    pub(super) fn load(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let (room, node) = (self.room, Arc::clone(&self.node));
        let missed_after = self
            .roster
            .lock()
            .values()
            .filter(|subscriber| subscriber.live)
            .map(|s| s.queued)
            .min();
        let (fenced, fence) = oneshot::channel();
        let done = Box::new(move |_result| {
            // A node that cannot write still reads: the fence only says that nothing more is on its way.
            let _ = fenced.send(());
        });
        node.committer
            .fence(room, done)
            .map_err(|_| Exit::error("the committer's queue is full"))?;
        let load = async move {
            // The sender is dropped only when the committer has ended: then nothing is on its way either.
            let _ = fence.await;
            let (loaded, load) = oneshot::channel();
            let read = Box::new(move |store: &Store| {
                let _ = loaded.send(read(store, room, missed_after));
            });
            node.readers.submit(read).map_err(Exit::error)?;
            load.await.map_err(Exit::error)?.map_err(Exit::error)
        };
        cx.hold(load, Self::loaded);
        Ok(())
    }

    fn loaded(
        &mut self,
        cx: &mut Cx<'_, Self>,
        loaded: Result<Option<Loaded>, Exit>,
    ) -> Result<(), Exit> {
        match loaded? {
            None => self.state = State::Absent,
            Some(Loaded { snapshot, newest }) => {
                let durable = snapshot.head.offset;
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
}

impl OpenRoom {
    pub(super) fn new(machine: chat::Room, durable: Offset, cx: &Cx<'_, RoomActor>) -> Self {
        Self {
            machine,
            presence: Presence::default(),
            commits: Default::default(),
            ring: Default::default(),
            durable,
            busy_at: cx.now(),
            marked_at: cx.now(),
            swept_at: cx.now(),
            retained_at: None,
            incarnation: cx.incarnation(),
        }
    }
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
