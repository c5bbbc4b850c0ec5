//! Read models folded from the ledger: what pages, dashboards and spreadsheets show. They are derived, whole, from a prefix of the
//! ledger; they can be thrown away and built again, and [`check`] compares them with a fresh replay.
//!
//! - [`ReadModels`] answers queries; [`Runner`] keeps them up with the ledger; [`rebuild`], [`check`] and [`status`] are for operators.
//! - All projections form one set, a *generation*, with one checkpoint. A batch's rows and the checkpoint are written in one transaction.
//!   Whoever folds holds a lease and is fenced by the checkpoint itself.
//! - A changed version of any projection makes a new generation beside the live one, which serves until the swap.
//!
//! # How an event travels
//! `entry` decodes it, or stops the runner: nothing is skipped. [`known`] folds it into what is known about its aggregate ([`state`], for a
//! project). Each projection turns events of projects into rows (`event`: `timeline`), or aggregates into rows: projects (`progress`,
//! `inbox`, `budget`, `duties`), plans, batches, contracts, inspections, reminders, each in the folder of its name. All of this is pure.
//! `projector` writes them, batch by batch; `bulk` fills a generation that is still empty.
//!
//! # Adding a projection
//! 1. A folder with `tables.rs` (one [`Table`](table::Table): DDL, writes and the comparison follow from it), `fold.rs` and `queries.rs`.
//! 2. If the fold needs to know more about an aggregate, note it in `state` or `known` and raise their version. Also when an aggregate of
//!    `known` changes the form of what it remembers: it is noted as it is (a test holds the form).
//! 3. List it in `projection::ALL`. The next start builds a generation that has it.
//!
//! # Rules for the next change
//! 1. A fold reads events and nothing else: no file, no clock, no other table. "Overdue" needs today, so it is a query.
//! 2. Change what a fold or a table gives, and raise the projection's `version`.
//! 3. A public column keeps its name and meaning: dashboards outside this repository read schema `read`.
//! 4. Names of natural persons are in rows only where the ledger gives them; after an erasure the read models are rebuilt.

pub mod arrays;
pub mod batches;
mod budget;
pub mod cell;
pub mod contracts;
pub mod duties;
pub mod entry;
pub mod inbox;
pub mod inspections;
pub mod known;
pub mod plans;
pub mod progress;
pub mod projection;
pub mod reminders;
pub mod state;
pub mod table;
pub mod timeline;

mod bulk;
mod check;
mod checkpoint;
mod dashboard;
mod error;
mod generation;
mod pace;
mod paging;
mod projector;
mod read_models;
mod rebuild;
mod runner;
mod status;
mod store;
mod text;
mod writes;

pub use batches::{BatchProjectRow, BatchRow};
pub use budget::{BudgetFilter, BudgetRow, PlaceMoney};
pub use check::{CheckReport, check};
pub use contracts::{ContractFilter, ContractRow};
pub use dashboard::{FunnelRow, MoneyRow};
pub use duties::{DutyFilter, DutyRow, UnitYear};
pub use error::{ProjectionError, Result};
pub use inbox::{InboxRow, InboxUnit};
pub use inspections::{FindingFilter, FindingRow, InspectionFilter, InspectionRow};
pub use paging::{Cursor, PAGE_ROWS_MAX, Page};
pub use plans::{PlanFilter, PlanRow};
pub use progress::{ProgressRow, ProjectFilter};
pub use read_models::ReadModels;
pub use rebuild::rebuild;
pub use reminders::{ReminderFilter, ReminderRow};
pub use runner::{Runner, RunnerHandle, RunnerState};
pub use status::{ProjectionStatus, Status, status};
pub use timeline::TimelineRow;

/// Who folds: an id for each runner and builder. It comes from the machine, not from the ledger's environment: two processes that
/// replay the same seed must not be taken for each other, and a runner must not use up a history's randomness.
fn holder() -> uuid::Uuid {
    dean_ledger::Environment::system().uuid_v7()
}
