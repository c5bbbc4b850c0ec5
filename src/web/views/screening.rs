//! Context of a project's screening for double support.

use askama::Template;

use super::{Choice, Chrome, Refusal};

/// Rà soát hỗ trợ trùng of a project.
#[derive(Template)]
#[template(path = "screening.html")]
pub struct ScreeningPage {
    /// Chrome.
    pub p: Chrome,
    /// The project's id.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Why nothing was recorded.
    pub refusal: Option<Refusal>,
    /// Why nothing was compared, if nothing was.
    pub none: Option<String>,
    /// Hits.
    pub flags: Vec<FlagView>,
    /// Invoices and machines filed.
    pub items: Vec<String>,
    /// The form that files more.
    pub filing: FilingForm,
}

/// A hit.
#[derive(Debug, Clone)]
pub struct FlagView {
    /// Number within the project.
    pub number: u16,
    /// By what it was recognised.
    pub basis: String,
    /// Line of this project.
    pub own: String,
    /// Code of the other project.
    pub other: String,
    /// Address of the other project.
    pub href: String,
    /// Lines of the other project.
    pub uses: Vec<String>,
    /// When it was found.
    pub raised_on: String,
    /// What became of it.
    pub state: String,
    /// `bad`, `warn` or empty.
    pub class: &'static str,
    /// The ruling.
    pub ruling: Option<RulingView>,
    /// The form of a ruling; none where the ground is gone.
    pub form: Option<RulingForm>,
}

/// A ruling.
#[derive(Debug, Clone)]
pub struct RulingView {
    /// Account id of who ruled.
    pub officer: String,
    /// When.
    pub ruled_on: String,
    /// Why.
    pub reason: String,
    /// On which papers.
    pub papers: Vec<String>,
}

/// The form of a ruling, with what was typed.
#[derive(Debug, Clone, Default)]
pub struct RulingForm {
    /// The receipt's key.
    pub command: String,
    /// The same item or not.
    pub rulings: Vec<Choice>,
    /// Lý do.
    pub reason: String,
    /// Number of the paper.
    pub paper_number: String,
    /// Date of the paper.
    pub paper_date: String,
    /// Issuer of the paper.
    pub paper_issuer: String,
    /// Business date.
    pub occurred_on: String,
}

/// The form that files an invoice, a machine, or both, with what was typed.
#[derive(Debug, Clone, Default)]
pub struct FilingForm {
    /// The receipt's key.
    pub command: String,
    /// Support lines.
    pub lines: Vec<Choice>,
    /// Ký hiệu.
    pub symbol: String,
    /// Số.
    pub number: String,
    /// Mã số thuế người bán.
    pub seller: String,
    /// Số sê-ri.
    pub serial: String,
    /// Business date.
    pub occurred_on: String,
}

/// What a project's own page says of its screening.
#[derive(Debug, Clone, Default)]
pub struct ScreeningSummary {
    /// In one sentence.
    pub text: String,
    /// `bad`, `warn` or empty.
    pub class: &'static str,
    /// Hits that count.
    pub flags: Vec<FlagView>,
}
