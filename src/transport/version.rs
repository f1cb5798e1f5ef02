//! `/version`: which server this is, which protocols it speaks, and where it is reached securely.
//!
//! A client tells a server of another version from one that does not answer, and a page loaded over plain HTTP, to which
//! browsers give no microphone, learns where to go instead.

use crate::protocol::Subprotocol;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{header, uri::Authority},
    web::Data,
};
use serde::Serialize;

/// Where it is.
pub(super) const PATH: &str = "/version";

/// The port of HTTPS, if this server has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SecurePort(pub(super) Option<u16>);

#[derive(Serialize)]
struct Version {
    server: &'static str,
    protocols: [&'static str; Subprotocol::ALL.len()],
    secure_url: Option<String>,
}

pub(super) async fn version(request: HttpRequest, port: Data<SecurePort>) -> HttpResponse {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    HttpResponse::Ok().json(Version {
        server: concat!("greenroom/", env!("CARGO_PKG_VERSION")),
        protocols: Subprotocol::ALL.map(Subprotocol::name),
        secure_url: port
            .0
            .and_then(|port| host.and_then(|host| secure_url(host, port))),
    })
}

/// The HTTPS origin under the name by which the client reached this server.
fn secure_url(host: &str, port: u16) -> Option<String> {
    const HTTPS: u16 = 443;
    let authority: Authority = host.parse().ok()?;
    let name = authority.host();
    match (name, port) {
        ("", _) => None,
        (name, HTTPS) => Some(format!("https://{name}")),
        (name, port) => Some(format!("https://{name}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_under_the_same_name() {
        for (host, port, url) in [
            ("192.168.1.5:7700", 7743, "https://192.168.1.5:7743"),
            ("chat.lan", 443, "https://chat.lan"),
            ("[fd00::1]:7700", 7743, "https://[fd00::1]:7743"),
        ] {
            assert_eq!(secure_url(host, port).as_deref(), Some(url));
        }
        for nonsense in ["", ":7700", "a b", "a/b", "<script>"] {
            assert_eq!(secure_url(nonsense, 443), None, "{nonsense}");
        }
    }
}
