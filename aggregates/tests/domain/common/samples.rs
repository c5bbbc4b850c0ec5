//! One sample of every action, and the pieces that stories are made of.

use chrono::NaiveDate;
use dean_aggregates::budget::{BudgetCode, PaymentOrder};
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::personal::{PersonalId, PersonalText};
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::*;
use dean_aggregates::project::month::{LineDone, MonthReport, ReportForm};
use dean_aggregates::project::papers::Decision;

use crate::common::day;

pub(crate) fn decision() -> Decision {
    Decision {
        number: "12/QĐ-BCT".to_owned(),
        date: day("2018-04-01"),
        issuer: "Bộ Công Thương".to_owned(),
        signer: Some(PersonalText::new("Nguyễn Văn A")),
        signed_for: None,
    }
}

/// Signed by a deputy.
pub(crate) fn signed_for() -> SignedFor {
    SignedFor {
        manner: SigningManner::Deputy,
        principal: "Bộ trưởng".to_owned(),
        paper: "09/QĐ-BCT".to_owned(),
        dated: day("2018-01-02"),
    }
}

/// Seven members, five there, four for it.
pub(crate) fn council() -> Council {
    let attendee = |number: u16| Attendee {
        name: PersonalText::new(format!("Thành viên {number}")),
        office: if number == 1 {
            CouncilOffice::Chair
        } else {
            CouncilOffice::Member
        },
    };
    Council {
        decision: "03/QĐ-SCT".to_owned(),
        members: 7,
        present: (1..=5).map(attendee).collect(),
        votes_for: 4,
        votes_against: 1,
        minutes: "01/BB-HĐ".to_owned(),
        held_on: day("2018-04-01"),
    }
}

pub(crate) fn place() -> Place {
    Place {
        province: "dien-bien".to_owned(),
        district: Some("Tuần Giáo".to_owned()),
        commune: None,
        priority: PlacePriority::Highland,
    }
}

pub(crate) fn beneficiary(number: u16) -> Beneficiary {
    Beneficiary {
        number,
        name: PersonalText::new("Công ty TNHH Thương mại Quang Lanh"),
        legal_form: LegalForm::Company,
        tax_code: Some(PersonalId::new(format!("{}", 5_600_123_455 + u64::from(number)))),
        former_tax_code: None,
        registered_office: None,
        place: place(),
        trade: Trade::FoodProcessing,
        capital: Some(Dong::million(2_000)),
        workers: Some(20),
        women_owned: true,
        minority_owned: false,
    }
}

/// A line of kind `MM`: `support` of `cost`, million đồng.
pub(crate) fn line(number: u16, cost: u32, support: u32) -> SupportLine {
    SupportLine {
        number,
        kind: "MM".to_owned(),
        item: "máy sấy ngô".to_owned(),
        beneficiary: Some(number),
        place: place(),
        source: Level::National,
        year: 2019,
        units: 1,
        cost: Dong::million(cost),
        support: Dong::million(support),
        counterpart: Dong::million(cost - support),
        priority_uplift: false,
    }
}

pub(crate) fn content(lines: Vec<SupportLine>) -> Content {
    let mut numbers: Vec<u16> = lines.iter().filter_map(|line| line.beneficiary).collect();
    numbers.dedup();
    Content {
        name: "Ứng dụng máy sấy ngô".to_owned(),
        kind: ProjectKind::Specific,
        selection: Selection::Review,
        starts_on: day("2019-01-01"),
        ends_on: day("2019-11-30"),
        coordinators: Vec::new(),
        beneficiaries: numbers.into_iter().map(beneficiary).collect(),
        lines,
        body: Body {
            necessity: "Sau thu hoạch, ngô hao hụt nhiều.".to_owned(),
            objectives: "Giảm hao hụt.".to_owned(),
            scale: "Một dây chuyền.".to_owned(),
            activities: "Mua, lắp đặt, chạy thử.".to_owned(),
            organisation: "Trung tâm Khuyến công.".to_owned(),
            effects: "Việc làm, thu nhập.".to_owned(),
        },
        results: Results {
            jobs: 5,
            trained: 0,
            revenue: Dong::million(900),
        },
    }
}

pub(crate) fn draft_of(level: Level, content: Content) -> Action {
    Action::Draft(DraftAction {
        code: None,
        plan_year: 2019,
        level,
        province: "dien-bien".to_owned(),
        lifecycle: None,
        content,
    })
}

pub(crate) fn appraise(level: AppraisalLevel, verdict: Verdict) -> Action {
    Action::Appraise(Appraisal {
        level,
        by: AppraisalBody::Council,
        criteria: (1..=5)
            .map(|number| Criterion {
                number,
                met: true,
                remark: String::new(),
            })
            .collect(),
        verdict,
        recommended: None,
        remarks: "Đủ điều kiện.".to_owned(),
        council: None,
    })
}

pub(crate) fn approve() -> Action {
    Action::Approve(Approval {
        decision: decision(),
        batch: Some("2019-1".to_owned()),
        lines: Vec::new(),
    })
}

pub(crate) fn contract(value: u32) -> Action {
    Action::SignContract(Contract {
        number: "05/HĐ-KC".to_owned(),
        signed_on: day("2018-04-02"),
        form: ContractForm::Contract,
        value: Dong::million(value),
        detailed_estimate: "07/QĐ-CTĐP".to_owned(),
        tender_result: None,
        signed_for: None,
    })
}

pub(crate) fn progress(month: &str, value: u32, counterpart: u32) -> Progress {
    Progress {
        month: day(month),
        value_done: Dong::million(value),
        item_done: Rate::percent(60),
        counterpart_done: Dong::million(counterpart),
        correction_reason: None,
    }
}

/// A month of line 1: half of a machine, its value, the support spent on it (million đồng); the rest is counterpart.
pub(crate) fn month_report(month: &str, value: u32, support: u32) -> MonthReport {
    MonthReport {
        month: day(month),
        form: ReportForm::Volume,
        lines: vec![LineDone {
            line: 1,
            unit: "máy".to_owned(),
            planned_milli: 1_000,
            done_milli: u64::from(value),
            value_done: Dong::million(value),
            support_spent: Dong::million(support),
            counterpart_spent: Dong::million(value.saturating_sub(support)),
            other_spent: Dong::ZERO,
        }],
        difficulties: "Mưa lũ.".to_owned(),
        proposals: "Lùi thời gian lắp đặt.".to_owned(),
        correction_reason: None,
    }
}

pub(crate) fn order() -> PaymentOrder {
    PaymentOrder {
        number: "UNC 15".to_owned(),
        date: day("2018-04-03"),
        treasury: "Kho bạc Nhà nước Điện Biên".to_owned(),
    }
}

pub(crate) fn payment(payment: PaymentKind, amount: Dong) -> Payment {
    Payment {
        payment,
        amount,
        order: order(),
        budget: BudgetCode {
            chapter: "016".to_owned(),
            category: "280".to_owned(),
            item: "309".to_owned(),
            sub_item: "7012".to_owned(),
        },
    }
}

pub(crate) fn pay(kind: PaymentKind, amount: u32) -> Action {
    Action::Disburse(payment(kind, Dong::million(amount)))
}

pub(crate) fn accept(lines: Vec<u16>, value: u32) -> Action {
    Action::Accept(Acceptance {
        lines,
        minutes: "01/BB-NT".to_owned(),
        complete: true,
        value_accepted: Dong::million(value),
        counterpart_accepted: Dong::million(value / 2),
        results: Results::default(),
    })
}

pub(crate) fn submit(amount: u32) -> Action {
    Action::SubmitSettlement(SettlementFile {
        with_invoice: false,
        requested: Dong::million(amount),
    })
}

pub(crate) fn settle(amount: u32) -> Action {
    Action::Settle(Settlement {
        amount: Dong::million(amount),
        decision: decision(),
    })
}

pub(crate) fn refund(amount: u32) -> Refund {
    Refund {
        amount: Dong::million(amount),
        order: order(),
    }
}

pub(crate) fn adjust(change: Change) -> Action {
    Action::Adjust(Adjustment {
        decision: decision(),
        reason: "Giá máy thay đổi.".to_owned(),
        change,
    })
}

pub(crate) fn support(lines: &[(u16, u32)]) -> Change {
    Change::Support {
        lines: lines
            .iter()
            .map(|(line, support)| LineSupport {
                line: *line,
                support: Dong::million(*support),
            })
            .collect(),
    }
}

pub(crate) fn stop(on_request: bool) -> Action {
    Action::Stop(Stop {
        decision: decision(),
        on_request,
        reason: "Đơn vị thụ hưởng không đủ vốn đối ứng.".to_owned(),
    })
}

pub(crate) fn receivable(amount: u32) -> Action {
    Action::RaiseReceivable(Receivable {
        amount: Dong::million(amount),
        decision: decision(),
        reason: "Chi sai đối tượng.".to_owned(),
    })
}

pub(crate) fn reopen() -> Action {
    Action::Reopen(Reopening {
        decision: decision(),
        reason: "Kết luận thanh tra.".to_owned(),
    })
}

pub(crate) fn correct(corrects: u64, right: RightEntry) -> Action {
    Action::Correct(Correction {
        corrects,
        reason: "Nhập nhầm.".to_owned(),
        right,
    })
}

pub(crate) fn group_plan(lines: Vec<SupportLine>) -> GroupPlan {
    let mut numbers: Vec<u16> = lines.iter().filter_map(|line| line.beneficiary).collect();
    numbers.dedup();
    GroupPlan {
        decision: decision(),
        beneficiaries: numbers.into_iter().map(beneficiary).collect(),
        lines,
    }
}

pub(crate) fn reason() -> Reason {
    Reason {
        reason: "Thiếu báo giá.".to_owned(),
    }
}

pub(crate) fn opinion(stance: Stance) -> Opinion {
    Opinion {
        stance,
        text: "Đề nghị giảm chi quản lý.".to_owned(),
        recommended: Some(Dong::million(290)),
    }
}

pub(crate) fn verification(confirmed: bool) -> SiteVerification {
    SiteVerification {
        verified_on: day("2018-04-01"),
        minutes: "04/BB-KT".to_owned(),
        confirmed,
        result: "Nhà xưởng đã xong, máy chưa về.".to_owned(),
    }
}

/// Actions of a kind that stands in the list already, with parts that may be left out.
fn with_optional_parts() -> Vec<Action> {
    let Action::Appraise(mut appraisal) = appraise(AppraisalLevel::Base, Verdict::Pass) else {
        panic!("an appraisal")
    };
    appraisal.council = Some(council());
    let Action::SignContract(mut contract) = contract(250) else {
        panic!("a contract")
    };
    contract.form = ContractForm::Assignment;
    contract.signed_for = Some(signed_for());
    let Action::Stop(mut stop) = stop(false) else {
        panic!("a stop")
    };
    stop.decision.signed_for = Some(signed_for());
    vec![
        Action::Appraise(appraisal),
        Action::SignContract(contract),
        Action::Stop(stop),
    ]
}

/// At least one action of every kind; both shapes where a kind has several.
pub(crate) fn every_action() -> Vec<Action> {
    let later: NaiveDate = day("2020-06-30");
    let full = content(vec![line(1, 700, 250), line(2, 300, 100)]);
    let mut actions = vec![
        draft_of(Level::National, full.clone()),
        Action::Revise(ReviseAction { content: full.clone() }),
        Action::Propose(NoDetails {}),
        Action::Return(reason()),
        appraise(AppraisalLevel::Base, Verdict::Pass),
        Action::GiveOpinion(opinion(Stance::AgreeWithChanges)),
        Action::VerifyOnSite(verification(true)),
        Action::Register(Registration { priority: 3 }),
        Action::Examine(Examination {
            remarks: "Hợp lệ.".to_owned(),
        }),
        Action::Approve(Approval {
            decision: decision(),
            batch: Some("2019-1".to_owned()),
            lines: vec![LineSupport {
                line: 1,
                support: Dong::million(200),
            }],
        }),
        Action::Refuse(reason()),
        Action::Withdraw(reason()),
        Action::ApproveGroupPlan(group_plan(vec![line(1, 700, 250)])),
        contract(250),
        Action::ReportProgress(progress("2019-03-01", 500, 300)),
        Action::ConfirmProgress(progress("2019-03-01", 500, 300)),
        Action::ReportMonth(month_report("2019-03-01", 500, 200)),
        Action::Inspect(Inspection {
            decision: decision(),
            planned: true,
            result: "Đúng tiến độ.".to_owned(),
        }),
        Action::RaiseFinding(Finding {
            number: 1,
            text: "Thiếu chứng từ.".to_owned(),
            amount: Dong::million(5),
            due_on: Some(later),
        }),
        Action::CloseFinding(FindingClosure {
            number: 1,
            remedy: "Đã bổ sung.".to_owned(),
        }),
        pay(PaymentKind::First, 175),
        accept(vec![1, 2], 700),
        submit(250),
        settle(250),
        Action::LiquidateContract(Liquidation {
            number: "02/BB-TL".to_owned(),
        }),
        Action::Archive(NoDetails {}),
        adjust(support(&[(1, 200)])),
        adjust(Change::Content {
            part: ContentPart::Place,
            content: Box::new(full),
        }),
        adjust(Change::Time { ends_on: later }),
        stop(true),
        Action::ExtendTime(TimeExtension {
            decision: decision(),
            ends_on: later,
            reason: "Mưa lũ.".to_owned(),
        }),
        Action::CarryOverMoney(CarryOver {
            decision: decision(),
            amount: Dong::million(75),
            from_year: 2019,
            to_year: 2020,
        }),
        Action::AccountLateSettlement(LateSettlement {
            amount: Dong::million(250),
            reason: "Chậm hồ sơ.".to_owned(),
        }),
        Action::DeclareForceMajeure(ForceMajeure {
            cause: "Bão.".to_owned(),
            value_confirmed: Dong::million(100),
        }),
        Action::Refund(refund(10)),
        receivable(10),
        Action::ScheduleRepayment(RepaymentSchedule {
            instalments: vec![Instalment {
                due_on: later,
                amount: Dong::million(250),
            }],
        }),
        Action::Repay(refund(20)),
        reopen(),
        correct(
            12,
            RightEntry::Payment {
                payment: payment(PaymentKind::First, Dong::million(170)),
            },
        ),
        correct(13, RightEntry::Refund { refund: refund(9) }),
        correct(14, RightEntry::Date { occurred_on: later }),
        Action::MoveLifecycle(LifecycleMove {
            version: "2025-10-15".to_owned(),
            reason: "NĐ 235/2025/NĐ-CP".to_owned(),
        }),
    ];
    actions.extend(with_optional_parts());
    actions
}
