//! Steps that change what a batch and its plan hold as approved of a project: taken alone, recorded together.

use std::sync::Arc;

use dean_aggregates::batch::Batch;
use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::plan::Plan;
use dean_aggregates::project::{Project, ProjectCommand};
use dean_ledger::{JointCommand, LedgerError, Parts};
use uuid::Uuid;

use super::{Ask, Engine, StepError, Taken};

/// The batch that approved a project, and its plan.
pub(super) struct ApprovedIn {
    pub(super) batch_id: Uuid,
    pub(super) batch: Arc<Batch>,
    pub(super) plan_id: Uuid,
    pub(super) plan: Arc<Plan>,
}

impl Engine {
    /// A project stays in the batch that approved it, and a batch in its plan. `None` for a project that no batch has approved.
    pub(super) async fn approved_in(&self, project: &Project) -> Result<Option<ApprovedIn>, LedgerError> {
        let Some(reference) = project.batch() else {
            return Ok(None);
        };
        let batch_id = reference.batch;
        let (batch, _) = self.batches.load(batch_id).await?;
        let Some(plan_id) = batch.opening().map(|opening| opening.plan) else {
            return Ok(None);
        };
        let (plan, _) = self.plans.load(plan_id).await?;
        Ok(Some(ApprovedIn {
            batch_id,
            batch,
            plan_id,
            plan,
        }))
    }

    /// Takes a step together with what it changes for batch and plan.
    pub(super) async fn execute_with_batch(
        &self,
        id: Uuid,
        ask: &Ask,
        asked: ProjectCommand,
    ) -> Result<Taken, StepError> {
        let (current, _) = self.projects.load(id).await?;
        let approved_in = self.approved_in(&current).await?;
        let mut command = JointCommand::new(self.ledger().clone());
        let project = command.with(&self.projects, id, ask.expected_version);
        let above = approved_in.map(|known| {
            let batch = command.with(&self.batches, known.batch_id, None);
            let plan = command.with(&self.plans, known.plan_id, None);
            (batch, plan)
        });
        let decide = |parts: &mut Parts| {
            let decided = {
                let approved_in = above.map(|(batch, plan)| (parts.get(batch), parts.get(plan)));
                alone::decide(approved_in, (id, parts.get(project)), &asked)?
            };
            for event in decided.project {
                parts.record(project, event);
            }
            if let (Some((batch, plan)), Some((in_batch, in_plan))) = (above, decided.booked) {
                parts.record(batch, in_batch);
                parts.record(plan, in_plan);
            }
            Ok::<_, AloneError>(())
        };
        let receipt = command.execute(ask.envelope(), decide).await?;
        Ok(Taken::of(id, receipt))
    }
}
