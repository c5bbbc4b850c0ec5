//! Signed notes and verifier keys as in C2SP `signed-note` (<https://c2sp.org/signed-note@v1.0.0>), with Ed25519 only.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// Notes longer than this are not read: 16 post-quantum signatures, which the specification asks for, have room many times.
const NOTE_BYTES_MAX: usize = 1 << 20;
/// The signature type of Ed25519 in key ids and verifier keys.
const ED25519: u8 = 0x01;
/// What a signature line starts with: an em dash and a space.
const SIGNATURE_MARK: &str = "— ";

/// Why a note or a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error("this is no signed note: {0}")]
    Malformed(&'static str),
    /// Not a verifier key.
    #[error("`{key}` is no verifier key (NAME+ID+BASE64, as `dean key` prints it): {reason}")]
    MalformedKey {
        /// What was given.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// None of the keys has signed.
    #[error("none of the given keys has signed it; it names the signers {found}")]
    UnknownSigners {
        /// `name+id` of each signature line.
        found: String,
    },
    /// A known key's signature does not fit the text.
    #[error("the signature of {signer} is wrong: the text was altered, or somebody else signed it in that name")]
    WrongSignature {
        /// `name+id`.
        signer: String,
    },
}

/// The public half of a signing key, with its name: what a verifier has to be given by somebody it trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// The id by which a signature line names its key: the start of `SHA-256(name || 0x0A || 0x01 || public key)`.
type KeyId = [u8; 4];

impl VerifierKey {
    pub(super) fn new(name: &str, key: VerifyingKey) -> Self {
        debug_assert!(is_key_name(name), "{name:?} can't stand in a signature line");
        Self {
            name: name.to_owned(),
            key,
        }
    }

    /// A key from its name and the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// When the name can't stand in a note or the bytes are no usable point.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, NoteError> {
        let refused = |reason| NoteError::MalformedKey {
            key: name.to_owned(),
            reason,
        };
        if !is_key_name(name) {
            return Err(refused("a name is not empty and has neither spaces nor `+`"));
        }
        let bytes = bytes.try_into().map_err(|_| refused("an Ed25519 key has 32 bytes"))?;
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self::new(name, key)),
            _ => Err(refused("these 32 bytes are no Ed25519 key")),
        }
    }

    /// Its name, which for a log is the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(super) fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

/// `NAME+ID+BASE64`.
impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(
            formatter,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            BASE64.encode(key)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let refused = |reason| NoteError::MalformedKey {
            key: text.to_owned(),
            reason,
        };
        // The base64 may contain further plus signs.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused("it has not three parts"));
        };
        let key = BASE64.decode(key).map_err(|_| refused("its last part is no base64"))?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(refused("it is of another kind than Ed25519"));
        };
        let key = Self::from_bytes(name, key).map_err(|error| match error {
            NoteError::MalformedKey { reason, .. } => refused(reason),
            other => other,
        })?;
        if hex::encode(key.id()) != id {
            return Err(refused(
                "its id does not belong to its name and key; copy it again, whole",
            ));
        }
        Ok(key)
    }
}

/// A note taken apart; nothing of it may be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<SignatureLine<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine<'a> {
    name: &'a str,
    id: KeyId,
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    ///
    /// # Errors
    /// When it is not of the form of the specification.
    pub fn parse(note: &'a str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Malformed("it is longer than 1 MiB"));
        }
        if note.chars().any(|character| character < ' ' && character != '\n') {
            return Err(NoteError::Malformed(
                "it has control characters (perhaps CR at the line ends)",
            ));
        }
        let end = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("it has no empty line before signatures"))?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        let signatures = signatures
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("it does not end with a newline"))?;
        let signatures = signatures
            .split('\n')
            .map(SignatureLine::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { text, signatures })
    }

    /// What is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Checks the signatures of those keys that have signed, and returns these. Signatures of others are passed over, as the
    /// specification demands.
    ///
    /// # Errors
    /// When none of the keys has signed, or a signature of one of them is wrong.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signers = Vec::new();
        for line in &self.signatures {
            let is_its = |key: &&VerifierKey| key.name == line.name && key.id() == line.id;
            for key in keys.iter().filter(is_its) {
                let signature = Signature::from_slice(&line.signature);
                // Strict: no second signature for the same text and key passes, whichever library checks it.
                if !signature.is_ok_and(|signature| key.key.verify_strict(self.text.as_bytes(), &signature).is_ok()) {
                    return Err(NoteError::WrongSignature { signer: line.signer() });
                }
                signers.push(key);
            }
        }
        if signers.is_empty() {
            let found: Vec<String> = self.signatures.iter().map(SignatureLine::signer).collect();
            return Err(NoteError::UnknownSigners {
                found: found.join(", "),
            });
        }
        Ok(signers)
    }
}

impl<'a> SignatureLine<'a> {
    fn parse(line: &'a str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("a line after the last empty line is no signature");
        let parts = line.strip_prefix(SIGNATURE_MARK).and_then(|rest| rest.split_once(' '));
        let Some((name, signature)) = parts.filter(|(name, _)| is_key_name(name)) else {
            return Err(malformed);
        };
        let Ok(bytes) = BASE64.decode(signature) else {
            return Err(malformed);
        };
        match bytes.split_first_chunk() {
            Some((id, signature)) if !signature.is_empty() => Ok(Self {
                name,
                id: *id,
                signature: signature.to_vec(),
            }),
            _ => Err(malformed),
        }
    }

    fn signer(&self) -> String {
        format!("{}+{}", self.name, hex::encode(self.id))
    }
}

/// A note over a text that ends with a newline, from its one signature.
pub(super) fn write(text: &str, key: &VerifierKey, signature: &Signature) -> String {
    debug_assert!(text.ends_with('\n'), "a note's text ends with a newline");
    let signature = [key.id().as_slice(), &signature.to_bytes()].concat();
    format!("{text}\n{SIGNATURE_MARK}{} {}\n", key.name, BASE64.encode(signature))
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
