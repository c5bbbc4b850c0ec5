//! Filling an empty generation: project by project instead of position by position, rows in bulk, keys and indexes last. Every row tells
//! one event or one project, so the order between projects doesn't matter, and one project at a time is all that is kept in memory.
//!
//! The generation is nobody's yet: rows and checkpoint need not be written together. What a crash leaves behind is swept away.

mod copy;

use dean_ledger::{Ledger, ScannedEvent};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::checkpoint;
use crate::entry::{Entry, PROJECT, refuse_unknown_aggregates};
use crate::error::{ProjectionError, Result};
use crate::generation::Generation;
use crate::projection::{ALL, Rows, tables};
use crate::state::ProjectState;
use crate::store::Store;

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
        // A page without events is the last one; without it the task died.
        let page: Page = pages.recv().await.unwrap_or_else(|| {
            let died = "folding ended without a last page".to_owned();
            Err(ProjectionError::Task(died))
        })?;
        write(store, &page.rows).await?;
        if !checkpoint::lease(store, ledger.id(), holder).await? {
            return Err(lost(generation));
        }
        if page.events == 0 {
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
    if !checkpoint::advance(&mut transaction, store, ledger.id(), holder, 0, until).await? {
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
}

async fn fold_all(ledger: Ledger, until: u64, pages: mpsc::Sender<Result<Page>>) {
    let mut scan = ledger.scan(PROJECT, until);
    let mut folder = Folder::default();
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
                return;
            }
        };
        let last = page.as_ref().map_or(true, |page| page.events == 0);
        if pages.send(page).await.is_err() || last {
            return;
        }
    }
}

/// The project under way.
#[derive(Default)]
struct Folder(Option<ProjectState>);

impl Folder {
    /// An empty page ends the last project.
    fn page(&mut self, events: Vec<ScannedEvent>) -> Result<Page> {
        let mut rows = Rows::default();
        let count = events.len() as u64;
        if events.is_empty() {
            self.end_project(&mut rows)?;
        }
        for event in events {
            let entry = Entry::scanned(event)?;
            if self.0.as_ref().is_some_and(|state| state.id != entry.project) {
                self.end_project(&mut rows)?;
            }
            for projection in ALL {
                projection.event(self.0.as_ref(), &entry, &mut rows);
            }
            self.0 = Some(ProjectState::fold(self.0.take(), &entry)?);
        }
        Ok(Page { events: count, rows })
    }

    fn end_project(&mut self, rows: &mut Rows) -> Result<()> {
        if let Some(state) = self.0.take() {
            for projection in ALL {
                projection.project(&state, rows)?;
            }
        }
        Ok(())
    }
}

async fn write(store: &Store, rows: &Rows) -> Result<()> {
    if let Store::Postgres { writer, prefix, .. } = store {
        return copy::write(writer, prefix, rows).await;
    }
    let mut transaction = store.begin().await?;
    for table in tables() {
        transaction.insert(table, store.prefix(), rows.of(table)).await?;
    }
    transaction.commit().await
}
