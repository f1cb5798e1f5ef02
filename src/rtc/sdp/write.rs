//! Writing the text.
