//! A batch on its way to the database.

use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::header::Prepared;

use super::draft::{Draft, Tip};
use super::sql::Connection;

/// Longer than the server's own statement timeout: reached only when the network swallows the answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// A batch that was sent and whose answer isn't there yet.
pub(super) struct Flight {
    /// The ledger's end without it.
    pub(super) before: Tip,
    pub(super) started: Instant,
    landing: Pin<Box<dyn Future<Output = Landed> + Send>>,
}

/// A batch with what the database said to it.
pub(super) struct Landed {
    pub(super) connection: Connection,
    pub(super) batch: Vec<Prepared>,
    pub(super) draft: Draft,
    pub(super) inserted: Result<bool, sqlx::Error>,
}

impl Flight {
    /// Sends a drafted batch after `before`, the ledger's end without it.
    pub(super) async fn start(
        before: Tip,
        connection: Connection,
        ledger: Uuid,
        batch: Vec<Prepared>,
        draft: Draft,
    ) -> Self {
        let mut flight = Self {
            before,
            started: Instant::now(),
            landing: Box::pin(insert(connection, ledger, batch, draft)),
        };
        // What can be sent without waiting is sent by the first poll.
        let first = std::future::poll_fn(|context| Poll::Ready(flight.landing.as_mut().poll(context))).await;
        if let Poll::Ready(landed) = first {
            flight.landing = Box::pin(std::future::ready(landed));
        }
        flight
    }

    pub(super) async fn landed(&mut self) -> Landed {
        self.landing.as_mut().await
    }
}

async fn insert(mut connection: Connection, ledger: Uuid, batch: Vec<Prepared>, draft: Draft) -> Landed {
    let limited = matches!(connection, Connection::Postgres(_));
    let inserted = in_time(limited, connection.insert_alone(ledger, &batch, &draft)).await;
    Landed {
        connection,
        batch,
        draft,
        inserted,
    }
}

/// SQLite answers from this machine's own disk: it takes as long as it takes.
pub(super) async fn in_time<T>(
    limited: bool,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    if !limited {
        return work.await;
    }
    tokio::time::timeout(ATTEMPT_TIMEOUT, work).await.unwrap_or_else(|_| {
        let silent = std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer from the database");
        Err(sqlx::Error::Io(silent))
    })
}
