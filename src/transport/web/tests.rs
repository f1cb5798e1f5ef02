use super::*;
use actix_web::{
    App,
    body::MessageBody,
    dev::ServiceResponse,
    http::StatusCode,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes, Data},
};

const PLAIN: &[u8] = b"<!doctype html>";

/// Asks an app of a few files.
async fn ask(request: TestRequest) -> ServiceResponse {
    let files = [
        ("index.html", PLAIN),
        ("index.html.br", b"brotli"),
        ("index.html.gz", b"gzip"),
        ("assets/index-B1c2d3e4.js", b"1"),
        ("a b.txt", b"spaced"),
    ];
    let files = files.map(|(name, bytes)| (name.to_owned(), Bytes::from_static(bytes)));
    let app = Data::new(WebApp::new(files.into()).expect("an index"));
    let route = |request: HttpRequest, app: Data<WebApp>| async move {
        answer(&app, &request).unwrap_or_else(|| HttpResponse::NotFound().finish())
    };
    let service = App::new().app_data(app).default_service(web::to(route));
    call_service(&init_service(service).await, request.to_request()).await
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn header(response: &ServiceResponse, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().expect("ASCII").to_owned())
}

fn body(response: ServiceResponse) -> Bytes {
    let body = response.into_body().try_into_bytes();
    body.expect("a whole body")
}

#[actix_web::test]
async fn the_index_comes_in_the_coding_that_is_accepted() {
    for (accepted, coding, bytes) in [
        ("gzip, deflate, br", Some("br"), &b"brotli"[..]),
        ("gzip", Some("gzip"), b"gzip"),
        ("identity", None, PLAIN),
    ] {
        let response = ask(get("/").insert_header(("accept-encoding", accepted))).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-encoding").as_deref(), coding);
        assert_eq!(
            header(&response, "vary").as_deref(),
            Some("Accept-Encoding")
        );
        let kind = header(&response, "content-type");
        assert_eq!(kind.as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(
            header(&response, "cache-control").as_deref(),
            Some("no-cache")
        );
        assert_eq!(body(response), bytes, "{accepted}");
    }
}

#[actix_web::test]
async fn what_the_client_has_is_not_sent_again() {
    let brotli = |tag: &str| {
        get("/")
            .insert_header(("accept-encoding", "br"))
            .insert_header(("if-none-match", tag))
    };
    let first = ask(brotli("\"other\"")).await;
    assert_eq!(first.status(), StatusCode::OK);
    let tag = header(&first, "etag").expect("a tag");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "strong: {tag}");
    let again = ask(brotli(&tag)).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(&again, "etag"), Some(tag.clone()));
    for kept in ["cache-control", "vary", "content-security-policy"] {
        assert!(header(&again, kept).is_some(), "{kept}");
    }
    assert_eq!(header(&again, "content-encoding"), None);
    assert!(body(again).is_empty());
    let other_coding = ask(get("/").insert_header(("if-none-match", tag))).await;
    assert_eq!(other_coding.status(), StatusCode::OK);
}

#[actix_web::test]
async fn files_named_by_content_are_kept_for_ever() {
    let response = ask(get("/assets/index-B1c2d3e4.js")).await;
    let caching = header(&response, "cache-control");
    assert_eq!(
        caching.as_deref(),
        Some("public, max-age=31536000, immutable")
    );
}

#[actix_web::test]
async fn paths_are_exact() {
    for known in ["/index.html", "/a%20b.txt", "/?from=elsewhere"] {
        assert_eq!(ask(get(known)).await.status(), StatusCode::OK, "{known}");
    }
    for unknown in [
        "/rooms",
        "/assets",
        "/assets/",
        "/index.html/",
        "/index.html.br",
        "/assets/%2e%2e/index.html",
        "/%2e%2e/index.html",
        "//index.html",
    ] {
        let response = ask(get(unknown)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[actix_web::test]
async fn files_are_only_read() {
    let response = ask(TestRequest::post().uri("/")).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&response, "allow").as_deref(), Some("GET, HEAD"));
    let head = ask(TestRequest::default().method(Method::HEAD).uri("/")).await;
    assert_eq!(head.status(), StatusCode::OK);
}

#[actix_web::test]
async fn pages_may_do_little() {
    let response = ask(get("/")).await;
    let policy = header(&response, "content-security-policy").expect("a policy");
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "connect-src 'self';",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "no {part} in {policy}");
    }
    for loose in ["unsafe", "http:", "https:", "*"] {
        assert!(!policy.contains(loose), "{loose} in {policy}");
    }
    assert!(header(&response, "permissions-policy").is_some());
    let opener = header(&response, "cross-origin-opener-policy");
    assert_eq!(opener.as_deref(), Some("same-origin"));
}
