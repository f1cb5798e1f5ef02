//! The only wiring: builds the supervision tree from a configuration.

pub mod data_folder;
mod figures;
pub mod gate;
mod identity;
pub mod revoked;

use crate::actors::gate::Gate;
use crate::config::{Config, LogFormat};
use crate::storage::{Health, KeySource, OpenError, Store, StoreConfig};
use crate::telemetry::{self, LogStyle, Metrics};
use crate::transport::http::{self, HttpState, Readiness, ServerLimits};
use crate::transport::listen::{self, BindError};
use crate::transport::tls::TlsIdentity;
use actix_web::{dev::ServerHandle, web};
use data_folder::{DataFolder, DataFolderError};
use gate::GateError;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

pub use identity::IdentityError;

/// Why the server ended without having been told to, or never began. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log level is wrong.
    #[error(transparent)]
    Log(#[from] telemetry::LogError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The node's key or the list of revoked tokens cannot be used.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] IdentityError),
    /// The HTTP server failed.
    #[error("the HTTP server failed: {0}")]
    Http(#[from] io::Error),
}

/// Runs the server until SIGTERM or SIGINT, then drains and returns. A second signal ends it at once.
///
/// # Errors
/// [`RunError`].
pub fn run(config: Config) -> Result<(), RunError> {
    let style = match config.log.format {
        LogFormat::Text => LogStyle::Text,
        LogFormat::Json => LogStyle::Json,
    };
    telemetry::init_log(style, &config.log.level)?;
    actix_web::rt::System::new().block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), RunError> {
    let signals = Signals::new()?;
    let folder = DataFolder::open(&config.server.data)?;
    let tls = identity::load(&config, &folder)?;
    let listeners = config
        .server
        .listen
        .iter()
        .map(|address| listen::listen(*address));
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    let metrics = Arc::new(Metrics::new());
    let store_config = store_config(&config);
    let opened = web::block(move || Store::open(&store_config)).await;
    let (store, committer) = opened.map_err(io::Error::other)??;
    let (gate, revoked) = gate::open(&config, store.node())?;
    let gate = Arc::new(gate);
    figures::of_committer(&metrics, &committer);
    let draining = Arc::new(AtomicBool::new(false));

    let state = HttpState {
        readiness: {
            let (draining, committer) = (draining.clone(), committer.clone());
            Arc::new(move || {
                if draining.load(Ordering::Relaxed) {
                    Readiness::Draining
                } else if matches!(committer.health(), Health::ReadOnly(_)) {
                    Readiness::ReadOnly
                } else {
                    Readiness::Ready
                }
            })
        },
        metrics: {
            let metrics = metrics.clone();
            Arc::new(move || metrics.render())
        },
    };
    let limits = ServerLimits {
        workers: config.server.workers,
        connections: config.limits.connections,
        drain_deadline_s: config.server.drain_deadline_s,
    };
    let addresses: Vec<_> = listeners
        .iter()
        .filter_map(|l| l.local_addr().ok())
        .collect();
    let server = http::serve(listeners, tls.as_ref(), limits, &state, |_routes| ())?;
    let deadline = Duration::from_secs(config.server.drain_deadline_s);
    actix_web::rt::spawn(gate::watch_revocations(revoked, {
        let gate = gate.clone();
        move |revocations| gate.revoke(revocations)
    }));
    actix_web::rt::spawn(drain_on_signal(
        signals,
        server.handle(),
        draining,
        deadline,
    ));
    announce(&addresses, tls.as_ref(), &gate);
    server.await?;
    let closed = web::block(move || committer.close()).await;
    closed.map_err(io::Error::other)?;
    tracing::info!("stopped");
    Ok(())
}

/// Where the configuration keeps the database and its key.
#[must_use]
pub fn store_config(config: &Config) -> StoreConfig {
    StoreConfig {
        cache_bytes: config.storage.cache_bytes,
        ..StoreConfig::new(
            config.server.data.join("db"),
            KeySource::File(config.master_key_file()),
        )
    }
}

fn announce(addresses: &[SocketAddr], tls: Option<&TlsIdentity>, gate: &Gate) {
    let scheme = if tls.is_some() { "https" } else { "http" };
    for address in addresses {
        tracing::info!(node = %gate.node(), "listening on {scheme}://{address}");
    }
    if let Some(tls) = tls {
        tracing::info!("certificate fingerprint (SHA-256): {}", tls.fingerprint());
    }
}

/// Stops accepting, lets connections end, and ends them at the deadline.
async fn drain_on_signal(
    mut signals: Signals,
    server: ServerHandle,
    draining: Arc<AtomicBool>,
    deadline: Duration,
) {
    signals.next().await;
    tracing::info!(deadline_s = deadline.as_secs(), "draining");
    draining.store(true, Ordering::Relaxed);
    tokio::select! {
        () = server.stop(true) => (),
        () = tokio::time::sleep(deadline) => {
            tracing::warn!("the drain deadline passed");
            server.stop(false).await;
        }
        () = signals.next() => server.stop(false).await,
    }
}

/// SIGTERM and SIGINT, caught from the moment this is made.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}
