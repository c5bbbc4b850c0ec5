//! What one batch writes: the same on both databases, each in its own way.

use sqlx::SqliteConnection;

use crate::arrays;
use crate::cell::{Row, bind_cells};
use crate::checkpoint::Advance;
use crate::error::Result;
use crate::store::Store;
use crate::table::{Dialect, Table, Write};

/// Rows in one statement where they are parameters: any number of them takes few statements (some five, up to 128), and only five for each
/// table stay prepared.
pub(crate) const ROWS_IN_A_STATEMENT: [usize; 5] = [128, 32, 8, 2, 1];

/// A table with the rows that it gets.
pub(crate) type Filled<'r> = (&'r Table, &'r [Row]);

/// What a batch does to the tables of one kind of aggregate.
pub(crate) struct Group<'r> {
    /// Its tables, whichever of them get rows: so there are few different statements.
    pub(crate) tables: Vec<Filled<'r>>,
    /// The ids of the aggregates that have rows already.
    pub(crate) known: &'r [Row],
}

impl Group<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.tables.iter().all(|(_, rows)| rows.is_empty())
    }

    /// Its first table of several rows for each aggregate: the ids of all such tables are of one type.
    pub(crate) fn first_replaced(&self) -> Option<&Table> {
        let mut tables = self.tables.iter().map(|(table, _)| *table);
        tables.find(|table| table.write == Write::Replace)
    }
}

/// Moves the checkpoint on and writes the rows, all or nothing; false when somebody else holds the lease or has folded on.
pub(crate) async fn write(store: &Store, advance: &Advance, groups: &[Group<'_>]) -> Result<bool> {
    let writer = match store {
        Store::Postgres { writer, prefix, .. } => return arrays::write(writer, prefix, advance, groups).await,
        Store::Sqlite { writer, .. } => writer,
    };
    let mut transaction = writer.begin().await?;
    let (sql, cells) = (advance.sql(Dialect::Sqlite, ""), advance.cells());
    let moved = bind_cells!(sqlx::query(&sql), &cells)
        .execute(&mut *transaction)
        .await?;
    if moved.rows_affected() != 1 {
        return Ok(false);
    }
    for Group { tables, known } in groups {
        for (table, _) in tables.iter().filter(|(table, _)| table.write == Write::Replace) {
            execute_rows(&mut transaction, known, |count| table.delete(count)).await?;
        }
        insert_sqlite(&mut transaction, tables).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Inserts rows; overwriting tables overwrite.
pub(crate) async fn insert_sqlite(connection: &mut SqliteConnection, tables: &[Filled<'_>]) -> Result<()> {
    for (table, rows) in tables {
        execute_rows(connection, rows, |count| table.insert(count)).await?;
    }
    Ok(())
}

/// Runs `sql(n)` over the rows, n at a time.
async fn execute_rows(connection: &mut SqliteConnection, rows: &[Row], sql: impl Fn(usize) -> String) -> Result<()> {
    let mut rest = rows;
    for size in ROWS_IN_A_STATEMENT {
        if rest.len() < size {
            continue;
        }
        let sql = sql(size);
        while let Some((chunk, others)) = rest.split_at_checked(size) {
            bind_cells!(sqlx::query(&sql), chunk.iter().flatten())
                .execute(&mut *connection)
                .await?;
            rest = others;
        }
    }
    Ok(())
}
