//! Kiểm tra, kiến nghị, mở lại.

use super::super::error::{ProjectError, refuse};
use super::super::event::What;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::project::action::{Finding, FindingClosure, Inspection, Reopening};

impl Case<'_> {
    pub(super) fn inspect(&self, inspection: &Inspection) -> Result<Outcome, ProjectError> {
        self.check_decision(&inspection.decision)?;
        not_empty(&inspection.result, "result")?;
        Ok(What::Inspected(inspection.clone()).into())
    }

    pub(super) fn raise_finding(&self, finding: &Finding) -> Result<Outcome, ProjectError> {
        not_empty(&finding.text, "text")?;
        let known = &self.project.findings;
        if finding.number == 0 || known.iter().any(|known| known.number == finding.number) {
            return Err(refuse("finding-repeated")
                .field("number")
                .param("number", finding.number));
        }
        Ok(What::FindingRaised(finding.clone()).into())
    }

    pub(super) fn close_finding(&self, closure: &FindingClosure) -> Result<Outcome, ProjectError> {
        not_empty(&closure.remedy, "remedy")?;
        let known = &self.project.findings;
        if !known.iter().any(|known| known.open && known.number == closure.number) {
            return Err(refuse("unknown-finding")
                .field("number")
                .param("number", closure.number));
        }
        // What an inspection over several đề án has raised, it closes itself: else it would still hold it open.
        let by = self.context.inspection.as_ref().map(|reference| reference.inspection);
        let raised_by = known.iter().find(|known| known.number == closure.number);
        if raised_by.is_some_and(|known| known.inspection.is_some() && known.inspection != by) {
            return Err(refuse("only-by-inspection")
                .field("number")
                .param("number", closure.number));
        }
        Ok(What::FindingClosed(closure.clone()).into())
    }

    pub(super) fn reopen(&self, reopening: &Reopening) -> Result<Outcome, ProjectError> {
        self.check_decision(&reopening.decision)?;
        not_empty(&reopening.reason, "reason")?;
        Ok(What::Reopened(reopening.clone()).into())
    }
}
