//! Rows as the text that PostgreSQL's `COPY` reads (PostgreSQL documentation, COPY, "Text Format").

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt as _;

use crate::cell::{Cell, Row};
use crate::error::Result;
use crate::projection::{Rows, tables};
use crate::table::Table;

const ABSENT: &str = "\\N";

/// Two tables at a time: while the server is busy with one, the next one's text is made.
pub(super) async fn write(pool: &PgPool, prefix: &str, rows: &Rows) -> Result<()> {
    let todo = Mutex::new(tables());
    let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lane = async || {
        while let Some(table) = next() {
            if !rows.of(table).is_empty() {
                fill(pool, prefix, (table, rows.of(table))).await?;
            }
        }
        Ok(())
    };
    tokio::try_join!(lane(), lane()).map(drop)
}

async fn fill(pool: &PgPool, prefix: &str, (table, rows): (&Table, &[Row])) -> Result<()> {
    let sql = format!("COPY {prefix}{} ({}) FROM STDIN", table.name, table.column_list());
    let mut copy = pool.copy_in_raw(&sql).await?;
    if let Err(error) = copy.send(lines(rows).into_bytes()).await {
        // The first error is the one to tell.
        drop(copy.abort("the connection failed").await);
        return Err(error.into());
    }
    copy.finish().await?;
    Ok(())
}

fn lines(rows: &[Row]) -> String {
    let mut text = String::with_capacity(rows.len() * 256);
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            push(&mut text, cell);
        }
        text.push('\n');
    }
    text
}

fn push(text: &mut String, cell: &Cell) {
    let written = match cell {
        Cell::Text(Some(value)) => {
            escape(text, value);
            Ok(())
        }
        Cell::Integer(Some(value)) => write!(text, "{value}"),
        Cell::Date(Some(value)) => write!(text, "{value}"),
        // Microseconds since 1970 as PostgreSQL reads a moment: the zone is said, whatever the session's is.
        Cell::Time(Some(value)) => write!(text, "{}+00", value.naive_utc()),
        Cell::Uuid(Some(value)) => write!(text, "{value}"),
        Cell::Bool(Some(value)) => write!(text, "{value}"),
        Cell::Text(None)
        | Cell::Integer(None)
        | Cell::Date(None)
        | Cell::Time(None)
        | Cell::Uuid(None)
        | Cell::Bool(None) => {
            text.push_str(ABSENT);
            Ok(())
        }
    };
    written.expect("writing to a String never fails");
}

fn escape(text: &mut String, value: &str) {
    let mut rest = value;
    // All four are ASCII, so no byte of another letter looks like them.
    let is_special = |byte: u8| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t');
    while let Some(at) = rest.bytes().position(is_special) {
        text.push_str(&rest[..at]);
        text.push('\\');
        text.push(match rest.as_bytes()[at] {
            b'\n' => 'n',
            b'\r' => 'r',
            b'\t' => 't',
            other => char::from(other),
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{integer, text, time};

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        let row = vec![
            text("a\tb\\N\r\n"),
            Cell::Text(None),
            integer(-5_i64),
            time(1_740_790_800_000_001),
            Cell::Bool(Some(true)),
            text(""),
        ];
        assert_eq!(
            lines(&[row]),
            "a\\tb\\\\N\\r\\n\t\\N\t-5\t2025-03-01 01:00:00.000001+00\ttrue\t\n"
        );
    }
}
