//! One command over several aggregates: recorded whole or not at all, decided anew when somebody was faster, answered again when repeated.

use std::collections::BTreeMap;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use dean_ledger::{AggregateStore, AppendError, Envelope, ExecuteError, JointCommand, Ledger, Receipt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::on_both_databases;
use crate::stores::{Account, Event, Overdrawn, envelope, id};
use crate::support::Place;

on_both_databases!(
    a_joint_command_is_recorded_whole_and_repeated,
    a_refused_joint_command_leaves_nothing,
    a_stale_part_is_refused,
    racing_joint_commands_lose_no_update,
    a_rule_over_aggregates_holds_in_a_race,
);

/// How much has been moved out of an account, ever: the other kind of aggregate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Journal {
    moved: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Moved {
    moved: i64,
}

impl DomainEvent for Moved {
    fn event_type(&self) -> String {
        "Moved".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Journal {
    const TYPE: &'static str = "Journal";
    type Command = ();
    type Event = Moved;
    type Error = Overdrawn;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Overdrawn> {
        Ok(())
    }

    fn apply(&mut self, event: Moved) {
        self.moved = event.moved;
    }
}

/// What one process holds of the ledger: caches and locks of its own.
#[derive(Clone)]
struct Stores {
    accounts: AggregateStore<Account>,
    journals: AggregateStore<Journal>,
}

impl Stores {
    fn over(ledger: &Ledger) -> Self {
        Self {
            accounts: AggregateStore::new(ledger.clone(), (), 100),
            journals: AggregateStore::new(ledger.clone(), (), 100),
        }
    }

    fn ledger(&self) -> &Ledger {
        self.accounts.ledger()
    }

    /// Moves from one account to another, noted in the journal of the first; it may fall to `least`.
    async fn transfer(
        &self,
        [from, to]: [Uuid; 2],
        (amount, least): (i64, i64),
        expected_version: Option<u64>,
        envelope: Envelope,
    ) -> Result<Receipt, ExecuteError<Overdrawn>> {
        let mut command = JointCommand::new(self.ledger().clone());
        let journal = command.with(&self.journals, from, None);
        let source = command.with(&self.accounts, from, expected_version);
        let target = command.with(&self.accounts, to, None);
        let decide = |parts: &mut dean_ledger::Parts| {
            let total = parts.get(source).total - amount;
            if total < least {
                return Err(Overdrawn(total));
            }
            parts.record(source, Event::Added { amount: -amount, total });
            let total = parts.get(target).total + amount;
            parts.record(target, Event::Added { amount, total });
            let moved = parts.get(journal).moved + amount;
            parts.record(journal, Moved { moved });
            Ok(())
        };
        command.execute(envelope, decide).await
    }

    async fn total(&self, account: Uuid) -> (i64, u64) {
        let (account, version) = self.accounts.load(account).await.expect("loaded");
        (account.total, version)
    }
}

/// Two processes on PostgreSQL; SQLite serves one, in which two sets of caches and locks do as well.
async fn two_processes(place: &Place) -> [Stores; 2] {
    let first = place.open().await;
    let second = if place.is_postgres() {
        place.open().await
    } else {
        first.clone()
    };
    [Stores::over(&first), Stores::over(&second)]
}

async fn a_joint_command_is_recorded_whole_and_repeated(place: Place) {
    let stores = Stores::over(&place.open().await);
    let first = stores
        .transfer([id(1), id(2)], (5, -10), None, envelope(100))
        .await
        .expect("accepted");
    let streams: Vec<_> = first
        .streams
        .iter()
        .map(|stream| {
            (
                stream.aggregate_type.as_str(),
                stream.aggregate_id,
                stream.version,
                stream.first,
            )
        })
        .collect();
    let expected = [
        ("Journal", id(1), 1, 1),
        ("Account", id(1), 1, 2),
        ("Account", id(2), 1, 3),
    ];
    assert_eq!(streams, expected, "in the order in which the aggregates were named");
    // What is in memory goes on where the command ended, and so does what is read anew.
    for stores in [&stores, &Stores::over(stores.ledger())] {
        assert_eq!(
            (stores.total(id(1)).await, stores.total(id(2)).await),
            ((-5, 1), (5, 1))
        );
    }
    // The retry is answered although it would be refused by now.
    stores
        .transfer([id(1), id(2)], (5, -10), None, envelope(101))
        .await
        .expect("accepted");
    let again = stores
        .transfer([id(1), id(2)], (5, -10), None, envelope(100))
        .await
        .expect("answered");
    assert!(again.repeated);
    assert_eq!((&again.streams, again.position), (&first.streams, first.position));
    let mut other = envelope(100);
    other.request_sha256 = [1; 32];
    let error = stores
        .transfer([id(1), id(2)], (5, -100), None, other)
        .await
        .expect_err("refused");
    assert!(
        matches!(error, ExecuteError::Append(AppendError::DifferentRequest { .. })),
        "{error}"
    );
    assert_eq!(stores.ledger().head().await.expect("a head").position, 6);
}

async fn a_refused_joint_command_leaves_nothing(place: Place) {
    let stores = Stores::over(&place.open().await);
    let error = stores
        .transfer([id(1), id(2)], (5, 0), None, envelope(100))
        .await
        .expect_err("refused");
    assert!(matches!(error, ExecuteError::Refused(Overdrawn(-5))), "{error}");
    assert_eq!(stores.ledger().head().await.expect("a head").position, 0);
    assert_eq!(stores.total(id(2)).await, (0, 0));
    // The same command id is decided anew.
    stores
        .transfer([id(1), id(2)], (5, -5), None, envelope(100))
        .await
        .expect("accepted");
}

async fn a_stale_part_is_refused(place: Place) {
    let [here, there] = two_processes(&place).await;
    here.transfer([id(1), id(2)], (1, -10), Some(0), envelope(100))
        .await
        .expect("accepted");
    // The other process moved the account on; what this one remembers is brought up to date before it is judged.
    there
        .transfer([id(1), id(2)], (1, -10), Some(1), envelope(101))
        .await
        .expect("accepted");
    let stale = here
        .transfer([id(1), id(2)], (1, -10), Some(1), envelope(102))
        .await
        .expect_err("stale");
    assert!(
        matches!(stale, ExecuteError::StaleVersion { expected: 1, actual: 2 }),
        "{stale}"
    );
    here.transfer([id(1), id(2)], (1, -10), Some(2), envelope(102))
        .await
        .expect("accepted");
    let again = here.transfer([id(1), id(2)], (1, -10), Some(2), envelope(102)).await;
    assert!(again.expect("answered").repeated);
}

async fn racing_joint_commands_lose_no_update(place: Place) {
    const COMMANDS: u128 = 60;
    let processes = two_processes(&place).await;
    let mut tasks = Vec::new();
    for number in 0..COMMANDS {
        let stores = processes[number as usize % 2].clone();
        // Three accounts in every order: without one order of locks, two of these would wait for each other.
        let (from, to) = (number % 3, (number + 1 + number % 2) % 3);
        tasks.push(tokio::spawn(async move {
            stores
                .transfer([id(1 + from), id(1 + to)], (1, -1_000), None, envelope(100 + number))
                .await
        }));
    }
    for task in tasks {
        task.await.expect("no panic").expect("accepted");
    }
    let read = Stores::over(processes[0].ledger());
    let mut sums = (0, 0, 0);
    for number in 1..=3 {
        let (total, version) = read.total(id(number)).await;
        let (journal, _) = read.journals.load(id(number)).await.expect("loaded");
        sums = (sums.0 + total, sums.1 + version, sums.2 + journal.moved);
    }
    let commands = u64::try_from(COMMANDS).expect("few");
    assert_eq!(
        sums,
        (0, 2 * commands, commands.cast_signed()),
        "total, versions, moved"
    );
    let mut events: BTreeMap<Uuid, usize> = BTreeMap::new();
    for event in read.ledger().read(0, 1_000).await.expect("read") {
        *events.entry(event.command_id).or_default() += 1;
    }
    assert_eq!(events.len(), COMMANDS as usize);
    assert!(
        events.values().all(|count| *count == 3),
        "a command is recorded in part"
    );
    assert_eq!(read.ledger().verify(|_, _| {}).await.expect("verify runs").faults, []);
}

async fn a_rule_over_aggregates_holds_in_a_race(place: Place) {
    let processes = two_processes(&place).await;
    let mut tasks = Vec::new();
    for number in 0..40 {
        let stores = processes[number as usize % 2].clone();
        // Each to an account of its own: only the source, which must not fall below −15, is shared.
        let to = id(10 + number);
        tasks.push(tokio::spawn(async move {
            stores
                .transfer([id(1), to], (1, -15), None, envelope(100 + number))
                .await
        }));
    }
    let mut accepted = 0;
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => accepted += 1,
            Err(ExecuteError::Refused(Overdrawn(-16))) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(accepted, 15);
    let read = Stores::over(processes[1].ledger());
    assert_eq!(read.total(id(1)).await, (-15, 15));
    assert_eq!(read.ledger().head().await.expect("a head").position, 3 * 15);
}
