//! A hit on its way through screening, ruling and a decision of a batch, over API and page.

use dean_test_support::story::{self, papers};
use dean_test_support::{Client, Response, TestDatabase};
use serde_json::json;

use crate::claims::*;
use crate::season::*;

fn ruling(client: &Client, project: &str, flag: u64, same: bool, evidence: &[&str]) -> Response {
    let details = json!({"same": same, "reason": "Hai máy khác nhau, ở hai xưởng."});
    let body = json!({"occurred_on": "2025-12-20", "details": details, "papers": papers(evidence, "2025-12-19")});
    let path = format!("/api/v1/projects/{project}/screening/flags/{flag}/ruling");
    client.post_json(&path, &body, &[("dean-actor", APPRAISER), ("accept-language", "en")])
}

#[test]
fn a_hit_is_ruled_on_before_a_batch_approves_on_sqlite() {
    ruled(&TestDatabase::sqlite());
}

#[test]
fn a_hit_is_ruled_on_before_a_batch_approves_on_postgresql() {
    ruled(&TestDatabase::postgres());
}

fn ruled(database: &TestDatabase) {
    let cluster = Cluster::start(database, 1);
    let client = cluster.client();
    let plan = open_plan_of(client, 2026);
    let [first, second, third] = ["KC-1", "KC-2", "KC-3"].map(|code| draft(client, FIRM, code, 2026));
    for project in [&first, &second, &third] {
        appraise(client, project);
    }
    let batch = batch_of(client, &plan, 1, &[&first, &second, &third]);
    let path = format!("batches/{batch}/decisions");
    let decide = |number: &str, projects: &[&String]| {
        let details = json!({"decision": paper(number), "items": approving(projects)});
        Act::default().post(client, &path, &details)
    };
    let refused = |answer: Response, code: &str, field: &str| {
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["code"], &problem["field"]),
            (409, &json!(code), &json!(field)),
            "{problem}"
        );
        assert_eq!(problem["rule"], "TTLT 26/2014/TTLT-BTC-BCT Đ7.4");
        let title = problem["title"].as_str().expect("a title").to_owned();
        assert!(title.contains("KC-1") && !title.contains("{$"), "{title}");
    };
    refused(
        decide("12/QĐ-BCT", &[&first, &second]),
        "double-support-open",
        "details.items.1.project",
    );
    // A ruling needs an appraiser, evidence, and a flag.
    let bare = ruling(client, &second, 1, false, &[]);
    assert_eq!(
        (bare.status, &bare.json()["code"]),
        (422, &json!("ruling-without-evidence"))
    );
    let unknown = ruling(client, &second, 9, false, &["bien-ban"]);
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("no-such-flag")));
    let by_implementer =
        json!({"occurred_on": "2025-12-20", "details": {"same": false, "reason": "Khác."}, "papers": []});
    let at = format!("/api/v1/projects/{second}/screening/flags/1/ruling");
    let by_implementer = client.post_json(&at, &by_implementer, &[("dean-actor", IMPLEMENTER)]);
    assert_eq!(
        (by_implementer.status, &by_implementer.json()["code"]),
        (403, &json!("act-not-your-role"))
    );
    let done = ruling(client, &second, 1, false, &["bien-ban"]);
    assert_eq!(done.status, 200, "{}", done.text());
    let shown = screening(client, &second);
    assert_eq!(
        (&shown["blocked"], &shown["screening"]["flags"]["1"]["ruling"]["same"]),
        (&json!(false), &json!(false))
    );
    through_the_page(client, &third, &first);
    // The third is one and the same item as the first: no decision gets past that, and nothing of it is recorded.
    refused(
        decide("12/QĐ-BCT", &[&first, &second, &third]),
        "double-support",
        "details.items.2.project",
    );
    let decided = decide("12/QĐ-BCT", &[&first, &second]);
    assert_eq!(decided.status, 200, "{}", decided.text());
    for (project, state) in [
        (&first, "approved"),
        (&second, "approved"),
        (&third, "appraised-ministry"),
    ] {
        assert_eq!(
            client.get(&format!("/api/v1/projects/{project}")).json()["standing"]["state"],
            state
        );
    }
    let before = shown["position"].as_u64().expect("a position") - 1;
    let past = client
        .get(&format!("/api/v1/projects/{second}/screening?at={before}"))
        .json();
    assert_eq!(past["blocked"], true, "as it stood before the ruling");
    // Refused, the third gives its claims back; its history stays.
    let refuse = story::StoryStep {
        step: "refuse",
        occurred_on: "2026-01-06",
        details: json!({"reason": "Trùng nội dung chi."}),
        state: "refused",
    };
    let version = client.get(&format!("/api/v1/projects/{third}")).json()["version"]
        .as_u64()
        .expect("a version");
    let taken = story::take(client, &third, &refuse, version);
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(screening(client, &third)["screening"]["held"], json!([]));
    cluster.end(database);
}

/// An officer rules on the page: once without evidence, then as it should be.
fn through_the_page(client: &Client, project: &str, first: &str) {
    let page = format!("/de-an/{project}/ra-soat");
    for (lang, words) in [("vi", "Chưa kết luận"), ("en", "Not ruled on")] {
        let shown = client.get(&format!("{page}?lang={lang}")).text();
        assert!(
            shown.contains(words) && shown.contains(&format!("/de-an/{first}")),
            "{shown}"
        );
        let own = client.get(&format!("/de-an/{project}?lang={lang}")).text();
        assert!(own.contains(&page) && own.contains(&format!("/de-an/{first}")), "{own}");
    }
    let actor = [("dean-actor", APPRAISER)];
    for flag in 1..=2 {
        let html = client.get_with(&page, &actor).text();
        let field = |name: &str| {
            let form = html
                .split(&format!("/ra-soat/ket-luan/{flag}\""))
                .nth(1)
                .expect("a form");
            let value = form
                .split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .expect("a field");
            value.split('"').next().expect("its end").to_owned()
        };
        let (csrf, command) = (field("csrf"), field("command"));
        let post = |number: &str| {
            let fields = [
                ("csrf", csrf.as_str()),
                ("command", command.as_str()),
                ("same", "same"),
                ("reason", "Cùng một máy sấy."),
                ("paper_number", number),
                ("paper_date", "19/12/2025"),
                ("paper_issuer", "Sở Công Thương"),
                ("occurred_on", "20/12/2025"),
            ];
            client.post_form(&format!("{page}/ket-luan/{flag}"), &fields, &actor)
        };
        let refused = post("");
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("Cùng một máy sấy."), "what was typed stays");
        let recorded = post("07/BB-TĐ");
        assert_eq!(recorded.status, 303, "{}", recorded.text());
    }
    let shown = client.get(&format!("{page}?lang=vi")).text();
    assert!(
        shown.contains("Cùng một nội dung chi") && shown.contains("07/BB-TĐ"),
        "{shown}"
    );
    assert_eq!(screening(client, project)["blocked"], true);
}
