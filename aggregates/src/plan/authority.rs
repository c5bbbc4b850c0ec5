//! Who may do what with plans and batches: rows of a lifecycle (`planning`), which a plan keeps from the day on which it was opened. What
//! happens to each đề án is checked again by its own lifecycle.

use serde::{Deserialize, Serialize};

use super::command::Circumstances;
use super::refusal::{Refusal, refuse};
use crate::actor::{Actor, Party, Role};
use crate::lifecycle::Taker;
use crate::project::action::SignedFor;
use crate::project::content::{Level, Units};

/// What is done with a plan or a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Giao, điều chỉnh dự toán; mở đợt, đặt hạn mức.
    Estimate,
    /// Lập danh mục, xếp thứ tự ưu tiên.
    Prepare,
    /// Quyết định của đợt.
    Decide,
}

/// Who does it, and by which text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// What is done.
    pub act: Act,
    /// Who may do it.
    pub takers: Vec<Taker>,
    /// Who may sign for a taker, saying for whom and by which paper.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegates: Vec<Taker>,
    /// Where that is said.
    pub article: String,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 3] = [Self::Estimate, Self::Prepare, Self::Decide];

    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Prepare => "prepare",
            Self::Decide => "decide",
        }
    }
}

/// The parties whose units have a part in a plan; the first approves under it.
pub const fn parties(level: Level) -> &'static [Party] {
    match level {
        Level::National => &[Party::Ministry, Party::Agency],
        Level::Local => &[Party::Province, Party::Department, Party::FinanceDepartment],
    }
}

/// The rows of texts, and of plans, from before the rows stood in them.
pub fn unwritten(level: Level) -> Vec<Power> {
    let taker = |(party, role): &(Party, Role)| Taker {
        party: *party,
        role: *role,
    };
    let power = |act, takers: &[(Party, Role)], article: &str| Power {
        act,
        takers: takers.iter().map(taker).collect(),
        // Deputies have always signed; whoever only prepares signs nothing.
        delegates: takers.iter().map(taker).filter(|_| act != Act::Prepare).collect(),
        article: article.to_owned(),
    };
    let minister = (Party::Ministry, Role::Minister);
    let finance = (Party::Ministry, Role::MinistryFinance);
    let agency = (Party::Agency, Role::AgencyDirector);
    let agency_officer = (Party::Agency, Role::AgencyOfficer);
    let chair = (Party::Province, Role::ProvinceChair);
    let department = (Party::Department, Role::DepartmentDirector);
    let officer = (Party::Department, Role::DepartmentOfficer);
    match level {
        Level::National => vec![
            power(
                Act::Estimate,
                &[minister, finance, agency],
                "TT 36/2013/TT-BCT Đ6.2, Đ6.4",
            ),
            power(Act::Prepare, &[agency_officer, agency], "TT 36/2013/TT-BCT Đ6.3, Đ7"),
            // The Cục decides what lowers the support or leaves it (Đ11.2b).
            power(Act::Decide, &[minister, agency], "TT 36/2013/TT-BCT Đ8.3, Đ11.2"),
        ],
        Level::Local => vec![
            power(Act::Estimate, &[chair, department], "TTLT 26/2014/TTLT-BTC-BCT Đ8.1b"),
            power(Act::Prepare, &[officer, department], "TTLT 26/2014/TTLT-BTC-BCT Đ8.1b"),
            power(Act::Decide, &[chair, department], "NĐ 45/2012/NĐ-CP Đ2.2"),
        ],
    }
}

/// The rows that hold for a plan: its own, or what held before they were data.
pub fn of_plan(planning: &[Power], level: Level) -> Vec<Power> {
    if planning.is_empty() {
        unwritten(level)
    } else {
        planning.to_vec()
    }
}

/// The paper that an act rests on, as far as signatures go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signature<'a> {
    /// None: nobody does it for somebody else.
    NoPaper,
    /// A decision, signed for somebody else or not.
    Decision(Option<&'a SignedFor>),
}

/// Whether a person may do it: role, then unit, then for whom it is signed.
///
/// # Errors
/// `read-only-role`, `act-not-your-role`, `act-not-your-unit`, `delegation-missing`, `not-delegable`; what is wrong with the signature.
pub(crate) fn check(
    act: Act,
    (powers, units): (&[Power], &Units),
    circumstances: &Circumstances,
    signature: Signature<'_>,
) -> Result<(), Refusal> {
    let actor = &circumstances.actor;
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    let power = powers.iter().find(|power| power.act == act);
    let article = power.map_or("", |power| power.article.as_str());
    let takers = power.map_or(&[][..], |power| &power.takers);
    let delegates = match signature {
        Signature::NoPaper => &[][..],
        Signature::Decision(_) => power.map_or(&[][..], |power| &power.delegates),
    };
    let refused = |code, expected: Vec<&str>| {
        refuse(code)
            .rule(article)
            .param("act", act.as_str())
            .param("expected", expected.join(", "))
    };
    let in_role: Vec<&Taker> = takers
        .iter()
        .chain(delegates)
        .filter(|taker| taker.role == actor.role)
        .collect();
    if in_role.is_empty() {
        let roles = takers.iter().map(|taker| taker.role.as_str()).collect();
        return Err(refused("act-not-your-role", roles).param("role", actor.role));
    }
    let unit_of = |taker: &Taker| units.get(&taker.party).map(|unit| unit.id.as_str());
    if !in_role.iter().any(|taker| unit_of(taker) == Some(actor.unit.as_str())) {
        let mut expected: Vec<&str> = in_role.iter().filter_map(|taker| unit_of(taker)).collect();
        expected.dedup();
        return Err(refused("act-not-your-unit", expected).param("unit", &actor.unit));
    }
    let Signature::Decision(signed_for) = signature else {
        return Ok(());
    };
    let stands_for = |taker: &Taker| is(taker, actor, units);
    check_signature(
        (takers.iter().any(stands_for), delegates.iter().any(stands_for)),
        signed_for,
        circumstances,
    )
    .map_err(|refusal| refusal.rule(article).param("step", act.as_str()))
}

fn is(taker: &Taker, actor: &Actor, units: &Units) -> bool {
    taker.role == actor.role && units.get(&taker.party).is_some_and(|unit| unit.id == actor.unit)
}

fn check_signature(
    (by_right, by_delegation): (bool, bool),
    signed_for: Option<&SignedFor>,
    circumstances: &Circumstances,
) -> Result<(), Refusal> {
    const PATH: &str = "decision.signed_for";
    match signed_for {
        None if by_right || !by_delegation => Ok(()),
        None => Err(refuse("delegation-missing").field(PATH)),
        Some(_) if !by_delegation => Err(refuse("not-delegable").field(PATH)),
        Some(signed) => {
            super::not_empty(&signed.principal, &format!("{PATH}.principal"))?;
            super::not_empty(&signed.paper, &format!("{PATH}.paper"))?;
            circumstances.not_in_future(&format!("{PATH}.dated"), signed.dated)
        }
    }
}
