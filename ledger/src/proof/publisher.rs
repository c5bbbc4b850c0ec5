//! Writes a checkpoint into the folder whenever the head has moved, at a bounded interval, and a last one at the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::signer::{CheckpointSigner, SignError};

/// A running publisher. Dropping it stops it too, without a last checkpoint.
#[derive(Debug)]
pub struct CheckpointPublisher {
    signer: Arc<CheckpointSigner>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl CheckpointPublisher {
    /// Publishes at once, then every `interval`.
    #[must_use]
    pub fn start(signer: Arc<CheckpointSigner>, interval: Duration) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let publishing = Arc::clone(&signer);
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = publishing.publish().await {
                    tracing::error!(%error, "no checkpoint was published");
                }
                tokio::select! {
                    () = tokio::time::sleep(interval) => {}
                    _ = stopped.wait_for(|stop| *stop) => return,
                }
            }
        });
        Self { signer, stop, task }
    }

    /// Ends with a checkpoint of the head as it is now.
    ///
    /// # Errors
    /// Why that could not be published.
    pub async fn stop(self) -> Result<(), SignError> {
        self.stop.send_replace(true);
        // It only fails when the task panicked, which has been reported already.
        let _ = self.task.await;
        self.signer.publish().await
    }
}
