//! The only wiring: builds the supervision tree from a configuration.

pub mod data_folder;
mod figures;
pub mod gate;
mod identity;
mod media;
pub mod revoked;
mod tree;

use crate::actors::connection::ConnectionMessage;
use crate::actors::node::Node;
use crate::actors::supervision::install_panic_hook;
use crate::config::{Config, LogFormat};
use crate::protocol::DrainReason;
use crate::storage::{Health, KeySource, OpenError, Store, StoreConfig};
use crate::telemetry::{self, LogStyle, Metrics};
use crate::transport::gateway::{self, Gateway};
use crate::transport::http::{self, HttpState, Listeners, Readiness, ServerLimits};
use crate::transport::listen::{self, BindError};
use crate::transport::media::MediaError;
use crate::transport::web::{FolderError, WebApp};
use crate::transport::whip;
use crate::transport::ws::{Compression, OriginPolicy, SameHost, UpgradePolicy};
use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use data_folder::{DataFolder, DataFolderError};
use futures_util::future::join;
use gate::GateError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tree::Running;

pub use identity::IdentityError;

/// How often a draining node looks whether its clients have been let go.
const DRAIN_POLL: Duration = Duration::from_millis(10);

/// How long calls may take to end before their clients are let go.
const CALLS_DRAIN_MAX: Duration = Duration::from_millis(500);

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
    /// The node's key or the list of revoked tokens cannot be used.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// No ports for media.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] IdentityError),
    /// No web app.
    #[error(transparent)]
    Web(#[from] FolderError),
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
    install_panic_hook();
    actix_web::rt::System::new().block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), RunError> {
    let signals = Signals::new()?;
    let folder = DataFolder::open(&config.server.data)?;
    let app = web_app(&config)?;
    let listeners = listeners(&config, &folder)?;
    let metrics = Arc::new(Metrics::new());
    let (gate, revoked) = gate::open(&config)?;
    let (store, committer) = Store::open(&store_config(&config))?;
    figures::of_committer(&metrics, &committer);
    let media = media::open(&config, &metrics).await?;
    let running = tree::start(&config, store, committer, gate, Arc::clone(&metrics), media)?;
    figures::of_tree(&metrics, &running.node, &running.tree);
    let node = Arc::clone(&running.node);

    let state = HttpState {
        readiness: readiness(&node),
        metrics: Arc::new(move || metrics.render()),
        app: app.map(Arc::new),
    };
    let limits = ServerLimits {
        workers: config.server.workers,
        connections: config.limits.connections,
        drain_deadline_s: config.server.drain_deadline_s,
    };
    let gateway = Gateway {
        node: Arc::clone(&node),
        connections: running.connections.clone(),
        policy: Arc::new(UpgradePolicy {
            origins: OriginPolicy::new(&config.server.origins, SameHost::Allowed),
            compression: Compression::Offered,
        }),
    };
    let whip = Arc::clone(&node);
    let routes = move |routes: &mut ServiceConfig| {
        gateway::routes(routes, gateway.clone());
        whip::routes(routes, Arc::clone(&whip));
    };
    announce(&listeners, &node);
    let server = http::serve(listeners, limits, &state, routes)?;
    actix_web::rt::spawn(gate::watch_revocations(Arc::clone(&node), revoked));
    let deadline = Duration::from_secs(config.server.drain_deadline_s);
    let drained =
        actix_web::rt::spawn(drain_on_signal(signals, server.handle(), running, deadline));
    server.await?;
    // The sockets are gone, and the tree may still be writing its last markers: the drain is over when it has ended or
    // was abandoned at the deadline.
    if let Err(error) = drained.await {
        tracing::error!(%error, "the drain failed");
    }
    node.committer.close();
    tracing::info!("stopped");
    Ok(())
}

/// Where the configuration keeps the database and its key.
#[must_use]
pub fn store_config(config: &Config) -> StoreConfig {
    let key = KeySource::File(config.master_key_file());
    StoreConfig {
        cache_bytes: config.storage.cache_bytes,
        ..StoreConfig::new(config.server.data.join("db"), key)
    }
}

fn readiness(node: &Arc<Node>) -> Arc<dyn Fn() -> Readiness + Send + Sync> {
    let node = Arc::clone(node);
    Arc::new(move || match node.committer.health() {
        _ if node.draining.load(Ordering::SeqCst) => Readiness::Draining,
        Health::ReadOnly(_) => Readiness::ReadOnly,
        Health::Ok => Readiness::Ready,
    })
}

/// The app in the binary, or that of `web.folder`.
fn web_app(config: &Config) -> Result<Option<WebApp>, FolderError> {
    let Some(folder) = &config.web.folder else {
        let app = WebApp::embedded();
        if app.is_none() {
            tracing::warn!("this binary was built without the web app: `make run` builds it");
        }
        return Ok(app);
    };
    let app = WebApp::from_folder(folder)?;
    tracing::info!(
        files = app.len(),
        "the web app is that of {}",
        folder.display()
    );
    Ok(Some(app))
}

fn listeners(config: &Config, folder: &DataFolder) -> Result<Listeners, RunError> {
    let identity = identity::load(config, folder)?;
    let open = |addresses: &[SocketAddr]| {
        let all = addresses.iter().map(|address| listen::listen(*address));
        all.collect::<Result<Vec<_>, _>>()
    };
    let secure = open(config.secure_addresses())?;
    Ok(Listeners {
        plain: open(config.plain_addresses())?,
        secure: identity.map(|identity| (secure, identity)),
    })
}

fn announce(listeners: &Listeners, node: &Node) {
    let tell = |scheme: &str, sockets: &[TcpListener]| {
        for address in sockets.iter().filter_map(|it| it.local_addr().ok()) {
            tracing::info!(node = %node.gate.node(), "listening on {scheme}://{address}");
        }
    };
    tell("http", &listeners.plain);
    if let Some((sockets, identity)) = &listeners.secure {
        tell("https", sockets);
        let fingerprint = identity.fingerprint();
        tracing::info!("certificate fingerprint (SHA-256): {fingerprint}");
    }
}

/// Stops accepting, tells clients to come back later, lets connections and actors finish, and ends what is left at the
/// deadline.
async fn drain_on_signal(
    mut signals: Signals,
    server: ServerHandle,
    running: Running,
    deadline: Duration,
) {
    signals.next().await;
    tracing::info!(deadline_s = deadline.as_secs(), "draining");
    let users = &running.node.users;
    running.node.draining.store(true, Ordering::SeqCst);
    end_calls(&running.node).await;
    users.tell_all(|| ConnectionMessage::Drain(DrainReason::Shutdown));
    let stopped = server.stop(true);
    let ended = async {
        // Until what was taken is answered; connections bound how long they wait for that.
        while !users.is_empty() {
            tokio::time::sleep(DRAIN_POLL).await;
        }
        running.tree.shutdown(deadline).await
    };
    tokio::select! {
        (_, ended) = join(stopped, ended) => tracing::info!(?ended, "drained"),
        () = tokio::time::sleep(deadline) => {
            tracing::warn!("the drain deadline passed");
            server.stop(false).await;
        }
        () = signals.next() => server.stop(false).await,
    }
    running.arbiters.iter().for_each(|arbiter| {
        // False when its thread has ended already.
        arbiter.stop();
    });
}

/// Ends every call: its participants hear of it before their connections are closed, and its room records it.
async fn end_calls(node: &Node) {
    node.calls.drain();
    let ended = async {
        while !node.calls.is_empty() {
            tokio::time::sleep(DRAIN_POLL).await;
        }
    };
    if tokio::time::timeout(CALLS_DRAIN_MAX, ended).await.is_err() {
        tracing::warn!("calls did not end in time");
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
