//! What a command does to the claims of the whole ledger, recorded in the same append. Which claims that is follows from the claims
//! themselves (a tax code leads to the same taxpayer's other codes), so they are looked up until none is missing, and once more in the
//! decision itself, on what is there then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cqrs_es::Aggregate;
use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::claim::{Change, Claim, ClaimEvent, Register, SettleError, Settled, keys, together};
use dean_aggregates::plan::{Circumstances, Refusal};
use dean_aggregates::project::{Action, Project, ProjectCommand, ProjectEvent};
use dean_aggregates::screening::{self, ItemsToFile, RulingAsked, Screening, ScreeningCommand};
use dean_aggregates::several::SeveralError;
use dean_aggregates::stored;
use dean_ledger::{AppendError, ExecuteError, JointCommand, Ledger, LedgerError, Part, Parts};
use uuid::Uuid;

use super::alone::ApprovedIn;
use super::look_ups::LookUps;
use super::plans::{Acted, PlanError, Submission};
use super::steps::StepError;
use super::{ActError, AsOf, Ask, Engine, ReadError, Taken, View};

/// How often the claims of a trial are looked up: each time those are known that the last one touched.
const TRIALS_MAX: usize = 16;

/// Why a decision over claims recorded nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsettled<E: std::error::Error + 'static> {
    /// For a reason of its own.
    #[error(transparent)]
    Own(E),
    /// By a claim.
    #[error(transparent)]
    Claim(Box<Refusal>),
    /// Claims have to be looked up first.
    #[error("claims have to be looked up first")]
    Missing(BTreeSet<Uuid>),
}

impl<E: std::error::Error + 'static> From<SettleError> for Unsettled<E> {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Refused(refusal) => Self::Claim(Box::new(refusal)),
            SettleError::Missing(ids) => Self::Missing(ids),
        }
    }
}

/// The claims of a joint command.
pub(super) type ClaimParts = BTreeMap<Uuid, Part<Claim>>;

/// Claims as a joint command sees them.
pub(super) struct InCommand<'a> {
    pub(super) parts: &'a Parts,
    pub(super) claims: &'a ClaimParts,
    pub(super) ledger: &'a Ledger,
}

impl Register for InCommand<'_> {
    fn claim(&self, id: Uuid) -> Option<&Claim> {
        self.claims.get(&id).map(|part| self.parts.get(*part))
    }

    fn keyed(&self, text: &str) -> String {
        self.ledger.search_hash(text)
    }
}

/// Claims that were looked up before anything is decided.
struct LookedUp<'a> {
    claims: BTreeMap<Uuid, Arc<Claim>>,
    ledger: &'a Ledger,
}

impl Register for LookedUp<'_> {
    fn claim(&self, id: Uuid) -> Option<&Claim> {
        self.claims.get(&id).map(Arc::as_ref)
    }

    fn keyed(&self, text: &str) -> String {
        self.ledger.search_hash(text)
    }
}

/// Projects of a joint command whose events are screened, in the order in which they claim, and the claims that were looked up.
pub(super) struct Screened {
    pub(super) claims: ClaimParts,
    projects: Vec<(Uuid, Part<Project>, Part<Screening>)>,
}

/// Gives claims and screening the events that go with a project's.
fn record(parts: &mut Parts, claims: &ClaimParts, screening: Part<Screening>, settled: Settled) {
    record_claims(parts, claims, settled.claims);
    for event in settled.screening {
        parts.record(screening, event);
    }
}

/// Gives claims their events.
pub(super) fn record_claims(parts: &mut Parts, claims: &ClaimParts, events: Vec<(Uuid, ClaimEvent)>) {
    for (id, event) in events {
        if let Some(part) = claims.get(&id) {
            parts.record(*part, event);
        }
    }
}

impl Engine {
    /// A project's screening as of some point; `None` where nothing was screened yet.
    pub async fn screening(&self, project: Uuid, as_of: AsOf) -> Result<Option<View<Screening>>, ReadError> {
        self.view(stored::SCREENING, screening::id_of(project), as_of).await
    }

    /// Files invoices and machines of a project's lines, and screens it.
    pub async fn file_items(
        &self,
        project: Uuid,
        items: ItemsToFile,
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let circumstances = self.circumstances(&submission);
        let (current, _) = self.projects.load(project).await?;
        if !current.exists() {
            return Err(PlanError::NoSuchProject {
                project,
                field: "project".to_owned(),
            });
        }
        let mut look_ups = LookUps::of([]);
        loop {
            let mut command = JointCommand::new(self.ledger.clone());
            let claims = self.claim_parts(&mut command, look_ups.claims());
            let part = command.with(&self.projects, project, None);
            let screened = command.with(&self.screenings, screening::id_of(project), submission.expected_version);
            let decide = |parts: &mut Parts| {
                let register = InCommand {
                    parts,
                    claims: &claims,
                    ledger: &self.ledger,
                };
                let of = (project, parts.get(part));
                let settled = together::file(of, parts.get(screened), &items, &circumstances, &register)?;
                record(parts, &claims, screened, settled);
                Ok::<_, Unsettled<Refusal>>(())
            };
            let outcome = command.execute(submission.envelope(), decide).await;
            if let Some(done) = look_ups.settled(outcome) {
                return Ok(Acted::on::<Screening>(project, done?));
            }
        }
    }

    /// Rules on whether a project and another are for one and the same expense item.
    pub async fn rule_on_double_support(
        &self,
        project: Uuid,
        (flag, same, reason): (u16, bool, String),
        submission: Submission,
    ) -> Result<Acted, PlanError> {
        let (current, _) = self.projects.load(project).await?;
        let (Some(level), Some(units)) = (current.level(), current.units().cloned()) else {
            return Err(PlanError::NoSuchProject {
                project,
                field: "project".to_owned(),
            });
        };
        let command = ScreeningCommand {
            ruling: RulingAsked {
                flag,
                same,
                reason,
                level,
                units,
            },
            circumstances: self.circumstances(&submission),
        };
        let id = screening::id_of(project);
        let executed = self
            .screenings
            .execute(id, submission.expected_version, command, submission.envelope())
            .await?;
        Ok(Acted::on::<Screening>(project, executed.receipt))
    }

    /// Names claims in a joint command.
    pub(super) fn claim_parts(&self, command: &mut JointCommand, named: &BTreeSet<Uuid>) -> ClaimParts {
        let part = |id: &Uuid| (*id, command.with(&self.claims, *id, None));
        named.iter().map(part).collect()
    }

    /// Has projects of a joint command screened: [`Self::settle`] is to be called once their events are recorded.
    pub(super) fn screened(
        &self,
        command: &mut JointCommand,
        projects: impl IntoIterator<Item = Uuid>,
        named: &BTreeSet<Uuid>,
    ) -> Screened {
        let claims = self.claim_parts(command, named);
        let project = |id| {
            let screening = command.with(&self.screenings, screening::id_of(id), None);
            (id, command.with(&self.projects, id, None), screening)
        };
        Screened {
            projects: projects.into_iter().map(project).collect(),
            claims,
        }
    }

    /// The same of a project that shall be made, which nothing is read for first.
    pub(super) fn screened_new(
        &self,
        command: &mut JointCommand,
        project: Uuid,
        named: &BTreeSet<Uuid>,
    ) -> (Screened, Part<Project>) {
        let claim = |id: &Uuid| (*id, command.with_new(&self.claims, *id));
        let claims = named.iter().map(claim).collect();
        let screening = command.with_new(&self.screenings, screening::id_of(project));
        let part = command.with_new(&self.projects, project);
        let projects = vec![(project, part, screening)];
        (Screened { claims, projects }, part)
    }

    /// The same of one of several new projects, which share the claims that were named for all of them.
    pub(super) fn screened_among(
        &self,
        command: &mut JointCommand,
        project: Uuid,
        claims: &ClaimParts,
    ) -> (Screened, Part<Project>, Part<Screening>) {
        let screening = command.with_new(&self.screenings, screening::id_of(project));
        let part = command.with_new(&self.projects, project);
        let screened = Screened {
            claims: claims.clone(),
            projects: vec![(project, part, screening)],
        };
        (screened, part, screening)
    }

    /// Files what a list names for a project that was just imported.
    pub(super) fn file_of_list<E: std::error::Error>(
        &self,
        parts: &mut Parts,
        (project, part, screening): (Uuid, Part<Project>, Part<Screening>),
        claims: &ClaimParts,
        (items, circumstances): (&ItemsToFile, &Circumstances),
    ) -> Result<(), Unsettled<E>> {
        let register = InCommand {
            parts,
            claims,
            ledger: &self.ledger,
        };
        let of = (project, parts.get(part));
        let settled = together::file(of, parts.get(screening), items, circumstances, &register)?;
        record(parts, claims, screening, settled);
        Ok(())
    }

    /// What is wrong with things of a project that is not recorded yet, whoever else may have claimed them.
    pub(super) fn unfit_items(
        &self,
        events: &[ProjectEvent],
        items: &ItemsToFile,
        circumstances: &Circumstances,
    ) -> Option<Refusal> {
        let mut project = Project::default();
        for event in events {
            project.apply(event.clone());
        }
        let nothing = LookedUp {
            claims: BTreeMap::new(),
            ledger: &self.ledger,
        };
        let of = (Uuid::nil(), &project);
        match together::file(of, &Screening::default(), items, circumstances, &nothing) {
            Err(SettleError::Refused(refusal)) => Some(refusal),
            Ok(_) | Err(SettleError::Missing(_)) => None,
        }
    }

    /// What the events that a decision has given projects do to claims. One after the other, so that two of one paper meet as well. A
    /// refusal names the project by what `field_of` says of its index.
    pub(super) fn settle<E: std::error::Error>(
        &self,
        parts: &mut Parts,
        screened: &Screened,
        field_of: impl Fn(usize) -> Option<String>,
    ) -> Result<(), Unsettled<E>> {
        let mut missing = BTreeSet::new();
        for (index, (id, project, screening)) in screened.projects.iter().enumerate() {
            for event in parts.events(*project).to_vec() {
                let register = InCommand {
                    parts,
                    claims: &screened.claims,
                    ledger: &self.ledger,
                };
                let change = Change {
                    id: *id,
                    after: parts.get(*project),
                    event: &event,
                    screening: parts.get(*screening),
                };
                match together::settle(&change, &register) {
                    Ok(settled) => record(parts, &screened.claims, *screening, settled),
                    Err(SettleError::Missing(ids)) => missing.extend(ids),
                    Err(SettleError::Refused(mut refusal)) => {
                        refusal.field = field_of(index).or(refusal.field);
                        return Err(Unsettled::Claim(Box::new(refusal)));
                    }
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Unsettled::Missing(missing))
    }

    /// Decides and records a project's command with all that goes with it: what it claims, what it changes for the batch that approved the
    /// project, and what the contract has to know that it is part of.
    pub(super) async fn execute(&self, project: Uuid, ask: &Ask, command: ProjectCommand) -> Result<Taken, StepError> {
        let (is_new, named) = match Self::code_of(&command) {
            Some(code) if ask.expected_version.is_none() => (true, BTreeSet::from([keys::code(code)])),
            _ => (false, self.claims_of(project, &command).await?),
        };
        let submission = ask.submission();
        let circumstances = self.circumstances(&submission);
        // Without need nobody waits for batch and plan, which all projects of a year share.
        let mut above: Option<ApprovedIn> = None;
        let mut look_ups = LookUps::of(named);
        loop {
            let mut joint = JointCommand::new(self.ledger.clone());
            let in_batch = above.as_ref().map(|known| {
                let batch = joint.with(&self.batches, known.batch_id, None);
                (batch, joint.with(&self.plans, known.plan_id, None))
            });
            // The project comes last: the receipt's position is then that of its event.
            let (screened, part) = if is_new {
                self.screened_new(&mut joint, project, look_ups.claims())
            } else {
                let screened = self.screened(&mut joint, [project], look_ups.claims());
                (screened, joint.with(&self.projects, project, ask.expected_version))
            };
            // Looked up each time: a contract may have signed it meanwhile.
            let enlisted = if self.projects.load(project).await?.0.contract().is_some() {
                let asked = [(project, "project".to_owned())];
                Some(self.enlist(&mut joint, &asked, &submission).await?)
            } else {
                None
            };
            let decide = |parts: &mut Parts| {
                let mut command = command.clone();
                if let Some(enlisted) = &enlisted {
                    command.context.contract = enlisted.known(parts, project).and_then(|known| known.context.contract);
                }
                let decided = {
                    let approved_in = in_batch.map(|(batch, plan)| (parts.get(batch), parts.get(plan)));
                    alone::decide(approved_in, (project, parts.get(part)), &command).map_err(Unsettled::Own)?
                };
                for event in decided.project {
                    parts.record(part, event);
                }
                if let (Some((batch, plan)), Some((of_batch, of_plan))) = (in_batch, decided.booked) {
                    parts.record(batch, of_batch);
                    parts.record(plan, of_plan);
                }
                if let Some(enlisted) = &enlisted {
                    let followed = enlisted.follow(parts, &[project], &circumstances);
                    followed.map_err(|error| Unsettled::Own(as_alone(error)))?;
                }
                self.settle::<AloneError>(parts, &screened, |_| None)
            };
            let outcome = joint.execute(submission.envelope(), decide).await;
            let Some(settled) = look_ups.settled(outcome) else {
                continue;
            };
            match settled {
                Err(ExecuteError::Refused(Unsettled::Own(AloneError::Project(refusal))))
                    if refusal.needs_batch() && above.is_none() =>
                {
                    let (current, _) = self.projects.load(project).await?;
                    above = self.approved_in(&current).await?;
                    if above.is_none() {
                        return Err(StepError::Refused(refusal));
                    }
                    if let Some(known) = &above {
                        let approved_in = Some((&*known.batch, &*known.plan));
                        if let Ok(decided) = alone::decide(approved_in, (project, &current), &command) {
                            look_ups.extend(self.trial(project, &current, &decided.project).await?.0);
                        }
                    }
                }
                done => return Ok(Taken::of(project, done?)),
            }
        }
    }

    /// The code that a command gives a new project.
    fn code_of(command: &ProjectCommand) -> Option<&str> {
        let Action::Draft(draft) = &command.action else {
            return None;
        };
        draft.code.as_deref().or(command.context.draft_code.as_deref())
    }

    /// The claims that a command will touch, as things stand. A command that is refused touches none: the decision itself says so.
    async fn claims_of(&self, project: Uuid, command: &ProjectCommand) -> Result<BTreeSet<Uuid>, LedgerError> {
        let (current, _) = self.projects.load(project).await?;
        match current.decide(command) {
            Ok(events) => Ok(self.trial(project, &current, &events).await?.0),
            Err(_) => Ok(BTreeSet::new()),
        }
    }

    /// What claims say to events that are not recorded yet, and which claims those are.
    pub(super) async fn trial(
        &self,
        project: Uuid,
        current: &Project,
        events: &[ProjectEvent],
    ) -> Result<(BTreeSet<Uuid>, Result<(), Refusal>), LedgerError> {
        let mut register = LookedUp {
            claims: BTreeMap::new(),
            ledger: &self.ledger,
        };
        let (screening, _) = self.screenings.load(screening::id_of(project)).await?;
        let mut verdict = Ok(());
        for _ in 0..TRIALS_MAX {
            let mut after = current.clone();
            let mut missing = BTreeSet::new();
            verdict = Ok(());
            for event in events {
                after.apply(event.clone());
                let change = Change {
                    id: project,
                    after: &after,
                    event,
                    screening: &screening,
                };
                match together::settle(&change, &register) {
                    Ok(_) => {}
                    Err(SettleError::Missing(ids)) => missing.extend(ids),
                    Err(SettleError::Refused(refusal)) => verdict = Err(refusal),
                }
            }
            if missing.is_empty() {
                break;
            }
            for id in missing {
                register.claims.insert(id, self.claims.load(id).await?.0);
            }
        }
        Ok((register.claims.into_keys().collect(), verdict))
    }
}

/// What a contract says to a step that a project takes by itself.
fn as_alone(error: SeveralError) -> AloneError {
    match error {
        SeveralError::Refused(refusal) => AloneError::Refused(Box::new(refusal)),
        SeveralError::Project { error, .. } => AloneError::Project(error),
    }
}

pub(super) fn busy() -> AppendError {
    AppendError::Busy { retry_after_s: 1 }
}

impl<E: std::error::Error + Into<StepError> + 'static> From<Unsettled<E>> for StepError {
    fn from(error: Unsettled<E>) -> Self {
        match error {
            Unsettled::Own(error) => error.into(),
            Unsettled::Claim(refusal) => Self::Claim(refusal),
            Unsettled::Missing(_) => Self::Append(busy()),
        }
    }
}

impl<E: std::error::Error + Into<ActError> + 'static> From<Unsettled<E>> for ActError {
    fn from(error: Unsettled<E>) -> Self {
        match error {
            Unsettled::Own(error) => error.into(),
            Unsettled::Claim(refusal) => Self::Refused(refusal),
            Unsettled::Missing(_) => Self::Append(busy()),
        }
    }
}

impl<E: std::error::Error + Into<PlanError> + 'static> From<Unsettled<E>> for PlanError {
    fn from(error: Unsettled<E>) -> Self {
        match error {
            Unsettled::Own(error) => error.into(),
            Unsettled::Claim(refusal) => Self::Refused(refusal),
            Unsettled::Missing(_) => Self::Append(busy()),
        }
    }
}
