//! Same.
