//! What can go wrong, in one place: opening, appending, reading.

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

/// Why a database could not be opened. Messages name what was attempted and what to do; none of them contains a password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is of no known kind, or malformed.
    #[error("the database URL `{url}` cannot be used: {reason}. Use `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`")]
    Url {
        /// The URL without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection: wrong host or port, server down, wrong password, no such database.
    #[error(
        "cannot connect to `{url}`: {source}. Check that the server runs and that host, port, database name, user and password are right"
    )]
    Unreachable {
        /// The URL without its password.
        url: String,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// The SQLite file does not exist and reading must not create it.
    #[error("there is no database file `{}`; start `dean serve` once to create it, or correct the path", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file can't be created or opened.
    #[error("cannot open `{}`: {source}. Check that its folder exists and that you may write there", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Another process holds the serving lock.
    #[error("another process ({pid}) serves this file: `{}`. Send writes to that server, or stop it first; reading commands work at any time", path.display())]
    Served {
        /// The database file.
        path: PathBuf,
        /// `pid N`, or `pid unknown`.
        pid: String,
    },
    /// The file is something else than an SQLite database.
    #[error("`{}` is not an SQLite database; point to another file, or move it away so that a new one can be made", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// SQLite found the file damaged.
    #[error("`{}` is damaged ({source}); stop the server, keep a copy of the file, and restore the last backup", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// A database that belongs to something else, or one that was never served.
    #[error("`{url}` holds no ledger yet{reason}")]
    NotALedger {
        /// The URL without its password.
        url: String,
        /// More, starting with punctuation.
        reason: &'static str,
    },
    /// PostgreSQL databases must hold Unicode.
    #[error("the database `{url}` has the encoding {found}; create it with ENCODING 'UTF8'")]
    Encoding {
        /// The URL without its password.
        url: String,
        /// The database's encoding.
        found: String,
    },
    /// Made by a newer program.
    #[error(
        "the database has schema version {found}, this program knows only up to {known}; use the newer program that made it"
    )]
    SchemaNewer {
        /// The version in the database.
        found: i64,
        /// The newest version in this program.
        known: i64,
    },
    /// Made by an older program, and reading must not change it.
    #[error(
        "the database has schema version {found}, this program needs {known}; start `dean serve` once to bring it up to date"
    )]
    SchemaOlder {
        /// The version in the database.
        found: i64,
        /// The newest version in this program.
        known: i64,
    },
    /// A migration failed; the database is as it was before it.
    #[error("bringing the database `{url}` up to date failed: {source}")]
    Migration {
        /// The URL without its password.
        url: String,
        /// The migrator's error.
        source: sqlx::migrate::MigrateError,
    },
    /// Anything else that the driver reports while opening.
    #[error("opening `{url}` failed: {source}")]
    Driver {
        /// The URL without its password.
        url: String,
        /// The driver's error.
        source: sqlx::Error,
    },
}

/// What the format refuses, with the path to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {kind}")]
pub struct FormatError {
    /// Where: keys and indexes joined by dots, like `lines.0.cost`.
    pub field: String,
    /// What.
    pub kind: FormatErrorKind,
}

impl FormatError {
    pub(crate) fn new(field: impl Into<String>, kind: FormatErrorKind) -> Self {
        Self {
            field: field.into(),
            kind,
        }
    }

    /// The same, seen from the outside: the path is below `field`.
    pub(crate) fn below(mut self, field: &str) -> Self {
        let separator = if self.field.is_empty() { "" } else { "." };
        self.field = format!("{field}{separator}{}", self.field);
        self
    }

    /// A stable name of the kind, for interfaces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            FormatErrorKind::Float => "number-not-integer",
            FormatErrorKind::IntegerTooLarge => "integer-too-large",
            FormatErrorKind::NulCharacter => "nul-character",
            FormatErrorKind::NotNormalized => "text-not-normalized",
            FormatErrorKind::TooLong { .. } => "too-long",
            FormatErrorKind::TooDeep { .. } => "too-deep",
            FormatErrorKind::Empty => "empty",
            FormatErrorKind::Repeated => "repeated",
            FormatErrorKind::Personal => "personal-data-malformed",
            FormatErrorKind::DateOutOfRange => "date-out-of-range",
        }
    }
}

/// What the format refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatErrorKind {
    /// A number with a fraction or an exponent; canonical JSON would round it.
    #[error("must be an integer")]
    Float,
    /// Beyond ±(2⁵³−1): canonical JSON maps 9007199254740993 and …992 to the same bytes.
    #[error("must lie within ±9007199254740991")]
    IntegerTooLarge,
    /// PostgreSQL can't store it and no paper needs it.
    #[error("must not contain the character U+0000")]
    NulCharacter,
    /// Two spellings of one text would be two different leaves.
    #[error("must be in Unicode normalization form C")]
    NotNormalized,
    /// Longer than the format allows.
    #[error("has {bytes} bytes, at most {bytes_max} are allowed")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Nested deeper than the format allows.
    #[error("is nested deeper than {levels_max} levels")]
    TooDeep {
        /// The limit.
        levels_max: usize,
    },
    /// Something must be there.
    #[error("must not be empty")]
    Empty,
    /// Given twice.
    #[error("is given twice")]
    Repeated,
    /// An object with the key `$personal` that is not of the agreed form.
    #[error("must be {{\"$personal\": text}} or {{\"$personal\": text, \"searchable\": true}}")]
    Personal,
    /// The header writes years with four digits.
    #[error("must lie between the years 1 and 9999")]
    DateOutOfRange,
}

/// Why an append was not recorded. After every variant but `Database` it is certain that nothing was recorded; after `Database` a retry
/// with the same command id finds out and never records twice.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The stream has moved on since it was read.
    #[error(
        "{aggregate_type} {aggregate_id} is at version {actual}, not {expected}: somebody else changed it meanwhile"
    )]
    Conflict {
        /// The stream's type.
        aggregate_type: String,
        /// The stream's id.
        aggregate_id: Uuid,
        /// The version that the append was made for.
        expected: u64,
        /// The version that the stream has.
        actual: u64,
    },
    /// The command id was used before by this actor for another request.
    #[error("command {command_id} was already used for a different request")]
    DifferentRequest {
        /// The command id.
        command_id: Uuid,
    },
    /// The queue is full.
    #[error("too many commands are waiting; try again in {retry_after_s} s")]
    Busy {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The format refuses the content.
    #[error(transparent)]
    Refused(#[from] FormatError),
    /// The ledger was closed, or its database opened for reading only.
    #[error("the ledger does not take events: it is closed or was opened for reading only")]
    Closed,
    /// The database failed; try again with the same command id.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
}

/// Why the ledger could not be opened, read or checked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] DatabaseError),
    /// The format refuses an argument.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// No ledger of that name or id, and none may be made.
    #[error("the database holds no ledger {wanted}; {}", if .names.is_empty() { "it is empty".to_owned() } else { format!("there are: {}", .names.join(", ")) })]
    NoLedger {
        /// What was asked for.
        wanted: String,
        /// The names of those that are there.
        names: Vec<String>,
    },
    /// The name is taken by a ledger of another id.
    #[error("the ledger `{name}` has the id {found}, not {wanted}")]
    OtherId {
        /// The name.
        name: String,
        /// The id in the database.
        found: Uuid,
        /// The id asked for.
        wanted: Uuid,
    },
    /// What is stored can't be read as an event; `verify` tells more.
    #[error("position {position} is damaged: {what}. Run `dean verify`")]
    Damaged {
        /// The position.
        position: u64,
        /// What is wrong.
        what: String,
    },
    /// A stored event can't be read as the program's type.
    #[error("{aggregate_type} {aggregate_id}, event {sequence}: {reason}")]
    Event {
        /// The stream's type.
        aggregate_type: String,
        /// The stream's id.
        aggregate_id: String,
        /// The event's number in its stream.
        sequence: u64,
        /// Why not.
        reason: String,
    },
    /// The ledger was closed, or opened for reading only.
    #[error("the ledger is closed or was opened for reading only")]
    Closed,
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}
