//! Who acts: a natural person in a role at a unit. The lifecycle says which role of which party takes a step.

use serde::{Deserialize, Serialize};

/// A natural person acting in a role for a unit. Identifiers only, never a person's name: these stand in the sealed header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Identifies the person within the installation, e.g. `so-ct-lai-chau.chuyen-vien`.
    pub id: String,
    /// In which role the person acts.
    pub role: Role,
    /// The unit acted for, e.g. `so-ct-lai-chau`.
    pub unit: String,
}

/// Roles of the programme (domain: who takes part). Kebab-case in data and API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Đơn vị thực hiện: drafts, submits, carries out, reports.
    Implementer,
    /// Chuyên viên Sở Công Thương.
    DepartmentOfficer,
    /// Giám đốc Sở Công Thương.
    DepartmentDirector,
    /// Sở Tài chính: opinion on local projects.
    FinanceDepartment,
    /// Chủ tịch UBND cấp tỉnh.
    ProvinceChair,
    /// Chuyên viên Cục.
    AgencyOfficer,
    /// Cục trưởng.
    AgencyDirector,
    /// Kế toán Cục (or of the Sở in a local programme): pays and settles.
    Accountant,
    /// Bộ trưởng Bộ Công Thương, or who signs for the minister.
    Minister,
    /// Vụ Tài chính of the Ministry: settles units under the Ministry.
    MinistryFinance,
    /// Thanh tra, kiểm toán: reads everything, changes nothing of a project's course but its findings.
    Inspector,
    /// Kiểm toán viên nhà nước: reads everything, changes nothing.
    Auditor,
    /// Quản trị: publishes lifecycles and rules, moves running projects to them.
    Administrator,
}

impl Role {
    /// Every role, in the order in which pages list them.
    pub const ALL: [Self; 13] = [
        Self::Implementer,
        Self::DepartmentOfficer,
        Self::DepartmentDirector,
        Self::FinanceDepartment,
        Self::ProvinceChair,
        Self::AgencyOfficer,
        Self::AgencyDirector,
        Self::Accountant,
        Self::Minister,
        Self::MinistryFinance,
        Self::Inspector,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Implementer => "implementer",
            Self::DepartmentOfficer => "department-officer",
            Self::DepartmentDirector => "department-director",
            Self::FinanceDepartment => "finance-department",
            Self::ProvinceChair => "province-chair",
            Self::AgencyOfficer => "agency-officer",
            Self::AgencyDirector => "agency-director",
            Self::Accountant => "accountant",
            Self::Minister => "minister",
            Self::MinistryFinance => "ministry-finance",
            Self::Inspector => "inspector",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {0:?}")]
pub struct UnknownRole(pub String);

/// The parties of a project that act through units. A lifecycle names a party; the project knows which unit that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Đơn vị thực hiện.
    Implementer,
    /// Sở Công Thương of the place.
    Department,
    /// Sở Tài chính of the place.
    FinanceDepartment,
    /// UBND cấp tỉnh.
    Province,
    /// Cục (the national agency).
    Agency,
    /// Bộ Công Thương.
    Ministry,
    /// Thanh tra, kiểm toán: any unit may hold the role.
    Oversight,
}

impl Party {
    /// Every party.
    pub const ALL: [Self; 7] = [
        Self::Implementer,
        Self::Department,
        Self::FinanceDepartment,
        Self::Province,
        Self::Agency,
        Self::Ministry,
        Self::Oversight,
    ];

    /// The kebab-case word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Implementer => "implementer",
            Self::Department => "department",
            Self::FinanceDepartment => "finance-department",
            Self::Province => "province",
            Self::Agency => "agency",
            Self::Ministry => "ministry",
            Self::Oversight => "oversight",
        }
    }
}

/// A unit as it was called on the day of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Stable identifier, e.g. `so-ct-lai-chau`.
    pub id: String,
    /// The name of its day, e.g. `Sở Công Thương Lai Châu`.
    pub name: String,
}
