//! The whole node, as clients meet it: the built binary on loopback, real WebSockets, real disks, real signals.

mod access;
mod calls;
mod client;
mod delivery;
mod leaving;
mod offer;
mod presence;
#[cfg(feature = "failpoints")]
mod restart;
mod rooms;
mod server;
mod whip;
