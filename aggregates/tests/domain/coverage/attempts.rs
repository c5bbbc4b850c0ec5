//! Actions to try for a step, from where the project stands: each with what it is about.

use chrono::Months;
use dean_aggregates::lifecycle::{ActionKind, ChangeKind, Lifecycle, MoneyMode, Step};
use dean_aggregates::money::Dong;
use dean_aggregates::project::Project;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::*;

use crate::common::day;
use crate::common::samples::*;

/// What an attempt is about: an outcome of the step, or the kind of change.
pub(super) type About = &'static str;

fn one(about: About, action: Action) -> Vec<(About, Action)> {
    vec![(about, action)]
}

pub(super) fn attempts(
    lifecycle: &Lifecycle,
    project: &Project,
    step: &Step,
    drafted: &Content,
) -> Vec<(About, Action)> {
    let money = *project.figures();
    let paid = project.net_paid();
    match step.action {
        ActionKind::Draft => one("", draft_of(lifecycle.level, drafted.clone())),
        ActionKind::Revise => {
            let mut content = drafted.clone();
            content.body.scale.push_str(" Đã bổ sung.");
            one("", Action::Revise(ReviseAction { content }))
        }
        ActionKind::Appraise => {
            let level = step.appraisal.unwrap_or(AppraisalLevel::Base);
            vec![
                ("", appraise_by_staff(level, Verdict::Pass)),
                ("fail", appraise_by_staff(level, Verdict::Fail)),
            ]
        }
        ActionKind::Approve => one("", approve()),
        ActionKind::ApproveGroupPlan => one("", Action::ApproveGroupPlan(group_plan(drafted.lines.clone()))),
        ActionKind::SignContract => one("", sign(step.contract_form.unwrap_or_default(), money.approved)),
        ActionKind::ReportProgress => one("", Action::ReportProgress(next_progress(project))),
        ActionKind::ConfirmProgress => {
            let last = project.reported().cloned().unwrap_or_else(|| next_progress(project));
            one("", Action::ConfirmProgress(last))
        }
        ActionKind::RaiseFinding => one(
            "",
            Action::RaiseFinding(Finding {
                number: 1 + u16::try_from(project.findings().len()).unwrap_or(0),
                text: "Thiếu chứng từ.".into(),
                amount: Dong::ZERO,
                due_on: None,
            }),
        ),
        ActionKind::CloseFinding => {
            let open = project.findings().iter().find(|finding| finding.open);
            one(
                "",
                Action::CloseFinding(FindingClosure {
                    number: open.map_or(1, |finding| finding.number),
                    remedy: "Đã bổ sung.".into(),
                }),
            )
        }
        ActionKind::Disburse => {
            let kind = step.payment.unwrap_or(PaymentKind::Rest);
            let limit = if lifecycle.money_mode == MoneyMode::PayAfter {
                project.recognised()
            } else {
                money.contracted.min(money.approved)
            };
            let rest = limit.saturating_sub(paid);
            let mut amounts = vec![Dong::million(1)];
            if kind == PaymentKind::Rest {
                amounts.push(rest);
            }
            let pay = |amount| ("", Action::Disburse(payment(kind, amount)));
            amounts.into_iter().map(pay).collect()
        }
        ActionKind::Accept => {
            let open: Vec<u16> = project
                .approved_lines()
                .iter()
                .map(|line| line.line)
                .filter(|line| !project.accepted_lines().contains(line))
                .collect();
            let mut tries = vec![("", accept(open.clone(), 700))];
            if open.len() > 1 {
                tries.push(("part", accept(open[..1].to_vec(), 700)));
            }
            tries
        }
        ActionKind::SubmitSettlement => one("", submit_of(settleable(lifecycle, project))),
        // Where money comes after settlement, there may be nothing to pay.
        ActionKind::Settle if lifecycle.money_mode == MoneyMode::PayAfter => vec![
            ("", settle_of(settleable(lifecycle, project))),
            ("", settle_of(Dong::ZERO)),
        ],
        ActionKind::Settle => one("", settle_of(settleable(lifecycle, project))),
        ActionKind::Adjust => adjustments(project),
        ActionKind::Stop => one("", stop(step.on_request.unwrap_or(true))),
        ActionKind::ExtendTime => {
            let ends_on = project.content().map_or(day("2019-11-30"), |content| content.ends_on);
            one(
                "",
                Action::ExtendTime(TimeExtension {
                    decision: decision(),
                    ends_on: ends_on.checked_add_months(Months::new(12)).expect("a day"),
                    reason: "Mưa lũ.".into(),
                }),
            )
        }
        ActionKind::CarryOverMoney => one("", carry_over()),
        ActionKind::AccountLateSettlement => one(
            "",
            Action::AccountLateSettlement(LateSettlement {
                amount: paid,
                reason: "Chậm hồ sơ.".into(),
            }),
        ),
        ActionKind::Refund => {
            let amount = if money.receivable > Dong::ZERO {
                money.receivable
            } else {
                Dong::million(1)
            };
            one("", Action::Refund(refund_of(amount)))
        }
        ActionKind::RaiseReceivable => one("", receivable(1)),
        ActionKind::ScheduleRepayment => one(
            "",
            Action::ScheduleRepayment(RepaymentSchedule {
                instalments: vec![Instalment {
                    due_on: day("2021-01-01"),
                    amount: paid,
                }],
            }),
        ),
        ActionKind::Repay => one("", Action::Repay(refund_of(project.to_repay()))),
        ActionKind::Correct => ["2018-04-05", "2018-04-06"]
            .into_iter()
            .map(|date| {
                let occurred_on = day(date);
                ("", correct(1, RightEntry::Date { occurred_on }))
            })
            .collect(),
        ActionKind::MoveLifecycle => one(
            "",
            Action::MoveLifecycle(LifecycleMove {
                version: super::walk::NEXT_VERSION.into(),
                reason: "Quy định mới.".into(),
            }),
        ),
        kind => every_action()
            .into_iter()
            .filter(|action| action.kind() == kind)
            .map(|action| ("", action))
            .take(1)
            .collect(),
    }
}

fn appraise_by_staff(level: AppraisalLevel, verdict: Verdict) -> Action {
    let mut action = appraise(level, verdict);
    if let Action::Appraise(appraisal) = &mut action {
        appraisal.by = AppraisalBody::Staff;
    }
    action
}

fn sign(form: ContractForm, value: Dong) -> Action {
    let mut action = contract(1);
    if let Action::SignContract(contract) = &mut action {
        contract.form = form;
        contract.value = value;
    }
    action
}

fn next_progress(project: &Project) -> Progress {
    let mut progress = progress("2018-01-01", 600, 400);
    if let Some(last) = project.reported() {
        progress.month = last.month.checked_add_months(Months::new(1)).expect("a month");
    }
    let supported = progress.value_done.saturating_sub(progress.counterpart_done);
    if supported > project.figures().contracted {
        progress.counterpart_done = progress.value_done;
    }
    progress
}

fn settleable(lifecycle: &Lifecycle, project: &Project) -> Dong {
    let money = project.figures();
    let limit = money.approved.min(money.contracted);
    if lifecycle.money_mode == MoneyMode::PayAfter {
        limit
    } else {
        limit.min(project.net_paid())
    }
}

fn submit_of(requested: Dong) -> Action {
    Action::SubmitSettlement(SettlementFile {
        with_invoice: false,
        requested,
    })
}

fn settle_of(amount: Dong) -> Action {
    Action::Settle(Settlement {
        amount,
        decision: decision(),
    })
}

fn refund_of(amount: Dong) -> Refund {
    Refund { amount, order: order() }
}

fn carry_over() -> Action {
    Action::CarryOverMoney(CarryOver {
        decision: decision(),
        amount: Dong::million(1),
        from_year: 2019,
        to_year: 2020,
    })
}

/// One adjustment of every kind of change.
fn adjustments(project: &Project) -> Vec<(About, Action)> {
    let Some(content) = project.content() else {
        return one("", adjust(support(&[(1, 1)])));
    };
    ChangeKind::ALL
        .into_iter()
        .map(|what| (what.as_str(), adjust(change(what, content))))
        .collect()
}

fn change(what: ChangeKind, content: &Content) -> Change {
    let line = content.lines.first().expect("a line").clone();
    let to = |support| Change::Support {
        lines: vec![LineSupport {
            line: line.number,
            support,
        }],
    };
    let mut new = content.clone();
    let part = match what {
        ChangeKind::SupportRaised => {
            // The first line has all that its norm allows.
            let last = content.lines.last().expect("a line");
            return Change::Support {
                lines: vec![LineSupport {
                    line: last.number,
                    support: last.support.saturating_add(Dong::million(1)),
                }],
            };
        }
        ChangeKind::SupportLowered => return to(line.support.saturating_sub(Dong::million(1))),
        ChangeKind::Time => {
            return Change::Time {
                ends_on: content.ends_on.pred_opt().expect("a day"),
            };
        }
        ChangeKind::Activity => {
            new.lines[0].kind = if line.kind == "MM" { "CGCN" } else { "MM" }.into();
            ContentPart::Activity
        }
        ChangeKind::Place => {
            let commune = line.place.commune.unwrap_or_default();
            new.lines[0].place.commune = Some(format!("{commune}x"));
            ContentPart::Place
        }
        ChangeKind::Beneficiary => {
            // A group project may not have named them yet.
            if let Some(first) = new.beneficiaries.first_mut() {
                first.workers = Some(first.workers.unwrap_or(0) + 1);
            } else {
                new.coordinators.push(partner(content));
            }
            ContentPart::Beneficiary
        }
        ChangeKind::Partner => {
            new.coordinators.push(partner(content));
            ContentPart::Partner
        }
        ChangeKind::Other => {
            new.name.push('x');
            ContentPart::Other
        }
    };
    Change::Content {
        part,
        content: Box::new(new),
    }
}

fn partner(content: &Content) -> dean_aggregates::actor::Unit {
    dean_aggregates::actor::Unit {
        id: format!("phoi-hop-{}", content.coordinators.len()),
        name: "Hội Nông dân".into(),
    }
}
