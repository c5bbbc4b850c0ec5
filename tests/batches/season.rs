//! A plan year over the API: đề án that wait for their approval, and the acts on plan and batch.

use std::sync::atomic::{AtomicU64, Ordering};

use dean_test_support::story::{self, papers};
use dean_test_support::{Client, Response};
use serde_json::{Value, json};

pub const MINISTER: &str = "bo-ct.minister; role=minister; unit=bo-ct";
pub const OFFICER: &str = "cuc.officer; role=agency-officer; unit=cuc";
pub const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
/// Every paper that the steps of a decision ask for.
const PAPERS: [&str; 6] = [
    "to-trinh",
    "qd-phe-duyet",
    "van-ban-de-nghi",
    "y-kien-so",
    "qd-dieu-chinh",
    "qd-ngung",
];

/// A đề án that the ministry has appraised: 300 of 700 million, in a place of this class.
pub fn appraised(client: &Client, place: &str) -> String {
    // Each for a firm of its own: nothing is supported twice.
    static FIRMS: AtomicU64 = AtomicU64::new(5_600_000_000);
    let mut details = story::draft_for(&FIRMS.fetch_add(1, Ordering::Relaxed).to_string());
    details["content"]["lines"][0]["place"]["priority"] = json!(place);
    details["content"]["beneficiaries"][0]["place"]["priority"] = json!(place);
    let body = json!({"occurred_on": "2025-04-20", "details": details, "papers": papers(&["de-an"], "2025-04-20")});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let project = drafted.json()["project"].as_str().expect("an id").to_owned();
    let steps = story::steps();
    for (version, step) in (1..).zip(steps.iter().take_while(|step| step.step != "approve")) {
        let taken = story::take(client, &project, step, version);
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
    }
    project
}

/// An act on a plan or a batch.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a str,
    pub occurred_on: &'a str,
    pub key: Option<&'a str>,
    pub version: Option<u64>,
}

impl Default for Act<'_> {
    fn default() -> Self {
        Self {
            actor: MINISTER,
            occurred_on: "2026-01-05",
            key: None,
            version: None,
        }
    }
}

impl Act<'_> {
    pub fn post(self, client: &Client, path: &str, details: &Value) -> Response {
        let body =
            json!({"occurred_on": self.occurred_on, "details": details, "papers": papers(&PAPERS, self.occurred_on)});
        let tag = self.version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("dean-actor", self.actor), ("accept-language", "en")];
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

pub fn officer() -> Act<'static> {
    Act {
        actor: OFFICER,
        ..Act::default()
    }
}

pub fn paper(number: &str) -> Value {
    json!({"number": number, "date": "2026-01-05", "issuer": "Bộ Công Thương", "signer": {"$personal": "Nguyễn Văn An"}})
}

/// The plan of 2026 with its estimate; its id.
pub fn open_plan(client: &Client, amount: u64) -> String {
    let details = json!({"level": "national", "year": 2026, "amount": amount, "decision": paper("2300/QĐ-BTC")});
    let opened = Act::default().accepted(client, "plans", &details);
    opened["id"].as_str().expect("an id").to_owned()
}

/// A batch of a plan; its id.
pub fn open_batch(client: &Client, plan: &str, number: u16, ceiling: u64) -> String {
    let details = json!({"number": number, "ceiling": ceiling});
    let opened = Act::default().accepted(client, &format!("plans/{plan}/batches"), &details);
    opened["batch"].as_str().expect("an id").to_owned()
}

/// What approves these đề án.
pub fn approving(projects: &[&String]) -> Vec<Value> {
    projects
        .iter()
        .map(|project| json!({"project": project, "what": {"approve": {"lines": []}}}))
        .collect()
}
