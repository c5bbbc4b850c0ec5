//! The law changes under running projects: norms and a lifecycle are published with a later date, as texts, and no program is built. What
//! was decided before still replays as it was judged then; what is decided is judged by the rules of its own date; a project goes on
//! under the lifecycle that it was drafted under. A file that was edited in place is refused.

use std::path::{Path, PathBuf};
use std::process::Output;

use dean_test_support::story::{self, StoryStep, papers};
use dean_test_support::{Client, Response, Server, TestDatabase};
use serde_json::{Value, json};

const MILLION: u64 = 1_000_000;
const MINISTER: &str = "bo-ct.bt; role=minister; unit=bo-ct";
const OFFICER: &str = "cuc.cv; role=agency-officer; unit=cuc";
const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

/// From this day on the new texts hold.
const CHANGE: &str = "2026-03-01";

#[test]
fn old_decisions_stay_and_new_ones_follow_the_new_law_on_sqlite() {
    change_of_law(&TestDatabase::sqlite());
}

#[test]
fn old_decisions_stay_and_new_ones_follow_the_new_law_on_postgresql() {
    change_of_law(&TestDatabase::postgres());
}

fn change_of_law(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let (norms, lifecycle) = new_texts(folder.path());

    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let batch = open_batch(&client);
    let (old, running) = (
        appraised(&client, "5600000001", 300),
        appraised(&client, "5600000002", 350),
    );
    let decided = decide(&client, &batch, &old, "2026-01-05", "12/QĐ-BCT");
    assert_eq!(decided.status, 200, "{}", decided.text());
    let (history, standing) = (read(&client, &old, "/history"), read(&client, &old, ""));
    judged_by(&history, "2018-05-11", 300);
    assert!(server.terminate().success());
    let replayed = replay(database, &old);

    publish_both(database, &norms, &lifecycle);
    edited_in_place_is_refused(database, folder.path(), &norms);
    edited_in_place_is_refused(database, folder.path(), &lifecycle);

    assert_eq!(
        replay(database, &old),
        replayed,
        "what was decided is as it was decided"
    );
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    assert_eq!(read(&client, &old, "/history"), history);
    let shown = read(&client, &old, "");
    assert_eq!(
        (&shown["standing"], &shown["lifecycle"]),
        (&standing["standing"], &standing["lifecycle"])
    );

    norms_of_the_decision(&client, &batch, &running);
    lifecycle_of_the_draft(&client, &running);
    assert!(server.terminate().success());
    Server::verify(database);
}

/// By the norms of its date 350 triệu are too much, by those of a later date they are not; both are published when it is decided.
fn norms_of_the_decision(client: &Client, batch: &str, project: &str) {
    let refused = decide(client, batch, project, "2026-02-20", "31/QĐ-BCT");
    let problem = refused.json();
    let why = &problem["errors"][0]["code"];
    assert_eq!((refused.status, why), (422, &json!("norm-exceeded")), "{problem}");
    assert_eq!(problem["judgement"]["limit"], 300 * MILLION, "{problem}");
    assert_eq!(problem["judgement"]["rule_set"]["version"], "2018-05-11", "{problem}");
    // Whoever records it later gets no later norms by that.
    let (decided, recorded) = ("2026-02-20", "2026-03-05");
    let late = approve(client, batch, project, recorded, &paper("31/QĐ-BCT", decided));
    assert_eq!(late.json()["judgement"]["limit"], 300 * MILLION, "{}", late.text());
    let decided = decide(client, batch, project, "2026-03-05", "32/QĐ-BCT");
    assert_eq!(decided.status, 200, "{}", decided.text());
    judged_by(&read(client, project, "/history"), CHANGE, 400);
}

/// The new lifecycle asks for the council's minutes. Who was drafted under the old one went on without, and still is under it.
fn lifecycle_of_the_draft(client: &Client, running: &str) {
    assert_eq!(read(client, running, "")["lifecycle"]["version"], "2014-02-10-3");
    let drafted = draft(client, "5600000003", 300, "2026-03-02");
    assert_eq!(read(client, &drafted, "")["lifecycle"]["version"], CHANGE);
    let mut version = 1;
    for step in story::steps().into_iter().filter(|step| step.step != "return") {
        let step = StoryStep {
            occurred_on: "2026-03-02",
            ..step
        };
        if step.step == "appraise-ministry" {
            let director = "cuc.ct; role=agency-director; unit=cuc";
            let body = json!({"occurred_on": step.occurred_on, "details": step.details, "papers": []});
            let path = format!("/api/v1/projects/{drafted}/steps/{}", step.step);
            let refused = client.post_json(&path, &body, &[("dean-actor", director)]);
            let problem = refused.json();
            assert_eq!(
                (refused.status, &problem["code"]),
                (422, &json!("missing-paper")),
                "{problem}"
            );
            assert_eq!(problem["field"], "papers.bien-ban-tham-dinh", "{problem}");
        }
        if step.step == "propose" && version > 1 {
            continue;
        }
        if step.step == "approve" {
            break;
        }
        let taken = story::take(client, &drafted, &step, version);
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
        version += 1;
    }
    assert_eq!(read(client, &drafted, "")["standing"]["state"], "appraised-ministry");
}

/// The norms allow 400 triệu for machines, and the ministry's appraisal rests on minutes.
fn new_texts(folder: &Path) -> (PathBuf, PathBuf) {
    let edited = |file: &str, name: &str, edits: &[(&str, &str)]| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let mut text = std::fs::read_to_string(path).expect("a text that comes along");
        for (from, to) in edits {
            assert!(text.contains(from), "{file} has {from}");
            text = text.replace(from, to);
        }
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let norms = edited(
        "rules/norms-national-2018-05-11.toml",
        "norms.toml",
        &[
            ("version = \"2018-05-11\"", "version = \"2026-03-01\""),
            ("valid_from = \"2018-05-11\"", "valid_from = \"2026-03-01\""),
            ("cap_million = 300\n", "cap_million = 400\n"),
        ],
    );
    let lifecycle = edited(
        "lifecycles/kcqg-2014-02-10-3.toml",
        "kcqg.toml",
        &[
            ("version = \"2014-02-10-3\"", "version = \"2026-03-01\""),
            ("valid_from = \"2014-02-10\"", "valid_from = \"2026-03-01\""),
            (
                "Đ6.3, Đ8.2, Đ9\"\noptional_papers = [\"bien-ban-tham-dinh\"]",
                "Đ6.3, Đ8.2, Đ9\"\npapers = [\"bien-ban-tham-dinh\"]",
            ),
        ],
    );
    (norms, lifecycle)
}

fn publish_both(database: &TestDatabase, norms: &Path, lifecycle: &Path) {
    let clerk = "so-ct.cv; role=department-officer; unit=so-ct-lai-chau";
    let refused = dean(database, &["publish", &text(norms), "--actor", clerk]);
    assert!(!refused.status.success());
    assert!(
        stderr(&refused).contains("published by an administrator, not by department-officer"),
        "{refused:?}"
    );
    for (file, kind, code) in [(norms, "rules", "norms-national"), (lifecycle, "lifecycle", "kcqg")] {
        let published = dean(database, &["publish", &text(file)]);
        assert!(published.status.success(), "{published:?}");
        let told = String::from_utf8_lossy(&published.stdout).into_owned();
        assert!(told.starts_with(&format!("{kind}\t{code}\t{CHANGE}\t")), "{told}");
        let again = dean(database, &["publish", &text(file)]);
        assert!(!again.status.success());
        assert!(
            stderr(&again).contains("already published with the same text; nothing to do"),
            "{again:?}"
        );
    }
}

/// Events name the hash of the text that they were judged by: the same version with other words would make them lie.
fn edited_in_place_is_refused(database: &TestDatabase, folder: &Path, file: &Path) {
    let edited = folder.join("edited.toml");
    let words = std::fs::read_to_string(file).expect("a text");
    std::fs::write(&edited, format!("{words}\n# One word more.\n")).expect("written");
    let refused = dean(database, &["publish", &text(&edited)]);
    assert!(!refused.status.success());
    let told = stderr(&refused);
    assert!(
        told.contains("is already published with another text") && told.contains("under a new version"),
        "{told}"
    );
}

fn dean(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = Server::command();
    command.args(arguments).args(["--database", database.url()]);
    command.output().expect("the product's binary runs")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn replay(database: &TestDatabase, project: &str) -> String {
    let output = dean(database, &["replay", project]);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn read(client: &Client, project: &str, what: &str) -> Value {
    client.get(&format!("/api/v1/projects/{project}{what}")).json()
}

fn judged_by(history: &Value, version: &str, limit: u64) {
    let mut events = history.as_array().expect("events").iter();
    let approved = events
        .find(|event| event["event"] == "Approved")
        .expect("it was approved");
    let judgement = &approved["judgements"][0];
    assert_eq!(judgement["rule_set"]["version"], version, "{approved}");
    assert_eq!(judgement["limit"], limit * MILLION, "{approved}");
}

fn draft(client: &Client, tax_code: &str, support: u64, on: &str) -> String {
    let mut details = story::draft_for(tax_code);
    let line = &mut details["content"]["lines"][0];
    line["cost"] = json!(900 * MILLION);
    line["support"] = json!(support * MILLION);
    line["counterpart"] = json!((900 - support) * MILLION);
    let body = json!({"occurred_on": on, "details": details, "papers": papers(&["de-an"], on)});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    drafted.json()["project"].as_str().expect("an id").to_owned()
}

/// A đề án that waits for its approval.
fn appraised(client: &Client, tax_code: &str, support: u64) -> String {
    let project = draft(client, tax_code, support, "2025-04-20");
    let steps = story::steps();
    for (version, step) in (1..).zip(steps.iter().take_while(|step| step.step != "approve")) {
        let taken = story::take(client, &project, step, version);
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
    }
    project
}

fn act(client: &Client, path: &str, on: &str, details: &Value, actor: &str) -> Response {
    let body = json!({"occurred_on": on, "details": details, "papers": papers(&["to-trinh", "qd-phe-duyet"], on)});
    let headers = [("dean-actor", actor), ("accept-language", "en")];
    client.post_json(&format!("/api/v1/{path}"), &body, &headers)
}

fn accepted(answer: &Response) -> Value {
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
    answer.json()
}

fn paper(number: &str, on: &str) -> Value {
    json!({"number": number, "date": on, "issuer": "Bộ Công Thương"})
}

fn open_batch(client: &Client) -> String {
    let on = "2026-01-05";
    let details =
        json!({"level": "national", "year": 2026, "amount": 2_000 * MILLION, "decision": paper("01/QĐ-DT", on)});
    let plan = accepted(&act(client, "plans", on, &details, MINISTER));
    let path = format!("plans/{}/batches", plan["id"].as_str().expect("an id"));
    let details = json!({"number": 1, "ceiling": 1_500 * MILLION});
    let opened = accepted(&act(client, &path, on, &details, MINISTER));
    opened["batch"].as_str().expect("an id").to_owned()
}

/// Nominated and ranked where it is not yet, and approved with what it asks for.
fn decide(client: &Client, batch: &str, project: &str, on: &str, number: &str) -> Response {
    let candidates = format!("batches/{batch}/candidates");
    let nominated = act(client, &candidates, on, &json!({"project": project}), OFFICER);
    if nominated.status != 422 {
        accepted(&nominated);
        accepted(&act(
            client,
            &format!("batches/{batch}/ranking"),
            on,
            &json!({}),
            OFFICER,
        ));
    }
    approve(client, batch, project, on, &paper(number, on))
}

fn approve(client: &Client, batch: &str, project: &str, on: &str, decision: &Value) -> Response {
    let items = json!([{"project": project, "what": {"approve": {"lines": []}}}]);
    let details = json!({"decision": decision, "items": items});
    act(client, &format!("batches/{batch}/decisions"), on, &details, MINISTER)
}
