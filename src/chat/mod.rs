//! A room as a pure state machine: acceptance, timeline, presence, sync.
