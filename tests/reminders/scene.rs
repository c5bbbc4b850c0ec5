//! Projects that are due today, the server that reminds of them, and what the ledger says about it afterwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{Datelike, NaiveDate};
use dean_aggregates::reminder::id_of;
use dean_ledger::{Access, Database, Environment, Ledger, LedgerOptions};
use dean_test_support::story::{self, papers};
use dean_test_support::{Client, MailServer, Response, Server, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

pub const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
pub const ADMINISTRATOR: &str = "quan-tri.1; role=administrator; unit=cuc";
pub const ADDRESS: &str = "ttkc@example.vn";
pub const GUIDANCE: &str = "Công văn 123/SCT-QLCN";
const WAIT_MAX: Duration = Duration::from_secs(40);

pub fn today() -> NaiveDate {
    Environment::system().today()
}

/// A text on deadlines by which proposals of this plan year are due on a day.
pub fn guidance(version: &str, due_on: NaiveDate) -> String {
    let year = today().year();
    format!(
        r#"code = "deadlines-dien-bien"
version = "{version}"
valid_from = "{year}-01-01"
title = {{ vi = "Hướng dẫn của Sở Công Thương Điện Biên", en = "Guidance" }}

[[guidance]]
unit = "so-ct-dien-bien"
level = "national"
plan_year = {year}
step = "propose"
due_on = "{due_on}"
paper = "{GUIDANCE}"
"#
    )
}

pub fn publish(client: &Client, text: &str, headers: &[(&str, &str)]) -> Response {
    let mut all = vec![("accept-language", "en")];
    all.extend(headers);
    client.post_json("/api/v1/calendars", &json!({"text": text}), &all)
}

/// Publishes guidance by which proposals are due today.
pub fn due_today(client: &Client) {
    let published = publish(client, &guidance("1", today()), &[("dean-actor", ADMINISTRATOR)]);
    assert_eq!(published.status, 201, "{}", published.text());
}

/// Drafts a project of this year, whose proposal is awaited.
pub fn drafted(client: &Client) -> Uuid {
    let year = today().year();
    let mut details = story::draft();
    details["plan_year"] = json!(year);
    details["content"]["starts_on"] = json!(format!("{year}-01-15"));
    details["content"]["ends_on"] = json!(format!("{year}-12-30"));
    details["content"]["lines"][0]["year"] = json!(year);
    let body = json!({"occurred_on": today(), "details": details, "papers": papers(&["de-an"], &today().to_string())});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let id = drafted.json()["project"].as_str().expect("an id").to_owned();
    id.parse().expect("a UUID")
}

pub fn propose(client: &Client, project: Uuid) {
    let day = today().to_string();
    let filed = papers(&["cong-van-de-nghi", "de-an"], &day);
    let body = json!({"occurred_on": day, "details": {}, "papers": filed});
    let path = format!("/api/v1/projects/{project}/steps/propose");
    let taken = client.post_json(&path, &body, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(taken.status, 200, "{}", taken.text());
}

/// The reminder of the last day of a project's proposal.
pub fn last_day(project: Uuid) -> Uuid {
    id_of(project, "propose", today(), "last-day")
}

/// Arguments of a server that looks every second and hands its mail to this one.
pub fn by_mail(mail: &MailServer) -> Vec<String> {
    let pairs = [
        ("--remind-seconds", "1"),
        ("--smtp", &mail.url()),
        ("--mail-from", "khuyencong@example.vn"),
        ("--remind-address", &format!("ttkc-dien-bien/*={ADDRESS}")),
        ("--pages-url", "https://khuyencong.example.vn/"),
    ];
    pairs
        .iter()
        .flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()])
        .collect()
}

pub fn serve(database: &TestDatabase, arguments: &[String]) -> Server {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server::start(database, &arguments)
}

/// Waits until a reminder is as a test wants it.
#[track_caller]
pub fn wait_for(client: &Client, reminder: Uuid, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let shown = client.get(&format!("/api/v1/reminders/{reminder}"));
        let document = if shown.status == 200 { shown.json() } else { Value::Null };
        if is_so(&document) {
            return document;
        }
        assert!(begun.elapsed() < WAIT_MAX, "{what}: {}", shown.text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until a server has logged something.
#[track_caller]
pub fn wait_until_told(server: &Server, what: &str) {
    let begun = Instant::now();
    while !server.stderr().contains(what) {
        assert!(begun.elapsed() < WAIT_MAX, "{what}: {}", server.stderr());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
pub fn wait_until_delivered(client: &Client, reminder: Uuid) -> Value {
    wait_for(client, reminder, "delivered", |document| {
        document["delivered"]
            .as_array()
            .is_some_and(|delivered| !delivered.is_empty())
    })
}

/// How many events of each kind the reminders of a ledger have.
pub fn counted(database: &TestDatabase) -> BTreeMap<String, usize> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    let events = runtime.block_on(async {
        let opened = Database::open(database.url(), Access::Read).await.expect("it opens");
        let options = LedgerOptions {
            name: String::new(),
            demo: false,
            id: None,
            environment: Environment::system(),
            queue_max: 1,
            batch_max: 1,
        };
        let ledger = Ledger::open(opened, options).await.expect("the only ledger");
        let events = ledger.read_type("Reminder", 0).await.expect("readable");
        ledger.close().await;
        events
    });
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event.event_type).or_insert(0) += 1;
    }
    counts
}

pub fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}
