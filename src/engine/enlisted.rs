//! Đề án in a joint command, with the contracts that they are part of: whatever a step changes that its contract knows of is recorded there
//! in the same append, and the contract tells its other đề án what it means for them (docs/adr/0012).

use std::collections::{BTreeMap, BTreeSet};

use dean_aggregates::contract::{Contract, together};
use dean_aggregates::plan::{Circumstances, Refusal};
use dean_aggregates::project::{Context, Project, ProjectError};
use dean_aggregates::several::{Known, SeveralError};
use dean_ledger::{AppendError, ExecuteError, JointCommand, LedgerError, Part, Parts};
use uuid::Uuid;

use super::plans::{PlanError, Submission};
use super::{Engine, PublishError, StepError};

/// A command on a contract or an inspection was not accepted; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such thing.
    #[error("there is none: {0}")]
    Missing(&'static str),
    /// There is no such project.
    #[error("there is no project {project}")]
    NoSuchProject {
        /// As asked.
        project: Uuid,
        /// The field that names it.
        field: String,
    },
    /// Contract or inspection refuses.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The lifecycle or the money rules of a đề án refuse.
    #[error("{code}: {error}")]
    Project {
        /// Where it stands in the request.
        at: Option<String>,
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

/// What a decision needs could not be looked up.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    #[error("there is no project {project}")]
    NoSuchProject { project: Uuid, field: String },
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The đề án of a joint command.
pub(super) struct Enlisted {
    projects: BTreeMap<Uuid, (Part<Project>, Context)>,
    contracts: BTreeMap<Uuid, Part<Contract>>,
}

impl Engine {
    /// Names đề án in a joint command, each with the field that names it in the request; their contracts too, and all đề án of these.
    pub(super) async fn enlist(
        &self,
        command: &mut JointCommand,
        named: &[(Uuid, String)],
        submission: &Submission,
    ) -> Result<Enlisted, LookupError> {
        let rulebook = self.rulebook().await?;
        let mut enlisted = Enlisted {
            projects: BTreeMap::new(),
            contracts: BTreeMap::new(),
        };
        let mut contracts = BTreeSet::new();
        for (id, field) in named {
            let context = self.context(&rulebook, *id, field, submission).await?;
            let part = command.with(&self.projects, *id, None);
            enlisted.projects.insert(*id, (part, context));
            let (project, _) = self.projects.load(*id).await?;
            contracts.extend(project.contract().map(|reference| reference.contract));
        }
        for id in contracts {
            let part = command.with(&self.contracts, id, None);
            enlisted.contracts.insert(id, part);
            let (contract, _) = self.contracts.load(id).await?;
            for member in contract.projects().keys() {
                if !enlisted.projects.contains_key(member) {
                    let context = self.context(&rulebook, *member, "project", submission).await?;
                    let part = command.with(&self.projects, *member, None);
                    enlisted.projects.insert(*member, (part, context));
                }
            }
        }
        Ok(enlisted)
    }
}

impl Enlisted {
    /// A đề án as a decision sees it, with what it needs to know of its contract.
    pub(super) fn known<'a>(&self, parts: &'a Parts, id: Uuid) -> Option<Known<'a>> {
        let (part, context) = self.projects.get(&id)?;
        let project = parts.get(*part);
        let mut context = context.clone();
        context.contract = project.contract().and_then(|reference| {
            let part = self.contracts.get(&reference.contract)?;
            together::around((reference.contract, parts.get(*part)), id)
        });
        Some(Known { id, project, context })
    }

    /// The part of a đề án.
    pub(super) fn part(&self, id: Uuid) -> Option<Part<Project>> {
        self.projects.get(&id).map(|(part, _)| *part)
    }

    /// After the steps of some đề án: records in their contracts what changed, and tells the others.
    pub(super) fn follow(
        &self,
        parts: &mut Parts,
        moved: &[Uuid],
        circumstances: &Circumstances,
    ) -> Result<(), SeveralError> {
        for (id, part) in &self.contracts {
            let contract = parts.get(*part);
            let members = contract.projects().keys();
            let known: Vec<Known> = members.filter_map(|member| self.known(parts, *member)).collect();
            let mut moved = moved.to_vec();
            moved.retain(|one| contract.projects().contains_key(one));
            let Some(followed) = together::follow((*id, contract), &known, &moved, circumstances)? else {
                continue;
            };
            parts.record(*part, followed.contract);
            for (project, event) in followed.projects {
                if let Some(part) = self.part(project) {
                    parts.record(part, event);
                }
            }
        }
        Ok(())
    }
}

impl From<LookupError> for ActError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NoSuchProject { project, field } => Self::NoSuchProject { project, field },
            LookupError::Publish(error) => error.into(),
            LookupError::Ledger(error) => error.into(),
        }
    }
}

impl From<LookupError> for PlanError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NoSuchProject { project, field } => Self::NoSuchProject { project, field },
            LookupError::Publish(error) => error.into(),
            LookupError::Ledger(error) => error.into(),
        }
    }
}

impl From<LookupError> for StepError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NoSuchProject { project, .. } => Self::NoSuchProject(project),
            LookupError::Publish(error) => error.into(),
            LookupError::Ledger(error) => error.into(),
        }
    }
}

impl From<Refusal> for ActError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<SeveralError> for ActError {
    fn from(error: SeveralError) -> Self {
        match error {
            SeveralError::Refused(refusal) => refusal.into(),
            SeveralError::Project { at, code, error } => Self::Project { at, code, error },
        }
    }
}

impl From<SeveralError> for StepError {
    fn from(error: SeveralError) -> Self {
        match error {
            SeveralError::Project { error, .. } => Self::Refused(error),
            SeveralError::Refused(refusal) => Self::Batch(Box::new(refusal)),
        }
    }
}

impl<E: std::error::Error + Into<Self>> From<ExecuteError<E>> for ActError {
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
