//! The app that is compiled into the binary: what the web build left in `web/app/dist`, or nothing.

use super::assets::WebApp;
use actix_web::web::Bytes;
use rust_embed::RustEmbed;
use std::{borrow::Cow, collections::BTreeMap};

#[derive(RustEmbed)]
#[folder = "web/app/dist"]
#[allow_missing = true]
struct Dist;

impl WebApp {
    /// The app in this binary; `None` when it was built without one.
    #[must_use]
    pub fn embedded() -> Option<Self> {
        let mut files = BTreeMap::new();
        for name in Dist::iter() {
            let is_hidden = name.split('/').any(|part| part.starts_with('.'));
            if let Some(file) = Dist::get(&name).filter(|_| !is_hidden) {
                let bytes = match file.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                };
                files.insert(name.into_owned(), bytes);
            }
        }
        Self::new(files)
    }
}
