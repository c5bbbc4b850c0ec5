//! The database refuses edits; whoever makes them all the same is found out.

use dean_ledger::{Ledger, StreamAppend};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, event, stream};

on_both_databases!(
    edits_are_refused_with_a_reason,
    every_altered_column_is_found_with_its_position,
    missing_and_added_rows_are_found,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0004_0000_0000 + number)
}

/// Five events in three commits; positions 3 and 4 are one command's.
async fn five_events(place: &Place) -> Ledger {
    let ledger = place.open().await;
    ledger
        .append(append(id(100), vec![stream(id(1), 0, 2)]))
        .await
        .expect("recorded");
    let personal = StreamAppend {
        events: vec![event(json!({"who": {"$personal": "Trần C"}})), event(json!({"n": 2}))],
        ..stream(id(2), 0, 1)
    };
    ledger.append(append(id(101), vec![personal])).await.expect("recorded");
    place.clock.advance(1);
    ledger
        .append(append(id(102), vec![stream(id(1), 2, 1)]))
        .await
        .expect("recorded");
    ledger
}

async fn faults(ledger: &Ledger) -> Vec<(u64, String)> {
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!(report.faults_found, report.faults.len() as u64);
    report
        .faults
        .into_iter()
        .map(|fault| (fault.position, fault.what))
        .collect()
}

async fn edits_are_refused_with_a_reason(place: Place) {
    let ledger = five_events(&place).await;
    let mut edits = Vec::new();
    for table in ["events", "commits", "personal_data"] {
        edits.push(format!("DELETE FROM {{t}}{table}"));
        if place.is_postgres() {
            edits.push(format!("TRUNCATE {{t}}{table}"));
            edits.push(format!(
                "SET session_replication_role = replica; DELETE FROM {{t}}{table}"
            ));
        }
    }
    edits.push("UPDATE {t}events SET payload = '{}'".to_owned());
    edits.push("UPDATE {t}commits SET recorded_at = 0".to_owned());
    edits.push("UPDATE {t}personal_data SET content = '[]'".to_owned());
    for edit in edits {
        let error = place.raw(&edit).await.expect_err("refused");
        assert!(
            error.to_string().contains("is refused: the ledger is append-only"),
            "{edit}: {error}"
        );
    }
    assert_eq!(faults(&ledger).await, []);
}

async fn every_altered_column_is_found_with_its_position(place: Place) {
    let ledger = five_events(&place).await;
    let mut calls = Vec::new();
    ledger
        .verify(|done, total| calls.push((done, total)))
        .await
        .expect("verify runs");
    assert_eq!(calls, [(5, 5)]);
    place.drop_guards().await;
    place
        .raw("CREATE TABLE {t}kept AS SELECT * FROM {t}events")
        .await
        .expect("copied");
    let other = if place.is_postgres() {
        "'01940000-0000-7000-8000-000000000009'"
    } else {
        "x'01940000000070008000000000000009'"
    };
    let alterations = [
        ("aggregate_type", "'Plan'"),
        ("aggregate_id", "'01940000-0000-7000-8000-000000000009'"),
        ("sequence", "7"),
        ("event_type", "'Other'"),
        ("event_version", "'2'"),
        ("payload", r#"'{"who":{"$personal": 0}}'"#),
        ("payload", r#"'{"who":{"$personal":1}}'"#),
        ("metadata", r#"'{"note":"Đề án"} '"#),
        ("metadata", "'{}'"),
        ("recorded_at", "recorded_at + 1"),
        ("occurred_on", "'2024-12-31'"),
        ("actor", "'u2'"),
        ("actor_role", "'leader'"),
        ("actor_unit", "'cuc'"),
        ("command_id", other),
        ("command_index", "5"),
        ("header", r#"replace(header, '"Noted"', '"Nodded"')"#),
        ("header", "header || ' '"),
        ("header", "'nonsense'"),
    ];
    for (column, value) in alterations {
        place
            .raw(&format!("UPDATE {{t}}events SET {column} = {value} WHERE position = 3"))
            .await
            .expect("altered");
        let found = faults(&ledger).await;
        let named = |(position, what): &(u64, String)| *position == 3 && (what.contains(column) || column == "header");
        assert!(found.iter().any(named), "{column} = {value}: {found:?}");
        if column == "header" {
            assert!(found.iter().any(|(_, what)| what.contains("root differs")), "{found:?}");
        } else {
            assert!(
                found.iter().all(|(position, _)| [3, 4].contains(position)),
                "{column}: {found:?}"
            );
        }
        place.raw("DELETE FROM {t}events WHERE position = 3; INSERT INTO {t}events SELECT * FROM {t}kept WHERE position = 3").await.expect("restored");
    }
    assert_eq!(faults(&ledger).await, []);
    // The columns that aren't part of the stream's own row.
    place
        .raw(&format!("UPDATE {{t}}events SET ledger = {other} WHERE position = 3"))
        .await
        .expect("altered");
    assert!(
        faults(&ledger)
            .await
            .iter()
            .any(|(_, what)| what.contains("positions from 3 to 3 are missing"))
    );
    place
        .raw("DELETE FROM {t}events WHERE position = 3; INSERT INTO {t}events SELECT * FROM {t}kept WHERE position = 3")
        .await
        .expect("restored");
    place
        .raw("UPDATE {t}events SET position = 9 WHERE position = 3")
        .await
        .expect("altered");
    assert!(
        faults(&ledger)
            .await
            .iter()
            .any(|(position, what)| *position == 6 && what.contains("up to position 9 stand behind the last commit"))
    );
}

async fn missing_and_added_rows_are_found(place: Place) {
    let ledger = five_events(&place).await;
    place.drop_guards().await;
    place
        .raw(
            "CREATE TABLE {t}kept AS SELECT * FROM {t}events; CREATE TABLE {t}kept_commits AS SELECT * FROM {t}commits",
        )
        .await
        .expect("copied");
    let restore = "DELETE FROM {t}events; INSERT INTO {t}events SELECT * FROM {t}kept;
        DELETE FROM {t}commits; INSERT INTO {t}commits SELECT * FROM {t}kept_commits";
    let salt = if place.is_postgres() {
        "decode(repeat('00', 32), 'hex')"
    } else {
        "zeroblob(32)"
    };
    let add_event = "INSERT INTO {t}events SELECT aggregate_type, aggregate_id, sequence + 1, ledger, 6, event_type, event_version, payload,
        metadata, recorded_at, occurred_on, actor, actor_role, actor_unit, command_id, 1, header FROM {t}kept WHERE position = 5";
    let cases = [
        (
            "DELETE FROM {t}events WHERE position = 3".to_owned(),
            3,
            "positions from 3 to 3 are missing",
        ),
        (
            "DELETE FROM {t}events WHERE position = 5".to_owned(),
            5,
            "its last event is missing",
        ),
        (
            "DELETE FROM {t}commits WHERE start = 3".to_owned(),
            3,
            "no commit covers the event",
        ),
        (
            "DELETE FROM {t}commits WHERE start = 5".to_owned(),
            5,
            "behind the last commit",
        ),
        (add_event.to_owned(), 6, "behind the last commit"),
        (
            format!("UPDATE {{t}}commits SET root = {salt} WHERE start = 3"),
            3,
            "root differs",
        ),
        (
            format!("UPDATE {{t}}commits SET frontier = {salt} WHERE start = 3"),
            3,
            "frontier differs",
        ),
        (
            "UPDATE {t}commits SET recorded_at = recorded_at - 5 WHERE start = 3".to_owned(),
            3,
            "older than the one before",
        ),
        (
            r#"UPDATE {t}commits SET "end" = 5 WHERE start = 3"#.to_owned(),
            5,
            "the commit starts at 5",
        ),
        (
            "UPDATE {t}personal_data SET content = '[\"Trần D\"]'".to_owned(),
            3,
            "personal part differs",
        ),
        (
            format!("UPDATE {{t}}personal_data SET content = '[\"Trần C\"]', salt = {salt}"),
            3,
            "personal part differs",
        ),
        (
            "UPDATE {t}personal_data SET position = 4".to_owned(),
            4,
            "the header doesn't know",
        ),
        (
            "UPDATE {t}personal_data SET position = 40".to_owned(),
            40,
            "without its event",
        ),
    ];
    for (alteration, position, what) in cases {
        place.raw(&alteration).await.expect("altered");
        let found = faults(&ledger).await;
        assert!(
            found.iter().any(|fault| fault.0 == position && fault.1.contains(what)),
            "{alteration}: {found:?}"
        );
        place.raw(restore).await.expect("restored");
    }
}
