//! Periodic reports: which months and periods are owed, what the ledger says of a unit's period, and filing what the officer says beside it.
//! The monthly report of a đề án is a command on the project and goes the way of its steps ([`Engine::report_month`]).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Unit;
use dean_aggregates::project::action::Action;
use dean_aggregates::project::month::{Duty, MonthReport, MonthReported, due_before, month_due_on, month_of};
use dean_aggregates::project::{Project, What};
use dean_aggregates::report::{
    self, Drawn, Period, PeriodFiling, PeriodicReport, ReportAction, ReportCommand, ReportEvent,
};
use dean_aggregates::stored;
use dean_ledger::LedgerError;
use dean_projections::{Cursor, DutyFilter, DutyRow, Page, ProjectFilter, ProjectionError};
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::history::View;
use super::plans::{Acted, Submission};
use super::{
    ActError, AsOf, Ask, Engine, HistoryEntry, PublishError, READ_YOUR_WRITES_WAIT_MAX, ReadError, Rulebook, StepError,
    Taken,
};

/// The step of an [`Ask`] that files a month: no lifecycle has it.
const REPORT_MONTH: &str = "report-month";
/// How many projects are read at the same time while figures are drawn.
const READ_TOGETHER: usize = 16;
/// Rows of the read models read at once.
const PAGE_ROWS: u32 = 500;

/// Figures or duties could not be found.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The read models.
    #[error(transparent)]
    Projections(#[from] ProjectionError),
    /// The ledger, a published text, an event.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The read models have not reached the ledger's end, so not every project is known.
    #[error("the read models have not reached position {position} yet")]
    Behind {
        /// The ledger's end.
        position: u64,
    },
}

/// A unit's report was not accepted; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The report refuses, or the ledger.
    #[error(transparent)]
    Act(#[from] ActError),
    /// Its figures could not be drawn.
    #[error(transparent)]
    Figures(#[from] FigureError),
}

/// How it stands with an owed month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MonthStatus {
    /// Due, and nothing was reported.
    Missing,
    /// Figures of progress were reported, no volume and no money line by line.
    FiguresOnly,
    /// Not due yet.
    Open,
    /// Reported after its day.
    Late,
    /// Reported in time.
    Reported,
}

/// A month that a đề án owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct OwedMonth {
    /// Its first day.
    pub month: NaiveDate,
    /// The day by which it is due, inclusive.
    pub due_on: NaiveDate,
    /// How it stands.
    pub status: MonthStatus,
    /// Business date of the report.
    pub filed_on: Option<NaiveDate>,
}

/// A month's report as it was recorded.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RecordedMonth {
    /// The ledger's position.
    pub position: u64,
    /// Number of its event within the project; a correction names that of the report which it corrects.
    pub sequence: u64,
    /// Business date.
    pub filed_on: NaiveDate,
    /// The report with what it was compared with.
    pub reported: MonthReported,
}

/// A đề án with the months that it hasn't reported.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Silent {
    /// The đề án.
    #[serde(flatten)]
    pub row: DutyRow,
    /// The months that are due and missing, the earliest first.
    pub missing: Vec<OwedMonth>,
}

impl Engine {
    /// Files or corrects the report of a month.
    pub async fn report_month(
        &self,
        project: Uuid,
        report: MonthReport,
        submission: Submission,
    ) -> Result<Taken, StepError> {
        let ask = Ask {
            step: REPORT_MONTH.to_owned(),
            action: Action::ReportMonth(report),
            papers: submission.papers,
            note: submission.note,
            occurred_on: submission.occurred_on,
            actor: submission.actor,
            command_id: submission.command_id,
            request_sha256: submission.request_sha256,
            expected_version: submission.expected_version,
            channel: submission.channel,
        };
        self.take_step(project, ask).await
    }

    /// The months that a đề án owes as of a day, the earliest first. `history` are its events.
    pub fn owed_months(project: &Project, before: u32, history: &[HistoryEntry], on: NaiveDate) -> Vec<OwedMonth> {
        project
            .duty()
            .map(|duty| owed_months(duty, before, &reported_in(history), on))
            .unwrap_or_default()
    }

    /// The monthly reports among a project's events, in the order of filing.
    pub fn recorded_months(history: Vec<HistoryEntry>) -> Vec<RecordedMonth> {
        let one = |entry: HistoryEntry| match entry.event.what {
            What::MonthReported(reported) => Some(RecordedMonth {
                position: entry.recorded.position,
                sequence: entry.recorded.sequence,
                filed_on: entry.event.occurred_on,
                reported: *reported,
            }),
            _ => None,
        };
        history.into_iter().filter_map(one).collect()
    }

    /// Đề án with months that are due and not reported as of a day. As of today the longest silent come first, as of a past day the oldest
    /// drafts. A page may be shorter than asked for and still have a next one.
    pub async fn silent(
        &self,
        filter: &DutyFilter,
        on: NaiveDate,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Silent>, FigureError> {
        let rulebook = self.rulebook().await?;
        let is_today = on >= self.ledger.environment().today();
        let by = is_today.then(|| month_of(on));
        let page = self.read_models().unreported(filter, by, after, limit).await?;
        let silent = |row: DutyRow| {
            let before = day_of_reports(&rulebook, &row);
            let reported = row.reported.iter().map(|(month, one)| (*month, (one.on, one.whole)));
            let mut missing = owed_months(row.duty, before, &reported.collect(), on);
            missing.retain(|month| month.status == MonthStatus::Missing);
            Silent { row, missing }
        };
        Ok(Page {
            rows: page
                .rows
                .into_iter()
                .map(silent)
                .filter(|one| !one.missing.is_empty())
                .collect(),
            next: page.next,
        })
    }

    /// A unit's report as of some point; `None` if it was not filed then.
    pub async fn period_report(&self, id: Uuid, as_of: AsOf) -> Result<Option<View<PeriodicReport>>, ReadError> {
        self.view(stored::REPORT, id, as_of).await
    }

    /// Every event of a unit's report as of some point, the earliest first, with its position.
    pub async fn period_report_events(&self, id: Uuid, as_of: AsOf) -> Result<Vec<(u64, ReportEvent)>, ReadError> {
        let recorded = self.recorded(PeriodicReport::TYPE, id, as_of).await?;
        recorded
            .iter()
            .map(|recorded| Ok((recorded.position, super::history::typed(stored::REPORT, recorded)?)))
            .collect()
    }

    /// What the ledger says of a unit's period in a report that is filed on a day: of what is dated after that day a report of that day
    /// knows nothing.
    ///
    /// # Errors
    /// [`FigureError::Behind`] while the read models, which know the unit's projects, are behind the ledger.
    pub async fn draw_figures(&self, unit: &str, period: &Period, filed_on: NaiveDate) -> Result<Drawn, FigureError> {
        let position = self.ledger.head().await?.position;
        let models = self.read_models();
        if !models.wait_for(position, READ_YOUR_WRITES_WAIT_MAX).await? {
            return Err(FigureError::Behind { position });
        }
        let as_of = period.last_day().min(filed_on);
        let filter = ProjectFilter {
            unit: Some(unit.to_owned()),
            plan_year: Some(period.year),
            ..ProjectFilter::default()
        };
        let mut projects = Vec::new();
        let mut after = None;
        loop {
            let page = models.projects(&filter, after, PAGE_ROWS).await?;
            for rows in page.rows.chunks(READ_TOGETHER) {
                let mut read = Vec::with_capacity(rows.len());
                for row in rows {
                    read.push(self.project(row.id, AsOf::Position(position)));
                }
                let views = try_join_all(read).await?;
                projects.extend(
                    views
                        .into_iter()
                        .flatten()
                        .filter_map(|view| until(&view.history, as_of)),
                );
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(Drawn::of((position, as_of, period.year), &projects))
    }

    /// Files or corrects a unit's report of a period.
    pub async fn report_period(
        &self,
        (unit, period): (String, Period),
        (action, filing): (ReportAction, PeriodFiling),
        submission: Submission,
    ) -> Result<Acted, ReportError> {
        let rulebook = self.rulebook().await.map_err(ActError::from)?;
        let on = submission.occurred_on;
        let timetable = rulebook.timetable();
        let duty = timetable.report_duty(on, |duty| duty.period == period.kind && duty.is_of(&unit));
        let duty = duty.map(|(text, duty)| (text.pin.clone(), duty.clone()));
        // Nobody who may not file makes us read every project of a unit.
        let may = period.is_real() && duty.is_some() && submission.actor.unit == unit;
        let drawn = if may {
            self.draw_figures(&unit, &period, on).await?
        } else {
            Drawn::of((0, on, period.year), [])
        };
        let id = report::id_of(&unit, &period);
        let command = ReportCommand {
            action,
            unit: Unit {
                name: rulebook.named_unit(&unit, on).unwrap_or_else(|| unit.clone()),
                id: unit,
            },
            period,
            filing,
            drawn,
            duty,
            circumstances: self.circumstances(&submission),
        };
        let executed = self
            .reports
            .execute(id, submission.expected_version, command, submission.envelope())
            .await
            .map_err(ActError::from)?;
        Ok(Acted::on::<PeriodicReport>(id, executed.receipt))
    }
}

impl Rulebook {
    /// A unit's name on a day: by the list of agencies, else by the patterns of the lifecycles. Of a province that was taken in, its successor's.
    pub fn named_unit(&self, id: &str, day: NaiveDate) -> Option<String> {
        let places = self.places();
        if let Some(name) = places.unit_name(id, day) {
            return Some(name);
        }
        let patterns = self
            .lifecycles()
            .iter()
            .rev()
            .flat_map(|lifecycle| &lifecycle.value.units);
        for pattern in patterns {
            let Some((before, after)) = pattern.id.split_once("{province}") else {
                if pattern.id == id {
                    return Some(pattern.name_on(day, ""));
                }
                continue;
            };
            let code = id.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            if let Some(found) = code.and_then(|code| places.became(code, day)) {
                return Some(pattern.name_on(day, &found.name));
            }
        }
        None
    }
}

/// Before which day of a month the reports of a đề án are due, by its lifecycle.
fn day_of_reports(rulebook: &Rulebook, row: &DutyRow) -> u32 {
    let lifecycle = rulebook.lifecycle_version(&row.lifecycle_code, &row.lifecycle_version);
    lifecycle.map_or(dean_aggregates::project::month::REPORT_BEFORE_DAY, |lifecycle| {
        due_before(&lifecycle.value)
    })
}

/// By month the business date of its first report of the fullest kind, and whether that holds volume and money.
type Reported = BTreeMap<NaiveDate, (NaiveDate, bool)>;

fn reported_in(history: &[HistoryEntry]) -> Reported {
    let mut reported = Reported::new();
    for entry in history {
        let (month, whole) = match &entry.event.what {
            What::ProgressReported(progress) => (progress.month, false),
            What::MonthReported(report) => (report.report.month, true),
            _ => continue,
        };
        let on = entry.event.occurred_on;
        let known = reported.entry(month).or_insert((on, whole));
        if whole && !known.1 {
            *known = (on, whole);
        }
    }
    reported
}

/// As of a day: what was filed or ended after it had not been then.
fn owed_months(duty: Duty, before: u32, reported: &Reported, on: NaiveDate) -> Vec<OwedMonth> {
    let duty = Duty {
        until: duty.until.filter(|until| *until <= on),
        ..duty
    };
    let one = |month: NaiveDate| {
        let due_on = month_due_on(month, before);
        let filed = reported.get(&month).filter(|(filed_on, _)| *filed_on <= on);
        let status = match filed {
            Some((_, false)) => MonthStatus::FiguresOnly,
            Some((filed_on, true)) if *filed_on > due_on => MonthStatus::Late,
            Some(_) => MonthStatus::Reported,
            None if due_on < on => MonthStatus::Missing,
            None => MonthStatus::Open,
        };
        OwedMonth {
            month,
            due_on,
            status,
            filed_on: filed.map(|(filed_on, _)| *filed_on),
        }
    };
    duty.months(on, before).map(one).collect()
}

/// The project by its events up to the first that is dated after a day; `None` where nothing is dated by then.
fn until(history: &[HistoryEntry], as_of: NaiveDate) -> Option<Project> {
    let mut project = Project::default();
    for entry in history.iter().take_while(|entry| entry.event.occurred_on <= as_of) {
        project.apply(entry.event.clone());
    }
    project.exists().then_some(project)
}

impl From<PublishError> for FigureError {
    fn from(error: PublishError) -> Self {
        Self::Read(error.into())
    }
}

impl From<LedgerError> for FigureError {
    fn from(error: LedgerError) -> Self {
        Self::Read(error.into())
    }
}
