//! The order of the house: imports run one way, siblings do not know each other, pure modules touch nothing outside.
//!
//! It reads `src/` as tokens, so comments and strings do not count, and leaves out what is compiled for tests only.
//! `layering/style.rs` checks what else can be checked by counting.

#[path = "layering/source.rs"]
mod source;
#[path = "layering/style.rs"]
mod style;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use source::{is_path_separator, rust_files, without_tests, word};
use std::{collections::BTreeSet, fs, path::Path};

/// Modules that may be imported by those in later lines only. The same order stands at the head of `src/lib.rs`.
const ORDER: &[&[&str]] = &[
    &["id"],
    &["crdt", "mailbox", "rtc"],
    &["sfu"],
    &["chat", "protocol", "access", "config", "telemetry"],
    &["storage"],
    &["actors"],
    &["transport"],
    &["app"],
    &["cli"],
    &["main"],
];

/// Modules of the binary, which stand beside `main`.
const BINARY: &[&str] = &["cli"];

/// Where no runtime, clock, socket, disk, lock, log or random source may be named.
const PURE: &[&str] = &[
    "id",
    "crdt",
    "rtc",
    "sfu",
    "chat",
    "protocol",
    "access",
    "transport/ws/codec",
];

/// Names that have no place in a pure module, wherever they stand in a path.
const IMPURE_WORDS: &[&str] = &[
    "async",
    "await",
    "getrandom",
    "mio",
    "Mutex",
    "OsRng",
    "RwLock",
    "sled",
    "socket2",
    "SystemRandom",
    "SystemTime",
    "TcpListener",
    "TcpStream",
    "thread_rng",
    "tokio",
    "tracing",
    "UdpSocket",
];

/// Modules that are impure too, but whose names other things may have: they count beside a `::`.
const IMPURE_MODULES: &[&str] = &["fs", "process", "rand", "thread"];

/// A module of the crate, by its names from the root.
type Module = Vec<String>;

/// `src/chat/room.rs` is `chat::room`; `mod.rs` and `lib.rs` are the folder itself.
fn module_of(relative: &Path) -> Module {
    let mut names: Module = relative
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names
        .last()
        .is_some_and(|name| name == "mod" || name == "lib")
    {
        names.pop();
    }
    names
}

fn layer(module: &str) -> Option<usize> {
    let module = if BINARY.contains(&module) {
        "main"
    } else {
        module
    };
    ORDER.iter().position(|siblings| siblings.contains(&module))
}

/// Every top-level module that a file of `module` names through `crate::`, `greenroom::`, `super::` or a bare path.
fn imports(module: &Module, tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(module, &tokens.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

fn walk(module: &Module, tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    let mut i = 0;
    while i < tokens.len() {
        let is_inline_module = word(tokens, i).as_deref() == Some("mod");
        if let (true, Some(name), Some(TokenTree::Group(body))) =
            (is_inline_module, word(tokens, i + 1), tokens.get(i + 2))
        {
            let mut inner = module.clone();
            inner.push(name);
            walk(
                &inner,
                &body.stream().into_iter().collect::<Vec<_>>(),
                found,
            );
            i += 3;
            continue;
        }
        let begins = i == 0 || !is_path_separator(tokens, i.saturating_sub(2));
        let base = match word(tokens, i).as_deref() {
            Some("crate" | "greenroom") if begins => Some(Vec::new()),
            Some("super") if begins => Some(parent(module)),
            _ => None,
        };
        match base.filter(|_| is_path_separator(tokens, i + 1)) {
            Some(mut base) => {
                i += 3;
                while word(tokens, i).as_deref() == Some("super")
                    && is_path_separator(tokens, i + 1)
                {
                    base = parent(&base);
                    i += 3;
                }
                i = path(base, tokens, i, found);
            }
            None => {
                if let TokenTree::Group(group) = &tokens[i] {
                    walk(
                        module,
                        &group.stream().into_iter().collect::<Vec<_>>(),
                        found,
                    );
                }
                i += 1;
            }
        }
    }
}

fn parent(module: &Module) -> Module {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// Follows a path that stands at `base`; returns where to read on.
fn path(base: Module, tokens: &[TokenTree], i: usize, found: &mut BTreeSet<String>) -> usize {
    if let Some(top) = base.first() {
        found.insert(top.clone());
        return i;
    }
    match tokens.get(i) {
        Some(TokenTree::Ident(name)) if name == "self" => i + 1,
        Some(TokenTree::Ident(name)) => {
            found.insert(name.to_string());
            i + 1
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
            for branch in inner.split(is_comma) {
                path(Vec::new(), branch, 0, found);
            }
            i + 1
        }
        _ => i,
    }
}

/// Names in a pure module that say it is none.
fn impurities(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let tokens: Vec<_> = tokens.into_iter().collect();
    for i in 0..tokens.len() {
        if let TokenTree::Group(group) = &tokens[i] {
            found.extend(impurities(group.stream()));
        }
        let Some(name) = word(&tokens, i) else {
            continue;
        };
        let in_a_path =
            is_path_separator(&tokens, i + 1) || i > 1 && is_path_separator(&tokens, i - 2);
        let is_module = in_a_path && IMPURE_MODULES.contains(&name.as_str());
        let is_runtime = name == "actix" || name.starts_with("actix_");
        let reads_clock = name == "Instant"
            && is_path_separator(&tokens, i + 1)
            && word(&tokens, i + 3).as_deref() == Some("now");
        if IMPURE_WORDS.contains(&name.as_str()) || is_module || is_runtime {
            found.insert(name);
        } else if reads_clock {
            found.insert("Instant::now".into());
        }
    }
    found
}

/// What is wrong with one file of `src/`.
fn faults(relative: &str, text: &str) -> Vec<String> {
    let module = module_of(Path::new(relative));
    if module.iter().any(|name| name == "tests") {
        return Vec::new(); // `#[cfg(test)] mod tests;`
    }
    let tokens = without_tests(source::tokens(text).unwrap_or_else(|e| panic!("{relative}: {e}")));
    let mut faults = Vec::new();
    if let Some(top) = module.first() {
        match layer(top) {
            None => faults.push(format!("{relative}: `{top}` has no place in ORDER")),
            Some(own) => {
                for import in imports(&module, tokens.clone())
                    .into_iter()
                    .filter(|import| import != top)
                {
                    // What is not in ORDER is an item of the root, and lib.rs has none.
                    if layer(&import).is_none_or(|other| other >= own) {
                        faults.push(format!("{relative}: `{top}` may not import `{import}`"));
                    }
                }
            }
        }
    }
    let place = module.join("/");
    if PURE
        .iter()
        .any(|pure| place == *pure || place.starts_with(&format!("{pure}/")))
    {
        let impure = impurities(tokens).into_iter();
        faults.extend(impure.map(|name| format!("{relative}: a pure module names `{name}`")));
    }
    faults
}

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    let files = rust_files(&root);
    assert!(files.len() > 20, "src/ is not where this test looks");
    for file in files {
        let relative = file.strip_prefix(&root).expect("found below it");
        let text = fs::read_to_string(&file).expect("a source file");
        all.extend(faults(&relative.to_string_lossy(), &text));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn lib_rs_tells_the_same_order() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(path).expect("lib.rs");
    let told: Vec<_> = ORDER
        .iter()
        .map(|siblings| match siblings {
            [one] => (*one).to_owned(),
            many => format!("{{{}}}", many.join(", ")),
        })
        .collect();
    assert!(
        text.contains(&format!("`{}`", told.join(" <- "))),
        "lib.rs lacks {}",
        told.join(" <- ")
    );
}

#[test]
fn bad_imports_are_found() {
    let bad = [
        ("crdt/op.rs", "use crate::chat::Room;", "chat"),
        (
            "chat/room.rs",
            "use crate::{id::RoomId, protocol::ServerFrame};",
            "protocol",
        ),
        ("chat/room.rs", "use crate::{crdt, storage};", "storage"),
        (
            "chat/mod.rs",
            "fn f(x: crate::actors::Address) {}",
            "actors",
        ),
        ("protocol/mod.rs", "pub use super::access::Token;", "access"),
        (
            "protocol/client.rs",
            "use super::super::access::Token;",
            "access",
        ),
        (
            "storage/mod.rs",
            "fn f() { let _ = vec![crate::actors::X]; }",
            "actors",
        ),
        (
            "actors/room/mod.rs",
            "mod inner { use super::super::super::transport; }",
            "transport",
        ),
        (
            "actors/room/mod.rs",
            "macro_rules! m { () => { $crate::transport::x() } }",
            "transport",
        ),
        ("id.rs", "mod a { mod b { use crate::crdt::Dot; } }", "crdt"),
        (
            "mailbox/mod.rs",
            "#[cfg(not(test))] use crate::crdt::Dot;",
            "crdt",
        ),
        ("transport/http.rs", "use greenroom::app;", "app"),
        ("app.rs", "use crate::cli;", "cli"),
        ("novel.rs", "", "no place"),
    ];
    for (file, text, what) in bad {
        let found = faults(file, text);
        assert!(
            found.len() == 1 && found[0].contains(what),
            "{file}: {text}: {found:?}"
        );
    }
}

#[test]
fn impure_names_are_found() {
    for text in [
        "use tokio::sync::Notify;",
        "use actix_web::web;",
        "use actix::prelude::*;",
        "fn f() { let t = std::time::Instant::now(); }",
        "use std::time::SystemTime;",
        "use std::net::{IpAddr, UdpSocket};",
        "fn f() { tracing::info!(\"x\"); }",
        "use aws_lc_rs::rand::SystemRandom;",
        "async fn f() {}",
        "macro_rules! m { () => { std::thread::sleep(x) } }",
        "#[cfg(feature = \"x\")] use getrandom::fill;",
    ] {
        for file in ["chat/room.rs", "id.rs", "transport/ws/codec/frame.rs"] {
            assert!(!faults(file, text).is_empty(), "{file}: {text}");
        }
        assert!(faults("actors/x.rs", text).is_empty(), "{text}");
    }
}

#[test]
fn good_code_passes() {
    for (file, text) in [
        (
            "chat/room.rs",
            "use super::limits; use crate::{crdt::{self, Dot}, id::RoomId}; use std::time::Instant;",
        ),
        (
            "chat/room/x.rs",
            "use super::super::Room; mod inner { use super::Roster; use super::super::super::Room; }",
        ),
        (
            "crdt/op.rs",
            "//! use crate::chat; tokio\n/// tracing\nconst X: &str = \"crate::app tokio\";",
        ),
        (
            "crdt/op.rs",
            "#[cfg(test)] mod tests { use crate::chat::Room; use std::time::SystemTime; }",
        ),
        (
            "crdt/op.rs",
            "#[cfg(test)] use crate::chat::Room; const A: u8 = 1;",
        ),
        ("crdt/op/tests.rs", "use crate::chat::Room;"),
        ("access/key.rs", "fn f(now: Instant) -> IpAddr {}"),
        (
            "actors/room/mod.rs",
            "use crate::{storage::Store, protocol, chat, id}; use tokio::time;",
        ),
        ("main.rs", "use greenroom::{app, config::Config};"),
        ("cli/mod.rs", "use super::cli; use greenroom::app;"),
    ] {
        assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
