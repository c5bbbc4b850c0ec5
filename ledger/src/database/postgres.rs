//! Opening PostgreSQL: server-side timeouts on every connection, the schema `ledger`, migrations one process at a time.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::{Access, migrations, without_password};
use crate::error::DatabaseError;

const CONNECTIONS_MAX: u32 = 16;
/// Whoever waits longer is told to come back: the server is down, or has more to do than it can.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Ends what runs away; the longest statements are those that build read models.
const STATEMENT_TIMEOUT_MS: u32 = 120_000;
/// Drops a session whose process stopped in the middle of a transaction.
const IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 30_000;
/// The writer's statements are short, and others may wait for it: its sessions get shorter limits.
const WRITER_STATEMENT_TIMEOUT_MS: u32 = 20_000;
const WRITER_IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 2_000;
/// Ends a writer's session whose process does not read what it is sent: the limits above don't count while the server waits for room to
/// write. `tcp_user_timeout` (PostgreSQL 12; on systems that have TCP_USER_TIMEOUT, and not on Unix sockets, where it is ignored).
const WRITER_UNREAD_TIMEOUT_MS: u32 = 3_000;
/// The advisory lock under which schema and migrations are made; the value only has to be ours ("dean" in ASCII).
const MIGRATION_LOCK: i64 = 0x6465_616e;

pub(super) async fn open(url: &str, access: Access) -> Result<PgPool, DatabaseError> {
    let shown = without_password(url);
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| DatabaseError::Url {
            url: shown.clone(),
            reason: error.to_string(),
        })?
        .application_name("dean")
        // A plan made while the tables were empty walks them whole, and a cached one is kept: 62 instead of 743 commands a second for one
        // client, measured. Planning each time costs far less than that.
        .options([("search_path", "ledger"), ("plan_cache_mode", "force_custom_plan")]);
    let unreachable = |source| DatabaseError::Unreachable {
        url: shown.clone(),
        source,
    };
    let mut connection = PgConnection::connect_with(&options).await.map_err(unreachable)?;
    let prepared = prepare_schema(&mut connection, access, &shown).await;
    // The session ends here and with it the advisory lock, whatever happened.
    let closed = connection.close().await;
    prepared?;
    closed.map_err(|source| DatabaseError::Driver {
        url: shown.clone(),
        source,
    })?;

    let read_only = if access == Access::Read { "on" } else { "off" };
    let options = options.options([
        ("statement_timeout", STATEMENT_TIMEOUT_MS.to_string().as_str()),
        (
            "idle_in_transaction_session_timeout",
            IDLE_IN_TRANSACTION_TIMEOUT_MS.to_string().as_str(),
        ),
        ("default_transaction_read_only", read_only),
    ]);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(unreachable)
}

/// The options of a connection that only looks up keys: its statements are prepared once, planned once, and always follow an index. (A
/// plan that the planner may choose by what it believes of a table that was empty a moment ago walks the table.)
pub(crate) fn key_lookup_options(pool: &PgPool) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options()).options([
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
    ])
}

/// The options of the writer's own connection, with shorter limits (the last setting of a name wins).
pub(crate) fn writer_options(pool: &PgPool) -> PgConnectOptions {
    key_lookup_options(pool).application_name("dean writer").options([
        ("statement_timeout", WRITER_STATEMENT_TIMEOUT_MS),
        (
            "idle_in_transaction_session_timeout",
            WRITER_IDLE_IN_TRANSACTION_TIMEOUT_MS,
        ),
        ("tcp_user_timeout", WRITER_UNREAD_TIMEOUT_MS),
    ])
}

/// The options of a connection that streams a whole ledger in or out: the pool's, but its statements may take as long as they take, and
/// walk the ledger in its order whatever the statistics say (a table that was just filled has none, and sorting it would fill the disk).
pub(crate) fn stream_options(pool: &PgPool) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options())
        .application_name("dean stream")
        .options([
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("enable_sort", "off"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("enable_hashjoin", "off"),
            ("jit", "off"),
        ])
}

async fn prepare_schema(connection: &mut PgConnection, access: Access, shown: &str) -> Result<(), DatabaseError> {
    let driver = |source| DatabaseError::Driver {
        url: shown.to_owned(),
        source,
    };
    let reading = access == Access::Read;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(&mut *connection)
        .await
        .map_err(driver)?;
    if encoding != "UTF8" {
        return Err(DatabaseError::Encoding {
            url: shown.to_owned(),
            found: encoding,
        });
    }
    if !reading {
        // Two processes may start at once, and `CREATE SCHEMA IF NOT EXISTS` alone is not safe against that.
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *connection)
            .await
            .map_err(driver)?;
    }
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('ledger._sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(driver)?;
    let known = migrations::newest(&migrations::POSTGRES);
    if migrated {
        let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM ledger._sqlx_migrations")
            .fetch_one(&mut *connection)
            .await
            .map_err(driver)?;
        migrations::check(found.unwrap_or_default(), known, reading)?;
    } else if reading {
        let reason = "; start `dean serve` once to create it";
        return Err(DatabaseError::NotALedger {
            url: shown.to_owned(),
            reason,
        });
    }
    if reading {
        return Ok(());
    }
    sqlx::query("CREATE SCHEMA IF NOT EXISTS ledger")
        .execute(&mut *connection)
        .await
        .map_err(driver)?;
    migrations::POSTGRES
        .run(&mut *connection)
        .await
        .map_err(|source| DatabaseError::Migration {
            url: shown.to_owned(),
            source,
        })
}
