//! Checking a ledger from its stored bytes: every leaf, every column, every commit, every kept root.
//!
//! A source (`from_database`, or an exported file in `archive`) delivers batches of events and commits in order, as they were read.
//! `event_check` looks at each event by itself, on as many threads as there are; `order_check` at what follows what. Neither knows where
//! the rows come from, so a file is checked exactly as a database is. `tile_check` compares the one table that is derived from the events.

pub(crate) mod batch;
pub(crate) mod event_check;
pub(crate) mod from_database;
pub(crate) mod header_view;
pub(crate) mod order_check;
pub(crate) mod pipeline;
mod report;
mod tile_check;

pub use report::{Fault, KeptRoot, TileReport, VerifyReport};

use std::convert::Infallible;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;
use order_check::{ORPHAN, OrderCheck};
use pipeline::{RunError, Sink};

const LAST_POSITION: &str = "SELECT max(position) FROM events WHERE ledger = $1";
const LAST_PERSONAL: &str = "SELECT max(position) FROM personal_data WHERE ledger = $1";

impl Ledger {
    /// Recomputes everything up to the head at the time of the call, and what is derived from it in the database. `progress` gets (events done, events in all) from time to time.
    ///
    /// # Errors
    /// Only when the database can't be read; what is wrong in it is in the report.
    pub async fn verify(&self, progress: impl FnMut(u64, u64)) -> Result<VerifyReport, LedgerError> {
        self.verify_against(&[], progress).await
    }

    /// As [`Ledger::verify`], and compares the tree with roots that were kept elsewhere. Nothing else shows a history that was rewritten
    /// as a whole from some point on, or cut off.
    ///
    /// # Errors
    /// Only when the database can't be read; what is wrong in it is in the report.
    pub async fn verify_against(
        &self,
        kept: &[KeptRoot],
        progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, LedgerError> {
        let total = self.head().await?.position;
        let mut order = OrderCheck::new(kept);
        let mut progress = progress;
        self.check_into(&mut order, &mut pipeline::Nothing, total, |position| {
            progress(position.min(total), total);
        })
        .await?;
        let tiles = match order.faults.first() {
            None => tile_check::compare(self, order.tile_roots()).await?,
            // Tiles of altered events differ too, and would only hide what is wrong.
            Some(_) => TileReport::default(),
        };
        Ok(VerifyReport {
            tiles,
            ..order.finish()
        })
    }

    /// Feeds the ledger, up to a position that is not behind its head, to the checker and to a sink.
    pub(crate) async fn check_into<S: Sink>(
        &self,
        order: &mut OrderCheck,
        sink: &mut S,
        until: u64,
        progress: impl FnMut(u64),
    ) -> Result<(), RunError<LedgerError, S::Error>> {
        let (outlet, inlet) = pipeline::connect(self.id());
        from_database::start(self, until, outlet);
        pipeline::run(inlet, order, sink, progress).await?;
        self.leftovers(order).await.map_err(RunError::Source)
    }

    /// What no commit and no event leads to.
    async fn leftovers(&self, order: &mut OrderCheck) -> Result<(), LedgerError> {
        let (last, personal): (Option<i64>, Option<i64>) = on_database!(self.database(), pool => (
            sqlx::query_scalar(LAST_POSITION).bind(self.id()).fetch_one(pool).await?,
            sqlx::query_scalar(LAST_PERSONAL).bind(self.id()).fetch_one(pool).await?,
        ));
        // Others may commit meanwhile: only what no commit covers is a fault.
        let covered = self.head().await?.position;
        if let Some(last) = last.map(i64::unsigned_abs).filter(|last| *last > covered) {
            order.faults.add(
                covered + 1,
                format!("events up to position {last} stand behind the last commit, which ends at {covered}"),
            );
        }
        let events_end = last.unwrap_or(0).max(covered.cast_signed());
        if let Some(orphan) = personal.filter(|orphan| *orphan > events_end) {
            order.faults.add(orphan.unsigned_abs(), ORPHAN);
        }
        Ok(())
    }
}

impl From<RunError<LedgerError, Infallible>> for LedgerError {
    fn from(error: RunError<LedgerError, Infallible>) -> Self {
        match error {
            RunError::Source(error) => error,
            RunError::Sink(never) => match never {},
        }
    }
}
