//! A file that tells two strangers, each with a signed checkpoint of one ledger, whether both are of one history. It needs nothing but the
//! verifier key: if the later tree begins with the earlier one, it shows that; if it begins with another, it shows that the signer keeps
//! two histories.
//!
//! C2SP has a form for a consistency proof only inside a request to a witness (<https://c2sp.org/tlog-witness>), without the earlier
//! checkpoint; this is that, with both checkpoints and the root that a contradiction is about.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::event_proof::ProveError;
use super::merkle::{MerkleError, verify_consistency};
use super::note::VerifierKey;
use crate::ledger::Ledger;
use crate::tree::Hash;

/// Two signed checkpoints and how the later tree begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The root that the later checkpoint's tree has at the earlier one's size.
    pub root: Hash,
    /// The consistency proof (RFC 9162 §2.1.4) from that root to the later checkpoint's.
    pub hashes: Vec<Hash>,
    /// The signed note of the smaller tree.
    pub earlier: String,
    /// The signed note of the larger tree.
    pub later: String,
}

/// What a consistency proof has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedCheckpoints {
    /// The smaller tree.
    pub earlier: Checkpoint,
    /// The larger tree.
    pub later: Checkpoint,
    /// Whether no ledger can be both: the later tree begins with other events than the earlier one. Both being signed, their signer has
    /// shown two histories.
    pub contradict: bool,
}

/// Why a file shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum ConsistencyProofError {
    /// Not such a file.
    #[error("this is no proof file (dean/consistency-proof@v1): {0}")]
    Malformed(&'static str),
    /// One of its checkpoints.
    #[error("the {which} checkpoint in it: {source}")]
    Checkpoint {
        /// `earlier` or `later`.
        which: &'static str,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// The checkpoints are of different logs.
    #[error("its checkpoints are of two ledgers, {earlier} and {later}, which can't be compared")]
    OtherLog {
        /// The origin of the one.
        earlier: String,
        /// The origin of the other.
        later: String,
    },
    /// The hashes lead to another root, so the file shows neither.
    #[error("nothing is proven, neither that the checkpoints agree nor that they don't: {0}")]
    Hashes(#[from] MerkleError),
}

impl ConsistencyProof {
    /// The first line of such a file.
    pub const TITLE: &str = "dean/consistency-proof@v1";

    /// Reads a file.
    ///
    /// # Errors
    /// When it is of another form.
    pub fn parse(text: &str) -> Result<Self, ConsistencyProofError> {
        let malformed = ConsistencyProofError::Malformed;
        // A checkpoint has one empty line, before its signatures; another one stands before each checkpoint.
        let parts: Vec<&str> = text.split("\n\n").collect();
        let [proof, earlier, earlier_signatures, later, later_signatures] = parts.as_slice() else {
            return Err(malformed("it does not consist of a proof and two checkpoints"));
        };
        let mut lines = proof.split('\n');
        if lines.next() != Some(Self::TITLE) {
            return Err(malformed("its first line is another"));
        }
        let hash = |line: &str| Hash::try_from(BASE64.decode(line).ok()?).ok();
        let root = lines.next().and_then(|line| hash(line.strip_prefix("root ")?));
        let hashes = lines.map(hash).collect::<Option<_>>();
        Ok(Self {
            root: root.ok_or(malformed("its second line is no root"))?,
            hashes: hashes.ok_or(malformed("a line of the proof is no hash"))?,
            earlier: format!("{earlier}\n\n{earlier_signatures}\n"),
            later: format!("{later}\n\n{later_signatures}"),
        })
    }

    /// Checks everything in it, signatures first.
    ///
    /// # Errors
    /// The first thing that does not hold. That the checkpoints contradict each other is no error: it is what the file shows.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<ComparedCheckpoints, ConsistencyProofError> {
        let open = |note, which| {
            Checkpoint::open(note, keys).map_err(|source| ConsistencyProofError::Checkpoint { which, source })
        };
        let (earlier, later) = (open(&self.earlier, "earlier")?, open(&self.later, "later")?);
        if earlier.origin != later.origin {
            return Err(ConsistencyProofError::OtherLog {
                earlier: earlier.origin,
                later: later.origin,
            });
        }
        verify_consistency((earlier.size, &self.root), (later.size, &later.root), &self.hashes)?;
        Ok(ComparedCheckpoints {
            contradict: earlier.root != self.root,
            earlier,
            later,
        })
    }
}

/// The file.
impl std::fmt::Display for ConsistencyProof {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{}\nroot {}", Self::TITLE, BASE64.encode(self.root))?;
        for hash in &self.hashes {
            writeln!(formatter, "{}", BASE64.encode(hash))?;
        }
        write!(formatter, "\n{}\n{}", self.earlier, self.later)
    }
}

impl Ledger {
    /// Shows how two signed checkpoints relate, of which this ledger has the later one: it continues the earlier one, or contradicts it.
    ///
    /// # Errors
    /// When one is of another ledger, the later one is the smaller, or this ledger does not have the later one's root.
    pub async fn prove_consistency(&self, earlier: &str, later: &str) -> Result<ConsistencyProof, ProveError> {
        let read = |note| {
            let checkpoint = Checkpoint::read_unverified(note)?;
            match checkpoint.origin == self.origin() {
                true => Ok(checkpoint),
                false => Err(ProveError::OtherLedger {
                    origin: checkpoint.origin,
                    ledger: self.origin(),
                }),
            }
        };
        let (from, to) = (read(earlier)?, read(later)?);
        if from.size > to.size {
            return Err(ProveError::Order {
                from: from.size,
                to: to.size,
            });
        }
        let mut tree = self.sealed_tree(u64::MAX / 2).await?;
        if to.size > tree.size() || tree.root_at(to.size).await? != to.root {
            return Err(ProveError::OtherRoot { size: to.size });
        }
        Ok(ConsistencyProof {
            root: tree.root_at(from.size).await?,
            hashes: tree.consistency(from.size, to.size).await?,
            earlier: earlier.to_owned(),
            later: later.to_owned(),
        })
    }
}
