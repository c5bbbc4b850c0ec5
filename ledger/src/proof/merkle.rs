//! Inclusion and consistency proofs over the tree of RFC 6962 §2.1, as in RFC 9162 §2.1.3 and §2.1.4.
//!
//! Making a proof has two halves, so that the reading between them may be asynchronous: [`inclusion_path`] and [`consistency_path`] say
//! which subtrees a proof consists of, [`Span::parts`] says from which stored nodes each can be made ([`join`]). Checking needs neither.

use std::ops::Range;

use crate::tree::{Hash, empty_root, node_hash};

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// Asked for a leaf or a size that the tree does not have.
    #[error("a tree of {size} leaves has no {what} {asked}")]
    Outside {
        /// `leaf` or `earlier size`.
        what: &'static str,
        /// The leaf's index or the size asked for.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
    /// The number of hashes is not that of a proof for this place.
    #[error("the proof has {found} hashes, which no proof for this place and size has")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// The hashes don't lead to the root.
    #[error("the proof leads to another root than that of the {0} tree")]
    Root(&'static str),
}

/// A perfect subtree: the leaves from `index << height` to `(index + 1) << height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// 0 for a leaf.
    pub height: u32,
    /// Its number among the subtrees of its height.
    pub index: u64,
}

/// The leaves under one hash of a proof, by index; not always a perfect subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span(pub Range<u64>);

impl Span {
    /// The perfect subtrees that it consists of, largest first; [`join`] makes its hash from theirs.
    #[must_use]
    pub fn parts(&self) -> Vec<Node> {
        let Range { mut start, end } = self.0;
        let mut parts = Vec::new();
        while start < end {
            let height = start.trailing_zeros().min((end - start).ilog2());
            parts.push(Node {
                height,
                index: start >> height,
            });
            start += 1 << height;
        }
        parts
    }
}

/// The hash of a span from those of its parts, in their order. Of no parts it is the root of the empty tree.
#[must_use]
pub fn join(parts: &[Hash]) -> Hash {
    let mut parts = parts.iter().rev();
    let Some(smallest) = parts.next() else {
        return empty_root();
    };
    parts.fold(*smallest, |right, left| node_hash(left, &right))
}

/// Where RFC 6962 splits a tree of more than one leaf: the largest power of two below its size.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The subtrees whose hashes prove that a leaf is in a tree, from its sibling up (RFC 9162 §2.1.3.1).
///
/// # Errors
/// When the tree has no such leaf.
pub fn inclusion_path(index: u64, size: u64) -> Result<Vec<Span>, MerkleError> {
    if index >= size {
        return Err(MerkleError::Outside {
            what: "leaf",
            asked: index,
            size,
        });
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(Span(middle..high));
            high = middle;
        } else {
            path.push(Span(low..middle));
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The subtrees whose hashes prove that an earlier tree is the beginning of a later one (RFC 9162 §2.1.4.1). None are needed from
/// the empty tree, nor from a tree to itself.
///
/// # Errors
/// When the earlier tree is the larger one.
pub fn consistency_path(earlier: u64, later: u64) -> Result<Vec<Span>, MerkleError> {
    if earlier > later {
        return Err(MerkleError::Outside {
            what: "earlier size",
            asked: earlier,
            size: later,
        });
    }
    let mut path = Vec::new();
    if earlier == 0 {
        return Ok(path);
    }
    let (mut low, mut high) = (0, later);
    while high > earlier {
        let middle = low + split(high - low);
        if earlier <= middle {
            path.push(Span(middle..high));
            high = middle;
        } else {
            path.push(Span(low..middle));
            low = middle;
        }
    }
    if low > 0 {
        path.push(Span(low..high));
    }
    path.reverse();
    Ok(path)
}

/// Checks that a leaf is in a tree (RFC 9162 §2.1.3.2).
///
/// # Errors
/// What does not fit.
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::Outside {
            what: "leaf",
            asked: index,
            size,
        });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(MerkleError::Length { found: proof.len() });
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            climb_to_left_edge(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(MerkleError::Length { found: proof.len() });
    }
    if hash != *root {
        return Err(MerkleError::Root("whole"));
    }
    Ok(())
}

/// Checks that an earlier tree is the beginning of a later one (RFC 9162 §2.1.4.2).
///
/// # Errors
/// What does not fit.
pub fn verify_consistency(
    (earlier, earlier_root): (u64, &Hash),
    (later, later_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), MerkleError> {
    if earlier > later {
        return Err(MerkleError::Outside {
            what: "earlier size",
            asked: earlier,
            size: later,
        });
    }
    let length = || MerkleError::Length { found: proof.len() };
    if earlier == 0 || earlier == later {
        let earlier_is_right = match earlier {
            0 => *earlier_root == empty_root(),
            _ => earlier_root == later_root,
        };
        return match (proof, earlier_is_right) {
            ([], true) if later > 0 || *later_root == empty_root() => Ok(()),
            ([], _) => Err(MerkleError::Root("earlier")),
            _ => Err(length()),
        };
    }
    // The root of a perfect tree is a node of the later tree, so a proof leaves it out.
    let (first, rest) = if earlier.is_power_of_two() {
        (earlier_root, proof)
    } else {
        proof.split_first().ok_or_else(length)?
    };
    let (mut node, mut last) = (earlier - 1, later - 1);
    let shared = node.trailing_ones();
    node >>= shared;
    last >>= shared;
    let (mut earlier_hash, mut later_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(length());
        }
        if node & 1 == 1 || node == last {
            earlier_hash = node_hash(sibling, &earlier_hash);
            later_hash = node_hash(sibling, &later_hash);
            climb_to_left_edge(&mut node, &mut last);
        } else {
            later_hash = node_hash(&later_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length());
    }
    if earlier_hash != *earlier_root {
        return Err(MerkleError::Root("earlier"));
    }
    if later_hash != *later_root {
        return Err(MerkleError::Root("later"));
    }
    Ok(())
}

/// On the right edge a node without sibling is its own parent: climbs to where it is a right child.
fn climb_to_left_edge(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

#[cfg(test)]
#[path = "merkle_tests.rs"]
mod tests;
