//! What the benchmarks of the command path share.

pub(crate) mod dean;
pub(crate) mod load;
pub(crate) mod tally;

// The program's allocator, for stock as well.
use ::dean as _;
