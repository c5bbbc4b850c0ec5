//! Keys that clients invent (`Idempotency-Key`), mapped to our command ids for 30 days.

use uuid::Uuid;

use crate::canonical::check_text;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::on_database;

/// How long a key is kept, in microseconds.
const KEPT_MICROS: i64 = 30 * 24 * 3_600 * 1_000_000;
/// The longest key in bytes: it stands in an index.
const KEY_BYTES_MAX: usize = 255;

const FIND: &str =
    "SELECT command_id FROM client_keys WHERE ledger = $1 AND actor = $2 AND key = $3 AND created_at >= $4";
/// A key that is as new as can be wins; an expired one is taken over.
const MAP: &str = "INSERT INTO client_keys (ledger, actor, key, command_id, created_at) VALUES ($1, $2, $3, $5, $6)
ON CONFLICT (ledger, actor, key) DO UPDATE SET command_id = excluded.command_id, created_at = excluded.created_at
WHERE client_keys.created_at < $4";
const EXPIRE: &str = "DELETE FROM client_keys WHERE created_at < $1";

impl Ledger {
    /// The command id for a client's own key: the same one for the same actor and key, for 30 days. Expired keys are deleted on the way.
    ///
    /// # Errors
    /// When the key is longer than 255 bytes or the database fails.
    pub async fn map_client_key(&self, actor_id: &str, key: &str) -> Result<Uuid, LedgerError> {
        check_text(key, KEY_BYTES_MAX).map_err(|kind| crate::FormatError::new("idempotency_key", kind))?;
        let now = self.environment().clock.now_micros();
        let kept_since = now.saturating_sub(KEPT_MICROS);
        if let Some(command_id) = self.find_client_key(actor_id, key, kept_since).await? {
            return Ok(command_id);
        }
        let command_id = self.environment().uuid_v7();
        on_database!(self.database(), pool => {
            sqlx::query(EXPIRE).bind(kept_since).execute(pool).await?;
            sqlx::query(MAP).bind(self.id()).bind(actor_id).bind(key).bind(kept_since).bind(command_id).bind(now).execute(pool).await?;
        });
        // Another request with the same key may have been first: what is stored counts.
        Ok(self
            .find_client_key(actor_id, key, kept_since)
            .await?
            .unwrap_or(command_id))
    }

    async fn find_client_key(&self, actor_id: &str, key: &str, kept_since: i64) -> Result<Option<Uuid>, sqlx::Error> {
        on_database!(self.database(), pool => {
            sqlx::query_scalar(FIND).bind(self.id()).bind(actor_id).bind(key).bind(kept_since).fetch_optional(pool).await
        })
    }
}
