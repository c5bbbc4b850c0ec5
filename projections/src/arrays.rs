//! PostgreSQL: a batch as one statement, which is its own transaction, with rows as one array per column. While folding behind the appends,
//! statements are what costs: each is a round trip and, on a busy machine, two turns to wait for.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgPool, Postgres, Row as _};

use crate::cell::{Cell, Kind, Row, bind_cells};
use crate::checkpoint::Advance;
use crate::error::{ProjectionError, Result};
use crate::table::{Column, Dialect, Table, Write};
use crate::writes::Group;

/// Moves the checkpoint on and writes the rows, if it stands where it should; else nothing, and false.
pub(crate) async fn write(pool: &PgPool, prefix: &str, advance: &Advance, groups: &[Group<'_>]) -> Result<bool> {
    let (sql, cells) = (
        statement(prefix, &advance.sql(Dialect::Postgres, prefix), groups),
        advance.cells(),
    );
    let mut query: Bound<'_> = bind_cells!(sqlx::query(&sql), &cells);
    for group in groups {
        if let Some(first) = group.first_replaced() {
            query = bind(query, first, group.known, 0, first.columns[0].kind)?;
        }
        for (table, rows) in &group.tables {
            for (index, column) in table.columns.iter().enumerate() {
                query = bind(query, table, rows, index, column.kind)?;
            }
        }
    }
    let moved: i64 = query.fetch_one(pool).await?.try_get(0)?;
    Ok(moved == 1)
}

/// The parts of one statement see the tables as they were before it and come in no order. So where rows are replaced, those that stay are
/// overwritten, and only the others go: no row is touched twice.
fn statement(prefix: &str, advance: &str, groups: &[Group<'_>]) -> String {
    let mut parts = vec![format!("moved AS ({advance} RETURNING 1)")];
    let mut bound = Advance::PARAMETERS;
    for group in groups {
        let known = group.first_replaced().map(|first| {
            let known = parameters(bound, &first.columns[..1]);
            bound += 1;
            known
        });
        for (table, _) in &group.tables {
            let (name, columns, key) = (table.name, table.column_list(), table.key_list());
            if let (Write::Replace, Some(known)) = (table.write, &known) {
                let (id, kept) = (table.columns[0].name, parameters(bound, table.key_columns()));
                parts.push(format!(
                    "{name}_gone AS (DELETE FROM {prefix}{name} USING moved WHERE {id} = ANY ({known}) AND ({key}) NOT IN (SELECT * FROM unnest({kept})))"
                ));
            }
            let rows = parameters(bound, table.columns);
            bound += table.columns.len();
            let conflict = match table.write {
                Write::Add => String::new(),
                Write::Overwrite | Write::Replace => table.overwriting(),
            };
            parts.push(format!(
                "{name}_here AS (INSERT INTO {prefix}{name} ({columns}) SELECT new.* FROM moved, unnest({rows}) AS new{conflict})"
            ));
        }
    }
    format!("WITH {} SELECT count(*) FROM moved", parts.join(", "))
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
    use super::*;
    use crate::cell::integer;
    use crate::table::{column, internal};

    const HEADS: Table = Table {
        name: "heads",
        columns: &[column("id", Kind::Uuid), internal("note", Kind::Text)],
        key: 1,
        indexes: &[],
        write: Write::Overwrite,
    };
    const LINES: Table = Table {
        name: "lines",
        columns: &[
            column("head", Kind::Uuid),
            column("line", Kind::Integer),
            column("cost", Kind::Integer),
        ],
        key: 2,
        indexes: &[],
        write: Write::Replace,
    };

    #[test]
    fn a_batch_is_one_statement_whatever_the_number_of_rows_and_tables() {
        let rows = [vec![integer(1_u64)]];
        let group = Group {
            tables: vec![(&HEADS, &rows), (&LINES, &rows)],
            known: &rows,
        };
        assert_eq!(
            statement("views_1.", "UPDATE x", &[group]),
            "WITH moved AS (UPDATE x RETURNING 1), \
             heads_here AS (INSERT INTO views_1.heads (id, note) SELECT new.* FROM moved, unnest($7::uuid[], $8::text[]) AS new \
             ON CONFLICT (id) DO UPDATE SET note = excluded.note), \
             lines_gone AS (DELETE FROM views_1.lines USING moved WHERE head = ANY ($6::uuid[]) \
             AND (head, line) NOT IN (SELECT * FROM unnest($9::uuid[], $10::bigint[]))), \
             lines_here AS (INSERT INTO views_1.lines (head, line, cost) SELECT new.* FROM moved, unnest($9::uuid[], $10::bigint[], $11::bigint[]) AS new \
             ON CONFLICT (head, line) DO UPDATE SET cost = excluded.cost) \
             SELECT count(*) FROM moved"
        );
    }
}
