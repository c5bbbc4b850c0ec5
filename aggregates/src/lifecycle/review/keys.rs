//! Keys that have no effect where they stand: whoever wrote them expects something that will not happen.

use super::Review;
use crate::lifecycle::{ActionKind, MoneyMode, Step};
use crate::project::action::PaymentKind;
use crate::published::Reader;

pub(super) fn check(reader: &mut Reader<'_>, review: &Review<'_>) {
    let mode = review.lifecycle.money_mode;
    if let Some(row) = review.raw.planning.first()
        && review.lifecycle.by_name
    {
        reader.problem(
            &row.span(),
            "`planning` has no effect in a lifecycle that holds by name only: a plan is made for a whole programme",
            "remove `by_name = true` if projects take the lifecycle without naming it, as a province's own; else remove `planning`",
        );
    }
    for (step, raw) in review.steps() {
        for (key, belongs_to) in misplaced(step) {
            reader.problem(
                &raw.id.span(),
                format!(
                    "`{key}` has no effect on step `{}`, which is a `{}`",
                    step.id, step.action
                ),
                format!("remove it; it belongs to `{belongs_to}`"),
            );
        }
        let is_advance = matches!(step.payment, Some(PaymentKind::First | PaymentKind::Next));
        if mode == MoneyMode::PayAfter && is_advance {
            reader.problem(
                &raw.id.span(),
                format!(
                    "step `{}` advances money, but here money is paid after settlement only",
                    step.id
                ),
                "remove the step, or write `money_mode = \"advance\"`",
            );
        }
        let is_repayment = matches!(step.action, ActionKind::ScheduleRepayment | ActionKind::Repay);
        if mode != MoneyMode::Recoverable && is_repayment {
            reader.problem(
                &raw.id.span(),
                format!(
                    "step `{}` pays support back, but here support is not recoverable",
                    step.id
                ),
                "remove the step, or write `money_mode = \"recoverable\"`",
            );
        }
    }
}

/// Keys of a step that only other actions read, with the action.
fn misplaced(step: &Step) -> Vec<(&'static str, ActionKind)> {
    let keys = [
        ("payment", step.payment.is_some(), ActionKind::Disburse),
        ("appraisal", step.appraisal.is_some(), ActionKind::Appraise),
        ("on_fail", step.on_fail.is_some(), ActionKind::Appraise),
        ("council", step.council.is_some(), ActionKind::Appraise),
        ("authority", step.authority.is_some(), ActionKind::Adjust),
        ("on_request", step.on_request.is_some(), ActionKind::Stop),
        ("until_all_accepted", step.until_all_accepted, ActionKind::Accept),
    ];
    keys.into_iter()
        .filter(|(_, is_set, action)| *is_set && step.action != *action)
        .map(|(key, _, action)| (key, action))
        .collect()
}
