//! The opening handshake (RFC 6455 §4.2): who may connect, in which subprotocol, compressed or not.

use super::{
    body::WsBody,
    codec::{self, Decoder, Deflate, Limits, Role},
    origin::OriginPolicy,
    outflow::Outflow,
    session::Session,
    watch::Watch,
};
use crate::{
    actors::outbox::Outbox,
    protocol::{Subprotocol, limits::MESSAGE_BYTES_MAX},
    telemetry::Metrics,
    transport::socket::{ConnectionSocket, SocketHandle},
};
use actix_http::ws::{HandshakeError, handshake_response, verify_handshake};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{
        StatusCode, Version,
        header::{
            self, ContentType, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_EXTENSIONS,
            SEC_WEBSOCKET_PROTOCOL,
        },
    },
    web::Payload,
};
use std::sync::Arc;

/// Whether compression is agreed to when a client offers it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// permessage-deflate.
    #[default]
    Offered,
    /// Never.
    Off,
}

/// What a server accepts.
#[derive(Debug, Clone, Default)]
pub struct UpgradePolicy {
    /// Which web pages may connect.
    pub origins: OriginPolicy,
    /// Compression.
    pub compression: Compression,
}

/// Why a request is not a connection. Answered with its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// Not a WebSocket handshake of version 13.
    #[error("not a WebSocket handshake: {0}")]
    Handshake(HandshakeError),
    /// A request with a body, or older than HTTP/1.1.
    #[error("a WebSocket handshake is an HTTP/1.1 request without a body")]
    Request,
    /// A web page that is not on the allow-list.
    #[error("this origin may not connect: an operator can add it to the allowed origins")]
    Origin,
    /// None of the subprotocols, or none at all.
    #[error(
        "offer one of these in Sec-WebSocket-Protocol: greenroom.v1.msgpack, greenroom.v1.json"
    )]
    Subprotocol,
}

impl ResponseError for UpgradeError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Handshake(HandshakeError::GetMethodRequired) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Handshake(
                HandshakeError::NoWebsocketUpgrade
                | HandshakeError::NoConnectionUpgrade
                | HandshakeError::UnsupportedVersion,
            ) => StatusCode::UPGRADE_REQUIRED,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Handshake(HandshakeError::NoVersionHeader | HandshakeError::BadWebsocketKey)
            | Self::Request
            | Self::Subprotocol => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header(ContentType::plaintext());
        match self.status_code() {
            StatusCode::METHOD_NOT_ALLOWED => {
                response.insert_header((header::ALLOW, "GET"));
            }
            StatusCode::UPGRADE_REQUIRED => {
                response.insert_header((header::UPGRADE, "websocket"));
                response.insert_header((header::SEC_WEBSOCKET_VERSION, "13"));
            }
            _ => {}
        }
        response.body(self.to_string())
    }
}

/// A handshake that will be answered with "switching protocols".
#[derive(Debug)]
pub struct Upgrade {
    subprotocol: Subprotocol,
    deflate: Option<(Deflate, String)>,
    socket: Option<SocketHandle>,
}

impl Upgrade {
    /// Judges a request.
    ///
    /// # Errors
    /// Why it is refused, as a response.
    pub fn accept(request: &HttpRequest, policy: &UpgradePolicy) -> Result<Self, UpgradeError> {
        verify_handshake(request.head()).map_err(UpgradeError::Handshake)?;
        let headers = request.headers();
        let has_body = headers.contains_key(header::CONTENT_LENGTH)
            || headers.contains_key(header::TRANSFER_ENCODING);
        if request.version() < Version::HTTP_11 || has_body {
            return Err(UpgradeError::Request);
        }
        // An origin that is not text is none that could be listed.
        let origin = headers
            .get(header::ORIGIN)
            .map(|value| value.to_str().unwrap_or(""));
        let host = headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok());
        if !policy.origins.allows(origin, host) {
            return Err(UpgradeError::Origin);
        }
        let subprotocol = values(headers, &SEC_WEBSOCKET_PROTOCOL)
            .flat_map(|value| value.split(','))
            .find_map(|name| {
                Subprotocol::ALL
                    .into_iter()
                    .find(|known| known.name() == name.trim())
            })
            .ok_or(UpgradeError::Subprotocol)?;
        let deflate = match policy.compression {
            Compression::Offered => codec::negotiate(values(headers, &SEC_WEBSOCKET_EXTENSIONS)),
            Compression::Off => None,
        };
        Ok(Self {
            subprotocol,
            deflate,
            socket: request.conn_data().map(ConnectionSocket::for_websocket),
        })
    }

    /// What the client will speak: the first of its offers that this server knows.
    #[must_use]
    pub const fn subprotocol(&self) -> Subprotocol {
        self.subprotocol
    }

    /// Answers the handshake and runs the connection: messages go to `session`, `outbox` goes to the client. `request`
    /// is the one that was accepted.
    #[must_use]
    pub fn respond<S: Session>(
        self,
        request: &HttpRequest,
        payload: Payload,
        outbox: Arc<Outbox>,
        session: S,
        metrics: Arc<Metrics>,
    ) -> HttpResponse {
        let mut response = handshake_response(request.head());
        let name = HeaderValue::from_static(self.subprotocol.name());
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, name));
        if let Some((_, answer)) = &self.deflate {
            response.insert_header((SEC_WEBSOCKET_EXTENSIONS, answer.as_str()));
        }
        let deflate = self.deflate.map(|(deflate, _)| deflate);
        let limits = Limits {
            frame_bytes_max: MESSAGE_BYTES_MAX as u64,
            message_bytes_max: MESSAGE_BYTES_MAX,
        };
        let body = WsBody::new(
            payload.into_inner(),
            Decoder::new(Role::Server, limits, deflate),
            session,
            Outflow::new(Arc::clone(&outbox), self.subprotocol, deflate, metrics),
            Watch::start(outbox, self.socket),
        );
        match response.message_body(body) {
            Ok(response) => HttpResponse::from(response).map_into_boxed_body(),
            Err(error) => HttpResponse::from_error(error),
        }
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
}
