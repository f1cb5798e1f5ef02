//! Capability tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), short-lived.

use super::{Capability, GUEST_PREFIX, NodeKey, NodePublicKey, Principal, Right, Rights};
use crate::id::{DeviceId, NodeId, RoomId, TokenId, UserId, WIRE_INTEGER_MAX};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The audience every token must name.
pub const AUDIENCE: &str = "greenroom";
/// The longest token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4096;
/// The longest life of a token, in seconds: a revocation need not be remembered for longer.
pub const TOKEN_LIFETIME_S_MAX: u64 = 30 * 24 * 3600;
/// Rooms one token may list (more do not fit in its size anyway).
pub const TOKEN_ROOMS_MAX: usize = 64;
/// Keys a verifier may hold: its own, and those it still accepts after a change.
const KEYS_MAX: usize = 4;
/// Rights a token may list; unknown ones grant nothing.
const RIGHTS_LISTED_MAX: usize = 32;
/// A display name, in bytes of UTF-8.
const NAME_BYTES_MAX: usize = 128;

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It ran out: get a new one.
    #[error("the token has expired")]
    Expired,
    /// Issued in the future: the clocks of its issuer and of this node differ.
    #[error("the token is not valid yet: the clocks of its issuer and of this server differ")]
    NotYetValid,
    /// Signed by a key this node does not know.
    #[error("the token is signed by a key this server does not know")]
    ForeignKey,
    /// Claims to be of this node's key, but the signature is wrong.
    #[error("the token's signature is wrong")]
    Forged,
    /// Made for something else.
    #[error("the token is not for greenroom")]
    WrongAudience,
    /// Not a token of this form; the text says what is wrong.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
}

/// What a new token shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// Display name, 1 to 128 bytes.
    pub name: String,
    /// The cap on what it may do.
    pub rights: Rights,
    /// The only rooms it may touch; `None`: any.
    pub rooms: Option<BTreeSet<RoomId>>,
    /// How long it lives, seconds (1 to [`TOKEN_LIFETIME_S_MAX`]).
    pub lifetime_s: u64,
}

/// Why a token cannot be minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The lifetime is zero or too long.
    #[error("a token lives from 1 second to 30 days")]
    Lifetime,
    /// Too many rooms.
    #[error("a token lists at most {TOKEN_ROOMS_MAX} rooms")]
    Rooms,
    /// The name is empty or too long.
    #[error("a display name has 1 to 128 bytes, none of them control characters")]
    Name,
    /// The user id is one only a guest's key can give.
    #[error("user ids beginning with `guest-` belong to guests, who prove a key")]
    GuestId,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: UserId,
    device: DeviceId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rooms: Option<BTreeSet<RoomId>>,
    rights: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    guest: bool,
    iat: u64,
    exp: u64,
    jti: TokenId,
}

/// RFC 7519 §4.1.3: one string or several.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Mints tokens with the node's key.
pub struct TokenMint {
    key: EncodingKey,
    node: NodeId,
}

impl TokenMint {
    /// A mint of this node.
    #[must_use]
    pub fn new(key: &NodeKey) -> Self {
        Self {
            key: EncodingKey::from_ed_der(&key.to_pkcs8()),
            node: key.node_id(),
        }
    }

    /// A token for a user. `id` is random; `now_s` is Unix seconds.
    ///
    /// # Errors
    /// [`MintError`]: what to change in the grant.
    pub fn user(&self, grant: &Grant, id: TokenId, now_s: u64) -> Result<String, MintError> {
        if grant.user.as_str().starts_with(GUEST_PREFIX) {
            return Err(MintError::GuestId);
        }
        self.mint(grant, Principal::User, id, now_s)
    }

    /// A token for a guest who has just proven the key that gives `grant.user` and `grant.device`
    /// ([`super::GuestKey`]).
    ///
    /// # Errors
    /// [`MintError`]: what to change in the grant.
    pub fn guest(&self, grant: &Grant, id: TokenId, now_s: u64) -> Result<String, MintError> {
        self.mint(grant, Principal::Guest, id, now_s)
    }

    fn mint(
        &self,
        grant: &Grant,
        principal: Principal,
        id: TokenId,
        now_s: u64,
    ) -> Result<String, MintError> {
        if !(1..=TOKEN_LIFETIME_S_MAX).contains(&grant.lifetime_s) {
            return Err(MintError::Lifetime);
        }
        if grant
            .rooms
            .as_ref()
            .is_some_and(|r| r.len() > TOKEN_ROOMS_MAX)
        {
            return Err(MintError::Rooms);
        }
        if !name_is_legal(&grant.name) {
            return Err(MintError::Name);
        }
        let claims = Claims {
            iss: self.node.to_string(),
            aud: Audience::One(AUDIENCE.into()),
            sub: grant.user.clone(),
            device: grant.device.clone(),
            name: grant.name.clone(),
            rooms: grant.rooms.clone(),
            rights: grant.rights.iter().map(|r| r.as_str().into()).collect(),
            guest: principal == Principal::Guest,
            iat: now_s,
            exp: now_s.saturating_add(grant.lifetime_s),
            jti: id,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.node.to_string());
        let token = jsonwebtoken::encode(&header, &claims, &self.key)
            .expect("an Ed25519 key signs any claims of text and numbers");
        debug_assert!(
            token.len() <= TOKEN_BYTES_MAX,
            "the bounds above keep it small"
        );
        Ok(token)
    }
}

/// Checks tokens against the keys this node trusts.
pub struct TokenVerifier {
    keys: Vec<(NodeId, DecodingKey)>,
    validation: Validation,
    leeway_s: u64,
}

impl TokenVerifier {
    /// A verifier that accepts tokens of these keys (the first [`KEYS_MAX`] count), with a leeway for clocks that differ.
    #[must_use]
    pub fn new(keys: &[NodePublicKey], leeway_s: u64) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Time and audience are checked below: here time is an argument, and every fault has its own error.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let keys = keys.iter().take(KEYS_MAX);
        Self {
            keys: keys
                .map(|key| (key.node_id(), DecodingKey::from_ed_der(key.as_bytes())))
                .collect(),
            validation,
            leeway_s,
        }
    }

    /// What the token allows. `now_s` is Unix seconds. Revocation is asked of [`super::Revocations`].
    ///
    /// # Errors
    /// [`TokenError`]: why it does not count.
    pub fn verify(&self, token: &str, now_s: u64) -> Result<Capability, TokenError> {
        let claims = self.authentic(token)?;
        let addressed = match &claims.aud {
            Audience::One(one) => one == AUDIENCE,
            Audience::Many(many) => many.iter().any(|one| one == AUDIENCE),
        };
        if !addressed {
            return Err(TokenError::WrongAudience);
        }
        if claims.exp <= claims.iat || claims.exp > WIRE_INTEGER_MAX / 1000 {
            return Err(TokenError::Malformed("`exp` is not after `iat`"));
        }
        if claims.exp - claims.iat > TOKEN_LIFETIME_S_MAX {
            return Err(TokenError::Malformed("it lives longer than 30 days"));
        }
        if claims.iat > now_s.saturating_add(self.leeway_s) {
            return Err(TokenError::NotYetValid);
        }
        if now_s >= claims.exp.saturating_add(self.leeway_s) {
            return Err(TokenError::Expired);
        }
        capability(claims)
    }

    /// The claims, once their signature is known to be of a trusted key.
    fn authentic(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed("longer than 4096 bytes"));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| TokenError::Malformed("not a JWT with a known algorithm"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Malformed("the algorithm is not EdDSA"));
        }
        let mut failure = TokenError::ForeignKey;
        for (node, key) in &self.keys {
            let named = header.kid.as_ref().map(|kid| *kid == node.to_string());
            if named == Some(false) {
                continue;
            }
            match jsonwebtoken::decode::<Claims>(token, key, &self.validation) {
                Ok(data) if data.claims.iss == node.to_string() => return Ok(data.claims),
                Ok(_) => return Err(TokenError::Malformed("`iss` is not the node of its key")),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {
                    if named == Some(true) {
                        failure = TokenError::Forged;
                    }
                }
                Err(_) => return Err(TokenError::Malformed("a claim is missing or malformed")),
            }
        }
        Err(failure)
    }
}

fn capability(claims: Claims) -> Result<Capability, TokenError> {
    if !name_is_legal(&claims.name) {
        return Err(TokenError::Malformed(
            "`name` is empty, too long or unprintable",
        ));
    }
    if claims
        .rooms
        .as_ref()
        .is_some_and(|r| r.len() > TOKEN_ROOMS_MAX)
    {
        return Err(TokenError::Malformed("too many rooms"));
    }
    if claims.rights.len() > RIGHTS_LISTED_MAX {
        return Err(TokenError::Malformed("too many rights"));
    }
    // A right of a later version grants nothing here.
    let known = |word: &String| word.parse::<Right>().ok();
    let guest_id = claims.sub.as_str().starts_with(GUEST_PREFIX);
    if guest_id != claims.guest {
        return Err(TokenError::Malformed(
            "`guest` and `sub` contradict each other",
        ));
    }
    Ok(Capability {
        principal: if claims.guest {
            Principal::Guest
        } else {
            Principal::User
        },
        rights: claims.rights.iter().filter_map(known).collect(),
        user: claims.sub,
        device: claims.device,
        name: claims.name,
        rooms: claims.rooms,
        issued_s: claims.iat,
        expires_ms: claims.exp * 1000,
        token_id: claims.jti,
    })
}

fn name_is_legal(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
