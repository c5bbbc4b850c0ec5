//! Turns: work behind the appends that one process of a ledger does at a time (tiles, deliveries), for as long as it lives and answers.

use sqlx::{Postgres, Transaction};

use crate::database::Database;
use crate::error::LedgerError;
use crate::ledger::Ledger;

const TAKE: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
const KEEP: &str = "SELECT 1";

/// The right to do some work, until it is dropped. The lock ends with its session: when the process ends, however it ends, and when it says
/// nothing for longer than the server lets a transaction idle (30 s). So two may believe that it is theirs for a moment: the work must bear
/// that, by asking [`Turn::keep`] before each piece of it, and by doing nothing that mustn't be done twice.
#[derive(Debug)]
pub struct Turn(Option<Transaction<'static, Postgres>>);

impl Ledger {
    /// Takes the turn at some work on this ledger; `None` when another process has it. SQLite has one serving process, whose turn it always
    /// is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_turn(&self, work: &str) -> Result<Option<Turn>, LedgerError> {
        let Database::Postgres(pool) = self.database() else {
            return Ok(Some(Turn(None)));
        };
        let mut transaction = pool.begin().await?;
        let ours: bool = sqlx::query_scalar(TAKE)
            .bind(format!("dean {work} {}", self.id()))
            .fetch_one(&mut *transaction)
            .await?;
        Ok(ours.then_some(Turn(Some(transaction))))
    }
}

impl Turn {
    /// Makes sure that it is still ours, and keeps it from idling.
    ///
    /// # Errors
    /// When the session is gone, and the turn with it.
    pub async fn keep(&mut self) -> Result<(), LedgerError> {
        if let Some(transaction) = &mut self.0 {
            sqlx::query(KEEP).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}
