//! The key schema. One tree holds everything, so that any set of changes is one atomic batch.
//!
//! Keys are plain (ids, offsets and counters can be seen on disk), values are sealed and bound to their key.
//! Integers are big-endian, so that the sort order is the numeric order.
//!
//! | key | value |
//! |---|---|
//! | `N` `m` | meta: format, node id, signing key |
//! | `N` `k` id⁴ | data key, wrapped by the master key (the only value not sealed by a data key) |
//! | `N` `i` | present while an import runs |
//! | `N` `w` | how many fsyncs there were (see `watermark`) |
//! | `N` `u` user `00` room¹⁶ | the user is joined to the room |
//! | `N` `o` room¹⁶ | the room is public |
//! | `N` `g` key³² | guest by public key |
//! | `N` `n` sha256(name)¹⁶ | guest's public key by name |
//! | `N` `v` sha256(kind, id)¹⁶ | revocation |
//! | `N` `p` room¹⁶ | present while a purge of the room is being scrubbed |
//! | `N` `t` room¹⁶ dot¹⁶ | deleted message some of whose edits still have a body |
//! | `R` room¹⁶ `h` | head |
//! | `R` room¹⁶ `s` | settings |
//! | `R` room¹⁶ `l` offset⁸ | log: the op with stamp, fingerprint, post count |
//! | `R` room¹⁶ `d` replica⁸ counter⁸ | dot index: offset |
//! | `R` room¹⁶ `c` replica⁸ | highest counter of the replica |
//! | `R` room¹⁶ `b` replica⁸ | owner of the replica |
//! | `R` room¹⁶ `e` replica⁸ counter⁸ offset⁸ | an edit of that message which still has a body |
//! | `R` room¹⁶ `x` replica⁸ counter⁸ | a delete of that message is stored |
//! | `R` room¹⁶ `p` | scrubbing: up to which stamp, done up to which offset |
//! | `R` room¹⁶ `m` user | member |
//! | `R` room¹⁶ `i` invite¹⁶ | invite |

use crate::crdt::Dot;
use crate::id::{Counter, InviteId, Offset, ReplicaId, RoomId, UserId};
use sha2::{Digest, Sha256};

/// Bytes of a room key before what its kind adds: `R`, room, kind.
const ROOM_KEY_BYTES: usize = 18;

/// The node's meta record.
pub(super) const META: &[u8] = b"Nm";
/// Data keys.
pub(super) const DATA_KEYS: &[u8] = b"Nk";
/// Present while an import runs.
pub(super) const IMPORTING: &[u8] = b"Ni";
/// How many fsyncs there were.
pub(super) const SYNC_COUNT: &[u8] = b"Nw";
/// Public rooms.
pub(super) const PUBLIC_ROOMS: &[u8] = b"No";
/// Users' rooms.
pub(super) const USER_ROOMS: &[u8] = b"Nu";
/// Guests by key.
pub(super) const GUESTS: &[u8] = b"Ng";
/// Guests by name.
pub(super) const GUEST_NAMES: &[u8] = b"Nn";
/// Revocations.
pub(super) const REVOCATIONS: &[u8] = b"Nv";
/// Purges being scrubbed.
pub(super) const PURGES: &[u8] = b"Np";
/// Deleted messages with edits to scrub.
pub(super) const STRIPS: &[u8] = b"Nt";
/// Rooms.
pub(super) const ROOMS: &[u8] = b"R";

/// What a room key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RoomKind {
    Head = b'h',
    Settings = b's',
    Log = b'l',
    Dot = b'd',
    Counter = b'c',
    Owner = b'b',
    Edit = b'e',
    Deleted = b'x',
    Scrub = b'p',
    Member = b'm',
    Invite = b'i',
}

/// The data key's record.
pub(super) fn data_key(id: u32) -> Vec<u8> {
    [DATA_KEYS, &id.to_be_bytes()].concat()
}

/// All rooms of a user; the room follows.
pub(super) fn user_rooms(user: &UserId) -> Vec<u8> {
    [USER_ROOMS, user.as_str().as_bytes(), &[0]].concat()
}

/// A room of a user.
pub(super) fn user_room(user: &UserId, room: RoomId) -> Vec<u8> {
    [&user_rooms(user)[..], room.as_bytes()].concat()
}

/// A public room.
pub(super) fn public_room(room: RoomId) -> Vec<u8> {
    [PUBLIC_ROOMS, room.as_bytes()].concat()
}

/// A guest.
pub(super) fn guest(public_key: &[u8; 32]) -> Vec<u8> {
    [GUESTS, public_key].concat()
}

/// A guest's name, hashed: names are up to 128 bytes of anything.
pub(super) fn guest_name(name: &str) -> Vec<u8> {
    [GUEST_NAMES, &digest(&[name.as_bytes()])].concat()
}

/// A revocation, hashed for the same reason.
pub(super) fn revocation(parts: &[&[u8]]) -> Vec<u8> {
    [REVOCATIONS, &digest(parts)].concat()
}

/// A purge being scrubbed.
pub(super) fn purge(room: RoomId) -> Vec<u8> {
    [PURGES, room.as_bytes()].concat()
}

/// A deleted message with edits to scrub.
pub(super) fn strip(room: RoomId, target: Dot) -> Vec<u8> {
    [STRIPS, room.as_bytes(), &dot_bytes(target)].concat()
}

/// Everything of a room.
pub(super) fn room(room: RoomId) -> Vec<u8> {
    [ROOMS, room.as_bytes()].concat()
}

/// Everything of a kind in a room, or its one record.
pub(super) fn of(room: RoomId, kind: RoomKind) -> Vec<u8> {
    let mut key = Vec::with_capacity(ROOM_KEY_BYTES + 24);
    key.extend_from_slice(ROOMS);
    key.extend_from_slice(room.as_bytes());
    key.push(kind as u8);
    key
}

/// An entry of the log.
pub(super) fn log(room: RoomId, offset: Offset) -> Vec<u8> {
    with(room, RoomKind::Log, &offset.get().to_be_bytes())
}

/// The dot index.
pub(super) fn dot(room: RoomId, dot: Dot) -> Vec<u8> {
    with(room, RoomKind::Dot, &dot_bytes(dot))
}

/// A replica's highest counter.
pub(super) fn counter(room: RoomId, replica: ReplicaId) -> Vec<u8> {
    with(room, RoomKind::Counter, replica.as_bytes())
}

/// A replica's owner.
pub(super) fn owner(room: RoomId, replica: ReplicaId) -> Vec<u8> {
    with(room, RoomKind::Owner, replica.as_bytes())
}

/// All edits of a message that still have a body; the offset follows.
pub(super) fn edits(room: RoomId, target: Dot) -> Vec<u8> {
    with(room, RoomKind::Edit, &dot_bytes(target))
}

/// An edit of a message.
pub(super) fn edit(room: RoomId, target: Dot, offset: Offset) -> Vec<u8> {
    [&edits(room, target)[..], &offset.get().to_be_bytes()].concat()
}

/// A delete of the message is stored.
pub(super) fn deleted(room: RoomId, target: Dot) -> Vec<u8> {
    with(room, RoomKind::Deleted, &dot_bytes(target))
}

/// A member.
pub(super) fn member(room: RoomId, user: &UserId) -> Vec<u8> {
    with(room, RoomKind::Member, user.as_str().as_bytes())
}

/// An invite.
pub(super) fn invite(room: RoomId, invite: InviteId) -> Vec<u8> {
    with(room, RoomKind::Invite, invite.as_bytes())
}

/// The room and kind of a room key, and what follows them.
pub(super) fn parse_room(key: &[u8]) -> Option<(RoomId, RoomKind, &[u8])> {
    let rest = key.strip_prefix(ROOMS)?;
    let (room, rest) = rest.split_first_chunk::<16>()?;
    let (kind, rest) = rest.split_first()?;
    let kind = match kind {
        b'h' => RoomKind::Head,
        b's' => RoomKind::Settings,
        b'l' => RoomKind::Log,
        b'd' => RoomKind::Dot,
        b'c' => RoomKind::Counter,
        b'b' => RoomKind::Owner,
        b'e' => RoomKind::Edit,
        b'x' => RoomKind::Deleted,
        b'p' => RoomKind::Scrub,
        b'm' => RoomKind::Member,
        b'i' => RoomKind::Invite,
        _ => return None,
    };
    Some((RoomId::from_bytes(*room), kind, rest))
}

/// The room at the end of a list key.
pub(super) fn trailing_room(key: &[u8]) -> Option<RoomId> {
    key.last_chunk().map(|bytes| RoomId::from_bytes(*bytes))
}

/// The offset that ends a log or edit key.
pub(super) fn trailing_offset(key: &[u8]) -> Option<Offset> {
    let number = u64::from_be_bytes(*key.last_chunk()?);
    Offset::try_from(number).ok()
}

/// The replica that ends a replica key.
pub(super) fn trailing_replica(key: &[u8]) -> Option<ReplicaId> {
    key.last_chunk().map(|bytes| ReplicaId::from_bytes(*bytes))
}

/// The dot written at the start of `bytes`.
pub(super) fn leading_dot(bytes: &[u8]) -> Option<Dot> {
    let (replica, rest) = bytes.split_first_chunk::<8>()?;
    let counter = u64::from_be_bytes(*rest.first_chunk()?);
    let counter = Counter::try_from(counter).ok()?;
    Some(Dot::new(ReplicaId::from_bytes(*replica), counter))
}

/// The least key above every key that starts with `prefix`.
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

fn with(room: RoomId, kind: RoomKind, rest: &[u8]) -> Vec<u8> {
    let mut key = of(room, kind);
    key.extend_from_slice(rest);
    key
}

fn dot_bytes(dot: Dot) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(dot.replica().as_bytes());
    bytes[8..].copy_from_slice(&dot.counter().get().to_be_bytes());
    bytes
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    *hash
        .finalize()
        .first_chunk()
        .expect("SHA-256 has 32 bytes, 16 are taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_keys_parse_back_and_sort_by_number() {
        let id = RoomId::from_bytes([7; 16]);
        let offset = |n| Offset::try_from(n).expect("in range");
        assert!(log(id, offset(255)) < log(id, offset(256)));
        let key = log(id, offset(9));
        let (room, kind, rest) = parse_room(&key).expect("a room key");
        assert_eq!((room, kind), (id, RoomKind::Log));
        assert_eq!(trailing_offset(rest), Some(offset(9)));
        let target = Dot::new(
            ReplicaId::from_bytes([3; 8]),
            Counter::try_from(5).expect("in range"),
        );
        let key = edit(id, target, offset(77));
        let (_, kind, rest) = parse_room(&key).expect("a room key");
        assert_eq!(kind, RoomKind::Edit);
        assert_eq!(leading_dot(rest), Some(target));
        assert_eq!(trailing_offset(rest), Some(offset(77)));
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(after_prefix(b"ab"), b"ac");
        assert_eq!(after_prefix(&[1, 255]), [2]);
        // A user whose id starts with another's must not be listed with it.
        let (ann, anna) = ("ann".parse(), "anna".parse());
        let room = RoomId::from_bytes([0; 16]);
        let key = user_room(&anna.expect("an id"), room);
        assert!(!key.starts_with(&user_rooms(&ann.expect("an id"))));
    }
}
