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
    let mut moved: HashMap<&StreamKey, u64> = HashMap::with_capacity(batch.len());
    let mut accepted: HashMap<(&str, Uuid), usize> = HashMap::with_capacity(batch.len());
    let mut verdicts = Vec::with_capacity(batch.len());
    for (index, append) in batch.iter().enumerate() {
        let key = (append.actor.id.as_str(), append.command_id);
        // Only a batch that is checked again brings receipts.
        let stored = (!receipts.is_empty())
            .then(|| receipts.get(&command_key(append)))
            .flatten();
        let different = AppendError::DifferentRequest {
            command_id: append.command_id,
        };
        let verdict = if let Some(stored) = stored {
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
            let version = |key: &StreamKey| moved.get(key).or_else(|| versions.get(key)).copied().unwrap_or(0);
            match append
                .streams
                .iter()
                .find(|stream| version(&stream.key) != stream.expected)
            {
                Some(stream) => Verdict::Fail(AppendError::Conflict {
                    aggregate_type: stream.key.aggregate_type.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SeededEntropy;
    use crate::header::prepare;
    use crate::model::{Actor, Append, NewEvent, Receipt, StreamAppend};

    fn append(command: u128, request: u8, streams: &[(u128, u64)]) -> Prepared {
        let stream = |(id, expected_version): &(u128, u64)| StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: Uuid::from_u128(*id),
            expected_version: *expected_version,
            events: vec![NewEvent {
                event_type: "Noted".to_owned(),
                event_version: "1".to_owned(),
                payload: serde_json::json!({}),
            }],
        };
        let append = Append {
            command_id: Uuid::from_u128(command),
            actor: Actor {
                id: "u1".to_owned(),
                role: "r".to_owned(),
                unit: String::new(),
            },
            occurred_on: "2025-01-01".parse().expect("a date"),
            request_sha256: [request; 32],
            metadata: [].into(),
            streams: streams.iter().map(stream).collect(),
        };
        prepare(append, Uuid::nil(), &[0; 32], &SeededEntropy::new(1)).expect("allowed")
    }

    fn told(
        batch: &[Prepared],
        versions: &[(u128, u64)],
        receipts: &HashMap<CommandKey, StoredReceipt>,
    ) -> Vec<String> {
        let key = |id| StreamKey {
            aggregate_type: "Project".into(),
            aggregate_id: Uuid::from_u128(id),
        };
        let versions = versions.iter().map(|(id, version)| (key(*id), *version)).collect();
        let tell = |verdict| match verdict {
            Verdict::Accept => "accept".to_owned(),
            Verdict::Repeat(stored) => format!("repeat {}", stored.receipt.position),
            Verdict::SameAs(index) => format!("same as {index}"),
            Verdict::Fail(AppendError::Conflict { expected, actual, .. }) => format!("conflict {expected} {actual}"),
            Verdict::Fail(AppendError::DifferentRequest { .. }) => "different".to_owned(),
            Verdict::Fail(other) => other.to_string(),
        };
        plan(batch, &versions, receipts).into_iter().map(tell).collect()
    }

    #[test]
    fn each_append_is_judged_on_what_those_before_it_leave() {
        let batch = [
            append(1, 1, &[(1, 3)]),
            append(2, 1, &[(1, 3)]),
            append(3, 1, &[(1, 4), (2, 0)]),
            append(4, 1, &[(2, 1), (3, 9)]),
            append(5, 1, &[(2, 1)]),
        ];
        assert_eq!(
            told(&batch, &[(1, 3)], &HashMap::new()),
            ["accept", "conflict 3 4", "accept", "conflict 9 0", "accept"]
        );
    }

    #[test]
    fn equal_commands_are_one_unless_the_first_failed() {
        let batch = [
            append(1, 1, &[(1, 0)]),
            append(1, 1, &[(1, 0)]),
            append(1, 2, &[(1, 0)]),
        ];
        assert_eq!(told(&batch, &[], &HashMap::new()), ["accept", "same as 0", "different"]);
        let batch = [append(1, 1, &[(1, 5)]), append(1, 1, &[(1, 0)])];
        assert_eq!(told(&batch, &[], &HashMap::new()), ["conflict 5 0", "accept"]);
    }

    #[test]
    fn a_receipt_counts_more_than_a_version() {
        let receipt = Receipt {
            command_id: Uuid::from_u128(1),
            streams: vec![],
            position: 7,
            recorded_at: 0,
            repeated: true,
        };
        let receipts = [(
            ("u1".to_owned(), Uuid::from_u128(1)),
            StoredReceipt {
                request_sha256: [1; 32],
                receipt,
            },
        )]
        .into();
        let batch = [append(1, 1, &[(1, 0)]), append(1, 2, &[(1, 0)])];
        assert_eq!(told(&batch, &[(1, 9)], &receipts), ["repeat 7", "different"]);
    }
}
