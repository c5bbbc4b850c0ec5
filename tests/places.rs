//! Provinces by day, on both databases: what was recorded keeps its name, what is new lies in a province of its day, and sums are the same
//! money on both maps.

use dean_test_support::list::{List, import};
use dean_test_support::story::{self, papers};
use dean_test_support::{Client, Response, Server, TestDatabase};
use serde_json::{Value, json};

const OFFICER: &str = "cuc.cv1; role=agency-officer; unit=cuc";

#[test]
fn provinces_merge_and_no_sum_changes_on_sqlite() {
    story_of(&TestDatabase::sqlite());
}

#[test]
fn provinces_merge_and_no_sum_changes_on_postgresql() {
    story_of(&TestDatabase::postgres());
}

fn story_of(database: &TestDatabase) {
    let first = Server::start(database, &[]);
    first.wait_until_ready();
    assert!(first.terminate().success());
    bring_in(database);
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    sums_agree(&client);
    new_projects_lie_in_todays_provinces(&client);
    events_name_the_unit_of_their_day(&client);
    assert!(server.terminate().success());
    a_list_without_a_province_is_not_published(database);
    Server::verify(database);
}

/// Approved support of five đề án, in million đồng, before and after the merger.
fn bring_in(database: &TestDatabase) {
    let mut list = List::new(&[
        "Tỉnh",
        "Số quyết định phê duyệt",
        "Ngày phê duyệt",
        "Kinh phí được duyệt (triệu đồng)",
    ]);
    for (number, (province, on, support)) in [
        ("Hà Giang", "05/02/2024", "100"),
        ("Tuyên Quang", "05/02/2024", "40"),
        ("Tuyên Quang", "05/02/2026", "7"),
        ("Bình Thuận", "05/02/2024", "30"),
        ("Lâm Đồng", "05/02/2024", "10"),
    ]
    .into_iter()
    .enumerate()
    {
        list = list.row(number, support, &[province, "12/QĐ-BCT", on, support]);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = list.file(folder.path(), "da-duyet.csv");
    let arguments = ["--actor", OFFICER, "--level", "national", "--year", "2024", "--apply"];
    let imported = import(database, &file, &arguments);
    assert!(imported.ok, "{}{}", imported.report, imported.said);
}

fn sums_agree(client: &Client) {
    let head = client.get("/api/v1/events?after=0&limit=1").json()["head"].clone();
    let of = |path: &str| {
        let sums = client
            .get(&format!("/api/v1/budget/places?{path}&at_least={head}"))
            .json();
        let shown = |sum: &Value| {
            let million = sum["approved"].as_u64().expect("an amount") / 1_000_000;
            format!("{} {} {million}", sum["code"].as_str().expect("a code"), sum["name"])
        };
        sums.as_array().expect("sums").iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        of("map=event-day"),
        [
            "ha-giang \"Hà Giang\" 100",
            "tuyen-quang \"Tuyên Quang\" 40",
            "lam-dong \"Lâm Đồng\" 10",
            "binh-thuan \"Bình Thuận\" 30",
            "tuyen-quang \"Tuyên Quang\" 7",
        ]
    );
    assert_eq!(
        of("map=today"),
        ["tuyen-quang \"Tuyên Quang\" 147", "lam-dong \"Lâm Đồng\" 40"]
    );
    assert_eq!(
        of("map=event-day&by=region"),
        ["north \"\" 147", "central \"\" 10", "south \"\" 30"]
    );
    assert_eq!(of("map=today&by=region"), ["north \"\" 147", "central \"\" 40"]);
    assert_eq!(of("map=today&province=ha-giang"), ["tuyen-quang \"Tuyên Quang\" 147"]);
    assert_eq!(of("map=event-day&province=ha-giang"), ["ha-giang \"Hà Giang\" 100"]);
    let budget = |query: &str| {
        let rows = client.get(&format!("/api/v1/budget?{query}")).json();
        let rows = rows.as_array().expect("rows").clone();
        let total: u64 = rows.iter().filter_map(|row| row["approved"].as_u64()).sum();
        (rows.len(), total / 1_000_000)
    };
    assert_eq!((budget("map=event-day"), budget("map=today")), ((4, 187), (2, 187)));
    let refused = client.get("/api/v1/budget/places?map=yesterday");
    assert_eq!(
        (refused.status, refused.json()["code"].clone()),
        (400, json!("invalid-filter"))
    );
    let page = |query: &str| client.get(&format!("/?{query}")).text();
    let (then, now) = (page("map=event-day"), page("map=today&province=tuyen-quang"));
    assert!(then.contains("Hà Giang (đến 30/06/2025)") && then.contains("Miền Trung và Tây Nguyên"));
    assert!(now.contains(">147<") && !now.contains("Hà Giang"), "{now}");
    let listed = |query: &str| {
        let page = client.get(&format!("/de-an?{query}")).text();
        page.matches("Máy sấy ngô số").count()
    };
    assert_eq!(
        [listed("province=tuyen-quang"), listed("map=today&province=tuyen-quang")],
        [3, 3],
        "whoever is responsible now"
    );
}

fn draft(client: &Client, on: &str) -> Response {
    let mut details = story::draft();
    details["province"] = json!("ha-giang");
    for part in ["beneficiaries", "lines"] {
        details["content"][part][0]["place"]["province"] = json!("ha-giang");
    }
    let body = json!({"occurred_on": on, "details": details, "papers": papers(&["de-an"], on)});
    let implementer = "ttkc-ha-giang.cb1; role=implementer; unit=ttkc-ha-giang";
    client.post_json("/api/v1/projects", &body, &[("dean-actor", implementer)])
}

fn new_projects_lie_in_todays_provinces(client: &Client) {
    let refused = draft(client, "2026-01-10");
    let problem = refused.json();
    assert_eq!(refused.status, 422, "{problem}");
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!("province-ended"), &json!("details.province"))
    );
    assert!(
        problem["fix"].as_str().is_some_and(|fix| fix.contains("tuyen-quang")),
        "{problem}"
    );
}

fn events_name_the_unit_of_their_day(client: &Client) {
    let drafted = draft(client, "2025-05-05");
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let project = drafted.json()["project"].as_str().expect("an id").to_owned();
    let take = |step: &str, on: &str, actor: &str, details: Value, papers: Value| {
        let body = json!({"occurred_on": on, "details": details, "papers": papers});
        let taken = client.post_json(
            &format!("/api/v1/projects/{project}/steps/{step}"),
            &body,
            &[("dean-actor", actor)],
        );
        assert_eq!(taken.status, 200, "{step}: {}", taken.text());
        taken.json()["position"].as_u64().expect("a position")
    };
    let filed = papers(
        &["cong-van-de-nghi", "de-an", "de-nghi-thu-huong", "tai-lieu-pl2"],
        "2025-05-06",
    );
    let implementer = "ttkc-ha-giang.cb1; role=implementer; unit=ttkc-ha-giang";
    take("propose", "2025-05-06", implementer, json!({}), filed);
    let returned = papers(&["cong-van-tra-lai"], "2025-08-01");
    let officer = "so-ct-ha-giang.cv1; role=department-officer; unit=so-ct-ha-giang";
    let position = take(
        "return",
        "2025-08-01",
        officer,
        json!({"reason": "Thiếu báo giá."}),
        returned,
    );
    let timeline = client
        .get(&format!("/api/v1/projects/{project}/timeline?at_least={position}"))
        .json();
    let name = |index: usize| timeline[index]["unit_name"].as_str().unwrap_or_default().to_owned();
    assert!(name(0).ends_with(" Hà Giang"), "{timeline}");
    assert_eq!(name(2), "Sở Công Thương Tuyên Quang", "{timeline}");
    let page = client.get(&format!("/de-an/{project}")).text();
    for text in [
        "Hà Giang (nay là Tuyên Quang)",
        "Sở Công Thương Hà Giang (nay là Sở Công Thương Tuyên Quang)",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

fn a_list_without_a_province_is_not_published(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let publish = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        let mut command = Server::command();
        let output = command
            .arg("publish")
            .arg(&file)
            .args(["--database", database.url()])
            .output();
        let output = output.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said + &String::from_utf8_lossy(&output.stdout))
    };
    let text =
        include_str!("../rules/places-2025.toml").replace("version = \"2025-07-01\"", "version = \"2026-11-01\"");
    let short = text.replace(
        "  { code = \"lai-chau\", name = \"Lai Châu\", region = \"north\" },\n",
        "",
    );
    assert_ne!(short, text);
    let (ok, said) = publish("short.toml", &short);
    assert!(!ok && said.contains("lacks lai-chau"), "{said}");
    let split = text.replace(
        "successor = \"tuyen-quang\"",
        "successor = [\"tuyen-quang\", \"lao-cai\"]",
    );
    let (ok, said) = publish("split.toml", &split);
    assert!(
        !ok && said.contains("split.toml:") && said.contains("is split between tuyen-quang, lao-cai"),
        "{said}"
    );
    // A list of its own for one province would take the names from all others.
    let own = "code = \"places-lai-chau\"\nversion = \"9999\"\nvalid_from = \"2004-01-01\"\n\
               provinces = [{ code = \"lai-chau\", name = \"Lai Châu\", region = \"north\" }]\n";
    let (ok, said) = publish("own.toml", own);
    assert!(
        !ok && said.contains("`places-lai-chau`") && said.contains("under `places`"),
        "{said}"
    );
    // A number counts as a number: the tenth month comes after the second.
    let of = |version: &str, name: &str| {
        text.replace("2026-11-01", version)
            .replace("name = \"Lai Châu\"", &format!("name = \"{name}\""))
    };
    for (version, name) in [("2026-2", "Lai Châu hai"), ("2026-10", "Lai Châu mới")] {
        let (ok, said) = publish("new.toml", &of(version, name));
        assert!(ok, "{said}");
    }
    for version in ["2026-9", "2025-12", "2026-010"] {
        let (ok, said) = publish("late.toml", &of(version, "Lai Châu cũ"));
        assert!(
            !ok && said.contains(&format!("version {version} is not later than 2026-10")),
            "{said}"
        );
    }
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    assert!(client.get("/de-an/moi").status < 500);
    let page = client.get("/").text();
    assert!(
        page.contains("Lai Châu mới"),
        "a published name is shown without a new program"
    );
    assert!(server.terminate().success());
}
