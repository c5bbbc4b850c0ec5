//! The money rules: at every payment, at every decision, in every state.

use chrono::NaiveDate;
use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::project::ProjectEvent;
use dean_aggregates::project::action::*;
use dean_aggregates::project::event::What;
use dean_aggregates::project::standing::Phase;

use super::account::{Account, Money};
use super::norms;

/// What must be so of an event, seen from the state before it and after it.
pub(super) fn check_event(before: &Account, after: &Account, event: &ProjectEvent) {
    let on = event.occurred_on;
    match &event.what {
        What::Approved(approved) => {
            within_norms(after, on);
            assert_eq!(approved.support.get(), after.support_approved());
            assert!(after.support_approved() > 0);
        }
        What::GroupPlanApproved(_) => {
            within_norms(after, on);
            let (support, approved) = (after.support_approved(), before.support_approved());
            assert!(support <= approved, "a group plan of {support} in {approved}");
        }
        What::Adjusted(adjusted) => {
            if !matches!(adjusted.adjustment.change, Change::Time { .. }) {
                within_norms(after, on);
            }
            let told = (adjusted.support_before.get(), adjusted.support_after.get());
            assert_eq!(told, (before.support_approved(), after.support_approved()));
            let is_raised = told.1 > told.0;
            assert!(
                !is_raised || before.batch.is_none() || event.batch.is_some(),
                "only a batch raises"
            );
            if let Change::Content { .. } = adjusted.adjustment.change {
                for line in &before.accepted {
                    assert_eq!(
                        before.approved.get(line),
                        after.approved.get(line),
                        "what was accepted stays"
                    );
                }
            }
        }
        What::ContractSigned(contract) => within(contract.value.get(), before.support_approved(), "contract"),
        What::ContractAmended(amended) => {
            within(amended.value.get(), before.support_approved(), "contract");
            within(before.net().max(before.recognised()), amended.value.get(), "paid");
        }
        What::Disbursed(payment) => check_payment(before, after, payment),
        What::Refunded(refund) => within(refund.amount.get(), before.refundable(), "refund"),
        What::Repaid(refund) => {
            assert_eq!(before.mode, MoneyMode::Recoverable);
            assert!(before.has_schedule, "no schedule");
            within(refund.amount.get(), before.out(), "repayment");
        }
        What::RepaymentScheduled(schedule) => {
            assert_eq!(before.mode, MoneyMode::Recoverable);
            let sum: Money = schedule.instalments.iter().map(|one| one.amount.get()).sum();
            assert_eq!(sum, before.net(), "a schedule is of all that was paid");
        }
        What::ReceivableRaised(receivable) => within(receivable.amount.get(), before.claimable(), "receivable"),
        What::SettlementSubmitted(file) => within(file.requested.get(), before.settleable(), "settlement file"),
        What::Settled(settled) => {
            let amount = settled.settlement.amount.get();
            within(amount, before.settleable(), "settlement");
            let told = (settled.refund_due.get(), settled.payable.get());
            let (net, pays_after) = (before.net(), before.mode == MoneyMode::PayAfter);
            assert_eq!(told, (net.saturating_sub(amount), amount.saturating_sub(net)));
            assert!(pays_after || told.1 == 0, "more is settled than was advanced");
            assert!(!pays_after || told.0 == 0, "less is settled than was paid");
        }
        What::LateSettlementAccounted(late) => within(late.amount.get(), before.net(), "late settlement"),
        What::MoneyCarriedOver(carry) => {
            let left = before.support_approved().saturating_sub(before.net());
            within(carry.amount.get(), left, "carry-over");
            assert!(carry.from_year < carry.to_year);
        }
        What::ProgressReported(progress) => {
            check_progress(before, progress);
            check_rise(before, progress);
        }
        What::ProgressConfirmed(progress) => {
            check_progress(before, progress);
            let reported = before.months.get(&progress.month).expect("a month that was reported");
            within(
                progress.value_done.get(),
                reported.value_done.get(),
                "confirmed of its month",
            );
            assert!(progress.item_done <= reported.item_done, "a rate above its month's");
        }
        What::Accepted(acceptance) => {
            for line in &acceptance.lines {
                assert!(before.approved.contains_key(line) && !before.accepted.contains(line));
            }
            assert!(acceptance.complete && acceptance.counterpart_accepted <= acceptance.value_accepted);
        }
        What::Corrected(_) => check_correction(before, after),
        What::LifecycleMoved(_) => assert_eq!(before.mode, after.mode),
        _ => {}
    }
}

fn within(amount: Money, limit: Money, what: &str) {
    assert!(amount <= limit, "{what}: {amount} > {limit}");
}

fn within_norms(account: &Account, on: NaiveDate) {
    assert_eq!(norms::excess(&account.content, on), None, "the norms of {on}");
}

fn check_payment(before: &Account, after: &Account, payment: &Payment) {
    let has_first = before.payments.iter().any(|(_, kind, _)| *kind == PaymentKind::First);
    match payment.payment {
        PaymentKind::First => assert!(!has_first, "a second first advance"),
        PaymentKind::Next => assert!(has_first, "a further advance before the first"),
        PaymentKind::Rest if before.mode != MoneyMode::PayAfter => {
            assert!(before.is_all_accepted(), "the rest before acceptance");
        }
        PaymentKind::Rest => {}
    }
    if before.mode == MoneyMode::PayAfter {
        assert!(before.is_settled, "paid before settlement");
        within(after.net(), after.settled, "paid of what is settled");
    }
    within(after.net(), after.support_approved(), "paid of the support");
    within(after.net(), before.payable_up_to(payment.payment), "paid");
}

/// The counterpart may exceed its plan; what the support pays for can't exceed the contract.
fn check_progress(before: &Account, progress: &Progress) {
    let supported = progress
        .value_done
        .get()
        .saturating_sub(progress.counterpart_done.get());
    within(supported, before.contracted, "progress");
}

/// A figure falls, and a month comes twice, only with a reason.
fn check_rise(before: &Account, progress: &Progress) {
    if progress.correction_reason.is_some() {
        return;
    }
    assert!(!before.months.contains_key(&progress.month), "a month reported twice");
    if let Some(last) = &before.reported {
        let fell = progress.value_done < last.value_done
            || progress.counterpart_done < last.counterpart_done
            || progress.item_done < last.item_done;
        assert!(!fell, "progress fell without a reason");
    }
}

/// A payment as it should have been entered is judged like any other, and so are those after it.
fn check_correction(before: &Account, after: &Account) {
    for (sequence, kind, _) in &after.payments {
        let (was, is) = (before.net_by(*sequence), after.net_by(*sequence));
        if is > was {
            within(is, after.payable_up_to(*kind), "a corrected payment");
        }
    }
    if after.net() > before.net() {
        within(after.net(), after.support_approved() + after.receivable(), "paid");
    }
}

/// What must be so in every state.
pub(super) fn check_state(account: &Account) {
    within(account.refunded(), account.disbursed(), "refunds");
    within(account.repaid(), account.net(), "repayments");
    for line in &account.content.lines {
        let (cost, support) = (line.cost.get(), line.support.get());
        assert!(support <= cost, "line {}: support {support} of {cost}", line.number);
        assert!(
            line.counterpart.get() >= cost - support,
            "line {}: too little counterpart",
            line.number
        );
    }
    within(account.contracted, account.support_approved(), "contract");
    within(account.out(), account.support_approved() + account.receivable(), "out");
    if account.mode == MoneyMode::PayAfter {
        within(
            account.net(),
            account.settled + account.receivable(),
            "paid of what is settled",
        );
    } else {
        within(account.settled, account.disbursed(), "settled of what was advanced");
        assert_eq!(account.payable(), 0);
    }
    if account.is_settled && account.receivable() == 0 && account.payable() == 0 && account.repaid() == 0 {
        assert_eq!(account.net(), account.recognised(), "nothing is open");
    }
    if account.standing.phase == Phase::Archived {
        assert_eq!(
            (account.receivable(), account.payable()),
            (0, 0),
            "archived with open money"
        );
        assert!(account.open_findings.is_empty(), "archived with open findings");
        let is_back = account.mode != MoneyMode::Recoverable || account.out() == 0;
        assert!(is_back, "archived with support to be paid back");
    }
}
