//! A unit's report of a quarter, a half-year or a year: who files it, the ledger's figures beside those stated, corrections that show both,
//! generated histories, golden events, and who owes what by when.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use dean_aggregates::actor::{Actor, Role, Unit};
use dean_aggregates::calendar::Deadlines;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::{Circumstances, Refusal};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::Pin;
use dean_aggregates::project::standing::Phase;
use dean_aggregates::report::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::common::day;
use crate::golden::check;
use crate::stories::confirmed;

const REPORTS: &str = include_str!("../../../rules/deadlines-reports-2014-02-10.toml");
const UNIT: &str = "so-ct-dien-bien";

fn deadlines() -> Deadlines {
    Deadlines::parse("deadlines-reports.toml", REPORTS).expect("the text that comes along")
}

fn quarter(number: u8) -> Period {
    Period {
        kind: PeriodKind::Quarter,
        year: 2019,
        number,
    }
}

fn duty() -> ReportDuty {
    let duties = deadlines().reports;
    duties
        .into_iter()
        .find(|duty| duty.id == "so-quarter")
        .expect("Sở, quarter")
}

/// Two đề án: 600 approved, 350 disbursed.
fn drawn() -> Drawn {
    Drawn {
        position: 99,
        as_of: day("2019-03-31"),
        plan_year: 2019,
        programmes: vec![ProgrammeFigures {
            level: Level::National,
            projects: 2,
            by_phase: BTreeMap::from([(Phase::Execution, 1), (Phase::Settled, 1)]),
            approved: Dong::million(600),
            disbursed: Dong::million(350),
            settled: Dong::million(290),
            counterpart: Dong::million(900),
        }],
    }
}

fn filing() -> PeriodFiling {
    PeriodFiling {
        stated: drawn().programmes.iter().map(ProgrammeFigures::stated).collect(),
        explanation: String::new(),
        results: "Hai đề án đúng tiến độ.".to_owned(),
        difficulties: String::new(),
        proposals: String::new(),
    }
}

fn command(action: ReportAction, filing: PeriodFiling) -> ReportCommand {
    ReportCommand {
        action,
        unit: Unit {
            id: UNIT.to_owned(),
            name: "Sở Công Thương Điện Biên".to_owned(),
        },
        period: quarter(1),
        filing,
        drawn: drawn(),
        duty: Some((
            Pin {
                code: "deadlines-reports".to_owned(),
                version: "2014-02-10".to_owned(),
                sha256: "ab".repeat(32),
            },
            duty(),
        )),
        circumstances: Circumstances {
            actor: Actor {
                id: "so.cv1".to_owned(),
                role: Role::DepartmentOfficer,
                unit: UNIT.to_owned(),
            },
            occurred_on: day("2019-04-05"),
            today: day("2019-04-05"),
            papers: Vec::new(),
            note: String::new(),
        },
    }
}

fn correct(reason: &str) -> ReportAction {
    ReportAction::Correct {
        reason: reason.to_owned(),
    }
}

fn decided(events: &[ReportEvent], command: ReportCommand) -> Result<ReportEvent, Refusal> {
    let given = TestFramework::<PeriodicReport>::with(()).given(events.to_vec());
    let mut events = given.when(command).inspect_result()?;
    Ok(events.remove(0))
}

fn refused(events: &[ReportEvent], command: ReportCommand) -> (&'static str, String) {
    let refusal = decided(events, command).expect_err("refused");
    (refusal.code, refusal.field.unwrap_or_default())
}

fn filed() -> ReportEvent {
    decided(&[], command(ReportAction::File, filing())).expect("filed")
}

#[test]
fn a_quarter_is_filed_with_the_ledgers_figures_and_its_day() {
    let event = filed();
    let ReportWhat::PeriodReported(report) = &event.what else {
        panic!("{event:?}")
    };
    assert_eq!(
        (report.due.due_on, report.due.duty.as_str()),
        (day("2019-04-15"), "so-quarter")
    );
    assert_eq!((report.drawn.position, report.differences.len()), (99, 0));
    assert_eq!(
        refused(&[event], command(ReportAction::File, filing())),
        ("report-exists", "period".to_owned())
    );
}

#[test]
fn a_difference_is_shown_and_explained() {
    let mut stated = filing();
    stated.stated[0].disbursed = Dong::million(340);
    assert_eq!(
        refused(&[], command(ReportAction::File, stated.clone())),
        ("difference-unexplained", "stated.0.disbursed".to_owned())
    );
    stated.explanation = "Chứng từ ngày 31/3 chưa về.".to_owned();
    let event = decided(&[], command(ReportAction::File, stated.clone())).expect("explained");
    let ReportWhat::PeriodReported(report) = &event.what else {
        panic!("{event:?}")
    };
    assert_eq!(
        report.differences,
        [Difference {
            level: Level::National,
            figure: "disbursed".to_owned(),
            drawn: 350_000_000,
            stated: 340_000_000,
        }]
    );
    // A programme that the ledger has nothing of differs from zero, figure by figure.
    let mut more = filing();
    more.stated.push(Stated {
        level: Level::Local,
        projects: 1,
        approved: Dong::million(75),
        disbursed: Dong::ZERO,
        settled: Dong::ZERO,
        counterpart: Dong::ZERO,
    });
    assert_eq!(
        refused(&[], command(ReportAction::File, more)),
        ("difference-unexplained", "stated.1.projects".to_owned())
    );
}

#[test]
fn only_the_units_own_people_file_and_only_what_is_asked_for() {
    let by = |role, unit: &str| {
        let mut command = command(ReportAction::File, filing());
        command.circumstances.actor.role = role;
        command.circumstances.actor.unit = unit.to_owned();
        command
    };
    assert_eq!(
        refused(&[], by(Role::DepartmentOfficer, "so-ct-son-la")).0,
        "act-not-your-unit"
    );
    assert_eq!(refused(&[], by(Role::Implementer, UNIT)).0, "act-not-your-role");
    assert_eq!(refused(&[], by(Role::Auditor, UNIT)).0, "read-only-role");
    assert!(decided(&[], by(Role::DepartmentDirector, UNIT)).is_ok());
    let mut unasked = command(ReportAction::File, filing());
    unasked.duty = None;
    assert_eq!(refused(&[], unasked), ("report-not-owed", "unit".to_owned()));
    let mut unreal = command(ReportAction::File, filing());
    unreal.period.number = 5;
    assert_eq!(refused(&[], unreal), ("no-such-period", "period".to_owned()));
    let mut early = command(ReportAction::File, filing());
    early.period = quarter(3);
    assert_eq!(refused(&[], early), ("period-not-begun", "occurred_on".to_owned()));
    let mut future = command(ReportAction::File, filing());
    future.circumstances.occurred_on = day("2019-04-06");
    assert_eq!(refused(&[], future).0, "future-date");
}

#[test]
fn a_report_states_every_programme_once_and_says_something() {
    let with = |change: &dyn Fn(&mut PeriodFiling)| {
        let mut filing = filing();
        change(&mut filing);
        refused(&[], command(ReportAction::File, filing))
    };
    assert_eq!(
        with(&|filing| filing.stated.clear()),
        ("programme-not-stated", "stated".to_owned())
    );
    assert_eq!(
        with(&|filing| filing.stated.push(filing.stated[0].clone())),
        ("programme-repeated", "stated.1.level".to_owned())
    );
    assert_eq!(
        with(&|filing| filing.results.clear()),
        ("text-empty", "results".to_owned())
    );
    assert_eq!(
        with(&|filing| filing.proposals = "\0".to_owned()),
        ("text-control", "proposals".to_owned())
    );
}

#[test]
fn a_correction_shows_both_and_stays_in_time() {
    let first = filed();
    assert_eq!(refused(&[], command(correct("Nhầm."), filing())).0, "no-such-report");
    let events = [first.clone()];
    assert_eq!(
        refused(&events, command(correct(" "), filing())),
        ("text-empty", "reason".to_owned())
    );
    // The ledger has moved on meanwhile: that alone corrects nothing.
    let mut same = command(correct("Nhầm."), filing());
    same.drawn.position = 120;
    assert_eq!(refused(&events, same), ("nothing-changes", "stated".to_owned()));
    let mut right = filing();
    right.stated[0].settled = Dong::million(280);
    right.explanation = "Một hồ sơ bị trả lại.".to_owned();
    let mut late = command(correct("Thiếu một hồ sơ."), right);
    (late.circumstances.occurred_on, late.circumstances.today) = (day("2019-06-01"), day("2019-06-01"));
    let event = decided(&events, late).expect("corrected");
    let ReportWhat::PeriodReportCorrected(corrected) = &event.what else {
        panic!("{event:?}")
    };
    assert_eq!(
        (corrected.before.stated[0].settled, corrected.after.stated[0].settled),
        (Dong::million(290), Dong::million(280))
    );
    let mut report = PeriodicReport::default();
    report.apply(first);
    report.apply(event);
    assert_eq!((report.filed_on(), report.corrections()), (Some(day("2019-04-05")), 1));
}

#[test]
fn the_figures_are_those_of_the_projects() {
    let story = confirmed();
    let other = confirmed();
    let drawn = Drawn::of((7, day("2019-03-31"), 2019), [&story.project, &other.project]);
    let [national] = &drawn.programmes[..] else {
        panic!("{drawn:?}")
    };
    let money = story.project.figures();
    assert_eq!(
        (national.projects, national.approved),
        (2, money.approved.saturating_add(money.approved))
    );
    assert_eq!(national.by_phase, BTreeMap::from([(Phase::Execution, 2)]));
    assert_eq!(national.counterpart, Dong::million(800));
    assert!(
        Drawn::of((7, day("2019-03-31"), 2020), [&story.project])
            .programmes
            .is_empty()
    );
}

#[test]
fn a_unit_owes_what_is_published() {
    let duty = duty();
    assert!(duty.is_of(UNIT) && !duty.is_of("cuc"));
    assert_eq!(duty.due_on(&quarter(1)), day("2019-04-15"));
    let owed = |by| {
        let periods = duty.periods(2019, day(by));
        periods.map(|period| period.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(owed("2019-03-31"), Vec::<String>::new());
    assert_eq!(owed("2019-04-01"), ["2019-quarter-1"]);
    assert_eq!(
        owed("2019-12-31"),
        ["2019-quarter-1", "2019-quarter-2", "2019-quarter-3"]
    );
    let since = ReportDuty {
        since: Some(day("2019-04-01")),
        ..duty
    };
    let periods = since.periods(2018, day("2019-07-01"));
    assert_eq!(
        periods.map(|period| period.to_string()).collect::<Vec<_>>(),
        ["2019-quarter-2"]
    );
}

#[test]
fn a_text_on_duties_says_what_is_wrong_with_it() {
    let faults = |from: &str, to: &str| {
        let text = REPORTS.replacen(from, to, 1);
        assert_ne!(text, REPORTS, "{from}");
        Deadlines::parse("x.toml", &text).expect_err(to).len()
    };
    assert_eq!(faults("days_after = 15", "days_after = 400"), 1);
    assert_eq!(faults("[\"department-officer\", \"department-director\"]", "[]"), 1);
    assert_eq!(faults("id = \"so-quarter\"", "id = \"\""), 1);
    assert!(faults("period = \"quarter\"", "period = \"week\"") > 0);
}

/// One attempt: file or correct, the stated sum in million đồng, explained or not, days later.
type Try = (bool, u16, bool, u8);

#[test]
fn whatever_is_filed_the_report_is_filed_once_and_every_correction_shows_what_stood() {
    let counts: RefCell<BTreeMap<&'static str, u32>> = RefCell::default();
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        // The same histories in every run, so that a red run means a change; PROPTEST_RNG_SEED looks elsewhere.
        rng_seed: match ProptestConfig::default().rng_seed {
            RngSeed::Random => RngSeed::Fixed(20_140_210),
            chosen @ RngSeed::Fixed(_) => chosen,
        },
        ..ProptestConfig::default()
    };
    let tries = proptest::collection::vec(any::<Try>(), 1..12);
    proptest!(config, |(tries in tries)| {
        let mut events: Vec<ReportEvent> = Vec::new();
        let mut report = PeriodicReport::default();
        for (corrects, amount, explained, days) in tries {
            let mut filing = filing();
            filing.stated[0].disbursed = Dong::million(340 + u32::from(amount % 20));
            if explained {
                filing.explanation = "Chứng từ chưa về.".to_owned();
            }
            let action = if corrects { correct("Nhầm.") } else { ReportAction::File };
            let mut command = command(action, filing);
            let on = day("2019-03-25") + chrono::Days::new(u64::from(days % 40));
            (command.circumstances.occurred_on, command.circumstances.today) = (on, on);
            let before = report.filed().cloned();
            match decided(&events, command) {
                Ok(event) => {
                    *counts.borrow_mut().entry("accepted").or_default() += 1;
                    let (was, is) = match &event.what {
                        ReportWhat::PeriodReported(filed) => (None, &**filed),
                        ReportWhat::PeriodReportCorrected(corrected) => (Some(&corrected.before), &corrected.after),
                    };
                    prop_assert_eq!(was, before.as_ref());
                    prop_assert!(is.differences.is_empty() || !is.explanation.is_empty());
                    prop_assert_eq!(&is.differences, &is.drawn.differences(&is.stated));
                    report.apply(event.clone());
                    events.push(event);
                }
                Err(refusal) => *counts.borrow_mut().entry(refusal.code).or_default() += 1,
            }
            prop_assert_eq!(report.exists(), !events.is_empty());
            prop_assert_eq!(u64::from(report.corrections()) + u64::from(report.exists()), events.len() as u64);
            prop_assert_eq!(report.filed_on(), events.first().map(|event| event.occurred_on));
        }
    });
    let counts = counts.into_inner();
    for code in [
        "accepted",
        "report-exists",
        "no-such-report",
        "difference-unexplained",
        "back-dated",
        "nothing-changes",
    ] {
        assert!(counts.get(code).is_some_and(|count| *count > 3), "{code}: {counts:?}");
    }
}

#[test]
fn every_kind_of_event_of_a_report_still_loads() {
    let filed = filed();
    let mut right = filing();
    right.stated[0].approved = Dong::million(590);
    right.explanation = "Đã trừ đề án rút.".to_owned();
    right.difficulties = "Mưa lũ.".to_owned();
    right.proposals = "Cấp vốn sớm.".to_owned();
    let corrected = decided(std::slice::from_ref(&filed), command(correct("Nhầm."), right)).expect("corrected");
    for event in [filed, corrected] {
        let name = event.what.name();
        let kept = check(&format!("{name}-1"), &serde_json::to_value(&event).expect("serialises"));
        assert_eq!(serde_json::from_str::<ReportEvent>(&kept).expect("loads"), event);
    }
}
