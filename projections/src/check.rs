//! Checking read models against a fresh replay of the ledger, row by row and column by column.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use dean_ledger::Ledger;

use crate::cell::{Cell, Kind, Row, integer};
use crate::checkpoint::{self, Age};
use crate::error::{ProjectionError, Result};
use crate::generation::Catalog;
use crate::holder;
use crate::projection::tables;
use crate::projector::Projector;
use crate::store::{Store, Transaction};
use crate::table::Table;

/// Rows fetched at once.
const ROWS: usize = 2_000;
/// Differences that are told one by one; beyond, they are only counted.
const DIFFERENCES_TOLD_MAX: usize = 1_000;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CheckReport {
    /// The position at which both were compared.
    pub position: u64,
    /// Rows that a fresh replay has.
    pub rows: u64,
    /// How many differences there are.
    pub differences_count: u64,
    /// The first of them: table, key, column, both values.
    pub differences: Vec<String>,
}

impl CheckReport {
    fn tell(&mut self, difference: impl FnOnce() -> String) {
        self.differences_count += 1;
        if self.differences.len() < DIFFERENCES_TOLD_MAX {
            self.differences.push(difference());
        }
    }
}

/// Replays the ledger into a generation of its own and compares every table of the live one with it. The live one may be folded on
/// meanwhile: it is compared as it stood at one moment. `progress` gets (position, head) of the replay.
///
/// # Errors
/// [`ProjectionError::NoGeneration`] when there is nothing to check; what stops the replay; the database's.
pub async fn check(ledger: &Ledger, mut progress: impl FnMut(u64, u64)) -> Result<CheckReport> {
    let catalog = Catalog::of(ledger);
    catalog.sweep().await?;
    loop {
        let live = catalog.live().await?.ok_or(ProjectionError::NoGeneration)?;
        let report = check_generation(ledger, &catalog, &live.store, &mut progress).await;
        live.store.close().await;
        match report {
            // Another one was swapped in meanwhile: that one is to be checked.
            Err(error) if error.is_gone() && catalog.live_number().await? != Some(live.number) => {}
            report => return report,
        }
    }
}

async fn check_generation(
    ledger: &Ledger,
    catalog: &Catalog,
    live: &Store,
    progress: &mut impl FnMut(u64, u64),
) -> Result<CheckReport> {
    let holder = holder();
    let fresh = Arc::new(catalog.create(holder).await?);
    let mut projector = Projector::new(Arc::clone(&fresh), ledger.id(), holder, 0);
    let report = compare(ledger, live, &mut projector, progress).await;
    fresh.store.close().await;
    catalog.remove(fresh.number).await?;
    report
}

async fn compare(
    ledger: &Ledger,
    live: &Store,
    projector: &mut Projector,
    progress: &mut impl FnMut(u64, u64),
) -> Result<CheckReport> {
    let before = checkpoint::read(live, ledger.id())
        .await?
        .ok_or(ProjectionError::NoGeneration)?;
    projector
        .catch_up(ledger, Some(before.position), &mut *progress)
        .await?;
    let mut snapshot = live.snapshot().await?;
    let seen = checkpoint::read_in(&mut snapshot, live, ledger.id())
        .await?
        .ok_or(ProjectionError::NoGeneration)?;
    // What was folded while the replay ran.
    projector.catch_up(ledger, Some(seen.position), progress).await?;
    let mut report = CheckReport {
        position: seen.position,
        rows: 0,
        differences_count: 0,
        differences: Vec::new(),
    };
    if projector.position != seen.position {
        report.tell(|| {
            format!(
                "checkpoint: position is {}, but the ledger ends at {}",
                seen.position, projector.position
            )
        });
    }
    if seen.age() != Age::Same {
        report.tell(|| "checkpoint: the read models were made by another version of the program".to_owned());
    }
    let fresh = &projector.generation.store;
    let mut replayed = fresh.snapshot().await?;
    for table in tables() {
        let mut live_rows = Scan::new(table, live);
        let mut fresh_rows = Scan::new(table, fresh);
        let mut of_live = live_rows.next(&mut snapshot).await?;
        let mut of_fresh = fresh_rows.next(&mut replayed).await?;
        loop {
            let order = match (&of_live, &of_fresh) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(live), Some(fresh)) => by_key(table, live, fresh),
            };
            if order != Ordering::Less {
                report.rows += 1;
            }
            match order {
                Ordering::Less => {
                    report.tell(|| format!("{} {}: should not be there", table.name, key(table, of_live.as_deref())));
                }
                Ordering::Greater => {
                    report.tell(|| format!("{} {}: is missing", table.name, key(table, of_fresh.as_deref())));
                }
                Ordering::Equal => columns(table, of_live.as_deref(), of_fresh.as_deref(), &mut report),
            }
            if order != Ordering::Greater {
                of_live = live_rows.next(&mut snapshot).await?;
            }
            if order != Ordering::Less {
                of_fresh = fresh_rows.next(&mut replayed).await?;
            }
        }
    }
    Ok(report)
}

fn columns(table: &Table, live: Option<&[Cell]>, fresh: Option<&[Cell]>, report: &mut CheckReport) {
    let (Some(live_cells), Some(fresh_cells)) = (live, fresh) else {
        return;
    };
    for ((column, is), should) in table.columns.iter().zip(live_cells).zip(fresh_cells) {
        if is != should {
            report.tell(|| {
                format!(
                    "{} {}: {} is {is}, should be {should}",
                    table.name,
                    key(table, fresh),
                    column.name
                )
            });
        }
    }
}

fn key(table: &Table, row: Option<&[Cell]>) -> String {
    let cells = row.unwrap_or_default().iter().take(table.key);
    cells.map(Cell::to_string).collect::<Vec<_>>().join(" ")
}

/// The order in which both databases sort the key.
fn by_key(table: &Table, one: &Row, other: &Row) -> Ordering {
    let cells = one.iter().zip(other).take(table.key);
    cells
        .map(|(one, other)| match (one, other) {
            (Cell::Text(one), Cell::Text(other)) => one.cmp(other),
            (Cell::Integer(one), Cell::Integer(other)) => one.cmp(other),
            (Cell::Date(one), Cell::Date(other)) => one.cmp(other),
            (Cell::Time(one), Cell::Time(other)) => one.cmp(other),
            (Cell::Uuid(one), Cell::Uuid(other)) => one.cmp(other),
            (Cell::Bool(one), Cell::Bool(other)) => one.cmp(other),
            _ => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Reads a whole table in the order of its key, some rows at a time.
struct Scan {
    sql_first: String,
    sql_next: String,
    kinds: Vec<Kind>,
    key: usize,
    rows: VecDeque<Row>,
    last: Option<Vec<Cell>>,
    ended: bool,
}

impl Scan {
    fn new(table: &Table, store: &Store) -> Self {
        let names = table
            .key_columns()
            .iter()
            .map(|column| column.name)
            .collect::<Vec<_>>()
            .join(", ");
        let parameters = store.dialect().parameters(table.key);
        let select = format!("SELECT {} FROM {}{}", table.column_list(), store.prefix(), table.name);
        let limit = store.dialect().parameter(table.key + 1);
        Self {
            sql_first: format!("{select} ORDER BY {names} LIMIT $1"),
            sql_next: format!("{select} WHERE ({names}) > ({parameters}) ORDER BY {names} LIMIT {limit}"),
            kinds: table.kinds(),
            key: table.key,
            rows: VecDeque::new(),
            last: None,
            ended: false,
        }
    }

    async fn next(&mut self, snapshot: &mut Transaction) -> Result<Option<Row>> {
        if self.rows.is_empty() && !self.ended {
            let mut cells = self.last.take().unwrap_or_default();
            let sql = if cells.is_empty() {
                &self.sql_first
            } else {
                &self.sql_next
            };
            cells.push(integer(ROWS));
            let rows = snapshot.fetch(sql, &cells, &self.kinds).await?;
            self.ended = rows.len() < ROWS;
            self.last = rows.last().map(|row| row[..self.key].to_vec());
            self.rows = rows.into();
        }
        Ok(self.rows.pop_front())
    }
}
