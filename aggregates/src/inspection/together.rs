//! What spans an inspection and a đề án is decided here, as a whole: the events of both, or one refusal. Whoever records them does it in one
//! append (docs/adr/0010, 0012).

use uuid::Uuid;

use super::command::{
    ClosurePaper, FindingPaper, InspectionAction, InspectionCommand, OrderPaper, Recovered, RecoveryPaper, VisitPaper,
};
use super::event::{FindingRecorded, InspectionEvent, Ordered, ProjectVisited};
use super::state::Inspection;
use crate::actor::Unit;
use crate::lifecycle::ActionKind;
use crate::plan::Circumstances;
use crate::plan::refusal::{Refusal, refuse};
use crate::project::action::{Action, Finding, FindingClosure, Inspection as Inspected, Receivable};
use crate::project::contracted::InspectionReference;
use crate::project::{Context, Project, ProjectCommand, ProjectEvent};
use crate::several::{Known, SeveralError, code_of, decide_one, papers_for, step_for};

/// The events of one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// The inspection's.
    pub inspection: InspectionEvent,
    /// The đề án's.
    pub project: ProjectEvent,
}

/// What keeps a person from inspecting a đề án: having decided about its money or its work.
const KEEPS_FROM_INSPECTING: [ActionKind; 4] = [
    ActionKind::ConfirmProgress,
    ActionKind::Disburse,
    ActionKind::Accept,
    ActionKind::Settle,
];

/// An inspection by the unit of whoever orders it.
pub fn ordered(order: OrderPaper, circumstances: &Circumstances) -> Ordered {
    Ordered {
        authority: Unit {
            id: circumstances.actor.unit.clone(),
            name: order.decision.issuer.clone(),
        },
        order,
    }
}

/// A visit to a đề án (`Inspected`).
///
/// # Errors
/// Refusals of inspection and đề án.
pub fn visit(
    (id, inspection): (Uuid, &Inspection),
    paper: &VisitPaper,
    known: &Known<'_>,
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let ordered = inspection.ordered().ok_or_else(|| refuse("no-such-inspection"))?;
    let visited = ProjectVisited {
        project: known.id,
        code: code_of(known.project),
        visited_on: paper.visited_on,
        minutes: paper.minutes.clone(),
        result: paper.result.clone(),
        late: paper.visited_on > ordered.order.ends_on,
    };
    let inspected = Action::Inspect(Inspected {
        decision: ordered.order.decision.clone(),
        planned: ordered.order.planned,
        result: paper.result.clone(),
    });
    both(
        (id, inspection),
        InspectionAction::Visit(visited),
        known,
        inspected,
        circumstances,
    )
}

/// A finding on a đề án (`FindingRaised`). It gets the next number of both.
///
/// # Errors
/// Refusals of inspection and đề án.
pub fn record_finding(
    (id, inspection): (Uuid, &Inspection),
    paper: &FindingPaper,
    known: &Known<'_>,
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let units = known.project.units();
    let owner = units.and_then(|units| units.get(&paper.owner)).ok_or_else(|| {
        refuse("finding-owner")
            .field("owner")
            .param("party", paper.owner.as_str())
            .param("project", code_of(known.project))
    })?;
    let last = inspection.findings().keys().max().copied().unwrap_or_default();
    let in_project = known.project.findings().iter().map(|finding| finding.number).max();
    let recorded = FindingRecorded {
        number: last.saturating_add(1),
        project: known.id,
        code: code_of(known.project),
        in_project: in_project.unwrap_or_default().saturating_add(1),
        kind: paper.kind,
        text: paper.text.clone(),
        amount: paper.amount,
        party: paper.owner,
        owner: owner.clone(),
        due_on: paper.due_on,
        recommendation: paper.recommendation.clone(),
    };
    let raised = Action::RaiseFinding(Finding {
        number: recorded.in_project,
        text: paper.text.clone(),
        amount: paper.amount,
        due_on: Some(paper.due_on),
    });
    both(
        (id, inspection),
        InspectionAction::RecordFinding(Box::new(recorded)),
        known,
        raised,
        circumstances,
    )
}

/// The recovery of a finding's money (`ReceivableRaised`).
///
/// # Errors
/// Refusals of inspection and đề án.
pub fn order_recovery(
    (id, inspection): (Uuid, &Inspection),
    paper: &RecoveryPaper,
    known: &Known<'_>,
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let receivable = Action::RaiseReceivable(Receivable {
        amount: paper.amount,
        decision: paper.decision.clone(),
        reason: paper.reason.clone(),
    });
    both(
        (id, inspection),
        InspectionAction::OrderRecovery(paper.clone()),
        known,
        receivable,
        circumstances,
    )
}

/// The end of a finding (`FindingClosed`), with its evidence.
///
/// # Errors
/// Refusals of inspection and đề án.
pub fn close(
    (id, inspection): (Uuid, &Inspection),
    paper: &ClosurePaper,
    known: &Known<'_>,
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let finding = inspection.findings().get(&paper.finding);
    let finding = finding.ok_or_else(|| super::no_such_finding(paper.finding))?;
    let recovered = Recovered {
        receivable: known.project.figures().receivable,
    };
    let closed = Action::CloseFinding(FindingClosure {
        number: finding.in_project,
        remedy: paper.remedy.clone(),
    });
    both(
        (id, inspection),
        InspectionAction::Close(paper.clone(), recovered),
        known,
        closed,
        circumstances,
    )
}

fn both(
    (id, inspection): (Uuid, &Inspection),
    action: InspectionAction,
    known: &Known<'_>,
    on_project: Action,
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let ordered = inspection.ordered().ok_or_else(|| refuse("no-such-inspection"))?;
    let kind = on_project.kind();
    let event = inspection.decide(&InspectionCommand {
        action,
        circumstances: circumstances.clone(),
    })?;
    if kind != ActionKind::RaiseReceivable {
        is_impartial(known.project, &known.context, kind)?;
    }
    let context = Context {
        inspection: Some(InspectionReference {
            inspection: id,
            decision: ordered.order.decision.number.clone(),
        }),
        ..known.context.clone()
    };
    let step = step_for(known.project, &context, None, kind.as_str(), |step| step.action == kind)?;
    let command = ProjectCommand {
        papers: papers_for(known.project, &context, &step, circumstances),
        action: on_project,
        note: circumstances.note.clone(),
        step,
        context,
    };
    Ok(Together {
        inspection: event,
        project: decide_one(known.project, &command, None)?,
    })
}

fn is_impartial(project: &Project, context: &Context, act: ActionKind) -> Result<(), Refusal> {
    let lifecycle = &context.lifecycle.value;
    let steps = lifecycle.steps.iter();
    let mut steps = steps.filter(|step| KEEPS_FROM_INSPECTING.contains(&step.action));
    match steps.find(|step| project.was_taken_by(&step.id, &context.actor.id)) {
        None => Ok(()),
        Some(step) => Err(refuse("separation-of-duties")
            .rule("bất kiêm nhiệm")
            .param("step", act.as_str())
            .param("other", &step.id)),
    }
}
