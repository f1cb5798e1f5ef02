//! WebRTC without sockets: ICE-lite, DTLS, SRTP, SCTP, SDP answers, RTP and RTCP.
//!
//! Owns the formats and the transport state machine of one peer. Time is an argument, datagrams come in and go out as
//! bytes. It knows nothing of calls, publications or slots (`sfu` does) and opens no socket (`transport/media` does).

pub mod codec;
pub mod data;
pub mod dtls;
pub mod extension;
pub mod framing;
pub mod ice;
pub mod identity;
mod path;
pub mod red;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod session;
pub mod srtp;
pub mod twcc;

pub use path::{Path, TcpId};
