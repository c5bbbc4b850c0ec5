//! The table of tiles is derived, so it may be wrong or gone without any loss; `verify` says so, and names the row.

use dean_ledger::{Ledger, TileReport};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(a_wrong_tile_is_named_and_deleting_the_rows_heals_it);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_000b_0000_0000 + number)
}

async fn tiles(ledger: &Ledger) -> TileReport {
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!(report.faults, [], "the ledger itself is sound");
    assert_eq!(report.tiles.faults_found, report.tiles.faults.len() as u64);
    report.tiles
}

async fn a_wrong_tile_is_named_and_deleting_the_rows_heals_it(place: Place) {
    let ledger = place.open().await;
    // Three complete tiles of leaves, and some leaves more.
    for number in 0..8 {
        let command = append(id(number << 16), vec![stream(id(number), 0, 100)]);
        ledger.append(command).await.expect("recorded");
    }
    assert_eq!(tiles(&ledger).await, TileReport::default(), "none are made yet");
    ledger.fill_tiles().await.expect("filled");
    let sound = TileReport {
        rows: 3,
        ..TileReport::default()
    };
    assert_eq!(tiles(&ledger).await, sound);

    place
        .raw("CREATE TABLE {t}kept AS SELECT * FROM {t}tiles")
        .await
        .expect("kept");
    let zeroes = |bytes: usize| match place.is_postgres() {
        true => format!("decode(repeat('00', {bytes}), 'hex')"),
        false => format!("zeroblob({bytes})"),
    };
    let named = |number: u64, what: &str| {
        (
            number * 256 + 1,
            format!("the table `tiles`, level 0, number {number}: {what}"),
        )
    };
    let (root, hashes) = (
        "the root is not the one that the events make",
        "the hashes are not those that the events make",
    );
    for (sql, expected) in [
        (
            format!("UPDATE {{t}}tiles SET root = {} WHERE number = 1", zeroes(32)),
            vec![named(1, root)],
        ),
        (
            "UPDATE {t}tiles SET hashes = (SELECT hashes FROM {t}kept WHERE number = 0) WHERE number = 2".to_owned(),
            vec![named(2, hashes)],
        ),
        // A row that agrees with itself is as wrong.
        (
            "UPDATE {t}tiles SET hashes = (SELECT hashes FROM {t}kept WHERE number = 2), \
             root = (SELECT root FROM {t}kept WHERE number = 2) WHERE number = 0"
                .to_owned(),
            vec![named(0, root), named(0, hashes)],
        ),
        (
            "DELETE FROM {t}tiles WHERE number = 1".to_owned(),
            vec![named(1, "the row is missing, though later ones are there")],
        ),
        (
            "INSERT INTO {t}tiles (ledger, level, number, root, hashes) SELECT ledger, level, 3, root, hashes FROM {t}kept WHERE number = 2"
                .to_owned(),
            vec![named(3, "it covers events that the ledger does not have")],
        ),
    ] {
        place.raw(&sql).await.expect("altered");
        let found = tiles(&ledger).await;
        let found: Vec<_> = found.faults.into_iter().map(|fault| (fault.position, fault.what)).collect();
        assert_eq!(found, expected, "{sql}");
        place
            .raw("DELETE FROM {t}tiles; INSERT INTO {t}tiles SELECT * FROM {t}kept")
            .await
            .expect("as it was");
    }

    // What the fault says is true: without its rows the table is sound, and they are made again.
    place
        .raw("DELETE FROM {t}tiles WHERE number = 0")
        .await
        .expect("deleted");
    assert_eq!(tiles(&ledger).await.faults_found, 1);
    place.raw("DELETE FROM {t}tiles").await.expect("deleted");
    assert_eq!(tiles(&ledger).await, TileReport::default());
    ledger.fill_tiles().await.expect("filled");
    assert_eq!(tiles(&ledger).await, sound);

    // Where the events themselves are altered, only they are spoken of.
    place.drop_guards().await;
    place
        .raw("UPDATE {t}events SET header = replace(header, 'u1', 'u2') WHERE position = 300")
        .await
        .expect("altered");
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert!(!report.faults.is_empty());
    assert_eq!(report.tiles, TileReport::default());
}
