//! The due day of an awaited step: the lifecycle's own, unless guidance, a service level or a day off says otherwise. What decided is
//! recorded with the day, so that nobody needs the texts of that time to understand it (docs/adr/0003).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::timetable::{MissingYear, Timetable};
use crate::lifecycle::{Due, DueFacts, Step};
use crate::project::content::{Level, Units};
use crate::project::event::Pin;

/// How a due day came about, where it isn't simply what the lifecycle says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueBasis {
    /// What decided.
    pub rule: DueRule,
    /// The guidance, or the article or decision behind the rule.
    pub source: String,
    /// The published text that says so.
    pub text: Pin,
    /// The day that the lifecycle alone would give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_lifecycle: Option<NaiveDate>,
    /// Working days given, where they decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u32>,
    /// The calendars that were counted over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<Pin>,
    /// A year whose working days were not known: the lifecycle's day holds then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_year: Option<i32>,
}

/// What decided a due day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueRule {
    /// Hướng dẫn của Sở, của Cục.
    Guidance,
    /// Số ngày làm việc của cơ quan.
    ServiceLevel,
    /// Ngày cuối của thời hạn là ngày nghỉ: the next working day.
    DayOff,
}

impl DueRule {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guidance => "guidance",
            Self::ServiceLevel => "service-level",
            Self::DayOff => "day-off",
        }
    }
}

/// The project whose deadline it is, and the day on which it is reckoned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) level: Level,
    pub(crate) plan_year: u16,
    pub(crate) units: &'a Units,
    /// Business date of the event: what is in force on it counts.
    pub(crate) on: NaiveDate,
}

/// The due day of a step with how it came about.
pub(crate) fn reckon(
    step: &Step,
    facts: &DueFacts,
    case: &Case<'_>,
    timetable: &Timetable,
) -> (Option<NaiveDate>, Option<DueBasis>) {
    let by_lifecycle = step.due.as_ref().and_then(|due| due.on(facts));
    let has_part = |unit: &str| case.units.values().any(|known| known.id == unit);
    // What comes back every month, or by the schedule of a contract, is not one day of the plan year.
    let is_once = !matches!(step.due, Some(Due::Monthly { .. } | Due::NextInstalment));
    let guidance = timetable.guidance(case.on, |guidance| {
        is_once
            && guidance.level == case.level
            && guidance.plan_year == case.plan_year
            && guidance.step == step.id
            && has_part(&guidance.unit)
    });
    if let Some((text, guidance)) = guidance {
        let basis = DueBasis {
            rule: DueRule::Guidance,
            source: guidance.paper.clone(),
            text: text.pin.clone(),
            by_lifecycle,
            working_days: None,
            calendars: Vec::new(),
            missing_year: None,
        };
        return (Some(guidance.due_on), Some(basis));
    }
    // A day that the law fixes stays; a number of days is a setting where the lifecycle has it, and an authority may have its own.
    let is_setting = matches!(step.due, None | Some(Due::Days(_)));
    let level = timetable.service_level(case.on, |level| {
        is_setting
            && level.level == case.level
            && level.step == step.id
            && step
                .takers
                .iter()
                .filter_map(|taker| case.units.get(&taker.party))
                .any(|unit| level.is_of(&unit.id))
    });
    if let Some((text, level)) = level {
        let counted = timetable.after(facts.entered_on, level.working_days);
        let basis = DueBasis {
            rule: DueRule::ServiceLevel,
            source: level.source.clone(),
            text: text.pin.clone(),
            by_lifecycle,
            working_days: Some(level.working_days),
            calendars: Vec::new(),
            missing_year: None,
        };
        return counted_by(timetable, counted, facts.entered_on, basis);
    }
    let Some(last) = by_lifecycle.filter(|_| matches!(step.due, Some(Due::Days(_)))) else {
        return (by_lifecycle, None);
    };
    let rule = timetable
        .in_force(case.on)
        .into_iter()
        .filter_map(|text| Some((text, text.value.day_off.as_ref()?)))
        .next_back();
    let Some((text, rule)) = rule.filter(|(_, rule)| rule.next_working_day) else {
        return (by_lifecycle, None);
    };
    let counted = timetable.working_day_from(last);
    if counted == Ok(last) {
        return (by_lifecycle, None);
    }
    let basis = DueBasis {
        rule: DueRule::DayOff,
        source: rule.article.clone(),
        text: text.pin.clone(),
        by_lifecycle,
        working_days: None,
        calendars: Vec::new(),
        missing_year: None,
    };
    counted_by(timetable, counted, last, basis)
}

/// The day that was counted to, with the calendars it was counted by; without them the lifecycle's day, and what is missing.
fn counted_by(
    timetable: &Timetable,
    counted: Result<NaiveDate, MissingYear>,
    from: NaiveDate,
    mut basis: DueBasis,
) -> (Option<NaiveDate>, Option<DueBasis>) {
    match counted {
        Ok(day) => {
            basis.calendars = timetable.over(from, day).map(|calendar| calendar.pin.clone()).collect();
            (Some(day), Some(basis))
        }
        Err(MissingYear(year)) => {
            basis.missing_year = Some(year);
            (basis.by_lifecycle, Some(basis))
        }
    }
}
