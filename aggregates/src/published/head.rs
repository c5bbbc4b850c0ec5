//! What the head of a text says, for lifecycles and norms alike: its names, and for whom it holds. Looked at before a text is published and
//! not while it is read, so that a ledger's older texts stay readable.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Problem, Reader};
use crate::places::{NoPlace, Places};
use crate::project::content::Level;

/// For whom a text holds: its programme, and the province whose own it is. Every version of a code has the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Programme.
    pub level: Level,
    /// Code of the province; `None`: wherever a province has none of its own.
    #[serde(default)]
    pub province: Option<String>,
}

impl Scope {
    /// What a text says; `None` for texts that hold for everybody, such as lists of places.
    pub fn of(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.province, self.level) {
            (Some(province), _) => write!(f, "province `{province}`"),
            (None, Level::National) => f.write_str("the national programme"),
            (None, Level::Local) => f.write_str("every province without one of its own"),
        }
    }
}

/// The keys of the head, each with its place; the rest of the text is somebody else's.
#[derive(Deserialize)]
struct Head {
    code: Spanned<String>,
    version: Spanned<String>,
    valid_from: NaiveDate,
    province: Option<Spanned<String>>,
}

/// Names that nothing can be called by.
pub(crate) fn check(reader: &mut Reader<'_>) {
    let Ok(head) = reader.toml::<Head>() else {
        return;
    };
    for (key, name, example) in [
        ("code", &head.code, "norms-lai-chau"),
        ("version", &head.version, "2026-01-01"),
    ] {
        if name.get_ref().trim().is_empty() {
            reader.problem(
                &name.span(),
                format!("`{key}` is empty"),
                format!("write `{key} = \"{example}\"` with a name of your own"),
            );
        }
    }
}

/// Whether the province that a text names is on the list on the text's first day. Otherwise it would hold for nobody.
pub fn province_problem(file: &str, text: &str, places: &Places) -> Option<Problem> {
    let mut reader = Reader::new(file, text);
    let head: Head = reader.toml().ok()?;
    let province = head.province?;
    let code = province.get_ref();
    let list = "`dean text show places` lists the codes";
    let (message, fix) = match places.standing(code, head.valid_from) {
        Ok(_) => return None,
        Err(NoPlace::Unknown) => (
            format!("there is no province `{code}`"),
            format!("write its code, small letters without accents and with hyphens, e.g. `lai-chau`; {list}"),
        ),
        Err(NoPlace::Ended { was, now }) => (
            format!(
                "{} (`{code}`) is part of {} (`{}`) on {}, when the text comes into force",
                was.name, now.name, now.code, head.valid_from
            ),
            format!("write `province = \"{}\"`; {list}", now.code),
        ),
    };
    reader.problem(&province.span(), message, fix);
    reader.problems.pop()
}
