//! HTTP around the WebSocket: health, readiness, metrics, version, the web app, and the server that carries them all.
//!
//! Knows nothing of storage or actors: what it answers comes through [`HttpState`].

use super::paced::{STALL_TIMEOUT, paced};
use super::socket::tune_socket;
use super::tls::TlsIdentity;
use super::version::{self, SecurePort, version};
use super::web::{self as web_app, WebApp};
use super::ws;
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::header::{self, ContentType},
    middleware::DefaultHeaders,
    web::{self, Data, PayloadConfig, ServiceConfig},
};
use serde::Serialize;
use std::{io, net::TcpListener, sync::Arc, time::Duration};

/// Where WebSockets are opened.
pub const SOCKET_PATH: &str = "/ws";

/// Seconds for a client to send a request's head, or to shake hands in TLS: a slow loris gets no more.
const REQUEST_HEAD_MAX: Duration = Duration::from_secs(5);
/// How long an idle HTTP connection is kept. It counts from when the last piece of a response is handed over: a reader
/// has as long for that as for any other.
const KEEP_ALIVE: Duration = STALL_TIMEOUT;
/// The largest request body, in bytes: nothing here takes one.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Plain HTTP requests beside the WebSockets, for each worker.
const SPARE_CONNECTIONS: usize = 64;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const FRONT_PAGE: &str = include_str!("front.html");

/// Whether clients should come, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// All is well.
    Ready,
    /// Data is still being loaded.
    Loading,
    /// A write or fsync failed: reads go on, nothing is acknowledged until the process restarts.
    ReadOnly,
    /// The server is about to stop.
    Draining,
}

impl Readiness {
    const fn message(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Loading => "loading: wait",
            Self::ReadOnly => {
                "storage failed, reads only: see the log, free disk space or replace the disk, then restart"
            }
            Self::Draining => "shutting down",
        }
    }
}

/// What HTTP answers with. Both closures are called for each request and must not block.
#[derive(Clone)]
pub struct HttpState {
    /// For `/readyz`.
    pub readiness: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// For `/metrics`: OpenMetrics text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Under `/`; `None`: a page that says how to get it.
    pub app: Option<Arc<WebApp>>,
}

/// The sockets to serve on.
pub struct Listeners {
    /// Those of plain HTTP.
    pub plain: Vec<TcpListener>,
    /// Those of HTTPS, and what they show.
    pub secure: Option<(Vec<TcpListener>, TlsIdentity)>,
}

/// How much the server takes on.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Threads; `None`: one per processor.
    pub workers: Option<usize>,
    /// Connections at once, over all workers.
    pub connections: usize,
    /// Seconds that a graceful stop waits for connections to end.
    pub drain_deadline_s: u64,
}

/// Serves on the listeners. `configure` adds further routes (the WebSocket's); it runs
/// once on each worker. Signals are the caller's: stop through the server's handle.
///
/// # Errors
/// From the system, when a listener cannot be registered.
pub fn serve<F>(
    listeners: Listeners,
    limits: ServerLimits,
    state: &HttpState,
    configure: F,
) -> io::Result<Server>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let state = state.clone();
    let secure_port = listeners.secure_port();
    let app = move || {
        App::new()
            .wrap(security_headers())
            .app_data(Data::new(secure_port))
            .configure(configure.clone())
            .configure(|routes| http_routes(routes, state.clone()))
    };
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = limits.workers.unwrap_or_else(processors);
    let mut server = HttpServer::new(app)
        .workers(workers)
        .max_connections(limits.connections.div_ceil(workers) + SPARE_CONNECTIONS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_HEAD_MAX)
        .tls_handshake_timeout(REQUEST_HEAD_MAX)
        // Else each WebSocket that ends waits for the client's FIN.
        .client_disconnect_timeout(Duration::ZERO)
        .shutdown_timeout(limits.drain_deadline_s)
        .h1_write_buffer_size(ws::WRITE_BUFFER_BYTES)
        .on_connect(tune_socket)
        .disable_signals();
    for listener in listeners.plain {
        server = server.listen(listener)?;
    }
    if let Some((listeners, identity)) = listeners.secure {
        for listener in listeners {
            server = server.listen_rustls_0_23(listener, identity.config().clone())?;
        }
    }
    Ok(server.run())
}

impl Listeners {
    /// Of the first secure one: they differ in their addresses, which a client knows already.
    fn secure_port(&self) -> SecurePort {
        let (listeners, _) = match &self.secure {
            Some(secure) => secure,
            None => return SecurePort(None),
        };
        let first = listeners.first().and_then(|it| it.local_addr().ok());
        SecurePort(first.map(|address| address.port()))
    }
}

/// The routes of this module, for tests and other servers.
pub fn http_routes(routes: &mut ServiceConfig, state: HttpState) {
    routes
        .app_data(PayloadConfig::new(BODY_BYTES_MAX))
        .app_data(Data::new(state))
        .service(web::resource("/healthz").get(health).head(health))
        .service(web::resource("/readyz").get(ready).head(ready))
        .service(web::resource("/metrics").get(metrics).head(metrics))
        .service(web::resource(version::PATH).get(version).head(version))
        .default_service(web::to(app_file));
}

/// Nothing here is to be framed, sniffed, or to load anything.
fn security_headers() -> DefaultHeaders {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, policy))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}

/// The process answers: nothing more is promised.
async fn health() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("ok\n")
}

async fn ready(state: Data<HttpState>) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer {
        ready: bool,
        reason: Readiness,
        message: &'static str,
    }
    let reason = (state.readiness)();
    let ready = reason == Readiness::Ready;
    let answer = Answer {
        ready,
        reason,
        message: reason.message(),
    };
    if ready {
        HttpResponse::Ok().json(answer)
    } else {
        HttpResponse::ServiceUnavailable().json(answer)
    }
}

async fn metrics(request: HttpRequest, state: Data<HttpState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(OPENMETRICS)
        .body(paced(&request, (state.metrics)().into()))
}

async fn app_file(request: HttpRequest, state: Data<HttpState>) -> HttpResponse {
    let answer = match &state.app {
        Some(app) => web_app::answer(app, &request),
        None if request.path() == "/" => Some(front()),
        None => None,
    };
    answer.unwrap_or_else(nothing)
}

fn front() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(FRONT_PAGE)
}

fn nothing() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type(ContentType::plaintext())
        .body("Nothing here. Greenroom speaks WebSocket at /ws.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{body::MessageBody, http::StatusCode, test};
    use std::sync::atomic::{AtomicBool, Ordering};

    async fn answer(path: &str, readiness: Readiness) -> (StatusCode, String, String) {
        let state = HttpState {
            readiness: Arc::new(move || readiness),
            metrics: Arc::new(|| "# EOF\n".into()),
            app: None,
        };
        let app = App::new().configure(|routes| http_routes(routes, state));
        let app = test::init_service(app).await;
        let response =
            test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let kind = response
            .headers()
            .get(header::CONTENT_TYPE)
            .expect("a content type");
        let kind = kind.to_str().expect("ASCII").to_owned();
        let status = response.status();
        let body = response.into_body().try_into_bytes().expect("a whole body");
        (
            status,
            kind,
            String::from_utf8(body.to_vec()).expect("UTF-8"),
        )
    }

    #[actix_web::test]
    async fn readiness_says_why_not() {
        let (status, _, body) = answer("/readyz", Readiness::Ready).await;
        assert_eq!(
            (status, body.contains("\"ready\":true")),
            (StatusCode::OK, true)
        );
        for (state, reason) in [
            (Readiness::Loading, "loading"),
            (Readiness::ReadOnly, "read_only"),
            (Readiness::Draining, "draining"),
        ] {
            let (status, _, body) = answer("/readyz", state).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(body.contains(&format!("\"reason\":\"{reason}\"")), "{body}");
        }
    }

    #[actix_web::test]
    async fn the_rest_answers_whatever_the_readiness() {
        for (path, status, kind) in [
            ("/healthz", StatusCode::OK, "text/plain; charset=utf-8"),
            ("/metrics", StatusCode::OK, OPENMETRICS),
            ("/", StatusCode::OK, "text/html; charset=utf-8"),
            (
                "/nowhere",
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
            ),
        ] {
            let answer = answer(path, Readiness::ReadOnly).await;
            assert_eq!((answer.0, answer.1.as_str()), (status, kind), "{path}");
        }
        assert!(FRONT_PAGE.contains(SOCKET_PATH) && FRONT_PAGE.contains("make run"));
    }

    #[actix_web::test]
    async fn readiness_is_asked_each_time() {
        let flag = Arc::new(AtomicBool::new(false));
        let asked = flag.clone();
        let readiness = move || match asked.swap(true, Ordering::Relaxed) {
            false => Readiness::Loading,
            true => Readiness::Ready,
        };
        let state = HttpState {
            readiness: Arc::new(readiness),
            metrics: Arc::new(String::new),
            app: None,
        };
        let app =
            test::init_service(App::new().configure(|routes| http_routes(routes, state))).await;
        let get = || test::TestRequest::get().uri("/readyz").to_request();
        assert_eq!(
            test::call_service(&app, get()).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(
            test::call_service(&app, get()).await.status(),
            StatusCode::OK
        );
    }
}
