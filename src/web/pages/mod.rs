//! Handlers, one file a page.

pub(super) mod actors;
pub(super) mod batches;
pub(super) mod contracts;
pub(super) mod dashboard;
mod event_facts;
pub(super) mod inbox;
pub(super) mod inspections;
pub(super) mod log;
mod moment;
mod month_form;
pub(super) mod period;
pub(super) mod plans;
pub(super) mod project;
mod project_parts;
pub(super) mod projects;
mod related;
pub(super) mod reminders;
pub(super) mod reports;
pub(super) mod screening;
pub(super) mod step;
mod step_form;
mod step_seed;

use chrono::{Datelike, NaiveDate};
use dean_aggregates::places::PlaceMap;
use dean_projections::ProgressRow;

use super::views::{Choice, Due};
use super::words;
use crate::engine::{Rulebook, time_left};
use crate::i18n::{self, Lang};
use crate::remind::left_in_words;

/// Plan years offered by filters: from the programme's first year to the one being planned.
const FIRST_YEAR: i32 = 2013;

/// An option for no restriction, then the others.
fn with_all(lang: Lang, current: Option<&str>, others: impl IntoIterator<Item = (String, String)>) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        label: i18n::text(lang, "all", &[]),
        selected: current.is_none(),
    };
    std::iter::once(all)
        .chain(
            others
                .into_iter()
                .map(|(value, label)| Choice::new(value, label, current)),
        )
        .collect()
}

fn years(lang: Lang, current: Option<u16>, today: NaiveDate) -> Vec<Choice> {
    let current = current.map(|year| year.to_string());
    let years = (FIRST_YEAR..=today.year() + 1)
        .rev()
        .map(|year| (year.to_string(), year.to_string()));
    with_all(lang, current.as_deref(), years)
}

fn levels(lang: Lang, current: Option<&str>) -> Vec<Choice> {
    with_all(
        lang,
        current,
        ["national", "local"].map(|word| (word.to_owned(), words::choice(lang, "level", word))),
    )
}

/// Provinces to narrow a list by: on today's map those of today, else every one that there ever was.
fn provinces(
    lang: Lang,
    current: Option<&str>,
    rulebook: &Rulebook,
    (map, today): (PlaceMap, NaiveDate),
) -> Vec<Choice> {
    let all = match map {
        PlaceMap::EventDay => province_list(lang, rulebook, today),
        PlaceMap::Today => {
            let places = rulebook.places();
            let now = places.on(today);
            now.map(|province| (province.code.clone(), province.name.clone()))
                .collect()
        }
    };
    with_all(lang, current, all)
}

/// Every province that there ever was, once: code and name, with the day on which it ended.
fn province_list(lang: Lang, rulebook: &Rulebook, today: NaiveDate) -> Vec<(String, String)> {
    let places = rulebook.places();
    let mut all: Vec<(String, String)> = Vec::new();
    for province in &places.provinces {
        if all.iter().any(|(code, _)| *code == province.code) {
            continue;
        }
        let last = places.province(&province.code, today).unwrap_or(province);
        let name = match last.valid_to.filter(|end| *end < today) {
            Some(end) => until(lang, &last.name, end),
            None => last.name.clone(),
        };
        all.push((province.code.clone(), name));
    }
    all
}

/// «Hà Giang (đến 30/06/2025)».
fn until(lang: Lang, name: &str, end: NaiveDate) -> String {
    let day = super::format::date(end);
    i18n::text(lang, "province-until", &[("name", name), ("day", &day)])
}

/// Which map sums are made on.
fn maps(lang: Lang, current: PlaceMap) -> Vec<Choice> {
    PlaceMap::ALL
        .map(|map| {
            Choice::new(
                map.as_str().to_owned(),
                words::choice(lang, "map", map.as_str()),
                Some(current.as_str()),
            )
        })
        .into()
}

/// The parameter of links; the map that holds without being asked for needs none.
const fn map_parameter(map: PlaceMap) -> &'static str {
    match map {
        PlaceMap::EventDay => "",
        PlaceMap::Today => PlaceMap::Today.as_str(),
    }
}

/// Who must act on a project, in words.
fn waiting(lang: Lang, rulebook: &Rulebook, row: &ProgressRow, today: NaiveDate) -> String {
    let one =
        |(role, unit): (&str, &str)| format!("{}, {}", words::role(lang, role), unit_of(rulebook, row, unit, today));
    let all: Vec<String> = row.waiting_parties().map(one).collect();
    if all.is_empty() {
        i18n::text(lang, "nobody-must-act", &[])
    } else {
        all.join("; ")
    }
}

fn unit_of(rulebook: &Rulebook, row: &ProgressRow, unit: &str, today: NaiveDate) -> String {
    let drafted_as = (unit == row.implementer_unit).then(|| row.implementer_name.clone());
    words::named_unit(rulebook, unit, today)
        .or(drafted_as)
        .unwrap_or_else(|| unit.to_owned())
}

/// The state of a listed project in words, by the lifecycle that it follows.
fn state_of(lang: Lang, rulebook: &Rulebook, code: &str, version: &str, state: &str) -> String {
    rulebook.lifecycle_version(code, version).map_or_else(
        || state.to_owned(),
        |lifecycle| words::state(lang, &lifecycle.value, state),
    )
}

fn due(lang: Lang, rulebook: &Rulebook, day: Option<NaiveDate>, today: NaiveDate) -> Option<Due> {
    let left = |day| left_in_words(lang, today, day, &time_left(&rulebook.timetable(), today, day));
    day.map(|day| Due::seen(day, today, left(day)))
}

/// A query string from pairs; what is empty is left out.
fn query(pairs: &[(&str, &str)]) -> String {
    let kept: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    }
}

/// Percent-encodes what is not plain (RFC 3986 §2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_any_text() {
        assert_eq!(
            query(&[("text", "máy & \"x\""), ("level", "")]),
            "?text=m%C3%A1y%20%26%20%22x%22"
        );
        assert_eq!(query(&[("a", "")]), "");
    }
}
