//! `inbox` (việc cần xử lý): one row for each role at a unit that must act on a project.

mod fold;
mod queries;
mod tables;

pub use fold::Inbox;
pub use queries::{InboxRow, InboxUnit};
