//! Why a ledger could not be exported, imported, or read from a file.

use std::path::PathBuf;

use uuid::Uuid;

use crate::error::LedgerError;
use crate::verify::Fault;

/// Why a ledger could not be exported, imported, or read from a file.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The operating system refuses.
    #[error("cannot {action} `{file}`: {source}")]
    File {
        /// What was attempted: `write`, `read`, ….
        action: &'static str,
        /// The file, or what stands for it.
        file: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The target exists and may not be replaced.
    #[error("`{}` exists already; name another file, or replace it with --force", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// Not an exported ledger, or a damaged one.
    #[error("`{file}` is not an exported ledger: {what}")]
    Format {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// Written by a newer program.
    #[error(
        "`{file}` is of version {found} of the export format, this program reads version {known}; use the newer program that wrote it"
    )]
    Newer {
        /// The file.
        file: String,
        /// Its version.
        found: String,
        /// The version that this program reads.
        known: u32,
    },
    /// The end is missing.
    #[error("`{file}` is cut off: {what}. Copy it again from where it came, or take an older one")]
    Truncated {
        /// The file.
        file: String,
        /// Where it ends.
        what: String,
    },
    /// What was read is not as it was sealed, so nothing was written.
    #[error("the ledger does not verify, so nothing was {kept}: position {}: {}. Run `dean verify` to see all that is wrong", fault.position, fault.what)]
    DoesNotVerify {
        /// What would have been done with it: `exported`, `imported`.
        kept: &'static str,
        /// The first fault.
        fault: Fault,
    },
    /// Payload or personal part hold bytes that canonical JSON never has, though their hashes fit.
    #[error(
        "position {position} holds what is not canonical JSON, and can't stand on one line; the program never writes this"
    )]
    NotCanonical {
        /// Where.
        position: u64,
    },
    /// Made for outsiders.
    #[error(
        "`{file}` was made without personal data and secrets: it proves the ledger but can't restore it. Import a file made by `dean backup`, or by `dean export` without --public"
    )]
    Public {
        /// The file.
        file: String,
    },
    /// The place is taken.
    #[error(
        "the database already holds the ledger `{name}` ({id}){same}; import into another database, or remove that one first"
    )]
    Taken {
        /// The name of the ledger in the database.
        name: String,
        /// Its id.
        id: Uuid,
        /// Says so when it is another ledger of the same name.
        same: &'static str,
    },
    /// The ledger's database failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<sqlx::Error> for ArchiveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}
