//! What a header says, as the columns that repeat it.

use std::borrow::Cow;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::header::Header;
use crate::verify::header_view::{HeaderView, Text};

/// The columns of an event that its header says.
pub(super) struct Columns<'a> {
    pub(super) aggregate_type: Cow<'a, str>,
    pub(super) aggregate_id: Cow<'a, str>,
    pub(super) sequence: i64,
    pub(super) position: i64,
    pub(super) event_type: Cow<'a, str>,
    pub(super) event_version: Cow<'a, str>,
    pub(super) metadata: Cow<'a, str>,
    pub(super) recorded_at: i64,
    pub(super) occurred_on: NaiveDate,
    pub(super) actor: Cow<'a, str>,
    pub(super) actor_role: Cow<'a, str>,
    pub(super) actor_unit: Cow<'a, str>,
    pub(super) command_id: Uuid,
    pub(super) command_index: i32,
}

impl<'a> Columns<'a> {
    /// Reads a header that was checked. `None` when it is none.
    pub(super) fn of(header: &'a [u8]) -> Option<Self> {
        match HeaderView::parse(header) {
            Some(view) => Self::of_view(&view),
            None => Self::of_header(serde_json::from_slice(header).ok()?),
        }
    }

    fn of_view(view: &HeaderView<'a>) -> Option<Self> {
        let text = Text::unescaped;
        Some(Self {
            aggregate_type: text(view.aggregate_type),
            aggregate_id: utf8(view.aggregate_id_text)?,
            sequence: view.sequence.cast_signed(),
            position: view.position.cast_signed(),
            event_type: text(view.event_type),
            event_version: text(view.event_version),
            metadata: utf8(view.metadata)?,
            recorded_at: view.recorded_at,
            occurred_on: view.occurred_on,
            actor: text(view.actor),
            actor_role: text(view.actor_role),
            actor_unit: text(view.actor_unit),
            command_id: Uuid::from_u128(view.command_id),
            command_index: i32::try_from(view.command_index).ok()?,
        })
    }

    fn of_header(header: Header) -> Option<Self> {
        Some(Self {
            aggregate_type: header.aggregate_type.into(),
            aggregate_id: header.aggregate_id.into(),
            sequence: i64::try_from(header.sequence).ok()?,
            position: i64::try_from(header.position).ok()?,
            event_type: header.event_type.into(),
            event_version: header.event_version.into(),
            metadata: serde_json_canonicalizer::to_string(&header.metadata).ok()?.into(),
            recorded_at: header.recorded_at,
            occurred_on: header.occurred_on,
            actor: header.actor.id.into(),
            actor_role: header.actor.role.into(),
            actor_unit: header.actor.unit.into(),
            command_id: header.command_id,
            command_index: i32::try_from(header.command_index).ok()?,
        })
    }
}

fn utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}
