//! Bounded priority lanes: the only queues between actors.
