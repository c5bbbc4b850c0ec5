//! What spans a plan, its batch and their đề án is decided here, as a whole: the events of all of them, or one refusal. Whoever records
//! them does it in one append (docs/adr/0010).

use uuid::Uuid;

use super::candidate::{Candidate, RankingFacts, TradeGround};
use super::command::{BatchAction, BatchCommand, BatchOpening, Item, ItemOutcome, ItemWhat, Outcome};
use super::event::BatchEvent;
use super::state::Batch;
use crate::actor::Party;
use crate::lifecycle::{ActionKind, Lifecycle, Step};
use crate::money::Dong;
use crate::plan::command::{BatchReservation, CeilingChange, DecisionBooking};
use crate::plan::refusal::{Refusal, refuse};
use crate::plan::{Circumstances, Plan, PlanAction, PlanCommand, PlanEvent};
use crate::project::content::Level;
use crate::project::event::BatchReference;
use crate::project::papers::Decision;
use crate::project::{Context, Project, ProjectCommand, ProjectError, ProjectEvent};
use crate::several::SeveralError;

/// Why a decision over many was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TogetherError {
    /// By plan or batch.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// By one đề án's own lifecycle or money rules.
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
}

impl From<SeveralError> for TogetherError {
    /// A contract that follows what a decision did to its đề án; it judges nothing anew.
    fn from(error: SeveralError) -> Self {
        Self::Refused(match error {
            SeveralError::Refused(refusal) => refusal,
            SeveralError::Project { error, .. } => (*error).into(),
        })
    }
}

/// The events of one act, of whatever it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// The batch's.
    pub batch: BatchEvent,
    /// The plan's.
    pub plan: PlanEvent,
    /// One of each đề án, in the order of the decision.
    pub projects: Vec<ProjectEvent>,
}

/// A decision paper on many đề án.
#[derive(Debug, Clone)]
pub struct DecideBatch {
    /// The batch's id.
    pub id: Uuid,
    /// Quyết định.
    pub decision: Decision,
    /// What it does to each, with what was looked up for it.
    pub items: Vec<(Item, Context)>,
    /// By whom, when, on which papers: those of the decision are filed with each đề án.
    pub circumstances: Circumstances,
}

/// Opens a batch: its ceiling is taken from the plan's estimate.
///
/// # Errors
/// Refusals of plan and batch.
pub fn open_batch(
    (plan_id, plan): (Uuid, &Plan),
    batch: &Batch,
    (number, ceiling): (u16, Dong),
    circumstances: &Circumstances,
) -> Result<Together, TogetherError> {
    let opening = BatchOpening::within(plan, plan_id, number, ceiling).ok_or_else(|| refuse("no-such-plan"))?;
    let reservation = PlanAction::ReserveBatch(BatchReservation {
        batch: super::id_of(plan_id, number),
        number,
        ceiling,
    });
    both(
        plan,
        batch,
        reservation,
        BatchAction::Open(Box::new(opening)),
        circumstances,
    )
}

/// Changes a batch's ceiling, in the plan too.
///
/// # Errors
/// Refusals of plan and batch.
pub fn change_ceiling(
    plan: &Plan,
    batch: &Batch,
    (ceiling, reason): (Dong, &str),
    circumstances: &Circumstances,
) -> Result<Together, TogetherError> {
    let opening = batch.opening().ok_or_else(|| refuse("no-such-batch"))?;
    let change = PlanAction::ChangeCeiling(CeilingChange {
        number: opening.number,
        ceiling,
        reason: reason.to_owned(),
    });
    let reason = reason.to_owned();
    both(
        plan,
        batch,
        change,
        BatchAction::ChangeCeiling { ceiling, reason },
        circumstances,
    )
}

fn both(
    plan: &Plan,
    batch: &Batch,
    in_plan: PlanAction,
    in_batch: BatchAction,
    circumstances: &Circumstances,
) -> Result<Together, TogetherError> {
    let plan = plan.decide(&PlanCommand {
        action: in_plan,
        circumstances: circumstances.clone(),
    })?;
    let batch = batch.decide(&BatchCommand {
        action: in_batch,
        circumstances: circumstances.clone(),
    })?;
    Ok(Together {
        batch,
        plan,
        projects: Vec::new(),
    })
}

/// A project as a candidate of a batch: of the same programme, authority and year, and ready to be approved.
///
/// # Errors
/// `other-plan`, `not-ready`, `ground-not-met`.
pub fn candidate(
    batch: &Batch,
    (id, project): (Uuid, &Project),
    lifecycle: &Lifecycle,
    grounds: &[TradeGround],
) -> Result<Candidate, Refusal> {
    let opening = batch.opening().ok_or_else(|| refuse("no-such-batch"))?;
    let candidate = Candidate::of(id, project, grounds)?;
    belongs(opening, project).map_err(|refusal| refusal.field("project"))?;
    if !project
        .steps_for(lifecycle)
        .iter()
        .any(|step| step.action == ActionKind::Approve)
    {
        return Err(refuse("not-ready")
            .field("project")
            .param("project", &candidate.code)
            .param("state", &project.standing().state));
    }
    Ok(candidate)
}

fn belongs(opening: &BatchOpening, project: &Project) -> Result<(), Refusal> {
    let party = match opening.level {
        Level::National => Party::Ministry,
        Level::Local => Party::Province,
    };
    let authority = project
        .units()
        .and_then(|units| units.get(&party))
        .map(|unit| unit.id.as_str());
    let found = (project.level(), project.plan_year(), authority);
    let expected = (
        Some(opening.level),
        Some(opening.year),
        Some(opening.authority.id.as_str()),
    );
    if found == expected {
        return Ok(());
    }
    let told = |(level, year, authority): (Option<Level>, Option<u16>, Option<&str>)| {
        let level = level.map(Level::as_str).unwrap_or_default();
        format!("{level} {} {}", authority.unwrap_or_default(), year.unwrap_or_default())
    };
    Err(refuse("other-plan")
        .param("project", project.code().unwrap_or_default())
        .param("found", told(found))
        .param("expected", told(expected)))
}

/// Decides a batch: every đề án by its own lifecycle and money rules, then the sums of batch and plan.
///
/// `projects` are those of the items, in their order.
///
/// # Errors
/// The first refusal; nothing of the decision holds then.
pub fn decide(
    plan: &Plan,
    batch: &Batch,
    projects: &[&Project],
    command: &DecideBatch,
) -> Result<Together, TogetherError> {
    let opening = batch.opening().ok_or_else(|| refuse("no-such-batch"))?;
    let mut events = Vec::with_capacity(projects.len());
    let mut outcomes = Vec::with_capacity(projects.len());
    for (index, ((item, context), project)) in command.items.iter().zip(projects).enumerate() {
        let at_item = |refusal: Refusal| {
            let field = refusal.field.as_deref().unwrap_or("project").to_owned();
            refusal.field(format!("items.{index}.{field}"))
        };
        belongs(opening, project).map_err(at_item)?;
        if let ItemWhat::Approve { .. } = item.what {
            unchanged(batch, item.project, project).map_err(at_item)?;
        }
        let step = step_for(project, context, item).map_err(at_item)?;
        let refused = |error| TogetherError::Project {
            index,
            what: item.what.as_str(),
            code: project.code().unwrap_or_default().to_owned(),
            error: Box::new(error),
        };
        let project_command = of_project(opening, command, project, (item, context), &step);
        let decided = project.decide(&project_command).map_err(refused)?;
        let mut next = (*project).clone();
        for event in decided {
            cqrs_es::Aggregate::apply(&mut next, event.clone());
            events.push(event);
        }
        let mode = context.lifecycle.value.money_mode;
        outcomes.push(ItemOutcome::between(item, &step, mode, [project, &next]));
    }
    let raised = outcomes.iter().filter_map(ItemOutcome::raised).collect();
    let batch_event = batch.decide(&BatchCommand {
        action: BatchAction::Decide(Outcome {
            decision: command.decision.clone(),
            items: outcomes,
        }),
        circumstances: command.circumstances.clone(),
    })?;
    let plan_event = plan.decide(&PlanCommand {
        action: PlanAction::BookDecision(DecisionBooking {
            number: opening.number,
            decision: command.decision.clone(),
            before: batch.figures().approved,
            after: batch_event.after.approved,
            raised,
        }),
        circumstances: command.circumstances.clone(),
    })?;
    Ok(Together {
        batch: batch_event,
        plan: plan_event,
        projects: events,
    })
}

/// The order was made of what the candidate was then.
fn unchanged(batch: &Batch, id: Uuid, project: &Project) -> Result<(), Refusal> {
    let (Some(candidate), Some(content)) = (batch.candidates().get(&id), project.content()) else {
        return Ok(());
    };
    if RankingFacts::of(content, &candidate.facts.grounds) == candidate.facts {
        return Ok(());
    }
    Err(refuse("facts-changed")
        .field("project")
        .param("project", &candidate.code))
}

/// The step that the item means: as named, or the one of its kind that this person may take now.
fn step_for(project: &Project, context: &Context, item: &Item) -> Result<String, Refusal> {
    if let Some(step) = &item.step {
        return Ok(step.clone());
    }
    let fits = |step: &&Step| match &item.what {
        ItemWhat::Approve { .. } | ItemWhat::Add { .. } => step.action == ActionKind::Approve,
        ItemWhat::Stop { on_request, .. } => {
            step.action == ActionKind::Stop && step.on_request.is_none_or(|asked| asked == *on_request)
        }
        ItemWhat::Adjust { .. } => step.action == ActionKind::Adjust,
    };
    let steps: Vec<&Step> = project
        .steps_for(&context.lifecycle.value)
        .into_iter()
        .filter(fits)
        .collect();
    let own = steps.iter().find(|step| project.may_take(step, &context.actor).is_ok());
    // Where this person may take none, the first one says why.
    let step = own.or(steps.first()).ok_or_else(|| {
        refuse("no-step")
            .field("project")
            .param("project", project.code().unwrap_or_default())
            .param("what", item.what.as_str())
            .param("state", &project.standing().state)
    })?;
    Ok(step.id.clone())
}

fn of_project(
    opening: &BatchOpening,
    command: &DecideBatch,
    project: &Project,
    (item, context): (&Item, &Context),
    step: &str,
) -> ProjectCommand {
    let mut context = context.clone();
    context.by_batch = Some(BatchReference {
        batch: command.id,
        number: opening.label(),
        decision: command.decision.number.clone(),
    });
    // Of the decision's papers those that the step of this đề án rests on; all of them stand with the batch.
    let asked = context
        .lifecycle
        .value
        .step(step)
        .map_or_else(Vec::new, |step| project.required_papers(step, &context.rules.value));
    let papers = command.circumstances.papers.iter();
    let papers = papers.filter(|paper| asked.iter().any(|asked| asked.kind == paper.kind));
    ProjectCommand {
        step: step.to_owned(),
        action: item.what.action(&command.decision, &opening.label()),
        papers: papers.cloned().collect(),
        note: command.circumstances.note.clone(),
        context,
    }
}
