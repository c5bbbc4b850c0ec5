//! Inspections over several đề án: decision, visits, findings, answers, recovery, end, and what each refuses.

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::inspection::command::*;
use dean_aggregates::inspection::state::FindingStatus;
use dean_aggregates::inspection::together;
use dean_aggregates::inspection::{Inspection, InspectionAction, InspectionCommand};
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::*;
use dean_aggregates::project::event::What;
use dean_aggregates::several::SeveralError;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::common::pact::{circumstances, code_of};
use crate::common::round::{Round, head, implementer, order};
use crate::common::samples::*;
use crate::common::season::{actor, million, officer};
use crate::contracts::accept_on;

#[test]
fn an_inspection_goes_through_several_projects_and_ends_with_its_findings() {
    let mut round = Round::ordered(3);
    assert_eq!(code_of(round.conclude(head())), "no-visit");
    for index in 0..2 {
        round.visit(index, officer()).expect("visited");
        let event = round.last_event(index);
        let What::Inspected(inspected) = &event.what else {
            panic!("{event:?}")
        };
        assert_eq!(
            (inspected.decision.number.as_str(), inspected.planned),
            ("21/QĐ-CTĐP", true)
        );
        assert_eq!(
            event.inspection.as_ref().map(|reference| reference.inspection),
            Some(round.id)
        );
    }
    assert_eq!(code_of(round.find(2, 5)), "not-visited");
    round.find(0, 20).expect("money");
    round.find(0, 0).expect("papers");
    round.find(1, 10).expect("money");
    assert_eq!(
        round
            .pact
            .project(0)
            .findings()
            .iter()
            .map(|finding| finding.number)
            .collect::<Vec<_>>(),
        [1, 2],
        "each gets the next number of its đề án"
    );
    let figures = *round.inspection.figures();
    assert_eq!((figures.projects, figures.findings, figures.open), (2, 3, 3));
    assert_eq!(figures.amount, million(30));
    assert_eq!(code_of(round.conclude(head())), "findings-open");
    // Money comes back first.
    round.answer(1, implementer()).expect("answered");
    assert_eq!(code_of(round.close(1, false, officer())), "recovery-missing");
    assert_eq!(code_of(round.recover(1, 21)), "recovery-exceeds");
    round.recover(1, 20).expect("ordered");
    assert_eq!(round.last_event(0).what.name(), "ReceivableRaised");
    assert_eq!(
        round.pact.contract.figures().receivable,
        million(20),
        "the contract knows"
    );
    assert_eq!(code_of(round.close(1, false, officer())), "recovery-open");
    round
        .pact
        .take(0, "refund", Action::Refund(refund(20)))
        .expect("refunded");
    round.close(1, false, officer()).expect("closed");
    assert_eq!(round.last_event(0).what.name(), "FindingClosed");
    round.close(2, false, officer()).expect("closed, no money in it");
    round.hand_on(3).expect("handed on");
    assert_eq!(code_of(round.hand_on(3)), "finding-not-open");
    round.conclude(head()).expect("every finding has its end");
    assert_eq!(code_of(round.visit(2, officer())), "inspection-concluded");
    // What was handed on can still be closed here.
    round.close(3, true, officer()).expect("waived");
    assert_eq!(code_of(round.close(3, true, officer())), "finding-remedied");
    assert_eq!(round.inspection.findings()[&3].status, FindingStatus::Remedied);
    assert!(round.pact.project(1).findings().iter().all(|finding| !finding.open));
}

#[test]
fn what_a_decision_must_say() {
    let round = Round::ordered(1);
    let order_by = |paper: OrderPaper, by: Actor| {
        let circumstances = circumstances(by, round.pact.on);
        let action = InspectionAction::Order(Box::new(together::ordered(paper, &circumstances)));
        let decided = Inspection::default().decide(&InspectionCommand { action, circumstances });
        decided.map(drop).map_err(SeveralError::from)
    };
    let with = |change: fn(&mut OrderPaper)| {
        let mut paper = order();
        change(&mut paper);
        code_of(order_by(paper, head()))
    };
    assert_eq!(with(|paper| paper.content.clear()), "text-empty");
    assert_eq!(with(|paper| paper.team.head.name = PersonalText::new("")), "text-empty");
    assert_eq!(
        with(|paper| paper.ends_on = crate::common::day("2019-05-01")),
        "inspection-dates"
    );
    assert_eq!(
        with(|paper| paper.decision.date = crate::common::day("2031-01-01")),
        "future-date"
    );
    for (who, code) in [
        (actor(Role::Auditor, "kiem-toan"), "read-only-role"),
        (implementer(), "act-not-your-role"),
    ] {
        assert_eq!(code_of(order_by(order(), who)), code);
    }
    order_by(order(), actor(Role::Inspector, "thanh-tra")).expect("an inspectorate may");
    let mut again = round;
    let ordered = together::ordered(order(), &circumstances(head(), again.pact.on));
    assert_eq!(
        code_of(again.act(InspectionAction::Order(Box::new(ordered)), head())),
        "inspection-exists"
    );
}

#[test]
fn who_may_and_who_may_not() {
    let mut round = Round::ordered(2);
    for (who, code) in [
        (actor(Role::Auditor, "cuc"), "read-only-role"),
        (actor(Role::Accountant, "cuc"), "act-not-your-role"),
        (actor(Role::DepartmentOfficer, "so-ct-dien-bien"), "act-not-your-unit"),
    ] {
        assert_eq!(code_of(round.visit(0, who)), code);
    }
    // Who accepted a đề án doesn't inspect it.
    accept_on(&mut round.pact, 0, "2019-05-20");
    let accepted_by = round.last_event(0).actor_id.clone();
    let mut partial = officer();
    partial.id = accepted_by;
    assert_eq!(code_of(round.visit(0, partial.clone())), "separation-of-duties");
    round.visit(1, partial).expect("another đề án");
    round.find(1, 0).expect("a finding");
    let mut stranger = implementer();
    stranger.unit = "ttkc-lai-chau".to_owned();
    assert_eq!(code_of(round.answer(1, stranger)), "act-not-your-unit");
    assert_eq!(code_of(round.answer(1, actor(Role::Auditor, "cuc"))), "read-only-role");
    // Who answers doesn't close.
    let mut clerk = officer();
    clerk.id = "cuc.clerk".to_owned();
    round.answer(1, clerk.clone()).expect("on the implementer's behalf");
    assert_eq!(code_of(round.close(1, false, clerk)), "separation-of-duties");
    assert_eq!(code_of(round.conclude(officer())), "act-not-your-role");
}

#[test]
fn what_a_finding_must_say_and_who_closes_it() {
    let mut round = Round::ordered(1);
    let mut early = VisitPaper {
        project: round.pact.projects[0].0,
        visited_on: crate::common::day("2019-05-01"),
        minutes: "01/BB-KT".to_owned(),
        result: "Có sai sót.".to_owned(),
    };
    for visited_on in ["2019-05-01", "2019-05-07"] {
        early.visited_on = crate::common::day(visited_on);
        let visited = round.both(0, officer(), |inspection, known, circumstances| {
            together::visit(inspection, &early, known, circumstances)
        });
        assert_eq!(code_of(visited), "visit-outside");
    }
    round.visit(0, officer()).expect("visited");
    let with = |change: fn(&mut FindingPaper)| {
        let mut paper = round.finding(0, 5);
        change(&mut paper);
        code_of(round.clone().record(0, &paper))
    };
    assert_eq!(with(|paper| paper.amount = million(0)), "finding-amount");
    assert_eq!(with(|paper| paper.kind = FindingKind::Quality), "finding-amount");
    assert_eq!(
        with(|paper| paper.due_on = crate::common::day("2019-05-05")),
        "finding-due"
    );
    assert_eq!(with(|paper| paper.owner = Party::Oversight), "finding-owner");
    assert_eq!(with(|paper| paper.recommendation.clear()), "text-empty");
    round.find(0, 0).expect("papers");
    // Not by the đề án alone: the inspection would still hold it open.
    let alone = Action::CloseFinding(FindingClosure {
        number: 1,
        remedy: "Đã bổ sung.".to_owned(),
    });
    assert_eq!(
        code_of(round.pact.take(0, "close-finding", alone)),
        "only-by-inspection"
    );
    let mut bare = circumstances(officer(), round.pact.on);
    bare.papers.clear();
    let paper = ClosurePaper {
        finding: 1,
        remedy: "Đã bổ sung.".to_owned(),
        waiver: None,
    };
    let known = round.pact.known(0, &officer());
    let closed = together::close((round.id, &round.inspection), &paper, &known, &bare);
    assert_eq!(code_of(closed), "evidence-missing");
    assert_eq!(code_of(round.answer(7, implementer())), "no-such-finding");
    // A lone inspection of the đề án goes on as before.
    let lone = Action::RaiseFinding(Finding {
        number: 9,
        text: "Thiếu chứng từ.".to_owned(),
        amount: million(0),
        due_on: None,
    });
    round.pact.take(0, "raise-finding", lone).expect("raised");
    let alone = Action::CloseFinding(FindingClosure {
        number: 9,
        remedy: "Đã bổ sung.".to_owned(),
    });
    round.pact.take(0, "close-finding", alone).expect("closed alone");
}

/// What holds in every state.
fn check(round: &Round) {
    let inspection = &round.inspection;
    for (id, story) in &round.pact.projects {
        let own: Vec<_> = inspection
            .findings()
            .values()
            .filter(|finding| finding.project == *id)
            .collect();
        assert_eq!(own.len(), story.project.findings().len(), "inspection and đề án agree");
        for finding in own {
            let found = story
                .project
                .findings()
                .iter()
                .find(|known| known.number == finding.in_project);
            let found = found.expect("raised in the đề án");
            assert_eq!(found.open, finding.status != FindingStatus::Remedied);
            assert_eq!(found.inspection, Some(round.id));
            assert!(finding.recovery <= finding.amount);
        }
    }
    let open = inspection
        .findings()
        .values()
        .filter(|finding| finding.status == FindingStatus::Open);
    assert!(inspection.conclusion().is_none() || open.count() == 0);
}

/// In every state: an auditor changes nothing.
fn auditors_change_nothing(round: &Round) {
    let auditor = actor(Role::Auditor, "cuc");
    let mut round = round.clone();
    assert_eq!(code_of(round.visit(0, auditor.clone())), "read-only-role");
    assert_eq!(code_of(round.conclude(auditor.clone())), "read-only-role");
    for finding in round.inspection.findings().keys().copied().collect::<Vec<_>>() {
        assert_eq!(code_of(round.answer(finding, auditor.clone())), "read-only-role");
        assert_eq!(code_of(round.close(finding, true, auditor.clone())), "read-only-role");
    }
}

#[test]
fn generated_inspections_agree_with_their_projects() {
    let config = ProptestConfig {
        cases: 80,
        failure_persistence: None,
        rng_seed: match ProptestConfig::default().rng_seed {
            RngSeed::Random => RngSeed::Fixed(20_140_210),
            chosen @ RngSeed::Fixed(_) => chosen,
        },
        ..ProptestConfig::default()
    };
    let counts = std::cell::RefCell::new(std::collections::BTreeMap::<&str, (u32, u32)>::new());
    let one = (any::<u8>(), any::<u8>(), 0_u32..30);
    let lives = (1_usize..=4, proptest::collection::vec(one, 10..50));
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&lives, |(count, tries)| {
            let mut round = Round::ordered(count);
            for (kind, which, amount) in tries {
                let index = usize::from(which) % count;
                // One more than there are: that one is refused.
                let known = u16::try_from(round.inspection.findings().len()).expect("few");
                let finding = 1 + u16::from(which) % (known + 1);
                let before = round.clone();
                let (name, done) = match kind % 16 {
                    0..=2 => ("visit", round.visit(index, officer()).is_ok()),
                    3..=5 => ("find", round.find(index, amount.saturating_sub(8)).is_ok()),
                    6 => ("answer", round.answer(finding, implementer()).is_ok()),
                    7..=8 => ("recover", round.recover(finding, 1 + amount / 3).is_ok()),
                    9 => (
                        "refund",
                        round
                            .pact
                            .take(index, "refund", Action::Refund(refund(1 + amount)))
                            .is_ok(),
                    ),
                    10..=12 => (
                        "close",
                        round.close(finding, amount.is_multiple_of(3), officer()).is_ok(),
                    ),
                    13..=14 => ("hand on", round.hand_on(finding).is_ok()),
                    _ => ("conclude", round.conclude(head()).is_ok()),
                };
                if !done {
                    assert_eq!(before.inspection, round.inspection, "a refusal changes nothing");
                    assert_eq!(before.events.len(), round.events.len());
                    for ((_, old), (_, new)) in before.pact.projects.iter().zip(&round.pact.projects) {
                        assert_eq!(old.events.len(), new.events.len());
                    }
                }
                let count = counts.borrow().get(name).copied().unwrap_or_default();
                let count = (count.0 + u32::from(done), count.1 + u32::from(!done));
                counts.borrow_mut().insert(name, count);
                check(&round);
                auditors_change_nothing(&round);
            }
            let text = serde_json::to_string(&round.events).expect("events serialise");
            let mut replayed = Inspection::default();
            for event in serde_json::from_str::<Vec<_>>(&text).expect("events load") {
                replayed.apply(event);
            }
            assert_eq!(replayed, round.inspection);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let counts = counts.into_inner();
    println!("accepted, refused: {counts:?}");
    for name in [
        "visit", "find", "answer", "recover", "refund", "close", "hand on", "conclude",
    ] {
        let (accepted, refused) = counts.get(name).copied().unwrap_or_default();
        assert!(
            accepted >= 10 && (refused >= 10 || name == "refund"),
            "{name}: {accepted}, {refused}"
        );
    }
}
