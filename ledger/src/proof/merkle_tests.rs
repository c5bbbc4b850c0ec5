//! Against the recursive definitions of RFC 6962 §2.1, and against an independent verifier.

use proptest::prelude::*;
use tlog_tiles::tlog::{check_record, check_tree};

use super::*;
use crate::tree::leaf_hash;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

/// MTH of RFC 6962 §2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if index < middle {
        (path(index, left), root(right))
    } else {
        (path(index - middle, right), root(left))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962 §2.1.2.
fn subproof(earlier: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if earlier == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut proof, sibling) = if earlier <= middle {
        (subproof(earlier, left, whole), root(right))
    } else {
        (subproof(earlier - middle, right, false), root(left))
    };
    proof.push(sibling);
    proof
}

fn made(path: Result<Vec<Span>, MerkleError>, leaves: &[Hash]) -> Vec<Hash> {
    let of_node = |node: Node| {
        let start = (node.index << node.height) as usize;
        root(&leaves[start..start + (1 << node.height)])
    };
    let spans = path.expect("inside the tree");
    spans
        .iter()
        .map(|span| join(&span.parts().into_iter().map(of_node).collect::<Vec<_>>()))
        .collect()
}

fn other(hash: &Hash) -> Hash {
    let mut other = *hash;
    other[7] ^= 1;
    other
}

fn check_inclusion(leaves: &[Hash], index: u64) {
    let size = leaves.len() as u64;
    let (leaf, root) = (leaves[index as usize], root(leaves));
    let proof = made(inclusion_path(index, size), leaves);
    assert_eq!(proof, path(index as usize, leaves), "leaf {index} of {size}");
    assert_eq!(verify_inclusion(leaf, index, size, &proof, &root), Ok(()));
    let theirs = proof.iter().copied().map(tlog_tiles::Hash).collect();
    check_record(&theirs, size, tlog_tiles::Hash(root), index, tlog_tiles::Hash(leaf))
        .expect("proves the leaf to others");

    assert!(verify_inclusion(other(&leaf), index, size, &proof, &root).is_err());
    assert!(verify_inclusion(leaf, index, size, &proof, &other(&root)).is_err());
    assert!(verify_inclusion(leaf, size, size, &proof, &root).is_err());
    if size > 1 {
        assert!(verify_inclusion(leaf, (index + 1) % size, size, &proof, &root).is_err());
        assert!(verify_inclusion(leaf, index, size, &proof[1..], &root).is_err());
    }
    let longer = [proof.as_slice(), &[root]].concat();
    assert!(verify_inclusion(leaf, index, size, &longer, &root).is_err());
    // Some of the sizes are enough for the altered hashes: the definition is compared for all.
    for place in (0..proof.len()).filter(|_| !(40..=120).contains(&size)) {
        let mut proof = proof.clone();
        proof[place] = other(&proof[place]);
        assert!(verify_inclusion(leaf, index, size, &proof, &root).is_err());
    }
}

fn check_consistency(leaves: &[Hash], earlier: u64) {
    let size = leaves.len() as u64;
    let (earlier_root, root) = (root(&leaves[..earlier as usize]), root(leaves));
    let proof = made(consistency_path(earlier, size), leaves);
    let (first, second) = ((earlier, &earlier_root), (size, &root));
    assert_eq!(verify_consistency(first, second, &proof), Ok(()), "{earlier} in {size}");
    if earlier > 0 {
        assert_eq!(proof, subproof(earlier as usize, leaves, true), "{earlier} in {size}");
        let theirs = proof.iter().copied().map(tlog_tiles::Hash).collect();
        check_tree(
            &theirs,
            size,
            tlog_tiles::Hash(root),
            earlier,
            tlog_tiles::Hash(earlier_root),
        )
        .expect("proves it to others");
        // From the empty tree everything is consistent: there is no root to be wrong about.
        assert!(verify_consistency(first, (size, &other(&root)), &proof).is_err());
    }
    assert!(verify_consistency((earlier, &other(&earlier_root)), second, &proof).is_err());
    assert!(verify_consistency(first, second, &[proof.as_slice(), &[root]].concat()).is_err());
    if !proof.is_empty() {
        assert!(verify_consistency(first, second, &proof[1..]).is_err());
    }
    // Some of the sizes are enough for the altered hashes: the definition is compared for all.
    for place in (0..proof.len()).filter(|_| !(40..=120).contains(&size)) {
        let mut proof = proof.clone();
        proof[place] = other(&proof[place]);
        assert!(verify_consistency(first, second, &proof).is_err());
    }
}

#[test]
fn proofs_follow_the_definition_for_every_small_size() {
    for size in 0..=130 {
        let leaves = leaves(size);
        (0..size).for_each(|index| check_inclusion(&leaves, index));
        (0..=size).for_each(|earlier| check_consistency(&leaves, earlier));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn proofs_follow_the_definition_for_larger_sizes((size, index) in (1_u64..5_000).prop_flat_map(|size| (Just(size), 0..size))) {
        let leaves = leaves(size);
        check_inclusion(&leaves, index);
        check_consistency(&leaves, index);
    }

    #[test]
    fn paths_stay_short_in_huge_trees((size, index) in (1_u64..=u64::MAX / 2).prop_flat_map(|size| (Just(size), 0..size))) {
        let path = inclusion_path(index, size).expect("inside");
        prop_assert!(path.len() <= 63);
        let proven: u64 = path.iter().map(|Span(leaves)| leaves.end - leaves.start).sum();
        prop_assert_eq!(proven, size - 1);
        prop_assert!(consistency_path(index, size).expect("inside").len() <= 64);
    }
}

#[test]
fn what_a_tree_does_not_have_is_refused() {
    assert_eq!(
        inclusion_path(5, 5).expect_err("only 0 to 4").to_string(),
        "a tree of 5 leaves has no leaf 5"
    );
    assert_eq!(
        consistency_path(6, 5).expect_err("larger").to_string(),
        "a tree of 5 leaves has no earlier size 6"
    );
    assert!(verify_consistency((6, &[0; 32]), (5, &[0; 32]), &[]).is_err());
    assert!(verify_consistency((0, &empty_root()), (0, &[1; 32]), &[]).is_err());
}
