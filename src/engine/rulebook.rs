//! The published texts: lifecycles, rule sets, places. Files are only what gets published; what holds is what stands in the ledger.

use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use dean_aggregates::actor::Actor;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::pinned::Pinned;
use dean_aggregates::places::Places;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::Pin;
use dean_aggregates::publication::{Publication, PublicationCommand, PublicationError, PublicationEvent, PublicationKind, id_of};
use dean_aggregates::rules::RuleSet;
use dean_ledger::{AggregateStore, Envelope, ExecuteError, Ledger, LedgerError};
use sha2::{Digest, Sha256};

/// The texts that come with the program: kind and file name with its text.
const BUILT_IN: &[(PublicationKind, &str, &str)] = &[
    built_in!(Places, "rules/places-2004-01-01.toml"),
];

/// Publishing or reading a text failed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The text is not valid; the message names file, line and fix.
    #[error("{0}")]
    Invalid(String),
    /// Refused by the ledger's own copy.
    #[error(transparent)]
    Refused(#[from] PublicationError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
