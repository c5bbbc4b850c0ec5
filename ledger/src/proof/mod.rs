//! What makes the ledger provable to a stranger: proofs over the Merkle tree, signed checkpoints, tiles.
//!
//! - [`merkle`]: inclusion and consistency proofs (RFC 9162 §2.1), pure; [`tile`]: how `tlog-tiles` cuts and names tiles, pure.
//! - [`note`] and [`checkpoint`]: C2SP `signed-note` and `tlog-checkpoint`, pure; [`event_proof`]: `tlog-proof` files;
//!   [`consistency_proof`]: files about two checkpoints.
//! - [`key`], [`key_file`] and `key_ring`: the signing key, its file, and which keys a ledger has had.
//! - [`sealed_tree`]: every hash that anybody is given, checked against the sealed root; [`follower`] keeps its tiles.
//! - [`signer`] signs checkpoints and never contradicts itself; [`publisher`] keeps them in a [`checkpoint_folder`].
//!
//! `docs/verification.md` describes all of it for people who don't read Rust.

pub mod checkpoint;
pub mod checkpoint_folder;
pub mod consistency_proof;
pub mod event_proof;
pub mod follower;
pub mod key;
pub mod key_file;
mod key_ring;
pub mod merkle;
pub mod note;
pub mod publisher;
pub mod sealed_tree;
pub mod signer;
pub mod tile;
mod tile_table;

pub use checkpoint::{Checkpoint, CheckpointError, origin};
pub use checkpoint_folder::{CheckpointFolder, FolderError};
pub use consistency_proof::{ComparedCheckpoints, ConsistencyProof, ConsistencyProofError};
pub use event_proof::{EventProof, EventProofError, ProveError, ProvenEvent};
pub use follower::TileFollower;
pub use key::SigningKey;
pub use key_file::KeyFileError;
pub use key_ring::SigningKeyError;
pub use merkle::MerkleError;
pub use note::{NoteError, VerifierKey};
pub use publisher::CheckpointPublisher;
pub use sealed_tree::{ProofError, SealedTree};
pub use signer::{CheckpointSigner, SignError, SignedCheckpoint};
pub use tile::TileName;
