//! H264 payloads.
