//! Bad input of every kind gets a clear error that names the field and the fix, in Vietnamese or English; nothing is recorded.

use dean_test_support::{Client, Response, Server, TestDatabase, story};
use serde_json::{Value, json};

const ACTOR: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

fn draft_body() -> Value {
    let paper = json!({"kind": "de-an", "number": "1/ĐA", "date": "2025-04-20", "issuer": "TTKC"});
    json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": [paper]})
}

/// The request is refused with this status and code at this field; title and fix are sentences in the language asked for.
#[track_caller]
fn refused(answer: &Response, status: u16, code: &str, field: &str) {
    let problem = answer.json();
    assert_eq!(
        (answer.status, problem["code"].as_str()),
        (status, Some(code)),
        "{problem}"
    );
    if !field.is_empty() {
        assert_eq!(problem["field"], field, "{problem}");
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    for text in ["title", "fix"] {
        let text = problem[text].as_str().unwrap_or_default();
        assert!(
            text.contains(' ') && !text.contains("problem-") && !text.contains("{$"),
            "no sentence: {problem}"
        );
    }
}

#[test]
fn bad_requests_are_refused_at_the_field_and_record_nothing_on_sqlite() {
    bad_requests(&TestDatabase::sqlite());
}

#[test]
fn bad_requests_are_refused_at_the_field_and_record_nothing_on_postgresql() {
    bad_requests(&TestDatabase::postgres());
}

fn bad_requests(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let head = || client.get("/api/v1/events?limit=1").json()["head"].clone();
    let before = head();
    bodies(&client);
    values(&client);
    headers(&client);
    paths(&client);
    assert_eq!(head(), before, "a refusal records nothing");
    steps(&client);
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
    let output = Server::command()
        .args(["verify", "--database", database.url()])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn raw(client: &Client, body: &[u8]) -> Response {
    client.request(
        "POST",
        "/api/v1/projects",
        &[("content-type", "application/json"), ("dean-actor", ACTOR)],
        Some(body),
    )
}

fn bodies(client: &Client) {
    refused(&raw(client, b"{\"occurred_on\": "), 400, "malformed-json", "");
    refused(&raw(client, b"{\"note\": \"\xff\xfe\"}"), 400, "invalid-utf8", "");
    refused(&raw(client, b"[[[[[[[[[["), 400, "malformed-json", "");
    let deep = "[".repeat(100_000);
    refused(&raw(client, deep.as_bytes()), 400, "malformed-json", "");
    let huge = json!({"note": "x".repeat(2 << 20)}).to_string();
    refused(&raw(client, huge.as_bytes()), 413, "body-too-large", "");
    let form = client.request(
        "POST",
        "/api/v1/projects",
        &[("content-type", "text/plain"), ("dean-actor", ACTOR)],
        Some(b"{}"),
    );
    refused(&form, 415, "unsupported-media-type", "content-type");
}

/// Each row: where the draft is changed, to what, and how that is refused.
fn values(client: &Client) {
    let line = "/details/content/lines/0";
    let rows: [(&str, Value, u16, &str, &str); 14] = [
        ("/note", json!("a\u{0}b"), 422, "nul-character", "note"),
        ("/occurred_on", json!("2999-01-01"), 422, "future-date", "occurred_on"),
        ("/occurred_on", json!("31/12/2025"), 422, "invalid-value", "occurred_on"),
        (
            "/occurred_on",
            json!("1990-01-01"),
            422,
            "nothing-in-force",
            "occurred_on",
        ),
        ("/nonsense", json!(1), 422, "unknown-field", "nonsense"),
        (
            "/details/province",
            json!("atlantis"),
            422,
            "unknown-province",
            "details.province",
        ),
        (
            "/details/plan_year",
            json!(1_000_000),
            422,
            "invalid-value",
            "details.plan_year",
        ),
        (
            "/details/content/name",
            json!(" "),
            422,
            "text-empty",
            "details.content.name",
        ),
        (
            "/details/content/lines",
            json!([]),
            422,
            "no-lines",
            "details.content.lines",
        ),
        (
            &format!("{line}/support"),
            json!(-1),
            422,
            "invalid-value",
            "details.content.lines.0.support",
        ),
        (
            &format!("{line}/cost"),
            json!(9_007_199_254_740_993_i64),
            422,
            "number-out-of-range",
            "details.content.lines.0.cost",
        ),
        (
            &format!("{line}/cost"),
            json!(1.5),
            422,
            "not-integer",
            "details.content.lines.0.cost",
        ),
        (
            &format!("{line}/kind"),
            json!("XYZ"),
            422,
            "unknown-support-kind",
            "details.content.lines.0.kind",
        ),
        // A reference into a personal part: what the ledger gives, never what it is given.
        (
            "/details/content/beneficiaries/0/name",
            json!({"$personal": 0}),
            422,
            "invalid-value",
            "details.content.beneficiaries.0.name",
        ),
    ];
    for (pointer, value, status, code, field) in rows {
        let mut body = draft_body();
        match body.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => body[pointer.trim_start_matches('/')] = value,
        }
        for lang in ["vi", "en"] {
            let answer = client.post_json(
                "/api/v1/projects",
                &body,
                &[("dean-actor", ACTOR), ("accept-language", lang)],
            );
            refused(&answer, status, code, field);
            assert_eq!(answer.header("content-language"), Some(lang));
        }
    }
}

fn headers(client: &Client) {
    let post = |headers: &[(&str, &str)]| client.post_json("/api/v1/projects", &draft_body(), headers);
    refused(&post(&[]), 401, "no-actor", "dean-actor");
    refused(
        &post(&[("dean-actor", "x; role=boss; unit=u")]),
        400,
        "unknown-role",
        "dean-actor",
    );
    refused(
        &post(&[("dean-actor", "nonsense")]),
        400,
        "malformed-actor",
        "dean-actor",
    );
    refused(
        &post(&[("dean-actor", "so.cv; role=department-officer; unit=so-ct-dien-bien")]),
        403,
        "not-your-role",
        "",
    );
    refused(
        &post(&[("dean-actor", ACTOR), ("idempotency-key", "")]),
        400,
        "malformed-idempotency-key",
        "idempotency-key",
    );
}

fn paths(client: &Client) {
    refused(&client.get("/api/v1/nowhere"), 404, "no-such-page", "");
    refused(&client.get("/api/v1/projects/not-a-uuid"), 404, "no-such-project", "");
    refused(
        &client.get("/api/v1/projects/0190c2a0-0000-7000-8000-000000000000"),
        404,
        "no-such-project",
        "",
    );
    refused(
        &client.get("/api/v1/lifecycles/kcqg/1999-01-01"),
        404,
        "unknown-lifecycle",
        "",
    );
    refused(&client.get("/api/v1/events?after=-1"), 400, "invalid-filter", "");
    refused(
        &client.get("/api/v1/projects?after=rubbish"),
        400,
        "invalid-filter",
        "after",
    );
    refused(&client.get("/api/v1/projects?text=a%00b"), 400, "nul-character", "text");
    let long = client.get(&format!("/api/v1/projects?text={}", "x".repeat(51_000)));
    assert_eq!(long.status, 200, "{}", long.text());
    let flood = client.request(
        "POST",
        "/nguoi-dung",
        &[("content-type", "application/x-www-form-urlencoded")],
        Some("x".repeat(2 << 20).as_bytes()),
    );
    assert_eq!(flood.status, 413, "forms are bounded as API bodies are");
    refused(
        &client.request("DELETE", "/api/v1/projects", &[], None),
        405,
        "method-not-allowed",
        "",
    );
}

fn steps(client: &Client) {
    let drafted = client.post_json(
        "/api/v1/projects",
        &draft_body(),
        &[("dean-actor", ACTOR), ("idempotency-key", "same")],
    );
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let mut other = draft_body();
    other["note"] = json!("khác");
    let reused = client.post_json(
        "/api/v1/projects",
        &other,
        &[("dean-actor", ACTOR), ("idempotency-key", "same")],
    );
    refused(&reused, 422, "different-request", "idempotency-key");
    let id = drafted.json()["project"].as_str().expect("an id").to_owned();
    let step = |step: &str, body: Value, more: &[(&str, &str)]| {
        let headers = [&[("dean-actor", ACTOR)], more].concat();
        client.post_json(&format!("/api/v1/projects/{id}/steps/{step}"), &body, &headers)
    };
    let empty = json!({"occurred_on": "2025-05-05"});
    refused(&step("fly", empty.clone(), &[]), 404, "unknown-step", "");
    refused(
        &step(
            "settle",
            json!({"occurred_on": "2025-05-05", "details": {"amount": 1, "decision": {"number": "1", "date": "2025-05-05", "issuer": "x"}}}),
            &[],
        ),
        409,
        "wrong-state",
        "",
    );
    refused(
        &step("propose", empty.clone(), &[]),
        422,
        "missing-paper",
        "papers.cong-van-de-nghi",
    );
    refused(
        &step("propose", empty.clone(), &[("if-match", "\"7\"")]),
        412,
        "stale-version",
        "if-match",
    );
    refused(
        &step("propose", empty.clone(), &[("if-match", "seven")]),
        400,
        "malformed-if-match",
        "if-match",
    );
    refused(
        &step("propose", json!({"occurred_on": "2025-04-01"}), &[]),
        422,
        "back-dated",
        "occurred_on",
    );
    refused(
        &client.get(&format!("/api/v1/projects/{id}?at=yesterday")),
        400,
        "unknown-past",
        "at",
    );
    let unchanged = client.get(&format!("/api/v1/projects/{id}")).json();
    assert_eq!(unchanged["version"], 1, "refused steps record nothing");
}

/// Runs `dean` with arguments that must fail; returns what it says.
#[track_caller]
fn fails(arguments: &[&str]) -> String {
    let output = Server::command().args(arguments).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(!said.contains("panicked") && said.lines().count() <= 12, "{said}");
    said
}

#[test]
fn databases_that_can_not_be_used_are_named_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("not-a-database.db");
    std::fs::write(&file, "These are not the bytes of a database. ".repeat(100)).expect("writes");
    let url = format!("sqlite:{}", file.display());
    assert!(fails(&["serve", "--addr", "127.0.0.1:0", "--database", &url]).contains("not an SQLite database"));
    assert_eq!(
        std::fs::read(&file).expect("reads").len(),
        3_900,
        "the file is left as it was"
    );
    assert!(fails(&["verify", "--database", "sqlite:/nowhere/at/all.db"]).contains("/nowhere/at/all.db"));
    assert!(fails(&["serve", "--addr", "127.0.0.1:0", "--database", "mysql://x/y"]).contains("sqlite:PATH"));
    let said = fails(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--database",
        "postgres://u:secret@127.0.0.1:1/x",
    ]);
    assert!(said.contains("127.0.0.1:1") && !said.contains("secret"), "{said}");
}

#[test]
fn a_second_process_on_one_sqlite_file_is_refused_and_reading_goes_on() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &[]);
    let said = fails(&["serve", "--addr", "127.0.0.1:0", "--database", database.url()]);
    assert!(
        said.contains(&server.process_id().to_string()),
        "names the process that serves: {said}"
    );
    let verified = Server::command()
        .args(["verify", "--database", database.url()])
        .output()
        .expect("runs");
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

#[test]
fn a_schema_newer_than_the_program_is_refused_on_both_databases() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        drop(Server::start(&database, &[]));
        let table = if database.url().starts_with("postgres") {
            "ledger._sqlx_migrations"
        } else {
            "_sqlx_migrations"
        };
        let (yes, digest) = if database.url().starts_with("postgres") {
            ("true", "'\\x00'::bytea")
        } else {
            ("1", "x'00'")
        };
        database.execute(&format!(
            "INSERT INTO {table} (version, description, success, checksum, execution_time) VALUES (9999, 'later', {yes}, {digest}, 0)"
        ));
        let said = fails(&["serve", "--addr", "127.0.0.1:0", "--database", database.url()]);
        assert!(said.contains("9999") && said.contains("newer"), "{said}");
    }
}

#[test]
fn an_address_that_others_can_reach_needs_a_word() {
    let database = TestDatabase::sqlite();
    let said = fails(&["serve", "--addr", "0.0.0.0:0", "--database", database.url()]);
    assert!(
        said.contains("--without-sign-in") && said.contains("127.0.0.1"),
        "{said}"
    );
}

#[test]
fn a_faulty_lifecycle_names_file_line_and_fix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("faulty.toml");
    std::fs::write(&file, "code = \"x\"\nversion = 3\n").expect("writes");
    let output = Server::command()
        .args(["lifecycle", "check"])
        .arg(&file)
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("faulty.toml:2: "), "{said}");
}

#[test]
fn a_demo_file_of_another_size_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let load = |projects: &str| {
        let arguments = ["demo", "--load-only", "--projects", projects, "--database", &url];
        Server::command().args(arguments).output().expect("runs")
    };
    let first = load("24");
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(load("24").stdout, first.stdout, "a second start finds the same ledger");
    let other = load("25");
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(
        !other.status.success() && said.contains("--projects") && said.contains("--database"),
        "{said}"
    );
    assert_eq!(load("24").stdout, first.stdout, "nothing was changed");
}
