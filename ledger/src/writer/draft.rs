//! What a batch becomes, settled before anything is sent: which append is accepted, the positions and headers, the tree. Pure. A draft
//! grows while appends arrive, so that it is ready when the commit before it is through.

use std::collections::HashMap;

use uuid::Uuid;

use crate::canonical::INTEGER_MAX;
use crate::error::AppendError;
use crate::header::{Prepared, StreamKey};
use crate::model::{Receipt, StoredReceipt, StreamReceipt};
use crate::tree::{Frontier, Hash, leaf_hash};

/// A receipt's key within a ledger: actor and command.
pub(super) type CommandKey = (String, Uuid);

pub(super) fn command_key(append: &Prepared) -> CommandKey {
    (append.actor.id.clone(), append.command_id)
}

/// Where the ledger ends, as the writer knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tip {
    pub(super) tree: Frontier,
    pub(super) recorded_at: i64,
}

/// What becomes of an append.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Commit it.
    Accept(Receipt),
    /// It was committed before: answer this.
    Repeat(StoredReceipt),
    /// An equal append stands earlier in the batch, at this index, and is accepted: answer with its receipt.
    SameAs(usize),
    /// Refuse it.
    Fail(AppendError),
}

/// The judged and sealed beginning of a batch.
#[derive(Debug)]
pub(super) struct Draft {
    /// By the append's index in the batch.
    verdicts: Vec<Verdict>,
    start: u64,
    tip: Tip,
    /// One header per event, in order.
    headers: Vec<String>,
    /// Versions of the streams that accepted appends move.
    moved: HashMap<StreamKey, u64>,
    /// Accepted commands with the index of the first of this id.
    accepted: HashMap<Uuid, usize>,
    has_conflicts: bool,
}

impl Draft {
    /// Nothing yet, after `tip`. `now` is the clock's time; a commit is never older than the one before.
    pub(super) fn after(tip: &Tip, now: i64) -> Self {
        Self {
            verdicts: Vec::new(),
            start: tip.tree.size() + 1,
            tip: Tip {
                tree: tip.tree.clone(),
                recorded_at: now.min(INTEGER_MAX).max(tip.recorded_at),
            },
            headers: Vec::new(),
            moved: HashMap::new(),
            accepted: HashMap::new(),
            has_conflicts: false,
        }
    }

    /// The version that a stream has after this draft, if the draft moves it.
    pub(super) fn version(&self, key: &StreamKey) -> Option<u64> {
        self.moved.get(key).copied()
    }

    /// How many appends of the batch are judged.
    pub(super) fn len(&self) -> usize {
        self.verdicts.len()
    }

    /// Judges the next append of the batch and seals it if it is accepted: receipts first (a retry must get its answer, however far the
    /// stream has moved), then versions. `version` is that before the draft; a stream without one counts as new.
    pub(super) fn push(
        &mut self,
        batch: &[Prepared],
        version: impl Fn(&StreamKey) -> Option<u64>,
        receipts: &HashMap<CommandKey, StoredReceipt>,
    ) {
        let append = &batch[self.len()];
        // Only a batch that is checked again brings receipts.
        let stored = (!receipts.is_empty())
            .then(|| receipts.get(&command_key(append)))
            .flatten();
        let verdict = if let Some(stored) = stored {
            let same = stored.request_sha256 == append.request_sha256;
            same.then(|| Verdict::Repeat(stored.clone()))
        } else if let Some(earlier) = self.earlier(batch, append) {
            let same = batch[earlier].request_sha256 == append.request_sha256;
            same.then_some(Verdict::SameAs(earlier))
        } else {
            let version = |key: &StreamKey| self.version(key).or_else(|| version(key)).unwrap_or(0);
            let stale = append
                .streams
                .iter()
                .find(|stream| version(&stream.key) != stream.expected);
            Some(match stale {
                Some(stream) => {
                    let actual = version(&stream.key);
                    self.has_conflicts = true;
                    Verdict::Fail(AppendError::Conflict {
                        aggregate_type: stream.key.aggregate_type.to_string(),
                        aggregate_id: stream.key.aggregate_id,
                        expected: stream.expected,
                        actual,
                    })
                }
                None => self.accept(append),
            })
        };
        self.verdicts
            .push(verdict.unwrap_or(Verdict::Fail(AppendError::DifferentRequest {
                command_id: append.command_id,
            })));
    }

    /// The accepted append of the same command, if it is in here.
    fn earlier(&self, batch: &[Prepared], append: &Prepared) -> Option<usize> {
        let first = *self.accepted.get(&append.command_id)?;
        // Two actors may have used one id: rare enough to be searched.
        (first..self.len()).find(|&index| {
            let other = &batch[index];
            other.command_id == append.command_id
                && other.actor.id == append.actor.id
                && matches!(self.verdicts[index], Verdict::Accept(_))
        })
    }

    fn accept(&mut self, append: &Prepared) -> Verdict {
        let Tip { tree, recorded_at } = &mut self.tip;
        let mut position = tree.size() + 1;
        for event in &append.events {
            let header = event.header(tree.size() + 1, *recorded_at);
            tree.push(leaf_hash(header.as_bytes()));
            self.headers.push(header);
        }
        let mut streams = Vec::with_capacity(append.streams.len());
        for stream in &append.streams {
            let version = stream.expected + stream.events;
            self.moved.insert(stream.key.clone(), version);
            let first = position;
            position += stream.events;
            streams.push(StreamReceipt {
                aggregate_type: stream.key.aggregate_type.to_string(),
                aggregate_id: stream.key.aggregate_id,
                version,
                first,
                last: position - 1,
            });
        }
        self.accepted.entry(append.command_id).or_insert(self.verdicts.len());
        Verdict::Accept(Receipt {
            command_id: append.command_id,
            streams,
            position: position - 1,
            recorded_at: *recorded_at,
            repeated: false,
        })
    }

    /// Whether anything was refused because of a version.
    pub(super) fn has_conflicts(&self) -> bool {
        self.has_conflicts
    }

    /// Whether there is nothing to commit.
    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn end(&self) -> u64 {
        self.tip.tree.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.tip.tree.root()
    }

    /// The ledger's end after this draft.
    pub(super) fn tip(&self) -> &Tip {
        &self.tip
    }

    /// One header per event, in order.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Versions of the streams after it.
    pub(super) fn moved(&self) -> &HashMap<StreamKey, u64> {
        &self.moved
    }

    /// The accepted appends, in order.
    pub(super) fn accepted<'a>(&'a self, batch: &'a [Prepared]) -> impl Iterator<Item = &'a Prepared> {
        let accepted = |(append, verdict)| matches!(verdict, &Verdict::Accept(_)).then_some(append);
        batch.iter().zip(&self.verdicts).filter_map(accepted)
    }

    /// How many appends are accepted.
    pub(super) fn accepted_count(&self) -> usize {
        let accepted = |verdict: &&Verdict| matches!(verdict, Verdict::Accept(_));
        self.verdicts.iter().filter(accepted).count()
    }

    /// What became of each append.
    pub(super) fn into_verdicts(self) -> Vec<Verdict> {
        self.verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SeededEntropy;
    use crate::header::prepare;
    use crate::model::{Actor, Append, NewEvent, StreamAppend};

    fn append(command: u128, actor: &str, request: u8, streams: &[(u128, u64)]) -> Prepared {
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
                id: actor.to_owned(),
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
        let version = |key: &StreamKey| {
            let known = versions.iter().find(|(id, _)| Uuid::from_u128(*id) == key.aggregate_id);
            known.map(|(_, version)| *version)
        };
        let tell = |verdict| match verdict {
            Verdict::Accept(receipt) => format!("accept {}", receipt.position),
            Verdict::Repeat(stored) => format!("repeat {}", stored.receipt.position),
            Verdict::SameAs(index) => format!("same as {index}"),
            Verdict::Fail(AppendError::Conflict { expected, actual, .. }) => format!("conflict {expected} {actual}"),
            Verdict::Fail(AppendError::DifferentRequest { .. }) => "different".to_owned(),
            Verdict::Fail(other) => other.to_string(),
        };
        let mut draft = Draft::after(&Tip::default(), 1);
        for _ in batch {
            draft.push(batch, version, receipts);
        }
        draft.into_verdicts().into_iter().map(tell).collect()
    }

    #[test]
    fn each_append_is_judged_on_what_those_before_it_leave() {
        let batch = [
            append(1, "u1", 1, &[(1, 3)]),
            append(2, "u1", 1, &[(1, 3)]),
            append(3, "u1", 1, &[(1, 4), (2, 0)]),
            append(4, "u1", 1, &[(2, 1), (3, 9)]),
            append(5, "u1", 1, &[(2, 1)]),
        ];
        assert_eq!(
            told(&batch, &[(1, 3)], &HashMap::new()),
            ["accept 1", "conflict 3 4", "accept 3", "conflict 9 0", "accept 4"]
        );
    }

    #[test]
    fn equal_commands_are_one_unless_the_first_failed() {
        let batch = [
            append(1, "u1", 1, &[(1, 0)]),
            append(1, "u1", 1, &[(1, 0)]),
            append(1, "u1", 2, &[(1, 0)]),
        ];
        assert_eq!(
            told(&batch, &[], &HashMap::new()),
            ["accept 1", "same as 0", "different"]
        );
        let batch = [append(1, "u1", 1, &[(1, 5)]), append(1, "u1", 1, &[(1, 0)])];
        assert_eq!(told(&batch, &[], &HashMap::new()), ["conflict 5 0", "accept 1"]);
    }

    #[test]
    fn one_id_of_two_actors_is_two_commands() {
        let batch = [
            append(1, "u1", 1, &[(1, 0)]),
            append(1, "u2", 2, &[(2, 0)]),
            append(1, "u2", 2, &[(2, 0)]),
            append(1, "u1", 1, &[(1, 0)]),
        ];
        assert_eq!(
            told(&batch, &[], &HashMap::new()),
            ["accept 1", "accept 2", "same as 1", "same as 0"]
        );
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
        let batch = [append(1, "u1", 1, &[(1, 0)]), append(1, "u1", 2, &[(1, 0)])];
        assert_eq!(told(&batch, &[(1, 9)], &receipts), ["repeat 7", "different"]);
    }
}
