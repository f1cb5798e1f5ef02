//! What each client knows to be true, and the comparison with what the server stores.
//!
//! Pure: no socket, no clock. `View` is a reader's side of one room, `Author` a writer's, `Log` what a fresh full sync
//! brought, and `Findings` what does not fit.

mod audit;
mod author;
mod view;

pub(crate) use audit::{AuthorRecord, Findings, Log, ViewRecord};
pub(crate) use author::{Acked, Author};
pub(crate) use view::{Seen, View};
