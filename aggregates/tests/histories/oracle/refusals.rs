//! What the law allows is not refused for the sake of money: where a refusal speaks of a sum, the sum is too much.

use dean_aggregates::batch::command::{Item, ItemWhat};
use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::project::action::*;

use super::account::{Account, Money};
use super::{Oracle, norms};
use crate::asked::{Asked, Attempt, Code};
use crate::world::index_of;

pub(super) fn check(oracle: &Oracle, attempt: &Attempt, code: Code) {
    let on = attempt.by.occurred_on;
    match &attempt.asked {
        Asked::Step { project, action, .. } => {
            let Some(account) = oracle.accounts.get(project) else {
                return;
            };
            let is_right = match action {
                Action::Disburse(payment) => of_payment(account, payment, code),
                _ => of_amount(account, action, code),
            };
            assert!(is_right, "{code} without need");
        }
        Asked::OpenBatch(plan, _, ceiling) if code == "ceilings-exceed-estimate" => {
            let plan = &oracle.budgets.plans[plan];
            assert!(plan.reserved + ceiling.get() > plan.estimate, "{code} without need");
        }
        Asked::ChangeCeiling(id, ceiling, _) => {
            let batch = &oracle.budgets.batches[id];
            let plan = &oracle.budgets.plans[&batch.plan];
            let is_right = match code {
                "ceilings-exceed-estimate" => plan.reserved - batch.ceiling + ceiling.get() > plan.estimate,
                "ceiling-below-approved" => ceiling.get() < batch.approved,
                _ => true,
            };
            assert!(is_right, "{code} without need");
        }
        Asked::Decide(id, _, items) => {
            let is_right = match code {
                "batch-ceiling-exceeded" | "estimate-exceeded" => {
                    let batch = &oracle.budgets.batches[id];
                    let plan = &oracle.budgets.plans[&batch.plan];
                    let others: Money = oracle
                        .accounts
                        .iter()
                        .filter(|(index, account)| account.batch == Some(*id) && !named(items, **index))
                        .map(|(_, account)| account.committed())
                        .sum();
                    let all: Money = items.iter().map(|item| takes(oracle, item)).sum::<Money>() + others;
                    if code == "estimate-exceeded" {
                        plan.approved - batch.approved + all > plan.estimate
                    } else {
                        all > batch.ceiling
                    }
                }
                "norm-exceeded" | "norm-per-unit" => items.iter().any(|item| {
                    let account = &oracle.accounts[&index_of(item.project)];
                    is_above_norms(account, lines_of(item), on)
                }),
                _ => true,
            };
            assert!(is_right, "{code} without need");
        }
        Asked::Sign(terms, items) => {
            let value = |item: &dean_aggregates::contract::command::Item| item.value.get();
            let is_right = match code {
                "contract-exceeds" => items.iter().any(|item| {
                    let account = &oracle.accounts[&index_of(item.project)];
                    value(item) > account.support_approved()
                }),
                "above-detailed-estimate" => items.iter().map(value).sum::<Money>() > terms.estimate.amount.get(),
                _ => true,
            };
            assert!(is_right, "{code} without need");
        }
        _ => {}
    }
}

fn named(items: &[Item], index: usize) -> bool {
    items.iter().any(|item| index_of(item.project) == index)
}

fn lines_of(item: &Item) -> &[LineSupport] {
    match &item.what {
        ItemWhat::Approve { lines } | ItemWhat::Add { lines, .. } | ItemWhat::Adjust { lines, .. } => lines,
        ItemWhat::Stop { .. } => &[],
    }
}

/// What an item would take of the estimate.
fn takes(oracle: &Oracle, item: &Item) -> Money {
    let account = &oracle.accounts[&index_of(item.project)];
    if let ItemWhat::Stop { .. } = item.what {
        let mut stopped = account.clone();
        stopped.is_stopped = true;
        return stopped.committed();
    }
    let support = account.content.lines.iter().map(|line| {
        let new = lines_of(item).iter().find(|new| new.line == line.number);
        new.map_or(line.support, |new| new.support).get()
    });
    support.sum::<Money>().max(account.net())
}

fn is_above_norms(account: &Account, lines: &[LineSupport], on: chrono::NaiveDate) -> bool {
    let mut content = account.content.clone();
    for line in &mut content.lines {
        if let Some(new) = lines.iter().find(|new| new.line == line.number) {
            line.support = new.support;
        }
    }
    norms::excess(&content, on).is_some() || norms::is_mixed(&content)
}

fn of_payment(account: &Account, payment: &Payment, code: Code) -> bool {
    let after = account.net() + payment.amount.get();
    match code {
        "support-exceeded" => after > account.support_approved(),
        "contract-exceeded" => after > account.contracted,
        "settled-exceeded" => after > account.recognised(),
        "advance-ceiling" | "trigger-unmet" => {
            let is_before = account.mode != MoneyMode::PayAfter && !account.is_all_accepted();
            is_before && after > norms::ceiling(account, payment.payment)
        }
        "not-accepted" => !account.is_all_accepted(),
        "not-settled" => !account.is_settled,
        _ => true,
    }
}

fn of_amount(account: &Account, action: &Action, code: Code) -> bool {
    match (action, code) {
        (Action::Refund(refund), "refund-exceeds") => refund.amount.get() > account.refundable(),
        (Action::Repay(refund), "repayment-exceeds") => refund.amount.get() > account.out(),
        (Action::RaiseReceivable(receivable), "receivable-exceeds") => receivable.amount.get() > account.claimable(),
        (Action::SubmitSettlement(file), "requested-exceeds") => file.requested.get() > account.settleable(),
        (Action::Settle(settlement), "settlement-exceeds") => settlement.amount.get() > account.settleable(),
        (Action::Settle(settlement), "settled-below-paid") => {
            account.mode == MoneyMode::PayAfter && settlement.amount.get() < account.net()
        }
        (Action::SignContract(contract), "contract-exceeds") => contract.value.get() > account.support_approved(),
        (Action::CarryOverMoney(carry), "carry-over-amount") => {
            carry.amount.get() > account.support_approved().saturating_sub(account.net())
        }
        (Action::AccountLateSettlement(late), "late-amount") => late.amount.get() > account.net(),
        (Action::ScheduleRepayment(schedule), "schedule-sum") => {
            let sum: Money = schedule.instalments.iter().map(|one| one.amount.get()).sum();
            sum != account.net() || sum == 0
        }
        (Action::Archive(_), "open-money") => {
            let owes = account.mode == MoneyMode::Recoverable && account.out() > 0;
            account.receivable() > 0 || account.payable() > 0 || owes
        }
        (Action::LiquidateContract(_), "open-money") => account.payable() > 0,
        (Action::Archive(_), "open-findings") => !account.open_findings.is_empty(),
        (Action::ConfirmProgress(progress), "not-reported") => !account.months.contains_key(&progress.month),
        (Action::ConfirmProgress(progress), "confirmed-above-reported") => {
            let reported = &account.months[&progress.month];
            progress.value_done > reported.value_done || progress.item_done > reported.item_done
        }
        (Action::ReportProgress(progress) | Action::ConfirmProgress(progress), "progress-above-contract") => {
            progress
                .value_done
                .get()
                .saturating_sub(progress.counterpart_done.get())
                > account.contracted
        }
        _ => true,
    }
}
