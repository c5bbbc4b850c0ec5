//! Who owes which period by when: data, because no text at hand names a day (TT 36/2013 Đ21.5 names the periods only).

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::period::{Period, PeriodKind};
use crate::actor::Role;
use crate::calendar::deadlines::fits;
use crate::calendar::written;
use crate::published::Reader;

/// The longest time that a unit is given after the period: a year.
const DAYS_AFTER_MAX: u32 = 366;

/// A report that units owe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportDuty {
    /// Id, e.g. `so-quarter`.
    pub id: String,
    /// Whose: a unit id; `so-ct-*` stands for every unit whose id begins so.
    pub unit: String,
    /// Kỳ.
    pub period: PeriodKind,
    /// Who at the unit files it.
    pub roles: Vec<Role>,
    /// Calendar days after the period's last day, within which it is due.
    pub days_after: u32,
    /// The first day whose periods are owed; none: from the first đề án on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// The article, or the decision that sets the day.
    pub article: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDuty {
    id: Spanned<String>,
    unit: Spanned<String>,
    period: PeriodKind,
    roles: Spanned<Vec<Role>>,
    days_after: Spanned<u32>,
    since: Option<NaiveDate>,
    article: Spanned<String>,
}

impl ReportDuty {
    /// Whether it is a unit's.
    pub fn is_of(&self, unit: &str) -> bool {
        fits(&self.unit, unit)
    }

    /// The last day, inclusive, on which a period's report is in time.
    pub fn due_on(&self, period: &Period) -> NaiveDate {
        let last = period.last_day();
        last.checked_add_days(Days::new(u64::from(self.days_after)))
            .unwrap_or(last)
    }

    /// The periods that are owed by a day: those that begin in a year from `first_year` on, and not before `since`, and whose last day is
    /// past. The earliest first.
    pub fn periods(&self, first_year: u16, by: NaiveDate) -> impl Iterator<Item = Period> + use<> {
        let first = Period {
            kind: self.period,
            year: first_year,
            number: 1,
        };
        let since = self.since;
        std::iter::successors(Some(first), |period| Some(period.next()))
            .take_while(move |period| period.last_day() < by && period.year < u16::MAX)
            .filter(move |period| since.is_none_or(|since| period.first_day() >= since))
    }
}

pub(crate) fn duty(reader: &mut Reader<'_>, raw: RawDuty) -> ReportDuty {
    for (text, what) in [(&raw.id, "`id`"), (&raw.unit, "`unit`"), (&raw.article, "`article`")] {
        written(reader, text, what);
    }
    if raw.roles.get_ref().is_empty() {
        reader.problem(
            &raw.roles.span(),
            "nobody files this report",
            "name the roles that may, e.g. `department-officer`",
        );
    }
    let days_after = *raw.days_after.get_ref();
    if days_after > DAYS_AFTER_MAX {
        reader.problem(
            &raw.days_after.span(),
            format!("{days_after} days are out of range"),
            format!("write a number from 0 to {DAYS_AFTER_MAX}"),
        );
    }
    ReportDuty {
        id: raw.id.into_inner(),
        unit: raw.unit.into_inner(),
        period: raw.period,
        roles: raw.roles.into_inner(),
        days_after,
        since: raw.since,
        article: raw.article.into_inner(),
    }
}
