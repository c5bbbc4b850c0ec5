//! Chance that is always the same: every choice follows from the seed, the project and the purpose, never from what was chosen before
//! elsewhere. So a project can be made again alone, and making more projects changes none of the earlier ones' inner choices.

use dean_ledger::Environment;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A stream of choices (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The choices that follow from these numbers.
    pub(super) fn new(parts: &[u64]) -> Self {
        let mut dice = Self(0x5EED);
        for part in parts {
            dice.0 ^= *part;
            dice.0 = dice.roll();
        }
        dice
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// `low ..= high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.roll() % span).unwrap_or(0)
    }

    /// True so many times of a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of several; the list is not empty.
    pub(super) fn pick<'a, T: ?Sized + 'a>(&mut self, of: &'a [&'a T]) -> &'a T {
        of[self.index(of.len())]
    }

    /// An index below `len`, 0 when there is none.
    pub(super) fn index(&mut self, len: usize) -> usize {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.between(0, len.saturating_sub(1)) as usize
    }
}

/// The id of a command: version 7 with the simulated time, the rest from seed, project and step. A resumed load makes the same ids.
pub(super) fn command_id(environment: &Environment, seed: u64, project: u64, step: u64) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"dean/demo/command")
        .chain_update(seed.to_be_bytes())
        .chain_update(project.to_be_bytes())
        .chain_update(step.to_be_bytes())
        .finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(environment.clock.now_micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A text for requests' fingerprints and papers' scans: the SHA-256 of what makes the entry unique.
pub(super) fn fingerprint(id: Uuid, step: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(id.as_bytes())
        .chain_update(step.as_bytes())
        .finalize()
        .into()
}
