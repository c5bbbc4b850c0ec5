//! Context of a project's page.

use askama::Template;

use super::{Chrome, Due, Fact, Link, ScreeningSummary};

/// A đề án.
#[derive(Template)]
#[template(path = "project.html")]
pub struct ProjectPage {
    /// Chrome.
    pub p: Chrome,
    /// Set when the page shows the past.
    pub past: Option<Past>,
    /// Head.
    pub head: Head,
    /// Plan, batch, contract, inspections, reminders that it has to do with.
    pub related: Vec<Related>,
    /// Steps that the actor may take now.
    pub mine: Vec<StepLink>,
    /// Why there are none.
    pub steps_none: String,
    /// Steps that others may take.
    pub others: Vec<OtherStep>,
    /// Screening for double support.
    pub screening: ScreeningSummary,
    /// The money, drawn.
    pub money_svg: String,
    /// The money in figures.
    pub figures: Vec<Fact>,
    /// Sums behind the money, the latest first.
    pub judgements: Vec<Sum>,
    /// Support lines.
    pub lines: Vec<LineView>,
    /// Beneficiaries.
    pub beneficiaries: Vec<BeneficiaryView>,
    /// Parts of the proposal.
    pub body: Vec<Fact>,
    /// Events, the latest first.
    pub timeline: Vec<EventView>,
    /// What is asked for: position or day.
    pub at: String,
    /// Position of the event before the shown one.
    pub previous_event: Option<u64>,
    /// Position of the event after it.
    pub next_event: Option<u64>,
}

/// Something that the project has to do with.
#[derive(Debug, Clone)]
pub struct Related {
    /// What it is.
    pub label: String,
    /// Where it is.
    pub link: Link,
    /// What there is to say about it here.
    pub note: String,
}

/// Which past is shown.
#[derive(Debug, Clone)]
pub struct Past {
    /// In words.
    pub text: String,
}

/// Head of the page.
#[derive(Debug, Clone)]
pub struct Head {
    /// Id.
    pub id: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Phase.
    pub phase: String,
    /// State.
    pub state: String,
    /// Who must act.
    pub waiting: Vec<String>,
    /// Awaited step.
    pub next_step: Option<String>,
    /// Deadline.
    pub due: Option<Due>,
    /// Identity and parties.
    pub facts: Vec<Fact>,
}

/// A step that the actor may take.
#[derive(Debug, Clone)]
pub struct StepLink {
    /// Step id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Whether it is the awaited one.
    pub awaited: bool,
}

/// A step that others may take.
#[derive(Debug, Clone)]
pub struct OtherStep {
    /// Title.
    pub title: String,
    /// Who may take it.
    pub who: String,
    /// Why the actor may not.
    pub why_not: Option<String>,
    /// Article.
    pub article: String,
}

/// How a money rule was applied.
#[derive(Debug, Clone)]
pub struct Sum {
    /// Rule in words.
    pub rule: String,
    /// The line it is about.
    pub line: Option<String>,
    /// The sum written out.
    pub formula: String,
    /// Article.
    pub article: String,
    /// Rule set and version.
    pub text: String,
    /// The event's number within the project.
    pub sequence: u64,
}

/// A support line, amounts in đồng.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Number.
    pub number: u16,
    /// Item.
    pub item: String,
    /// Kind of support.
    pub kind: String,
    /// What an approval of today would allow, until there is one.
    pub cap: Option<String>,
    /// Beneficiary.
    pub beneficiary: String,
    /// Place.
    pub place: String,
    /// Source and year.
    pub source: String,
    /// Cost.
    pub cost: String,
    /// Support asked for.
    pub support: String,
    /// Support approved.
    pub approved: String,
    /// Counterpart.
    pub counterpart: String,
}

/// A beneficiary.
#[derive(Debug, Clone)]
pub struct BeneficiaryView {
    /// Number.
    pub number: u16,
    /// Name.
    pub name: String,
    /// Legal form.
    pub legal_form: String,
    /// Tax code.
    pub tax_code: String,
    /// Place of production.
    pub place: String,
    /// Trade.
    pub trade: String,
}

/// An event of the project.
#[derive(Debug, Clone)]
pub struct EventView {
    /// Number within the project.
    pub sequence: u64,
    /// Position in the ledger.
    pub position: u64,
    /// What happened.
    pub title: String,
    /// Step, when its title says more.
    pub step: String,
    /// Role and unit.
    pub who: String,
    /// Account id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: String,
    /// Time of recording.
    pub recorded_at: String,
    /// Days between them when worth showing, else 0.
    pub recorded_days_late: i64,
    /// Whether it is dated before an earlier event.
    pub back_dated: bool,
    /// State after it.
    pub state: String,
    /// Days taken against the deadline.
    pub took: Option<String>,
    /// Days after the deadline.
    pub days_late: i64,
    /// Details.
    pub facts: Vec<Fact>,
    /// Note.
    pub note: String,
    /// Sums.
    pub sums: Vec<Sum>,
    /// Papers.
    pub papers: Vec<String>,
}

impl EventView {
    /// Whether there is anything to unfold.
    pub fn has_details(&self) -> bool {
        !(self.facts.is_empty() && self.note.is_empty() && self.sums.is_empty() && self.papers.is_empty())
    }
}
