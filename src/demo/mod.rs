//! Demo data: published projects and invented ones, made by real commands, day by day, and the same again for the same seed.
//!
//! How a load works: [`load()`] walks the simulated days. Projects come alive on their day (`subject`: which they are, from seed and index
//! alone), each with the course of its life (`script`: what is tried, and when). Whatever is due on a day is turned into a command
//! (`actions`, `papers`, `content`), decided by the aggregate, and recorded: one commit per day. What a batch approves, adds, adjusts or stops
//! on a day is one decision (`planning`), with the plan and every đề án in it. A load that was cut is resumed by
//! simulating the recorded days without recording them, so that no day is lost or doubled.
//!
//! A command that the aggregate refuses is a fault of the demo and ends the load with [`DemoError::Refused`]; what a lifecycle does not
//! know is left out of a life beforehand.

mod actions;
mod calendar;
mod catalog;
mod content;
mod course;
mod dice;
mod environment;
mod life;
mod load;
mod names;
mod papers;
mod places;
mod planning;
mod real;
mod script;
mod subject;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::ProjectError;
use dean_ledger::{AppendError, LedgerError};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::engine::PublishError;

pub use environment::{Switch, environment};
pub use load::load;

/// The demo ledger's name: it says what it is wherever it is shown.
pub const LEDGER_NAME: &str = "Khuyến công (dữ liệu minh họa)";

/// What shall be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The same seed makes the same ledger, byte for byte.
    pub seed: u64,
    /// How many projects, the published ones included.
    pub projects: u32,
}

/// What was made, now or by an earlier load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Projects.
    pub projects: u32,
    /// Events in the ledger.
    pub events: u64,
}

/// The demo could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The load was cut, and something else was recorded before it could go on.
    #[error(
        "this demo was never loaded to its end, and other events were recorded since; move the file away and start again"
    )]
    CutShort,
    /// A generated command was refused: a fault of the demo.
    #[error("the demo's project {project}, step {step} on {date}, was refused: {refusal} [{}{}]", refusal.code, refusal.field.as_deref().map(|field| format!(" at {field}")).unwrap_or_default())]
    Refused {
        /// The project's code.
        project: String,
        /// The lifecycle step.
        step: String,
        /// Business date.
        date: NaiveDate,
        /// Why.
        refusal: Box<ProjectError>,
    },
    /// The list of places that comes along was refused: a fault of the demo.
    #[error("the demo's list of places was refused: {0}")]
    Places(dean_aggregates::places::publication::PlaceListError),
    /// A generated act on a plan or a batch was refused: a fault of the demo.
    #[error("the demo could not {what} on {date}: {refusal} [{}]", refusal.code)]
    PlanRefused {
        /// What was to be done.
        what: &'static str,
        /// Business date.
        date: NaiveDate,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// A plan or a batch that nobody opened: a fault of the demo.
    #[error("the demo has no plan or batch {0}")]
    NotOpened(Uuid),
    /// A step that every life needs is unknown to its lifecycle, or not possible in its state.
    #[error("the demo's project {project} can't go on on {date} in state {state:?}: no step does {wanted}")]
    Stuck {
        /// The project's code.
        project: String,
        /// The day.
        date: NaiveDate,
        /// Where it stands.
        state: String,
        /// What was to be done.
        wanted: String,
    },
    /// A built-in text.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger did not take a command of the demo.
    #[error("the demo could not be recorded: {0}")]
    Append(#[from] AppendError),
    /// An event that is not JSON.
    #[error("an event of the demo is not JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Plan {
    /// The id of the ledger that this plan makes: another plan has another ledger.
    pub fn ledger_id(self) -> Uuid {
        let digest = Sha256::new()
            .chain_update(b"dean/demo/ledger")
            .chain_update(self.seed.to_be_bytes())
            .chain_update(self.projects.to_be_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Seed of the day's random bytes.
    fn mixed_seed(self) -> u64 {
        dice::Dice::new(&[self.seed, u64::from(self.projects)]).roll()
    }
}
