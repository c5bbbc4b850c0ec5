//! The `Calendar` aggregate: calendars of working days and texts on deadlines enter the ledger with their full text, one aggregate per kind
//! and code, as lifecycles and rules do. Other text under an existing version is refused: events name the hash of what they counted by.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::deadlines::Deadlines;
use super::year::YearCalendar;
use crate::actor::{Actor, Role};
use crate::plan::made_from;
use crate::published::{Pinned, Problem, Published, sha256_hex};

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalendarKind {
    /// The working days of a year.
    WorkingDays,
    /// Guidance, service levels, reminders.
    Deadlines,
}

impl CalendarKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::WorkingDays, Self::Deadlines];

    /// What a text is: the calendar of a year says which.
    pub fn of(text: &str) -> Self {
        let is_year = |table: toml::Table| table.contains_key("year");
        if text.parse().is_ok_and(is_year) {
            Self::WorkingDays
        } else {
            Self::Deadlines
        }
    }

    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkingDays => "working-days",
            Self::Deadlines => "deadlines",
        }
    }
}

/// The aggregate's id: a UUID of version 8 made from kind and code.
pub fn id_of(kind: CalendarKind, code: &str) -> Uuid {
    made_from(&format!("dean/calendar/{}/{code}", kind.as_str()))
}

/// A text, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarText {
    /// The working days of a year.
    WorkingDays(Pinned<YearCalendar>),
    /// Guidance, service levels, reminders.
    Deadlines(Pinned<Deadlines>),
}

impl CalendarText {
    /// Reads a text of a kind.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    pub fn parse(kind: CalendarKind, file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        match kind {
            CalendarKind::WorkingDays => Pinned::parse(file, text).map(Self::WorkingDays),
            CalendarKind::Deadlines => Pinned::parse(file, text).map(Self::Deadlines),
        }
    }

    /// Code, version and validity, as the text says.
    fn head(&self) -> (&str, &str, (NaiveDate, Option<NaiveDate>)) {
        match self {
            Self::WorkingDays(text) => (&text.pin.code, &text.pin.version, text.value.validity()),
            Self::Deadlines(text) => (&text.pin.code, &text.pin.version, text.value.validity()),
        }
    }

    /// Its code.
    pub fn code(&self) -> &str {
        self.head().0
    }

    /// Its version.
    pub fn version(&self) -> &str {
        self.head().1
    }
}

/// What is asked: publish a text. Its code, version and validity stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarCommand {
    /// Kind of text.
    pub kind: CalendarKind,
    /// The whole text.
    pub text: String,
    /// Who publishes it.
    pub actor: Actor,
}

/// `CalendarPublished`: a version entered the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarEvent {
    /// Kind of text.
    pub kind: CalendarKind,
    /// Code.
    pub code: String,
    /// Version.
    pub version: String,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// The whole text.
    pub text: String,
}

impl CalendarEvent {
    /// The text, read.
    ///
    /// # Errors
    /// The problems: a newer version of the program may have published words that this one doesn't know.
    pub fn read(&self) -> Result<CalendarText, Vec<Problem>> {
        CalendarText::parse(self.kind, &format!("{}-{}.toml", self.code, self.version), &self.text)
    }
}

impl cqrs_es::DomainEvent for CalendarEvent {
    fn event_type(&self) -> String {
        "CalendarPublished".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a text was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The same text is already there: harmless.
    #[error("version {version} of {code} is already published with the same text; nothing to do")]
    AlreadyPublished {
        /// Code.
        code: String,
        /// Version.
        version: String,
    },
    /// The version exists with another text.
    #[error(
        "version {version} of {code} is already published with another text (SHA-256 {sha256}); publish the new text under a new version"
    )]
    OtherText {
        /// Code.
        code: String,
        /// Version.
        version: String,
        /// Hash of the text that stands.
        sha256: String,
    },
    /// Only an administrator publishes.
    #[error("calendars are published by an administrator, not by {0}")]
    NotYourRole(Role),
    /// The text has faults.
    #[error("the text has {} problem(s); the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Problem>),
}

impl CalendarError {
    /// Stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPublished { .. } => "calendar-already-published",
            Self::OtherText { .. } => "calendar-other-text",
            Self::NotYourRole(_) => "calendar-not-your-role",
            Self::Invalid(_) => "calendar-invalid",
        }
    }

    /// Every code.
    pub const CODES: [&str; 4] = [
        "calendar-already-published",
        "calendar-other-text",
        "calendar-not-your-role",
        "calendar-invalid",
    ];
}

/// Versions published of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calendar {
    /// Hash of each version's text, by version.
    versions: BTreeMap<String, String>,
}

impl Calendar {
    /// The versions with the hashes of their texts.
    pub const fn versions(&self) -> &BTreeMap<String, String> {
        &self.versions
    }

    /// Decides a command.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn decide(&self, command: &CalendarCommand) -> Result<CalendarEvent, CalendarError> {
        if command.actor.role != Role::Administrator {
            return Err(CalendarError::NotYourRole(command.actor.role));
        }
        let file = format!("{}.toml", command.kind.as_str());
        let text = CalendarText::parse(command.kind, &file, &command.text).map_err(CalendarError::Invalid)?;
        let (code, version, (valid_from, valid_to)) = text.head();
        let (code, version, sha256) = (code.to_owned(), version.to_owned(), sha256_hex(&command.text));
        match self.versions.get(&version) {
            Some(known) if *known == sha256 => Err(CalendarError::AlreadyPublished { code, version }),
            Some(known) => Err(CalendarError::OtherText {
                sha256: known.clone(),
                code,
                version,
            }),
            None => Ok(CalendarEvent {
                kind: command.kind,
                code,
                version,
                valid_from,
                valid_to,
                sha256,
                text: command.text.clone(),
            }),
        }
    }
}

impl cqrs_es::Aggregate for Calendar {
    const TYPE: &'static str = "Calendar";
    type Command = CalendarCommand;
    type Event = CalendarEvent;
    type Error = CalendarError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = self.decide(&command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.versions.insert(event.version, event.sha256);
    }
}
