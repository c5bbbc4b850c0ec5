//! Every event of plans and batches ever written still loads: see `golden`.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::DomainEvent;
use dean_aggregates::batch::candidate::{Candidate, PlaceShare, RankingFacts, TradeGround};
use dean_aggregates::batch::command::{BatchOpening, ItemOutcome, ProjectChange};
use dean_aggregates::batch::event::*;
use dean_aggregates::batch::ranking::*;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::authority::unwritten;
use dean_aggregates::plan::command::*;
use dean_aggregates::plan::event::*;
use dean_aggregates::project::content::{Level, PlacePriority};
use dean_aggregates::project::event::Pin;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::common::day;
use crate::common::samples::decision;
use crate::common::season::{adding, adjusting, approving, million, stopping, units};
use crate::golden::check;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_8000_8000_0000_0000_0000 + number)
}

fn plan_event(what: PlanWhat) -> PlanEvent {
    PlanEvent {
        actor_id: "bo-ct.minister".to_owned(),
        occurred_on: day("2019-01-10"),
        what,
        papers: Vec::new(),
        note: "Ghi chú.".to_owned(),
        after: PlanFigures {
            estimate: million(1_500),
            reserved: million(1_000),
            approved: million(900),
        },
    }
}

fn plan_kinds() -> Vec<PlanWhat> {
    let units = units();
    let change = EstimateChange {
        amount: million(800),
        decision: decision(),
        reason: "Cắt giảm chi.".to_owned(),
    };
    let assigned = EstimateAssignment {
        level: Level::Local,
        province: Some("dien-bien".to_owned()),
        year: 2019,
        authority: units.values().next().expect("a unit").clone(),
        units,
        amount: million(1_500),
        decision: decision(),
        planning: Vec::new(),
        lifecycle: None,
    };
    let with_its_planning = EstimateAssignment {
        planning: unwritten(Level::Local),
        lifecycle: Some(Pin {
            code: "kcdp".to_owned(),
            version: "2014-02-10-3".to_owned(),
            sha256: "ab".repeat(32),
        }),
        ..assigned.clone()
    };
    vec![
        PlanWhat::EstimateAssigned(assigned),
        PlanWhat::EstimateAssigned(with_its_planning),
        PlanWhat::EstimateChanged(EstimateChanged {
            change,
            before: million(1_500),
            approved_above: million(100),
            reserved_above: million(200),
        }),
        PlanWhat::BatchReserved(BatchReservation {
            batch: id(1),
            number: 1,
            ceiling: million(1_000),
        }),
        PlanWhat::BatchCeilingChanged(BatchCeilingChanged {
            number: 1,
            before: million(1_000),
            ceiling: million(900),
            reason: "Cân đối lại.".to_owned(),
        }),
        PlanWhat::DecisionBooked(DecisionBooking {
            number: 1,
            decision: decision(),
            before: Dong::ZERO,
            after: million(900),
            raised: vec![Raised {
                code: "KC-1".to_owned(),
                by: million(300),
            }],
        }),
        PlanWhat::ChangeBooked(ChangeBooking {
            number: 1,
            project: id(1),
            code: "KC-1".to_owned(),
            before: million(900),
            after: million(600),
        }),
    ]
}

fn batch_event(what: BatchWhat) -> BatchEvent {
    BatchEvent {
        actor_id: "cuc.agency-officer".to_owned(),
        occurred_on: day("2019-01-10"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: BatchFigures {
            ceiling: million(1_000),
            approved: million(900),
        },
    }
}

fn ranking() -> Ranking {
    let settings = RankingSettings {
        several_places: SeveralPlaces::MostSupport,
        clean_production: CleanProduction::Before,
    };
    let candidate = |rank: u16, before_next| RankedCandidate {
        rank,
        project: id(u128::from(rank)),
        code: format!("KC-{rank}"),
        amount: million(300),
        running: million(300 * u32::from(rank)),
        above: Dong::ZERO,
        before_next,
    };
    let judged = Precedence {
        criterion: Criterion::Capability,
        ahead: "1".to_owned(),
        behind: "2".to_owned(),
        article: "TT 36/2013/TT-BCT Đ7.2".to_owned(),
        reason: Some("Nhiều kinh nghiệm hơn.".to_owned()),
    };
    Ranking {
        settings,
        left: million(1_000),
        candidates: vec![candidate(1, Some(judged)), candidate(2, None)],
    }
}

fn batch_kinds() -> Vec<BatchWhat> {
    let units = units();
    let item = |number: u128, what, before, after| ItemOutcome {
        project: id(number),
        code: format!("KC-{number}"),
        step: "approve".to_owned(),
        what,
        before: million(before),
        after: million(after),
    };
    let opened = BatchOpening {
        plan: id(9),
        level: Level::National,
        year: 2019,
        authority: units.values().next().expect("a unit").clone(),
        units,
        number: 1,
        ceiling: million(1_000),
        planning: Vec::new(),
    };
    let with_its_planning = BatchOpening {
        planning: unwritten(Level::National),
        ..opened.clone()
    };
    vec![
        BatchWhat::BatchOpened(opened),
        BatchWhat::BatchOpened(with_its_planning),
        BatchWhat::CeilingChanged(CeilingChanged {
            before: million(1_000),
            ceiling: million(900),
            reason: "Cân đối lại.".to_owned(),
        }),
        BatchWhat::CandidateAdded(Candidate {
            project: id(1),
            code: "KC-1".to_owned(),
            name: "Máy sấy ngô".to_owned(),
            requested: million(350),
            recommended: Some(million(300)),
            facts: RankingFacts {
                key: true,
                clean_production: false,
                places: vec![PlaceShare {
                    class: PlacePriority::Highland,
                    support: million(350),
                }],
                grounds: vec![TradeGround::ExportMarket, TradeGround::FoodProcessing],
            },
        }),
        BatchWhat::CandidateRemoved(CandidateRemoved {
            project: id(1),
            code: "KC-1".to_owned(),
            reason: "Xin rút.".to_owned(),
        }),
        BatchWhat::CandidatesRanked(CandidatesRanked {
            ranking: ranking(),
            ties: vec![TieJudgement {
                order: vec![id(1), id(2)],
                reason: "Nhiều kinh nghiệm hơn.".to_owned(),
            }],
        }),
        BatchWhat::BatchDecided(BatchDecided {
            decision: decision(),
            items: vec![
                item(1, approving(), 0, 300),
                item(2, adding(), 0, 200),
                item(3, stopping(), 300, 0),
                item(4, adjusting(1, 250), 300, 250),
            ],
            passed_over: vec![PassedOver {
                rank: 1,
                project: id(7),
                code: "KC-7".to_owned(),
            }],
            before: million(600),
        }),
        BatchWhat::ProjectChanged(ProjectChange {
            project: id(1),
            code: "KC-1".to_owned(),
            step: "stop-on-request".to_owned(),
            event: "Stopped".to_owned(),
            before: million(300),
            after: Dong::ZERO,
            ended: true,
        }),
    ]
}

/// The file of each kind loads as the event that wrote it; the kinds that were seen.
pub(crate) fn load<E: DomainEvent + Serialize + DeserializeOwned>(events: &[E]) -> BTreeSet<String> {
    let mut counts = BTreeMap::new();
    for event in events {
        let count = counts.entry(event.event_type()).or_insert(0);
        *count += 1;
        let mut name = format!("{}-{}", event.event_type(), event.event_version());
        if *count > 1 {
            name.push_str(&format!("-{count}"));
        }
        let kept = check(&name, &serde_json::to_value(event).expect("serialises"));
        assert_eq!(serde_json::from_str::<E>(&kept).expect("an old event loads"), *event);
    }
    events.iter().map(DomainEvent::event_type).collect()
}

#[test]
fn every_kind_of_event_of_a_plan_still_loads() {
    let events: Vec<_> = plan_kinds().into_iter().map(plan_event).collect();
    assert_eq!(load(&events).len(), 6, "a kind of event has no golden file");
}

#[test]
fn every_kind_of_event_of_a_batch_still_loads() {
    let events: Vec<_> = batch_kinds().into_iter().map(batch_event).collect();
    assert_eq!(load(&events).len(), 7, "a kind of event has no golden file");
}
