//! Filling an empty generation: aggregate by aggregate instead of position by position, rows in bulk, keys and indexes last. Every row
//! tells one event or one aggregate, so the order between aggregates doesn't matter, and one at a time is all that is kept in memory.
//!
//! The generation is nobody's yet: rows and checkpoint need not be written together. What a crash leaves behind is swept away.

mod copy;

use dean_ledger::{Ledger, ScannedEvent};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::checkpoint::{self, Advance};
use crate::entry::{Subject, Told, refuse_unknown_aggregates};
use crate::error::{ProjectionError, Result};
use crate::generation::Generation;
use crate::known::State;
use crate::projection::{ALL, Rows, tables};
use crate::projector::fold_one;
use crate::store::Store;
use crate::writes;

/// Folded pages that wait to be written.
const FOLDED_AHEAD: usize = 2;

/// Folds everything up to `until` into an empty generation and sets its checkpoint there. Reports (events done, events in all).
///
/// # Errors
/// What stops folding; then the generation is useless and has to be removed.
pub(crate) async fn fill(
    generation: &Generation,
    ledger: &Ledger,
    holder: Uuid,
    until: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<()> {
    refuse_unknown_aggregates(ledger, until).await?;
    let store = &generation.store;
    for table in tables() {
        for statement in table.drop_keys(store.dialect(), store.prefix()) {
            store.execute(&statement, &[]).await?;
        }
    }
    let (sender, mut pages) = mpsc::channel(FOLDED_AHEAD);
    tokio::spawn(fold_all(ledger.clone(), until, sender));
    let mut done = 0;
    loop {
        // The last page says so; without it the task died.
        let page: Page = pages.recv().await.unwrap_or_else(|| {
            let died = "folding ended without a last page".to_owned();
            Err(ProjectionError::Task(died))
        })?;
        write(store, &page.rows).await?;
        if !checkpoint::lease(store, ledger.id(), holder).await? {
            return Err(lost(generation));
        }
        if page.is_last {
            break;
        }
        done += page.events;
        progress(done, until);
    }
    let mut transaction = store.begin().await?;
    transaction.without_time_limit().await?;
    for table in tables() {
        for statement in table.add_keys(store.dialect(), store.prefix()) {
            transaction.execute(&statement, &[]).await?;
        }
    }
    let advance = Advance {
        ledger: ledger.id(),
        holder,
        from: 0,
        to: until,
    };
    let sql = advance.sql(store.dialect(), store.prefix());
    if transaction.execute(&sql, &advance.cells()).await? != 1 {
        return Err(lost(generation));
    }
    transaction.commit().await
}

fn lost(generation: &Generation) -> ProjectionError {
    ProjectionError::LeaseLost {
        generation: generation.number,
    }
}

/// What a page of events became.
struct Page {
    events: u64,
    rows: Rows,
    is_last: bool,
}

async fn fold_all(ledger: Ledger, until: u64, pages: mpsc::Sender<Result<Page>>) {
    for subject in Subject::ALL {
        if !fold_subject(&ledger, subject, until, &pages).await {
            return;
        }
    }
    let last = Page {
        events: 0,
        rows: Rows::default(),
        is_last: true,
    };
    // Where nobody takes it, nobody waits for it either.
    drop(pages.send(Ok(last)).await);
}

/// All aggregates of a kind; tells whether to go on.
async fn fold_subject(ledger: &Ledger, subject: Subject, until: u64, pages: &mpsc::Sender<Result<Page>>) -> bool {
    let mut scan = ledger.scan(subject.as_str(), until);
    let mut folder = Folder { subject, state: None };
    loop {
        let events = scan.next().await.map(Option::unwrap_or_default);
        let events = events.map_err(ProjectionError::from);
        // Decoding takes milliseconds: not on a thread that others' requests wait for.
        let folded = tokio::task::spawn_blocking(move || {
            let page = events.and_then(|events| folder.page(events));
            (folder, page)
        });
        let page = match folded.await {
            Ok((back, page)) => {
                folder = back;
                page
            }
            Err(error) => {
                drop(pages.send(Err(ProjectionError::Task(error.to_string()))).await);
                return false;
            }
        };
        let (failed, ended) = (page.is_err(), page.as_ref().is_ok_and(|page| page.events == 0));
        if pages.send(page).await.is_err() || failed {
            return false;
        }
        if ended {
            return true;
        }
    }
}

/// The aggregate under way.
struct Folder {
    subject: Subject,
    state: Option<State>,
}

impl Folder {
    /// An empty page ends the last aggregate.
    fn page(&mut self, events: Vec<ScannedEvent>) -> Result<Page> {
        let mut rows = Rows::default();
        let count = events.len() as u64;
        if events.is_empty() {
            self.end(&mut rows)?;
        }
        for event in events {
            let told = Told::scanned(self.subject, event)?;
            if self.state.as_ref().is_some_and(|state| state.key() != told.key()) {
                self.end(&mut rows)?;
            }
            self.state = Some(fold_one(self.state.take(), &told, &mut rows)?);
        }
        Ok(Page {
            events: count,
            rows,
            is_last: false,
        })
    }

    fn end(&mut self, rows: &mut Rows) -> Result<()> {
        if let Some(state) = self.state.take() {
            for projection in ALL {
                projection.state(&state, rows)?;
            }
        }
        Ok(())
    }
}

async fn write(store: &Store, rows: &Rows) -> Result<()> {
    let writer = match store {
        Store::Postgres { writer, prefix, .. } => return copy::write(writer, prefix, rows).await,
        Store::Sqlite { writer, .. } => writer,
    };
    let mut transaction = writer.begin().await?;
    let tables: Vec<_> = tables().map(|table| (table, rows.of(table))).collect();
    writes::insert_sqlite(&mut transaction, &tables).await?;
    Ok(transaction.commit().await?)
}
