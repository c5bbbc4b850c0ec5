//! What spans a contract and its đề án is decided here, as a whole: the events of all of them, or one refusal. Whoever records them does it
//! in one append (docs/adr/0010, 0012).

use cqrs_es::Aggregate;
use uuid::Uuid;

use super::command::{AppendixPaper, ContractAction, ContractCommand, Item, LiquidationPaper, Terms};
use super::event::{Account, Appendix, Concluded, ContractEvent, ContractFigures, Followed, Member, ValueChange};
use super::state::Contract;
use crate::actor::{Party, Unit};
use crate::lifecycle::ActionKind;
use crate::money::Dong;
use crate::plan::Circumstances;
use crate::plan::refusal::{Refusal, refuse};
use crate::project::action::{self, Action, Liquidation};
use crate::project::content::Level;
use crate::project::contracted::{
    ContractAmended, ContractReference, Contracted, Progression, SettlementClock, SettlementClockSet,
};
use crate::project::{Project, ProjectCommand, ProjectError, ProjectEvent, What, error};
use crate::several::{Known, SeveralError, code_of, decide_one, papers_for, step_for};

/// The events of one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// The contract's.
    pub contract: ContractEvent,
    /// Those of its đề án that have one.
    pub projects: Vec<(Uuid, ProjectEvent)>,
}

/// Signs: every đề án by the signing step of its own lifecycle, then what the contract asks of all together.
///
/// `projects` are those of the items, in their order.
///
/// # Errors
/// The first refusal; nothing of the contract holds then.
pub fn conclude(
    (id, contract): (Uuid, &Contract),
    (terms, items): (&Terms, &[Item]),
    projects: &[Known<'_>],
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    if items.is_empty() {
        return Err(refuse("contract-without-projects").field("projects").into());
    }
    let mut events = Vec::with_capacity(items.len());
    let mut members: Vec<Member> = Vec::with_capacity(items.len());
    for (index, (item, known)) in items.iter().zip(projects).enumerate() {
        let at = format!("projects.{index}");
        if members.iter().any(|member| member.project == item.project) {
            return Err(refuse("project-repeated")
                .field(format!("{at}.project"))
                .param("project", code_of(known.project))
                .into());
        }
        let event = sign_one(id, (terms, item), known, &at, items.len(), circumstances)?;
        let mut next = known.project.clone();
        next.apply(event.clone());
        members.push(Member {
            project: item.project,
            code: code_of(known.project),
            account: Account::of(&next),
        });
        events.push((item.project, event));
    }
    let (authority, implementer, level) = parties(projects, circumstances)?;
    let concluded = Concluded {
        terms: terms.clone(),
        level,
        authority,
        implementer,
        projects: members,
    };
    let contract = contract.decide(&ContractCommand {
        action: ContractAction::Conclude(Box::new(concluded)),
        circumstances: circumstances.clone(),
    })?;
    Ok(Together {
        contract,
        projects: events,
    })
}

fn sign_one(
    contract: Uuid,
    (terms, item): (&Terms, &Item),
    known: &Known<'_>,
    at: &str,
    count: usize,
    circumstances: &Circumstances,
) -> Result<ProjectEvent, SeveralError> {
    let context = known.within(Contracted {
        reference: ContractReference {
            contract,
            number: terms.number.clone(),
        },
        by_contract: true,
        settings: terms.settlement.clone(),
        // None of them is accepted: they are only signed now.
        others: vec![Progression::Running; count.saturating_sub(1)],
    });
    let fits = |step: &crate::lifecycle::Step| {
        step.action == ActionKind::SignContract && step.contract_form.is_none_or(|form| form == terms.form)
    };
    let step = step_for(known.project, &context, item.step.as_ref(), "sign-contract", fits)
        .map_err(|refusal| refusal.field(format!("{at}.project")))?;
    let command = ProjectCommand {
        action: Action::SignContract(action::Contract {
            number: terms.number.clone(),
            signed_on: terms.signed_on,
            form: terms.form,
            value: item.value,
            detailed_estimate: terms.estimate.decision.number.clone(),
            tender_result: terms.tender_result.clone(),
            signed_for: terms.signed_for.clone(),
        }),
        papers: papers_for(known.project, &context, &step, circumstances),
        note: circumstances.note.clone(),
        step,
        context,
    };
    decide_one(known.project, &command, Some(at))
}

/// One authority, one implementer, one programme.
fn parties(projects: &[Known<'_>], circumstances: &Circumstances) -> Result<(Unit, Unit, Level), Refusal> {
    let mut found: Option<(Unit, Unit, Level)> = None;
    for (index, known) in projects.iter().enumerate() {
        let field = format!("projects.{index}.project");
        let code = code_of(known.project);
        let units = known.project.units().cloned().unwrap_or_default();
        let signing = units
            .iter()
            .find(|(party, unit)| **party != Party::Implementer && unit.id == circumstances.actor.unit);
        let (Some((_, authority)), Some(implementer), Some(level)) =
            (signing, units.get(&Party::Implementer), known.project.level())
        else {
            return Err(refuse("contract-party-missing").field(field).param("project", code));
        };
        match &found {
            None => found = Some((authority.clone(), implementer.clone(), level)),
            Some((_, first, _)) if first.id != implementer.id => {
                return Err(refuse("other-implementer")
                    .field(field)
                    .rule("TT 36/2013/TT-BCT Đ12.1")
                    .param("project", code)
                    .param("found", &implementer.id)
                    .param("expected", &first.id));
            }
            Some((_, _, first)) if *first != level => {
                return Err(refuse("other-programme").field(field).param("project", code));
            }
            Some(_) => {}
        }
    }
    found.ok_or_else(|| refuse("contract-without-projects").field("projects"))
}

/// Amends: the contract, and every đề án whose value or deadline changes by it.
///
/// # Errors
/// The first refusal.
pub fn amend(
    (id, contract): (Uuid, &Contract),
    paper: &AppendixPaper,
    projects: &[Known<'_>],
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let terms = contract.terms().ok_or_else(|| refuse("no-such-contract"))?;
    let of = |project: Uuid| contract.projects().get(&project);
    let values = paper.values.iter().map(|value| ValueChange {
        project: value.project,
        code: of(value.project).map(|known| known.code.clone()).unwrap_or_default(),
        before: of(value.project)
            .map(|known| known.account.contracted)
            .unwrap_or_default(),
        value: value.value,
    });
    let appendix = Appendix {
        number: paper.number.clone(),
        decision: paper.decision.clone(),
        reason: paper.reason.clone(),
        values: values.collect(),
        estimate: paper.estimate.clone(),
        settlement: paper.settlement.clone(),
    };
    let event = contract.decide(&ContractCommand {
        action: ContractAction::Amend(Box::new(appendix.clone())),
        circumstances: circumstances.clone(),
    })?;
    let mut next = contract.clone();
    next.apply(event.clone());
    let mut events = Vec::new();
    for (index, change) in appendix.values.iter().enumerate() {
        let Some(known) = projects.iter().find(|known| known.id == change.project) else {
            continue;
        };
        amendable(known.project, change, circumstances).map_err(|refusal| {
            let field = refusal.field.as_deref().unwrap_or("value").to_owned();
            if field == "occurred_on" {
                refusal
            } else {
                refusal.field(format!("values.{index}.{field}"))
            }
        })?;
        let what = What::ContractAmended(ContractAmended {
            number: appendix.number.clone(),
            decision: appendix.decision.clone(),
            reason: appendix.reason.clone(),
            before: change.before,
            value: change.value,
        });
        let context = known.within(contracted(id, &next, known.id, terms, true));
        let told = known.project.told(what, &context, &circumstances.note);
        let told = told.map_err(|error| SeveralError::of(known.project, Some(format!("values.{index}")), error))?;
        events.push((known.id, told));
    }
    let amended: Vec<Uuid> = events.iter().map(|(id, _)| *id).collect();
    events.extend(clock_told((id, &next), contract.figures(), projects, &amended)?);
    Ok(Together {
        contract: event,
        projects: events,
    })
}

/// What the value of a đề án can become: not above what is approved, not below what was paid or settled, and only while it goes on.
fn amendable(project: &Project, change: &ValueChange, circumstances: &Circumstances) -> Result<(), Refusal> {
    if project.is_concluded() {
        return Err(refuse("project-concluded")
            .field("project")
            .param("project", &change.code)
            .param("state", &project.standing().state));
    }
    if let Some(last) = project.last_step_on().filter(|last| circumstances.occurred_on < *last) {
        return Err(refuse("back-dated")
            .field("occurred_on")
            .param("date", circumstances.occurred_on)
            .param("today", circumstances.today)
            .param("last", last));
    }
    let money = project.figures();
    if change.value == change.before {
        return Err(refuse("nothing-changes").field("value"));
    }
    if change.value > money.approved {
        return Err(refuse("contract-exceeds")
            .field("value")
            .rule("TT 36/2013/TT-BCT Đ12.1")
            .param("amount", change.value)
            .param("limit", money.approved));
    }
    let least = project.net_paid().max(project.recognised());
    if change.value < least {
        return Err(refuse("contract-below-paid")
            .field("value")
            .rule("TT 36/2013/TT-BCT Đ12.2")
            .param("amount", change.value)
            .param("limit", least));
    }
    Ok(())
}

/// Liquidates: the contract, and every đề án in it whose lifecycle has that step now. Those that were stopped have ended already.
///
/// # Errors
/// The first refusal; `open-money` while a đề án waits for the money that was settled.
pub fn liquidate(
    (id, contract): (Uuid, &Contract),
    paper: &LiquidationPaper,
    projects: &[Known<'_>],
    circumstances: &Circumstances,
) -> Result<Together, SeveralError> {
    let terms = contract.terms().ok_or_else(|| refuse("no-such-contract"))?;
    let event = contract.decide(&ContractCommand {
        action: ContractAction::Liquidate(paper.clone()),
        circumstances: circumstances.clone(),
    })?;
    let mut events = Vec::new();
    for known in projects {
        let context = known.within(contracted(id, contract, known.id, terms, true));
        let is_liquidation = |step: &crate::lifecycle::Step| step.action == ActionKind::LiquidateContract;
        let lifecycle = &context.lifecycle.value;
        if !known.project.steps_for(lifecycle).into_iter().any(is_liquidation) {
            // Where money comes after settlement it comes before the liquidation: nobody could liquidate this one later.
            let payable = known.project.payable();
            if payable > Dong::ZERO && !known.project.has_ended_early() {
                let open = open_money(payable);
                return Err(SeveralError::of(known.project, None, open));
            }
            continue;
        }
        let step = step_for(known.project, &context, None, "liquidate-contract", is_liquidation)?;
        let command = ProjectCommand {
            action: Action::LiquidateContract(Liquidation {
                number: paper.number.clone(),
            }),
            papers: papers_for(known.project, &context, &step, circumstances),
            note: circumstances.note.clone(),
            step,
            context,
        };
        events.push((known.id, decide_one(known.project, &command, None)?));
    }
    Ok(Together {
        contract: event,
        projects: events,
    })
}

fn open_money(payable: Dong) -> ProjectError {
    error::refuse("open-money")
        .rule("TT 36/2013/TT-BCT Đ18")
        .param("receivable", Dong::ZERO)
        .param("payable", payable)
}

/// What a step of one of its đề án needs to know of the contract; `by_contract`: the contract itself takes it.
fn contracted(id: Uuid, contract: &Contract, project: Uuid, terms: &Terms, by_contract: bool) -> Contracted {
    Contracted {
        reference: ContractReference {
            contract: id,
            number: terms.number.clone(),
        },
        by_contract,
        settings: contract.settlement(),
        others: contract.others(project),
    }
}

/// What a step that a đề án takes by itself needs to know of its contract; `None` where there is none.
pub fn around((id, contract): (Uuid, &Contract), project: Uuid) -> Option<Contracted> {
    Some(contracted(id, contract, project, contract.terms()?, false))
}

/// After a step of some of its đề án: what the contract records of it, and what it tells the others. `projects` are all of the contract, as
/// they are after the step. Nothing where nothing changed that the contract knows of.
///
/// # Errors
/// None is expected: what happened was judged where it happened.
pub fn follow(
    (id, contract): (Uuid, &Contract),
    projects: &[Known<'_>],
    moved: &[Uuid],
    circumstances: &Circumstances,
) -> Result<Option<Together>, SeveralError> {
    let changed: Vec<Member> = projects
        .iter()
        .filter_map(|known| {
            let before = contract.projects().get(&known.id)?;
            let account = Account::of(known.project);
            (account != before.account).then(|| Member {
                project: known.id,
                code: before.code.clone(),
                account,
            })
        })
        .collect();
    if changed.is_empty() {
        return Ok(None);
    }
    // The papers stand with the đề án whose step it was.
    let circumstances = Circumstances {
        papers: Vec::new(),
        note: String::new(),
        ..circumstances.clone()
    };
    let event = contract.decide(&ContractCommand {
        action: ContractAction::Follow(Followed { projects: changed }),
        circumstances,
    })?;
    let mut next = contract.clone();
    next.apply(event.clone());
    // One that moved alone knew the others and has its deadline; several at once did not know each other.
    let knows: &[Uuid] = if moved.len() == 1 { moved } else { &[] };
    let told = clock_told((id, &next), contract.figures(), projects, knows)?;
    Ok(Some(Together {
        contract: event,
        projects: told,
    }))
}

/// Tells every đề án that waits for its settlement file when the clock is another one than before; not those that know it.
fn clock_told(
    (id, contract): (Uuid, &Contract),
    before: &ContractFigures,
    projects: &[Known<'_>],
    knows: &[Uuid],
) -> Result<Vec<(Uuid, ProjectEvent)>, SeveralError> {
    let clock: Option<SettlementClock> = contract.figures().clock;
    let Some(terms) = contract.terms().filter(|_| clock != before.clock) else {
        return Ok(Vec::new());
    };
    let mut events = Vec::new();
    for known in projects.iter().filter(|known| !knows.contains(&known.id)) {
        let steps = known.project.steps_for(&known.context.lifecycle.value);
        if !steps.iter().any(|step| step.action == ActionKind::SubmitSettlement) {
            continue;
        }
        let context = known.within(contracted(id, contract, known.id, terms, true));
        let what = What::SettlementClockSet(SettlementClockSet { clock });
        let told = known.project.told(what, &context, "");
        events.push((
            known.id,
            told.map_err(|error| SeveralError::of(known.project, None, error))?,
        ));
    }
    Ok(events)
}
