//! Aggregates: commands, cache, retries, the stock framework and the stock repositories.

use std::collections::HashMap;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, SemanticVersionEventUpcaster};
use cqrs_es::{Aggregate, CqrsFramework, DomainEvent, EventStore};
use dean_ledger::{AggregateStore, AppendError, Database, Envelope, ExecuteError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, actor, day};

on_both_databases!(
    commands_are_decided_recorded_and_repeated,
    a_stale_if_match_is_refused,
    what_is_created_twice_is_decided_on_what_there_is,
    commands_on_one_aggregate_wait_for_each_other,
    the_stock_framework_works_on_it,
    the_stock_repositories_read_the_table,
    old_events_are_upcast,
    events_of_a_newer_program_are_not_decided_on,
    streams_of_another_ledger_are_not_ours,
);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) total: i64,
    owner: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Add(i64),
    Name(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Added { amount: i64, total: i64 },
    Named { owner: Personal },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Personal {
    #[serde(rename = "$personal")]
    text: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("the total would be {0}")]
pub(crate) struct Overdrawn(pub(crate) i64);

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Added { .. } => "Added".to_owned(),
            Self::Named { .. } => "Named".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0.0".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "Account";
    type Command = Command;
    type Event = Event;
    type Error = Overdrawn;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Overdrawn> {
        let event = match command {
            Command::Add(amount) if self.total + amount < 0 => {
                return Err(Overdrawn(self.total + amount));
            }
            Command::Add(amount) => Event::Added {
                amount,
                total: self.total + amount,
            },
            Command::Name(owner) => Event::Named {
                owner: Personal { text: Some(owner) },
            },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Added { total, .. } => self.total = total,
            Event::Named { owner } => self.owner = owner.text,
        }
    }
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0006_0000_0000 + number)
}

pub(crate) fn envelope(number: u128) -> Envelope {
    let mut request_sha256 = [0; 32];
    request_sha256[..16].copy_from_slice(id(number).as_bytes());
    Envelope {
        command_id: id(number),
        actor: actor("u1"),
        occurred_on: day("2025-01-01"),
        request_sha256,
        metadata: [].into(),
    }
}

/// An aggregate that only counts its events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Counted(usize);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Noted(serde_json::Value);

impl DomainEvent for Noted {
    fn event_type(&self) -> String {
        "Noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Counted {
    const TYPE: &'static str = "Project";
    type Command = ();
    type Event = Noted;
    type Error = Overdrawn;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Overdrawn> {
        Ok(())
    }

    fn apply(&mut self, _: Noted) {
        self.0 += 1;
    }
}

/// How many events the aggregate store finds in a stream of the type `Project`, past its cache.
pub(crate) async fn length(ledger: &dean_ledger::Ledger, id: Uuid) -> Result<usize, dean_ledger::LedgerError> {
    let store = AggregateStore::<Counted>::new(ledger.clone(), (), 1);
    Ok(store.load(id).await?.0.0)
}

async fn store(place: &Place) -> AggregateStore<Account> {
    AggregateStore::new(place.open().await, (), 100)
}

async fn commands_are_decided_recorded_and_repeated(place: Place) {
    let store = store(&place).await;
    assert_eq!(
        store.load(id(1)).await.expect("loaded"),
        (Arc::new(Account::default()), 0)
    );
    let first = store
        .execute(id(1), None, Command::Add(5), envelope(100))
        .await
        .expect("accepted");
    assert_eq!(first.events, [Event::Added { amount: 5, total: 5 }]);
    store
        .execute(id(1), None, Command::Name("Lê D".to_owned()), envelope(101))
        .await
        .expect("accepted");
    let refused = store
        .execute(id(1), None, Command::Add(-6), envelope(102))
        .await
        .expect_err("refused");
    assert!(matches!(refused, ExecuteError::Refused(Overdrawn(-1))));
    // A refusal leaves nothing: the same command id is decided anew.
    store
        .execute(id(1), None, Command::Add(1), envelope(103))
        .await
        .expect("accepted");
    store
        .execute(id(1), None, Command::Add(-6), envelope(102))
        .await
        .expect("accepted now");
    let again = store
        .execute(id(1), None, Command::Add(5), envelope(100))
        .await
        .expect("answered");
    assert!(again.receipt.repeated);
    assert_eq!((again.receipt.position, again.events), (1, first.events));
    let mut other = envelope(100);
    other.request_sha256 = [1; 32];
    let error = store
        .execute(id(1), None, Command::Add(7), other)
        .await
        .expect_err("refused");
    assert!(matches!(
        error,
        ExecuteError::Append(AppendError::DifferentRequest { .. })
    ));
    // A store without a cache sees the same, personal part included.
    let fresh = AggregateStore::<Account>::new(store.ledger().clone(), (), 1);
    let expected = Account {
        total: 0,
        owner: Some("Lê D".to_owned()),
    };
    assert_eq!(
        fresh.load(id(1)).await.expect("loaded"),
        (Arc::new(expected.clone()), 4)
    );
    assert_eq!(store.load(id(1)).await.expect("loaded"), (Arc::new(expected), 4));
}

async fn a_stale_if_match_is_refused(place: Place) {
    let store = store(&place).await;
    store
        .execute(id(1), Some(0), Command::Add(5), envelope(100))
        .await
        .expect("accepted");
    let stale = store
        .execute(id(1), Some(0), Command::Add(5), envelope(101))
        .await
        .expect_err("stale");
    assert!(
        matches!(stale, ExecuteError::StaleVersion { expected: 0, actual: 1 }),
        "{stale}"
    );
    store
        .execute(id(1), Some(1), Command::Add(5), envelope(101))
        .await
        .expect("accepted");
    // A retry is answered although its version is stale by now.
    assert!(
        store
            .execute(id(1), Some(1), Command::Add(5), envelope(101))
            .await
            .expect("answered")
            .receipt
            .repeated
    );
}

async fn what_is_created_twice_is_decided_on_what_there_is(place: Place) {
    let first = store(&place).await;
    let created = first
        .create(id(1), Command::Add(1), envelope(100))
        .await
        .expect("created");
    assert_eq!(
        (created.receipt.streams[0].version, created.receipt.repeated),
        (1, false)
    );
    let again = first
        .create(id(1), Command::Add(1), envelope(100))
        .await
        .expect("answered");
    assert!(again.receipt.repeated);
    // Another store knows nothing of it.
    let other = AggregateStore::<Account>::new(first.ledger().clone(), (), 10);
    let retried = other
        .create(id(1), Command::Add(1), envelope(100))
        .await
        .expect("answered");
    assert!(retried.receipt.repeated);
    let other = AggregateStore::<Account>::new(first.ledger().clone(), (), 10);
    let added = other
        .create(id(1), Command::Add(2), envelope(101))
        .await
        .expect("accepted");
    assert_eq!(added.receipt.streams[0].version, 2);
    assert_eq!(other.load(id(1)).await.expect("loaded").0.total, 3);
}

async fn commands_on_one_aggregate_wait_for_each_other(place: Place) {
    let store = store(&place).await;
    let mut tasks = Vec::new();
    for number in 0..60 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            store
                .execute(id(1 + number % 3), None, Command::Add(1), envelope(100 + number))
                .await
        }));
    }
    // Two equal requests at the same time: one is recorded, the other answered.
    for _ in 0..2 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            store.execute(id(1), None, Command::Add(1), envelope(999)).await
        }));
    }
    let mut repeated = 0;
    for task in tasks {
        repeated += usize::from(task.await.expect("no panic").expect("accepted").receipt.repeated);
    }
    assert_eq!(repeated, 1);
    assert_eq!(store.load(id(1)).await.expect("loaded").0.total, 21);
    assert_eq!(store.load(id(2)).await.expect("loaded").0.total, 20);
    assert_eq!(store.ledger().stats().conflicts, 0, "nothing was decided twice");
    assert_eq!(store.ledger().verify(|_, _| {}).await.expect("verify runs").faults, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_decide_again_what_the_other_changed() {
    let place = Place::postgres().await;
    let stores = [store(&place).await, store(&place).await];
    let mut tasks = Vec::new();
    for number in 0..60 {
        let store = stores[number % 2].clone();
        tasks.push(tokio::spawn(async move {
            store
                .execute(id(1), None, Command::Add(1), envelope(100 + number as u128))
                .await
        }));
    }
    for task in tasks {
        task.await.expect("no panic").expect("accepted");
    }
    for store in &stores {
        let (account, version) = store.load(id(1)).await.expect("loaded");
        assert_eq!((account.total, version), (60, 60));
    }
    // A refusal is never based on what another process has long changed.
    stores[0]
        .execute(id(1), None, Command::Add(40), envelope(900))
        .await
        .expect("accepted");
    stores[1]
        .execute(id(1), None, Command::Add(-100), envelope(901))
        .await
        .expect("accepted");
}

async fn the_stock_framework_works_on_it(place: Place) {
    let store = store(&place).await;
    let framework = CqrsFramework::new(store.clone(), vec![], ());
    framework
        .execute(&id(1).to_string(), Command::Add(5))
        .await
        .expect("accepted");
    let metadata: HashMap<String, String> = [
        ("actor_id", "u9"),
        ("actor_role", "leader"),
        ("occurred_on", "2024-12-30"),
        ("note", "x"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    framework
        .execute_with_metadata(&id(1).to_string(), Command::Add(6), metadata)
        .await
        .expect("accepted");
    let refused = framework
        .execute(&id(1).to_string(), Command::Add(-50))
        .await
        .expect_err("refused");
    assert!(matches!(refused, cqrs_es::AggregateError::UserError(Overdrawn(-39))));
    let events = store.ledger().read(0, 10).await.expect("read");
    assert_eq!(
        (events[0].actor.id.as_str(), events[0].occurred_on),
        ("system", day("2025-01-01"))
    );
    assert_eq!(
        (events[1].actor.id.as_str(), events[1].occurred_on),
        ("u9", day("2024-12-30"))
    );
    assert_eq!(events[1].metadata, [("note".to_owned(), "x".to_owned())].into());
    let envelopes = store.load_events(&id(1).to_string()).await.expect("loaded");
    assert_eq!(
        (envelopes.len(), envelopes[1].sequence, &envelopes[1].metadata["note"]),
        (2, 2, &"x".to_owned())
    );
}

async fn the_stock_repositories_read_the_table(place: Place) {
    async fn read<R: PersistedEventRepository>(repository: R) -> Vec<(usize, String, serde_json::Value)> {
        let events = repository
            .get_events::<Account>(&id(1).to_string())
            .await
            .expect("read");
        let last = repository
            .get_last_events::<Account>(&id(1).to_string(), 1)
            .await
            .expect("read");
        assert_eq!(last, events[1..]);
        events
            .into_iter()
            .map(|event| (event.sequence, event.event_type, event.payload))
            .collect()
    }
    let store = store(&place).await;
    for number in 0..3 {
        store
            .execute(id(1), None, Command::Add(1), envelope(100 + number))
            .await
            .expect("accepted");
    }
    let events = match store.ledger().database() {
        Database::Postgres(pool) => read(postgres_es::PostgresEventRepository::new(pool.clone())).await,
        Database::Sqlite(pool) => read(sqlite_es::SqliteEventRepository::new(pool.clone())).await,
    };
    let expected = |n: i64| {
        (
            n as usize,
            "Added".to_owned(),
            json!({"Added": {"amount": 1, "total": n}}),
        )
    };
    assert_eq!(events, [expected(1), expected(2), expected(3)]);
}

async fn old_events_are_upcast(place: Place) {
    let ledger = place.open().await;
    let old = dean_ledger::NewEvent {
        event_type: "Added".to_owned(),
        event_version: "0.1".to_owned(),
        payload: json!({"Added": {"amount": 3}}),
    };
    let stream = dean_ledger::StreamAppend {
        aggregate_type: "Account".to_owned(),
        aggregate_id: id(1),
        expected_version: 0,
        events: vec![old],
    };
    ledger
        .append(crate::support::append(id(100), vec![stream]))
        .await
        .expect("recorded");
    let plain = AggregateStore::<Account>::new(ledger.clone(), (), 10);
    let error = plain.load(id(1)).await.expect_err("of no known form");
    assert!(error.to_string().contains("event 1"), "{error}");
    let upcaster = SemanticVersionEventUpcaster::new(
        "Added",
        "1.0.0",
        Box::new(|mut payload: serde_json::Value| {
            payload["Added"]["total"] = payload["Added"]["amount"].clone();
            payload
        }),
    );
    let store = AggregateStore::<Account>::new_with_upcasters(ledger, (), 10, vec![Box::new(upcaster)]);
    assert_eq!(store.load(id(1)).await.expect("loaded").0.total, 3);
}

/// Their form may fit and mean something else.
async fn events_of_a_newer_program_are_not_decided_on(place: Place) {
    let ledger = place.open().await;
    let newer = |event_type: &str, event_version: &str, stream: u128| dean_ledger::StreamAppend {
        aggregate_type: "Account".to_owned(),
        aggregate_id: id(stream),
        expected_version: 0,
        events: vec![dean_ledger::NewEvent {
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            payload: json!({"Added": {"amount": 3, "total": 3}}),
        }],
    };
    for (event_type, event_version, stream) in [("Added", "2.0", 1), ("Doubled", "1.0.0", 2)] {
        let command = crate::support::append(id(100 + stream), vec![newer(event_type, event_version, stream)]);
        ledger.append(command).await.expect("the ledger takes any event");
        let store = AggregateStore::<Account>::new(ledger.clone(), (), 10);
        let error = store.load(id(stream)).await.expect_err("not of this program");
        let named = format!("`{event_type}` version {event_version}");
        assert!(error.to_string().contains(&named), "{error}");
        let executed = store
            .execute(id(stream), None, Command::Add(1), envelope(200 + stream))
            .await;
        assert!(matches!(executed, Err(ExecuteError::Ledger(_))), "{executed:?}");
    }
    assert_eq!(ledger.head().await.expect("a head").position, 2);
}

async fn streams_of_another_ledger_are_not_ours(place: Place) {
    let store = store(&place).await;
    let mut options = place.options();
    (options.name, options.id) = ("lao-cai".to_owned(), None);
    let other = dean_ledger::Ledger::open(store.ledger().database().clone(), options)
        .await
        .expect("opens");
    let other = AggregateStore::<Account>::new(other, (), 10);
    other
        .execute(id(1), None, Command::Add(5), envelope(100))
        .await
        .expect("accepted");
    assert_eq!(store.load(id(1)).await.expect("loaded").1, 0);
    store
        .execute(id(1), None, Command::Add(7), envelope(100))
        .await
        .expect("accepted");
    assert_eq!(store.load(id(1)).await.expect("loaded").0.total, 7);
    assert_eq!(other.load(id(1)).await.expect("loaded").0.total, 5);
}
