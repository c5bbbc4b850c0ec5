//! Batches: opened in a plan, filled with candidates, ranked, decided. What touches several aggregates is one joint command: decided on
//! all of them as they are, recorded in one append.

use std::sync::Arc;

use chrono::NaiveDate;
use dean_aggregates::batch::candidate::TradeGround;
use dean_aggregates::batch::command::{BatchOpening, Item};
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::batch::together::{self, DecideBatch, Together, TogetherError};
use dean_aggregates::batch::{self, Batch, BatchAction, BatchCommand};
use dean_aggregates::claim::{self, OfBatch, keys};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::{Context, Project};
use dean_aggregates::several::Known;
use dean_ledger::{JointCommand, Part, Parts};
use uuid::Uuid;

use super::claims::{self, InCommand, Screened, Unsettled};
use super::enlisted::LookupError;
use super::look_ups::LookUps;
use super::plans::{Acted, PlanError, Submission};
use super::{Engine, Rulebook};

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
        let of_items = items.iter().enumerate();
        let of_items: Vec<_> = of_items
            .map(|(index, item)| (item.project, format!("items.{index}.project")))
            .collect();
        let ids: Vec<Uuid> = of_items.iter().map(|(project, _)| *project).collect();
        let circumstances = self.circumstances(&submission);
        let mut look_ups = LookUps::of([keys::decision(&decision)]);
        loop {
            let mut command = JointCommand::new(self.ledger().clone());
            let batch = command.with(&self.batches, id, submission.expected_version);
            let plan = command.with(&self.plans, plan_id, None);
            let enlisted = self.enlist(&mut command, &of_items, &submission).await?;
            let screened = self.screened(&mut command, ids.iter().copied(), look_ups.claims());
            let projects: Vec<Part<Project>> = ids.iter().filter_map(|project| enlisted.part(*project)).collect();
            let decide = |parts: &mut Parts| {
                let known: Vec<_> = ids
                    .iter()
                    .filter_map(|project| enlisted.known(parts, *project))
                    .collect();
                let of_known = items.iter().zip(&known);
                let asked = DecideBatch {
                    id,
                    decision: decision.clone(),
                    items: of_known
                        .map(|(item, known)| (item.clone(), judged_by(&rulebook, known, decision.date)))
                        .collect(),
                    circumstances: circumstances.clone(),
                };
                let of_known: Vec<&Project> = known.iter().map(|known| known.project).collect();
                let decided = together::decide(parts.get(plan), parts.get(batch), &of_known, &asked);
                record(parts, plan, batch, &projects, decided.map_err(Unsettled::Own)?);
                let followed = enlisted.follow(parts, &ids, &circumstances);
                followed.map_err(|error| Unsettled::Own(TogetherError::from(error)))?;
                let numbered = self.claim_number(parts, &screened, (batch, &asked));
                let settled = self.settle(parts, &screened, |index| Some(format!("items.{index}.project")));
                numbered.and(settled)
            };
            let outcome = command.execute(submission.envelope(), decide).await;
            if let Some(done) = look_ups.settled(outcome) {
                return Ok(Acted::on::<Batch>(id, done?));
            }
        }
    }

    /// Takes a decision's number for its batch.
    fn claim_number(
        &self,
        parts: &mut Parts,
        screened: &Screened,
        (batch, asked): (Part<Batch>, &DecideBatch),
    ) -> Result<(), Unsettled<TogetherError>> {
        let Some(number) = parts.get(batch).opening().map(BatchOpening::label) else {
            return Ok(());
        };
        let register = InCommand {
            parts,
            claims: &screened.claims,
            ledger: self.ledger(),
        };
        let by = (asked.circumstances.actor.id.as_str(), asked.circumstances.occurred_on);
        let of = OfBatch {
            batch: asked.id,
            number,
        };
        let settled = claim::together::decision_of_batch(&asked.decision, of, by, &register)?;
        claims::record_claims(parts, &screened.claims, settled.claims);
        Ok(())
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
    pub(super) async fn context(
        &self,
        rulebook: &Rulebook,
        id: Uuid,
        field: &str,
        submission: &Submission,
    ) -> Result<Context, LookupError> {
        let (project, _) = self.projects.load(id).await?;
        let (Some(level), Some(province)) = (project.level(), project.province()) else {
            return Err(LookupError::NoSuchProject {
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
            contract: None,
            inspection: None,
        })
    }
}

fn record(parts: &mut Parts, plan: Part<Plan>, batch: Part<Batch>, projects: &[Part<Project>], together: Together) {
    parts.record(batch, together.batch);
    parts.record(plan, together.plan);
    for (project, event) in projects.iter().zip(together.projects) {
        parts.record(*project, event);
    }
}

/// With the norms of the decision's date.
fn judged_by(rulebook: &Rulebook, known: &Known<'_>, decided: NaiveDate) -> Context {
    let mut context = known.context.clone();
    let of = (known.project.level(), known.project.province());
    if let (Some(level), Some(province)) = of
        && let Ok(norms) = rulebook.rules_decided(level, province, (decided, context.occurred_on))
    {
        (context.rules, context.fallback_norms) = norms;
    }
    context
}
