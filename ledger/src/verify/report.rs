//! What a verification is given and what it finds.

use crate::tree::Hash;

/// Faults that are listed; beyond, they are only counted.
pub(crate) const FAULTS_MAX: usize = 10_000;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Events checked.
    pub events: u64,
    /// Commits checked.
    pub commits: u64,
    /// The Merkle root computed from the stored headers.
    pub root: Hash,
    /// What is wrong, by position; at most 10,000 are listed.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub faults_found: u64,
    /// Events whose personal part has been erased, or left out of an exported file: that is allowed, and breaks no proof.
    pub personal_erased: u64,
    /// How many of the kept roots the ledger still has.
    pub kept_roots: u64,
    /// What is derived from the events and kept in the database. Empty for a file, which has none, and where there are faults: then it
    /// says nothing of its own.
    pub tiles: TileReport,
}

/// The table of tiles, compared with the tree of the stored headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TileReport {
    /// Rows compared.
    pub rows: u64,
    /// What is wrong with them; at most 10,000 are listed. Deleting all rows heals it: they are made again.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub faults_found: u64,
}

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where; the first position that may be wrong, when it can't be told more exactly.
    pub position: u64,
    /// What.
    pub what: String,
}

/// A root that somebody kept outside the ledger, from a signed checkpoint for instance: the only thing that shows a history which was
/// rewritten as a whole, or cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoot {
    /// How many events the ledger had.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// Where it comes from, to be named in faults: a file's name.
    pub source: String,
}

/// Collects faults, up to a bound.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    listed: Vec<Fault>,
    found: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, position: u64, what: impl Into<String>) {
        self.push(Fault {
            position,
            what: what.into(),
        });
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        self.found += 1;
        if self.listed.len() < FAULTS_MAX {
            self.listed.push(fault);
        }
    }

    /// The one that was found first, if there is any.
    pub(crate) fn first(&self) -> Option<&Fault> {
        self.listed.first()
    }

    /// The list by position, and the count of all.
    pub(crate) fn into_sorted(mut self) -> (Vec<Fault>, u64) {
        self.listed.sort_by_key(|fault| fault.position);
        (self.listed, self.found)
    }
}
