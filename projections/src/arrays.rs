//! Rows as one array per column: so PostgreSQL takes any number of rows, of several tables, in one statement. While folding behind the
//! appends, statements are what costs: each is a round trip and, on a busy machine, two turns to wait for.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres};

use crate::cell::{Cell, Kind, Row};
use crate::error::{ProjectionError, Result};
use crate::table::{Column, Table};

/// A table with the rows that it gets.
pub(crate) type Filled<'r> = (&'r Table, &'r [Row]);

/// Inserts rows into several tables with one statement; overwriting tables overwrite.
pub(crate) async fn insert(connection: &mut PgConnection, prefix: &str, tables: &[Filled<'_>]) -> Result<()> {
    if tables.iter().all(|(_, rows)| rows.is_empty()) {
        return Ok(());
    }
    let sql = insert_sql(prefix, tables.iter().map(|(table, _)| *table));
    let mut query = sqlx::query(&sql);
    for (table, rows) in tables {
        for (index, column) in table.columns.iter().enumerate() {
            query = bind(query, table, rows, index, column.kind)?;
        }
    }
    query.execute(connection).await?;
    Ok(())
}

/// Removes the rows of all aggregates that are named from several tables, with one statement. Their first columns are of one type.
pub(crate) async fn delete(connection: &mut PgConnection, prefix: &str, tables: &[&Table], ids: &[Row]) -> Result<()> {
    let Some(first) = tables.first().filter(|_| !ids.is_empty()) else {
        return Ok(());
    };
    let sql = delete_sql(prefix, tables);
    let query = bind(sqlx::query(&sql), first, ids, 0, first.columns[0].kind)?;
    query.execute(connection).await?;
    Ok(())
}

fn insert_sql<'t>(prefix: &str, tables: impl Iterator<Item = &'t Table>) -> String {
    let mut bound = 0;
    all_in_one(tables.map(|table| {
        let (name, columns) = (table.name, table.column_list());
        let (arrays, conflict) = (parameters(bound, table.columns), table.on_conflict());
        bound += table.columns.len();
        format!("INSERT INTO {prefix}{name} ({columns}) SELECT * FROM unnest({arrays}){conflict}")
    }))
}

fn delete_sql(prefix: &str, tables: &[&Table]) -> String {
    all_in_one(tables.iter().map(|table| {
        let key = &table.columns[..1];
        let (name, id, ids) = (table.name, key[0].name, parameters(0, key));
        format!("DELETE FROM {prefix}{name} WHERE {id} = ANY ({ids})")
    }))
}

/// Statements that touch different tables, as one: none of them sees what another does.
fn all_in_one(statements: impl Iterator<Item = String>) -> String {
    let parts = statements.zip(1..).map(|(sql, number)| format!("t{number} AS ({sql})"));
    format!("WITH {} SELECT", parts.collect::<Vec<_>>().join(", "))
}

/// `$1::uuid[], $2::text[]`, after so many that are taken.
fn parameters(taken: usize, columns: &[Column]) -> String {
    let arrays = columns.iter().zip(taken + 1..).map(|(column, number)| {
        let kind = match column.kind {
            Kind::Text => "text",
            other => other.postgres(),
        };
        format!("${number}::{kind}[]")
    });
    arrays.collect::<Vec<_>>().join(", ")
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

fn bind<'q>(query: Bound<'q>, table: &Table, rows: &'q [Row], index: usize, kind: Kind) -> Result<Bound<'q>> {
    macro_rules! column {
        ($variant:ident, $value:ident => $out:expr) => {{
            let cells = rows.iter().map(|row| match row.get(index) {
                Some(Cell::$variant($value)) => Ok($out),
                _ => Err(ProjectionError::Row {
                    table: table.name,
                    wanted: table.columns[index].name,
                }),
            });
            query.bind(cells.collect::<Result<Vec<_>>>()?)
        }};
    }
    Ok(match kind {
        Kind::Text => column!(Text, value => value.as_deref()),
        Kind::Integer => column!(Integer, value => *value),
        Kind::Date => column!(Date, value => *value),
        Kind::Time => column!(Time, value => *value),
        Kind::Uuid => column!(Uuid, value => *value),
        Kind::Bool => column!(Bool, value => *value),
    })
}

#[cfg(test)]
mod tests {

    use crate::checkpoint::CHECKPOINT;
    use crate::projection::NOTES;

    #[test]
    fn one_statement_whatever_the_number_of_rows_and_tables() {
        let notes = "INSERT INTO views_1.notes (id, subject, note) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT (id, subject) DO UPDATE SET note = excluded.note";
        let checkpoint = "INSERT INTO views_1.checkpoint (ledger, position, versions, holder, lease_until, fault) SELECT * FROM unnest($4::uuid[], $5::int8[], $6::text[], $7::uuid[], $8::int8[], $9::text[])";
        assert_eq!(
            super::insert_sql("views_1.", [&NOTES, &CHECKPOINT].into_iter()),
            format!("WITH t1 AS ({notes}), t2 AS ({checkpoint}) SELECT")
        );
        assert_eq!(
            super::delete_sql("", &[&NOTES, &CHECKPOINT]),
            "WITH t1 AS (DELETE FROM notes WHERE id = ANY ($1::uuid[])), t2 AS (DELETE FROM checkpoint WHERE ledger = ANY ($1::uuid[])) SELECT"
        );
    }
}
