//! What the events of a contract, an inspection and a reminder become, beside the đề án that they are about.

use dean_aggregates::actor::{Party, Role};
use dean_aggregates::contract::command::{DetailedEstimate, Terms};
use dean_aggregates::contract::event::{Account, Concluded, ContractFigures, Followed, Member};
use dean_aggregates::contract::{ContractEvent, ContractWhat};
use dean_aggregates::inspection::command::{ClosurePaper, FindingKind, Inspector, OrderPaper, Team};
use dean_aggregates::inspection::event::{FindingRecorded, InspectionFigures, Ordered, ProjectVisited};
use dean_aggregates::inspection::{InspectionEvent, InspectionWhat};
use dean_aggregates::money::Dong;
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::ContractForm;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::contracted::{ClockSettings, Progression, SettlementClock};
use dean_aggregates::project::event::Pin;
use dean_aggregates::project::standing::Waiting;
use dean_aggregates::reminder::{Channel, Delivery, Left, Raised, ReminderEvent, ReminderWhat};
use dean_projections::{
    ContractFilter, Cursor, FindingFilter, InspectionFilter, PlanFilter, ProjectionError, ReminderFilter,
};
use uuid::Uuid;

use crate::story::{AGENCY, IMPLEMENTER, day};
use crate::support::{PATIENCE, Place, assert_equals_replay, follow, on_both_databases, record_told};
use crate::together::{decision, drafts, million, unit};

on_both_databases!(
    a_contract_follows_its_projects,
    open_findings_come_first,
    reminders_say_whom_they_have_reached,
    bad_cursors_are_refused_here_too,
);

fn account(disbursed: u32, progression: Progression, concluded: bool) -> Account {
    Account {
        contracted: million(300),
        disbursed: million(disbursed),
        refunded: Dong::ZERO,
        settled: Dong::ZERO,
        receivable: Dong::ZERO,
        progression,
        concluded,
    }
}

async fn a_contract_follows_its_projects(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let [one, other] = drafts(&ledger).await;
    let contract = Uuid::from_u128(3 << 100);
    let member = |project, code: &str, account| Member {
        project,
        code: code.to_owned(),
        account,
    };
    let event = |what, disbursed: u32, clock| ContractEvent {
        actor_id: "cuc.ct".to_owned(),
        occurred_on: day("2019-03-10"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: ContractFigures {
            value: million(600),
            disbursed: million(disbursed),
            clock,
            ..ContractFigures::default()
        },
    };
    let concluded = ContractWhat::ContractConcluded(Concluded {
        terms: Terms {
            number: "07/2019/HĐ-KCQG".to_owned(),
            signed_on: day("2019-03-10"),
            form: ContractForm::Contract,
            estimate: DetailedEstimate {
                decision: decision("9/QĐ-CTĐP"),
                amount: million(600),
            },
            tender_result: None,
            signed_for: None,
            settlement: ClockSettings::default(),
        },
        level: Level::National,
        authority: unit(AGENCY, "Cục Công Thương địa phương"),
        implementer: unit(IMPLEMENTER, "Trung tâm Khuyến công Điện Biên"),
        projects: vec![
            member(one, "KC-1", account(0, Progression::Running, false)),
            member(other, "KC-2", account(0, Progression::Running, false)),
        ],
    });
    let position = record_told(&ledger, "Contract", contract, 0, &event(concluded, 0, None)).await;
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let all = ContractFilter::default();
    let rows = models.contracts(&all, None, 10).await.expect("a page").rows;
    assert_eq!(
        (rows.len(), rows[0].state.as_str(), rows[0].projects),
        (1, "running", 2)
    );
    assert_eq!((rows[0].value, rows[0].settlement_due_on), (million(600), None));

    let clock = SettlementClock {
        started_on: day("2019-11-01"),
        due_on: day("2019-11-16"),
    };
    let accepted = Progression::Accepted(day("2019-11-01"));
    let followed = ContractWhat::ProjectsFollowed(Followed {
        projects: vec![
            member(one, "KC-1", account(210, accepted, false)),
            member(other, "KC-2", account(100, accepted, true)),
        ],
    });
    let position = record_told(&ledger, "Contract", contract, 1, &event(followed, 310, Some(clock))).await;
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let row = &models.contracts(&all, None, 10).await.expect("a page").rows[0];
    assert_eq!(
        (row.state.as_str(), row.settlement_due_on),
        ("settling", Some(day("2019-11-16")))
    );
    assert_eq!(row.disbursed, million(310));
    let count = async |filter: ContractFilter| models.count_contracts(&filter).await.expect("a count");
    let overdue = |on: &str| ContractFilter {
        overdue_on: Some(day(on)),
        ..ContractFilter::default()
    };
    assert_eq!(count(overdue("2019-11-16")).await, 0, "the due day itself is in time");
    assert_eq!(count(overdue("2019-11-17")).await, 1);
    let sought = |text: &str| ContractFilter {
        text: Some(text.to_owned()),
        ..ContractFilter::default()
    };
    assert_eq!(count(sought("khuyen cong dien bien 07/2019")).await, 1);
    assert_eq!(count(sought("KC-2")).await, 1, "by a code of its đề án");
    assert_eq!(count(sought("KC-3")).await, 0);
    if place.is_postgres() {
        let concluded = "SELECT COUNT(*) FROM read.contract_projects WHERE concluded";
        assert_eq!(place.number(concluded).await, 1);
    }
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}

fn inspection_event(what: InspectionWhat, findings: u16, open: u16) -> InspectionEvent {
    InspectionEvent {
        actor_id: "cuc.cv9".to_owned(),
        occurred_on: day("2019-05-01"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: InspectionFigures {
            projects: 1,
            findings,
            open,
            amount: million(15),
            ..InspectionFigures::default()
        },
    }
}

fn ordered(number: &str) -> InspectionWhat {
    InspectionWhat::InspectionOrdered(Ordered {
        authority: unit(AGENCY, "Cục Công Thương địa phương"),
        order: OrderPaper {
            decision: decision(number),
            planned: true,
            content: "Sử dụng kinh phí".to_owned(),
            team: Team {
                head: Inspector {
                    name: PersonalText::new("Nguyễn Văn Thanh"),
                    post: String::new(),
                },
                members: Vec::new(),
            },
            starts_on: day("2019-05-01"),
            ends_on: day("2019-05-10"),
        },
    })
}

async fn open_findings_come_first(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let [one, other] = drafts(&ledger).await;
    let [early, late, none] = [5_u128, 6, 7].map(|number| Uuid::from_u128(number << 100));
    let finding = |number: u16, project, due: &str, amount: u32| {
        InspectionWhat::FindingRecorded(FindingRecorded {
            number,
            project,
            code: "KC-1".to_owned(),
            in_project: number,
            kind: FindingKind::Money,
            text: "Chứng từ không đúng".to_owned(),
            amount: million(amount),
            party: Party::Implementer,
            owner: unit(IMPLEMENTER, "Trung tâm Khuyến công Điện Biên"),
            due_on: day(due),
            recommendation: "Hoàn trả".to_owned(),
        })
    };
    let visited = |project| {
        InspectionWhat::ProjectVisited(ProjectVisited {
            project,
            code: "KC-1".to_owned(),
            visited_on: day("2019-05-02"),
            minutes: "01".to_owned(),
            result: "Đã kiểm tra".to_owned(),
            late: false,
        })
    };
    let tell = async |id, version, what, findings, open| {
        let event = inspection_event(what, findings, open);
        record_told(&ledger, "Inspection", id, version, &event).await
    };
    for (id, number) in [(late, "1/QĐ-KT"), (early, "2/QĐ-KT"), (none, "3/QĐ-KT")] {
        tell(id, 0, ordered(number), 0, 0).await;
        tell(id, 1, visited(one), 0, 0).await;
    }
    tell(late, 2, finding(1, one, "2019-07-01", 10), 1, 1).await;
    tell(early, 2, finding(1, one, "2019-06-01", 5), 1, 1).await;
    let position = tell(early, 3, finding(2, other, "2019-08-01", 0), 2, 2).await;
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let order = async || {
        let filter = InspectionFilter::default();
        let first = models.inspections(&filter, None, 2).await.expect("a page");
        let rest = models
            .inspections(&filter, first.next.clone(), 2)
            .await
            .expect("a page");
        assert_eq!(rest.next, None);
        let rows: Vec<Uuid> = first.rows.into_iter().chain(rest.rows).map(|row| row.id).collect();
        rows
    };
    assert_eq!(order().await, [early, late, none], "the most urgent first");
    let open = || FindingFilter {
        status: Some("open".to_owned()),
        ..FindingFilter::default()
    };
    assert_eq!(models.count_findings(&open()).await.expect("a count"), (3, million(15)));
    let first = models.findings(&open(), None, 2).await.expect("a page");
    let rest = models.findings(&open(), first.next.clone(), 2).await.expect("a page");
    let due: Vec<_> = first
        .rows
        .iter()
        .chain(&rest.rows)
        .map(|row| row.due_on.to_string())
        .collect();
    assert_eq!(due, ["2019-06-01", "2019-07-01", "2019-08-01"]);
    let closed = InspectionWhat::FindingRemedied(ClosurePaper {
        finding: 1,
        remedy: "Đã nộp".to_owned(),
        waiver: None,
    });
    let position = tell(early, 4, closed, 2, 1).await;
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    assert_eq!(order().await, [late, early, none], "its next one is due later");
    let of_other = FindingFilter {
        project: Some(other),
        ..open()
    };
    assert_eq!(models.count_findings(&of_other).await.expect("a count").0, 1);
    let overdue = FindingFilter {
        overdue_on: Some(day("2019-07-02")),
        ..open()
    };
    assert_eq!(
        models.count_findings(&overdue).await.expect("a count"),
        (1, million(10))
    );
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}

async fn reminders_say_whom_they_have_reached(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let [project, _] = drafts(&ledger).await;
    let reminder = Uuid::from_u128(8 << 100);
    let waiting = |role, unit: &str| Waiting {
        role,
        unit: unit.to_owned(),
    };
    let raised = ReminderWhat::ReminderRaised(Raised {
        project,
        code: "KC-1".to_owned(),
        lifecycle: "kcqg".to_owned(),
        step: "appraise".to_owned(),
        due_on: day("2019-06-10"),
        level: "soon".to_owned(),
        rule: Pin::default(),
        left: Left::CalendarDays {
            days: 3,
            missing_year: 2019,
        },
        to: vec![
            waiting(Role::AgencyOfficer, AGENCY),
            waiting(Role::AgencyDirector, AGENCY),
        ],
    });
    let delivered = |role| {
        ReminderWhat::ReminderDelivered(Delivery {
            channel: Channel::Mail,
            role,
            unit: AGENCY.to_owned(),
        })
    };
    let told = [
        (raised, "waiting"),
        (delivered(Role::AgencyDirector), "partly"),
        (delivered(Role::AgencyOfficer), "delivered"),
    ];
    for (version, (what, state)) in (0..).zip(told) {
        let event = ReminderEvent {
            occurred_on: day("2019-06-07"),
            what,
        };
        let position = record_told(&ledger, "Reminder", reminder, version, &event).await;
        assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
        let filter = ReminderFilter {
            project: Some(project),
            state: Some(state.to_owned()),
            ..ReminderFilter::default()
        };
        let rows = models.reminders(&filter, None, 10).await.expect("a page").rows;
        assert_eq!(rows.len(), 1, "{state}");
        let has: Vec<_> = rows[0].parties().map(|(role, _, has)| (role.to_owned(), has)).collect();
        let expected = [("agency-director", version >= 1), ("agency-officer", version >= 2)];
        assert_eq!(has, expected.map(|(role, has)| (role.to_owned(), has)));
        assert_eq!(
            rows[0].left,
            Left::CalendarDays {
                days: 3,
                missing_year: 2019
            }
        );
    }
    assert_equals_replay(&ledger).await;
    runner.stop().await;
}

async fn bad_cursors_are_refused_here_too(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    let is_refused = |refused: bool, what: &str| assert!(refused, "{what}");
    for text in ["x~y", "1~2~3~4"] {
        let cursor = || Some(Cursor::new(text));
        let plans = models.plans(&PlanFilter::default(), cursor(), 10).await;
        is_refused(matches!(plans, Err(ProjectionError::Cursor(_))), "plans");
        let contracts = models.contracts(&ContractFilter::default(), cursor(), 10).await;
        is_refused(matches!(contracts, Err(ProjectionError::Cursor(_))), "contracts");
        let inspections = models.inspections(&InspectionFilter::default(), cursor(), 10).await;
        is_refused(matches!(inspections, Err(ProjectionError::Cursor(_))), "inspections");
        let findings = models.findings(&FindingFilter::default(), cursor(), 10).await;
        is_refused(matches!(findings, Err(ProjectionError::Cursor(_))), "findings");
        let reminders = models.reminders(&ReminderFilter::default(), cursor(), 10).await;
        is_refused(matches!(reminders, Err(ProjectionError::Cursor(_))), "reminders");
    }
    runner.stop().await;
}
