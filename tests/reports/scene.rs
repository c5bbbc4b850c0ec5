//! A đề án under contract, its Sở, and what both file.

use dean_test_support::story::{self, papers};
use dean_test_support::{Client, Response};
use serde_json::{Value, json};

pub const MILLION: u64 = 1_000_000;
pub const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
pub const IMPLEMENTER_UNIT: &str = "ttkc-dien-bien";
pub const OFFICER: &str = "so-ct-dien-bien.cv1; role=department-officer; unit=so-ct-dien-bien";
pub const DEPARTMENT: &str = "so-ct-dien-bien";

/// A đề án of 300 million, signed on 2 February 2026.
pub fn contracted(client: &Client) -> String {
    let body =
        json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": papers(&["de-an"], "2025-04-20")});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let project = drafted.json()["project"].as_str().expect("an id").to_owned();
    let steps = story::steps();
    for step in steps.iter().take_while(|step| step.step != "report-progress") {
        let taken = story::take(client, &project, step, version(client, &project));
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
    }
    project
}

fn version(client: &Client, project: &str) -> u64 {
    let shown = client.get(&format!("/api/v1/projects/{project}")).json();
    shown["version"].as_u64().expect("a version")
}

/// A step of the story.
#[track_caller]
pub fn step(client: &Client, project: &str, name: &str) {
    let steps = story::steps();
    let step = steps
        .iter()
        .find(|step| step.step == name)
        .expect("a step of the story");
    let taken = story::take(client, project, step, version(client, project));
    assert_eq!(taken.status, 200, "{name}: {}", taken.text());
}

/// So many thousandths of a machine and million of its value, so much of it support.
pub fn month(month: &str, value: u64, support: u64) -> Value {
    json!({"month": month, "form": "mau-3b", "lines": [{
        "line": 1, "unit": "máy", "planned_milli": 1_000, "done_milli": value, "value_done": value * MILLION,
        "support_spent": support * MILLION, "counterpart_spent": (value - support) * MILLION}],
        "difficulties": "Mưa lũ.", "proposals": ""})
}

/// The first quarter of 2026 of the Sở, which states so much as disbursed.
pub fn quarter_report(disbursed: u64, explanation: &str) -> Value {
    json!({"unit": DEPARTMENT, "period": {"kind": "quarter", "year": 2026, "number": 1},
           "stated": [{"level": "national", "projects": 1, "approved": 300 * MILLION, "disbursed": disbursed, "settled": 0,
                       "counterpart": 400 * MILLION}],
           "explanation": explanation, "results": "Một đề án đang triển khai."})
}

/// The same as a correction, for a reason.
pub fn correction(disbursed: u64, explanation: &str, reason: &str) -> Value {
    let mut details = quarter_report(disbursed, explanation);
    let object = details.as_object_mut().expect("an object");
    object.remove("unit");
    object.remove("period");
    object.insert("reason".to_owned(), json!(reason));
    details
}

/// An id that nothing has.
pub fn uuid() -> &'static str {
    "0194f0c0-0000-7000-8000-00000000dead"
}

/// Who files when, under which key, on which version.
#[derive(Clone, Copy)]
pub struct Filing<'a> {
    pub actor: &'a str,
    pub occurred_on: &'a str,
    pub key: Option<&'a str>,
    pub version: Option<u64>,
}

impl<'a> Filing<'a> {
    pub const fn by(actor: &'a str, occurred_on: &'a str) -> Self {
        Self {
            actor,
            occurred_on,
            key: None,
            version: None,
        }
    }

    pub fn post(&self, client: &Client, path: &str, details: &Value) -> Response {
        self.post_in("en", client, path, details)
    }

    fn post_in(&self, lang: &str, client: &Client, path: &str, details: &Value) -> Response {
        let body = json!({"occurred_on": self.occurred_on, "details": details});
        let tag = self.version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("dean-actor", self.actor), ("accept-language", lang)];
        headers.extend(self.key.map(|key| ("idempotency-key", key)));
        headers.extend(tag.as_deref().map(|tag| ("if-match", tag)));
        client.post_json(&format!("/api/v1/{path}"), &body, &headers)
    }
}

/// Refused with a status, a code and a field (none: empty), in words of both languages.
#[track_caller]
pub fn refused(client: &Client, filing: &Filing<'_>, (path, details): (&str, &Value), expected: (u16, &str, &str)) {
    for lang in ["en", "vi"] {
        let answer = filing.post_in(lang, client, path, details);
        let problem = answer.json();
        let field = problem["field"].as_str().unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default();
        assert_eq!((answer.status, code, field), expected, "{problem}");
        for text in ["title", "fix"] {
            let text = problem[text].as_str().expect("a sentence");
            assert!(
                !text.is_empty() && !text.contains("{$") && !text.contains("problem-"),
                "{text}"
            );
        }
    }
}

/// The missing months of the one silent đề án as of a day.
#[track_caller]
pub fn missing(client: &Client, on: &str) -> Value {
    months_in(&client.get(&format!("/api/v1/reports/months?on={on}")).json())
}

/// [`missing`], after the read models have seen an answer.
#[track_caller]
pub fn missing_at(client: &Client, on: &str, answer: &Value) -> Value {
    let position = &answer["position"];
    months_in(
        &client
            .get(&format!("/api/v1/reports/months?on={on}&at_least={position}"))
            .json(),
    )
}

fn months_in(silent: &Value) -> Value {
    let rows = silent["rows"].as_array().unwrap_or_else(|| panic!("{silent}"));
    let months = rows.iter().flat_map(|row| row["missing"].as_array().expect("months"));
    months.map(|month| month["month"].clone()).collect()
}

#[track_caller]
pub fn months_of(client: &Client, project: &str, on: &str) -> Value {
    client
        .get(&format!("/api/v1/projects/{project}/reports?on={on}"))
        .json()
}

/// How it stands with each owed month.
pub fn statuses(shown: &Value) -> Vec<String> {
    let months = shown["months"].as_array().unwrap_or_else(|| panic!("{shown}"));
    let status = |month: &Value| month["status"].as_str().expect("a status").to_owned();
    months.iter().map(status).collect()
}

/// All at the same moment, over the clients in turn.
pub fn at_once(clients: &[Client], filing: &Filing<'_>, posts: Vec<(String, Value)>) -> Vec<(u16, Value)> {
    std::thread::scope(|scope| {
        let tasks: Vec<_> = posts
            .iter()
            .enumerate()
            .map(|(index, (path, details))| {
                let client = &clients[index % clients.len()];
                scope.spawn(move || {
                    let answer = filing.post(client, path, details);
                    (answer.status, answer.json())
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
    })
}
