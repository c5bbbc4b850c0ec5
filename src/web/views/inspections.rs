//! Contexts of inspections, findings and reminders. Amounts are đồng.

use askama::Template;

use super::{ActView, Choice, Chrome, Due, Fact, Link, Moment};

/// *Kiểm tra*: the list, those with open findings first.
#[derive(Template)]
#[template(path = "inspections.html")]
pub struct InspectionsPage {
    /// Chrome.
    pub p: Chrome,
    /// States.
    pub states: Vec<Choice>,
    /// How many findings are open, and what they name.
    pub open: String,
    /// How many match.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<InspectionLine>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// An inspection in the list.
#[derive(Debug, Clone)]
pub struct InspectionLine {
    /// Decision, leading to its page.
    pub inspection: Link,
    /// Who inspects.
    pub authority: String,
    /// What.
    pub content: String,
    /// From when to when.
    pub time: String,
    /// State.
    pub state: String,
    /// Đề án visited.
    pub projects: String,
    /// Open findings of all.
    pub findings: String,
    /// Whether any is open.
    pub any_open: bool,
    /// The earliest due day of an open one.
    pub due: Option<Due>,
    /// Σ to be recovered.
    pub amount: String,
    /// Σ ordered.
    pub recovery: String,
}

/// Findings of all inspections.
#[derive(Template)]
#[template(path = "findings.html")]
pub struct FindingsPage {
    /// Chrome.
    pub p: Chrome,
    /// Statuses.
    pub statuses: Vec<Choice>,
    /// Overdue only.
    pub overdue: bool,
    /// How many match, and what they name.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<FindingView>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A finding.
#[derive(Debug, Clone)]
pub struct FindingView {
    /// Number within its inspection.
    pub number: u16,
    /// Its inspection.
    pub inspection: Link,
    /// The đề án.
    pub project: Link,
    /// Kind.
    pub kind: String,
    /// What was found.
    pub text: String,
    /// What is to be done.
    pub recommendation: String,
    /// Money to be recovered; empty where none is.
    pub amount: String,
    /// Recovery ordered; empty where none is.
    pub recovery: String,
    /// Who has to remedy it.
    pub owner: String,
    /// By when.
    pub due_on: String,
    /// How that is seen today, while it is open.
    pub due: Option<Due>,
    /// How it stands.
    pub status: String,
    /// `good`, `warn` or empty.
    pub class: &'static str,
    /// Answers so far.
    pub answers: Vec<String>,
}

/// One inspection.
#[derive(Template)]
#[template(path = "inspection.html")]
pub struct InspectionPage {
    /// Chrome.
    pub p: Chrome,
    /// Which moment.
    pub moment: Moment,
    /// Title.
    pub title: String,
    /// State.
    pub state: String,
    /// Decision, team, time, conclusion.
    pub facts: Vec<Fact>,
    /// Counts and money.
    pub figures: Vec<Fact>,
    /// Findings that are open, by due day.
    pub open: Vec<FindingView>,
    /// The others.
    pub ended: Vec<FindingView>,
    /// Đề án visited.
    pub visits: Vec<VisitView>,
    /// Its events, the latest first.
    pub events: Vec<ActView>,
}

/// A visit.
#[derive(Debug, Clone)]
pub struct VisitView {
    /// Code, leading to its page.
    pub project: Link,
    /// Name.
    pub name: String,
    /// Day.
    pub visited_on: String,
    /// Minutes.
    pub minutes: String,
    /// Result.
    pub result: String,
    /// Findings there.
    pub findings: usize,
}

/// *Nhắc việc*.
#[derive(Template)]
#[template(path = "reminders.html")]
pub struct RemindersPage {
    /// Chrome.
    pub p: Chrome,
    /// States.
    pub states: Vec<Choice>,
    /// The project whose reminders are shown.
    pub project: Option<Link>,
    /// How many match.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<ReminderLine>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A reminder.
#[derive(Debug, Clone)]
pub struct ReminderLine {
    /// When it was raised.
    pub raised_on: String,
    /// The đề án.
    pub project: Link,
    /// Its name.
    pub name: String,
    /// Awaited step.
    pub step: String,
    /// By when.
    pub due_on: String,
    /// The time that was left.
    pub left: String,
    /// Whether it was past.
    pub late: bool,
    /// Who must act, and whether they have it.
    pub parties: Vec<String>,
    /// State.
    pub state: String,
    /// `good`, `warn` or empty.
    pub class: &'static str,
}
