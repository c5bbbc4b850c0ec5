//! What the events of a plan with its batch become, beside the đề án that they are about.

use dean_aggregates::actor::{Party, Unit};
use dean_aggregates::batch::candidate::{Candidate, PlaceShare, RankingFacts};
use dean_aggregates::batch::command::{BatchOpening, ItemOutcome, ItemWhat, ProjectChange};
use dean_aggregates::batch::event::{BatchDecided, BatchFigures, CandidatesRanked};
use dean_aggregates::batch::ranking::{RankingSettings, rank};
use dean_aggregates::batch::{BatchEvent, BatchWhat};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::command::{
    BatchReservation, ChangeBooking, DecisionBooking, EstimateAssignment, Raised as RaisedBy,
};
use dean_aggregates::plan::{PlanEvent, PlanFigures, PlanWhat};
use dean_aggregates::project::content::{Level, PlacePriority};
use dean_aggregates::project::papers::Decision;
use dean_ledger::{Environment, Ledger};
use dean_projections::{PlanFilter, ReadModels, rebuild};
use uuid::Uuid;

use crate::story::{day, life};
use crate::support::{PATIENCE, Place, assert_equals_replay, follow, on_both_databases, record, record_told};

on_both_databases!(plans_and_batches_add_up);

pub(crate) fn unit(id: &str, name: &str) -> Unit {
    Unit {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

pub(crate) fn decision(number: &str) -> Decision {
    Decision {
        number: number.to_owned(),
        date: day("2019-01-10"),
        issuer: "Bộ Công Thương".to_owned(),
        signer: None,
        signed_for: None,
    }
}

pub(crate) fn million(amount: u32) -> Dong {
    Dong::million(amount)
}

/// Two đề án that are drafted only: their rows are beside those that are told of here.
pub(crate) async fn drafts(ledger: &Ledger) -> [Uuid; 2] {
    let ids = [(); 2].map(|()| Environment::system().uuid_v7());
    for (id, number) in ids.iter().zip(1..) {
        record(ledger, *id, 0, &life(number)[..1]).await;
    }
    ids
}

fn plan_event(what: PlanWhat, estimate: u32, reserved: u32, approved: u32) -> PlanEvent {
    PlanEvent {
        actor_id: "bo-ct.bt".to_owned(),
        occurred_on: day("2019-01-10"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: PlanFigures {
            estimate: million(estimate),
            reserved: million(reserved),
            approved: million(approved),
        },
    }
}

fn assigned(level: Level, province: Option<&str>, year: u16) -> PlanWhat {
    PlanWhat::EstimateAssigned(EstimateAssignment {
        level,
        province: province.map(str::to_owned),
        year,
        authority: unit("bo-ct", "Bộ Công Thương"),
        units: [(Party::Ministry, unit("bo-ct", "Bộ Công Thương"))].into(),
        amount: million(1_000),
        decision: decision("1/QĐ-BCT"),
        planning: Vec::new(),
        lifecycle: None,
    })
}

fn batch_event(what: BatchWhat, approved: u32) -> BatchEvent {
    BatchEvent {
        actor_id: "cuc.cv".to_owned(),
        occurred_on: day("2019-02-20"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: BatchFigures {
            ceiling: million(500),
            approved: million(approved),
        },
    }
}

fn candidate(project: Uuid, code: &str, amount: u32, place: PlacePriority) -> Candidate {
    Candidate {
        project,
        code: code.to_owned(),
        name: format!("Đề án {code}"),
        requested: million(amount),
        recommended: None,
        facts: RankingFacts {
            key: false,
            clean_production: false,
            places: vec![PlaceShare {
                class: place,
                support: million(amount),
            }],
            grounds: Vec::new(),
        },
    }
}

async fn plans_and_batches_add_up(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let [one, other] = drafts(&ledger).await;
    let (plan, batch) = (Uuid::from_u128(1 << 100), Uuid::from_u128(2 << 100));
    let opening = BatchOpening {
        plan,
        level: Level::National,
        year: 2019,
        authority: unit("bo-ct", "Bộ Công Thương"),
        units: [(Party::Ministry, unit("bo-ct", "Bộ Công Thương"))].into(),
        number: 1,
        ceiling: million(500),
        planning: Vec::new(),
    };
    let candidates = [
        candidate(one, "KC-1", 300, PlacePriority::Highland),
        candidate(other, "KC-2", 250, PlacePriority::PoorDistrict),
    ];
    let ranking = rank(candidates.iter(), RankingSettings::default(), &[], million(500)).expect("an order");
    let reserved = PlanWhat::BatchReserved(BatchReservation {
        batch,
        number: 1,
        ceiling: million(500),
    });
    let [first, second] = candidates;
    record_told(
        &ledger,
        "Plan",
        plan,
        0,
        &plan_event(assigned(Level::National, None, 2019), 1_000, 0, 0),
    )
    .await;
    record_told(&ledger, "Plan", plan, 1, &plan_event(reserved, 1_000, 500, 0)).await;
    let told = [
        BatchWhat::BatchOpened(opening),
        BatchWhat::CandidateAdded(first),
        BatchWhat::CandidateAdded(second),
        BatchWhat::CandidatesRanked(CandidatesRanked {
            ranking,
            ties: Vec::new(),
        }),
    ];
    let mut position = 0;
    for (version, what) in (0..).zip(told) {
        position = record_told(&ledger, "Batch", batch, version, &batch_event(what, 0)).await;
    }
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let row = models.plan(plan).await.expect("an answer").expect("a plan");
    assert_eq!(
        (row.estimate, row.reserved, row.listed),
        (million(1_000), million(500), million(550))
    );
    let batches = models.batches_of(plan).await.expect("batches");
    assert_eq!(batches.len(), 1);
    assert_eq!(
        (
            batches[0].label.as_str(),
            batches[0].state.as_str(),
            batches[0].candidates
        ),
        ("2019-1", "ranked", 2)
    );
    let listed = models.batches_with(one).await.expect("batches");
    assert_eq!(listed.len(), 1);
    let first = &listed[0];
    assert_eq!(
        (first.batch, first.state.as_str(), first.rank),
        (batch, "candidate", Some(1))
    );
    assert_eq!(
        (
            first.criterion.as_deref(),
            first.ahead.as_deref(),
            first.behind.as_deref()
        ),
        (Some("place"), Some("highland"), Some("poor-district")),
        "what puts it before the next"
    );
    let second = &models.batches_with(other).await.expect("batches")[0];
    assert_eq!((second.running, second.above), (Some(million(550)), Some(million(50))));
    assert_eq!(second.criterion, None, "the last stands before nobody");

    // The first is approved; then it is cut to 200 by a step of its own, and a decision stops it.
    let item = |what: ItemWhat, before: u32, after: u32| ItemOutcome {
        project: one,
        code: "KC-1".to_owned(),
        step: "approve".to_owned(),
        what,
        before: million(before),
        after: million(after),
    };
    let decided = |item: ItemOutcome, before: u32| {
        BatchWhat::BatchDecided(BatchDecided {
            decision: decision("2/QĐ-BCT"),
            items: vec![item],
            passed_over: Vec::new(),
            before: million(before),
        })
    };
    let cut = BatchWhat::ProjectChanged(ProjectChange {
        project: one,
        code: "KC-1".to_owned(),
        step: "adjust".to_owned(),
        event: "Adjusted".to_owned(),
        before: million(300),
        after: million(200),
        ended: false,
    });
    let stop = ItemWhat::Stop {
        on_request: true,
        reason: "Xin rút".to_owned(),
    };
    let in_batch = [
        (decided(item(ItemWhat::Approve { lines: Vec::new() }, 0, 300), 0), 300),
        (cut, 200),
        (decided(item(stop, 200, 0), 200), 0),
    ];
    for (version, (what, approved)) in (4..).zip(in_batch) {
        record_told(&ledger, "Batch", batch, version, &batch_event(what, approved)).await;
    }
    let booked = |before: u32, after: u32, by: u32| {
        PlanWhat::DecisionBooked(DecisionBooking {
            number: 1,
            decision: decision("2/QĐ-BCT"),
            before: million(before),
            after: million(after),
            raised: (by > 0)
                .then(|| RaisedBy {
                    code: "KC-1".to_owned(),
                    by: million(by),
                })
                .into_iter()
                .collect(),
        })
    };
    let changed = PlanWhat::ChangeBooked(ChangeBooking {
        number: 1,
        project: one,
        code: "KC-1".to_owned(),
        before: million(300),
        after: million(200),
    });
    let in_plan = [(booked(0, 300, 300), 300), (changed, 200), (booked(200, 0, 0), 0)];
    let mut position = 0;
    for (version, (what, approved)) in (2..).zip(in_plan) {
        position = record_told(&ledger, "Plan", plan, version, &plan_event(what, 1_000, 500, approved)).await;
    }
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let row = models.plan(plan).await.expect("an answer").expect("a plan");
    assert_eq!(
        (row.approved, row.freed, row.listed, row.version),
        (Dong::ZERO, million(300), million(250), 5),
        "100 by the cut and 200 by the stop are free again"
    );
    let row = &models.batches_of(plan).await.expect("batches")[0];
    assert_eq!(
        (row.freed, row.projects, row.stopped, row.decisions),
        (million(300), 1, 1, 2)
    );
    assert_eq!(models.batches_with(one).await.expect("batches")[0].state, "stopped");
    if place.is_postgres() {
        let sum = "SELECT CAST(SUM(freed) AS bigint) FROM read.batches";
        assert_eq!(place.number(sum).await, 300_000_000, "dashboards see it too");
    }
    assert_equals_replay(&ledger).await;

    // The order of the list: the latest year first, the national plan first in it.
    for (number, (level, province, year)) in (10_u128..).zip([
        (Level::Local, Some("son-la"), 2020),
        (Level::National, None, 2020),
        (Level::Local, Some("lai-chau"), 2020),
    ]) {
        let event = plan_event(assigned(level, province, year), 1_000, 0, 0);
        position = record_told(&ledger, "Plan", Uuid::from_u128(number << 100), 0, &event).await;
    }
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let page = models.plans(&PlanFilter::default(), None, 3).await.expect("a page");
    let shown = |rows: &[dean_projections::PlanRow]| -> Vec<(u16, Option<String>)> {
        rows.iter().map(|row| (row.year, row.province.clone())).collect()
    };
    let first: Vec<_> = [None, Some("lai-chau"), Some("son-la")]
        .map(|code| (2020, code.map(str::to_owned)))
        .into();
    assert_eq!(shown(&page.rows), first);
    let rest = models
        .plans(&PlanFilter::default(), page.next, 3)
        .await
        .expect("a page");
    assert_eq!((shown(&rest.rows), rest.next), (vec![(2019, None)], None));
    let local = PlanFilter {
        level: Some("local".to_owned()),
        ..PlanFilter::default()
    };
    assert_eq!(models.count_plans(&local).await.expect("a count"), 2);
    runner.stop().await;
    // A fresh set gives the same.
    rebuild(&ledger, |_, _| {}).await.expect("rebuilt");
    let rebuilt = ReadModels::open(&ledger).await.expect("open");
    assert_eq!(
        rebuilt.plan(plan).await.expect("an answer").expect("a plan").freed,
        million(300)
    );
    assert_equals_replay(&ledger).await;
}
