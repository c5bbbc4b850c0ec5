//! The domain, tested from outside: published texts, stories, figures, forms, invariants, golden events.

mod common;
mod figures;
mod forms;
mod published;
mod stories;
