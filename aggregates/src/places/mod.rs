//! Provinces and agencies by day: their names and regions change, provinces merge (63 → 34 in 2025). An event keeps the code of its day; what
//! that code is called, and what became of it, is data with validity dates.

mod parse;
pub mod publication;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::published::{Problem, Published};

/// Regions of the conferences on khuyến công (TT 26/2014/TT-BCT Đ3.1c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Miền Bắc.
    North,
    /// Miền Trung và Tây Nguyên.
    Central,
    /// Miền Nam.
    South,
}

impl Region {
    /// Every region, from north to south.
    pub const ALL: [Self; 3] = [Self::North, Self::Central, Self::South];

    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::Central => "central",
            Self::South => "south",
        }
    }
}

/// A province as it was in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Province {
    /// Stable code, e.g. `lai-chau`. It stands for one province for ever; whoever takes others in has another row of the same code.
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// Region.
    pub region: Region,
    /// First day of this name, extent and region.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Code of the province that takes the whole of it in on the day after.
    pub successor: Option<String>,
}

impl Province {
    /// Whether the row holds on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day <= end)
    }
}

/// An agency, or one agency of every province: what it was called from which day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Pattern of the unit's id, e.g. `so-ct-{province}`.
    pub id: String,
    /// Names with the day from which each holds, ascending; `{province_name}` is filled in.
    pub names: Vec<(NaiveDate, String)>,
}

impl Agency {
    /// The agency's name on a day.
    pub fn name_on(&self, day: NaiveDate, province_name: &str) -> String {
        self.names
            .iter()
            .rfind(|(from, _)| *from <= day)
            .or(self.names.first())
            .map(|(_, name)| name.replace("{province_name}", province_name))
            .unwrap_or_default()
    }
}

/// Why nothing new can be recorded in a province on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace<'a> {
    /// The list doesn't have it.
    Unknown,
    /// Another province has taken it in.
    Ended {
        /// As it was last.
        was: &'a Province,
        /// Who took it in.
        now: &'a Province,
    },
}

/// On which map sums by place are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceMap {
    /// Theo địa giới ngày sự kiện: the province as it was on the day on which the place was recorded.
    #[default]
    EventDay,
    /// Theo địa giới hiện nay: what became of it by today.
    Today,
}

impl PlaceMap {
    /// Both.
    pub const ALL: [Self; 2] = [Self::EventDay, Self::Today];

    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventDay => "event-day",
            Self::Today => "today",
        }
    }
}

/// A published list of provinces and agencies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Code of the list.
    pub code: String,
    /// Version.
    pub version: String,
    /// First day on which the list holds.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// The provinces, each with a row for every span of time.
    pub provinces: Vec<Province>,
    /// The agencies.
    pub agencies: Vec<Agency>,
}

impl Places {
    /// Parses and validates a list.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        parse::parse(file, text)
    }

    /// The province as it was on a day; where none was valid that day, as it was last.
    pub fn province(&self, code: &str, day: NaiveDate) -> Option<&Province> {
        let mut found = self.provinces.iter().filter(|province| province.code == code);
        let last = self.provinces.iter().rfind(|province| province.code == code);
        found.find(|province| province.holds_on(day)).or(last)
    }

    /// What became of a province by a day: itself, or whoever took it in. Each hop leads to a row that ends later, so the chain ends.
    pub fn became(&self, code: &str, day: NaiveDate) -> Option<&Province> {
        let mut known = self.province(code, day)?;
        for _ in 0..self.provinces.len() {
            let successor = known
                .successor
                .as_deref()
                .filter(|_| known.valid_to.is_some_and(|end| end < day));
            let Some(next) = successor.and_then(|code| self.province(code, day)) else {
                break;
            };
            known = next;
        }
        Some(known)
    }

    /// The province in which something new is recorded on a day.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn standing(&self, code: &str, day: NaiveDate) -> Result<&Province, NoPlace<'_>> {
        let was = self.province(code, day).ok_or(NoPlace::Unknown)?;
        match self.became(code, day) {
            Some(now) if now.code != was.code => Err(NoPlace::Ended { was, now }),
            _ => Ok(was),
        }
    }

    /// The province that the map shows for a place that was recorded on a day.
    pub fn shown(&self, code: &str, recorded_on: NaiveDate, map: PlaceMap, today: NaiveDate) -> Option<&Province> {
        match map {
            PlaceMap::EventDay => self.province(code, recorded_on),
            PlaceMap::Today => self.became(code, today),
        }
    }

    /// The provinces of a day, in the order of the list.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Province> {
        self.provinces.iter().filter(move |province| province.holds_on(day))
    }

    /// Codes of all provinces that have become this one by a day, itself included.
    pub fn part_of(&self, code: &str, day: NaiveDate) -> BTreeSet<&str> {
        let all = self.provinces.iter().map(|province| province.code.as_str());
        all.filter(|part| self.became(part, day).is_some_and(|now| now.code == code))
            .collect()
    }

    /// Days on which rows begin after the first ones, ascending: between two of them the map stays the same.
    pub fn changes(&self) -> Vec<NaiveDate> {
        let days: BTreeSet<NaiveDate> = self.provinces.iter().map(|province| province.valid_from).collect();
        days.into_iter().skip(1).collect()
    }

    /// The name on a day of the agency with a pattern such as `so-ct-{province}`; `None` where the list doesn't name it.
    pub fn agency_name(&self, pattern: &str, day: NaiveDate, province_name: &str) -> Option<String> {
        let agency = self.agencies.iter().find(|agency| agency.id == pattern)?;
        Some(agency.name_on(day, province_name))
    }

    /// The name of a unit on a day: of a province that was taken in, that of its successor's.
    pub fn unit_name(&self, id: &str, day: NaiveDate) -> Option<String> {
        self.agencies.iter().find_map(|agency| {
            let Some((before, after)) = agency.id.split_once("{province}") else {
                return (agency.id == id).then(|| agency.name_on(day, ""));
            };
            let code = id.strip_prefix(before)?.strip_suffix(after)?;
            Some(agency.name_on(day, &self.became(code, day)?.name))
        })
    }

    /// Codes that another list knows and this one doesn't: places that were recorded under them would have no name any more.
    pub fn lacks(&self, other: &BTreeSet<String>) -> BTreeSet<String> {
        let own = |code: &String| self.provinces.iter().any(|province| province.code == *code);
        other.iter().filter(|code| !own(code)).cloned().collect()
    }
}

impl Published for Places {
    fn parse_text(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Self::parse(file, text)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn validity(&self) -> (NaiveDate, Option<NaiveDate>) {
        (self.valid_from, self.valid_to)
    }
}
