//! Plans and batches over the API, on both databases: a year with its decisions, and decisions that race.

mod alone;
mod claims;
mod rulings;
mod season;

use dean_test_support::story::{self, StoryStep};
use dean_test_support::{Client, Server, TestDatabase};
use serde_json::{Value, json};

use season::*;

const MILLION: u64 = 1_000_000;

#[test]
fn a_year_of_a_plan_on_sqlite() {
    year(&TestDatabase::sqlite());
}

#[test]
fn a_year_of_a_plan_on_postgresql() {
    year(&TestDatabase::postgres());
}

fn year(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let plan = open_plan(&client, 1_500 * MILLION);
    repeated_and_refused_openings(&client, &plan);
    let batch = open_batch(&client, &plan, 1, 1_000 * MILLION);
    // In the order in which they come, which is not the legal one.
    let places = ["none", "new-rural", "highland", "poor-district"];
    let projects = places.map(|place| appraised(&client, place));
    for project in &projects {
        let details = json!({"project": project, "grounds": ["food-processing"]});
        officer().accepted(&client, &format!("batches/{batch}/candidates"), &details);
    }
    let [last, third, first, second] = &projects;
    ranked(&client, &batch, [first, second, third, last]);
    alone_is_refused(&client, first);
    too_much_is_refused(&client, &batch, &projects);
    let version = three_are_approved(&client, &batch, [first, second, third]);
    mid_year(&client, &plan, &batch, version, [first, second]);
    past_is_shown(&client, &batch);
    alone::a_stop_frees_in_the_same_append(&client, [&plan, &batch], third);
    assert!(server.terminate().success());
    Server::verify(database);
}

fn repeated_and_refused_openings(client: &Client, plan: &str) {
    let act = Act {
        key: Some("open-2"),
        ..Act::default()
    };
    let details = json!({"number": 2, "ceiling": 400 * MILLION});
    let path = format!("plans/{plan}/batches");
    let first = act.accepted(client, &path, &details);
    let again = act.accepted(client, &path, &details);
    assert_eq!((&again["batch"], &again["repeated"]), (&first["batch"], &json!(true)));
    assert_eq!(
        first["changed"].as_array().map(Vec::len),
        Some(2),
        "batch and plan: {first}"
    );
    let stale = Act {
        version: Some(1),
        ..Act::default()
    };
    let stale = stale.post(client, &path, &json!({"number": 3, "ceiling": MILLION}));
    assert_eq!(stale.status, 412, "{}", stale.text());
    for (act, details, status, code, field) in [
        (
            Act::default(),
            json!({"number": 3, "ceiling": 1_101 * MILLION}),
            422,
            "ceilings-exceed-estimate",
            "details.ceiling",
        ),
        (
            Act::default(),
            json!({"number": 2, "ceiling": MILLION}),
            409,
            "batch-exists",
            "details.number",
        ),
        (
            officer(),
            json!({"number": 3, "ceiling": MILLION}),
            403,
            "act-not-your-role",
            "",
        ),
        (
            Act::default(),
            json!({"number": 3, "ceiling": -1}),
            422,
            "invalid-value",
            "details.ceiling",
        ),
    ] {
        let refused = act.post(client, &path, &details);
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{problem}");
        assert!(
            problem["title"].as_str().is_some_and(|title| !title.contains("{$")),
            "{problem}"
        );
    }
    let role = officer()
        .post(client, &path, &json!({"number": 3, "ceiling": MILLION}))
        .json();
    assert!(
        role["rule"].as_str().is_some_and(|rule| rule.contains("TT 36/2013")),
        "{role}"
    );
    let twice = json!({"level": "national", "year": 2026, "amount": 1, "decision": paper("1/QĐ")});
    let twice = Act::default().post(client, "plans", &twice);
    assert_eq!(
        (twice.status, twice.json()["code"].as_str()),
        (409, Some("plan-exists"))
    );
    let smaller = json!({"ceiling": 100 * MILLION, "reason": "Cân đối lại."});
    let batch = first["batch"].as_str().expect("an id");
    Act::default().accepted(client, &format!("batches/{batch}/ceiling"), &smaller);
    let shown = client.get(&format!("/api/v1/plans/{plan}"));
    assert_eq!(shown.header("etag"), Some("\"3\""));
    assert_eq!(
        shown.json()["plan"]["figures"]["reserved"],
        100 * MILLION,
        "{}",
        shown.text()
    );
    for path in ["plans", "batches"] {
        for id in ["x", "0194fdc2-fa2f-7cc0-81d3-ff1204514e0a"] {
            assert_eq!(client.get(&format!("/api/v1/{path}/{id}")).status, 404);
        }
    }
}

fn ranked(client: &Client, batch: &str, order: [&String; 4]) {
    officer().accepted(client, &format!("batches/{batch}/ranking"), &json!({}));
    let shown = client.get(&format!("/api/v1/batches/{batch}")).json();
    let ranked = shown["batch"]["ranking"]["candidates"]
        .as_array()
        .expect("ranked")
        .clone();
    let projects: Vec<_> = ranked.iter().filter_map(|one| one["project"].as_str()).collect();
    assert_eq!(projects, order);
    let why = &ranked[0]["before_next"];
    assert_eq!(
        (&why["criterion"], &why["ahead"], &why["behind"]),
        (&json!("place"), &json!("highland"), &json!("poor-district")),
        "địa bàn vùng cao trước huyện nghèo: {why}"
    );
    assert_eq!(
        (&ranked[2]["above"], &ranked[3]["above"]),
        (&json!(0), &json!(200 * MILLION)),
        "the running sum meets the ceiling at the fourth"
    );
}

fn alone_is_refused(client: &Client, project: &str) {
    let details = json!({"decision": paper("9/QĐ-BCT"), "lines": []});
    let refused = Act::default().post(client, &format!("projects/{project}/steps/approve"), &details);
    let problem = refused.json();
    assert_eq!(
        (refused.status, problem["code"].as_str()),
        (422, Some("only-by-batch")),
        "{problem}"
    );
}

fn too_much_is_refused(client: &Client, batch: &str, projects: &[String; 4]) {
    let path = format!("batches/{batch}/decisions");
    let all: Vec<&String> = projects.iter().collect();
    let details = json!({"decision": paper("12/QĐ-BCT"), "items": approving(&all)});
    let refused = Act::default().post(client, &path, &details);
    let problem = refused.json();
    assert_eq!(
        (refused.status, problem["code"].as_str()),
        (422, Some("batch-ceiling-exceeded")),
        "{problem}"
    );
    let title = problem["title"].as_str().expect("a sentence");
    assert!(
        title.contains("1.200.000.000") && title.contains(" 200.000.000 đồng above"),
        "{title}"
    );
    for project in projects {
        let code = client.get(&format!("/api/v1/projects/{project}")).json()["project"]["identity"]["code"].clone();
        assert!(title.contains(code.as_str().expect("a code")), "{title} names {code}");
    }
    // One đề án that its own norms refuse takes the whole decision with it.
    let mut items = approving(&all[..2]);
    items[1]["what"]["approve"]["lines"] = json!([{"line": 1, "support": 310 * MILLION}]);
    let refused = Act::default().post(client, &path, &json!({"decision": paper("12/QĐ-BCT"), "items": items}));
    let problem = refused.json();
    assert_eq!(
        (refused.status, problem["code"].as_str()),
        (422, Some("item-refused")),
        "{problem}"
    );
    assert_eq!(problem["field"], "details.items.1.what.approve.lines.0.support");
    assert_eq!(problem["errors"][0]["code"], "norm-exceeded", "{problem}");
    assert_eq!(problem["judgement"]["limit"], 300 * MILLION, "{problem}");
    for project in projects {
        let shown = client.get(&format!("/api/v1/projects/{project}")).json();
        assert_eq!(shown["standing"]["state"], "appraised-ministry", "nothing was recorded");
    }
}

fn three_are_approved(client: &Client, batch: &str, three: [&String; 3]) -> u64 {
    let before = client.get(&format!("/api/v1/batches/{batch}")).json();
    let act = Act {
        key: Some("decision-12"),
        version: before["version"].as_u64(),
        ..Act::default()
    };
    let path = format!("batches/{batch}/decisions");
    let details = json!({"decision": paper("12/QĐ-BCT"), "items": approving(&three)});
    let decided = act.accepted(client, &path, &details);
    // The decision's number is a claim, and each đề án's screening saw that nothing is in the way.
    assert_eq!(
        changed(&decided),
        [
            ("Batch", 1),
            ("Claim", 1),
            ("Plan", 1),
            ("Project", 3),
            ("Screening", 3)
        ]
    );
    let again = act.accepted(client, &path, &details);
    assert_eq!(
        (&again["repeated"], &again["position"]),
        (&json!(true), &decided["position"])
    );
    for project in three {
        let history = client.get(&format!("/api/v1/projects/{project}/history")).json();
        let approved = history.as_array().and_then(|events| events.last()).expect("an event");
        assert_eq!(approved["event"], "Approved");
        assert_eq!(approved["batch"]["batch"], *batch, "{approved}");
        assert_eq!(
            (&approved["batch"]["number"], &approved["batch"]["decision"]),
            (&json!("2026-1"), &json!("12/QĐ-BCT"))
        );
        assert_eq!(approved["after"]["money"]["approved"], 300 * MILLION);
    }
    decided["version"].as_u64().expect("a version")
}

/// How many aggregates of each kind an answer names.
fn changed(answer: &Value) -> Vec<(&str, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for one in answer["changed"].as_array().expect("a list") {
        *counts.entry(one["aggregate"].as_str().expect("a kind")).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn mid_year(client: &Client, plan: &str, batch: &str, version: u64, [stops, changes]: [&String; 2]) {
    let added = appraised(client, "difficult");
    // Each project's own lifecycle asks for these first, also of a batch.
    let request = json!({"reason": "Đơn vị thụ hưởng không đủ vốn."});
    let seen =
        json!({"verified_on": "2026-06-01", "minutes": "02/BB-KT", "confirmed": true, "result": "Giá máy giảm."});
    for (project, step, details) in [
        (stops, "request-withdrawal", request),
        (changes, "verify-on-site", seen),
    ] {
        let occurred_on = "2026-06-02";
        let state = "approved";
        let step = StoryStep {
            step,
            occurred_on,
            details,
            state,
        };
        let version = client.get(&format!("/api/v1/projects/{project}")).json()["version"].as_u64();
        let taken = story::take(client, project, &step, version.expect("a version"));
        assert_eq!(taken.status, 200, "{}", taken.text());
    }
    let act = Act {
        occurred_on: "2026-06-20",
        version: Some(version),
        ..Act::default()
    };
    let items = json!([
        {"project": stops, "what": {"stop": {"on_request": true, "reason": "Đơn vị thụ hưởng xin rút."}}},
        {"project": changes, "what": {"adjust": {"lines": [{"line": 1, "support": 200 * MILLION}], "reason": "Giá máy giảm."}}},
        {"project": added, "what": {"add": {"reason": "Bổ sung giữa năm."}}},
    ]);
    let details = json!({"decision": paper("77/QĐ-BCT"), "items": items});
    let decided = act.accepted(client, &format!("batches/{batch}/decisions"), &details);
    // What is stopped gives its claim on the firm back.
    assert_eq!(
        changed(&decided),
        [
            ("Batch", 1),
            ("Claim", 2),
            ("Plan", 1),
            ("Project", 3),
            ("Screening", 2)
        ]
    );
    let state = |project: &str| {
        let shown = client.get(&format!("/api/v1/projects/{project}")).json();
        let standing = &shown["standing"];
        (standing["state"].clone(), standing["money"]["approved"].clone())
    };
    assert_eq!(state(stops).0, "stopped");
    assert_eq!(state(changes), (json!("approved"), json!(200 * MILLION)));
    assert_eq!(state(&added), (json!("approved"), json!(300 * MILLION)));
    let shown = client.get(&format!("/api/v1/plans/{plan}")).json();
    assert_eq!(shown["plan"]["figures"]["approved"], 800 * MILLION, "{shown}");
    // A cut below that is recorded with a flag, and refuses what would take more.
    let cut = json!({"amount": 700 * MILLION, "decision": paper("80/QĐ-BTC"), "reason": "Cắt giảm."});
    let later = Act {
        occurred_on: "2026-07-01",
        ..Act::default()
    };
    later.accepted(client, &format!("plans/{plan}/estimate"), &cut);
    let events = client.get("/api/v1/events?after=0&limit=1000").json();
    let cut = events["events"].as_array().expect("events").iter().rev();
    let cut = cut
        .clone()
        .find(|event| event["type"] == "dean.plan.EstimateChanged")
        .expect("it is there");
    assert_eq!(
        cut["data"]["what"]["EstimateChanged"]["approved_above"],
        100 * MILLION,
        "{cut}"
    );
}

fn past_is_shown(client: &Client, batch: &str) {
    let now = client.get(&format!("/api/v1/batches/{batch}")).json();
    assert_eq!(
        now["batch"]["approved"].as_object().map(serde_json::Map::len),
        Some(4),
        "{now}"
    );
    let position = now["position"].as_u64().expect("a position") - 1;
    let before = client.get(&format!("/api/v1/batches/{batch}?at={position}")).json();
    assert_eq!(
        before["batch"]["approved"].as_object().map(serde_json::Map::len),
        Some(3),
        "{before}"
    );
    assert_eq!(
        client.get(&format!("/api/v1/batches/{batch}?at=1")).status,
        404,
        "it did not exist then"
    );
}

#[test]
fn decisions_that_race_stay_within_the_estimate_on_sqlite() {
    race(&TestDatabase::sqlite(), 1);
}

/// Two processes, which share nothing but the database.
#[test]
fn decisions_that_race_stay_within_the_estimate_on_postgresql() {
    race(&TestDatabase::postgres(), 2);
}

fn race(database: &TestDatabase, processes: usize) {
    let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.base_url())).collect();
    let client = &clients[0];
    let plan = open_plan(client, 3_000 * MILLION);
    let mut decisions = Vec::new();
    for number in 1..=2 {
        let batch = open_batch(client, &plan, number, 1_500 * MILLION);
        let projects: Vec<String> = ["highland", "poor-district", "new-rural", "difficult"]
            .map(|place| appraised(client, place))
            .into();
        for project in &projects {
            officer().accepted(
                client,
                &format!("batches/{batch}/candidates"),
                &json!({"project": project}),
            );
        }
        officer().accepted(client, &format!("batches/{batch}/ranking"), &json!({}));
        for project in projects {
            decisions.push((format!("batches/{batch}/decisions"), project));
        }
    }
    // Each batch has room for all of its four, the plan for four of eight.
    let cut = json!({"amount": 1_250 * MILLION, "decision": paper("80/QĐ-BTC"), "reason": "Cắt giảm."});
    Act::default().accepted(client, &format!("plans/{plan}/estimate"), &cut);
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let tasks: Vec<_> = decisions
            .iter()
            .enumerate()
            .map(|(index, (path, project))| {
                let client = &clients[index % clients.len()];
                scope.spawn(move || {
                    let number = format!("{}/QĐ-BCT", 100 + index);
                    let details = json!({"decision": paper(&number), "items": approving(&[project])});
                    let answer = Act::default().post(client, path, &details);
                    (answer.status, answer.json())
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
    });
    let accepted = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(accepted, 4, "{answers:#?}");
    for (_, problem) in answers.iter().filter(|(status, _)| *status != 200) {
        assert_eq!(problem["code"], "estimate-exceeded", "{problem}");
    }
    let approved: Vec<bool> = decisions
        .iter()
        .map(|(_, project)| {
            client.get(&format!("/api/v1/projects/{project}")).json()["standing"]["state"] == "approved"
        })
        .collect();
    let as_answered: Vec<bool> = answers.iter().map(|(status, _)| *status == 200).collect();
    assert_eq!(approved, as_answered, "what was refused left nothing");
    for client in &clients {
        let shown = client.get(&format!("/api/v1/plans/{plan}")).json();
        assert_eq!(shown["plan"]["figures"]["approved"], 1_200 * MILLION, "{shown}");
    }
    for server in servers {
        assert!(server.terminate().success());
    }
    Server::verify(database);
}
