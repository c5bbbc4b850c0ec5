//! `pgbench`: one row per transaction into a table with the columns, the indexes and about the bytes of the ledger's, and nothing else. It
//! loads nothing, decides nothing, hashes nothing, and has no order: what PostgreSQL does for rows that are committed one by one. It sends
//! payload and header as parameters, as every client has to; as constants they would be parsed only once.

use std::process::Command;

use dean_ledger::{Access, Database};
use dean_test_support::TestDatabase;
use serde_json::json;

use crate::settings::Settings;
use crate::shared::tally::text;

/// The throwaway server takes 200 connections.
pub(crate) const CLIENTS_MAX: usize = 64;
/// About the length of a header.
const HEADER_BYTES: usize = 640;

const SCRIPT: &str = "INSERT INTO rows (aggregate_type, aggregate_id, sequence, ledger, position, event_type, event_version, payload, metadata,
    recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, command_index, header)
SELECT 'Tally', '01980000-0000-7000-8000-' || lpad(p::text, 12, '0'), 1, '01980000-0000-7000-8000-000000000000', p, 'Noted', '1',
    CAST(:payload AS json), '{}', 1, '1970-01-01', 'bench', 'implementer', 'bench',
    ('01980000-0000-7000-9000-' || lpad(p::text, 12, '0'))::uuid, 0, :header FROM nextval('places') AS p;";

pub(crate) fn postgres(settings: &Settings, clients: usize) -> f64 {
    let at = TestDatabase::postgres();
    // Makes the ledger's own table.
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        runtime.block_on(async {
            let database = Database::open(at.url(), Access::Serve)
                .await
                .expect("the throwaway PostgreSQL is there");
            database.close().await;
        });
    });
    at.execute("CREATE TABLE rows (LIKE ledger.events INCLUDING ALL); CREATE SEQUENCE places CACHE 1");
    let file = std::env::temp_dir().join(format!("dean-pgbench-{}.sql", std::process::id()));
    std::fs::write(&file, SCRIPT.replace('\n', " ")).expect("a temporary file can be written");
    let run = |seconds: f64| {
        let output = Command::new(std::env::var_os("DEAN_TEST_PGBENCH").unwrap_or_else(|| "pgbench".into()))
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", seconds.ceil().max(1.0)))
            .arg(format!("--file={}", file.display()))
            .arg(format!("--define=payload={}", json!({"number": 1, "text": text()})))
            .arg(format!("--define=header={}", "h".repeat(HEADER_BYTES)))
            .arg(at.url())
            .output()
            .expect("pgbench comes with PostgreSQL's server");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        let rate = told
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        rate.unwrap_or_else(|| panic!("pgbench told no rate: {told}{error}"))
    };
    run(settings.times.warm_up.as_secs_f64());
    let rate = run(settings.times.measured.as_secs_f64());
    drop(std::fs::remove_file(&file));
    rate
}
