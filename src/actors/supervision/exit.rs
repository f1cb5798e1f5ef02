//! How a life ends, and what is remembered of it.

use std::{fmt, time::Duration};

/// The longest text kept of a panic or an error, in bytes; the rest is cut at a character boundary.
pub const EXIT_TEXT_BYTES_MAX: usize = 256;

/// The n-th life of an actor, counted from 1; 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Incarnation(pub u32);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a life, a subtree or the whole tree ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Exit {
    /// The actor asked to stop and had handled what was queued.
    #[error("stopped by itself")]
    Normal,
    /// The supervisor ended it: shutdown of the node, or of the subtree around a failed elder sibling.
    #[error("shut down")]
    Shutdown,
    /// Code of the actor panicked; its message, and where when the panic hook is installed.
    #[error("panic: {0}")]
    Panic(Box<str>),
    /// The actor gave up with an error.
    #[error("{0}")]
    Error(Box<str>),
    /// A supervisor met more failures than its intensity allows; this is the last one, with the child's name before it.
    #[error("too many failures, last of {0}")]
    Escalated(Box<str>),
    /// The arbiter under the actor is gone, and the actor's factory with it.
    #[error("lost with its arbiter")]
    Lost,
}

impl Exit {
    /// An exit that tells `error`, cut to [`EXIT_TEXT_BYTES_MAX`].
    pub fn error(error: impl fmt::Display) -> Self {
        Self::Error(cut(&error.to_string()))
    }

    pub(super) fn panic(message: &str, place: Option<&str>) -> Self {
        Self::Panic(match place {
            Some(place) => cut(&format!("{message} ({place})")),
            None => cut(message),
        })
    }

    pub(super) fn escalated(child: &str, last: &Self) -> Self {
        Self::Escalated(cut(&format!("{child}: {last}")))
    }
}

/// The last abnormal end of an actor's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What ended it.
    pub exit: Exit,
    /// The life that ended.
    pub incarnation: Incarnation,
    /// How long ago, when the snapshot was taken.
    pub age: Duration,
}

fn cut(text: &str) -> Box<str> {
    let mut end = text.len().min(EXIT_TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let Exit::Error(text) = Exit::error("é".repeat(EXIT_TEXT_BYTES_MAX)) else {
            panic!("not an error");
        };
        assert_eq!(text.len(), EXIT_TEXT_BYTES_MAX);
        let Exit::Error(text) = Exit::error(format!("a{}", "é".repeat(EXIT_TEXT_BYTES_MAX)))
        else {
            panic!("not an error");
        };
        assert_eq!(text.len(), EXIT_TEXT_BYTES_MAX - 1);
    }
}
