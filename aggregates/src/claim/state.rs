//! What a claim remembers: who holds the thing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{
    ClaimEvent, ClaimWhat, DecisionClaimed, DecisionPaper, OfBatch, OfProject, SupportClaimed, SupportKeyKind, Use,
};
use super::keys::same_item;
use super::refusal::refuse;
use crate::plan::Refusal;
use crate::project::papers::Decision;

/// Something that must be unique across the ledger, with who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Claim {
    code_of: Option<OfProject>,
    decision: Option<TakenNumber>,
    holdings: BTreeMap<Uuid, Holding>,
    links: BTreeSet<Uuid>,
}

/// A decision's number in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TakenNumber {
    paper: DecisionPaper,
    /// The batch that records the whole paper.
    batch: Option<OfBatch>,
    /// Whoever named it first.
    first: Option<OfProject>,
    /// The first project that it approved alone.
    approved: Option<OfProject>,
}

/// What a project holds of a claim on support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Mã đề án.
    pub code: String,
    /// For what.
    pub uses: Vec<Use>,
}

impl Claim {
    /// Takes a project code.
    ///
    /// # Errors
    /// `code-taken` where another project has it.
    pub(super) fn take_code(&self, of: &OfProject) -> Result<Option<ClaimWhat>, Refusal> {
        match &self.code_of {
            None => Ok(Some(ClaimWhat::CodeClaimed(of.clone()))),
            Some(holder) if holder.project == of.project => Ok(None),
            Some(holder) => Err(refuse("code-taken")
                .field("code")
                .param("code", &holder.code)
                .param("project", holder.project)),
        }
    }

    /// Takes a decision's number for a batch, which records the paper once and whole.
    ///
    /// # Errors
    /// `decision-number-taken` where a batch, another paper or a lone approval has it.
    pub fn take_decision_for_batch(&self, decision: &Decision, batch: OfBatch) -> Result<ClaimWhat, Refusal> {
        if let Some(taken) = &self.decision {
            let is_other = taken.paper.date != decision.date;
            if is_other || taken.batch.is_some() || taken.approved.is_some() {
                return Err(taken.refusal(decision));
            }
        }
        Ok(ClaimWhat::DecisionClaimed(DecisionClaimed {
            paper: paper_of(decision),
            batch: Some(batch),
            project: None,
            approves: false,
        }))
    }

    /// Takes a decision's number for a step of one project. One paper may speak of many: they share it, as far as it is the same paper,
    /// and what approves is not split between a batch and lone steps.
    ///
    /// # Errors
    /// `decision-number-taken`.
    pub(super) fn take_decision(
        &self,
        decision: &Decision,
        (of, approves): (&OfProject, bool),
    ) -> Result<Option<ClaimWhat>, Refusal> {
        match &self.decision {
            Some(taken) if taken.paper.date != decision.date => return Err(taken.refusal(decision)),
            Some(taken) if approves && taken.batch.is_some() => return Err(taken.refusal(decision)),
            // Which paper it is never changes; what is already known needs no event.
            Some(taken) if !approves || taken.approved.is_some() => return Ok(None),
            _ => {}
        }
        Ok(Some(ClaimWhat::DecisionClaimed(DecisionClaimed {
            paper: paper_of(decision),
            batch: None,
            project: Some(of.clone()),
            approves,
        })))
    }

    /// Claims of the same taxpayer's other codes.
    pub const fn links(&self) -> &BTreeSet<Uuid> {
        &self.links
    }

    /// What each project holds of it.
    pub const fn holdings(&self) -> &BTreeMap<Uuid, Holding> {
        &self.holdings
    }

    /// Other projects that meet these uses: an invoice or a machine is one thing whatever it is used for; a beneficiary meets itself in
    /// the same kind of support, or in an item of the same name.
    pub(super) fn met_by<'a>(
        &'a self,
        project: Uuid,
        kind: SupportKeyKind,
        own: &'a Use,
    ) -> impl Iterator<Item = (OfProject, Vec<Use>)> + 'a {
        let meets = move |other: &&Use| {
            kind != SupportKeyKind::Beneficiary || other.kind == own.kind || same_item(&other.item, &own.item)
        };
        let others = self.holdings.iter().filter(move |(holder, _)| **holder != project);
        others.filter_map(move |(holder, holding)| {
            let uses: Vec<Use> = holding.uses.iter().filter(meets).cloned().collect();
            let of = OfProject {
                project: *holder,
                code: holding.code.clone(),
            };
            (!uses.is_empty()).then_some((of, uses))
        })
    }

    pub(super) fn record(&mut self, event: ClaimEvent) {
        match event.what {
            ClaimWhat::CodeClaimed(of) => self.code_of = Some(of),
            ClaimWhat::DecisionClaimed(claimed) => self.record_decision(claimed),
            ClaimWhat::SupportClaimed(SupportClaimed { of, uses, .. }) => {
                let holding = Holding { code: of.code, uses };
                self.holdings.insert(of.project, holding);
            }
            ClaimWhat::SupportReleased(of) => {
                self.holdings.remove(&of.project);
            }
            ClaimWhat::BeneficiaryLinked(linked) => {
                self.links.insert(linked.to);
            }
        }
    }

    fn record_decision(&mut self, claimed: DecisionClaimed) {
        let taken = self.decision.get_or_insert(TakenNumber {
            paper: claimed.paper,
            batch: None,
            first: claimed.project.clone(),
            approved: None,
        });
        taken.batch = taken.batch.take().or(claimed.batch);
        if claimed.approves {
            taken.approved = taken.approved.take().or(claimed.project);
        }
    }
}

impl TakenNumber {
    fn refusal(&self, decision: &Decision) -> Refusal {
        let by_batch = self.batch.as_ref().map(|batch| batch.number.as_str());
        let by_project = self
            .approved
            .as_ref()
            .or(self.first.as_ref())
            .map(|of| of.code.as_str());
        refuse("decision-number-taken")
            .field("decision.number")
            .param("decision", &decision.number)
            .param("issuer", &self.paper.issuer)
            .param("date", self.paper.date)
            .param("holder", by_batch.or(by_project).unwrap_or_default())
    }
}

fn paper_of(decision: &Decision) -> DecisionPaper {
    DecisionPaper {
        number: decision.number.clone(),
        issuer: decision.issuer.clone(),
        date: decision.date,
    }
}
