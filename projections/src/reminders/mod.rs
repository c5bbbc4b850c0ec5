//! `reminders` (nhắc việc): what was reminded of, whom, and whether it reached them.

mod fold;
mod queries;
mod tables;

pub use fold::Reminders;
pub use queries::{ReminderFilter, ReminderRow};
