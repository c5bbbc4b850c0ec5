//! As of which day and how much of it is told: no day to come, one page at a time, nothing that is dated after the filing.

use std::collections::BTreeSet;

use dean_test_support::Client;
use serde_json::{Value, json};

use crate::scene::*;

/// Nobody knows what will be owed, and there is no end of it.
pub fn days_to_come_are_refused(client: &Client, project: &str) {
    let figures = format!("/api/v1/reports/figures?unit={DEPARTMENT}&kind=year&year=2026&number=1&on=");
    for path in [
        "/api/v1/reports/periods?on=",
        "/api/v1/reports/months?limit=500&on=",
        &format!("/api/v1/projects/{project}/reports?on="),
        &figures,
    ] {
        for day in ["2999-12-31", "9999-12-31", "%2B262142-12-31"] {
            for (lang, word) in [("en", "future"), ("vi", "tương lai")] {
                let answer = client.get_with(&format!("{path}{day}"), &[("accept-language", lang)]);
                let problem = answer.json();
                assert_eq!(
                    (answer.status, &problem["code"], &problem["field"]),
                    (422, &json!("future-date"), &json!("on")),
                    "{path}{day}: {problem}"
                );
                let title = problem["title"].as_str().expect("a sentence");
                assert!(title.contains(word) && !title.contains("{$"), "{title}");
            }
        }
    }
    for (typed, vi, en) in [
        ("2999-12-31", "ở tương lai", "is in the future"),
        ("31/12/2999", "ở tương lai", "is in the future"),
        ("31/13/2025", "Tính đến ngày", "As of"),
    ] {
        for (lang, word) in [("vi", vi), ("en", en)] {
            let page = client.get(&format!("/bao-cao?on={typed}&lang={lang}"));
            let html = page.text();
            assert_eq!(page.status, 422, "{typed}: {html}");
            assert!(html.contains(word), "{typed} in {lang}: {html}");
        }
    }
    assert_eq!(client.get("/bao-cao?on=01/05/2026").status, 200);
}

/// Whatever the size of a page, the pages together are the list.
pub fn periods_come_by_pages(client: &Client) {
    let page = |rest: &str| client.get(&format!("/api/v1/reports/periods?on=2026-11-01{rest}"));
    let rows = |shown: &Value| shown["periods"].as_array().expect("periods").clone();
    let whole = page("&limit=500").json();
    assert_eq!(whole["next"], Value::Null, "{whole}");
    let all: BTreeSet<String> = rows(&whole).iter().map(|owed| owed["id"].to_string()).collect();
    assert!(all.len() > 3, "{whole}");
    for limit in [1, 2, 3] {
        let (mut seen, mut due) = (Vec::new(), None);
        let mut after = String::new();
        loop {
            let shown = page(&format!("&limit={limit}{after}")).json();
            let rows = rows(&shown);
            assert!((1..=limit).contains(&rows.len()), "{limit}: {shown}");
            let days = || {
                rows.iter()
                    .map(|owed| owed["due_on"].as_str().expect("a day").to_owned())
            };
            let latest = days().max();
            assert!(due.is_none() || latest <= due, "the latest due come first: {shown}");
            due = days().min();
            seen.extend(rows.iter().map(|owed| owed["id"].to_string()));
            match shown["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), all.len(), "each once, {limit} at a time");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
    }
    for cursor in ["x", "2026-04-15~so", "x~y~z"] {
        let refused = page(&format!("&after={cursor}"));
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &json!("after")),
            "{}",
            refused.text()
        );
    }
}

/// A report that bears an earlier day says what was so on that day.
pub fn later_events_are_not_in_a_back_dated_report(client: &Client) {
    let (on, signed) = ("2026-01-20", "2026-02-02");
    let figures = |on: &str| {
        let half_year = "kind=half-year&year=2026&number=1";
        let path = format!("/api/v1/reports/figures?unit={DEPARTMENT}&{half_year}&on={on}");
        client.get(&path).json()
    };
    let known = figures(on);
    assert_eq!(known["as_of"], on, "{known}");
    assert_ne!(
        known["programmes"][0]["by_phase"],
        figures(signed)["programmes"][0]["by_phase"],
        "the contract was signed later"
    );
    let mut details = quarter_report(0, "Một số chứng từ đến sau.");
    details["period"] = json!({"kind": "half-year", "year": 2026, "number": 1});
    let filed = Filing::by(OFFICER, on).post(client, "reports/periods", &details);
    assert_eq!(filed.status, 201, "{}", filed.text());
    let id = filed.json()["id"].as_str().expect("an id").to_owned();
    let shown = client.get(&format!("/api/v1/reports/periods/{id}")).json();
    let drawn = &shown["events"][0]["event"]["what"]["PeriodReported"]["drawn"];
    assert_eq!(
        (&drawn["as_of"], &drawn["programmes"]),
        (&json!(on), &known["programmes"]),
        "{shown}"
    );
}
