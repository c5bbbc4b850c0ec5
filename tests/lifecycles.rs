//! Lifecycles on the command line, as an administrator works with them: check, draw, compare, and move running projects.

use std::path::Path;
use std::process::Output;

use dean_test_support::{Client, Server, TestDatabase};
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
