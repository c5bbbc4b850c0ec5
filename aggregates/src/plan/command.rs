//! What a command on a plan asks for, with what was looked up. The details stand in the events as they are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::authority::{self, Power};
use super::refusal::{Refusal, refuse};
use crate::actor::{Actor, Unit};
use crate::lifecycle::Lifecycle;
use crate::money::Dong;
use crate::places::Places;
use crate::project::content::{Level, Units};
use crate::project::event::Pin;
use crate::project::papers::{Decision, Paper};
use crate::published::Pinned;

/// Who acts, when: what a decision must not look up itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// Who acts.
    pub actor: Actor,
    /// Business date on the papers.
    pub occurred_on: NaiveDate,
    /// Today in Vietnam.
    pub today: NaiveDate,
    /// Papers filed with it.
    pub papers: Vec<Paper>,
    /// Ghi chú.
    pub note: String,
}

/// A command on a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanCommand {
    /// What to do.
    pub action: PlanAction,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

/// What to do with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanAction {
    /// Giao dự toán: opens the plan.
    AssignEstimate(EstimateAssignment),
    /// Điều chỉnh dự toán.
    ChangeEstimate(EstimateChange),
    /// Mở đợt: its ceiling is taken from the estimate.
    ReserveBatch(BatchReservation),
    /// Điều chỉnh hạn mức của đợt.
    ChangeCeiling(CeilingChange),
    /// A decision of a batch; nobody sends it alone, see [`crate::batch::together`].
    BookDecision(DecisionBooking),
    /// A đề án of a batch changed by a step of its own; nobody sends it alone, see [`crate::batch::alone`].
    BookChange(ChangeBooking),
}

/// Dự toán được giao.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateAssignment {
    /// Programme.
    pub level: Level,
    /// Province of a local programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Năm kế hoạch.
    pub year: u16,
    /// Cấp có thẩm quyền phê duyệt: the unit of the Ministry, or of the province.
    pub authority: Unit,
    /// Which unit stands for which party, with the names of the day.
    pub units: Units,
    /// Dự toán, đồng.
    pub amount: Dong,
    /// Quyết định giao dự toán.
    pub decision: Decision,
    /// Who opens batches in the plan, prepares and decides them; in events from before it was data, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planning: Vec<Power>,
    /// The text that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Pin>,
}

/// Which plan: programme, province of a local one, year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanKey {
    /// Programme.
    pub level: Level,
    /// Province of a local programme.
    pub province: Option<String>,
    /// Năm kế hoạch.
    pub year: u16,
}

impl EstimateAssignment {
    /// The estimate of a plan. Which units stand for which party, with their names on a day, and who does what, the lifecycle says that
    /// is the rule of the programme.
    ///
    /// # Errors
    /// `unknown-province`, `no-authority`.
    pub fn of(
        key: PlanKey,
        (amount, decision): (Dong, Decision),
        (pinned, places, day): (&Pinned<Lifecycle>, &Places, NaiveDate),
    ) -> Result<Self, Refusal> {
        let lifecycle = &pinned.value;
        // Of a province that was taken in, the successor's agencies bring its plans to their end: their units keep their ids.
        let name = match &key.province {
            None => "",
            Some(code) => {
                let now = places.became(code, day);
                let unknown = || refuse("unknown-province").field("province").param("province", code);
                now.ok_or_else(unknown)?.name.as_str()
            }
        };
        let code = key.province.as_deref().unwrap_or_default();
        let parties = authority::parties(key.level);
        let patterns = lifecycle
            .units
            .iter()
            .filter(|pattern| parties.contains(&pattern.party));
        let units: Units = patterns
            .map(|pattern| {
                let listed = places.agency_name(&pattern.id, day, name);
                let unit = Unit {
                    id: pattern.id_for(code),
                    name: listed.unwrap_or_else(|| pattern.name_on(day, name)),
                };
                (pattern.party, unit)
            })
            .collect();
        let approving = parties[0];
        let authority = units.get(&approving).cloned().ok_or_else(|| {
            refuse("no-authority")
                .param("lifecycle", &lifecycle.code)
                .param("party", approving.as_str())
        })?;
        Ok(Self {
            level: key.level,
            province: key.province,
            year: key.year,
            authority,
            units,
            amount,
            decision,
            planning: lifecycle.planning.clone(),
            lifecycle: Some(pinned.pin.clone()),
        })
    }
}

/// Điều chỉnh dự toán.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateChange {
    /// Dự toán from now on, đồng.
    pub amount: Dong,
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// A batch in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReservation {
    /// The batch's id.
    pub batch: Uuid,
    /// Đợt số, from 1.
    pub number: u16,
    /// Hạn mức, đồng.
    pub ceiling: Dong,
}

/// Another ceiling for a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CeilingChange {
    /// Đợt số.
    pub number: u16,
    /// Hạn mức from now on, đồng.
    pub ceiling: Dong,
    /// Lý do.
    pub reason: String,
}

/// What a decision of a batch does to the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionBooking {
    /// Đợt số.
    pub number: u16,
    /// Quyết định.
    pub decision: Decision,
    /// Approved in the batch before it, đồng.
    pub before: Dong,
    /// Approved in the batch from now on, đồng.
    pub after: Dong,
    /// The đề án that take more than before, with what they take; for the refusal.
    pub raised: Vec<Raised>,
}

/// What a đề án's own step does to the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeBooking {
    /// Đợt số.
    pub number: u16,
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Approved in the batch before it, đồng.
    pub before: Dong,
    /// Approved in the batch from now on, đồng.
    pub after: Dong,
}

/// A đề án that takes more than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Mã đề án.
    pub code: String,
    /// By how much, đồng.
    pub by: Dong,
}

impl Raised {
    /// What a đề án takes more than before, if it does.
    pub(crate) fn between(code: &str, before: Dong, after: Dong) -> Option<Self> {
        let by = after.checked_sub(before).filter(|by| *by > Dong::ZERO)?;
        Some(Self {
            code: code.to_owned(),
            by,
        })
    }
}

/// `KC-1 +300.000.000; KC-2 +90.000.000`: which đề án a refused sum is made of.
pub(crate) fn listed(raised: &[Raised]) -> String {
    let each: Vec<String> = raised.iter().map(|one| format!("{} +{}", one.code, one.by)).collect();
    each.join("; ")
}
