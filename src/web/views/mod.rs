//! Typed contexts of the templates: a page can't be rendered without its data. They hold words and figures ready to be shown and
//! depend on neither engine nor HTTP, so every page is rendered in both languages by a test.

mod chrome;
mod contracts;
mod form;
mod inspections;
mod lists;
mod moment;
mod planning;
mod project;
mod reports;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod samples_flag;
#[cfg(test)]
mod samples_together;
mod screening;
#[cfg(test)]
mod tests;

pub use chrome::{ActorLine, Chrome};
pub use contracts::{ContractLine, ContractPage, ContractsPage, MemberView};
pub use form::{Block, ConfirmPage, FieldInput, FieldView, Item, OutcomeSum, Refusal, RefusedField, StepPage, Subject};
pub use inspections::{
    FindingView, FindingsPage, InspectionLine, InspectionPage, InspectionsPage, ReminderLine, RemindersPage, VisitView,
};
pub use lists::{
    ActivityRow, ActorsPage, DashboardPage, ErrorPage, ExplainedPage, Filter, Headline, InboxPage, KnownActor, LogPage,
    LogRow, OverdueRow, PhaseRow, PlaceRow, ProjectRow, ProjectsPage, TaskRow, YearRow,
};
pub use moment::{ActView, Link, Moment};
pub use planning::{
    ApprovedView, BatchLine, BatchPage, CandidateView, DecisionItem, DecisionView, OrderView, PlanLine, PlanPage,
    PlansPage, RankedView, ReasonView,
};
pub use project::{BeneficiaryView, EventView, Head, LineView, OtherStep, Past, ProjectPage, Related, StepLink, Sum};
pub use reports::{
    CorrectedMonth, DoneView, FigureInput, FigureView, FiledView, MonthRow, MonthView, MonthsPage, PeriodForm,
    PeriodPage, PeriodRow, ReportsPage, SilentRow, TextInput,
};
pub use screening::{FilingForm, FlagView, RulingForm, RulingView, ScreeningPage, ScreeningSummary};

use chrono::NaiveDate;

use super::format;

/// An option of a select.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Sent value.
    pub value: String,
    /// Shown label.
    pub label: String,
    /// Whether it is chosen.
    pub selected: bool,
}

impl Choice {
    /// An option; chosen if it is the current value.
    pub fn new(value: impl Into<String>, label: impl Into<String>, current: Option<&str>) -> Self {
        let value = value.into();
        Self {
            selected: current == Some(value.as_str()),
            label: label.into(),
            value,
        }
    }
}

/// A label with its value.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Label.
    pub label: String,
    /// Value.
    pub value: String,
}

impl Fact {
    /// A label with its value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
        }
    }
}

/// A hidden field.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A deadline as seen today.
#[derive(Debug, Clone)]
pub struct Due {
    /// The day.
    pub date: String,
    /// Whether it is past.
    pub late: bool,
    /// Whether it comes within a week.
    pub soon: bool,
    /// The time left or past, in working days, or which year's calendar is missing to say so.
    pub left: String,
}

/// Days before a deadline from which pages point it out.
const SOON_DAYS: i64 = 7;

impl Due {
    /// A deadline as seen on a day, with the time left in words.
    pub fn seen(due: NaiveDate, today: NaiveDate, left: String) -> Self {
        let days = (due - today).num_days();
        Self {
            date: format::date(due),
            late: days < 0,
            soon: (0..=SOON_DAYS).contains(&days),
            left,
        }
    }
}
