//! The demo's calendar: its first and last day, working days, when projects of a plan year start, when batches are decided.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use dean_aggregates::project::content::Level;

/// The first simulated day: TTLT 26/2014 enters into force, and with it the oldest norms at hand.
pub(super) const FIRST_DAY: NaiveDate = day(2014, 4, 8);

/// The last simulated day. Something is always recorded on it, so a ledger that has reached it is complete.
pub(super) const LAST_DAY: NaiveDate = day(2026, 6, 30);

/// The first and last plan year of generated projects.
pub(super) const PLAN_YEARS: std::ops::RangeInclusive<u16> = 2015..=2027;

/// A constant day; the calendar of the demo knows no others.
pub(super) const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("every day named in the demo exists"),
    }
}

/// A day of a year, clipped to the 28th so that it exists in every month.
pub(super) fn in_year(year: i32, month: u32, of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, of_month.min(28)).unwrap_or(LAST_DAY)
}

/// So many calendar days later.
pub(super) fn later(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(date)
}

/// The day itself, or the next one on which offices work.
pub(super) fn working(date: NaiveDate) -> NaiveDate {
    let mut date = date;
    while is_free(date) {
        date = later(date, 1);
    }
    date
}

/// Weekends and the fixed holidays (Bộ luật Lao động: 1/1, 30/4, 1/5, 2/9).
fn is_free(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
        || matches!((date.month(), date.day()), (1, 1) | (4, 30) | (5, 1) | (9, 2))
}

/// The first day of a month.
pub(super) fn month_of(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// Plan year and first day of the `index`-th of `count` generated projects. Days never go back as the index grows, so only the projects
/// of about two plan years are alive at once.
pub(super) fn start_of(index: u32, count: u32) -> (u16, NaiveDate) {
    let years = u64::from(PLAN_YEARS.end() - PLAN_YEARS.start() + 1);
    let (index, count) = (u64::from(index), u64::from(count.max(1)));
    // x (3 − x) / 2 of the years after the share x of the projects: the last year has about three times the first one's.
    let scaled = index * (3 * count - index) / 2 * years / count;
    let year = PLAN_YEARS.start() + u16::try_from(scaled / count).unwrap_or(0);
    let first = if year == *PLAN_YEARS.start() {
        later(FIRST_DAY, 1)
    } else {
        in_year(i32::from(year) - 1, 1, 6)
    };
    let last = in_year(i32::from(year) - 1, 6, 22);
    let window = u64::try_from((last - first).num_days()).unwrap_or(0);
    let offset = (scaled % count) * window / count;
    (year, working(later(first, u32::try_from(offset).unwrap_or(0))))
}

/// A decision of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sitting {
    /// Đợt số.
    pub(super) number: u16,
    /// Its day.
    pub(super) on: NaiveDate,
    /// Whether the list is ranked and decided on that day; otherwise projects are added to what was decided.
    pub(super) is_ranked: bool,
}

/// The day in the middle of 2024 on which the Ministry stops, adjusts and adds by one decision.
pub(super) const MID_YEAR: NaiveDate = day(2024, 8, 20);

/// The day in 2026 on which the Cục signs one contract over several đề án.
pub(super) const CONTRACT_DAY: NaiveDate = day(2026, 2, 10);

/// The first decision of a batch (đợt) at least a week after a day. Whoever comes after the last is added to the last batch.
pub(super) fn sitting_after(level: Level, plan_year: u16, province: &str, ready: NaiveDate) -> Sitting {
    let year = i32::from(plan_year);
    let ready = later(ready, 7);
    let shift = match level {
        Level::National => 0,
        // Every province decides on its own day.
        Level::Local => province.bytes().map(u32::from).sum::<u32>() % 12,
    };
    let planned: &[(i32, u32, u32)] = match level {
        Level::National => &[(year - 1, 12, 18), (year, 5, 28)],
        Level::Local => &[(year, 1, 8), (year, 3, 10), (year, 6, 8), (year, 8, 10)],
    };
    let mut last = 1;
    for (number, (year, month, of_month)) in (1..).zip(planned) {
        let on = working(in_year(*year, *month, of_month + shift));
        if on >= ready {
            return Sitting {
                number,
                on,
                is_ranked: true,
            };
        }
        last = number;
    }
    Sitting {
        number: last,
        on: working(ready),
        is_ranked: false,
    }
}

/// The day on which a list is drawn up: some days before it is decided, and never on the same day.
pub(super) fn listed_before(decided: NaiveDate) -> NaiveDate {
    let before = |days| decided.checked_sub_days(Days::new(days)).unwrap_or(decided);
    working(before(5)).min(before(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_never_go_back_and_stay_in_season() {
        let mut last = FIRST_DAY;
        for index in 0..500 {
            let (year, start) = start_of(index, 500);
            assert!(start >= last && PLAN_YEARS.contains(&year));
            assert!(start <= LAST_DAY);
            last = start;
        }
        assert_eq!(start_of(499, 500).0, *PLAN_YEARS.end());
    }
}
