//! Generations on PostgreSQL: schemas `views_<n>`, the table `views.live`, and stable names in `read`.

use sqlx::{Connection as _, PgPool};
use uuid::Uuid;

use super::{Generation, ddl, views};
use crate::checkpoint;
use crate::error::Result;
use crate::store::{Store, Transaction};
use crate::table::Dialect;

/// The advisory lock under which schemas are made and swapped; the value only has to be ours ("deanview" in ASCII).
const CATALOG_LOCK: i64 = 0x6465_616e_7669_6577;
/// Where dashboards look.
const STABLE_SCHEMA: &str = "read";

/// What PostgreSQL answers when a view's columns can't become others.
const INVALID_TABLE_DEFINITION: &str = "42P16";

pub(super) fn schema(number: u32) -> String {
    format!("views_{number}")
}

pub(super) async fn live_number(pool: &PgPool, ledger: Uuid) -> Result<Option<u32>> {
    let made: bool = sqlx::query_scalar("SELECT to_regclass('views.live') IS NOT NULL")
        .fetch_one(pool)
        .await?;
    if !made {
        return Ok(None);
    }
    let number: Option<i64> = sqlx::query_scalar("SELECT generation FROM views.live WHERE ledger = $1")
        .bind(ledger)
        .fetch_optional(pool)
        .await?;
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

pub(super) async fn numbers(pool: &PgPool) -> Result<Vec<u32>> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^views_[0-9]+$'")
            .fetch_all(pool)
            .await?;
    let mut numbers: Vec<u32> = names
        .iter()
        .filter_map(|name| name.strip_prefix("views_"))
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A transaction that is alone with the catalogue.
async fn exclusive(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(CATALOG_LOCK)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

pub(super) async fn create(reader: &PgPool, writer: &PgPool, ledger: Uuid, holder: Uuid) -> Result<Generation> {
    let mut transaction = exclusive(writer).await?;
    // Seen from outside the transaction, which is enough: whoever makes schemas holds the lock until it has committed.
    let number = numbers(reader).await?.last().copied().unwrap_or(0) + 1;
    let store = Store::postgres(reader.clone(), writer.clone(), &schema(number));
    sqlx::query(&format!("CREATE SCHEMA {}", schema(number)))
        .execute(&mut *transaction)
        .await?;
    let mut transaction = Transaction::Postgres(transaction);
    for statement in ddl(&store) {
        transaction.execute(&statement, &[]).await?;
    }
    checkpoint::insert(&mut transaction, &store, ledger, holder).await?;
    transaction.commit().await?;
    Ok(Generation { number, store })
}

/// Points `views.live` and the stable names at a generation, all in one transaction.
pub(super) async fn make_live(pool: &PgPool, ledger: Uuid, number: u32) -> Result<()> {
    let mut transaction = exclusive(pool).await?;
    for statement in [
        "SET LOCAL synchronous_commit = on",
        "CREATE SCHEMA IF NOT EXISTS views",
        "CREATE TABLE IF NOT EXISTS views.live (ledger uuid PRIMARY KEY, generation bigint NOT NULL, stable_schema text NOT NULL UNIQUE)",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    // One installation may keep several ledgers; the first one has the plain name.
    let taken: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM views.live WHERE ledger <> $1 AND stable_schema = $2)")
            .bind(ledger)
            .bind(STABLE_SCHEMA)
            .fetch_one(&mut *transaction)
            .await?;
    let stable = if taken {
        format!("{STABLE_SCHEMA}_{}", ledger.simple())
    } else {
        STABLE_SCHEMA.to_owned()
    };
    let stable: String = sqlx::query_scalar(
        "INSERT INTO views.live (ledger, generation, stable_schema) VALUES ($1, $2, $3) \
         ON CONFLICT (ledger) DO UPDATE SET generation = excluded.generation RETURNING stable_schema",
    )
    .bind(ledger)
    .bind(i64::from(number))
    .bind(stable)
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query(&format!("CREATE SCHEMA IF NOT EXISTS {stable}"))
        .execute(&mut *transaction)
        .await?;
    for (name, query) in views(Dialect::Postgres, &format!("{}.", schema(number))) {
        // Replacing keeps what was granted on the view and what was built on it.
        let mut attempt = transaction.begin().await?;
        match sqlx::query(&format!("CREATE OR REPLACE VIEW {stable}.{name} AS {query}"))
            .execute(&mut *attempt)
            .await
        {
            Ok(_) => attempt.commit().await?,
            // The columns changed: the view is made anew, and what was built on it has to be looked at anyway.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(INVALID_TABLE_DEFINITION) => {
                attempt.rollback().await?;
                sqlx::query(&format!("DROP VIEW {stable}.{name} CASCADE"))
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(&format!("CREATE VIEW {stable}.{name} AS {query}"))
                    .execute(&mut *transaction)
                    .await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn remove(pool: &PgPool, number: u32) -> Result<()> {
    let mut transaction = exclusive(pool).await?;
    sqlx::query(&format!("DROP SCHEMA IF EXISTS {} CASCADE", schema(number)))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
