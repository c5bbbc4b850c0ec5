//! Whatever is asked for is proven, cheaply, and nothing altered gets into a proof.

use dean_ledger::proof::merkle::{verify_consistency, verify_inclusion};
use dean_ledger::proof::{EventProof, ProofError, SigningKey, TileFollower, TileName};
use dean_ledger::tree::{Frontier, Hash, leaf_hash};
use dean_ledger::{Ledger, StreamAppend};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, event, stream};

on_both_databases!(
    every_event_and_every_prefix_is_proven_whatever_tiles_there_are,
    tiles_of_a_large_ledger_have_levels,
    an_altered_row_never_gets_into_a_proof,
    followers_in_several_processes_make_the_same_tiles,
    a_proof_file_convinces_without_a_database_and_nothing_else_does,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0009_0000_0000 + number)
}

/// Grows the ledger by commands of `events` events each, every one a commit.
async fn grow(ledger: &Ledger, commands: u128, events: usize) {
    let head = u128::from(ledger.head().await.expect("a head").position);
    for number in 1..=commands {
        let number = (head << 32) + number;
        let command = append(id(number << 16), vec![stream(id(number), 0, events)]);
        ledger.append(command).await.expect("recorded");
    }
}

async fn leaves(ledger: &Ledger) -> Vec<Hash> {
    let mut leaves = Vec::new();
    loop {
        let page = ledger.read(leaves.len() as u64, 10_000).await.expect("read");
        if page.is_empty() {
            return leaves;
        }
        leaves.extend(page.iter().map(|event| leaf_hash(event.header.as_bytes())));
    }
}

/// Roots by size, from the definition of the frontier.
fn roots(leaves: &[Hash]) -> Vec<Hash> {
    let mut frontier = Frontier::default();
    let mut roots = vec![frontier.root()];
    for leaf in leaves {
        frontier.push(*leaf);
        roots.push(frontier.root());
    }
    roots
}

async fn check_proofs(ledger: &Ledger, leaves: &[Hash], roots: &[Hash], sizes: &[u64], indexes: &[u64]) {
    let mut tree = ledger.sealed_tree(1 << 20).await.expect("a tree");
    assert_eq!(
        (tree.size(), tree.root()),
        (leaves.len() as u64, *roots.last().expect("a root"))
    );
    for &size in sizes {
        let root = &roots[size as usize];
        assert_eq!(tree.root_at(size).await.expect("a root"), *root);
        for &index in indexes.iter().filter(|index| **index < size) {
            let leaf = tree.leaf(index).await.expect("a leaf");
            assert_eq!(leaf, leaves[index as usize]);
            let proof = tree.inclusion(index, size).await.expect("a proof");
            verify_inclusion(leaf, index, size, &proof, root).expect("proven");
        }
        for &earlier in sizes.iter().filter(|earlier| **earlier <= size) {
            let proof = tree.consistency(earlier, size).await.expect("a proof");
            let (earlier, later) = ((earlier, &roots[earlier as usize]), (size, root));
            verify_consistency(earlier, later, &proof).expect("proven");
        }
    }
}

async fn every_event_and_every_prefix_is_proven_whatever_tiles_there_are(place: Place) {
    let ledger = place.open().await;
    let mut tree = ledger.sealed_tree(0).await.expect("an empty tree");
    assert_eq!(tree.root_at(0).await.expect("a root"), dean_ledger::tree::empty_root());
    assert!(matches!(tree.inclusion(0, 0).await, Err(ProofError::Outside(_))));

    let sizes: Vec<u64> = [0, 1, 2, 3, 7, 100, 255, 256, 257, 300, 511, 512, 513, 599, 600].into();
    for (commands, filled) in [(3, false), (3, true), (9, false)] {
        grow(&ledger, commands, 40).await;
        if filled {
            ledger.fill_tiles().await.expect("filled");
        }
        let leaves = leaves(&ledger).await;
        let roots = roots(&leaves);
        let sizes: Vec<u64> = sizes
            .iter()
            .copied()
            .filter(|size| *size <= leaves.len() as u64)
            .collect();
        let indexes: Vec<u64> = (0..leaves.len() as u64).collect();
        check_proofs(&ledger, &leaves, &roots, &sizes, &indexes).await;
        let mut tree = ledger.sealed_tree(0).await.expect("a tree");
        let error = tree.consistency(1, tree.size() + 1).await.expect_err("beyond the end");
        assert!(error.to_string().contains("has no size"), "{error}");
    }
    ledger.fill_tiles().await.expect("filled");
    let leaves = leaves(&ledger).await;
    check_proofs(&ledger, &leaves, &roots(&leaves), &sizes, &(0..600).collect::<Vec<_>>()).await;
    // With every complete tile kept, no more than the last, incomplete one is made from headers.
    ledger
        .sealed_tree(0)
        .await
        .expect("a tree")
        .leaf(3)
        .await
        .expect("a leaf");
}

async fn tiles_of_a_large_ledger_have_levels(place: Place) {
    let ledger = place.open().await;
    grow(&ledger, 33, 2_000).await;
    let mut tree = ledger.sealed_tree(1_000).await.expect("a tree");
    let error = tree
        .inclusion(5, 66_000)
        .await
        .expect_err("no tiles yet, and few headers may be read");
    assert!(matches!(error, ProofError::Behind { done: 0, size: 66_000 }), "{error}");

    let follower = TileFollower::start(&ledger);
    let filled = async {
        loop {
            let mut tree = ledger.sealed_tree(0).await.expect("a tree");
            match tree.inclusion(5, 66_000).await {
                Ok(_) => return,
                Err(ProofError::Behind { .. }) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), filled)
        .await
        .expect("the follower fills");
    follower.stop().await;
    let leaves = leaves(&ledger).await;
    let roots = roots(&leaves);
    let sizes = [1, 255, 256, 40_000, 65_535, 65_536, 65_537, 65_792, 66_000];
    check_proofs(
        &ledger,
        &leaves,
        &roots,
        &sizes,
        &[0, 1, 255, 256, 40_000, 65_535, 65_536, 65_791, 65_999],
    )
    .await;

    let mut tree = ledger.sealed_tree(0).await.expect("a tree");
    let mut tile = async |name: &str| {
        tree.tile(name.parse::<TileName>().expect("a name"))
            .await
            .expect("read")
    };
    assert_eq!(tile("0/000").await, Some(leaves[..256].concat()));
    assert_eq!(
        tile("0/000.p/3").await,
        Some(leaves[..3].concat()),
        "a prefix of a complete tile"
    );
    assert_eq!(tile("0/257.p/208").await, Some(leaves[65_792..].concat()));
    assert_eq!(tile("0/257.p/209").await, None);
    assert_eq!(tile("0/257").await, None);
    assert_eq!(tile("1/000").await.map(|tile| tile.len()), Some(8_192));
    assert_eq!(tile("1/001.p/1").await.map(|tile| tile.len()), Some(32));
    assert_eq!(tile("2/000.p/1").await, Some(roots[65_536].to_vec()));
    assert_eq!(tile("2/000.p/2").await, None);
    assert_eq!(tile("3/000.p/1").await, None);
    let entries = tile("entries/257.p/208").await.expect("the last entries");
    let mut rest = entries.as_slice();
    for leaf in &leaves[65_792..] {
        let (length, behind) = rest.split_first_chunk::<2>().expect("a length");
        let (header, behind) = behind.split_at(u16::from_be_bytes(*length).into());
        assert_eq!(leaf_hash(header), *leaf);
        rest = behind;
    }
    assert!(rest.is_empty());
}

async fn an_altered_row_never_gets_into_a_proof(place: Place) {
    let ledger = place.open().await;
    grow(&ledger, 14, 50).await;
    ledger.fill_tiles().await.expect("filled");
    let zeroes = |bytes: usize| match place.is_postgres() {
        true => format!("decode(repeat('00', {bytes}), 'hex')"),
        false => format!("zeroblob({bytes})"),
    };
    place
        .raw("CREATE TABLE {t}kept AS SELECT * FROM {t}tiles")
        .await
        .expect("copied");
    let alterations = [
        (
            format!("UPDATE {{t}}tiles SET hashes = {} WHERE number = 0", zeroes(8_192)),
            3,
            "the tile 0 of level 0",
        ),
        (
            "UPDATE {t}tiles SET hashes = (SELECT hashes FROM {t}kept WHERE number = 0) WHERE number = 1".to_owned(),
            300,
            "the tile 1 of level 0",
        ),
        (
            format!("UPDATE {{t}}tiles SET root = {} WHERE number = 1", zeroes(32)),
            3,
            "incomplete tile of level 1",
        ),
    ];
    for (alteration, index, named) in alterations {
        place.raw(&alteration).await.expect("altered");
        let mut tree = ledger.sealed_tree(0).await.expect("the commit is sound");
        let error = tree.inclusion(index, 700).await.expect_err(&alteration).to_string();
        assert!(
            error.contains(named) && error.contains("dean verify"),
            "{alteration}: {error}"
        );
        let mut tree = ledger.sealed_tree(0).await.expect("the commit is sound");
        let tile = TileName {
            number: index / 256,
            ..("0/000".parse().expect("a name"))
        };
        assert!(
            matches!(tree.tile(tile).await, Err(ProofError::Damaged { .. })),
            "{alteration}"
        );
        // They are derived: deleted, they are made again.
        place.raw("DELETE FROM {t}tiles").await.expect("deleted");
        ledger.fill_tiles().await.expect("filled");
        let mut tree = ledger.sealed_tree(0).await.expect("a tree");
        tree.inclusion(index, 700).await.expect("sound again");
    }
    // A header behind the last complete tile, then one under it, then the frontier.
    place.drop_guards().await;
    place
        .raw("UPDATE {t}events SET header = replace(header, 'Noted', 'Nodded') WHERE position = 690")
        .await
        .expect("altered");
    let mut tree = ledger.sealed_tree(0).await.expect("a tree");
    let error = tree
        .inclusion(3, 700)
        .await
        .expect_err("the right edge is altered")
        .to_string();
    assert!(error.contains("events after 512"), "{error}");
    place
        .raw("UPDATE {t}events SET header = replace(header, 'Nodded', 'Noted') WHERE position = 690")
        .await
        .expect("restored");
    place
        .raw("UPDATE {t}events SET header = replace(header, 'Noted', 'Nodded') WHERE position = 9")
        .await
        .expect("altered");
    let mut tree = ledger.sealed_tree(0).await.expect("a tree");
    tree.inclusion(8, 700)
        .await
        .expect("what was sealed can still be proven");
    let bundle = tree
        .tile("entries/000".parse().expect("a name"))
        .await
        .expect_err("but is no longer there");
    assert!(bundle.to_string().contains("the header of position 9"), "{bundle}");
    place
        .raw("DELETE FROM {t}events WHERE position = 640")
        .await
        .expect("deleted");
    let error = ledger
        .sealed_tree(0)
        .await
        .expect("a tree")
        .inclusion(650, 700)
        .await
        .expect_err("one is missing");
    assert!(error.to_string().contains("position 640 is damaged"), "{error}");
    place
        .raw(&format!("UPDATE {{t}}commits SET root = {}", zeroes(32)))
        .await
        .expect("altered");
    assert!(matches!(ledger.sealed_tree(0).await, Err(ProofError::Damaged { .. })));
}

async fn followers_in_several_processes_make_the_same_tiles(place: Place) {
    let ledger = place.open().await;
    let others = if place.is_postgres() {
        vec![place.open().await, place.open().await]
    } else {
        Vec::new()
    };
    let mut followers: Vec<TileFollower> = others.iter().chain([&ledger]).map(TileFollower::start).collect();
    for round in 0..6 {
        grow(&ledger, 4, 500).await;
        // One ends in the midst of its work, without a word; another takes its place.
        let gone = followers.swap_remove(round % followers.len());
        drop(gone);
        followers.push(TileFollower::start(others.get(round % 2).unwrap_or(&ledger)));
    }
    let complete = async {
        while ledger.sealed_tree(0).await.expect("a tree").leaf(0).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), complete)
        .await
        .expect("the followers fill");
    for follower in followers {
        follower.stop().await;
    }
    let leaves = leaves(&ledger).await;
    assert_eq!(leaves.len(), 12_000);
    check_proofs(
        &ledger,
        &leaves,
        &roots(&leaves),
        &[4_000, 12_000],
        &[0, 5_000, 11_775, 11_999],
    )
    .await;
}

async fn a_proof_file_convinces_without_a_database_and_nothing_else_does(place: Place) {
    let ledger = place.open().await;
    grow(&ledger, 1, 5).await;
    let personal = StreamAppend {
        events: vec![event(json!({"who": {"$personal": "Trần C"}}))],
        ..stream(id(0xffff), 0, 1)
    };
    ledger
        .append(append(id(0xfffe), vec![personal]))
        .await
        .expect("recorded");
    grow(&ledger, 1, 5).await;
    let key = SigningKey::from_seed([5; 32]);
    let keys = [key.verifier(&ledger.origin())];
    let checkpoint = dean_ledger::proof::Checkpoint {
        origin: ledger.origin(),
        size: 11,
        root: ledger.head().await.expect("a head").root,
    };
    let note = checkpoint.sign(&key);
    let proof = ledger.prove_event(6, &note, true).await.expect("proven");
    let text = proof.to_string();
    let read = EventProof::parse(&text).expect("our own form");
    assert_eq!(read, proof);
    let proven = read.verify(&keys).expect("it proves");
    assert_eq!((proven.header.position, proven.checkpoint), (6, checkpoint.clone()));
    assert_eq!(
        read.event.personal.as_ref().expect("asked for").content,
        r#"["Trần C"]"#
    );
    let without = ledger.prove_event(6, &note, false).await.expect("proven");
    assert!(without.event.personal.is_none() && !without.to_string().contains("VHLhuqduIEM"));
    without.verify(&keys).expect("it proves as well");

    let refused = |change: fn(&mut EventProof)| {
        let mut altered = proof.clone();
        change(&mut altered);
        altered.verify(&keys).expect_err("altered").to_string()
    };
    assert!(refused(|proof| proof.event.payload = "{}".to_owned()).contains("the payload is not"));
    assert!(refused(|proof| proof.event.header = proof.event.header.replace("Noted", "Nodded")).contains("not proven"));
    assert!(refused(|proof| proof.index = 5 + 1).contains("not proven"));
    assert!(
        refused(|proof| proof.event.personal.as_mut().expect("there").content = r#"["X"]"#.to_owned())
            .contains("personal part")
    );
    assert!(refused(|proof| proof.inclusion.truncate(1)).contains("hashes"));
    assert!(refused(|proof| proof.checkpoint = proof.checkpoint.replace("\n11\n", "\n12\n")).contains("was altered"));
    assert!(
        proof
            .verify(&[SigningKey::from_seed([6; 32]).verifier(&ledger.origin())])
            .is_err()
    );
    for malformed in [
        "",
        "c2sp.org/tlog-proof@v1\n",
        &text.replace("@v1", "@v2"),
        &text.replace("index 5", "index 05"),
        &text.replace("index 5\n", ""),
        &text.replace("extra ", "extra !"),
    ] {
        let error = EventProof::parse(malformed).expect_err("malformed").to_string();
        assert!(error.starts_with("this is no proof file"), "{error}");
    }
    // A checkpoint of something else proves nothing of this ledger.
    let foreign = dean_ledger::proof::Checkpoint {
        root: [1; 32],
        ..checkpoint
    }
    .sign(&key);
    let error = ledger
        .prove_event(6, &foreign, false)
        .await
        .expect_err("another root")
        .to_string();
    assert!(error.contains("do not have the root of the checkpoint"), "{error}");
    let error = ledger
        .prove_event(12, &note, false)
        .await
        .expect_err("not covered")
        .to_string();
    assert!(error.contains("is not under the checkpoint"), "{error}");
}
