//! What makes the ledger provable to a stranger: proofs over the Merkle tree, signed checkpoints, tiles.
//!
//! - [`merkle`]: inclusion and consistency proofs (RFC 9162 §2.1), pure.
//! - [`note`] and [`checkpoint`]: C2SP `signed-note` and `tlog-checkpoint`; [`key`] makes and keeps the signing key.
//!
//! `docs/verification.md` describes all of it for people who don't read Rust.

pub mod checkpoint;
pub mod key;
pub mod merkle;
pub mod note;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use key::SigningKey;
pub use note::{NoteError, VerifierKey};
