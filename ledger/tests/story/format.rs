//! The same history gives the same bytes on both databases and for ever: `tests/vectors/format-1.json` can be used to test verifiers in
//! other languages.

use dean_ledger::{Ledger, NewEvent, StreamAppend};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append};

on_both_databases!(a_history_gives_the_bytes_of_the_vectors);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0007_0000_0000 + number)
}

fn event(event_type: &str, payload: Value) -> NewEvent {
    NewEvent {
        event_type: event_type.to_owned(),
        event_version: "1".to_owned(),
        payload,
    }
}

fn project(number: u128, expected_version: u64, events: Vec<NewEvent>) -> StreamAppend {
    StreamAppend {
        aggregate_type: "Project".to_owned(),
        aggregate_id: id(number),
        expected_version,
        events,
    }
}

pub(crate) async fn history(place: &Place) -> Ledger {
    let ledger = place.open().await;
    let drafted = event(
        "Drafted",
        json!({
            "title": "Hỗ trợ máy sấy chè \"Shan tuyết\"\n\t\u{1}\u{7f}\\/",
            "cost": 350_000_000,
            "limits": [9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64, 0, true, false, null],
            "owner": {"$personal": "Giàng A Pháo"},
            "number": {"$personal": "010088001234", "searchable": true},
            // RFC 8785 sorts keys by UTF-16 code units: the emoji (surrogates, D83D…) comes before U+FF3A.
            "keys": {"\u{ff3a}": 1, "😀": 2, "é": 3, "e": 4, "": 5},
        }),
    );
    ledger
        .append(append(
            id(100),
            vec![project(1, 0, vec![drafted, event("Submitted", json!({}))])],
        ))
        .await
        .expect("recorded");
    place.clock.advance(1_500_000);
    let batch = (0..3)
        .map(|n| {
            append(
                id(101 + n),
                vec![project(10 + n, 0, vec![event("Drafted", json!({"n": n as u64}))])],
            )
        })
        .collect();
    ledger.append_batch(batch).await.expect("answered");
    let both = vec![
        project(1, 2, vec![event("Appraised", json!({"score": 87}))]),
        project(10, 1, vec![event("Withdrawn", json!({}))]),
    ];
    ledger.append(append(id(110), both)).await.expect("recorded");
    ledger
}

async fn a_history_gives_the_bytes_of_the_vectors(place: Place) {
    let ledger = history(&place).await;
    let mut commits = Vec::new();
    let mut events = Vec::new();
    let mut tree = dean_ledger::tree::Frontier::default();
    for event in ledger.read(0, 100).await.expect("read") {
        let leaf = dean_ledger::tree::leaf_hash(event.header.as_bytes());
        tree.push(leaf);
        if [2, 5, 7].contains(&event.position) {
            let frontier = hex::encode(tree.to_bytes());
            commits.push(json!({"end": event.position, "root": hex::encode(tree.root()), "frontier": frontier}));
        }
        events.push(json!({
            "header": event.header,
            "payload": event.payload_text,
            "payload_sha256": hex::encode(Sha256::digest(&event.payload_text)),
            "leaf_hash": hex::encode(leaf),
        }));
    }
    let made = json!({
        "about": "Test vectors of ledger format 1 (docs/ledger-format.md). leaf_hash = SHA-256(0x00 || header); roots as in RFC 6962.",
        "commits": commits,
        "events": events,
    });
    let made = format!("{}\n", serde_json::to_string_pretty(&made).expect("JSON"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/format-1.json");
    assert_eq!(
        made,
        std::fs::read_to_string(path).unwrap_or_default(),
        "the format may never change"
    );
    let head = ledger.head().await.expect("a head");
    assert_eq!((head.position, head.root), (7, tree.root()));
    assert_eq!(ledger.verify(|_, _| {}).await.expect("verify runs").faults, []);
}
