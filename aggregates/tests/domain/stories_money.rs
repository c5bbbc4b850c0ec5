//! Lives of projects, as far as money goes: ceilings, receivables, corrections, the three money modes.

use dean_aggregates::actor::Party;
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::What;
use dean_aggregates::project::standing::Phase;

use crate::common::samples::*;
use crate::common::{KCDP, RULES_2018, Story, day};
use crate::stories::{approved, confirmed, settled};

#[test]
fn advances_keep_to_the_ceilings() {
    let mut story = approved();
    story.on("2019-01-15");
    assert_eq!(story.code_of("sign-contract", contract(301)), "contract-exceeds");
    story.take("sign-contract", contract(300));
    assert_eq!(
        story.code_of("advance-first", pay(PaymentKind::First, 1)),
        "trigger-unmet"
    );
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 490, 300)),
    );
    story.take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-01-01", 490, 300)),
    );
    // 490 is exactly 70 % of 700: the law asks for more.
    let error = story.refused("advance-first", pay(PaymentKind::First, 1));
    assert_eq!(error.code, "trigger-unmet");
    let mut story = confirmed();
    let error = story.refused("advance-first", pay(PaymentKind::First, 211));
    assert_eq!(
        (error.code, error.field.as_deref()),
        ("advance-ceiling", Some("amount"))
    );
    let judgement = error.judgement.expect("the sum");
    assert_eq!(
        (judgement.limit, judgement.amount),
        (Dong::million(210), Dong::million(211))
    );
    assert_eq!(
        judgement.formula,
        "210.000.000 = min(70 % × 300.000.000; 70 % × 300.000.000)"
    );
    assert_eq!(
        story.code_of("advance-first", pay(PaymentKind::Rest, 1)),
        "wrong-payment"
    );
    assert_eq!(
        story.code_of("advance-next", pay(PaymentKind::Next, 1)),
        "payment-order"
    );
    assert_eq!(
        story.code_of("advance-first", pay(PaymentKind::First, 0)),
        "amount-zero"
    );
    story.take("advance-first", pay(PaymentKind::First, 200));
    assert_eq!(
        story.code_of("advance-first", pay(PaymentKind::First, 1)),
        "payment-repeated"
    );
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-04-01", 650, 400)),
    );
    story.take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-04-01", 650, 400)),
    );
    story.take("advance-next", pay(PaymentKind::Next, 10));
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    let error = story.refused("advance-rest", pay(PaymentKind::Rest, 91));
    assert_eq!(error.code, "support-exceeded");
    assert_eq!(
        error.params["formula"],
        "210.000.000 + 91.000.000 = 301.000.000 > 300.000.000"
    );
    let event = story.take("advance-rest", pay(PaymentKind::Rest, 90));
    assert_eq!(
        event.judgements[0].formula,
        "210.000.000 + 90.000.000 = 300.000.000 ≤ 300.000.000"
    );
    story.take("submit-settlement", submit(300));
    assert_eq!(story.code_of("settle", settle(301)), "settlement-exceeds");
}

#[test]
fn a_stop_leaves_a_receivable_until_it_is_refunded() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    assert_eq!(story.code_of("stop-for-violation", stop(true)), "stop-for-violations");
    let event = story.take("stop-for-violation", stop(false));
    assert_eq!(
        (event.after.phase, event.after.money.receivable),
        (Phase::Stopped, Dong::million(210))
    );
    assert_eq!(story.code_of("archive", Action::Archive(NoDetails {})), "open-money");
    // What was done and is settled need not come back.
    story.take("settle-stopped", settle(60));
    story.take("refund", Action::Refund(refund(150)));
    story.take("archive", Action::Archive(NoDetails {}));
    assert_eq!(story.project.figures().receivable, Dong::ZERO);
}

#[test]
fn a_correction_shows_both_entries_and_recomputes() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    let sequence = story.project.version();
    let right = |amount| RightEntry::Payment {
        payment: payment(PaymentKind::First, Dong::million(amount)),
    };
    assert_eq!(
        story.code_of("correct", correct(sequence, right(211))),
        "advance-ceiling"
    );
    assert_eq!(story.code_of("correct", correct(1, right(200))), "unknown-event");
    assert_eq!(
        story.code_of("correct", correct(sequence, right(210))),
        "nothing-changes"
    );
    let event = story.take("correct", correct(sequence, right(201)));
    let What::Corrected(both) = event.what else {
        panic!("not corrected")
    };
    assert_eq!((both.wrong, both.correction.right), (right(210), right(201)));
    assert_eq!(event.after.money.disbursed, Dong::million(201));
    let date = RightEntry::Date {
        occurred_on: day("2019-03-28"),
    };
    story.take("correct", correct(sequence, date));
    assert_eq!(story.project.last_step_on(), Some(day("2019-03-28")));
}

#[test]
fn a_correction_opens_no_room_above_the_ceilings() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    let paid = story.project.version();
    story.take("refund", Action::Refund(refund(210)));
    let refunded = story.project.version();
    let lower = |amount| RightEntry::Refund { refund: refund(amount) };
    let payment_of = |kind, amount| RightEntry::Payment {
        payment: payment(kind, Dong::million(amount)),
    };
    // Nothing was paid since: a refund that never came may be corrected, a payment of more than the ceiling may not.
    story.take("correct", correct(refunded, lower(200)));
    story.take("correct", correct(refunded, lower(210)));
    assert_eq!(
        story.code_of("correct", correct(paid, payment_of(PaymentKind::First, 280))),
        "advance-ceiling"
    );
    assert_eq!(
        story.code_of("correct", correct(paid, payment_of(PaymentKind::Rest, 210))),
        "wrong-payment"
    );
    story.take("advance-next", pay(PaymentKind::Next, 210));
    let error = story.refused("correct", correct(refunded, lower(1)));
    assert_eq!(
        (error.code, error.field.as_deref()),
        ("support-exceeded", Some("right.refund.amount"))
    );
}

#[test]
fn a_settled_project_is_reopened_and_money_recovered() {
    let mut story = settled();
    story.take("refund", Action::Refund(refund(10)));
    story.take("reopen", reopen());
    assert_eq!(story.code_of("raise-receivable", receivable(291)), "receivable-exceeds");
    let event = story.take("raise-receivable", receivable(40));
    assert_eq!(event.after.money.receivable, Dong::million(40));
    story.take("refund", Action::Refund(refund(40)));
    story.take("settle", settle(250));
    story.take(
        "liquidate",
        Action::LiquidateContract(Liquidation { number: "1".into() }),
    );
    story.take("archive", Action::Archive(NoDetails {}));
    let event = story.take("reopen", reopen());
    assert_eq!(event.after.phase, Phase::Settlement);
}

#[test]
fn what_was_claimed_back_is_not_settled_away() {
    let mut story = settled();
    story.take("refund", Action::Refund(refund(10)));
    story.take("reopen", reopen());
    story.take("raise-receivable", receivable(40));
    assert_eq!(story.code_of("settle", settle(251)), "settlement-exceeds");
    assert_eq!(
        story.take("settle", settle(250)).after.money.receivable,
        Dong::million(40)
    );
    // Before the settlement too, and also when the đề án is stopped.
    for is_stopped in [false, true] {
        let mut story = confirmed();
        story
            .on("2019-04-01")
            .take("advance-first", pay(PaymentKind::First, 210));
        story.take("raise-receivable", receivable(60));
        let step = if is_stopped {
            story.take("stop-for-violation", stop(false));
            "settle-stopped"
        } else {
            story.take("accept", accept(vec![1], 700));
            assert_eq!(story.code_of("submit-settlement", submit(151)), "requested-exceeds");
            story.take("submit-settlement", submit(150));
            "settle"
        };
        assert_eq!(story.code_of(step, settle(151)), "settlement-exceeds");
        assert_eq!(story.take(step, settle(150)).after.money.receivable, Dong::million(60));
    }
}

#[test]
fn what_did_not_come_back_after_all_is_claimed_again() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    let refunded = |story: &mut Story, amount| {
        story.take("refund", Action::Refund(refund(amount)));
        story.project.version()
    };
    let receivable_of = |story: &Story| story.project.figures().receivable;
    // 5 that nobody had claimed came back before; they meet nothing that is claimed later.
    refunded(&mut story, 5);
    story.take("raise-receivable", receivable(50));
    let first = refunded(&mut story, 30);
    let second = refunded(&mut story, 20);
    assert_eq!(receivable_of(&story), Dong::ZERO);
    // Of the 20, 12 never came.
    let right = |amount| RightEntry::Refund { refund: refund(amount) };
    story.take("correct", correct(second, right(8)));
    assert_eq!(receivable_of(&story), Dong::million(12));
    story.take("correct", correct(first, right(40)));
    assert_eq!(receivable_of(&story), Dong::million(2));
    // 157 are still with the implementer; the 2 of them that are claimed are not settled away.
    story.take("accept", accept(vec![1], 700));
    assert_eq!(story.code_of("submit-settlement", submit(156)), "requested-exceeds");
    story.take("submit-settlement", submit(155));
}

#[test]
fn a_contract_is_signed_after_the_approval() {
    let mut story = approved();
    let Action::SignContract(mut early) = contract(300) else {
        panic!("a contract")
    };
    early.signed_on = day("2018-03-31");
    let refused = story.refused("sign-contract", Action::SignContract(early));
    assert_eq!(
        (refused.code, refused.params["date"].as_str()),
        ("contract-before-approval", "2018-04-01")
    );
}

#[test]
fn money_is_carried_over_and_accounted_late() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    let carry = |amount, to_year| {
        Action::CarryOverMoney(CarryOver {
            decision: decision(),
            amount: Dong::million(amount),
            from_year: 2019,
            to_year,
        })
    };
    assert_eq!(story.code_of("carry-over", carry(91, 2020)), "carry-over-amount");
    assert_eq!(story.code_of("carry-over", carry(90, 2019)), "carry-over-years");
    story.take("carry-over", carry(90, 2020));
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    let late = |amount| {
        Action::AccountLateSettlement(LateSettlement {
            amount: Dong::million(amount),
            reason: "Chậm hồ sơ.".into(),
        })
    };
    assert_eq!(story.code_of("account-late-settlement", late(211)), "late-amount");
    story.take("account-late-settlement", late(210));
    assert_eq!(story.state(), "late");
    story.take("submit-settlement", submit(210));
}

#[test]
fn force_majeure_settles_by_the_work_done() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    let declared = ForceMajeure {
        cause: "Bão.".into(),
        value_confirmed: Dong::million(120),
    };
    story.take("declare-force-majeure", Action::DeclareForceMajeure(declared));
    story.take("stop-on-request", stop(true));
    assert_eq!(story.code_of("settle-stopped", settle(121)), "settlement-exceeds");
    let event = story.take("settle-stopped", settle(120));
    assert_eq!(event.after.money.receivable, Dong::million(90));
}

/// A local life up to acceptance of one line of 300.
fn local(text: &str) -> Story {
    let mut story = Story::new(text, RULES_2018);
    story
        .on("2018-05-12")
        .take("draft", draft_of(Level::Local, content(vec![line(1, 700, 300)])));
    story.take("propose", Action::Propose(NoDetails {}));
    story.take("appraise", appraise(AppraisalLevel::Province, Verdict::Pass));
    story.take("approve", approve());
    story.on("2019-01-15").take("sign-contract", contract(300));
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 600, 400)),
    );
    story.take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-01-01", 600, 400)),
    );
    story
}

#[test]
fn a_local_project_is_approved_by_the_chairman_and_settled_with_the_department() {
    let mut story = local(KCDP);
    let units = story.project.units().expect("units").clone();
    assert_eq!(units[&Party::Department].name, "Sở Công Thương Điện Biên");
    story.take("advance-first", pay(PaymentKind::First, 210));
    story.take("accept", accept(vec![1], 700));
    story.take("submit-settlement", submit(210));
    let event = story.take("settle", settle(210));
    assert_eq!(event.after.state, "settled");
}

#[test]
fn where_money_is_paid_after_settlement_nothing_is_advanced() {
    let text = pay_after();
    let mut story = local(&text);
    assert_eq!(
        story.code_of("advance-first", pay(PaymentKind::First, 10)),
        "not-settled"
    );
    story.take("accept", accept(vec![1], 700));
    story.take("submit-settlement", submit(300));
    let event = story.take("settle", settle(280));
    let What::Settled(settled) = event.what else {
        panic!("not settled")
    };
    assert_eq!((settled.payable, settled.refund_due), (Dong::million(280), Dong::ZERO));
    let error = story.refused("advance-rest", pay(PaymentKind::Rest, 281));
    assert_eq!(error.code, "settled-exceeded");
    story.take("advance-rest", pay(PaymentKind::Rest, 280));
    assert_eq!(story.project.payable(), Dong::ZERO);
}

#[test]
fn what_was_not_paid_yet_or_never_paid_does_not_come_back() {
    let mut story = local(&pay_after());
    story.take("accept", accept(vec![1], 700));
    story.take("submit-settlement", submit(300));
    story.take("settle", settle(280));
    story.take("advance-rest", pay(PaymentKind::Rest, 200));
    let paid = story.project.version();
    story.take("raise-receivable", receivable(190));
    // 90 stay recognised. Of the 190 that are claimed, 80 were still to be paid and are set off.
    let open = |story: &Story| (story.project.figures().receivable, story.project.payable());
    assert_eq!(open(&story), (Dong::million(110), Dong::ZERO));
    // 30 of the payment were entered by mistake.
    let payment = payment(PaymentKind::Rest, Dong::million(170));
    story.take("correct", correct(paid, RightEntry::Payment { payment }));
    assert_eq!(open(&story), (Dong::million(80), Dong::ZERO));
    assert_eq!(story.code_of("refund", Action::Refund(refund(81))), "refund-exceeds");
    story.take("refund", Action::Refund(refund(80)));
    assert_eq!(open(&story), (Dong::ZERO, Dong::ZERO));
}

#[test]
fn a_contract_is_liquidated_once_nothing_is_left_to_pay() {
    let settled = |amount| {
        let mut story = local(&pay_after());
        story.take("accept", accept(vec![1], 700));
        story.take("submit-settlement", submit(300));
        story.take("settle", settle(amount));
        story
    };
    let liquidation = || {
        Action::LiquidateContract(Liquidation {
            number: "01/BB-TLHĐ".into(),
        })
    };
    let mut unpaid = settled(280);
    let refused = unpaid.refused("liquidate", liquidation());
    assert_eq!(
        (refused.code, refused.params["payable"].as_str()),
        ("open-money", "280.000.000")
    );
    // Nothing was recognised: there is no payment that could come first.
    let mut nothing = settled(0);
    nothing.take("liquidate", liquidation());
    nothing.take("archive", Action::Archive(NoDetails {}));
    assert_eq!(nothing.project.standing().phase, Phase::Archived);
}

#[test]
fn recoverable_support_is_paid_back_by_its_schedule() {
    let text = recoverable();
    let mut story = local(&text);
    story.take("advance-first", pay(PaymentKind::First, 210));
    story.take("accept", accept(vec![1], 700));
    story.take("submit-settlement", submit(210));
    story.take("settle", settle(210));
    assert_eq!(story.code_of("repay", Action::Repay(refund(1))), "schedule-missing");
    let schedule = |amounts: [u32; 2]| {
        Action::ScheduleRepayment(RepaymentSchedule {
            instalments: amounts
                .into_iter()
                .zip(["2020-12-31", "2021-12-31"])
                .map(|(amount, due_on)| Instalment {
                    due_on: day(due_on),
                    amount: Dong::million(amount),
                })
                .collect(),
        })
    };
    assert_eq!(
        story.code_of("schedule-repayment", schedule([100, 109])),
        "schedule-sum"
    );
    story.take("schedule-repayment", schedule([100, 110]));
    story.take("repay", Action::Repay(refund(100)));
    story.take(
        "liquidate",
        Action::LiquidateContract(Liquidation { number: "1".into() }),
    );
    assert_eq!(story.code_of("archive", Action::Archive(NoDetails {})), "open-money");
    assert_eq!(story.code_of("repay", Action::Repay(refund(111))), "repayment-exceeds");
    story.take("repay", Action::Repay(refund(110)));
    story.take("archive", Action::Archive(NoDetails {}));
}

/// The local lifecycle, with payment only after settlement.
pub(crate) fn pay_after() -> String {
    KCDP.replace("money_mode = \"advance\"", "money_mode = \"pay-after\"")
        .replace(
            "from = [\"accepted\"]\nto = \"rest-paid\"",
            "from = [\"settled\"]\nto = \"rest-paid\"",
        )
}

/// The local lifecycle, with support that is paid back.
pub(crate) fn recoverable() -> String {
    let steps = "[[steps]]\nid = \"schedule-repayment\"\naction = \"schedule-repayment\"\nfrom = [\"settled\"]\n\
        takers = [\"department:accountant\"]\nmain = true\nvi = \"Lập lịch thu hồi\"\nen = \"Schedule\"\narticle = \"x\"\n\n\
        [[steps]]\nid = \"repay\"\naction = \"repay\"\nfrom = [\"settled\", \"liquidated\"]\n\
        takers = [\"department:accountant\"]\nmain = true\nvi = \"Thu hồi\"\nen = \"Repay\"\narticle = \"x\"\n\n[papers]";
    KCDP.replace("money_mode = \"advance\"", "money_mode = \"recoverable\"")
        .replacen("[papers]", steps, 1)
}
