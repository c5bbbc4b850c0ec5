//! What a project's event does to the claims of the whole ledger, and whether they let it happen. Whoever records the event records this in
//! the same append (docs/adr/0011).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::event::{BeneficiaryLinked, ClaimEvent, ClaimWhat, OfBatch, OfProject, SupportClaimed, SupportKeyKind, Use};
use super::keys;
use super::refusal::{DOUBLE_SUPPORT_RULE, refuse};
use super::state::Claim;
use crate::personal::PersonalId;
use crate::plan::{Circumstances, Refusal};
use crate::project::Project;
use crate::project::content::{Beneficiary, SupportLine};
use crate::project::event::{ProjectEvent, What};
use crate::project::papers::Decision;
use crate::screening::{
    Basis, Held, ItemsToFile, RaisedFlag, Screening, ScreeningEvent, ScreeningPassed, ScreeningWhat, SupportScreened,
};

/// The claims of the ledger as far as they were looked up, and the key of its hashes.
pub trait Register {
    /// A claim as it is; `None` for one that was not looked up.
    fn claim(&self, id: Uuid) -> Option<&Claim>;
    /// The keyed hash of a text.
    fn keyed(&self, text: &str) -> String;
}

/// Why nothing can be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// A claim stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Claims that have to be looked up first.
    #[error("{} claim(s) have to be looked up first", .0.len())]
    Missing(BTreeSet<Uuid>),
}

/// An event of a project that is about to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The project.
    pub id: Uuid,
    /// The project with the event.
    pub after: &'a Project,
    /// The event.
    pub event: &'a ProjectEvent,
    /// The project's screening.
    pub screening: &'a Screening,
}

/// The events that go with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// Of claims.
    pub claims: Vec<(Uuid, ClaimEvent)>,
    /// Of the project's screening.
    pub screening: Vec<ScreeningEvent>,
}

/// What goes with a project's event.
///
/// # Errors
/// `code-taken`, `decision-number-taken`, `double-support-found`, `double-support-open`, `double-support`; or what must be looked up.
pub fn settle(change: &Change<'_>, register: &dyn Register) -> Result<Settled, SettleError> {
    let mut act = Act::new((change.event.actor_id.as_str(), change.event.occurred_on), register);
    let of = OfProject {
        project: change.id,
        code: change.after.code().unwrap_or_default().to_owned(),
    };
    act.names(change, &of)?;
    let commits = matches!(
        change.event.what,
        What::Approved(_) | What::ContractSigned(_) | What::Disbursed(_)
    );
    let mut screening = change.screening.clone();
    let wanted = wanted(change.after, &screening, register);
    // Most steps change nothing that is claimed, and look at nobody's claims. Whoever commits money looks again: a third project may have
    // named two codes as one taxpayer's since, of which this project and another had one each.
    if commits || !is_held(&wanted, &screening) {
        let screened = act.screen(&of, wanted, &screening)?;
        if let Some(screened) = screened {
            if commits && !screened.raised.is_empty() {
                return Err(found(&of, &screened.raised).into());
            }
            act.screening(ScreeningWhat::SupportScreened(screened), &mut screening);
        }
    }
    if commits {
        screening.check(&of.code)?;
        let live = screening.flags().values().filter(|flag| !flag.lapsed);
        let passed = ScreeningPassed {
            step: change.event.step.clone(),
            ruled: live.map(|flag| flag.hit.number).collect(),
        };
        // Also where there is nothing to rule on: a flag that is raised at the same moment meets it in the screening's version.
        act.screening(ScreeningWhat::ScreeningPassed(passed), &mut screening);
    }
    act.done()
}

/// Files things of a project's lines, and screens it.
///
/// # Errors
/// As [`Screening`] refuses; or what must be looked up.
pub fn file(
    (id, project): (Uuid, &Project),
    screening: &Screening,
    items: &ItemsToFile,
    circumstances: &Circumstances,
    register: &dyn Register,
) -> Result<Settled, SettleError> {
    let mut act = Act::new((circumstances.actor.id.as_str(), circumstances.occurred_on), register);
    let filed = screening.file(project, items, &|text| register.keyed(text), circumstances)?;
    let mut screening = screening.clone();
    let is_idle = filed.is_none();
    if let Some(event) = filed {
        cqrs_es::Aggregate::apply(&mut screening, event.clone());
        act.settled.screening.push(event);
    }
    let of = OfProject {
        project: id,
        code: project.code().unwrap_or_default().to_owned(),
    };
    let wanted = wanted(project, &screening, register);
    match act.screen(&of, wanted, &screening)? {
        Some(screened) => act.screening(ScreeningWhat::SupportScreened(screened), &mut screening),
        None if is_idle => return Err(refuse("nothing-changes").field("invoices").into()),
        None => {}
    }
    act.done()
}

/// Takes a decision's number for a batch.
///
/// # Errors
/// `decision-number-taken`; or what must be looked up.
pub fn decision_of_batch(
    decision: &Decision,
    batch: OfBatch,
    by: (&str, NaiveDate),
    register: &dyn Register,
) -> Result<Settled, SettleError> {
    let mut act = Act::new(by, register);
    let id = keys::decision(decision);
    if let Some(claim) = act.look_up(id) {
        let what = claim.take_decision_for_batch(decision, batch)?;
        act.claim(id, what);
    }
    act.done()
}

/// What is being put together.
struct Act<'a> {
    register: &'a dyn Register,
    actor_id: String,
    occurred_on: NaiveDate,
    missing: BTreeSet<Uuid>,
    settled: Settled,
}

impl<'a> Act<'a> {
    fn new((actor_id, occurred_on): (&str, NaiveDate), register: &'a dyn Register) -> Self {
        Self {
            register,
            actor_id: actor_id.to_owned(),
            occurred_on,
            missing: BTreeSet::new(),
            settled: Settled::default(),
        }
    }

    fn done(self) -> Result<Settled, SettleError> {
        if self.missing.is_empty() {
            Ok(self.settled)
        } else {
            Err(SettleError::Missing(self.missing))
        }
    }

    fn look_up(&mut self, id: Uuid) -> Option<&'a Claim> {
        let found = self.register.claim(id);
        if found.is_none() {
            self.missing.insert(id);
        }
        found
    }

    fn claim(&mut self, id: Uuid, what: ClaimWhat) {
        let event = ClaimEvent {
            actor_id: self.actor_id.clone(),
            occurred_on: self.occurred_on,
            what,
        };
        self.settled.claims.push((id, event));
    }

    fn screening(&mut self, what: ScreeningWhat, screening: &mut Screening) {
        let event = ScreeningEvent {
            actor_id: self.actor_id.clone(),
            occurred_on: self.occurred_on,
            what,
            papers: Vec::new(),
            note: String::new(),
        };
        cqrs_es::Aggregate::apply(screening, event.clone());
        self.settled.screening.push(event);
    }

    /// The project's code, and the number of the decision that the event rests on.
    fn names(&mut self, change: &Change<'_>, of: &OfProject) -> Result<(), Refusal> {
        if matches!(change.event.what, What::Drafted(_) | What::Imported(_)) {
            let id = keys::code(&of.code);
            let taken = self.look_up(id).map(|claim| claim.take_code(of)).transpose()?;
            if let Some(what) = taken.flatten() {
                self.claim(id, what);
            }
        }
        if let What::Imported(imported) = &change.event.what {
            // One paper of a list may have approved many: they share it, and no batch takes its number again.
            let history = &imported.history;
            for decision in history.decisions() {
                self.decision(decision, (of, *decision == history.approval.decision))?;
            }
        }
        // A batch takes the number for all of its paper.
        let Some(decision) = change.event.what.decision().filter(|_| change.event.batch.is_none()) else {
            return Ok(());
        };
        let approves = matches!(change.event.what, What::Approved(_));
        self.decision(decision, (of, approves))
    }

    fn decision(&mut self, decision: &Decision, (of, approves): (&OfProject, bool)) -> Result<(), Refusal> {
        let id = keys::decision(decision);
        let claim = self.look_up(id);
        let taken = claim
            .map(|claim| claim.take_decision(decision, (of, approves)))
            .transpose()?;
        if let Some(what) = taken.flatten() {
            self.claim(id, what);
        }
        Ok(())
    }

    /// Claims what the project wants, releases what it no longer wants, and compares it with all others. `None`: nothing is new.
    fn screen(
        &mut self,
        of: &OfProject,
        wanted: Vec<(Basis, Vec<Use>)>,
        screening: &Screening,
    ) -> Result<Option<SupportScreened>, SettleError> {
        let claims_before = self.settled.claims.len();
        let mut uses_of: BTreeMap<Uuid, (SupportKeyKind, BTreeSet<Use>)> = BTreeMap::new();
        let mut hits = Vec::new();
        let mut held = Vec::with_capacity(wanted.len());
        for (basis, uses) in wanted {
            let reached = self.reach(&basis);
            for id in &reached {
                let (_, all) = uses_of.entry(*id).or_insert((basis.kind, BTreeSet::new()));
                all.extend(uses.iter().cloned());
            }
            for own in &uses {
                self.meet((of.project, screening), (&basis, own), &reached, &mut hits);
            }
            self.link(&basis);
            held.push(Held {
                basis,
                uses,
                claims: reached.into_iter().collect(),
            });
        }
        for (id, (kind, uses)) in &uses_of {
            let uses: Vec<Use> = uses.iter().cloned().collect();
            let known = self.look_up(*id).and_then(|claim| claim.holdings().get(&of.project));
            if known.is_none_or(|holding| holding.uses != uses) {
                let of = of.clone();
                self.claim(*id, ClaimWhat::SupportClaimed(SupportClaimed { kind: *kind, of, uses }));
            }
        }
        let before: BTreeSet<Uuid> = screening.held().iter().flat_map(|held| held.claims.clone()).collect();
        for id in before.into_iter().filter(|id| !uses_of.contains_key(id)) {
            if self
                .look_up(id)
                .is_some_and(|claim| claim.holdings().contains_key(&of.project))
            {
                self.claim(id, ClaimWhat::SupportReleased(of.clone()));
            }
        }
        if !self.missing.is_empty() {
            return Err(SettleError::Missing(self.missing.clone()));
        }
        let screened = compared(screening, held, hits);
        let is_new = screened.held != screening.held() || !screened.raised.is_empty() || !screened.lapsed.is_empty();
        Ok((is_new || self.settled.claims.len() > claims_before).then_some(screened))
    }

    /// The claims of a basis with all that they are linked to: the same taxpayer under every code that anybody ever named.
    fn reach(&mut self, basis: &Basis) -> BTreeSet<Uuid> {
        let mut reached = BTreeSet::new();
        let mut todo = basis.claims();
        while let Some(id) = todo.pop() {
            if reached.insert(id)
                && let Some(claim) = self.look_up(id)
            {
                todo.extend(claim.links());
            }
        }
        reached
    }

    /// Who was there first is not flagged because somebody came after: only what is new here counts, and what is flagged already.
    fn meet(
        &mut self,
        (project, screening): (Uuid, &Screening),
        (basis, own): (&Basis, &Use),
        reached: &BTreeSet<Uuid>,
        hits: &mut Vec<RaisedFlag>,
    ) {
        let is_own = |held: &&Held| held.basis == *basis && held.uses.contains(own);
        let known: BTreeSet<Uuid> = screening
            .held()
            .iter()
            .filter(is_own)
            .flat_map(|held| held.claims.clone())
            .collect();
        let is_flagged = |other: &OfProject| {
            let mut live = screening.flags().values().filter(|flag| !flag.lapsed);
            live.any(|flag| {
                (flag.hit.kind, &flag.hit.label, &flag.hit.own, &flag.hit.other)
                    == (basis.kind, &basis.label, own, other)
            })
        };
        let mut met: BTreeMap<OfProject, BTreeSet<Use>> = BTreeMap::new();
        for id in reached {
            let Some(claim) = self.register.claim(*id) else {
                continue;
            };
            for (other, uses) in claim.met_by(project, basis.kind, own) {
                if !known.contains(id) || is_flagged(&other) {
                    met.entry(other).or_default().extend(uses);
                }
            }
        }
        hits.extend(met.into_iter().map(|(other, uses)| RaisedFlag {
            number: 0,
            kind: basis.kind,
            label: basis.label.clone(),
            own: own.clone(),
            other,
            uses: uses.into_iter().collect(),
        }));
    }

    fn link(&mut self, basis: &Basis) {
        let direct = basis.claims();
        for one in &direct {
            let Some(claim) = self.look_up(*one) else { continue };
            for to in direct.iter().filter(|to| *to != one && !claim.links().contains(*to)) {
                self.claim(*one, ClaimWhat::BeneficiaryLinked(BeneficiaryLinked { to: *to }));
            }
        }
    }
}

/// A flag stands as long as its hit is the same, word for word; with it the ruling on it.
fn compared(screening: &Screening, held: Vec<Held>, hits: Vec<RaisedFlag>) -> SupportScreened {
    let live = || screening.flags().iter().filter(|(_, flag)| !flag.lapsed);
    let lapsed = live().filter(|(_, flag)| !hits.iter().any(|hit| hit.is_of(&flag.hit)));
    let lapsed = lapsed.map(|(number, _)| *number).collect();
    let first = screening.flags().keys().last().map_or(1, |last| last.saturating_add(1));
    let new = hits.iter().filter(|hit| !live().any(|(_, flag)| hit.is_of(&flag.hit)));
    SupportScreened {
        held,
        lapsed,
        raised: (first..)
            .zip(new)
            .map(|(number, hit)| RaisedFlag { number, ..hit.clone() })
            .collect(),
    }
}

fn is_held(wanted: &[(Basis, Vec<Use>)], screening: &Screening) -> bool {
    let held = screening.held().iter().map(|held| (&held.basis, &held.uses));
    wanted.iter().map(|(basis, uses)| (basis, uses)).eq(held)
}

/// What a project claims: nothing before it is submitted, and nothing once it has ended without money.
fn wanted(project: &Project, screening: &Screening, register: &dyn Register) -> Vec<(Basis, Vec<Use>)> {
    let claims = project.was_proposed() && !project.ended_without_money();
    let Some(content) = project.content().filter(|_| claims) else {
        return Vec::new();
    };
    let use_of = |line: &SupportLine| Use {
        line: line.number,
        kind: line.kind.clone(),
        item: line.item.clone(),
    };
    let firms = content.beneficiaries.iter().filter_map(|firm| {
        let own = content
            .lines
            .iter()
            .filter(|line| line.beneficiary == Some(firm.number));
        let basis = Basis {
            kind: SupportKeyKind::Beneficiary,
            label: firm.number.to_string(),
            keys: keys_of(firm, screening, register),
        };
        Some((basis, own.map(use_of).collect::<Vec<_>>()))
            .filter(|(basis, uses)| !basis.keys.is_empty() && !uses.is_empty())
    });
    let items = screening.items().iter().filter_map(|item| {
        let line = content.lines.iter().find(|line| line.number == item.line)?;
        let basis = Basis {
            kind: item.what.kind(),
            label: item.what.label(),
            keys: vec![item.key.clone()],
        };
        Some((basis, vec![use_of(line)]))
    });
    firms.chain(items).collect()
}

fn keys_of(firm: &Beneficiary, screening: &Screening, register: &dyn Register) -> Vec<String> {
    let codes: Vec<&PersonalId> = firm.tax_code.iter().chain(&firm.former_tax_code).collect();
    let keyed = |text: &str| register.keyed(text);
    let mut keys: Vec<String> = codes
        .iter()
        .filter_map(|code| keys::tax_code(code.get()?, &keyed))
        .collect();
    // What was erased is still claimed: nobody can make a new key of it, and the old one says nothing of the person.
    if codes.iter().any(|code| code.get().is_none()) {
        let is_firm = |held: &&Held| {
            held.basis.kind == SupportKeyKind::Beneficiary && held.basis.label == firm.number.to_string()
        };
        let held = screening.held().iter().filter(is_firm);
        keys.extend(held.flat_map(|held| held.basis.keys.clone()));
    }
    keys.sort();
    keys.dedup();
    keys
}

fn found(of: &OfProject, raised: &[RaisedFlag]) -> Refusal {
    let mut others: Vec<&str> = raised.iter().map(|hit| hit.other.code.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    refuse("double-support-found")
        .rule(DOUBLE_SUPPORT_RULE)
        .param("project", &of.code)
        .param("others", others.join(", "))
}

impl What {
    /// The decision that an event rests on, where it is one of its own.
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Approved(approved) => Some(&approved.approval.decision),
            Self::GroupPlanApproved(plan) => Some(&plan.decision),
            Self::Inspected(inspection) => Some(&inspection.decision),
            Self::Settled(settled) => Some(&settled.settlement.decision),
            Self::Adjusted(adjusted) => Some(&adjusted.adjustment.decision),
            Self::Stopped(stop) => Some(&stop.decision),
            Self::TimeExtended(extension) => Some(&extension.decision),
            Self::MoneyCarriedOver(carry) => Some(&carry.decision),
            Self::ReceivableRaised(receivable) => Some(&receivable.decision),
            Self::Reopened(reopening) => Some(&reopening.decision),
            _ => None,
        }
    }
}
