//! The media plane through real sockets on loopback: clients that speak our own transport in the other role.

mod client;
mod flow;
mod hostile;
mod node;
mod refusal;
mod stun;
