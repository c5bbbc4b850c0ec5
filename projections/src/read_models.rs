//! The query side: finds the live generation, and asks it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dean_ledger::Ledger;
use tokio::sync::watch;

use crate::cell::{Cell, Cells, Kind, Row};
use crate::checkpoint;
use crate::error::{ProjectionError, Result};
use crate::generation::{Catalog, Generation};
use crate::holder;
use crate::pace::Moment;
use crate::paging::Conditions;
use crate::table::{Dialect, Table};

/// How long the knowledge of which generation is live is relied on.
const LIVE_KNOWN_FOR: Duration = Duration::from_millis(500);
/// How many swaps in a row a question is put again for.
const SWAPS_MAX: u32 = 4;
/// How often a waiting query looks at a checkpoint that another process moves on.
const POSITION_POLL: Duration = Duration::from_millis(15);
/// How long our own runner is relied on to tell.
const TOLD_WITHIN: Duration = Duration::from_millis(250);

/// Read models as queries see them. Cheap to clone; every clone waits and reads for itself.
#[derive(Debug, Clone)]
pub struct ReadModels {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    catalog: Catalog,
    live: Mutex<Option<(Arc<Generation>, Moment)>>,
    /// The position up to which this process's runner has folded; nothing while it doesn't.
    folded: watch::Sender<Option<u64>>,
}

impl ReadModels {
    /// Opens the live read models, or makes an empty set where there is none; a [`Runner`](crate::Runner) fills it.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(ledger: &Ledger) -> Result<Self> {
        let catalog = Catalog::of(ledger);
        let live = match catalog.live().await? {
            Some(live) => live,
            None => {
                let holder = holder();
                let generation = catalog.create(holder).await?;
                checkpoint::release(&generation.store, catalog.ledger, holder, None).await?;
                catalog.swap(&generation).await?;
                generation
            }
        };
        let live = Mutex::new(Some((Arc::new(live), Moment::now())));
        Ok(Self {
            inner: Arc::new(Inner {
                catalog,
                live,
                folded: watch::Sender::new(None),
            }),
        })
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The live generation as of half a second ago at most.
    pub(crate) async fn generation(&self) -> Result<Arc<Generation>> {
        let known = self.inner.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((generation, seen)) = &known
            && !seen.is_past(LIVE_KNOWN_FOR)
        {
            return Ok(Arc::clone(generation));
        }
        let number = self.inner.catalog.live_number().await?;
        let generation = match known {
            Some((generation, _)) if Some(generation.number) == number => generation,
            _ => Arc::new(self.inner.catalog.live().await?.ok_or(ProjectionError::NoGeneration)?),
        };
        let mut live = self.inner.live.lock().unwrap_or_else(PoisonError::into_inner);
        *live = Some((Arc::clone(&generation), Moment::now()));
        Ok(generation)
    }

    /// To look for the live generation anew.
    pub(crate) fn forget_generation(&self) {
        *self.inner.live.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What this process's runner has folded; `None` when it stops.
    pub(crate) fn announce(&self, position: Option<u64>) {
        self.inner.folded.send_replace(position);
    }

    /// Whether to ask again: the generation was swapped out while it was found or asked. (An async closure around both questions below
    /// would say it once, but futures with such closures are not `Send` enough for handlers.)
    fn is_swapped_out(&self, error: &ProjectionError, swaps: &mut u32) -> bool {
        let swapped = *swaps < SWAPS_MAX && (error.is_gone() || matches!(error, ProjectionError::NoGeneration));
        if swapped {
            *swaps += 1;
            self.forget_generation();
        }
        swapped
    }

    /// Rows of the live generation.
    pub(crate) async fn fetch(
        &self,
        cells: &[Cell],
        kinds: &[Kind],
        sql: impl Fn(&str, Dialect) -> String,
    ) -> Result<Vec<Row>> {
        let mut swaps = 0;
        loop {
            let answer = async {
                let generation = self.generation().await?;
                let store = &generation.store;
                store.fetch(&sql(store.prefix(), store.dialect()), cells, kinds).await
            };
            match answer.await {
                Err(error) if self.is_swapped_out(&error, &mut swaps) => {}
                answer => return answer,
            }
        }
    }

    /// How many rows of a table meet the conditions.
    pub(crate) async fn count_rows(&self, table: &Table, conditions: &Conditions) -> Result<u64> {
        let rows = self
            .fetch(conditions.cells(), &[Kind::Integer], |prefix, _| {
                let which = conditions.where_clause();
                format!("SELECT COUNT(*) FROM {prefix}{}{which}", table.name)
            })
            .await?;
        let row = rows.into_iter().next();
        row.map_or(Ok(0), |row| Cells::new(table.name, row).number())
    }

    /// How far the ledger is folded into what queries see.
    ///
    /// # Errors
    /// The database's.
    pub async fn position(&self) -> Result<u64> {
        let mut swaps = 0;
        loop {
            let answer = async {
                let generation = self.generation().await?;
                checkpoint::read(&generation.store, self.inner.catalog.ledger).await
            };
            match answer.await {
                Err(error) if self.is_swapped_out(&error, &mut swaps) => {}
                Ok(Some(checkpoint)) => return Ok(checkpoint.position),
                Ok(None) => return Err(ProjectionError::NoGeneration),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until queries see at least `position`, but no longer than `max`. Tells whether they do.
    ///
    /// # Errors
    /// The database's.
    pub async fn wait_for(&self, position: u64, max: Duration) -> Result<bool> {
        let mut folded = self.inner.folded.subscribe();
        let reached = async {
            loop {
                // Our own runner tells when it is there, and need not be asked; how far another process's is, only the checkpoint says.
                let there = |folded: &Option<u64>| folded.is_none_or(|folded| folded >= position);
                let told = tokio::time::timeout(TOLD_WITHIN, folded.wait_for(there)).await.is_ok();
                match self.position().await {
                    Ok(reached) if reached >= position => return Ok(()),
                    Err(error) if !error.is_passing() => return Err(error),
                    Ok(_) | Err(_) => {}
                }
                if told {
                    tokio::time::sleep(POSITION_POLL).await;
                }
            }
        };
        // In time even where the database is slow to answer.
        tokio::time::timeout(max, reached)
            .await
            .map_or(Ok(false), |reached| reached.map(|()| true))
    }
}
