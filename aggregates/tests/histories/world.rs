//! A ledger in memory: every stream with its events, and what an act is about to add to them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::batch::Batch;
use dean_aggregates::calendar::{self, Calendar, Timetable};
use dean_aggregates::claim::{Claim, Register};
use dean_aggregates::contract::Contract;
use dean_aggregates::inspection::Inspection;
use dean_aggregates::plan::Plan;
use dean_aggregates::project::Project;
use dean_aggregates::screening::Screening;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// An aggregate with its events: of a ledger all, of an act those that it adds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Stream<A: Aggregate> {
    pub(crate) state: A,
    pub(crate) events: Vec<A::Event>,
}

type Streams<K, A> = BTreeMap<K, Stream<A>>;

/// What an act adds. Projects and their screenings are named by their place in the world.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) projects: Streams<usize, Project>,
    pub(crate) screenings: Streams<usize, Screening>,
    pub(crate) plans: Streams<Uuid, Plan>,
    pub(crate) batches: Streams<Uuid, Batch>,
    pub(crate) contracts: Streams<Uuid, Contract>,
    pub(crate) inspections: Streams<Uuid, Inspection>,
    pub(crate) claims: Streams<Uuid, Claim>,
    pub(crate) calendars: Streams<Uuid, Calendar>,
}

/// The same, of everything that has happened.
pub(crate) struct World {
    pub(crate) today: NaiveDate,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) all: Recorded,
}

static NOTHING: LazyLock<Nothing> = LazyLock::new(Nothing::default);

#[derive(Default)]
struct Nothing {
    project: Project,
    screening: Screening,
    plan: Plan,
    batch: Batch,
    contract: Contract,
    inspection: Inspection,
    claim: Claim,
    calendar: Calendar,
}

/// An act on the way: it sees the world with what it has recorded so far.
pub(crate) struct Act<'w> {
    pub(crate) world: &'w World,
    pub(crate) recorded: Recorded,
}

macro_rules! parts {
    ($($name:ident, $record:ident: $streams:ident[$key:ty] of $aggregate:ty),+ $(,)?) => {
        impl Act<'_> {
            $(
                pub(crate) fn $name(&self, key: $key) -> &$aggregate {
                    let known = self.recorded.$streams.get(&key);
                    known.map_or_else(|| self.world.$name(key), |stream| &stream.state)
                }

                pub(crate) fn $record(&mut self, key: $key, event: <$aggregate as Aggregate>::Event) {
                    if !self.recorded.$streams.contains_key(&key) {
                        let state = self.$name(key).clone();
                        self.recorded.$streams.insert(key, Stream { state, events: Vec::new() });
                    }
                    if let Some(stream) = self.recorded.$streams.get_mut(&key) {
                        stream.state.apply(event.clone());
                        stream.events.push(event);
                    }
                }
            )+
        }

        impl World {
            $(
                pub(crate) fn $name(&self, key: $key) -> &$aggregate {
                    self.all.$streams.get(&key).map_or(&NOTHING.$name, |stream| &stream.state)
                }
            )+

            /// Records an act.
            pub(crate) fn commit(&mut self, recorded: Recorded) {
                $(append(&mut self.all.$streams, recorded.$streams);)+
            }

            /// Whether the events, written and read again, give every state that was reached.
            pub(crate) fn check_replay(&self, written: bool) {
                $(self.all.$streams.values().for_each(|stream| check_replay(stream, written));)+
            }
        }

        impl Recorded {
            pub(crate) fn events(&self) -> usize {
                let mut count = 0;
                $(count += self.$streams.values().map(|stream| stream.events.len()).sum::<usize>();)+
                count
            }
        }
    };
}

parts! {
    project, record_project: projects[usize] of Project,
    screening, record_screening: screenings[usize] of Screening,
    plan, record_plan: plans[Uuid] of Plan,
    batch, record_batch: batches[Uuid] of Batch,
    contract, record_contract: contracts[Uuid] of Contract,
    inspection, record_inspection: inspections[Uuid] of Inspection,
    claim, record_claim: claims[Uuid] of Claim,
    calendar, record_calendar: calendars[Uuid] of Calendar,
}

fn append<K: Ord, A: Aggregate>(known: &mut Streams<K, A>, added: Streams<K, A>) {
    for (key, stream) in added {
        let known = known.entry(key).or_insert_with(|| Stream {
            state: A::default(),
            events: Vec::new(),
        });
        known.state = stream.state;
        known.events.extend(stream.events);
    }
}

fn check_replay<A>(stream: &Stream<A>, written: bool)
where
    A: Aggregate + PartialEq + std::fmt::Debug,
    A::Event: Serialize + DeserializeOwned,
{
    let mut events = stream.events.clone();
    if written {
        let text = serde_json::to_string(&events).expect("events serialise");
        events = serde_json::from_str(&text).expect("events load");
        assert_eq!(events, stream.events, "what was written is read again");
    }
    let mut replayed = A::default();
    for event in events {
        replayed.apply(event);
    }
    assert_eq!(replayed, stream.state, "a replay gives the same state");
}

impl World {
    pub(crate) fn new(today: NaiveDate) -> Self {
        Self {
            today,
            timetable: Arc::default(),
            all: Recorded::default(),
        }
    }

    /// Every project with its place.
    pub(crate) fn projects(&self) -> impl Iterator<Item = (usize, &Project)> {
        self.all.projects.iter().map(|(index, stream)| (*index, &stream.state))
    }

    /// Takes in what was published, as the engine does when it next looks.
    pub(crate) fn read_calendars(&mut self) {
        let mut timetable = Timetable::default();
        for event in self.all.calendars.values().flat_map(|stream| &stream.events) {
            match event.read().expect("it was published") {
                calendar::CalendarText::WorkingDays(year) => timetable.add_year(Arc::new(year)),
                calendar::CalendarText::Deadlines(deadlines) => timetable.add_deadlines(Arc::new(deadlines)),
            }
        }
        self.timetable = Arc::new(timetable);
    }
}

impl Register for Act<'_> {
    /// Everything is at hand, so nothing has to be looked up first.
    fn claim(&self, id: Uuid) -> Option<&Claim> {
        Some(self.claim(id))
    }

    fn keyed(&self, text: &str) -> String {
        format!("hash of {text}")
    }
}

const FIRST: u128 = 0x0194_0000_0000_7000_8000_0000_0000_0000;

pub(crate) fn id_of(index: usize) -> Uuid {
    Uuid::from_u128(FIRST + index as u128)
}

pub(crate) fn index_of(id: Uuid) -> usize {
    usize::try_from(id.as_u128().wrapping_sub(FIRST)).unwrap_or(usize::MAX)
}
