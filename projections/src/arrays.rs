//! Rows as one array per column: so PostgreSQL takes any number of rows in one statement with few parameters. While folding behind the
//! appends, statements are what costs: each is a round trip and, on a busy machine, two turns to wait for.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres};

use crate::cell::{Cell, Kind, Row};
use crate::error::{ProjectionError, Result};
use crate::table::{Column, Table};

impl Table {
    /// Inserts rows; an overwriting table overwrites.
    fn insert_arrays(&self, prefix: &str) -> String {
        let (name, columns, arrays) = (self.name, self.column_list(), parameters(self.columns));
        let conflict = self.on_conflict();
        format!("INSERT INTO {prefix}{name} ({columns}) SELECT * FROM unnest({arrays}){conflict}")
    }

    /// Removes the rows of all projects that are named.
    fn delete_arrays(&self, prefix: &str) -> String {
        let (name, project) = (self.name, self.columns[0].name);
        let projects = parameters(&self.columns[..1]);
        format!("DELETE FROM {prefix}{name} WHERE {project} = ANY ({projects})")
    }
}

/// `$1::uuid[], $2::text[]`
fn parameters(columns: &[Column]) -> String {
    let arrays = columns.iter().zip(1..).map(|(column, number)| {
        let kind = match column.kind {
            Kind::Text => "text",
            other => other.postgres(),
        };
        format!("${number}::{kind}[]")
    });
    arrays.collect::<Vec<_>>().join(", ")
}

pub(crate) async fn insert(connection: &mut PgConnection, table: &Table, prefix: &str, rows: &[Row]) -> Result<()> {
    execute(connection, table, table.columns, &table.insert_arrays(prefix), rows).await
}

pub(crate) async fn delete(connection: &mut PgConnection, table: &Table, prefix: &str, keys: &[Row]) -> Result<()> {
    execute(
        connection,
        table,
        &table.columns[..1],
        &table.delete_arrays(prefix),
        keys,
    )
    .await
}

async fn execute(
    connection: &mut PgConnection,
    table: &Table,
    columns: &[Column],
    sql: &str,
    rows: &[Row],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut query = sqlx::query(sql);
    for (index, column) in columns.iter().enumerate() {
        query = bind(query, table, rows, index, column.kind)?;
    }
    query.execute(connection).await?;
    Ok(())
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

    use crate::projection::NOTES;

    #[test]
    fn one_statement_whatever_the_number_of_rows() {
        assert_eq!(
            NOTES.insert_arrays("views_1."),
            "INSERT INTO views_1.notes (id, subject, note) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT (id, subject) DO UPDATE SET note = excluded.note"
        );
        assert_eq!(NOTES.delete_arrays(""), "DELETE FROM notes WHERE id = ANY ($1::uuid[])");
    }
}
