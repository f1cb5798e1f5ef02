//! The frames of calls: what a participant asks for and what it is told. `docs/PROTOCOL.md` ("Calls") is their prose.

mod client;
mod server;

pub use client::{
    CallHand, CallJoin, CallLayout, CallMute, CallOffer, CallRef, CallRemove, CallUnpublish,
    Resume, Show, Tile, TrackOffer,
};
pub use server::{
    CallAnswer, CallChanged, CallDemand, CallEnd, CallEnded, CallInfo, CallJoined, CallMuted,
    CallQuality, CallSlots, CallSpeakers, CallState, CallTrack, Departed, EncodingDemand,
    Participant, Quality, QualityReason, SlotState, TrackDemand,
};

pub use crate::sfu::call::{LeaveReason, LinkState, SlotReason, SlotStatus};
