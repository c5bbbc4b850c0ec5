//! The `Project` aggregate (đề án).

pub mod action;
pub mod content;
pub mod event;
pub mod papers;
pub mod standing;
