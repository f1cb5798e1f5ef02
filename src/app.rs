//! The only wiring: builds the supervision tree from a configuration.
