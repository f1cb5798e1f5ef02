//! One WebRTC transport: ICE-lite, DTLS, SRTP and data channels behind one state machine without I/O.
//!
//! The driver gives it datagrams and the time and takes [`Transmit`]s, [`SessionEvent`]s and the next timeout from it;
//! after every call that may change something it drains all three. Media is opened and sealed in place, in the driver's
//! own buffers. What fails authentication is dropped and counted in [`SessionStats`].

mod datagram;
mod event;

pub use datagram::{Datagram, classify};
pub use event::{
    CloseReason, DataChannels, SessionConfig, SessionError, SessionEvent, SessionStats, Transmit,
};

use crate::rtc::{
    Path,
    data::{ChannelId, DataError, DataMessage},
    ice::{IceCredentials, StunVerdict},
    srtp::{OpenError, OpenedRtp, SealError},
};
use std::time::Instant;

/// One peer's transport.
#[derive(Debug)]
pub struct Session {}

#[allow(unused_variables, missing_docs, reason = "signatures first")]
impl Session {
    pub fn new(config: SessionConfig, now: Instant) -> Result<Self, SessionError> {
        todo!()
    }
    pub fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) -> StunVerdict {
        todo!()
    }
    pub fn handle_dtls(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        todo!()
    }
    pub fn path(&self) -> Option<Path> {
        todo!()
    }
    pub fn is_validated(&self, path: &Path) -> bool {
        todo!()
    }
    pub fn is_connected(&self) -> bool {
        todo!()
    }
    pub fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<OpenedRtp, OpenError> {
        todo!()
    }
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        todo!()
    }
    pub fn rtp_overhead(&self) -> usize {
        todo!()
    }
    pub fn rtcp_overhead(&self) -> usize {
        todo!()
    }
    pub fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<(), SealError> {
        todo!()
    }
    pub fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), SealError> {
        todo!()
    }
    pub fn restart_ice(&mut self, local: IceCredentials, remote: IceCredentials) {
        todo!()
    }
    pub fn send_data(
        &mut self,
        now: Instant,
        channel: ChannelId,
        message: DataMessage,
    ) -> Result<(), DataError> {
        todo!()
    }
    pub fn close(&mut self, now: Instant) {
        todo!()
    }
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        todo!()
    }
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        todo!()
    }
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }
    pub fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }
    pub fn stats(&self) -> SessionStats {
        todo!()
    }
}
