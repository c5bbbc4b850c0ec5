//! Forms: which fields an action has, and the way from a browser's name=value pairs to a typed action and back.

mod fields;
mod pairs;
mod read;

use std::collections::BTreeMap;

use serde_json::json;

pub use self::fields::{Field, FieldKind, Personal, fields, paper_fields};
pub use self::pairs::milli;
pub use self::read::date;
use crate::project::action::Action;
pub use crate::project::action_kind::ActionKind;
use crate::project::papers::Paper;

/// What is wrong with a field of a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {code}")]
pub struct FieldError {
    /// The field with its indexes, e.g. `content.lines.0.cost`.
    pub field: String,
    /// Stable code: one of [`FIELD_CODES`].
    pub code: &'static str,
    /// What the text mentions.
    pub params: BTreeMap<String, String>,
}

/// Every code of a [`FieldError`] with its English sentence.
pub const FIELD_CODES: &[(&str, &str)] = &[
    ("field-missing", "This field must be filled in"),
    ("field-money", "This is not an amount of whole đồng, e.g. 300.000.000"),
    ("field-date", "This is not a date, e.g. 20/05/2019"),
    ("field-month", "This is not a month, e.g. 05/2019"),
    ("field-integer", "This is not a whole number"),
    (
        "field-milli",
        "This is not a quantity with up to three decimals, e.g. 12,5",
    ),
    ("field-rate", "This is not a percentage, e.g. 62,5"),
    ("field-choice", "Choose one of: {choices}"),
    ("field-unknown", "The form has no such field"),
    ("field-repeated", "The field was sent twice"),
    ("field-invalid", "This value is not accepted: {reason}"),
];

/// Reads an action from a form.
///
/// # Errors
/// One error per field at fault.
pub fn action_from_pairs(kind: ActionKind, pairs: &[(String, String)]) -> Result<Action, Vec<FieldError>> {
    let details = read::value_of(&fields(kind), pairs)?;
    serde_json::from_value(json!({ kind.as_str(): details })).map_err(read::invalid)
}

/// Reads the papers of a form: fields `papers.0.kind`, `papers.0.number`, … Rows without number and date are left out, so that a
/// page may offer a row for every paper of a step.
///
/// # Errors
/// One error per field at fault.
pub fn papers_from_pairs(pairs: &[(String, String)]) -> Result<Vec<Paper>, Vec<FieldError>> {
    let papers = read::papers_value(&paper_fields(), pairs)?;
    serde_json::from_value(papers).map_err(read::invalid)
}

/// The pairs that would fill a form in with an action.
pub fn pairs_of(action: &Action) -> Vec<(String, String)> {
    pairs::pairs_of(&fields(action.kind()), action)
}
