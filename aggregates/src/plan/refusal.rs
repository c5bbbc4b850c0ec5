//! Refusals of plans and batches: a stable code, the field, the rule and the figures. Texts for people are made elsewhere, from the code.

use std::collections::BTreeMap;
use std::fmt;

use crate::project::ProjectError;
use crate::project::error;
use crate::{contract, inspection, report};

/// Why a command on a plan or a batch was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code: one of [`CODES`], or of a project's where the fault is the same.
    pub code: &'static str,
    /// The field at fault, dotted, e.g. `items.0.project`.
    pub field: Option<String>,
    /// The article or rule.
    pub rule: Option<String>,
    /// What the text of the refusal mentions.
    pub params: BTreeMap<String, String>,
}

pub(crate) fn refuse(code: &'static str) -> Refusal {
    Refusal {
        code,
        field: None,
        rule: None,
        params: BTreeMap::new(),
    }
}

impl Refusal {
    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    pub(crate) fn param(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<ProjectError> for Refusal {
    fn from(error: ProjectError) -> Self {
        Self {
            code: error.code,
            field: error.field,
            rule: error.rule,
            params: error.params,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sentence = CODES
            .iter()
            .chain(contract::codes::CODES)
            .chain(inspection::codes::CODES)
            .chain(report::codes::CODES)
            .chain(error::CODES)
            .chain(crate::claim::CODES)
            .find(|(code, _)| *code == self.code)
            .map_or(self.code, |(_, sentence)| sentence)
            .to_owned();
        for (name, value) in &self.params {
            sentence = sentence.replace(&format!("{{{name}}}"), value);
        }
        f.write_str(&sentence)?;
        if let Some(rule) = &self.rule {
            write!(f, " ({rule})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Every code of plans and batches with its English sentence; `{name}` stands for a parameter. What is the same fault in a project
/// (`future-date`, `text-empty` …) has the project's code.
pub const CODES: &[(&str, &str)] = &[
    (
        "plan-exists",
        "The plan of {authority} for {year} is open already; change its estimate",
    ),
    ("no-such-plan", "There is no such plan; open it with its estimate first"),
    ("plan-province", "A national plan has no province, a local one needs it"),
    (
        "no-authority",
        "The lifecycle {lifecycle} names no unit for the party {party}",
    ),
    ("act-not-your-role", "“{act}” belongs to {expected}, not to {role}"),
    ("act-not-your-unit", "“{act}” belongs to unit {expected}, not to {unit}"),
    ("batch-number", "Batches are numbered from 1"),
    ("batch-exists", "Batch {number} of the plan is open already"),
    ("no-such-batch", "There is no such batch; open it in its plan first"),
    (
        "ceilings-exceed-estimate",
        "The ceilings of the batches, {amount} with this one, would exceed the estimate {limit}; {free} is free",
    ),
    (
        "ceiling-below-approved",
        "The ceiling {amount} is below the {approved} that is approved in batch {number}",
    ),
    (
        "decision-repeated",
        "Decision {decision} is already recorded in this plan, for batch {number}",
    ),
    (
        "batch-ceiling-exceeded",
        "Batch {number} would come to {amount}, {over} above its ceiling {limit}: {projects}",
    ),
    (
        "estimate-exceeded",
        "The plan would come to {amount}, {over} above its estimate {limit}: {projects}",
    ),
    (
        "other-plan",
        "Project {project} belongs to {found}, this plan to {expected}",
    ),
    (
        "not-ready",
        "Project {project} can't be approved in state {state}; it must be appraised first",
    ),
    ("already-a-candidate", "Project {project} is a candidate already"),
    (
        "already-approved",
        "Project {project} is approved in this batch already",
    ),
    ("not-a-candidate", "There is no candidate {project} in this batch"),
    ("not-in-batch", "Project {project} is not approved in this batch"),
    (
        "ground-not-met",
        "The ground {ground} does not hold for project {project}: {why}",
    ),
    ("nothing-to-rank", "The batch has no open candidates"),
    (
        "not-ranked",
        "Candidate {project} has not been ranked; rank the candidates first",
    ),
    (
        "facts-changed",
        "What candidate {project} was ranked by has changed; remove it, add it again and rank anew",
    ),
    (
        "tie-open",
        "{projects} are equal by every criterion; judge which unit is the more capable",
    ),
    (
        "not-tied",
        "{ahead} and {behind} are not equal: {criterion} decides between them, nobody's judgement",
    ),
    ("no-items", "A decision needs at least one project"),
    ("project-repeated", "Project {project} stands in the decision twice"),
    ("no-step", "Project {project} has no step «{what}» in state {state}"),
];
