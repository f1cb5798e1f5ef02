//! H265 payloads.
