//! Every event of contracts and inspections ever written still loads: see `golden`.

use std::collections::BTreeSet;

use dean_aggregates::actor::{Party, Unit};
use dean_aggregates::contract::ContractEvent;
use dean_aggregates::contract::command::*;
use dean_aggregates::contract::event::*;
use dean_aggregates::inspection::InspectionEvent;
use dean_aggregates::inspection::command::*;
use dean_aggregates::inspection::event::*;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::{Action, ContractForm};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::contracted::*;
use dean_aggregates::project::event::{ProjectEvent, What};
use uuid::Uuid;

use crate::common::day;
use crate::common::samples::{contract, decision, every_action, signed_for};
use crate::common::season::million;
use crate::golden::{check, event_of};
use crate::golden_batches::load;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_8000_8000_0000_0000_0000 + number)
}

fn unit(id: &str, name: &str) -> Unit {
    Unit {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

fn settings() -> ClockSettings {
    ClockSettings {
        days: 15,
        counting: Counting::Working,
        days_off: vec![day("2019-09-02")],
        from: ClockStart::LastAcceptance,
        filing: Filing::AnyTime,
    }
}

fn clock() -> SettlementClock {
    SettlementClock {
        started_on: day("2019-10-01"),
        due_on: day("2019-10-16"),
    }
}

fn member(number: u128, progression: Progression) -> Member {
    Member {
        project: id(number),
        code: format!("KC-{number}"),
        account: Account {
            contracted: million(300),
            disbursed: million(210),
            refunded: million(10),
            settled: million(190),
            receivable: million(5),
            progression,
            concluded: false,
        },
    }
}

fn estimate() -> DetailedEstimate {
    DetailedEstimate {
        decision: decision(),
        amount: million(900),
    }
}

fn stated() -> Stated {
    Stated {
        project: id(1),
        received: million(300),
        returned: million(10),
        settled: million(290),
    }
}

fn contract_kinds() -> Vec<ContractWhat> {
    vec![
        ContractWhat::ContractConcluded(Concluded {
            terms: Terms {
                number: "05/HĐ-KC".to_owned(),
                signed_on: day("2019-01-15"),
                form: ContractForm::Assignment,
                estimate: estimate(),
                tender_result: Some("03/QĐ".to_owned()),
                signed_for: Some(signed_for()),
                settlement: settings(),
            },
            level: Level::National,
            authority: unit("cuc", "Cục Công Thương địa phương"),
            implementer: unit("ttkc-dien-bien", "Trung tâm Khuyến công Điện Biên"),
            projects: vec![
                member(1, Progression::Running),
                member(2, Progression::Accepted(day("2019-10-01"))),
            ],
        }),
        ContractWhat::AppendixConcluded(Appendix {
            number: "01/PLHĐ".to_owned(),
            decision: decision(),
            reason: "Giá máy giảm.".to_owned(),
            values: vec![ValueChange {
                project: id(1),
                code: "KC-1".to_owned(),
                before: million(300),
                value: million(250),
            }],
            estimate: Some(estimate()),
            settlement: Some(ClockSettings::default()),
        }),
        ContractWhat::ProjectsFollowed(Followed {
            projects: vec![member(1, Progression::Ended(day("2019-11-02")))],
        }),
        ContractWhat::ContractReconciled(Reconciled {
            number: "01/BĐC".to_owned(),
            rows: vec![stated()],
        }),
        ContractWhat::ContractWoundUp(WoundUp {
            number: "02/BB-TL".to_owned(),
            last_of_year: true,
            reconciliation: Some("01/BĐC".to_owned()),
        }),
    ]
}

fn contract_event(what: ContractWhat) -> ContractEvent {
    ContractEvent {
        actor_id: "cuc.agency-director".to_owned(),
        occurred_on: day("2019-10-01"),
        what,
        papers: Vec::new(),
        note: "Ghi chú.".to_owned(),
        after: ContractFigures {
            value: million(900),
            disbursed: million(630),
            refunded: million(10),
            settled: million(290),
            receivable: Dong::ZERO,
            clock: Some(clock()),
        },
    }
}

fn inspection_kinds() -> Vec<InspectionWhat> {
    let person = |name: &str, post: &str| Inspector {
        name: PersonalText::new(name),
        post: post.to_owned(),
    };
    vec![
        InspectionWhat::InspectionOrdered(Ordered {
            authority: unit("cuc", "Cục Công Thương địa phương"),
            order: OrderPaper {
                decision: decision(),
                planned: true,
                content: "Việc sử dụng kinh phí.".to_owned(),
                team: Team {
                    head: person("Nguyễn Văn A", "Phó Cục trưởng"),
                    members: vec![person("Trần Thị B", "")],
                },
                starts_on: day("2019-06-01"),
                ends_on: day("2019-06-10"),
            },
        }),
        InspectionWhat::ProjectVisited(ProjectVisited {
            project: id(1),
            code: "KC-1".to_owned(),
            visited_on: day("2019-06-12"),
            minutes: "01/BB-KT".to_owned(),
            result: "Đúng tiến độ.".to_owned(),
            late: true,
        }),
        InspectionWhat::FindingRecorded(FindingRecorded {
            number: 1,
            project: id(1),
            code: "KC-1".to_owned(),
            in_project: 2,
            kind: FindingKind::Money,
            text: "Chi sai đối tượng.".to_owned(),
            amount: million(5),
            party: Party::Implementer,
            owner: unit("ttkc-dien-bien", "Trung tâm Khuyến công Điện Biên"),
            due_on: day("2019-07-01"),
            recommendation: "Hoàn trả.".to_owned(),
        }),
        InspectionWhat::FindingAnswered(AnswerPaper {
            finding: 1,
            text: "Sẽ hoàn trả.".to_owned(),
        }),
        InspectionWhat::RecoveryOrdered(RecoveryPaper {
            finding: 1,
            amount: million(5),
            decision: decision(),
            reason: "Theo kết luận kiểm tra.".to_owned(),
        }),
        InspectionWhat::FindingRemedied(ClosurePaper {
            finding: 1,
            remedy: "Đã nộp.".to_owned(),
            waiver: Some(Waiver {
                decision: decision(),
                reason: "Đã khấu trừ.".to_owned(),
            }),
        }),
        InspectionWhat::FindingHandedOn(HandingOn {
            finding: 2,
            to: "Thanh tra tỉnh".to_owned(),
            decision: decision(),
            reason: "Ngoài thẩm quyền.".to_owned(),
        }),
        InspectionWhat::InspectionConcluded(Conclusion {
            decision: decision(),
            text: "Đã kiểm tra xong.".to_owned(),
        }),
    ]
}

fn inspection_event(what: InspectionWhat) -> InspectionEvent {
    InspectionEvent {
        actor_id: "cuc.agency-officer".to_owned(),
        occurred_on: day("2019-06-12"),
        what,
        papers: Vec::new(),
        note: String::new(),
        after: InspectionFigures {
            projects: 2,
            findings: 3,
            open: 1,
            handed_on: 1,
            amount: million(5),
            recovery: million(5),
        },
    }
}

#[test]
fn every_kind_of_event_of_a_contract_still_loads() {
    let events: Vec<_> = contract_kinds().into_iter().map(contract_event).collect();
    assert_eq!(load(&events).len(), 5, "a kind of event has no golden file");
}

#[test]
fn every_kind_of_event_of_an_inspection_still_loads() {
    let events: Vec<_> = inspection_kinds().into_iter().map(inspection_event).collect();
    assert_eq!(load(&events).len(), 8, "a kind of event has no golden file");
}

/// What a contract tells its đề án, and the steps that contracts and inspections take for them.
#[test]
fn events_of_projects_that_name_contract_or_inspection_still_load() {
    let reference = ContractReference {
        contract: id(5),
        number: "05/HĐ-KC".to_owned(),
    };
    let inspection = InspectionReference {
        inspection: id(6),
        decision: "12/QĐ-BCT".to_owned(),
    };
    let mut signed = event_of(contract(250));
    signed.contract = Some(reference.clone());
    let raised = every_action()
        .into_iter()
        .find(|action| matches!(action, Action::RaiseFinding(_)));
    let mut raised = event_of(raised.expect("a sample"));
    raised.inspection = Some(inspection);
    let told = |what: What| {
        let mut event = signed.clone();
        event.step = what.name().to_owned();
        event.what = what;
        event
    };
    let amended = told(What::ContractAmended(ContractAmended {
        number: "01/PLHĐ".to_owned(),
        decision: decision(),
        reason: "Giá máy giảm.".to_owned(),
        before: million(300),
        value: million(250),
    }));
    let clock_set = told(What::SettlementClockSet(SettlementClockSet { clock: Some(clock()) }));
    let files = [
        ("ContractSigned-1-contract", &signed),
        ("FindingRaised-1-inspection", &raised),
        ("ContractAmended-1", &amended),
        ("SettlementClockSet-1", &clock_set),
    ];
    let names: BTreeSet<_> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), files.len());
    for (name, event) in files {
        let kept = check(name, &serde_json::to_value(event).expect("serialises"));
        assert_eq!(serde_json::from_str::<ProjectEvent>(&kept).expect("loads"), *event);
    }
}
