//! Which keys have signed a ledger's checkpoints, recorded in its database, and the rule by which a server gets its own.

use std::path::{Path, PathBuf};

use super::checkpoint::origin;
use super::key::SigningKey;
use super::key_file::{self, KeyFileError};
use super::note::VerifierKey;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;

const KEYS: &str = "SELECT public_key FROM signing_keys WHERE ledger = $1 ORDER BY number";
const RECORD: &str =
    "INSERT INTO signing_keys (ledger, number, public_key, recorded_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// Why a server gets no key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The database.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger has a key, but its file is not there.
    #[error("the ledger's checkpoints are signed by {recorded}, but there is no key `{}`. Bring it back or name its place with --signing-key; if it is lost, --replace-signing-key goes on with a new one, which verifiers have to be told", path.display())]
    Lost {
        /// Where it was looked for.
        path: PathBuf,
        /// The newest recorded verifier key.
        recorded: String,
    },
    /// The file holds another key than the ledger's.
    #[error("the ledger's checkpoints are signed by {recorded}, but `{}` holds {found}. Give the right file with --signing-key; --replace-signing-key goes on with this one, which verifiers have to be told", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// The verifier key of what is in it.
        found: String,
        /// The newest recorded verifier key.
        recorded: String,
    },
}

impl Ledger {
    /// The origin of its checkpoints: see [`origin`].
    #[must_use]
    pub fn origin(&self) -> String {
        origin(self.id())
    }

    /// The keys that have signed its checkpoints, oldest first; the last one signs now.
    ///
    /// # Errors
    /// When the database fails or holds something that is no key.
    pub async fn verifier_keys(&self) -> Result<Vec<VerifierKey>, LedgerError> {
        let keys: Vec<Vec<u8>> =
            on_database!(self.database(), pool => sqlx::query_scalar(KEYS).bind(self.id()).fetch_all(pool).await)?;
        let name = self.origin();
        let keys = keys.into_iter().map(|key| {
            VerifierKey::from_bytes(&name, &key).map_err(|error| LedgerError::Damaged {
                position: 0,
                what: format!("a recorded signing key: {error}"),
            })
        });
        keys.collect()
    }

    /// The key to sign with: made at the first start, recorded at its first use, and from then on the same one, unless `replace`.
    ///
    /// # Errors
    /// [`SigningKeyError`] says what to do.
    pub async fn signing_key(&self, path: &Path, replace: bool) -> Result<SigningKey, SigningKeyError> {
        let recorded = self.verifier_keys().await?;
        let key = match key_file::read(path) {
            Err(KeyFileError::Missing { .. }) => match recorded.last() {
                Some(recorded) if !replace => {
                    return Err(SigningKeyError::Lost {
                        path: path.to_owned(),
                        recorded: recorded.to_string(),
                    });
                }
                _ => key_file::read_or_make(path)?,
            },
            read => read?,
        };
        let found = key.verifier(&self.origin());
        if (recorded.is_empty() || replace) && recorded.last() != Some(&found) {
            self.record(recorded.len() + 1, &found).await?;
        }
        // Another process may have recorded its key first.
        match self.verifier_keys().await?.pop() {
            Some(recorded) if recorded != found => Err(SigningKeyError::Other {
                path: path.to_owned(),
                found: found.to_string(),
                recorded: recorded.to_string(),
            }),
            _ => Ok(key),
        }
    }

    async fn record(&self, number: usize, key: &VerifierKey) -> Result<(), LedgerError> {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let now = self.environment().clock.now_micros();
        on_database!(self.database(), pool => sqlx::query(RECORD)
            .bind(self.id()).bind(number).bind(key.as_bytes().as_slice()).bind(now).execute(pool).await.map(drop))?;
        Ok(())
    }
}
