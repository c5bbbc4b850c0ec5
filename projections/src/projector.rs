//! Folding a batch of events into a generation: rows and checkpoint in one transaction, so every event counts exactly once, wherever the
//! process is ended.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dean_ledger::{Ledger, RecordedEvent};
use uuid::Uuid;

use crate::bulk;
use crate::cell::{Cell, Cells, Kind, Row};
use crate::checkpoint::Advance;
use crate::entry::{Subject, Told};
use crate::error::{ProjectionError, Result};
use crate::generation::Generation;
use crate::known::State;
use crate::projection::{ALL, NOTES, Rows};
use crate::writes::{self, Filled, Group, ROWS_IN_A_STATEMENT};

/// Events in a batch while catching up. Rows that a batch overwrites several times are written once.
pub(crate) const CATCH_UP_EVENTS: usize = 500;
/// States kept in memory; beyond it they are read again when needed.
const STATES_MAX: usize = 500;

/// A batch of the ledger, decoded up to the first event that can't be.
pub(crate) struct Batch {
    entries: Vec<Told>,
    /// The last position of the decoded ones, ignored ones included.
    end: Option<u64>,
    fault: Option<ProjectionError>,
}

impl Batch {
    fn decode(events: Vec<RecordedEvent>) -> Self {
        let mut batch = Self {
            entries: Vec::with_capacity(events.len()),
            end: None,
            fault: None,
        };
        for event in events {
            let position = event.position;
            match Told::of(event) {
                Ok(entry) => batch.entries.extend(entry),
                Err(error) => {
                    batch.fault = Some(error);
                    break;
                }
            }
            batch.end = Some(position);
        }
        batch
    }

    /// Reads and decodes on a task of its own, so that a batch is prepared while the one before it is written.
    pub(crate) async fn read(ledger: &Ledger, after: u64, limit: usize) -> Result<Self> {
        let ledger = ledger.clone();
        tokio::spawn(async move { Ok(Self::decode(ledger.read(after, limit).await?)) })
            .await
            .unwrap_or_else(|error| Err(ProjectionError::Task(error.to_string())))
    }

    /// The position after which the next batch starts; `None` when this one has nothing to fold.
    pub(crate) fn end(&self) -> Option<u64> {
        self.end
    }

    /// Why the batch stops where it does, once everything before has been folded.
    pub(crate) fn into_fault(self) -> Option<ProjectionError> {
        self.fault
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folded {
    Written,
    /// Somebody else holds the lease or has folded on: nothing was written.
    Lost,
}

/// An aggregate: its kind and its id.
type Key = (Subject, Uuid);

/// An aggregate met in a batch.
struct Touched {
    /// Whether it has rows already.
    known: bool,
    state: Option<State>,
}

/// Folds into one generation, from its checkpoint on.
pub(crate) struct Projector {
    pub(crate) generation: Arc<Generation>,
    pub(crate) position: u64,
    ledger: Uuid,
    holder: Uuid,
    states: HashMap<Key, State>,
}

impl Projector {
    pub(crate) fn new(generation: Arc<Generation>, ledger: Uuid, holder: Uuid, position: u64) -> Self {
        Self {
            generation,
            position,
            ledger,
            holder,
            states: HashMap::new(),
        }
    }

    /// After an error the checkpoint has to be read again: a commit may have happened although its answer was lost.
    pub(crate) async fn fold(&mut self, batch: &Batch) -> Result<Folded> {
        let Some(end) = batch.end else {
            return Ok(Folded::Written);
        };
        let generation = Arc::clone(&self.generation);
        let mut touched = self.touched(batch).await?;
        let mut rows = Rows::default();
        for told in &batch.entries {
            let Some(one) = touched.get_mut(&told.key()) else {
                continue;
            };
            one.state = Some(fold_one(one.state.take(), told, &mut rows)?);
        }
        for state in touched.values().filter_map(|one| one.state.as_ref()) {
            for projection in ALL {
                projection.state(state, &mut rows)?;
            }
        }
        let mut known: BTreeMap<Subject, Vec<Row>> = BTreeMap::new();
        for ((subject, id), _) in touched.iter().filter(|(_, one)| one.known) {
            known.entry(*subject).or_default().push(vec![Cell::Uuid(Some(*id))]);
        }
        let advance = Advance {
            ledger: self.ledger,
            holder: self.holder,
            from: self.position,
            to: end,
        };
        if !writes::write(&generation.store, &advance, &groups(&rows, &known)).await? {
            return Ok(Folded::Lost);
        }
        if self.states.len() > STATES_MAX {
            self.states.clear();
        }
        self.states.extend(
            touched
                .into_iter()
                .filter_map(|(key, one)| one.state.map(|state| (key, state))),
        );
        self.position = end;
        Ok(Folded::Written)
    }

    /// The aggregates of a batch as they stood before it: nobody has moved them on if the checkpoint is still where it was.
    async fn touched(&mut self, batch: &Batch) -> Result<BTreeMap<Key, Touched>> {
        let mut touched: BTreeMap<Key, Touched> = BTreeMap::new();
        let mut missing: Vec<Cell> = Vec::new();
        for told in &batch.entries {
            let key = told.key();
            touched.entry(key).or_insert_with(|| {
                let state = self.states.remove(&key);
                if state.is_none() && told.sequence() > 1 {
                    missing.push(Cell::Uuid(Some(key.1)));
                }
                Touched {
                    known: state.is_some(),
                    state,
                }
            });
        }
        let mut rest = missing.as_slice();
        for size in ROWS_IN_A_STATEMENT {
            while let Some((chunk, others)) = rest.split_at_checked(size).filter(|_| !rest.is_empty()) {
                for row in self.notes(chunk).await? {
                    let mut cells = Cells::new(NOTES.name, row);
                    let (id, subject, note) = (cells.uuid()?, cells.text()?, cells.text()?);
                    let Some(subject) = Subject::named(&subject) else {
                        continue;
                    };
                    // Another kind of aggregate under the same id was not asked for.
                    let key = (subject, id);
                    let Some(one) = touched.get_mut(&key) else {
                        continue;
                    };
                    one.state = Some(State::noted(key, &note)?);
                    one.known = true;
                }
                rest = others;
            }
        }
        Ok(touched)
    }

    async fn notes(&self, ids: &[Cell]) -> Result<Vec<Row>> {
        let store = &self.generation.store;
        let sql = format!(
            "SELECT id, subject, note FROM {}notes WHERE id IN ({})",
            store.prefix(),
            store.dialect().parameters(ids.len())
        );
        store
            .fetch_written(&sql, ids, &[Kind::Uuid, Kind::Text, Kind::Text])
            .await
    }

    /// Folds up to `until` or, without it, to the end that the ledger has by then. Reports (position, end).
    ///
    /// # Errors
    /// Also what stops folding: an event that can't be read, or a lost lease.
    pub(crate) async fn catch_up(
        &mut self,
        ledger: &Ledger,
        until: Option<u64>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<()> {
        let mut end = until.unwrap_or(ledger.head().await?.position);
        if self.position == 0 && end > 0 {
            bulk::fill(&self.generation, ledger, self.holder, end, &mut progress).await?;
            self.position = end;
        }
        let mut batch = Batch::read(ledger, self.position, limit(self.position, until)).await?;
        while let Some(batch_end) = batch.end() {
            let (folded, next) = tokio::join!(
                self.fold(&batch),
                Batch::read(ledger, batch_end, limit(batch_end, until))
            );
            if folded? == Folded::Lost {
                return Err(ProjectionError::LeaseLost {
                    generation: self.generation.number,
                });
            }
            if let Some(fault) = batch.into_fault() {
                return Err(fault);
            }
            end = end.max(self.position);
            progress(self.position, end);
            batch = next?;
        }
        batch.into_fault().map_or(Ok(()), Err)
    }
}

/// The rows of a batch by kind of aggregate.
fn groups<'r>(rows: &'r Rows, known: &'r BTreeMap<Subject, Vec<Row>>) -> Vec<Group<'r>> {
    let mut tables: BTreeMap<Subject, Vec<Filled<'_>>> = BTreeMap::new();
    for projection in ALL {
        let filled = projection.tables().iter().map(|table| (table, rows.of(table)));
        tables.entry(projection.subject()).or_default().extend(filled);
    }
    let groups = tables.into_iter().map(|(subject, tables)| Group {
        tables,
        known: known.get(&subject).map_or(&[][..], Vec::as_slice),
    });
    groups.filter(|group| !group.is_empty()).collect()
}

/// One event: the rows that tell it, and what its aggregate becomes.
pub(crate) fn fold_one(before: Option<State>, told: &Told, rows: &mut Rows) -> Result<State> {
    if let Told::Project(entry) = told {
        for projection in ALL {
            projection.event(before.as_ref().and_then(State::project), entry, rows);
        }
    }
    State::fold(before, told)
}

fn limit(position: u64, until: Option<u64>) -> usize {
    let left = until.map_or(u64::MAX, |until| until.saturating_sub(position));
    usize::try_from(left).unwrap_or(usize::MAX).min(CATCH_UP_EVENTS)
}
