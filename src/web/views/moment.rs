//! What the pages of plans, batches, contracts and inspections have in common: which moment they show, and their events.

use super::{Fact, Past};

/// Which moment of a thing its page shows.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// The page's path.
    pub path: String,
    /// Set when it shows the past.
    pub past: Option<Past>,
    /// What is asked for: position or day.
    pub at: String,
    /// Position of the event before the shown one.
    pub previous: Option<u64>,
    /// Position of the event after it.
    pub next: Option<u64>,
}

/// A text that leads somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Text.
    pub text: String,
    /// Target.
    pub href: String,
}

/// An event.
#[derive(Debug, Clone)]
pub struct ActView {
    /// Number within its aggregate.
    pub sequence: u64,
    /// Position in the ledger.
    pub position: u64,
    /// What happened.
    pub title: String,
    /// Role and unit.
    pub who: String,
    /// Account id.
    pub actor_id: String,
    /// Business date.
    pub occurred_on: String,
    /// Time of recording.
    pub recorded_at: String,
    /// Details.
    pub facts: Vec<Fact>,
    /// Note.
    pub note: String,
    /// Papers.
    pub papers: Vec<String>,
}

impl Link {
    /// A text that leads somewhere.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
        }
    }
}

impl ActView {
    /// Whether there is anything to unfold.
    pub fn has_details(&self) -> bool {
        !(self.facts.is_empty() && self.note.is_empty() && self.papers.is_empty())
    }
}
