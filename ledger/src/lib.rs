//! The event store: one append-only ledger with gap-free positions, sealed by a Merkle tree, on PostgreSQL and on SQLite.
//!
//! - [`Ledger`] appends (many appends, one commit), reads by position or by stream, tells its head, verifies itself.
//! - [`AggregateStore`] is the [`cqrs_es::EventStore`] on top of it, with an aggregate cache and a lock per aggregate.
//! - [`JointCommand`] decides one command over several aggregates and records it in one append.
//! - [`Ledger::scan`] reads a whole kind of aggregate, stream by stream, for whoever builds something anew.
//! - [`archive`] is the ledger as one file; [`proof`] shows it to strangers.
//! - [`Database`] opens either database; [`on_database!`] runs the same SQL on whichever it is.
//! - [`environment`] is the only door to clock and randomness.
//!
//! # How an append travels
//! `Ledger::append` checks the format and settles all bytes but position and time (`header`), in the caller's task. The writer task
//! (`writer`) gathers what waits and drafts a commit (`writer::draft`, pure: who conflicts, who repeats, positions, headers, tree) while the
//! commit before it is on its way (`writer::flight`), and sends one statement or transaction (`writer::sql`). Whatever is not as the
//! draft takes it to be is found out and decided again (`writer::commit`). Nothing else writes events.
//!
//! # Rules for the next change
//! 1. The format (`header`, `personal`, `tree`, `docs/ledger-format.md`) can never change; a new need is a new `format` number.
//! 2. A decision about appends belongs in `writer::draft`, where it is tested without a database.
//! 3. Positions may be trusted only because a commit row starts where the last one ended: never insert events without one.
//! 4. SQL is portable and stands beside its mapper; where the databases must differ, `writer::sql` and `database` say so.

pub mod archive;
pub mod canonical;
pub mod database;
pub mod environment;
pub mod error;
pub mod header;
pub mod personal;
pub mod proof;
pub mod stats;
pub mod tree;

mod client_keys;
mod ledger;
mod loader;
mod model;
mod reader;
mod receipts;
mod scan;
mod store;
mod turn;
mod verify;
mod writer;

pub use canonical::normalize;
pub use database::{Access, Database};
pub use environment::{Clock, Entropy, Environment, ManualClock, SeededEntropy, SystemClock, SystemEntropy};
pub use error::{AppendError, DatabaseError, FormatError, FormatErrorKind, LedgerError};
pub use ledger::{Ledger, LedgerOptions};
pub use model::{Actor, Append, Head, NewEvent, Receipt, RecordedEvent, StoredReceipt, StreamAppend, StreamReceipt};
pub use scan::{Scan, ScannedEvent};
pub use stats::Stats;
pub use store::{AggregateStore, Envelope, ExecuteError, Executed, JointCommand, Part, Parts, StoreContext};
pub use turn::Turn;
pub use verify::{Fault, KeptRoot, TileReport, VerifyReport};
