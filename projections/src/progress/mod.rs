//! `progress`: one row for each đề án, as it stands now.

mod fold;
mod queries;
mod tables;

pub use fold::Progress;
pub(crate) use fold::units;
pub(crate) use queries::conditions;
pub use queries::{ProgressRow, ProjectFilter};
