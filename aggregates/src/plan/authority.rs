//! Who may do what with plans and batches. What happens to each đề án is checked again by its own lifecycle.

use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, refuse};
use crate::actor::{Actor, Party, Role};
use crate::project::content::{Level, Units};

/// What is done with a plan or a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Giao, điều chỉnh dự toán; mở đợt, đặt hạn mức.
    Estimate,
    /// Lập danh mục, xếp thứ tự ưu tiên.
    Prepare,
    /// Quyết định của đợt.
    Decide,
}

type Takers = &'static [(Party, Role)];

impl Act {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Prepare => "prepare",
            Self::Decide => "decide",
        }
    }

    /// Who does it, and by which text.
    const fn takers(self, level: Level) -> (Takers, &'static str) {
        match (level, self) {
            (Level::National, Self::Estimate) => (
                &[
                    (Party::Ministry, Role::Minister),
                    (Party::Ministry, Role::MinistryFinance),
                    (Party::Agency, Role::AgencyDirector),
                ],
                "TT 36/2013/TT-BCT Đ6.2, Đ6.4",
            ),
            (Level::National, Self::Prepare) => (
                &[
                    (Party::Agency, Role::AgencyOfficer),
                    (Party::Agency, Role::AgencyDirector),
                ],
                "TT 36/2013/TT-BCT Đ6.3, Đ7",
            ),
            // The Cục decides what lowers the support or leaves it (Đ11.2b).
            (Level::National, Self::Decide) => (
                &[(Party::Ministry, Role::Minister), (Party::Agency, Role::AgencyDirector)],
                "TT 36/2013/TT-BCT Đ8.3, Đ11.2",
            ),
            (Level::Local, Self::Estimate) => (
                &[
                    (Party::Province, Role::ProvinceChair),
                    (Party::Department, Role::DepartmentDirector),
                ],
                "TTLT 26/2014/TTLT-BTC-BCT Đ8.1b",
            ),
            (Level::Local, Self::Prepare) => (
                &[
                    (Party::Department, Role::DepartmentOfficer),
                    (Party::Department, Role::DepartmentDirector),
                ],
                "TTLT 26/2014/TTLT-BTC-BCT Đ8.1b",
            ),
            (Level::Local, Self::Decide) => (
                &[
                    (Party::Province, Role::ProvinceChair),
                    (Party::Department, Role::DepartmentDirector),
                ],
                "NĐ 45/2012/NĐ-CP Đ2.2",
            ),
        }
    }
}

/// Whether a person may do it: role, then unit.
///
/// # Errors
/// `read-only-role`, `act-not-your-role`, `act-not-your-unit`.
pub fn check(act: Act, level: Level, units: &Units, actor: &Actor) -> Result<(), Refusal> {
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    let (takers, article) = act.takers(level);
    let refused = |code, expected: Vec<&str>| {
        refuse(code)
            .rule(article)
            .param("act", act.as_str())
            .param("expected", expected.join(", "))
    };
    let parties: Vec<Party> = takers
        .iter()
        .filter(|(_, role)| *role == actor.role)
        .map(|(party, _)| *party)
        .collect();
    if parties.is_empty() {
        let roles = takers.iter().map(|(_, role)| role.as_str()).collect();
        return Err(refused("act-not-your-role", roles).param("role", actor.role));
    }
    let expected: Vec<&str> = parties
        .iter()
        .filter_map(|party| units.get(party))
        .map(|unit| unit.id.as_str())
        .collect();
    if !expected.contains(&actor.unit.as_str()) {
        return Err(refused("act-not-your-unit", expected).param("unit", &actor.unit));
    }
    Ok(())
}
