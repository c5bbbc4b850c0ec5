//! The periods that are reported: quarters, half-years, years.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// Kỳ báo cáo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    /// Quý.
    Quarter,
    /// Sáu tháng.
    HalfYear,
    /// Năm.
    Year,
}

impl PeriodKind {
    /// Every kind, the shortest first.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::HalfYear, Self::Year];

    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "quarter",
            Self::HalfYear => "half-year",
            Self::Year => "year",
        }
    }

    /// Months of one.
    const fn months(self) -> u32 {
        match self {
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }

    /// How many a year has.
    pub const fn in_a_year(self) -> u8 {
        match self {
            Self::Quarter => 4,
            Self::HalfYear => 2,
            Self::Year => 1,
        }
    }
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Quarter, half-year or year.
    pub kind: PeriodKind,
    /// Năm.
    pub year: u16,
    /// Which of the year, from 1; a year is 1.
    pub number: u8,
}

/// `2026-quarter-1`: in ids and addresses.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.year, self.kind.as_str(), self.number)
    }
}

impl Period {
    /// Whether there is such a period, of a year that a report can have.
    pub const fn is_real(&self) -> bool {
        self.number >= 1 && self.number <= self.kind.in_a_year() && self.year >= 2005 && self.year <= 2100
    }

    /// The period of a kind that a day lies in.
    pub fn of(kind: PeriodKind, day: NaiveDate) -> Self {
        let number = (day.month0() / kind.months() + 1).min(12);
        Self {
            kind,
            year: u16::try_from(day.year()).unwrap_or_default(),
            number: u8::try_from(number).unwrap_or(1),
        }
    }

    /// The first day.
    pub fn first_day(&self) -> NaiveDate {
        let month = (u32::from(self.number.max(1)) - 1) * self.kind.months() + 1;
        NaiveDate::from_ymd_opt(i32::from(self.year), month, 1).unwrap_or_default()
    }

    /// The last day.
    pub fn last_day(&self) -> NaiveDate {
        let next = self.first_day().checked_add_months(Months::new(self.kind.months()));
        next.and_then(|next| next.pred_opt()).unwrap_or_default()
    }

    /// The one after it.
    #[must_use]
    pub fn next(&self) -> Self {
        if self.number >= self.kind.in_a_year() {
            Self {
                year: self.year.saturating_add(1),
                number: 1,
                ..*self
            }
        } else {
            Self {
                number: self.number + 1,
                ..*self
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn every_day_lies_in_the_period_that_it_names() {
        for kind in PeriodKind::ALL {
            for today in day("2019-01-01").iter_days().take(800) {
                let period = Period::of(kind, today);
                assert!(period.is_real(), "{period}");
                assert!(
                    period.first_day() <= today && today <= period.last_day(),
                    "{today} {period}"
                );
                assert_eq!(
                    period.last_day().succ_opt(),
                    Some(period.next().first_day()),
                    "{period}"
                );
            }
        }
    }

    #[test]
    fn only_real_periods_are_taken() {
        let of = |kind, number, year| Period { kind, year, number }.is_real();
        assert!(of(PeriodKind::Quarter, 4, 2019) && of(PeriodKind::HalfYear, 2, 2019) && of(PeriodKind::Year, 1, 2019));
        assert!(!of(PeriodKind::Quarter, 5, 2019) && !of(PeriodKind::Quarter, 0, 2019));
        assert!(!of(PeriodKind::HalfYear, 3, 2019) && !of(PeriodKind::Year, 2, 2019) && !of(PeriodKind::Year, 1, 1999));
    }
}
