//! The guards that a step's text sets, and how each is broken. Taking the step apart field by field makes a new field fail here until
//! somebody has said what it guards.

use chrono::Days;
use dean_aggregates::actor::{Party, Role};
use dean_aggregates::lifecycle::{ActionKind, ChangeKind, Lifecycle, Step, Taker};
use dean_aggregates::project::action::*;
use dean_aggregates::project::{Project, ProjectCommand};

use crate::common::samples::{council, signed_for};

/// A refusal that a step's text can cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guard {
    pub(super) step: String,
    pub(super) code: &'static str,
    /// Which paper, step or change.
    pub(super) about: String,
}

fn guard(step: &Step, code: &'static str, about: &str) -> Guard {
    Guard {
        step: step.id.clone(),
        code,
        about: about.to_owned(),
    }
}

/// Kinds of action whose paper somebody signs.
const SIGNED: &[ActionKind] = &[
    ActionKind::SignContract,
    ActionKind::Approve,
    ActionKind::ApproveGroupPlan,
    ActionKind::Inspect,
    ActionKind::Settle,
    ActionKind::Adjust,
    ActionKind::Stop,
    ActionKind::ExtendTime,
    ActionKind::CarryOverMoney,
    ActionKind::RaiseReceivable,
    ActionKind::Reopen,
];

pub(super) fn guards(lifecycle: &Lifecycle, step: &Step) -> Vec<Guard> {
    let Step {
        id: _,
        action,
        from,
        to: _,
        on_fail: _,
        until_all_accepted: _,
        takers,
        main: _,
        main_from: _,
        title: _,
        article: _,
        papers,
        due: _,
        separate,
        authority,
        payment,
        appraisal,
        on_request,
        kinds,
        requires,
        delegates,
        council,
        contract_form,
        spread,
        implementers,
        by_batch,
    } = step;
    let new = |code, about: &str| guard(step, code, about);
    let mut guards = vec![
        new("wrong-action", ""),
        new("read-only-role", ""),
        new("not-your-role", ""),
        new("future-date", ""),
    ];
    guards.push(new(
        if from.is_empty() {
            "already-exists"
        } else {
            "wrong-state"
        },
        "",
    ));
    if !from.is_empty() && takers.iter().any(|taker| taker.party != Party::Oversight) {
        guards.push(new("not-your-unit", ""));
    }
    if !step.may_be_back_dated() && !from.is_empty() {
        guards.push(new("back-dated", ""));
    }
    let required = papers.iter().filter(|paper| paper.required);
    guards.extend(required.map(|paper| new("missing-paper", &paper.kind)));
    guards.extend(separate.iter().map(|other| new("separation-of-duties", other)));
    guards.extend(requires.iter().map(|other| new("requirement-missing", other)));
    if let Some(given) = authority {
        let above = |what: &ChangeKind| {
            let needed = lifecycle
                .changes
                .iter()
                .filter(|row| row.what == *what)
                .map(|row| row.authority);
            needed.max().is_some_and(|needed| needed > *given)
        };
        let refused = ChangeKind::ALL.into_iter().filter(above);
        // A step for some kinds of project only meets the rows of those kinds.
        let refused = refused.filter(|what| {
            step.kinds.is_empty()
                || step.kinds.iter().any(|kind| {
                    let row = lifecycle.changes.iter().find(|row| row.fits(*what, *kind));
                    row.is_some_and(|row| row.authority > *given)
                })
        });
        guards.extend(refused.map(|what| new("authority", what.as_str())));
    }
    if payment.is_some() {
        guards.push(new("wrong-payment", ""));
    }
    if appraisal.is_some() {
        guards.push(new("wrong-appraisal-level", ""));
    }
    match on_request {
        Some(true) => guards.push(new("stop-on-request", "")),
        Some(false) => guards.push(new("stop-for-violations", "")),
        None => {}
    }
    if !kinds.is_empty() {
        guards.push(new("wrong-project-kind", ""));
    }
    if council.is_some() {
        for code in ["council-missing", "council-quorum", "council-majority"] {
            guards.push(new(code, ""));
        }
    }
    if contract_form.is_some() {
        guards.push(new("wrong-contract-form", ""));
    }
    if spread.is_some() {
        guards.push(new("wrong-spread", ""));
    }
    if !implementers.is_empty() {
        guards.push(new("wrong-implementer", ""));
    }
    if *by_batch {
        guards.push(new("only-by-batch", ""));
    }
    if SIGNED.contains(action) {
        guards.push(if delegates.is_empty() {
            new("not-delegable", "")
        } else {
            new("text-empty", "signed_for")
        });
    }
    if pure_delegate(step).is_some() {
        guards.push(new("delegation-missing", ""));
    }
    guards
}

/// Somebody who may sign for a taker and is none.
fn pure_delegate(step: &Step) -> Option<Taker> {
    step.delegates
        .iter()
        .find(|delegate| !step.takers.contains(delegate))
        .copied()
}

/// The command that was accepted, changed so that the guard refuses it; `None` where this project gives no occasion.
pub(super) fn broken(
    guard: &Guard,
    step: &Step,
    project: &Project,
    accepted: &ProjectCommand,
) -> Option<ProjectCommand> {
    let mut command = accepted.clone();
    let actor = &mut command.context.actor;
    match guard.code {
        "wrong-action" => {
            command.action = match command.action {
                Action::Archive(_) => Action::Propose(NoDetails {}),
                _ => Action::Archive(NoDetails {}),
            };
        }
        "read-only-role" => actor.role = Role::Auditor,
        "not-your-role" => {
            let mut entitled = step.takers.iter().chain(&step.delegates).map(|taker| taker.role);
            actor.role = *Role::ALL
                .iter()
                .find(|role| **role != Role::Auditor && !entitled.clone().any(|known| known == **role))?;
            entitled.next()?;
        }
        "not-your-unit" => {
            let entitled = step.takers.iter().chain(&step.delegates);
            let taker = entitled.clone().find(|taker| {
                !entitled
                    .clone()
                    .any(|other| other.role == taker.role && other.party == Party::Oversight)
            })?;
            actor.role = taker.role;
            actor.unit = "don-vi-khac".to_owned();
        }
        "future-date" => command.context.occurred_on = command.context.today.checked_add_days(Days::new(1))?,
        "back-dated" => command.context.occurred_on = chrono::NaiveDate::from_ymd_opt(2000, 1, 1)?,
        "missing-paper" => command.papers.retain(|paper| paper.kind != guard.about),
        "separation-of-duties" => {
            // Whoever took the other step in this walk: one person per step.
            let role = command.context.lifecycle.value.step(&guard.about)?.takers.first()?.role;
            actor.id = format!("{role}.{}", guard.about);
            project.last_step_on()?;
        }
        "wrong-payment" => {
            let Action::Disburse(payment) = &mut command.action else {
                return None;
            };
            payment.payment = match payment.payment {
                PaymentKind::First => PaymentKind::Rest,
                _ => PaymentKind::First,
            };
        }
        "wrong-appraisal-level" | "council-missing" | "council-quorum" | "council-majority" => {
            let Action::Appraise(appraisal) = &mut command.action else {
                return None;
            };
            break_appraisal(guard.code, appraisal);
        }
        "stop-on-request" | "stop-for-violations" => {
            let Action::Stop(stop) = &mut command.action else {
                return None;
            };
            stop.on_request = !stop.on_request;
        }
        "wrong-contract-form" => {
            let Action::SignContract(contract) = &mut command.action else {
                return None;
            };
            contract.form = match contract.form {
                ContractForm::Contract => ContractForm::Assignment,
                ContractForm::Assignment => ContractForm::Contract,
            };
        }
        "only-by-batch" => command.context.by_batch = None,
        "not-delegable" => put_signature(&mut command.action, signed_for()),
        "text-empty" => {
            let delegate = *step.delegates.first()?;
            act_as(&mut command, project, delegate);
            put_signature(
                &mut command.action,
                SignedFor {
                    paper: String::new(),
                    ..signed_for()
                },
            );
        }
        "delegation-missing" => act_as(&mut command, project, pure_delegate(step)?),
        _ => return None,
    }
    Some(command)
}

fn act_as(command: &mut ProjectCommand, project: &Project, taker: Taker) {
    command.context.actor.role = taker.role;
    if let Some(unit) = project.units().and_then(|units| units.get(&taker.party)) {
        command.context.actor.unit.clone_from(&unit.id);
    }
}

fn break_appraisal(code: &str, appraisal: &mut Appraisal) {
    let mut session = council();
    match code {
        "wrong-appraisal-level" => {
            appraisal.level = match appraisal.level {
                AppraisalLevel::Base => AppraisalLevel::Ministry,
                _ => AppraisalLevel::Base,
            };
            return;
        }
        "council-missing" => {
            appraisal.by = AppraisalBody::Council;
            return;
        }
        "council-quorum" => {
            session.present.truncate(4);
            session.votes_against = 0;
        }
        _ => {
            session.votes_for = 2;
            session.votes_against = 3;
        }
    }
    appraisal.by = AppraisalBody::Council;
    appraisal.verdict = Verdict::Pass;
    appraisal.council = Some(session);
}

fn put_signature(action: &mut Action, signature: SignedFor) {
    let place = match action {
        Action::SignContract(contract) => &mut contract.signed_for,
        Action::Approve(approval) => &mut approval.decision.signed_for,
        Action::ApproveGroupPlan(plan) => &mut plan.decision.signed_for,
        Action::Inspect(inspection) => &mut inspection.decision.signed_for,
        Action::Settle(settlement) => &mut settlement.decision.signed_for,
        Action::Adjust(adjustment) => &mut adjustment.decision.signed_for,
        Action::Stop(stop) => &mut stop.decision.signed_for,
        Action::ExtendTime(extension) => &mut extension.decision.signed_for,
        Action::CarryOverMoney(carry) => &mut carry.decision.signed_for,
        Action::RaiseReceivable(receivable) => &mut receivable.decision.signed_for,
        Action::Reopen(reopening) => &mut reopening.decision.signed_for,
        _ => return,
    };
    *place = Some(signature);
}
