//! Revocations: tokens that end before their time.

use super::{Capability, token::TOKEN_LIFETIME_S_MAX};
use crate::id::{DeviceId, TokenId, UserId};
use std::{collections::HashMap, fmt, str::FromStr};

/// Revocations held at once. Each ends by itself once every token it could hit has expired.
pub const REVOCATIONS_MAX: usize = 65_536;

/// One revocation. Its text form is a line of the revocation file: `token <id> <at_s>`,
/// `device <user> <device> <until_s>` or `user <user> <until_s>`, the last two with `forever` for a ban.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revocation {
    /// One token.
    Token {
        /// Which.
        id: TokenId,
        /// When it was revoked, Unix seconds.
        at_s: u64,
    },
    /// The tokens of one device issued until then. New ones count.
    Device {
        /// Whose.
        user: UserId,
        /// Which.
        device: DeviceId,
        /// Tokens issued at or before this Unix second are hit; `u64::MAX` hits future ones too.
        until_s: u64,
    },
    /// All tokens of a user issued until then. New ones count.
    User {
        /// Who.
        user: UserId,
        /// Tokens issued at or before this Unix second are hit; `u64::MAX` hits future ones too.
        until_s: u64,
    },
}

/// Why a revocation is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// The line is not of one of the three forms.
    #[error(
        "expected `token <id> <s>`, `device <user> <device> <s|forever>` or `user <user> <s|forever>`"
    )]
    Malformed,
    /// There are too many live ones: revoke whole users, or change the node's key.
    #[error("more than {REVOCATIONS_MAX} live revocations")]
    Full,
}

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = |s: &u64| match s {
            &u64::MAX => "forever".to_owned(),
            s => s.to_string(),
        };
        match self {
            Self::Token { id, at_s } => write!(f, "token {id} {at_s}"),
            Self::Device {
                user,
                device,
                until_s,
            } => {
                write!(f, "device {user} {device} {}", until(until_s))
            }
            Self::User { user, until_s } => write!(f, "user {user} {}", until(until_s)),
        }
    }
}

impl FromStr for Revocation {
    type Err = RevocationError;

    fn from_str(line: &str) -> Result<Self, RevocationError> {
        fn read<T: FromStr>(word: &str) -> Result<T, RevocationError> {
            word.parse().map_err(|_| RevocationError::Malformed)
        }
        let until = |word: &str| match word {
            "forever" => Ok(u64::MAX),
            word => read(word),
        };
        let words: Vec<&str> = line.split_ascii_whitespace().take(5).collect();
        match words[..] {
            ["token", id, at_s] => Ok(Self::Token {
                id: read(id)?,
                at_s: read(at_s)?,
            }),
            ["device", user, device, s] => Ok(Self::Device {
                user: read(user)?,
                device: read(device)?,
                until_s: until(s)?,
            }),
            ["user", user, s] => Ok(Self::User {
                user: read(user)?,
                until_s: until(s)?,
            }),
            _ => Err(RevocationError::Malformed),
        }
    }
}

/// The revocations in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revocations {
    tokens: HashMap<TokenId, u64>,
    devices: HashMap<(UserId, DeviceId), u64>,
    users: HashMap<UserId, u64>,
}

impl Revocations {
    /// Reads a revocation file: one per line, empty lines and those that begin with `#` skipped, outdated ones dropped.
    /// `now_s` is Unix seconds.
    ///
    /// # Errors
    /// The number of the first line that is wrong, from 1, and why. Nothing may be skipped: a revocation that is not
    /// understood is one that does not hold.
    pub fn parse(text: &str, now_s: u64) -> Result<Self, (usize, RevocationError)> {
        let mut revocations = Self::default();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let one = line.parse().map_err(|error| (i + 1, error))?;
            revocations
                .add(one, now_s)
                .map_err(|error| (i + 1, error))?;
        }
        Ok(revocations)
    }

    /// Adds one; an outdated one changes nothing. `now_s` is Unix seconds.
    ///
    /// # Errors
    /// [`RevocationError::Full`].
    pub fn add(&mut self, revocation: Revocation, now_s: u64) -> Result<(), RevocationError> {
        let (Revocation::Token { at_s: s, .. }
        | Revocation::Device { until_s: s, .. }
        | Revocation::User { until_s: s, .. }) = &revocation;
        let s = *s;
        if is_over(s, now_s) {
            return Ok(());
        }
        if self.len() >= REVOCATIONS_MAX {
            self.prune(now_s);
        }
        if self.len() >= REVOCATIONS_MAX {
            return Err(RevocationError::Full);
        }
        let entry = match revocation {
            Revocation::Token { id, .. } => self.tokens.entry(id).or_insert(s),
            Revocation::Device { user, device, .. } => {
                self.devices.entry((user, device)).or_insert(s)
            }
            Revocation::User { user, .. } => self.users.entry(user).or_insert(s),
        };
        *entry = s.max(*entry);
        Ok(())
    }

    /// Drops those that no token can be hit by any more. `now_s` is Unix seconds.
    pub fn prune(&mut self, now_s: u64) {
        self.tokens.retain(|_, s| !is_over(*s, now_s));
        self.devices.retain(|_, s| !is_over(*s, now_s));
        self.users.retain(|_, s| !is_over(*s, now_s));
    }

    /// Whether the capability is revoked.
    #[must_use]
    pub fn hits(&self, capability: &Capability) -> bool {
        // Almost always nothing is revoked: then nothing is hashed or cloned.
        if self.is_empty() {
            return false;
        }
        let issued_s = capability.issued_s;
        let device = || (capability.user.clone(), capability.device.clone());
        let until = |s: Option<&u64>| s.is_some_and(|s| issued_s <= *s);
        self.tokens.contains_key(&capability.token_id)
            || until(self.users.get(&capability.user))
            || (!self.devices.is_empty() && until(self.devices.get(&device())))
    }

    /// The keys of those live capabilities that are revoked.
    pub fn hit<'a, K>(
        &'a self,
        live: impl IntoIterator<Item = (K, &'a Capability)>,
    ) -> impl Iterator<Item = K> {
        let live = live.into_iter();
        live.filter_map(|(key, capability)| self.hits(capability).then_some(key))
    }

    /// How many there are, at most [`REVOCATIONS_MAX`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len() + self.devices.len() + self.users.len()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether every token issued until then has expired. A day more than the longest life, for clocks that differ.
fn is_over(s: u64, now_s: u64) -> bool {
    s.saturating_add(TOKEN_LIFETIME_S_MAX + 24 * 3600) < now_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Principal, Rights};

    const NOW_S: u64 = 1_800_000_000;

    fn capability(user: &str, device: &str, token: u8) -> Capability {
        Capability {
            principal: Principal::User,
            user: user.parse().expect("an id"),
            device: device.parse().expect("an id"),
            name: user.into(),
            rights: Rights::ALL,
            rooms: None,
            issued_s: NOW_S,
            expires_ms: (NOW_S + 60) * 1000,
            token_id: TokenId::from_bytes([token; 16]),
        }
    }

    fn revocations(lines: &str) -> Revocations {
        Revocations::parse(lines, NOW_S).expect("a legal file")
    }

    #[test]
    fn each_kind_hits_what_it_names_and_nothing_else() {
        let live = [
            capability("ann", "web", 1),
            capability("ann", "phone", 2),
            capability("bob", "web", 3),
        ];
        let hit = |lines: &str| -> Vec<usize> {
            revocations(lines).hit(live.iter().enumerate()).collect()
        };
        assert_eq!(hit(""), [0; 0]);
        assert_eq!(hit(&format!("token {} {NOW_S}", live[1].token_id)), [1]);
        assert_eq!(hit(&format!("device ann web {NOW_S}")), [0]);
        assert_eq!(hit(&format!("# a comment\n\nuser ann {NOW_S}\n")), [0, 1]);
        assert_eq!(hit("user bob forever"), [2]);
    }

    #[test]
    fn a_token_issued_later_counts_again() {
        assert!(
            !revocations(&format!("user ann {}", NOW_S - 1)).hits(&capability("ann", "web", 1))
        );
        assert!(revocations(&format!("user ann {NOW_S}")).hits(&capability("ann", "web", 1)));
        let last_wins_not_lines = format!("user ann {NOW_S}\nuser ann {}", NOW_S - 9);
        assert!(revocations(&last_wins_not_lines).hits(&capability("ann", "web", 1)));
    }

    #[test]
    fn lines_round_trip_and_wrong_ones_are_named() {
        for line in [
            "user ann forever",
            "device ann web 7",
            "token 00000000000000000000000000000001 7",
        ] {
            assert_eq!(line.parse::<Revocation>().expect("legal").to_string(), line);
        }
        for bad in [
            "user",
            "user ann",
            "user a/b 7",
            "user ann 7 7",
            "token x 7",
            "device ann 7",
            "all 7",
        ] {
            let file = format!("user ann {NOW_S}\n{bad}\n");
            assert_eq!(
                Revocations::parse(&file, NOW_S),
                Err((2, RevocationError::Malformed)),
                "{bad}"
            );
        }
    }

    #[test]
    fn the_set_is_bounded_and_empties_itself() {
        let mut set = Revocations::default();
        for i in 0..REVOCATIONS_MAX {
            let user = format!("u{i}").parse().expect("an id");
            set.add(
                Revocation::User {
                    user,
                    until_s: NOW_S,
                },
                NOW_S,
            )
            .expect("room for it");
        }
        let one = || "user ann forever".parse::<Revocation>().expect("legal");
        assert_eq!(set.add(one(), NOW_S), Err(RevocationError::Full));
        let later = NOW_S + TOKEN_LIFETIME_S_MAX + 24 * 3600 + 1;
        assert_eq!(set.add(one(), later), Ok(()));
        assert_eq!(set.len(), 1);
    }
}
