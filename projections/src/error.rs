//! What can go wrong with read models.

use std::path::PathBuf;

use dean_ledger::LedgerError;
use uuid::Uuid;

/// Why a read model could not be kept, read or checked.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database failed; trying again may help.
    #[error("the database of the read models failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger could not be read.
    #[error("the ledger could not be read: {0}")]
    Ledger(#[from] LedgerError),
    /// A file of the read models could not be handled.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// An event of an aggregate that no projection knows and that is not listed as ignored.
    #[error(
        "position {position}: this program knows no aggregate `{aggregate_type}` (event `{event_type}`); it was recorded by a newer version: run that one"
    )]
    UnknownAggregate {
        /// Where in the ledger.
        position: u64,
        /// Its aggregate.
        aggregate_type: String,
        /// The event.
        event_type: String,
    },
    /// An event of a known aggregate that this program can't read. It is never skipped: the read models would be silently wrong.
    #[error(
        "position {position}: {aggregate_type} {aggregate_id} has an event `{event_type}` version {event_version} that this program can't read ({reason}); run the version of the program that recorded it, or a newer one"
    )]
    UnknownEvent {
        /// Where in the ledger.
        position: u64,
        /// Its aggregate.
        aggregate_type: String,
        /// Which one.
        aggregate_id: Uuid,
        /// The event.
        event_type: String,
        /// The version of its payload.
        event_version: String,
        /// Why it can't be read.
        reason: String,
    },
    /// A stream's events don't follow each other: the read models or the ledger were tampered with.
    #[error(
        "position {position}: {subject} {id} has event {found} after {expected_after} events; check the ledger with `dean verify` and the read models with `dean projections check`"
    )]
    OutOfOrder {
        /// Where in the ledger.
        position: u64,
        /// Its aggregate.
        subject: &'static str,
        /// Which one.
        id: Uuid,
        /// How many events were folded.
        expected_after: u64,
        /// Which one came.
        found: u64,
    },
    /// A row of a read model has something else than it should.
    #[error(
        "a row of the read model `{table}` does not hold {wanted} where it should; rebuild the read models with `dean projections rebuild`"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// What was expected.
        wanted: &'static str,
    },
    /// The note that is kept about an aggregate can't be read.
    #[error(
        "what was noted about {subject} {id} can't be read ({reason}); rebuild the read models with `dean projections rebuild`"
    )]
    Note {
        /// Its aggregate.
        subject: &'static str,
        /// Which one.
        id: Uuid,
        /// Why not.
        reason: String,
    },
    /// A page's cursor that no page gave out.
    #[error("`{0}` is not a cursor that a page gave; start again from the first page")]
    Cursor(String),
    /// Somebody else holds the lease of the generation that was being built.
    #[error(
        "another process took over the read models' generation {generation}, because this one was not heard of for too long; try again"
    )]
    LeaseLost {
        /// Which.
        generation: u32,
    },
    /// A task of the program was ended.
    #[error("a task that reads the ledger ended before its work was done: {0}")]
    Task(String),
    /// There are no read models yet.
    #[error("there are no read models yet; `dean serve` and `dean projections rebuild` make them")]
    NoGeneration,
}

impl ProjectionError {
    /// Whether trying the same again may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Database(error) => !is_data_fault(error),
            Self::File { .. } | Self::NoGeneration => true,
            Self::Ledger(error) => matches!(error, LedgerError::Database(_)),
            _ => false,
        }
    }

    /// Whether the tables are not there.
    pub(crate) fn is_missing(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // PostgreSQL: undefined_table, invalid_schema_name. SQLite says it in words only.
        matches!(error.code().as_deref(), Some("42P01" | "3F000")) || error.message().starts_with("no such table")
    }

    /// Whether the tables may be gone, because somebody swapped in another generation meanwhile: look for it once before giving up.
    pub(crate) fn is_gone(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // SQLite stumbles over files that are no longer there: IOERR and CANTOPEN in the low byte, READONLY_DBMOVED.
        let code: Option<u32> = error.code().and_then(|code| code.parse().ok());
        let is_stumbling = code.is_some_and(|code| matches!(code & 0xff, 10 | 14) || code == 1032);
        self.is_missing() || error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() && is_stumbling
    }
}

/// Whether a database refuses the data themselves (PostgreSQL's class 22): the same event will be refused again.
fn is_data_fault(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}

/// What functions of this crate give back.
pub type Result<T> = std::result::Result<T, ProjectionError>;
