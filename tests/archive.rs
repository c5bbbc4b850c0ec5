//! Backup, restore and verification as an operator does them: with the program itself, while it serves.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Client, Server, TestDatabase, story};
use serde_json::{Value, json};

const CLIENTS: usize = 4;
const ACTOR: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

#[test]
fn a_backup_of_sqlite_under_load_is_restored_to_postgresql_and_answers_retries() {
    back_up_and_restore(&TestDatabase::sqlite(), &TestDatabase::postgres());
}

#[test]
fn a_backup_of_postgresql_under_load_is_restored_to_sqlite_and_answers_retries() {
    back_up_and_restore(&TestDatabase::postgres(), &TestDatabase::sqlite());
}

/// Whoever stops the server and copies its file has the ledger, also without the log beside it.
#[test]
fn the_file_of_a_stopped_server_is_whole() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &[]);
    let client = Client::new(server.base_url());
    let details = story::draft_for("5600123456");
    let papers = story::papers(&["de-an"], "2025-04-20");
    let body = json!({"occurred_on": "2025-04-20", "details": details, "papers": papers});
    let drafted = client.post_json("/api/v1/projects", &body, &[("dean-actor", ACTOR)]);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    let id = drafted.json()["project"].as_str().expect("an id").to_owned();
    assert!(server.terminate().success());
    let file = database.url().strip_prefix("sqlite:").expect("a file");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy).expect("copied");
    let url = format!("sqlite:{}", copy.display());
    let replayed = success(&dean(&["replay", &id, "--database", &url]));
    assert!(replayed.contains("Drafted"), "{replayed}");
}

fn dean(arguments: &[&str]) -> Output {
    Server::command()
        .args(arguments)
        .output()
        .expect("the product's binary runs")
}

#[track_caller]
fn success(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

#[track_caller]
fn failure(output: &Output) -> String {
    let all = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!output.status.success(), "{all}");
    all
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn back_up_and_restore(database: &TestDatabase, other: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ledger.dean");
    let (key, kept) = (folder.path().join("key"), folder.path().join("checkpoint"));
    let key = text(&key);
    let acknowledged: Mutex<BTreeMap<u32, Value>> = Mutex::default();
    let before_backup;
    {
        let server = Server::start(database, &["--signing-key", key]);
        let (sent, stop) = (AtomicU32::new(0), AtomicBool::new(false));
        before_backup = thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    let client = Client::new(server.base_url());
                    while !stop.load(Ordering::Relaxed) {
                        let number = sent.fetch_add(1, Ordering::Relaxed);
                        let answer = draft(&client, number);
                        acknowledged.lock().expect("no client panicked").insert(number, answer);
                    }
                });
            }
            let so_far = || acknowledged.lock().expect("no client panicked").clone();
            wait_until(|| so_far().len() > 40);
            std::fs::write(&kept, Client::new(server.base_url()).get("/checkpoint").text()).expect("written");
            let back_up = || {
                let before = so_far();
                let backed_up = dean(&[
                    "backup",
                    text(&file),
                    "--force",
                    "--signing-key",
                    key,
                    "--database",
                    database.url(),
                ]);
                let during = so_far().len() - before.len();
                (before, backed_up, during)
            };
            // So small a ledger is backed up in less time than a command may take on a busy machine: then it is done again.
            let mut attempts = (0..20).map(|_| back_up());
            let last = attempts.find(|(_, backed_up, during)| *during > 0 || !backed_up.status.success());
            stop.store(true, Ordering::Relaxed);
            let (before, backed_up, _) = last.expect("the server answers while it is backed up");
            success(&backed_up);
            before
        });
        assert!(server.terminate().success());
    }
    let verified = success(&dean(&["verify", text(&file)]));
    let verifier = success(&dean(&["key", "--signing-key", key, "--database", database.url()]));
    let verifier = verifier.trim();
    let with_kept = success(&dean(&[
        "verify",
        text(&file),
        "--checkpoint",
        text(&kept),
        "--key",
        verifier,
    ]));
    assert!(with_kept.contains("1 kept checkpoint"), "{with_kept}");
    // Both the kept checkpoint and the one in the file need the right key.
    let another = verifier.replacen("dean/", "dean/x", 1);
    failure(&dean(&["verify", text(&file), "--key", &another]));
    let imported = success(&dean(&["import", text(&file), "--database", other.url()]));
    assert_eq!(verified, imported, "the same events, the same root");
    let refused = failure(&dean(&["import", text(&file), "--database", other.url()]));
    assert!(refused.contains("already holds the ledger"), "{refused}");

    let server = Server::start(other, &["--signing-key", key]);
    let client = Client::new(server.base_url());
    for (number, first) in &before_backup {
        let again = draft(&client, *number);
        assert_eq!(
            again["repeated"], true,
            "command {number} had been acknowledged before the backup: {again}"
        );
        for field in ["project", "version", "position", "recorded_at"] {
            assert_eq!(
                again[field], first[field],
                "command {number}: another {field} after the restore"
            );
        }
    }
    // A command that came after the backup is new to the copy, and is taken.
    let number = u32::try_from(acknowledged.lock().expect("no client panicked").len()).expect("few") + 100;
    assert_eq!(draft(&client, number)["repeated"], false);
    assert!(server.terminate().success());
    Server::verify(other);
    let restored = [
        "verify",
        "--database",
        other.url(),
        "--checkpoint",
        text(&kept),
        "--key",
        verifier,
    ];
    assert!(success(&dean(&restored)).contains("1 kept checkpoint"));
}

fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for a minute");
        thread::sleep(Duration::from_millis(10));
    }
}

fn draft(client: &Client, number: u32) -> Value {
    let paper = json!({"kind": "de-an", "number": format!("{number}/ĐA"), "date": "2025-04-20", "issuer": "TTKC"});
    let body = json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": [paper]}).to_string();
    let key = format!("backup-{number}");
    let headers = [
        ("content-type", "application/json"),
        ("dean-actor", ACTOR),
        ("idempotency-key", key.as_str()),
    ];
    let answer = client
        .try_request("POST", "/api/v1/projects", &headers, Some(body.as_bytes()))
        .expect("the server answers");
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[test]
fn verify_says_where_and_what_to_do_and_fails() {
    let (database, folder) = (TestDatabase::sqlite(), tempfile::tempdir().expect("a temporary folder"));
    let demo = ["demo", "--projects", "30", "--load-only", "--database", database.url()];
    success(&dean(&demo));
    let file = folder.path().join("ledger.dean");
    let export = ["export", text(&file), "--database", database.url()];
    success(&dean(&export));
    let refused = failure(&dean(&export));
    assert!(refused.contains("--force"), "{refused}");
    let piped = dean(&["export", "-", "--database", database.url()]);
    assert!(piped.status.success() && piped.stdout == std::fs::read(&file).expect("the file"));

    database.execute("DROP TRIGGER events_refuse_update; UPDATE events SET actor_role = 'leader' WHERE position = 7");
    let found = failure(&dean(&["verify", "--database", database.url()]));
    assert!(
        found.contains("position 7: actor_role differs") && found.contains("first at position 7"),
        "{found}"
    );
    let refused = failure(&dean(&[
        "backup",
        text(&folder.path().join("b")),
        "--database",
        database.url(),
    ]));
    assert!(
        refused.contains("position 7") && !folder.path().join("b").exists(),
        "{refused}"
    );

    success(&dean(&["verify", text(&file)]));
    let changed = std::fs::read_to_string(&file)
        .expect("the file")
        .replacen("\"position\":9,", "\"position\":8,", 1);
    std::fs::write(&file, changed).expect("written");
    let found = failure(&dean(&["verify", text(&file)]));
    assert!(
        found.contains("first at position 8") || found.contains("first at position 9"),
        "{found}"
    );
    let refused = failure(&dean(&[
        "import",
        text(&file),
        "--database",
        TestDatabase::sqlite().url(),
    ]));
    assert!(refused.contains("nothing was imported"), "{refused}");
    let refused = failure(&dean(&[
        "verify",
        database
            .folder()
            .map(|folder| folder.join("dean.db"))
            .as_deref()
            .map_or("", text),
    ]));
    assert!(refused.contains("is not an exported ledger"), "{refused}");
}

#[test]
fn a_killed_import_leaves_nothing_on_sqlite() {
    kill_import(&TestDatabase::sqlite());
}

#[test]
fn a_killed_import_leaves_nothing_on_postgresql() {
    kill_import(&TestDatabase::postgres());
}

/// Kills imports at different moments: each leaves no ledger behind, and the next one is not hindered.
fn kill_import(target: &TestDatabase) {
    let (source, folder) = (TestDatabase::sqlite(), tempfile::tempdir().expect("a temporary folder"));
    success(&dean(&[
        "demo",
        "--projects",
        "300",
        "--load-only",
        "--database",
        source.url(),
    ]));
    let file = folder.path().join("ledger.dean");
    let exported = success(&dean(&["export", text(&file), "--database", source.url()]));
    let mut killed = 0;
    for wait_ms in [20, 60, 100, 140, 200] {
        let mut import = Server::command()
            .args(["import", text(&file), "--database", target.url()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the product's binary runs");
        thread::sleep(Duration::from_millis(wait_ms));
        if import.try_wait().expect("its state is known").is_some() {
            break;
        }
        import.kill().expect("killed");
        import.wait().expect("ended");
        killed += 1;
        // Before the last migration has run there is not even a database to read.
        let found = failure(&dean(&["verify", "--database", target.url()]));
        let nothing = ["no ledger", "there is no database file", "has schema version"];
        assert!(nothing.iter().any(|words| found.contains(words)), "{found}");
    }
    assert!(killed > 0, "at least one import was killed");
    let imported = dean(&["import", text(&file), "--database", target.url()]);
    let taken = String::from_utf8_lossy(&imported.stderr).contains("already holds the ledger");
    assert!(taken || success(&imported) == exported);
    assert_eq!(success(&dean(&["verify", "--database", target.url()])), exported);
}

/// An export is killed while it waits for its events; the next one to the same file clears up what it left, and nothing else.
#[test]
fn what_a_killed_export_leaves_is_cleared_up_by_the_next_one() {
    let (database, folder) = (
        TestDatabase::postgres(),
        tempfile::tempdir().expect("a temporary folder"),
    );
    drop(Server::start(&database, &[]));
    let file = folder.path().join("ledger.dean");
    let hidden = || -> Vec<String> {
        let names = std::fs::read_dir(folder.path()).expect("a folder");
        names
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            .filter(|name| name.starts_with('.'))
            .collect()
    };
    let export = || {
        let mut command = Server::command();
        command.args(["export", text(&file), "--force", "--database", database.url()]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the product's binary runs")
    };
    let name = |pid: u32| format!(".ledger.dean.{pid}.partial");
    let lock = "BEGIN; LOCK TABLE ledger.events IN ACCESS EXCLUSIVE MODE";
    let (mut living, killed) = database.holding(lock, || {
        let mut export_to_kill = export();
        let killed = name(export_to_kill.id());
        wait_until(|| hidden().contains(&killed));
        let living = export();
        wait_until(|| hidden().contains(&name(living.id())));
        assert!(hidden().contains(&killed), "while it lives, its file is its own");
        export_to_kill.kill().expect("killed");
        export_to_kill.wait().expect("ended");
        assert!(hidden().contains(&killed), "it could not clear up itself");
        let third = export();
        wait_until(|| hidden().contains(&name(third.id())));
        assert_eq!(hidden().len(), 2, "what was left is gone, what is being written is not");
        assert!(hidden().contains(&name(living.id())));
        let mut third = third;
        third.kill().expect("killed");
        third.wait().expect("ended");
        (living, name(third.id()))
    });
    assert!(living.wait().expect("ended").success());
    assert_eq!(hidden(), [killed]);
    // Nor what only looks like it.
    let alike = [
        ".ledger.dean.old.partial",
        ".ledger.dean.partial",
        ".other.dean.7.partial",
    ];
    for name in alike {
        std::fs::write(folder.path().join(name), "mine").expect("written");
    }
    assert!(export().wait().expect("ended").success());
    let mut left = hidden();
    left.sort();
    assert_eq!(left, alike);
    success(&dean(&["verify", text(&file)]));
}
