//! The `Publication` aggregate: lifecycles, rule sets and lists of places enter the ledger with their full text. One aggregate per
//! kind and code; other text under an existing version is refused, because running projects are bound to its hash.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::lifecycle::Lifecycle;
use crate::places::Places;
use crate::published::{Problem, Published, Scope, sha256_hex};
use crate::rules::RuleSet;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicationKind {
    /// A lifecycle.
    Lifecycle,
    /// A rule set.
    Rules,
    /// A list of places.
    Places,
}

impl PublicationKind {
    /// What a text is: lifecycles have states, lists of places have provinces.
    pub fn of(text: &str) -> Self {
        let table: toml::Table = text.parse().unwrap_or_default();
        if table.contains_key("states") || table.contains_key("steps") {
            Self::Lifecycle
        } else if table.contains_key("provinces") {
            Self::Places
        } else {
            Self::Rules
        }
    }

    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lifecycle => "lifecycle",
            Self::Rules => "rules",
            Self::Places => "places",
        }
    }
}

/// The aggregate's id: a UUID of version 8 made from kind and code, so that every installation finds it without an index.
pub fn id_of(kind: PublicationKind, code: &str) -> Uuid {
    let digest = Sha256::digest(format!("dean/publication/{}/{code}", kind.as_str()).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicationCommand {
    /// Publish a version.
    Publish {
        /// Kind of text.
        kind: PublicationKind,
        /// Code.
        code: String,
        /// Version.
        version: String,
        /// First day on which it holds.
        valid_from: NaiveDate,
        /// Last day.
        valid_to: Option<NaiveDate>,
        /// The whole text.
        text: String,
    },
}

/// `Published`: a version entered the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationEvent {
    /// Kind of text.
    pub kind: PublicationKind,
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

impl cqrs_es::DomainEvent for PublicationEvent {
    fn event_type(&self) -> String {
        "Published".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Why a text was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicationError {
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
    /// Another version of the code is for somebody else: projects would move between provinces or programmes.
    #[error(
        "{code} is for {stands}, this text is for {given}; give it a code of its own, or the `level` and `province` of the other versions"
    )]
    OtherScope {
        /// Code.
        code: String,
        /// For whom the versions are that stand.
        stands: Scope,
        /// For whom this one would be.
        given: Scope,
    },
    /// The command's code, version or dates are not those of the text.
    #[error("the text says {field} = {found}, the command says {given}; publish it with the text's own {field}")]
    Mismatch {
        /// Which.
        field: &'static str,
        /// In the text.
        found: String,
        /// In the command.
        given: String,
    },
    /// The text has faults.
    #[error("the text has {} problem(s); the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Problem>),
}

impl PublicationError {
    /// Stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPublished { .. } => "already-published",
            Self::OtherText { .. } => "published-with-other-text",
            Self::OtherScope { .. } => "publication-other-scope",
            Self::Mismatch { .. } => "publication-mismatch",
            Self::Invalid(_) => "publication-invalid",
        }
    }
}

/// Versions published of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Publication {
    /// Hash of each version's text, by version.
    versions: BTreeMap<String, String>,
    /// For whom the first version is, and with it every other.
    scope: Option<Scope>,
}

impl Publication {
    /// The versions with the hashes of their texts.
    pub const fn versions(&self) -> &BTreeMap<String, String> {
        &self.versions
    }

    /// Decides a command.
    ///
    /// # Errors
    /// See [`PublicationError`].
    pub fn decide(&self, command: &PublicationCommand) -> Result<Vec<PublicationEvent>, PublicationError> {
        let PublicationCommand::Publish {
            kind,
            code,
            version,
            valid_from,
            valid_to,
            text,
        } = command;
        let sha256 = sha256_hex(text);
        match self.versions.get(version) {
            Some(known) if *known == sha256 => {
                return Err(PublicationError::AlreadyPublished {
                    code: code.clone(),
                    version: version.clone(),
                });
            }
            Some(known) => {
                return Err(PublicationError::OtherText {
                    code: code.clone(),
                    version: version.clone(),
                    sha256: known.clone(),
                });
            }
            None => {}
        }
        match kind {
            PublicationKind::Lifecycle => {
                check::<Lifecycle>(command)?;
                reviewed(Lifecycle::review(&format!("{code}-{version}.toml"), text))?;
            }
            PublicationKind::Rules => {
                check::<RuleSet>(command)?;
                reviewed(RuleSet::review(&format!("{code}-{version}.toml"), text))?;
            }
            PublicationKind::Places => check::<Places>(command)?,
        }
        if let (Some(stands), Some(given)) = (&self.scope, Scope::of(text)) {
            same_scope(code, stands, given)?;
        }
        Ok(vec![PublicationEvent {
            kind: *kind,
            code: code.clone(),
            version: version.clone(),
            valid_from: *valid_from,
            valid_to: *valid_to,
            sha256,
            text: text.clone(),
        }])
    }
}

/// Whether a text is for those that the other versions of its code are for.
///
/// # Errors
/// [`PublicationError::OtherScope`].
pub fn same_scope(code: &str, stands: &Scope, given: Scope) -> Result<(), PublicationError> {
    if *stands == given {
        return Ok(());
    }
    Err(PublicationError::OtherScope {
        code: code.to_owned(),
        stands: stands.clone(),
        given,
    })
}

fn reviewed(problems: Vec<Problem>) -> Result<(), PublicationError> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(PublicationError::Invalid(problems))
    }
}

fn check<T: Published>(command: &PublicationCommand) -> Result<(), PublicationError> {
    let PublicationCommand::Publish {
        code,
        version,
        valid_from,
        valid_to,
        text,
        ..
    } = command;
    let value = T::parse_text(&format!("{code}-{version}.toml"), text).map_err(PublicationError::Invalid)?;
    let (from, to) = value.validity();
    let end = |day: Option<NaiveDate>| day.map_or_else(|| "open".to_owned(), |day| day.to_string());
    for (field, found, given) in [
        ("code", value.code().to_owned(), code.clone()),
        ("version", value.version().to_owned(), version.clone()),
        ("valid_from", from.to_string(), valid_from.to_string()),
        ("valid_to", end(to), end(*valid_to)),
    ] {
        if found != given {
            return Err(PublicationError::Mismatch { field, found, given });
        }
    }
    Ok(())
}

impl cqrs_es::Aggregate for Publication {
    const TYPE: &'static str = "Publication";
    type Command = PublicationCommand;
    type Event = PublicationEvent;
    type Error = PublicationError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(&command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        if self.scope.is_none() {
            self.scope = Scope::of(&event.text);
        }
        self.versions.insert(event.version, event.sha256);
    }
}
