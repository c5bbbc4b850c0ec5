//! Which appends of a batch can be committed: a pure decision, in the order in which they came.

use std::collections::HashMap;

use uuid::Uuid;

use crate::error::AppendError;
use crate::header::{Prepared, StreamKey};
use crate::model::StoredReceipt;

/// A receipt's key within a ledger: actor and command.
pub(super) type CommandKey = (String, Uuid);

/// What becomes of an append.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Commit it.
    Accept,
    /// It was committed before: answer this.
    Repeat(StoredReceipt),
    /// An equal append stands earlier in the batch, at this index, and is accepted: answer with its receipt.
    SameAs(usize),
    /// Refuse it.
    Fail(AppendError),
}

pub(super) fn command_key(append: &Prepared) -> CommandKey {
    (append.actor.id.clone(), append.command_id)
}

/// Decides on each append: receipts first (a retry must get its answer, however far the stream has moved), then versions. Streams that
/// are not in `versions` count as new.
pub(super) fn plan(
    batch: &[Prepared],
    versions: &HashMap<StreamKey, u64>,
    receipts: &HashMap<CommandKey, StoredReceipt>,
) -> Vec<Verdict> {
    let mut moved: HashMap<&StreamKey, u64> = HashMap::new();
    let mut accepted: HashMap<CommandKey, usize> = HashMap::new();
    let mut verdicts = Vec::with_capacity(batch.len());
    for (index, append) in batch.iter().enumerate() {
        let key = command_key(append);
        let different = AppendError::DifferentRequest {
            command_id: append.command_id,
        };
        let verdict = if let Some(stored) = receipts.get(&key) {
            match stored.request_sha256 == append.request_sha256 {
                true => Verdict::Repeat(stored.clone()),
                false => Verdict::Fail(different),
            }
        } else if let Some(&earlier) = accepted.get(&key) {
            match batch[earlier].request_sha256 == append.request_sha256 {
                true => Verdict::SameAs(earlier),
                false => Verdict::Fail(different),
            }
        } else {
            let version = |key: &StreamKey| {
                moved
                    .get(key)
                    .or_else(|| versions.get(key))
                    .copied()
                    .unwrap_or(0)
            };
            match append
                .streams
                .iter()
                .find(|stream| version(&stream.key) != stream.expected)
            {
                Some(stream) => Verdict::Fail(AppendError::Conflict {
                    aggregate_type: stream.key.aggregate_type.clone(),
                    aggregate_id: stream.key.aggregate_id,
                    expected: stream.expected,
                    actual: version(&stream.key),
                }),
                None => {
                    for stream in &append.streams {
                        moved.insert(&stream.key, stream.expected + stream.events);
                    }
                    accepted.insert(key, index);
                    Verdict::Accept
                }
            }
        };
        verdicts.push(verdict);
    }
    verdicts
}
