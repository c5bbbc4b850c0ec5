//! The one writer of this process and ledger: gathers all waiting appends and commits them together, in the order in which they came.

mod batch;
mod plan;
mod seal;
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

pub(crate) use batch::Committer;

pub(crate) type Answer = Result<Receipt, AppendError>;

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
    One(Box<Prepared>, oneshot::Sender<Answer>),
    /// Appends that make exactly one commit of their own.
    Batch(Vec<Prepared>, oneshot::Sender<Vec<Answer>>),
}

/// Runs until the ledger is closed or dropped, and then finishes what waits.
pub(crate) async fn run(
    mut committer: Committer,
    mut queue: mpsc::Receiver<Job>,
    batch_max: usize,
    counters: Arc<Counters>,
    close: Arc<Notify>,
) {
    let mut waiting: VecDeque<Job> = VecDeque::new();
    let mut closing = std::pin::pin!(close.notified());
    let mut closed = false;
    // Who was just answered is likely to ask again at once: it is worth a moment to commit for all of them together, instead of in two
    // groups that take turns.
    let mut expected = 0;
    loop {
        tokio::select! {
            biased;
            () = &mut closing, if !closed => {
                closed = true;
                queue.close();
            }
            () = std::future::ready(()), if !waiting.is_empty() => {}
            job = queue.recv() => match job {
                Some(job) => waiting.push_back(job),
                None => break,
            },
        }
        let mut gathering = None;
        while waiting.len() < batch_max {
            match queue.try_recv() {
                Ok(job) => waiting.push_back(job),
                Err(TryRecvError::Empty) if waiting.len() < expected && expected <= GATHER_APPENDS_MAX => {
                    let since: &mut Instant = gathering.get_or_insert_with(Instant::now);
                    if since.elapsed() > GATHER_MAX {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                Err(_) => break,
            }
        }
        expected = waiting.len();
        match waiting.pop_front() {
            Some(Job::Batch(batch, answer)) => {
                leave_queue(&counters, &batch);
                let answers = committer.commit(&batch).await;
                // Whoever asked may have gone away; what is recorded stays recorded.
                drop(answer.send(answers));
            }
            Some(one @ Job::One(..)) => {
                waiting.push_front(one);
                commit_together(&mut committer, &mut waiting, batch_max, &counters).await;
            }
            None => {}
        }
    }
    committer.close().await;
}

/// Commits the single appends at the front of the queue, as many as fit in one batch.
async fn commit_together(
    committer: &mut Committer,
    waiting: &mut VecDeque<Job>,
    batch_max: usize,
    counters: &Counters,
) {
    let (mut batch, mut askers, mut bytes) = (Vec::new(), Vec::new(), 0);
    while batch.len() < batch_max && bytes < BATCH_BYTES_MAX {
        match waiting.pop_front() {
            Some(Job::One(append, answer)) => {
                bytes += append.bytes;
                batch.push(*append);
                askers.push(answer);
            }
            Some(other) => {
                waiting.push_front(other);
                break;
            }
            None => break,
        }
    }
    leave_queue(counters, &batch);
    for (asker, answer) in askers.into_iter().zip(committer.commit(&batch).await) {
        drop(asker.send(answer));
    }
}

fn leave_queue(counters: &Counters, batch: &[Prepared]) {
    counters.queue_len.fetch_sub(batch.len(), Relaxed);
    counters
        .queue_bytes
        .fetch_sub(batch.iter().map(|append| append.bytes).sum(), Relaxed);
}
