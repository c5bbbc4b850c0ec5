//! One key, recorded; checkpoints that never contradict each other, whatever was done to the database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dean_ledger::Ledger;
use dean_ledger::proof::{
    Checkpoint, CheckpointFolder, CheckpointPublisher, CheckpointSigner, SignError, SigningKey, SigningKeyError,
};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(
    a_ledger_keeps_its_key_until_told_otherwise,
    every_checkpoint_continues_the_one_before,
    a_cut_or_rewritten_ledger_gets_no_signature,
    two_histories_under_one_key_are_told_by_their_checkpoints,
    a_folder_of_something_else_is_refused,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_000a_0000_0000 + number)
}

async fn record(ledger: &Ledger, number: u128) {
    let command = append(id(number << 16), vec![stream(id(number), 0, 2)]);
    ledger.append(command).await.expect("recorded");
}

/// Takes away everything from a position on, as only the owner of the tables can.
async fn cut(place: &Place, from: u64) {
    place.drop_guards().await;
    place
        .raw(&format!(
            "DELETE FROM {{t}}events WHERE position >= {from}; DELETE FROM {{t}}commits WHERE start >= {from}"
        ))
        .await
        .expect("cut");
}

async fn signer(ledger: &Ledger, key: &SigningKey, folder: &Path) -> Result<CheckpointSigner, SignError> {
    let folder = CheckpointFolder::open(folder, &ledger.origin(), vec![key.verifier(&ledger.origin())])?;
    CheckpointSigner::open(ledger, key.clone(), Some(folder)).await
}

fn read(path: &Path, key: &SigningKey, ledger: &Ledger) -> Checkpoint {
    let note = std::fs::read_to_string(path).expect("published");
    Checkpoint::open(&note, &[key.verifier(&ledger.origin())]).expect("signed")
}

async fn a_ledger_keeps_its_key_until_told_otherwise(place: Place) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let ledger = place.open().await;
    assert_eq!(ledger.verifier_keys().await.expect("read"), []);
    let (first, second) = tokio::join!(ledger.signing_key(&path, false), ledger.signing_key(&path, false));
    let name = ledger.origin();
    let key = first.expect("made").verifier(&name);
    assert_eq!(second.expect("the same").verifier(&name), key);
    assert_eq!(ledger.verifier_keys().await.expect("read"), std::slice::from_ref(&key));
    assert_eq!(name, "dean/01940000-0000-7000-8000-000000000001");

    let lost = folder.path().join("elsewhere");
    let error = ledger.signing_key(&lost, false).await.expect_err("no key there");
    assert!(matches!(&error, SigningKeyError::Lost { .. }), "{error}");
    assert!(!lost.exists(), "and none is made");
    std::fs::write(&lost, SigningKey::generate().to_pem().as_str()).expect("written");
    std::fs::set_permissions(&lost, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("ours");
    let error = ledger.signing_key(&lost, false).await.expect_err("another key");
    assert!(
        matches!(&error, SigningKeyError::Other { .. }) && error.to_string().contains(&key.to_string()),
        "{error}"
    );

    let replaced = ledger.signing_key(&lost, true).await.expect("as told").verifier(&name);
    assert_eq!(ledger.verifier_keys().await.expect("read"), [key, replaced.clone()]);
    assert_eq!(
        ledger
            .signing_key(&lost, false)
            .await
            .expect("from now on")
            .verifier(&name),
        replaced
    );
    assert!(
        ledger.signing_key(&path, false).await.is_err(),
        "the first one no longer"
    );
    let refused = place
        .raw("DELETE FROM {t}signing_keys")
        .await
        .expect_err("append-only")
        .to_string();
    assert!(refused.contains("is refused"), "{refused}");
}

async fn every_checkpoint_continues_the_one_before(place: Place) {
    let folder = tempfile::tempdir().expect("a folder");
    let key = SigningKey::from_seed([1; 32]);
    let ledger = place.open().await;
    let signing = Arc::new(signer(&ledger, &key, folder.path()).await.expect("an empty folder"));
    assert_eq!(signing.sign_head().await.expect("signed").checkpoint.size, 0);
    signing.publish().await.expect("nothing to publish");
    assert!(!folder.path().join("latest").exists());
    record(&ledger, 1).await;
    signing.publish().await.expect("published");
    let once = std::fs::read(folder.path().join("2.checkpoint")).expect("published");
    signing.publish().await.expect("the head has not moved");
    assert_eq!(std::fs::read(folder.path().join("2.checkpoint")).expect("kept"), once);

    let publisher = CheckpointPublisher::start(Arc::clone(&signing), Duration::from_millis(20));
    record(&ledger, 2).await;
    let published = async {
        while !folder.path().join("4.checkpoint").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), published)
        .await
        .expect("published by itself");
    record(&ledger, 3).await;
    publisher.stop().await.expect("and a last one at the end");
    assert_eq!(read(&folder.path().join("latest"), &key, &ledger).size, 6);

    // Another process over the same folder is ahead or behind; both go on.
    let other = signer(&ledger, &key, folder.path()).await.expect("continues");
    record(&ledger, 4).await;
    let (ours, theirs) = tokio::join!(signing.publish(), other.publish());
    ours.and(theirs).expect("both publish");
    let head = ledger.head().await.expect("a head");
    let latest = read(&folder.path().join("latest"), &key, &ledger);
    assert_eq!((latest.size, latest.root), (8, head.root));
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            ".lock",
            "2.checkpoint",
            "4.checkpoint",
            "6.checkpoint",
            "8.checkpoint",
            "latest"
        ]
    );
}

async fn a_cut_or_rewritten_ledger_gets_no_signature(place: Place) {
    let folder = tempfile::tempdir().expect("a folder");
    let key = SigningKey::from_seed([1; 32]);
    let ledger = place.open().await;
    for number in 1..=3 {
        record(&ledger, number).await;
    }
    let signing = signer(&ledger, &key, folder.path()).await.expect("an empty folder");
    signing.publish().await.expect("published");
    let kept = std::fs::read(folder.path().join("latest")).expect("published");

    cut(&place, 5).await;
    let short = place.open_again(ledger).await;
    let error = signer(&short, &key, folder.path()).await.expect_err("cut");
    assert!(
        matches!(error, SignError::RolledBack { signed: 6, size: 4, .. }),
        "{error}"
    );
    // `latest` alone is not the memory.
    std::fs::remove_file(folder.path().join("latest")).expect("removed");
    assert!(matches!(
        signer(&short, &key, folder.path()).await,
        Err(SignError::RolledBack { .. })
    ));
    std::fs::write(folder.path().join("latest"), &kept).expect("put back");

    // Grown again to the same size, then beyond: consistent in itself, but not what was signed.
    for (number, size) in [(13, 6), (14, 8)] {
        record(&short, number).await;
        assert_eq!(short.head().await.expect("a head").position, size);
        assert_eq!(short.verify(|_, _| {}).await.expect("verify runs").faults, []);
        let error = signer(&short, &key, folder.path()).await.expect_err("rewritten");
        assert!(matches!(error, SignError::Rewritten { signed: 6, .. }), "{error}");
    }
    let names = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(names, 3, "nothing was added: .lock, 6.checkpoint, latest");
    assert_eq!(std::fs::read(folder.path().join("latest")).expect("there"), kept);

    // A signer that is running when it happens refuses too, also one without a folder.
    let running = CheckpointSigner::open(&short, key.clone(), None)
        .await
        .expect("no memory, no contradiction");
    assert_eq!(running.sign_head().await.expect("signed").checkpoint.size, 8);
    place
        .raw("DELETE FROM {t}events WHERE position >= 7; DELETE FROM {t}commits WHERE start >= 7")
        .await
        .expect("cut");
    assert!(matches!(
        running.sign_head().await,
        Err(SignError::RolledBack { signed: 8, size: 6, .. })
    ));
}

async fn two_histories_under_one_key_are_told_by_their_checkpoints(place: Place) {
    let key = SigningKey::from_seed([1; 32]);
    let other = if place.is_postgres() {
        Place::postgres().await
    } else {
        Place::sqlite()
    };
    let (mine, theirs) = (place.open().await, other.open().await);
    assert_eq!(mine.origin(), theirs.origin(), "they claim to be one ledger");
    record(&mine, 1).await;
    record(&theirs, 1).await;
    record(&mine, 2).await;
    record(&theirs, 3).await;
    let sign = async |ledger: &Ledger| {
        let signer = CheckpointSigner::open(ledger, key.clone(), None)
            .await
            .expect("a signer");
        let note = signer.sign_head().await.expect("signed").note;
        Checkpoint::open(&note, &[key.verifier(&ledger.origin())]).expect("a verifier sees nothing wrong with either")
    };
    let (one, two) = (sign(&mine).await, sign(&theirs).await);
    assert!(one.contradicts(&two) && !one.contradicts(&one));
    // At different sizes the larger one's server must prove consistency, and can't.
    record(&theirs, 4).await;
    let later = sign(&theirs).await;
    assert!(!one.contradicts(&later));
    let mut tree = theirs.sealed_tree(0).await.expect("a tree");
    let proof = tree
        .consistency(one.size, later.size)
        .await
        .expect("a proof of their own history");
    let check = dean_ledger::proof::merkle::verify_consistency;
    check((two.size, &two.root), (later.size, &later.root), &proof).expect("it continues theirs");
    check((one.size, &one.root), (later.size, &later.root), &proof).expect_err("but not ours");
}

async fn a_folder_of_something_else_is_refused(place: Place) {
    let folder = tempfile::tempdir().expect("a folder");
    let key = SigningKey::from_seed([1; 32]);
    let ledger = place.open().await;
    record(&ledger, 1).await;
    let foreign = SigningKey::from_seed([2; 32]);
    let note = Checkpoint {
        origin: ledger.origin(),
        size: 1,
        root: [0; 32],
    }
    .sign(&foreign);
    for note in [note.as_str(), "hello"] {
        std::fs::write(folder.path().join("latest"), note).expect("written");
        let error = signer(&ledger, &key, folder.path())
            .await
            .expect_err("foreign")
            .to_string();
        assert!(error.contains("no checkpoint of this ledger"), "{error}");
    }
}
