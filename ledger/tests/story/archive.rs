//! The ledger as one file: it carries everything, is checked as strictly as a database, and restores bit for bit.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use dean_ledger::archive::{ArchiveError, ArchiveFile, ExportOptions, import};
use dean_ledger::{Access, Database, KeptRoot, Ledger, LedgerError, LedgerOptions, StreamAppend};
use serde_json::json;
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, event, stream};

on_both_databases!(
    a_file_restores_bit_for_bit_into_the_other_database,
    every_change_to_a_file_is_found_with_its_position,
    a_file_that_is_cut_off_is_an_error_wherever_it_is_cut,
    nothing_of_a_file_that_does_not_verify_is_imported,
    a_file_for_outsiders_has_no_secrets_and_still_verifies,
    a_file_is_never_replaced_unasked_and_its_owner_alone_may_read_it,
    a_ledger_that_does_not_verify_is_not_exported,
    an_export_is_a_prefix_while_others_write,
    an_empty_ledger_is_exported_too_and_pipes_may_be_slow,
);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_000a_0000_0000 + number)
}

/// Eleven events in six commits: personal parts, text that needs escapes, two of a commit's time, a client's key.
async fn eleven_events(place: &Place) -> Ledger {
    let ledger = place.open().await;
    for number in 0..5_u128 {
        place.clock.advance(1 + i64::try_from(number).expect("small"));
        let personal = StreamAppend {
            events: vec![
                event(json!({"who": {"$personal": "Trần \"C\"\n\tĐ", "searchable": true}})),
                event(json!({"n": number as u64, "text": "tab\tnewline\n\u{1} Đề án"})),
            ],
            ..stream(id(number), 0, 1)
        };
        let mut command = append(id(100 + number), vec![personal]);
        command.actor.unit = "so \"cong\"\tthuong\u{1}".to_owned();
        ledger.append(command).await.expect("recorded");
    }
    ledger
        .append(append(id(200), vec![stream(id(0), 2, 1)]))
        .await
        .expect("recorded");
    for key in ["a", "Z", "đ"] {
        ledger.map_client_key("u1", key).await.expect("mapped");
    }
    ledger
}

async fn export(ledger: &Ledger) -> Vec<u8> {
    let mut bytes = Vec::new();
    let exported = ledger
        .export(&mut bytes, &ExportOptions::default(), |_, _| {})
        .await
        .expect("exported");
    assert_eq!(exported.bytes, bytes.len() as u64);
    bytes
}

fn file(bytes: &[u8]) -> Result<ArchiveFile, ArchiveError> {
    ArchiveFile::read(Box::new(std::io::Cursor::new(bytes.to_vec())), "test".to_owned())
}

async fn first_fault(bytes: &[u8], kept: &[KeptRoot]) -> Option<(u64, String)> {
    let report = file(bytes)
        .expect("a file")
        .verify(kept, |_, _| {})
        .await
        .expect("readable")
        .report;
    report
        .faults
        .into_iter()
        .next()
        .map(|fault| (fault.position, fault.what))
}

/// An empty place of the other kind.
async fn other_place(place: &Place) -> Place {
    if place.is_postgres() {
        Place::sqlite()
    } else {
        Place::postgres().await
    }
}

async fn database(place: &Place) -> Database {
    Database::open(&place.url, Access::Write)
        .await
        .expect("the database opens")
}

async fn a_file_restores_bit_for_bit_into_the_other_database(place: Place) {
    let ledger = eleven_events(&place).await;
    let bytes = export(&ledger).await;
    let other = other_place(&place).await;
    let target = database(&other).await;
    let mut calls = Vec::new();
    let imported = import(&target, file(&bytes).expect("a file"), &[], |done, total| {
        calls.push((done, total))
    })
    .await
    .expect("imported");
    let head = ledger.head().await.expect("a head");
    assert_eq!(
        (imported.ledger, imported.events, imported.root),
        (ledger.id(), 11, head.root)
    );
    assert_eq!(calls.last(), Some(&(11, 11)));
    let again = import(&target, file(&bytes).expect("a file"), &[], |_, _| {}).await;
    assert!(matches!(again, Err(ArchiveError::Taken { .. })), "{again:?}");

    let restored = Ledger::open(target, other.options()).await.expect("the ledger opens");
    assert_eq!(restored.verify(|_, _| {}).await.expect("verify runs").faults, []);
    assert_eq!(String::from_utf8(export(&restored).await), String::from_utf8(bytes));
    // It goes on where the first one ended: retries get their first answers, clients' keys lead to them, personal texts are found.
    for key in ["a", "Z", "đ"] {
        assert_eq!(
            restored.map_client_key("u1", key).await.expect("mapped"),
            ledger.map_client_key("u1", key).await.expect("mapped")
        );
    }
    let retry = append(id(200), vec![stream(id(0), 2, 1)]);
    let (first, second) = (ledger.append(retry.clone()).await, restored.append(retry).await);
    assert_eq!(first.expect("repeated"), second.expect("repeated"));
    assert_eq!(restored.search_hash("x"), ledger.search_hash("x"));
    let receipt = restored.append(append(id(300), vec![stream(id(9), 0, 1)])).await;
    assert_eq!(receipt.expect("recorded").position, 12);
    assert_eq!(restored.verify(|_, _| {}).await.expect("verify runs").faults, []);
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.split_inclusive('\n').map(str::to_owned).collect()
}

async fn every_change_to_a_file_is_found_with_its_position(place: Place) {
    let ledger = eleven_events(&place).await;
    let head = ledger.head().await.expect("a head");
    let kept = KeptRoot {
        size: 11,
        root: head.root,
        source: "kept".to_owned(),
    };
    let bytes = export(&ledger).await;
    assert_eq!(first_fault(&bytes, std::slice::from_ref(&kept)).await, None);
    let lines = lines(&bytes);
    // Line 0 is the manifest; then two events and a commit, five times; an event and a commit; three keys; the end.
    let event = |position: usize| (position - 1) / 2 * 3 + (position - 1) % 2 + 1;
    assert!(lines[event(11)].starts_with("event\t") && lines[event(11) + 1].starts_with("commit\t"));
    let change = |line: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        assert!(lines[line].contains(from), "{from}: {}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
        lines.concat().into_bytes()
    };
    let commit = event(6) + 1;
    for (what, changed, position) in [
        ("payload", change(event(6), "{\"n\":2", "{\"n\":3"), 6),
        (
            "metadata",
            change(event(6), "\"note\":\"Đề án\"", "\"note\":\"Đề ấn\""),
            5,
        ),
        ("time", change(event(6), "\"recorded_at\":1", "\"recorded_at\":2"), 5),
        ("actor", change(event(6), "\"id\":\"u1\"", "\"id\":\"u2\""), 5),
        ("position", change(event(6), "\"position\":6", "\"position\":7"), 6),
        ("form", change(event(6), "{\"actor\"", "{ \"actor\""), 5),
        (
            "ledger",
            change(
                event(6),
                "\"ledger\":\"01940000-0000-7000-8000-000000000001",
                "\"ledger\":\"01940000-0000-7000-8000-000000000002",
            ),
            5,
        ),
        ("personal part", change(event(5), "[\"Trần", "[\"Trấn"), 5),
        ("salt", change(event(5), "\t[\"Trần", "0\t[\"Trần"), 5),
        ("end of a commit", change(commit, "\"end\":6", "\"end\":7"), 7),
        (
            "time of a commit",
            change(commit, "\"recorded_at\":1", "\"recorded_at\":2"),
            5,
        ),
        ("client's key", change(lines.len() - 2, "\"key\":\"", "\"key\":\"x"), 12),
        ("name", change(0, "\"name\":\"main\"", "\"name\":\"nain\""), 12),
        ("search key", change(0, "\"search_key\":\"", "\"search_key\":\"00"), 12),
        ("end line", change(lines.len() - 1, "\"keys\":3", "\"keys\":4"), 12),
        ("kind of line", change(event(6), "event\t", "evont\t"), 6),
    ] {
        let (found, fault) = first_fault(&changed, &[])
            .await
            .unwrap_or_else(|| panic!("{what} is not found"));
        assert!(found <= position && found + 1 >= position, "{what}: {found}: {fault}");
        let refused = import(
            &database(&other_place(&place).await).await,
            file(&changed).expect("a file"),
            &[],
            |_, _| {},
        )
        .await;
        assert!(refused.is_err(), "{what}");
    }
    for (what, moved, position) in [
        ("deleted", [&lines[..event(6)], &lines[event(7) - 1..]].concat(), 6),
        (
            "inserted",
            [&lines[..event(6)], &lines[event(3)..=event(3)], &lines[event(6)..]].concat(),
            3,
        ),
        (
            "swapped",
            [
                &lines[..event(5)],
                &lines[event(6)..=event(6)],
                &lines[event(5)..=event(5)],
                &lines[commit..],
            ]
            .concat(),
            5,
        ),
        ("deleted commit", [&lines[..commit], &lines[commit + 1..]].concat(), 5),
        ("behind the end", [&lines[..], &lines[event(6)..=event(6)]].concat(), 6),
    ] {
        let found = first_fault(moved.concat().as_bytes(), &[]).await;
        assert!(
            found.as_ref().is_some_and(|(found, _)| *found == position),
            "{what}: {found:?}"
        );
    }
    // A whole commit dropped from the end, and the end line made to fit: only a kept root knows.
    let shorter = Place::sqlite();
    let short = shorter.open().await;
    short
        .append(append(id(400), vec![stream(id(1), 0, 1)]))
        .await
        .expect("recorded");
    let shorter = export(&short).await;
    assert_eq!(first_fault(&shorter, &[]).await, None);
    let (position, what) = first_fault(&shorter, &[kept]).await.expect("found");
    assert!(position == 2 && what.contains("from 2 to 11"), "{position}: {what}");
}

async fn a_file_that_is_cut_off_is_an_error_wherever_it_is_cut(place: Place) {
    let bytes = export(&eleven_events(&place).await).await;
    for length in (0..bytes.len()).step_by(37).chain([bytes.len() - 1]) {
        let error = match file(&bytes[..length]) {
            Ok(file) => file.verify(&[], |_, _| {}).await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(
            matches!(error, Err(ArchiveError::Truncated { .. })),
            "{length}: {error:?}"
        );
    }
    let at_lines = lines(&bytes);
    for count in 1..at_lines.len() {
        let error = file(at_lines[..count].concat().as_bytes())
            .expect("a file")
            .verify(&[], |_, _| {})
            .await;
        assert!(
            matches!(error, Err(ArchiveError::Truncated { .. })),
            "{count} lines: {error:?}"
        );
    }
    let error = file(b"SQLite format 3").err();
    assert!(matches!(error, Some(ArchiveError::Format { .. })), "{error:?}");
    let error = file(b"dean-export\t2\t{}\n").err();
    assert!(matches!(error, Some(ArchiveError::Newer { .. })), "{error:?}");
}

async fn nothing_of_a_file_that_does_not_verify_is_imported(place: Place) {
    // Large enough that rows reach the database before the fault is met.
    let source = Place::sqlite();
    let ledger = source.open().await;
    for number in 0..12_u128 {
        let mut events = stream(id(number), 0, 1);
        events.events = vec![event(json!({"text": "y".repeat(900_000)})); 2];
        ledger
            .append(append(id(500 + number), vec![events]))
            .await
            .expect("recorded");
    }
    let bytes = export(&ledger).await;
    let target = database(&place).await;
    let cut = import(
        &target,
        file(&bytes[..bytes.len() - 5]).expect("a file"),
        &[],
        |_, _| {},
    )
    .await;
    assert!(matches!(cut, Err(ArchiveError::Truncated { .. })), "{cut:?}");
    let mut changed = bytes.clone();
    let place_of_change = bytes.len() - 100_000;
    changed[place_of_change] = b'z';
    let refused = import(&target, file(&changed).expect("a file"), &[], |_, _| {}).await;
    assert!(
        matches!(&refused, Err(ArchiveError::DoesNotVerify { fault, .. }) if fault.position == 24),
        "{refused:?}"
    );
    let wrong = KeptRoot {
        size: 3,
        root: [1; 32],
        source: "kept".to_owned(),
    };
    let refused = import(&target, file(&bytes).expect("a file"), &[wrong], |_, _| {}).await;
    assert!(
        matches!(refused, Err(ArchiveError::DoesNotVerify { .. })),
        "{refused:?}"
    );
    let options = LedgerOptions {
        name: String::new(),
        id: None,
        ..place.options()
    };
    let nothing = Ledger::open(target.clone(), options).await;
    assert!(matches!(nothing, Err(LedgerError::NoLedger { .. })), "{nothing:?}");
    let imported = import(&target, file(&bytes).expect("a file"), &[], |_, _| {})
        .await
        .expect("imported");
    assert_eq!(imported.events, 24);
    let restored = Ledger::open(target, place.options()).await.expect("the ledger opens");
    assert_eq!(export(&restored).await, bytes);
}

async fn a_file_for_outsiders_has_no_secrets_and_still_verifies(place: Place) {
    let ledger = eleven_events(&place).await;
    let options = ExportOptions {
        public: true,
        signer: Some(Box::new(|size, root| format!("note\n{size} {}\n", hex(&root)))),
    };
    let mut bytes = Vec::new();
    let exported = ledger.export(&mut bytes, &options, |_, _| {}).await.expect("exported");
    let text = std::str::from_utf8(&bytes).expect("UTF-8");
    assert!(
        !text.contains("Trần") && !text.contains("search_key") && !text.contains("\nkey\t"),
        "{text}"
    );
    let found = file(&bytes)
        .expect("a file")
        .verify(&[], |_, _| {})
        .await
        .expect("readable");
    assert_eq!((found.report.faults.len(), found.report.personal_erased), (0, 5));
    assert_eq!(found.checkpoint, Some(format!("note\n11 {}\n", hex(&exported.root))));
    let refused = import(
        &database(&other_place(&place).await).await,
        file(&bytes).expect("a file"),
        &[],
        |_, _| {},
    )
    .await;
    assert!(matches!(refused, Err(ArchiveError::Public { .. })), "{refused:?}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn names(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().into())
        .collect()
}

async fn a_file_is_never_replaced_unasked_and_its_owner_alone_may_read_it(place: Place) {
    let ledger = eleven_events(&place).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ledger.dean");
    let options = ExportOptions::default();
    for read_back in [false, true] {
        ledger
            .export_file(&path, &options, true, read_back, |_, _| {})
            .await
            .expect("exported");
        let mode = path.metadata().expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read(&path).expect("the file"), export(&ledger).await);
    }
    std::fs::write(&path, "precious").expect("written");
    let refused = ledger.export_file(&path, &options, false, true, |_, _| {}).await;
    assert!(matches!(refused, Err(ArchiveError::Exists { .. })), "{refused:?}");
    assert_eq!(std::fs::read(&path).expect("the file"), b"precious");
    let refused = ledger
        .export_file(&folder.path().join("none/x"), &options, false, true, |_, _| {})
        .await;
    assert!(matches!(refused, Err(ArchiveError::File { .. })), "{refused:?}");
    place.drop_guards().await;
    place
        .raw("UPDATE {t}events SET actor = 'u2' WHERE position = 3")
        .await
        .expect("altered");
    let refused = ledger.export_file(&path, &options, true, true, |_, _| {}).await;
    assert!(
        matches!(refused, Err(ArchiveError::DoesNotVerify { .. })),
        "{refused:?}"
    );
    assert_eq!(
        std::fs::read(&path).expect("the file"),
        b"precious",
        "the last good one stays"
    );
    assert_eq!(
        names(folder.path()),
        [PathBuf::from("ledger.dean")],
        "nothing half-written stays"
    );
}

async fn a_ledger_that_does_not_verify_is_not_exported(place: Place) {
    let ledger = eleven_events(&place).await;
    place.drop_guards().await;
    for (change, position) in [
        ("UPDATE {t}events SET payload = '{}' WHERE position = 4", 4),
        (
            "DELETE FROM {t}personal_data WHERE position = 3; UPDATE {t}personal_data SET position = 4 WHERE position = 5",
            4,
        ),
        ("DELETE FROM {t}events WHERE position = 11", 4),
    ] {
        place.raw(change).await.expect("altered");
        let refused = ledger
            .export(std::io::sink(), &ExportOptions::default(), |_, _| {})
            .await;
        assert!(
            matches!(&refused, Err(ArchiveError::DoesNotVerify { fault, .. }) if fault.position == position),
            "{refused:?}"
        );
    }
}

async fn an_export_is_a_prefix_while_others_write(place: Place) {
    let ledger = eleven_events(&place).await;
    let writing = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            for number in 0..400_u128 {
                let command = append(id(1_000 + number), vec![stream(id(2_000 + number), 0, 3)]);
                ledger.append(command).await.expect("recorded");
            }
        }
    });
    let mut last = 0;
    while !writing.is_finished() {
        let bytes = export(&ledger).await;
        let report = file(&bytes)
            .expect("a file")
            .verify(&[], |_, _| {})
            .await
            .expect("readable")
            .report;
        assert_eq!(report.faults, []);
        assert!(report.events >= last);
        last = report.events;
    }
    writing.await.expect("written");
    let whole = String::from_utf8(export(&ledger).await).expect("UTF-8");
    assert!(whole.contains("\"events\":1211") && last > 11, "{last}");
}

/// Hands out a few bytes at a time, as a slow pipe does.
struct Slow(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

async fn an_empty_ledger_is_exported_too_and_pipes_may_be_slow(place: Place) {
    let ledger = place.open().await;
    let empty = export(&ledger).await;
    assert_eq!(first_fault(&empty, &[]).await, None);
    let other = other_place(&place).await;
    let imported = import(&database(&other).await, file(&empty).expect("a file"), &[], |_, _| {}).await;
    assert_eq!(imported.expect("imported").events, 0);
    ledger
        .append(append(id(1), vec![stream(id(2), 0, 3)]))
        .await
        .expect("recorded");
    let bytes = export(&ledger).await;
    let slow = ArchiveFile::read(Box::new(Slow(std::io::Cursor::new(bytes))), "slow".to_owned()).expect("a file");
    let report = slow.verify(&[], |_, _| {}).await.expect("readable").report;
    assert_eq!((report.events, report.faults), (3, vec![]));
}
