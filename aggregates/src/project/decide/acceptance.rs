//! Nghiệm thu cơ sở.

use std::collections::BTreeSet;

use super::super::error::{ProjectError, refuse};
use super::super::event::What;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::project::action::Acceptance;

impl Case<'_> {
    pub(super) fn accept(&self, acceptance: &Acceptance) -> Result<Outcome, ProjectError> {
        not_empty(&acceptance.minutes, "minutes")?;
        if acceptance.lines.is_empty() {
            return Err(refuse("no-lines-accepted").field("lines"));
        }
        let mut seen = BTreeSet::new();
        for (index, number) in acceptance.lines.iter().enumerate() {
            let field = format!("lines.{index}");
            if !self.project.approved.iter().any(|line| line.line == *number) {
                return Err(refuse("unknown-line").field(field).param("line", number));
            }
            if self.project.accepted.contains(number) || !seen.insert(number) {
                return Err(refuse("line-accepted").field(field).param("line", number));
            }
        }
        if !acceptance.complete {
            return Err(refuse("acceptance-incomplete")
                .field("complete")
                .rule("TTLT 26/2014/TTLT-BTC-BCT Đ8.3b"));
        }
        if acceptance.counterpart_accepted > acceptance.value_accepted {
            return Err(refuse("acceptance-value")
                .field("counterpart_accepted")
                .param("counterpart", acceptance.counterpart_accepted)
                .param("value", acceptance.value_accepted));
        }
        if self
            .project
            .value_accepted
            .checked_add(acceptance.value_accepted)
            .is_none()
        {
            return Err(refuse("amount-too-large").field("value_accepted"));
        }
        Ok(What::Accepted(acceptance.clone()).into())
    }
}
