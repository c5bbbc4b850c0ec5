//! Positions, headers, tree: what a planned batch becomes, settled before anything is sent. Pure.

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
    /// By the append's index in the batch: its receipt, if it is accepted.
    pub(super) receipts: Vec<Option<Receipt>>,
    /// The streams' versions after it; where one stands twice, the last counts.
    pub(super) versions: Vec<(StreamKey, u64)>,
}

impl Sealed {
    /// The accepted appends, in order.
    pub(super) fn accepted<'a>(&'a self, batch: &'a [Prepared]) -> impl Iterator<Item = &'a Prepared> {
        let accepted = batch
            .iter()
            .zip(&self.receipts)
            .filter(|(_, receipt)| receipt.is_some());
        accepted.map(|(append, _)| append)
    }
}

/// Seals the accepted appends; `None` when there are none. `now` is the clock's time; a commit is never older than the one before.
pub(super) fn seal(batch: &[Prepared], verdicts: &[Verdict], tip: &Tip, now: i64) -> Option<Sealed> {
    let recorded_at = now.min(INTEGER_MAX).max(tip.recorded_at);
    let mut tree = tip.tree.clone();
    let start = tree.size() + 1;
    let mut headers = Vec::with_capacity(batch.len());
    let mut receipts = Vec::with_capacity(batch.len());
    let mut versions = Vec::with_capacity(batch.len());
    for (append, verdict) in batch.iter().zip(verdicts) {
        if !matches!(verdict, Verdict::Accept) {
            receipts.push(None);
            continue;
        }
        let first = tree.size() + 1;
        for event in &append.events {
            let header = event.header(tree.size() + 1, recorded_at);
            tree.push(leaf_hash(header.as_bytes()));
            headers.push(header);
        }
        let mut position = first;
        let streams = append.streams.iter().map(|stream| {
            let version = stream.expected + stream.events;
            versions.push((stream.key.clone(), version));
            let first = position;
            position += stream.events;
            StreamReceipt {
                aggregate_type: stream.key.aggregate_type.to_string(),
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
        receipts.push(Some(receipt));
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
