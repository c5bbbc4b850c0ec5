//! Contracts over one or several đề án: signed, amended, reconciled, liquidated.

use dean_aggregates::contract::command::{AppendixPaper, Item, LiquidationPaper, ReconciliationPaper, Terms};
use dean_aggregates::contract::together::{self, Together};
use dean_aggregates::contract::{self, Contract, ContractAction, ContractCommand};
use dean_aggregates::several::{Known, SeveralError};
use dean_ledger::{JointCommand, Part, Parts};
use uuid::Uuid;

use super::claims::Unsettled;
use super::enlisted::Enlisted;
use super::look_ups::LookUps;
use super::plans::{Acted, Submission};
use super::{ActError, Engine};

impl Engine {
    /// Signs a contract: every đề án of it by its own lifecycle, in one append.
    pub async fn sign_contract(
        &self,
        (terms, items): (Terms, Vec<Item>),
        submission: Submission,
    ) -> Result<Acted, ActError> {
        let id = contract::id_of(&submission.actor.unit, &terms.number);
        let circumstances = self.circumstances(&submission);
        let named = items.iter().enumerate();
        let named: Vec<_> = named
            .map(|(index, item)| (item.project, format!("projects.{index}.project")))
            .collect();
        let mut look_ups = LookUps::of([]);
        loop {
            let mut command = JointCommand::new(self.ledger().clone());
            let contract = command.with(&self.contracts, id, submission.expected_version);
            let enlisted = self.enlist(&mut command, &named, &submission).await?;
            let screened = self.screened(&mut command, items.iter().map(|item| item.project), look_ups.claims());
            let decide = |parts: &mut Parts| {
                let projects: Vec<Known> = items
                    .iter()
                    .filter_map(|item| enlisted.known(parts, item.project))
                    .collect();
                let of = (id, parts.get(contract));
                let signed = together::conclude(of, (&terms, &items), &projects, &circumstances);
                record(parts, contract, &enlisted, signed.map_err(Unsettled::Own)?);
                self.settle::<SeveralError>(parts, &screened, |index| Some(format!("projects.{index}.project")))
            };
            let outcome = command.execute(submission.envelope(), decide).await;
            if let Some(done) = look_ups.settled(outcome) {
                return Ok(Acted::on::<Contract>(id, done?));
            }
        }
    }

    /// Amends a contract, and the đề án whose value or deadline changes by it.
    pub async fn amend_contract(
        &self,
        id: Uuid,
        paper: AppendixPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.act_with_projects(id, &submission, |contract, projects, circumstances| {
            together::amend((id, contract), &paper, projects, circumstances)
        })
        .await
    }

    /// Liquidates a contract, and the đề án in it.
    pub async fn liquidate_contract(
        &self,
        id: Uuid,
        paper: LiquidationPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.act_with_projects(id, &submission, |contract, projects, circumstances| {
            together::liquidate((id, contract), &paper, projects, circumstances)
        })
        .await
    }

    /// Records that both sides have the same figures.
    pub async fn reconcile_contract(
        &self,
        id: Uuid,
        paper: ReconciliationPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.members_of(id).await?;
        let command = ContractCommand {
            action: ContractAction::Reconcile(paper),
            circumstances: self.circumstances(&submission),
        };
        let executed = self
            .contracts
            .execute(id, submission.expected_version, command, submission.envelope())
            .await?;
        Ok(Acted::on::<Contract>(id, executed.receipt))
    }

    async fn act_with_projects(
        &self,
        id: Uuid,
        submission: &Submission,
        act: impl Fn(&Contract, &[Known<'_>], &dean_aggregates::plan::Circumstances) -> Result<Together, SeveralError>,
    ) -> Result<Acted, ActError> {
        let members = self.members_of(id).await?;
        let circumstances = self.circumstances(submission);
        let named: Vec<_> = members.iter().map(|member| (*member, "project".to_owned())).collect();
        let mut look_ups = LookUps::of([]);
        loop {
            let mut command = JointCommand::new(self.ledger().clone());
            let contract = command.with(&self.contracts, id, submission.expected_version);
            let enlisted = self.enlist(&mut command, &named, submission).await?;
            let screened = self.screened(&mut command, members.iter().copied(), look_ups.claims());
            let decide = |parts: &mut Parts| {
                let projects: Vec<Known> = members
                    .iter()
                    .filter_map(|member| enlisted.known(parts, *member))
                    .collect();
                let together = act(parts.get(contract), &projects, &circumstances).map_err(Unsettled::Own)?;
                record(parts, contract, &enlisted, together);
                self.settle::<SeveralError>(parts, &screened, |_| None)
            };
            let outcome = command.execute(submission.envelope(), decide).await;
            if let Some(done) = look_ups.settled(outcome) {
                return Ok(Acted::on::<Contract>(id, done?));
            }
        }
    }

    /// The đề án of a contract never change.
    async fn members_of(&self, id: Uuid) -> Result<Vec<Uuid>, ActError> {
        let (contract, _) = self.contracts.load(id).await?;
        if !contract.exists() {
            return Err(ActError::Missing("no-such-contract"));
        }
        Ok(contract.projects().keys().copied().collect())
    }
}

fn record(parts: &mut Parts, contract: Part<Contract>, enlisted: &Enlisted, together: Together) {
    parts.record(contract, together.contract);
    for (project, event) in together.projects {
        if let Some(part) = enlisted.part(project) {
            parts.record(part, event);
        }
    }
}
