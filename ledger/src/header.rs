//! The leaf: the canonical header of an event. Its format is described in `docs/ledger-format.md` and can never change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::canonical::{self, check_text, push_quoted};
use crate::environment::Entropy;
use crate::error::{FormatError, FormatErrorKind};
use crate::model::{Actor, Append};
use crate::personal;

/// The version of the header's format.
pub const FORMAT: u32 = 1;
/// The longest header in bytes: entry bundles of `tlog-tiles` count in 16 bits.
pub const HEADER_BYTES_MAX: usize = 65_535;
/// The longest payload, and the longest personal part, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1_048_576;
/// The longest aggregate type, event type, event version, role in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// The longest actor id and unit in bytes: they stand in an index, whose entries are bounded.
pub const ID_BYTES_MAX: usize = 256;
/// The most digits (and a sign) that a position and a time can have.
const VARIABLE_BYTES_MAX: usize = 2 * 17;

/// A header, read back. Field order is the canonical one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Who.
    pub actor: HeaderActor,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The command's id.
    pub command_id: Uuid,
    /// The event's index among its command's events, from 0.
    pub command_index: u32,
    /// The event's kind.
    pub event_type: String,
    /// The version of the payload's form.
    pub event_version: String,
    /// The version of this format.
    pub format: u32,
    /// The ledger's id.
    pub ledger: Uuid,
    /// Anything else, as text.
    pub metadata: BTreeMap<String, String>,
    /// The business date, `YYYY-MM-DD`.
    pub occurred_on: NaiveDate,
    /// SHA-256 of the payload's bytes, lower-case hex.
    pub payload_sha256: String,
    /// `SHA-256(salt || personal part)`, lower-case hex; only when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_sha256: Option<String>,
    /// The place in the ledger's order, from 1.
    pub position: u64,
    /// Microseconds UTC.
    pub recorded_at: i64,
    /// SHA-256 of the request, lower-case hex; only where `command_index` is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_sha256: Option<String>,
    /// The event's number in its stream, from 1.
    pub sequence: u64,
}

/// The header's `actor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderActor {
    /// The account's id.
    pub id: String,
    /// The role.
    pub role: String,
    /// The unit.
    pub unit: String,
}

impl Header {
    /// The canonical bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json_canonicalizer::to_string(self).expect("a header holds texts and integers only")
    }
}

/// An append whose bytes are settled but for position and time: made where the command is, so that the writer only joins and hashes.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) command_id: Uuid,
    pub(crate) actor: Actor,
    pub(crate) occurred_on: NaiveDate,
    pub(crate) request_sha256: [u8; 32],
    pub(crate) metadata: String,
    pub(crate) streams: Vec<PreparedStream>,
    pub(crate) events: Vec<PreparedEvent>,
    /// What it takes in memory and on the wire, roughly, in bytes.
    pub(crate) bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct PreparedStream {
    pub(crate) key: StreamKey,
    pub(crate) expected: u64,
    pub(crate) events: u64,
}

/// A stream's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    pub(crate) aggregate_type: Arc<str>,
    pub(crate) aggregate_id: Uuid,
}

/// Ids of different types don't meet: hashing the types too would cost more than the rare comparison.
impl std::hash::Hash for StreamKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.aggregate_id.hash(state);
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PreparedEvent {
    pub(crate) stream: usize,
    pub(crate) sequence: u64,
    pub(crate) event_type: String,
    pub(crate) event_version: String,
    pub(crate) payload: String,
    pub(crate) personal: Option<PersonalPart>,
    /// The header without position and time.
    header: String,
    /// Where in it they belong.
    place: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct PersonalPart {
    pub(crate) salt: [u8; 32],
    pub(crate) content: String,
}

impl PreparedEvent {
    /// The finished header.
    pub(crate) fn header(&self, position: u64, recorded_at: i64) -> String {
        let (before, after) = self.header.split_at(self.place);
        let mut header = String::with_capacity(self.header.len() + ",\"recorded_at\":".len() + VARIABLE_BYTES_MAX);
        header.push_str(before);
        write!(header, "{position},\"recorded_at\":{recorded_at}").expect("writing to a String never fails");
        header.push_str(after);
        header
    }
}

/// Checks an append against the format and settles its bytes.
pub(crate) fn prepare(
    append: Append,
    ledger: Uuid,
    search_key: &[u8; 32],
    entropy: &dyn Entropy,
) -> Result<Prepared, FormatError> {
    let Append {
        command_id,
        actor,
        occurred_on,
        request_sha256,
        metadata,
        streams,
    } = append;
    check_name(&actor.id, ID_BYTES_MAX).map_err(|kind| FormatError::new("actor.id", kind))?;
    check_name(&actor.role, NAME_BYTES_MAX).map_err(|kind| FormatError::new("actor.role", kind))?;
    check_text(&actor.unit, ID_BYTES_MAX).map_err(|kind| FormatError::new("actor.unit", kind))?;
    for text in metadata.iter().flat_map(|(key, value)| [(key, key), (key, value)]) {
        let at_key = |kind| FormatError::new(format!("metadata.{}", text.0), kind);
        check_text(text.1, HEADER_BYTES_MAX).map_err(at_key)?;
    }
    if !(1..=9_999).contains(&occurred_on.year()) {
        return Err(FormatError::new("occurred_on", FormatErrorKind::DateOutOfRange));
    }
    if streams.is_empty() {
        return Err(FormatError::new("streams", FormatErrorKind::Empty));
    }
    let metadata = serde_json_canonicalizer::to_string(&metadata).expect("texts by texts always have a canonical text");
    let mut prepared_streams: Vec<PreparedStream> = Vec::with_capacity(streams.len());
    let mut events = Vec::new();
    let mut bytes = 256;
    for (stream_index, stream) in streams.into_iter().enumerate() {
        let at = |field: &str, kind| FormatError::new(format!("streams.{stream_index}{field}"), kind);
        check_name(&stream.aggregate_type, NAME_BYTES_MAX).map_err(|kind| at(".aggregate_type", kind))?;
        if stream.expected_version > canonical::INTEGER_MAX.unsigned_abs() / 2 {
            return Err(at(".expected_version", FormatErrorKind::IntegerTooLarge));
        }
        if stream.events.is_empty() {
            return Err(at(".events", FormatErrorKind::Empty));
        }
        let key = StreamKey {
            aggregate_type: stream.aggregate_type.into(),
            aggregate_id: stream.aggregate_id,
        };
        if prepared_streams.iter().any(|earlier| earlier.key == key) {
            return Err(at("", FormatErrorKind::Repeated));
        }
        let count = stream.events.len() as u64;
        for (event_index, event) in stream.events.into_iter().enumerate() {
            let at = |field: &str| format!("streams.{stream_index}.events.{event_index}.{field}");
            for (name, field) in [
                (&event.event_type, "event_type"),
                (&event.event_version, "event_version"),
            ] {
                check_name(name, NAME_BYTES_MAX).map_err(|kind| FormatError::new(at(field), kind))?;
            }
            let mut payload = event.payload;
            canonical::check(&payload).map_err(|error| error.below(&at("payload")))?;
            let texts = personal::split(&mut payload, search_key).map_err(|error| error.below(&at("payload")))?;
            let payload = canonical::to_text(&payload);
            let personal = (!texts.is_empty()).then(|| {
                let mut salt = [0; 32];
                entropy.fill(&mut salt);
                PersonalPart {
                    salt,
                    content: canonical::to_text(&texts.into()),
                }
            });
            for length in [payload.len(), personal.as_ref().map_or(0, |part| part.content.len())] {
                if length > PAYLOAD_BYTES_MAX {
                    let kind = FormatErrorKind::TooLong {
                        bytes: length,
                        bytes_max: PAYLOAD_BYTES_MAX,
                    };
                    return Err(FormatError::new(at("payload"), kind));
                }
            }
            let command_index = events.len();
            let sequence = stream.expected_version + 1 + event_index as u64;
            let (header, place) = Unplaced {
                actor: &actor,
                command_id,
                command_index,
                event_type: &event.event_type,
                event_version: &event.event_version,
                key: &key,
                ledger,
                metadata: &metadata,
                occurred_on,
                payload: &payload,
                personal: personal.as_ref(),
                request_sha256: &request_sha256,
                sequence,
            }
            .text();
            let header_bytes = header.len() + ",\"recorded_at\":".len() + VARIABLE_BYTES_MAX;
            if header_bytes > HEADER_BYTES_MAX {
                return Err(FormatError::new(
                    "metadata",
                    FormatErrorKind::TooLong {
                        bytes: header_bytes,
                        bytes_max: HEADER_BYTES_MAX,
                    },
                ));
            }
            bytes += 512 + 2 * header_bytes + payload.len() + personal.as_ref().map_or(0, |part| part.content.len());
            events.push(PreparedEvent {
                stream: stream_index,
                sequence,
                event_type: event.event_type,
                event_version: event.event_version,
                payload,
                personal,
                header,
                place,
            });
        }
        prepared_streams.push(PreparedStream {
            key,
            expected: stream.expected_version,
            events: count,
        });
    }
    Ok(Prepared {
        command_id,
        actor,
        occurred_on,
        request_sha256,
        metadata,
        streams: prepared_streams,
        events,
        bytes,
    })
}

fn check_name(text: &str, bytes_max: usize) -> Result<(), FormatErrorKind> {
    if text.is_empty() {
        return Err(FormatErrorKind::Empty);
    }
    check_text(text, bytes_max)
}

/// What a header holds but for position and time.
struct Unplaced<'a> {
    actor: &'a Actor,
    command_id: Uuid,
    command_index: usize,
    event_type: &'a str,
    event_version: &'a str,
    key: &'a StreamKey,
    ledger: Uuid,
    metadata: &'a str,
    occurred_on: NaiveDate,
    payload: &'a str,
    personal: Option<&'a PersonalPart>,
    request_sha256: &'a [u8; 32],
    sequence: u64,
}

impl Unplaced<'_> {
    /// The canonical text, and where position and time belong in it.
    fn text(&self) -> (String, usize) {
        /// Everything in a header whose length doesn't depend on texts, roughly.
        const FIXED_BYTES: usize = 560;
        let texts = [&self.actor.id, &self.actor.role, &self.actor.unit];
        let texts = texts.iter().map(|text| text.len()).sum::<usize>();
        let mut text = String::with_capacity(FIXED_BYTES + texts + self.event_type.len() + self.metadata.len());
        text.push_str("{\"actor\":{\"id\":");
        push_quoted(&mut text, &self.actor.id);
        text.push_str(",\"role\":");
        push_quoted(&mut text, &self.actor.role);
        text.push_str(",\"unit\":");
        push_quoted(&mut text, &self.actor.unit);
        text.push_str("},\"aggregate_id\":\"");
        push_uuid(&mut text, self.key.aggregate_id);
        text.push_str("\",\"aggregate_type\":");
        push_quoted(&mut text, &self.key.aggregate_type);
        text.push_str(",\"command_id\":\"");
        push_uuid(&mut text, self.command_id);
        push(&mut text, format_args!("\",\"command_index\":{}", self.command_index));
        text.push_str(",\"event_type\":");
        push_quoted(&mut text, self.event_type);
        text.push_str(",\"event_version\":");
        push_quoted(&mut text, self.event_version);
        push(&mut text, format_args!(",\"format\":{FORMAT},\"ledger\":\""));
        push_uuid(&mut text, self.ledger);
        text.push_str("\",\"metadata\":");
        text.push_str(self.metadata);
        push(&mut text, format_args!(",\"occurred_on\":\"{}\"", self.occurred_on));
        push_hash(&mut text, "payload_sha256", &Sha256::digest(self.payload).into());
        if let Some(part) = self.personal {
            let commitment = personal::commitment(&part.salt, part.content.as_bytes());
            push_hash(&mut text, "personal_sha256", &commitment);
        }
        text.push_str(",\"position\":");
        let place = text.len();
        if self.command_index == 0 {
            push_hash(&mut text, "request_sha256", self.request_sha256);
        }
        push(&mut text, format_args!(",\"sequence\":{}}}", self.sequence));
        (text, place)
    }
}

fn push(into: &mut String, text: std::fmt::Arguments<'_>) {
    into.write_fmt(text).expect("writing to a String never fails");
}

fn push_uuid(into: &mut String, id: Uuid) {
    into.push_str(id.hyphenated().encode_lower(&mut [0; uuid::fmt::Hyphenated::LENGTH]));
}

fn push_hash(into: &mut String, key: &str, hash: &[u8; 32]) {
    let mut hexadecimal = [0; 64];
    hex::encode_to_slice(hash, &mut hexadecimal).expect("two digits a byte");
    let digits = std::str::from_utf8(&hexadecimal).expect("digits are ASCII");
    push(into, format_args!(",\"{key}\":\"{digits}\""));
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
