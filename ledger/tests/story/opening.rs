//! Opening: what goes wrong says what to do.

use std::path::{Path, PathBuf};

use dean_ledger::database::schema_version_known;
use dean_ledger::{Access, Database, DatabaseError, Ledger, LedgerError};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(
    a_newer_schema_is_refused,
    a_ledger_keeps_what_it_was_made_with,
    several_ledgers_share_a_database
);

async fn a_newer_schema_is_refused(place: Place) {
    let ledger = place.open().await;
    ledger.close().await;
    ledger.database().close().await;
    let newer = "INSERT INTO {t}_sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '', 0)";
    place.raw(newer).await.expect("inserted");
    for access in [Access::Serve, Access::Write, Access::Read] {
        let error = Database::open(&place.url, access).await.expect_err("refused");
        assert!(
            matches!(error, DatabaseError::SchemaNewer { found: 9_999, known } if known == schema_version_known()),
            "{error}"
        );
    }
    let known = schema_version_known();
    place
        .raw(&format!("DELETE FROM {{t}}_sqlx_migrations WHERE version >= {known}"))
        .await
        .expect("deleted");
    let error = Database::open(&place.url, Access::Read).await.expect_err("refused");
    assert!(
        matches!(error, DatabaseError::SchemaOlder { found, .. } if found < known),
        "{error}"
    );
}

async fn a_ledger_keeps_what_it_was_made_with(place: Place) {
    let mut options = place.options();
    options.demo = true;
    let ledger = place.open_with(options.clone()).await;
    let hash = ledger.search_hash("x");
    options.demo = false;
    options.id = None;
    let database = ledger.database().clone();
    let again = Ledger::open(database.clone(), options.clone()).await.expect("opens");
    assert!(again.is_demo());
    assert_eq!((again.id(), again.search_hash("x")), (ledger.id(), hash));
    options.id = Some(Uuid::from_u128(5));
    let error = Ledger::open(database, options).await.expect_err("another id");
    assert!(
        matches!(error, LedgerError::OtherId { found, .. } if found == ledger.id()),
        "{error}"
    );
}

async fn several_ledgers_share_a_database(place: Place) {
    let national = place.open().await;
    let mut options = place.options();
    (options.name, options.id) = ("lao-cai".to_owned(), None);
    let province = Ledger::open(national.database().clone(), options).await.expect("opens");
    assert_ne!(national.id(), province.id());
    let id = |number: u128| Uuid::from_u128(0x0194_0000_0000_7000_8000_0005_0000_0000 + number);
    // Even the same ids: each ledger has its own order, streams and receipts.
    for ledger in [&national, &province] {
        let receipt = ledger
            .append(append(id(100), vec![stream(id(1), 0, 2)]))
            .await
            .expect("recorded");
        assert_eq!((receipt.position, receipt.repeated), (2, false));
        assert_eq!(ledger.read_stream("Project", id(1), None).await.expect("read").len(), 2);
        assert_eq!(ledger.verify(|_, _| {}).await.expect("verify runs").faults, []);
    }
    assert_ne!(
        national.head().await.expect("read").root,
        province.head().await.expect("read").root
    );
}

#[tokio::test]
async fn one_serving_process_per_sqlite_file() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    for access in [Access::Serve, Access::Write] {
        let error = Database::open(&place.url, access).await.expect_err("refused");
        assert!(
            matches!(&error, DatabaseError::Served { pid, .. } if *pid == format!("pid {}", std::process::id())),
            "{error}"
        );
        assert!(error.to_string().contains("another process"), "{error}");
    }
    ledger.close().await;
    ledger.database().close().await;
    Database::open(&place.url, Access::Write)
        .await
        .expect("the lock is free again");
}

#[tokio::test]
async fn files_that_are_no_ledger_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = |path: &Path| format!("sqlite:{}", path.display());
    let text = folder.path().join("text.db");
    std::fs::write(&text, "This is a letter, not a database. ".repeat(100)).expect("written");
    for access in [Access::Serve, Access::Read] {
        let error = Database::open(&url(&text), access).await.expect_err("refused");
        assert!(matches!(error, DatabaseError::NotADatabase { .. }), "{error}");
    }
    assert!(
        std::fs::read_to_string(&text)
            .expect("still there")
            .starts_with("This is a letter")
    );

    let missing = Database::open(&url(&folder.path().join("none.db")), Access::Read)
        .await
        .expect_err("refused");
    assert!(matches!(missing, DatabaseError::Missing { .. }), "{missing}");
    let nowhere = Database::open(&url(&folder.path().join("no/folder/x.db")), Access::Serve)
        .await
        .expect_err("refused");
    assert!(matches!(nowhere, DatabaseError::File { .. }), "{nowhere}");

    let foreign = Place::sqlite();
    foreign_table(&foreign.url).await;
    let error = Database::open(&foreign.url, Access::Serve).await.expect_err("refused");
    assert!(matches!(error, DatabaseError::NotALedger { .. }), "{error}");
}

async fn foreign_table(url: &str) {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
    let options: SqliteConnectOptions = url.parse().expect("a URL");
    let mut connection = options.create_if_missing(true).connect().await.expect("made");
    sqlx::query("CREATE TABLE recipes (name TEXT)")
        .execute(&mut connection)
        .await
        .expect("made");
}

#[tokio::test]
async fn urls_that_cannot_work_are_explained_without_the_password() {
    for url in [
        "mysql://a:secret@b/c",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:x.db?mode=ro",
        "/var/lib/x.db",
    ] {
        let error = Database::open(url, Access::Serve).await.expect_err("refused");
        assert!(matches!(error, DatabaseError::Url { .. }), "{url}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    // Nobody listens on port 1.
    let error = Database::open("postgres://dean:secret@127.0.0.1:1/ledger", Access::Serve)
        .await
        .expect_err("refused");
    assert!(matches!(error, DatabaseError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("postgres://dean@127.0.0.1:1/ledger") && !text.contains("secret"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_may_start_at_once() {
    let place = Place::postgres().await;
    let opened = futures_util::future::join_all((0..4).map(|_| async {
        let database = Database::open(&place.url, Access::Serve).await?;
        let mut options = place.options();
        options.id = None;
        Ok::<_, LedgerError>(Ledger::open(database, options).await?.id())
    }));
    let ids: Vec<Uuid> = opened.await.into_iter().collect::<Result<_, _>>().expect("all open");
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

/// What a process leaves that was killed in mid-write before the file was in WAL mode: the pages and a journal to undo them.
#[tokio::test]
async fn a_file_that_was_cut_in_its_making_is_rolled_back_and_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (writing, cut) = (folder.path().join("writing.db"), folder.path().join("cut.db"));
    let options = SqliteConnectOptions::new().filename(&writing).create_if_missing(true);
    // Without a cache, pages go to the file before the commit.
    let mut connection = options.pragma("cache_size", "1").connect().await.expect("connects");
    let fill = "CREATE TABLE kept (x); INSERT INTO kept SELECT zeroblob(500) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]')";
    sqlx::raw_sql(fill).execute(&mut connection).await.expect("written");
    let change = "BEGIN IMMEDIATE; UPDATE kept SET x = randomblob(500); CREATE TABLE lost (x)";
    sqlx::raw_sql(change).execute(&mut connection).await.expect("written");
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    for (from, to) in [(writing.clone(), cut.clone()), (journal(&writing), journal(&cut))] {
        std::fs::copy(from, to).expect("copied");
    }
    let url = format!("sqlite:{}", cut.display());
    let error = Database::open(&url, Access::Read)
        .await
        .expect_err("it holds no ledger");
    assert!(matches!(error, DatabaseError::NotALedger { .. }), "{error}");
    assert!(!journal(&cut).exists());
    let left = SqliteConnectOptions::new().filename(&cut).read_only(true);
    let mut left = left.connect().await.expect("connects");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master")
        .fetch_all(&mut left)
        .await
        .expect("read");
    assert_eq!(tables, ["kept"]);
}
