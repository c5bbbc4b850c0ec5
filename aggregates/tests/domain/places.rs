//! Provinces and agencies by day: what a code was called, what became of it, and that no map of any day loses or doubles money.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::places::publication::{EarlierLists, PlaceList, PlaceListCommand, order};
use dean_aggregates::places::{NoPlace, PlaceMap, Places, Region};
use proptest::prelude::*;

use crate::common::day;

const TEXT: &str = include_str!("../../../rules/places-2025.toml");
const BEFORE: &str = "2025-06-30";
const AFTER: &str = "2025-07-01";

fn places() -> Places {
    Places::parse("places-2025.toml", TEXT).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn codes(places: &Places, on: &str) -> BTreeSet<String> {
    places.on(day(on)).map(|province| province.code.clone()).collect()
}

#[test]
fn sixty_three_provinces_become_thirty_four_and_each_of_them_exactly_one() {
    let places = places();
    let (old, new) = (codes(&places, BEFORE), codes(&places, AFTER));
    assert_eq!((old.len(), new.len()), (63, 34));
    let known = Places::parse("places-2004.toml", crate::common::PLACES).expect("the list before it");
    assert_eq!(places.lacks(&codes(&known, BEFORE)), BTreeSet::new());
    let mut of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for code in &old {
        let now = places.became(code, day(AFTER)).expect("it is in the list");
        assert!(new.contains(&now.code), "{code} became {}", now.code);
        of.entry(&now.code).or_default().insert(code);
    }
    assert_eq!(of.len(), 34);
    // NQ 202/2025/QH15 Đ1: 23 were formed of 52, 11 stayed as they were.
    let formed = of.values().filter(|parts| parts.len() > 1);
    assert_eq!(formed.clone().map(BTreeSet::len).sum::<usize>(), 52);
    assert_eq!(formed.count(), 23);
    for (code, parts) in [
        ("phu-tho", vec!["hoa-binh", "phu-tho", "vinh-phuc"]),
        ("lam-dong", vec!["binh-thuan", "dak-nong", "lam-dong"]),
        ("thua-thien-hue", vec!["thua-thien-hue"]),
    ] {
        assert_eq!(
            places.part_of(code, day(AFTER)),
            parts.into_iter().collect::<BTreeSet<_>>()
        );
    }
    let count = |on, region| places.on(day(on)).filter(|place| place.region == region).count();
    let by_region = |on| Region::ALL.map(|region| count(on, region));
    assert_eq!((by_region(BEFORE), by_region(AFTER)), ([28, 15, 20], [18, 8, 8]));
}

#[test]
fn names_are_those_of_the_day() {
    let places = places();
    let name = |code, on| places.province(code, day(on)).map(|province| province.name.as_str());
    assert_eq!(name("thua-thien-hue", "2024-12-31"), Some("Thừa Thiên Huế"));
    assert_eq!(name("thua-thien-hue", "2025-01-01"), Some("Huế"));
    assert_eq!(
        name("ha-giang", "2030-01-01"),
        Some("Hà Giang"),
        "what was recorded keeps its name"
    );
    let unit = |id, on| places.unit_name(id, day(on));
    for (id, on, expected) in [
        ("cuc", "2014-02-10", "Cục Công nghiệp địa phương"),
        ("cuc", "2019-02-10", "Cục Công Thương địa phương"),
        (
            "cuc",
            "2025-03-01",
            "Cục Đổi mới sáng tạo, Chuyển đổi xanh và Khuyến công",
        ),
        ("so-ct-ha-giang", BEFORE, "Sở Công Thương Hà Giang"),
        ("so-ct-ha-giang", AFTER, "Sở Công Thương Tuyên Quang"),
        ("bo-ct", AFTER, "Bộ Công Thương"),
    ] {
        assert_eq!(unit(id, on).as_deref(), Some(expected), "{id} on {on}");
    }
    assert_eq!(unit("ttkc-ha-giang", AFTER), None, "the lifecycle names it");
    assert!(matches!(places.standing("atlantis", day(AFTER)), Err(NoPlace::Unknown)));
    assert!(places.standing("ha-giang", day(BEFORE)).is_ok());
    match places.standing("ha-giang", day(AFTER)) {
        Err(NoPlace::Ended { was, now }) => {
            assert_eq!((was.code.as_str(), now.code.as_str()), ("ha-giang", "tuyen-quang"))
        }
        other => panic!("{other:?}"),
    }
}

/// One list of three provinces, edited.
fn list(rows: &str) -> String {
    format!(
        "code = \"places\"\nversion = \"1\"\nvalid_from = \"2004-01-01\"\nprovinces = [\n{rows}\n]\n[[agencies]]\nid = \"cuc\"\nnames = [{{ from = \"2004-01-01\", name = \"Cục\" }}]\n"
    )
}

#[test]
fn a_chain_of_mergers_and_renames_resolves() {
    let text = list(
        "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2010-12-31\", successor = \"b\" },
         { code = \"b\", name = \"B\", region = \"north\", valid_to = \"2014-12-31\" },
         { code = \"b\", name = \"B mới\", region = \"north\", valid_from = \"2015-01-01\", valid_to = \"2020-12-31\", successor = \"c\" },
         { code = \"c\", name = \"C\", region = \"south\" },",
    );
    let places = Places::parse("x.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let became = |on| places.became("a", day(on)).map(|now| now.name.as_str());
    assert_eq!(
        ["2010-12-31", "2011-01-01", "2015-01-01", "2021-01-01"].map(became),
        [Some("A"), Some("B"), Some("B mới"), Some("C")]
    );
}

#[test]
fn a_list_in_which_money_would_have_no_place_or_two_is_refused() {
    let c = "{ code = \"c\", name = \"C\", region = \"south\" },";
    for (rows, message) in [
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2010-12-31\", successor = [\"b\", \"c\"] },",
            "province `a` is split between b, c",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2010-12-31\" },",
            "nobody takes it in",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", successor = \"c\" },",
            "has a successor, but no last day",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2010-12-31\", successor = \"d\" },",
            "becomes `d` on 2011-01-01, which isn't in the list on that day",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2010-12-31\", successor = \"a\" },",
            "becomes `a`",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\" },\n{ code = \"a\", name = \"B\", region = \"north\", valid_from = \"2015-01-01\" },",
            "stands in the list twice on 2015-01-01",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2014-01-01\" },\n{ code = \"a\", name = \"B\", region = \"north\", valid_from = \"2015-01-01\" },",
            "is missing between its rows",
        ),
        (
            "{ code = \"a\", name = \"A\", region = \"north\", valid_to = \"2003-01-01\", successor = \"c\" },",
            "ends before it begins",
        ),
    ] {
        let problems = Places::parse("x.toml", &list(&format!("{rows}\n{c}"))).expect_err(message);
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains(message) && problem.line == 5 && !problem.fix.is_empty()),
            "{message}: {problems:#?}"
        );
    }
}

#[test]
fn a_list_is_published_once_by_an_administrator_and_keeps_every_code() {
    let by = |role, text: &str| PlaceListCommand {
        text: text.to_owned(),
        actor: Actor {
            id: "dean".to_owned(),
            role,
            unit: "dean".to_owned(),
        },
        before: EarlierLists::default(),
    };
    let mut published = PlaceList::default();
    let refused = |published: &PlaceList, command| published.decide(&command).expect_err("refused").code();
    assert_eq!(refused(&published, by(Role::Minister, TEXT)), "places-not-your-role");
    assert_eq!(
        refused(&published, by(Role::Administrator, "code = 1")),
        "places-invalid"
    );
    let event = published.decide(&by(Role::Administrator, TEXT)).expect("published");
    assert_eq!(event.provinces.len(), 63);
    let kept = crate::golden::check(
        "PlacesPublished-1",
        &serde_json::to_value(dean_aggregates::places::publication::PlaceListEvent {
            sha256: "cd".repeat(32),
            text: "code = \"places\"".to_owned(),
            provinces: ["lai-chau".to_owned()].into(),
            ..event.clone()
        })
        .expect("serialises"),
    );
    assert!(kept.contains("lai-chau"));
    published.apply(event);
    assert_eq!(
        refused(&published, by(Role::Administrator, TEXT)),
        "places-already-published"
    );
    assert_eq!(
        refused(&published, by(Role::Administrator, &format!("{TEXT}\n"))),
        "places-other-text"
    );
    let short = list("{ code = \"lai-chau\", name = \"Lai Châu\", region = \"north\" },");
    let short = short.replace("version = \"1\"", "version = \"2026\"");
    assert_eq!(refused(&published, by(Role::Administrator, &short)), "places-lack");
    let newer = TEXT.replace("version = \"2025-07-01\"", "version = \"2026-01-01\"");
    assert!(published.decide(&by(Role::Administrator, &newer)).is_ok());
    let other = newer.replace("code = \"places\"", "code = \"places-lai-chau\"");
    assert_eq!(
        refused(&published, by(Role::Administrator, &other)),
        "places-other-code"
    );
    let older = TEXT.replace("version = \"2025-07-01\"", "version = \"2025-6-30\"");
    assert_eq!(refused(&published, by(Role::Administrator, &older)), "places-not-later");
}

#[test]
fn the_lists_before_those_with_successors_count_too() {
    let command = |before: EarlierLists| PlaceListCommand {
        text: TEXT.to_owned(),
        actor: Actor {
            id: "dean".to_owned(),
            role: Role::Administrator,
            unit: "dean".to_owned(),
        },
        before,
    };
    let earlier = |version: &str, province: &str| EarlierLists {
        versions: [version.to_owned()].into(),
        provinces: [province.to_owned()].into(),
    };
    let decided = |before| {
        PlaceList::default()
            .decide(&command(before))
            .map_err(|error| error.code())
    };
    assert!(decided(earlier("2004-01-01", "ha-tay")) == Err("places-lack"));
    assert!(decided(earlier("2025-07-01", "lai-chau")) == Err("places-not-later"));
    assert!(decided(earlier("2004-01-01", "lai-chau")).is_ok());
}

#[test]
fn numbers_in_a_version_count_as_numbers() {
    let ascending = [
        "",
        "2",
        "2-1",
        "10",
        "2025-2",
        "2025-2-1",
        "2025-07-01",
        "2025-10",
        "2025-b",
        "v1",
        "v9",
        "v10",
    ];
    for (index, one) in ascending.iter().enumerate() {
        for (other_index, other) in ascending.iter().enumerate() {
            assert_eq!(order(one, other), index.cmp(&other_index), "{one} {other}");
        }
    }
    assert_eq!(order("2025-07-01", "2025-7-1"), std::cmp::Ordering::Equal);
}

fn sums(places: &Places, money: &[(usize, u16, u64)], map: PlaceMap) -> BTreeMap<String, u64> {
    let codes: Vec<String> = codes(places, BEFORE).into_iter().collect();
    let mut sums = BTreeMap::new();
    for (code, days, amount) in money {
        let code = &codes[code % codes.len()];
        let on = day("2014-01-01") + chrono::Days::new(u64::from(*days));
        let shown = places
            .shown(code, on, map, today())
            .expect("every code is on every map");
        *sums.entry(shown.code.clone()).or_default() += amount;
    }
    sums
}

fn today() -> NaiveDate {
    day("2026-11-23")
}

proptest! {
    #[test]
    fn both_maps_show_the_same_money(money in prop::collection::vec((0_usize..63, 0_u16..4_700, 0_u64..1_000_000_000), 0..200)) {
        let places = places();
        let (then, now) = (sums(&places, &money, PlaceMap::EventDay), sums(&places, &money, PlaceMap::Today));
        prop_assert_eq!(then.values().sum::<u64>(), now.values().sum::<u64>());
        // What a province has on today's map is what its parts had, to the đồng.
        let mut merged: BTreeMap<String, u64> = BTreeMap::new();
        for (code, amount) in then {
            let became = places.became(&code, today()).expect("it became something");
            *merged.entry(became.code.clone()).or_default() += amount;
        }
        prop_assert_eq!(merged, now);
    }
}
