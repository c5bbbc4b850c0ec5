//! Calendars and texts on deadlines: those that come with the program, publishing others, and taking in what is published.

use chrono::NaiveDate;
use dean_aggregates::actor::Actor;
use dean_aggregates::calendar::{
    Calendar, CalendarCommand, CalendarError, CalendarEvent, CalendarKind, CalendarText, id_of,
};
use dean_aggregates::published::{Problem, sha256_hex};
use dean_aggregates::stored;
use dean_ledger::{AggregateStore, AppendError, Envelope, ExecuteError, Ledger, LedgerError, Receipt, RecordedEvent};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Engine, Rulebook};

/// A calendar that comes with the program: kind, path in the repository, text.
pub type BuiltInCalendar = (CalendarKind, &'static str, &'static str);

macro_rules! built_in {
    ($($kind:ident $file:literal),* $(,)?) => {
        &[$((CalendarKind::$kind, $file, include_str!(concat!("../../", $file)))),*]
    };
}

/// The calendars that come with the program, in the order in which they are published.
pub const BUILT_IN_CALENDARS: &[BuiltInCalendar] = built_in![
    WorkingDays "rules/working-days-2021.toml",
    WorkingDays "rules/working-days-2022.toml",
    WorkingDays "rules/working-days-2023.toml",
    WorkingDays "rules/working-days-2024.toml",
    WorkingDays "rules/working-days-2025.toml",
    WorkingDays "rules/working-days-2026.toml",
    Deadlines "rules/deadlines-2014-02-10.toml",
    Deadlines "rules/deadlines-reports-2014-02-10.toml",
];

/// How many texts are kept in memory.
const CACHE_MAX: usize = 16;

/// A calendar was not published; nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum CalendarPublishError {
    /// The text has faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    /// The aggregate refuses.
    #[error(transparent)]
    Refused(CalendarError),
    /// The ledger did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A calendar that was published, now or (a retry) before.
#[derive(Debug)]
pub struct PublishedCalendar {
    /// What it says of itself.
    pub code: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its text, hex.
    pub sha256: String,
    /// The ledger's answer.
    pub receipt: Receipt,
}

/// Who publishes, and with which receipt.
#[derive(Debug, Clone)]
pub struct Publishing {
    /// Who.
    pub actor: Actor,
    /// The receipt's key.
    pub command_id: Uuid,
    /// SHA-256 of the request.
    pub request_sha256: [u8; 32],
    /// The day of publication.
    pub occurred_on: NaiveDate,
    /// Where it came from.
    pub channel: &'static str,
}

pub(super) fn store(ledger: &Ledger) -> AggregateStore<Calendar> {
    let upcasters = stored::upcasters(stored::CALENDAR);
    AggregateStore::new_with_upcasters(ledger.clone(), (), CACHE_MAX, upcasters)
}

/// Publishes the built-in calendars that the ledger does not hold yet. Two processes may do so at once: who comes second finds them there.
/// Whoever has published another text under one of these versions keeps it.
pub(super) async fn publish_built_in(ledger: &Ledger, publisher: &Actor) -> Result<(), CalendarPublishError> {
    let store = store(ledger);
    for (kind, file, text) in BUILT_IN_CALENDARS {
        let publishing = Publishing {
            actor: publisher.clone(),
            command_id: ledger.environment().uuid_v7(),
            request_sha256: Sha256::digest(text.as_bytes()).into(),
            occurred_on: ledger.environment().today(),
            channel: "built-in",
        };
        match publish(&store, *kind, file, text, publishing).await {
            Err(CalendarPublishError::Refused(
                CalendarError::AlreadyPublished { .. } | CalendarError::OtherText { .. },
            ))
            | Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn publish(
    store: &AggregateStore<Calendar>,
    kind: CalendarKind,
    file: &str,
    text: &str,
    by: Publishing,
) -> Result<PublishedCalendar, CalendarPublishError> {
    let read = CalendarText::parse(kind, file, text).map_err(CalendarPublishError::Invalid)?;
    let command = CalendarCommand {
        kind,
        text: text.to_owned(),
        actor: by.actor.clone(),
    };
    let envelope = Envelope {
        command_id: by.command_id,
        actor: dean_ledger::Actor {
            id: by.actor.id,
            role: by.actor.role.to_string(),
            unit: by.actor.unit,
        },
        occurred_on: by.occurred_on,
        request_sha256: by.request_sha256,
        metadata: [("channel".to_owned(), by.channel.to_owned())].into(),
    };
    match store.execute(id_of(kind, read.code()), None, command, envelope).await {
        Ok(executed) => Ok(PublishedCalendar {
            code: read.code().to_owned(),
            version: read.version().to_owned(),
            sha256: sha256_hex(text),
            receipt: executed.receipt,
        }),
        Err(ExecuteError::Refused(refusal)) => Err(CalendarPublishError::Refused(refusal)),
        Err(ExecuteError::Append(error)) => Err(error.into()),
        Err(ExecuteError::Ledger(error)) => Err(error.into()),
        // No version was expected, so none can be stale.
        Err(ExecuteError::StaleVersion { actual, .. }) => Err(AppendError::Conflict {
            aggregate_type: "Calendar".to_owned(),
            aggregate_id: id_of(kind, read.code()),
            expected: actual,
            actual,
        }
        .into()),
    }
}

impl Engine {
    /// Publishes a calendar or a text on deadlines. Its code, version and validity stand in it.
    ///
    /// # Errors
    /// See [`CalendarPublishError`].
    pub async fn publish_calendar(
        &self,
        kind: CalendarKind,
        file: &str,
        text: &str,
        by: Publishing,
    ) -> Result<PublishedCalendar, CalendarPublishError> {
        publish(&self.calendars, kind, file, text, by).await
    }
}

impl Rulebook {
    /// Takes in a published calendar. One that this program can't read (a newer version of it has published it) counts as not there: its
    /// year is shown as missing.
    pub(super) fn add_calendar(&mut self, recorded: &RecordedEvent) {
        let event = stored::read::<CalendarEvent>(
            stored::CALENDAR,
            &recorded.event_type,
            &recorded.event_version,
            recorded.payload.clone(),
        );
        let read = event.map_err(|error| error.to_string()).and_then(|event| {
            let words =
                |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            event.read().map_err(words)
        });
        match read {
            Ok(CalendarText::WorkingDays(calendar)) => self.timetable_mut().add_year(calendar.into()),
            Ok(CalendarText::Deadlines(deadlines)) => self.timetable_mut().add_deadlines(deadlines.into()),
            Err(cause) => {
                tracing::warn!(
                    position = recorded.position,
                    cause,
                    "a published calendar can't be read by this program"
                );
            }
        }
    }
}
