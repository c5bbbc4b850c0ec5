//! The checkpoint of a generation: how far the ledger is folded, by which versions of the code, and who may fold on.
//!
//! Whoever folds holds a lease, judged by the database's clock. Holder and position stand in the condition of the very update that moves
//! the position on, in the transaction that writes the rows; so one who was stopped and comes back writes nothing.

use std::time::Duration;

use uuid::Uuid;

use crate::cell::{Cell, Cells, Kind, integer, text};
use crate::error::Result;
use crate::projection::versions;
use crate::store::{Store, Transaction};
use crate::table::{Dialect, Table, Write, column, internal};

/// For how long a holder that isn't heard of keeps the lease. With the server's limit on idle transactions another process takes over
/// within ten seconds.
pub(crate) const LEASE: Duration = Duration::from_secs(5);
/// How often an idle holder renews.
pub(crate) const LEASE_RENEWAL: Duration = Duration::from_secs(1);
/// How often others look whether the lease is free.
pub(crate) const LEASE_POLL: Duration = Duration::from_millis(250);

pub(crate) static CHECKPOINT: Table = Table {
    name: "checkpoint",
    columns: &[
        column("ledger", Kind::Uuid),
        column("position", Kind::Integer),
        internal("versions", Kind::Text),
        internal("holder", Kind::Uuid),
        internal("lease_until", Kind::Integer),
        // Why folding stopped; empty while it goes on.
        internal("fault", Kind::Text),
    ],
    key: 1,
    indexes: &[],
    write: Write::Add,
};

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) position: u64,
    pub(crate) versions: Vec<(String, u32)>,
    pub(crate) holder: Uuid,
    /// How long the lease still runs (microseconds); negative since it ran out.
    pub(crate) lease_left_micros: i64,
    pub(crate) fault: Option<String>,
}

/// How the versions in a checkpoint relate to this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Same,
    /// Made by an older program: to be rebuilt.
    Older,
    /// Made by a newer program: to be left alone.
    Newer,
}

impl Checkpoint {
    pub(crate) fn age(&self) -> Age {
        let ours = versions();
        let newer = self.versions.iter().any(|(name, version)| {
            ours.iter()
                .find(|(other, _)| other == name)
                .is_none_or(|(_, ours)| ours < version)
        });
        match (newer, self.versions == ours) {
            (true, _) => Age::Newer,
            (false, true) => Age::Same,
            (false, false) => Age::Older,
        }
    }
}

fn lease_micros() -> i64 {
    i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX)
}

/// What the row of a new generation says; its maker holds the lease.
pub(crate) async fn insert(transaction: &mut Transaction, store: &Store, ledger: Uuid, holder: Uuid) -> Result<()> {
    let sql = format!(
        "INSERT INTO {}checkpoint (ledger, position, versions, holder, lease_until, fault) VALUES ($1, 0, $2, $3, {} + $4, '')",
        store.prefix(),
        store.dialect().now_micros()
    );
    let versions = serde_json::to_string(&versions()).unwrap_or_default();
    let cells = [
        Cell::Uuid(Some(ledger)),
        text(versions),
        Cell::Uuid(Some(holder)),
        integer(lease_micros()),
    ];
    transaction.execute(&sql, &cells).await?;
    Ok(())
}

const READ: [Kind; 5] = [Kind::Integer, Kind::Text, Kind::Uuid, Kind::Integer, Kind::Text];

fn read_sql(store: &Store) -> String {
    format!(
        "SELECT position, versions, holder, lease_until - {}, fault FROM {}checkpoint WHERE ledger = $1",
        store.dialect().now_micros(),
        store.prefix()
    )
}

fn of_rows(rows: Vec<crate::cell::Row>) -> Result<Option<Checkpoint>> {
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let mut cells = Cells::new(CHECKPOINT.name, row);
    Ok(Some(Checkpoint {
        position: cells.number()?,
        // What can't be read was written by a program with another idea of versions: nothing equals it.
        versions: serde_json::from_str(&cells.text()?).unwrap_or_default(),
        holder: cells.uuid()?,
        lease_left_micros: cells.integer()?,
        fault: Some(cells.text()?).filter(|fault| !fault.is_empty()),
    }))
}

/// `None` when the tables belong to another ledger.
pub(crate) async fn read(store: &Store, ledger: Uuid) -> Result<Option<Checkpoint>> {
    of_rows(
        store
            .fetch(&read_sql(store), &[Cell::Uuid(Some(ledger))], &READ)
            .await?,
    )
}

/// As a transaction sees it.
pub(crate) async fn read_in(transaction: &mut Transaction, store: &Store, ledger: Uuid) -> Result<Option<Checkpoint>> {
    of_rows(
        transaction
            .fetch(&read_sql(store), &[Cell::Uuid(Some(ledger))], &READ)
            .await?,
    )
}

/// Takes or renews the lease; false while somebody else holds it.
pub(crate) async fn lease(store: &Store, ledger: Uuid, holder: Uuid) -> Result<bool> {
    let now = store.dialect().now_micros();
    let sql = format!(
        "UPDATE {}checkpoint SET holder = $1, lease_until = {now} + $2 WHERE ledger = $3 AND (holder = $1 OR lease_until < {now})",
        store.prefix(),
    );
    let cells = [
        Cell::Uuid(Some(holder)),
        integer(lease_micros()),
        Cell::Uuid(Some(ledger)),
    ];
    Ok(store.execute(&sql, &cells).await? == 1)
}

/// Takes the lease whoever holds it, so that the checkpoint stands still from here on; gives its position.
pub(crate) async fn seize(store: &Store, ledger: Uuid, holder: Uuid) -> Result<Option<u64>> {
    let now = store.dialect().now_micros();
    let sql = format!(
        "UPDATE {}checkpoint SET holder = $1, lease_until = {now} + $2 WHERE ledger = $3",
        store.prefix()
    );
    let cells = [
        Cell::Uuid(Some(holder)),
        integer(lease_micros()),
        Cell::Uuid(Some(ledger)),
    ];
    store.execute(&sql, &cells).await?;
    Ok(read(store, ledger).await?.map(|checkpoint| checkpoint.position))
}

/// Gives the lease up at once, so that another process need not wait for its end. A fault stays readable in the status. The lease ends now,
/// not in the past: a generation whose lease ended long ago counts as abandoned, and this one may be about to go live.
pub(crate) async fn release(store: &Store, ledger: Uuid, holder: Uuid, fault: Option<&str>) -> Result<()> {
    let sql = format!(
        "UPDATE {}checkpoint SET lease_until = {} - 1, fault = $1 WHERE ledger = $2 AND holder = $3",
        store.prefix(),
        store.dialect().now_micros()
    );
    let cells = [
        text(fault.unwrap_or_default()),
        Cell::Uuid(Some(ledger)),
        Cell::Uuid(Some(holder)),
    ];
    store.execute(&sql, &cells).await?;
    Ok(())
}

/// Moves the position on, if holder and position are still what they were, and renews the lease.
pub(crate) struct Advance {
    pub(crate) ledger: Uuid,
    pub(crate) holder: Uuid,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Advance {
    pub(crate) const PARAMETERS: usize = 5;

    /// Touches one row, or none.
    pub(crate) fn sql(&self, dialect: Dialect, prefix: &str) -> String {
        let now = dialect.now_micros();
        format!(
            "UPDATE {prefix}checkpoint SET position = $1, lease_until = {now} + $2, fault = '' WHERE ledger = $3 AND holder = $4 AND position = $5"
        )
    }

    pub(crate) fn cells(&self) -> [Cell; Self::PARAMETERS] {
        [
            integer(self.to),
            integer(lease_micros()),
            Cell::Uuid(Some(self.ledger)),
            Cell::Uuid(Some(self.holder)),
            integer(self.from),
        ]
    }
}
