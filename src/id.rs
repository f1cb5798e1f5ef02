//! Identities: newtypes for everything that has a name on the wire or on disk.
//!
//! Owns the textual and numeric forms of ids. Knows nothing of what they identify.
//! Random ids are made by the layers that own a random source (`storage`, `actors`), through `from_bytes`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr, sync::Arc};

/// The largest integer any number on the wire may have: 2^53 − 1, what every JSON reader holds exactly (RFC 8259 §6).
pub const WIRE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The longest user or device id, in bytes.
pub const NAME_ID_BYTES_MAX: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not the expected number of lowercase hexadecimal digits.
    #[error("expected {expected} lowercase hexadecimal digits")]
    Hex {
        /// Digits the id has.
        expected: usize,
    },
    /// A user or device id is empty, too long, or has a character outside `A–Z a–z 0–9 . _ ~ @ : -`.
    #[error("expected 1 to 64 characters of A-Z a-z 0-9 . _ ~ @ : -")]
    Name,
    /// A number is zero where it may not be, or beyond [`WIRE_INTEGER_MAX`].
    #[error("expected an integer from {min} to 2^53-1")]
    Integer {
        /// The least value allowed.
        min: u64,
    },
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The id with these bytes (big-endian order is the sort order).
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; $bytes * 2];
                hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError::Hex { expected: $bytes * 2 };
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(error);
                }
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| error)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer)
            }
        }
    };
}

hex_id!(
    /// A room: 32 hexadecimal digits.
    RoomId,
    16
);
hex_id!(
    /// One incarnation of a room's log on one node: 16 hexadecimal digits, random. A cursor is only valid within its epoch.
    Epoch,
    8
);
hex_id!(
    /// One device's writer identity in a room: 16 hexadecimal digits, random, chosen by the client.
    ReplicaId,
    8
);
hex_id!(
    /// A node: 16 hexadecimal digits, random, made with its database.
    NodeId,
    8
);
hex_id!(
    /// A call: 32 hexadecimal digits, random.
    CallId,
    16
);
hex_id!(
    /// An invite to a room: 32 hexadecimal digits, random; knowing it is the right to use it.
    InviteId,
    16
);

hex_id!(
    /// One capability token: 32 hexadecimal digits, random. Revocation names it.
    TokenId,
    16
);

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let legal = |b: u8| b.is_ascii_alphanumeric() || b"._~@:-".contains(&b);
                if text.is_empty() || text.len() > NAME_ID_BYTES_MAX || !text.bytes().all(legal) {
                    return Err(IdError::Name);
                }
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer)
            }
        }
    };
}

name_id!(
    /// A person or bot: 1 to 64 characters of `A–Z a–z 0–9 . _ ~ @ : -`, given by whoever mints its token.
    UserId
);
name_id!(
    /// One device of a user, in the same characters.
    DeviceId
);

/// Deserializes through `FromStr`.
fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = IdError>,
{
    struct Text<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err = IdError>> de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(std::marker::PhantomData))
}

macro_rules! wire_integer {
    ($(#[$doc:meta])* $name:ident, $min:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// The least value.
            pub const MIN: Self = Self($min);

            /// The value as a number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The value after this one; saturates at 2^53 − 1, which no log reaches.
            #[must_use]
            pub const fn next(self) -> Self {
                if self.0 < WIRE_INTEGER_MAX { Self(self.0 + 1) } else { self }
            }
        }

        impl TryFrom<u64> for $name {
            type Error = IdError;

            fn try_from(value: u64) -> Result<Self, IdError> {
                if !($min..=WIRE_INTEGER_MAX).contains(&value) {
                    return Err(IdError::Integer { min: $min });
                }
                Ok(Self(value))
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> u64 {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

wire_integer!(
    /// An op's place in this node's log of a room: 1, 2, 3 … without gaps. 0 is "before the first".
    Offset,
    0
);
wire_integer!(
    /// A replica's own count of its ops: 1, 2, 3 … without gaps.
    Counter,
    1
);

/// One connection of this process, counted from its start; never on the wire or on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_ids_round_trip_and_refuse_other_forms() {
        let id: ReplicaId = "00000000000000ff".parse().expect("16 digits");
        assert_eq!(id.to_string(), "00000000000000ff");
        assert_eq!(id.as_bytes()[7], 255);
        for bad in [
            "",
            "ff",
            "00000000000000FF",
            "00000000000000fg",
            "00000000000000ff0",
        ] {
            assert!(bad.parse::<ReplicaId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn name_ids_refuse_what_could_break_a_key_or_a_page() {
        assert!("ann@ship-2:web.1~x_".parse::<UserId>().is_ok());
        for bad in ["", "a b", "a/b", "é", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn wire_integers_stay_below_2_to_the_53() {
        assert!(Counter::try_from(0).is_err());
        assert!(Offset::try_from(0).is_ok());
        assert!(Offset::try_from(WIRE_INTEGER_MAX + 1).is_err());
        assert!(serde_json::from_str::<Counter>("9007199254740992").is_err());
        assert_eq!(
            serde_json::from_str::<Counter>("7")
                .expect("in range")
                .get(),
            7
        );
    }
}
