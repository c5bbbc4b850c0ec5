//! `inspections` (cuộc kiểm tra) and `findings` (kiến nghị): what is still open, who has to remedy it, by when, and how much money.

mod fold;
mod queries;
mod tables;

pub use fold::Inspections;
pub use queries::{FindingFilter, FindingRow, InspectionFilter, InspectionRow};
