//! What the operator sees: metrics and tracing.
