//! Two strangers with a checkpoint each: a file tells them whether both are of one history, and shows it when they aren't.

use dean_ledger::Ledger;
use dean_ledger::proof::{Checkpoint, ConsistencyProof, ProveError, SigningKey};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(two_checkpoints_of_any_sizes_are_compared_without_a_database);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_000c_0000_0000 + number)
}

/// A ledger of so many events whose content depends on `variant`.
async fn ledger_of(place: &Place, events: u128, variant: u128) -> Ledger {
    let ledger = place.open().await;
    for number in 0..events {
        let command = append(id((number + variant) << 16), vec![stream(id(number), 0, 1)]);
        ledger.append(command).await.expect("recorded");
    }
    ledger
}

async fn two_checkpoints_of_any_sizes_are_compared_without_a_database(place: Place) {
    const SIZE: u64 = 13;
    let ledger = ledger_of(&place, SIZE.into(), 0).await;
    // Another history of the same ledger, under the same key.
    let elsewhere = Place::sqlite();
    let forged = ledger_of(&elsewhere, 7, 1_000).await;
    let key = SigningKey::from_seed([8; 32]);
    let (origin, keys) = (ledger.origin(), [key.verifier(&ledger.origin())]);
    assert_eq!(forged.origin(), origin);
    let sign = async |ledger: &Ledger, size: u64| {
        let mut tree = ledger.sealed_tree(0).await.expect("a tree");
        let root = tree.root_at(size).await.expect("a root");
        let checkpoint = Checkpoint {
            origin: origin.clone(),
            size,
            root,
        };
        (checkpoint.sign(&key), checkpoint)
    };
    for later in 0..=SIZE {
        for earlier in 0..=later {
            let ((from, first), (to, last)) = (sign(&ledger, earlier).await, sign(&ledger, later).await);
            let proof = ledger.prove_consistency(&from, &to).await.expect("both are of it");
            let read = ConsistencyProof::parse(&proof.to_string()).expect("our own form");
            assert_eq!(read, proof);
            let compared = read.verify(&keys).expect("it proves");
            assert_eq!(
                (compared.earlier, compared.later, compared.contradict),
                (first, last, false),
                "{earlier} and {later}"
            );
        }
        // Whoever was given a checkpoint of the other history gets the proof of that; from the same file, with no ledger at hand.
        for earlier in 1..=later.min(7) {
            let ((from, other), (to, _)) = (sign(&forged, earlier).await, sign(&ledger, later).await);
            let proof = ledger
                .prove_consistency(&from, &to)
                .await
                .expect("the later one is of it");
            let compared = ConsistencyProof::parse(&proof.to_string())
                .expect("our own form")
                .verify(&keys)
                .expect("it proves");
            assert!(
                compared.contradict && compared.earlier == other,
                "{earlier} and {later}"
            );
            // Nobody makes two honest checkpoints contradict each other, or two histories one.
            let (honest, _) = sign(&ledger, earlier).await;
            for (earlier, root) in [(&honest, other.root), (&from, other.root)] {
                let lie = ConsistencyProof {
                    earlier: earlier.clone(),
                    root,
                    ..proof.clone()
                };
                let error = lie.verify(&keys).expect_err("a lie").to_string();
                assert!(error.starts_with("nothing is proven"), "{error}");
            }
        }
    }

    let ((five, _), (nine, nine_of)) = (sign(&ledger, 5).await, sign(&ledger, 9).await);
    let refused = async |from: &str, to: &str| ledger.prove_consistency(from, to).await.expect_err("refused");
    assert!(matches!(
        refused(&nine, &five).await,
        ProveError::Order { from: 9, to: 5 }
    ));
    let (foreign, _) = sign(&forged, 6).await;
    assert!(matches!(
        refused(&five, &foreign).await,
        ProveError::OtherRoot { size: 6 }
    ));
    let beyond = Checkpoint {
        size: SIZE + 1,
        ..nine_of.clone()
    }
    .sign(&key);
    assert!(matches!(
        refused(&five, &beyond).await,
        ProveError::OtherRoot { size: 14 }
    ));
    let elsewhere = Checkpoint {
        origin: "dean/other".to_owned(),
        ..nine_of
    }
    .sign(&key);
    assert!(matches!(
        refused(&five, &elsewhere).await,
        ProveError::OtherLedger { .. }
    ));

    let proof = ledger.prove_consistency(&five, &nine).await.expect("proven");
    let text = proof.to_string();
    let wrong = |change: &dyn Fn(&mut ConsistencyProof)| {
        let mut altered = proof.clone();
        change(&mut altered);
        altered.verify(&keys).expect_err("altered").to_string()
    };
    assert!(wrong(&|proof| proof.hashes.truncate(1)).starts_with("nothing is proven"));
    assert!(wrong(&|proof| proof.hashes[0][0] ^= 1).starts_with("nothing is proven"));
    assert!(wrong(&|proof| proof.root[0] ^= 1).starts_with("nothing is proven"));
    assert!(wrong(&|proof| proof.later = proof.later.replace("\n9\n", "\n10\n")).starts_with("the later checkpoint"));
    assert!(
        wrong(&|proof| proof.earlier = proof.earlier.replace("\n5\n", "\n4\n")).starts_with("the earlier checkpoint")
    );
    let stranger = [SigningKey::from_seed([9; 32]).verifier(&origin)];
    assert!(proof.verify(&stranger).is_err());
    for malformed in [
        "",
        "dean/consistency-proof@v1\n",
        &text.replace("@v1", "@v2"),
        &text.replace("root ", "top "),
        &text.replacen("\n\n", "\n", 1),
        &format!("{text}\n{five}"),
    ] {
        let error = ConsistencyProof::parse(malformed).expect_err("malformed").to_string();
        assert!(error.starts_with("this is no proof file"), "{error}");
    }
}
