//! Batches: opened in a plan, filled with candidates, ranked, decided. What touches several aggregates is one joint command: decided on
//! all of them as they are, recorded in one append.

use std::collections::BTreeSet;
use std::sync::Arc;

use dean_aggregates::batch::candidate::TradeGround;
use dean_aggregates::batch::command::{BatchOpening, Item};
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::batch::together::{self, DecideBatch, Together, TogetherError};
use dean_aggregates::batch::{self, Batch, BatchAction, BatchCommand};
use dean_aggregates::claim::{self, Change, OfBatch, SettleError, keys};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::{Context, Project, ProjectEvent};
use dean_aggregates::screening::{self, Screening};
use dean_ledger::{ExecuteError, JointCommand, Part, Parts};
use uuid::Uuid;

use super::claims::{self, ClaimParts, InCommand, LOOK_UPS_MAX, Unsettled, busy};
use super::plans::{Acted, PlanError, Submission};
use super::{Engine, Rulebook};

/// A đề án of a decision, with its screening.
struct OfItem {
    id: Uuid,
    project: Part<Project>,
    screening: Part<Screening>,
}

/// A đề án that shall become a candidate.
#[derive(Debug, Clone)]
pub struct Nomination {
    /// The project.
    pub project: Uuid,
    /// The grounds on which its trade has priority.
    pub grounds: Vec<TradeGround>,
}

impl Engine {
    /// Opens a batch in a plan, with its ceiling. The asker's version is the plan's.
    pub async fn open_batch(
        &self,
        plan_id: Uuid,
        (number, ceiling): (u16, Dong),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let (plan, _) = self.plans.load(plan_id).await?;
        if !plan.exists() {
            return Err(PlanError::NoSuchPlan(plan_id));
        }
        let circumstances = self.circumstances(&submission);
        let mut command = JointCommand::new(self.ledger().clone());
        let batch = command.with(&self.batches, batch::id_of(plan_id, number), None);
        let plan = command.with(&self.plans, plan_id, submission.expected_version);
        let decide = |parts: &mut Parts| {
            let (the_plan, the_batch) = (parts.get(plan), parts.get(batch));
            let opened = together::open_batch((plan_id, the_plan), the_batch, (number, ceiling), &circumstances)?;
            record(parts, plan, batch, &[], opened);
            Ok::<_, TogetherError>(())
        };
        let receipt = command.execute(submission.envelope(), decide).await?;
        Ok(Acted::on::<Plan>(plan_id, receipt))
    }

    /// Changes a batch's ceiling, in its plan too.
    pub async fn change_ceiling(
        &self,
        id: Uuid,
        (ceiling, reason): (Dong, String),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let plan_id = self.plan_of(id).await?;
        let circumstances = self.circumstances(&submission);
        let mut command = JointCommand::new(self.ledger().clone());
        let batch = command.with(&self.batches, id, submission.expected_version);
        let plan = command.with(&self.plans, plan_id, None);
        let decide = |parts: &mut Parts| {
            let (the_plan, the_batch) = (parts.get(plan), parts.get(batch));
            let changed = together::change_ceiling(the_plan, the_batch, (ceiling, &reason), &circumstances)?;
            record(parts, plan, batch, &[], changed);
            Ok::<_, TogetherError>(())
        };
        let receipt = command.execute(submission.envelope(), decide).await?;
        Ok(Acted::on::<Batch>(id, receipt))
    }

    /// Makes a project a candidate of a batch.
    pub async fn nominate(&self, id: Uuid, nomination: Nomination, submission: Submission) -> Result<Acted, PlanError> {
        self.plan_of(id).await?;
        let context = self
            .context(&*self.rulebook().await?, nomination.project, "project", &submission)
            .await?;
        let circumstances = self.circumstances(&submission);
        let mut command = JointCommand::new(self.ledger().clone());
        let batch = command.with(&self.batches, id, submission.expected_version);
        let project = command.with(&self.projects, nomination.project, None);
        let decide = |parts: &mut Parts| {
            let of = (nomination.project, parts.get(project));
            let lifecycle = &context.lifecycle.value;
            let candidate = together::candidate(parts.get(batch), of, lifecycle, &nomination.grounds)?;
            let added = parts.get(batch).decide(&BatchCommand {
                action: BatchAction::AddCandidate(Box::new(candidate)),
                circumstances: circumstances.clone(),
            })?;
            parts.record(batch, added);
            Ok::<_, TogetherError>(())
        };
        let receipt = command.execute(submission.envelope(), decide).await?;
        Ok(Acted::on::<Batch>(id, receipt))
    }

    /// Takes a candidate out of a batch.
    pub async fn remove_candidate(
        &self,
        id: Uuid,
        (project, reason): (Uuid, String),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let action = BatchAction::RemoveCandidate { project, reason };
        self.act_on_batch(id, action, submission).await
    }

    /// Puts a batch's candidates into their legal order.
    pub async fn rank(
        &self,
        id: Uuid,
        (settings, ties): (RankingSettings, Vec<TieJudgement>),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        self.act_on_batch(id, BatchAction::Rank { settings, ties }, submission)
            .await
    }

    /// Records a decision on many đề án at once: batch, plan, every đề án and what each claims, or nothing.
    pub async fn decide_batch(
        &self,
        id: Uuid,
        (decision, items): (Decision, Vec<Item>),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let plan_id = self.plan_of(id).await?;
        let rulebook = self.rulebook().await?;
        let mut ids = Vec::with_capacity(items.len());
        let mut with_context = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let field = format!("items.{index}.project");
            let context = self.context(&rulebook, item.project, &field, &submission).await?;
            ids.push(item.project);
            with_context.push((item, context));
        }
        let mut named = BTreeSet::from([keys::decision(&decision)]);
        let asked = DecideBatch {
            id,
            decision,
            items: with_context,
            circumstances: self.circumstances(&submission),
        };
        for _ in 0..LOOK_UPS_MAX {
            let mut command = JointCommand::new(self.ledger().clone());
            let batch = command.with(&self.batches, id, submission.expected_version);
            let plan = command.with(&self.plans, plan_id, None);
            let of_items: Vec<OfItem> = ids.iter().map(|id| self.of_item(&mut command, *id)).collect();
            let claims = self.claim_parts(&mut command, &named);
            let decide = |parts: &mut Parts| {
                let projects: Vec<&Project> = of_items.iter().map(|item| parts.get(item.project)).collect();
                let decided = together::decide(parts.get(plan), parts.get(batch), &projects, &asked);
                let decided = decided.map_err(Unsettled::Own)?;
                let opening = parts.get(batch).opening().cloned();
                self.claim_all(
                    parts,
                    &claims,
                    (&asked, opening),
                    (of_items.as_slice(), decided.projects.as_slice()),
                )?;
                let projects: Vec<Part<Project>> = of_items.iter().map(|item| item.project).collect();
                record(parts, plan, batch, &projects, decided);
                Ok::<_, Unsettled<TogetherError>>(())
            };
            match command.execute(submission.envelope(), decide).await {
                Err(ExecuteError::Refused(Unsettled::Missing(ids))) => named.extend(ids),
                done => return Ok(Acted::on::<Batch>(id, done?)),
            }
        }
        Err(PlanError::Append(busy()))
    }

    fn of_item(&self, command: &mut JointCommand, id: Uuid) -> OfItem {
        OfItem {
            id,
            project: command.with(&self.projects, id, None),
            screening: command.with(&self.screenings, screening::id_of(id), None),
        }
    }

    /// What a decision takes of claims: its number, and whatever each of its đề án claims or gives back. One after the other, so that two of
    /// one paper meet as well.
    fn claim_all(
        &self,
        parts: &mut Parts,
        claims: &ClaimParts,
        (asked, opening): (&DecideBatch, Option<BatchOpening>),
        (items, events): (&[OfItem], &[ProjectEvent]),
    ) -> Result<(), Unsettled<TogetherError>> {
        let mut missing = BTreeSet::new();
        let circumstances = &asked.circumstances;
        if let Some(opening) = opening {
            let register = InCommand {
                parts,
                claims,
                ledger: self.ledger(),
            };
            let batch = OfBatch {
                batch: asked.id,
                number: opening.label(),
            };
            let by = (circumstances.actor.id.as_str(), circumstances.occurred_on);
            match claim::together::decision_of_batch(&asked.decision, batch, by, &register) {
                Ok(settled) => claims::record_claims(parts, claims, settled.claims),
                Err(error) => missing.extend(missing_of(error, None)?),
            }
        }
        for (index, (item, event)) in items.iter().zip(events).enumerate() {
            let after = claims::applied(parts.get(item.project), event);
            let register = InCommand {
                parts,
                claims,
                ledger: self.ledger(),
            };
            let change = Change {
                id: item.id,
                after: &after,
                event,
                screening: parts.get(item.screening),
            };
            match claim::together::settle(&change, &register) {
                Ok(settled) => claims::record(parts, claims, item.screening, settled),
                Err(error) => missing.extend(missing_of(error, Some(index))?),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Unsettled::Missing(missing))
    }

    async fn act_on_batch(&self, id: Uuid, action: BatchAction, submission: Submission) -> Result<Acted, PlanError> {
        self.plan_of(id).await?;
        let command = BatchCommand {
            action,
            circumstances: self.circumstances(&submission),
        };
        let executed = self
            .batches
            .execute(id, submission.expected_version, command, submission.envelope())
            .await?;
        Ok(Acted::on::<Batch>(id, executed.receipt))
    }

    /// A batch stays in the plan in which it was opened.
    async fn plan_of(&self, id: Uuid) -> Result<Uuid, PlanError> {
        let (batch, _) = self.batches.load(id).await?;
        let opening = batch.opening().ok_or(PlanError::NoSuchBatch(id))?;
        Ok(opening.plan)
    }

    /// What a project's own decision needs. Should the project meanwhile move to another lifecycle, its own decision refuses.
    async fn context(
        &self,
        rulebook: &Rulebook,
        id: Uuid,
        field: &str,
        submission: &Submission,
    ) -> Result<Context, PlanError> {
        let (project, _) = self.projects.load(id).await?;
        let (Some(level), Some(province)) = (project.level(), project.province()) else {
            return Err(PlanError::NoSuchProject {
                project: id,
                field: field.to_owned(),
            });
        };
        let (rules, fallback_norms) = rulebook.rules_for(level, province, submission.occurred_on)?;
        Ok(Context {
            actor: submission.actor.clone(),
            occurred_on: submission.occurred_on,
            today: self.ledger().environment().today(),
            lifecycle: Arc::clone(&rulebook.lifecycle(project.lifecycle_pin())?),
            rules,
            fallback_norms,
            places: rulebook.places(),
            timetable: rulebook.timetable(),
            draft_code: None,
            target_lifecycle: None,
            target_is_older: false,
            by_batch: None,
            batch_is_told: false,
        })
    }
}

/// What has to be looked up; a refusal names the item of the decision that it is about.
fn missing_of(error: SettleError, item: Option<usize>) -> Result<BTreeSet<Uuid>, Unsettled<TogetherError>> {
    match error {
        SettleError::Missing(ids) => Ok(ids),
        SettleError::Refused(mut refusal) => {
            if let Some(index) = item {
                refusal.field = Some(format!("items.{index}.project"));
            }
            Err(Unsettled::Claim(Box::new(refusal)))
        }
    }
}

fn record(parts: &mut Parts, plan: Part<Plan>, batch: Part<Batch>, projects: &[Part<Project>], together: Together) {
    parts.record(batch, together.batch);
    parts.record(plan, together.plan);
    for (project, event) in projects.iter().zip(together.projects) {
        parts.record(*project, event);
    }
}
