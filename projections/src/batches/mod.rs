//! `batches` (đợt) and `batch_projects`: one row for each batch, and one for each đề án that is a candidate of it or was approved by it, with
//! its place in the legal order and what puts it before the next.

mod fold;
mod queries;
mod tables;

pub use fold::Batches;
pub use queries::{BatchProjectRow, BatchRow};
