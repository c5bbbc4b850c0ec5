//! The published calendars together: counting working days, and which guidance and levels are in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::deadlines::{Deadlines, Guidance, ReminderLevel, ServiceLevel};
use super::year::YearCalendar;
use crate::published::{Pinned, Published};
use crate::report::ReportDuty;

/// Nobody is given more working days than this; counting stops there.
pub(crate) const WORKING_DAYS_MAX: u32 = 1_000;

/// Every published calendar and text on deadlines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timetable {
    years: BTreeMap<i32, Arc<Pinned<YearCalendar>>>,
    /// In order of publication.
    deadlines: Vec<Arc<Pinned<Deadlines>>>,
}

/// There is no calendar for a year: its public holidays are not known, so its working days can't be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no calendar of working days is published for {0}; publish one with `dean calendar publish`")]
pub struct MissingYear(pub i32);

impl Timetable {
    /// Takes in a calendar; it replaces an earlier one for the same year.
    pub fn add_year(&mut self, calendar: Arc<Pinned<YearCalendar>>) {
        self.years.insert(calendar.value.year, calendar);
    }

    /// Takes in a text on deadlines.
    pub fn add_deadlines(&mut self, deadlines: Arc<Pinned<Deadlines>>) {
        self.deadlines.push(deadlines);
    }

    /// The calendar of a year.
    pub fn year(&self, year: i32) -> Option<&Arc<Pinned<YearCalendar>>> {
        self.years.get(&year)
    }

    /// Every year that has a calendar, ascending.
    pub fn years(&self) -> impl Iterator<Item = &Arc<Pinned<YearCalendar>>> {
        self.years.values()
    }

    /// Every text on deadlines, in order of publication.
    pub fn deadlines(&self) -> &[Arc<Pinned<Deadlines>>] {
        &self.deadlines
    }

    /// Whether a day is worked.
    ///
    /// # Errors
    /// [`MissingYear`] when its year has no calendar.
    pub fn is_working(&self, day: NaiveDate) -> Result<bool, MissingYear> {
        self.year(day.year())
            .map(|calendar| calendar.value.is_working(day))
            .ok_or(MissingYear(day.year()))
    }

    /// The working day that comes `count` working days after a day, which is not counted itself. `count` 0 is the day itself.
    ///
    /// # Errors
    /// [`MissingYear`] when a year on the way has no calendar.
    pub fn after(&self, day: NaiveDate, count: u32) -> Result<NaiveDate, MissingYear> {
        let mut reached = day;
        let mut left = count.min(WORKING_DAYS_MAX);
        while left > 0 {
            reached = reached.succ_opt().ok_or(MissingYear(reached.year()))?;
            if self.is_working(reached)? {
                left -= 1;
            }
        }
        Ok(reached)
    }

    /// The day itself if it is worked, else the next one that is.
    ///
    /// # Errors
    /// [`MissingYear`] when a year on the way has no calendar.
    pub fn working_day_from(&self, day: NaiveDate) -> Result<NaiveDate, MissingYear> {
        let mut reached = day;
        while !self.is_working(reached)? {
            reached = reached.succ_opt().ok_or(MissingYear(reached.year()))?;
        }
        Ok(reached)
    }

    /// Working days from a day (not counted) to another (counted): how many are left until a due day, seen from today. Negative when it
    /// is past: the working days since.
    ///
    /// # Errors
    /// [`MissingYear`] when a year between the two has no calendar.
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> Result<i64, MissingYear> {
        let (first, last, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let mut count = 0;
        for day in first.iter_days().skip(1).take_while(|day| *day <= last) {
            count += i64::from(self.is_working(day)?);
        }
        Ok(sign * count)
    }

    /// The calendars of the years from one day to another, for whoever records what a count was made over.
    pub(super) fn over(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = &Arc<Pinned<YearCalendar>>> {
        self.years
            .range(from.year()..=to.year().max(from.year()))
            .map(|(_, calendar)| calendar)
    }

    /// The texts on deadlines in force on a day: of each code the newest, of the same first day the one published last.
    pub(super) fn in_force(&self, on: NaiveDate) -> Vec<&Arc<Pinned<Deadlines>>> {
        let mut newest: BTreeMap<&str, &Arc<Pinned<Deadlines>>> = BTreeMap::new();
        for text in &self.deadlines {
            let (from, to) = text.value.validity();
            if from > on || to.is_some_and(|to| to < on) {
                continue;
            }
            let known = newest.entry(&text.pin.code).or_insert(text);
            if known.value.valid_from <= from {
                *known = text;
            }
        }
        newest.into_values().collect()
    }

    /// The guidance that fixes the day of a step, of those in force on a day the one that stands last.
    pub(super) fn guidance(
        &self,
        on: NaiveDate,
        fits: impl Fn(&Guidance) -> bool,
    ) -> Option<(&Arc<Pinned<Deadlines>>, &Guidance)> {
        let mut all = self
            .in_force(on)
            .into_iter()
            .flat_map(|text| text.value.guidance.iter().map(move |guidance| (text, guidance)));
        all.rfind(|(_, guidance)| fits(guidance))
    }

    /// The service level of a step, of those in force on a day the one that stands last.
    pub(super) fn service_level(
        &self,
        on: NaiveDate,
        fits: impl Fn(&ServiceLevel) -> bool,
    ) -> Option<(&Arc<Pinned<Deadlines>>, &ServiceLevel)> {
        let mut all = self
            .in_force(on)
            .into_iter()
            .flat_map(|text| text.value.service_levels.iter().map(move |level| (text, level)));
        all.rfind(|(_, level)| fits(level))
    }

    /// The duty by which a unit owes reports of a kind of period, of those in force on a day the one that stands last.
    pub fn report_duty(
        &self,
        on: NaiveDate,
        fits: impl Fn(&ReportDuty) -> bool,
    ) -> Option<(&Arc<Pinned<Deadlines>>, &ReportDuty)> {
        let mut all = self
            .in_force(on)
            .into_iter()
            .flat_map(|text| text.value.reports.iter().map(move |duty| (text, duty)));
        all.rfind(|(_, duty)| fits(duty))
    }

    /// The text whose reminder levels are in force on a day, and the levels, the earliest first. Nothing is due for reminding without one.
    pub fn reminder_levels(&self, on: NaiveDate) -> Option<(&Arc<Pinned<Deadlines>>, &[ReminderLevel])> {
        let text = self
            .in_force(on)
            .into_iter()
            .rfind(|text| !text.value.reminders.is_empty())?;
        Some((text, &text.value.reminders))
    }
}
