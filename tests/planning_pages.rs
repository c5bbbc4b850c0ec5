//! The pages of plans, batches, contracts, inspections and reminders, over the demo, on both databases: what they show is what the API says,
//! they lead to each other, they show the past, and they fit a phone.

use std::collections::BTreeSet;
use std::path::Path;

use dean_test_support::{Browser, Client, Server, TestDatabase};
use serde_json::Value;

/// As many as `dean demo` makes when not told otherwise.
const PROJECTS: &str = "300";

#[test]
fn the_pages_say_what_the_api_says_on_sqlite() {
    pages_agree(&TestDatabase::sqlite());
}

#[test]
fn the_pages_say_what_the_api_says_on_postgresql() {
    pages_agree(&TestDatabase::postgres());
}

fn pages_agree(database: &TestDatabase) {
    let server = served(database);
    let client = Client::new(server.base_url());
    let plans = plans_agree(&client);
    batches_agree(&client, &plans);
    contracts_agree(&client);
    inspections_agree(&client);
    reminders_are_shown(&client);
    strangers_are_refused(&client);
    assert!(server.terminate().success());
    Server::verify(database);
}

/// The demo, loaded and served with its read models folded.
fn served(database: &TestDatabase) -> Server {
    let arguments = ["demo", "--projects", PROJECTS, "--database", database.url()];
    let loaded = Server::command().args(arguments).arg("--load-only").output();
    let loaded = loaded.expect("the binary runs");
    assert!(loaded.status.success(), "{loaded:?}");
    let mut command = Server::command();
    command
        .args(arguments)
        .args(["--addr", "127.0.0.1:0"])
        .env("DEAN_SIGNING_KEY", database.signing_key());
    let server = Server::start_command(command);
    server.wait_until_ready();
    server
}

#[track_caller]
fn page(client: &Client, path: &str) -> String {
    let shown = client.get(path);
    assert_eq!(shown.status, 200, "{path}: {}", shown.text());
    let text = shown.text();
    assert!(!text.contains("{$"), "{path}: a text lacks a value");
    text
}

#[track_caller]
fn api(client: &Client, path: &str) -> Value {
    let answer = client.get(&format!("/api/v1/{path}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[track_caller]
fn number(amount: &Value) -> u64 {
    amount.as_u64().expect("an amount")
}

/// `300.000.000`, as officials write it.
fn grouped(amount: &Value) -> String {
    let digits = number(amount).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// What stands behind a label of a page's facts.
#[track_caller]
fn fact<'p>(page: &'p str, label: &str) -> &'p str {
    let after = page.split(&format!("<dt>{label}</dt><dd>")).nth(1);
    let after = after.unwrap_or_else(|| panic!("no {label:?} in {page}"));
    after.split("</dd>").next().unwrap_or_default()
}

/// The ids behind links that begin like this, in their order, each once.
fn linked(page: &str, base: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for piece in page.split(&format!("href=\"{base}/")).skip(1) {
        let id: String = piece.chars().take(36).collect();
        let is_id = id.len() == 36 && id.chars().all(|one| one == '-' || one.is_ascii_hexdigit());
        if is_id && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Follows the list to its end.
fn whole_list(client: &Client, path: &str) -> String {
    let (mut pages, mut next) = (String::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let shown = page(client, &path);
        next = shown
            .split("rel=\"next\"")
            .next()
            .filter(|_| shown.contains("rel=\"next\""))
            .and_then(|before| {
                let href = before.rsplit("href=\"").next()?.split('"').next()?;
                Some(href.replace("&#38;", "&").replace("&amp;", "&"))
            });
        pages.push_str(&shown);
    }
    pages
}

fn plans_agree(client: &Client) -> Vec<String> {
    let list = whole_list(client, "/ke-hoach");
    let ids = linked(&list, "/ke-hoach");
    assert!(ids.len() > 30, "a list of more than one page: {}", ids.len());
    let counted = format!("{} kế hoạch", ids.len());
    assert!(list.contains(&counted), "{counted}");
    let mut years = BTreeSet::new();
    let (mut freed, mut settled) = (0, 0);
    for id in &ids {
        let known = api(client, &format!("plans/{id}"));
        let figures = &known["plan"]["figures"];
        let shown = page(client, &format!("/ke-hoach/{id}"));
        for (label, name) in [
            ("Dự toán được giao", "estimate"),
            ("Hạn mức các đợt", "reserved"),
            ("Đã phê duyệt", "approved"),
        ] {
            assert_eq!(fact(&shown, label), format!("{} đồng", grouped(&figures[name])), "{id}");
        }
        let batches = known["plan"]["batches"].as_object().expect("batches");
        // What the read models add: listed, given back, paid.
        let rows = api(client, &format!("plans/{id}/batches"));
        let rows = rows.as_array().expect("batches");
        let sum = |name: &str| {
            rows.iter()
                .map(|row| row[name].as_u64().expect("an amount"))
                .sum::<u64>()
        };
        assert_eq!(
            (sum("approved"), sum("ceiling")),
            (number(&figures["approved"]), number(&figures["reserved"])),
            "{id}"
        );
        assert_eq!(
            fact(&shown, "Đã giải phóng"),
            format!("{} đồng", grouped(&Value::from(sum("freed")))),
            "{id}"
        );
        assert_eq!(
            fact(&shown, "Đang đề nghị"),
            format!("{} đồng", grouped(&Value::from(sum("listed")))),
            "{id}"
        );
        freed += sum("freed");
        settled += sum("settled");
        let linked: BTreeSet<String> = linked(&shown, "/ke-hoach/dot").into_iter().collect();
        let expected = batches
            .values()
            .map(|batch| batch["batch"].as_str().expect("an id").to_owned());
        assert_eq!(linked, expected.collect(), "{id} leads to each of its batches");
        years.insert(known["plan"]["identity"]["year"].as_u64().expect("a year"));
    }
    assert!(years.len() >= 10, "{years:?}");
    assert!(freed > 0, "stops and cuts give back");
    // Every settled đề án was approved by a batch of one of the plans.
    let funnel = api(client, "budget");
    let budget = funnel
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| number(&line["settled"]))
        .sum::<u64>();
    assert_eq!(settled, budget, "what the plans' đề án settled is all that was settled");
    // The latest year first, the national plan first in it.
    let first = api(client, &format!("plans/{}", ids[0]));
    assert_eq!(first["plan"]["identity"]["level"], "national");
    let local = whole_list(client, "/ke-hoach?level=local&year=2019");
    assert!(linked(&local, "/ke-hoach").len() < ids.len());
    assert!(!local.contains("Kế hoạch khuyến công quốc gia"), "{local}");
    ids
}

fn batches_agree(client: &Client, plans: &[String]) {
    let (mut ranked, mut stopped, mut crossed) = (0, 0, 0);
    for plan in plans {
        let shown = page(client, &format!("/ke-hoach/{plan}"));
        for id in linked(&shown, "/ke-hoach/dot") {
            let known = api(client, &format!("batches/{id}"));
            let batch = &known["batch"];
            let shown = page(client, &format!("/ke-hoach/dot/{id}"));
            let figures = &batch["figures"];
            assert_eq!(
                fact(&shown, "Hạn mức"),
                format!("{} đồng", grouped(&figures["ceiling"]))
            );
            assert_eq!(
                fact(&shown, "Đã phê duyệt"),
                format!("{} đồng", grouped(&figures["approved"]))
            );
            let approved = batch["approved"].as_object().expect("approved đề án");
            for (project, one) in approved {
                assert!(shown.contains(&format!("/de-an/{project}")), "{id} leads to {project}");
                stopped += usize::from(one["stopped"] == true);
            }
            let order = batch["ranking"]["candidates"].as_array().cloned().unwrap_or_default();
            let mut place = shown.find("Vì sao đứng trước đề án kế tiếp").unwrap_or_default();
            for candidate in &order {
                // In this order, each with the running sum.
                for text in [
                    candidate["code"].as_str().expect("a code").to_owned(),
                    grouped(&candidate["running"]),
                ] {
                    let found = shown[place..].find(&text);
                    place += found.unwrap_or_else(|| panic!("{text} is not in its place on {id}"));
                }
                if let Some(article) = candidate["before_next"]["article"].as_str() {
                    ranked += 1;
                    assert!(shown[place..].contains(article), "{article} on {id}");
                }
                crossed += usize::from(candidate["above"].as_u64() > Some(0));
            }
        }
    }
    assert!(ranked >= 10, "criteria shown: {ranked}");
    assert!(stopped >= 1, "a stopped đề án in a batch");
    assert!(crossed >= 1, "a running sum that passes the ceiling");
}

fn contracts_agree(client: &Client) {
    let list = whole_list(client, "/hop-dong");
    let ids = linked(&list, "/hop-dong");
    assert_eq!(ids.len(), 1, "the demo's contract over two đề án");
    let known = api(client, &format!("contracts/{}", ids[0]));
    let contract = &known["contract"];
    let shown = page(client, &format!("/hop-dong/{}", ids[0]));
    let projects = contract["projects"].as_object().expect("đề án");
    assert_eq!(projects.len(), 2);
    let mut paid = 0;
    for (id, project) in projects {
        assert!(shown.contains(project["code"].as_str().expect("a code")));
        let account = &project["account"];
        paid += account["disbursed"].as_u64().expect("an amount");
        assert!(shown.contains(&grouped(&account["contracted"])), "{project}");
        let own = page(client, &format!("/de-an/{id}"));
        for link in [
            format!("/hop-dong/{}", ids[0]),
            "/ke-hoach/dot/".to_owned(),
            "/ke-hoach/".to_owned(),
        ] {
            assert!(own.contains(&format!("href=\"{link}")), "{id} leads to {link}");
        }
    }
    let figures = &contract["figures"];
    assert_eq!(figures["disbursed"], paid);
    assert!(paid > 0, "advances reach the contract");
    assert_eq!(
        fact(&shown, "Đã tạm ứng"),
        format!("{} đồng", grouped(&figures["disbursed"]))
    );
    assert_eq!(
        fact(&shown, "Giá trị hỗ trợ"),
        format!("{} đồng", grouped(&figures["value"]))
    );
    assert!(
        fact(&shown, "Thời hạn quyết toán").contains("còn 2 đề án đang thực hiện"),
        "{shown}"
    );
    // As it was signed: nothing was paid.
    let first = known["position"].as_u64().expect("a position");
    let history = page(client, &format!("/hop-dong/{}?at={}", ids[0], first));
    assert!(history.contains("class=\"banner past\""));
    let signed = shown
        .rsplit("?at=")
        .next()
        .and_then(|rest| rest.split('"').next())
        .expect("the first event");
    let signed = page(client, &format!("/hop-dong/{}?at={signed}", ids[0]));
    assert_eq!(fact(&signed, "Đã tạm ứng"), "0 đồng");
    assert_eq!(
        fact(&signed, "Giá trị hỗ trợ"),
        format!("{} đồng", grouped(&figures["value"]))
    );
    assert_eq!(client.get(&format!("/hop-dong/{}?at=1", ids[0])).status, 404, "not yet");
}

fn inspections_agree(client: &Client) {
    let list = whole_list(client, "/kiem-tra");
    let ids = linked(&list, "/kiem-tra");
    assert_eq!(ids.len(), 2);
    let inspections: Vec<Value> = ids.iter().map(|id| api(client, &format!("inspections/{id}"))).collect();
    let open = |known: &Value| known["inspection"]["figures"]["open"].as_u64().expect("a count");
    assert!(open(&inspections[0]) > 0, "those with open findings come first");
    assert_eq!(open(&inspections[1]), 0);
    assert!(!inspections[1]["inspection"]["conclusion"].is_null());
    let shown = page(client, &format!("/kiem-tra/{}", ids[0]));
    let findings = inspections[0]["inspection"]["findings"].as_object().expect("findings");
    let (mut still_open, mut amount) = (0, 0);
    let ended = shown.find("h-ended").expect("a remedied finding");
    for finding in findings.values() {
        let text = finding["text"].as_str().expect("a text");
        let place = shown.find(text).unwrap_or_else(|| panic!("{text} is not shown"));
        let is_open = finding["status"] == "open";
        assert_eq!(place < ended, is_open, "open ones stand first: {text}");
        if is_open {
            still_open += 1;
            amount += finding["amount"].as_u64().expect("an amount");
        }
        let project = finding["project"].as_str().expect("an id");
        let own = page(client, &format!("/de-an/{project}"));
        assert!(
            own.contains(&format!("href=\"/kiem-tra/{}\"", ids[0])),
            "{project} leads back"
        );
    }
    assert!(amount > 0, "money is to be recovered");
    let all = page(client, "/kiem-tra/kien-nghi");
    let counted = format!(
        "{still_open} kiến nghị, kiến nghị thu hồi {} đồng",
        grouped(&Value::from(amount))
    );
    assert!(all.contains(&counted), "{counted}: {all}");
    let remedied = page(client, "/kiem-tra/kien-nghi?status=remedied");
    assert!(remedied.contains("2 kiến nghị"), "one of each inspection: {remedied}");
}

fn reminders_are_shown(client: &Client) {
    let list = whole_list(client, "/nhac-viec");
    let projects = linked(&list, "/de-an");
    assert!(projects.len() >= 5, "{}", projects.len());
    let of_one = page(client, &format!("/nhac-viec?project={}", projects[0]));
    assert_eq!(linked(&of_one, "/de-an"), projects[..1]);
    let waiting = whole_list(client, "/nhac-viec?state=waiting");
    let delivered = whole_list(client, "/nhac-viec?state=delivered");
    let (waiting, delivered) = (linked(&waiting, "/de-an").len(), linked(&delivered, "/de-an").len());
    assert!(waiting > 0 && delivered > waiting, "{waiting}, {delivered}");
    assert_eq!(waiting + delivered, projects.len());
}

fn strangers_are_refused(client: &Client) {
    let nobody = "00000000-0000-8000-8000-000000000000";
    for base in ["/ke-hoach", "/ke-hoach/dot", "/hop-dong", "/kiem-tra"] {
        for id in [nobody, "x"] {
            assert_eq!(client.get(&format!("{base}/{id}")).status, 404, "{base}/{id}");
        }
    }
    for list in [
        "/ke-hoach",
        "/hop-dong",
        "/kiem-tra",
        "/kiem-tra/kien-nghi",
        "/nhac-viec",
    ] {
        let refused = client.get(&format!("{list}?after=x~y~z~u")).status;
        assert_eq!(refused, 400, "{list}");
    }
}

/// Every new page fits a phone and a desk in both languages; where `DEAN_SCREENSHOTS` names a folder, it gets a picture of each.
#[test]
fn the_pages_fit_the_screen_in_both_languages() {
    let database = TestDatabase::sqlite();
    let server = served(&database);
    let client = Client::new(server.base_url());
    let first = |list: &str, base: &str| linked(&page(&client, list), base).remove(0);
    let plan = linked(&page(&client, "/ke-hoach?level=national&year=2024"), "/ke-hoach").remove(0);
    let inspection = first("/kiem-tra", "/kiem-tra");
    let contract = first("/hop-dong", "/hop-dong");
    let member = linked(&page(&client, &format!("/hop-dong/{contract}")), "/de-an").remove(0);
    let visited = linked(&page(&client, &format!("/kiem-tra/{inspection}")), "/de-an").remove(0);
    let batches = linked(&page(&client, &format!("/ke-hoach/{plan}")), "/ke-hoach/dot");
    let paths = [
        ("plans", "/ke-hoach".to_owned()),
        ("plan", format!("/ke-hoach/{plan}")),
        ("batch-1", format!("/ke-hoach/dot/{}", batches[0])),
        ("batch-2", format!("/ke-hoach/dot/{}", batches[1])),
        ("contracts", "/hop-dong".to_owned()),
        ("contract", format!("/hop-dong/{contract}")),
        ("inspections", "/kiem-tra".to_owned()),
        ("inspection", format!("/kiem-tra/{inspection}")),
        ("findings", "/kiem-tra/kien-nghi".to_owned()),
        ("reminders", "/nhac-viec".to_owned()),
        ("member", format!("/de-an/{member}")),
        ("visited", format!("/de-an/{visited}")),
    ];
    let pictures = std::env::var_os("DEAN_SCREENSHOTS");
    for lang in ["vi", "en"] {
        for (screen, width, height) in [("phone", 390, 844), ("desk", 1280, 900)] {
            let browser = Browser::start();
            browser.goto(&format!("{}/nhac-viec?lang={lang}", server.base_url()));
            if width < 500 {
                browser.phone(width, height);
            } else {
                browser.resize(width, height);
            }
            for (name, path) in &paths {
                browser.goto(&format!("{}{path}", server.base_url()));
                let overflow = browser.execute(
                    "const root = document.documentElement; return root.scrollWidth - root.clientWidth;",
                    &serde_json::json!([]),
                );
                assert_eq!(overflow, 0, "{path} in {lang} on a {screen} is wider than the screen");
                let language = browser.find("html").attr("lang");
                assert_eq!(language.as_deref(), Some(lang));
                if let Some(folder) = &pictures {
                    let file = Path::new(folder).join(format!("{name}-{lang}-{screen}.png"));
                    browser.screenshot(&file);
                }
            }
            assert_eq!(browser.console_errors(), Vec::<String>::new());
        }
    }
    assert!(server.terminate().success());
}
