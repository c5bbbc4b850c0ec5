//! Which project an index stands for: published or invented, programme, province, plan year, and what becomes of it.

use chrono::{Datelike, NaiveDate};
use dean_aggregates::project::content::Level;

use super::Plan;
use super::calendar::{CONTRACT_DAY, FIRST_DAY, LAST_DAY, MID_YEAR, start_of};
use super::dice::Dice;
use super::real::{REAL, RealProject};

/// What becomes of a project. Between them they lead through every state and side path of the lifecycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// From proposal to archive.
    Plain,
    /// Trả lại để bổ sung hồ sơ, by the Sở.
    Returned,
    /// … by the Cục, after registration (or at the province after appraisal).
    ReturnedLater,
    /// … and never heard of again.
    ReturnedForGood,
    /// Never proposed.
    DraftForGood,
    /// Thẩm định cấp cơ sở: không đạt.
    FailedFirst,
    /// Thẩm định cấp Bộ, cấp tỉnh: không đạt.
    FailedLast,
    /// Không phê duyệt.
    Refused,
    /// Xin rút before approval.
    Withdrawn,
    /// Approved and then given back.
    WithdrawnLate,
    /// Ngừng theo đề nghị, before any money.
    StoppedOnRequest,
    /// Ngừng do vi phạm after the first advance: receivable, refund.
    StoppedForViolation,
    /// Điều chỉnh by the Sở (group project).
    AdjustedByDepartment,
    /// … by the Cục: less money, or time within the year.
    AdjustedByAgency,
    /// … by the Minister or the chairman: more money or other activities.
    AdjustedByMinistry,
    /// Gia hạn and chuyển nguồn.
    Extended,
    /// Quyết toán muộn, accounted meanwhile.
    SettledLate,
    /// Bất khả kháng.
    ForceMajeure,
    /// Settled for less than was paid: refund.
    SettledShort,
    /// Hoàn trả while it runs.
    RefundedEarly,
    /// A receivable raised by decision before settlement.
    Receivable,
    /// Mở lại after settlement.
    Reopened,
    /// Mở lại after archiving.
    ReopenedLate,
    /// Đính chính.
    Corrected,
    /// Inspected, findings closed.
    InspectedClosed,
    /// Inspected, findings open.
    InspectedOpen,
    /// Đề án nhóm.
    Group,
    /// Đề án điểm.
    Key,
    /// Two places, accepted one by one, with a next advance.
    TwoPlaces,
    /// In two provinces, proposed straight to the agency.
    Several,
    /// Carried out by a regional centre.
    Regional,
    /// Asks to withdraw, and goes on.
    WithdrawalDeclined,
    /// A task assigned to a unit under the Ministry.
    Assigned,
    /// … stopped and settled.
    AssignedStopped,
    /// Moved to a newer lifecycle version.
    Moved,
    /// Stays where it is at some step: overdue now.
    Stalled,
    /// Stopped on request by the decision in the middle of the year …
    MidYearStopped,
    /// … adjusted by the same …
    MidYearAdjusted,
    /// … and added by it.
    MidYearAdded,
    /// Signed for together with others of the same implementer, and under way.
    Contracted,
}

/// The fates in rotation: any [`FATES`]`.len()` consecutive projects of a level meet all of them, however few there are.
const FATES: &[Fate] = &[
    Fate::Plain,
    Fate::Group,
    Fate::Returned,
    Fate::Moved,
    Fate::StoppedForViolation,
    Fate::Several,
    Fate::Corrected,
    Fate::Extended,
    Fate::Stalled,
    Fate::InspectedClosed,
    Fate::Regional,
    Fate::FailedFirst,
    Fate::AdjustedByAgency,
    Fate::SettledLate,
    Fate::TwoPlaces,
    Fate::WithdrawalDeclined,
    Fate::Refused,
    Fate::ForceMajeure,
    Fate::Moved,
    Fate::Assigned,
    Fate::ReturnedLater,
    Fate::Withdrawn,
    Fate::AdjustedByMinistry,
    Fate::Stalled,
    Fate::SettledShort,
    Fate::AssignedStopped,
    Fate::Key,
    Fate::Reopened,
    Fate::FailedLast,
    Fate::AdjustedByDepartment,
    Fate::Plain,
    Fate::StoppedOnRequest,
    Fate::InspectedOpen,
    Fate::Receivable,
    Fate::Plain,
    Fate::WithdrawnLate,
    Fate::RefundedEarly,
    Fate::Stalled,
    Fate::ReopenedLate,
    Fate::Plain,
    Fate::ReturnedForGood,
    Fate::Moved,
    Fate::DraftForGood,
];

/// What one decision in the middle of a year does: the first national projects of that year.
const MID_YEAR_FATES: [Fate; 3] = [Fate::MidYearStopped, Fate::MidYearAdjusted, Fate::MidYearAdded];

/// So many of the first national projects of the year of [`CONTRACT_DAY`] share a contract.
const CONTRACTED: usize = 2;

/// A project that is to be.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// From 1 over the whole demo; stands in the code.
    pub(super) number: u32,
    pub(super) real: Option<&'static RealProject>,
    pub(super) level: Level,
    pub(super) plan_year: u16,
    pub(super) fate: Fate,
    /// The day on which it is drafted.
    pub(super) start: NaiveDate,
}

/// All projects of a plan in the order of their first day, made one by one.
pub(super) struct Subjects {
    plan: Plan,
    real: usize,
    reals: usize,
    generated: u32,
    /// Of those that the decision in the middle of the year is about.
    mid_year: usize,
    /// Of those that share a contract.
    contracted: usize,
}

impl Subjects {
    pub(super) fn new(plan: Plan) -> Self {
        // The last one is always generated: it is drafted on the last day.
        let reals = REAL.len().min(plan.projects.saturating_sub(1) as usize);
        Self {
            plan,
            real: 0,
            reals,
            generated: 0,
            mid_year: 0,
            contracted: 0,
        }
    }

    fn generated_count(&self) -> u32 {
        self.plan.projects - u32::try_from(self.reals).unwrap_or(0)
    }

    /// The next project, if it starts no later than `day`.
    pub(super) fn next_by(&mut self, day: NaiveDate) -> Option<Subject> {
        let number = self.generated + u32::try_from(self.real).unwrap_or(0) + 1;
        if self.real < self.reals && REAL[self.real].start <= day {
            let real = &REAL[self.real];
            self.real += 1;
            let fate = if real.beneficiaries.len() > 1 {
                Fate::Group
            } else {
                Fate::Plain
            };
            let (level, plan_year, start) = (real.level, real.plan_year, real.start);
            return Some(Subject {
                number,
                real: Some(real),
                level,
                plan_year,
                fate,
                start,
            });
        }
        let count = self.generated_count();
        if self.generated >= count {
            return None;
        }
        let index = self.generated;
        let is_last = index + 1 == count;
        let (plan_year, start) = if is_last {
            (2027, LAST_DAY)
        } else {
            start_of(index, count)
        };
        if start > day {
            return None;
        }
        self.generated += 1;
        let mut dice = Dice::new(&[self.plan.seed, u64::from(index), 1]);
        // Two of five are national, in a pattern without chance: both programmes then meet all fates.
        let national = matches!(index % 5, 1 | 3);
        let level = if national { Level::National } else { Level::Local };
        let rank = index / 5 * if national { 2 } else { 3 } + (index % 5) / 2;
        let turn = (u64::from(rank) + self.plan.seed) % FATES.len() as u64;
        let mut fate = FATES[usize::try_from(turn).unwrap_or(0)];
        if fate == Fate::Stalled && plan_year < 2025 {
            // What stands still for ten years would be no project any more.
            fate = Fate::Plain;
        } else if fate == Fate::Plain && plan_year >= 2025 && dice.chance(25) {
            fate = Fate::Stalled;
        }
        if national
            && i32::from(plan_year) == MID_YEAR.year()
            && let Some(special) = MID_YEAR_FATES.get(self.mid_year)
        {
            fate = *special;
            self.mid_year += 1;
        }
        if national && i32::from(plan_year) == CONTRACT_DAY.year() && self.contracted < CONTRACTED {
            fate = Fate::Contracted;
            self.contracted += 1;
        }
        let start = start.max(FIRST_DAY);
        Some(Subject {
            number,
            real: None,
            level,
            plan_year,
            fate,
            start,
        })
    }
}
