//! WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): a call by HTTP, for encoders and players.
//!
//! `POST /whip/{room}` publishes, `POST /whep/{room}` plays; both want a capability token as a bearer token, whose user
//! is a member of the room. Nobody gets in without one: behind a proxy every client comes from loopback, so an address
//! proves nothing; a guest uses the token it was given over the WebSocket. The session's URL holds a random secret.

mod fragment;
mod refusal;

use self::refusal::Refused;
use crate::access::Capability;
use crate::access::limits::Cost;
use crate::actors::call::{
    Answer, CallLane, CallMessage, HttpAnswer, HttpAsk, HttpRefusal, HttpRequest, Join, JoinLink,
};
use crate::actors::gate;
use crate::actors::node::Node;
use crate::id::RoomId;
use crate::protocol::ServerFrame;
use crate::protocol::limits::SDP_BYTES_MAX;
use crate::rtc::sdp::SendRecv;
use crate::sfu::ParticipantId;
use crate::sfu::call::Secret;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest as Http, HttpResponse};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Seconds that a client may take to send its body.
const BODY_MAX: Duration = Duration::from_secs(5);
/// A call answers within this, or the client is told to try again.
const ANSWER_MAX: Duration = Duration::from_secs(5);

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// Adds the endpoints.
pub fn routes(routes: &mut ServiceConfig, node: Arc<Node>) {
    let node = Data::from(node);
    for (path, play) in [("/whip/{room}", Play::No), ("/whep/{room}", Play::Yes)] {
        let post = move |http: Http, room: Path<String>, node: Data<Node>, body: Payload| {
            post(http, room.into_inner(), node, body, play)
        };
        let resource = web::resource(path)
            .app_data(node.clone())
            .route(web::post().to(post))
            .route(web::method(Method::OPTIONS).to(preflight))
            .default_service(web::to(not_allowed));
        let session = web::resource(format!("{path}/{{session}}"))
            .app_data(node.clone())
            .route(web::patch().to(patch))
            .route(web::delete().to(delete))
            .route(web::method(Method::OPTIONS).to(preflight))
            .default_service(web::to(not_allowed));
        routes.service(resource).service(session);
    }
}

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Play {
    /// WHIP: the client publishes.
    No,
    /// WHEP: it plays.
    Yes,
}

async fn post(
    http: Http,
    room: String,
    node: Data<Node>,
    body: Payload,
    play: Play,
) -> HttpResponse {
    match start(&http, &room, &node, body, play).await {
        Ok(response) => response,
        Err(refused) => refused.respond(),
    }
}

async fn start(
    http: &Http,
    room: &str,
    node: &Data<Node>,
    body: Payload,
    play: Play,
) -> Result<HttpResponse, Refused> {
    let (room, capability) = admit(http, room, node)?;
    is_type(http, SDP)?;
    let offer = read(body, SDP_BYTES_MAX).await?;
    let mut caller = gate::caller(&capability);
    let (sendrecv, path) = match play {
        Play::No => (SendRecv::Publication, "whip"),
        Play::Yes => {
            // A player publishes nothing, and starts no call.
            caller.can_post = false;
            (SendRecv::Slot, "whep")
        }
    };
    let (answer, answered) = oneshot::channel();
    node.calls.join(
        room,
        Join {
            name: caller.name.clone(),
            caller,
            offer: Some(offer),
            tracks: Vec::new(),
            resume: None,
            link: JoinLink::Http {
                capability: Arc::new(capability),
                sendrecv,
            },
            answer: Answer::Http(answer),
        },
    );
    let ServerFrame::CallJoined(joined) = wait(answered).await? else {
        return Err(Refused::unavailable());
    };
    let answer = joined.answer.unwrap_or_default();
    let session = format!("{}-{}", joined.participant.0, joined.secret);
    Ok(cors(HttpResponse::Created())
        .insert_header((header::LOCATION, format!("/{path}/{room}/{session}")))
        .insert_header((header::ETAG, etag(fragment::value(&answer, "ice-ufrag"))))
        .insert_header(("Accept-Patch", FRAGMENT))
        .content_type(SDP)
        .body(answer))
}

async fn patch(
    http: Http,
    path: Path<(String, String)>,
    node: Data<Node>,
    body: Payload,
) -> HttpResponse {
    match change(&http, path.into_inner(), &node, body).await {
        Ok(response) => response,
        Err(refused) => refused.respond(),
    }
}

async fn change(
    http: &Http,
    (room, session): (String, String),
    node: &Data<Node>,
    body: Payload,
) -> Result<HttpResponse, Refused> {
    let (room, _) = admit(http, &room, node)?;
    is_type(http, FRAGMENT)?;
    let about = precondition(http)?;
    let text = read(body, SDP_BYTES_MAX).await?;
    let remote = fragment::credentials(&text).map_err(Refused::fragment)?;
    let ask = HttpAsk::Patch { about, remote };
    match tell(node, room, &session, ask).await? {
        HttpAnswer::Done => Ok(cors(HttpResponse::NoContent()).finish()),
        HttpAnswer::Outdated => Err(Refused::outdated()),
        HttpAnswer::Restarted { ufrag, fragment } => Ok(cors(HttpResponse::Ok())
            .insert_header((header::ETAG, etag(Some(&ufrag))))
            .content_type(FRAGMENT)
            .body(fragment)),
    }
}

async fn delete(http: Http, path: Path<(String, String)>, node: Data<Node>) -> HttpResponse {
    let (room, session) = path.into_inner();
    let ended = async {
        let (room, _) = admit(&http, &room, &node)?;
        tell(&node, room, &session, HttpAsk::Delete).await
    };
    match ended.await {
        Ok(_) => cors(HttpResponse::Ok()).finish(),
        Err(refused) => refused.respond(),
    }
}

async fn preflight(http: Http) -> HttpResponse {
    let is_session = http.match_info().get("session").is_some();
    let methods = if is_session {
        "PATCH, DELETE, OPTIONS"
    } else {
        "POST, OPTIONS"
    };
    let mut response = cors(HttpResponse::NoContent());
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, If-Match",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"));
    if !is_session {
        response.insert_header(("Accept-Post", SDP));
    }
    response.finish()
}

async fn not_allowed() -> HttpResponse {
    Refused::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "POST an offer to /whip/{room} or /whep/{room}; PATCH and DELETE its Location",
    )
    .respond()
}

/// Who asks about which room: by token, within the user's rates.
fn admit(http: &Http, room: &str, node: &Node) -> Result<(RoomId, Capability), Refused> {
    let bearer = http.headers().get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.to_str().ok());
    let (scheme, token) = bearer
        .and_then(|value| value.split_once(' '))
        .ok_or_else(Refused::no_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused::no_token());
    }
    let capability = node
        .gate
        .admit(token.trim(), node.clock.now_ms())
        .map_err(|rejection| Refused::rejected(&rejection))?;
    let room: RoomId = room.parse().map_err(|_| Refused::no_room())?;
    if !capability.rights.can_read() || !capability.covers(&room) {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "the token does not cover this room",
        ));
    }
    let since_start = Instant::now().saturating_duration_since(node.started_at);
    node.gate
        .user_limits
        .take(&capability.user, Cost::Changes, 1, since_start)
        .map_err(|limited| Refused::limited(&limited))?;
    Ok((room, capability))
}

/// Asks something of a session.
async fn tell(
    node: &Node,
    room: RoomId,
    session: &str,
    ask: HttpAsk,
) -> Result<HttpAnswer, Refused> {
    let (participant, secret) = session.split_once('-').ok_or_else(Refused::no_session)?;
    let participant = participant.parse().map_err(|_| Refused::no_session())?;
    let mut bytes = [0; 16];
    hex::decode_to_slice(secret, &mut bytes).map_err(|_| Refused::no_session())?;
    let (answer, answered) = oneshot::channel();
    let request = CallMessage::Http(Box::new(HttpRequest {
        participant: ParticipantId(participant),
        secret: Secret(bytes),
        ask,
        answer,
    }));
    // An error has become the answer.
    let _ = node.calls.tell(room, CallLane::Request, request);
    wait(answered).await
}

async fn wait<T>(answered: oneshot::Receiver<Result<T, HttpRefusal>>) -> Result<T, Refused> {
    match tokio::time::timeout(ANSWER_MAX, answered).await {
        Ok(Ok(answer)) => answer.map_err(|refusal| Refused::by_call(&refusal)),
        // Dropped by a call that was restarted, or late.
        Ok(Err(_)) | Err(_) => Err(Refused::unavailable()),
    }
}

fn is_type(http: &Http, wanted: &'static str) -> Result<(), Refused> {
    let given = http.headers().get(header::CONTENT_TYPE);
    let given = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Refused::wrong_type(wanted))
}

/// What `If-Match` names: one ICE session, or with `*` whichever.
fn precondition(http: &Http) -> Result<Option<String>, Refused> {
    let value = http.headers().get(header::IF_MATCH);
    let value = value.and_then(|value| value.to_str().ok());
    match value.map(str::trim) {
        None => Err(Refused::no_precondition()),
        Some("*") => Ok(None),
        Some(tag) => Ok(Some(tag.trim_matches('"').to_owned())),
    }
}

async fn read(body: Payload, bytes_max: usize) -> Result<String, Refused> {
    let whole = body.to_bytes_limited(bytes_max);
    let whole: Bytes = match tokio::time::timeout(BODY_MAX, whole).await {
        Ok(Ok(Ok(bytes))) => bytes,
        Ok(Err(_)) => return Err(Refused::too_large()),
        Ok(Ok(Err(_))) | Err(_) => return Err(Refused::no_body()),
    };
    String::from_utf8(whole.into()).map_err(|_| Refused::fragment("it is not UTF-8"))
}

/// Any page may ask: what counts is the token, which no page has by itself.
fn cors(mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Location, ETag, Accept-Patch, Retry-After",
        ));
    response
}

/// The ICE session, named by the server's user fragment.
fn etag(ufrag: Option<&str>) -> String {
    format!("\"{}\"", ufrag.unwrap_or_default())
}
