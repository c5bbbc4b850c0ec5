//! `decide` of a batch: who is a candidate, in which order, and Σ approved ≤ ceiling.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::candidate::Candidate;
use super::command::{BatchAction, BatchCommand, BatchOpening, ItemOutcome, ItemWhat, Outcome, ProjectChange};
use super::event::{
    BatchDecided, BatchEvent, BatchFigures, BatchWhat, CandidateRemoved, CandidatesRanked, CeilingChanged, PassedOver,
};
use super::ranking::rank;
use super::state::Batch;
use crate::money::Dong;
use crate::plan::authority::{self, Act, Power, Signature};
use crate::plan::command::{Raised, listed};
use crate::plan::refusal::{Refusal, refuse};
use crate::plan::{Circumstances, not_empty, positive};
use crate::project::check_texts;

impl Batch {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &BatchCommand) -> Result<BatchEvent, Refusal> {
        let circumstances = &command.circumstances;
        let (what, after) = match &command.action {
            BatchAction::Open(opening) => self.open(opening, circumstances)?,
            // Who may change a đề án, and on which day, its own lifecycle has judged; here only the sum is.
            BatchAction::BookChange(change) => self.book_change(change)?,
            action => {
                let (act, signature) = match action {
                    BatchAction::ChangeCeiling { .. } => (Act::Estimate, Signature::NoPaper),
                    BatchAction::Decide(outcome) => {
                        let signed_for = outcome.decision.signed_for.as_ref();
                        (Act::Decide, Signature::Decision(signed_for))
                    }
                    _ => (Act::Prepare, Signature::NoPaper),
                };
                let opening = self.opening().ok_or_else(|| refuse("no-such-batch"))?;
                let planning = powers(opening);
                authority::check(act, (&planning, &opening.units), circumstances, signature)?;
                circumstances.check(self.last_on())?;
                self.go_on(opening, action, circumstances)?
            }
        };
        Ok(BatchEvent {
            actor_id: circumstances.actor.id.clone(),
            occurred_on: circumstances.occurred_on,
            what,
            papers: circumstances.papers.clone(),
            note: circumstances.note.clone(),
            after,
        })
    }

    fn open(
        &self,
        opening: &BatchOpening,
        circumstances: &Circumstances,
    ) -> Result<(BatchWhat, BatchFigures), Refusal> {
        if self.exists() {
            return Err(refuse("batch-exists").field("number").param("number", opening.number));
        }
        let planning = powers(opening);
        authority::check(
            Act::Estimate,
            (&planning, &opening.units),
            circumstances,
            Signature::NoPaper,
        )?;
        circumstances.check(None)?;
        positive(opening.ceiling, "ceiling")?;
        let figures = BatchFigures {
            ceiling: opening.ceiling,
            approved: Dong::ZERO,
        };
        Ok((BatchWhat::BatchOpened(opening.clone()), figures))
    }

    fn go_on(
        &self,
        opening: &BatchOpening,
        action: &BatchAction,
        circumstances: &Circumstances,
    ) -> Result<(BatchWhat, BatchFigures), Refusal> {
        let figures = *self.figures();
        match action {
            BatchAction::Open(_) => Err(refuse("batch-exists").param("number", opening.number)),
            BatchAction::BookChange(change) => self.book_change(change),
            // The plan judges the sum in the same append.
            BatchAction::ChangeCeiling { ceiling, reason } => {
                let changed = CeilingChanged {
                    before: figures.ceiling,
                    ceiling: *ceiling,
                    reason: reason.clone(),
                };
                let after = BatchFigures {
                    ceiling: *ceiling,
                    ..figures
                };
                Ok((BatchWhat::CeilingChanged(changed), after))
            }
            BatchAction::AddCandidate(candidate) => self.add(candidate).map(|what| (what, figures)),
            BatchAction::RemoveCandidate { project, reason } => {
                not_empty(reason, "reason")?;
                check_texts(reason, "reason")?;
                let candidate = self
                    .candidates()
                    .get(project)
                    .ok_or_else(|| refuse("not-a-candidate").field("project").param("project", project))?;
                let removed = CandidateRemoved {
                    project: *project,
                    code: candidate.code.clone(),
                    reason: reason.clone(),
                };
                Ok((BatchWhat::CandidateRemoved(removed), figures))
            }
            BatchAction::Rank { settings, ties } => {
                check_texts(ties, "ties")?;
                let ranking = rank(self.candidates().values(), *settings, ties, self.left())?;
                let ranked = CandidatesRanked {
                    ranking,
                    ties: ties.clone(),
                };
                Ok((BatchWhat::CandidatesRanked(ranked), figures))
            }
            BatchAction::Decide(outcome) => self.conclude(opening, outcome, circumstances),
        }
    }

    fn add(&self, candidate: &Candidate) -> Result<BatchWhat, Refusal> {
        let known = |code| refuse(code).field("project").param("project", &candidate.code);
        if self.candidates().contains_key(&candidate.project) {
            return Err(known("already-a-candidate"));
        }
        if self.approved().contains_key(&candidate.project) {
            return Err(known("already-approved"));
        }
        Ok(BatchWhat::CandidateAdded(candidate.clone()))
    }

    fn conclude(
        &self,
        opening: &BatchOpening,
        outcome: &Outcome,
        circumstances: &Circumstances,
    ) -> Result<(BatchWhat, BatchFigures), Refusal> {
        circumstances.check_decision(&outcome.decision)?;
        if outcome.items.is_empty() {
            return Err(refuse("no-items").field("items"));
        }
        let mut seen = BTreeSet::new();
        for (index, item) in outcome.items.iter().enumerate() {
            let at = format!("items.{index}");
            if !seen.insert(item.project) {
                return Err(refuse("project-repeated")
                    .field(format!("{at}.project"))
                    .param("project", &item.code));
            }
            self.check_item(item, &at)?;
        }
        let figures = *self.figures();
        let after = outcome.items.iter().map(|item| (item.project, item.after)).collect();
        let raised: Vec<Raised> = outcome.items.iter().filter_map(ItemOutcome::raised).collect();
        let approved = self.approved_with(opening, &after, &raised)?;
        let decided = BatchDecided {
            decision: outcome.decision.clone(),
            passed_over: self.passed_over(&outcome.items),
            items: outcome.items.clone(),
            before: figures.approved,
        };
        Ok((BatchWhat::BatchDecided(decided), BatchFigures { approved, ..figures }))
    }

    fn check_item(&self, item: &ItemOutcome, at: &str) -> Result<(), Refusal> {
        let refused = |code| refuse(code).field(format!("{at}.project")).param("project", &item.code);
        if let Some(reason) = item.what.reason() {
            not_empty(reason, &format!("{at}.what.{}.reason", item.what.as_str()))?;
        }
        let is_candidate = self.candidates().contains_key(&item.project);
        let approved = self.approved().get(&item.project);
        match item.what {
            ItemWhat::Approve { .. } | ItemWhat::Add { .. } if approved.is_some() => Err(refused("already-approved")),
            ItemWhat::Approve { .. } if !is_candidate => Err(refused("not-a-candidate")),
            ItemWhat::Approve { .. } if self.rank_of(item.project).is_none() => Err(refused("not-ranked")),
            // Who has a place in the order is approved by it, not past it.
            ItemWhat::Add { .. } if is_candidate => Err(refused("already-a-candidate")),
            ItemWhat::Stop { .. } | ItemWhat::Adjust { .. } if approved.is_none() => Err(refused("not-in-batch")),
            _ => Ok(()),
        }
    }

    fn book_change(&self, change: &ProjectChange) -> Result<(BatchWhat, BatchFigures), Refusal> {
        let opening = self.opening().ok_or_else(|| refuse("no-such-batch"))?;
        if !self.approved().contains_key(&change.project) {
            return Err(refuse("not-in-batch").param("project", &change.code));
        }
        let after = BTreeMap::from([(change.project, change.after)]);
        let approved = self.approved_with(opening, &after, change.raised().as_slice())?;
        let figures = *self.figures();
        Ok((
            BatchWhat::ProjectChanged(change.clone()),
            BatchFigures { approved, ..figures },
        ))
    }

    /// Σ approved when these đề án take so much, đồng. What takes less, or the same, is never refused.
    fn approved_with(
        &self,
        opening: &BatchOpening,
        after: &BTreeMap<Uuid, Dong>,
        raised: &[Raised],
    ) -> Result<Dong, Refusal> {
        let others = self
            .approved()
            .iter()
            .filter(|(project, _)| !after.contains_key(project))
            .map(|(_, project)| project.committed);
        let approved = Dong::sum(others.chain(after.values().copied()))
            .ok_or_else(|| refuse("amount-too-large").field("items"))?;
        let figures = self.figures();
        if approved > figures.ceiling && approved > figures.approved {
            return Err(refuse("batch-ceiling-exceeded")
                .field("items")
                .rule("TT 36/2013/TT-BCT Đ6.3")
                .param("number", opening.number)
                .param("amount", approved)
                .param("limit", figures.ceiling)
                .param("over", approved.saturating_sub(figures.ceiling))
                .param("projects", listed(raised)));
        }
        Ok(approved)
    }

    fn passed_over(&self, items: &[ItemOutcome]) -> Vec<PassedOver> {
        let approves = |project| {
            items
                .iter()
                .any(|item| item.project == project && matches!(item.what, ItemWhat::Approve { .. }))
        };
        let ranked = self.ranking().map_or(&[][..], |ranking| &ranking.candidates);
        let open: Vec<_> = ranked
            .iter()
            .filter(|ranked| self.candidates().contains_key(&ranked.project))
            .collect();
        let last = open.iter().rposition(|ranked| approves(ranked.project)).unwrap_or(0);
        open[..last.min(open.len())]
            .iter()
            .filter(|ranked| !approves(ranked.project))
            .map(|ranked| PassedOver {
                rank: ranked.rank,
                project: ranked.project,
                code: ranked.code.clone(),
            })
            .collect()
    }
}

fn powers(opening: &BatchOpening) -> Vec<Power> {
    authority::of_plan(&opening.planning, opening.level)
}
