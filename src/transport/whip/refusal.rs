//! Refusals in the words of HTTP: a status, and a line of text that begins with a code of the protocol.

use crate::access::limits::Limited;
use crate::actors::call::HttpRefusal;
use crate::actors::gate::Rejection;
use crate::protocol::ErrorCode;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// Seconds after which it may go better.
const RETRY_AFTER_S: u64 = 2;

/// A refused request.
pub(super) struct Refused {
    status: StatusCode,
    code: String,
    message: String,
    retry_after_s: Option<u64>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after_s: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S),
        }
    }

    pub(super) fn no_token() -> Self {
        let message = "send a token of this node: Authorization: Bearer <token>";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn rejected(rejection: &Rejection) -> Self {
        let (code, _) = rejection.code();
        Self::new(status(code), &word(code), &rejection.to_string())
    }

    pub(super) fn limited(limited: &Limited) -> Self {
        Self {
            retry_after_s: Some(limited.retry_after_ms.div_ceil(1000)),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                &limited.to_string(),
            )
        }
    }

    pub(super) fn by_call(refusal: &HttpRefusal) -> Self {
        Self::new(status(refusal.code), &word(refusal.code), &refusal.message)
    }

    pub(super) fn no_room() -> Self {
        let message = "a room is 32 lowercase hexadecimal digits";
        Self::new(StatusCode::NOT_FOUND, "room_not_found", message)
    }

    pub(super) fn no_session() -> Self {
        let message = "there is no such session";
        Self::new(StatusCode::NOT_FOUND, "call_not_found", message)
    }

    pub(super) fn unavailable() -> Self {
        let message = "the call did not answer: try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
    }

    pub(super) fn wrong_type(wanted: &str) -> Self {
        let message = format!("the content type must be {wanted}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            &message,
        )
    }

    pub(super) fn no_precondition() -> Self {
        let message = "send If-Match: the session's ETag, or * to restart ICE";
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            message,
        )
    }

    pub(super) fn outdated() -> Self {
        let message = "the ICE session was restarted meanwhile";
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            message,
        )
    }

    pub(super) fn too_large() -> Self {
        let message = "the body has more than 64 KiB";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    pub(super) fn no_body() -> Self {
        let message = "the body did not come whole and in time";
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    pub(super) fn fragment(problem: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", problem)
    }

    pub(super) fn respond(self) -> HttpResponse {
        let mut response = super::cors(HttpResponseBuilder::new(self.status));
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{}: {}\n", self.code, self.message))
    }
}

const fn status(code: ErrorCode) -> StatusCode {
    use ErrorCode as E;
    match code {
        E::Malformed | E::OfferRefused => StatusCode::BAD_REQUEST,
        E::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        E::Unauthorized | E::TokenExpired | E::TokenRevoked | E::NotReady => {
            StatusCode::UNAUTHORIZED
        }
        E::Forbidden | E::NotAMember | E::GuestsRefused => StatusCode::FORBIDDEN,
        E::RoomNotFound | E::CallNotFound | E::UserNotFound => StatusCode::NOT_FOUND,
        E::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A code as it stands in the protocol.
fn word(code: ErrorCode) -> String {
    let json = serde_json::to_value(code).unwrap_or_default();
    json.as_str().unwrap_or("error").to_owned()
}
