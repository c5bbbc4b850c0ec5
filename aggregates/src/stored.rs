//! Events as they are stored: brought up to date from older versions of their payload's form, then typed, or refused, never guessed.
//!
//! # When an event's form changes
//! 1. Raise its version (`DomainEvent::event_version`). The golden file of the old version stays: it must load for ever.
//! 2. Add an [`Upcast`] from the old version to the new one at the end of its aggregate's table here.
//! 3. Write the golden file of the new version (`DEAN_WRITE_GOLDEN=1`).
//!
//! Whoever reads events (the aggregate store, projections, histories) reads them through the tables here.

use cqrs_es::DomainEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use serde_json::Value;

/// One step from a version of an event's payload to the next.
#[derive(Debug, Clone, Copy)]
pub struct Upcast {
    /// The event's kind.
    pub event_type: &'static str,
    /// The version it is for.
    pub from: &'static str,
    /// The version it makes.
    pub to: &'static str,
    /// How. It must take whatever was ever recorded in that version.
    pub change: fn(Value) -> Value,
}

/// The steps for projects' events, older ones first. None has changed its form yet.
pub const PROJECT: &[Upcast] = &[];
/// The steps for publications' events, older ones first. None has changed its form yet.
pub const PUBLICATION: &[Upcast] = &[];
/// The steps for plans' events, older ones first. None has changed its form yet.
pub const PLAN: &[Upcast] = &[];
/// The steps for batches' events, older ones first. None has changed its form yet.
pub const BATCH: &[Upcast] = &[];
/// The steps for claims' events, older ones first. None has changed its form yet.
pub const CLAIM: &[Upcast] = &[];
/// The steps for screenings' events, older ones first. None has changed its form yet.
pub const SCREENING: &[Upcast] = &[];
/// The steps for calendars' events, older ones first. None has changed its form yet.
pub const CALENDAR: &[Upcast] = &[];
/// The steps for lists of places' events, older ones first. None has changed its form yet.
pub const PLACES: &[Upcast] = &[];
/// The steps for reminders' events, older ones first. None has changed its form yet.
pub const REMINDER: &[Upcast] = &[];
/// The steps for contracts' events, older ones first. None has changed its form yet.
pub const CONTRACT: &[Upcast] = &[];
/// The steps for inspections' events, older ones first. None has changed its form yet.
pub const INSPECTION: &[Upcast] = &[];
/// The steps for units' reports' events, older ones first. None has changed its form yet.
pub const REPORT: &[Upcast] = &[];

/// A stored event that this program can't read: of an unknown kind or version, or not of the form that its version has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// Types a stored event.
///
/// # Errors
/// [`Unreadable`] says why this program can't.
pub fn read<E: DomainEvent>(
    upcasts: &[Upcast],
    event_type: &str,
    event_version: &str,
    mut payload: Value,
) -> Result<E, Unreadable> {
    let mut version = event_version;
    for upcast in upcasts {
        if upcast.can_upcast(event_type, version) {
            payload = (upcast.change)(payload);
            version = upcast.to;
        }
    }
    let event = serde_json::from_value(payload).map_err(|error| Unreadable(error.to_string()))?;
    same(event, event_type, version)
}

/// [`read`] from the payload's text, without a detour for events that need no upcast.
///
/// # Errors
/// [`Unreadable`] says why this program can't.
pub fn read_text<E: DomainEvent>(
    upcasts: &[Upcast],
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Result<E, Unreadable> {
    let malformed = |error: serde_json::Error| Unreadable(error.to_string());
    if upcasts
        .iter()
        .any(|upcast| upcast.can_upcast(event_type, event_version))
    {
        let payload = serde_json::from_str(payload).map_err(malformed)?;
        return read(upcasts, event_type, event_version, payload);
    }
    same(
        serde_json::from_str(payload).map_err(malformed)?,
        event_type,
        event_version,
    )
}

/// A newer form may well fit into the older type, and mean something else.
fn same<E: DomainEvent>(event: E, event_type: &str, event_version: &str) -> Result<E, Unreadable> {
    if event.event_type() != event_type {
        return Err(Unreadable(format!("its payload is a `{}`", event.event_type())));
    }
    if event.event_version() != event_version {
        return Err(Unreadable(format!("it reads version {}", event.event_version())));
    }
    Ok(event)
}

/// A table as the aggregate store takes it.
pub fn upcasters(upcasts: &'static [Upcast]) -> Vec<Box<dyn EventUpcaster>> {
    upcasts
        .iter()
        .map(|upcast| Box::new(*upcast) as Box<dyn EventUpcaster>)
        .collect()
}

impl EventUpcaster for Upcast {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        self.event_type == event_type && self.from == event_version
    }

    fn upcast(&self, mut event: SerializedEvent) -> SerializedEvent {
        event.payload = (self.change)(event.payload);
        self.to.clone_into(&mut event.event_version);
        event
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Paid {
        amount: i64,
        payer: String,
    }

    impl DomainEvent for Paid {
        fn event_type(&self) -> String {
            "Paid".to_owned()
        }

        fn event_version(&self) -> String {
            "3".to_owned()
        }
    }

    /// Version 1 counted thousands and knew no payer, version 2 still knew none.
    const STEPS: &[Upcast] = &[
        Upcast {
            event_type: "Paid",
            from: "1",
            to: "2",
            change: |mut payload| {
                payload["amount"] = json!(payload["amount"].as_i64().unwrap_or_default() * 1_000);
                payload
            },
        },
        Upcast {
            event_type: "Paid",
            from: "2",
            to: "3",
            change: |mut payload| {
                payload["payer"] = json!("treasury");
                payload
            },
        },
    ];

    fn stored(version: &str, payload: Value) -> Result<Paid, Unreadable> {
        read(STEPS, "Paid", version, payload)
    }

    #[test]
    fn each_version_is_brought_up_to_date_step_by_step() {
        let paid = |amount, payer: &str| Paid {
            amount,
            payer: payer.to_owned(),
        };
        assert_eq!(stored("1", json!({"amount": 5})), Ok(paid(5_000, "treasury")));
        assert_eq!(stored("2", json!({"amount": 5})), Ok(paid(5, "treasury")));
        assert_eq!(stored("3", json!({"amount": 5, "payer": "cuc"})), Ok(paid(5, "cuc")));
    }

    #[test]
    fn the_store_takes_the_same_steps() {
        let mut event = SerializedEvent::new(
            "a".to_owned(),
            1,
            "Account".to_owned(),
            "Paid".to_owned(),
            "1".to_owned(),
            json!({"amount": 5}),
            json!({}),
        );
        for upcaster in upcasters(STEPS) {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                event = upcaster.upcast(event);
            }
        }
        assert_eq!(
            (event.event_version.as_str(), event.payload),
            ("3", json!({"amount": 5_000, "payer": "treasury"}))
        );
    }

    #[test]
    fn what_a_newer_program_wrote_is_refused_though_it_would_fit() {
        let newer = stored("4", json!({"amount": 5, "payer": "cuc"})).expect_err("refused");
        assert_eq!(newer.to_string(), "it reads version 3");
        let other = read::<Paid>(STEPS, "Lent", "3", json!({"amount": 5, "payer": "cuc"})).expect_err("refused");
        assert_eq!(other.to_string(), "its payload is a `Paid`");
        assert!(stored("3", json!({"amount": 5})).is_err());
    }
}
