//! Lifecycles on the command line, as an administrator works with them: check, draw, compare, and move running projects.

use std::path::Path;
use std::process::Output;

use dean_test_support::{Client, Server, TestDatabase, story};
use serde_json::json;

const NEW: &str = "lifecycles/kcqg-2014-02-10-2.toml";
const OLD: &str = "lifecycles/kcqg-2014-02-10.toml";
const NEWEST: &str = "2014-02-10-3";

fn dean(arguments: &[&str]) -> Output {
    Server::command()
        .args(arguments)
        .output()
        .expect("the product's binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

#[test]
fn a_file_is_checked_drawn_and_compared() {
    let (old, new) = (repository(OLD), repository(NEW));
    let checked = dean(&["lifecycle", "check", &old, &new]);
    assert!(checked.status.success(), "{checked:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let stuck = folder.path().join("stuck.toml").display().to_string();
    let text = std::fs::read_to_string(&new).expect("the lifecycle");
    let awaited = "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"";
    assert!(text.contains(awaited));
    std::fs::write(&stuck, text.replacen(awaited, &awaited.replace("main = true\n", ""), 1)).expect("written");
    let refused = dean(&["lifecycle", "check", &stuck]);
    let line = 1 + text[..text.find("id = \"registered\"").expect("the state")]
        .matches('\n')
        .count();
    assert!(!refused.status.success());
    assert_eq!(
        stdout(&refused).trim_end(),
        format!(
            "{stuck}:{line}: in state `registered` nobody is awaited; give a step from it `main = true`: its takers then find the \
             project in their inbox"
        )
    );

    let drawn = stdout(&dean(&["lifecycle", "draw", &new]));
    assert!(
        drawn.starts_with("<svg ") && drawn.trim_end().ends_with("</svg>"),
        "{drawn}"
    );
    let mermaid = stdout(&dean(&["lifecycle", "draw", &new, "--format", "mermaid"]));
    assert!(
        mermaid.contains("state_examined ==>|\"Thẩm định cấp Bộ\"| state_appraised_ministry"),
        "{mermaid}"
    );

    let compared = stdout(&dean(&["lifecycle", "diff", &old, &new]));
    assert!(
        compared.contains("step adjust-agency («Điều chỉnh (Cục)»): steps that come first added: verify-on-site\n"),
        "{compared}"
    );
    assert_eq!(stdout(&dean(&["lifecycle", "diff", &new, &new])), "");
}

#[test]
fn running_projects_move_on_sqlite() {
    move_projects(&TestDatabase::sqlite());
}

#[test]
fn running_projects_move_on_postgresql() {
    move_projects(&TestDatabase::postgres());
}

/// The demo leaves projects under the first version; they are found, moved, and not found again.
fn move_projects(database: &TestDatabase) {
    let loaded = dean(&["demo", "--load-only", "--projects", "300", "--database", database.url()]);
    assert!(loaded.status.success(), "{loaded:?}");
    let over = |arguments: &[&str]| {
        let mut all = vec!["lifecycle", "move"];
        all.extend(arguments);
        all.extend(["--database", database.url()]);
        dean(&all)
    };
    let check = over(&["kcqg", NEWEST, "--check"]);
    assert!(check.status.success(), "{check:?}");
    let found = stdout(&check);
    let first: Vec<&str> = found.lines().next().expect("a project").split('\t').collect();
    assert_eq!((first[2], first[4]), ("2014-02-10", "can move"), "{found}");

    let unknown = over(&["kcqg", "2099-01-01", "--check"]);
    assert!(!unknown.status.success());
    let words = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        words.contains("the ledger holds no lifecycle kcqg 2099-01-01"),
        "{words}"
    );
    assert!(!over(&["kcqg", NEWEST]).status.success(), "a reason is needed");

    // Whoever may not move them is refused, project by project, and nothing is recorded.
    let clerk = "ttkc.cv; role=implementer; unit=ttkc-lai-chau";
    let refused = over(&["kcqg", NEWEST, "--reason", "Quyết định 12", "--actor", clerk]);
    assert!(!refused.status.success());
    assert!(stdout(&refused).contains("\tnot moved\t"), "{refused:?}");
    assert_eq!(stdout(&over(&["kcqg", NEWEST, "--check"])), found);

    // What was replaced is no way back.
    let back = over(&["kcqg", "2014-02-10", "--check"]);
    assert!(!back.status.success());
    let words = stdout(&back);
    assert!(
        words.contains("it is older than the version that holds for the project"),
        "{words}"
    );

    let moved = over(&["kcqg", NEWEST, "--reason", "Quyết định 12/QĐ-BCT"]);
    assert!(moved.status.success(), "{moved:?}");
    assert_eq!(
        stdout(&moved).matches("\tmoved\tposition ").count(),
        found.lines().count()
    );
    assert_eq!(stdout(&over(&["kcqg", NEWEST, "--check"])), "");
    let replayed = stdout(&dean(&["replay", first[0], "--database", database.url()]));
    assert!(replayed.contains("\tLifecycleMoved\tmove-lifecycle\t"), "{replayed}");
    let verified = dean(&["verify", "--database", database.url()]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_running_project_moves_over_the_api_on_sqlite() {
    move_one(&TestDatabase::sqlite());
}

#[test]
fn a_running_project_moves_over_the_api_on_postgresql() {
    move_one(&TestDatabase::postgres());
}

fn move_one(database: &TestDatabase) {
    let loaded = dean(&["demo", "--load-only", "--projects", "300", "--database", database.url()]);
    assert!(loaded.status.success(), "{loaded:?}");
    let found = stdout(&dean(&[
        "lifecycle",
        "move",
        "kcqg",
        NEWEST,
        "--check",
        "--database",
        database.url(),
    ]));
    let project = found.split('\t').next().expect("a project");
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let post = |project: &str, actor: &str, version: &str, key: &str| {
        let details = json!({"version": version, "reason": "Quyết định 12/QĐ-BCT"});
        let body = json!({"occurred_on": "2026-07-01", "details": details});
        let headers = [
            ("dean-actor", actor),
            ("idempotency-key", key),
            ("accept-language", "en"),
        ];
        client.post_json(&format!("/api/v1/projects/{project}/lifecycle"), &body, &headers)
    };
    let administrator = "dean.administrator; role=administrator; unit=dean";
    let clerk = "ttkc.cv; role=implementer; unit=ttkc-lai-chau";
    for (project, actor, version, status, code, field) in [
        (project, clerk, NEWEST, 403, "not-your-role", None),
        (
            project,
            administrator,
            "2099-01-01",
            422,
            "no-target-lifecycle",
            Some("details.version"),
        ),
        ("x", administrator, NEWEST, 404, "no-such-project", None),
    ] {
        let refused = post(project, actor, version, "refused");
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert!(field.is_none() || problem["field"].as_str() == field, "{problem}");
    }
    let before = client.get(&format!("/api/v1/projects/{project}")).json();
    let moved = post(project, administrator, NEWEST, "move");
    assert_eq!(moved.status, 200, "{}", moved.text());
    let again = post(project, administrator, NEWEST, "move").json();
    assert_eq!(
        (&again["repeated"], &again["version"]),
        (&json!(true), &moved.json()["version"])
    );
    let after = client.get(&format!("/api/v1/projects/{project}")).json();
    assert_eq!(after["lifecycle"]["version"], NEWEST, "{after}");
    assert_eq!(
        after["standing"]["state"], before["standing"]["state"],
        "nothing else changes"
    );
    // Neither back to what was replaced nor to where it is.
    for (version, code) in [("2014-02-10-2", "target-older"), (NEWEST, "nothing-changes")] {
        let refused = post(project, administrator, version, version);
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["code"].as_str()),
            (422, Some(code)),
            "{problem}"
        );
        assert_eq!(problem["field"], "details.version", "{problem}");
        assert!(!problem["title"].as_str().expect("a title").contains("{$"), "{problem}");
    }
    assert!(server.terminate().success());
    Server::verify(database);
}

#[test]
fn a_province_publishes_texts_of_its_own_on_sqlite() {
    own_texts(&TestDatabase::sqlite());
}

#[test]
fn a_province_publishes_texts_of_its_own_on_postgresql() {
    own_texts(&TestDatabase::postgres());
}

/// A text that comes along, with lines of its head replaced: what an official writes by `docs/quy-dinh-cua-tinh.md`.
fn written(folder: &Path, (from, head): (&str, &[(&str, &str)]), file: &str) -> String {
    let mut text = std::fs::read_to_string(repository(from)).expect("the text");
    for (key, line) in head {
        let start = 1 + text.find(&format!("\n{key} = ")).expect("the key stands in the text");
        let end = start + text[start..].find('\n').expect("a line ends");
        text.replace_range(start..end, line);
    }
    let path = folder.join(file);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// What is refused before anything is published, what checking says, and a move that waits for the version's first day.
fn own_texts(database: &TestDatabase) {
    const LIFECYCLE: &str = "lifecycles/kcdp-2014-02-10-3.toml";
    const NORMS: &str = "rules/norms-son-la-2025-01-01.toml";
    let folder = tempfile::tempdir().expect("a folder");
    let local = "level = \"local\"\nprovince = \"dien-bien\"";
    let publish = |file: &str| dean(&["publish", file, "--database", database.url()]);
    let refused = |output: &Output, words: &str| {
        let said = format!("{}{}", stdout(output), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && said.contains(words), "{words}: {said}");
    };

    // Nothing was served over this database yet, so no text stands in it.
    let general = written(
        folder.path(),
        (LIFECYCLE, &[("version", "version = \"1\""), ("level", local)]),
        "a.toml",
    );
    refused(&publish(&general), "give it a code of its own");
    refused(&dean(&["lifecycle", "check", &general]), "give it a code of its own");
    let nowhere = [("code", "code = \"norms-x\""), ("province", "province = \"dienbien\"")];
    let nowhere = written(folder.path(), (NORMS, &nowhere), "b.toml");
    for output in [publish(&nowhere), dean(&["text", "check", &nowhere])] {
        refused(&output, "there is no province `dienbien`");
    }
    refused(
        &dean(&["lifecycle", "check", &nowhere]),
        "these are norms, not a lifecycle",
    );

    let norms = [
        ("code", "code = \"norms-dien-bien\""),
        ("province", "province = \"dien-bien\""),
        ("valid_from", "valid_from = \"2025-02-01\""),
    ];
    let norms = written(folder.path(), (NORMS, &norms), "norms.toml");
    let checked = stdout(&dean(&["text", "check", &norms]));
    for words in [
        "is valid",
        "for Điện Biên (`dien-bien`), from 2025-02-01",
        "instead of norms-national 2018-05-11 for decisions from then on",
        "11 of 11 support kinds are still `unverified`",
    ] {
        assert!(checked.contains(words), "{words}: {checked}");
    }
    let version = |version: &str, from: &str, file: &str| {
        let (version, from) = (format!("version = \"{version}\""), format!("valid_from = \"{from}\""));
        let head = [
            ("code", "code = \"kcdp-dien-bien\""),
            ("version", version.as_str()),
            ("valid_from", from.as_str()),
            ("level", local),
        ];
        written(folder.path(), (LIFECYCLE, &head), file)
    };
    let (first, later) = (
        version("1", "2025-01-01", "1.toml"),
        version("2", "2099-01-01", "2.toml"),
    );
    let checked = stdout(&dean(&["lifecycle", "check", &first, &later]));
    for words in [
        "for Điện Biên (`dien-bien`), from 2025-01-01",
        "instead of kcdp 2014-02-10-3 for projects drafted from then on",
        "CAUTION: until 2099-01-01",
    ] {
        assert!(checked.contains(words), "{words}: {checked}");
    }
    let compared = stdout(&dean(&["lifecycle", "diff", &first, &later]));
    assert!(
        compared.contains("the lifecycle: version changed from 1 to 2\n"),
        "{compared}"
    );
    for file in [&norms, &first, &later] {
        let published = publish(file);
        assert!(published.status.success(), "{published:?}");
        let said = String::from_utf8_lossy(&published.stderr).into_owned();
        assert!(said.contains("`dien-bien`") && said.contains("instead of "), "{said}");
    }

    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let actor = "ttkc.cv; role=implementer; unit=ttkc-dien-bien";
    let mut details = story::draft();
    details["level"] = json!("local");
    let firm = details["content"]["beneficiaries"][0].as_object_mut().expect("a firm");
    firm.remove("tax_code");
    let body = json!({"occurred_on": "2025-04-20", "details": details});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", actor)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let project = drafted.json()["project"].as_str().expect("an id").to_owned();
    let page = |path: &str| client.get(path).text();
    let screening = format!("/de-an/{project}/ra-soat");
    assert!(page(&screening).contains("Đề án chưa nộp nên chưa được rà soát."));
    let papers = ["cong-van-de-nghi", "de-an", "de-nghi-thu-huong"];
    let body = json!({"occurred_on": "2025-05-10", "details": {}, "papers": story::papers(&papers, "2025-05-09")});
    let proposed = client.post_json(
        &format!("/api/v1/projects/{project}/steps/propose"),
        &body,
        &[("dean-actor", actor)],
    );
    assert_eq!(proposed.status, 200, "{}", proposed.text());
    // What an approval would allow stands beside the line before there is one.
    let shown = page(&format!("/de-an/{project}"));
    let cap = "Mức tối đa nếu phê duyệt hôm nay, theo norms-dien-bien 2025-01-01: 300.000.000 = min(50 % × 700.000.000; 1 × 300.000.000)";
    assert!(shown.contains(cap), "{shown}");
    // It was submitted, so the reason is another.
    for path in [screening, format!("/de-an/{project}")] {
        let shown = page(&path);
        assert!(
            shown.contains("Chưa có gì để đối chiếu") && !shown.contains("Đề án chưa nộp"),
            "{path}"
        );
    }

    let order = json!({"occurred_on": "2026-07-01", "details": {"version": "2", "reason": "Quy chế mới"}});
    let administrator = "dean.administrator; role=administrator; unit=dean";
    let headers = [("dean-actor", administrator), ("accept-language", "en")];
    let early = client.post_json(&format!("/api/v1/projects/{project}/lifecycle"), &order, &headers);
    assert_eq!(
        (early.status, early.json()["code"].as_str()),
        (422, Some("target-not-in-force")),
        "{}",
        early.text()
    );
    assert!(server.terminate().success());
    let over = |arguments: &[&str]| {
        let mut all = vec!["lifecycle", "move", "kcdp-dien-bien"];
        all.extend(arguments);
        all.extend(["--database", database.url()]);
        dean(&all)
    };
    refused(&over(&["2", "--check"]), "it is in force from 2099-01-01 on");
    refused(&over(&["2", "--reason", "Quy chế mới"]), "\tnot moved\t");
    refused(&over(&["3", "--check"]), "of kcdp-dien-bien it holds 1, 2");
    refused(&over(&["2", "--reason", " "]), "name the decision");
}
