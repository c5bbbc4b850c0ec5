//! Money by province or region, on the map of the day on which a place was recorded or on today's: the same money on both, to the đồng.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::places::{PlaceMap, Places, Region};
use dean_projections::{BudgetFilter, BudgetRow, PlaceMoney, ProjectFilter};
use serde::{Deserialize, Serialize};

/// What money is summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Tỉnh, thành phố.
    #[default]
    Province,
    /// Vùng.
    Region,
}

/// Money of a province or region, đồng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceSum {
    /// Code of the province, or the region's word; a code that no list knows stands for itself.
    pub code: String,
    /// The province's name on the map; of a region empty.
    pub name: String,
    /// The region on the map; none where no list knows the province.
    pub region: Option<Region>,
    /// Last day of the province as it stands here; none while it lasts.
    pub until: Option<NaiveDate>,
    /// Support lines.
    pub lines: u64,
    /// Được phê duyệt.
    pub approved: u64,
    /// Đã giải ngân.
    pub disbursed: u64,
    /// Được quyết toán.
    pub settled: u64,
    /// Đã hoàn trả.
    pub refunded: u64,
    /// Tỷ lệ giải ngân: disbursed ÷ approved, basis points rounded down; none where nothing is approved.
    pub rate_bp: Option<u64>,
}

/// Lays a map over money, in the order of the list. What no list knows comes last, under its code: nothing is left out.
pub fn by_place(rows: &[PlaceMoney], places: &Places, (map, by): (PlaceMap, By), today: NaiveDate) -> Vec<PlaceSum> {
    let mut sums: BTreeMap<(usize, String), PlaceSum> = BTreeMap::new();
    for row in rows {
        let shown = places.shown(&row.province, row.placed_on, map, today);
        let region = shown.map(|province| province.region);
        let key = match (by, shown) {
            (By::Province, Some(shown)) => {
                let place = places.provinces.iter().position(|known| known == shown);
                (place.unwrap_or(usize::MAX), shown.code.clone())
            }
            (By::Region, Some(shown)) => (shown.region as usize, shown.region.as_str().to_owned()),
            (_, None) => (usize::MAX, row.province.clone()),
        };
        let sum = sums.entry(key.clone()).or_insert_with(|| PlaceSum {
            code: key.1,
            name: match (by, shown) {
                (By::Province, Some(shown)) => shown.name.clone(),
                _ => String::new(),
            },
            region,
            until: shown.filter(|_| by == By::Province).and_then(|shown| shown.valid_to),
            lines: 0,
            approved: 0,
            disbursed: 0,
            settled: 0,
            refunded: 0,
            rate_bp: None,
        });
        sum.lines += row.lines;
        sum.approved += row.approved.get();
        sum.disbursed += row.disbursed.get();
        sum.settled += row.settled.get();
        sum.refunded += row.refunded.get();
    }
    let mut sums: Vec<PlaceSum> = sums.into_values().collect();
    for sum in &mut sums {
        sum.rate_bp = rate(sum.disbursed, sum.approved);
    }
    sums
}

/// Rows of `budget` on today's map: what is one province now is one row.
pub fn on_todays_map(rows: Vec<BudgetRow>, places: &Places, today: NaiveDate) -> Vec<BudgetRow> {
    let mut merged: BTreeMap<(String, u16, String, String, String), BudgetRow> = BTreeMap::new();
    for mut row in rows {
        if let Some(now) = places.became(&row.province, today) {
            row.province.clone_from(&now.code);
        }
        let key = (
            row.level.clone(),
            row.year,
            row.province.clone(),
            row.activity.clone(),
            row.source.clone(),
        );
        match merged.get_mut(&key) {
            None => {
                merged.insert(key, row);
            }
            Some(sum) => {
                for (total, more) in [
                    (&mut sum.approved, row.approved),
                    (&mut sum.disbursed, row.disbursed),
                    (&mut sum.settled, row.settled),
                    (&mut sum.refunded, row.refunded),
                ] {
                    *total = total.saturating_add(more);
                }
                sum.rate_bp =
                    rate(sum.disbursed.get(), sum.approved.get()).map(|rate| u32::try_from(rate).unwrap_or(u32::MAX));
            }
        }
    }
    merged.into_values().collect()
}

/// Has a filter ask for all provinces that are part of the one it names, when today's map is asked for.
pub fn widen_budget(filter: &mut BudgetFilter, places: &Places, map: PlaceMap, today: NaiveDate) {
    (filter.province, filter.provinces) = widened(filter.province.take(), places, map, today);
}

/// The same of projects.
pub fn widen_projects(filter: &mut ProjectFilter, places: &Places, map: PlaceMap, today: NaiveDate) {
    (filter.province, filter.provinces) = widened(filter.province.take(), places, map, today);
}

fn widened(asked: Option<String>, places: &Places, map: PlaceMap, today: NaiveDate) -> (Option<String>, Vec<String>) {
    match (map, asked) {
        (PlaceMap::Today, Some(code)) => {
            let now = places
                .became(&code, today)
                .map_or(code.as_str(), |now| now.code.as_str());
            let parts = places.part_of(now, today);
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            if parts.is_empty() {
                (Some(code), parts)
            } else {
                (None, parts)
            }
        }
        (_, asked) => (asked, Vec::new()),
    }
}

fn rate(part: u64, whole: u64) -> Option<u64> {
    let rate = (u128::from(part) * 10_000).checked_div(u128::from(whole))?;
    u64::try_from(rate).ok()
}

#[cfg(test)]
mod tests {
    use dean_aggregates::money::Dong;

    use super::*;
    use crate::engine::BUILT_IN_PLACES;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn money(province: &str, placed_on: &str, approved: u32) -> PlaceMoney {
        PlaceMoney {
            province: province.to_owned(),
            placed_on: day(placed_on),
            lines: 1,
            approved: Dong::million(approved),
            disbursed: Dong::million(approved / 2),
            settled: Dong::ZERO,
            refunded: Dong::ZERO,
        }
    }

    #[test]
    fn a_merged_province_adds_up_to_its_successor_and_no_map_loses_money() {
        let (file, text) = BUILT_IN_PLACES[0];
        let places = Places::parse(file, text).expect("it parses");
        let rows = [
            money("ha-giang", "2019-05-01", 100),
            money("tuyen-quang", "2019-05-01", 40),
            money("tuyen-quang", "2026-05-01", 7),
            money("binh-thuan", "2020-05-01", 30),
            money("lam-dong", "2020-05-01", 10),
            money("nowhere", "2020-05-01", 1),
        ];
        let today = day("2026-11-23");
        let of = |map, by| {
            let sums = by_place(&rows, &places, (map, by), today);
            let shown = |sum: &PlaceSum| format!("{}:{}", sum.code, sum.approved / 1_000_000);
            sums.iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(
            of(PlaceMap::EventDay, By::Province),
            [
                "ha-giang:100",
                "tuyen-quang:40",
                "lam-dong:10",
                "binh-thuan:30",
                "tuyen-quang:7",
                "nowhere:1"
            ]
        );
        assert_eq!(
            of(PlaceMap::Today, By::Province),
            ["tuyen-quang:147", "lam-dong:40", "nowhere:1"]
        );
        // A merger across regions moves money between them.
        assert_eq!(
            of(PlaceMap::EventDay, By::Region),
            ["north:147", "central:10", "south:30", "nowhere:1"]
        );
        assert_eq!(
            of(PlaceMap::Today, By::Region),
            ["north:147", "central:40", "nowhere:1"]
        );
        let mut filter = BudgetFilter {
            province: Some("tuyen-quang".to_owned()),
            ..BudgetFilter::default()
        };
        widen_budget(&mut filter, &places, PlaceMap::Today, today);
        assert_eq!((filter.province, filter.provinces.len()), (None, 2));
    }
}
