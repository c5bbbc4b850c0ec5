//! Appends that wait together: one that conflicts neither fails, delays nor reorders the others.

use std::task::Poll;
use std::time::{Duration, Instant};

use dean_ledger::{AppendError, Ledger};
use uuid::Uuid;

use crate::on_both_databases;
use crate::support::{Place, append, stream};

on_both_databases!(neighbours_of_a_conflict_keep_their_order_and_their_commit);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0002_0000_0000 + number)
}

/// Until so many appends wait for the writer.
async fn until_waiting(ledger: &Ledger, appends: usize) {
    let begun = Instant::now();
    while ledger.stats().queue_len != appends {
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", ledger.stats());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Not through `append_batch`, but as callers come: each on its own, at the same time.
async fn neighbours_of_a_conflict_keep_their_order_and_their_commit(place: Place) {
    let ledger = place.open().await;
    let first = append(id(1), vec![stream(id(500), 0, 1)]);
    ledger.append(first.clone()).await.expect("recorded");
    let commits = ledger.stats().batches;
    let held = place.hold_writers().await;
    // Asked, which is what a first poll does, and on its way: nothing waits.
    let mut filler = Box::pin(ledger.append(append(id(2), vec![stream(id(501), 0, 1)])));
    let asked = std::future::poll_fn(|context| Poll::Ready(filler.as_mut().poll(context))).await;
    assert!(asked.is_pending(), "nobody commits now: {asked:?}");
    until_waiting(&ledger, 0).await;
    // While it is held up, these come and wait together: good ones, one that conflicts over one of its two streams, a retry, one sent twice.
    let twice = append(id(6), vec![stream(id(505), 0, 1)]);
    let commands = [
        append(id(3), vec![stream(id(502), 0, 2), stream(id(500), 1, 1)]),
        append(id(4), vec![stream(id(503), 0, 1), stream(id(500), 1, 1)]),
        first,
        append(id(5), vec![stream(id(504), 0, 1)]),
        twice.clone(),
        twice,
    ];
    let waiting = commands.len();
    let (filler, mut answers, ()) = futures_util::future::join3(
        filler,
        futures_util::future::join_all(commands.into_iter().map(|command| ledger.append(command))),
        async {
            until_waiting(&ledger, waiting).await;
            held.release().await;
        },
    )
    .await;
    answers.insert(0, filler);
    let position = |index: usize| answers[index].as_ref().expect("recorded").position;
    assert_eq!((position(0), position(1)), (2, 5));
    assert!(
        matches!(&answers[2], Err(AppendError::Conflict { aggregate_id, expected: 1, actual: 2, .. }) if *aggregate_id == id(500)),
        "{:?}",
        answers[2]
    );
    let retry = answers[3].as_ref().expect("answered");
    assert!(retry.repeated && retry.position == 1, "{retry:?}");
    assert_eq!(
        (position(4), position(5), position(6)),
        (6, 7, 7),
        "nobody's place is lost or taken"
    );
    let repeated = |index: usize| answers[index].as_ref().expect("recorded").repeated;
    assert_eq!(
        (repeated(5), repeated(6)),
        (false, true),
        "one of two equal commands is the first"
    );
    assert_eq!(
        ledger.read_stream("Project", id(503), None).await.expect("read"),
        [],
        "all or nothing"
    );
    assert_eq!(
        ledger.stats().batches - commits,
        2,
        "the filler's, and one for all that came during it"
    );
    let report = ledger.verify(|_, _| {}).await.expect("verify runs");
    assert_eq!((report.faults.as_slice(), report.events), ([].as_slice(), 7));
}
