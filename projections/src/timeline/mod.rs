//! `timeline`: one row for each event of a project, with the days it took and by how much it was late.

mod fold;
mod queries;
mod tables;

pub use fold::Timeline;
pub use queries::TimelineRow;
