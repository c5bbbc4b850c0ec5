//! Signs a ledger's checkpoints, each proven to continue the one before: what has been promised once is never contradicted, whatever
//! somebody did to the database in between.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::checkpoint::Checkpoint;
use super::checkpoint_folder::{CheckpointFolder, FolderError};
use super::key::SigningKey;
use super::merkle::verify_consistency;
use super::sealed_tree::{ProofError, SealedTree};
use crate::ledger::Ledger;

/// Headers that may be read to make missing tiles, per checkpoint.
const LEAVES_MAX: u64 = 64 * 256;

/// Why a checkpoint is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The tree can't be read, or is damaged.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The ledger is shorter than it has been.
    #[error("no checkpoint is signed: the ledger ends at position {size}, but a checkpoint of {signed} events was signed before{folder}. Its tail was cut off, or an old backup was restored: find the missing events first. Whoever has the old checkpoint can prove that they are gone", folder = place(folder.as_ref()))]
    RolledBack {
        /// The signed size.
        signed: u64,
        /// The present size.
        size: u64,
        /// The folder that remembers it.
        folder: Option<std::path::PathBuf>,
    },
    /// The ledger no longer begins with what was signed.
    #[error("no checkpoint is signed: the ledger's first {signed} events are not those of the checkpoint that was signed before{folder}. History was rewritten: keep a copy as evidence and compare it with a backup", folder = place(folder.as_ref()))]
    Rewritten {
        /// The signed size.
        signed: u64,
        /// The folder that remembers it.
        folder: Option<std::path::PathBuf>,
    },
    /// A task that wrote the file panicked.
    #[error("writing the checkpoint ended abnormally")]
    Aborted,
}

fn place(folder: Option<&std::path::PathBuf>) -> String {
    folder
        .map(|folder| format!(" (in `{}`)", folder.display()))
        .unwrap_or_default()
}

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: Arc<str>,
}

/// Signs the checkpoints of one ledger. One per process is enough; it remembers what it has signed.
#[derive(Debug)]
pub struct CheckpointSigner {
    ledger: Ledger,
    key: SigningKey,
    folder: Option<CheckpointFolder>,
    last: Mutex<Option<SignedCheckpoint>>,
}

impl CheckpointSigner {
    /// A signer that continues the newest checkpoint of its folder, if it is given one.
    ///
    /// # Errors
    /// When the folder can't be read, or the ledger contradicts what is kept there.
    pub async fn open(ledger: &Ledger, key: SigningKey, folder: Option<CheckpointFolder>) -> Result<Self, SignError> {
        let signer = Self {
            ledger: ledger.clone(),
            key,
            folder,
            last: Mutex::new(None),
        };
        if let Some(folder) = &signer.folder
            && let Some(kept) = folder.newest()?
        {
            let mut tree = ledger.sealed_tree(u64::MAX / 2).await?;
            signer.continues(&kept, &mut tree).await?;
            *signer.last.lock().await = Some(signer.signed(kept));
        }
        Ok(signer)
    }

    /// The checkpoint of the present head.
    ///
    /// # Errors
    /// When the ledger contradicts what was signed before, or can't be read.
    pub async fn sign_head(&self) -> Result<SignedCheckpoint, SignError> {
        let mut last = self.last.lock().await;
        let mut tree = self.ledger.sealed_tree(LEAVES_MAX).await?;
        if let Some(last) = &*last {
            self.continues(&last.checkpoint, &mut tree).await?;
            if last.checkpoint.size == tree.size() {
                return Ok(last.clone());
            }
        }
        let signed = self.signed(Checkpoint {
            origin: self.ledger.origin(),
            size: tree.size(),
            root: tree.root(),
        });
        *last = Some(signed.clone());
        Ok(signed)
    }

    /// Signs the head and keeps it in the folder, if there is one and the head has moved. Several processes may share the folder.
    ///
    /// # Errors
    /// As [`Self::sign_head`], and when the folder can't be written.
    pub async fn publish(&self) -> Result<(), SignError> {
        let Some(folder) = self.folder.clone() else {
            return Ok(());
        };
        let locked = {
            let folder = folder.clone();
            blocking(move || Ok((folder.lock()?, folder.latest()?))).await
        };
        let (lock, latest) = locked?;
        // Read after the folder, so a head that is behind it has moved back.
        if let Some(latest) = &latest {
            let mut tree = self.ledger.sealed_tree(LEAVES_MAX).await?;
            self.continues(latest, &mut tree).await?;
        }
        let signed = self.sign_head().await?;
        let size = signed.checkpoint.size;
        if size == 0 || latest.is_some_and(|latest| latest.size == size) {
            return Ok(());
        }
        blocking(move || folder.keep(&lock, size, &signed.note)).await
    }

    async fn continues(&self, signed: &Checkpoint, tree: &mut SealedTree) -> Result<(), SignError> {
        let folder = self.folder.as_ref().map(|folder| folder.path().to_owned());
        if signed.size > tree.size() {
            return Err(SignError::RolledBack {
                signed: signed.size,
                size: tree.size(),
                folder,
            });
        }
        let proof = tree.consistency(signed.size, tree.size()).await?;
        let (earlier, later) = ((signed.size, &signed.root), (tree.size(), &tree.root()));
        verify_consistency(earlier, later, &proof).map_err(|_| SignError::Rewritten {
            signed: signed.size,
            folder,
        })
    }

    fn signed(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        SignedCheckpoint {
            note: checkpoint.sign(&self.key).into(),
            checkpoint,
        }
    }
}

/// Files are slow, and the lock may be another's for a while.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, SignError> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SignError::Aborted)??)
}
