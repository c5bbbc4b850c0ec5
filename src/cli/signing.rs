//! Where the signing key and the checkpoints are: shared by the commands that sign.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use dean_ledger::Ledger;
use dean_ledger::proof::{CheckpointFolder, CheckpointPublisher, CheckpointSigner};

use super::CliError;

/// Which key.
#[derive(Debug, Clone, Args)]
pub(super) struct KeyArgs {
    /// The key that signs checkpoints. Default: beside the SQLite file (PATH.key); for PostgreSQL ./dean.key
    #[arg(long, env = "DEAN_SIGNING_KEY", value_name = "FILE")]
    signing_key: Option<PathBuf>,
}

/// What a server does with its checkpoints.
#[derive(Debug, Clone, Args)]
pub(super) struct SigningArgs {
    #[command(flatten)]
    key: KeyArgs,
    /// Go on with another key than the ledger's recorded one; verifiers have to be told
    #[arg(long)]
    replace_signing_key: bool,
    /// Also write signed checkpoints into this folder: one file per size, and `latest`
    #[arg(long, env = "DEAN_CHECKPOINT_DIR", value_name = "DIR")]
    checkpoint_dir: Option<PathBuf>,
    /// How often the folder gets a checkpoint, at most, in seconds
    #[arg(long, env = "DEAN_CHECKPOINT_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    checkpoint_seconds: u64,
}

/// The checkpoints that a server has kept, for commands that sign beside it.
#[derive(Debug, Clone, Args)]
pub(super) struct KeptFolderArgs {
    /// The server's folder of signed checkpoints: what contradicts the newest one there is not signed
    #[arg(long, env = "DEAN_CHECKPOINT_DIR", value_name = "DIR")]
    checkpoint_dir: Option<PathBuf>,
}

impl KeptFolderArgs {
    /// The folder, if it was named. It is the server that makes it.
    pub(super) async fn open(&self, ledger: &Ledger) -> Result<Option<CheckpointFolder>, CliError> {
        let Some(path) = &self.checkpoint_dir else {
            return Ok(None);
        };
        if !path.is_dir() {
            return Err(format!(
                "there is no checkpoint folder `{}`, so it can't be told whether the ledger still continues what was signed. Name the folder \
                 that `dean serve --checkpoint-dir` writes to, or leave it out (and out of DEAN_CHECKPOINT_DIR)",
                path.display()
            )
            .into());
        }
        Ok(Some(CheckpointFolder::open(
            path,
            &ledger.origin(),
            ledger.verifier_keys().await?,
        )?))
    }
}

impl KeyArgs {
    /// Whether somebody said which key.
    pub(super) fn is_named(&self) -> bool {
        self.signing_key.is_some()
    }

    pub(super) fn path(&self, ledger: &Ledger) -> PathBuf {
        match &self.signing_key {
            Some(path) => path.clone(),
            None => ledger.database().default_key_path(),
        }
    }
}

impl SigningArgs {
    /// Gets the key (made at the first start) and looks whether the ledger still continues the checkpoints in its folder.
    pub(super) async fn signer(&self, ledger: &Ledger) -> Result<Arc<CheckpointSigner>, CliError> {
        let path = self.key.path(ledger);
        let known = ledger.verifier_keys().await?.pop();
        let key = ledger.signing_key(&path, self.replace_signing_key).await?;
        let verifier = key.verifier(&ledger.origin());
        if known.as_ref() != Some(&verifier) {
            eprintln!(
                "checkpoints are signed by {verifier}\nthe key is in {}: keep a copy of it in a safe place",
                absolute(&path).display()
            );
        }
        let folder = match &self.checkpoint_dir {
            Some(path) => Some(CheckpointFolder::open(
                path,
                &ledger.origin(),
                ledger.verifier_keys().await?,
            )?),
            None => None,
        };
        Ok(Arc::new(CheckpointSigner::open(ledger, key, folder).await?))
    }

    /// Starts writing into the folder, if there is one.
    pub(super) fn publisher(&self, signer: &Arc<CheckpointSigner>) -> Option<CheckpointPublisher> {
        let interval = Duration::from_secs(self.checkpoint_seconds);
        self.checkpoint_dir
            .as_ref()
            .map(|_| CheckpointPublisher::start(Arc::clone(signer), interval))
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
