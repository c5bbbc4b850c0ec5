//! `duties`: one row for each đề án that has to report every month, with what it has reported; and which units have đề án of which year, from
//! which follows who owes reports of quarters, half-years and years. "Missing" needs today, so it is a query.

mod fold;
mod queries;
mod tables;

pub use fold::Duties;
pub use queries::{DutyFilter, DutyRow, UnitYear};
