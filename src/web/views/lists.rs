//! Contexts of the dashboard, the lists and the small pages.

use askama::Template;

use super::{Choice, Chrome, Due, Refusal};

/// What dashboard and list can be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Plan years.
    pub years: Vec<Choice>,
    /// Programmes.
    pub levels: Vec<Choice>,
    /// Provinces.
    pub provinces: Vec<Choice>,
    /// On which map provinces are meant.
    pub maps: Vec<Choice>,
}

/// *Bảng điều hành*.
#[derive(Template)]
#[template(path = "dashboard.html")]
pub struct DashboardPage {
    /// Chrome.
    pub p: Chrome,
    /// Filter.
    pub filter: Filter,
    /// Today.
    pub today: String,
    /// Headline figures.
    pub headline: Headline,
    /// Projects by phase, drawn.
    pub funnel_svg: String,
    /// The same as a table.
    pub funnel: Vec<PhaseRow>,
    /// Money by plan year, drawn.
    pub years_svg: String,
    /// The same as a table.
    pub years: Vec<YearRow>,
    /// The longest overdue.
    pub overdue: Vec<OverdueRow>,
    /// The list of all overdue.
    pub overdue_href: String,
    /// Money by kind of support and source.
    pub activities: Vec<ActivityRow>,
    /// Money by region, then by province, on the map that was asked for.
    pub regions: Vec<PlaceRow>,
    /// Money by province.
    pub places: Vec<PlaceRow>,
}

/// Money of a region or a province, million đồng.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    /// Its name, with its last day where it has ended.
    pub label: String,
    /// Approved.
    pub approved: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
    /// Advanced ÷ approved.
    pub rate: String,
}

/// Headline figures, money in million đồng.
#[derive(Debug, Clone, Default)]
pub struct Headline {
    /// Tỷ lệ giải ngân.
    pub rate: String,
    /// Projects.
    pub projects: String,
    /// Approved.
    pub approved: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
    /// Overdue.
    pub overdue: String,
    /// Whether anything is.
    pub any_overdue: bool,
}

/// A phase of the funnel.
#[derive(Debug, Clone)]
pub struct PhaseRow {
    /// Phase.
    pub label: String,
    /// Projects in it.
    pub count: String,
    /// Their list.
    pub href: String,
}

/// A year's money, million đồng.
#[derive(Debug, Clone)]
pub struct YearRow {
    /// Year.
    pub label: String,
    /// Approved.
    pub approved: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
    /// Advanced ÷ approved.
    pub rate: String,
}

/// An overdue project.
#[derive(Debug, Clone)]
pub struct OverdueRow {
    /// Id.
    pub id: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// State.
    pub state: String,
    /// Who must act.
    pub who: String,
    /// Deadline.
    pub due: Option<Due>,
}

/// Money of a kind of support from a source, million đồng.
#[derive(Debug, Clone)]
pub struct ActivityRow {
    /// Kind of support.
    pub activity: String,
    /// Source.
    pub source: String,
    /// Approved.
    pub approved: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
    /// Advanced ÷ approved.
    pub rate: String,
}

/// *Việc cần xử lý*.
#[derive(Template)]
#[template(path = "inbox.html")]
pub struct InboxPage {
    /// Chrome.
    pub p: Chrome,
    /// How many periodic reports are missing, and the address that lists them.
    pub reports: Option<(String, String)>,
    /// Roles.
    pub roles: Vec<Choice>,
    /// Units.
    pub units: Vec<Choice>,
    /// Today.
    pub today: String,
    /// Tasks.
    pub rows: Vec<TaskRow>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A task.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Project.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Awaited step.
    pub step: String,
    /// The step's form.
    pub href: String,
    /// State.
    pub state: String,
    /// Who must act.
    pub who: String,
    /// Deadline.
    pub due: Option<Due>,
}

/// List of projects.
#[derive(Template)]
#[template(path = "projects.html")]
pub struct ProjectsPage {
    /// Chrome.
    pub p: Chrome,
    /// Filter.
    pub filter: Filter,
    /// Phases.
    pub phases: Vec<Choice>,
    /// Searched text.
    pub text: String,
    /// Overdue only.
    pub overdue: bool,
    /// How many match.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<ProjectRow>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A project in the list, money in million đồng.
#[derive(Debug, Clone)]
pub struct ProjectRow {
    /// Id.
    pub id: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Programme.
    pub level: String,
    /// Plan year.
    pub plan_year: u16,
    /// Province.
    pub province: String,
    /// State.
    pub state: String,
    /// Phase.
    pub phase: String,
    /// Deadline.
    pub due: Option<Due>,
    /// Approved.
    pub approved: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
}

/// *Người thao tác*.
#[derive(Template)]
#[template(path = "actors.html")]
pub struct ActorsPage {
    /// Chrome.
    pub p: Chrome,
    /// Why the last choice was refused.
    pub refusal: Option<Refusal>,
    /// Roles at units for which something waits.
    pub known: Vec<KnownActor>,
    /// Roles.
    pub roles: Vec<Choice>,
    /// Units.
    pub units: Vec<Choice>,
    /// Typed unit.
    pub unit: String,
    /// Typed id.
    pub id: String,
}

/// A role at a unit for which something waits.
#[derive(Debug, Clone)]
pub struct KnownActor {
    /// Role word.
    pub role: String,
    /// In words.
    pub role_name: String,
    /// Unit id.
    pub unit: String,
    /// In words.
    pub unit_name: String,
    /// Proposed account id.
    pub id: String,
    /// Tasks waiting.
    pub count: String,
}

/// *Nhật ký sự kiện*.
#[derive(Template)]
#[template(path = "log.html")]
pub struct LogPage {
    /// Chrome.
    pub p: Chrome,
    /// First position shown.
    pub from: u64,
    /// The ledger's last position.
    pub head: u64,
    /// Events.
    pub rows: Vec<LogRow>,
    /// Earlier events.
    pub earlier: Option<String>,
    /// Later events.
    pub later: Option<String>,
}

/// An event of the ledger.
#[derive(Debug, Clone)]
pub struct LogRow {
    /// Position.
    pub position: u64,
    /// Event in words.
    pub event: String,
    /// What it is about.
    pub about: String,
    /// Its page.
    pub href: Option<String>,
    /// Role and unit.
    pub who: String,
    /// Account id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: String,
    /// Time of recording.
    pub recorded_at: String,
}

/// A refusal as a page.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Chrome.
    pub p: Chrome,
    /// What was refused and why.
    pub title: String,
    /// What to do.
    pub fix: String,
    /// Rule.
    pub rule: Option<String>,
    /// The sum of a money rule.
    pub formula: Option<String>,
    /// Documented code.
    pub code: String,
    /// HTTP status.
    pub status: u16,
}

/// What a code means.
#[derive(Template)]
#[template(path = "explained.html")]
pub struct ExplainedPage {
    /// Chrome.
    pub p: Chrome,
    /// Code.
    pub code: String,
    /// What it says.
    pub title: String,
    /// What to do.
    pub fix: String,
}
