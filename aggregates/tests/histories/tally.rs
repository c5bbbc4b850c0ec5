//! How often each command was accepted, and by which codes it was refused.

use std::collections::BTreeMap;
use std::fmt;

use dean_aggregates::lifecycle::ActionKind;

use crate::asked::{Asked, Attempt, Code};

/// Under which names the commands are counted that are no step of one đề án. Who adds a command to [`Asked`] names it here, and then has to
/// generate it.
macro_rules! commands {
    ($($asked:pat => [$($name:literal),+]),+ $(,)?) => {
        const COMMANDS: &[&str] = &[$($($name),+),+];

        fn is_name_of(name: &str, asked: &Asked) -> bool {
            match asked {
                Asked::Step { .. } => steps().any(|step| step == name),
                $($asked => [$($name),+].contains(&name),)+
            }
        }
    };
}

commands! {
    Asked::Assign(..) => ["assign-estimate"],
    Asked::ChangeEstimate(..) => ["change-estimate"],
    Asked::OpenBatch(..) => ["open-batch"],
    Asked::ChangeCeiling(..) => ["change-ceiling"],
    Asked::Nominate(..) => ["nominate"],
    Asked::RemoveCandidate(..) => ["remove-candidate"],
    Asked::Rank(..) => ["rank"],
    Asked::Decide(..) => ["add in a batch", "approve in a batch", "stop in a batch", "adjust in a batch"],
    Asked::Sign(..) => ["sign-joint-contract"],
    Asked::Amend(..) => ["amend-contract"],
    Asked::Reconcile(..) => ["reconcile-contract"],
    Asked::Liquidate(..) => ["liquidate-joint-contract"],
    Asked::Order(..) => ["order-inspection"],
    Asked::Visit(..) => ["visit"],
    Asked::Find(..) => ["record-finding"],
    Asked::Answer(..) => ["answer-finding"],
    Asked::Recover(..) => ["order-recovery"],
    Asked::Close(..) => ["close-finding-of-inspection"],
    Asked::HandOn(..) => ["hand-finding-on"],
    Asked::Conclude(..) => ["conclude-inspection"],
    Asked::File(..) => ["file-items"],
    Asked::Rule(..) => ["rule-on-double-support"],
    Asked::Publish(..) => ["publish-calendar"],
}

/// Steps that are not chosen here, with the histories that are made of them.
const ELSEWHERE: [(ActionKind, &str); 1] = [(ActionKind::ReportMonth, "domain/month_histories.rs")];

/// The steps that are chosen here.
fn steps() -> impl Iterator<Item = &'static str> {
    let is_elsewhere = |kind: &ActionKind| ELSEWHERE.iter().any(|(elsewhere, _)| elsewhere == kind);
    let here = ActionKind::ALL.iter().filter(move |kind| !is_elsewhere(kind));
    here.map(|kind| kind.as_str())
}

/// Every command there is, whether it was tried or not.
pub(crate) fn every_command() -> impl Iterator<Item = &'static str> {
    steps().chain(COMMANDS.iter().copied())
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    commands: BTreeMap<&'static str, Count>,
    pub(crate) histories: u64,
    pub(crate) events: u64,
    /// Histories in which a đề án was settled.
    pub(crate) settled: u64,
    /// Histories in which a đề án was settled or came to the end of a side path.
    pub(crate) arrived: u64,
    /// The same, of đề án.
    pub(crate) projects: u64,
    pub(crate) projects_arrived: u64,
}

#[derive(Debug, Default)]
struct Count {
    accepted: u64,
    refused: BTreeMap<Code, u64>,
}

impl Count {
    fn refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl Tally {
    pub(crate) fn count(&mut self, attempt: &Attempt, outcome: Result<(), Code>) {
        assert!(
            is_name_of(attempt.name, &attempt.asked),
            "{} is no name of {:?}",
            attempt.name,
            attempt.asked
        );
        let count = self.commands.entry(attempt.name).or_default();
        match outcome {
            Ok(()) => count.accepted += 1,
            Err(code) => *count.refused.entry(code).or_default() += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (name, count) in other.commands {
            let known = self.commands.entry(name).or_default();
            known.accepted += count.accepted;
            for (code, times) in count.refused {
                *known.refused.entry(code).or_default() += times;
            }
        }
        self.histories += other.histories;
        self.events += other.events;
        self.settled += other.settled;
        self.arrived += other.arrived;
        self.projects += other.projects;
        self.projects_arrived += other.projects_arrived;
    }

    /// Accepted and refused.
    pub(crate) fn of(&self, name: &str) -> (u64, u64) {
        self.commands
            .get(name)
            .map_or((0, 0), |count| (count.accepted, count.refused()))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<30} {:>9} {:>9}  refused by", "command", "accepted", "refused")?;
        for (name, count) in &self.commands {
            let mut codes: Vec<_> = count.refused.iter().collect();
            codes.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
            let shown: Vec<String> = codes
                .iter()
                .take(4)
                .map(|(code, times)| format!("{code} {times}"))
                .collect();
            let more = codes.len().saturating_sub(4);
            let more = if more > 0 {
                format!(", {more} more codes")
            } else {
                String::new()
            };
            writeln!(
                f,
                "{name:<30} {:>9} {:>9}  {}{more}",
                count.accepted,
                count.refused(),
                shown.join(", ")
            )?;
        }
        write!(
            f,
            "{} histories, {} events; {} with a settled đề án, {} with one settled or ended; {} of {} đề án settled or ended",
            self.histories, self.events, self.settled, self.arrived, self.projects_arrived, self.projects
        )
    }
}
