//! What a step's form is filled with when it is opened: what the project, the lifecycle and the calendar say already.

use chrono::Datelike;
use dean_aggregates::form::{self, FieldKind};
use dean_aggregates::lifecycle::ActionKind;
use dean_aggregates::project::Project;
use dean_aggregates::project::action::{Action, ReviseAction};

use super::project_parts::word;
use super::step_form::Work;
use crate::web::fields::{Pairs, add_row, field_of, rows, seed};
use crate::web::format;

impl Work {
    /// Fills an empty form with what is known already.
    pub fn seed(&mut self) {
        let today = self.page.today;
        if let Some(content) = self.project().and_then(Project::content).cloned() {
            let prefilled = |prefix: &str| -> Pairs {
                let pairs = form::pairs_of(&Action::Revise(ReviseAction {
                    content: content.clone(),
                }));
                pairs
                    .into_iter()
                    .filter_map(|(name, text)| Some((format!("{prefix}{}", name.strip_prefix("content.")?), text)))
                    .collect()
            };
            match self.step.action {
                ActionKind::Revise => self.pairs.extend(prefilled("content.")),
                ActionKind::Adjust => self.pairs.extend(prefilled("change.content.")),
                ActionKind::ApproveGroupPlan => {
                    let wanted =
                        |(name, _): &(String, String)| name.starts_with("beneficiaries.") || name.starts_with("lines.");
                    self.pairs.extend(prefilled("").into_iter().filter(wanted));
                }
                _ => {}
            }
            let group = match self.step.action {
                ActionKind::Approve => Some("lines"),
                ActionKind::Adjust => Some("change.lines"),
                _ => None,
            };
            for (row, line) in content.lines.iter().enumerate().filter(|_| group.is_some()) {
                let group = group.unwrap_or_default();
                self.pairs
                    .push((format!("{group}.{row}.line"), line.number.to_string()));
                self.pairs
                    .push((format!("{group}.{row}.support"), line.support.to_string()));
            }
            if self.step.action == ActionKind::ReportMonth {
                self.seed_month();
            }
            let numbers: Vec<String> = content.lines.iter().map(|line| line.number.to_string()).collect();
            self.seed_figures(&numbers.join(", "));
        }
        let next_year = (today.year() + 1).to_string();
        for (name, text) in [
            ("occurred_on", format::date(today)),
            ("plan_year", next_year),
            ("level", "national".to_owned()),
        ] {
            if name == "occurred_on"
                || field_of(&self.fields, name).is_some_and(|_| self.step.action == ActionKind::Draft)
            {
                seed(&mut self.pairs, name, text);
            }
        }
        let groups: Vec<(String, usize)> = self
            .fields
            .iter()
            .filter_map(|field| match field.kind {
                FieldKind::Group { min } => Some((
                    field.name.clone(),
                    if field.name == "content.beneficiaries" { 1 } else { min },
                )),
                _ => None,
            })
            .collect();
        for (group, least) in groups {
            while rows(&self.pairs, &group).len() < least {
                add_row(&self.fields, &mut self.pairs, &group);
            }
        }
        // A choice that opens other fields starts with its first word, so that the form is never without them.
        for field in &self.fields {
            if let Some((name, first)) = field.when {
                seed(&mut self.pairs, name, first);
            }
        }
        for (row, paper) in self.papers().into_iter().enumerate() {
            seed(&mut self.pairs, format!("papers.{row}.kind"), paper.kind);
            seed(&mut self.pairs, format!("papers.{row}.form"), "original");
        }
    }

    /// What the lifecycle's step or the project's figures fix already.
    fn seed_figures(&mut self, lines: &str) {
        let money = self.project().map(|project| *project.figures()).unwrap_or_default();
        let seeds: Vec<(&str, String)> = match self.step.action {
            ActionKind::Disburse => self
                .step
                .payment
                .iter()
                .map(|payment| ("payment", word(payment)))
                .collect(),
            ActionKind::Appraise => self.step.appraisal.iter().map(|level| ("level", word(level))).collect(),
            ActionKind::Stop => vec![("on_request", self.step.on_request.unwrap_or(true).to_string())],
            ActionKind::SignContract => vec![
                ("value", money.approved.to_string()),
                ("form", word(&self.step.contract_form.unwrap_or_default())),
            ],
            ActionKind::Accept => vec![("lines", lines.to_owned())],
            ActionKind::Refund => vec![("amount", money.receivable.to_string())],
            _ => Vec::new(),
        };
        for (name, text) in seeds {
            seed(&mut self.pairs, name, text);
        }
    }
}
