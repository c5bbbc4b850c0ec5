//! Whole histories, generated: several đề án of every lifecycle that comes with the program, their plans, batches, contracts, inspections,
//! claims and calendars; commands in any order, by any role, at any date. After every act an oracle that knows the events alone checks
//! every rule of the programme; what is refused leaves nothing; at the end a replay gives the same states.
//!
//! `DEAN_HISTORIES` says how many (default 10,000), `DEAN_HISTORIES_FROM` from which seed on (default 0: always the same ones, so that a
//! failure is a change's), `DEAN_HISTORY` lives the history of one seed, e.g. the one that a failure names.

mod acts;
mod asked;
mod dice;
mod generate;
mod oracle;
mod tally;
mod texts;
mod world;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Days;
use dean_aggregates::project::standing::Phase;

use self::asked::{Asked, Attempt, Code};
use self::dice::Dice;
use self::generate::Chooser;
use self::oracle::Oracle;
use self::tally::{Tally, every_command};
use self::texts::day;
use self::world::World;

/// How many histories are lived where nobody says otherwise.
const HISTORIES: u64 = 10_000;

/// How often each command is accepted, and how often it is refused, at least.
const LEAST: u64 = 100;

#[test]
fn every_rule_holds_in_every_history() {
    let told = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|number| number.parse::<u64>().expect("a number"))
    };
    if let Some(seed) = told("DEAN_HISTORY") {
        let mut tally = Tally::default();
        live(seed, &mut tally);
        eprintln!("{tally}");
        return;
    }
    let histories = told("DEAN_HISTORIES").unwrap_or(HISTORIES);
    let from = told("DEAN_HISTORIES_FROM").unwrap_or_default();
    let tally = live_all(from..from + histories);
    eprintln!("{tally}");
    assert_eq!(tally.histories, histories);
    if histories < HISTORIES {
        return;
    }
    assert!(tally.arrived * 2 >= histories, "the generator hardly gets anywhere");
    assert!(tally.settled * 2 >= histories, "the generator hardly settles anything");
    let missing: Vec<String> = every_command()
        .filter_map(|name| {
            let (accepted, refused) = tally.of(name);
            let is_enough = accepted >= LEAST && refused >= LEAST;
            (!is_enough).then(|| format!("{name}: {accepted} accepted, {refused} refused"))
        })
        .collect();
    assert!(missing.is_empty(), "tried too seldom: {missing:#?}");
}

/// On as many threads as there are cores; the same histories whatever their number.
fn live_all(seeds: Range<u64>) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        let lives = (0..threads).map(|_| {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return tally;
                    }
                    let _watch = StopAll(&next);
                    live(seed, &mut tally);
                }
            })
        });
        let mut all = Tally::default();
        for life in lives.collect::<Vec<_>>() {
            match life.join() {
                Ok(tally) => all.add(tally),
                Err(failure) => std::panic::resume_unwind(failure),
            }
        }
        all
    })
}

/// Nobody begins another history once one has failed.
struct StopAll<'a>(&'a AtomicU64);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(u64::MAX / 2, Ordering::Relaxed);
        }
    }
}

/// What was tried; told when a history fails.
struct Journal {
    seed: u64,
    tried: Vec<(Attempt, Option<Code>)>,
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("history {}:", self.seed);
        for (attempt, refused) in &self.tried {
            let of = match &attempt.asked {
                Asked::Step { project, step, .. } => format!("KC-{project} {step}"),
                _ => String::new(),
            };
            let by = &attempt.by;
            eprintln!(
                "  {} {:<28} {of:<28} by {} {}",
                by.occurred_on,
                attempt.name,
                by.actor.id,
                refused.unwrap_or("accepted")
            );
        }
        if let Some((attempt, _)) = self.tried.last() {
            eprintln!("the last one: {attempt:#?}");
        }
    }
}

fn live(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let projects = 1 + dice.index(3);
    let turns = 55 * projects + dice.index(40);
    let first = day("2018-02-01")
        .checked_add_days(Days::new(dice.below(120)))
        .expect("a day");
    let mut world = World::new(first);
    let mut oracle = Oracle::default();
    let mut papers = 1;
    let mut journal = Journal {
        seed,
        tried: Vec::with_capacity(turns),
    };
    for turn in 0..turns {
        let chosen = Chooser::new(&mut dice, (&world, &oracle), &mut papers, projects).attempt();
        let Some(attempt) = chosen else { continue };
        let decided = attempt.decide(&world);
        if turn.is_multiple_of(8) {
            assert_eq!(decided, attempt.decide(&world), "to decide is pure");
        }
        tally.count(&attempt, decided.as_ref().map(|_| ()).map_err(|code| *code));
        journal.tried.push((attempt, decided.as_ref().err().copied()));
        let (attempt, _) = journal.tried.last().expect("just tried");
        match decided {
            Ok(recorded) => {
                tally.events += recorded.events() as u64;
                oracle.record(attempt, &recorded);
                let is_calendar = !recorded.calendars.is_empty();
                world.commit(recorded);
                if is_calendar {
                    world.read_calendars();
                }
                world.today = world.today.checked_add_days(Days::new(dice.below(4))).expect("a day");
            }
            Err(code) => oracle.check_refusal(attempt, code),
        }
    }
    oracle.check_end();
    world.check_replay(seed.is_multiple_of(8));
    tally.histories += 1;
    let is_over = |phase: Phase| {
        matches!(
            phase,
            Phase::Refused | Phase::Stopped | Phase::Archived | Phase::Settled
        )
    };
    let accounts = || oracle.accounts.values();
    let arrived = accounts()
        .filter(|account| account.is_settled || is_over(account.standing.phase))
        .count() as u64;
    tally.projects += oracle.accounts.len() as u64;
    tally.projects_arrived += arrived;
    tally.arrived += u64::from(arrived > 0);
    tally.settled += u64::from(accounts().any(|account| account.is_settled));
}
