//! dean
