//! Which periods units owe, by pages: an answer reads the reports that it shows, and grows neither with what was ever filed nor with what is owed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::report::{self, Period, PeriodKind, ReportDuty};
use dean_projections::{Cursor, Page, ProjectionError};
use futures_util::future::try_join_all;
use serde::Serialize;
use uuid::Uuid;

use super::{Engine, FigureError};

/// How it stands with an owed period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodStatus {
    /// Due, and nothing was filed.
    Missing,
    /// Not due yet.
    Open,
    /// Filed after its day.
    Late,
    /// Filed in time.
    Filed,
}

/// A period that a unit owes.
#[derive(Debug, Clone, Serialize)]
pub struct OwedPeriod {
    /// Id of its report, filed or not.
    pub id: Uuid,
    /// Unit id.
    pub unit: String,
    /// The period.
    pub period: Period,
    /// The day by which it is due, inclusive.
    pub due_on: NaiveDate,
    /// The article, or what the day rests on.
    pub article: String,
    /// How it stands.
    pub status: PeriodStatus,
    /// Business date of the first filing.
    pub filed_on: Option<NaiveDate>,
    /// How often it was corrected.
    pub corrections: u32,
}

/// The order of the pages: the latest due first, then by unit and period.
type Key = (Reverse<NaiveDate>, String, String);

/// A period that is owed, before anybody looks whether it was filed.
struct Owed<'a> {
    key: Key,
    period: Period,
    duty: &'a ReportDuty,
}

impl Engine {
    /// What units owe as of a day, the latest due first; within the page what is missing comes first. A unit owes a period that is over if it
    /// has đề án of that plan year, or of an earlier one that have not ended. Of the reports only those of the page are read.
    ///
    /// # Errors
    /// When the read models or the ledger can't be read, or `after` is no cursor of this list.
    pub async fn owed_periods(
        &self,
        unit: Option<&str>,
        on: NaiveDate,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<OwedPeriod>, FigureError> {
        let after = after.map(key_of).transpose()?;
        let timetable = self.rulebook().await?.timetable();
        let mut years: BTreeMap<String, BTreeMap<u16, u64>> = BTreeMap::new();
        for one in self.read_models().unit_years(unit).await? {
            years.entry(one.unit).or_default().insert(one.plan_year, one.open);
        }
        let mut all = Vec::new();
        for (unit, years) in &years {
            let Some(first_year) = years.keys().next() else {
                continue;
            };
            for kind in PeriodKind::ALL {
                let duty = timetable.report_duty(on, |duty| duty.period == kind && duty.is_of(unit));
                let Some((_, duty)) = duty else { continue };
                let has_work = |period: &Period| {
                    years.contains_key(&period.year) || years.range(..period.year).any(|(_, open)| *open > 0)
                };
                let owed = |period: Period| Owed {
                    key: (Reverse(duty.due_on(&period)), unit.clone(), period.to_string()),
                    period,
                    duty,
                };
                let periods = duty.periods(*first_year, on).filter(has_work).map(owed);
                all.extend(periods.filter(|owed| after.as_ref().is_none_or(|after| owed.key > *after)));
            }
        }
        all.sort_by(|one, other| one.key.cmp(&other.key));
        let limit = limit as usize;
        let has_more = all.len() > limit;
        all.truncate(limit);
        let next = all.last().filter(|_| has_more).map(|last| cursor_of(&last.key));
        let mut rows = try_join_all(all.iter().map(|owed| self.owed_period(owed, on))).await?;
        rows.sort_by_key(|row| row.status != PeriodStatus::Missing);
        Ok(Page { rows, next })
    }

    /// Streams that are wanted at the same moment are read together (docs/adr/0008).
    async fn owed_period(&self, owed: &Owed<'_>, on: NaiveDate) -> Result<OwedPeriod, FigureError> {
        let (Reverse(due_on), unit, _) = &owed.key;
        let id = report::id_of(unit, &owed.period);
        let (report, _) = self.reports.load(id).await?;
        let filed_on = report.filed_on().filter(|filed_on| *filed_on <= on);
        Ok(OwedPeriod {
            id,
            unit: unit.clone(),
            period: owed.period,
            due_on: *due_on,
            article: owed.duty.article.clone(),
            status: match filed_on {
                Some(filed_on) if filed_on > *due_on => PeriodStatus::Late,
                Some(_) => PeriodStatus::Filed,
                None if *due_on < on => PeriodStatus::Missing,
                None => PeriodStatus::Open,
            },
            filed_on,
            corrections: report.corrections(),
        })
    }
}

fn cursor_of((Reverse(due_on), unit, period): &Key) -> Cursor {
    Cursor::new(format!("{due_on}~{unit}~{period}"))
}

fn key_of(cursor: &Cursor) -> Result<Key, ProjectionError> {
    let parts = cursor.as_str().split_once('~').and_then(|(due_on, rest)| {
        let (unit, period) = rest.rsplit_once('~')?;
        Some((Reverse(due_on.parse().ok()?), unit.to_owned(), period.to_owned()))
    });
    parts.ok_or_else(|| ProjectionError::Cursor(cursor.as_str().to_owned()))
}
