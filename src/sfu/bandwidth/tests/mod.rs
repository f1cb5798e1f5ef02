//! The whole of congestion control against a simulated link, in virtual time, and without transport-wide feedback.

mod fallback;
mod link;
mod random;
mod scenarios;
mod source;
mod world;
