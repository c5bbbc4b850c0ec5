//! How C2SP `tlog-tiles` (<https://c2sp.org/tlog-tiles>) cuts a tree into tiles, and names them.

use std::fmt;
use std::str::FromStr;

use crate::tree::{Hash, node_hash};

/// Levels of the tree that one tile spans.
pub const HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub const WIDTH: u64 = 1 << HEIGHT;
/// The highest level that a tree of at most 2⁶³ leaves has.
pub const LEVEL_MAX: u8 = 7;

/// What stands in a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Hashes of the tree, of the given level; level 0 are the leaves' hashes.
    Hashes(u8),
    /// The leaves themselves (an "entry bundle").
    Entries,
}

/// The name of a tile: `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileName {
    /// What stands in it.
    pub content: Content,
    /// Its number within its level.
    pub number: u64,
    /// How many hashes or entries: 256, or less for a partial tile.
    pub width: u64,
}

impl TileName {
    /// How many hashes of its level, or entries, a tree of that size has at the tile's place: 0 to 256.
    #[must_use]
    pub fn available(&self, size: u64) -> u64 {
        let level = match self.content {
            Content::Hashes(level) => level,
            Content::Entries => 0,
        };
        let hashes = level_width(level, size);
        hashes.saturating_sub(self.number.saturating_mul(WIDTH)).min(WIDTH)
    }
}

/// How many hashes a level has in a tree of a size.
#[must_use]
pub fn level_width(level: u8, size: u64) -> u64 {
    size.checked_shr(HEIGHT * u32::from(level)).unwrap_or(0)
}

/// The root of a perfect subtree from the hashes of one of its levels.
///
/// # Panics
/// When their number is no power of two.
#[must_use]
pub fn perfect_root(hashes: &[Hash]) -> Hash {
    assert!(
        hashes.len().is_power_of_two(),
        "a perfect subtree has 2ⁿ hashes at each level"
    );
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    level[0]
}

impl fmt::Display for TileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Hashes(level) => write!(formatter, "{level}/")?,
            Content::Entries => write!(formatter, "entries/")?,
        }
        let mut groups = vec![self.number % 1_000];
        let mut rest = self.number / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(formatter, "x{group:03}/")?;
        }
        write!(formatter, "{:03}", groups[0])?;
        if self.width < WIDTH {
            write!(formatter, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// A path that names no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tile is named LEVEL/NUMBER or entries/NUMBER, its number like x001/x234/067, a partial one with .p/WIDTH behind"
)]
pub struct NoTile;

impl FromStr for TileName {
    type Err = NoTile;

    fn from_str(path: &str) -> Result<Self, NoTile> {
        let (content, rest) = path.split_once('/').ok_or(NoTile)?;
        let content = match content {
            "entries" => Content::Entries,
            level => Content::Hashes(level.parse().map_err(|_| NoTile)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| *width < WIDTH).ok_or(NoTile)?),
            None => (rest, WIDTH),
        };
        let number = number
            .split('/')
            .try_fold(0_u64, |number, group| {
                let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
                number.checked_mul(1_000)?.checked_add(group)
            })
            .ok_or(NoTile)?;
        let tile = Self { content, number, width };
        // Only the one spelling is a name: leading zeroes, missing `x` and the like are other names, of nothing.
        if width == 0 || tile.to_string() != path {
            return Err(NoTile);
        }
        Ok(tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Frontier, leaf_hash};

    #[test]
    fn names_are_those_of_the_specification() {
        let name = |content, number, width| TileName { content, number, width };
        for (path, tile) in [
            ("0/x001/x234/067", name(Content::Hashes(0), 1_234_067, 256)),
            ("3/000.p/17", name(Content::Hashes(3), 0, 17)),
            ("entries/x001/000.p/255", name(Content::Entries, 1_000, 255)),
            ("63/999", name(Content::Hashes(63), 999, 256)),
        ] {
            assert_eq!(path.parse(), Ok(tile));
            assert_eq!(tile.to_string(), path);
        }
        for path in [
            "",
            "0",
            "0/",
            "0/1",
            "0/0001",
            "00/001",
            "+0/001",
            "0/x000/001",
            "0/001/001",
            "0/x001",
            "0/001.p/",
            "0/001.p/0",
            "0/001.p/256",
            "0/001.p/07",
            "0/001.p/+7",
            "data/001",
            "0/+01",
            "-1/001",
            "0/x018/x446/x744/x073/x709/x551/x999/999",
        ] {
            assert_eq!(path.parse::<TileName>(), Err(NoTile), "{path}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_of_the_specifications_example() {
        let available = |path: &str, size| path.parse::<TileName>().expect("a name").available(size);
        assert_eq!(available("0/272", 70_000), 256);
        assert_eq!(available("0/273", 70_000), 112);
        assert_eq!(available("0/274", 70_000), 0);
        assert_eq!(available("1/000", 70_000), 256);
        assert_eq!(available("1/001", 70_000), 17);
        assert_eq!(available("2/000", 70_000), 1);
        assert_eq!(available("3/000", 70_000), 0);
        assert_eq!(available("1/000", 256), 1);
        assert_eq!(available("63/000", u64::MAX), 0);
        assert_eq!(available("entries/273", 70_000), 112);
    }

    #[test]
    fn a_perfect_root_is_that_of_the_tree() {
        let leaves: Vec<Hash> = (0_u8..64).map(|leaf| leaf_hash(&[leaf])).collect();
        for height in 0..=6 {
            let mut frontier = Frontier::default();
            leaves[..1 << height].iter().for_each(|leaf| frontier.push(*leaf));
            assert_eq!(perfect_root(&leaves[..1 << height]), frontier.root());
        }
    }
}
