//! What each command does. Results go to standard output, everything else to standard error.

mod db;
mod failure;
mod token;

use clap::{Args, Parser, Subcommand};
use failure::exit_code;
use greenroom::app;
use greenroom::config::{Config, ConfigError, Flags};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

/// Greenroom: chat that survives being offline and calls that survive overload, for a private network.
#[derive(Parser)]
#[command(name = "greenroom", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Mint, look into or revoke capability tokens. Works while the server runs.
    Token(token::Token),
    /// Check, export, import or rekey the database while no server runs on it.
    #[command(subcommand)]
    Db(db::Db),
    /// Show the configuration in force.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the version.
    Version,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print it as a commented TOML file, with every key.
    Print(Source),
}

/// Where settings come from. Flags win over GREENROOM_SECTION__KEY variables, those over the file.
#[derive(Args)]
struct Source {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "GREENROOM_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    source: Source,
    /// Address to listen on; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Vec<SocketAddr>,
    /// Let visitors in without a token, with guest rights.
    #[arg(long)]
    guests: bool,
    /// Serve TLS with a self-signed certificate, kept in the data folder.
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    tls_self_signed: bool,
    /// Serve HTTPS at this address, and plain HTTP at those of --listen; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT")]
    tls_listen: Vec<SocketAddr>,
    /// Certificate chain for TLS (PEM).
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Private key for TLS (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl Source {
    fn load(self) -> Result<Config, ConfigError> {
        let flags = Flags {
            data: self.data,
            ..Flags::default()
        };
        Config::load(self.config.as_deref(), &flags)
    }
}

impl Serve {
    fn load(self) -> Result<Config, ConfigError> {
        let flags = Flags {
            listen: self.listen,
            data: self.source.data,
            guests: self.guests,
            tls_self_signed: self.tls_self_signed,
            tls_listen: self.tls_listen,
            cert: self.cert,
            key: self.key,
        };
        Config::load(self.source.config.as_deref(), &flags)
    }
}

/// Runs the command and says what went wrong.
pub(crate) fn run(cli: Cli) -> ExitCode {
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("greenroom: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(serve) => app::run(serve.load()?)?,
        Command::Token(token) => token.run()?,
        Command::Db(db) => db.run()?,
        Command::Config(ConfigCommand::Print(source)) => {
            print!("{}", source.load()?.to_commented_toml());
        }
        Command::Version => println!("greenroom {}", env!("CARGO_PKG_VERSION")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
