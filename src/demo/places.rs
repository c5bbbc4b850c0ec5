//! The list of places of 2025, published on the day on which the provinces merged: what is drafted from then on lies in one of the 34.

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::places::publication::{EarlierLists, PlaceList, PlaceListCommand, id_of};
use dean_ledger::{Append, StreamAppend};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::DemoError;
use super::calendar::day;
use super::load::{demo_channel, new_event};
use crate::engine::{BUILT_IN_PLACES, Rulebook};

/// NQ 202/2025/QH15: the 34 provinces begin to work.
const MERGER: NaiveDate = day(2025, 7, 1);

/// What is published on a day, and told to the rulebook.
pub(super) fn published(rulebook: &mut Rulebook, on: NaiveDate, command_id: Uuid) -> Result<Option<Append>, DemoError> {
    let Some((_, text)) = BUILT_IN_PLACES.first().filter(|_| on == MERGER) else {
        return Ok(None);
    };
    let command = PlaceListCommand {
        text: (*text).to_owned(),
        actor: Actor {
            id: "dean".to_owned(),
            role: Role::Administrator,
            unit: "dean".to_owned(),
        },
        before: EarlierLists::default(),
    };
    let event = PlaceList::default().decide(&command).map_err(DemoError::Places)?;
    rulebook.add_places(event.read().map_err(crate::engine::PublishError::Invalid)?);
    Ok(Some(Append {
        command_id,
        actor: dean_ledger::Actor {
            id: command.actor.id,
            role: command.actor.role.to_string(),
            unit: command.actor.unit,
        },
        occurred_on: on,
        request_sha256: Sha256::digest(text.as_bytes()).into(),
        metadata: demo_channel(),
        streams: vec![StreamAppend {
            aggregate_type: PlaceList::TYPE.to_owned(),
            aggregate_id: id_of(&event.code),
            expected_version: 0,
            events: vec![new_event(&event)?],
        }],
    }))
}
