//! Lists of places and agencies in the ledger.

use std::cmp::Ordering;
use std::sync::Arc;

use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::places::Places;
use dean_aggregates::places::publication::{
    CODE, EarlierLists, PlaceList, PlaceListCommand, PlaceListError, PlaceListEvent, id_of, order,
};
use dean_aggregates::publication::{Publication, PublicationEvent, PublicationKind};
use dean_aggregates::published::{Problem, sha256_hex};
use dean_aggregates::stored;
use dean_ledger::{AggregateStore, AppendError, Envelope, ExecuteError, Ledger, RecordedEvent};
use sha2::{Digest, Sha256};

use super::publishing::PublishedText;
use super::{Engine, PublishError, Publishing, Rulebook};

/// The lists that come with the program: file and text.
pub const BUILT_IN_PLACES: &[(&str, &str)] =
    &[("rules/places-2025.toml", include_str!("../../rules/places-2025.toml"))];

/// How many lists are kept in memory: there is one.
const CACHE_MAX: usize = 1;

/// Publishes the built-in lists that the ledger does not hold yet. Two processes may do so at once: who comes second finds them there.
/// Whoever has published another text under one of these versions keeps it, and so does whoever has published a later one or names provinces
/// that these lack.
pub(super) async fn publish_built_in(ledger: &Ledger, publisher: &Actor) -> Result<(), PublishError> {
    let upcasters = stored::upcasters(stored::PLACES);
    let store = AggregateStore::new_with_upcasters(ledger.clone(), (), CACHE_MAX, upcasters);
    for (file, text) in BUILT_IN_PLACES {
        let publishing = Publishing {
            actor: publisher.clone(),
            command_id: ledger.environment().uuid_v7(),
            request_sha256: Sha256::digest(text.as_bytes()).into(),
            occurred_on: ledger.environment().today(),
            channel: "built-in",
        };
        match publish(&store, file, text, publishing).await {
            Err(PublishError::Places(
                PlaceListError::AlreadyPublished { .. }
                | PlaceListError::OtherText { .. }
                | PlaceListError::NotLater { .. }
                | PlaceListError::Lacks(_),
            ))
            | Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The lists that programs published before lists had streams of their own. Nothing is added to them any more but the first list, which comes
/// along and stands in every ledger; so nobody can be overtaken by another one.
async fn earlier(ledger: &Ledger) -> Result<EarlierLists, PublishError> {
    let mut before = EarlierLists::default();
    for recorded in ledger.read_type(Publication::TYPE, 0).await? {
        let unreadable = |cause: String| PublishError::Unreadable {
            position: recorded.position,
            cause,
        };
        let event: PublicationEvent = stored::read(
            stored::PUBLICATION,
            &recorded.event_type,
            &recorded.event_version,
            recorded.payload,
        )
        .map_err(|error| unreadable(error.to_string()))?;
        if event.kind != PublicationKind::Places || event.code != CODE {
            continue;
        }
        let list = Places::parse(&format!("{}-{}.toml", event.code, event.version), &event.text)
            .map_err(|problems| unreadable(words(&problems)))?;
        before.versions.insert(list.version);
        before
            .provinces
            .extend(list.provinces.into_iter().map(|province| province.code));
    }
    Ok(before)
}

fn words(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

async fn publish(
    store: &AggregateStore<PlaceList>,
    file: &str,
    text: &str,
    by: Publishing,
) -> Result<PublishedText, PublishError> {
    let list = Places::parse(file, text).map_err(PublishError::Invalid)?;
    let command = PlaceListCommand {
        text: text.to_owned(),
        actor: by.actor.clone(),
        before: earlier(store.ledger()).await?,
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
    match store.execute(id_of(&list.code), None, command, envelope).await {
        Ok(executed) => Ok(PublishedText {
            kind: PublicationKind::Places,
            code: list.code,
            version: list.version,
            sha256: sha256_hex(text),
            receipt: executed.receipt,
        }),
        Err(ExecuteError::Refused(refusal)) => Err(PublishError::Places(refusal)),
        Err(ExecuteError::Append(error)) => Err(error.into()),
        Err(ExecuteError::Ledger(error)) => Err(error.into()),
        // No version was expected, so none can be stale.
        Err(ExecuteError::StaleVersion { actual, .. }) => Err(AppendError::Conflict {
            aggregate_type: "PlaceList".to_owned(),
            aggregate_id: id_of(&list.code),
            expected: actual,
            actual,
        }
        .into()),
    }
}

impl Engine {
    /// Publishes a list of places: in the stream of all lists, where it is held to be later than those before it and to keep every code of
    /// theirs.
    pub(super) async fn publish_places(
        &self,
        file: &str,
        text: &str,
        by: Publishing,
    ) -> Result<PublishedText, PublishError> {
        let upcasters = stored::upcasters(stored::PLACES);
        let store = AggregateStore::new_with_upcasters(self.ledger.clone(), (), CACHE_MAX, upcasters);
        publish(&store, file, text, by).await
    }
}

impl Rulebook {
    /// Takes in a list of places; the one of the latest version holds, of the same version the one published last. A list under a code of its
    /// own, which earlier programs took, names other places than the list of all: it holds for nobody.
    pub(crate) fn add_places(&mut self, list: Places) {
        if list.code != CODE {
            tracing::warn!(
                code = list.code,
                version = list.version,
                "a list of places under another code than `{CODE}` doesn't hold"
            );
            return;
        }
        let is_earlier = |known: &Arc<Places>| order(&list.version, &known.version) == Ordering::Less;
        if !self.places.as_ref().is_some_and(is_earlier) {
            self.places = Some(Arc::new(list));
        }
    }

    /// Takes in what has streams of its own.
    pub(super) fn add_calendar_or_places(&mut self, recorded: &RecordedEvent) {
        if recorded.aggregate_type == PlaceList::TYPE {
            self.add_place_list(recorded);
        } else {
            self.add_calendar(recorded);
        }
    }

    /// Takes in a published list. One that this program can't read (a newer version of it has published it) counts as not there: the list
    /// before it goes on.
    fn add_place_list(&mut self, recorded: &RecordedEvent) {
        let event = stored::read::<PlaceListEvent>(
            stored::PLACES,
            &recorded.event_type,
            &recorded.event_version,
            recorded.payload.clone(),
        );
        let read = event
            .map_err(|error| error.to_string())
            .and_then(|event| event.read().map_err(|problems| words(&problems)));
        match read {
            Ok(list) => self.add_places(list),
            Err(cause) => {
                tracing::warn!(
                    position = recorded.position,
                    cause,
                    "a published list of places can't be read by this program"
                );
            }
        }
    }
}
