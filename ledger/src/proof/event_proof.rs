//! A file that proves one event to somebody who has nothing but a verifier key: C2SP `tlog-proof` (<https://c2sp.org/tlog-proof>), its
//! extra data being the event itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, CheckpointError, origin};
use super::merkle::{MerkleError, verify_inclusion};
use super::note::VerifierKey;
use super::sealed_tree::ProofError;
use crate::error::LedgerError;
use crate::header::{FORMAT, Header};
use crate::ledger::Ledger;
use crate::personal;
use crate::tree::{Hash, leaf_hash};

/// The first line.
const TITLE: &str = "c2sp.org/tlog-proof@v1";

/// An event with all that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// The leaf's index: the position − 1.
    pub index: u64,
    /// The event.
    pub event: EventBytes,
    /// From the leaf's sibling up.
    pub inclusion: Vec<Hash>,
    /// The signed note of the tree that it is in.
    pub checkpoint: String,
}

/// An event's stored bytes; as JSON and base64 the extra data of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventBytes {
    /// The sealed header.
    pub header: String,
    /// The payload, to which the header commits.
    pub payload: String,
    /// The personal part, if it was asked for and is not erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<PersonalBytes>,
}

/// A personal part with its salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalBytes {
    /// The salt, lower-case hex.
    pub salt: String,
    /// The part.
    pub content: String,
}

/// What a proof has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenEvent {
    /// The signed tree that the event is in.
    pub checkpoint: Checkpoint,
    /// The header, read.
    pub header: Header,
}

/// Why a proof file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum EventProofError {
    /// Not such a file.
    #[error("this is no proof file (c2sp.org/tlog-proof@v1): {0}")]
    Malformed(&'static str),
    /// The checkpoint in it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The header is not in the signed tree.
    #[error("the event is not proven: {0}")]
    Inclusion(#[from] MerkleError),
    /// The header is sealed, but the rest of the file says something else than it.
    #[error("the event is not proven: {0}")]
    Contradiction(&'static str),
}

impl EventProof {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is of another form.
    pub fn parse(text: &str) -> Result<Self, EventProofError> {
        let malformed = EventProofError::Malformed;
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(malformed("it has no checkpoint"))?;
        let mut lines = proof.split('\n');
        if lines.next() != Some(TITLE) {
            return Err(malformed("its first line is another"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let extra = extra.ok_or(malformed("it does not carry the event"))?;
        let event = BASE64
            .decode(extra)
            .map_err(|_| malformed("its extra data are no base64"))?;
        let event = serde_json::from_slice(&event).map_err(|_| malformed("its extra data are no event of a ledger"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.ok_or(malformed("it has no index"))?;
        let number: u64 = index.parse().map_err(|_| malformed("its index is no number"))?;
        if number.to_string() != index {
            return Err(malformed("its index is not written plainly"));
        }
        let hash = |line: &str| Hash::try_from(BASE64.decode(line).ok()?).ok();
        let inclusion = lines.map(hash).collect::<Option<_>>();
        Ok(Self {
            index: number,
            event,
            inclusion: inclusion.ok_or(malformed("a line of the proof is no hash"))?,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks everything in it, from the signature down to the payload.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<ProvenEvent, EventProofError> {
        let contradiction = EventProofError::Contradiction;
        let checkpoint = Checkpoint::open(&self.checkpoint, keys)?;
        let EventBytes {
            header: sealed,
            payload,
            personal,
        } = &self.event;
        let leaf = leaf_hash(sealed.as_bytes());
        verify_inclusion(leaf, self.index, checkpoint.size, &self.inclusion, &checkpoint.root)?;
        let header: Header =
            serde_json::from_str(sealed).map_err(|_| contradiction("what is sealed is no event header"))?;
        if header.format != FORMAT {
            return Err(contradiction(
                "the header is of a format that this program does not know",
            ));
        }
        if origin(header.ledger) != checkpoint.origin || header.position != self.index + 1 {
            return Err(contradiction("the header names another ledger or position"));
        }
        if hex::encode(Sha256::digest(payload)) != header.payload_sha256 {
            return Err(contradiction("the payload is not the one that the header commits to"));
        }
        if let Some(part) = personal {
            let salt = hex::decode(&part.salt).map_err(|_| contradiction("the salt is no hexadecimal number"))?;
            let commitment = hex::encode(personal::commitment(&salt, part.content.as_bytes()));
            if header.personal_sha256 != Some(commitment) {
                return Err(contradiction(
                    "the personal part is not the one that the header commits to",
                ));
            }
        }
        Ok(ProvenEvent { checkpoint, header })
    }
}

/// The file.
impl std::fmt::Display for EventProof {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let event = serde_json::to_vec(&self.event).expect("texts always have a JSON form");
        writeln!(
            formatter,
            "{TITLE}\nextra {}\nindex {}",
            BASE64.encode(event),
            self.index
        )?;
        for hash in &self.inclusion {
            writeln!(formatter, "{}", BASE64.encode(hash))?;
        }
        write!(formatter, "\n{}", self.checkpoint)
    }
}

/// An event could not be proven, or two checkpoints not compared.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The tree.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tree under the checkpoint does not have the event yet.
    #[error("position {position} is not under the checkpoint, which covers {size} events")]
    NotCovered {
        /// The position.
        position: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The checkpoint is another ledger's.
    #[error("the checkpoint is of {origin}, but this ledger is {ledger}")]
    OtherLedger {
        /// The checkpoint's origin.
        origin: String,
        /// This ledger's.
        ledger: String,
    },
    /// The earlier checkpoint is the larger one.
    #[error(
        "the checkpoint to begin with covers {from} events, more than the other one, which covers {to}; exchange them"
    )]
    Order {
        /// The size of the first.
        from: u64,
        /// The size of the second.
        to: u64,
    },
    /// The checkpoint is not one of this ledger as it is.
    #[error(
        "the ledger's first {size} events do not have the root of the checkpoint: it is of another ledger, or history was rewritten. Run `dean verify`"
    )]
    OtherRoot {
        /// The checkpoint's size.
        size: u64,
    },
}

impl Ledger {
    /// Proves the event at a position under a signed checkpoint, which may be older than the head.
    ///
    /// # Errors
    /// When the ledger has no such event, or the checkpoint is not one of it.
    pub async fn prove_event(
        &self,
        position: u64,
        checkpoint: &str,
        with_personal: bool,
    ) -> Result<EventProof, ProveError> {
        let Checkpoint { size, root, .. } = Checkpoint::read_unverified(checkpoint)?;
        if position == 0 || position > size {
            return Err(ProveError::NotCovered { position, size });
        }
        let index = position - 1;
        let mut tree = self.sealed_tree(u64::MAX / 2).await?;
        if size > tree.size() || tree.root_at(size).await? != root {
            return Err(ProveError::OtherRoot { size });
        }
        let inclusion = tree.inclusion(index, size).await?;
        let row = self
            .rows(index, 1)
            .await?
            .pop()
            .filter(|row| row.position.unsigned_abs() == position);
        let row = row.ok_or_else(|| LedgerError::Damaged {
            position,
            what: "the event is missing".to_owned(),
        })?;
        if leaf_hash(row.header.as_bytes()) != tree.leaf(index).await? {
            return Err(LedgerError::Damaged {
                position,
                what: "the header is not the one that was sealed".to_owned(),
            }
            .into());
        }
        let personal = row.salt.zip(row.content).filter(|_| with_personal);
        Ok(EventProof {
            index,
            event: EventBytes {
                header: row.header,
                payload: row.payload,
                personal: personal.map(|(salt, content)| PersonalBytes {
                    salt: hex::encode(salt),
                    content,
                }),
            },
            inclusion,
            checkpoint: checkpoint.to_owned(),
        })
    }
}
