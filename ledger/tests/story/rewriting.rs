//! Whoever may drop the guards can move, insert and replace rows, or write a new history that is sealed as well as the old one. Each is
//! found, and the first wrong position named; the last two by roots that were kept elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};

use dean_ledger::{Head, KeptRoot, Ledger, LedgerError};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, event, stream};

on_both_databases!(
    swapped_and_inserted_rows_are_found_at_their_first_position,
    a_new_history_is_found_by_a_kept_root,
    a_tail_cut_off_is_found_by_a_kept_root,
    other_spellings_of_a_header_are_sound,
    a_ledger_of_several_batches_verifies,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0009_0000_0000 + number)
}

/// One event a commit; returns the head after each.
async fn record(ledger: &Ledger, first: u128, count: u128) -> Vec<Head> {
    let mut heads = Vec::new();
    for number in first..first + count {
        let mut events = stream(id(number), 0, 1);
        events.events = vec![event(json!({"number": number as u64, "who": {"$personal": "Lê D"}}))];
        ledger
            .append(append(id(1_000 + number), vec![events]))
            .await
            .expect("recorded");
        heads.push(ledger.head().await.expect("a head"));
    }
    heads
}

fn kept(head: &Head) -> KeptRoot {
    KeptRoot {
        size: head.position,
        root: head.root,
        source: format!("kept-{}", head.position),
    }
}

async fn first_fault(ledger: &Ledger, kept: &[KeptRoot]) -> Option<(u64, String)> {
    let report = ledger.verify_against(kept, |_, _| {}).await.expect("verify runs");
    report
        .faults
        .into_iter()
        .next()
        .map(|fault| (fault.position, fault.what))
}

async fn swapped_and_inserted_rows_are_found_at_their_first_position(place: Place) {
    let ledger = place.open().await;
    record(&ledger, 0, 6).await;
    place.drop_guards().await;
    let swap =
        "UPDATE {t}events SET position = 100 WHERE position = 3; UPDATE {t}events SET position = 3 WHERE position = 5;
        UPDATE {t}events SET position = 5 WHERE position = 100;";
    place.raw(swap).await.expect("swapped");
    let (position, what) = first_fault(&ledger, &[]).await.expect("a fault");
    assert_eq!(position, 3, "{what}");
    place.raw(swap).await.expect("swapped back");
    assert_eq!(first_fault(&ledger, &[]).await, None);

    // A row pushed in at 4: all later ones move up, and their commits with them.
    place
        .raw(
            r#"UPDATE {t}events SET position = 7 WHERE position = 6; UPDATE {t}events SET position = 6 WHERE position = 5;
        UPDATE {t}events SET position = 5 WHERE position = 4;
        INSERT INTO {t}events SELECT aggregate_type, aggregate_id, 2, ledger, 4, event_type, event_version, payload, metadata, recorded_at,
            occurred_on, actor, actor_role, actor_unit, command_id, 1, header FROM {t}events WHERE position = 3;
        UPDATE {t}commits SET "end" = 7 WHERE start = 6;"#,
        )
        .await
        .expect("inserted");
    let (position, what) = first_fault(&ledger, &[]).await.expect("a fault");
    assert_eq!(position, 4, "{what}");
}

/// Deletes everything from a position on, as nobody but the owner of the tables can.
async fn cut(place: &Place, from: u64) {
    place.drop_guards().await;
    place
        .raw(&format!(
            "DELETE FROM {{t}}events WHERE position >= {from}; DELETE FROM {{t}}commits WHERE start >= {from};
             DELETE FROM {{t}}personal_data WHERE position >= {from};"
        ))
        .await
        .expect("cut");
}

async fn a_new_history_is_found_by_a_kept_root(place: Place) {
    let ledger = place.open().await;
    let heads = record(&ledger, 0, 6).await;
    let kept: Vec<KeptRoot> = heads.iter().map(kept).collect();
    let sound = ledger.verify_against(&kept, |_, _| {}).await.expect("verify runs");
    assert_eq!(
        (sound.faults.len(), sound.kept_roots, sound.root),
        (0, 6, heads[5].root)
    );
    ledger.close().await;
    ledger.database().close().await;
    cut(&place, 4).await;
    // The program itself seals the other history.
    let ledger = place.open().await;
    record(&ledger, 50, 4).await;
    assert_eq!(first_fault(&ledger, &[]).await, None, "in itself it is sound");
    let (position, what) = first_fault(&ledger, &kept).await.expect("a fault");
    assert_eq!(position, 4);
    assert!(
        what.contains("from position 4 to 4") && what.contains("kept-4"),
        "{what}"
    );
    // With fewer kept roots the place is known less exactly, but known.
    let (position, what) = first_fault(&ledger, &[kept[5].clone(), kept[1].clone()])
        .await
        .expect("a fault");
    assert_eq!(position, 3);
    assert!(
        what.contains("from position 3 to 6") && what.contains("kept-6"),
        "{what}"
    );
}

async fn a_tail_cut_off_is_found_by_a_kept_root(place: Place) {
    let ledger = place.open().await;
    let heads = record(&ledger, 0, 5).await;
    let kept = kept(&heads[4]);
    cut(&place, 4).await;
    assert_eq!(first_fault(&ledger, &[]).await, None, "in itself it is sound");
    let (position, what) = first_fault(&ledger, &[kept]).await.expect("a fault");
    assert_eq!(position, 4);
    assert!(
        what.contains("cut off") && what.contains("from 4 to 5") && what.contains("kept-5"),
        "{what}"
    );
}

/// Text that the quick reader of headers leaves to the full parser is no fault.
async fn other_spellings_of_a_header_are_sound(place: Place) {
    let ledger = place.open().await;
    for (number, text) in ["tab\there", "\u{1}", "quote \" and \\", "Đề án", "\u{2028}"]
        .into_iter()
        .enumerate()
    {
        let mut command = append(id(200 + number as u128), vec![stream(id(number as u128), 0, 2)]);
        command.actor.unit = text.to_owned();
        command.metadata = [
            (text.to_owned(), text.to_owned()),
            ("z".to_owned(), "\u{1f}".to_owned()),
        ]
        .into();
        ledger.append(command).await.expect("recorded");
    }
    assert_eq!(first_fault(&ledger, &[]).await, None);
}

/// Large enough for several batches, so that what follows from one to the next is seen; and a stream that dies half-way is an error.
async fn a_ledger_of_several_batches_verifies(place: Place) {
    let ledger = place.open().await;
    let text = "x".repeat(100_000);
    for number in 0..20_u128 {
        let mut events = stream(id(number), 0, 1);
        events.events = (0..10).map(|n| event(json!({"n": n, "text": text}))).collect();
        ledger
            .append(append(id(500 + number), vec![events]))
            .await
            .expect("recorded");
    }
    let mut calls = Vec::new();
    let report = ledger
        .verify(|done, total| calls.push((done, total)))
        .await
        .expect("verify runs");
    assert_eq!((report.events, report.commits, report.faults.len()), (200, 20, 0));
    assert_eq!(report.root, ledger.head().await.expect("a head").root);
    assert!(calls.len() > 3 && calls.last() == Some(&(200, 200)), "{calls:?}");
    if place.is_postgres() {
        let cut = AtomicBool::new(false);
        let runtime = tokio::runtime::Handle::current();
        let outcome = ledger
            .verify(|_, _| {
                if !cut.swap(true, Ordering::Relaxed) {
                    let cutting = place.raw(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'dean stream' AND datname = current_database()",
                    );
                    tokio::task::block_in_place(|| runtime.block_on(cutting)).expect("cut");
                }
            })
            .await;
        assert!(
            matches!(outcome, Err(LedgerError::Database(_))),
            "a stream that dies is no end: {outcome:?}"
        );
    }
}
