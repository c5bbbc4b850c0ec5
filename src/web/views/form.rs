//! Contexts of a step's form and of its confirmation.

use askama::Template;
use dean_aggregates::project::event::Judgement;

use super::{Choice, Chrome, Fact, Pair};

/// A step's form.
#[derive(Template)]
#[template(path = "step.html")]
pub struct StepPage {
    /// Chrome.
    pub p: Chrome,
    /// Project, unless it is drafted here.
    pub about: Option<Subject>,
    /// The step.
    pub title: String,
    /// Its article.
    pub article: String,
    /// Where the form goes: the page's own address.
    pub action: String,
    /// Where leaving goes.
    pub back: String,
    /// Said above the form, e.g. that the actor may not take the step.
    pub warning: Option<String>,
    /// Why the last attempt was refused.
    pub refusal: Option<Refusal>,
    /// Receipt key, version.
    pub hidden: Vec<Pair>,
    /// Fields.
    pub blocks: Vec<Block>,
    /// Papers.
    pub papers: Vec<Block>,
    /// Date and note.
    pub closing: Block,
}

/// What will be recorded.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// Chrome.
    pub p: Chrome,
    /// Project, unless it is drafted here.
    pub about: Option<Subject>,
    /// The step.
    pub title: String,
    /// Where the form goes.
    pub action: String,
    /// Where the project will stand.
    pub outcome: Vec<Fact>,
    /// The money rules that were applied, summed out.
    pub sums: Vec<OutcomeSum>,
    /// What was entered.
    pub entered: Vec<Fact>,
    /// Papers.
    pub papers: Vec<String>,
    /// The form's fields, to be sent again.
    pub hidden: Vec<Pair>,
}

/// A money rule as it will be recorded.
#[derive(Debug, Clone)]
pub struct OutcomeSum {
    /// Which rule.
    pub rule: String,
    /// The sum written out.
    pub formula: String,
    /// Article.
    pub article: String,
}

impl OutcomeSum {
    /// Of a judgement, with the rule's name.
    pub fn new(rule: String, judgement: &Judgement) -> Self {
        Self {
            rule,
            formula: judgement.formula.clone(),
            article: judgement.article.clone(),
        }
    }
}

/// The project that a step is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Id.
    pub id: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// State.
    pub state: String,
}

/// Why an attempt was refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What and why.
    pub title: String,
    /// What to do.
    pub fix: String,
    /// Rule.
    pub rule: Option<String>,
    /// The sum of a money rule.
    pub formula: Option<String>,
    /// Fields at fault.
    pub fields: Vec<RefusedField>,
    /// Documented code.
    pub code: String,
}

/// A field at fault.
#[derive(Debug, Clone)]
pub struct RefusedField {
    /// Id of its control.
    pub anchor: String,
    /// Label.
    pub label: String,
    /// What is wrong.
    pub text: String,
}

/// Fields that belong together.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Legend; empty for fields without a frame.
    pub legend: String,
    /// Id of the frame.
    pub anchor: String,
    /// Whether it must be filled (papers).
    pub required: bool,
    /// What is wrong with the whole.
    pub error: Option<String>,
    /// Hidden fields.
    pub hidden: Vec<Pair>,
    /// Single fields.
    pub fields: Vec<FieldView>,
    /// Repeated groups of fields.
    pub items: Vec<Item>,
    /// Value of the button that adds one more.
    pub add: Option<String>,
}

/// One of a repeated group.
#[derive(Debug, Clone)]
pub struct Item {
    /// Legend.
    pub legend: String,
    /// Fields.
    pub fields: Vec<FieldView>,
    /// Value of the button that removes it.
    pub drop: Option<String>,
}

/// How a field is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldInput {
    /// One line.
    #[default]
    Text,
    /// Several lines.
    Long,
    /// Đồng.
    Money,
    /// Digits.
    Number,
    /// Yes or no.
    Check,
    /// One of several.
    Choice,
}

/// A field.
#[derive(Debug, Clone, Default)]
pub struct FieldView {
    /// Sent name.
    pub name: String,
    /// Id of the control.
    pub anchor: String,
    /// Label.
    pub label: String,
    /// Hint.
    pub hint: String,
    /// How it is entered.
    pub input: FieldInput,
    /// Present value.
    pub value: String,
    /// Options of a choice.
    pub options: Vec<Choice>,
    /// Whether it must be filled.
    pub required: bool,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether other fields depend on it: a button then shows them.
    pub opens_others: bool,
}

impl FieldView {
    /// Whether it takes the whole width.
    pub fn is_wide(&self) -> bool {
        self.input == FieldInput::Long
    }

    /// Whether it is a tick box.
    pub fn is_check(&self) -> bool {
        self.input == FieldInput::Check
    }

    /// Whether it is a select.
    pub fn is_choice(&self) -> bool {
        self.input == FieldInput::Choice
    }

    /// Whether it takes several lines.
    pub fn is_long(&self) -> bool {
        self.input == FieldInput::Long
    }

    /// Whether phones should offer digits.
    pub fn is_numeric(&self) -> bool {
        matches!(self.input, FieldInput::Money | FieldInput::Number)
    }

    /// Whether it is an amount.
    pub fn is_money(&self) -> bool {
        self.input == FieldInput::Money
    }

    /// Whether there is anything that describes it.
    pub fn is_described(&self) -> bool {
        !self.hint.is_empty() || self.error.is_some()
    }
}
