//! Injected faults, for tests and the harness: only in a build with the `failpoints` feature.

use super::gateway::Gateway;
use crate::actors::room::{RoomLane, RoomMessage};
use crate::id::{ConnectionId, RoomId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;

/// Where faults are asked for.
pub(super) const PATH: &str = "/debug/panic";

/// Whom to hit.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    room: Option<RoomId>,
    /// The call of this room.
    call: Option<RoomId>,
    connection: Option<u64>,
}

/// Makes a room, a call or a connection panic while it handles a message.
pub(super) async fn panic(target: Query<Target>, gateway: Data<Gateway>) -> HttpResponse {
    let node = &gateway.node;
    let told = match (target.room, target.call, target.connection) {
        (Some(room), None, None) => node
            .rooms
            .tell(room, RoomLane::Control, RoomMessage::Panic)
            .is_ok(),
        (None, Some(room), None) => node.calls.panic(room),
        (None, None, Some(id)) => node.users.panic(ConnectionId(id)),
        _ => return HttpResponse::BadRequest().body("name a room, a call or a connection\n"),
    };
    if told {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}
