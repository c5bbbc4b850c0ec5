//! What a stranger can check: checkpoints, tiles and proofs over HTTP, proof files and keys on the command line, on both databases.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use dean_ledger::proof::merkle::{verify_consistency, verify_inclusion};
use dean_ledger::proof::{Checkpoint, VerifierKey};
use dean_ledger::tree::{Frontier, Hash, leaf_hash};
use dean_test_support::{Client, Response, Server, TestDatabase, story};
use serde_json::{Value, json};

const IMPLEMENTER: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
const AUDITOR: &str = "kt.1; role=auditor; unit=ktnn";

/// Each story on both databases.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $story() { super::$story(&dean_test_support::TestDatabase::sqlite()); })+
        }
        mod postgresql {
            $(#[test] fn $story() { super::$story(&dean_test_support::TestDatabase::postgres()); })+
        }
    };
}

on_both_databases!(
    a_stranger_checks_the_log_over_http,
    an_event_is_proven_by_a_file,
    two_strangers_compare_their_checkpoints,
    a_wrong_tile_is_told_apart_from_a_wrong_event,
    the_folder_remembers_what_a_rolled_back_ledger_forgot,
    the_key_is_made_once_and_never_by_a_reader,
);

fn draft(client: &Client, number: u32) -> String {
    let papers = json!([{"kind": "de-an", "number": "01", "date": "2025-04-20", "issuer": "TTKC"}]);
    let body = json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": papers});
    let key = format!("draft-{number}");
    let headers = [("dean-actor", IMPLEMENTER), ("idempotency-key", key.as_str())];
    let drafted = client.post_json("/api/v1/projects", &body, &headers);
    assert_eq!(drafted.status, 201, "{}", drafted.text());
    drafted.json()["project"].as_str().expect("an id").to_owned()
}

fn dean(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command: Command = Server::command();
    command.args(arguments).args(["--database", database.url()]);
    command.env("DEAN_SIGNING_KEY", database.signing_key());
    command.output().expect("runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn verifier_key(database: &TestDatabase) -> VerifierKey {
    said(&dean(database, &["key"])).parse().expect("a verifier key")
}

fn checkpoint(client: &Client, key: &VerifierKey) -> Checkpoint {
    let answer = client.get("/checkpoint");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    Checkpoint::open(&answer.text(), std::slice::from_ref(key)).expect("signed")
}

fn problem(answer: &Response, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{problem}");
    for text in ["title", "fix"] {
        let text = problem[text].as_str().expect("a text");
        assert!(!text.contains("{$") && !text.contains("problem-"), "{text}");
    }
}

fn hash(value: &Value) -> Hash {
    let hash = value.as_str().and_then(|text| hex::decode(text).ok()?.try_into().ok());
    hash.unwrap_or_else(|| panic!("{value} is no hash"))
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().expect("a list").iter().map(hash).collect()
}

fn a_stranger_checks_the_log_over_http(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    draft(&client, 1);
    let key = verifier_key(database);
    let before = checkpoint(&client, &key);
    draft(&client, 2);
    let now = checkpoint(&client, &key);
    assert!(
        now.size > before.size && now.size < 256,
        "{} to {}",
        before.size,
        now.size
    );

    // The leaves' hashes, from the tile, make the root; the entries, for who may read them, make the hashes.
    let width = now.size;
    let tile = client.get(&format!("/tile/0/000.p/{width}"));
    assert_eq!(
        (tile.status, tile.header("content-type")),
        (200, Some("application/octet-stream"))
    );
    assert!(
        tile.header("cache-control")
            .is_some_and(|value| value.contains("public") && value.contains("immutable"))
    );
    let leaves = tile.body.as_chunks::<32>().0;
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    assert_eq!((tree.size(), tree.root()), (now.size, now.root));
    let entries = format!("/tile/entries/000.p/{width}");
    problem(&client.get(&entries), 401, "no-actor");
    problem(
        &client.get_with(&entries, &[("dean-actor", IMPLEMENTER)]),
        403,
        "not-an-auditor",
    );
    problem(
        &client.get_with(&entries, &[("dean-actor", IMPLEMENTER), ("accept-language", "en")]),
        403,
        "not-an-auditor",
    );
    let bundle = client.get_with(&entries, &[("dean-actor", AUDITOR)]);
    assert_eq!(bundle.status, 200);
    assert!(
        bundle
            .header("cache-control")
            .is_some_and(|value| value.contains("private"))
    );
    let mut rest = bundle.body.as_slice();
    for leaf in leaves {
        let (length, behind) = rest.split_first_chunk::<2>().expect("a length");
        let (header, behind) = behind.split_at(u16::from_be_bytes(*length).into());
        assert_eq!(leaf_hash(header), *leaf);
        assert!(
            !String::from_utf8_lossy(header).contains("Quang Lanh"),
            "headers hold no personal data"
        );
        rest = behind;
    }
    assert!(rest.is_empty());
    for nothing in [
        "/tile/0/000",
        "/tile/0/001.p/1",
        "/tile/1/000.p/1",
        "/tile/0/000.p/0",
        "/tile/x",
        "/tile/0/0",
        "/tile/64/000",
    ] {
        problem(&client.get(nothing), 404, "no-such-tile");
    }

    // Proofs by the API.
    for position in 1..=now.size {
        let proof = client.get(&format!("/api/v1/events/{position}/inclusion-proof")).json();
        assert_eq!(
            (hash(&proof["leaf_hash"]), hash(&proof["root"])),
            (leaves[position as usize - 1], now.root)
        );
        let leaf = hash(&proof["leaf_hash"]);
        verify_inclusion(leaf, position - 1, now.size, &hashes(&proof["hashes"]), &now.root).expect("proven");
        let note = proof["checkpoint"].as_str().expect("of the present tree");
        assert_eq!(Checkpoint::open(note, std::slice::from_ref(&key)).expect("signed"), now);
    }
    let earlier = client
        .get(&format!("/api/v1/events/2/inclusion-proof?size={}", before.size))
        .json();
    verify_inclusion(leaves[1], 1, before.size, &hashes(&earlier["hashes"]), &before.root).expect("proven as it was");
    assert!(earlier.get("checkpoint").is_none());
    let proof = client
        .get(&format!("/api/v1/consistency-proof?from={}", before.size))
        .json();
    verify_consistency(
        (before.size, &before.root),
        (now.size, &now.root),
        &hashes(&proof["hashes"]),
    )
    .expect("proven");
    for (path, code) in [
        ("/api/v1/events/0/inclusion-proof", "no-such-position"),
        ("/api/v1/events/255/inclusion-proof", "no-such-position"),
        ("/api/v1/events/x/inclusion-proof", "no-such-position"),
        ("/api/v1/events/1/inclusion-proof?size=255", "no-such-size"),
        ("/api/v1/consistency-proof?from=255", "no-such-size"),
        ("/api/v1/consistency-proof?from=1&to=255", "no-such-size"),
    ] {
        problem(&client.get(path), 404, code);
    }
    problem(&client.get("/api/v1/consistency-proof"), 400, "invalid-filter");
    let described = client.get("/api/v1/openapi.json").json();
    for path in ["/api/v1/events/{position}/inclusion-proof", "/api/v1/consistency-proof"] {
        assert!(described["paths"][path]["get"].is_object(), "{path} is described");
    }
}

fn an_event_is_proven_by_a_file(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let project = draft(&Client::new(server.base_url()), 1);
    let key = verifier_key(database).to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("draft.tlog-proof");
    let path = file.to_str().expect("UTF-8");
    // While the server serves: a reading command works at any time.
    let event = format!("{project}/1");
    assert_eq!(said(&dean(database, &["prove", &event, "--output", path])), path);
    assert!(refused(&dean(database, &["prove", &event, "--output", path])).contains("--force writes over it"));
    let printed = said(&dean(
        database,
        &["prove", &event, "--output", "-", "--with-personal-data"],
    )) + "\n";
    drop(server);

    let verify = |key: &str, file: &Path| {
        Server::command()
            .arg("verify-proof")
            .arg(file)
            .args(["--key", key])
            .output()
            .expect("runs")
    };
    let proven = said(&verify(&key, &file));
    assert!(
        proven.starts_with("proven: position ") && proven.contains(&project) && proven.contains("\"$personal\":0"),
        "{proven}"
    );
    assert!(!proven.contains("Quang Lanh"), "personal data only when asked for");
    let personal = folder.path().join("personal.tlog-proof");
    std::fs::write(&personal, &printed).expect("written");
    assert!(said(&verify(&key, &personal)).contains("Quang Lanh"));

    let altered = folder.path().join("altered.tlog-proof");
    for (change, why) in [
        (printed.replace("index ", "index 1"), "not proven"),
        (printed.replacen("\ndean/", "\ndean/0", 1), "was altered"),
        (printed.replace("extra ey", "extra fy"), "no event of a ledger"),
        ("hello".to_owned(), "no proof file"),
    ] {
        std::fs::write(&altered, change).expect("written");
        let error = refused(&verify(&key, &altered));
        assert!(error.contains(why), "{why}: {error}");
    }
    let specified = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert!(refused(&verify(specified, &file)).contains("none of the given keys has signed it"));
    assert!(refused(&verify("nonsense", &file)).contains("is no verifier key"));
    assert!(refused(&dean(database, &["prove", "999"])).contains("the ledger holds the positions 1 to"));
    assert!(refused(&dean(database, &["prove", "first"])).contains("is neither a position"));
    assert!(refused(&dean(database, &["prove", &format!("{project}/9")])).contains("not number 9"));
}

fn two_strangers_compare_their_checkpoints(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let [first, second, proof] = ["first", "second", "proof"].map(path);
    for (number, file) in [(1, &first), (2, &second)] {
        draft(&client, number);
        std::fs::write(file, client.get("/checkpoint").text()).expect("written");
    }
    draft(&client, 3);
    let key = verifier_key(database).to_string();
    // With the ledger at hand, both are on it.
    let both = ["verify", "--checkpoint", &first, "--checkpoint", &second, "--key", &key];
    let verified = said(&dean(database, &both));
    assert!(verified.ends_with("2 kept checkpoints met"), "{verified}");
    // Without it, a file shows that one continues the other; and that the present one does.
    let prove = ["prove", "--from", &first, "--to", &second, "--output", &proof];
    assert_eq!(said(&dean(database, &prove)), proof);
    let onwards = said(&dean(database, &["prove", "--from", &second, "--output", "-"]));
    let twice = refused(&dean(database, &["prove", "1", "--from", &second]));
    assert!(twice.contains("cannot be used with"), "{twice}");
    let exchanged = refused(&dean(database, &["prove", "--from", &second, "--to", &first]));
    assert!(exchanged.contains("exchange them"), "{exchanged}");
    drop(server);
    let verify = |file: &str, key: &str| {
        let mut command: Command = Server::command();
        command
            .args(["verify-proof", file, "--key", key])
            .output()
            .expect("runs")
    };
    let shown = said(&verify(&proof, &key));
    assert!(shown.contains("is the beginning of"), "{shown}");
    std::fs::write(path("onwards"), onwards + "\n").expect("written");
    assert!(said(&verify(&path("onwards"), &key)).contains("is the beginning of"));
    let text = std::fs::read_to_string(&proof).expect("a text");
    std::fs::write(path("altered"), text.replacen("\nroot ", "\nroot A", 1)).expect("written");
    assert!(refused(&verify(&path("altered"), &key)).contains("no proof file (dean/consistency-proof@v1)"));
    let specified = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert!(refused(&verify(&proof, specified)).contains("none of the given keys has signed it"));
}

fn a_wrong_tile_is_told_apart_from_a_wrong_event(database: &TestDatabase) {
    drop(Server::start(database, &[]));
    said(&dean(database, &["verify"]));
    database.execute(match database.folder() {
        Some(_) => "INSERT INTO tiles SELECT id, 0, 0, zeroblob(32), zeroblob(8192) FROM ledgers",
        None => {
            "INSERT INTO ledger.tiles SELECT id, 0, 0, decode(repeat('00', 32), 'hex'), decode(repeat('00', 8192), 'hex') FROM ledger.ledgers"
        }
    });
    let verified = dean(database, &["verify"]);
    let advice = refused(&verified);
    assert!(
        advice.contains("Nothing is lost") && advice.contains("delete all rows of that table"),
        "{advice}"
    );
    let named = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(
        named.trim_end(),
        "the table `tiles`, level 0, number 0: it covers events that the ledger does not have"
    );
    let schema = if database.folder().is_some() { "" } else { "ledger." };
    database.execute(&format!("DELETE FROM {schema}tiles"));
    said(&dean(database, &["verify"]));
}

fn the_folder_remembers_what_a_rolled_back_ledger_forgot(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let published = folder.path().join("checkpoints");
    let arguments = ["--checkpoint-dir", published.to_str().expect("UTF-8")];
    let server = Server::start(database, &arguments);
    let client = Client::new(server.base_url());
    draft(&client, 1);
    draft(&client, 2);
    let key = verifier_key(database);
    let now = checkpoint(&client, &key);
    assert!(server.terminate().success());
    let latest = std::fs::read_to_string(published.join("latest")).expect("published at the end");
    assert_eq!(Checkpoint::open(&latest, &[key]).expect("signed"), now);
    assert_eq!(
        std::fs::read_to_string(published.join(format!("{}.checkpoint", now.size))).expect("kept"),
        latest
    );

    let schema = if database.folder().is_some() { "" } else { "ledger." };
    if database.folder().is_some() {
        database.execute("DROP TRIGGER events_refuse_delete; DROP TRIGGER commits_refuse_delete; DROP TRIGGER personal_data_refuse_delete");
    } else {
        database.execute("DROP FUNCTION ledger.refuse_change() CASCADE");
    }
    // The last draft: the project's own event, and the claim to its code.
    let left = now.size - 2;
    database.execute(&format!(
        "DELETE FROM {schema}personal_data WHERE position > {left}; DELETE FROM {schema}events WHERE position > {left}; \
         DELETE FROM {schema}commits WHERE start > {left}"
    ));
    let serve = [&["serve", "--addr", "127.0.0.1:0"], arguments.as_slice()].concat();
    let error = refused(&dean(database, &serve));
    assert!(
        error.contains(&format!("the ledger ends at position {left}")) && error.contains("was signed before"),
        "{error}"
    );
    // Nor does any other command that signs.
    let aside = folder.path().join("aside");
    let aside = aside.to_str().expect("UTF-8");
    let prove = ["prove", "1", "--output", aside];
    let signs: [&[&str]; 3] = [&prove, &["export", aside], &["backup", aside]];
    let sign_nothing = |why: &str| {
        for command in signs {
            let error = refused(&dean(database, &[command, arguments.as_slice()].concat()));
            assert!(
                error.contains("no checkpoint is signed") && error.contains(why),
                "{command:?}: {error}"
            );
            assert!(!Path::new(aside).exists(), "{command:?}");
        }
    };
    sign_nothing("the ledger ends at position");
    let missing = ["--checkpoint-dir", aside];
    let error = refused(&dean(database, &[prove.as_slice(), &missing].concat()));
    assert!(
        error.contains("there is no checkpoint folder") && !Path::new(aside).exists(),
        "{error}"
    );
    // Without the folder nothing contradicts it, and it goes on, to another history of the same length.
    let server = Server::start(database, &[]);
    draft(&Client::new(server.base_url()), 3);
    assert!(server.terminate().success());
    // In itself it is sound. (The read models, which remember what was cut off, are another matter.)
    said(&dean(database, &["verify"]));
    let error = refused(&dean(database, &serve));
    assert!(error.contains("History was rewritten"), "{error}");
    sign_nothing("History was rewritten");
    // Whoever kept a checkpoint can show the contradiction to everybody, with nothing but the verifier key.
    let latest_path = published.join("latest");
    let latest_path = latest_path.to_str().expect("UTF-8");
    let evidence = dean(database, &["prove", "--from", latest_path, "--output", aside]);
    assert!(refused(&evidence).contains("has signed two histories"));
    let key = said(&dean(database, &["key"]));
    let mut shown: Command = Server::command();
    let shown = shown
        .args(["verify-proof", aside, "--key", &key])
        .output()
        .expect("runs");
    refused(&shown);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.starts_with("proven: ") && shown.contains("contradict each other"),
        "{shown}"
    );
    assert_eq!(
        std::fs::read_to_string(published.join("latest")).expect("untouched"),
        latest
    );
}

fn the_key_is_made_once_and_never_by_a_reader(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let file = database.signing_key();
    let key = verifier_key(database);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("made").permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        server.stderr().contains(&key.to_string()),
        "the first start says whose signature to expect"
    );
    assert!(server.terminate().success());
    let server = Server::start(database, &[]);
    assert_eq!(verifier_key(database), key, "a restart changes nothing");
    assert!(!server.stderr().contains(&key.to_string()));
    drop(server);

    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).expect("moved");
    let serve = ["serve", "--addr", "127.0.0.1:0"];
    assert!(refused(&dean(database, &serve)).contains("Bring it back"));
    assert!(refused(&dean(database, &["prove", "1"])).contains("there is no signing key"));
    let shown = dean(database, &["key"]);
    assert_eq!(said(&shown), key.to_string(), "the database knows which key it was");
    assert!(String::from_utf8_lossy(&shown.stderr).contains("not compared with the key itself"));
    assert!(!file.exists(), "none of them made one");

    std::fs::copy(&aside, &file).expect("copied");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("ours");
    for command in [serve.as_slice(), &["key"], &["prove", "1"]] {
        assert!(
            refused(&dean(database, command)).contains("has the mode 644"),
            "{command:?}"
        );
    }
    std::fs::remove_file(&file).expect("removed");
    let server = Server::start(database, &["--replace-signing-key"]);
    let replaced = verifier_key(database);
    assert_ne!(replaced, key);
    assert_eq!(said(&dean(database, &["key", "--all"])), format!("{key}\n{replaced}"));
    checkpoint(&Client::new(server.base_url()), &replaced);
    drop(server);
    std::fs::rename(&aside, &file).expect("the old one is back");
    assert!(refused(&dean(database, &serve)).contains("Give the right file"));
    assert!(refused(&dean(database, &["key"])).contains("don't hand out either"));
}

/// Several servers that start at the same moment on an empty database end with one key, and sign the same.
#[test]
fn servers_that_start_at_once_share_one_key() {
    let database = TestDatabase::postgres();
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(|| Server::start(&database, &[]))).collect();
        starts
            .into_iter()
            .map(|start| start.join().expect("it starts"))
            .collect()
    });
    let key = verifier_key(&database);
    let notes: BTreeMap<String, Hash> = servers
        .iter()
        .map(|server| {
            let answer = Client::new(server.base_url()).get("/checkpoint").text();
            let root = Checkpoint::open(&answer, std::slice::from_ref(&key))
                .expect("signed")
                .root;
            (answer, root)
        })
        .collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
}
