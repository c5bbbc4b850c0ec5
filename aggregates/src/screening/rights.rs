//! Who may file things and who rules on hits.

use crate::actor::{Actor, Party, Role};
use crate::claim::refusal::{DOUBLE_SUPPORT_RULE, refuse};
use crate::plan::Refusal;
use crate::project::content::{Level, Units};

/// What is done with a screening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Ghi hóa đơn, số sê-ri máy của đề án.
    FileItems,
    /// Kết luận có cùng một nội dung chi với đề án khác hay không.
    Rule,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::FileItems => "file-items",
            Self::Rule => "rule-on-double-support",
        }
    }

    /// Whoever appraises rules; who asks for the money doesn't.
    const fn takers(self, level: Level) -> &'static [(Party, Role)] {
        match (level, self) {
            (Level::National, Self::FileItems) => &[
                (Party::Implementer, Role::Implementer),
                (Party::Department, Role::DepartmentOfficer),
                (Party::Department, Role::DepartmentDirector),
                (Party::Agency, Role::AgencyOfficer),
                (Party::Agency, Role::AgencyDirector),
                (Party::Agency, Role::Accountant),
            ],
            (Level::Local, Self::FileItems) => &[
                (Party::Implementer, Role::Implementer),
                (Party::Department, Role::DepartmentOfficer),
                (Party::Department, Role::DepartmentDirector),
                (Party::Department, Role::Accountant),
            ],
            (Level::National, Self::Rule) => &[
                (Party::Department, Role::DepartmentOfficer),
                (Party::Department, Role::DepartmentDirector),
                (Party::Agency, Role::AgencyOfficer),
                (Party::Agency, Role::AgencyDirector),
            ],
            (Level::Local, Self::Rule) => &[
                (Party::Department, Role::DepartmentOfficer),
                (Party::Department, Role::DepartmentDirector),
            ],
        }
    }
}

/// Whether a person may do it: role, then unit.
pub(super) fn check(act: Act, level: Level, units: &Units, actor: &Actor) -> Result<(), Refusal> {
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    let takers = act.takers(level);
    let refused = |code, expected: Vec<&str>| {
        refuse(code)
            .rule(DOUBLE_SUPPORT_RULE)
            .param("act", act.as_str())
            .param("expected", expected.join(", "))
    };
    let own = takers.iter().filter(|(_, role)| *role == actor.role);
    let mut expected: Vec<&str> = own
        .clone()
        .filter_map(|(party, _)| units.get(party))
        .map(|unit| unit.id.as_str())
        .collect();
    if own.count() == 0 {
        let roles = takers.iter().map(|(_, role)| role.as_str()).collect();
        return Err(refused("act-not-your-role", roles).param("role", actor.role));
    }
    if !expected.contains(&actor.unit.as_str()) {
        expected.dedup();
        return Err(refused("act-not-your-unit", expected).param("unit", &actor.unit));
    }
    Ok(())
}
