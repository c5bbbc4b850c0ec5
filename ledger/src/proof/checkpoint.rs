//! Signed tree heads as in C2SP `tlog-checkpoint` (<https://c2sp.org/tlog-checkpoint@v1.0.0>).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use uuid::Uuid;

use super::key::SigningKey;
use super::note::{Note, NoteError, VerifierKey};
use crate::tree::Hash;

/// The tree of a log at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log; for a ledger see [`origin`].
    pub origin: String,
    /// How many leaves: the position of the last event.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
}

/// The origin of a ledger's checkpoints, and the name of the key that signs them: `dean/<ledger id>`.
///
/// Made from the id, which is sealed in every leaf and moves with the ledger wherever it is restored; names get changed and addresses
/// move. It has neither spaces nor plus signs, which key names may not have.
#[must_use]
pub fn origin(ledger: Uuid) -> String {
    format!("dean/{ledger}")
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// No note, or not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A note with another text.
    #[error("this is no checkpoint: {0}")]
    Malformed(&'static str),
    /// Signed by a key that belongs to another log.
    #[error("the checkpoint is of the log {origin}, but the key that signed it belongs to {signers}")]
    OtherLog {
        /// The checkpoint's origin.
        origin: String,
        /// The names of the keys that have signed.
        signers: String,
    },
}

impl Checkpoint {
    /// Reads a signed checkpoint and checks it: one of the keys, of the name of its origin, has signed it.
    ///
    /// # Errors
    /// What is wrong with its form or its signatures.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        let signers = note.verify(keys)?;
        let checkpoint = Self::parse(note.text())?;
        if signers.iter().any(|key| key.name() == checkpoint.origin) {
            return Ok(checkpoint);
        }
        let names: Vec<&str> = signers.iter().map(|key| key.name()).collect();
        Err(CheckpointError::OtherLog {
            origin: checkpoint.origin,
            signers: names.join(", "),
        })
    }

    /// Reads a signed checkpoint without checking who signed it: for whoever has it from a place that they trust.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn read_unverified(note: &str) -> Result<Self, CheckpointError> {
        Self::parse(Note::parse(note)?.text())
    }

    /// Whether no ledger can be both: the same log at the same size with two roots. Two such checkpoints, both signed, prove that their
    /// signer keeps two histories. (At different sizes it takes a consistency proof to tell.)
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        self.origin == other.origin && self.size == other.size && self.root != other.root
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        key.sign(&self.origin, &self.to_string())
    }

    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let text = text
            .strip_suffix('\n')
            .ok_or(malformed("its text does not end with a newline"))?;
        let lines: Vec<&str> = text.split('\n').collect();
        // Further lines are extensions, which everybody may ignore.
        let [origin, size, root, ..] = lines.as_slice() else {
            return Err(malformed("its text has less than three lines"));
        };
        if lines.contains(&"") {
            return Err(malformed("its text has empty lines"));
        }
        let number: u64 = size.parse().map_err(|_| malformed("its second line is no tree size"))?;
        if number.to_string() != *size {
            return Err(malformed("its tree size is not written plainly"));
        }
        let root = BASE64.decode(root).ok().and_then(|root| Hash::try_from(root).ok());
        Ok(Self {
            origin: (*origin).to_owned(),
            size: number,
            root: root.ok_or(malformed("its third line is no root hash"))?,
        })
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{}\n{}\n{}",
            self.origin,
            self.size,
            BASE64.encode(self.root)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: origin(Uuid::from_u128(1)),
            size: 20_852_163,
            root: [9; 32],
        }
    }

    #[test]
    fn what_is_signed_is_read_back_by_us_and_by_others() {
        let (key, checkpoint) = (SigningKey::from_seed([3; 32]), checkpoint());
        let note = checkpoint.sign(&key);
        let verifier = key.verifier(&checkpoint.origin);
        assert_eq!(Checkpoint::open(&note, &[verifier]), Ok(checkpoint.clone()));
        assert_eq!(Checkpoint::read_unverified(&note), Ok(checkpoint.clone()));
        let theirs =
            tlog_tiles::Checkpoint::from_bytes(checkpoint.to_string().as_bytes()).expect("a checkpoint to others");
        assert_eq!(
            (theirs.origin(), theirs.size(), theirs.hash().0),
            (checkpoint.origin.as_str(), checkpoint.size, checkpoint.root)
        );
    }

    #[test]
    fn the_key_must_be_that_of_the_log() {
        let (key, checkpoint) = (SigningKey::from_seed([3; 32]), checkpoint());
        let note = key.sign("somebody/else", &checkpoint.to_string());
        let error = Checkpoint::open(&note, &[key.verifier("somebody/else")]).expect_err("another log's key");
        assert!(matches!(error, CheckpointError::OtherLog { .. }), "{error}");
        let error = Checkpoint::open(
            &checkpoint.sign(&key),
            &[SigningKey::from_seed([4; 32]).verifier(&checkpoint.origin)],
        );
        assert!(matches!(
            error,
            Err(CheckpointError::Note(NoteError::UnknownSigners { .. }))
        ));
    }

    #[test]
    fn other_texts_are_refused_and_extensions_ignored() {
        let (key, root) = (SigningKey::from_seed([3; 32]), BASE64.encode([9; 32]));
        let read = |text: &str| Checkpoint::read_unverified(&key.sign("o", text));
        assert_eq!(
            read(&format!("o\n7\n{root}\nextension\n"))
                .expect("extensions may follow")
                .size,
            7
        );
        assert_eq!(read(&format!("o\n0\n{root}\n")).expect("an empty tree").size, 0);
        for text in [
            "o\n7\n".to_owned(),
            format!("o\n07\n{root}\n"),
            format!("o\n+7\n{root}\n"),
            format!("o\n-7\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("\n7\n{root}\n"),
            format!("o\n7\n{root}\n\nextension\n"),
            format!("o\n7\n{}\n", BASE64.encode([9; 31])),
            format!("o\n18446744073709551616\n{root}\n"),
        ] {
            assert!(matches!(read(&text), Err(CheckpointError::Malformed(_))), "{text:?}");
        }
    }
}
