//! Contexts of the pages on periodic reports.

use askama::Template;

use super::{Choice, Chrome, Due, Fact, Refusal};

/// Báo cáo định kỳ: what is missing first.
#[derive(Template)]
#[template(path = "reports.html")]
pub struct ReportsPage {
    /// Chrome.
    pub p: Chrome,
    /// As of this day.
    pub on: String,
    /// Any unit, or the actor's.
    pub units: Vec<Choice>,
    /// Provinces.
    pub provinces: Vec<Choice>,
    /// Plan years.
    pub years: Vec<Choice>,
    /// Đề án with missing months.
    pub silent: Vec<SilentRow>,
    /// Address of the first page of them, where this is another.
    pub first: Option<String>,
    /// Address of the next page of them.
    pub next: Option<String>,
    /// Address of the first page of periods, where this is another.
    pub first_periods: Option<String>,
    /// Address of the next page of periods.
    pub next_periods: Option<String>,
    /// Periods that units have not reported.
    pub missing: Vec<PeriodRow>,
    /// Periods that are due or filed.
    pub others: Vec<PeriodRow>,
}

/// A đề án with missing months.
#[derive(Debug, Clone)]
pub struct SilentRow {
    /// Id.
    pub id: String,
    /// Mã.
    pub code: String,
    /// Tên.
    pub name: String,
    /// Đơn vị thực hiện.
    pub implementer: String,
    /// Months, each as mm/yyyy.
    pub months: Vec<String>,
    /// The day of the earliest.
    pub due: Option<Due>,
}

/// A period of a unit.
#[derive(Debug, Clone)]
pub struct PeriodRow {
    /// Address of the report.
    pub href: String,
    /// Unit.
    pub unit: String,
    /// Period.
    pub period: String,
    /// By when.
    pub due: Option<Due>,
    /// The day by which it was due, for one that is filed.
    pub due_on: String,
    /// Filed or not.
    pub status: String,
    /// `bad`, `warn` or empty.
    pub class: &'static str,
    /// When it was filed.
    pub filed_on: String,
}

/// The months of a đề án.
#[derive(Template)]
#[template(path = "months.html")]
pub struct MonthsPage {
    /// Chrome.
    pub p: Chrome,
    /// The project's id.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// From when to when months are owed; none before the contract.
    pub duty: Option<String>,
    /// Owed months, what is missing first.
    pub months: Vec<MonthRow>,
    /// Reports, the latest first.
    pub reports: Vec<MonthView>,
}

/// An owed month.
#[derive(Debug, Clone)]
pub struct MonthRow {
    /// mm/yyyy.
    pub month: String,
    /// By when.
    pub due_on: String,
    /// Reported or not.
    pub status: String,
    /// `bad`, `warn` or empty.
    pub class: &'static str,
    /// When it was reported.
    pub filed_on: String,
}

/// A report, against what is approved.
#[derive(Debug, Clone)]
pub struct MonthView {
    /// mm/yyyy.
    pub month: String,
    /// Number of its event.
    pub sequence: u64,
    /// When it was filed.
    pub filed_on: String,
    /// Mẫu.
    pub form: String,
    /// Late or not.
    pub note: String,
    /// Support spent against the contract.
    pub total: String,
    /// Lines.
    pub lines: Vec<DoneView>,
    /// The report of the same month that it corrects, with the reason.
    pub corrects: Option<CorrectedMonth>,
    /// Difficulties, proposals.
    pub texts: Vec<Fact>,
}

/// What a corrected report had said.
#[derive(Debug, Clone)]
pub struct CorrectedMonth {
    /// Which, and why it was corrected.
    pub title: String,
    /// Its lines.
    pub lines: Vec<DoneView>,
}

/// A reported line.
#[derive(Debug, Clone)]
pub struct DoneView {
    /// Number and item.
    pub line: String,
    /// Done of planned.
    pub volume: String,
    /// In per cent.
    pub volume_rate: String,
    /// Value of the volume.
    pub value: String,
    /// Support spent of approved.
    pub support: String,
    /// In per cent.
    pub support_rate: String,
    /// Counterpart spent of committed.
    pub counterpart: String,
    /// In per cent.
    pub counterpart_rate: String,
}

/// A unit's report: the form, or what was filed.
#[derive(Template)]
#[template(path = "period.html")]
pub struct PeriodPage {
    /// Chrome.
    pub p: Chrome,
    /// Unit.
    pub unit: String,
    /// Period.
    pub period: String,
    /// By when, by which article.
    pub due: String,
    /// Why nothing was recorded.
    pub refusal: Option<Refusal>,
    /// What was filed, the latest first.
    pub filed: Vec<FiledView>,
    /// The form that files or corrects; none where nothing published asks for the report.
    pub form: Option<PeriodForm>,
}

/// A report as it was filed, or the correction of one.
#[derive(Debug, Clone)]
pub struct FiledView {
    /// Filed or corrected, when, at which position.
    pub title: String,
    /// Why it was corrected.
    pub reason: String,
    /// Position and day up to which the ledger was read.
    pub drawn: String,
    /// Figures by programme.
    pub figures: Vec<FigureView>,
    /// Texts.
    pub texts: Vec<Fact>,
}

/// A figure beside the ledger's.
#[derive(Debug, Clone)]
pub struct FigureView {
    /// Programme and figure.
    pub label: String,
    /// By the ledger.
    pub drawn: String,
    /// As stated.
    pub stated: String,
    /// Whether they differ.
    pub differs: bool,
}

/// The form of a unit's report.
#[derive(Debug, Clone, Default)]
pub struct PeriodForm {
    /// Where it goes: the page's own address.
    pub action: String,
    /// The receipt's key.
    pub command: String,
    /// Position and day up to which the ledger was read, or why it could not be.
    pub drawn: String,
    /// The version that is corrected; none for a first filing.
    pub version: Option<String>,
    /// Figures to be stated.
    pub inputs: Vec<FigureInput>,
    /// Texts.
    pub texts: Vec<TextInput>,
    /// Business date.
    pub occurred_on: String,
}

/// A figure to be stated.
#[derive(Debug, Clone)]
pub struct FigureInput {
    /// Sent name.
    pub name: String,
    /// Programme and figure.
    pub label: String,
    /// By the ledger; none while it can't be told.
    pub drawn: Option<String>,
    /// Present value.
    pub value: String,
}

/// A text of the report.
#[derive(Debug, Clone)]
pub struct TextInput {
    /// Sent name.
    pub name: &'static str,
    /// Label.
    pub label: String,
    /// Present value.
    pub value: String,
    /// Whether it must be filled.
    pub required: bool,
}
