//! Đề án that wait for their contract, and the acts on contracts and inspections.

use std::sync::atomic::{AtomicU64, Ordering};

use dean_aggregates::project::content::Level;
use dean_aggregates::{batch, plan};
use dean_test_support::story::{self, StoryStep, papers};
use dean_test_support::{Client, Response};
use serde_json::{Value, json};

pub const DIRECTOR: &str = "cuc.director; role=agency-director; unit=cuc";
pub const AUDITOR: &str = "ktnn.auditor; role=auditor; unit=ktnn";
const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
/// Every paper that the acts and the steps below them ask for.
const PAPERS: [&str; 8] = [
    "hop-dong",
    "du-toan-chi-tiet",
    "mau-6",
    "mau-10",
    "qd-kiem-tra",
    "bien-ban-kiem-tra",
    "qd-thu-hoi",
    "chung-tu-nop",
];

/// A đề án of 300 million that the Ministry has approved, for a firm of its own: nothing is supported twice.
pub fn approved(client: &Client) -> String {
    static FIRMS: AtomicU64 = AtomicU64::new(5_600_000_000);
    let details = story::draft_for(&FIRMS.fetch_add(1, Ordering::Relaxed).to_string());
    let body = json!({"occurred_on": "2025-04-20", "details": details, "papers": papers(&["de-an"], "2025-04-20")});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let project = drafted.json()["project"].as_str().expect("an id").to_owned();
    let steps = story::steps();
    for (version, step) in (1..).zip(steps.iter().take_while(|step| step.step != "approve")) {
        let taken = story::take(client, &project, step, version);
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
    }
    add_to_batch(client, &project);
    project
}

/// Approves by a decision of the one batch of the year, which is opened by the first.
fn add_to_batch(client: &Client, project: &str) {
    let plan = plan::id_of(Level::National, "bo-ct", 2026);
    let batch = batch::id_of(plan, 1);
    let post = |path: &str, details: &Value| {
        let papers = papers(&["to-trinh", "qd-phe-duyet"], "2026-01-05");
        let body = json!({"occurred_on": "2026-01-05", "details": details, "papers": papers});
        let minister = "bo-ct.bt; role=minister; unit=bo-ct";
        client.post_json(&format!("/api/v1/{path}"), &body, &[("dean-actor", minister)])
    };
    let mut decision = paper(&format!("{project}/QĐ-BCT"));
    decision["date"] = json!("2026-01-05");
    if client.get(&format!("/api/v1/plans/{plan}")).status == 404 {
        let amount = 100_000_000_000_u64;
        let estimate = json!({"level": "national", "year": 2026, "amount": amount, "decision": decision});
        assert_eq!(post("plans", &estimate).status, 201);
        let opening = json!({"number": 1, "ceiling": amount});
        assert_eq!(post(&format!("plans/{plan}/batches"), &opening).status, 201);
    }
    let items = json!([{"project": project, "what": {"add": {"reason": "Bổ sung."}}}]);
    let decided = post(
        &format!("batches/{batch}/decisions"),
        &json!({"decision": decision, "items": items}),
    );
    assert_eq!(decided.status, 200, "{}", decided.text());
}

fn version(client: &Client, project: &str) -> u64 {
    let shown = client.get(&format!("/api/v1/projects/{project}")).json();
    shown["version"].as_u64().expect("a version")
}

/// A step of the story; `advance-first-some` is the first advance of a smaller contract.
pub fn try_step(client: &Client, project: &str, name: &'static str) -> Response {
    let some = name == "advance-first-some";
    let name = if some { "advance-first" } else { name };
    let steps = story::steps();
    let mut step = steps
        .into_iter()
        .find(|step| step.step == name)
        .expect("a step of the story");
    if some {
        step.details["amount"] = json!(100_000_000);
    }
    story::take(client, project, &step, version(client, project))
}

/// [`try_step`], which is taken.
#[track_caller]
pub fn step(client: &Client, project: &str, name: &'static str) {
    let taken = try_step(client, project, name);
    assert_eq!(taken.status, 200, "{name}: {}", taken.text());
}

/// A step that the story doesn't have.
pub fn try_take(
    client: &Client,
    project: &str,
    step: &'static str,
    occurred_on: &'static str,
    details: Value,
) -> Response {
    let step = StoryStep {
        step,
        occurred_on,
        details,
        state: "",
    };
    story::take(client, project, &step, version(client, project))
}

/// [`try_take`], which is taken.
#[track_caller]
pub fn take(client: &Client, project: &str, step: &'static str, occurred_on: &'static str, details: Value) {
    let taken = try_take(client, project, step, occurred_on, details);
    assert_eq!(taken.status, 200, "{step}: {}", taken.text());
}

/// An acceptance that is ready to be sent, without a version: so it is never stale.
pub struct Accepting {
    path: String,
    body: Value,
}

pub fn accepting(project: &str) -> Accepting {
    let step = story::steps()
        .into_iter()
        .find(|step| step.step == "accept")
        .expect("a step");
    Accepting {
        path: format!("/api/v1/projects/{project}/steps/accept"),
        body: json!({"occurred_on": step.occurred_on, "details": step.details,
                     "papers": papers(&["bien-ban-nghiem-thu"], step.occurred_on)}),
    }
}

impl Accepting {
    pub fn send(&self, client: &Client) -> u16 {
        let actor = "so-ct-dien-bien.director; role=department-director; unit=so-ct-dien-bien";
        let answer = client.post_json(&self.path, &self.body, &[("dean-actor", actor)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.status
    }
}

/// Stops a đề án for violations, whatever its version.
pub fn stop(client: &Client, project: &str) -> Response {
    let details = json!({"decision": paper("55/QĐ-BCT"), "on_request": false, "reason": "Sai phạm."});
    let body = json!({"occurred_on": "2026-02-03", "details": details, "papers": papers(&["qd-ngung"], "2026-02-03")});
    let path = format!("/api/v1/projects/{project}/steps/stop-for-violation");
    client.post_json(
        &path,
        &body,
        &[("dean-actor", "bo-ct.minister; role=minister; unit=bo-ct")],
    )
}

/// Stops đề án for violations by one decision of their batch.
pub fn stop_by_batch(client: &Client, number: usize, projects: &[String]) -> Response {
    let batch = batch::id_of(plan::id_of(Level::National, "bo-ct", 2026), 1);
    let what = json!({"stop": {"on_request": false, "reason": "Sai phạm."}});
    let items: Vec<Value> = projects
        .iter()
        .map(|project| json!({"project": project, "what": what}))
        .collect();
    let details = json!({"decision": paper(&format!("{number}/QĐ-BCT")), "items": items});
    let papers = papers(&["to-trinh", "qd-phe-duyet", "qd-ngung"], "2026-02-03");
    let body = json!({"occurred_on": "2026-02-03", "details": details, "papers": papers});
    let minister = "bo-ct.minister; role=minister; unit=bo-ct";
    let path = format!("/api/v1/batches/{batch}/decisions");
    client.post_json(&path, &body, &[("dean-actor", minister)])
}

/// An act on a contract or an inspection.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a str,
    pub occurred_on: &'a str,
    pub key: Option<&'a str>,
    pub version: Option<u64>,
    pub lang: &'a str,
}

impl Act<'_> {
    const fn by(actor: &str) -> Act<'_> {
        Act {
            actor,
            occurred_on: "2026-02-02",
            key: None,
            version: None,
            lang: "en",
        }
    }

    pub fn post(self, client: &Client, path: &str, details: &Value) -> Response {
        let body =
            json!({"occurred_on": self.occurred_on, "details": details, "papers": papers(&PAPERS, self.occurred_on)});
        let tag = self.version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("dean-actor", self.actor), ("accept-language", self.lang)];
        headers.extend(self.key.map(|key| ("idempotency-key", key)));
        headers.extend(tag.as_deref().map(|tag| ("if-match", tag)));
        client.post_json(&format!("/api/v1/{path}"), &body, &headers)
    }

    /// [`Self::post`], which is accepted.
    #[track_caller]
    pub fn accepted(self, client: &Client, path: &str, details: &Value) -> Value {
        let answer = self.post(client, path, details);
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
        answer.json()
    }
}

pub fn director() -> Act<'static> {
    Act::by(DIRECTOR)
}

pub fn officer() -> Act<'static> {
    Act::by("cuc.inspecting; role=agency-officer; unit=cuc")
}

pub fn accountant() -> Act<'static> {
    Act::by("cuc.books; role=accountant; unit=cuc")
}

pub fn implementer() -> Act<'static> {
    Act::by(IMPLEMENTER)
}

pub fn auditor() -> Act<'static> {
    Act::by(AUDITOR)
}

pub fn paper(number: &str) -> Value {
    json!({"number": number, "date": "2026-01-30", "issuer": "Cục", "signer": {"$personal": "Nguyễn Văn An"}})
}

/// A contract over these đề án, each with so many million.
pub fn signing(number: &str, projects: &[&String], value: u64) -> Value {
    let items: Vec<Value> = projects
        .iter()
        .map(|project| json!({"project": project, "value": value * 1_000_000}))
        .collect();
    // Room for 50 million more.
    let amount = (value * projects.len() as u64 + 50) * 1_000_000;
    json!({"number": number, "signed_on": "2026-02-02", "estimate": {"decision": paper("08/QĐ-CT"), "amount": amount},
           "projects": items})
}

pub fn contract_of(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/contracts/{id}")).json()
}

pub fn standing(client: &Client, project: &str) -> Value {
    client.get(&format!("/api/v1/projects/{project}")).json()["standing"].clone()
}

pub fn state(client: &Client, project: &str) -> String {
    standing(client, project)["state"].as_str().expect("a state").to_owned()
}

/// The kinds of aggregates that a command changed.
pub fn changed(answer: &Value) -> Vec<&str> {
    let changed = answer["changed"].as_array().expect("what changed").iter();
    changed.filter_map(|one| one["aggregate"].as_str()).collect()
}
