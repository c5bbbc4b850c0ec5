//! Lists with what has already happened, on both databases: checked row by row, recorded whole or not at all, once; then life goes on.

use dean_test_support::list::{List, import};
use dean_test_support::story::{self, StoryStep, take};
use dean_test_support::{Client, Server, TestDatabase};
use serde_json::{Value, json};

const OFFICER: &str = "cuc.cv1; role=agency-officer; unit=cuc";
const HISTORY: [&str; 16] = [
    "Số quyết định phê duyệt",
    "Ngày phê duyệt",
    "Kinh phí được duyệt (triệu đồng)",
    "Số hợp đồng",
    "Ngày hợp đồng",
    "Tạm ứng lần một (triệu đồng)",
    "Ngày tạm ứng lần một",
    "Thanh toán (triệu đồng)",
    "Ngày thanh toán",
    "Ngày nghiệm thu",
    "Kinh phí quyết toán (triệu đồng)",
    "Ngày quyết toán",
    "Số văn bản quyết toán",
    "Ngày ngừng triển khai",
    "Số hóa đơn",
    "MST bên bán",
];

/// Approved, contracted, advanced, accepted, the rest paid.
const PAID: [&str; 16] = [
    "12/QĐ-BCT",
    "05/02/2024",
    "300",
    "07/HĐ",
    "01/03/2024",
    "210",
    "02/05/2024",
    "90",
    "20/10/2024",
    "01/10/2024",
    "0",
    "",
    "",
    "",
    "0000123",
    "0101234567",
];

#[test]
fn a_history_is_imported_once_and_goes_on_on_sqlite() {
    story_of(&TestDatabase::sqlite());
}

#[test]
fn a_history_is_imported_once_and_goes_on_on_postgresql() {
    story_of(&TestDatabase::postgres());
}

struct Office<'a> {
    database: &'a TestDatabase,
    folder: tempfile::TempDir,
}

impl Office<'_> {
    fn import(&self, list: &List, name: &str, more: &[&str]) -> dean_test_support::list::Imported {
        let file = list.file(self.folder.path(), name);
        let mut arguments = vec![
            "--level",
            "national",
            "--year",
            "2024",
            "--province",
            "dien-bien",
            "--on",
            "31/12/2024",
        ];
        arguments.extend(if more.contains(&"--actor") {
            [].as_slice()
        } else {
            &["--actor", OFFICER]
        });
        arguments.extend(more);
        import(self.database, &file, &arguments)
    }

    fn served<T>(&self, ask: impl FnOnce(&Client) -> T) -> T {
        let server = Server::start(self.database, &[]);
        let answer = ask(&Client::new(server.base_url()));
        assert!(server.terminate().success());
        answer
    }
}

fn imported_events(client: &Client) -> Vec<Value> {
    let events = client.get("/api/v1/events?after=0&limit=1000").json();
    let all = events["events"].as_array().expect("events").iter();
    all.filter(|event| event["type"] == "dean.project.Imported")
        .cloned()
        .collect()
}

fn story_of(database: &TestDatabase) {
    let office = Office {
        database,
        folder: tempfile::tempdir().expect("a folder"),
    };
    office.served(|client| assert_eq!(imported_events(client).len(), 0));
    faults_are_told_where_they_stand(&office);
    office.served(|client| assert_eq!(imported_events(client).len(), 0, "nothing is half-imported"));
    let list = || {
        List::new(&HISTORY)
            .row(1, "300", &PAID)
            .row(2, "300", &PAID)
            .with("Kinh phí quyết toán (triệu đồng)", "280")
            .with("Ngày quyết toán", "15/12/2024")
            .with("Số văn bản quyết toán", "90/QT")
            .with("Số hóa đơn", "0000124")
    };
    let checked = office.import(&list(), "list.csv", &[]);
    assert!(
        checked.ok && checked.report.is_empty() && checked.said.contains("--apply"),
        "{checked:?}"
    );
    office.served(|client| assert_eq!(imported_events(client).len(), 0, "a check records nothing"));
    let first = office.import(&list(), "list.csv", &["--apply"]);
    assert!(
        first.ok && first.report.starts_with("0 drafts, 2 with their history"),
        "{first:?}"
    );
    let again = office.import(&list(), "list.csv", &["--apply"]);
    assert!(
        again.ok && again.said.contains("imported before") && again.report == first.report,
        "{again:?}"
    );
    let other = office.import(&list().row(3, "300", &PAID), "other.csv", &["--apply"]);
    assert!(!other.ok && other.report.starts_with("2\tMã đề án\t"), "{other:?}");
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let events = imported_events(&client);
    assert_eq!(events.len(), 2);
    let id = |index: usize| {
        events[index]["subject"]
            .as_str()
            .expect("a subject")
            .rsplit('/')
            .next()
            .expect("an id")
            .to_owned()
    };
    it_stands_as_the_list_says(&client, &id(0), &id(1));
    life_goes_on(&client, &id(0));
    assert!(server.terminate().success());
    Server::verify(database);
}

fn faults_are_told_where_they_stand(office: &Office<'_>) {
    let row = || List::new(&HISTORY).row(1, "300", &PAID);
    let cases = [
        (
            row().with("Kinh phí được duyệt (triệu đồng)", "301"),
            "Kinh phí được duyệt (triệu đồng)",
        ),
        (
            row().with("Tạm ứng lần một (triệu đồng)", "211"),
            "Tạm ứng lần một (triệu đồng)",
        ),
        (row().with("Thanh toán (triệu đồng)", "91"), "Thanh toán (triệu đồng)"),
        (row().with("Ngày hợp đồng", "01/02/2024"), "Ngày hợp đồng"),
        (row().with("Ngày thanh toán", "02/01/2025"), "Ngày thanh toán"),
        (row().with("Ngày thanh toán", ""), "Ngày thanh toán"),
        (row().with("Số hợp đồng", "").with("Ngày hợp đồng", ""), "Số hợp đồng"),
        (row().with("Ngày phê duyệt", "32/01/2024"), "Ngày phê duyệt"),
        (row().with("Số quyết định phê duyệt", ""), "Số quyết định phê duyệt"),
        (row().with("Ngày phê duyệt", "05/02/2013"), "Ngày phê duyệt"),
        (
            row().with("Kinh phí quyết toán (triệu đồng)", "10"),
            "Số văn bản quyết toán",
        ),
        (row().with("MST bên bán", "không rõ"), "MST bên bán"),
        (row().with("Ngày ngừng triển khai", "01/12/2024"), "stop_decision"),
    ];
    for (list, column) in cases {
        let told = office.import(&list, "bad.csv", &["--apply", "--lang", "vi"]);
        let line: Vec<&str> = told.report.lines().next().unwrap_or_default().split('\t').collect();
        assert!(
            !told.ok && line.len() == 5 && line[..2] == ["2", column],
            "{column}: {told:?}"
        );
        assert!(
            line[3..]
                .iter()
                .all(|text| !text.is_empty() && !text.contains("{$") && !text.contains("problem-")),
            "{told:?}"
        );
    }
    // Whoever drafts can't stand for what others decided; of two good rows with one invoice, the money waits for a ruling, not the list.
    let implementer = "ttkc.cv1; role=implementer; unit=ttkc-dien-bien";
    let told = office.import(&row(), "bad.csv", &["--apply", "--actor", implementer]);
    assert!(!told.ok && told.report.contains("agency-officer (cuc)"), "{told:?}");
    // What is wrong with what was bought is told of all rows at once.
    let two = row().with("Số hóa đơn", "801, 802").row(2, "300", &PAID);
    let told = office.import(&two.with("MST bên bán", "không rõ"), "bad.csv", &[]);
    let rows: Vec<&str> = told.report.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(rows, ["2", "3"], "{told:?}");
    assert!(told.report.contains("“801, 802”"), "{told:?}");
    // One bad row of two: none is recorded.
    let two = row().row(2, "300", &PAID).with("Tạm ứng lần một (triệu đồng)", "250");
    let told = office.import(&two, "bad.csv", &["--apply"]);
    assert!(
        !told.ok && told.report.starts_with("3\t") && told.said.contains("nothing was recorded"),
        "{told:?}"
    );
}

fn it_stands_as_the_list_says(client: &Client, paid: &str, settled: &str) {
    for (id, state, figures) in [
        (paid, "rest-paid", json!([300, 300, 300, 0, 0])),
        (settled, "settled", json!([300, 300, 300, 280, 20])),
    ] {
        let project = client.get(&format!("/api/v1/projects/{id}")).json();
        assert_eq!(project["standing"]["state"], state, "{project}");
        let money = &project["standing"]["money"];
        let found: Vec<u64> = ["approved", "contracted", "disbursed", "settled", "receivable"]
            .iter()
            .map(|figure| money[figure].as_u64().expect("an amount") / 1_000_000)
            .collect();
        assert_eq!(json!(found), figures);
        assert_eq!(project["project"]["imported"]["file"], "list.csv");
        assert_eq!(project["project"]["batch"], Value::Null);
        let page = client.get(&format!("/de-an/{id}")).text();
        assert!(
            page.contains("Nhập từ list.csv") && page.contains("đã duyệt trước khi dùng hệ thống"),
            "{page}"
        );
        let history = client.get(&format!("/api/v1/projects/{id}/history")).json();
        assert_eq!(history.as_array().map(Vec::len), Some(1), "no step was acted out");
        let issuer = &history[0]["what"]["Imported"]["history"]["approval"]["decision"]["issuer"];
        assert_eq!(issuer, "Bộ Công Thương", "as the lifecycle says");
        let screening = client.get(&format!("/api/v1/projects/{id}/screening")).json();
        assert!(
            screening.to_string().contains("000012"),
            "the invoice is claimed: {screening}"
        );
    }
    let head = client.get("/api/v1/events?after=0&limit=1").json()["head"].clone();
    let budget = client.get(&format!("/api/v1/budget?year=2024&at_least={head}")).json();
    assert_eq!(
        (&budget[0]["approved"], &budget[0]["disbursed"], &budget[0]["settled"]),
        (&json!(600_000_000), &json!(600_000_000), &json!(280_000_000))
    );
    let feed = client.get("/api/v1/events?after=0&limit=1000").text();
    assert!(!feed.contains("Hợp tác xã số"), "personal data stay apart");
}

/// The file is submitted, the money settled, the contract liquidated, the file archived.
fn life_goes_on(client: &Client, id: &str) {
    let steps = story::steps();
    let named = |name: &str| steps.iter().find(|step| step.step == name).expect("a step").clone();
    let later = |step: StoryStep, on: &'static str| StoryStep {
        occurred_on: on,
        ..step
    };
    let mut settle = later(named("settle"), "2025-01-10");
    settle.details["decision"]["date"] = json!("2025-01-10");
    for (version, step) in (1..).zip([
        later(named("submit-settlement"), "2024-11-01"),
        settle,
        StoryStep {
            step: "liquidate",
            occurred_on: "2025-01-12",
            details: json!({"number": "01/TL"}),
            state: "liquidated",
        },
    ]) {
        let answer = take(client, id, &step, version);
        assert_eq!(answer.status, 200, "{}: {}", step.step, answer.text());
        assert_eq!(answer.json()["standing"]["state"], step.state);
    }
    let money = client.get(&format!("/api/v1/projects/{id}")).json()["standing"]["money"].clone();
    assert_eq!(
        (&money["settled"], &money["receivable"]),
        (&json!(300_000_000), &json!(0))
    );
}
