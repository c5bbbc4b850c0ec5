//! The engine: what pages, API and command line share. It turns a request for a step into a command with everything looked up
//! (lifecycle, rules, places, today), hands it to the aggregate, and reads projects back, now or as of any past position.

mod alone;
mod batches;
mod calendars;
mod claims;
mod contracts;
mod enlisted;
mod history;
mod imports;
mod inspections;
mod look_ups;
mod moves;
mod owed_periods;
pub mod place_sums;
mod places;
mod plans;
mod publishing;
mod reminders;
mod reports;
mod rulebook;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use dean_aggregates::actor::Actor;
use dean_aggregates::batch::Batch;
use dean_aggregates::calendar::Calendar;
use dean_aggregates::claim::Claim;
use dean_aggregates::contract::Contract;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::Project;
use dean_aggregates::reminder::Reminder;
use dean_aggregates::report::PeriodicReport;
use dean_aggregates::screening::Screening;
use dean_aggregates::stored;
use dean_ledger::{AggregateStore, Ledger, LedgerError};
use dean_projections::{ProjectionError, ReadModels};

pub use batches::Nomination;
pub use calendars::{BUILT_IN_CALENDARS, CalendarPublishError, PublishedCalendar, Publishing};
pub use enlisted::ActError;
pub use history::{AsOf, HistoryEntry, ProjectView, Shown, UnknownPast, View};
pub use imports::{ImportError, PastRow, ProjectList, RowAct, RowRefusal, projects_in};
pub use moves::{MoveCheck, MoveOrder};
pub use owed_periods::{OwedPeriod, PeriodStatus};
pub use places::BUILT_IN_PLACES;
pub use plans::{Acted, PlanError, Submission};
pub use publishing::{PublishedText, built_in_places, built_in_rulebook, built_in_scope};
pub use reminders::{DueTask, ReminderStoreError, time_left};
pub use reports::{FigureError, MonthStatus, OwedMonth, RecordedMonth, ReportError, Silent};
pub use rulebook::{BUILT_IN, BuiltIn, PublishError, Rulebook};
pub use steps::{Ask, StepError, Taken};

/// How many projects are kept in memory; a project takes a few kilobytes.
const PROJECT_CACHE_MAX: usize = 2_000;
/// How many contracts are kept in memory; each takes some hundred bytes for every đề án in it.
const CONTRACT_CACHE_MAX: usize = 500;
/// How many plans, and how many batches and inspections, are kept in memory; each takes some kilobytes for every đề án in it.
const PLAN_CACHE_MAX: usize = 100;
/// How many claims are kept in memory; each takes some hundred bytes.
const CLAIM_CACHE_MAX: usize = 4_000;

/// How many reminders are kept in memory; each takes some hundred bytes.
const REMINDER_CACHE_MAX: usize = 500;

/// How long a reader waits for the read models to reach a position (then the page says that it is behind).
pub const READ_YOUR_WRITES_WAIT_MAX: Duration = Duration::from_secs(2);

/// Ledger, aggregates, published texts and read models of one installation.
pub struct Engine {
    ledger: Ledger,
    projects: AggregateStore<Project>,
    plans: AggregateStore<Plan>,
    batches: AggregateStore<Batch>,
    claims: AggregateStore<Claim>,
    screenings: AggregateStore<Screening>,
    calendars: AggregateStore<Calendar>,
    reminders: AggregateStore<Reminder>,
    contracts: AggregateStore<Contract>,
    inspections: AggregateStore<Inspection>,
    reports: AggregateStore<PeriodicReport>,
    rulebook: rulebook::Shelf,
    read_models: ReadModels,
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read models.
    #[error(transparent)]
    Projections(#[from] ProjectionError),
    /// A built-in text.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A built-in calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarPublishError),
}

/// A project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A published text.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// An event that this program does not know.
    #[error("position {position} holds an event that this program can't read: {cause}")]
    UnknownEvent {
        /// Where.
        position: u64,
        /// Why.
        cause: stored::Unreadable,
    },
}

impl Engine {
    /// Opens everything over a ledger. Publishes the built-in lifecycles and rules that the ledger does not hold yet, unless
    /// `publisher` is `None` (readers).
    pub async fn start(ledger: Ledger, publisher: Option<Actor>) -> Result<Arc<Self>, StartError> {
        if let Some(publisher) = publisher {
            publishing::publish_built_in(&ledger, &publisher).await?;
            calendars::publish_built_in(&ledger, &publisher).await?;
            places::publish_built_in(&ledger, &publisher).await?;
        }
        let read_models = ReadModels::open(&ledger).await?;
        let rulebook = rulebook::Shelf::load(&ledger).await?;
        let projects = AggregateStore::new_with_upcasters(
            ledger.clone(),
            (),
            PROJECT_CACHE_MAX,
            stored::upcasters(stored::PROJECT),
        );
        let upcasters = stored::upcasters(stored::PLAN);
        let plans = AggregateStore::new_with_upcasters(ledger.clone(), (), PLAN_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::BATCH);
        let batches = AggregateStore::new_with_upcasters(ledger.clone(), (), PLAN_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::CLAIM);
        let claims = AggregateStore::new_with_upcasters(ledger.clone(), (), CLAIM_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::SCREENING);
        let screenings = AggregateStore::new_with_upcasters(ledger.clone(), (), PROJECT_CACHE_MAX, upcasters);
        let calendars = calendars::store(&ledger);
        let upcasters = stored::upcasters(stored::REMINDER);
        let reminders = AggregateStore::new_with_upcasters(ledger.clone(), (), REMINDER_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::CONTRACT);
        let contracts = AggregateStore::new_with_upcasters(ledger.clone(), (), CONTRACT_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::INSPECTION);
        let inspections = AggregateStore::new_with_upcasters(ledger.clone(), (), PLAN_CACHE_MAX, upcasters);
        let upcasters = stored::upcasters(stored::REPORT);
        let reports = AggregateStore::new_with_upcasters(ledger.clone(), (), PLAN_CACHE_MAX, upcasters);
        Ok(Arc::new(Self {
            ledger,
            projects,
            plans,
            batches,
            claims,
            screenings,
            calendars,
            reminders,
            contracts,
            inspections,
            reports,
            rulebook,
            read_models,
        }))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The read models.
    pub fn read_models(&self) -> &ReadModels {
        &self.read_models
    }

    /// The published texts as of now.
    pub async fn rulebook(&self) -> Result<Arc<Rulebook>, PublishError> {
        self.rulebook.current(&self.ledger).await
    }
}
