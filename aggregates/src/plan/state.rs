//! What a plan remembers of its events, and `apply`.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::authority::{self, Power};
use super::command::EstimateAssignment;
use super::event::{PlanEvent, PlanFigures, PlanWhat};
use crate::actor::Unit;
use crate::money::Dong;
use crate::project::content::{Level, Units};
use crate::project::papers::Decision;

/// Kế hoạch khuyến công of one programme, authority and year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    identity: Option<Identity>,
    figures: PlanFigures,
    batches: BTreeMap<u16, PlannedBatch>,
    /// Đợt số by year and number of each recorded decision.
    decisions: BTreeMap<String, u16>,
    last_on: Option<NaiveDate>,
}

/// What never changes after the plan was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    level: Level,
    province: Option<String>,
    year: u16,
    authority: Unit,
    units: Units,
    planning: Vec<Power>,
}

/// A batch as its plan knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBatch {
    /// The batch.
    pub batch: Uuid,
    /// Hạn mức, đồng.
    pub ceiling: Dong,
    /// Approved in it, đồng.
    pub approved: Dong,
}

impl Plan {
    /// Whether an estimate was assigned.
    pub const fn exists(&self) -> bool {
        self.identity.is_some()
    }

    /// The programme.
    pub fn level(&self) -> Option<Level> {
        self.identity.as_ref().map(|identity| identity.level)
    }

    /// Province of a local plan.
    pub fn province(&self) -> Option<&str> {
        self.identity.as_ref()?.province.as_deref()
    }

    /// Năm kế hoạch; 0 for a plan that doesn't exist.
    pub fn year(&self) -> u16 {
        self.identity.as_ref().map_or(0, |identity| identity.year)
    }

    /// Who approves under it.
    pub fn authority(&self) -> Option<&Unit> {
        self.identity.as_ref().map(|identity| &identity.authority)
    }

    /// Which unit stands for which party.
    pub fn units(&self) -> Option<&Units> {
        self.identity.as_ref().map(|identity| &identity.units)
    }

    /// Who opens batches in it, prepares and decides them.
    pub fn planning(&self) -> &[Power] {
        self.identity.as_ref().map_or(&[], |identity| &identity.planning)
    }

    /// Its figures.
    pub const fn figures(&self) -> &PlanFigures {
        &self.figures
    }

    /// Its batches by number.
    pub const fn batches(&self) -> &BTreeMap<u16, PlannedBatch> {
        &self.batches
    }

    /// The batch in which a decision of this number and year is recorded.
    pub(super) fn decided_in(&self, decision: &Decision) -> Option<u16> {
        self.decisions.get(&decision_key(decision)).copied()
    }

    pub(super) const fn last_on(&self) -> Option<NaiveDate> {
        self.last_on
    }

    pub(super) fn record(&mut self, event: PlanEvent) {
        self.figures = event.after;
        // What is decided for one đề án alone may be dated before or after what is done with the plan (docs/adr/0013).
        if !matches!(event.what, PlanWhat::ChangeBooked(_)) {
            self.last_on = self.last_on.max(Some(event.occurred_on));
        }
        match event.what {
            PlanWhat::EstimateAssigned(assigned) => self.identity = Some(Identity::of(assigned)),
            PlanWhat::EstimateChanged(_) => {}
            PlanWhat::BatchReserved(reserved) => {
                let batch = PlannedBatch {
                    batch: reserved.batch,
                    ceiling: reserved.ceiling,
                    approved: Dong::ZERO,
                };
                self.batches.insert(reserved.number, batch);
            }
            PlanWhat::BatchCeilingChanged(changed) => {
                if let Some(batch) = self.batches.get_mut(&changed.number) {
                    batch.ceiling = changed.ceiling;
                }
            }
            PlanWhat::ChangeBooked(booked) => {
                if let Some(batch) = self.batches.get_mut(&booked.number) {
                    batch.approved = booked.after;
                }
            }
            PlanWhat::DecisionBooked(booked) => {
                if let Some(batch) = self.batches.get_mut(&booked.number) {
                    batch.approved = booked.after;
                }
                self.decisions.insert(decision_key(&booked.decision), booked.number);
            }
        }
    }
}

impl Identity {
    fn of(assigned: EstimateAssignment) -> Self {
        Self {
            planning: authority::of_plan(&assigned.planning, assigned.level),
            level: assigned.level,
            province: assigned.province,
            year: assigned.year,
            authority: assigned.authority,
            units: assigned.units,
        }
    }
}

/// A decision's number is one of a year: the next one begins anew.
fn decision_key(decision: &Decision) -> String {
    format!("{}/{}", decision.date.year(), key_of(&decision.number))
}

/// `12/qđ-bct ` and `12/QĐ-BCT` are one number.
pub(crate) fn key_of(number: &str) -> String {
    number.split_whitespace().collect::<String>().to_uppercase()
}
