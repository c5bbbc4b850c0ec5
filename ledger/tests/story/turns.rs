//! Work that one process of a ledger does at a time.

use std::time::Duration;

use dean_ledger::Ledger;

use crate::on_both_databases;
use crate::support::Place;

const PAUSE: Duration = Duration::from_millis(10);

on_both_databases!(a_turn_is_one_processs_until_it_ends);

async fn takes(ledger: &Ledger, work: &str) -> bool {
    ledger.take_turn(work).await.expect("the database answers").is_some()
}

async fn a_turn_is_one_processs_until_it_ends(place: Place) {
    let ledger = place.open().await;
    if !place.is_postgres() {
        let _turn = ledger.take_turn("reminders").await.expect("it answers").expect("ours");
        assert!(
            takes(&ledger, "reminders").await,
            "one process serves a file, so it is always its turn"
        );
        return;
    }
    let other = place.open().await;
    let mut turn = ledger
        .take_turn("reminders")
        .await
        .expect("it answers")
        .expect("nobody has it");
    assert!(!takes(&other, "reminders").await);
    assert!(takes(&other, "something else").await);
    turn.keep().await.expect("still ours");

    // The session ends, as it does when a process is killed or says nothing for too long.
    place
        .raw(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await
        .expect("an administrator may");
    let mut told = false;
    for _ in 0..100 {
        told = told || turn.keep().await.is_err();
        tokio::time::sleep(PAUSE).await;
    }
    assert!(told, "it is told that the turn is gone");
    assert!(takes(&other, "reminders").await, "somebody else goes on");
    drop(turn);

    // A turn that is dropped ends when the server has noticed, each time.
    for ledger in [&ledger, &other] {
        let mut free = false;
        for _ in 0..100 {
            free = free || takes(ledger, "reminders").await;
            tokio::time::sleep(PAUSE).await;
        }
        assert!(free, "a dropped turn ends");
    }
}
