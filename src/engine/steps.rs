//! Taking a step: everything the decision needs is looked up here, and travels to the aggregate inside the command.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::contract::together;
use dean_aggregates::lifecycle::{ActionKind, Lifecycle};
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::action::Action;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::project::imported::{ImportCommand, RulesOfDay};
use dean_aggregates::project::papers::Paper;
use dean_aggregates::project::{Context, Project, ProjectCommand, ProjectError};
use dean_aggregates::published::Pinned;
use dean_aggregates::rules::RuleSet;
use dean_ledger::{AppendError, Envelope, ExecuteError, LedgerError, Receipt};
use uuid::Uuid;

use super::imports::PastRow;
use super::plans::Submission;
use super::{Engine, PublishError, Rulebook};

/// A request to take a step, by whoever and from wherever.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Lifecycle step.
    pub step: String,
    /// What to do.
    pub action: Action,
    /// Papers filed with it.
    pub papers: Vec<Paper>,
    /// Ghi chú.
    pub note: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// Who asks.
    pub actor: Actor,
    /// The receipt's key: the same id again gives the first answer again.
    pub command_id: Uuid,
    /// SHA-256 of the request as it came in: the same id with another request is refused.
    pub request_sha256: [u8; 32],
    /// The version that the asker saw, if they said.
    pub expected_version: Option<u64>,
    /// Where it came from (`channel`: `web`, `api`, `demo`).
    pub channel: &'static str,
}

/// A step was taken, now or (a retry) before.
#[derive(Debug)]
pub struct Taken {
    /// The project.
    pub project: Uuid,
    /// The project's version after it.
    pub version: u64,
    /// The ledger's answer.
    pub receipt: Receipt,
}

/// A step was not taken; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// There is no such project.
    #[error("there is no project {0}")]
    NoSuchProject(Uuid),
    /// The project's lifecycle has no such step.
    #[error("the lifecycle {lifecycle} has no step {step}; possible now: {possible}")]
    UnknownStep {
        /// As asked.
        step: String,
        /// Code of the lifecycle.
        lifecycle: String,
        /// Steps that the present state allows.
        possible: String,
    },
    /// The domain refuses.
    #[error(transparent)]
    Refused(Box<ProjectError>),
    /// The batch that approved the project, or its plan, refuses: what the step takes of them is not left.
    #[error(transparent)]
    Batch(Box<Refusal>),
    /// A claim on something that must be unique across projects stands against it.
    #[error(transparent)]
    Claim(Box<Refusal>),
    /// The project moved on since the asker looked.
    #[error("the project is at version {actual}, not {expected}")]
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

impl Engine {
    /// Drafts a project. It takes the id of the command that drafts it, so a retry can't make a second one.
    pub async fn draft(&self, level: Level, province: &str, ask: Ask) -> Result<Taken, StepError> {
        let command = self.drafting(level, province, &ask).await?;
        self.execute(ask.command_id, &ask, command).await
    }

    /// Takes a step of an existing project. What it changes for the batch that approved the project, batch and plan record with it.
    pub async fn take_step(&self, project: Uuid, ask: Ask) -> Result<Taken, StepError> {
        let (_, _, command) = self.stepping(project, &ask).await?;
        self.execute(project, &ask, command).await
    }

    /// What taking a step would record, without recording it: for the page that asks for confirmation. `project` is `None` for a draft.
    pub async fn preview(&self, project: Option<Uuid>, ask: &Ask) -> Result<Vec<ProjectEvent>, StepError> {
        let (current, command) = match (project, &ask.action) {
            (Some(project), _) => {
                let (current, version, command) = self.stepping(project, ask).await?;
                if let Some(expected) = ask.expected_version.filter(|expected| *expected != version) {
                    return Err(StepError::Stale {
                        expected,
                        actual: version,
                    });
                }
                (current, command)
            }
            (None, Action::Draft(draft)) => (Arc::default(), self.drafting(draft.level, &draft.province, ask).await?),
            (None, _) => return Err(StepError::NoSuchProject(ask.command_id)),
        };
        let approved_in = self.approved_in(&current).await?;
        let approved_in = approved_in.as_ref().map(|known| (&*known.batch, &*known.plan));
        let decided = alone::decide(approved_in, (project.unwrap_or_default(), &current), &command)?;
        let (_, verdict) = self
            .trial(project.unwrap_or(ask.command_id), &current, &decided.project)
            .await?;
        verdict.map_err(|refusal| StepError::Claim(Box::new(refusal)))?;
        Ok(decided.project)
    }

    pub(super) async fn drafting(&self, level: Level, province: &str, ask: &Ask) -> Result<ProjectCommand, StepError> {
        let rulebook = self.rulebook().await?;
        let named = match &ask.action {
            Action::Draft(draft) => draft.lifecycle.as_deref(),
            _ => None,
        };
        // A name that nothing in force has is refused by the decision, with its field.
        let lifecycle = rulebook
            .lifecycle_for((level, Some(province)), named, ask.occurred_on)
            .or_else(|_| rulebook.lifecycle_for((level, Some(province)), None, ask.occurred_on))?;
        let rules = rulebook.rules_for(level, province, ask.occurred_on)?;
        let mut command = self.command(&rulebook, ask, lifecycle, rules);
        command.context.draft_code = Some(code_for(level, ask));
        Ok(command)
    }

    /// A row with its history: the lifecycle of the list's day, under which it goes on, and the rules of every day on which something was
    /// decided or paid. A day without rules is refused by the decision, with its field.
    pub(super) async fn importing(&self, past: &PastRow, ask: &Ask) -> Result<ImportCommand, StepError> {
        let rulebook = self.rulebook().await?;
        let (draft, day) = (&past.draft, ask.occurred_on);
        let places = rulebook.places();
        let responsible = places.became(&draft.province, day);
        let province = responsible.map_or(draft.province.as_str(), |province| province.code.as_str());
        let programme = (draft.level, Some(province));
        let lifecycle = rulebook
            .lifecycle_for(programme, draft.lifecycle.as_deref(), day)
            .or_else(|_| rulebook.lifecycle_for(programme, None, day))?;
        let mut history = past.history.clone();
        history.name_issuers(&lifecycle.value, &places, &draft.province);
        let now = rulebook.rules_for(draft.level, province, day)?;
        let mut rules: BTreeMap<NaiveDate, RulesOfDay> = BTreeMap::from([(day, now.clone())]);
        for day in history.days() {
            if let Ok(of_day) = rulebook.rules_for(draft.level, &draft.province, day) {
                rules.entry(day).or_insert(of_day);
            }
        }
        let mut context = self.command(&rulebook, ask, lifecycle, now).context;
        context.draft_code = Some(code_for(draft.level, ask));
        Ok(ImportCommand {
            draft: draft.clone(),
            implementer: past.implementer.clone(),
            history,
            list: past.list.clone(),
            context,
            rules,
        })
    }

    async fn stepping(&self, project: Uuid, ask: &Ask) -> Result<(Arc<Project>, u64, ProjectCommand), StepError> {
        let (current, version) = self.projects.load(project).await?;
        let (Some(level), Some(province)) = (current.level(), current.province()) else {
            return Err(StepError::NoSuchProject(project));
        };
        let rulebook = self.rulebook().await?;
        let pin = current.lifecycle_pin();
        let lifecycle = rulebook.lifecycle(pin)?;
        let decided = ask.action.decided_on().unwrap_or(ask.occurred_on);
        let rules = rulebook.rules_decided(level, province, (decided, ask.occurred_on))?;
        let mut command = self.command(&rulebook, ask, lifecycle, rules);
        if let Action::MoveLifecycle(to) = &ask.action {
            let target = rulebook.lifecycle_version(&pin.code, &to.version);
            let older = target.as_ref().map(|target| rulebook.is_older(&target.pin, pin));
            command.context.target_is_older = older.unwrap_or(false);
            command.context.target_lifecycle = target;
        }
        if let Some(reference) = current.contract() {
            let (contract, _) = self.contracts.load(reference.contract).await?;
            command.context.contract = together::around((reference.contract, &contract), project);
        }
        Ok((current, version, command))
    }

    fn command(
        &self,
        rulebook: &Rulebook,
        ask: &Ask,
        lifecycle: Arc<Pinned<Lifecycle>>,
        (rules, fallback_norms): (Arc<Pinned<RuleSet>>, bool),
    ) -> ProjectCommand {
        ProjectCommand {
            step: ask.step.clone(),
            action: ask.action.clone(),
            papers: ask.papers.clone(),
            note: ask.note.clone(),
            context: Context {
                actor: ask.actor.clone(),
                occurred_on: ask.occurred_on,
                today: self.ledger.environment().today(),
                lifecycle,
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
            },
        }
    }

    /// The rules that would judge a decision of today on a project: for showing what a step needs, never for deciding it.
    pub async fn rules_now(&self, project: &Project) -> Result<Arc<Pinned<RuleSet>>, PublishError> {
        let today = self.ledger.environment().today();
        let level = project.level().unwrap_or(Level::National);
        Ok(self
            .rulebook()
            .await?
            .rules_for(level, project.province().unwrap_or_default(), today)?
            .0)
    }

    /// What kind of action a step of a project is, in whatever state: the decision itself says whether the state allows it.
    pub async fn step_kind(&self, project: Uuid, step: &str) -> Result<ActionKind, StepError> {
        let (current, version) = self.projects.load(project).await?;
        if version == 0 {
            return Err(StepError::NoSuchProject(project));
        }
        let lifecycle = self.rulebook().await?.lifecycle(current.lifecycle_pin())?;
        lifecycle
            .value
            .step(step)
            .map(|step| step.action)
            .ok_or_else(|| StepError::UnknownStep {
                step: step.to_owned(),
                possible: current
                    .steps_for(&lifecycle.value)
                    .iter()
                    .map(|step| step.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                lifecycle: lifecycle.pin.code.clone(),
            })
    }
}

impl Ask {
    pub(super) fn envelope(&self) -> Envelope {
        self.submission().envelope()
    }

    /// What comes with it, as with commands on what holds several đề án together.
    pub(super) fn submission(&self) -> Submission {
        Submission {
            actor: self.actor.clone(),
            occurred_on: self.occurred_on,
            papers: self.papers.clone(),
            note: self.note.clone(),
            command_id: self.command_id,
            request_sha256: self.request_sha256,
            expected_version: self.expected_version,
            channel: self.channel,
        }
    }
}

impl Taken {
    /// Of a receipt what concerns the project.
    pub(super) fn of(project: Uuid, receipt: Receipt) -> Self {
        let stream = receipt
            .streams
            .iter()
            .filter(|stream| stream.aggregate_type == Project::TYPE)
            // A step may change other projects of its contract too.
            .max_by_key(|stream| stream.aggregate_id == project);
        let (project, version) = stream.map_or((project, 0), |stream| (stream.aggregate_id, stream.version));
        Self {
            project,
            version,
            receipt,
        }
    }
}

impl From<ProjectError> for StepError {
    fn from(refusal: ProjectError) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<AloneError> for StepError {
    fn from(error: AloneError) -> Self {
        match error {
            AloneError::Project(refusal) => Self::Refused(refusal),
            AloneError::Refused(refusal) => Self::Batch(refusal),
        }
    }
}

impl<E: std::error::Error + Into<Self>> From<ExecuteError<E>> for StepError {
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

/// A code that nobody had to think of: programme, plan year, and the random end of the id, e.g. `KCQG-2026-5B073F9A21C4`: 48 bits, so that
/// two of a year never have the same (of 10,000 with 32 bits, two would in one year of a hundred).
fn code_for(level: Level, ask: &Ask) -> String {
    let programme = match level {
        Level::National => "KCQG",
        Level::Local => "KCDP",
    };
    let year = match &ask.action {
        Action::Draft(draft) => draft.plan_year,
        _ => 0,
    };
    let id = ask.command_id.simple().to_string().to_uppercase();
    format!("{programme}-{year}-{}", &id[20..])
}
