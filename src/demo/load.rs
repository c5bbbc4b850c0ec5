//! Day by day: who comes alive, what is due, what is published; one commit per day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cqrs_es::{Aggregate, DomainEvent};
use dean_aggregates::actor::Role;
use dean_aggregates::project::{Project, What};
use dean_aggregates::publication::{Publication, PublicationCommand, PublicationError, PublicationKind, id_of};
use dean_ledger::{Actor, Append, Ledger, NewEvent, StreamAppend};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::calendar::{FIRST_DAY, LAST_DAY, later};
use super::dice::{command_id, fingerprint};
use super::environment::{Switch, evening};
use super::life::{Done, Life, Taken};
use super::places;
use super::planning::{Planning, Today, Waiting};
use super::subject::Subjects;
use super::{DemoError, Loaded, Plan};
use crate::engine::{BUILT_IN, PublishError, Rulebook};

/// Project number under which publications get their ids; projects count from 1.
const PUBLICATIONS: u64 = 0;
/// Step under which the list of places of 2025 gets its id; other publications count down from how many there are.
const PLACES: u64 = 1_000;

/// Makes the demo's ledger, or the rest of it; nothing, when it is complete. `progress` is told simulated days, done and in all. The
/// environment of the ledger is that of `switch`, and the machine's own afterwards, whatever happens.
pub async fn load(
    ledger: &Ledger,
    plan: Plan,
    switch: &Switch,
    progress: impl FnMut(u64, u64),
) -> Result<Loaded, DemoError> {
    let simulated = simulate(ledger, plan, switch, progress).await;
    switch.finish();
    simulated?;
    Ok(Loaded {
        projects: plan.projects,
        events: ledger.head().await?.position,
    })
}

async fn simulate(
    ledger: &Ledger,
    plan: Plan,
    switch: &Switch,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), DemoError> {
    let head = ledger.head().await?;
    let of_the_demo = ledger.position_at_end_of(LAST_DAY).await?;
    let recorded_at = match of_the_demo.checked_sub(1) {
        Some(before) => ledger.read(before, 1).await?.first().map_or(0, |last| last.recorded_at),
        None => 0,
    };
    if recorded_at == evening(LAST_DAY) {
        return Ok(());
    }
    if head.position > of_the_demo {
        // Its days can't be made up for: they would stand after what was recorded since.
        return Err(DemoError::CutShort);
    }
    let days_in_all = u64::try_from((LAST_DAY - FIRST_DAY).num_days()).unwrap_or(0) + 1;
    let mut demo = Demo::new(ledger, plan)?;
    let mut day = FIRST_DAY;
    for done in 1..=days_in_all {
        // Before anything of the day is made: its ids carry the day's time.
        switch.turn_to(day);
        let appends = demo.day(day)?;
        if !appends.is_empty() && evening(day) > recorded_at {
            for answer in ledger.append_batch(appends).await? {
                answer?;
            }
        }
        progress(done, days_in_all);
        day = later(day, 1);
    }
    Ok(())
}

/// The demo as it stands on a day.
struct Demo<'a> {
    ledger: &'a Ledger,
    plan: Plan,
    subjects: Subjects,
    rulebook: Rulebook,
    /// Built-in texts not yet published, the next one last.
    to_publish: Vec<PublicationCommand>,
    publications: BTreeMap<Uuid, Publication>,
    lives: BTreeMap<u32, Life>,
    planning: Planning,
    /// Who acts when.
    due: BTreeSet<(NaiveDate, u32)>,
}

impl<'a> Demo<'a> {
    fn new(ledger: &'a Ledger, plan: Plan) -> Result<Self, DemoError> {
        let mut to_publish = Vec::with_capacity(BUILT_IN.len());
        for built_in in BUILT_IN {
            to_publish.push(built_in.command().map_err(PublishError::Invalid)?);
        }
        // Stable: of one day, they are published in the order of the list.
        to_publish.sort_by_key(published_on);
        to_publish.reverse();
        Ok(Self {
            ledger,
            plan,
            subjects: Subjects::new(plan),
            rulebook: Rulebook::default(),
            to_publish,
            publications: BTreeMap::new(),
            lives: BTreeMap::new(),
            planning: Planning::new(plan.seed, plan.projects),
            due: BTreeSet::new(),
        })
    }

    /// Everything that is recorded on a day, in order.
    fn day(&mut self, day: NaiveDate) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        while let Some(command) = self.to_publish.pop_if(|command| published_on(command) <= day) {
            appends.extend(self.publish(&command, day)?);
        }
        let id = command_id(self.ledger.environment(), self.plan.seed, PUBLICATIONS, PLACES);
        appends.extend(places::published(&mut self.rulebook, day, id)?);
        while let Some(subject) = self.subjects.next_by(day) {
            let number = subject.number;
            let id = command_id(self.ledger.environment(), self.plan.seed, u64::from(number), 0);
            let life = Life::begin(self.plan, subject, id, &self.rulebook)?;
            self.due.extend(life.next_on().map(|on| (on.max(day), number)));
            self.lives.insert(number, life);
        }
        let today = Today {
            day,
            environment: self.ledger.environment(),
            rulebook: &self.rulebook,
        };
        appends.extend(self.planning.published(&today)?);
        let mut waiting: BTreeMap<Uuid, Vec<(Life, Waiting)>> = BTreeMap::new();
        let mut acted = Vec::new();
        while self.due.first().is_some_and(|(on, _)| *on <= day)
            && let Some((_, number)) = self.due.pop_first()
        {
            let Some(mut life) = self.lives.remove(&number) else {
                continue;
            };
            match life.act(day, &self.rulebook, &self.planning)? {
                Some(Done::Taken(taken)) => {
                    let is_over = matches!(
                        taken.events.last().map(|event| &event.what),
                        Some(What::Refused(_) | What::Withdrawn(_))
                    );
                    appends.push(append(self.plan, &today, &mut self.planning, &life, *taken)?);
                    if is_over {
                        appends.extend(self.planning.forget(&today, life.id)?);
                    }
                }
                Some(Done::Nominate(slot)) => appends.extend(self.planning.nominate(&today, &slot, &life)?),
                Some(Done::Waits(what)) => {
                    waiting.entry(what.batch).or_default().push((life, *what));
                    continue;
                }
                None => {}
            }
            acted.push(life);
        }
        // After all that was done alone: what it freed may be given to others.
        for (batch, mut lives) in waiting {
            appends.extend(self.planning.decide(&today, batch, &mut lives)?);
            acted.extend(lives.into_iter().map(|(life, _)| life));
        }
        for life in acted {
            // Not twice on a day: a project's next step is due on a later one.
            if let Some(next) = life.next_on() {
                self.due.insert((next.max(later(day, 1)), life.number()));
                self.lives.insert(life.number(), life);
            }
        }
        Ok(appends)
    }

    /// Published on the day on which a text enters into force, so that a reader sees the law change under running projects.
    fn publish(&mut self, command: &PublicationCommand, day: NaiveDate) -> Result<Option<Append>, DemoError> {
        let PublicationCommand::Publish {
            kind,
            code,
            version,
            text,
            ..
        } = command;
        let aggregate_id = id_of(*kind, code);
        let known = self.publications.entry(aggregate_id).or_default();
        let expected_version = known.versions().len() as u64;
        let published = match known.decide(command) {
            Ok(published) => published,
            Err(PublicationError::AlreadyPublished { .. }) => return Ok(None),
            Err(refusal) => return Err(PublishError::from(refusal).into()),
        };
        let mut events = Vec::with_capacity(published.len());
        for event in published {
            // Where it stands would only be told of a text that can't be read, and this one has just been.
            self.rulebook.add(&event, 0).map_err(PublishError::Invalid)?;
            events.push(new_event(&event)?);
            known.apply(event);
        }
        let step = u64::try_from(self.to_publish.len()).unwrap_or(0);
        let id = command_id(self.ledger.environment(), self.plan.seed, PUBLICATIONS, step);
        Ok(Some(Append {
            command_id: id,
            actor: Actor {
                id: "dean".to_owned(),
                role: Role::Administrator.to_string(),
                unit: "dean".to_owned(),
            },
            occurred_on: day,
            request_sha256: Sha256::digest(text.as_bytes()).into(),
            metadata: BTreeMap::from([
                ("channel".to_owned(), "demo".to_owned()),
                ("version".to_owned(), version.clone()),
            ]),
            streams: vec![StreamAppend {
                aggregate_type: Publication::TYPE.to_owned(),
                aggregate_id,
                expected_version,
                events,
            }],
        }))
    }
}

/// What a step of a project records: the project's event, and what batch and plan record with it.
fn append(
    plan: Plan,
    today: &Today<'_>,
    planning: &mut Planning,
    life: &Life,
    taken: Taken,
) -> Result<Append, DemoError> {
    // Drafting takes the project's own id, as it does in the engine.
    let command_id = match taken.version {
        0 => life.id,
        step => command_id(today.environment, plan.seed, u64::from(life.number()), step),
    };
    let mut streams = vec![StreamAppend {
        aggregate_type: Project::TYPE.to_owned(),
        aggregate_id: life.id,
        expected_version: taken.version,
        events: taken.events.iter().map(new_event).collect::<Result<_, _>>()?,
    }];
    if let Some((batch, in_batch, in_plan)) = taken.booked {
        streams.extend(planning.book(in_batch, in_plan, batch)?);
    }
    Ok(Append {
        command_id,
        actor: Actor {
            id: taken.actor.id,
            role: taken.actor.role.to_string(),
            unit: taken.actor.unit,
        },
        occurred_on: taken.occurred_on,
        request_sha256: fingerprint(command_id, &taken.step),
        metadata: demo_channel(),
        streams,
    })
}

/// The day on which a text is published: places first of all, because every project lies somewhere.
fn published_on(command: &PublicationCommand) -> NaiveDate {
    let PublicationCommand::Publish { kind, valid_from, .. } = command;
    match kind {
        PublicationKind::Places if *valid_from < FIRST_DAY => FIRST_DAY,
        _ => (*valid_from).max(FIRST_DAY),
    }
}

pub(super) fn demo_channel() -> BTreeMap<String, String> {
    BTreeMap::from([("channel".to_owned(), "demo".to_owned())])
}

/// An event as the ledger takes it.
pub(super) fn new_event<E: DomainEvent>(event: &E) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        event_type: event.event_type(),
        event_version: event.event_version(),
        payload: serde_json::to_value(event)?,
    })
}
