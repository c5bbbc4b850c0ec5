//! The batch that approved a project: a step that changes what batch and plan hold as approved is recorded with them.

use std::sync::Arc;

use dean_aggregates::batch::Batch;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::Project;
use dean_ledger::LedgerError;
use uuid::Uuid;

use super::Engine;

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
}
