//! Contexts of plans and batches. Amounts are đồng unless they say million.

use askama::Template;

use super::{ActView, Chrome, Fact, Filter, Link, Moment};

/// *Kế hoạch*: the list.
#[derive(Template)]
#[template(path = "plans.html")]
pub struct PlansPage {
    /// Chrome.
    pub p: Chrome,
    /// Filter.
    pub filter: Filter,
    /// How many match.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<PlanLine>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A plan in the list, money in million đồng.
#[derive(Debug, Clone)]
pub struct PlanLine {
    /// Year and programme, leading to its page.
    pub plan: Link,
    /// Cấp có thẩm quyền phê duyệt.
    pub authority: String,
    /// How many batches.
    pub batches: String,
    /// Dự toán.
    pub estimate: String,
    /// Σ hạn mức.
    pub reserved: String,
    /// Σ candidates.
    pub listed: String,
    /// Σ approved.
    pub approved: String,
    /// Approved ÷ estimate.
    pub share: String,
    /// Σ given back.
    pub freed: String,
    /// Whether more is approved than the estimate allows.
    pub is_above: bool,
}

/// One plan.
#[derive(Template)]
#[template(path = "plan.html")]
pub struct PlanPage {
    /// Chrome.
    pub p: Chrome,
    /// Which moment.
    pub moment: Moment,
    /// Title.
    pub title: String,
    /// What is wrong with the money, in words.
    pub warnings: Vec<String>,
    /// Identity and parties.
    pub facts: Vec<Fact>,
    /// Estimate, ceilings, list, approved, drawn.
    pub money_svg: String,
    /// The same in figures.
    pub figures: Vec<Fact>,
    /// Its batches, money in million đồng.
    pub batches: Vec<BatchLine>,
    /// Their sums; none for fewer than two.
    pub total: Option<BatchLine>,
    /// Its events, the latest first.
    pub events: Vec<ActView>,
}

/// A batch in its plan, money in million đồng.
#[derive(Debug, Clone, Default)]
pub struct BatchLine {
    /// Its number, leading to its page.
    pub batch: Link,
    /// State.
    pub state: String,
    /// Hạn mức.
    pub ceiling: String,
    /// Open candidates and their sum.
    pub listed: String,
    /// Approved.
    pub approved: String,
    /// Given back.
    pub freed: String,
    /// What the ceiling leaves.
    pub left: String,
    /// Đề án approved, and of them ended before their time.
    pub projects: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
}

/// One batch.
#[derive(Template)]
#[template(path = "batch.html")]
pub struct BatchPage {
    /// Chrome.
    pub p: Chrome,
    /// Which moment.
    pub moment: Moment,
    /// Its plan.
    pub plan: Link,
    /// Title.
    pub title: String,
    /// State.
    pub state: String,
    /// Identity.
    pub facts: Vec<Fact>,
    /// Ceiling, approved, list, drawn.
    pub money_svg: String,
    /// The same in figures.
    pub figures: Vec<Fact>,
    /// The last order.
    pub order: Option<OrderView>,
    /// Open candidates that nobody has ranked.
    pub unranked: Vec<CandidateView>,
    /// Đề án that it approved.
    pub approved: Vec<ApprovedView>,
    /// Decisions, the latest first.
    pub decisions: Vec<DecisionView>,
    /// Its events, the latest first.
    pub events: Vec<ActView>,
}

/// The last order of the candidates.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// When and by whom, and what was left of the ceiling.
    pub made: String,
    /// Settings where the law leaves a choice.
    pub settings: Vec<String>,
    /// From the first to the last.
    pub rows: Vec<RankedView>,
}

/// A candidate in its place.
#[derive(Debug, Clone)]
pub struct RankedView {
    /// Rank.
    pub rank: u16,
    /// Code, leading to its page.
    pub project: Link,
    /// Name.
    pub name: String,
    /// What it is ranked by.
    pub grounds: Vec<String>,
    /// What it would probably get.
    pub amount: String,
    /// Σ up to here.
    pub running: String,
    /// By how much that exceeds what was left.
    pub above: Option<String>,
    /// Why it stands before the next.
    pub before_next: Option<ReasonView>,
    /// What became of it.
    pub outcome: String,
    /// `good`, `bad`, `warn` or empty.
    pub class: &'static str,
}

/// Why one stands before the next.
#[derive(Debug, Clone)]
pub struct ReasonView {
    /// Before whom.
    pub behind: String,
    /// The criterion and both values.
    pub text: String,
    /// Source.
    pub article: String,
    /// Why, where somebody judged.
    pub judged: Option<String>,
}

/// An open candidate.
#[derive(Debug, Clone)]
pub struct CandidateView {
    /// Code, leading to its page.
    pub project: Link,
    /// Name.
    pub name: String,
    /// What it is ranked by.
    pub grounds: Vec<String>,
    /// Asked for.
    pub requested: String,
    /// Recommended by the appraisal.
    pub recommended: String,
}

/// A đề án that the batch approved.
#[derive(Debug, Clone)]
pub struct ApprovedView {
    /// Code, leading to its page.
    pub project: Link,
    /// Name.
    pub name: String,
    /// What it takes of the ceiling.
    pub committed: String,
    /// Whether it ended before its time.
    pub stopped: bool,
}

/// A decision.
#[derive(Debug, Clone)]
pub struct DecisionView {
    /// Number, date, issuer.
    pub title: String,
    /// The past before and after it.
    pub href: String,
    /// Each đề án in it.
    pub items: Vec<DecisionItem>,
    /// Approved in the batch before and after.
    pub sum: String,
    /// Candidates left out although one behind was approved.
    pub passed_over: Vec<String>,
}

/// What a decision did to a đề án.
#[derive(Debug, Clone)]
pub struct DecisionItem {
    /// Code, leading to its page.
    pub project: Link,
    /// What.
    pub what: String,
    /// What it took of the ceiling before.
    pub before: String,
    /// … and after.
    pub after: String,
    /// Reason.
    pub reason: String,
}
