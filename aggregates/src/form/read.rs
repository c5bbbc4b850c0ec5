//! From pairs to the JSON that the typed action is read from.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::FieldError;
use super::fields::{Field, FieldKind, Personal};
use crate::money::DONG_MAX;

/// Most rows of a group: a form has no more, and a browser's pairs can't make us reserve memory.
const ROWS_MAX: usize = 500;

pub(super) fn value_of(fields: &[Field], pairs: &[(String, String)]) -> Result<Value, Vec<FieldError>> {
    Reader::new(pairs).read(fields)
}

/// Papers: other pairs of the same form are not theirs, and rows that were not filled in don't count.
pub(super) fn papers_value(fields: &[Field], pairs: &[(String, String)]) -> Result<Value, Vec<FieldError>> {
    let own: Vec<&(String, String)> = pairs.iter().filter(|(name, _)| name.starts_with("papers.")).collect();
    let row = |name: &str| name.split('.').nth(1).unwrap_or_default().to_owned();
    let filled: BTreeSet<String> = own
        .iter()
        .filter(|(name, text)| (name.ends_with(".number") || name.ends_with(".date")) && !text.trim().is_empty())
        .map(|(name, _)| row(name))
        .collect();
    let kept: Vec<(String, String)> = own
        .into_iter()
        .filter(|(name, _)| filled.contains(&row(name)))
        .cloned()
        .collect();
    let mut value = value_of(fields, &kept)?;
    Ok(value.get_mut("papers").map_or_else(|| json!([]), Value::take))
}

pub(super) fn invalid(error: serde_json::Error) -> Vec<FieldError> {
    vec![FieldError {
        field: String::new(),
        code: "field-invalid",
        params: BTreeMap::from([("reason".to_owned(), error.to_string())]),
    }]
}

struct Reader<'a> {
    given: BTreeMap<&'a str, &'a str>,
    used: BTreeSet<String>,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn new(pairs: &'a [(String, String)]) -> Self {
        let mut given = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, text) in pairs {
            // A checkbox sends its value after the hidden field of the same name: the later, filled one counts.
            if let Some(earlier) = given.insert(name.as_str(), text.as_str())
                && earlier != text
                && !matches!(earlier, "" | "false")
            {
                errors.push(error(name, "field-repeated"));
            }
        }
        Self {
            given,
            used: BTreeSet::new(),
            errors,
        }
    }

    fn read(mut self, fields: &[Field]) -> Result<Value, Vec<FieldError>> {
        let mut object = Map::new();
        self.read_into(fields, "", "", &mut object);
        for name in self.given.keys() {
            if !self.used.contains(*name) && !self.belongs_elsewhere(fields, name) {
                self.errors.push(error(name, "field-unknown"));
            }
        }
        if self.errors.is_empty() {
            Ok(Value::Object(object))
        } else {
            Err(self.errors)
        }
    }

    /// Fields of a choice that was not made are no mistake: a page without script sends them all.
    fn belongs_elsewhere(&self, fields: &[Field], name: &str) -> bool {
        fields
            .iter()
            .any(|field| (field.when.is_some() || field.part.is_some()) && matches(&field.name, name))
    }

    /// Reads the fields below `pattern` (with `*`) whose rows are fixed by `actual`.
    fn read_into(&mut self, fields: &[Field], pattern: &str, actual: &str, object: &mut Map<String, Value>) {
        for field in fields {
            let Some(rest) = field.name.strip_prefix(pattern) else {
                continue;
            };
            if rest.contains(".*.") || rest.ends_with(".*") || !self.applies(field) {
                continue;
            }
            let name = format!("{actual}{rest}");
            let value = match field.kind {
                FieldKind::Group { min } => self.read_rows(fields, field, &name, min),
                _ => self.read_one(field, &name),
            };
            if let Some(value) = value {
                insert(object, rest, value);
            }
        }
    }

    fn applies(&self, field: &Field) -> bool {
        field
            .when
            .is_none_or(|(name, value)| self.given.get(name).is_some_and(|given| *given == value))
            && field.part.as_deref().is_none_or(|part| self.has_part(part))
    }

    /// Whether anything was filled in of a part that may be left out.
    fn has_part(&self, part: &str) -> bool {
        let prefix = format!("{part}.");
        self.given
            .range(prefix.as_str()..)
            .take_while(|(name, _)| name.starts_with(&prefix))
            .any(|(_, text)| !text.trim().is_empty())
    }

    fn read_rows(&mut self, fields: &[Field], field: &Field, name: &str, min: usize) -> Option<Value> {
        let prefix = format!("{name}.");
        let indexes: BTreeSet<usize> = self
            .given
            .range(prefix.as_str()..)
            .take_while(|(given, _)| given.starts_with(&prefix))
            .filter_map(|(given, _)| given[prefix.len()..].split('.').next()?.parse().ok())
            .collect();
        if indexes.len() > ROWS_MAX {
            self.errors.push(error(name, "field-invalid"));
            return None;
        }
        let mut rows = Vec::with_capacity(indexes.len());
        for index in &indexes {
            let mut row = Map::new();
            self.read_into(
                fields,
                &format!("{}.*.", field.name),
                &format!("{name}.{index}."),
                &mut row,
            );
            rows.push(Value::Object(row));
        }
        if rows.len() < min {
            self.errors.push(error(name, "field-missing"));
            return None;
        }
        Some(Value::Array(rows))
    }

    fn read_one(&mut self, field: &Field, name: &str) -> Option<Value> {
        self.used.insert(name.to_owned());
        let text = self.given.get(name).copied().unwrap_or_default().trim();
        if text.is_empty() {
            if field.kind == FieldKind::Bool {
                return Some(Value::Bool(false));
            }
            if field.required {
                self.errors.push(error(name, "field-missing"));
            }
            return None;
        }
        let read = match field.kind {
            FieldKind::Text | FieldKind::LongText => Ok(personal(field.personal, text)),
            FieldKind::Money => money(text).map(Value::from).ok_or("field-money"),
            FieldKind::Date => date(text).map(|day| json!(day)).ok_or("field-date"),
            FieldKind::Month => month(text).map(|day| json!(day)).ok_or("field-month"),
            FieldKind::Integer => text.parse::<u32>().map(Value::from).map_err(|_| "field-integer"),
            FieldKind::Integers => text
                .split([',', ' ', ';'])
                .filter(|part| !part.is_empty())
                .map(|part| part.parse::<u32>().map(Value::from))
                .collect::<Result<_, _>>()
                .map(Value::Array)
                .map_err(|_| "field-integer"),
            FieldKind::Milli => milli(text).map(Value::from).ok_or("field-milli"),
            FieldKind::Rate => rate(text).map(Value::from).ok_or("field-rate"),
            FieldKind::Bool => Ok(Value::Bool(!matches!(text, "false" | "0" | "off"))),
            FieldKind::Choice(words) if words.contains(&text) => Ok(Value::from(text)),
            FieldKind::Choice(_) => Err("field-choice"),
            FieldKind::Group { .. } => Err("field-invalid"),
        };
        read.map_err(|code| {
            let mut fault = error(name, code);
            if let FieldKind::Choice(words) = field.kind {
                fault.params.insert("choices".to_owned(), words.join(", "));
            }
            self.errors.push(fault);
        })
        .ok()
    }
}

fn error(field: &str, code: &'static str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code,
        params: BTreeMap::new(),
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.split('.'), name.split('.'));
    pattern.clone().count() == name.clone().count() && pattern.zip(name).all(|(want, got)| want == "*" || want == got)
}

/// Puts a value at a dotted path.
fn insert(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = object.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn personal(personal: Personal, text: &str) -> Value {
    match personal {
        Personal::No => Value::from(text),
        Personal::Text => json!({ "$personal": text }),
        Personal::Id => json!({ "$personal": text, "searchable": true }),
    }
}

/// `300.000.000`, `300 000 000` or `300000000`; dots only between groups of three.
fn money(text: &str) -> Option<u64> {
    let text = text.trim_end_matches('đ').trim_end();
    let parts: Vec<&str> = text.split(['.', ' ', '\u{a0}']).collect();
    let grouped =
        parts.iter().skip(1).all(|part| part.len() == 3) && (parts.len() == 1 || (1..=3).contains(&parts[0].len()));
    let digits = parts.concat();
    if !grouped || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|dong| *dong <= DONG_MAX)
}

/// A day as people type it: `20/05/2019` or `2019-05-20`, of a year that a paper can bear.
pub fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(text, "%d/%m/%Y"))
        .ok()
        .filter(|day| (1900..=2999).contains(&chrono::Datelike::year(day)))
}

/// `05/2019`, `2019-05`, or a day of the month.
fn month(text: &str) -> Option<NaiveDate> {
    date(text)
        .or_else(|| date(&format!("01/{text}")))
        .or_else(|| date(&format!("{text}-01")))
        .and_then(|day| chrono::Datelike::with_day(&day, 1))
}

/// `12`, `12,5`, `12.125`: a quantity, in thousandths. A dot is a decimal one too, so thousands are not grouped.
fn milli(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once([',', '.']).unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 3 || !is_number(whole) || !is_number(rest) {
        return None;
    }
    // Below 2⁵³, which every reader of JSON reads exactly.
    format!("{whole}{rest:0<3}")
        .parse()
        .ok()
        .filter(|milli| *milli <= DONG_MAX)
}

/// `62,5`, `62.5 %`: per cent, in basis points.
fn rate(text: &str) -> Option<u32> {
    let text = text.trim_end_matches('%').trim_end();
    let (whole, rest) = text.split_once([',', '.']).unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 2 || !is_number(whole) || !is_number(rest) {
        return None;
    }
    format!("{whole}{rest:0<2}").parse().ok()
}
