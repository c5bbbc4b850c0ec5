//! An event that this program does not know, as a newer version beside it would record: nothing is skipped, and everybody is told.

use std::collections::BTreeMap;

use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use dean_test_support::{Client, Load, Server, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{PATIENCE, under_load, until_answered};

#[test]
fn an_unknown_kind_of_event_stops_the_read_models_and_is_told() {
    told_and_not_skipped("Teleported", "1", |_| json!({"Teleported": {}}));
}

/// Its form still fits: what it means may be another thing.
#[test]
fn a_newer_version_of_a_known_event_stops_the_read_models_and_is_told() {
    told_and_not_skipped("Proposed", "2", |proposed| {
        let mut payload = proposed.clone();
        // The load finds its commands by their notes.
        payload["note"] = json!("");
        payload
    });
}

fn told_and_not_skipped(event_type: &str, event_version: &str, payload: impl FnOnce(&Value) -> Value) {
    let database = TestDatabase::postgres();
    let server = Server::start(&database, &[]);
    let client = Client::new(server.base_url());
    let load = Load::new();
    under_load(&load, 2, &[server.base_url()], || until_answered(&load, 10));
    load.settle(server.base_url());
    server.wait_until_ready();
    let events = client.get("/api/v1/events?after=0&limit=1000").json();
    let events = events["events"].as_array().expect("events");
    let proposed = events.iter().find(|event| event["type"] == "dean.project.Proposed");
    let proposed = proposed.expect("the load proposes");
    let project: Uuid = proposed["subject"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let versions = events
        .iter()
        .filter(|event| event["subject"] == proposed["subject"])
        .count();
    let position = events.len() + 1;
    append(
        &database,
        project,
        versions as u64,
        NewEvent {
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            payload: payload(&proposed["data"]),
        },
    );
    under_load(&load, 2, &[server.base_url()], || until_answered(&load, 10));

    let begun = std::time::Instant::now();
    let readiness = loop {
        let answer = client.get("/health/ready");
        if answer.status == 503 {
            break answer.json();
        }
        assert!(begun.elapsed() < PATIENCE, "it stays ready: {}", answer.text());
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let fault = readiness["projection_fault"].as_str().unwrap_or_default();
    let named = format!("`{event_type}` version {event_version}");
    assert!(
        fault.starts_with(&format!("position {position}: ")) && fault.contains(&named),
        "{readiness}"
    );

    let status = Server::command()
        .args(["projections", "status", "--database", database.url()])
        .output();
    let status = status.expect("the product's binary runs");
    let told = String::from_utf8_lossy(&status.stdout);
    assert_eq!(status.status.code(), Some(1), "{told}");
    assert!(
        told.contains(&format!("position {} of", position - 1)) && told.contains(&format!("stopped: {fault}")),
        "{told}"
    );

    // Nobody decides on what can't be read; all other projects go on.
    let shown = client.get(&format!("/api/v1/projects/{project}"));
    assert_eq!(shown.status, 500, "{}", shown.text());
    let steps = client.get(&format!("/api/v1/projects/{project}/steps"));
    assert!(steps.status >= 500, "{}", steps.text());
    load.settle(server.base_url());
    load.check_feed(server.base_url());
    Server::verify_ledger(&database);
}

/// As another program beside the server would.
fn append(database: &TestDatabase, project: Uuid, expected_version: u64, event: NewEvent) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(async {
        let environment = Environment::system();
        let options = LedgerOptions {
            name: String::new(),
            demo: false,
            id: None,
            environment: environment.clone(),
            queue_max: 10,
            batch_max: 10,
        };
        let opened = Database::open(database.url(), Access::Write).await.expect("it opens");
        let ledger = Ledger::open(opened, options).await.expect("the only ledger");
        let append = Append {
            command_id: environment.uuid_v7(),
            actor: Actor {
                id: "u1".to_owned(),
                role: "implementer".to_owned(),
                unit: String::new(),
            },
            occurred_on: environment.today(),
            request_sha256: [1; 32],
            metadata: BTreeMap::new(),
            streams: vec![StreamAppend {
                aggregate_type: "Project".to_owned(),
                aggregate_id: project,
                expected_version,
                events: vec![event],
            }],
        };
        ledger.append(append).await.expect("the ledger takes any event");
        ledger.close().await;
    });
}
