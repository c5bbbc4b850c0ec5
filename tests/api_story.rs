//! A project's whole life over the API, on both databases; afterwards ledger and read models are found sound by the program itself.

use std::process::Command;

use dean_test_support::story::{self, StoryStep, papers, take};
use dean_test_support::{Client, Server, TestDatabase};
use serde_json::json;

const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

#[test]
fn a_project_lives_from_draft_to_settlement_on_sqlite() {
    whole_life(&TestDatabase::sqlite());
}

#[test]
fn a_project_lives_from_draft_to_settlement_on_postgresql() {
    whole_life(&TestDatabase::postgres());
}

fn whole_life(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let project = draft(&client);
    let mut version = 1;
    for step in story::steps() {
        if step.step == "advance-first" {
            money_rule_refuses(&client, &project, &story::refused_advance());
        }
        let answer = take(&client, &project, &step, version);
        assert_eq!(answer.status, 200, "{}: {}", step.step, answer.text());
        let answer = answer.json();
        version = answer["version"].as_u64().expect("a version");
        assert_eq!(answer["standing"]["state"], step.state, "after {}", step.step);
    }
    figures_add_up(&client, &project, version);
    past_is_shown(&client, &project);
    assert!(server.terminate().success(), "SIGTERM drains and ends well");
    Server::verify(database);
    let replayed = replay(database, &project);
    assert!(
        replayed.contains("Settled") && replayed.contains("\"settled\": 300000000"),
        "{replayed}"
    );
}

fn draft(client: &Client) -> String {
    let body =
        json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": papers(&["de-an"], "2025-04-20")});
    let key = [("dean-actor", IMPLEMENTER), ("idempotency-key", "story-draft")];
    let first = client.post_json("/api/v1/projects", &body, &key);
    assert_eq!(first.status, 201, "{}", first.text());
    let again = client.post_json("/api/v1/projects", &body, &key);
    assert_eq!(
        again.json()["project"],
        first.json()["project"],
        "a retried draft makes no second project"
    );
    assert_eq!(again.json()["repeated"], true);
    first.json()["project"].as_str().expect("an id").to_owned()
}

fn money_rule_refuses(client: &Client, project: &str, step: &StoryStep) {
    let before = client.get(&format!("/api/v1/projects/{project}")).json();
    let refused = take(client, project, step, before["version"].as_u64().expect("a version"));
    assert_eq!(refused.status, 422, "{}", refused.text());
    let problem = refused.json();
    assert_eq!(problem["code"], "advance-ceiling", "{problem}");
    assert_eq!(problem["field"], "details.amount", "{problem}");
    assert_eq!(problem["judgement"]["limit"], 210_000_000, "{problem}");
    assert!(
        problem["rule"].as_str().is_some_and(|rule| rule.contains("Đ13")),
        "{problem}"
    );
    let after = client.get(&format!("/api/v1/projects/{project}")).json();
    assert_eq!(before["version"], after["version"], "a refusal records nothing");
}

fn figures_add_up(client: &Client, project: &str, version: u64) {
    let now = client.get(&format!("/api/v1/projects/{project}")).json();
    assert_eq!(now["version"], version);
    let money = &now["standing"]["money"];
    for (figure, dong) in [
        ("approved", 300_000_000),
        ("disbursed", 300_000_000),
        ("settled", 300_000_000),
        ("receivable", 0),
    ] {
        assert_eq!(money[figure], dong, "{figure}");
    }
    let position = now["position"].as_u64().expect("a position");
    let budget = client
        .get(&format!("/api/v1/budget?year=2026&at_least={position}"))
        .json();
    assert_eq!(budget[0]["settled"], 300_000_000, "{budget}");
    let list = client.get("/api/v1/projects?text=may%20say%20ngo").json();
    assert_eq!(list["rows"][0]["id"], *project, "found without accents: {list}");
    let timeline = client.get(&format!("/api/v1/projects/{project}/timeline")).json();
    assert_eq!(timeline.as_array().map(Vec::len), usize::try_from(version).ok());
}

fn past_is_shown(client: &Client, project: &str) {
    let history = client.get(&format!("/api/v1/projects/{project}/history")).json();
    let approved = history
        .as_array()
        .expect("events")
        .iter()
        .find(|event| event["event"] == "Approved")
        .expect("it was approved");
    let formula = approved["judgements"][0]["formula"]
        .as_str()
        .expect("the sum is in the event");
    assert!(formula.contains("300.000.000") && formula.contains("50 %"), "{formula}");
    let then = client
        .get(&format!("/api/v1/projects/{project}?at={}", approved["position"]))
        .json();
    assert_eq!(then["standing"]["state"], "approved");
    assert_eq!(then["standing"]["money"]["disbursed"], 0);
    assert_eq!(
        client.get(&format!("/api/v1/projects/{project}?at=2020-01-01")).status,
        404,
        "it did not exist then"
    );
    let feed = client.get("/api/v1/events?after=0&limit=1000").text();
    assert!(
        feed.contains("dean.project.Settled") && !feed.contains("Quang Lanh"),
        "the feed has every event and no personal data"
    );
}

fn replay(database: &TestDatabase, project: &str) -> String {
    let mut command: Command = Server::command();
    let output = command
        .args(["replay", project, "--database", database.url()])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
