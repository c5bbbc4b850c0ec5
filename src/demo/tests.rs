//! The demo is the same for the same seed, shows everything that the lifecycles can do, and keeps to the published figures.

use std::collections::BTreeSet;

use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::{ActionKind, Project, ProjectEvent, What};
use dean_ledger::{Access, Database, Ledger, LedgerOptions, RecordedEvent};
use dean_test_support::TestDatabase;

use super::*;
use crate::engine::BUILT_IN;

mod planning;

const PLAN: Plan = Plan { seed: 1, projects: 300 };

async fn open(url: &str, plan: Plan) -> (Ledger, Switch) {
    let database = Database::open(url, Access::Serve)
        .await
        .expect("the test's database opens");
    let (environment, switch) = environment(plan);
    let options = LedgerOptions {
        name: LEDGER_NAME.to_owned(),
        demo: true,
        id: Some(plan.ledger_id()),
        environment,
        queue_max: 1_000,
        batch_max: 100,
    };
    (
        Ledger::open(database, options).await.expect("the demo's ledger opens"),
        switch,
    )
}

fn sqlite(directory: &tempfile::TempDir, name: &str) -> String {
    format!("sqlite:{}", directory.path().join(name).display())
}

async fn loaded(url: &str, plan: Plan) -> Ledger {
    let (ledger, switch) = open(url, plan).await;
    let loaded = load(&ledger, plan, &switch, |_, _| {})
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.projects, plan.projects);
    ledger
}

/// One process serves a SQLite file at a time, so the file has to be given back.
async fn close(ledger: Ledger) {
    ledger.close().await;
    ledger.database().close().await;
}

async fn root(ledger: &Ledger) -> (u64, String) {
    let head = ledger.head().await.expect("the head is readable");
    (head.position, hex::encode(head.root))
}

async fn events(ledger: &Ledger) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(0, |last: &RecordedEvent| last.position);
        let batch = ledger.read(after, 1_000).await.expect("the ledger is readable");
        if batch.is_empty() {
            return events;
        }
        events.extend(batch);
    }
}

fn decoded(events: &[RecordedEvent]) -> impl Iterator<Item = (&RecordedEvent, ProjectEvent)> {
    use cqrs_es::Aggregate;
    events
        .iter()
        .filter(|event| event.aggregate_type == Project::TYPE)
        .map(|event| {
            let decoded = serde_json::from_value(event.payload.clone()).expect("the demo's events are the domain's");
            (event, decoded)
        })
}

fn lifecycles() -> Vec<Lifecycle> {
    let of_kind = BUILT_IN
        .iter()
        .filter(|built_in| built_in.file.starts_with("lifecycles/"));
    of_kind
        .map(|built_in| Lifecycle::parse(built_in.file, built_in.text).expect("built-in texts are valid"))
        .collect()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ledger_and_another_seed_another() {
    let directory = tempfile::tempdir().expect("a directory");
    let plan = Plan { projects: 60, ..PLAN };
    let first = root(&loaded(&sqlite(&directory, "first.db"), plan).await).await;
    let second = root(&loaded(&sqlite(&directory, "second.db"), plan).await).await;
    assert_eq!(first, second);
    let other = root(&loaded(&sqlite(&directory, "other.db"), Plan { seed: 2, ..plan }).await).await;
    assert_ne!(first.1, other.1);
}

#[tokio::test]
async fn postgresql_gets_the_same_bytes() {
    let plan = Plan { projects: 40, ..PLAN };
    let (first, second) = (TestDatabase::postgres(), TestDatabase::sqlite());
    let postgres = loaded(first.url(), plan).await;
    let lite = loaded(second.url(), plan).await;
    assert_eq!(root(&postgres).await, root(&lite).await);
    close(postgres).await;
}

#[tokio::test]
async fn a_load_that_was_cut_is_resumed_without_losing_or_doubling_a_day() {
    let directory = tempfile::tempdir().expect("a directory");
    let plan = Plan { projects: 60, ..PLAN };
    let whole = root(&loaded(&sqlite(&directory, "whole.db"), plan).await).await;
    let url = sqlite(&directory, "cut.db");
    {
        let (ledger, switch) = open(&url, plan).await;
        let cut = std::sync::Arc::new(tokio::sync::Notify::new());
        let at_half = cut.clone();
        let load = load(&ledger, plan, &switch, move |done, total| {
            if done == total / 2 {
                at_half.notify_one();
            }
        });
        tokio::select! {
            biased;
            () = cut.notified() => {}
            finished = load => panic!("the load was to be cut, but ended: {finished:?}"),
        }
        let (position, _) = root(&ledger).await;
        assert!(position > 0 && position < whole.0, "{position} of {}", whole.0);
        close(ledger).await;
    }
    let resumed = loaded(&url, plan).await;
    assert_eq!(root(&resumed).await, whole);
    close(resumed).await;
    // A second start finds everything there, and simulates nothing.
    let (again, switch) = open(&url, plan).await;
    let mut days = 0;
    load(&again, plan, &switch, |_, _| days += 1)
        .await
        .expect("nothing to do");
    assert_eq!((days, root(&again).await), (0, whole));
}

#[tokio::test]
async fn a_demo_shows_every_state_and_every_event_and_verifies() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = loaded(&sqlite(&directory, "demo.db"), PLAN).await;
    let events = events(&ledger).await;
    let mut states = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    let mut steps = BTreeSet::new();
    let mut pins = std::collections::BTreeMap::new();
    let mut projects = BTreeSet::new();
    for (recorded, event) in decoded(&events) {
        if let What::Drafted(drafted) = &event.what {
            pins.insert(recorded.aggregate_id, drafted.lifecycle.clone());
        }
        let before = pins[&recorded.aggregate_id].clone();
        steps.insert((before.code.clone(), event.step.clone()));
        if let What::LifecycleMoved(moved) = &event.what {
            pins.insert(recorded.aggregate_id, moved.to.clone());
        }
        let pin = &pins[&recorded.aggregate_id];
        states.insert((pin.code.clone(), event.after.state.clone()));
        kinds.insert(recorded.event_type.clone());
        projects.insert(recorded.aggregate_id);
    }
    assert_eq!(projects.len(), PLAN.projects as usize);
    // A lifecycle that few projects name need not show again what the usual one of its programme shows.
    let shown_by_the_rule = |lifecycle: &Lifecycle, id: &str| {
        lifecycle.by_name
            && lifecycles()
                .iter()
                .filter(|other| !other.by_name && other.level == lifecycle.level)
                .any(|other| other.step(id).is_some() || other.state(id).is_some())
    };
    let versions = |code: &str| lifecycles().iter().filter(|lifecycle| lifecycle.code == code).count();
    for lifecycle in &lifecycles() {
        for state in &lifecycle.states {
            assert!(
                states.contains(&(lifecycle.code.clone(), state.id.clone())) || shown_by_the_rule(lifecycle, &state.id),
                "no project of {} is ever {}",
                lifecycle.code,
                state.id
            );
        }
        for step in &lifecycle.steps {
            let has_target = step.action != ActionKind::MoveLifecycle || versions(&lifecycle.code) > 1;
            let taken = steps.contains(&(lifecycle.code.clone(), step.id.clone()));
            assert!(
                taken || !has_target || shown_by_the_rule(lifecycle, &step.id),
                "in {} nobody takes step {}",
                lifecycle.code,
                step.id
            );
        }
    }
    for name in [
        "Proposed",
        "Appraised",
        "Approved",
        "Disbursed",
        "Settled",
        "Corrected",
        "Reopened",
        "MoneyCarriedOver",
    ] {
        assert!(kinds.contains(name), "{name}");
    }
    let report = ledger.verify(|_, _| {}).await.expect("the ledger is readable");
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

#[tokio::test]
async fn published_figures_are_approved_paid_and_settled_as_published() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = loaded(&sqlite(&directory, "demo.db"), Plan { projects: 40, ..PLAN }).await;
    let events = events(&ledger).await;
    let mut drafts = std::collections::BTreeMap::new();
    let mut last = std::collections::BTreeMap::new();
    for (recorded, event) in decoded(&events) {
        if let What::Drafted(drafted) = &event.what
            && event.note.contains("theo nguồn công khai")
        {
            drafts.insert(recorded.aggregate_id, drafted.clone());
        }
        last.insert(recorded.aggregate_id, event.after);
    }
    let millions = |province: &str, year: u16, level: Level| {
        let of_it = drafts
            .iter()
            .filter(|(_, drafted)| drafted.province == province && drafted.plan_year == year && drafted.level == level);
        of_it.fold((0, 0, 0), |(approved, settled, total), (id, _)| {
            let money = &last[id].money;
            (
                approved + money.approved.get() / 1_000_000,
                settled + money.settled.get() / 1_000_000,
                total + money.total.get() / 1_000_000,
            )
        })
    };
    assert_eq!(millions("ha-tinh", 2017, Level::Local), (726, 726, 9_738));
    assert_eq!(millions("quang-binh", 2025, Level::Local), (700, 700, 7_600));
    assert_eq!(millions("dien-bien", 2016, Level::National).0, 500);
    assert_eq!(millions("hoa-binh", 2021, Level::National), (600, 600, 1_350));
    assert_eq!(millions("son-la", 2025, Level::Local), (300, 300, 680));
    let (approved, settled, _) = millions("khanh-hoa", 2019, Level::Local);
    assert_eq!((approved, settled), (365, 365));
}
