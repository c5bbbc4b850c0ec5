//! The text of a reminder: what is due, by when, why then, and where to do it.

use chrono::NaiveDate;
use dean_aggregates::actor::Role;
use dean_aggregates::calendar::DueBasis;
use dean_aggregates::project::Project;
use dean_aggregates::reminder::{Left, Raised};
use uuid::Uuid;

use crate::engine::{Rulebook, time_left};
use crate::i18n::{self, Lang};
use crate::web::{format, words};

/// A reminder in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Whom it is for, and what it is about.
pub struct About<'a> {
    /// Id of the reminder.
    pub reminder: Uuid,
    /// What it reminds of.
    pub raised: &'a Raised,
    /// The project.
    pub project: &'a Project,
    /// The role it is written to.
    pub role: Role,
    /// Its unit.
    pub unit: &'a str,
    /// The day on which it is written.
    pub today: NaiveDate,
}

impl Letter {
    /// Writes it. `pages` is the address of the pages, without a slash at the end.
    pub fn write(lang: Lang, rulebook: &Rulebook, pages: &str, about: &About<'_>) -> Self {
        let today = about.today;
        let text = |key: &str, args: &[(&str, &str)]| i18n::text(lang, key, args);
        let (raised, project) = (about.raised, about.project);
        let lifecycle = rulebook.lifecycle(project.lifecycle_pin()).ok();
        let step = lifecycle.as_ref().map_or_else(
            || raised.step.clone(),
            |lifecycle| words::step(lang, &lifecycle.value, &raised.step),
        );
        let article = lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.value.step(&raised.step))
            .map_or_else(String::new, |step| step.article.clone());
        let due = format::date(raised.due_on);
        let unit = project
            .units()
            .and_then(|units| units.values().find(|unit| unit.id == about.unit))
            .map_or_else(|| about.unit.to_owned(), |unit| unit.name.clone());
        let role = words::role(lang, about.role.as_str());
        let name = project
            .content()
            .map(|content| content.name.as_str())
            .unwrap_or_default();
        let left = time_left(&rulebook.timetable(), today, raised.due_on);
        let left = left_in_words(lang, today, raised.due_on, &left);
        let subject = text(
            &format!("reminder-subject-{}", urgency(today, raised.due_on)),
            &[("code", &raised.code), ("step", &step), ("due", &due)],
        );
        let mut lines = vec![
            text("reminder-to", &[("role", &role), ("unit", &unit)]),
            String::new(),
            text("reminder-task", &[("step", &step)]),
            text("reminder-project", &[("code", &raised.code), ("name", name)]),
            text("reminder-due", &[("due", &due), ("left", &left)]),
        ];
        if !article.is_empty() {
            lines.push(text("reminder-article", &[("article", &article)]));
        }
        if let Some(basis) = project.standing().due_basis.as_deref() {
            lines.push(basis_in_words(lang, basis));
        }
        let href = format!("{pages}/de-an/{}/buoc/{}", raised.project, raised.step);
        lines.extend([
            String::new(),
            text("reminder-do", &[("step", &step)]),
            href,
            String::new(),
            text("reminder-automatic", &[("id", &about.reminder.to_string())]),
        ]);
        Self {
            subject,
            body: lines.join("\n") + "\n",
        }
    }
}

/// Whether a due day is to come, is today, or is past.
fn urgency(today: NaiveDate, due_on: NaiveDate) -> &'static str {
    match due_on.cmp(&today) {
        std::cmp::Ordering::Greater => "soon",
        std::cmp::Ordering::Equal => "today",
        std::cmp::Ordering::Less => "overdue",
    }
}

/// The time left until a due day, and which calendar is missing to say it in working days.
pub fn left_in_words(lang: Lang, today: NaiveDate, due_on: NaiveDate, left: &Left) -> String {
    let urgency = urgency(today, due_on);
    match left {
        // Only days off lie between.
        Left::WorkingDays { days: 0 } if due_on != today => {
            i18n::text(lang, &format!("left-no-working-{urgency}"), &[])
        }
        Left::WorkingDays { days } => {
            let days = days.unsigned_abs().to_string();
            i18n::text(lang, &format!("left-working-{urgency}"), &[("days", &days)])
        }
        Left::CalendarDays { days, missing_year } => {
            let (days, year) = (days.unsigned_abs().to_string(), missing_year.to_string());
            let args = [("days", days.as_str()), ("year", &year)];
            i18n::text(lang, &format!("left-calendar-{urgency}"), &args)
        }
    }
}

/// How a due day came about, where it isn't simply the lifecycle's.
pub fn basis_in_words(lang: Lang, basis: &DueBasis) -> String {
    let by_law = basis.by_lifecycle.map(format::date).unwrap_or_default();
    let days = basis.working_days.map(|days| days.to_string()).unwrap_or_default();
    if let Some(year) = basis.missing_year {
        let args = [("source", basis.source.as_str()), ("year", &year.to_string())];
        return i18n::text(lang, "due-basis-missing", &args);
    }
    let args = [("source", basis.source.as_str()), ("law", &by_law), ("days", &days)];
    i18n::text(lang, &format!("due-basis-{}", basis.rule.as_str()), &args)
}
