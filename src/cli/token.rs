//! `greenroom token`: the node's key file is all it needs, so it works while the server holds the database.

use super::Source;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use greenroom::access::{
    Capability, Grant, Principal, Revocation, Right, Rights, TokenMint, TokenVerifier,
};
use greenroom::app::data_folder;
use greenroom::app::gate::{node_key, now_s};
use greenroom::app::revoked::RevokedFile;
use greenroom::config::Config;
use greenroom::id::{DeviceId, RoomId, TokenId, UserId};
use std::{io::Read, path::PathBuf};

/// The longest text read as a token, in bytes: what is longer is refused as a token anyway.
const STDIN_BYTES_MAX: u64 = 64 * 1024;

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true
)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Option<TokenCommand>,
    /// Without a command: mint.
    #[command(flatten)]
    mint: Option<Mint>,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Print a new token, signed with the node's key.
    Mint(Mint),
    /// Revoke tokens; a running server closes their connections within seconds.
    Revoke(Revoke),
    /// Say what a token allows, and whether this node would take it.
    Inspect(Inspect),
}

#[derive(Args)]
struct Mint {
    // Not a flattened `Source`: clap cannot tell whether an optional group with another inside was given.
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "GREENROOM_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Who: 1 to 64 characters of A-Z a-z 0-9 . _ ~ @ : -
    #[arg(long)]
    user: UserId,
    /// On which device, in the same characters.
    #[arg(long, default_value = "default")]
    device: DeviceId,
    /// Display name; the user id if absent.
    #[arg(long)]
    name: Option<String>,
    /// The only rooms it may touch, comma-separated ids; absent: any.
    #[arg(long, value_delimiter = ',')]
    rooms: Option<Vec<RoomId>>,
    /// The most it may do, comma-separated: read, post, create, member, moderate, admin. Absent: all; what its user may
    /// do in a room is decided by the membership there.
    #[arg(long, value_delimiter = ',')]
    rights: Option<Vec<Right>>,
    /// How long it lives: seconds, or with a unit such as 30m, 12h, 7d; at most 30d.
    #[arg(long, default_value = "12h", value_parser = lifetime_s)]
    ttl: u64,
}

#[derive(Args)]
struct Revoke {
    #[command(flatten)]
    source: Source,
    /// One token, by itself (a `.` is in it) or by its id.
    #[arg(long, conflicts_with_all = ["user", "device", "forever"], required_unless_present = "user")]
    token: Option<String>,
    /// All tokens of a user issued until now.
    #[arg(long)]
    user: Option<UserId>,
    /// Only those of this device.
    #[arg(long, requires = "user")]
    device: Option<DeviceId>,
    /// Those issued in future too.
    #[arg(long, requires = "user")]
    forever: bool,
}

#[derive(Args)]
struct Inspect {
    #[command(flatten)]
    source: Source,
    /// The token; read from standard input if absent.
    token: Option<String>,
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match (self.command, self.mint) {
            (Some(TokenCommand::Mint(mint)), _) | (None, Some(mint)) => mint.run(),
            (Some(TokenCommand::Revoke(revoke)), _) => revoke.run(),
            (Some(TokenCommand::Inspect(inspect)), _) => inspect.run(),
            (None, None) => bail!("use `greenroom token mint|revoke|inspect`, or --user to mint"),
        }
    }
}

impl Mint {
    fn run(self) -> anyhow::Result<()> {
        let source = Source {
            config: self.config,
            data: self.data,
        };
        let config = source.load()?;
        let mint = TokenMint::new(&node_key(&config.node_key_file())?);
        let grant = Grant {
            name: self.name.unwrap_or_else(|| self.user.to_string()),
            user: self.user,
            device: self.device,
            rights: self.rights.map_or(Rights::ALL, Rights::from_iter),
            rooms: self.rooms.map(|rooms| rooms.into_iter().collect()),
            lifetime_s: self.ttl,
        };
        let mut id = [0; 16];
        getrandom::fill(&mut id).context("the system gives no random bytes")?;
        println!("{}", mint.user(&grant, TokenId::from_bytes(id), now_s())?);
        Ok(())
    }
}

impl Revoke {
    fn run(self) -> anyhow::Result<()> {
        let config = self.source.load()?;
        let until_s = if self.forever { u64::MAX } else { now_s() };
        let revocation = match (self.token, self.user, self.device) {
            (Some(token), ..) => Revocation::Token {
                id: token_id(&config, &token)?,
                at_s: now_s(),
            },
            (None, Some(user), Some(device)) => Revocation::Device {
                user,
                device,
                until_s,
            },
            (None, Some(user), None) => Revocation::User { user, until_s },
            (None, None, _) => bail!("name a --token or a --user"),
        };
        let folder = &config.server.data;
        data_folder::create(folder)
            .with_context(|| format!("cannot use the data folder {}", folder.display()))?;
        RevokedFile::in_folder(folder).append(&revocation)?;
        eprintln!("revoked: {revocation}");
        Ok(())
    }
}

impl Inspect {
    fn run(self) -> anyhow::Result<()> {
        let config = self.source.load()?;
        let token = match self.token {
            Some(token) => token,
            None => {
                let mut text = String::new();
                std::io::stdin()
                    .take(STDIN_BYTES_MAX)
                    .read_to_string(&mut text)
                    .context("cannot read standard input")?;
                text
            }
        };
        let capability = verifier(&config)?
            .verify(token.trim(), now_s())
            .context("this node refuses the token")?;
        println!("{}", describe(&capability));
        let revocations = RevokedFile::in_folder(&config.server.data).poll(now_s())?;
        if revocations.is_some_and(|revocations| revocations.hits(&capability)) {
            bail!("this node refuses the token: it is revoked");
        }
        Ok(())
    }
}

/// One JSON object, for people and scripts.
fn describe(capability: &Capability) -> serde_json::Value {
    let rights: Vec<_> = capability.rights.iter().map(Right::as_str).collect();
    let guest = capability.principal == Principal::Guest;
    serde_json::json!({
        "user": capability.user,
        "device": capability.device,
        "name": capability.name,
        "guest": guest,
        "rights": rights,
        "rooms": capability.rooms,
        "issued_ms": capability.issued_s * 1000,
        "expires_ms": capability.expires_ms,
        "token_id": capability.token_id,
    })
}

/// The id of a token: given itself, or read from a token of this node that has not expired.
fn token_id(config: &Config, token: &str) -> anyhow::Result<TokenId> {
    if !token.contains('.') {
        return token.parse().context("not a token, nor the id of one");
    }
    Ok(verifier(config)?.verify(token, now_s())?.token_id)
}

fn verifier(config: &Config) -> anyhow::Result<TokenVerifier> {
    let key = node_key(&config.node_key_file())?.public();
    Ok(TokenVerifier::new(&[key], config.tokens.leeway_s))
}

/// Seconds, or a number with `s`, `m`, `h` or `d`.
fn lifetime_s(text: &str) -> Result<u64, String> {
    let (number, unit_s) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let number = number.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(unit_s))
        .ok_or_else(|| "use seconds, or a unit such as 30m, 12h, 7d".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_have_units() {
        let read = |text| lifetime_s(text).ok();
        assert_eq!(read("90"), Some(90));
        assert_eq!(read("30m"), Some(1800));
        assert_eq!(read("12h"), Some(43_200));
        assert_eq!(read("7d"), Some(604_800));
        for bad in [
            "",
            "h",
            "-1h",
            "1.5h",
            "1y",
            "1h30m",
            "99999999999999999999d",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
