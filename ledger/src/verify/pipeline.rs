//! From a source, over threads that check batches, in order to the checker and to whoever keeps what was checked. Every queue is bounded,
//! so memory stays flat however large the ledger is.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::batch::Batch;
use super::event_check::{Checked, check};
use super::order_check::OrderCheck;

/// Batches that are being checked or wait to be taken.
const BATCHES_MAX: usize = 6;

/// Takes what was checked, in order.
pub(crate) trait Sink: Send {
    type Error;

    /// Whether it wants the tree's frontier at each commit.
    const WANTS_FRONTIERS: bool = false;

    /// Takes a batch. `frontiers` are those of its commits, in order.
    fn take(
        &mut self,
        checked: &Checked,
        frontiers: Vec<Vec<u8>>,
        check: &mut OrderCheck,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What a source says.
enum Word {
    Batch(JoinHandle<Checked>),
    /// That was all. A source that just falls silent has not come to its end.
    End,
}

/// Where a source puts its batches.
#[derive(Clone)]
pub(crate) struct Outlet<E> {
    words: mpsc::Sender<Result<Word, E>>,
    ledger: Uuid,
    runtime: tokio::runtime::Handle,
}

/// The other end is gone: there is nothing to do any more.
pub(crate) struct Gone;

impl<E> Outlet<E> {
    /// Starts checking the batch on another thread; waits while too many are under way.
    pub(crate) async fn send(&self, batch: Batch) -> Result<(), Gone> {
        let place = self.words.reserve().await.map_err(|_| Gone)?;
        place.send(Ok(Word::Batch(self.start(batch))));
        Ok(())
    }

    /// As [`Self::send`], from a thread that may wait.
    pub(crate) fn send_blocking(&self, batch: Batch) -> Result<(), Gone> {
        // The place first, so that no more than the bound are ever checked at a time.
        let place = self.runtime.block_on(self.words.reserve()).map_err(|_| Gone)?;
        place.send(Ok(Word::Batch(self.start(batch))));
        Ok(())
    }

    fn start(&self, batch: Batch) -> JoinHandle<Checked> {
        let ledger = self.ledger;
        self.runtime.spawn_blocking(move || check(batch, ledger))
    }

    /// Everything was sent.
    pub(crate) async fn end(&self) {
        // When nobody listens any more, nobody needs to know.
        drop(self.words.send(Ok(Word::End)).await);
    }

    /// As [`Self::end`], from a thread that may wait.
    pub(crate) fn end_blocking(&self) {
        self.runtime.block_on(self.end());
    }

    /// The source failed: what was read so far is not the whole.
    pub(crate) async fn fail(&self, error: E) {
        // When nobody listens any more, nobody needs to know.
        drop(self.words.send(Err(error)).await);
    }

    /// As [`Self::fail`], from a thread that may wait.
    pub(crate) fn fail_blocking(&self, error: E) {
        self.runtime.block_on(self.fail(error));
    }
}

/// The batches of a source, checked, in its order.
pub(crate) struct Inlet<E>(mpsc::Receiver<Result<Word, E>>);

/// Both ends of the way from a source.
pub(crate) fn connect<E>(ledger: Uuid) -> (Outlet<E>, Inlet<E>) {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    let outlet = Outlet {
        words: sender,
        ledger,
        runtime: tokio::runtime::Handle::current(),
    };
    (outlet, Inlet(receiver))
}

/// The source failed, or the sink.
pub(crate) enum RunError<E, S> {
    Source(E),
    Sink(S),
}

/// Runs until the source ends. `progress` gets the last position after each batch.
pub(crate) async fn run<E, S: Sink>(
    mut inlet: Inlet<E>,
    order: &mut OrderCheck,
    sink: &mut S,
    mut progress: impl FnMut(u64),
) -> Result<(), RunError<E, S::Error>> {
    loop {
        let word = inlet.0.recv().await.expect("a source ends with a word");
        let batch = match word.map_err(RunError::Source)? {
            Word::Batch(batch) => batch,
            Word::End => return Ok(()),
        };
        let mut checked = match batch.await {
            Ok(checked) => checked,
            // A bug in a check must not pass for a sound ledger.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let mut frontiers = Vec::new();
        order.take(&mut checked, S::WANTS_FRONTIERS.then_some(&mut frontiers));
        sink.take(&checked, frontiers, order).await.map_err(RunError::Sink)?;
        progress(order.position());
    }
}

/// Keeps nothing.
pub(crate) struct Nothing;

impl Sink for Nothing {
    type Error = std::convert::Infallible;

    async fn take(&mut self, _: &Checked, _: Vec<Vec<u8>>, _: &mut OrderCheck) -> Result<(), Self::Error> {
        Ok(())
    }
}
