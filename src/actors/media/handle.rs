//! The ways into the media plane: the node's handle, which places calls and admits peers, and a handle per peer.

use super::peer::{PeerActor, PeerLane, PeerMessage};
use super::port::{AdmitPeer, PeerCommand, PeerId, ShardId, TrackKey};
use super::track::TrackActor;
use crate::actors::supervision::{ActorSpec, Address, ChildId, Restart, StartError, Supervisor};
use crate::id::CallId;
use crate::mailbox::RefusedReason;
use crate::rtc::identity::Identity;
use crate::rtc::sdp::{AgreedCodec, Candidate};
use crate::sfu::Source;
use actix_rt::ArbiterHandle;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Peers that one shard takes.
pub const SHARD_PEERS_MAX: usize = 4_096;
/// Peers of a call that live on its home shard before the rest is spread over all.
pub const HOME_PEERS: usize = 64;

/// What one shard lends to the rest of the node.
#[derive(Debug, Clone)]
pub struct ShardPort {
    /// Its thread.
    pub arbiter: ArbiterHandle,
    /// Where it is reached, for the answers of its peers.
    pub candidates: Vec<Candidate>,
}

/// Where a call's actor belongs: the thread on which its media is forwarded.
#[derive(Debug, Clone)]
pub struct CallSeat {
    /// Its shard.
    pub shard: ShardId,
    /// That shard's thread.
    pub arbiter: ArbiterHandle,
}

/// Why a peer was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// Its shard has as many peers as it takes. Retry later.
    #[error("the media shard is full")]
    Full,
    /// The node goes away. Reconnect.
    #[error("the node is stopping")]
    Stopping,
}

/// The media plane of this node: cheap to clone, good from any thread.
#[derive(Clone)]
pub struct MediaHandle(Arc<Media>);

struct Media {
    identity: Arc<Identity>,
    shards: Vec<Shard>,
    peers: Supervisor,
    tracks: Supervisor,
    next_peer: AtomicU64,
    /// For injected faults only, so those who are gone may stay.
    #[cfg(feature = "failpoints")]
    handles: Mutex<HashMap<PeerId, PeerHandle>>,
    /// Critical section: one look-up or change.
    calls: Mutex<HashMap<CallId, Place>>,
    /// Local ICE user fragments, for ICE-TCP: asked once for each connection. Critical section: one look-up or change.
    names: Mutex<HashMap<String, ShardId>>,
    /// Critical section: one look-up or change. Asked when a slot is filled, never per packet.
    published: Mutex<HashMap<TrackKey, Published>>,
}

struct Shard {
    port: ShardPort,
    peers: AtomicUsize,
}

struct Place {
    home: ShardId,
    peers: usize,
}

/// Where a publication is reached.
#[derive(Clone)]
pub(in crate::actors) struct Published {
    pub(in crate::actors) shard: ShardId,
    pub(in crate::actors) address: Address<TrackActor>,
    pub(in crate::actors) source: Source,
    pub(in crate::actors) codec: AgreedCodec,
}

impl MediaHandle {
    /// A plane over these shards (at least one). Peers live under `peers`, publications under `tracks`.
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        shards: Vec<ShardPort>,
        peers: Supervisor,
        tracks: Supervisor,
    ) -> Self {
        let shards = shards.into_iter().map(|port| Shard {
            port,
            peers: AtomicUsize::new(0),
        });
        Self(Arc::new(Media {
            identity,
            shards: shards.collect(),
            peers,
            tracks,
            next_peer: AtomicU64::new(1),
            #[cfg(feature = "failpoints")]
            handles: Mutex::default(),
            calls: Mutex::default(),
            names: Mutex::default(),
            published: Mutex::default(),
        }))
    }

    /// The certificate that every transport of this node shows.
    #[must_use]
    pub fn identity(&self) -> &Arc<Identity> {
        &self.0.identity
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.0.shards.len()
    }

    /// What a shard lends; the addresses are the candidates of an answer.
    ///
    /// # Panics
    /// With a shard that is not of this node.
    #[must_use]
    pub fn port(&self, shard: ShardId) -> &ShardPort {
        &self.0.shards[usize::from(shard.0)].port
    }

    /// Pins a call to the shard that has the fewest peers; the same shard until the call is [closed](Self::close_call).
    #[must_use]
    pub fn open_call(&self, call: CallId) -> CallSeat {
        let home = self.least_loaded();
        let shard = lock(&self.0.calls)
            .entry(call)
            .or_insert(Place { home, peers: 0 })
            .home;
        CallSeat {
            shard,
            arbiter: self.port(shard).arbiter.clone(),
        }
    }

    /// Forgets where a call was pinned.
    pub fn close_call(&self, call: CallId) {
        lock(&self.0.calls).remove(&call);
    }

    /// Where the next peer of a call goes: to the call's home, or for a call with more than [`HOME_PEERS`] to the shard
    /// that has the fewest.
    #[must_use]
    pub fn place(&self, call: CallId) -> ShardId {
        let place = lock(&self.0.calls)
            .get(&call)
            .map(|place| (place.home, place.peers));
        match place {
            Some((home, peers)) if peers < HOME_PEERS => home,
            _ => self.least_loaded(),
        }
    }

    /// Starts a peer on its shard. Its Call hears [`MediaEvent::PeerGone`](super::MediaEvent::PeerGone) when it ends,
    /// however it ends.
    ///
    /// # Errors
    /// [`AdmitError`]; nothing was started then.
    pub fn admit(&self, admit: AdmitPeer) -> Result<PeerHandle, AdmitError> {
        let id = PeerId(self.0.next_peer.fetch_add(1, Ordering::Relaxed));
        let arbiter = self.port(admit.shard).arbiter.clone();
        let seat = Seat::take(self, admit.shard, admit.call).ok_or(AdmitError::Full)?;
        let media = self.clone();
        let mut first = Some((admit, seat));
        // Temporary: the factory runs once.
        let spec = ActorSpec::new("", Restart::Temporary, move |_| {
            PeerActor::new(id, media.clone(), first.take())
        });
        let spec = spec.on(arbiter);
        let address = spec.address();
        let started = self.0.peers.start_child(spec);
        let child = started.map_err(|StartError::Refused| AdmitError::Stopping)?;
        let handle = PeerHandle {
            id,
            address,
            child,
            peers: self.0.peers.clone(),
        };
        #[cfg(feature = "failpoints")]
        lock(&self.0.handles).insert(id, handle.clone());
        Ok(handle)
    }

    /// Makes a peer panic, for tests. False when there is none.
    #[cfg(feature = "failpoints")]
    #[must_use]
    pub fn panic_peer(&self, peer: PeerId) -> bool {
        let peer = lock(&self.0.handles).get(&peer).cloned();
        peer.is_some_and(|peer| peer.tell(PeerCommand::Panic))
    }

    /// Makes every publication of this number panic, whatever its call, for tests. False when there is none.
    #[cfg(feature = "failpoints")]
    #[must_use]
    pub fn panic_track(&self, track: crate::sfu::TrackId) -> bool {
        use super::track::{TrackLane, TrackMessage};
        let published = lock(&self.0.published);
        let hit = published.iter().filter(|(key, _)| key.track == track);
        let push = |track: &Published| {
            let panic = track.address.push(TrackLane::Control, TrackMessage::Panic);
            panic.is_ok()
        };
        hit.filter(|(_, it)| push(it)).count() > 0
    }

    /// The shard of the peer with this local ICE user fragment.
    #[must_use]
    pub fn shard_named(&self, ufrag: &str) -> Option<ShardId> {
        lock(&self.0.names).get(ufrag).copied()
    }

    /// A peer is found under a user fragment from now on.
    pub(in crate::actors) fn name(&self, ufrag: &str, shard: ShardId) {
        lock(&self.0.names).insert(ufrag.to_owned(), shard);
    }

    /// A peer is no longer found under it.
    pub(in crate::actors) fn unname(&self, ufrag: &str) {
        lock(&self.0.names).remove(ufrag);
    }

    /// Starts a publication on the calling shard.
    pub(in crate::actors) fn publish(
        &self,
        key: TrackKey,
        published: Published,
        spec: ActorSpec<TrackActor>,
    ) -> Result<ChildId, StartError> {
        let child = self.0.tracks.start_child(spec)?;
        lock(&self.0.published).insert(key, published);
        Ok(child)
    }

    /// A publication goes on in another codec, or under another payload type.
    pub(in crate::actors) fn set_codec(&self, key: TrackKey, codec: AgreedCodec) {
        if let Some(published) = lock(&self.0.published).get_mut(&key) {
            published.codec = codec;
        }
    }

    /// Ends a publication.
    pub(in crate::actors) fn unpublish(&self, key: TrackKey, child: ChildId) {
        lock(&self.0.published).remove(&key);
        self.0.tracks.stop_child(child);
    }

    /// Where a publication is reached.
    pub(in crate::actors) fn published(&self, key: TrackKey) -> Option<Published> {
        lock(&self.0.published).get(&key).cloned()
    }

    fn least_loaded(&self) -> ShardId {
        let loads = self.0.shards.iter().zip(0..);
        let least = loads.min_by_key(|(shard, _)| shard.peers.load(Ordering::Relaxed));
        ShardId(least.map_or(0, |(_, index)| index))
    }
}

/// The way to one peer: cheap to clone, good from any thread.
#[derive(Clone)]
pub struct PeerHandle {
    id: PeerId,
    address: Address<PeerActor>,
    child: ChildId,
    peers: Supervisor,
}

impl PeerHandle {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.id
    }

    /// Asks something of it. False when it has too much to do: then it is given up, for it would go on as it was, muted or
    /// removed though it should be.
    pub fn tell(&self, command: PeerCommand) -> bool {
        let lane = match &command {
            PeerCommand::Send(_) => PeerLane::Data,
            _ => PeerLane::Control,
        };
        let told = self.address.push(lane, PeerMessage::Command(command));
        let is_full = matches!((lane, told), (PeerLane::Control, Err(refused)) if refused.reason == RefusedReason::Full);
        if is_full {
            self.peers.stop_child(self.child);
        }
        !is_full
    }
}

impl fmt::Debug for PeerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PeerHandle").field(&self.id).finish()
    }
}

/// A place on a shard, given back when it is dropped.
pub(in crate::actors) struct Seat {
    media: MediaHandle,
    shard: ShardId,
    call: CallId,
}

impl Seat {
    fn take(media: &MediaHandle, shard: ShardId, call: CallId) -> Option<Self> {
        let peers = &media.0.shards[usize::from(shard.0)].peers;
        let room = |taken: usize| (taken < SHARD_PEERS_MAX).then_some(taken + 1);
        peers
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .ok()?;
        if let Some(place) = lock(&media.0.calls).get_mut(&call) {
            place.peers += 1;
        }
        let media = media.clone();
        Some(Self { media, shard, call })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let media = &self.media.0;
        media.shards[usize::from(self.shard.0)]
            .peers
            .fetch_sub(1, Ordering::Relaxed);
        if let Some(place) = lock(&media.calls).get_mut(&self.call) {
            place.peers = place.peers.saturating_sub(1);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
