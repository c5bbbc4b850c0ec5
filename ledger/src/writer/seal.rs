//! Positions, headers, tree: what a planned batch becomes, settled before anything is sent. Pure.

use std::collections::HashMap;

use crate::canonical::INTEGER_MAX;
use crate::header::{Prepared, StreamKey};
use crate::model::{Receipt, StreamReceipt};
use crate::tree::{Frontier, Hash, leaf_hash};

use super::plan::Verdict;

/// Where the ledger ends, as the writer knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tip {
    pub(super) tree: Frontier,
    pub(super) recorded_at: i64,
}

/// A batch ready to be sent.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) root: Hash,
    pub(super) tip: Tip,
    /// One header per event, in order.
    pub(super) headers: Vec<String>,
    /// The accepted appends' indexes in the batch and their receipts.
    pub(super) receipts: HashMap<usize, Receipt>,
    /// The streams' versions after it.
    pub(super) versions: HashMap<StreamKey, u64>,
}

impl Sealed {
    /// The accepted appends, in order.
    pub(super) fn accepted<'a>(&'a self, batch: &'a [Prepared]) -> impl Iterator<Item = &'a Prepared> {
        batch
            .iter()
            .enumerate()
            .filter(|(index, _)| self.receipts.contains_key(index))
            .map(|(_, append)| append)
    }
}

/// Seals the accepted appends; `None` when there are none. `now` is the clock's time; a commit is never older than the one before.
pub(super) fn seal(batch: &[Prepared], verdicts: &[Verdict], tip: &Tip, now: i64) -> Option<Sealed> {
    let recorded_at = now.min(INTEGER_MAX).max(tip.recorded_at);
    let mut tree = tip.tree.clone();
    let start = tree.size() + 1;
    let mut headers = Vec::new();
    let mut receipts = HashMap::new();
    let mut versions = HashMap::new();
    for (index, append) in batch
        .iter()
        .enumerate()
        .filter(|(index, _)| matches!(verdicts[*index], Verdict::Accept))
    {
        let first = tree.size() + 1;
        for event in &append.events {
            let header = event.header(tree.size() + 1, recorded_at);
            tree.push(leaf_hash(header.as_bytes()));
            headers.push(header);
        }
        let mut position = first;
        let streams = append.streams.iter().map(|stream| {
            let version = stream.expected + stream.events;
            versions.insert(stream.key.clone(), version);
            let first = position;
            position += stream.events;
            StreamReceipt {
                aggregate_type: stream.key.aggregate_type.clone(),
                aggregate_id: stream.key.aggregate_id,
                version,
                first,
                last: position - 1,
            }
        });
        let streams = streams.collect();
        let receipt = Receipt {
            command_id: append.command_id,
            streams,
            position: tree.size(),
            recorded_at,
            repeated: false,
        };
        receipts.insert(index, receipt);
    }
    (!headers.is_empty()).then(|| Sealed {
        start,
        end: tree.size(),
        root: tree.root(),
        tip: Tip { tree, recorded_at },
        headers,
        receipts,
        versions,
    })
}
