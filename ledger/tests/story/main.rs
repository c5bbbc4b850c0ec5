//! The ledger's behaviour, told once and run on both databases.

#[path = "../support/mod.rs"]
mod support;

mod appending;
mod archive;
mod comparing;
mod contention;
mod format;
mod integrity;
mod joint;
mod neighbours;
mod opening;
mod proof_vectors;
mod proving;
mod reading;
mod rewriting;
mod signing;
mod stores;
mod tile_table;
mod turns;
mod verify_work;
