//! The demo's plans and batches hold what their đề án take, one decision changes a year in its middle, and the published sums can be asked
//! for.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use dean_aggregates::batch::command::ItemWhat;
use dean_aggregates::batch::{Batch, BatchEvent, BatchWhat};
use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::{Plan as YearPlan, PlanEvent};
use dean_projections::{BudgetFilter, ReadModels};

use super::*;
use crate::demo::real::REAL;

fn typed<E: serde::de::DeserializeOwned>(event: &RecordedEvent) -> E {
    serde_json::from_value(event.payload.clone()).expect("the demo's events are the domain's")
}

/// Every aggregate of a kind, replayed.
fn replayed<A: Aggregate>(events: &[RecordedEvent]) -> BTreeMap<Uuid, A>
where
    A::Event: serde::de::DeserializeOwned,
{
    let mut found: BTreeMap<Uuid, A> = BTreeMap::new();
    for event in events.iter().filter(|event| event.aggregate_type == A::TYPE) {
        found.entry(event.aggregate_id).or_default().apply(typed(event));
    }
    found
}

fn sum(amounts: impl Iterator<Item = Dong>) -> Dong {
    Dong::sum(amounts).expect("a sum")
}

#[tokio::test]
async fn plans_and_batches_hold_what_their_projects_take() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = loaded(&sqlite(&directory, "demo.db"), PLAN).await;
    let events = events(&ledger).await;
    let projects: BTreeMap<Uuid, Project> = replayed(&events);
    let batches: BTreeMap<Uuid, Batch> = replayed(&events);
    let plans: BTreeMap<Uuid, YearPlan> = replayed(&events);
    for (recorded, event) in decoded(&events) {
        if matches!(event.what, What::Approved(_)) {
            assert!(event.batch.is_some(), "position {}: approved alone", recorded.position);
        }
    }
    let modes: BTreeMap<String, MoneyMode> = lifecycles()
        .into_iter()
        .map(|lifecycle| (lifecycle.code, lifecycle.money_mode))
        .collect();
    for (id, batch) in &batches {
        let of_it = projects
            .values()
            .filter(|project| project.batch().is_some_and(|reference| reference.batch == *id));
        let taken = sum(of_it.map(|project| project.committed(modes[&project.lifecycle_pin().code])));
        let figures = batch.figures();
        assert_eq!(figures.approved, taken, "batch {id}");
        assert!(figures.approved <= figures.ceiling, "batch {id}");
    }
    for (id, plan) in &plans {
        let of_it = || {
            batches
                .values()
                .filter(|batch| batch.opening().is_some_and(|opening| opening.plan == *id))
        };
        let figures = plan.figures();
        assert_eq!(figures.approved, sum(of_it().map(|batch| batch.figures().approved)));
        assert_eq!(figures.reserved, sum(of_it().map(|batch| batch.figures().ceiling)));
        assert!(figures.reserved <= figures.estimate, "plan {id}");
        if plan.level() == Some(Level::National) {
            let numbers: Vec<u16> = plan.batches().keys().copied().collect();
            assert_eq!(numbers, [1, 2], "the national plan of {}", plan.year());
        }
    }
    let national = plans.values().filter(|plan| plan.level() == Some(Level::National));
    assert!(national.count() >= 10, "a national plan for every year");
    let of_provinces = plans.values().filter_map(YearPlan::province).collect::<BTreeSet<_>>();
    assert!(of_provinces.len() >= 40, "{of_provinces:?}");
    // Lone stops and cuts are there too, each booked above.
    let named = |name: &str| events.iter().filter(|event| event.event_type == name).count();
    assert!(named("ProjectChanged") >= 10, "{}", named("ProjectChanged"));
    assert_eq!(named("ProjectChanged"), named("ChangeBooked"));
    assert!(named("EstimateChanged") >= 1 && named("BatchCeilingChanged") >= 1);
}

#[tokio::test]
async fn one_decision_in_the_middle_of_a_year_stops_adjusts_and_adds() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = loaded(&sqlite(&directory, "demo.db"), PLAN).await;
    let events = events(&ledger).await;
    let decisions = events
        .iter()
        .filter(|event| event.event_type == "BatchDecided")
        .map(|event| (event, typed::<BatchEvent>(event)));
    let mut found = 0;
    for (recorded, event) in decisions {
        let BatchWhat::BatchDecided(decided) = &event.what else {
            panic!("{event:?}")
        };
        let mut kinds: Vec<&str> = decided.items.iter().map(|item| item.what.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if ["add", "adjust", "stop"].iter().all(|kind| kinds.contains(kind)) {
            found += 1;
            assert_eq!(event.occurred_on, crate::demo::calendar::MID_YEAR);
            let stopped = decided
                .items
                .iter()
                .find(|item| matches!(item.what, ItemWhat::Stop { .. }));
            assert_eq!(stopped.map(|item| item.after), Some(Dong::ZERO), "{decided:?}");
            // Plan, batch and đề án in one commit.
            let beside = events.iter().filter(|other| other.recorded_at == recorded.recorded_at);
            let plan = beside
                .clone()
                .find(|other| other.event_type == "DecisionBooked" && other.position.abs_diff(recorded.position) <= 1);
            let plan: PlanEvent = typed(plan.expect("the plan's event stands beside it"));
            assert!(plan.after.approved <= plan.after.estimate);
        }
    }
    assert_eq!(found, 1, "one decision does all three");
}

#[tokio::test]
async fn what_goes_wrong_in_a_year_is_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = loaded(&sqlite(&directory, "demo.db"), PLAN).await;
    let events = events(&ledger).await;
    let projects: BTreeMap<Uuid, Project> = replayed(&events);
    let settled_in = |code: &str| {
        projects
            .values()
            .any(|project| project.lifecycle_pin().code == code && project.figures().settled > Dong::ZERO)
    };
    for code in ["kcqg", "kcdp", "kcdp-pay-after", "kcdp-recoverable"] {
        assert!(settled_in(code), "no project of {code} is settled");
    }
    for name in [
        "GroupPlanApproved",
        "Inspected",
        "FindingRaised",
        "Refunded",
        "ReceivableRaised",
        "MoneyCarriedOver",
        "Repaid",
    ] {
        assert!(events.iter().any(|event| event.event_type == name), "{name}");
    }
    let with_open_findings = projects
        .values()
        .filter(|project| project.findings().iter().any(|finding| finding.open));
    assert!(with_open_findings.count() >= 1, "an inspection with open findings");
}

#[tokio::test]
async fn published_sums_can_be_asked_for() {
    let directory = tempfile::tempdir().expect("a directory");
    // The published projects, and the one that is drafted on the last day.
    let plan = Plan {
        projects: u32::try_from(REAL.len()).expect("few") + 1,
        ..PLAN
    };
    let ledger = loaded(&sqlite(&directory, "demo.db"), plan).await;
    dean_projections::rebuild(&ledger, |_, _| {}).await.expect("built");
    let models = ReadModels::open(&ledger).await.expect("open");
    for (province, year, level, million) in [
        ("dien-bien", 2016, "national", 250 + 250),
        ("dak-nong", 2019, "national", 300),
        ("khanh-hoa", 2019, "local", 75 + 90 + 90 + 110),
        ("hau-giang", 2019, "national", 300),
        ("binh-dinh", 2016, "local", 200),
        ("kien-giang", 2018, "local", 207),
        ("thua-thien-hue", 2015, "local", 40),
        ("son-la", 2025, "local", 300),
        ("ha-tinh", 2017, "local", 726),
        ("ha-tinh", 2018, "national", 1_000),
        ("hoa-binh", 2021, "national", 600),
        ("quang-binh", 2025, "local", 700),
    ] {
        let filter = BudgetFilter {
            province: Some(province.to_owned()),
            year: Some(year),
            level: Some(level.to_owned()),
            ..BudgetFilter::default()
        };
        let rows = models.budget(&filter).await.expect("answered");
        let all = |of: fn(&dean_projections::BudgetRow) -> Dong| sum(rows.iter().map(of));
        let expected = Dong::million(million);
        assert_eq!(
            (all(|row| row.approved), all(|row| row.settled)),
            (expected, expected),
            "{province} {year}"
        );
    }
    // Four together, and five together: each by one decision of the first batch.
    let events = events(&ledger).await;
    let batches: BTreeMap<Uuid, Batch> = replayed(&events);
    let first_of = |province: &str, year| {
        let authority = format!("ubnd-{province}");
        batches.values().find(move |batch| {
            let opening = batch.opening().expect("opened");
            (opening.authority.id.as_str(), opening.year, opening.number) == (authority.as_str(), year, 1)
        })
    };
    for (province, year, count, million) in [
        ("ha-tinh", 2017, 4, 726),
        ("quang-binh", 2025, 5, 700),
        ("khanh-hoa", 2019, 4, 365),
    ] {
        let batch = first_of(province, year).expect("a batch");
        assert_eq!(
            (batch.approved().len(), batch.figures().approved),
            (count, Dong::million(million)),
            "{province} {year}"
        );
    }
    let plans: BTreeMap<Uuid, YearPlan> = replayed(&events);
    let binh_dinh = plans
        .values()
        .find(|plan| plan.province() == Some("binh-dinh") && plan.year() == 2021);
    let estimate = binh_dinh.expect("a plan").figures().estimate;
    assert_eq!(estimate, sum([2_440, 100, 193, 141].into_iter().map(Dong::million)));
}
