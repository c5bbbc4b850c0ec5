//! Contracts over one or several đề án: signed, amended, reconciled, liquidated; and the steps of đề án that are in one.

use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::contract::command::{AppendixPaper, Item, LiquidationPaper, ReconciliationPaper, Terms};
use dean_aggregates::contract::together::{self, Together};
use dean_aggregates::contract::{self, Contract, ContractAction, ContractCommand};
use dean_aggregates::project::ProjectCommand;
use dean_aggregates::several::{Known, SeveralError};
use dean_ledger::{ExecuteError, JointCommand, Part, Parts};
use uuid::Uuid;

use super::enlisted::{Enlisted, LOOK_UPS_MAX};
use super::plans::{Acted, Submission};
use super::{ActError, Ask, Engine, StepError, Taken};

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
        let mut command = JointCommand::new(self.ledger().clone());
        let contract = command.with(&self.contracts, id, submission.expected_version);
        let enlisted = self.enlist(&mut command, &named, &submission).await?;
        let decide = |parts: &mut Parts| {
            let projects: Vec<Known> = items
                .iter()
                .filter_map(|item| enlisted.known(parts, item.project))
                .collect();
            let signed = together::conclude((id, parts.get(contract)), (&terms, &items), &projects, &circumstances)?;
            record(parts, contract, &enlisted, signed);
            Ok::<_, SeveralError>(())
        };
        let receipt = command.execute(submission.envelope(), decide).await?;
        Ok(Acted::on::<Contract>(id, receipt))
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
        let mut command = JointCommand::new(self.ledger().clone());
        let contract = command.with(&self.contracts, id, submission.expected_version);
        let named: Vec<_> = members.iter().map(|member| (*member, "project".to_owned())).collect();
        let enlisted = self.enlist(&mut command, &named, submission).await?;
        let decide = |parts: &mut Parts| {
            let projects: Vec<Known> = members
                .iter()
                .filter_map(|member| enlisted.known(parts, *member))
                .collect();
            let together = act(parts.get(contract), &projects, &circumstances)?;
            record(parts, contract, &enlisted, together);
            Ok::<_, SeveralError>(())
        };
        let receipt = command.execute(submission.envelope(), decide).await?;
        Ok(Acted::on::<Contract>(id, receipt))
    }

    /// The đề án of a contract never change.
    async fn members_of(&self, id: Uuid) -> Result<Vec<Uuid>, ActError> {
        let (contract, _) = self.contracts.load(id).await?;
        if !contract.exists() {
            return Err(ActError::Missing("no-such-contract"));
        }
        Ok(contract.projects().keys().copied().collect())
    }

    /// A step that a đề án takes by itself while it is part of a contract: the contract records what it has to know.
    pub(super) async fn step_in_contract(
        &self,
        project: Uuid,
        ask: &Ask,
        command: &ProjectCommand,
    ) -> Result<Taken, StepError> {
        let submission = ask.submission();
        let circumstances = self.circumstances(&submission);
        let mut look_ups = 1;
        loop {
            let mut joint = JointCommand::new(self.ledger().clone());
            let part = joint.with(&self.projects, project, ask.expected_version);
            let named = [(project, "project".to_owned())];
            let enlisted = self.enlist(&mut joint, &named, &submission).await?;
            // What it changes for the batch that approved it, batch and plan record too.
            let (current, _) = self.projects.load(project).await?;
            let above = self.approved_in(&current).await?.map(|known| {
                let batch = joint.with(&self.batches, known.batch_id, None);
                let plan = joint.with(&self.plans, known.plan_id, None);
                (batch, plan)
            });
            let refused = |error| match error {
                AloneError::Refused(refusal) => SeveralError::Refused(*refusal),
                AloneError::Project(error) => SeveralError::Project {
                    at: None,
                    code: current.code().unwrap_or_default().to_owned(),
                    error,
                },
            };
            let decide = |parts: &mut Parts| {
                let mut command = command.clone();
                command.context.contract = enlisted.known(parts, project).and_then(|known| known.context.contract);
                let decided = {
                    let approved_in = above.map(|(batch, plan)| (parts.get(batch), parts.get(plan)));
                    alone::decide(approved_in, (project, parts.get(part)), &command).map_err(refused)?
                };
                for event in decided.project {
                    parts.record(part, event);
                }
                if let (Some((batch, plan)), Some((in_batch, in_plan))) = (above, decided.booked) {
                    parts.record(batch, in_batch);
                    parts.record(plan, in_plan);
                }
                enlisted.follow(parts, &[project], &circumstances)
            };
            match joint.execute(submission.envelope(), decide).await {
                Err(ExecuteError::Refused(SeveralError::Project { error, .. }))
                    if error.code == super::enlisted::OVERTAKEN && look_ups < LOOK_UPS_MAX =>
                {
                    look_ups += 1;
                }
                Err(error) => return Err(error.into()),
                Ok(receipt) => return Ok(Taken::of(project, receipt)),
            }
        }
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
