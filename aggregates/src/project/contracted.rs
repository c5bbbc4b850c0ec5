//! What a contract over several đề án means for one of them: the reference in its events, the settlement clock that runs for all of them
//! together, and what the contract tells it without a step of its lifecycle.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::papers::Decision;
use super::standing::Phase;
use super::state::Project;
use crate::lifecycle::{ActionKind, Step};
use crate::money::Dong;

/// The most days that a contract may give for the settlement file (TT 36/2013 Đ18.1).
pub const SETTLEMENT_DAYS_MAX: u8 = 15;

/// The contract of which an event is part: its other events stand in the same append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractReference {
    /// The contract.
    pub contract: Uuid,
    /// Số hợp đồng.
    pub number: String,
}

/// The inspection of which an event is part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectionReference {
    /// The inspection.
    pub inspection: Uuid,
    /// Số quyết định kiểm tra.
    pub decision: String,
}

/// Phụ lục hợp đồng, as far as it changes one đề án.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractAmended {
    /// Số phụ lục.
    pub number: String,
    /// Quyết định.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
    /// Kinh phí hỗ trợ in the contract before, đồng.
    pub before: Dong,
    /// From now on, đồng.
    pub value: Dong,
}

/// The last đề án of the contract was accepted or ended: from now on the settlement file of each is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementClockSet {
    /// The clock; `None`: it stands still again, because a đề án of the contract goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<SettlementClock>,
}

/// How the 15 days of TT 36/2013 Đ18.1 are counted. The text leaves it open, so a contract says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSettings {
    /// Days, 1 ..= [`SETTLEMENT_DAYS_MAX`].
    pub days: u8,
    /// Which days count.
    pub counting: Counting,
    /// Ngày nghỉ lễ, and other days that don't count when working days do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days_off: Vec<NaiveDate>,
    /// From which day.
    pub from: ClockStart,
    /// Whether a đề án may be settled while others of the contract go on.
    pub filing: Filing,
}

impl Default for ClockSettings {
    fn default() -> Self {
        Self {
            days: SETTLEMENT_DAYS_MAX,
            counting: Counting::Calendar,
            days_off: Vec::new(),
            from: ClockStart::LastActive,
            filing: Filing::AfterLast,
        }
    }
}

/// Which days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Ngày theo lịch.
    Calendar,
    /// Ngày làm việc: Monday to Friday, without the days off.
    Working,
}

/// From which day the clock runs when the last đề án was stopped and not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// From the day on which nothing of the contract went on any more: the last acceptance or the last stop.
    LastActive,
    /// From the last acceptance, also when another đề án went on after it and was then stopped.
    LastAcceptance,
}

/// When the settlement file of a đề án may be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filing {
    /// After the last đề án of the contract was accepted or ended.
    AfterLast,
    /// As soon as the đề án itself was accepted.
    AnyTime,
}

/// The settlement clock, running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementClock {
    /// From this day.
    pub started_on: NaiveDate,
    /// To this day, inclusive.
    pub due_on: NaiveDate,
}

/// A đề án as the settlement clock sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progression {
    /// It goes on.
    Running,
    /// Wholly accepted, on this day.
    Accepted(NaiveDate),
    /// Ended without settlement in the ordinary way, on this day.
    Ended(NaiveDate),
}

impl ClockSettings {
    /// The clock over the đề án of a contract; `None` while one goes on, and where none was accepted.
    pub fn clock(&self, projects: impl IntoIterator<Item = Progression>) -> Option<SettlementClock> {
        let (mut accepted, mut ended) = (None, None);
        for project in projects {
            match project {
                Progression::Running => return None,
                Progression::Accepted(day) => accepted = accepted.max(Some(day)),
                Progression::Ended(day) => ended = ended.max(Some(day)),
            }
        }
        let accepted = accepted?;
        let started_on = match self.from {
            ClockStart::LastActive => accepted.max(ended.unwrap_or(accepted)),
            ClockStart::LastAcceptance => accepted,
        };
        Some(SettlementClock {
            started_on,
            due_on: self.due_on(started_on),
        })
    }

    /// The last of the days, counted from the day after, but never after 22/01 of the next year (TT 36/2013 Đ18.2), whatever days are off.
    pub fn due_on(&self, started_on: NaiveDate) -> NaiveDate {
        let last = NaiveDate::from_ymd_opt(started_on.year() + 1, 1, 22).unwrap_or(started_on);
        let mut day = started_on;
        let mut left = self.days;
        while left > 0 {
            let Some(next) = day.checked_add_days(Days::new(1)) else {
                break;
            };
            day = next;
            let counts = match self.counting {
                Counting::Calendar => true,
                Counting::Working => {
                    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.days_off.contains(&day)
                }
            };
            left -= u8::from(counts);
        }
        day.min(last)
    }
}

/// What a command brings along of the contract over several đề án.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contracted {
    /// The contract.
    pub reference: ContractReference,
    /// Whether the contract itself takes the step.
    pub by_contract: bool,
    /// How its clock counts.
    pub settings: ClockSettings,
    /// Its other đề án.
    pub others: Vec<Progression>,
}

impl Contracted {
    /// The clock when this đề án stands like that.
    pub fn clock(&self, own: Progression) -> Option<SettlementClock> {
        self.settings.clock(self.others.iter().copied().chain([own]))
    }
}

impl Project {
    /// The contract over several đề án that it is part of; `None` also where it has a contract of its own.
    pub const fn contract(&self) -> Option<&ContractReference> {
        self.contract.as_ref()
    }

    /// Whether a step is taken for this project alone, and not by the decision of a batch or by its contract.
    pub fn takes_alone(&self, step: &Step) -> bool {
        let by_contract = self.contract.is_some() && step.action == ActionKind::LiquidateContract;
        !step.by_batch && !by_contract
    }

    /// As a settlement clock sees it.
    pub fn progression(&self) -> Progression {
        let day_of = |sequence: Option<u64>| sequence.and_then(|sequence| self.day_of(sequence));
        if self.is_stopped {
            return Progression::Ended(day_of(self.stopped_by).or(self.last_step_on()).unwrap_or_default());
        }
        if self.is_settled || self.is_all_accepted() {
            let days = self.accepted_by.iter().filter_map(|sequence| self.day_of(*sequence));
            return Progression::Accepted(days.max().or(self.last_step_on()).unwrap_or_default());
        }
        Progression::Running
    }

    /// Whether nothing of it is to be settled any more: settled, or formally ended.
    pub fn is_concluded(&self) -> bool {
        matches!(
            self.standing.phase,
            Phase::Settled | Phase::Archived | Phase::Stopped | Phase::Refused
        )
    }

    /// Business date of one of its events, as corrected.
    pub(super) fn day_of(&self, sequence: u64) -> Option<NaiveDate> {
        let index = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.trail.get(index).map(|trace| trace.occurred_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn fifteen_days_by_the_calendar_and_by_working_days() {
        let calendar = ClockSettings::default();
        // A Thursday before the holidays of 30 April and 1 May 2019.
        let start = day("2019-04-18");
        assert_eq!(calendar.due_on(start), day("2019-05-03"));
        let working = ClockSettings {
            counting: Counting::Working,
            days_off: vec![day("2019-04-30"), day("2019-05-01")],
            ..ClockSettings::default()
        };
        assert_eq!(working.due_on(start), day("2019-05-13"));
    }

    #[test]
    fn the_clock_starts_with_the_last_and_not_before() {
        let (first, last) = (
            Progression::Accepted(day("2019-08-01")),
            Progression::Ended(day("2019-10-01")),
        );
        let settings = ClockSettings::default();
        assert_eq!(settings.clock([first, Progression::Running]), None);
        assert_eq!(
            settings.clock([last]),
            None,
            "nothing was accepted, nothing is to be filed"
        );
        let clock = settings.clock([first, last]).expect("it runs");
        assert_eq!((clock.started_on, clock.due_on), (day("2019-10-01"), day("2019-10-16")));
        let by_acceptance = ClockSettings {
            from: ClockStart::LastAcceptance,
            ..settings
        };
        assert_eq!(
            by_acceptance.clock([last, first]).map(|clock| clock.started_on),
            Some(day("2019-08-01"))
        );
    }
}
