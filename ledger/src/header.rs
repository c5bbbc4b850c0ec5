//! The leaf: the canonical header of an event. Its format is described in `docs/ledger-format.md` and can never change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::canonical::{self, check_text};
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    pub(crate) aggregate_type: Arc<str>,
    pub(crate) aggregate_id: Uuid,
}

#[derive(Debug, Clone)]
pub(crate) struct PreparedEvent {
    pub(crate) stream: usize,
    pub(crate) sequence: u64,
    pub(crate) event_type: String,
    pub(crate) event_version: String,
    pub(crate) payload: String,
    pub(crate) personal: Option<PersonalPart>,
    before_position: String,
    after_recorded_at: String,
}

#[derive(Debug, Clone)]
pub(crate) struct PersonalPart {
    pub(crate) salt: [u8; 32],
    pub(crate) content: String,
}

impl PreparedEvent {
    /// The finished header.
    pub(crate) fn header(&self, position: u64, recorded_at: i64) -> String {
        let mut header = String::with_capacity(self.before_position.len() + self.after_recorded_at.len() + 48);
        header.push_str(&self.before_position);
        write!(header, "{position},\"recorded_at\":{recorded_at}").expect("writing to a String never fails");
        header.push_str(&self.after_recorded_at);
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
    check_name(&actor.id, "actor.id", ID_BYTES_MAX)?;
    check_name(&actor.role, "actor.role", NAME_BYTES_MAX)?;
    check_text(&actor.unit, "actor.unit", ID_BYTES_MAX)?;
    for (key, value) in &metadata {
        check_text(key, &format!("metadata.{key}"), HEADER_BYTES_MAX)?;
        check_text(value, &format!("metadata.{key}"), HEADER_BYTES_MAX)?;
    }
    if !(1..=9_999).contains(&occurred_on.year()) {
        return Err(FormatError::new("occurred_on", FormatErrorKind::DateOutOfRange));
    }
    if streams.is_empty() {
        return Err(FormatError::new("streams", FormatErrorKind::Empty));
    }
    let metadata = serde_json_canonicalizer::to_string(&metadata).expect("texts by texts always have a canonical text");
    let start = format!(
        "{{\"actor\":{{\"id\":{},\"role\":{},\"unit\":{}}},\"aggregate_id\":\"",
        quoted(&actor.id),
        quoted(&actor.role),
        quoted(&actor.unit)
    );

    let mut prepared_streams: Vec<PreparedStream> = Vec::with_capacity(streams.len());
    let mut events = Vec::new();
    let mut bytes = 256;
    for (stream_index, stream) in streams.into_iter().enumerate() {
        let field = format!("streams.{stream_index}");
        check_name(
            &stream.aggregate_type,
            &format!("{field}.aggregate_type"),
            NAME_BYTES_MAX,
        )?;
        if stream.expected_version > canonical::INTEGER_MAX.unsigned_abs() / 2 {
            return Err(FormatError::new(
                format!("{field}.expected_version"),
                FormatErrorKind::IntegerTooLarge,
            ));
        }
        if stream.events.is_empty() {
            return Err(FormatError::new(format!("{field}.events"), FormatErrorKind::Empty));
        }
        let key = StreamKey {
            aggregate_type: stream.aggregate_type.into(),
            aggregate_id: stream.aggregate_id,
        };
        if prepared_streams.iter().any(|earlier| earlier.key == key) {
            return Err(FormatError::new(field, FormatErrorKind::Repeated));
        }
        let aggregate_type = quoted(&key.aggregate_type);
        let count = stream.events.len() as u64;
        for (event_index, event) in stream.events.into_iter().enumerate() {
            let field = format!("{field}.events.{event_index}");
            check_name(&event.event_type, &format!("{field}.event_type"), NAME_BYTES_MAX)?;
            check_name(&event.event_version, &format!("{field}.event_version"), NAME_BYTES_MAX)?;
            let payload_field = format!("{field}.payload");
            let mut payload = event.payload;
            canonical::check(&payload, &payload_field)?;
            let texts = personal::split(&mut payload, search_key, &payload_field)?;
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
                    return Err(FormatError::new(payload_field, kind));
                }
            }
            let command_index = events.len();
            let sequence = stream.expected_version + 1 + event_index as u64;
            let mut before_position = format!(
                "{start}{}\",\"aggregate_type\":{aggregate_type},\"command_id\":\"{command_id}\",\"command_index\":{command_index},\
                 \"event_type\":{},\"event_version\":{},\"format\":{FORMAT},\"ledger\":\"{ledger}\",\"metadata\":{metadata},\
                 \"occurred_on\":\"{occurred_on}\",\"payload_sha256\":\"{}\",",
                key.aggregate_id,
                quoted(&event.event_type),
                quoted(&event.event_version),
                hex::encode(Sha256::digest(&payload)),
            );
            if let Some(part) = &personal {
                let commitment = personal::commitment(&part.salt, part.content.as_bytes());
                write!(before_position, "\"personal_sha256\":\"{}\",", hex::encode(commitment))
                    .expect("writing to a String never fails");
            }
            before_position.push_str("\"position\":");
            let mut after_recorded_at = String::new();
            if command_index == 0 {
                write!(
                    after_recorded_at,
                    ",\"request_sha256\":\"{}\"",
                    hex::encode(request_sha256)
                )
                .expect("writing to a String never fails");
            }
            write!(after_recorded_at, ",\"sequence\":{sequence}}}").expect("writing to a String never fails");
            let header_bytes =
                before_position.len() + after_recorded_at.len() + ",\"recorded_at\":".len() + VARIABLE_BYTES_MAX;
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
                before_position,
                after_recorded_at,
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

fn check_name(text: &str, field: &str, bytes_max: usize) -> Result<(), FormatError> {
    if text.is_empty() {
        return Err(FormatError::new(field, FormatErrorKind::Empty));
    }
    check_text(text, field, bytes_max)
}

/// A JSON string as RFC 8785 wants it: serde_json escapes exactly the same characters in the same way.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text always has a JSON form")
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
