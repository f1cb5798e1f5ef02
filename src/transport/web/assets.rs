//! The app's files in memory: of which kind each is, in which codings it is there, and how long it may be kept.

use super::negotiate::{self, Coding};
use actix_web::web::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The file that `/` stands for, without which there is no app.
pub(super) const INDEX: &str = "index.html";

/// Files in this folder are named by their content: a changed one has another name.
const HASHED: &str = "assets/";

/// Bytes of a hash that an entity tag shows.
const TAG_BYTES: usize = 16;

/// A web app: its files by their path below `/`.
pub struct WebApp {
    files: BTreeMap<String, WebFile>,
}

/// One file.
pub(super) struct WebFile {
    /// Its media type.
    pub(super) kind: &'static str,
    /// How long it may be kept.
    pub(super) caching: Caching,
    plain: Form,
    brotli: Option<Form>,
    gzip: Option<Form>,
}

/// A file in one coding.
pub(super) struct Form {
    /// The body.
    pub(super) bytes: Bytes,
    /// Its strong entity tag, with the quotes.
    pub(super) tag: String,
}

/// How long a file may be kept without asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caching {
    /// For ever.
    Immutable,
    /// Only while the server says that it is still the same.
    AskAgain,
}

impl Caching {
    /// The value of `Cache-Control` (RFC 9111 §5.2.2, RFC 8246).
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::AskAgain => "no-cache",
        }
    }
}

impl WebApp {
    /// Of all its files, by paths such as `assets/index-B1c2.js`. `a.br` and `a.gz` are `a` compressed, if there is an
    /// `a`. `None` without an `index.html`.
    #[must_use]
    pub fn new(mut files: BTreeMap<String, Bytes>) -> Option<Self> {
        let names: Vec<_> = files.keys().cloned().collect();
        let mut app = BTreeMap::new();
        for name in names {
            let is_compressed = [".br", ".gz"]
                .iter()
                .filter_map(|ending| name.strip_suffix(ending))
                .any(|original| files.contains_key(original) || app.contains_key(original));
            if is_compressed {
                continue;
            }
            let brotli = files.remove(&format!("{name}.br")).map(Form::new);
            let gzip = files.remove(&format!("{name}.gz")).map(Form::new);
            let Some(bytes) = files.remove(&name) else {
                continue;
            };
            let file = WebFile {
                kind: media_type(&name),
                caching: caching(&name),
                plain: Form::new(bytes),
                brotli,
                gzip,
            };
            app.insert(name, file);
        }
        app.contains_key(INDEX).then_some(Self { files: app })
    }

    /// What stands under a request's decoded path.
    pub(super) fn file(&self, path: &str) -> Option<&WebFile> {
        match path.strip_prefix('/')? {
            "" => self.files.get(INDEX),
            name => self.files.get(name),
        }
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Never: there is an `index.html`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl WebFile {
    /// The form to answer in.
    pub(super) fn form(&self, accepted: Option<&str>) -> (Coding, &Form) {
        let coded = |coding| match coding {
            Coding::Brotli => self.brotli.as_ref(),
            Coding::Gzip => self.gzip.as_ref(),
            Coding::Identity => Some(&self.plain),
        };
        let coding = negotiate::choose(accepted, |coding| coded(coding).is_some());
        (coding, coded(coding).unwrap_or(&self.plain))
    }
}

impl Form {
    fn new(bytes: Bytes) -> Self {
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        let tag = format!("\"{}\"", hex::encode(&hash[..TAG_BYTES]));
        Self { bytes, tag }
    }
}

fn caching(name: &str) -> Caching {
    if name.starts_with(HASHED) {
        Caching::Immutable
    } else {
        Caching::AskAgain
    }
}

/// Browsers are told not to guess (`nosniff`), so every kind that an app is made of must be here.
fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "md" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "gif" => "image/gif",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "wasm" => "application/wasm",
        "ogg" | "opus" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "webm" => "video/webm",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(files: &[(&str, &'static [u8])]) -> Option<WebApp> {
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes)));
        WebApp::new(files.collect())
    }

    #[test]
    fn compressed_files_belong_to_their_originals() {
        let app = app(&[
            ("index.html", b"<!doctype html>"),
            ("index.html.br", b"b"),
            ("index.html.gz", b"g"),
            ("dump.gz", b"alone"),
        ]);
        let app = app.expect("an index");
        assert_eq!(app.len(), 2);
        let index = app.file("/").expect("the index");
        for (accepted, body) in [("br", "b"), ("gzip", "g"), ("", "<!doctype html>")] {
            assert_eq!(index.form(Some(accepted)).1.bytes, body);
        }
        let tags: std::collections::BTreeSet<_> = ["br", "gzip", ""]
            .map(|accepted| index.form(Some(accepted)).1.tag.clone())
            .into();
        assert_eq!(tags.len(), 3, "a strong tag names the bytes");
        assert!(app.file("/index.html").is_some());
        assert!(app.file("/index.html.br").is_none());
        assert!(app.file("/dump.gz").is_some());
        assert!(app.file("index.html").is_none());
    }

    #[test]
    fn without_an_index_there_is_no_app() {
        assert!(app(&[]).is_none());
        assert!(app(&[("sw.js", b"")]).is_none());
    }

    #[test]
    fn only_files_named_by_content_are_kept_for_ever() {
        assert_eq!(caching("assets/index-B1c2d3e4.js"), Caching::Immutable);
        for name in ["index.html", "sw.js", "manifest.webmanifest", "icon.svg"] {
            assert_eq!(caching(name), Caching::AskAgain, "{name}");
        }
    }

    #[test]
    fn kinds_follow_from_names() {
        for (name, kind) in [
            ("a/b.min.JS", "text/javascript; charset=utf-8"),
            ("manifest.webmanifest", "application/manifest+json"),
            ("icon.svg", "image/svg+xml"),
            ("LICENSE", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name), kind, "{name}");
        }
    }
}
