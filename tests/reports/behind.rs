//! The read models lag behind the ledger: what was filed is shown, and what was typed comes back.

use dean_test_support::{Client, Server, TestDatabase};
use serde_json::json;

use crate::pages::{PERIOD, hidden};
use crate::scene::*;

const UNFILED: &str = "/bao-cao/so-ct-dien-bien/quarter/2026/2";
const TYPED: &str = "Kho bạc hạch toán 10 triệu.";

#[test]
fn what_was_typed_stays_while_read_models_are_behind_on_postgresql() {
    let database = TestDatabase::postgres();
    let server = Server::start(&database, &[]);
    let client = Client::new(server.base_url());
    let project = contracted(&client);
    server.wait_until_ready();
    let filed = Filing::by(OFFICER, "2026-05-02").post(&client, "reports/periods", &quarter_report(0, ""));
    assert_eq!(filed.status, 201, "{}", filed.text());
    let actor = [("dean-actor", OFFICER)];
    let of_filed = fields(&client.get_with(PERIOD, &actor).text());
    let of_unfiled = fields(&client.get_with(UNFILED, &actor).text());
    // Whoever folds can't move its checkpoint; whoever reads isn't kept waiting.
    let lock = "BEGIN; LOCK TABLE views_1.checkpoint IN EXCLUSIVE MODE";
    database.holding(lock, || {
        let path = format!("projects/{project}/reports");
        let month = Filing::by(IMPLEMENTER, "2026-04-10").post(&client, &path, &month("2026-03-01", 200, 100));
        assert_eq!(month.status, 201, "{}", month.text());
        let page = client.get_with(&format!("{PERIOD}?lang=vi"), &actor);
        let html = page.text();
        assert_eq!(page.status, 200, "a filed report needs no figures: {html}");
        assert!(html.contains("Một đề án đang triển khai."), "{html}");
        assert!(html.contains("Chưa hiện được số liệu"), "{html}");
        assert_eq!(client.get_with(UNFILED, &actor).status, 503, "nothing of it is known");
        for (path, fields) in [(PERIOD, &of_filed), (UNFILED, &of_unfiled)] {
            let answer = client.post_form(path, &pairs(fields), &actor);
            let html = answer.text();
            assert_eq!(
                (answer.status, answer.header("retry-after")),
                (503, Some("1")),
                "{html}"
            );
            assert!(html.contains("projections-behind"), "{html}");
            for (name, value) in fields.iter().filter(|(name, _)| name != "csrf") {
                assert!(html.contains(value.as_str()), "{path} lost {name}: {html}");
            }
            for carried in ["command", "version"] {
                let was = fields.iter().find(|(name, _)| name == carried).map(|(_, value)| value);
                assert_eq!(
                    was.is_some(),
                    html.contains(&format!("name=\"{carried}\"")),
                    "{path}: {html}"
                );
                assert!(was.is_none_or(|was| *was == hidden(&html, carried)), "{path}: {html}");
            }
        }
    });
    let id = filed.json()["id"].as_str().expect("an id").to_owned();
    let shown = client.get(&format!("/api/v1/reports/periods/{id}")).json();
    assert_eq!(shown["version"], json!(1), "nothing was recorded: {shown}");
    // The same form, sent again.
    for (path, fields) in [(PERIOD, &of_filed), (UNFILED, &of_unfiled)] {
        let answer = client.post_form(path, &pairs(fields), &actor);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
    }
    assert!(server.terminate().success());
    Server::verify(&database);
}

/// What a form carries, and what is typed into it.
fn fields(html: &str) -> Vec<(String, String)> {
    let carried = ["csrf", "command", "version"].into_iter();
    let carried = carried.filter(|name| html.contains(&format!("name=\"{name}\"")));
    let mut fields: Vec<(String, String)> = carried.map(|name| (name.to_owned(), hidden(html, name))).collect();
    let typed = [
        ("national.projects", "1"),
        ("national.approved", "300.000.000"),
        ("national.disbursed", "10.000.000"),
        ("national.settled", "0"),
        ("national.counterpart", "400.000.000"),
        ("explanation", TYPED),
        ("results", "Hai đề án vừa khởi công."),
        ("difficulties", "Đường sạt lở."),
        ("proposals", "Giãn tiến độ."),
        ("occurred_on", "21/07/2026"),
    ];
    fields.extend(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if fields.iter().any(|(name, _)| name == "version") {
        fields.push(("reason".to_owned(), "Đối chiếu lại với Kho bạc.".to_owned()));
    }
    fields
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
