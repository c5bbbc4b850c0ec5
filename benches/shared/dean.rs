//! `dean`: the aggregate store over the ledger.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_ledger::{Access, Actor, AggregateStore, Database, Envelope, Environment, Ledger, LedgerOptions};
use dean_test_support::TestDatabase;
use uuid::Uuid;

use super::load::{Times, measure};
use super::tally::{COMMANDS_PER_AGGREGATE, Tally, text};

const AGGREGATE_CACHE_MAX: usize = 10_000;

/// A ledger in a database of its own, with its store.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) ledger: Ledger,
    store: AggregateStore<Tally>,
}

impl Subject {
    pub(crate) async fn open(at: &TestDatabase) -> Self {
        let database = Database::open(at.url(), Access::Serve)
            .await
            .expect("the throwaway database opens");
        let options = LedgerOptions {
            name: "bench".to_owned(),
            demo: true,
            id: None,
            environment: Environment::system(),
            queue_max: 10_000,
            batch_max: 512,
        };
        let ledger = Ledger::open(database, options).await.expect("a new ledger opens");
        let store = AggregateStore::new(ledger.clone(), (), AGGREGATE_CACHE_MAX);
        Self { ledger, store }
    }

    pub(crate) async fn close(self) {
        let database = self.ledger.database().clone();
        self.ledger.close().await;
        database.close().await;
    }

    /// One command on an aggregate that is there, acknowledged.
    pub(crate) async fn note(&self, id: Uuid) {
        let recorded = self.store.execute(id, None, text(), self.envelope()).await;
        recorded.expect("recorded");
    }

    /// The first command of a new aggregate, acknowledged.
    async fn create(&self, id: Uuid) {
        let recorded = self.store.create(id, text(), self.envelope()).await;
        recorded.expect("recorded");
    }

    fn envelope(&self) -> Envelope {
        Envelope {
            command_id: self.ledger.environment().uuid_v7(),
            actor: actor(),
            occurred_on: NaiveDate::default(),
            request_sha256: [0; 32],
            metadata: BTreeMap::new(),
        }
    }

    /// Commands per second of `clients` that live aggregates of five commands.
    pub(crate) async fn rate(&self, times: Times, clients: usize) -> f64 {
        let subject = self.clone();
        measure(times, clients, move |count| {
            let subject = subject.clone();
            async move {
                let id = subject.ledger.environment().uuid_v7();
                subject.create(id).await;
                count.one();
                for _ in 1..COMMANDS_PER_AGGREGATE {
                    subject.note(id).await;
                    count.one();
                }
            }
        })
        .await
    }
}

pub(crate) fn actor() -> Actor {
    Actor {
        id: "bench".to_owned(),
        role: "implementer".to_owned(),
        unit: "bench".to_owned(),
    }
}
