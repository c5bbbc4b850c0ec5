//! Hợp đồng, tiến độ.

use super::super::error::{ProjectError, refuse};
use super::super::event::What;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::money::{Dong, Rate};
use crate::project::action::{Contract, Progress};
use crate::project::content::Selection;
use chrono::Datelike;

impl Case<'_> {
    pub(super) fn sign_contract(&self, contract: &Contract) -> Result<Outcome, ProjectError> {
        not_empty(&contract.number, "number")?;
        not_empty(&contract.detailed_estimate, "detailed_estimate")?;
        self.not_in_future("signed_on", contract.signed_on)?;
        if let Some(approved) = self.project.approved_on.filter(|day| *day > contract.signed_on) {
            return Err(refuse("contract-before-approval")
                .field("signed_on")
                .rule("TT 36/2013/TT-BCT Đ6.4")
                .param("signed", contract.signed_on)
                .param("date", approved));
        }
        if self.step.contract_form.is_some_and(|form| form != contract.form) {
            return Err(refuse("wrong-contract-form")
                .field("form")
                .rule(&self.step.article)
                .param("step", &self.step.id));
        }
        if self.project.lacks_group_plan() {
            return Err(refuse("group-plan-missing").rule("TT 36/2013/TT-BCT Đ21.2a"));
        }
        let content = self.content()?;
        let has_tender = contract
            .tender_result
            .as_ref()
            .is_some_and(|number| !number.trim().is_empty());
        let by_tender = content.lines.iter().find(|line| {
            content.selection == Selection::Tender || self.rules.kind(&line.kind).is_some_and(|kind| kind.tender)
        });
        if let (Some(line), false) = (by_tender, has_tender) {
            return Err(refuse("tender-missing")
                .field("tender_result")
                .rule("TT 36/2013/TT-BCT Đ3.1, Đ21.2c")
                .param("kind", &line.kind));
        }
        positive(contract.value, "value")?;
        let limit = self.project.figures().approved;
        if contract.value > limit {
            return Err(refuse("contract-exceeds")
                .field("value")
                .rule("TT 36/2013/TT-BCT Đ12.1")
                .param("amount", contract.value)
                .param("limit", limit));
        }
        Ok(What::ContractSigned(contract.clone()).into())
    }

    pub(super) fn report_progress(&self, progress: &Progress) -> Result<Outcome, ProjectError> {
        self.check_month(progress)?;
        let has_reason = progress
            .correction_reason
            .as_ref()
            .is_some_and(|reason| !reason.trim().is_empty());
        if self.project.progress_of(progress.month).is_some() && !has_reason {
            return Err(refuse("month-repeated").field("month").param("month", progress.month));
        }
        if let Some(last) = self.project.reported()
            && !has_reason
        {
            let figures = [
                ("value_done", last.value_done, progress.value_done),
                ("counterpart_done", last.counterpart_done, progress.counterpart_done),
            ];
            for (field, before, now) in figures {
                if now < before {
                    return Err(fell(field).param("before", before).param("now", now));
                }
            }
            if progress.item_done < last.item_done {
                return Err(fell("item_done")
                    .param("before", last.item_done)
                    .param("now", progress.item_done));
            }
        }
        Ok(What::ProgressReported(progress.clone()).into())
    }

    /// Sở xác nhận khối lượng (TT 36/2013 Đ21.4): never more than was reported of the month that it names, whatever a later one says.
    pub(super) fn confirm_progress(&self, progress: &Progress) -> Result<Outcome, ProjectError> {
        self.check_month(progress)?;
        let reported = self.project.progress_of(progress.month).ok_or_else(|| {
            refuse("not-reported")
                .field("month")
                .rule("TT 36/2013/TT-BCT Đ21.4")
                .param("month", progress.month)
        })?;
        for (field, confirmed, limit) in [
            ("value_done", progress.value_done.get(), reported.value_done.get()),
            (
                "item_done",
                u64::from(progress.item_done.0),
                u64::from(reported.item_done.0),
            ),
        ] {
            if confirmed > limit {
                return Err(refuse("confirmed-above-reported").field(field));
            }
        }
        Ok(What::ProgressConfirmed(progress.clone()).into())
    }

    fn check_month(&self, progress: &Progress) -> Result<(), ProjectError> {
        if progress.month.day() != 1 || progress.month > self.context.today {
            return Err(refuse("month").field("month"));
        }
        if progress.item_done > Rate::WHOLE {
            return Err(refuse("progress-rate").field("item_done"));
        }
        // The counterpart may exceed its plan; the part that the support pays for can't exceed the contract.
        let supported = progress.value_done.saturating_sub(progress.counterpart_done);
        let limit = self.project.figures().contracted;
        if supported > limit {
            return Err(refuse("progress-above-contract")
                .field("counterpart_done")
                .rule("TT 36/2013/TT-BCT Đ23")
                .param("amount", supported)
                .param("limit", limit));
        }
        Ok(())
    }
}

fn fell(field: &str) -> ProjectError {
    refuse("progress-fell").field(field).rule("TT 36/2013/TT-BCT Đ23.1")
}

/// An amount that must be more than nothing.
pub(super) fn positive(amount: Dong, field: &str) -> Result<(), ProjectError> {
    if amount == Dong::ZERO {
        return Err(refuse("amount-zero").field(field));
    }
    Ok(())
}
