//! Who may connect, and with what rights: capability tokens (EdDSA), guests, revocation, rate limits.
