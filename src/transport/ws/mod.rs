//! WebSocket: a codec without I/O and a thin driver under actix-web.
//!
//! A handler calls [`Upgrade::accept`], makes an outbox and a [`Session`], and returns [`Upgrade::respond`]. The HTTP
//! server must be built with `.on_connect(tune_socket)` and `.client_disconnect_timeout(Duration::ZERO)`: the closing
//! handshake is over when the response ends.

mod body;
pub mod codec;
mod handshake;
mod origin;
mod outflow;
mod session;
mod socket;
mod watch;

pub use handshake::{Compression, Upgrade, UpgradeError, UpgradePolicy};
pub use origin::{OriginPolicy, SameHost};
pub use session::{Ended, Session, Verdict};
pub use socket::{SEND_BUFFER_BYTES, UNSENT_BYTES_MAX, USER_TIMEOUT, tune_socket};
pub use watch::CLOSE_TIMEOUT;
