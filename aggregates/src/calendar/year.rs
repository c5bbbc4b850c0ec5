//! The working days of one year: weekly days off, public holidays, and the days that were exchanged for others. Each with its source.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::published::{Bilingual, Problem, Published, Reader};

/// More days off in a row than this are a mistyped date.
const RUN_DAYS_MAX: i64 = 31;

/// The calendar of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearCalendar {
    /// Code: `working-days`.
    pub code: String,
    /// Version, e.g. `2026`, `2026-2`: of the versions for a year the one published last holds.
    pub version: String,
    /// The year.
    pub year: i32,
    /// Title.
    pub title: Bilingual,
    /// Ngày nghỉ hằng tuần.
    pub weekend: Vec<Weekday>,
    /// Days off that are not weekly ones only: public holidays, days in lieu, exchanged days.
    pub off: BTreeMap<NaiveDate, DayOff>,
    /// Weekly days off that are worked (làm bù).
    pub worked: BTreeMap<NaiveDate, WorkedDay>,
}

/// Why a day is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayOff {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
    /// The text that says so.
    pub source: String,
}

/// Why a weekly day off is worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkedDay {
    /// The day that is off in its place.
    pub instead_of: NaiveDate,
    /// The text that says so.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    code: String,
    version: String,
    year: Spanned<i32>,
    title: Spanned<Bilingual>,
    weekend: Spanned<Vec<Weekday>>,
    #[serde(default)]
    off: Vec<RawOff>,
    #[serde(default)]
    worked: Vec<RawWorked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOff {
    from: Spanned<NaiveDate>,
    to: Option<Spanned<NaiveDate>>,
    vi: Spanned<String>,
    en: Spanned<String>,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorked {
    date: Spanned<NaiveDate>,
    instead_of: Spanned<NaiveDate>,
    source: Spanned<String>,
}

impl YearCalendar {
    /// Whether a day of this year is worked.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        self.worked.contains_key(&day) || !(self.off.contains_key(&day) || self.weekend.contains(&day.weekday()))
    }

    /// Parses and validates.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(file, text);
        let raw: RawYear = reader.toml()?;
        let year = *raw.year.get_ref();
        if !(2000..=2200).contains(&year) {
            reader.problem(
                &raw.year.span(),
                format!("the year {year} is out of range"),
                "write a year from 2000 to 2200",
            );
        }
        reader.title(&raw.title.span(), "the calendar", raw.title.get_ref());
        let weekend = raw.weekend.get_ref().clone();
        if weekend.len() > 6 {
            reader.problem(
                &raw.weekend.span(),
                "no day of the week is worked",
                "name the weekly days off, e.g. `[\"Sat\", \"Sun\"]`",
            );
        }
        let mut calendar = Self {
            code: raw.code,
            version: raw.version,
            year,
            title: raw.title.into_inner(),
            weekend,
            off: BTreeMap::new(),
            worked: BTreeMap::new(),
        };
        for off in raw.off {
            calendar.take_off(&mut reader, off);
        }
        for worked in raw.worked {
            calendar.take_worked(&mut reader, worked);
        }
        if reader.problems.is_empty() {
            Ok(calendar)
        } else {
            Err(reader.problems)
        }
    }

    fn take_off(&mut self, reader: &mut Reader<'_>, raw: RawOff) {
        let span = raw.from.span();
        let from = *raw.from.get_ref();
        let to = raw.to.as_ref().map_or(from, |to| *to.get_ref());
        for (text, what) in [(&raw.vi, "`vi`"), (&raw.en, "`en`"), (&raw.source, "`source`")] {
            written(reader, text, what);
        }
        let days = (to - from).num_days();
        if !(0..RUN_DAYS_MAX).contains(&days) {
            reader.problem(
                &span,
                format!("from {from} to {to} are {} days", days + 1),
                format!("`to` is the last day off, not before `from`, and at most {RUN_DAYS_MAX} days in all"),
            );
            return;
        }
        for day in from.iter_days().take_while(|day| *day <= to) {
            if !self.of_the_year(reader, &span, day) {
                return;
            }
            let off = DayOff {
                vi: raw.vi.get_ref().clone(),
                en: raw.en.get_ref().clone(),
                source: raw.source.get_ref().clone(),
            };
            if self.off.insert(day, off).is_some() {
                reader.problem(&span, format!("{day} is off twice"), "leave it in one entry only");
            }
        }
    }

    fn take_worked(&mut self, reader: &mut Reader<'_>, raw: RawWorked) {
        let (span, day) = (raw.date.span(), *raw.date.get_ref());
        written(reader, &raw.source, "`source`");
        if !self.of_the_year(reader, &span, day) {
            return;
        }
        if !self.weekend.contains(&day.weekday()) {
            reader.problem(
                &span,
                format!("{day} is no weekly day off, so it is worked anyway"),
                "correct the date, or remove the entry",
            );
        }
        if self.off.contains_key(&day) {
            reader.problem(&span, format!("{day} is off and worked"), "leave it in one of the two");
        }
        let instead_of = *raw.instead_of.get_ref();
        if instead_of.year() == self.year && !self.off.contains_key(&instead_of) {
            reader.problem(
                &raw.instead_of.span(),
                format!("{instead_of}, in whose place {day} is worked, is not off"),
                "add it under `[[off]]`, or correct the date",
            );
        }
        let worked = WorkedDay {
            instead_of,
            source: raw.source.into_inner(),
        };
        if self.worked.insert(day, worked).is_some() {
            reader.problem(&span, format!("{day} stands here twice"), "leave it in one entry only");
        }
    }

    fn of_the_year(&self, reader: &mut Reader<'_>, span: &Range<usize>, day: NaiveDate) -> bool {
        let fits = day.year() == self.year;
        if !fits {
            reader.problem(
                span,
                format!("{day} is not in {}", self.year),
                "a calendar holds the days of its own year; write the others into theirs",
            );
        }
        fits
    }
}

/// A word of the text that must not be empty.
pub(crate) fn written(reader: &mut Reader<'_>, text: &Spanned<String>, what: &str) {
    if text.get_ref().trim().is_empty() {
        reader.problem(&text.span(), format!("{what} is empty"), "write it");
    }
}

impl Published for YearCalendar {
    fn parse_text(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Self::parse(file, text)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn validity(&self) -> (NaiveDate, Option<NaiveDate>) {
        let day = |month, day| NaiveDate::from_ymd_opt(self.year, month, day).unwrap_or_default();
        (day(1, 1), Some(day(12, 31)))
    }
}
