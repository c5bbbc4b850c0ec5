//! Lists of đề án as offices keep them, read into drafts, or with what has happened to them. Everything that is wrong is found, row by row, with its column, its value and what
//! to do; nothing is guessed.

pub mod columns;
pub mod past;
pub mod sheet;
pub mod values;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::{PersonalId, PersonalText};
use dean_aggregates::project::action::DraftAction;
use dean_aggregates::project::content::{
    Beneficiary, Body, Content, Level, Place, PlacePriority, ProjectKind, Results, Selection, SupportLine,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::columns::{Column, Found, Mapping, recognised, word, words};
use self::past::Past;
use self::sheet::{Cell, FileFault, Sheet};
use self::values::plain;
use crate::i18n::{self, Lang};

/// Rows among which the headings are looked for.
const HEADING_ROWS: usize = 30;
/// Headings that make a row the row of headings.
const HEADINGS_MIN: usize = 4;
/// Columns that a list can't do without.
const NEEDED: [Column; 10] = [
    Column::Name,
    Column::StartsOn,
    Column::EndsOn,
    Column::Beneficiary,
    Column::LegalForm,
    Column::Trade,
    Column::SupportKind,
    Column::Item,
    Column::Cost,
    Column::Support,
];

/// What holds for every row that doesn't say otherwise.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// Năm kế hoạch.
    pub plan_year: Option<u16>,
    /// Programme.
    pub level: Option<Level>,
    /// Province code.
    pub province: Option<String>,
    /// Code of the lifecycle.
    pub lifecycle: Option<String>,
    /// Provinces: code by name without accents.
    pub provinces: BTreeMap<String, String>,
}

/// A fault of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Row of the file.
    pub row: usize,
    /// Heading of the column; empty where the fault is of the whole row.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// A code of `problem-…`.
    pub code: String,
    /// What its text mentions.
    pub params: BTreeMap<String, String>,
}

impl RowFault {
    /// What is wrong, and what to do.
    pub fn sentences(&self, lang: Lang) -> (String, String) {
        let mut params: Vec<(&str, &str)> = self
            .params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        params.extend([("label", self.column.as_str()), ("value", self.value.as_str())]);
        let text = |attribute: &str| i18n::text(lang, &format!("problem-{}{attribute}", self.code), &params);
        (text(""), text(".fix"))
    }
}

/// A row that reads.
#[derive(Debug, Clone)]
pub struct ReadRow {
    /// Row of the file.
    pub row: usize,
    /// The draft.
    pub draft: DraftAction,
    /// What has happened to it, where the row says so.
    pub past: Option<Past>,
}

/// A list.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Rows that read.
    pub rows: Vec<ReadRow>,
    /// What is wrong with the others.
    pub faults: Vec<RowFault>,
    /// Rows without a project: titles, sums, remarks.
    pub skipped: Vec<usize>,
    /// The columns that were recognised.
    pub columns: BTreeMap<Column, Found>,
}

/// Reads a list.
///
/// # Errors
/// What is wrong with the file as a whole. Faults of rows stand in the list.
pub fn read(bytes: &[u8], mapping: &Mapping, defaults: &Defaults) -> Result<List, FileFault> {
    let sheet = sheet::read(bytes)?;
    if let Some(found) = old_font(&sheet) {
        return Err(FileFault::new("import-file-encoding").with("found", format!("TCVN3 («{found}»)")));
    }
    let (start, columns) = headings(&sheet, mapping)?;
    let mut missing: Vec<&str> = NEEDED
        .iter()
        .filter(|column| !columns.contains_key(column))
        .map(|column| column.name())
        .collect();
    let given = [
        (Column::PlanYear, defaults.plan_year.is_some()),
        (Column::Level, defaults.level.is_some()),
        (Column::Province, defaults.province.is_some()),
    ];
    missing.extend(
        given
            .iter()
            .filter(|(column, given)| !given && !columns.contains_key(column))
            .map(|(column, _)| column.name()),
    );
    if !missing.is_empty() {
        return Err(FileFault::new("import-file-headings").with("missing", missing.join(", ")));
    }
    let mut list = List {
        columns,
        ..List::default()
    };
    for (number, cells) in &sheet.rows[start + 1..] {
        let mut row = Row {
            number: *number,
            cells,
            columns: &list.columns,
            defaults,
            faults: Vec::new(),
        };
        if row.is_blank() {
            list.skipped.push(*number);
            continue;
        }
        let draft = row.draft();
        let past = if row.has_past() { row.past(draft.as_ref()) } else { None };
        match draft {
            Some(draft) if row.faults.is_empty() => list.rows.push(ReadRow {
                row: *number,
                draft,
                past,
            }),
            _ => list.faults.append(&mut row.faults),
        }
    }
    Ok(list)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty | Cell::Formula => String::new(),
        Cell::Text(text) | Cell::Merged(text) | Cell::Error(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(day) => day.format("%d/%m/%Y").to_string(),
    }
}

/// The row of headings and what it names.
fn headings(sheet: &Sheet, mapping: &Mapping) -> Result<(usize, BTreeMap<Column, Found>), FileFault> {
    let rows = sheet.rows.iter().enumerate().take(HEADING_ROWS);
    let each = rows.map(|(index, (number, cells))| {
        let texts: Vec<String> = cells.iter().map(shown).collect();
        (index, *number, recognised(&texts, mapping))
    });
    let best = each.max_by_key(|(index, _, (found, _))| (found.len(), std::cmp::Reverse(*index)));
    match best {
        Some((_, number, (_, twice))) if !twice.is_empty() => Err(FileFault::new("import-file-heading-twice")
            .with("row", number)
            .with("heading", twice.join(", "))),
        Some((index, _, (found, _))) if found.len() >= HEADINGS_MIN => Ok((index, found)),
        _ => Err(FileFault::new("import-file-no-headings").with("min", HEADINGS_MIN)),
    }
}

/// Text of the old three-byte fonts (TCVN3) that was saved as if it were Latin: letters of Vietnamese words stand as ¸, µ, ®, «.
fn old_font(sheet: &Sheet) -> Option<String> {
    let is_odd = |c: char| matches!(c, '¸' | 'µ' | '®' | '¬' | '¶' | '¹' | '»' | '¾' | 'Æ' | 'Ç');
    let mut texts = sheet
        .rows
        .iter()
        .flat_map(|(_, cells)| cells)
        .filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        });
    let found = texts.find(|text| {
        let letters: Vec<char> = text.chars().collect();
        letters.windows(2).any(|pair| {
            is_odd(pair[0]) && pair[1].is_ascii_lowercase() || pair[0].is_ascii_lowercase() && is_odd(pair[1])
        })
    });
    found.cloned()
}

/// A row being read; faults gather.
struct Row<'a> {
    number: usize,
    cells: &'a [Cell],
    columns: &'a BTreeMap<Column, Found>,
    defaults: &'a Defaults,
    faults: Vec<RowFault>,
}

impl Row<'_> {
    fn cell(&self, column: Column) -> &Cell {
        let found = self.columns.get(&column);
        found
            .and_then(|found| self.cells.get(found.index))
            .unwrap_or(&Cell::Empty)
    }

    /// Without a name and without a beneficiary it is no project: a sum, a heading of a section, a remark.
    fn is_blank(&self) -> bool {
        let is_empty = |column| *self.cell(column) == Cell::Empty;
        let first = self
            .cells
            .iter()
            .find(|cell| **cell != Cell::Empty)
            .map(shown)
            .unwrap_or_default();
        let is_sum = ["tong", "cong"]
            .iter()
            .any(|word| plain(&first).split(' ').next() == Some(*word));
        is_empty(Column::Beneficiary) && (is_empty(Column::Name) || is_sum)
    }

    fn fault(&mut self, column: Column, code: &str, params: &[(&str, String)]) {
        let heading = self
            .columns
            .get(&column)
            .map_or(column.name(), |found| found.heading.as_str());
        self.faults.push(RowFault {
            row: self.number,
            column: heading.to_owned(),
            value: shown(self.cell(column)),
            code: code.to_owned(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        });
    }

    /// The cell, unless it is one that can't be relied on.
    fn sound(&mut self, column: Column) -> Option<Cell> {
        let cell = self.cell(column).clone();
        let code = match &cell {
            Cell::Formula => "import-formula",
            Cell::Merged(_) => "import-merged",
            Cell::Error(_) => "import-cell-error",
            Cell::Empty => return None,
            _ => return Some(cell),
        };
        self.fault(column, code, &[]);
        None
    }

    fn text(&mut self, column: Column) -> Option<String> {
        self.sound(column).map(|cell| shown(&cell))
    }

    fn needed<T>(&mut self, column: Column, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.faults.len();
        let value = read(self);
        if value.is_none() && self.faults.len() == before {
            self.fault(column, "field-missing", &[]);
        }
        value
    }

    fn date(&mut self, column: Column) -> Option<NaiveDate> {
        let day = match self.sound(column)? {
            Cell::Date(day) => Some(day),
            Cell::Text(text) => values::date(&text),
            _ => None,
        };
        if day.is_none() {
            self.fault(column, "field-date", &[]);
        }
        day
    }

    fn amount(&mut self, column: Column) -> Option<Dong> {
        let unit = self.columns.get(&column).map_or(1, |found| found.unit);
        let amount = match self.sound(column)? {
            Cell::Number(number) => values::amount_of(number, unit),
            Cell::Text(text) => values::amount(&text, unit),
            _ => None,
        };
        if amount.is_none() {
            self.fault(column, "import-amount", &[]);
        }
        amount
    }

    fn whole<T: TryFrom<u32>>(&mut self, column: Column) -> Option<T> {
        let text = self.text(column)?;
        let number = values::whole(&text).and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            self.fault(column, "field-integer", &[]);
        }
        number
    }

    fn word<T: DeserializeOwned>(&mut self, column: Column) -> Option<T> {
        let text = self.text(column)?;
        let known = word(column, &text).and_then(|word| serde_json::from_value(Value::from(word)).ok());
        if known.is_none() {
            self.fault(column, "import-word", &[("known", words(column).to_owned())]);
        }
        known
    }

    fn province(&mut self) -> Option<String> {
        let Some(text) = self.text(Column::Province) else {
            return self.defaults.province.clone();
        };
        let bare = plain(&text);
        let bare = bare
            .strip_prefix("tinh ")
            .or_else(|| bare.strip_prefix("tp "))
            .or_else(|| bare.strip_prefix("thanh pho "))
            .unwrap_or(&bare);
        let code = self.defaults.provinces.get(bare).cloned();
        if code.is_none() {
            self.fault(Column::Province, "unknown-province", &[("province", text)]);
        }
        code
    }

    /// Reads every column, so that every fault is found, then puts the draft together.
    fn draft(&mut self) -> Option<DraftAction> {
        let code = self.text(Column::Code);
        let name = self.needed(Column::Name, |row| row.text(Column::Name));
        let year = self.needed(Column::PlanYear, |row| {
            row.whole(Column::PlanYear).or(row.defaults.plan_year)
        });
        let level = self.needed(Column::Level, |row| row.word(Column::Level).or(row.defaults.level));
        let province = self.needed(Column::Province, Self::province);
        let starts_on = self.needed(Column::StartsOn, |row| row.date(Column::StartsOn));
        let ends_on = self.needed(Column::EndsOn, |row| row.date(Column::EndsOn));
        let kind = self.word(Column::Kind).unwrap_or(ProjectKind::Specific);
        let cost = self.needed(Column::Cost, |row| row.amount(Column::Cost));
        let support = self.needed(Column::Support, |row| row.amount(Column::Support));
        let counterpart = self.amount(Column::Counterpart);
        let item = self.needed(Column::Item, |row| row.text(Column::Item));
        let support_kind = self.needed(Column::SupportKind, |row| row.text(Column::SupportKind));
        let units = self.whole(Column::Units).unwrap_or(1);
        let firm = self.needed(Column::Beneficiary, |row| row.text(Column::Beneficiary));
        let legal_form = self.needed(Column::LegalForm, |row| row.word(Column::LegalForm));
        let trade = self.needed(Column::Trade, |row| row.word(Column::Trade));
        let codes = [Column::TaxCode, Column::FormerTaxCode].map(|column| self.text(column));
        let [tax_code, former_tax_code] = codes.map(|code| code.map(PersonalId::new));
        let priority = self.word(Column::Priority).unwrap_or(PlacePriority::None);
        let place = Place {
            province: province.clone()?,
            district: self.text(Column::District),
            commune: self.text(Column::Commune),
            priority,
        };
        let mut part = |column| self.text(column).unwrap_or_default();
        let body = Body {
            necessity: part(Column::Necessity),
            objectives: part(Column::Objectives),
            scale: part(Column::Scale),
            activities: part(Column::Activities),
            organisation: part(Column::Organisation),
            effects: part(Column::Effects),
        };
        let (cost, support, level, year) = (cost?, support?, level?, year?);
        Some(DraftAction {
            code,
            plan_year: year,
            level,
            province: province?,
            lifecycle: self.defaults.lifecycle.clone(),
            content: Content {
                name: name?,
                kind,
                selection: Selection::Review,
                starts_on: starts_on?,
                ends_on: ends_on?,
                coordinators: Vec::new(),
                beneficiaries: vec![Beneficiary {
                    number: 1,
                    name: PersonalText::new(firm?),
                    legal_form: legal_form?,
                    tax_code,
                    former_tax_code,
                    registered_office: None,
                    place: place.clone(),
                    trade: trade?,
                    capital: None,
                    workers: None,
                    women_owned: false,
                    minority_owned: false,
                }],
                lines: vec![SupportLine {
                    number: 1,
                    kind: support_kind?,
                    item: item?,
                    beneficiary: Some(1),
                    place,
                    source: level,
                    year,
                    units,
                    cost,
                    support,
                    counterpart: counterpart.unwrap_or_else(|| cost.saturating_sub(support)),
                    priority_uplift: false,
                }],
                body,
                results: Results::default(),
            },
        })
    }
}

/// The column that a field of a draft came from.
pub fn column_of(field: &str) -> Option<Column> {
    let last: Vec<&str> = field.split('.').filter(|part| part.parse::<usize>().is_err()).collect();
    let column = match last.as_slice() {
        ["code"] => Column::Code,
        ["plan_year"] => Column::PlanYear,
        ["level"] => Column::Level,
        ["province"] => Column::Province,
        ["content", "name"] => Column::Name,
        ["content", "kind"] => Column::Kind,
        ["content", "starts_on"] => Column::StartsOn,
        ["content", "ends_on"] => Column::EndsOn,
        ["content", "beneficiaries", "name"] => Column::Beneficiary,
        ["content", "beneficiaries", "legal_form"] => Column::LegalForm,
        ["content", "beneficiaries", "tax_code"] => Column::TaxCode,
        ["content", "beneficiaries", "trade"] => Column::Trade,
        ["content", "lines", "kind"] => Column::SupportKind,
        ["content", "lines", "item"] => Column::Item,
        ["content", "lines", "units"] => Column::Units,
        ["content", "lines", "cost"] => Column::Cost,
        ["content", "lines", "support"] => Column::Support,
        ["content", "lines", "counterpart"] => Column::Counterpart,
        ["content", "lines", "place", "priority"] => Column::Priority,
        _ => return None,
    };
    Some(column)
}
