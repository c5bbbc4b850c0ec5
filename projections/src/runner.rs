//! The runner: keeps the live generation up with the ledger.
//!
//! Every process has one; the one with the lease folds, the others look often whether it became free. Within a process the
//! runner is woken by the ledger, so what was acknowledged is visible some milliseconds later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dean_ledger::Ledger;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::checkpoint::{self, Age, LEASE_POLL, LEASE_RENEWAL};
use crate::error::{ProjectionError, Result};
use crate::holder;
use crate::pace::Moment;
use crate::projector::{Batch, CATCH_UP_EVENTS, Folded, Projector};
use crate::read_models::ReadModels;
use crate::rebuild::build;

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// How often a long building tells how far it is.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// What a runner does at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunnerState {
    /// Looks for the live generation and its lease.
    Starting,
    /// Folds.
    Leading,
    /// Another process folds.
    StandingBy,
    /// Builds a generation for changed code, beside the live one.
    Building,
    /// Something failed that may pass; tried again after a pause.
    Retrying(String),
    /// Stopped for good by what it can't fold.
    Failed(String),
    /// Stopped as asked.
    Stopped,
}

/// Keeps read models up with the ledger.
#[derive(Debug)]
pub struct Runner;

/// A started runner. Dropping it stops the runner too, without waiting for it.
#[derive(Debug)]
pub struct RunnerHandle {
    stop: watch::Sender<bool>,
    state: watch::Receiver<RunnerState>,
    folded: Arc<AtomicU64>,
    head: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Runner {
    /// Starts a runner on the current tokio runtime.
    #[must_use]
    pub fn start(ledger: &Ledger, models: &ReadModels) -> RunnerHandle {
        let (stop, stopped) = watch::channel(false);
        let (state, state_seen) = watch::channel(RunnerState::Starting);
        let folded = Arc::new(AtomicU64::new(0));
        let head = ledger.watch();
        let mut running = Running {
            ledger: ledger.clone(),
            models: models.clone(),
            holder: holder(),
            head: head.clone(),
            stopped,
            state,
            folded: Arc::clone(&folded),
        };
        let task = tokio::spawn(async move { running.run().await });
        RunnerHandle {
            stop,
            state: state_seen,
            folded,
            head,
            task,
        }
    }
}

impl RunnerHandle {
    /// Lets the batch at hand be finished, gives up the lease and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It only fails when the task panicked, which has been reported already.
        let _ = self.task.await;
    }

    /// Events that the ledger has and the read models, as far as this runner knows, have not.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.head.borrow().saturating_sub(self.folded.load(Ordering::Relaxed))
    }

    /// What it does at the moment.
    #[must_use]
    pub fn state(&self) -> RunnerState {
        self.state.borrow().clone()
    }

    /// Follows what it does.
    #[must_use]
    pub fn watch_state(&self) -> watch::Receiver<RunnerState> {
        self.state.clone()
    }
}

/// Why a term of leading ended.
enum Ended {
    /// Asked to stop.
    Stopped,
    /// The lease or the generation is somebody else's now.
    Lost,
}

/// Until the handle asks for it, or is gone.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await.is_ok();
}

struct Running {
    ledger: Ledger,
    models: ReadModels,
    holder: Uuid,
    head: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    state: watch::Sender<RunnerState>,
    folded: Arc<AtomicU64>,
}

impl Running {
    async fn run(&mut self) {
        let mut backoff = BACKOFF_MIN;
        loop {
            match self.term(&mut backoff).await {
                Ok(Ended::Stopped) => {
                    self.release(None).await;
                    self.become_state(RunnerState::Stopped);
                    return;
                }
                Ok(Ended::Lost) => self.models.forget_generation(),
                Err(error) if error.is_passing() => {
                    if error.is_gone() && backoff == BACKOFF_MIN {
                        tracing::debug!(%error, "looking for the read models that took the place of these");
                    } else {
                        let retry_in_ms = backoff.as_millis();
                        tracing::warn!(%error, retry_in_ms, "keeping the read models failed; trying again");
                    }
                    self.become_state(RunnerState::Retrying(error.to_string()));
                    self.models.forget_generation();
                    if self.pause(backoff).await {
                        self.release(None).await;
                        self.become_state(RunnerState::Stopped);
                        return;
                    }
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
                Err(error) => {
                    tracing::error!(%error, "the read models stopped and stay behind until this is solved");
                    let fault = error.to_string();
                    self.release(Some(&fault)).await;
                    self.become_state(RunnerState::Failed(fault));
                    return;
                }
            }
        }
    }

    /// Looks for the live generation, waits for its lease, and folds for as long as it has it.
    async fn term(&mut self, backoff: &mut Duration) -> Result<Ended> {
        if self.is_stopped() {
            return Ok(Ended::Stopped);
        }
        let ledger = self.ledger.id();
        let generation = match self.models.generation().await {
            Err(ProjectionError::NoGeneration) => return self.replace().await,
            generation => generation?,
        };
        let checkpoint = checkpoint::read(&generation.store, ledger)
            .await?
            .ok_or(ProjectionError::NoGeneration)?;
        self.note(checkpoint.position);
        match checkpoint.age() {
            Age::Same if checkpoint.position <= self.ledger.head().await?.position => {}
            Age::Newer => {
                tracing::info!("a newer version of the program keeps the read models; standing by");
                return self.stand_by().await;
            }
            Age::Same | Age::Older => return self.replace().await,
        }
        if !checkpoint::lease(&generation.store, ledger, self.holder).await? {
            return self.stand_by().await;
        }
        // Read again: until the lease was ours, somebody else may have folded on.
        let checkpoint = checkpoint::read(&generation.store, ledger)
            .await?
            .ok_or(ProjectionError::NoGeneration)?;
        self.become_state(RunnerState::Leading);
        *backoff = BACKOFF_MIN;
        let mut projector = Projector::new(generation, ledger, self.holder, checkpoint.position);
        self.models.announce(Some(projector.position));
        let ended = self.lead(&mut projector).await;
        self.models.announce(None);
        ended
    }

    async fn lead(&mut self, projector: &mut Projector) -> Result<Ended> {
        let ledger = self.ledger.id();
        let mut renewed = Moment::now();
        let mut batch = Batch::read(&self.ledger, projector.position, CATCH_UP_EVENTS).await?;
        loop {
            if self.is_stopped() {
                return Ok(Ended::Stopped);
            }
            if self.models.generation().await?.number != projector.generation.number {
                return Ok(Ended::Lost);
            }
            if let Some(end) = batch.end() {
                // Far behind, the next batch is read as this one is written. Close behind it is read afterwards, with what has come by
                // then: what a batch lacks that was read early waits for one batch more.
                let behind = self.head.borrow().saturating_sub(end) >= CATCH_UP_EVENTS as u64;
                let (folded, next) = if behind {
                    let (folded, next) =
                        tokio::join!(projector.fold(&batch), Batch::read(&self.ledger, end, CATCH_UP_EVENTS));
                    (folded, Some(next))
                } else {
                    (projector.fold(&batch).await, None)
                };
                if folded? == Folded::Lost {
                    return Ok(Ended::Lost);
                }
                renewed = Moment::now();
                self.note(projector.position);
                self.models.announce(Some(projector.position));
                if let Some(fault) = batch.into_fault() {
                    return Err(fault);
                }
                batch = match next {
                    Some(next) => next?,
                    None => Batch::read(&self.ledger, end, CATCH_UP_EVENTS).await?,
                };
                continue;
            }
            if let Some(fault) = batch.into_fault() {
                return Err(fault);
            }
            if renewed.is_past(LEASE_RENEWAL) {
                if !checkpoint::lease(&projector.generation.store, ledger, self.holder).await? {
                    return Ok(Ended::Lost);
                }
                renewed = Moment::now();
            }
            self.await_events(projector.position).await;
            batch = Batch::read(&self.ledger, projector.position, CATCH_UP_EVENTS).await?;
        }
    }

    /// Until the ledger has more than `position`, the lease wants renewing, or the runner is asked to stop.
    async fn await_events(&mut self, position: u64) {
        let (head, stopped) = (&mut self.head, &mut self.stopped);
        let more = async {
            let open = head.wait_for(|head| *head > position).await.is_ok();
            if !open {
                // The ledger was closed: nothing will come, and whoever closed it stops the runner.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = more => {}
            () = asked_to_stop(stopped) => {}
            () = tokio::time::sleep(LEASE_RENEWAL) => {}
        }
    }

    async fn stand_by(&mut self) -> Result<Ended> {
        self.become_state(RunnerState::StandingBy);
        Ok(if self.pause(LEASE_POLL).await {
            Ended::Stopped
        } else {
            Ended::Lost
        })
    }

    /// The live generation was made by older code or for another history, or has gone: a new one is built beside it, which serves until the swap.
    async fn replace(&mut self) -> Result<Ended> {
        if self.models.catalog().is_being_built().await? {
            return self.stand_by().await;
        }
        tracing::info!("building new read models: those that are there were made by an older version, or are gone");
        self.become_state(RunnerState::Building);
        let ledger = self.ledger.clone();
        let mut reported = Moment::now();
        let progress = move |position, head| {
            if reported.is_past(REPORT_INTERVAL) {
                reported = Moment::now();
                tracing::info!(position, head, "building new read models");
            }
        };
        tokio::select! {
            built = build(&ledger, self.models.catalog(), progress) => {
                built?;
                self.models.forget_generation();
                Ok(Ended::Lost)
            }
            () = asked_to_stop(&mut self.stopped) => Ok(Ended::Stopped),
        }
    }

    /// True when asked to stop meanwhile.
    async fn pause(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, asked_to_stop(&mut self.stopped))
            .await
            .is_ok()
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    async fn release(&self, fault: Option<&str>) {
        let released = match self.models.generation().await {
            Ok(generation) => checkpoint::release(&generation.store, self.ledger.id(), self.holder, fault).await,
            Err(error) => Err(error),
        };
        if let Err(error) = released {
            // Then it runs out by itself.
            tracing::debug!(%error, "the lease of the read models could not be given up");
        }
    }

    fn note(&self, position: u64) {
        self.folded.store(position, Ordering::Relaxed);
    }

    fn become_state(&self, state: RunnerState) {
        self.state.send_if_modified(|current| {
            let changes = *current != state;
            *current = state;
            changes
        });
    }
}
