//! Every event ever written still loads: one file per kind and version, written once and never changed. A new kind gets its file by
//! running this test once; a file that no longer matches means that old ledgers would no longer load.

use std::fs;
use std::path::Path;

use cqrs_es::DomainEvent;
use dean_aggregates::actor::{Party, Role, Unit};
use dean_aggregates::batch::BatchEvent;
use dean_aggregates::calendar::CalendarEvent;
use dean_aggregates::claim::ClaimEvent;
use dean_aggregates::contract::ContractEvent;
use dean_aggregates::inspection::InspectionEvent;
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::places::publication::PlaceListEvent;
use dean_aggregates::plan::PlanEvent;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Level, Units};
use dean_aggregates::project::event::*;
use dean_aggregates::project::month::{Compared, FiledMonth, MonthReport, MonthReported, ReportForm};
use dean_aggregates::project::standing::{Figures, Phase, Standing, Waiting};
use dean_aggregates::publication::{PublicationEvent, PublicationKind};
use dean_aggregates::reminder::ReminderEvent;
use dean_aggregates::report::ReportEvent;
use dean_aggregates::screening::ScreeningEvent;
use dean_aggregates::stored;
use serde_json::Value;
use uuid::Uuid;

use crate::common::day;
use crate::common::samples::*;

fn pin(version: &str) -> Pin {
    Pin {
        code: "kcqg".to_owned(),
        version: version.to_owned(),
        sha256: "ab".repeat(32),
    }
}

/// What an action becomes.
fn what_of(action: Action) -> What {
    match action {
        Action::Draft(draft) => What::Drafted(Drafted {
            code: "KC-1".to_owned(),
            plan_year: draft.plan_year,
            level: Level::National,
            province: draft.province,
            lifecycle: pin("2014-02-10"),
            units: Units::from([(
                Party::Department,
                Unit {
                    id: "so-ct-dien-bien".to_owned(),
                    name: "Sở Công Thương Điện Biên".to_owned(),
                },
            )]),
            content: draft.content,
        }),
        Action::Revise(revise) => What::Revised(Revised {
            content: revise.content,
        }),
        Action::Propose(_) => What::Proposed(Proposed {
            requested: Dong::million(350),
            round: 1,
        }),
        Action::Return(given) => What::Returned(given),
        Action::Appraise(given) => What::Appraised(given),
        Action::GiveOpinion(given) => What::OpinionGiven(given),
        Action::VerifyOnSite(given) => What::SiteVerified(given),
        Action::Register(given) => What::Registered(given),
        Action::Examine(given) => What::Examined(given),
        Action::Approve(approval) => What::Approved(Approved {
            lines: approval.lines.clone(),
            approval,
            support: Dong::million(200),
            fallback_norms: true,
        }),
        Action::Refuse(given) => What::Refused(given),
        Action::Withdraw(given) => What::Withdrawn(given),
        Action::ApproveGroupPlan(given) => What::GroupPlanApproved(given),
        Action::SignContract(given) => What::ContractSigned(given),
        Action::ReportProgress(given) => What::ProgressReported(given),
        Action::ConfirmProgress(given) => What::ProgressConfirmed(given),
        Action::ReportMonth(report) => What::MonthReported(Box::new(MonthReported {
            due_on: day("2019-03-24"),
            contracted: Dong::million(250),
            compared: vec![Compared {
                line: 1,
                volume: Rate(5_000),
                support: Dong::million(250),
                support_rate: Some(Rate(8_000)),
                counterpart: Dong::million(450),
                counterpart_rate: Some(Rate(6_666)),
            }],
            corrects: Some(Box::new(FiledMonth {
                sequence: 9,
                filed_on: day("2019-03-20"),
                report: MonthReport {
                    form: ReportForm::Progress,
                    ..report.clone()
                },
            })),
            report,
        })),
        Action::Inspect(given) => What::Inspected(given),
        Action::RaiseFinding(given) => What::FindingRaised(given),
        Action::CloseFinding(given) => What::FindingClosed(given),
        Action::Disburse(given) => What::Disbursed(given),
        Action::Accept(given) => What::Accepted(given),
        Action::SubmitSettlement(given) => What::SettlementSubmitted(given),
        Action::Settle(settlement) => What::Settled(Settled {
            settlement,
            refund_due: Dong::million(10),
            payable: Dong::ZERO,
        }),
        Action::LiquidateContract(given) => What::ContractLiquidated(given),
        Action::Archive(_) => What::Archived(Archived {
            keep_until: day("2030-12-31"),
        }),
        Action::Adjust(adjustment) => What::Adjusted(Adjusted {
            adjustment,
            support_before: Dong::million(250),
            support_after: Dong::million(200),
        }),
        Action::Stop(given) => What::Stopped(given),
        Action::ExtendTime(given) => What::TimeExtended(given),
        Action::CarryOverMoney(given) => What::MoneyCarriedOver(given),
        Action::AccountLateSettlement(given) => What::LateSettlementAccounted(given),
        Action::DeclareForceMajeure(given) => What::ForceMajeureDeclared(given),
        Action::Refund(given) => What::Refunded(given),
        Action::RaiseReceivable(given) => What::ReceivableRaised(given),
        Action::ScheduleRepayment(given) => What::RepaymentScheduled(given),
        Action::Repay(given) => What::Repaid(given),
        Action::Reopen(given) => What::Reopened(given),
        Action::Correct(correction) => What::Corrected(Corrected {
            wrong: RightEntry::Date {
                occurred_on: day("2019-01-02"),
            },
            correction,
        }),
        Action::MoveLifecycle(given) => What::LifecycleMoved(LifecycleMoved {
            from: pin("2014-02-10"),
            to: pin("2025-10-15"),
            reason: given.reason,
        }),
    }
}

pub(crate) fn event_of(action: Action) -> ProjectEvent {
    ProjectEvent {
        step: action.kind().to_string(),
        actor_id: "so-ct-dien-bien.giam-doc".to_owned(),
        occurred_on: day("2019-04-01"),
        what: what_of(action),
        papers: Vec::new(),
        note: "Ghi chú.".to_owned(),
        judgements: vec![Judgement {
            rule: "norm".to_owned(),
            article: "TT 28/2018/TT-BTC Đ8".to_owned(),
            rule_set: pin("2018-05-11"),
            line: Some(1),
            amount: Dong::million(300),
            limit: Dong::million(300),
            base: Some(Dong::million(700)),
            rate: None,
            cap: None,
            units: Some(1),
            uplift: None,
            formula: "300.000.000 = min(50 % × 700.000.000; 1 × 300.000.000)".to_owned(),
        }],
        batch: None,
        contract: None,
        inspection: None,
        after: Standing {
            state: "in-progress".to_owned(),
            phase: Phase::Execution,
            waiting: vec![Waiting {
                role: Role::Accountant,
                unit: "cuc".to_owned(),
            }],
            next_step: Some("advance-first".to_owned()),
            due_on: Some(day("2019-04-15")),
            due_basis: None,
            money: Figures {
                total: Dong::million(1_000),
                ..Figures::default()
            },
        },
    }
}

/// With the decision of a batch: a field that came later, absent in what was recorded before.
#[test]
fn events_that_name_their_batch_still_load() {
    for action in [approve(), stop(true), adjust(support(&[(1, 200)]))] {
        let mut event = event_of(action);
        event.batch = Some(BatchReference {
            batch: Uuid::from_u128(0x0194_0000_0000_8000_8000_0000_0000_0001),
            number: "2019-1".to_owned(),
            decision: "12/QĐ-BCT".to_owned(),
        });
        let file = format!("{}-1-batch", event.what.name());
        let kept = check(&file, &serde_json::to_value(&event).expect("serialises"));
        assert_eq!(serde_json::from_str::<ProjectEvent>(&kept).expect("loads"), event);
    }
}

/// Compares with the file. A new kind or version gets its file once, with `DEAN_WRITE_GOLDEN=1`; an existing one is never written again.
pub(crate) fn check(name: &str, written: &Value) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(written).expect("JSON") + "\n";
    if !path.exists() && std::env::var_os("DEAN_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(&path, &text).expect("the file can be written");
    }
    let kept = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{name}.json: {error}; DEAN_WRITE_GOLDEN=1 writes the file of a new kind"));
    assert_eq!(
        kept, text,
        "{name}: the way it is written has changed; old events would read differently"
    );
    kept
}

#[test]
fn every_kind_of_event_still_loads() {
    let mut counts = std::collections::BTreeMap::new();
    for action in every_action() {
        let event = event_of(action);
        let name = event.what.name();
        let count = counts.entry(name).and_modify(|count| *count += 1).or_insert(1);
        let version = event.event_version();
        let file = if *count == 1 {
            format!("{name}-{version}")
        } else {
            format!("{name}-{version}-{count}")
        };
        let kept = check(&file, &serde_json::to_value(&event).expect("serialises"));
        let loaded: ProjectEvent = serde_json::from_str(&kept).expect("an old event loads");
        assert_eq!(loaded, event);
    }
    assert_eq!(counts.len(), 39, "a kind of event has no golden file");
}

/// Also of versions that nothing writes any more: what was recorded once is read for ever.
#[test]
fn every_golden_file_loads_whatever_its_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut loaded = 0;
    for entry in fs::read_dir(folder).expect("the folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut parts = name.trim_end_matches(".json").split('-');
        let (kind, version) = (parts.next().expect("a kind"), parts.next().expect("a version"));
        let payload = serde_json::from_str(&fs::read_to_string(entry.path()).expect("readable")).expect("JSON");
        let read = match kind {
            "EstimateAssigned"
            | "EstimateChanged"
            | "BatchReserved"
            | "BatchCeilingChanged"
            | "DecisionBooked"
            | "ChangeBooked" => stored::read::<PlanEvent>(stored::PLAN, kind, version, payload).map(drop),
            "BatchOpened" | "CeilingChanged" | "CandidateAdded" | "CandidateRemoved" | "CandidatesRanked"
            | "BatchDecided" | "ProjectChanged" => {
                stored::read::<BatchEvent>(stored::BATCH, kind, version, payload).map(drop)
            }
            "CodeClaimed" | "DecisionClaimed" | "SupportClaimed" | "SupportReleased" | "BeneficiaryLinked" => {
                stored::read::<ClaimEvent>(stored::CLAIM, kind, version, payload).map(drop)
            }
            "ItemsFiled" | "SupportScreened" | "DoubleSupportRuled" | "ScreeningPassed" => {
                stored::read::<ScreeningEvent>(stored::SCREENING, kind, version, payload).map(drop)
            }
            "PlacesPublished" => stored::read::<PlaceListEvent>(stored::PLACES, kind, version, payload).map(drop),
            "CalendarPublished" => stored::read::<CalendarEvent>(stored::CALENDAR, kind, version, payload).map(drop),
            "ReminderRaised" | "ReminderDelivered" | "ReminderWithdrawn" => {
                stored::read::<ReminderEvent>(stored::REMINDER, kind, version, payload).map(drop)
            }
            "ContractConcluded" | "AppendixConcluded" | "ProjectsFollowed" | "ContractReconciled"
            | "ContractWoundUp" => stored::read::<ContractEvent>(stored::CONTRACT, kind, version, payload).map(drop),
            "InspectionOrdered"
            | "ProjectVisited"
            | "FindingRecorded"
            | "FindingAnswered"
            | "RecoveryOrdered"
            | "FindingRemedied"
            | "FindingHandedOn"
            | "InspectionConcluded" => {
                stored::read::<InspectionEvent>(stored::INSPECTION, kind, version, payload).map(drop)
            }
            "PeriodReported" | "PeriodReportCorrected" => {
                stored::read::<ReportEvent>(stored::REPORT, kind, version, payload).map(drop)
            }
            "Published" => stored::read::<PublicationEvent>(stored::PUBLICATION, kind, version, payload).map(drop),
            _ => stored::read::<ProjectEvent>(stored::PROJECT, kind, version, payload).map(drop),
        };
        read.unwrap_or_else(|error| panic!("{name}: {error}"));
        loaded += 1;
    }
    assert!(loaded > 40 + 20 + 13, "{loaded} golden files");
}

#[test]
fn publications_still_load() {
    let event = PublicationEvent {
        kind: PublicationKind::Rules,
        code: "norms-national".to_owned(),
        version: "2018-05-11".to_owned(),
        valid_from: day("2018-05-11"),
        valid_to: None,
        sha256: "cd".repeat(32),
        text: "code = \"norms-national\"".to_owned(),
    };
    let kept = check("Published-1", &serde_json::to_value(&event).expect("serialises"));
    assert_eq!(serde_json::from_str::<PublicationEvent>(&kept).expect("loads"), event);
}
