//! What can be checked of an event by itself, on any thread: hashes, columns, form. Pure.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::batch::{Batch, Columns, EventItem, Item, Root, Salt};
use super::header_view::{HeaderView, days_since_2000, is_hex_of, parse_uuid};
use super::report::Fault;
use crate::header::{FORMAT, Header};
use crate::personal;
use crate::tree::{Hash, leaf_hash};

/// A batch with what was found out about it.
pub(crate) struct Checked {
    pub(crate) batch: Batch,
    /// In the batch's order.
    pub(crate) items: Vec<CheckedItem>,
    /// The distinct aggregate types in it.
    pub(crate) types: Vec<Vec<u8>>,
    /// Actor and command of the last event.
    pub(crate) last_command: Option<Command>,
}

pub(crate) enum CheckedItem {
    Event(CheckedEvent),
    Commit(CheckedCommit),
    Orphan(u64),
    Other(Vec<u8>),
    Malformed(String),
}

/// What remains to be compared with an event's neighbours.
pub(crate) struct CheckedEvent {
    /// 0 when it can't be known.
    pub(crate) position: u64,
    pub(crate) leaf: Hash,
    /// Which of the batch's types, and the id; nothing when the id is no UUID.
    pub(crate) stream: Option<(usize, u128)>,
    pub(crate) sequence: u64,
    pub(crate) recorded_at: i64,
    pub(crate) command_index: i64,
    pub(crate) command: CommandLink,
    pub(crate) erased: bool,
    /// Empty but for an event that is not as it was sealed.
    pub(crate) faults: Vec<String>,
}

/// Whether an event belongs to the same command as the one before.
pub(crate) enum CommandLink {
    Same,
    Other,
    /// The first of a batch: to be compared with the last of the batch before.
    Unknown(Command),
}

/// A command, as the format scopes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    actor: Vec<u8>,
    id: u128,
}

pub(crate) struct CheckedCommit {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) recorded_at: i64,
    /// Nothing when it has not 32 bytes.
    pub(crate) root: Option<Hash>,
    pub(crate) frontier: Option<Vec<u8>>,
}

/// Checks a batch of the ledger's.
pub(crate) fn check(batch: Batch, ledger: Uuid) -> Checked {
    let mut types = Vec::new();
    let mut command: Option<Command> = None;
    let mut items = Vec::with_capacity(batch.bytes.len() / 1024);
    for item in batch.items() {
        items.push(match item {
            Item::Event(event) => CheckedItem::Event(check_event(&event, ledger, &mut types, &mut command)),
            Item::Commit(commit) => CheckedItem::Commit(CheckedCommit {
                start: commit.start,
                end: commit.end,
                recorded_at: commit.recorded_at,
                root: match commit.root {
                    Root::Bytes(bytes) => bytes.try_into().ok(),
                    Root::Hex(text) => {
                        let mut root = [0; 32];
                        hex::decode_to_slice(text, &mut root).is_ok().then_some(root)
                    }
                },
                frontier: commit.frontier.map(<[u8]>::to_vec),
            }),
            Item::Orphan(position) => CheckedItem::Orphan(position.unsigned_abs()),
            Item::Other(line) => CheckedItem::Other(line.to_vec()),
            Item::Malformed(what) => CheckedItem::Malformed(what),
        });
    }
    Checked {
        batch,
        items,
        types,
        last_command: command,
    }
}

fn check_event(
    event: &EventItem<'_>,
    ledger: Uuid,
    types: &mut Vec<Vec<u8>>,
    before: &mut Option<Command>,
) -> CheckedEvent {
    let leaf = leaf_hash(event.header);
    let payload_hash: Hash = Sha256::digest(event.payload).into();
    let view = HeaderView::parse(event.header);
    let sound = view
        .as_ref()
        .is_some_and(|view| is_sound(view, event, ledger, &payload_hash));
    // The full parser looks at what the quick one left to it.
    let parsed = match &view {
        Some(_) if sound => None,
        _ => Some(serde_json::from_slice::<Header>(event.header)),
    };
    let faults = match &parsed {
        None => Vec::new(),
        Some(Ok(header)) => explain(header, event, ledger, &payload_hash),
        Some(Err(error)) => vec![format!("the header is not one of this format: {error}")],
    };
    let parsed = parsed.and_then(Result::ok);
    let committed = match (&view, &parsed) {
        (Some(view), _) => view.personal_sha256.is_some(),
        (None, parsed) => parsed.as_ref().is_some_and(|header| header.personal_sha256.is_some()),
    };
    // The order is that of the columns where there are any: they are what queries go by.
    let mut checked = CheckedEvent {
        position: 0,
        leaf,
        stream: None,
        sequence: 0,
        recorded_at: 0,
        command_index: 0,
        command: CommandLink::Other,
        erased: committed && event.content.is_none(),
        faults,
    };
    let (actor, command_id);
    if let Some(columns) = &event.columns {
        checked.position = columns.position.unsigned_abs();
        checked.sequence = columns.sequence.unsigned_abs();
        checked.recorded_at = columns.recorded_at;
        checked.command_index = i64::from(columns.command_index);
        checked.stream = parse_uuid(columns.aggregate_id).map(|id| (intern(types, columns.aggregate_type), id));
        actor = Cow::Borrowed(columns.actor);
        command_id = columns.command_id.try_into().map_or(0, u128::from_be_bytes);
    } else if let Some(view) = &view {
        checked.position = view.position;
        checked.sequence = view.sequence;
        checked.recorded_at = view.recorded_at;
        checked.command_index = view.command_index.cast_signed();
        let aggregate_type = view.aggregate_type.unescaped();
        checked.stream = Some((intern(types, aggregate_type.as_bytes()), view.aggregate_id));
        actor = match view.actor.unescaped() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        command_id = view.command_id;
    } else if let Some(parsed) = parsed {
        checked.position = parsed.position;
        checked.sequence = parsed.sequence;
        checked.recorded_at = parsed.recorded_at;
        checked.command_index = i64::from(parsed.command_index);
        checked.stream =
            parse_uuid(parsed.aggregate_id.as_bytes()).map(|id| (intern(types, parsed.aggregate_type.as_bytes()), id));
        actor = Cow::Owned(parsed.actor.id.into_bytes());
        command_id = parsed.command_id.as_u128();
    } else {
        return checked;
    }
    checked.command = match before {
        Some(before) if before.id == command_id && before.actor == actor.as_ref() => CommandLink::Same,
        Some(before) => {
            before.id = command_id;
            before.actor.clear();
            before.actor.extend_from_slice(&actor);
            CommandLink::Other
        }
        None => {
            let command = Command {
                actor: actor.into_owned(),
                id: command_id,
            };
            *before = Some(command.clone());
            CommandLink::Unknown(command)
        }
    };
    checked
}

fn intern(types: &mut Vec<Vec<u8>>, aggregate_type: &[u8]) -> usize {
    match types.iter().position(|known| known == aggregate_type) {
        Some(index) => index,
        None => {
            types.push(aggregate_type.to_vec());
            types.len() - 1
        }
    }
}

/// Whether everything is certainly as it was sealed; if not, [`explain`] looks closer.
fn is_sound(view: &HeaderView<'_>, event: &EventItem<'_>, ledger: Uuid, payload_hash: &Hash) -> bool {
    view.ledger == ledger.as_u128()
        && is_hex_of(view.payload_sha256, payload_hash)
        && view.has_request == (view.command_index == 0)
        && event
            .columns
            .as_ref()
            .is_none_or(|columns| columns_equal(view, columns))
        && match (view.personal_sha256, event.salt, event.content) {
            (None, None, None) | (Some(_), None, None) => true,
            (Some(expected), Some(salt), Some(content)) => is_hex_of(expected, &commitment(salt, content)),
            _ => false,
        }
}

fn commitment(salt: Salt<'_>, content: &[u8]) -> Hash {
    personal::commitment(&salt.to_bytes(), content)
}

fn columns_equal(view: &HeaderView<'_>, columns: &Columns<'_>) -> bool {
    view.position.cast_signed() == columns.position
        && view.sequence.cast_signed() == columns.sequence
        && view.recorded_at == columns.recorded_at
        && days_since_2000(view.occurred_on) == columns.occurred_on
        && view.command_index == u64::from(columns.command_index.unsigned_abs())
        && columns.command_index >= 0
        && view.command_id.to_be_bytes() == columns.command_id
        && view.aggregate_id_text == columns.aggregate_id
        && view.metadata == columns.metadata
        && view.aggregate_type.is(columns.aggregate_type)
        && view.event_type.is(columns.event_type)
        && view.event_version.is(columns.event_version)
        && view.actor.is(columns.actor)
        && view.actor_role.is(columns.actor_role)
        && view.actor_unit.is(columns.actor_unit)
}

/// The slow way, by the full parser: what differs, if anything does.
fn explain(header: &Header, event: &EventItem<'_>, ledger: Uuid, payload_hash: &Hash) -> Vec<String> {
    let mut comparisons = vec![
        (
            "header (its canonical form)",
            header.to_text().as_bytes() == event.header,
        ),
        ("format", header.format == FORMAT),
        ("ledger", header.ledger == ledger),
    ];
    if let Some(columns) = &event.columns {
        let metadata = serde_json_canonicalizer::to_string(&header.metadata).unwrap_or_default();
        comparisons.extend([
            ("position", header.position.cast_signed() == columns.position),
            (
                "aggregate_type",
                header.aggregate_type.as_bytes() == columns.aggregate_type,
            ),
            ("aggregate_id", header.aggregate_id.as_bytes() == columns.aggregate_id),
            ("sequence", header.sequence.cast_signed() == columns.sequence),
            ("event_type", header.event_type.as_bytes() == columns.event_type),
            (
                "event_version",
                header.event_version.as_bytes() == columns.event_version,
            ),
            ("recorded_at", header.recorded_at == columns.recorded_at),
            (
                "occurred_on",
                days_since_2000(header.occurred_on) == columns.occurred_on,
            ),
            ("actor", header.actor.id.as_bytes() == columns.actor),
            ("actor_role", header.actor.role.as_bytes() == columns.actor_role),
            ("actor_unit", header.actor.unit.as_bytes() == columns.actor_unit),
            ("command_id", header.command_id.as_bytes() == columns.command_id),
            (
                "command_index",
                i64::from(header.command_index) == i64::from(columns.command_index),
            ),
            ("metadata", metadata.as_bytes() == columns.metadata),
        ]);
    }
    comparisons.extend([
        (
            "aggregate_id (a UUID)",
            parse_uuid(header.aggregate_id.as_bytes()).is_some(),
        ),
        ("payload", is_hex_of(header.payload_sha256.as_bytes(), payload_hash)),
        (
            "request_sha256",
            header.request_sha256.is_some() == (header.command_index == 0),
        ),
    ]);
    let mut faults: Vec<String> = comparisons
        .into_iter()
        .filter(|(_, equal)| !equal)
        .map(|(column, _)| format!("{column} differs from what the header says"))
        .collect();
    match (&header.personal_sha256, event.salt, event.content) {
        (None, None, None) | (Some(_), None, None) => {}
        (None, ..) => faults.push("a personal part stands here that the header doesn't know".to_owned()),
        (Some(expected), Some(salt), Some(content)) if is_hex_of(expected.as_bytes(), &commitment(salt, content)) => {}
        (Some(_), ..) => faults.push("the personal part differs from what the header says".to_owned()),
    }
    faults
}

impl CheckedEvent {
    /// The faults with their position.
    pub(crate) fn take_faults(&mut self, position: u64) -> impl Iterator<Item = Fault> + use<> {
        std::mem::take(&mut self.faults)
            .into_iter()
            .map(move |what| Fault { position, what })
    }
}
