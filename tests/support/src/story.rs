//! The life of one project, as data: which steps, with what details. The API tests and the browser tests tell the same story.

use serde_json::{Value, json};

use crate::{Client, Response};

/// One step of the story.
#[derive(Debug, Clone)]
pub struct StoryStep {
    /// Step of the lifecycle.
    pub step: &'static str,
    /// Business date.
    pub occurred_on: &'static str,
    /// What the step needs.
    pub details: Value,
    /// The state after it.
    pub state: &'static str,
}

fn step(step: &'static str, occurred_on: &'static str, details: Value, state: &'static str) -> StoryStep {
    StoryStep {
        step,
        occurred_on,
        details,
        state,
    }
}

/// [`draft`] for a firm with another tax code.
#[must_use]
pub fn draft_for(tax_code: &str) -> Value {
    let mut details = draft();
    details["content"]["beneficiaries"][0]["tax_code"]["$personal"] = json!(tax_code);
    details
}

/// Details of the draft: a dryer of 700 triệu for a firm in Điện Biên, 300 triệu asked for.
#[must_use]
pub fn draft() -> Value {
    json!({
        "plan_year": 2026, "level": "national", "province": "dien-bien",
        "content": {
            "name": "Hỗ trợ ứng dụng máy sấy ngô tại Điện Biên", "kind": "specific", "selection": "review",
            "starts_on": "2026-01-15", "ends_on": "2026-10-30",
            "beneficiaries": [{
                "number": 1, "name": {"$personal": "Công ty TNHH Thương mại Quang Lanh"}, "legal_form": "company",
                "tax_code": {"$personal": "5600123456", "searchable": true},
                "place": place(), "trade": "food-processing", "workers": 25, "women_owned": false, "minority_owned": true
            }],
            "lines": [{
                "number": 1, "kind": "MM", "item": "Máy sấy ngô 10 tấn/mẻ", "beneficiary": 1, "place": place(), "source": "national",
                "year": 2026, "units": 1, "cost": 700_000_000, "support": 300_000_000, "counterpart": 400_000_000, "priority_uplift": false
            }],
            "body": {
                "necessity": "Ngô của vùng hao hụt sau thu hoạch trên 15 %.", "objectives": "Giảm hao hụt còn dưới 5 %.",
                "scale": "Một máy sấy 10 tấn mỗi mẻ.", "activities": "Mua, lắp đặt, chạy thử trong quý II.",
                "organisation": "Trung tâm Khuyến công thực hiện.", "effects": "12 việc làm mới."
            },
            "results": {"jobs": 12, "trained": 6, "revenue": 2_000_000_000}
        }
    })
}

fn place() -> Value {
    json!({"province": "dien-bien", "district": "Tuần Giáo", "commune": "Quài Tở", "priority": "highland"})
}

fn decision(number: &str, date: &str, issuer: &str) -> Value {
    json!({"number": number, "date": date, "issuer": issuer, "signer": {"$personal": "Nguyễn Văn An"}})
}

/// Details of an appraisal that finds all five criteria met.
#[must_use]
pub fn appraisal(level: &str) -> Value {
    let criteria: Vec<Value> = (1..=5)
        .map(|number| json!({"number": number, "met": true, "remark": ""}))
        .collect();
    json!({"level": level, "by": "staff", "criteria": criteria, "verdict": "pass", "recommended": 300_000_000, "remarks": "Đủ điều kiện"})
}

/// Details of a payment.
#[must_use]
pub fn payment(kind: &str, amount: i64, number: &str, date: &str) -> Value {
    json!({
        "payment": kind, "amount": amount,
        "order": {"number": number, "date": date, "treasury": "Kho bạc Nhà nước Hà Nội"},
        "budget": {"chapter": "016", "category": "280", "item": "309", "sub_item": "7049"}
    })
}

/// A first advance above the ceiling: 70 % of 300 triệu are 210 triệu.
#[must_use]
pub fn refused_advance() -> StoryStep {
    step(
        "advance-first",
        "2026-05-20",
        payment("first", 250_000_000, "UNC 0001", "2026-05-20"),
        "confirmed",
    )
}

/// From the first submission to settlement, in order. The draft comes before it, the refused advance before `advance-first`.
#[must_use]
pub fn steps() -> Vec<StoryStep> {
    vec![
        step("propose", "2025-05-05", json!({}), "proposed"),
        step(
            "return",
            "2025-05-09",
            json!({"reason": "Thiếu báo giá máy; đề nghị bổ sung."}),
            "returned",
        ),
        step("propose", "2025-05-14", json!({}), "proposed"),
        step("appraise-base", "2025-05-28", appraisal("base"), "appraised-base"),
        step("register", "2025-06-10", json!({"priority": 1}), "registered"),
        step("examine", "2025-07-20", json!({"remarks": "Hồ sơ hợp lệ"}), "examined"),
        step(
            "appraise-ministry",
            "2025-12-10",
            appraisal("ministry"),
            "appraised-ministry",
        ),
        step(
            "approve",
            "2026-01-05",
            json!({"decision": decision("12/QĐ-BCT", "2026-01-05", "Bộ Công Thương")}),
            "approved",
        ),
        step(
            "sign-contract",
            "2026-02-02",
            json!({
            "number": "05/2026/HĐ-KC", "signed_on": "2026-02-02", "form": "contract", "value": 300_000_000,
            "detailed_estimate": "08/QĐ-CT"}),
            "contracted",
        ),
        step("report-progress", "2026-04-22", progress("2026-04-01"), "in-progress"),
        step("confirm-progress", "2026-04-28", progress("2026-04-01"), "confirmed"),
        step(
            "advance-first",
            "2026-05-20",
            payment("first", 210_000_000, "UNC 0001", "2026-05-20"),
            "in-progress",
        ),
        step(
            "accept",
            "2026-08-18",
            json!({
            "lines": [1], "minutes": "01/BB-NT", "complete": true, "value_accepted": 700_000_000, "counterpart_accepted": 400_000_000,
            "results": {"jobs": 12, "trained": 6, "revenue": 0}}),
            "accepted",
        ),
        step(
            "advance-rest",
            "2026-09-10",
            payment("rest", 90_000_000, "UNC 0002", "2026-09-10"),
            "rest-paid",
        ),
        step(
            "submit-settlement",
            "2026-09-15",
            json!({"with_invoice": false, "requested": 300_000_000}),
            "settlement-submitted",
        ),
        step(
            "settle",
            "2026-10-12",
            json!({"amount": 300_000_000, "decision": decision("77/QĐ-CT", "2026-10-12", "Cục")}),
            "settled",
        ),
    ]
}

fn progress(month: &str) -> Value {
    json!({"month": month, "value_done": 560_000_000, "item_done": 8_000, "counterpart_done": 320_000_000})
}

/// An act on a plan or a batch, with the papers that an approval rests on.
fn act(client: &Client, path: &str, on: &str, details: &Value, actor: &str) -> Response {
    let papers = papers(&["to-trinh", "qd-phe-duyet"], on);
    let body = json!({"occurred_on": on, "details": details, "papers": papers});
    let headers = [("dean-actor", actor), ("accept-language", "en")];
    client.post_json(&format!("/api/v1/{path}"), &body, &headers)
}

/// Approves an appraised project by a decision of the first batch of its plan. Plan and batch are opened for it, and it is the only
/// candidate. The answer is the project's, or the refusal of the decision.
///
/// # Panics
/// When what comes before the decision is refused: the ledger has another plan of that year already.
#[track_caller]
pub fn approve_by_batch(client: &Client, project: &str, on: &str, decision: &Value) -> Response {
    let shown = client.get(&format!("/api/v1/projects/{project}")).json();
    let identity = &shown["project"]["identity"];
    let unit = |party: &str| identity["units"][party]["id"].as_str().expect("a unit").to_owned();
    let is_local = identity["level"] == "local";
    let (decider, officer) = if is_local {
        let (province, department) = (unit("province"), unit("department"));
        (
            format!("{province}.ct; role=province-chair; unit={province}"),
            format!("{department}.cv; role=department-officer; unit={department}"),
        )
    } else {
        let (ministry, agency) = (unit("ministry"), unit("agency"));
        (
            format!("{ministry}.bt; role=minister; unit={ministry}"),
            format!("{agency}.cv; role=agency-officer; unit={agency}"),
        )
    };
    let accepted = |path: &str, details: &Value, actor: &str| {
        let answer = act(client, path, on, details, actor);
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
        answer.json()
    };
    let mut plan = json!({
        "level": identity["level"], "year": identity["plan_year"], "amount": 1_000_000_000,
        "decision": {"number": "01/QĐ-DT", "date": on, "issuer": "Cơ quan giao dự toán"}
    });
    if is_local {
        plan["province"] = identity["province"].clone();
    }
    let plan = accepted("plans", &plan, &decider)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let opened = accepted(
        &format!("plans/{plan}/batches"),
        &json!({"number": 1, "ceiling": 500_000_000}),
        &decider,
    );
    let batch = opened["batch"].as_str().expect("an id").to_owned();
    accepted(
        &format!("batches/{batch}/candidates"),
        &json!({"project": project}),
        &officer,
    );
    accepted(&format!("batches/{batch}/ranking"), &json!({}), &officer);
    let details = json!({"decision": decision, "items": [{"project": project, "what": {"approve": {"lines": []}}}]});
    let decided = act(client, &format!("batches/{batch}/decisions"), on, &details, &decider);
    if decided.status == 200 {
        client.get(&format!("/api/v1/projects/{project}"))
    } else {
        decided
    }
}

/// Takes a step as whoever may, with every paper that it requires; what a batch decides, by the decision of a batch.
///
/// # Panics
/// When the step is not offered.
#[track_caller]
pub fn take(client: &Client, project: &str, step: &StoryStep, version: u64) -> Response {
    if step.step == "approve" {
        return approve_by_batch(client, project, step.occurred_on, &step.details["decision"]);
    }
    let offered = client.get(&format!("/api/v1/projects/{project}/steps")).json();
    let offered = offered
        .as_array()
        .expect("steps")
        .iter()
        .find(|offer| offer["step"] == step.step);
    let offered = offered.unwrap_or_else(|| panic!("{} is not offered before version {version}", step.step));
    let taker = &offered["takers"][0];
    let unit = taker["unit"].as_str().unwrap_or("thanh-tra");
    let actor = format!(
        "{unit}.{}; role={}; unit={unit}",
        step.step,
        taker["role"].as_str().expect("a role")
    );
    let required: Vec<&str> = offered["required_papers"]
        .as_array()
        .expect("papers")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let papers = papers(&required, step.occurred_on);
    let body = json!({"occurred_on": step.occurred_on, "details": step.details, "papers": papers, "note": ""});
    let headers = [
        ("dean-actor", actor.as_str()),
        ("if-match", &format!("\"{version}\"")),
        ("accept-language", "en"),
    ];
    client.post_json(
        &format!("/api/v1/projects/{project}/steps/{}", step.step),
        &body,
        &headers,
    )
}

/// Papers of these kinds, of one day.
#[must_use]
pub fn papers(kinds: &[&str], date: &str) -> Value {
    kinds
        .iter()
        .map(|kind| json!({"kind": kind, "number": format!("01/{kind}"), "date": date, "issuer": "TTKC"}))
        .collect()
}
