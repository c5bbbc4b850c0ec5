//! The lines of an exported ledger that are neither events nor commits.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The version of the export format.
pub(crate) const VERSION: u32 = 1;
/// What the first line begins with.
pub(crate) const MAGIC: &str = "dean-export";
pub(crate) const SIGNER: &[u8] = b"signer\t";
pub(crate) const CHECKPOINT: &[u8] = b"checkpoint\t";
pub(crate) const KEY: &[u8] = b"key\t";
pub(crate) const END: &[u8] = b"end\t";

/// What the first line says of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// When the ledger was made, microseconds UTC.
    pub created_at: i64,
    /// Whether it was made for demonstration.
    pub demo: bool,
    /// How many events the file has.
    pub events: u64,
    /// The ledger's id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The secret search key, lower-case hex; only in a complete file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) search_key: Option<String>,
}

impl Manifest {
    /// Whether it has everything: personal parts, the search key, clients' keys. One made for outsiders has not.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.search_key.is_some()
    }

    pub(crate) fn to_line(&self) -> String {
        format!("{MAGIC}\t{VERSION}\t{}\n", canonical(self))
    }
}

/// The public half of a key that has signed the ledger's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningKeyLine {
    pub(crate) number: i32,
    /// Lower-case hex.
    pub(crate) public_key: String,
    pub(crate) recorded_at: i64,
}

/// A key that a client invented for a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientKey {
    pub(crate) actor: String,
    pub(crate) command_id: Uuid,
    pub(crate) created_at: i64,
    pub(crate) key: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trailer {
    pub(crate) commits: u64,
    pub(crate) events: u64,
    pub(crate) keys: u64,
    pub(crate) root: String,
    /// SHA-256 of what no leaf covers: all lines but events, commits and this one, each with its newline.
    pub(crate) sha256: String,
}

/// A line of a kind and a canonical JSON value.
pub(crate) fn line(kind: &[u8], value: &impl Serialize) -> Vec<u8> {
    let mut line = kind.to_vec();
    line.extend_from_slice(canonical(value).as_bytes());
    line.push(b'\n');
    line
}

fn canonical(value: &impl Serialize) -> String {
    serde_json_canonicalizer::to_string(value).expect("texts and integers always have a canonical form")
}

/// The hash over the lines that no leaf covers.
#[derive(Default)]
pub(crate) struct OtherLines(Sha256);

impl OtherLines {
    /// Takes a line without its newline.
    pub(crate) fn add(&mut self, line: &[u8]) {
        self.0.update(line);
        self.0.update(b"\n");
    }

    pub(crate) fn hex(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}
