//! Rust files as tokens.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every `.rs` file below a folder, sorted.
pub(crate) fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.map(|entry| entry.expect("a readable folder")) {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A file's tokens: comments are gone, doc comments are attributes.
pub(crate) fn tokens(text: &str) -> Result<TokenStream, LexError> {
    text.parse()
}

/// The name or keyword at `i`.
pub(crate) fn word(tokens: &[TokenTree], i: usize) -> Option<String> {
    match tokens.get(i) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

/// Whether `::` stands at `i`.
pub(crate) fn is_path_separator(tokens: &[TokenTree], i: usize) -> bool {
    let colon = |i| matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(i) && colon(i + 1)
}

/// Leaves out items under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
pub(crate) fn without_tests(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if is_test_attribute(&tokens, i) {
            i = end_of_item(&tokens, i + 2);
            continue;
        }
        kept.push(match &tokens[i] {
            TokenTree::Group(group) => {
                let inner = without_tests(group.stream());
                TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner))
            }
            other => other.clone(),
        });
        i += 1;
    }
    kept.into_iter().collect()
}

fn is_test_attribute(tokens: &[TokenTree], i: usize) -> bool {
    let hash = matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == '#');
    match tokens.get(i + 1) {
        Some(TokenTree::Group(attribute)) if hash => {
            let text: String = attribute.stream().to_string().split_whitespace().collect();
            text == "cfg(test)" || text.starts_with("cfg(all(test,")
        }
        _ => false,
    }
}

/// The index behind an item: its first `;` or braces.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(p) => p.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    let is_use = word(tokens, from).is_some_and(|w| w == "use");
    let semicolon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ';');
    let end = tokens[from..].iter().position(|token| {
        if is_use {
            semicolon(token)
        } else {
            ends(token)
        }
    });
    end.map_or(tokens.len(), |n| from + n + 1)
}
