//! What a failed commit may mean.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

/// Whether the connection or the server's condition failed (then what was sent may have been committed, and trying again makes sense),
/// rather than that the database refused what was sent.
pub(super) fn is_passing_error(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<SqliteError>() {
            // Busy, locked, disk I/O, disk full (https://sqlite.org/rescode.html; the low byte is the primary code).
            Some(error) => error
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .is_some_and(|code| [5, 6, 10, 13].contains(&(code & 0xff))),
            // Connection exception; read-only or timed-out transaction; rolled back; resources; lock not available; ended by the server
            // or cancelled; system error (PostgreSQL, appendix A).
            None => error.code().is_some_and(|code| {
                ["08", "25", "40", "53", "55P03", "57", "58"]
                    .iter()
                    .any(|class| code.starts_with(class))
            }),
        },
        _ => false,
    }
}
