//! Contexts of contracts over several đề án. Amounts are đồng unless they say million.

use askama::Template;

use super::{ActView, Choice, Chrome, Due, Fact, Link, Moment};

/// *Hợp đồng*: the list.
#[derive(Template)]
#[template(path = "contracts.html")]
pub struct ContractsPage {
    /// Chrome.
    pub p: Chrome,
    /// Programmes.
    pub levels: Vec<Choice>,
    /// States.
    pub states: Vec<Choice>,
    /// Searched text.
    pub text: String,
    /// Overdue only.
    pub overdue: bool,
    /// How many match.
    pub count: String,
    /// This page's rows.
    pub rows: Vec<ContractLine>,
    /// First page, when this is another.
    pub first: Option<String>,
    /// Next page.
    pub next: Option<String>,
}

/// A contract in the list, money in million đồng.
#[derive(Debug, Clone)]
pub struct ContractLine {
    /// Number, leading to its page.
    pub contract: Link,
    /// Ngày ký.
    pub signed_on: String,
    /// Bên A.
    pub authority: String,
    /// Bên B.
    pub implementer: String,
    /// How many đề án.
    pub projects: String,
    /// State.
    pub state: String,
    /// When the settlement files are due, while they are.
    pub due: Option<Due>,
    /// Value.
    pub value: String,
    /// Advanced.
    pub disbursed: String,
    /// Settled.
    pub settled: String,
}

/// One contract.
#[derive(Template)]
#[template(path = "contract.html")]
pub struct ContractPage {
    /// Chrome.
    pub p: Chrome,
    /// Which moment.
    pub moment: Moment,
    /// Title.
    pub title: String,
    /// State.
    pub state: String,
    /// What the settlement clock shows.
    pub clock: String,
    /// When the settlement files are due, while they are.
    pub due: Option<Due>,
    /// Parties and paper.
    pub facts: Vec<Fact>,
    /// Value, advanced, settled, drawn.
    pub money_svg: String,
    /// The same in figures.
    pub figures: Vec<Fact>,
    /// Its đề án.
    pub rows: Vec<MemberView>,
    /// Their sums.
    pub total: MemberView,
    /// Its events, the latest first.
    pub events: Vec<ActView>,
}

/// A đề án of a contract.
#[derive(Debug, Clone, Default)]
pub struct MemberView {
    /// Code, leading to its page.
    pub project: Link,
    /// Name.
    pub name: String,
    /// How far it is.
    pub progress: String,
    /// In the contract.
    pub contracted: String,
    /// Advanced.
    pub disbursed: String,
    /// Paid back.
    pub refunded: String,
    /// Settled.
    pub settled: String,
    /// Still to be recovered.
    pub receivable: String,
}
