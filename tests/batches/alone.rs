//! Stops that somebody decides for one đề án alone: plan and batch know of them by the same append, also when they race with decisions.

use dean_test_support::story::{self, StoryStep, papers};
use dean_test_support::{Client, Response, Server, TestDatabase};
use serde_json::{Value, json};

use crate::MILLION;
use crate::season::*;

fn approved_in(client: &Client, [plan, batch]: [&str; 2]) -> [u64; 2] {
    let of = |path: &str, part: &str| {
        let shown = client.get(&format!("/api/v1/{path}")).json();
        shown[part]["figures"]["approved"].as_u64().expect("a sum")
    };
    [
        of(&format!("plans/{plan}"), "plan"),
        of(&format!("batches/{batch}"), "batch"),
    ]
}

/// The beneficiary asks to withdraw; the stop comes after it.
fn asks_to_withdraw(client: &Client, project: &str, occurred_on: &'static str) {
    let version = client.get(&format!("/api/v1/projects/{project}")).json()["version"].as_u64();
    let step = StoryStep {
        step: "request-withdrawal",
        occurred_on,
        details: json!({"reason": "Đơn vị thụ hưởng không đủ vốn."}),
        state: "approved",
    };
    let taken = story::take(client, project, &step, version.expect("a version"));
    assert_eq!(taken.status, 200, "{}", taken.text());
}

fn stops(client: &Client, project: &str, on: &str, key: &str) -> Response {
    let details = json!({"decision": paper("90/QĐ-BCT"), "on_request": true, "reason": "Đơn vị thụ hưởng xin rút."});
    let filed = papers(&["van-ban-de-nghi", "y-kien-so", "qd-ngung"], on);
    let body = json!({"occurred_on": on, "details": details, "papers": filed});
    let headers = [
        ("dean-actor", MINISTER),
        ("idempotency-key", key),
        ("accept-language", "en"),
    ];
    client.post_json(
        &format!("/api/v1/projects/{project}/steps/stop-on-request"),
        &body,
        &headers,
    )
}

/// 300 million that the batch approved are free again, in batch and plan, by one append.
pub fn a_stop_frees_in_the_same_append(client: &Client, above: [&str; 2], project: &str) {
    let before = approved_in(client, above);
    asks_to_withdraw(client, project, "2026-07-02");
    assert_eq!(approved_in(client, above), before, "asking frees nothing");
    let stopped = stops(client, project, "2026-07-10", "stop-alone");
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let stopped = stopped.json();
    assert_eq!(stopped["standing"]["state"], "stopped", "{stopped}");
    assert_eq!(
        approved_in(client, above),
        before.map(|approved| approved - 300 * MILLION)
    );
    let again = stops(client, project, "2026-07-10", "stop-alone").json();
    assert_eq!(
        (&again["repeated"], &again["position"]),
        (&json!(true), &stopped["position"])
    );
    assert_eq!(
        approved_in(client, above),
        before.map(|approved| approved - 300 * MILLION),
        "a retry frees nothing twice"
    );
    let feed = client.get("/api/v1/events?after=0&limit=1000").json();
    let events = feed["events"].as_array().expect("events");
    let last = events
        .iter()
        .filter(|event| event["time"] == events[events.len() - 1]["time"]);
    let mut kinds: Vec<&str> = last.filter_map(|event| event["type"].as_str()).collect();
    kinds.sort_unstable();
    // In one commit; the decision's number is taken, and the claim on the firm given back.
    assert_eq!(
        kinds,
        [
            "dean.batch.ProjectChanged",
            "dean.claim.DecisionClaimed",
            "dean.claim.SupportReleased",
            "dean.plan.ChangeBooked",
            "dean.project.Stopped",
            "dean.screening.SupportScreened"
        ]
    );
}

#[test]
fn lone_stops_that_race_with_decisions_are_all_counted_on_sqlite() {
    race(&TestDatabase::sqlite(), 1);
}

/// Two processes, which share nothing but the database.
#[test]
fn lone_stops_that_race_with_decisions_are_all_counted_on_postgresql() {
    race(&TestDatabase::postgres(), 2);
}

/// Four are approved to the ceiling. All four are stopped at once while four others ask for what that frees.
fn race(database: &TestDatabase, processes: usize) {
    let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.base_url())).collect();
    let client = &clients[0];
    let plan = open_plan(client, 1_200 * MILLION);
    let batch = open_batch(client, &plan, 1, 1_200 * MILLION);
    let path = format!("batches/{batch}/decisions");
    let adding = |project: &String| json!([{"project": project, "what": {"add": {"reason": "Bổ sung."}}}]);
    let four = || -> Vec<String> { (0..4).map(|_| appraised(client, "highland")).collect() };
    let (stopping, asking) = (four(), four());
    for (index, project) in stopping.iter().enumerate() {
        let number = format!("{}/QĐ-BCT", 10 + index);
        let details = json!({"decision": paper(&number), "items": adding(project)});
        Act::default().accepted(client, &path, &details);
        asks_to_withdraw(client, project, "2026-02-02");
    }
    let later = Act {
        occurred_on: "2026-03-02",
        ..Act::default()
    };
    let added: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let stops: Vec<_> = stopping
            .iter()
            .enumerate()
            .map(|(index, project)| {
                let client = &clients[index % clients.len()];
                scope.spawn(move || stops(client, project, "2026-03-02", &format!("stop-{index}")))
            })
            .collect();
        let adds: Vec<_> = asking
            .iter()
            .enumerate()
            .map(|(index, project)| {
                let client = &clients[(index + 1) % clients.len()];
                let (path, items) = (&path, adding(project));
                scope.spawn(move || {
                    let number = format!("{}/QĐ-BCT", 50 + index);
                    let details = json!({"decision": paper(&number), "items": items});
                    let answer = later.post(client, path, &details);
                    (answer.status, answer.json())
                })
            })
            .collect();
        for stop in stops {
            let stopped = stop.join().expect("no panic");
            assert_eq!(
                stopped.status,
                200,
                "nothing refuses what takes less: {}",
                stopped.text()
            );
        }
        adds.into_iter().map(|task| task.join().expect("no panic")).collect()
    });
    for (status, problem) in &added {
        let code = problem["code"].as_str();
        assert!(
            *status == 200 || code == Some("batch-ceiling-exceeded"),
            "{status} {problem}"
        );
    }
    let accepted = added.iter().filter(|(status, _)| *status == 200).count() as u64;
    for client in &clients {
        assert_eq!(
            approved_in(client, [&plan, &batch]),
            [accepted * 300 * MILLION; 2],
            "what is approved is what its đề án take"
        );
    }
    for server in servers {
        assert!(server.terminate().success());
    }
    Server::verify(database);
}
