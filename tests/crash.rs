//! SIGKILL in mid-load, again and again: after each restart every acknowledged command is there, once, and a retry of every command
//! (acknowledged or not) gets one answer and makes one project.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use dean_test_support::{Client, Server, TestDatabase, story};
use serde_json::{Value, json};

const ROUNDS: u32 = 4;
const CLIENTS: usize = 8;
/// How long each round's load runs before the kill, milliseconds: different moments of a commit are hit.
const LOAD_MS: [u64; ROUNDS as usize] = [230, 410, 170, 350];
const ACTOR: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

#[test]
fn no_acknowledged_command_is_lost_and_none_doubled_on_sqlite() {
    kill_and_restart(&TestDatabase::sqlite());
}

#[test]
fn no_acknowledged_command_is_lost_and_none_doubled_on_postgresql() {
    kill_and_restart(&TestDatabase::postgres());
}

fn kill_and_restart(database: &TestDatabase) {
    let sent = AtomicU32::new(0);
    let acknowledged: Mutex<BTreeMap<u32, Value>> = Mutex::default();
    for load_ms in LOAD_MS {
        let server = Server::start(database, &[]);
        let base_url = server.base_url().to_owned();
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| load(&base_url, &sent, &acknowledged));
            }
            thread::sleep(Duration::from_millis(load_ms));
            server.kill9();
        });
    }
    let acknowledged = acknowledged.into_inner().expect("no client panicked");
    let sent = sent.into_inner();
    assert!(
        acknowledged.len() > ROUNDS as usize,
        "the load was acknowledged between the kills: {}",
        acknowledged.len()
    );
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    for number in 0..sent {
        let answer = draft(&client, number).unwrap_or_else(|error| panic!("command {number}: {error}"));
        if let Some(first) = acknowledged.get(&number) {
            assert_eq!(answer["repeated"], true, "acknowledged command {number} was lost");
            for field in ["project", "version", "position", "recorded_at"] {
                assert_eq!(
                    answer[field], first[field],
                    "command {number}: another {field} after the restart"
                );
            }
        }
    }
    let mut drafted = 0;
    let mut after = 0;
    loop {
        let page = client.get(&format!("/api/v1/events?after={after}&limit=1000")).json();
        let events = page["events"].as_array().expect("events");
        drafted += events
            .iter()
            .filter(|event| event["type"] == "dean.project.Drafted")
            .count();
        if events.is_empty() {
            assert_eq!(page["head"], after, "positions have no gap at the end");
            break;
        }
        for event in events {
            after += 1;
            assert_eq!(event["id"], after.to_string(), "positions are gap-free");
        }
    }
    assert_eq!(u32::try_from(drafted).ok(), Some(sent), "each command made one project");
    assert!(server.terminate().success());
    Server::verify(database);
}

/// Drafts projects one after another until the server is gone.
fn load(base_url: &str, sent: &AtomicU32, acknowledged: &Mutex<BTreeMap<u32, Value>>) {
    let client = Client::new(base_url);
    loop {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        match draft(&client, number) {
            Ok(answer) => {
                acknowledged.lock().expect("no client panicked").insert(number, answer);
            }
            Err(_) => return,
        }
    }
}

fn draft(client: &Client, number: u32) -> Result<Value, String> {
    let paper = json!({"kind": "de-an", "number": format!("{number}/ĐA"), "date": "2025-04-20", "issuer": "TTKC"});
    let body = json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": [paper]}).to_string();
    let key = format!("crash-{number}");
    let headers = [
        ("content-type", "application/json"),
        ("dean-actor", ACTOR),
        ("idempotency-key", key.as_str()),
    ];
    let answer = client
        .try_request("POST", "/api/v1/projects", &headers, Some(body.as_bytes()))
        .map_err(|error| error.to_string())?;
    if answer.status == 201 {
        Ok(answer.json())
    } else {
        Err(answer.text())
    }
}
