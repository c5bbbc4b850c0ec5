//! Steps that nobody may take, or nobody may sign for.

use toml::Spanned;

use super::Review;
use crate::actor::{Party, Role};
use crate::lifecycle::{ActionKind, Taker};
use crate::plan::authority::Act;
use crate::published::Reader;

/// The parties whose units have people in a role.
const fn parties_of(role: Role) -> &'static [Party] {
    match role {
        Role::Implementer => &[Party::Implementer],
        Role::DepartmentOfficer | Role::DepartmentDirector => &[Party::Department],
        Role::FinanceDepartment => &[Party::FinanceDepartment],
        Role::ProvinceChair => &[Party::Province],
        Role::AgencyOfficer | Role::AgencyDirector => &[Party::Agency],
        Role::Accountant => &[Party::Agency, Party::Department],
        Role::Minister | Role::MinistryFinance => &[Party::Ministry],
        Role::Inspector | Role::Administrator => &[Party::Oversight],
        Role::Auditor => &[],
    }
}

/// Kinds of action whose paper bears a signature that the details name.
const SIGNED: &[ActionKind] = &[
    ActionKind::Approve,
    ActionKind::ApproveGroupPlan,
    ActionKind::SignContract,
    ActionKind::Inspect,
    ActionKind::Settle,
    ActionKind::Adjust,
    ActionKind::Stop,
    ActionKind::ExtendTime,
    ActionKind::CarryOverMoney,
    ActionKind::RaiseReceivable,
    ActionKind::Reopen,
];

pub(super) fn check(reader: &mut Reader<'_>, review: &Review<'_>) {
    for (power, row) in review.lifecycle.planning.iter().zip(&review.raw.planning) {
        let row = row.get_ref();
        let takers = power.takers.iter().zip(&row.takers);
        for (taker, place) in takers.chain(power.delegates.iter().zip(&row.delegates)) {
            check_taker(reader, *taker, place);
        }
        if let Some(first) = row.delegates.first()
            && power.act == Act::Prepare
        {
            reader.problem(
                &first.span(),
                "preparing a list bears no signature that could be delegated",
                "remove `delegates`, or name them as `takers`",
            );
        }
    }
    for (step, raw) in review.steps() {
        let takers = step.takers.iter().zip(&raw.takers);
        for (taker, place) in takers.chain(step.delegates.iter().zip(&raw.delegates)) {
            check_taker(reader, *taker, place);
        }
        if let Some(first) = raw.delegates.first()
            && !SIGNED.contains(&step.action)
        {
            reader.problem(
                &first.span(),
                format!("step `{}` bears no signature that could be delegated", step.id),
                "remove `delegates`, or name them as `takers`",
            );
        }
        if let Some(place) = raw.separate.iter().find(|other| **other.get_ref() == step.id) {
            reader.problem(
                &place.span(),
                format!("step `{}` is to be taken by somebody other than its own taker", step.id),
                "name another step, or remove it from `separate`",
            );
        }
    }
}

fn check_taker(reader: &mut Reader<'_>, taker: Taker, place: &Spanned<String>) {
    let parties = parties_of(taker.role);
    if parties.contains(&taker.party) {
        return;
    }
    let rightly: Vec<String> = parties
        .iter()
        .map(|party| format!("`{}:{}`", party.as_str(), taker.role))
        .collect();
    reader.problem(
        &place.span(),
        format!(
            "nobody has the role `{}` at the party `{}`",
            taker.role,
            taker.party.as_str()
        ),
        format!("write {}", rightly.join(" or ")),
    );
}
