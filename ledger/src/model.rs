//! What goes into the ledger and what comes out.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use crate::tree::Hash;

/// Who acts: ids, never a person's name, because the header is sealed for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account's id.
    pub id: String,
    /// The role in which they act.
    pub role: String,
    /// The unit (đơn vị) for which they act; may be empty.
    pub unit: String,
}

/// One command's events, over one or several streams: recorded all or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// The command's id, a UUIDv7; with the actor it is the key of the receipt.
    pub command_id: Uuid,
    /// Who.
    pub actor: Actor,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// SHA-256 of the canonical request: the same id with another request is refused.
    pub request_sha256: [u8; 32],
    /// Anything else, as text.
    pub metadata: BTreeMap<String, String>,
    /// The streams, in the order in which their events get positions. No stream twice, none without events.
    pub streams: Vec<StreamAppend>,
}

/// The new events of one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamAppend {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: Uuid,
    /// How many events the stream has; the first new one gets the sequence `expected_version + 1`.
    pub expected_version: u64,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
}

/// An event that has no place yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The event's kind.
    pub event_type: String,
    /// The version of the payload's form.
    pub event_version: String,
    /// The content: integers only, text in NFC; personal data as `{"$personal": "text"}`.
    pub payload: Value,
}

/// What an accepted command became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The command.
    pub command_id: Uuid,
    /// Its streams, in the order of their positions.
    pub streams: Vec<StreamReceipt>,
    /// The last position.
    pub position: u64,
    /// When it was recorded, microseconds UTC.
    pub recorded_at: i64,
    /// Whether it had been recorded before this call.
    pub repeated: bool,
}

/// What an accepted command added to one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReceipt {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: Uuid,
    /// The stream's version after it.
    pub version: u64,
    /// The first position of its events here.
    pub first: u64,
    /// The last position of its events here.
    pub last: u64,
}

/// A receipt together with the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// SHA-256 of the request.
    pub request_sha256: [u8; 32],
    /// The answer; `repeated` is true.
    pub receipt: Receipt,
}

/// The ledger's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last position, which is the number of events.
    pub position: u64,
    /// The Merkle root over all of them.
    pub root: Hash,
    /// When the last commit was made, microseconds UTC; 0 for an empty ledger.
    pub recorded_at: i64,
}

/// An event as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its place in the ledger's order, from 1, without gaps.
    pub position: u64,
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: Uuid,
    /// Its number in its stream, from 1, without gaps.
    pub sequence: u64,
    /// The event's kind.
    pub event_type: String,
    /// The version of the payload's form.
    pub event_version: String,
    /// When its commit was made, microseconds UTC.
    pub recorded_at: i64,
    /// The business date on the paper.
    pub occurred_on: NaiveDate,
    /// Who.
    pub actor: Actor,
    /// The command that it answers.
    pub command_id: Uuid,
    /// Anything else, as text.
    pub metadata: BTreeMap<String, String>,
    /// The content, personal data joined back in.
    pub payload: Value,
    /// The sealed header, byte for byte.
    pub header: String,
    /// The sealed payload, byte for byte, without personal data.
    pub payload_text: String,
}
