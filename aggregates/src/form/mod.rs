//! Forms: which fields an action has, and the way from a browser's name=value pairs to a typed action and back.

pub use crate::project::action_kind::ActionKind;
