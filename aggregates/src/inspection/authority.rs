//! Who may do what with an inspection. What happens to each đề án is checked again by its own lifecycle.

use crate::actor::{Actor, Role};
use crate::plan::refusal::{Refusal, refuse};

/// What is done with an inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Quyết định kiểm tra, kết luận.
    Order,
    /// Kiểm tra, kiến nghị, theo dõi kiến nghị.
    Inspect,
    /// Giải trình.
    Answer,
    /// Quyết định thu hồi: whoever the lifecycle of the đề án names.
    Recover,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order-inspection",
            Self::Inspect => "inspect-projects",
            Self::Answer => "answer-finding",
            Self::Recover => "order-recovery",
        }
    }

    /// `None`: any role that may write at all.
    const fn roles(self) -> Option<&'static [Role]> {
        match self {
            Self::Order => Some(&[
                Role::AgencyDirector,
                Role::DepartmentDirector,
                Role::Minister,
                Role::ProvinceChair,
                Role::Inspector,
            ]),
            Self::Inspect => Some(&[
                Role::AgencyOfficer,
                Role::AgencyDirector,
                Role::DepartmentOfficer,
                Role::DepartmentDirector,
                Role::Inspector,
            ]),
            Self::Answer | Self::Recover => None,
        }
    }
}

/// Whether a person may do it: role, then unit. No `units`: whichever.
pub(super) fn check(act: Act, units: &[&str], actor: &Actor) -> Result<(), Refusal> {
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    let refused = |code, expected: String| {
        refuse(code)
            .rule("TTLT 26/2014/TTLT-BTC-BCT Đ9.1")
            .param("act", act.as_str())
            .param("expected", expected)
    };
    if let Some(roles) = act.roles()
        && !roles.contains(&actor.role)
    {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        return Err(refused("act-not-your-role", roles.join(", ")).param("role", actor.role));
    }
    if !units.is_empty() && !units.contains(&actor.unit.as_str()) {
        return Err(refused("act-not-your-unit", units.join(", ")).param("unit", &actor.unit));
    }
    Ok(())
}
