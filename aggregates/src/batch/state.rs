//! What a batch remembers of its events, and `apply`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::candidate::Candidate;
use super::command::{BatchOpening, ItemWhat, ProjectChange};
use super::event::{BatchDecided, BatchEvent, BatchFigures, BatchWhat};
use super::ranking::Ranking;
use crate::money::Dong;

/// Đợt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Batch {
    opening: Option<BatchOpening>,
    figures: BatchFigures,
    /// Open candidates: neither approved nor removed.
    candidates: BTreeMap<Uuid, Candidate>,
    /// The last order; it holds for the candidates that stand in it.
    ranking: Option<Ranking>,
    approved: BTreeMap<Uuid, ApprovedProject>,
    last_on: Option<NaiveDate>,
}

/// A đề án that the batch approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedProject {
    /// Mã đề án.
    pub code: String,
    /// What it takes of the ceiling, đồng.
    pub committed: Dong,
    /// Ngừng triển khai, or ended otherwise before its time.
    pub stopped: bool,
}

impl Batch {
    /// Whether it was opened.
    pub const fn exists(&self) -> bool {
        self.opening.is_some()
    }

    /// How it was opened.
    pub const fn opening(&self) -> Option<&BatchOpening> {
        self.opening.as_ref()
    }

    /// Its figures.
    pub const fn figures(&self) -> &BatchFigures {
        &self.figures
    }

    /// Open candidates.
    pub const fn candidates(&self) -> &BTreeMap<Uuid, Candidate> {
        &self.candidates
    }

    /// The last order of the candidates.
    pub const fn ranking(&self) -> Option<&Ranking> {
        self.ranking.as_ref()
    }

    /// The đề án that it approved.
    pub const fn approved(&self) -> &BTreeMap<Uuid, ApprovedProject> {
        &self.approved
    }

    /// What the ceiling leaves, đồng.
    pub fn left(&self) -> Dong {
        self.figures.ceiling.saturating_sub(self.figures.approved)
    }

    /// The rank of an open candidate in the last order; `None` while it is not ranked.
    pub fn rank_of(&self, project: Uuid) -> Option<u16> {
        let ranked = self.ranking.as_ref()?.candidates.iter();
        ranked
            .filter(|ranked| self.candidates.contains_key(&ranked.project))
            .find(|ranked| ranked.project == project)
            .map(|ranked| ranked.rank)
    }

    pub(super) const fn last_on(&self) -> Option<NaiveDate> {
        self.last_on
    }

    pub(super) fn record(&mut self, event: BatchEvent) {
        self.figures = event.after;
        // What is decided for one đề án alone may be dated before or after what is done with the batch (docs/adr/0013).
        if !matches!(event.what, BatchWhat::ProjectChanged(_)) {
            self.last_on = self.last_on.max(Some(event.occurred_on));
        }
        match event.what {
            BatchWhat::BatchOpened(opening) => self.opening = Some(opening),
            BatchWhat::CeilingChanged(_) => {}
            BatchWhat::CandidateAdded(candidate) => {
                // Nobody is ranked against who was not there.
                self.ranking = None;
                self.candidates.insert(candidate.project, candidate);
            }
            BatchWhat::CandidateRemoved(removed) => {
                self.candidates.remove(&removed.project);
            }
            BatchWhat::CandidatesRanked(ranked) => self.ranking = Some(ranked.ranking),
            BatchWhat::BatchDecided(decided) => self.record_decision(decided),
            BatchWhat::ProjectChanged(change) => self.record_change(&change),
        }
    }

    fn record_change(&mut self, change: &ProjectChange) {
        if let Some(project) = self.approved.get_mut(&change.project) {
            project.committed = change.after;
            project.stopped |= change.ended;
        }
    }

    fn record_decision(&mut self, decided: BatchDecided) {
        for item in decided.items {
            self.candidates.remove(&item.project);
            let was_stopped = self.approved.get(&item.project).is_some_and(|known| known.stopped);
            let project = ApprovedProject {
                code: item.code,
                committed: item.after,
                stopped: was_stopped || matches!(item.what, ItemWhat::Stop { .. }),
            };
            self.approved.insert(item.project, project);
        }
    }
}
