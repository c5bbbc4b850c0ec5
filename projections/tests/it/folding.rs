//! What the events of a story become.

use dean_aggregates::money::Dong;
use dean_projections::{BudgetFilter, ProjectFilter};

use crate::story::{AGENCY, DEPARTMENT, IMPLEMENTER, day, life};
use crate::support::{Place, assert_equals_replay, follow, on_both_databases, record, record_stories};

on_both_databases!(
    a_project_is_shown_as_it_stands,
    work_waits_where_it_lies_and_goes_when_it_is_done,
    budgets_add_up_to_the_dong,
    the_timeline_counts_days,
    dashboards_sum,
);

async fn a_project_is_shown_as_it_stands(place: Place) {
    let ledger = place.ledger().await;
    let project = ledger.environment().uuid_v7();
    record(&ledger, project, 0, &life(7)[..9]).await;
    let (models, runner) = follow(&ledger).await;
    let row = models.project(project).await.expect("an answer").expect("a project");
    assert_eq!(
        (row.code.as_str(), row.plan_year, row.level.as_str()),
        ("KCQG-2019-00007", 2019, "national")
    );
    assert_eq!((row.kind.as_str(), row.province.as_str()), ("specific", "dien-bien"));
    assert_eq!(
        (row.implementer_unit.as_str(), row.department_unit.as_str()),
        (IMPLEMENTER, DEPARTMENT)
    );
    assert_eq!(row.department_name, "Sở Công Thương Điện Biên");
    assert_eq!(row.beneficiary.as_deref(), Some("Công ty TNHH Đặng Quang Lanh 7"));
    assert_eq!(
        (row.beneficiaries, row.jobs),
        (1, 14),
        "jobs are those reached, once accepted"
    );
    assert_eq!((row.state.as_str(), row.phase.as_str()), ("accepted", "accepted"));
    assert_eq!(row.waiting_parties().collect::<Vec<_>>(), [("accountant", AGENCY)]);
    assert_eq!((row.next_step.as_deref(), row.due_on), (Some("disburse-rest"), None));
    assert_eq!((row.approved, row.disbursed), (Dong::million(300), Dong::million(210)));
    assert_eq!(row.batch.as_deref(), Some("2019-1"));
    assert_eq!(
        (row.lifecycle_code.as_str(), row.lifecycle_version.as_str()),
        ("kcqg", "2014-02-10")
    );
    assert_eq!((row.version, row.first_position, row.last_position), (9, 1, 9));
    assert_eq!(
        (row.last_event.as_str(), row.last_occurred_on),
        ("Accepted", day("2019-12-05"))
    );
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}

async fn work_waits_where_it_lies_and_goes_when_it_is_done(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let project = ledger.environment().uuid_v7();
    let life = life(1);
    for (version, told) in (0..).zip(&life) {
        let position = record(&ledger, project, version, std::slice::from_ref(told)).await;
        assert!(
            models
                .wait_for(position, crate::support::PATIENCE)
                .await
                .expect("a position")
        );
        let inbox = models.inbox(None, None, None, 10).await.expect("an inbox").rows;
        let waiting: Vec<_> = inbox
            .iter()
            .map(|row| (row.role.as_str(), row.unit.as_str(), row.step.as_str()))
            .collect();
        let after = &told.event.after;
        let expected: Vec<_> = after
            .waiting
            .iter()
            .map(|one| {
                (
                    one.role.as_str(),
                    one.unit.as_str(),
                    after.next_step.as_deref().unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(waiting, expected, "after {}", told.event.step);
        if matches!(told.event.step.as_str(), "sign-contract" | "disburse-first" | "inspect") {
            assert_eq!(
                inbox[0].since,
                day("2019-03-10"),
                "a payment and an inspection don't start the wait anew"
            );
            assert_eq!(inbox[0].due_on, Some(day("2019-11-30")));
            assert_eq!(inbox[0].unit_name, "Sở Công Thương Điện Biên");
        }
    }
    runner.stop().await;
}

async fn budgets_add_up_to_the_dong(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..3).await;
    let (models, runner) = follow(&ledger).await;
    let budget = models.budget(&BudgetFilter::default()).await.expect("a budget");
    let figures: Vec<_> = budget
        .iter()
        .map(|row| {
            (
                row.source.as_str(),
                row.approved.get(),
                row.disbursed.get(),
                row.settled.get(),
                row.refunded.get(),
            )
        })
        .collect();
    // 289,999,999 over 200 and 100: 193,333,332.67 and 96,666,666.33; the larger remainder gets the đồng. Of the refund, 10,000,001, it is
    // 6,666,667.33 and 3,333,333.67.
    assert_eq!(
        figures,
        [
            ("local", 300_000_000, 300_000_000, 3 * 96_666_666, 3 * 3_333_334),
            ("national", 600_000_000, 600_000_000, 3 * 193_333_333, 3 * 6_666_667),
        ]
    );
    assert_eq!(figures.iter().map(|row| row.3).sum::<u64>(), 3 * 289_999_999);
    assert_eq!(figures.iter().map(|row| row.4).sum::<u64>(), 3 * 10_000_001);
    assert!(
        budget
            .iter()
            .all(|row| row.activity == "MM" && row.year == 2019 && row.rate_bp == Some(10_000))
    );
    let local = BudgetFilter {
        source: Some("local".to_owned()),
        year: Some(2019),
        ..BudgetFilter::default()
    };
    assert_eq!(models.budget(&local).await.expect("a budget"), budget[..1]);
    if place.is_postgres() {
        let sum = place
            .number("SELECT CAST(SUM(approved) AS bigint) FROM read.budget WHERE rate_bp = 10000")
            .await;
        assert_eq!(sum, 900_000_000, "dashboards see the same under a stable name");
    }
    runner.stop().await;
}

async fn the_timeline_counts_days(place: Place) {
    let ledger = place.ledger().await;
    let project = record_stories(&ledger, 0..1).await[0];
    let (models, runner) = follow(&ledger).await;
    let timeline = models.timeline(project).await.expect("a timeline");
    let days: Vec<_> = timeline
        .iter()
        .map(|row| (row.step.as_str(), row.days_taken, row.days_late))
        .collect();
    assert_eq!(
        days,
        [
            ("draft", None, None),
            ("propose", Some(44), Some(0)),
            ("appraise", Some(28), Some(2)),
            ("register", Some(2), Some(0)),
            ("approve", Some(251), None),
            ("sign-contract", Some(18), Some(0)),
            ("disburse-first", None, None),
            ("inspect", None, None),
            ("accept", Some(270), Some(5)),
            ("disburse-rest", Some(5), None),
            ("submit-settlement", Some(8), Some(0)),
            ("settle", Some(33), Some(0)),
            ("refund", Some(12), None),
            ("archive", Some(29), None),
        ]
    );
    assert_eq!(
        timeline[6].due_on,
        Some(day("2019-11-30")),
        "the deadline that held is shown with every event"
    );
    assert_eq!(
        (timeline[2].role.as_str(), timeline[2].unit.as_str()),
        ("department-director", DEPARTMENT)
    );
    assert!(
        timeline
            .iter()
            .zip(1..)
            .all(|(row, number)| row.sequence == number && row.position == number)
    );
    runner.stop().await;
}

async fn dashboards_sum(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..2).await;
    let environment = ledger.environment().clone();
    record(&ledger, environment.uuid_v7(), 0, &life(2)[..7]).await;
    record(&ledger, environment.uuid_v7(), 0, &life(3)[..2]).await;
    let (models, runner) = follow(&ledger).await;
    let all = ProjectFilter::default();
    let funnel = models.funnel(&all).await.expect("a funnel");
    let phases: Vec<_> = funnel.iter().map(|row| (row.phase.as_str(), row.projects)).collect();
    assert_eq!(phases, [("proposed", 1), ("execution", 1), ("archived", 2)]);
    let years = models.money_by_year(&all).await.expect("sums");
    assert_eq!(years.len(), 1);
    assert_eq!(
        (years[0].plan_year, years[0].projects, years[0].approved),
        (2019, 4, Dong::million(900))
    );
    // 810 of 900.
    assert_eq!(
        (years[0].disbursed, years[0].rate_bp),
        (Dong::million(810), Some(9_000))
    );
    let overdue = |on: &str| ProjectFilter {
        overdue_on: Some(day(on)),
        ..ProjectFilter::default()
    };
    assert_eq!(
        models.count(&overdue("2018-06-10")).await.expect("a count"),
        0,
        "the due day itself is in time"
    );
    assert_eq!(models.count(&overdue("2018-06-11")).await.expect("a count"), 1);
    assert_eq!(models.count(&overdue("2019-12-01")).await.expect("a count"), 2);
    let units = models.inbox_units().await.expect("groups");
    assert_eq!(units.len(), 1);
    assert_eq!(
        (units[0].unit.as_str(), units[0].role.as_str(), units[0].count),
        (DEPARTMENT, "department-director", 2)
    );
    assert_eq!(units[0].first_due_on, Some(day("2018-06-10")));
    runner.stop().await;
}
