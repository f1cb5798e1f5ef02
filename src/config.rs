//! The typed configuration tree, validated once.
