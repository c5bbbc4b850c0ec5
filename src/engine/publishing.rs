//! A change of law without a new program: lifecycles, norms and lists of places are published as texts. What was decided before stays
//! judged by what held then, because events name the exact text.

use std::sync::Arc;

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::publication::{
    Publication, PublicationCommand, PublicationError, PublicationKind, id_of, same_scope,
};
use dean_aggregates::published::{Problem, Published, Scope, province_problem, sha256_hex};
use dean_aggregates::rules::RuleSet;
use dean_aggregates::stored;
use dean_ledger::{AggregateStore, AppendError, Envelope, ExecuteError, Ledger, Receipt};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::calendars::Publishing;
use super::places::BUILT_IN_PLACES;
use super::rulebook::{BUILT_IN, BuiltIn, Rulebook};
use super::{Engine, PublishError};

/// A text that entered the ledger.
#[derive(Debug, Clone)]
pub struct PublishedText {
    /// What it is.
    pub kind: PublicationKind,
    /// Code.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Where it stands.
    pub receipt: Receipt,
}

impl Engine {
    /// Publishes a lifecycle, a rule set or a list of places. Its code, version and validity stand in it.
    ///
    /// # Errors
    /// [`PublishError::NotYourRole`]; the problems of the text; [`PublishError::Refused`] where this version stands already, with this
    /// text or with another.
    pub async fn publish_text(&self, file: &str, text: &str, by: Publishing) -> Result<PublishedText, PublishError> {
        if by.actor.role != Role::Administrator {
            return Err(PublishError::NotYourRole(by.actor.role));
        }
        if PublicationKind::of(text) == PublicationKind::Places {
            return self.publish_places(file, text, by).await;
        }
        let command = command_of(PublicationKind::of(text), file, text).map_err(PublishError::Invalid)?;
        let PublicationCommand::Publish { kind, code, .. } = &command;
        // A ledger that is served for the first time takes in the built-in texts only then.
        if let (Some(stands), Some(given)) = (built_in_scope(*kind, code), Scope::of(text)) {
            same_scope(code, &stands, given)?;
        }
        let rulebook = self.rulebook().await?;
        let places = rulebook.places.clone().map_or_else(built_in_places, Ok);
        if let Some(problem) = province_problem(file, text, &*places.map_err(PublishError::Invalid)?) {
            return Err(PublishError::Invalid(vec![problem]));
        }
        let PublicationCommand::Publish {
            kind, code, version, ..
        } = command.clone();
        let recorded = record(&store(self.ledger()), command, by).await;
        let receipt = recorded.map_err(|error| refused(error, id_of(kind, &code)))?;
        Ok(PublishedText {
            kind,
            code,
            version,
            sha256: sha256_hex(text),
            receipt,
        })
    }
}

fn store(ledger: &Ledger) -> AggregateStore<Publication> {
    let upcasters = stored::upcasters(stored::PUBLICATION);
    AggregateStore::new_with_upcasters(ledger.clone(), (), BUILT_IN.len(), upcasters)
}

/// Publishes the built-in texts that the ledger does not hold yet. Two processes may do so at once: who comes second finds the text there.
pub(super) async fn publish_built_in(ledger: &Ledger, publisher: &Actor) -> Result<(), PublishError> {
    let store = store(ledger);
    for built_in in BUILT_IN {
        match publish(&store, built_in, publisher).await {
            Ok(()) | Err(PublishError::Refused(PublicationError::AlreadyPublished { .. })) => {}
            // Somebody has used the code for another programme or province before that was refused; theirs stays.
            Err(PublishError::Refused(refusal @ PublicationError::OtherScope { .. })) => {
                tracing::warn!(file = built_in.file, %refusal, "a text that comes with the program is not published");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// For whom the texts of a code are that come with the program; `None` where none has this code.
pub fn built_in_scope(kind: PublicationKind, code: &str) -> Option<Scope> {
    let mut texts = BUILT_IN.iter().filter(|built_in| built_in.kind == kind);
    let has_code = |text: &str| {
        let table: toml::Table = text.parse().unwrap_or_default();
        table.get("code").and_then(toml::Value::as_str) == Some(code)
    };
    texts
        .find(|built_in| has_code(built_in.text))
        .and_then(|built_in| Scope::of(built_in.text))
}

/// The newest list of places that comes with the program.
///
/// # Errors
/// Its problems.
pub fn built_in_places() -> Result<Arc<Places>, Vec<Problem>> {
    let newest = BUILT_IN_PLACES.last();
    newest.map_or_else(
        || Ok(Arc::default()),
        |(file, text)| Places::parse(file, text).map(Arc::new),
    )
}

/// The texts that come with the program, as a ledger holds them that nobody has published anything into.
///
/// # Errors
/// Their problems.
pub fn built_in_rulebook() -> Result<Rulebook, PublishError> {
    let mut rulebook = Rulebook::default();
    for (position, built_in) in (1..).zip(BUILT_IN) {
        let command = built_in.command().map_err(PublishError::Invalid)?;
        for event in Publication::default().decide(&command)? {
            rulebook.add(&event, position).map_err(PublishError::Invalid)?;
        }
    }
    rulebook.places = Some(built_in_places().map_err(PublishError::Invalid)?);
    Ok(rulebook)
}

async fn publish(
    store: &AggregateStore<Publication>,
    built_in: &BuiltIn,
    publisher: &Actor,
) -> Result<(), PublishError> {
    let environment = store.ledger().environment();
    let publishing = Publishing {
        actor: publisher.clone(),
        command_id: environment.uuid_v7(),
        request_sha256: Sha256::digest(built_in.text.as_bytes()).into(),
        occurred_on: environment.today(),
        channel: "built-in",
    };
    let command = built_in.command().map_err(PublishError::Invalid)?;
    let PublicationCommand::Publish { kind, code, .. } = &command;
    let id = id_of(*kind, code);
    match record(store, command, publishing).await {
        // No version was expected, so none can be stale.
        Ok(_) | Err(ExecuteError::StaleVersion { .. }) => Ok(()),
        Err(error) => Err(refused(error, id)),
    }
}

async fn record(
    store: &AggregateStore<Publication>,
    command: PublicationCommand,
    by: Publishing,
) -> Result<Receipt, ExecuteError<PublicationError>> {
    let PublicationCommand::Publish { kind, code, .. } = &command;
    let id = id_of(*kind, code);
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
    Ok(store.execute(id, None, command, envelope).await?.receipt)
}

fn refused(error: ExecuteError<PublicationError>, id: Uuid) -> PublishError {
    match error {
        ExecuteError::Refused(refusal) => refusal.into(),
        ExecuteError::Append(error) => error.into(),
        ExecuteError::Ledger(error) => error.into(),
        ExecuteError::StaleVersion { expected, actual } => AppendError::Conflict {
            aggregate_type: Publication::TYPE.to_owned(),
            aggregate_id: id,
            expected,
            actual,
        }
        .into(),
    }
}

/// The command that publishes a text: code, version and validity stand in it.
fn command_of(kind: PublicationKind, file: &str, text: &str) -> Result<PublicationCommand, Vec<Problem>> {
    fn publish<T: Published>(
        kind: PublicationKind,
        file: &str,
        text: &str,
    ) -> Result<PublicationCommand, Vec<Problem>> {
        let value = T::parse_text(file, text)?;
        let (valid_from, valid_to) = value.validity();
        Ok(PublicationCommand::Publish {
            kind,
            code: value.code().to_owned(),
            version: value.version().to_owned(),
            valid_from,
            valid_to,
            text: text.to_owned(),
        })
    }
    match kind {
        PublicationKind::Lifecycle => publish::<Lifecycle>(kind, file, text),
        PublicationKind::Rules => publish::<RuleSet>(kind, file, text),
        PublicationKind::Places => publish::<Places>(kind, file, text),
    }
}

impl BuiltIn {
    /// The command that publishes it.
    pub fn command(&self) -> Result<PublicationCommand, Vec<Problem>> {
        command_of(self.kind, self.file, self.text)
    }
}
