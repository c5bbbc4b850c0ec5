//! The key that signs checkpoints: Ed25519, kept as PKCS #8 in PEM (RFC 8410), which `openssl pkey` reads too.

use std::fmt;
use std::ops::Deref;

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{self, DecodePrivateKey, EncodePrivateKey, KeypairBytes};

use super::note::{self, VerifierKey};
use crate::environment::{Entropy, SystemEntropy};

/// A secret key. The same key may sign for several ledgers: each has its own name, which is part of what a verifier checks.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

/// It must not get into any log.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key from the operating system's randomness, whatever a demo's environment says: seeded keys would be everybody's.
    #[must_use]
    pub fn generate() -> Self {
        let mut seed = [0; 32];
        SystemEntropy.fill(&mut seed);
        Self::from_seed(seed)
    }

    /// The key of a seed (RFC 8032 §5.1.5), for test vectors.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Errors
    /// When it is no Ed25519 key in PKCS #8.
    pub fn from_pem(pem: &str) -> Result<Self, pkcs8::Error> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map(Self)
    }

    /// Writes `-----BEGIN PRIVATE KEY-----`. Without the public half, which not every OpenSSL accepts there; it follows from the secret.
    #[must_use]
    pub fn to_pem(&self) -> impl Deref<Target = String> {
        let bytes = KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        bytes
            .to_pkcs8_pem(LineEnding::LF)
            .expect("32 bytes always have a PKCS #8 form")
    }

    /// The public half under a name (see [`super::checkpoint::origin`]).
    #[must_use]
    pub fn verifier(&self, name: &str) -> VerifierKey {
        VerifierKey::new(name, self.0.verifying_key())
    }

    /// A signed note over a text that ends with a newline.
    #[must_use]
    pub fn sign(&self, name: &str, text: &str) -> String {
        note::write(text, &self.verifier(name), &self.0.sign(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_own_form() {
        let key = SigningKey::generate();
        let read = SigningKey::from_pem(&key.to_pem()).expect("our own form");
        assert_eq!(read.verifier("x"), key.verifier("x"));
        assert_ne!(SigningKey::generate().verifier("x"), key.verifier("x"));
        assert!(!format!("{key:?}").contains(&hex::encode(key.0.to_bytes())[..8]));
    }

    #[test]
    fn a_key_made_by_openssl_is_read() {
        // The example of RFC 8410, section 10.3; its public half is that of section 10.1.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let key = SigningKey::from_pem(pem).expect("the RFC's key");
        assert_eq!(
            hex::encode(key.verifier("x").as_bytes()),
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
        );
        assert_eq!(key.to_pem().as_str(), pem);
    }
}
