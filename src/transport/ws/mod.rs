//! WebSocket: a codec without I/O and a thin driver under actix-web.
//!
//! A handler calls [`Upgrade::accept`], makes an outbox and a [`Session`], and returns [`Upgrade::respond`]. The HTTP
//! server must be built with `.on_connect(socket::tune_socket)`, with `.client_disconnect_timeout(Duration::ZERO)` (the closing
//! handshake is over when the response ends) and with `.h1_write_buffer_size(WRITE_BUFFER_BYTES)` (without it, a
//! connection that once had a burst keeps a buffer of up to 128 KiB).

mod body;
pub mod codec;
mod handshake;
mod origin;
mod outflow;
mod session;
mod watch;

pub use body::WRITE_BUFFER_BYTES;
pub use handshake::{Compression, Upgrade, UpgradeError, UpgradePolicy};
pub use origin::{OriginPolicy, SameHost};
pub use session::{Ended, Session, Verdict};
pub use watch::CLOSE_TIMEOUT;
