//! sled, the committer, the key schema, sealed values.
