//! The log: `tracing` on standard error.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// For people.
    Text,
    /// One JSON object a line, span fields included.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The directives are wrong.
    #[error(
        "`{directives}` is no log level: use error, warn, info, debug, trace, or directives such as `info,greenroom::storage=debug`: {reason}"
    )]
    Directives {
        /// As configured.
        directives: String,
        /// What is wrong.
        reason: String,
    },
    /// The process already has a log.
    #[error("the log is already set up")]
    Twice,
}

/// Starts the log of the process. Nothing is read from the environment: the configuration has been.
///
/// # Errors
/// [`LogError`].
pub fn init_log(style: LogStyle, directives: &str) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(directives).map_err(|error| LogError::Directives {
        directives: directives.into(),
        reason: error.to_string(),
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = fmt::layer().with_writer(std::io::stderr);
    match style {
        LogStyle::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry.with(layer.with_ansi(colours)).try_init()
        }
        LogStyle::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    }
    .map_err(|_| LogError::Twice)
}
