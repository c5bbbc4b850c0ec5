//! Clients that live one aggregate after another, and how many commands they get done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long clients work before and while they are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Counts one acknowledged command.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Commands per second after a warm-up. `life` lives one aggregate and counts its commands.
pub(crate) async fn measure<F, L>(times: Times, clients: usize, life: F) -> f64
where
    F: Fn(Count) -> L + Clone + Send + 'static,
    L: Future<Output = ()> + Send,
{
    let stop = Arc::new(AtomicBool::new(false));
    let done = Count::default();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (life, stop, done) = (life.clone(), Arc::clone(&stop), done.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    life(done.clone()).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(times.warm_up).await;
    let (start, before) = (Instant::now(), done.0.load(Ordering::Relaxed));
    tokio::time::sleep(times.measured).await;
    let commands = done.0.load(Ordering::Relaxed) - before;
    let seconds = start.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no client failed");
    }
    assert!(
        commands > 0,
        "nothing was done in {seconds} s: the rate would mean nothing"
    );
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of commands in seconds is far below 2^53"
    )]
    let rate = commands as f64 / seconds;
    rate
}
