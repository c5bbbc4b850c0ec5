//! The one writer of this process and ledger: gathers all waiting appends and commits them together, in the order in which they came.
//! While one batch is on its way to the database, the next one is judged and sealed.

mod commit;
mod draft;
mod failure;
mod flight;
mod sql;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::error::AppendError;
use crate::header::Prepared;
use crate::model::Receipt;
use crate::stats::Counters;

pub(crate) use commit::Committer;
use draft::Draft;
use flight::{Flight, Landed};

pub(crate) type Answer = Result<Receipt, AppendError>;
type Asker = oneshot::Sender<Answer>;

/// The most bytes that wait in the queue, and that one commit carries: memory stays bounded however large the appends are.
pub(crate) const QUEUE_BYTES_MAX: usize = 64 << 20;
const BATCH_BYTES_MAX: usize = 16 << 20;

/// How long the writer waits at most for as many appends as its last commit had: a fraction of what a commit takes.
const GATHER_MAX: Duration = Duration::from_micros(150);

/// Beyond so many appends two groups that take turns are better: one is prepared while the other is committed.
const GATHER_APPENDS_MAX: usize = 32;

/// What the writer is asked for.
pub(crate) enum Job {
    /// An append, to be committed with whatever else waits.
    One(Box<Prepared>, Asker),
    /// Appends that make exactly one commit of their own.
    Batch(Vec<Prepared>, oneshot::Sender<Vec<Answer>>),
}

/// Runs until the ledger is closed or dropped, and then finishes what waits.
pub(crate) async fn run(
    committer: Committer,
    mut queue: mpsc::Receiver<Job>,
    batch_max: usize,
    counters: Arc<Counters>,
    close: Arc<Notify>,
) {
    let mut writer = Writer {
        committer,
        counters,
        batch_max,
        waiting: VecDeque::new(),
        next: Load::default(),
        flying: None,
        gathered: 0,
    };
    let mut closing = std::pin::pin!(close.notified());
    let mut closed = false;
    let mut open = true;
    let mut arrived = Vec::new();
    loop {
        writer.load();
        if writer.flying.is_none() && writer.has_work() {
            writer.gather(&mut queue).await;
            writer.go_on().await;
            continue;
        }
        if writer.flying.is_none() && !open {
            break;
        }
        tokio::select! {
            biased;
            () = &mut closing, if !closed => {
                closed = true;
                queue.close();
            }
            landed = landing(&mut writer.flying), if writer.flying.is_some() => writer.land(landed).await,
            count = queue.recv_many(&mut arrived, batch_max), if open && writer.waiting.is_empty() => {
                open = count > 0;
                writer.waiting.extend(arrived.drain(..));
            }
        }
    }
    writer.committer.close().await;
}

async fn landing(flying: &mut Option<(Flight, Vec<Asker>)>) -> Landed {
    match flying {
        Some((flight, _)) => flight.landed().await,
        None => std::future::pending().await,
    }
}

/// A batch that grows.
#[derive(Default)]
struct Load {
    batch: Vec<Prepared>,
    askers: Vec<Asker>,
    bytes: usize,
    draft: Option<Draft>,
}

struct Writer {
    committer: Committer,
    counters: Arc<Counters>,
    batch_max: usize,
    /// Taken from the queue, in order, and in no batch yet.
    waiting: VecDeque<Job>,
    next: Load,
    /// The batch that is on its way, and who waits for it.
    flying: Option<(Flight, Vec<Asker>)>,
    /// How many appends the last batch had. Who was just answered is likely to ask again at once: for a few of them it is worth a moment
    /// to commit for all together, instead of in two groups that take turns.
    gathered: usize,
}

impl Writer {
    /// Takes what waits into the next batch, as much as fits, and drafts it.
    fn load(&mut self) {
        while self.next.batch.len() < self.batch_max && self.next.bytes < BATCH_BYTES_MAX {
            match self.waiting.pop_front() {
                Some(Job::One(append, asker)) => {
                    self.next.bytes += append.bytes;
                    self.next.batch.push(*append);
                    self.next.askers.push(asker);
                }
                Some(batch) => {
                    self.waiting.push_front(batch);
                    break;
                }
                None => break,
            }
        }
        if !self.next.batch.is_empty() {
            self.committer.carry_on(&self.next.batch, &mut self.next.draft);
        }
    }

    fn has_work(&self) -> bool {
        !self.next.batch.is_empty() || !self.waiting.is_empty()
    }

    /// Whether those who were just answered are worth waiting for.
    fn is_gathering(&self) -> bool {
        self.next.batch.len() < self.gathered && self.gathered <= GATHER_APPENDS_MAX && self.waiting.is_empty()
    }

    async fn gather(&mut self, queue: &mut mpsc::Receiver<Job>) {
        let since = Instant::now();
        while self.is_gathering() {
            match queue.try_recv() {
                Ok(job) => {
                    self.waiting.push_back(job);
                    self.load();
                }
                Err(TryRecvError::Empty) if since.elapsed() <= GATHER_MAX => tokio::task::yield_now().await,
                Err(_) => break,
            }
        }
    }

    /// Sends the next batch, or commits it with all care.
    async fn go_on(&mut self) {
        if self.next.batch.is_empty() {
            if let Some(Job::Batch(batch, asker)) = self.waiting.pop_front() {
                self.leave_queue(&batch);
                let answers = self.committer.commit(&batch).await;
                // Whoever asked may have gone away; what is recorded stays recorded.
                drop(asker.send(answers));
            }
            return;
        }
        if let Some(returned) = self.send().await {
            self.commit(returned).await;
        }
    }

    /// Commits a batch that is not as its draft would have it, with all care.
    async fn commit(&mut self, (batch, askers): (Vec<Prepared>, Vec<Asker>)) {
        let answers = self.committer.commit(&batch).await;
        answer(askers, answers);
    }

    /// Sends the next batch if that is all there is to do; otherwise it comes back.
    async fn send(&mut self) -> Option<(Vec<Prepared>, Vec<Asker>)> {
        let next = std::mem::take(&mut self.next);
        self.gathered = next.batch.len();
        self.leave_queue(&next.batch);
        match self.committer.send(next.batch, next.draft).await {
            Ok(flight) => {
                self.flying = Some((flight, next.askers));
                None
            }
            Err(batch) => Some((batch, next.askers)),
        }
    }

    /// The batch that was on its way is through: the next one goes, and then its askers are told.
    async fn land(&mut self, landed: Landed) {
        let Some((flight, askers)) = self.flying.take() else {
            return;
        };
        let answers = match self.committer.receive(flight, landed) {
            Ok(answers) => answers,
            Err((batch, failure)) => {
                self.next.draft = None;
                self.committer.commit_after(&batch, Some(failure)).await
            }
        };
        let mut returned = None;
        if !self.next.batch.is_empty() && !self.is_gathering() {
            returned = self.send().await;
        }
        answer(askers, answers);
        if let Some(returned) = returned {
            self.commit(returned).await;
        }
    }

    fn leave_queue(&self, batch: &[Prepared]) {
        self.counters.queue_len.fetch_sub(batch.len(), Relaxed);
        let bytes = batch.iter().map(|append| append.bytes).sum();
        self.counters.queue_bytes.fetch_sub(bytes, Relaxed);
    }
}

fn answer(askers: Vec<Asker>, answers: Vec<Answer>) {
    for (asker, answer) in askers.into_iter().zip(answers) {
        // Whoever asked may have gone away; what is recorded stays recorded.
        drop(asker.send(answer));
    }
}
