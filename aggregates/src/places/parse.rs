//! A list of places as text: read, and refused where a day would have no province, two, or a part of one.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use toml::Spanned;

use super::{Agency, Places, Province, Region};
use crate::published::{Problem, Reader};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaces {
    code: String,
    version: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    provinces: Vec<RawProvince>,
    #[serde(default)]
    agencies: Vec<RawAgency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProvince {
    code: Spanned<String>,
    name: Spanned<String>,
    region: Region,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    successor: Option<Spanned<Successor>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Successor {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgency {
    id: Spanned<String>,
    names: Vec<RawName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawName {
    from: Spanned<NaiveDate>,
    name: Spanned<String>,
}

pub(super) fn parse(file: &str, text: &str) -> Result<Places, Vec<Problem>> {
    let mut reader = Reader::new(file, text);
    let raw: RawPlaces = reader.toml()?;
    let mut spans = Vec::with_capacity(raw.provinces.len());
    let mut provinces = Vec::with_capacity(raw.provinces.len());
    for province in raw.provinces {
        if province.name.get_ref().trim().is_empty() {
            reader.problem(&province.name.span(), "the province has no name", "write its name");
        }
        let successor = province.successor.and_then(|successor| {
            let span = successor.span();
            match successor.into_inner() {
                Successor::One(code) => Some(code),
                Successor::Several(codes) => {
                    reader.problem(
                        &span,
                        format!(
                            "province `{}` is split between {}: events don't say to which part their money belongs",
                            province.code.get_ref(),
                            codes.join(", ")
                        ),
                        "name the one province that takes the whole of it in; of a province that gives only a part away the code goes on",
                    );
                    None
                }
            }
        });
        spans.push(province.code.span());
        provinces.push(Province {
            code: province.code.into_inner(),
            name: province.name.into_inner(),
            region: province.region,
            valid_from: province.valid_from.unwrap_or(raw.valid_from),
            valid_to: province.valid_to.or(raw.valid_to),
            successor,
        });
    }
    check_times(&mut reader, &provinces, &spans, raw.valid_to);
    let agencies = raw
        .agencies
        .into_iter()
        .map(|agency| agency_of(&mut reader, agency))
        .collect();
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    Ok(Places {
        code: raw.code,
        version: raw.version,
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
        provinces,
        agencies,
    })
}

/// Of every code the rows follow one another without gap or overlap, and the last one lasts or has a successor on the day after.
fn check_times(
    reader: &mut Reader<'_>,
    provinces: &[Province],
    spans: &[std::ops::Range<usize>],
    list_ends: Option<NaiveDate>,
) {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, province) in provinces.iter().enumerate() {
        rows.entry(&province.code).or_default().push(index);
    }
    for (code, indexes) in rows {
        let mut indexes = indexes;
        indexes.sort_by_key(|index| provinces[*index].valid_from);
        for (place, index) in indexes.iter().enumerate() {
            let (row, span) = (&provinces[*index], &spans[*index]);
            if row.valid_to.is_some_and(|end| end < row.valid_from) {
                reader.problem(
                    span,
                    format!("province `{code}` ends before it begins"),
                    "correct `valid_from` or `valid_to`",
                );
            }
            let next = indexes.get(place + 1).map(|next| &provinces[*next]);
            match (next, &row.successor) {
                (Some(next), _) if row.valid_to.is_none_or(|end| end >= next.valid_from) => reader.problem(
                    span,
                    format!("province `{code}` stands in the list twice on {}", next.valid_from),
                    "remove one, or end the first by `valid_to` on the day before the second begins",
                ),
                (Some(_), Some(successor)) => reader.problem(
                    span,
                    format!("province `{code}` goes on under its code, and is said to become `{successor}`"),
                    "remove `successor`, or the later row",
                ),
                (Some(next), None) if day_after(row) != Some(next.valid_from) => reader.problem(
                    span,
                    format!("province `{code}` is missing between its rows"),
                    "let the second begin on the day after the first has ended",
                ),
                (None, Some(successor)) => check_successor(reader, provinces, (row, span), successor),
                (None, None) if row.valid_to != list_ends => reader.problem(
                    span,
                    format!("province `{code}` ends, and nobody takes it in: its sums would be on no map of today"),
                    "name its `successor`, or leave `valid_to` out",
                ),
                _ => {}
            }
        }
    }
}

fn check_successor(
    reader: &mut Reader<'_>,
    provinces: &[Province],
    (row, span): (&Province, &std::ops::Range<usize>),
    successor: &str,
) {
    let Some(day) = day_after(row) else {
        reader.problem(
            span,
            format!("province `{}` has a successor, but no last day", row.code),
            "add `valid_to`, its last day",
        );
        return;
    };
    let takes = |other: &Province| other.code == successor && other.code != row.code && other.holds_on(day);
    if !provinces.iter().any(takes) {
        reader.problem(
            span,
            format!(
                "province `{}` becomes `{successor}` on {day}, which isn't in the list on that day",
                row.code
            ),
            "name a province that has a row for that day",
        );
    }
}

fn day_after(row: &Province) -> Option<NaiveDate> {
    row.valid_to?.checked_add_days(Days::new(1))
}

fn agency_of(reader: &mut Reader<'_>, agency: RawAgency) -> Agency {
    if agency.names.is_empty() {
        reader.problem(
            &agency.id.span(),
            "the agency has no name",
            "add `names = [{ from = \"…\", name = \"…\" }]`",
        );
    }
    for pair in agency.names.windows(2) {
        if pair[1].from.get_ref() <= pair[0].from.get_ref() {
            reader.problem(
                &pair[1].from.span(),
                "names must stand in the order of their dates",
                "sort the names by `from`",
            );
        }
    }
    for name in &agency.names {
        if name.name.get_ref().trim().is_empty() {
            reader.problem(&name.name.span(), "the agency's name is empty", "write its name");
        }
    }
    Agency {
        id: agency.id.into_inner(),
        names: agency
            .names
            .into_iter()
            .map(|name| (name.from.into_inner(), name.name.into_inner()))
            .collect(),
    }
}
