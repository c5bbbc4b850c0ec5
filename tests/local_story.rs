//! A local project whose support is paid back, over the API: a lifecycle chosen by name, an opinion beside the appraisal, a council that
//! votes, a decision signed by a deputy, an adjustment that waits for a verification on site.

use dean_test_support::{Client, Response, Server, TestDatabase, story};
use serde_json::{Value, json};

const IMPLEMENTER: &str = "ttkc.cb1; role=implementer; unit=ttkc-dien-bien";
const FINANCE: &str = "stc.cv; role=finance-department; unit=so-tc-dien-bien";
const DIRECTOR: &str = "sct.gd; role=department-director; unit=so-ct-dien-bien";
const OFFICER: &str = "sct.cv; role=department-officer; unit=so-ct-dien-bien";
const CHAIR: &str = "ubnd.ct; role=province-chair; unit=ubnd-dien-bien";

#[test]
fn a_local_project_is_opined_on_voted_on_signed_for_and_adjusted_on_sqlite() {
    live(&TestDatabase::sqlite());
}

#[test]
fn a_local_project_is_opined_on_voted_on_signed_for_and_adjusted_on_postgresql() {
    live(&TestDatabase::postgres());
}

fn papers(kinds: &[&str], date: &str) -> Vec<Value> {
    let paper = |kind: &&str| json!({"kind": kind, "number": "12/CV", "date": date, "issuer": "Sở Công Thương"});
    kinds.iter().map(paper).collect()
}

struct Life<'a> {
    client: &'a Client,
    project: String,
}

impl Life<'_> {
    fn step(&self, step: &str, on: &str, by: &str, details: &Value, filed: &[&str]) -> Response {
        let body = json!({"occurred_on": on, "details": details, "papers": papers(filed, on)});
        let path = format!("/api/v1/projects/{}/steps/{step}", self.project);
        self.client.post_json(&path, &body, &[("dean-actor", by)])
    }

    #[track_caller]
    fn takes(&self, step: &str, on: &str, by: &str, details: &Value, filed: &[&str]) -> Value {
        let answer = self.step(step, on, by, details, filed);
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        answer.json()
    }

    #[track_caller]
    fn refused(&self, step: &str, by: &str, details: &Value, filed: &[&str], expected: (u16, &str, &str)) {
        let answer = self.step(step, "2025-05-12", by, details, filed);
        let problem = answer.json();
        let field = problem["field"].as_str().unwrap_or_default();
        let found = (answer.status, problem["code"].as_str().expect("a code"), field);
        assert_eq!(found, expected, "{problem}");
        assert!(!problem["title"].as_str().expect("a title").contains("{$"), "{problem}");
    }

    fn waits_for(&self, step: &str) -> Value {
        let offered = self
            .client
            .get(&format!("/api/v1/projects/{}/steps", self.project))
            .json();
        let steps = offered.as_array().expect("steps").iter();
        let found = steps.clone().find(|offer| offer["step"] == step);
        found.unwrap_or_else(|| panic!("{step} is not offered: {offered}"))["waits_for"].clone()
    }
}

fn drafted(client: &Client) -> String {
    let mut details = story::draft();
    details["level"] = json!("local");
    details["lifecycle"] = json!("kcdp-nowhere");
    let post = |details: &Value| {
        let body = json!({"occurred_on": "2025-04-20", "details": details});
        client.post_json("/api/v1/projects", &body, &[("dean-actor", IMPLEMENTER)])
    };
    let unknown = post(&details);
    let problem = unknown.json();
    assert_eq!(
        (unknown.status, &problem["code"]),
        (422, &json!("no-such-lifecycle")),
        "{problem}"
    );
    assert_eq!(problem["field"], "details.lifecycle");
    details["lifecycle"] = json!("kcdp-recoverable");
    let answer = post(&details);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["project"].as_str().expect("an id").to_owned()
}

fn council(present: usize, votes_for: u16) -> Value {
    let attendee = |seat: usize| {
        let office = if seat == 0 { "chair" } else { "member" };
        json!({"name": {"$personal": format!("Thành viên {seat}")}, "office": office})
    };
    let mut details = story::appraisal("province");
    details["by"] = json!("council");
    details["council"] = json!({
        "decision": "03/QĐ-SCT", "members": 7, "present": (0..present).map(attendee).collect::<Vec<_>>(),
        "votes_for": votes_for, "votes_against": 0, "minutes": "01/BB-HĐ", "held_on": "2025-05-12"
    });
    details
}

fn approval(signed_for: &Value) -> Value {
    let mut decision = json!({"number": "12/QĐ-UBND", "date": "2025-05-20", "issuer": "UBND tỉnh Điện Biên"});
    if !signed_for.is_null() {
        decision["signed_for"] = signed_for.clone();
    }
    json!({"decision": decision})
}

fn live(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let life = Life {
        project: drafted(&client),
        client: &client,
    };
    life.takes(
        "propose",
        "2025-05-05",
        IMPLEMENTER,
        &json!({}),
        &["cong-van-de-nghi", "de-an"],
    );

    // The finance department is asked first, beside the Sở.
    assert_eq!(life.waits_for("appraise"), "opine-finance");
    let passed = council(5, 4);
    life.refused(
        "appraise",
        DIRECTOR,
        &passed,
        &["mau-4a"],
        (409, "requirement-missing", "step"),
    );
    let opinion =
        json!({"stance": "agree-with-changes", "text": "Thống nhất; rà soát đơn giá.", "recommended": 290_000_000});
    let answer = life.takes("opine-finance", "2025-05-12", FINANCE, &opinion, &["y-kien-tai-chinh"]);
    assert_eq!(answer["standing"]["state"], "proposed");
    assert_eq!(answer["standing"]["waiting"][0]["role"], "department-director");
    assert_eq!(life.waits_for("appraise"), Value::Null);

    // Five of seven are enough, four are not; and most of those present must agree.
    let too_few = (422, "council-quorum", "details.council.present");
    life.refused("appraise", DIRECTOR, &council(4, 4), &["mau-4a"], too_few);
    let outvoted = (422, "council-majority", "details.council.votes_for");
    life.refused("appraise", DIRECTOR, &council(5, 2), &["mau-4a"], outvoted);
    life.takes("appraise", "2025-05-12", DIRECTOR, &passed, &["mau-4a"]);

    // Nobody approves it alone. A deputy signs the batch's decision for the chairman, saying so; a contract is signed for by who may.
    let signed =
        json!({"manner": "deputy", "principal": "Chủ tịch UBND tỉnh", "paper": "01/QĐ-UBND", "dated": "2025-01-02"});
    let filed = ["to-trinh", "qd-phe-duyet"];
    let alone = (422, "only-by-batch", "step");
    life.refused("approve", CHAIR, &approval(&signed), &filed, alone);
    let decision = &approval(&signed)["decision"];
    let approved = story::approve_by_batch(&client, &life.project, "2025-05-20", decision);
    assert_eq!(approved.status, 200, "{}", approved.text());
    assert_eq!(approved.json()["standing"]["state"], "approved", "{}", approved.text());
    let mut contract =
        json!({"number": "05/HĐ-KC", "signed_on": "2025-05-25", "value": 300_000_000, "detailed_estimate": "08/QĐ"});
    let filed = ["hop-dong", "du-toan-chi-tiet"];
    let unsaid = life.step("sign-contract", "2025-05-25", OFFICER, &contract, &filed);
    assert_eq!(
        (unsaid.status, &unsaid.json()["code"]),
        (422, &json!("delegation-missing"))
    );
    contract["signed_for"] =
        json!({"manner": "by-delegation", "principal": "Giám đốc Sở", "paper": "02/GUQ", "dated": "2025-05-24"});
    life.takes("sign-contract", "2025-05-25", OFFICER, &contract, &filed);

    // Nothing is adjusted before somebody has been there, and the reasons have held.
    let less = json!({
        "decision": {"number": "14/QĐ-SCT", "date": "2025-06-02", "issuer": "Sở Công Thương"}, "reason": "Giá giảm.",
        "change": {"what": "support", "lines": [{"line": 1, "support": 280_000_000}]}
    });
    let verified = |confirmed: bool| json!({"verified_on": "2025-06-01", "minutes": "04/BB", "confirmed": confirmed, "result": "Máy chưa về."});
    let adjust = || life.step("adjust-department", "2025-06-02", DIRECTOR, &less, &["qd-dieu-chinh"]);
    for _ in 0..2 {
        assert_eq!(adjust().json()["code"], "requirement-missing");
        life.takes(
            "verify-on-site",
            "2025-06-01",
            OFFICER,
            &verified(false),
            &["bien-ban-kiem-tra-thuc-te"],
        );
    }
    life.takes(
        "verify-on-site",
        "2025-06-01",
        OFFICER,
        &verified(true),
        &["bien-ban-kiem-tra-thuc-te"],
    );
    let adjusted = adjust();
    assert_eq!(adjusted.status, 200, "{}", adjusted.text());
    assert_eq!(adjusted.json()["standing"]["money"]["approved"], 280_000_000);
    // Plan and batch know it by the same append: 20 million are free.
    let batch = client.get(&format!("/api/v1/projects/{}", life.project)).json()["project"]["batch"]["batch"].clone();
    let batch = client
        .get(&format!("/api/v1/batches/{}", batch.as_str().expect("a batch")))
        .json();
    let plan = batch["batch"]["opening"]["plan"].as_str().expect("a plan");
    let plan = client.get(&format!("/api/v1/plans/{plan}")).json();
    assert_eq!(batch["batch"]["figures"]["approved"], 280_000_000, "{batch}");
    assert_eq!(plan["plan"]["figures"]["approved"], 280_000_000, "{plan}");
    // The verification is used up.
    assert_eq!(adjust().json()["code"], "requirement-missing");

    assert!(server.terminate().success(), "SIGTERM drains and ends well");
    Server::verify(database);
}
