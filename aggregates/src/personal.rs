//! Data about natural persons. It has these types and no others, so that the ledger can keep it in a part of its own, committed
//! in the sealed header by a salted hash: erasing a person later breaks no proof.

use serde::{Deserialize, Serialize};

/// A text about a natural person: a name, an address, an account. `None` once it has been erased, or where the reader has no
/// access to the personal part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalText {
    #[serde(rename = "$personal")]
    text: Held,
}

/// A number that identifies a natural person (personal number, or a tax code that may be one). Like [`PersonalText`], and it can be
/// searched for by a keyed hash that the ledger puts beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalId {
    #[serde(rename = "$personal")]
    text: Held,
    #[serde(default, skip_serializing_if = "is_false")]
    searchable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
}

/// What stands at a personal place: the text, a reference into the personal part (for a reader without that part), or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(untagged)]
enum Held {
    Text(String),
    Reference(u32),
    #[default]
    Erased,
}

impl Held {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Reference(_) | Self::Erased => None,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl PersonalText {
    /// Marks a text as personal.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: Held::Text(text.into()),
        }
    }

    /// The text, unless erased or out of reach.
    pub fn get(&self) -> Option<&str> {
        self.text.text()
    }
}

impl PersonalId {
    /// Marks a number as personal and searchable.
    pub fn new(number: impl Into<String>) -> Self {
        Self {
            text: Held::Text(number.into()),
            searchable: true,
            search: None,
        }
    }

    /// The number, unless erased or out of reach.
    pub fn get(&self) -> Option<&str> {
        self.text.text()
    }

    /// The ledger's keyed hash of the number (hex HMAC-SHA256), once recorded.
    pub fn search_hash(&self) -> Option<&str> {
        self.search.as_deref()
    }
}
