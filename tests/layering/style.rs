//! Rules of style that a test can count.

use crate::source::{self, is_path_separator, rust_files, word};
use proc_macro2::{TokenStream, TokenTree};
use std::{fs, path::Path};

/// Where the project's own Rust code is.
const FOLDERS: &[&str] = &["src", "tests", "benches", "examples", "fuzz", "loadtest"];
const LINES_MAX: usize = 500;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "misc",
];
/// Macros that mark unfinished work.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];
/// Ways round a bound.
const UNBOUNDED: &[&str] = &[
    "do_send",
    "unbounded",
    "unbounded_channel",
    "unbounded_send",
    "UnboundedSender",
];

fn faults(relative: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        faults.push(format!("{lines} lines: at most {LINES_MAX}, about 300"));
    }
    let stem = Path::new(relative).with_extension("");
    let mut names = stem
        .iter()
        .flat_map(|name| name.to_str().unwrap_or("").split('_'));
    if let Some(name) = names.find(|name| EMPTY_NAMES.contains(name)) {
        faults.push(format!("`{name}` says nothing of what is inside"));
    }
    match source::tokens(text) {
        Ok(tokens) => words(tokens, &mut faults),
        Err(error) => faults.push(error.to_string()),
    }
    faults
        .into_iter()
        .map(|fault| format!("{relative}: {fault}"))
        .collect()
}

fn words(tokens: TokenStream, faults: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for i in 0..tokens.len() {
        if let TokenTree::Group(group) = &tokens[i] {
            words(group.stream(), faults);
        }
        let Some(name) = word(&tokens, i) else {
            continue;
        };
        let is_macro = matches!(tokens.get(i + 1), Some(TokenTree::Punct(p)) if p.as_char() == '!');
        let follows_mod = i > 0 && word(&tokens, i - 1).as_deref() == Some("mod");
        if is_macro && UNFINISHED.contains(&name.as_str()) {
            faults.push(format!("`{name}!` is unfinished work"));
        } else if UNBOUNDED.contains(&name.as_str()) {
            faults.push(format!("`{name}` goes round a bound"));
        } else if follows_mod && name.split('_').any(|part| EMPTY_NAMES.contains(&part)) {
            faults.push(format!("`mod {name}` says nothing of what is inside"));
        } else if name == "mpsc"
            && is_path_separator(&tokens, i + 1)
            && calls_channel_without_bound(&tokens[i + 3..])
        {
            faults.push("`mpsc::channel()` has no bound".into());
        }
    }
}

/// `channel()` or `channel::<T>()`: std's unbounded one; a bounded one takes its capacity.
fn calls_channel_without_bound(tokens: &[TokenTree]) -> bool {
    let arguments = tokens.iter().find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream().is_empty()),
        _ => None,
    });
    word(tokens, 0).as_deref() == Some("channel") && arguments == Some(true)
}

#[test]
fn the_code_keeps_to_the_style() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for file in FOLDERS
        .iter()
        .flat_map(|folder| rust_files(&root.join(folder)))
    {
        let relative = file.strip_prefix(root).expect("found below it");
        let text = fs::read_to_string(&file).expect("a source file");
        all.extend(faults(&relative.to_string_lossy(), &text));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn bad_style_is_found() {
    for (file, text) in [
        ("src/chat/utils.rs", ""),
        ("src/call_manager/mod.rs", ""),
        ("src/a.rs", "mod test_helpers {}"),
        ("src/a.rs", "fn f() { todo!() }"),
        ("src/a.rs", "fn f() { g(|| unimplemented!(\"later\")) }"),
        ("src/a.rs", "fn f() { dbg!(1); }"),
        ("src/a.rs", "fn f() { a.do_send(m); }"),
        ("src/a.rs", "use tokio::sync::mpsc::unbounded_channel;"),
        (
            "src/a.rs",
            "fn f() { let (a, b) = crossbeam::channel::unbounded(); }",
        ),
        ("src/a.rs", "fn f() { let (a, b) = mpsc::channel::<u8>(); }"),
        ("src/a.rs", &"\n".repeat(501)),
    ] {
        assert_eq!(faults(file, text).len(), 1, "{file}: {text}");
    }
}

#[test]
fn good_style_passes() {
    for (file, text) in [
        (
            "src/chat/room.rs",
            "//! Not `todo!`.\nfn f() { let (a, b) = mpsc::channel(8); g(\"do_send dbg!\") }",
        ),
        ("src/commons.rs", "fn todo() { helper() }"),
        ("src/a.rs", &"\n".repeat(500)),
    ] {
        assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
