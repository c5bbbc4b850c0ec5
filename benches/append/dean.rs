//! `dean`: the aggregate store over the ledger.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_ledger::{Access, Actor, AggregateStore, Database, Envelope, Environment, Ledger, LedgerOptions};
use dean_test_support::TestDatabase;

use crate::load::measure;
use crate::settings::Settings;
use crate::tally::{COMMANDS_PER_AGGREGATE, Tally, text};

const AGGREGATE_CACHE_MAX: usize = 10_000;

pub(crate) async fn postgres(settings: &Settings, clients: usize) -> f64 {
    rate(settings, clients, &TestDatabase::postgres()).await
}

pub(crate) async fn sqlite(settings: &Settings, clients: usize) -> f64 {
    rate(settings, clients, &TestDatabase::sqlite()).await
}

async fn rate(settings: &Settings, clients: usize, at: &TestDatabase) -> f64 {
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
    let ledger = Ledger::open(database.clone(), options)
        .await
        .expect("a new ledger opens");
    let store: AggregateStore<Tally> = AggregateStore::new(ledger.clone(), (), AGGREGATE_CACHE_MAX);
    let lives = (store, ledger.clone());
    let rate = measure(settings, clients, move |count| {
        let (store, ledger) = lives.clone();
        async move {
            let id = ledger.environment().uuid_v7();
            for _ in 0..COMMANDS_PER_AGGREGATE {
                let envelope = Envelope {
                    command_id: ledger.environment().uuid_v7(),
                    actor: Actor {
                        id: "bench".to_owned(),
                        role: "implementer".to_owned(),
                        unit: "bench".to_owned(),
                    },
                    occurred_on: NaiveDate::default(),
                    request_sha256: [0; 32],
                    metadata: BTreeMap::new(),
                };
                store.execute(id, None, text(), envelope).await.expect("recorded");
                count.one();
            }
        }
    })
    .await;
    ledger.close().await;
    database.close().await;
    rate
}
