//! Many đề án at once, from a list: drafts, or with what has happened to them. All of them in one append, or none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::claim::keys;
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::action::DraftAction;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::project::imported::{History, ImportCommand, ListRow};
use dean_aggregates::project::{Action, Project, ProjectCommand, ProjectError};
use dean_aggregates::screening::ItemsToFile;
use dean_ledger::{ExecuteError, JointCommand, Parts, Receipt};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::claims::Unsettled;
use super::look_ups::{LookUps, MayBeOvertaken};
use super::{Ask, Engine, StepError};

/// A list of đề án, and who brings it in.
#[derive(Debug, Clone)]
pub struct ProjectList {
    /// SHA-256 of the file: the same file again gets the first answer again.
    pub file_sha256: [u8; 32],
    /// SHA-256 of everything else that the rows follow from: mapping, defaults.
    pub settings_sha256: [u8; 32],
    /// The row of the file, and what it holds.
    pub rows: Vec<(usize, RowAct)>,
    /// Who: of drafts an implementer, whose unit carries the projects out; of histories somebody who stands for them.
    pub actor: Actor,
    /// Business date: of histories the day as of which the list holds.
    pub occurred_on: NaiveDate,
}

/// What a row becomes.
#[derive(Debug, Clone)]
pub enum RowAct {
    /// A draft.
    Draft(Box<DraftAction>),
    /// A đề án with its history.
    Import(Box<PastRow>),
}

/// A row with its history.
#[derive(Debug, Clone)]
pub struct PastRow {
    /// The đề án as it was approved.
    pub draft: DraftAction,
    /// Unit that carries it out; none: the province's.
    pub implementer: Option<String>,
    /// What has happened.
    pub history: History,
    /// Invoices and machines of its line.
    pub items: ItemsToFile,
    /// Where that stands.
    pub list: ListRow,
}

/// Why a row can't be recorded.
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

/// A row was refused, or nothing was to be recorded.
#[derive(Debug, thiserror::Error)]
enum NotRecorded {
    #[error("row {row}: {refusal}")]
    Row { row: usize, refusal: Box<RowRefusal> },
    #[error("it was only tried")]
    OnlyTried,
}

/// Nothing that is new is part of a contract.
impl MayBeOvertaken for NotRecorded {
    fn is_overtaken(&self) -> bool {
        false
    }
}

/// A list was not recorded; none of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows that can't be recorded.
    #[error("{} row(s) can't be recorded", .0.len())]
    Rows(Vec<(usize, RowRefusal)>),
    /// Anything else.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// A row with everything looked up.
enum RowCommand {
    Draft(Box<ProjectCommand>),
    Import(Box<ImportCommand>, ItemsToFile),
}

impl RowAct {
    fn draft(&self) -> &DraftAction {
        match self {
            Self::Draft(draft) => draft,
            Self::Import(past) => &past.draft,
        }
    }
}

impl RowCommand {
    fn decide(&self, project: &Project) -> Result<Vec<ProjectEvent>, ProjectError> {
        match self {
            Self::Draft(command) => project.decide(command),
            Self::Import(command, _) => Ok(vec![project.import(command)?]),
        }
    }

    fn code(&self) -> &str {
        let (given, made) = match self {
            Self::Draft(command) => match &command.action {
                Action::Draft(draft) => (draft.code.as_deref(), command.context.draft_code.as_deref()),
                _ => (None, command.context.draft_code.as_deref()),
            },
            Self::Import(command, _) => (command.draft.code.as_deref(), command.context.draft_code.as_deref()),
        };
        given.or(made).unwrap_or_default()
    }
}

impl ProjectList {
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
    /// What would refuse the rows of a list, as things stand: each by itself, and if none, all of them together.
    pub async fn check_list(&self, list: &ProjectList) -> Result<Vec<(usize, RowRefusal)>, StepError> {
        let mut refused = Vec::new();
        let mut codes: BTreeMap<Uuid, usize> = BTreeMap::new();
        for (row, act) in &list.rows {
            let ask = list.ask(*row, act.draft());
            let command = self.row_command(act, &ask).await?;
            let events = match command.decide(&Project::default()) {
                Ok(events) => events,
                Err(refusal) => {
                    refused.push((*row, refusal.into()));
                    continue;
                }
            };
            let code = act.draft().code.as_deref().unwrap_or_default();
            if let Some(first) = Some(code)
                .filter(|code| !code.is_empty())
                .and_then(|code| codes.insert(keys::code(code), *row))
            {
                refused.push((*row, RowRefusal::SameCode(first)));
            }
            let (_, verdict) = self.trial(ask.command_id, &Project::default(), &events).await?;
            let unfit = match &command {
                RowCommand::Import(_, items) if !items.is_empty() => {
                    self.unfit_items(&events, items, &self.circumstances(&ask.submission()))
                }
                RowCommand::Import(..) | RowCommand::Draft(_) => None,
            };
            refused.extend(verdict.err().or(unfit).map(|refusal| (*row, refusal.into())));
        }
        if refused.is_empty() && !list.rows.is_empty() {
            match self.record_list(list, true).await {
                Ok(_) => {}
                Err(ImportError::Rows(rows)) => refused = rows,
                Err(ImportError::Step(error)) => return Err(error),
            }
        }
        Ok(refused)
    }

    /// The answer to a list that was recorded before, in this ledger and by this actor.
    pub async fn imported(&self, list: &ProjectList) -> Result<Option<Receipt>, StepError> {
        let stored = self.ledger.receipt(&list.actor.id, list.command_id()).await?;
        Ok(stored.map(|stored| stored.receipt))
    }

    /// Records the rows of a list, all or none. The same file again changes nothing and gets the first answer again.
    pub async fn import_list(&self, list: &ProjectList) -> Result<Receipt, ImportError> {
        let receipt = self.record_list(list, false).await?;
        receipt.ok_or_else(|| StepError::Append(super::claims::busy()).into())
    }

    async fn row_command(&self, act: &RowAct, ask: &Ask) -> Result<RowCommand, StepError> {
        Ok(match act {
            RowAct::Draft(draft) => {
                RowCommand::Draft(Box::new(self.drafting(draft.level, &draft.province, ask).await?))
            }
            RowAct::Import(past) => RowCommand::Import(Box::new(self.importing(past, ask).await?), past.items.clone()),
        })
    }

    /// `None` where it was only tried, and could have been recorded.
    async fn record_list(&self, list: &ProjectList, only_try: bool) -> Result<Option<Receipt>, ImportError> {
        let Some((_, first)) = list.rows.first() else {
            return Err(ImportError::Rows(Vec::new()));
        };
        let mut commands = Vec::with_capacity(list.rows.len());
        for (row, act) in &list.rows {
            let ask = list.ask(*row, act.draft());
            let command = self.row_command(act, &ask).await?;
            commands.push((*row, ask, command));
        }
        let envelope = || dean_ledger::Envelope {
            command_id: list.command_id(),
            ..list.ask(0, first.draft()).envelope()
        };
        let mut look_ups = LookUps::of(commands.iter().map(|(_, _, command)| keys::code(command.code())));
        loop {
            let mut joint = JointCommand::new(self.ledger.clone());
            let claims = self.claim_parts(&mut joint, look_ups.claims());
            let mut rows = Vec::with_capacity(commands.len());
            for (row, ask, command) in &commands {
                let (screened, project, screening) = self.screened_among(&mut joint, ask.command_id, &claims);
                let circumstances = self.circumstances(&ask.submission());
                rows.push((
                    *row,
                    (ask.command_id, command),
                    screened,
                    (project, screening),
                    circumstances,
                ));
            }
            let decide = |parts: &mut Parts| {
                // What is missing is gathered from all rows, or a long list would be looked up row by row.
                let mut missing = BTreeSet::new();
                for (row, (id, command), screened, (project, screening), circumstances) in &rows {
                    let refused = |refusal: RowRefusal| {
                        let refusal = Box::new(refusal);
                        Unsettled::Own(NotRecorded::Row { row: *row, refusal })
                    };
                    let events = command.decide(parts.get(*project));
                    for event in events.map_err(|refusal| refused(refusal.into()))? {
                        parts.record(*project, event);
                    }
                    let mut settled = self.settle(parts, screened, |_| None);
                    if let (Ok(()), RowCommand::Import(_, items)) = (&settled, command)
                        && !items.is_empty()
                    {
                        let of = (*id, *project, *screening);
                        settled = self.file_of_list(parts, of, &claims, (items, circumstances));
                    }
                    match settled {
                        Ok(()) => {}
                        Err(Unsettled::Missing(ids)) => missing.extend(ids),
                        Err(Unsettled::Claim(refusal)) => return Err(refused((*refusal).into())),
                        Err(other) => return Err(other),
                    }
                }
                if !missing.is_empty() {
                    return Err(Unsettled::Missing(missing));
                }
                if only_try {
                    return Err(Unsettled::Own(NotRecorded::OnlyTried));
                }
                Ok::<_, Unsettled<NotRecorded>>(())
            };
            let outcome = joint.execute(envelope(), decide).await;
            let Some(settled) = look_ups.settled(outcome) else {
                continue;
            };
            return match settled {
                Ok(receipt) => Ok(Some(receipt)),
                Err(ExecuteError::Refused(Unsettled::Own(NotRecorded::OnlyTried))) => Ok(None),
                Err(ExecuteError::Refused(Unsettled::Own(NotRecorded::Row { row, refusal }))) => {
                    Err(ImportError::Rows(vec![(row, *refusal)]))
                }
                Err(ExecuteError::Refused(Unsettled::Claim(_) | Unsettled::Missing(_))) => {
                    Err(StepError::Append(super::claims::busy()).into())
                }
                Err(ExecuteError::StaleVersion { expected, actual }) => {
                    Err(StepError::Stale { expected, actual }.into())
                }
                Err(ExecuteError::Append(error)) => Err(StepError::Append(error).into()),
                Err(ExecuteError::Ledger(error)) => Err(StepError::Ledger(error).into()),
            };
        }
    }
}

/// How many projects an answer names.
pub fn projects_in(receipt: &Receipt) -> usize {
    let is_project = |stream: &&dean_ledger::StreamReceipt| stream.aggregate_type == Project::TYPE;
    receipt.streams.iter().filter(is_project).count()
}
