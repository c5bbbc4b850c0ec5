//! Many drafts at once, from a list: all of them in one append, or none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::claim::keys;
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::action::DraftAction;
use dean_aggregates::project::{Action, Project, ProjectCommand, ProjectError};
use dean_ledger::{ExecuteError, JointCommand, Parts, Receipt};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::claims::Unsettled;
use super::{Ask, Engine, StepError};

/// A list of drafts, and who brings it in.
#[derive(Debug, Clone)]
pub struct DraftList {
    /// SHA-256 of the file: the same file again gets the first answer again.
    pub file_sha256: [u8; 32],
    /// SHA-256 of everything else that the drafts follow from: mapping, defaults.
    pub settings_sha256: [u8; 32],
    /// The row of the file, and the draft that it holds.
    pub drafts: Vec<(usize, DraftAction)>,
    /// Who: an implementer, whose unit carries the projects out.
    pub actor: Actor,
    /// Business date.
    pub occurred_on: NaiveDate,
}

/// Why a row can't be drafted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowRefusal {
    /// By the lifecycle or the rules.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// By a claim: its code is in use.
    #[error(transparent)]
    Claim(#[from] Refusal),
    /// Another row of the list has the same code.
    #[error("row {0} has the same code")]
    SameCode(usize),
}

/// A row was refused.
#[derive(Debug, thiserror::Error)]
#[error("row {row}: {refusal}")]
struct RefusedRow {
    row: usize,
    refusal: Box<RowRefusal>,
}

/// A list was not recorded; none of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows that can't be drafted.
    #[error("{} row(s) can't be drafted", .0.len())]
    Rows(Vec<(usize, RowRefusal)>),
    /// Anything else.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl DraftList {
    fn command_id(&self) -> Uuid {
        self.id("list")
    }

    fn id(&self, of: &str) -> Uuid {
        let digest = Sha256::new()
            .chain_update(b"dean/import/")
            .chain_update(self.file_sha256)
            .chain_update(b"/")
            .chain_update(of)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn ask(&self, row: usize, draft: &DraftAction) -> Ask {
        Ask {
            step: "draft".to_owned(),
            action: Action::Draft(draft.clone()),
            papers: Vec::new(),
            note: String::new(),
            occurred_on: self.occurred_on,
            actor: self.actor.clone(),
            command_id: self.id(&format!("row {row}")),
            request_sha256: self.settings_sha256,
            expected_version: None,
            channel: "import",
        }
    }
}

impl Engine {
    /// What would refuse the rows of a list, as things stand.
    pub async fn check_drafts(&self, list: &DraftList) -> Result<Vec<(usize, RowRefusal)>, StepError> {
        let mut refused = Vec::new();
        let mut codes: BTreeMap<Uuid, usize> = BTreeMap::new();
        for (row, draft) in &list.drafts {
            let ask = list.ask(*row, draft);
            let command = self.drafting(draft.level, &draft.province, &ask).await?;
            let events = match Project::default().decide(&command) {
                Ok(events) => events,
                Err(refusal) => {
                    refused.push((*row, refusal.into()));
                    continue;
                }
            };
            let code = draft.code.as_deref().unwrap_or_default();
            if let Some(first) = Some(code)
                .filter(|code| !code.is_empty())
                .and_then(|code| codes.insert(keys::code(code), *row))
            {
                refused.push((*row, RowRefusal::SameCode(first)));
            }
            let (_, verdict) = self.trial(ask.command_id, &Project::default(), &events).await?;
            if let Err(refusal) = verdict {
                refused.push((*row, refusal.into()));
            }
        }
        Ok(refused)
    }

    /// The answer to a list that was recorded before, in this ledger and by this actor.
    pub async fn imported(&self, list: &DraftList) -> Result<Option<Receipt>, StepError> {
        let stored = self.ledger.receipt(&list.actor.id, list.command_id()).await?;
        Ok(stored.map(|stored| stored.receipt))
    }

    /// Records the drafts of a list, all or none. The same file again changes nothing and gets the first answer again.
    pub async fn import_drafts(&self, list: &DraftList) -> Result<Receipt, ImportError> {
        let mut rows = Vec::with_capacity(list.drafts.len());
        let mut joint = JointCommand::new(self.ledger.clone());
        for (row, draft) in &list.drafts {
            let ask = list.ask(*row, draft);
            let command: ProjectCommand = self.drafting(draft.level, &draft.province, &ask).await?;
            let code = draft.code.as_deref().or(command.context.draft_code.as_deref());
            let code = keys::code(code.unwrap_or_default());
            let (screened, project) = self.screened_new(&mut joint, ask.command_id, &BTreeSet::from([code]));
            rows.push((*row, command, screened, project));
        }
        let envelope = dean_ledger::Envelope {
            command_id: list.command_id(),
            ..list
                .ask(
                    0,
                    &list
                        .drafts
                        .first()
                        .map(|(_, draft)| draft.clone())
                        .ok_or_else(|| ImportError::Rows(Vec::new()))?,
                )
                .envelope()
        };
        let decide = |parts: &mut Parts| {
            for (row, command, screened, project) in &rows {
                let refused = |refusal: RowRefusal| {
                    let refusal = Box::new(refusal);
                    Unsettled::Own(RefusedRow { row: *row, refusal })
                };
                let events = parts.get(*project).decide(command);
                for event in events.map_err(|refusal| refused(refusal.into()))? {
                    parts.record(*project, event);
                }
                self.settle(parts, screened, |_| None).map_err(|error| match error {
                    Unsettled::Claim(refusal) => refused((*refusal).into()),
                    other => other,
                })?;
            }
            Ok::<_, Unsettled<RefusedRow>>(())
        };
        joint.execute(envelope, decide).await.map_err(|error| match error {
            ExecuteError::Refused(Unsettled::Own(refused)) => ImportError::Rows(vec![(refused.row, *refused.refusal)]),
            ExecuteError::Refused(_) => StepError::Append(super::claims::busy()).into(),
            ExecuteError::StaleVersion { expected, actual } => StepError::Stale { expected, actual }.into(),
            ExecuteError::Append(error) => StepError::Append(error).into(),
            ExecuteError::Ledger(error) => StepError::Ledger(error).into(),
        })
    }
}

/// How many projects an answer names.
pub fn projects_in(receipt: &Receipt) -> usize {
    let is_project = |stream: &&dean_ledger::StreamReceipt| stream.aggregate_type == Project::TYPE;
    receipt.streams.iter().filter(is_project).count()
}
