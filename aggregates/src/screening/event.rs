//! The events of a screening.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claim::{OfProject, SupportKeyKind, Use, keys};
use crate::personal::PersonalId;
use crate::project::papers::Paper;

/// One event of a screening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreeningEvent {
    /// Who: the actor's id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: NaiveDate,
    /// What happened.
    pub what: ScreeningWhat,
    /// Papers filed with it: of a ruling, its evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Ghi chú.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What happened to a screening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScreeningWhat {
    /// Hóa đơn, số sê-ri máy được ghi.
    ItemsFiled(ItemsFiled),
    /// Đã rà soát hỗ trợ trùng.
    SupportScreened(SupportScreened),
    /// Kết luận về nội dung chi trùng.
    DoubleSupportRuled(DoubleSupportRuled),
    /// Bước được thực hiện khi không còn vướng mắc về hỗ trợ trùng.
    ScreeningPassed(ScreeningPassed),
}

/// Things by which double support is recognised, filed by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemsFiled {
    /// The things.
    pub items: Vec<FiledItem>,
}

/// A thing that a support line pays for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledItem {
    /// Number of the line.
    pub line: u16,
    /// The thing.
    pub what: ItemWhat,
    /// Its key, see [`keys`].
    pub key: String,
}

/// A thing. In data the variant is the key: `{"machine": {"serial": "…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemWhat {
    /// Hóa đơn.
    Invoice {
        /// Ký hiệu.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        symbol: String,
        /// Số.
        number: String,
        /// Mã số thuế người bán.
        seller: PersonalId,
    },
    /// Máy.
    Machine {
        /// Số sê-ri.
        serial: String,
    },
}

impl ItemWhat {
    /// How it is named, without who sold it.
    pub fn label(&self) -> String {
        match self {
            Self::Invoice { symbol, number, .. } => format!("{symbol} {number}").trim().to_owned(),
            Self::Machine { serial } => serial.clone(),
        }
    }

    /// By what it is recognised.
    pub const fn kind(&self) -> SupportKeyKind {
        match self {
            Self::Invoice { .. } => SupportKeyKind::Invoice,
            Self::Machine { .. } => SupportKeyKind::Serial,
        }
    }
}

/// The project was compared with all others that hold its claims.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SupportScreened {
    /// What the project holds from now on; nothing once it has ended without money.
    pub held: Vec<Held>,
    /// New hits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raised: Vec<RaisedFlag>,
    /// Flags whose ground is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapsed: Vec<u16>,
}

/// What the project holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// By what it is recognised.
    pub basis: Basis,
    /// For what.
    pub uses: Vec<Use>,
    /// The claims.
    pub claims: Vec<Uuid>,
}

/// By what double support is recognised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Basis {
    /// Kind.
    pub kind: SupportKeyKind,
    /// A beneficiary's number within the project, an invoice's symbol and number, a machine's serial number.
    pub label: String,
    /// Keys: of a beneficiary those of its tax codes, old and new.
    pub keys: Vec<String>,
}

impl Basis {
    /// The claims that its keys name.
    pub fn claims(&self) -> Vec<Uuid> {
        self.keys.iter().map(|key| keys::support(self.kind, key)).collect()
    }
}

/// A hit: another project holds the same claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaisedFlag {
    /// Number within the project, from 1.
    pub number: u16,
    /// By what it was recognised.
    pub kind: SupportKeyKind,
    /// See [`Basis::label`].
    pub label: String,
    /// What this project is to be supported for.
    pub own: Use,
    /// The other project.
    pub other: OfProject,
    /// What that one is, or was, supported for.
    pub uses: Vec<Use>,
}

impl RaisedFlag {
    /// Whether both tell the same hit.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        (self.kind, &self.label, &self.own, &self.other, &self.uses)
            == (other.kind, &other.label, &other.own, &other.other, &other.uses)
    }
}

/// An officer ruled on a hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubleSupportRuled {
    /// Number of the flag.
    pub flag: u16,
    /// The other project.
    pub other: OfProject,
    /// Whether it is one and the same expense item.
    pub same: bool,
    /// Lý do.
    pub reason: String,
}

/// A step that commits or pays money was taken, with nothing open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreeningPassed {
    /// The step of the project's lifecycle.
    pub step: String,
    /// Flags that were ruled to be something else.
    pub ruled: Vec<u16>,
}

impl ScreeningWhat {
    /// The event type as recorded.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ItemsFiled(_) => "ItemsFiled",
            Self::SupportScreened(_) => "SupportScreened",
            Self::DoubleSupportRuled(_) => "DoubleSupportRuled",
            Self::ScreeningPassed(_) => "ScreeningPassed",
        }
    }
}

impl cqrs_es::DomainEvent for ScreeningEvent {
    fn event_type(&self) -> String {
        self.what.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
