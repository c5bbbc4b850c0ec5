//! Provinces: names and regions are data with validity dates, because both change (63 → 34 in 2025).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::published::{Problem, Published, Reader};

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
    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::Central => "central",
            Self::South => "south",
        }
    }
}

/// A province of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Province {
    /// Stable code, e.g. `lai-chau`.
    pub code: String,
    /// Vietnamese name.
    pub name: String,
    /// Region.
    pub region: Region,
    /// First day of this name and region.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// A published list of provinces.
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
    /// The provinces.
    pub provinces: Vec<Province>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaces {
    code: String,
    version: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    provinces: Vec<RawProvince>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProvince {
    code: Spanned<String>,
    name: Spanned<String>,
    region: Region,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
}

impl Places {
    /// Parses and validates a list.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(file, text);
        let raw: RawPlaces = reader.toml()?;
        let mut seen = BTreeSet::new();
        let mut provinces = Vec::with_capacity(raw.provinces.len());
        for province in raw.provinces {
            let from = province.valid_from.unwrap_or(raw.valid_from);
            if !seen.insert((province.code.get_ref().clone(), from)) {
                reader.problem(
                    &province.code.span(),
                    format!("province `{}` stands in the list twice", province.code.get_ref()),
                    "remove one, or give them different `valid_from` dates",
                );
            }
            if province.name.get_ref().trim().is_empty() {
                reader.problem(&province.name.span(), "the province has no name", "write its name");
            }
            provinces.push(Province {
                code: province.code.into_inner(),
                name: province.name.into_inner(),
                region: province.region,
                valid_from: from,
                valid_to: province.valid_to.or(raw.valid_to),
            });
        }
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        Ok(Self {
            code: raw.code,
            version: raw.version,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            provinces,
        })
    }

    /// The province as it was on a day; where none was valid that day, as it was last.
    pub fn province(&self, code: &str, day: NaiveDate) -> Option<&Province> {
        let mut found = self.provinces.iter().filter(|province| province.code == code);
        let last = self.provinces.iter().rfind(|province| province.code == code);
        found
            .find(|province| province.valid_from <= day && province.valid_to.is_none_or(|end| day <= end))
            .or(last)
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
