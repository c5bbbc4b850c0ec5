//! Contracts and inspections over several đề án, over the API, on both databases: a life of both, and what races.

mod life;
mod races;

use dean_test_support::{Client, Server, TestDatabase};
use serde_json::{Value, json};

use life::*;

const MILLION: u64 = 1_000_000;

#[test]
fn a_contract_and_an_inspection_on_sqlite() {
    story(&TestDatabase::sqlite());
}

#[test]
fn a_contract_and_an_inspection_on_postgresql() {
    story(&TestDatabase::postgres());
}

/// What is found out after the approval stops the signing, also that of several.
#[test]
fn an_open_flag_stops_the_signing() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &[]);
    let client = Client::new(server.base_url());
    let projects = [0; 2].map(|_| approved(&client));
    let all: Vec<&String> = projects.iter().collect();
    let contract = signing("06/2026/HĐ-KC", &all, 300);
    for project in &projects {
        let machine = json!({"machines": [{"line": 1, "serial": "SN-42/B"}]});
        let body = json!({"occurred_on": "2026-01-20", "details": machine});
        let path = format!("/api/v1/projects/{project}/screening/items");
        let appraiser = "so-ct-dien-bien.cv1; role=department-officer; unit=so-ct-dien-bien";
        let filed = client.post_json(&path, &body, &[("dean-actor", appraiser)]);
        assert_eq!(filed.status, 200, "{}", filed.text());
    }
    let refused = director().post(&client, "contracts", &contract);
    let problem = refused.json();
    assert_eq!(
        (refused.status, &problem["code"], &problem["field"]),
        (409, &json!("double-support-open"), &json!("details.projects.1.project")),
        "{problem}"
    );
    // The one that was there first is not held up.
    let alone = signing("06/2026/HĐ-KC", &all[..1], 300);
    director().accepted(&client, "contracts", &alone);
    assert_eq!(state(&client, &projects[1]), "approved", "nothing was recorded");
    assert!(server.terminate().success());
    Server::verify(&database);
}

fn story(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let projects = [0; 3].map(|_| approved(&client));
    let [first, second, third] = &projects;
    refused_signings(&client, &projects);
    let contract = signed(&client, &projects);
    one_is_not_enough(&client, &contract, [first, second, third]);
    amended(&client, &contract, third);
    clock_runs(&client, &contract, [first, second, third]);
    for project in [first, second] {
        step(&client, project, "submit-settlement");
        step(&client, project, "settle");
    }
    liquidated(&client, &contract, [first, second]);
    inspected(&client, &contract, [first, second]);
    assert!(server.terminate().success());
    Server::verify(database);
}

fn refused_signings(client: &Client, projects: &[String; 3]) {
    let all: Vec<&String> = projects.iter().collect();
    let mut above = signing("05/2026/HĐ-KC", &all, 300);
    above["projects"][1]["value"] = json!(301 * MILLION);
    let refused = director().post(client, "contracts", &above);
    let problem = refused.json();
    assert_eq!(
        (refused.status, &problem["code"]),
        (422, &json!("item-refused")),
        "{problem}"
    );
    assert_eq!(problem["field"], "details.projects.1.value", "{problem}");
    assert_eq!(problem["errors"][0]["code"], "contract-exceeds", "{problem}");
    let mut estimate = signing("05/2026/HĐ-KC", &all, 300);
    estimate["estimate"]["amount"] = json!(899 * MILLION);
    let cases = [
        (
            director(),
            estimate,
            422,
            "above-detailed-estimate",
            "details.estimate.amount",
        ),
        (
            director(),
            signing("05/2026/HĐ-KC", &[], 300),
            422,
            "contract-without-projects",
            "details.projects",
        ),
        (
            auditor(),
            signing("05/2026/HĐ-KC", &all, 300),
            403,
            "item-refused",
            "details.projects.0.project",
        ),
    ];
    for (act, details, status, code, field) in cases {
        for lang in ["en", "vi"] {
            let act = Act { lang, ..act };
            let refused = act.post(client, "contracts", &details);
            let problem = refused.json();
            assert_eq!((refused.status, &problem["code"]), (status, &json!(code)), "{problem}");
            assert_eq!(problem["field"], field, "{problem}");
            let title = problem["title"].as_str().expect("a sentence");
            assert!(!title.contains("{$"), "{title}");
        }
    }
    for project in projects {
        assert_eq!(state(client, project), "approved", "nothing was recorded");
    }
}

fn signed(client: &Client, projects: &[String; 3]) -> String {
    let all: Vec<&String> = projects.iter().collect();
    let act = Act {
        key: Some("contract-5"),
        ..director()
    };
    let details = signing("05/2026/HĐ-KC", &all, 300);
    let signed = act.accepted(client, "contracts", &details);
    // Each đề án is screened once more: no flag is open when money is promised.
    let screened = ["Screening"; 3];
    assert_eq!(
        changed(&signed),
        [["Contract", "Project", "Project", "Project"].as_slice(), &screened].concat()
    );
    let again = act.accepted(client, "contracts", &details);
    assert_eq!(
        (&again["repeated"], &again["position"]),
        (&json!(true), &signed["position"])
    );
    let id = signed["id"].as_str().expect("an id").to_owned();
    let twice = director().post(client, "contracts", &signing(" 05/2026/hđ-kc", &all, 300));
    // Its đề án refuse first: they are signed.
    assert_eq!(twice.status, 422, "{}", twice.text());
    let fresh = approved(client);
    let twice = director().post(client, "contracts", &signing(" 05/2026/hđ-kc", &[&fresh], 300));
    assert_eq!(
        (twice.status, &twice.json()["code"]),
        (409, &json!("contract-exists")),
        "{}",
        twice.text()
    );
    let shown = contract_of(client, &id);
    assert_eq!(shown["contract"]["figures"]["value"], 900 * MILLION, "{shown}");
    assert_eq!(shown["projects"].as_array().map(Vec::len), Some(3), "{shown}");
    for project in projects {
        let history = client.get(&format!("/api/v1/projects/{project}/history")).json();
        let last = history.as_array().and_then(|events| events.last()).expect("an event");
        assert_eq!(
            (&last["event"], &last["contract"]["contract"]),
            (&json!("ContractSigned"), &json!(id)),
            "{last}"
        );
    }
    id
}

/// What one đề án does, its contract knows; what only the contract may do, one can't.
fn one_is_not_enough(client: &Client, contract: &str, [first, second, _]: [&String; 3]) {
    let version = contract_of(client, contract)["version"].as_u64();
    for project in [first, second] {
        for name in [
            "report-progress",
            "confirm-progress",
            "advance-first",
            "accept",
            "advance-rest",
        ] {
            step(client, project, name);
        }
    }
    let shown = contract_of(client, contract);
    assert_eq!(shown["contract"]["figures"]["disbursed"], 600 * MILLION, "{shown}");
    assert!(shown["version"].as_u64() > version, "{shown}");
    assert_eq!(
        shown["contract"]["figures"]["clock"],
        Value::Null,
        "the third goes on: {shown}"
    );
    assert_eq!(standing(client, first)["due_on"], Value::Null);
    let refused = try_step(client, first, "submit-settlement");
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (422, &json!("contract-not-accepted")),
        "{}",
        refused.text()
    );
    let open = director().post(
        client,
        &format!("contracts/{contract}/liquidation"),
        &json!({"number": "1/BB"}),
    );
    assert_eq!(
        (open.status, &open.json()["code"]),
        (422, &json!("contract-open")),
        "{}",
        open.text()
    );
}

fn amended(client: &Client, contract: &str, third: &str) {
    let path = format!("contracts/{contract}/appendices");
    let details = json!({
        "number": "01/PLHĐ", "decision": paper("31/QĐ-CT"), "reason": "Giá máy giảm.",
        "values": [{"project": third, "value": 250 * MILLION}],
    });
    let stale = Act {
        version: Some(1),
        ..director()
    };
    assert_eq!(stale.post(client, &path, &details).status, 412);
    let act = Act {
        version: contract_of(client, contract)["version"].as_u64(),
        key: Some("appendix-1"),
        ..director()
    };
    let amended = act.accepted(client, &path, &details);
    assert_eq!(changed(&amended), ["Contract", "Project"], "{amended}");
    assert_eq!(standing(client, third)["money"]["contracted"], 250 * MILLION);
    let again = act.accepted(client, &path, &details);
    assert_eq!(again["repeated"], true, "{again}");
}

fn clock_runs(client: &Client, contract: &str, [first, second, third]: [&String; 3]) {
    let before = contract_of(client, contract);
    let details = json!({"decision": paper("55/QĐ-BCT"), "on_request": false, "reason": "Sai phạm."});
    take(client, third, "stop-for-violation", "2026-09-05", details);
    let shown = contract_of(client, contract);
    let clock = &shown["contract"]["figures"]["clock"];
    assert_eq!(
        (&clock["started_on"], &clock["due_on"]),
        (&json!("2026-09-05"), &json!("2026-09-20")),
        "{shown}"
    );
    for project in [first, second] {
        let standing = standing(client, project);
        assert_eq!(standing["due_on"], "2026-09-20", "{standing}");
    }
    // As it was before.
    let position = before["position"].as_u64().expect("a position");
    let past = client
        .get(&format!("/api/v1/contracts/{contract}?at={position}"))
        .json();
    assert_eq!(past["contract"]["figures"]["clock"], Value::Null, "{past}");
    assert_eq!(past["version"], before["version"]);
}

fn liquidated(client: &Client, contract: &str, [first, second]: [&String; 2]) {
    let alone = json!({"number": "02/BB-TL"});
    let refused = try_take(client, first, "liquidate", "2026-10-20", alone);
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (422, &json!("only-by-contract")),
        "{}",
        refused.text()
    );
    let offered = client
        .get_with(&format!("/api/v1/projects/{first}/steps"), &[("dean-actor", DIRECTOR)])
        .json();
    let offered = offered
        .as_array()
        .and_then(|steps| steps.iter().find(|step| step["step"] == "liquidate"));
    assert_eq!(
        offered.expect("it is there")["allowed"],
        false,
        "not offered to the đề án alone"
    );
    let later = |act: Act<'static>| Act {
        occurred_on: "2026-10-20",
        ..act
    };
    let path = format!("contracts/{contract}/liquidation");
    let details = json!({"number": "02/BB-TL", "last_of_year": true});
    let missing = later(director()).post(client, &path, &details);
    assert_eq!(missing.json()["code"], "reconciliation-missing", "{}", missing.text());
    let books = contract_of(client, contract)["contract"]["projects"].clone();
    let mut stated: Vec<Value> = books
        .as_object()
        .expect("its đề án")
        .iter()
        .map(|(project, known)| {
            let account = &known["account"];
            json!({"project": project, "received": account["disbursed"], "returned": account["refunded"],
                   "settled": account["settled"]})
        })
        .collect();
    let reconciliations = format!("contracts/{contract}/reconciliations");
    let right = stated.clone();
    stated[0]["received"] = json!(7);
    let wrong = json!({"number": "10/BĐC", "stated": stated});
    let wrong = later(accountant()).post(client, &reconciliations, &wrong);
    assert_eq!(wrong.json()["code"], "reconciliation-differs", "{}", wrong.text());
    assert_eq!(wrong.json()["field"], "details.stated.0.received");
    let right = json!({"number": "10/BĐC", "stated": right});
    later(accountant()).accepted(client, &reconciliations, &right);
    let liquidated = later(director()).accepted(client, &path, &details);
    assert_eq!(changed(&liquidated), ["Contract", "Project", "Project"]);
    for project in [first, second] {
        assert_eq!(state(client, project), "liquidated");
    }
    let twice = later(director()).post(client, &path, &details);
    assert_eq!(
        (twice.status, &twice.json()["code"]),
        (409, &json!("contract-liquidated")),
        "{}",
        twice.text()
    );
}

fn inspected(client: &Client, contract: &str, [first, second]: [&String; 2]) {
    let on = |act: Act<'static>| Act {
        occurred_on: "2026-11-02",
        ..act
    };
    let order = json!({
        "decision": paper("90/QĐ-CT"), "planned": false, "content": "Việc sử dụng kinh phí.",
        "team": {"head": {"name": {"$personal": "Nguyễn Văn An"}, "post": "Phó Cục trưởng"},
                 "members": [{"name": {"$personal": "Trần Thị Bình"}}]},
        "starts_on": "2026-11-01", "ends_on": "2026-11-10",
    });
    let refused = on(auditor()).post(client, "inspections", &order);
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (403, &json!("read-only-role"))
    );
    let ordered = on(director()).accepted(client, "inspections", &order);
    let inspection = ordered["id"].as_str().expect("an id");
    let path = |rest: &str| format!("inspections/{inspection}/{rest}");
    for project in [first, second] {
        let visit =
            json!({"project": project, "visited_on": "2026-11-02", "minutes": "01/BB-KT", "result": "Có sai sót."});
        let visited = on(officer()).accepted(client, &path("visits"), &visit);
        // The decision's number is a claim, taken by the first.
        let but_claims: Vec<&str> = changed(&visited).into_iter().filter(|kind| *kind != "Claim").collect();
        assert_eq!(but_claims, ["Inspection", "Project"], "{visited}");
    }
    let finding = |kind: &str, amount: u64| {
        json!({"project": first, "kind": kind, "text": "Chi sai đối tượng.", "amount": amount, "owner": "implementer",
               "due_on": "2026-12-01", "recommendation": "Hoàn trả."})
    };
    let refused = on(officer()).post(client, &path("findings"), &finding("papers", 5));
    assert_eq!(
        (&refused.json()["code"], &refused.json()["field"]),
        (&json!("finding-amount"), &json!("details.amount"))
    );
    on(officer()).accepted(client, &path("findings"), &finding("money", 10 * MILLION));
    on(officer()).accepted(client, &path("findings"), &finding("papers", 0));
    let answer = json!({"text": "Sẽ hoàn trả trong tháng."});
    on(implementer()).accepted(client, &path("findings/1/answers"), &answer);
    assert_eq!(
        on(auditor()).post(client, &path("findings/1/answers"), &answer).status,
        403
    );
    assert_eq!(
        on(implementer())
            .post(client, &path("findings/9/answers"), &answer)
            .status,
        404
    );
    let recovery = json!({"amount": 10 * MILLION, "decision": paper("91/QĐ-CT"), "reason": "Theo kiến nghị."});
    let refused = on(officer()).post(client, &path("findings/1/recoveries"), &recovery);
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["code"]),
        (403, &json!("not-your-role"))
    );
    let recovered = on(accountant()).accepted(client, &path("findings/1/recoveries"), &recovery);
    assert_eq!(
        changed(&recovered),
        ["Inspection", "Project", "Contract", "Claim"],
        "{recovered}"
    );
    assert_eq!(
        contract_of(client, contract)["contract"]["figures"]["receivable"],
        10 * MILLION,
        "its contract knows"
    );
    let remedy = json!({"remedy": "Đã nộp ngân sách."});
    let early = on(officer()).post(client, &path("findings/1/closure"), &remedy);
    assert_eq!(early.json()["code"], "recovery-open", "{}", early.text());
    let refund = json!({"amount": 10 * MILLION,
                        "order": {"number": "UNC 9", "date": "2026-11-05", "treasury": "Kho bạc Nhà nước Điện Biên"}});
    take(client, first, "refund", "2026-11-05", refund);
    let alone = try_take(
        client,
        first,
        "close-finding",
        "2026-11-06",
        json!({"number": 1, "remedy": "Đã nộp."}),
    );
    assert_eq!(alone.json()["code"], "only-by-inspection", "{}", alone.text());
    let last = |act: Act<'static>| Act {
        occurred_on: "2026-11-06",
        ..act
    };
    last(officer()).accepted(client, &path("findings/1/closure"), &remedy);
    let conclusion = json!({"decision": paper("95/KL-CT"), "text": "Đã kiểm tra xong."});
    let open = last(director()).post(client, &path("conclusion"), &conclusion);
    assert_eq!(open.json()["code"], "findings-open", "{}", open.text());
    let handing = json!({"to": "Thanh tra tỉnh", "decision": paper("96/CV-CT"), "reason": "Ngoài thẩm quyền."});
    last(officer()).accepted(client, &path("findings/2/handing-on"), &handing);
    last(director()).accepted(client, &path("conclusion"), &conclusion);
    let shown = client.get_with(&format!("/api/v1/inspections/{inspection}"), &[("dean-actor", AUDITOR)]);
    let etag = shown.header("etag").map(str::to_owned);
    let shown = shown.json();
    assert_eq!(etag, shown["version"].as_u64().map(|version| format!("\"{version}\"")));
    let figures = &shown["inspection"]["figures"];
    assert_eq!(
        (&figures["open"], &figures["handed_on"]),
        (&json!(0), &json!(1)),
        "{shown}"
    );
    assert_eq!(shown["projects"].as_array().map(Vec::len), Some(2), "{shown}");
    for path in ["contracts", "inspections"] {
        for id in ["x", "0194fdc2-fa2f-7cc0-81d3-ff1204514e0a"] {
            assert_eq!(client.get(&format!("/api/v1/{path}/{id}")).status, 404);
        }
    }
}
