//! By when a step is due. The rule stands in the lifecycle; the date is computed once, when the state is entered, and recorded.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Serialize;

/// A rule for a due day, inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// A day of the year `plan year + year`; past days stay due then.
    OfYear {
        /// Month, 1 ..= 12.
        month: u32,
        /// Day.
        day: u32,
        /// Years from the plan year.
        year: i32,
        /// «trước ngày»: the day before.
        before: bool,
    },
    /// Calendar days after the state was entered.
    Days(u32),
    /// Every month, before this day (tiến độ: trước ngày 25 hằng tháng).
    Monthly {
        /// Day of the month before which the report is due.
        before: u32,
    },
    /// The project's planned last day.
    EndOfProject,
    /// The earliest instalment of the repayment schedule that is not wholly paid back.
    NextInstalment,
}

/// The facts that due days are computed from.
#[derive(Debug, Clone, Copy)]
pub struct DueFacts {
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// When the state was entered.
    pub entered_on: NaiveDate,
    /// The project's planned last day.
    pub ends_on: Option<NaiveDate>,
    /// First day of the last reported month.
    pub reported: Option<NaiveDate>,
    /// Day of the earliest instalment that is still open.
    pub next_instalment: Option<NaiveDate>,
}

impl Due {
    /// The due day.
    pub fn on(&self, facts: &DueFacts) -> Option<NaiveDate> {
        match *self {
            Self::OfYear {
                month,
                day,
                year,
                before,
            } => {
                let date = NaiveDate::from_ymd_opt(i32::from(facts.plan_year) + year, month, day)?;
                if before { date.pred_opt() } else { Some(date) }
            }
            Self::Days(days) => facts.entered_on.checked_add_days(Days::new(u64::from(days))),
            Self::Monthly { before } => {
                let last = before.checked_sub(1)?;
                let entered = facts.entered_on;
                let first_due = entered.with_day(last)?;
                let first_due = if first_due < entered {
                    first_due.checked_add_months(Months::new(1))?
                } else {
                    first_due
                };
                let next = facts
                    .reported
                    .and_then(|month| month.with_day(last)?.checked_add_months(Months::new(1)));
                Some(next.map_or(first_due, |next| next.max(first_due)))
            }
            Self::EndOfProject => facts.ends_on,
            Self::NextInstalment => facts.next_instalment,
        }
    }
}
