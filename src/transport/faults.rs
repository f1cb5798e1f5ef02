//! Injected faults, for tests and the harness: only in a build with the `failpoints` feature.

use super::gateway::Gateway;
use crate::actors::media::PeerId;
use crate::actors::room::{RoomLane, RoomMessage};
use crate::id::{ConnectionId, RoomId};
use crate::sfu::TrackId;
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
    /// A WebRTC transport.
    peer: Option<u64>,
    /// A publication, by its number in its call: of every call that has one.
    track: Option<u32>,
}

/// Makes a room, a call, a connection, a peer or a track panic while it handles a message.
pub(super) async fn panic(target: Query<Target>, gateway: Data<Gateway>) -> HttpResponse {
    let node = &gateway.node;
    let media = node.calls.media();
    let told = match target.into_inner() {
        Target {
            room: Some(room), ..
        } => node
            .rooms
            .tell(room, RoomLane::Control, RoomMessage::Panic)
            .is_ok(),
        Target {
            call: Some(room), ..
        } => node.calls.panic(room),
        Target {
            connection: Some(id),
            ..
        } => node.users.panic(ConnectionId(id)),
        Target {
            peer: Some(peer), ..
        } => media.is_some_and(|it| it.panic_peer(PeerId(peer))),
        Target {
            track: Some(track), ..
        } => media.is_some_and(|it| it.panic_track(TrackId(track))),
        _ => {
            let help = "name a room, a call, a connection, a peer or a track\n";
            return HttpResponse::BadRequest().body(help);
        }
    };
    if told {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}
