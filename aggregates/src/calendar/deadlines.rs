//! What moves or makes a deadline beside the lifecycle: the yearly guidance that the law lets a Sở or the Cục give («trường hợp khác theo
//! hướng dẫn»), service levels in working days per authority, what happens to a period that ends on a day off, and when to remind.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::timetable::WORKING_DAYS_MAX;
use super::year::written;
use crate::project::content::Level;
use crate::published::{Bilingual, Problem, Published, Reader};
use crate::report::duty::{RawDuty, ReportDuty, duty};

/// How far from the due day anybody is reminded: ten years, so that every day that is counted with exists.
const REMINDER_DAYS_MAX: u32 = 3_650;

/// A published text on deadlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// Code, e.g. `deadlines`, `deadlines-lai-chau`.
    pub code: String,
    /// Version.
    pub version: String,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Title.
    pub title: Bilingual,
    /// Whether a period of days that ends on a day off ends on the next working day; `None`: this text doesn't say.
    pub day_off: Option<DayOffRule>,
    /// Yearly guidance.
    pub guidance: Vec<Guidance>,
    /// Service levels.
    pub service_levels: Vec<ServiceLevel>,
    /// When to remind, the earliest first.
    pub reminders: Vec<ReminderLevel>,
    /// Which units owe which periodic reports.
    pub reports: Vec<ReportDuty>,
}

/// What becomes of a period (15 days after …) whose last day is a day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayOffRule {
    /// Whether it ends on the next working day, else on the day itself.
    pub next_working_day: bool,
    /// The article that says so.
    pub article: String,
}

/// Guidance (hướng dẫn) that fixes the day of a step for one plan year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guidance {
    /// Who gave it: a unit id such as `so-ct-lai-chau` or `cuc`. It holds for projects in which this unit has a part.
    pub unit: String,
    /// Programme.
    pub level: Level,
    /// Năm kế hoạch.
    pub plan_year: u16,
    /// Step id.
    pub step: String,
    /// The last day, inclusive.
    pub due_on: NaiveDate,
    /// Số, ký hiệu và ngày của văn bản.
    pub paper: String,
}

/// How many working days an authority gives itself for a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceLevel {
    /// The unit that takes the step; `so-ct-*` stands for every unit whose id begins so.
    pub unit: String,
    /// Programme.
    pub level: Level,
    /// Step id.
    pub step: String,
    /// Working days after the state was entered.
    pub working_days: u32,
    /// The text or the decision that fixes it.
    pub source: String,
}

/// When to remind of something due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderLevel {
    /// Id, e.g. `soon`, `last-day`, `overdue`.
    pub id: String,
    /// Working days left at which it is raised; negative: working days past the due day.
    pub working_days: i32,
    /// Calendar days left at which it is raised where the working days can't be counted.
    pub days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDeadlines {
    code: String,
    version: String,
    valid_from: NaiveDate,
    valid_to: Option<Spanned<NaiveDate>>,
    title: Spanned<Bilingual>,
    day_off: Option<Spanned<DayOffRule>>,
    #[serde(default)]
    guidance: Vec<RawGuidance>,
    #[serde(default)]
    service_levels: Vec<RawServiceLevel>,
    #[serde(default)]
    reminders: Vec<RawReminder>,
    #[serde(default)]
    reports: Vec<RawDuty>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuidance {
    unit: Spanned<String>,
    level: Level,
    plan_year: u16,
    step: Spanned<String>,
    due_on: Spanned<NaiveDate>,
    paper: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawServiceLevel {
    unit: Spanned<String>,
    level: Level,
    step: Spanned<String>,
    working_days: Spanned<u32>,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReminder {
    id: Spanned<String>,
    working_days: Spanned<i32>,
    days: Spanned<i32>,
}

impl ServiceLevel {
    /// Whether it is a unit's.
    pub fn is_of(&self, unit: &str) -> bool {
        fits(&self.unit, unit)
    }
}

/// Whether a unit is the one named, or begins as a name that ends with `*`.
pub fn fits(pattern: &str, unit: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => unit.starts_with(start),
        None => pattern == unit,
    }
}

impl ReminderLevel {
    /// Whether it is reached with so many working days left, or calendar days where working days can't be counted.
    pub fn is_reached(&self, working_days_left: Option<i64>, days_left: i64) -> bool {
        match working_days_left {
            Some(left) => left <= i64::from(self.working_days),
            None => days_left <= i64::from(self.days),
        }
    }
}

impl Deadlines {
    /// Parses and validates.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(file, text);
        let raw: RawDeadlines = reader.toml()?;
        reader.title(&raw.title.span(), "the text", raw.title.get_ref());
        if let Some(end) = &raw.valid_to
            && *end.get_ref() < raw.valid_from
        {
            reader.problem(&end.span(), "`valid_to` is before `valid_from`", "exchange the dates");
        }
        if let Some(rule) = raw
            .day_off
            .as_ref()
            .filter(|rule| rule.get_ref().article.trim().is_empty())
        {
            reader.problem(
                &rule.span(),
                "the rule names no article",
                "write the article that says so",
            );
        }
        let guidance = raw.guidance.into_iter().map(|raw| guidance(&mut reader, raw)).collect();
        let service_levels = raw
            .service_levels
            .into_iter()
            .map(|raw| service_level(&mut reader, raw))
            .collect();
        let reminders = reminders(&mut reader, raw.reminders);
        let reports = raw.reports.into_iter().map(|raw| duty(&mut reader, raw)).collect();
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        Ok(Self {
            code: raw.code,
            version: raw.version,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to.map(Spanned::into_inner),
            title: raw.title.into_inner(),
            day_off: raw.day_off.map(Spanned::into_inner),
            guidance,
            service_levels,
            reminders,
            reports,
        })
    }
}

fn guidance(reader: &mut Reader<'_>, raw: RawGuidance) -> Guidance {
    for (text, what) in [(&raw.unit, "`unit`"), (&raw.step, "`step`"), (&raw.paper, "`paper`")] {
        written(reader, text, what);
    }
    let due_on = *raw.due_on.get_ref();
    let (year, plan_year) = (chrono::Datelike::year(&due_on), i32::from(raw.plan_year));
    if !(plan_year - 2..=plan_year + 2).contains(&year) {
        reader.problem(
            &raw.due_on.span(),
            format!("{due_on} is far from the plan year {plan_year}"),
            "correct the date or the plan year; a day lies within two years of it",
        );
    }
    Guidance {
        unit: raw.unit.into_inner(),
        level: raw.level,
        plan_year: raw.plan_year,
        step: raw.step.into_inner(),
        due_on,
        paper: raw.paper.into_inner(),
    }
}

fn service_level(reader: &mut Reader<'_>, raw: RawServiceLevel) -> ServiceLevel {
    for (text, what) in [(&raw.unit, "`unit`"), (&raw.step, "`step`"), (&raw.source, "`source`")] {
        written(reader, text, what);
    }
    let working_days = *raw.working_days.get_ref();
    if !(1..=WORKING_DAYS_MAX).contains(&working_days) {
        reader.problem(
            &raw.working_days.span(),
            format!("{working_days} working days are out of range"),
            format!("write a number from 1 to {WORKING_DAYS_MAX}"),
        );
    }
    ServiceLevel {
        unit: raw.unit.into_inner(),
        level: raw.level,
        step: raw.step.into_inner(),
        working_days,
        source: raw.source.into_inner(),
    }
}

fn reminders(reader: &mut Reader<'_>, raw: Vec<RawReminder>) -> Vec<ReminderLevel> {
    let mut levels: Vec<ReminderLevel> = Vec::with_capacity(raw.len());
    for raw in raw {
        let (span, id) = (raw.id.span(), raw.id.into_inner());
        let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if id.is_empty() || !id.chars().all(is_word) {
            reader.problem(
                &span,
                format!("`{id}` is no id"),
                "write lower-case letters, digits and hyphens, e.g. `last-day`",
            );
        }
        if levels.iter().any(|known| known.id == id) {
            reader.problem(&span, format!("level `{id}` stands here twice"), "give it another id");
        }
        for (number, what) in [(&raw.working_days, "working days"), (&raw.days, "days")] {
            if number.get_ref().unsigned_abs() > REMINDER_DAYS_MAX {
                reader.problem(
                    &number.span(),
                    format!("{} {what} are out of range", number.get_ref()),
                    format!("write a number from -{REMINDER_DAYS_MAX} to {REMINDER_DAYS_MAX}"),
                );
            }
        }
        let (working_days, days) = (raw.working_days.into_inner(), raw.days.into_inner());
        if let Some(before) = levels.last()
            && (working_days >= before.working_days || days >= before.days)
        {
            reader.problem(
                &span,
                format!("level `{id}` is not later than `{}` before it", before.id),
                "order the levels from the earliest to the latest, by `working_days` and by `days`",
            );
        }
        levels.push(ReminderLevel { id, working_days, days });
    }
    levels
}

impl Published for Deadlines {
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
        (self.valid_from, self.valid_to)
    }
}
