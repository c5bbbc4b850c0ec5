//! `plans` (kế hoạch): one row for each programme, authority and year, with its estimate and what is taken of it.

mod fold;
mod queries;
mod tables;

pub use fold::Plans;
pub use queries::{PlanFilter, PlanRow};
