//! Rights: what a token lets its bearer do at most.

use crate::crdt::Role;
use std::{fmt, str::FromStr};

/// One right, as a token lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Right {
    /// Follow rooms and read them.
    Read,
    /// Write: posts, edits, reactions, read markers.
    Post,
    /// Make rooms and direct rooms.
    Create,
    /// Act as a [`Role::Member`] where one is: topic, pins, invites.
    Member,
    /// Act as a [`Role::Moderator`] where one is.
    Moderate,
    /// Act as a [`Role::Owner`] where one is.
    Admin,
}

impl Right {
    /// Every right, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Post,
        Self::Create,
        Self::Member,
        Self::Moderate,
        Self::Admin,
    ];

    /// The word in the token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Post => "post",
            Self::Create => "create",
            Self::Member => "member",
            Self::Moderate => "moderate",
            Self::Admin => "admin",
        }
    }
}

/// A text names no right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a right: use read, post, create, member, moderate, admin")]
pub struct RightsError(pub String);

impl FromStr for Right {
    type Err = RightsError;

    fn from_str(text: &str) -> Result<Self, RightsError> {
        Self::ALL
            .into_iter()
            .find(|right| right.as_str() == text)
            .ok_or_else(|| RightsError(text.into()))
    }
}

/// A set of rights. It caps: the membership in a room decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u8);

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// Every right: nothing but the membership limits the bearer.
    pub const ALL: Self = Self(0b11_1111);
    /// What a guest has: read and post, at most in the role of a guest.
    pub const GUEST: Self = Self::NONE.with(Right::Read).with(Right::Post);

    /// These rights and one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | 1 << right as u8)
    }

    /// Whether the right is among these.
    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & 1 << right as u8 != 0
    }

    /// The rights in order.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// The strongest role the bearer may act in. Each role includes those below it.
    #[must_use]
    pub const fn role_max(self) -> Role {
        if self.has(Right::Admin) {
            Role::Owner
        } else if self.has(Right::Moderate) {
            Role::Moderator
        } else if self.has(Right::Member) {
            Role::Member
        } else {
            Role::Guest
        }
    }

    /// May follow and read rooms.
    #[must_use]
    pub const fn can_read(self) -> bool {
        self.has(Right::Read)
    }

    /// May write ops and read markers.
    #[must_use]
    pub const fn can_post(self) -> bool {
        self.has(Right::Post)
    }

    /// May make rooms.
    #[must_use]
    pub const fn can_create(self) -> bool {
        self.has(Right::Create)
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, right) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}", right.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_from_the_strongest_right() {
        assert_eq!(Rights::GUEST.role_max(), Role::Guest);
        assert_eq!(Rights::GUEST.with(Right::Member).role_max(), Role::Member);
        assert_eq!(Rights::ALL.role_max(), Role::Owner);
        assert_eq!(Rights::from_iter(Right::ALL), Rights::ALL);
    }

    #[test]
    fn words_round_trip() {
        for right in Right::ALL {
            assert_eq!(right.as_str().parse(), Ok(right));
        }
        assert_eq!(Rights::GUEST.to_string(), "read,post");
        assert!("root".parse::<Right>().is_err());
    }
}
