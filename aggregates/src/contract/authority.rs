//! Who may do what with a contract: people of the unit that signed it. Who signs and liquidates the lifecycle of each đề án says too.

use crate::actor::{Actor, Role, Unit};
use crate::plan::refusal::{Refusal, refuse};

/// What is done with a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Ký phụ lục.
    Amend,
    /// Đối chiếu kinh phí.
    Reconcile,
    /// Thanh lý.
    Liquidate,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Amend => "amend-contract",
            Self::Reconcile => "reconcile-contract",
            Self::Liquidate => "liquidate-contract",
        }
    }

    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Amend | Self::Liquidate => &[Role::AgencyDirector, Role::Minister, Role::DepartmentDirector],
            Self::Reconcile => &[
                Role::Accountant,
                Role::AgencyOfficer,
                Role::AgencyDirector,
                Role::DepartmentOfficer,
                Role::DepartmentDirector,
            ],
        }
    }
}

/// Whether a person may do it: role, then unit.
pub(super) fn check(act: Act, authority: &Unit, actor: &Actor) -> Result<(), Refusal> {
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    let refused = |code, expected: String| {
        refuse(code)
            .rule("TT 36/2013/TT-BCT Đ12.1, Đ18")
            .param("act", act.as_str())
            .param("expected", expected)
    };
    if !act.roles().contains(&actor.role) {
        let roles: Vec<&str> = act.roles().iter().map(|role| role.as_str()).collect();
        return Err(refused("act-not-your-role", roles.join(", ")).param("role", actor.role));
    }
    if actor.unit != authority.id {
        return Err(refused("act-not-your-unit", authority.id.clone()).param("unit", &actor.unit));
    }
    Ok(())
}
