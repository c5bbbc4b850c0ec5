//! Plans: the estimate and its changes. What a decision needs is looked up here, as for the steps of a project.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::batch::Batch;
use dean_aggregates::batch::together::TogetherError;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange, PlanKey};
use dean_aggregates::plan::{self, Circumstances, Plan, PlanAction, PlanCommand, Refusal};
use dean_aggregates::project::ProjectError;
use dean_aggregates::project::papers::{Decision, Paper};
use dean_ledger::{AppendError, Envelope, ExecuteError, LedgerError, Receipt};
use uuid::Uuid;

use super::{Engine, PublishError};

/// What comes with every command on what holds several đề án together, by whoever and from wherever.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who asks.
    pub actor: Actor,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// Papers filed with it.
    pub papers: Vec<Paper>,
    /// Ghi chú.
    pub note: String,
    /// The receipt's key: the same id again gives the first answer again.
    pub command_id: Uuid,
    /// SHA-256 of the request as it came in: the same id with another request is refused.
    pub request_sha256: [u8; 32],
    /// The version that the asker saw, if they said.
    pub expected_version: Option<u64>,
    /// Where it came from.
    pub channel: &'static str,
}

/// An accepted command on a plan, a batch, a contract or an inspection.
#[derive(Debug)]
pub struct Acted {
    /// What the command was for.
    pub id: Uuid,
    /// Its version after it.
    pub version: u64,
    /// The ledger's answer, with everything else that the command changed.
    pub receipt: Receipt,
}

/// A command on a plan or a batch was not accepted; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is no such plan.
    #[error("there is no plan {0}")]
    NoSuchPlan(Uuid),
    /// There is no such batch.
    #[error("there is no batch {0}")]
    NoSuchBatch(Uuid),
    /// There is no such project.
    #[error("there is no project {project}")]
    NoSuchProject {
        /// As asked.
        project: Uuid,
        /// The field that names it.
        field: String,
    },
    /// Plan or batch refuses.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The lifecycle or the money rules of a đề án refuse.
    #[error("{code}: {error}")]
    Project {
        /// Which item of the decision.
        index: usize,
        /// What it does with the đề án.
        what: &'static str,
        /// Mã đề án.
        code: String,
        /// Its refusal.
        error: Box<ProjectError>,
    },
    /// It moved on since the asker looked.
    #[error("it is at version {actual}, not {expected}")]
    Stale {
        /// Seen by the asker.
        expected: u64,
        /// As it is.
        actual: u64,
    },
    /// The ledger refuses or can't be reached.
    #[error(transparent)]
    Append(AppendError),
    /// A published text is missing.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Submission {
    pub(super) fn envelope(&self) -> Envelope {
        Envelope {
            command_id: self.command_id,
            actor: dean_ledger::Actor {
                id: self.actor.id.clone(),
                role: self.actor.role.to_string(),
                unit: self.actor.unit.clone(),
            },
            occurred_on: self.occurred_on,
            request_sha256: self.request_sha256,
            metadata: BTreeMap::from([("channel".to_owned(), self.channel.to_owned())]),
        }
    }
}

impl Engine {
    /// Opens the plan of a programme, authority and year with its estimate.
    pub async fn open_plan(
        &self,
        key: PlanKey,
        (amount, decision): (Dong, Decision),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let rulebook = self.rulebook().await?;
        let lifecycle = rulebook.lifecycle_for((key.level, key.province.as_deref()), None, submission.occurred_on)?;
        let looked_up = (&*lifecycle, &*rulebook.places(), submission.occurred_on);
        let assignment = EstimateAssignment::of(key, (amount, decision), looked_up)?;
        let id = plan::id_of(assignment.level, &assignment.authority.id, assignment.year);
        self.act_on_plan(id, PlanAction::AssignEstimate(assignment), submission)
            .await
    }

    /// Raises or cuts a plan's estimate.
    pub async fn change_estimate(
        &self,
        id: Uuid,
        change: EstimateChange,
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let (plan, _) = self.plans.load(id).await?;
        if !plan.exists() {
            return Err(PlanError::NoSuchPlan(id));
        }
        self.act_on_plan(id, PlanAction::ChangeEstimate(change), submission)
            .await
    }

    async fn act_on_plan(&self, id: Uuid, action: PlanAction, submission: Submission) -> Result<Acted, PlanError> {
        let command = PlanCommand {
            action,
            circumstances: self.circumstances(&submission),
        };
        let executed = self
            .plans
            .execute(id, submission.expected_version, command, submission.envelope())
            .await?;
        Ok(Acted::on::<Plan>(id, executed.receipt))
    }

    pub(super) fn circumstances(&self, submission: &Submission) -> Circumstances {
        Circumstances {
            actor: submission.actor.clone(),
            occurred_on: submission.occurred_on,
            today: self.ledger().environment().today(),
            papers: submission.papers.clone(),
            note: submission.note.clone(),
        }
    }
}

impl Acted {
    /// Of a receipt what concerns one aggregate.
    pub(super) fn on<A: Aggregate>(id: Uuid, receipt: Receipt) -> Self {
        let stream = receipt.streams.iter().find(|stream| stream.aggregate_type == A::TYPE);
        let (id, version) = stream.map_or((id, 0), |stream| (stream.aggregate_id, stream.version));
        Self { id, version, receipt }
    }

    /// The batch that a command on a plan opened.
    pub fn batch(&self) -> Option<Uuid> {
        let mut streams = self.receipt.streams.iter();
        streams
            .find(|stream| stream.aggregate_type == Batch::TYPE)
            .map(|stream| stream.aggregate_id)
    }
}

impl From<Refusal> for PlanError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<TogetherError> for PlanError {
    fn from(error: TogetherError) -> Self {
        match error {
            TogetherError::Refused(refusal) => refusal.into(),
            TogetherError::Project {
                index,
                what,
                code,
                error,
            } => Self::Project {
                index,
                what,
                code,
                error,
            },
        }
    }
}

impl<E: std::error::Error + Into<Self>> From<ExecuteError<E>> for PlanError {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::StaleVersion { expected, actual } => Self::Stale { expected, actual },
            ExecuteError::Append(AppendError::Conflict { expected, actual, .. }) => Self::Stale { expected, actual },
            ExecuteError::Append(error) => Self::Append(error),
            ExecuteError::Ledger(error) => Self::Ledger(error),
        }
    }
}
