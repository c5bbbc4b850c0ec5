//! Quyết toán, thanh lý, lưu trữ, and what may take their place: late accounting, force majeure.

use chrono::{Datelike, NaiveDate};

use super::super::error::{ProjectError, refuse};
use super::super::event::{Archived, Judgement, Settled, What};
use super::contract::positive;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::lifecycle::MoneyMode;
use crate::money::Dong;
use crate::project::action::{ForceMajeure, LateSettlement, Liquidation, Settlement, SettlementFile};

impl Case<'_> {
    pub(super) fn submit_settlement(&self, file: &SettlementFile) -> Result<Outcome, ProjectError> {
        positive(file.requested, "requested")?;
        let (limit, _) = self.settlement_limit();
        if file.requested > limit {
            return Err(refuse("requested-exceeds")
                .field("requested")
                .rule("TT 36/2013/TT-BCT Đ19")
                .param("amount", file.requested)
                .param("limit", limit));
        }
        Ok(What::SettlementSubmitted(file.clone()).into())
    }

    /// The most that may be settled, with the sum in words: support, contract, value accepted or confirmed, (where money is advanced) what was
    /// paid, and never what a decision has claimed back: only the money's return ends such a claim (TT 36/2013 Đ12.6).
    fn settlement_limit(&self) -> (Dong, String) {
        let money = self.project.figures();
        let mut terms = vec![money.approved, money.contracted];
        if self.lifecycle.money_mode != MoneyMode::PayAfter {
            terms.push(self.project.net_paid().saturating_sub(self.project.claimed()));
        }
        if self.project.disallowed > Dong::ZERO {
            terms.push(self.project.recognised());
        }
        let confirmed = self.project.confirmed().map(|progress| progress.value_done);
        let value = match self.project.force_majeure {
            Some(value) => value.max(self.project.value_accepted),
            None if self.project.is_stopped && self.project.accepted.is_empty() => confirmed.unwrap_or_default(),
            None => self.project.value_accepted,
        };
        terms.push(value);
        let limit = terms.iter().copied().min().unwrap_or_default();
        let words: Vec<String> = terms.iter().map(ToString::to_string).collect();
        (limit, format!("{limit} = min({})", words.join("; ")))
    }

    pub(super) fn settle(&self, settlement: &Settlement) -> Result<Outcome, ProjectError> {
        self.check_decision(&settlement.decision)?;
        let (limit, formula) = self.settlement_limit();
        let judgement = Judgement {
            rule: "settlement".to_owned(),
            article: self.step.article.clone(),
            rule_set: self.context.rules.pin.clone(),
            line: None,
            amount: settlement.amount,
            limit,
            base: None,
            rate: None,
            cap: None,
            units: None,
            uplift: None,
            formula,
        };
        if settlement.amount > limit {
            return Err(refuse("settlement-exceeds").field("amount").judged(judgement));
        }
        let net = self.project.net_paid();
        if self.lifecycle.money_mode == MoneyMode::PayAfter && settlement.amount < net {
            return Err(refuse("settled-below-paid")
                .field("amount")
                .rule(&self.step.article)
                .param("amount", settlement.amount)
                .param("limit", net));
        }
        Ok(Outcome::judged(
            What::Settled(Settled {
                settlement: settlement.clone(),
                refund_due: net.saturating_sub(settlement.amount),
                payable: settlement.amount.saturating_sub(net),
            }),
            vec![judgement],
        ))
    }

    /// Where money comes after settlement it comes before the liquidation.
    pub(super) fn liquidate(&self, liquidation: &Liquidation) -> Result<Outcome, ProjectError> {
        not_empty(&liquidation.number, "number")?;
        let payable = self.project.payable();
        if payable > Dong::ZERO {
            return Err(refuse("open-money")
                .rule("TT 36/2013/TT-BCT Đ18")
                .param("receivable", Dong::ZERO)
                .param("payable", payable));
        }
        Ok(What::ContractLiquidated(liquidation.clone()).into())
    }

    /// Nothing may be open, neither money nor findings. Kept from the end of the fiscal year.
    pub(super) fn archive(&self) -> Result<Outcome, ProjectError> {
        let project = self.project;
        let to_repay = if self.lifecycle.money_mode == MoneyMode::Recoverable {
            project.to_repay()
        } else {
            Dong::ZERO
        };
        let receivable = project.figures().receivable.max(to_repay);
        if receivable > Dong::ZERO || project.payable() > Dong::ZERO {
            return Err(refuse("open-money")
                .rule("TT 36/2013/TT-BCT Đ12.6")
                .param("receivable", receivable)
                .param("payable", project.payable()));
        }
        let open: Vec<String> = project
            .findings
            .iter()
            .filter(|finding| finding.open)
            .map(|finding| finding.number.to_string())
            .collect();
        if !open.is_empty() {
            return Err(refuse("open-findings").param("numbers", open.join(", ")));
        }
        let year = self.context.occurred_on.year() + i32::from(self.lifecycle.archive_years);
        let keep_until = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(self.context.occurred_on);
        Ok(What::Archived(Archived { keep_until }).into())
    }

    pub(super) fn account_late(&self, late: &LateSettlement) -> Result<Outcome, ProjectError> {
        positive(late.amount, "amount")?;
        not_empty(&late.reason, "reason")?;
        let limit = self.project.net_paid();
        if late.amount > limit {
            return Err(refuse("late-amount")
                .field("amount")
                .rule("TT 36/2013/TT-BCT Đ18.3")
                .param("amount", late.amount)
                .param("limit", limit));
        }
        Ok(What::LateSettlementAccounted(late.clone()).into())
    }

    pub(super) fn declare_force_majeure(&self, declared: &ForceMajeure) -> Result<Outcome, ProjectError> {
        not_empty(&declared.cause, "cause")?;
        Ok(What::ForceMajeureDeclared(declared.clone()).into())
    }
}
