//! `budget`: money by level, year, province, activity and source. The table keeps a row for each support line; sums are made when
//! asked, so they are always those of the lines.
//!
//! *Activity* is the support line's kind (dạng hỗ trợ, e.g. `MM`): the code joins activity, norm and advance group in the published rule
//! sets, and only the code stands in the events. Which of the nine activities of NĐ 45/2012 Đ4 it belongs to is for the caller to look
//! up in the rule set of the day; a projection that read it from a file would change its rows with the file.

mod fold;
mod places;
mod queries;
mod tables;

pub use fold::Budget;
pub use places::PlaceMoney;
pub use queries::{BudgetFilter, BudgetRow};
