//! OTP-style supervision on actix: `Shell<B: Behaviour>`, supervisors, restart strategies.
