//! What no two projects may have, on both databases: races for codes, decision numbers and expense items.

use dean_test_support::story::{self, papers};
use dean_test_support::{Client, Response, Server, TestDatabase};
use serde_json::{Value, json};

use crate::MILLION;
use crate::season::*;

pub const APPRAISER: &str = "so-ct-dien-bien.cv1; role=department-officer; unit=so-ct-dien-bien";
pub const FIRM: &str = "5600999888";

/// Servers on one database, which share nothing but it.
pub struct Cluster {
    servers: Vec<Server>,
    clients: Vec<Client>,
}

impl Cluster {
    pub fn start(database: &TestDatabase, processes: usize) -> Self {
        let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
        let clients = servers.iter().map(|server| Client::new(server.base_url())).collect();
        Self { servers, clients }
    }

    pub fn client(&self) -> &Client {
        &self.clients[0]
    }

    /// Does the same with each of these at once, each through the next of the servers.
    fn at_once<T: Sync>(&self, all: &[T], each: impl Fn(&Client, &T) -> Response + Sync) -> Vec<(u16, Value)> {
        std::thread::scope(|scope| {
            let tasks: Vec<_> = all
                .iter()
                .zip(self.clients.iter().cycle())
                .map(|(one, client)| {
                    let each = &each;
                    scope.spawn(move || {
                        let answer = each(client, one);
                        (answer.status, answer.json())
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
        })
    }

    pub fn end(self, database: &TestDatabase) {
        for server in self.servers {
            assert!(server.terminate().success());
        }
        Server::verify(database);
    }
}

fn drafted(client: &Client, details: &Value) -> Response {
    let body = json!({"occurred_on": "2025-04-20", "details": details, "papers": papers(&["de-an"], "2025-04-20")});
    client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)])
}

pub fn draft(client: &Client, tax_code: &str, code: &str, plan_year: u16) -> String {
    let mut details = story::draft_for(tax_code);
    details["code"] = json!(code);
    details["plan_year"] = json!(plan_year);
    let answer = drafted(client, &details);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["project"].as_str().expect("an id").to_owned()
}

/// On from its draft, as far as the ministry has appraised it.
pub fn appraise(client: &Client, project: &str) {
    let steps = story::steps();
    for (version, step) in (1..).zip(steps.iter().take_while(|step| step.step != "approve")) {
        let taken = story::take(client, project, step, version);
        assert_eq!(taken.status, 200, "{}: {}", step.step, taken.text());
    }
}

fn propose(client: &Client, project: &str) -> Response {
    story::take(client, project, &story::steps()[0], 1)
}

pub fn screening(client: &Client, project: &str) -> Value {
    client.get(&format!("/api/v1/projects/{project}/screening")).json()
}

/// The projects in the flags that count.
fn flagged(client: &Client, project: &str) -> Vec<String> {
    let shown = screening(client, project);
    let flags = shown["screening"]["flags"].as_object().expect("flags").values();
    flags
        .filter(|flag| flag["lapsed"] == false)
        .map(|flag| flag["hit"]["other"]["project"].as_str().expect("an id").to_owned())
        .collect()
}

fn file(client: &Client, project: &str, items: &Value) -> Response {
    let body = json!({"occurred_on": "2025-06-01", "details": items});
    let path = format!("/api/v1/projects/{project}/screening/items");
    client.post_json(&path, &body, &[("dean-actor", APPRAISER)])
}

/// A batch with one candidate, ranked; its id.
pub fn batch_of(client: &Client, plan: &str, number: u16, projects: &[&String]) -> String {
    let batch = open_batch(client, plan, number, 2_000 * MILLION);
    for project in projects {
        officer().accepted(
            client,
            &format!("batches/{batch}/candidates"),
            &json!({"project": project}),
        );
    }
    // Alike by every criterion: somebody has to say which comes first.
    let ties = json!([{"order": projects, "reason": "Nhiều kinh nghiệm hơn."}]);
    let ties = if projects.len() > 1 {
        json!({"ties": ties})
    } else {
        json!({})
    };
    officer().accepted(client, &format!("batches/{batch}/ranking"), &ties);
    batch
}

pub fn open_plan_of(client: &Client, year: u16) -> String {
    let details =
        json!({"level": "national", "year": year, "amount": 4_000 * MILLION, "decision": paper("2300/QĐ-BTC")});
    let opened = Act::default().accepted(client, "plans", &details);
    opened["id"].as_str().expect("an id").to_owned()
}

#[test]
fn one_of_many_gets_the_code_on_sqlite() {
    codes(&TestDatabase::sqlite(), 1);
}

#[test]
fn one_of_many_gets_the_code_on_postgresql() {
    codes(&TestDatabase::postgres(), 2);
}

fn codes(database: &TestDatabase, processes: usize) {
    let cluster = Cluster::start(database, processes);
    let written = [
        "KC-2026-07",
        "kc-2026-07",
        "KC-2026-07 ",
        " kc-2026-07",
        "KC-2026-07",
        "Kc-2026-07",
    ];
    let answers = cluster.at_once(&written, |client, code| {
        let mut details = story::draft();
        details["code"] = json!(code);
        drafted(client, &details)
    });
    let accepted: Vec<&Value> = answers
        .iter()
        .filter(|(status, _)| *status == 201)
        .map(|(_, body)| body)
        .collect();
    assert_eq!(accepted.len(), 1, "{answers:#?}");
    for (status, problem) in answers.iter().filter(|(status, _)| *status != 201) {
        assert_eq!(
            (*status, &problem["code"], &problem["field"]),
            (409, &json!("code-taken"), &json!("details.code"))
        );
        assert_eq!(
            problem["title"]
                .as_str()
                .map(|title| title.contains(accepted[0]["project"].as_str().expect("an id"))),
            Some(true)
        );
    }
    // Who was refused has left nothing, and a code made by the installation needs no luck.
    let recorded = &accepted[0]["position"];
    let count = cluster.client().get(&format!("/api/v1/projects?at_least={recorded}"));
    let count = count.json();
    assert_eq!(count["rows"].as_array().map(Vec::len), Some(1), "{count}");
    assert_eq!(drafted(cluster.client(), &story::draft()).status, 201);
    cluster.end(database);
}

#[test]
fn one_of_many_gets_the_decision_number_on_sqlite() {
    numbers(&TestDatabase::sqlite(), 1);
}

#[test]
fn one_of_many_gets_the_decision_number_on_postgresql() {
    numbers(&TestDatabase::postgres(), 2);
}

/// Batches of two plans: the plans share nothing but the issuer and the year of their decisions.
fn numbers(database: &TestDatabase, processes: usize) {
    let cluster = Cluster::start(database, processes);
    let client = cluster.client();
    let mut batches = Vec::new();
    for year in [2026, 2027] {
        let plan = open_plan_of(client, year);
        for number in 1..=2 {
            let name = format!("KC-{year}-{number}");
            let project = draft(client, &format!("56{year}000{number}"), &name, year);
            appraise(client, &project);
            let batch = batch_of(client, &plan, number, &[&project]);
            batches.push((format!("batches/{batch}/decisions"), project));
        }
    }
    let answers = cluster.at_once(&batches, |client, (path, project)| {
        let details = json!({"decision": paper("12/QĐ-BCT"), "items": approving(&[project])});
        Act::default().post(client, path, &details)
    });
    let accepted = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(accepted, 1, "{answers:#?}");
    let codes: Vec<&str> = answers
        .iter()
        .filter_map(|(_, problem)| problem["code"].as_str())
        .collect();
    let taken = codes.iter().filter(|code| **code == "decision-number-taken").count();
    // Within the winner's own plan the plan says so itself.
    assert_eq!((codes.len(), taken), (3, 2), "{answers:#?}");
    for ((_, project), (status, _)) in batches.iter().zip(&answers) {
        let state = client.get(&format!("/api/v1/projects/{project}")).json()["standing"]["state"].clone();
        assert_eq!(state == "approved", *status == 200, "what was refused left nothing");
    }
    // The same number in the next year is another decision.
    let (path, project) = batches
        .iter()
        .zip(&answers)
        .find(|(_, (status, _))| *status != 200)
        .expect("a loser")
        .0;
    let mut next = paper("12/QĐ-BCT");
    next["date"] = json!("2025-12-31");
    Act::default().accepted(client, path, &json!({"decision": next, "items": approving(&[project])}));
    cluster.end(database);
}

#[test]
fn one_of_two_is_flagged_on_sqlite() {
    hits(&TestDatabase::sqlite(), 1);
}

#[test]
fn one_of_two_is_flagged_on_postgresql() {
    hits(&TestDatabase::postgres(), 2);
}

fn hits(database: &TestDatabase, processes: usize) {
    let cluster = Cluster::start(database, processes);
    let client = cluster.client();
    // The same firm, six times at once: each meets those before it, so that of any two one is flagged.
    let same: Vec<String> = (0..6).map(|n| draft(client, FIRM, &format!("KC-F{n}"), 2026)).collect();
    assert_eq!(screening(client, &same[0])["version"], 0, "drafts claim nothing");
    let answers = cluster.at_once(&same, |client, project| propose(client, project));
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:#?}");
    once_each(client, &same);
    // Firms of their own, but one invoice, and then one machine.
    let own: Vec<String> = (0..4)
        .map(|n| draft(client, &format!("570000000{n}"), &format!("KC-I{n}"), 2026))
        .collect();
    for project in &own {
        assert_eq!(propose(client, project).status, 200);
        assert_eq!(flagged(client, project), Vec::<String>::new());
    }
    let invoice = json!({"invoices": [{"line": 1, "symbol": "1C25TAA", "number": "0000123", "seller": "0101234567"}]});
    let answers = cluster.at_once(&own[..2], |client, project| file(client, project, &invoice));
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:#?}");
    once_each(client, &own[..2]);
    let machine = json!({"machines": [{"line": 1, "serial": "SN-42/B"}]});
    let answers = cluster.at_once(&own[2..], |client, project| file(client, project, &machine));
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:#?}");
    once_each(client, &own[2..]);
    // What is recorded holds no number of a person or firm: only the ledger's keyed hash of it.
    let events = client.get("/api/v1/events?after=0&limit=1000").json();
    let events = events["events"].as_array().expect("events").iter();
    let claims: Vec<&Value> = events
        .filter(|event| {
            event["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("dean.claim."))
        })
        .collect();
    assert!(claims.len() > 20, "{}", claims.len());
    assert!(claims.iter().all(|event| !event.to_string().contains(FIRM)));
    cluster.end(database);
}

/// Of any two, exactly one has the other in its flags.
#[track_caller]
fn once_each(client: &Client, projects: &[String]) {
    let flags: Vec<Vec<String>> = projects.iter().map(|project| flagged(client, project)).collect();
    for (one, project) in projects.iter().enumerate() {
        for (other, their) in projects.iter().enumerate().skip(one + 1) {
            let count = usize::from(flags[one].contains(their)) + usize::from(flags[other].contains(project));
            assert_eq!(count, 1, "{flags:#?}");
        }
    }
    let mut counts: Vec<usize> = flags.iter().map(Vec::len).collect();
    counts.sort_unstable();
    assert_eq!(counts, (0..projects.len()).collect::<Vec<_>>());
}

#[test]
fn no_flag_is_open_when_money_is_approved_on_sqlite() {
    flags_and_approvals(&TestDatabase::sqlite(), 1);
}

#[test]
fn no_flag_is_open_when_money_is_approved_on_postgresql() {
    flags_and_approvals(&TestDatabase::postgres(), 2);
}

/// Approvals, and at the same moment the items that raise a flag: whichever comes second has to see the first.
fn flags_and_approvals(database: &TestDatabase, processes: usize) {
    let cluster = Cluster::start(database, processes);
    let client = cluster.client();
    let machine = |n: usize| json!({"machines": [{"line": 1, "serial": format!("SN-{n}")}]});
    let holder = draft(client, "5800000000", "KC-0", 2026);
    assert_eq!(propose(client, &holder).status, 200);
    let plan = open_plan_of(client, 2026);
    let projects: Vec<String> = (1..=4)
        .map(|n| draft(client, &format!("580000000{n}"), &format!("KC-{n}"), 2026))
        .collect();
    for (n, project) in projects.iter().enumerate() {
        assert_eq!(file(client, &holder, &machine(n)).status, 200);
        appraise(client, project);
    }
    let batch = batch_of(client, &plan, 1, &projects.iter().collect::<Vec<_>>());
    let acts: Vec<(usize, bool)> = (0..4).flat_map(|n| [(n, true), (n, false)]).collect();
    let answers = cluster.at_once(&acts, |client, (n, approves)| {
        if *approves {
            let number = format!("{}/QĐ-BCT", 20 + n);
            let details = json!({"decision": paper(&number), "items": approving(&[&projects[*n]])});
            Act::default().post(client, &format!("batches/{batch}/decisions"), &details)
        } else {
            file(client, &projects[*n], &machine(*n))
        }
    });
    let events = client.get("/api/v1/events?after=0&limit=1000").json();
    let events = events["events"].as_array().expect("events");
    let position = |kind: &str, says: &dyn Fn(&Value) -> bool| {
        let found = events.iter().find(|event| event["type"] == kind && says(event));
        found.map(|event| {
            event["id"]
                .as_str()
                .and_then(|id| id.parse::<u64>().ok())
                .expect("a position")
        })
    };
    for ((n, approves), (status, answer)) in acts.iter().zip(&answers) {
        let project = &projects[*n];
        if !approves {
            assert_eq!(*status, 200, "{answer}");
            continue;
        }
        let label = json!(format!("SN-{n}"));
        let flagged = position("dean.screening.SupportScreened", &|event| {
            event["data"]["what"]["SupportScreened"]["raised"][0]["label"] == label
        });
        let approved = position("dean.project.Approved", &|event| event["subject"] == json!(project));
        match (approved, flagged) {
            (Some(approved), Some(flagged)) => assert!(approved < flagged, "{approved} {flagged}"),
            (None, Some(_)) => assert_eq!(answer["code"], "double-support-open", "{answer}"),
            found => panic!("{found:?}: {answer}"),
        }
    }
    cluster.end(database);
}
