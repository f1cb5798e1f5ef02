//! Fills rooms with posts, as fast as the server takes them.

use crate::client::{Client, Keep, OnLoss, Since};
use crate::clock::now_us;
use crate::fleet::{Outcome, replica};
use crate::stage::Stage;
use anyhow::ensure;
use greenroom::id::RoomId;
use std::rc::Rc;
use std::time::Duration;

/// Posts in one batch: small enough that a batch of the largest texts stays below the message limit.
const BATCH: usize = 128;
/// Posts under way per room.
const PENDING_MAX: usize = 512;
/// Replicas of fillers begin here, apart from those of a fleet.
const REPLICA_BASE: u64 = 1 << 40;

/// Writes `count` posts in all to the rooms, which `owner` owns; returns the ledgers.
///
/// # Errors
/// When a post is refused.
pub(super) async fn fill(
    stage: &Stage,
    rooms: &[RoomId],
    count: u64,
    bytes: usize,
) -> anyhow::Result<Outcome> {
    stage.bar.set_prefix("fill");
    let (client, tally) = stage.client("owner", Keep::Digest, OnLoss::Stay).await?;
    for (n, room) in rooms.iter().enumerate() {
        let replica = replica(
            stage.run,
            REPLICA_BASE + rand::random_range(0..1 << 32) + n as u64,
        );
        client.open(*room, Since::Now, Some(replica)).await?;
    }
    let mut left = count;
    while left > 0 || !client.settled() {
        for room in 0..rooms.len() {
            let mut space = PENDING_MAX.saturating_sub(pending(&client, room));
            while space >= BATCH && left > 0 {
                let n = BATCH.min(usize::try_from(left).unwrap_or(BATCH));
                client.post(room, now_us(), bytes, n);
                space -= n.min(space);
                left -= n as u64;
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let tally = tally.borrow();
        stage.bar.set_message(format!("{} of {count}", tally.acked));
        ensure!(
            tally.error_count() == 0,
            "filling failed: {:?}",
            tally.errors
        );
    }
    let mut outcome = Outcome::default();
    client.with_rooms(|rooms| {
        for room in rooms {
            let (author, view) = room.records(true);
            outcome.authors.extend(author);
            outcome.views.extend(view);
        }
    });
    outcome
        .views
        .iter_mut()
        .for_each(|view| view.reading = false);
    client.leave();
    Ok(outcome)
}

fn pending(client: &Rc<Client>, room: usize) -> usize {
    client.with_rooms(|rooms| {
        let author = rooms[room].author.as_ref();
        author.map_or(0, crate::ledger::Author::pending_len)
    })
}
