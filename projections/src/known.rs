//! What the events of one aggregate have said so far, whichever kind it is. A project has a state of its own ([`ProjectState`]); a plan, a
//! batch, a contract, an inspection and a reminder are kept as their aggregate makes them, with the little that it does not remember.

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::batch::{Batch, BatchEvent, BatchWhat};
use dean_aggregates::contract::Contract;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::{Plan, PlanEvent, PlanWhat};
use dean_aggregates::reminder::Reminder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entry::{Entry, Subject, Told};
use crate::error::{ProjectionError, Result};
use crate::state::ProjectState;

/// An aggregate as its events tell it.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Đề án.
    Project(Box<ProjectState>),
    /// Kế hoạch.
    Plan(Box<Known<PlanState>>),
    /// Đợt.
    Batch(Box<Known<BatchState>>),
    /// Hợp đồng.
    Contract(Box<Known<Contract>>),
    /// Cuộc kiểm tra.
    Inspection(Box<Known<Inspection>>),
    /// Nhắc việc.
    Reminder(Box<Known<Reminder>>),
}

/// An aggregate with where it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known<S> {
    /// Its id.
    pub id: Uuid,
    /// How many events it has.
    pub version: u64,
    /// Position of its first event.
    pub first_position: u64,
    /// Business date of its first event.
    pub first_on: NaiveDate,
    /// Position of its last event.
    pub last_position: u64,
    /// Business date of its last event.
    pub last_on: NaiveDate,
    /// What it is.
    pub is: S,
}

/// Kế hoạch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanState {
    /// The aggregate.
    pub plan: Plan,
    /// Σ given back by stops and cuts so far, đồng.
    pub freed: Dong,
}

/// Đợt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BatchState {
    /// The aggregate.
    pub batch: Batch,
    /// Σ given back by stops and cuts so far, đồng.
    pub freed: Dong,
    /// How many decisions there were.
    pub decisions: u32,
    /// Business date of the last of them.
    pub decided_on: Option<NaiveDate>,
}

/// What is kept of an aggregate, event by event.
trait Kept<E>: Default {
    fn take(&mut self, event: E);
}

impl Kept<PlanEvent> for PlanState {
    fn take(&mut self, event: PlanEvent) {
        let freed = match &event.what {
            // What the decision gave some is known one by one; what it took from others is the rest of the difference.
            PlanWhat::DecisionBooked(booked) => {
                let given = booked.raised.iter().map(|raised| raised.by);
                let given = given.fold(booked.before, Dong::saturating_add);
                given.saturating_sub(booked.after)
            }
            PlanWhat::ChangeBooked(booked) => booked.before.saturating_sub(booked.after),
            PlanWhat::EstimateAssigned(_)
            | PlanWhat::EstimateChanged(_)
            | PlanWhat::BatchReserved(_)
            | PlanWhat::BatchCeilingChanged(_) => Dong::ZERO,
        };
        self.freed = self.freed.saturating_add(freed);
        self.plan.apply(event);
    }
}

impl Kept<BatchEvent> for BatchState {
    fn take(&mut self, event: BatchEvent) {
        match &event.what {
            BatchWhat::BatchDecided(decided) => {
                let freed = decided.items.iter().map(|item| item.before.saturating_sub(item.after));
                self.freed = freed.fold(self.freed, Dong::saturating_add);
                self.decisions += 1;
                self.decided_on = Some(event.occurred_on);
            }
            BatchWhat::ProjectChanged(change) => {
                self.freed = self.freed.saturating_add(change.before.saturating_sub(change.after));
            }
            BatchWhat::BatchOpened(_)
            | BatchWhat::CeilingChanged(_)
            | BatchWhat::CandidateAdded(_)
            | BatchWhat::CandidateRemoved(_)
            | BatchWhat::CandidatesRanked(_) => {}
        }
        self.batch.apply(event);
    }
}

impl<A: Aggregate> Kept<A::Event> for A {
    fn take(&mut self, event: A::Event) {
        self.apply(event);
    }
}

impl<S> Known<S> {
    /// The state after the event.
    fn fold<E: Clone>(before: Option<Box<Self>>, subject: Subject, entry: &Entry<E>) -> Result<Box<Self>>
    where
        S: Kept<E>,
    {
        let folded = before.as_ref().map_or(0, |before| before.version);
        if entry.sequence != folded + 1 {
            return Err(ProjectionError::OutOfOrder {
                position: entry.position,
                subject: subject.as_str(),
                id: entry.id,
                expected_after: folded,
                found: entry.sequence,
            });
        }
        let mut state = before.unwrap_or_else(|| {
            Box::new(Self {
                id: entry.id,
                version: 0,
                first_position: entry.position,
                first_on: entry.occurred_on,
                last_position: entry.position,
                last_on: entry.occurred_on,
                is: S::default(),
            })
        });
        state.is.take(entry.event.clone());
        state.version = entry.sequence;
        state.last_position = entry.position;
        state.last_on = entry.occurred_on;
        Ok(state)
    }
}

/// Takes the kind that an event is of out of a state; a note of another kind under the same id is none.
macro_rules! of_kind {
    ($state:expr, $kind:ident) => {
        match $state {
            Some(State::$kind(state)) => Some(state),
            _ => None,
        }
    };
}

impl State {
    /// The state after the event.
    pub(crate) fn fold(before: Option<Self>, told: &Told) -> Result<Self> {
        Ok(match told {
            Told::Project(entry) => {
                let before = of_kind!(before, Project).map(|state| *state);
                Self::Project(Box::new(ProjectState::fold(before, entry)?))
            }
            Told::Plan(entry) => Self::Plan(Known::fold(of_kind!(before, Plan), Subject::Plan, entry)?),
            Told::Batch(entry) => Self::Batch(Known::fold(of_kind!(before, Batch), Subject::Batch, entry)?),
            Told::Contract(entry) => Self::Contract(Known::fold(of_kind!(before, Contract), Subject::Contract, entry)?),
            Told::Inspection(entry) => {
                Self::Inspection(Known::fold(of_kind!(before, Inspection), Subject::Inspection, entry)?)
            }
            Told::Reminder(entry) => Self::Reminder(Known::fold(of_kind!(before, Reminder), Subject::Reminder, entry)?),
        })
    }

    /// Whose state it is.
    pub(crate) fn key(&self) -> (Subject, Uuid) {
        match self {
            Self::Project(state) => (Subject::Project, state.id),
            Self::Plan(state) => (Subject::Plan, state.id),
            Self::Batch(state) => (Subject::Batch, state.id),
            Self::Contract(state) => (Subject::Contract, state.id),
            Self::Inspection(state) => (Subject::Inspection, state.id),
            Self::Reminder(state) => (Subject::Reminder, state.id),
        }
    }

    /// The project's, if it is one's.
    pub(crate) fn project(&self) -> Option<&ProjectState> {
        match self {
            Self::Project(state) => Some(state),
            _ => None,
        }
    }

    /// As it is noted, JSON.
    pub(crate) fn note(&self) -> Result<String> {
        let note = match self {
            Self::Project(state) => serde_json::to_string(state),
            Self::Plan(state) => serde_json::to_string(state),
            Self::Batch(state) => serde_json::to_string(state),
            Self::Contract(state) => serde_json::to_string(state),
            Self::Inspection(state) => serde_json::to_string(state),
            Self::Reminder(state) => serde_json::to_string(state),
        };
        note.map_err(|error| unreadable(self.key(), &error))
    }

    /// From a note.
    pub(crate) fn noted(key: (Subject, Uuid), note: &str) -> Result<Self> {
        fn read<S: DeserializeOwned>(key: (Subject, Uuid), note: &str) -> Result<Box<S>> {
            let state = serde_json::from_str(note);
            state.map(Box::new).map_err(|error| unreadable(key, &error))
        }
        Ok(match key.0 {
            Subject::Project => Self::Project(read(key, note)?),
            Subject::Plan => Self::Plan(read(key, note)?),
            Subject::Batch => Self::Batch(read(key, note)?),
            Subject::Contract => Self::Contract(read(key, note)?),
            Subject::Inspection => Self::Inspection(read(key, note)?),
            Subject::Reminder => Self::Reminder(read(key, note)?),
        })
    }
}

fn unreadable((subject, id): (Subject, Uuid), error: &serde_json::Error) -> ProjectionError {
    ProjectionError::Note {
        subject: subject.as_str(),
        id,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    //! What aggregates remember is noted as it is. Where that changes its form, old notes must not be taken for new ones.

    use std::collections::BTreeMap;
    use std::path::Path;

    use dean_ledger::ScannedEvent;
    use serde_json::Value;

    use super::*;
    use crate::state::VERSION;

    const FOLDED: [(Subject, &[&str]); 5] = [
        (
            Subject::Plan,
            &[
                "EstimateAssigned",
                "EstimateChanged",
                "BatchReserved",
                "BatchCeilingChanged",
                "DecisionBooked",
                "ChangeBooked",
            ],
        ),
        (
            Subject::Batch,
            &[
                "BatchOpened",
                "CeilingChanged",
                "CandidateAdded",
                "CandidateRemoved",
                "CandidateAdded",
                "CandidatesRanked",
                "BatchDecided",
                "ProjectChanged",
            ],
        ),
        (
            Subject::Contract,
            &[
                "ContractConcluded",
                "AppendixConcluded",
                "ProjectsFollowed",
                "ContractReconciled",
                "ContractWoundUp",
            ],
        ),
        (
            Subject::Inspection,
            &[
                "InspectionOrdered",
                "ProjectVisited",
                "FindingRecorded",
                "FindingAnswered",
                "RecoveryOrdered",
                "FindingRemedied",
                "InspectionConcluded",
            ],
        ),
        (
            Subject::Reminder,
            &["ReminderRaised", "ReminderDelivered", "ReminderWithdrawn"],
        ),
    ];

    fn scanned(sequence: u64, event_type: &str) -> ScannedEvent {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../aggregates/tests/golden/{event_type}-1.json"));
        ScannedEvent {
            position: sequence,
            aggregate_id: Uuid::from_u128(7),
            sequence,
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            recorded_at: 0,
            occurred_on: NaiveDate::from_ymd_opt(2019, 1, 10).expect("a day"),
            actor: "a".to_owned(),
            role: "minister".to_owned(),
            unit: "u".to_owned(),
            payload: std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
        }
    }

    /// The notes of aggregates that have had every kind of event, as kept with the version of their form.
    ///
    /// When this fails: raise `state::VERSION`, so that every generation is built anew, and run it with `DEAN_WRITE_GOLDEN=1`.
    #[test]
    fn notes_have_the_form_of_their_version() {
        let mut notes: BTreeMap<&str, Value> = BTreeMap::new();
        for (subject, kinds) in FOLDED {
            let mut state = None;
            for (sequence, kind) in (1..).zip(kinds) {
                let told = Told::scanned(subject, scanned(sequence, kind)).expect("a golden event");
                state = Some(State::fold(state, &told).expect("the next event"));
            }
            let state = state.expect("events");
            let note = state.note().expect("a note");
            assert_eq!(State::noted(state.key(), &note).expect("the same note"), state);
            notes.insert(subject.as_str(), serde_json::from_str(&note).expect("JSON"));
        }
        let found = serde_json::to_string_pretty(&serde_json::json!({"version": VERSION, "notes": notes}));
        let found = found.expect("JSON") + "\n";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/notes.json");
        if std::env::var_os("DEAN_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be made");
            std::fs::write(&file, &found).expect("the golden file can be written");
        }
        let kept = std::fs::read_to_string(&file).expect("the golden file");
        assert_eq!(
            found, kept,
            "the notes' form changed: raise state::VERSION and write the golden file anew"
        );
    }

    #[test]
    fn events_out_of_order_are_refused() {
        let told = Told::scanned(Subject::Plan, scanned(3, "EstimateAssigned")).expect("a golden event");
        let folded = State::fold(None, &told);
        assert!(matches!(
            folded,
            Err(ProjectionError::OutOfOrder {
                subject: "Plan",
                expected_after: 0,
                found: 3,
                ..
            })
        ));
    }
}
