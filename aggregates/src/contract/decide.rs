//! `decide` of a contract: what it judges by itself. What its đề án have to say to it is judged in [`super::together`].

use std::collections::BTreeSet;

use super::authority::{self, Act};
use super::command::{ContractAction, ContractCommand, LiquidationPaper, ReconciliationPaper, Stated};
use super::event::{Appendix, Concluded, ContractEvent, ContractFigures, ContractWhat, Followed, Reconciled, WoundUp};
use super::state::Contract;
use crate::money::Dong;
use crate::plan::refusal::{Refusal, refuse};
use crate::plan::{Circumstances, key_of, not_empty, positive};
use crate::project::check_texts;
use crate::project::contracted::{ClockSettings, SETTLEMENT_DAYS_MAX};

impl Contract {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &ContractCommand) -> Result<ContractEvent, Refusal> {
        let circumstances = &command.circumstances;
        let what = match &command.action {
            ContractAction::Conclude(concluded) => {
                self.conclude(concluded, circumstances)?;
                ContractWhat::ContractConcluded((**concluded).clone())
            }
            ContractAction::Amend(appendix) => {
                self.check(Act::Amend, circumstances)?;
                self.amend(appendix, circumstances)?;
                ContractWhat::AppendixConcluded((**appendix).clone())
            }
            ContractAction::Follow(followed) => self.follow(followed)?,
            ContractAction::Reconcile(paper) => {
                self.check(Act::Reconcile, circumstances)?;
                ContractWhat::ContractReconciled(self.reconcile(paper, circumstances)?)
            }
            ContractAction::Liquidate(paper) => {
                self.check(Act::Liquidate, circumstances)?;
                ContractWhat::ContractWoundUp(self.liquidate(paper, circumstances)?)
            }
        };
        let mut event = ContractEvent {
            actor_id: circumstances.actor.id.clone(),
            occurred_on: circumstances.occurred_on,
            what,
            papers: circumstances.papers.clone(),
            note: circumstances.note.clone(),
            after: ContractFigures::default(),
        };
        let mut next = self.clone();
        next.record(event.clone());
        event.after = next.figures_of();
        Ok(event)
    }

    fn check(&self, act: Act, circumstances: &Circumstances) -> Result<(), Refusal> {
        let authority = self.authority().ok_or_else(|| refuse("no-such-contract"))?;
        authority::check(act, authority, &circumstances.actor)?;
        circumstances.check(self.last_on())
    }

    fn conclude(&self, concluded: &Concluded, circumstances: &Circumstances) -> Result<(), Refusal> {
        let terms = &concluded.terms;
        if self.exists() {
            return Err(refuse("contract-exists")
                .field("number")
                .param("number", &terms.number)
                .param("authority", &concluded.authority.name));
        }
        circumstances.check(None)?;
        not_empty(&terms.number, "number")?;
        check_texts(terms, "")?;
        circumstances.not_in_future("signed_on", terms.signed_on)?;
        let decision = &terms.estimate.decision;
        not_empty(&decision.number, "estimate.decision.number")?;
        not_empty(&decision.issuer, "estimate.decision.issuer")?;
        // Signed on the ground of the estimate, so not before it.
        if decision.date > terms.signed_on {
            return Err(refuse("estimate-after-contract")
                .field("estimate.decision.date")
                .rule("TT 36/2013/TT-BCT Đ12.1")
                .param("date", decision.date)
                .param("signed", terms.signed_on));
        }
        check_settlement(&terms.settlement)?;
        let values = concluded.projects.iter().map(|member| member.account.contracted);
        within_estimate(Dong::sum(values), terms.estimate.amount)
    }

    fn amend(&self, appendix: &Appendix, circumstances: &Circumstances) -> Result<(), Refusal> {
        if self.liquidation().is_some() {
            return Err(self.is_liquidated());
        }
        not_empty(&appendix.number, "number")?;
        let repeats = |known: &&String| key_of(known) == key_of(&appendix.number);
        if self.appendices().iter().any(|known| repeats(&known)) {
            return Err(refuse("appendix-repeated")
                .field("number")
                .param("number", &appendix.number));
        }
        circumstances.check_decision(&appendix.decision)?;
        not_empty(&appendix.reason, "reason")?;
        check_texts(appendix, "")?;
        if let Some(settlement) = &appendix.settlement {
            check_settlement(settlement)?;
        }
        if let Some(estimate) = &appendix.estimate {
            not_empty(&estimate.decision.number, "estimate.decision.number")?;
            not_empty(&estimate.decision.issuer, "estimate.decision.issuer")?;
            circumstances.not_in_future("estimate.decision.date", estimate.decision.date)?;
        }
        let changes_estimate =
            |new: &super::command::DetailedEstimate| self.terms().is_some_and(|terms| terms.estimate != *new);
        let changes_settlement = |new: &ClockSettings| self.settlement() != *new;
        let changes = !appendix.values.is_empty()
            || appendix.estimate.as_ref().is_some_and(changes_estimate)
            || appendix.settlement.as_ref().is_some_and(changes_settlement);
        if !changes {
            return Err(refuse("nothing-changes").field("values"));
        }
        let mut seen = BTreeSet::new();
        for (index, change) in appendix.values.iter().enumerate() {
            let field = format!("values.{index}.project");
            if !seen.insert(change.project) {
                return Err(refuse("project-repeated").field(field).param("project", &change.code));
            }
            if !self.projects().contains_key(&change.project) {
                return Err(not_in(&field, change.project));
            }
            positive(change.value, &format!("values.{index}.value"))?;
        }
        let values = self.projects().iter().map(|(id, project)| {
            let change = appendix.values.iter().find(|change| change.project == *id);
            change.map_or(project.account.contracted, |change| change.value)
        });
        let estimate = appendix.estimate.as_ref().or(self.terms().map(|terms| &terms.estimate));
        let limit = estimate.map(|estimate| estimate.amount).unwrap_or_default();
        within_estimate(Dong::sum(values), limit)
    }

    /// What happened to its đề án is recorded as it is: it was judged where it happened.
    fn follow(&self, followed: &Followed) -> Result<ContractWhat, Refusal> {
        if !self.exists() {
            return Err(refuse("no-such-contract"));
        }
        let stranger = |member: &&super::event::Member| !self.projects().contains_key(&member.project);
        if let Some(member) = followed.projects.iter().find(stranger) {
            return Err(not_in("project", member.project));
        }
        Ok(ContractWhat::ProjectsFollowed(followed.clone()))
    }

    fn reconcile(&self, paper: &ReconciliationPaper, circumstances: &Circumstances) -> Result<Reconciled, Refusal> {
        if self.liquidation().is_some() {
            return Err(self.is_liquidated());
        }
        self.all_concluded("TT 36/2013/TT-BCT Đ19.3")?;
        not_empty(&paper.number, "number")?;
        check_texts(&paper.number, "number")?;
        needs_paper(
            "mau-10",
            "Mẫu 10: Bảng đối chiếu kinh phí",
            "Form 10: reconciliation",
            circumstances,
        )?;
        let mut seen = BTreeSet::new();
        for (index, stated) in paper.stated.iter().enumerate() {
            let field = format!("stated.{index}.project");
            let project = self
                .projects()
                .get(&stated.project)
                .ok_or_else(|| not_in(&field, stated.project))?;
            if !seen.insert(stated.project) {
                return Err(refuse("project-repeated").field(field).param("project", &project.code));
            }
            let account = &project.account;
            for (name, given, known) in [
                ("received", stated.received, account.disbursed),
                ("returned", stated.returned, account.refunded),
                ("settled", stated.settled, account.settled),
            ] {
                if given != known {
                    return Err(refuse("reconciliation-differs")
                        .field(format!("stated.{index}.{name}"))
                        .rule("TT 36/2013/TT-BCT Đ19.3")
                        .param("project", &project.code)
                        .param("amount", given)
                        .param("known", known));
                }
            }
        }
        let missing = self.projects().iter().find(|(id, _)| !seen.contains(id));
        if let Some((_, project)) = missing {
            return Err(refuse("reconciliation-incomplete")
                .field("stated")
                .param("project", &project.code));
        }
        Ok(Reconciled {
            number: paper.number.clone(),
            rows: paper.stated.clone(),
        })
    }

    fn liquidate(&self, paper: &LiquidationPaper, circumstances: &Circumstances) -> Result<WoundUp, Refusal> {
        if self.liquidation().is_some() {
            return Err(self.is_liquidated());
        }
        self.all_concluded("TT 36/2013/TT-BCT Đ18")?;
        not_empty(&paper.number, "number")?;
        check_texts(&paper.number, "number")?;
        needs_paper(
            "mau-6",
            "Mẫu 6: Biên bản thanh lý hợp đồng",
            "Form 6: liquidation",
            circumstances,
        )?;
        let reconciliation = self.reconciliation();
        if paper.last_of_year && reconciliation.is_none() {
            return Err(refuse("reconciliation-missing")
                .field("last_of_year")
                .rule("TT 36/2013/TT-BCT Đ19.3"));
        }
        if reconciliation.is_some_and(|known| known.actor_id.eq_ignore_ascii_case(&circumstances.actor.id)) {
            return Err(refuse("separation-of-duties")
                .rule("bất kiêm nhiệm")
                .param("step", "liquidate-contract")
                .param("other", "reconcile-contract"));
        }
        Ok(WoundUp {
            number: paper.number.clone(),
            last_of_year: paper.last_of_year,
            reconciliation: reconciliation.map(|known| known.number.clone()),
        })
    }

    fn all_concluded(&self, rule: &str) -> Result<(), Refusal> {
        let open: Vec<&str> = self
            .projects()
            .values()
            .filter(|project| !project.account.concluded)
            .map(|project| project.code.as_str())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(refuse("contract-open").rule(rule).param("projects", open.join(", ")))
    }

    fn is_liquidated(&self) -> Refusal {
        let number = self.liquidation().map(|known| known.number.clone());
        refuse("contract-liquidated").param("number", number.unwrap_or_default())
    }

    /// Every đề án as it was stated: what a reconciliation that holds would say.
    pub fn statement(&self) -> Vec<Stated> {
        let row = |(project, known): (&uuid::Uuid, &super::state::ContractedProject)| Stated {
            project: *project,
            received: known.account.disbursed,
            returned: known.account.refunded,
            settled: known.account.settled,
        };
        self.projects().iter().map(row).collect()
    }
}

fn check_settlement(settings: &ClockSettings) -> Result<(), Refusal> {
    if settings.days == 0 || settings.days > SETTLEMENT_DAYS_MAX {
        return Err(refuse("settlement-days")
            .field("settlement.days")
            .rule("TT 36/2013/TT-BCT Đ18.1")
            .param("limit", SETTLEMENT_DAYS_MAX));
    }
    Ok(())
}

fn within_estimate(sum: Option<Dong>, limit: Dong) -> Result<(), Refusal> {
    let sum = sum.ok_or_else(|| refuse("amount-too-large").field("estimate.amount"))?;
    if sum > limit {
        return Err(refuse("above-detailed-estimate")
            .field("estimate.amount")
            .rule("TT 36/2013/TT-BCT Đ12.1")
            .param("amount", sum)
            .param("limit", limit));
    }
    Ok(())
}

fn not_in(field: &str, project: uuid::Uuid) -> Refusal {
    refuse("not-in-contract").field(field).param("project", project)
}

fn needs_paper(kind: &str, vi: &str, en: &str, circumstances: &Circumstances) -> Result<(), Refusal> {
    if circumstances.papers.iter().any(|paper| paper.kind == kind) {
        return Ok(());
    }
    Err(refuse("missing-paper")
        .field(format!("papers.{kind}"))
        .rule("TT 36/2013/TT-BCT Đ18, Đ19.3")
        .param("paper", kind)
        .param("vi", vi)
        .param("en", en))
}
