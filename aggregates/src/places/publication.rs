//! The `PlaceList` aggregate: lists of places enter the ledger with their full text. The first list came as a `Publication`; lists with
//! successors and agencies stand in streams of their own, so that a program that doesn't know them goes on beside one that does.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Places;
use crate::actor::{Actor, Role};
use crate::plan::made_from;
use crate::published::{Problem, sha256_hex};

/// The code of every list. A list names all provinces, so there is one list; another code would make two of them.
pub const CODE: &str = "places";

/// Which of two versions is the later: numbers in them count as numbers, so `2026-10` comes after `2026-9`.
pub fn order(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<(usize, String)> {
        let bytes: Vec<char> = version.chars().collect();
        bytes
            .chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit())
            .map(|run| {
                let text: String = run.iter().collect();
                match run.first() {
                    // Of two numbers the one with more digits is the greater.
                    Some(digit) if digit.is_ascii_digit() => {
                        let digits = text.trim_start_matches('0').to_owned();
                        (digits.len(), digits)
                    }
                    _ => (usize::MAX, text),
                }
            })
            .collect()
    };
    parts(one).cmp(&parts(other))
}

/// The aggregate's id: a UUID of version 8 made from the code.
pub fn id_of(code: &str) -> Uuid {
    made_from(&format!("dean/places/{code}"))
}

/// What is asked: publish a list. Its code, version and validity stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceListCommand {
    /// The whole text.
    pub text: String,
    /// Who publishes it.
    pub actor: Actor,
    /// The lists that came before those of this stream.
    pub before: EarlierLists,
}

/// Lists that stand in streams of another kind (`Publication`), of whose end the programs took lists up here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EarlierLists {
    /// Their versions.
    pub versions: BTreeSet<String>,
    /// Codes that any of them names.
    pub provinces: BTreeSet<String>,
}

/// `PlacesPublished`: a version entered the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceListEvent {
    /// Code.
    pub code: String,
    /// Version.
    pub version: String,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// Codes of its provinces: no later list may lack one.
    pub provinces: BTreeSet<String>,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// The whole text.
    pub text: String,
}

impl PlaceListEvent {
    /// The list, read.
    ///
    /// # Errors
    /// The problems: a newer version of the program may have published words that this one doesn't know.
    pub fn read(&self) -> Result<Places, Vec<Problem>> {
        Places::parse(&format!("{}-{}.toml", self.code, self.version), &self.text)
    }
}

impl cqrs_es::DomainEvent for PlaceListEvent {
    fn event_type(&self) -> String {
        "PlacesPublished".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a list was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceListError {
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
    #[error("lists of places are published by an administrator, not by {0}")]
    NotYourRole(Role),
    /// A second list beside the one.
    #[error(
        "lists of places are published under `{CODE}`, not under `{0}`: write `code = \"{CODE}\"`, and name every province in it"
    )]
    OtherCode(String),
    /// It would never hold, or take the place of a later one.
    #[error("version {version} is not later than {latest}, which holds; publish the text under a later version")]
    NotLater {
        /// As asked.
        version: String,
        /// The latest there is.
        latest: String,
    },
    /// Places of the lists before would have no name.
    #[error(
        "the list lacks {}, under which places are recorded; keep their rows, with `valid_to` and `successor`",
        .0.iter().cloned().collect::<Vec<_>>().join(", ")
    )]
    Lacks(BTreeSet<String>),
    /// The text has faults.
    #[error("the text has {} problem(s); the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Problem>),
}

impl PlaceListError {
    /// Stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPublished { .. } => "places-already-published",
            Self::OtherText { .. } => "places-other-text",
            Self::NotYourRole(_) => "places-not-your-role",
            Self::OtherCode(_) => "places-other-code",
            Self::NotLater { .. } => "places-not-later",
            Self::Lacks(_) => "places-lack",
            Self::Invalid(_) => "places-invalid",
        }
    }

    /// Every code.
    pub const CODES: [&str; 7] = [
        "places-already-published",
        "places-other-text",
        "places-not-your-role",
        "places-other-code",
        "places-not-later",
        "places-lack",
        "places-invalid",
    ];
}

/// The lists published under one code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlaceList {
    /// Hash of each version's text, by version.
    versions: BTreeMap<String, String>,
    /// Codes that any of them has named.
    provinces: BTreeSet<String>,
}

impl PlaceList {
    /// Decides a command.
    ///
    /// # Errors
    /// See [`PlaceListError`].
    pub fn decide(&self, command: &PlaceListCommand) -> Result<PlaceListEvent, PlaceListError> {
        if command.actor.role != Role::Administrator {
            return Err(PlaceListError::NotYourRole(command.actor.role));
        }
        let list = Places::parse("places.toml", &command.text).map_err(PlaceListError::Invalid)?;
        let sha256 = sha256_hex(&command.text);
        let (code, version) = (list.code.clone(), list.version.clone());
        if code != CODE {
            return Err(PlaceListError::OtherCode(code));
        }
        match self.versions.get(&version) {
            Some(known) if *known == sha256 => return Err(PlaceListError::AlreadyPublished { code, version }),
            Some(known) => {
                return Err(PlaceListError::OtherText {
                    sha256: known.clone(),
                    code,
                    version,
                });
            }
            None => {}
        }
        let known = self.versions.keys().chain(&command.before.versions);
        if let Some(latest) = known.max_by(|one, other| order(one, other))
            && order(&version, latest) != Ordering::Greater
        {
            return Err(PlaceListError::NotLater {
                version,
                latest: latest.clone(),
            });
        }
        let lacks = list.lacks(&self.provinces.union(&command.before.provinces).cloned().collect());
        if !lacks.is_empty() {
            return Err(PlaceListError::Lacks(lacks));
        }
        Ok(PlaceListEvent {
            code,
            version,
            valid_from: list.valid_from,
            valid_to: list.valid_to,
            provinces: list.provinces.iter().map(|province| province.code.clone()).collect(),
            sha256,
            text: command.text.clone(),
        })
    }
}

impl cqrs_es::Aggregate for PlaceList {
    const TYPE: &'static str = "PlaceList";
    type Command = PlaceListCommand;
    type Event = PlaceListEvent;
    type Error = PlaceListError;
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
        self.provinces.extend(event.provinces);
    }
}
