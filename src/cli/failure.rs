//! Exit codes: what a script or a service manager can tell apart.

use super::db::Damaged;
use greenroom::app::RunError;
use greenroom::app::data_folder::DataFolderError;
use greenroom::app::gate::GateError;
use greenroom::config::ConfigError;
use greenroom::storage::OpenError;
use greenroom::telemetry::LogError;
use greenroom::transport::media::MediaError;

const FAILED: u8 = 1;
/// The command line or the configuration is wrong (clap uses it too).
const USAGE: u8 = 2;
/// An address cannot be listened on.
const ADDRESS: u8 = 3;
/// Another process has the data folder.
const IN_USE: u8 = 4;
/// A key, certificate or the database is unusable as it is: restarting will not help.
const UNUSABLE: u8 = 5;

/// The exit code for an error of any command.
pub(super) fn exit_code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<RunError>() {
            return of_run(error);
        }
        if cause.is::<Damaged>() {
            return UNUSABLE;
        }
        if cause.is::<ConfigError>() {
            return USAGE;
        }
        if let Some(error) = cause.downcast_ref::<OpenError>() {
            return of_store(error);
        }
        if let Some(DataFolderError::InUse(_)) = cause.downcast_ref() {
            return IN_USE;
        }
        if let Some(error) = cause.downcast_ref::<GateError>() {
            return of_gate(error);
        }
    }
    FAILED
}

fn of_run(error: &RunError) -> u8 {
    match error {
        RunError::Log(LogError::Directives { .. }) => USAGE,
        RunError::Log(LogError::Twice) | RunError::Http(_) => FAILED,
        RunError::Data(DataFolderError::InUse(_)) => IN_USE,
        RunError::Data(DataFolderError::Refused { .. }) => FAILED,
        RunError::Bind(_) => ADDRESS,
        RunError::Media(MediaError::Identity(_) | MediaError::Thread) => FAILED,
        RunError::Media(_) => ADDRESS,
        RunError::Store(error) => of_store(error),
        RunError::Gate(error) => of_gate(error),
        RunError::Tls(_) => UNUSABLE,
        RunError::Web(_) => USAGE,
    }
}

fn of_store(error: &OpenError) -> u8 {
    match error {
        OpenError::InUse { .. } => IN_USE,
        OpenError::Io { .. } => FAILED,
        OpenError::NotGreenroom { .. }
        | OpenError::NewerFormat { .. }
        | OpenError::WrongKey { .. }
        | OpenError::KeyMissing { .. }
        | OpenError::KeyMalformed { .. }
        | OpenError::HalfImported { .. }
        | OpenError::Corrupted { .. } => UNUSABLE,
    }
}

fn of_gate(error: &GateError) -> u8 {
    match error {
        GateError::KeyFile { .. } => FAILED,
        GateError::Key { .. } | GateError::Revoked(_) => UNUSABLE,
    }
}
