//! The web app over HTTP: files from memory, compressed beforehand, under a strict policy.
//!
//! Knows no route but the app's own files. There is no fallback to the index: the app keeps its places in the fragment.

mod assets;
mod embedded;
mod folder;
mod negotiate;
mod policy;

pub use assets::WebApp;
pub use folder::FolderError;

use super::paced::paced;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
};
use negotiate::Coding;

/// Answers a request for one of the app's files; `None` when it has none under that path.
pub(super) fn answer(app: &WebApp, request: &HttpRequest) -> Option<HttpResponse> {
    // Decoded, unlike `request.path()`.
    let file = app.file(request.match_info().as_str())?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allowed = (header::ALLOW, "GET, HEAD");
        return Some(
            HttpResponse::MethodNotAllowed()
                .insert_header(allowed)
                .finish(),
        );
    }
    let text = |name| request.headers().get(name).and_then(|it| it.to_str().ok());
    let (coding, form) = file.form(text(header::ACCEPT_ENCODING));
    let known = text(header::IF_NONE_MATCH).is_some_and(|it| negotiate::is_known(it, &form.tag));
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, form.tag.as_str()))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CACHE_CONTROL, file.caching.header()));
    for (name, value) in policy::HEADERS {
        response.insert_header((*name, *value));
    }
    if known {
        return Some(response.finish());
    }
    if coding != Coding::Identity {
        response.insert_header((header::CONTENT_ENCODING, coding.name()));
    }
    Some(
        response
            .content_type(file.kind)
            .body(paced(request, form.bytes.clone())),
    )
}

#[cfg(test)]
mod tests;
