//! `greenroom db`: the database while no server runs on it.

use super::Source;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use greenroom::app::{self, data_folder::DataFolder};
use greenroom::config::Config;
use greenroom::storage::{self, Committer, DataKeys, Store};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

#[derive(Subcommand)]
pub(super) enum Db {
    /// Read everything and compare it with itself; exit code 5 if something is wrong.
    Check(Source),
    /// Write everything but the node's keys as JSON lines.
    Export(Portable),
    /// Fill a new data folder from an export.
    Import(Portable),
    /// Give the database a new master key, and write it to the key file.
    RotateKey(Rotate),
}

#[derive(Args)]
pub(super) struct Portable {
    #[command(flatten)]
    source: Source,
    /// The export; standard output or input if absent.
    file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    source: Source,
    /// Also seal new records under a new data key.
    #[arg(long)]
    add_data_key: bool,
}

/// A check found something: not an error of the check.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database has {0} problems: keep a copy of the folder, then restore a backup or import an export"
)]
pub(super) struct Damaged(u64);

impl Db {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check(source) => check(&source.load()?),
            Self::Export(portable) => export(portable),
            Self::Import(portable) => import(portable),
            Self::RotateKey(rotate) => rotate_key(rotate),
        }
    }
}

/// Opens a database that is there; nothing is made.
fn open(config: &Config) -> anyhow::Result<(DataFolder, Store, Committer)> {
    let folder = existing(config)?;
    let (store, committer) = Store::open(&app::store_config(config))?;
    Ok((folder, store, committer))
}

fn existing(config: &Config) -> anyhow::Result<DataFolder> {
    let path = &config.server.data;
    if !app::store_config(config).path.is_dir() {
        bail!("there is no database in {}", path.display());
    }
    Ok(DataFolder::open(path)?)
}

fn check(config: &Config) -> anyhow::Result<()> {
    let (_folder, store, committer) = open(config)?;
    let report = storage::check(&store);
    committer.close();
    for problem in &report.problems {
        eprintln!("{}: {}", problem.at, problem.what);
    }
    println!(
        "{} rooms, {} entries, {} records, {} problems",
        report.rooms, report.entries, report.records, report.problems_total
    );
    if report.is_clean() {
        Ok(())
    } else {
        Err(Damaged(report.problems_total).into())
    }
}

fn export(portable: Portable) -> anyhow::Result<()> {
    let config = portable.source.load()?;
    let (_folder, store, committer) = open(&config)?;
    let report = match &portable.file {
        Some(path) => {
            // Everyone's messages in the clear: for the operator's eyes alone.
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            let mut output = BufWriter::new(file);
            let report = storage::export(&store, &mut output)?;
            let file = output
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            report
        }
        None => {
            let mut output = BufWriter::new(io::stdout().lock());
            let report = storage::export(&store, &mut output)?;
            output.flush()?;
            report
        }
    };
    committer.close();
    eprintln!(
        "exported {} rooms, {} entries",
        report.rooms, report.entries
    );
    Ok(())
}

fn import(portable: Portable) -> anyhow::Result<()> {
    let config = portable.source.load()?;
    let _folder = DataFolder::open(&config.server.data)?;
    let mut input: Box<dyn BufRead> = match &portable.file {
        Some(path) => {
            let file =
                File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(BufReader::new(file))
        }
        None => Box::new(io::stdin().lock()),
    };
    let report = storage::import(&app::store_config(&config), &mut input)?;
    eprintln!(
        "imported {} rooms, {} entries",
        report.rooms, report.entries
    );
    Ok(())
}

fn rotate_key(rotate: Rotate) -> anyhow::Result<()> {
    let config = rotate.source.load()?;
    let _folder = existing(&config)?;
    let data_keys = match rotate.add_data_key {
        true => DataKeys::AddOne,
        false => DataKeys::Keep,
    };
    let rotated = storage::rotate(&app::store_config(&config), None, data_keys)?;
    eprintln!(
        "{} has the new master key, which wraps {} data keys: back it up",
        config.master_key_file().display(),
        rotated.data_keys
    );
    Ok(())
}
