//! AV1 payloads.
