//! A project's story for tests: given what happened, when a step is taken, then an event or a refusal. Papers that a step asks for are
//! filed unless a test withholds them.

pub(crate) mod pact;
pub(crate) mod round;
pub(crate) mod samples;
pub(crate) mod season;
pub(crate) mod world;

use std::sync::Arc;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::calendar::Timetable;
use dean_aggregates::lifecycle::{Lifecycle, Pinned, Taker};
use dean_aggregates::places::Places;
use dean_aggregates::project::action::Action;
use dean_aggregates::project::contracted::Contracted;
use dean_aggregates::project::event::BatchReference;
use dean_aggregates::project::papers::{Paper, PaperForm};
use dean_aggregates::project::{Context, Project, ProjectCommand, ProjectError, ProjectEvent};
use dean_aggregates::rules::RuleSet;

pub(crate) const KCQG: &str = include_str!("../../../../lifecycles/kcqg-2014-02-10.toml");
pub(crate) const KCDP: &str = include_str!("../../../../lifecycles/kcdp-2014-02-10.toml");
/// Every lifecycle that comes with the program: file name and text.
pub(crate) const LIFECYCLES: [(&str, &str); 11] = [
    ("kcqg-2014-02-10.toml", KCQG),
    ("kcdp-2014-02-10.toml", KCDP),
    ("kcqg-2014-02-10-2.toml", KCQG_2),
    ("kcdp-2014-02-10-2.toml", KCDP_2),
    ("kcdp-pay-after-2014-02-10.toml", KCDP_PAY_AFTER),
    ("kcdp-recoverable-2014-02-10.toml", KCDP_RECOVERABLE),
    ("kcqg-2014-02-10-3.toml", KCQG_3),
    ("kcdp-2014-02-10-3.toml", KCDP_3),
    ("kcdp-pay-after-2014-02-10-2.toml", KCDP_PAY_AFTER_2),
    ("kcdp-recoverable-2014-02-10-2.toml", KCDP_RECOVERABLE_2),
    ("kcdp-pay-after-2014-02-10-3.toml", KCDP_PAY_AFTER_3),
];
pub(crate) const KCQG_2: &str = include_str!("../../../../lifecycles/kcqg-2014-02-10-2.toml");
pub(crate) const KCDP_2: &str = include_str!("../../../../lifecycles/kcdp-2014-02-10-2.toml");
pub(crate) const KCDP_PAY_AFTER: &str = include_str!("../../../../lifecycles/kcdp-pay-after-2014-02-10.toml");
pub(crate) const KCDP_RECOVERABLE: &str = include_str!("../../../../lifecycles/kcdp-recoverable-2014-02-10.toml");
pub(crate) const KCQG_3: &str = include_str!("../../../../lifecycles/kcqg-2014-02-10-3.toml");
pub(crate) const KCDP_3: &str = include_str!("../../../../lifecycles/kcdp-2014-02-10-3.toml");
pub(crate) const KCDP_PAY_AFTER_2: &str = include_str!("../../../../lifecycles/kcdp-pay-after-2014-02-10-2.toml");
pub(crate) const KCDP_PAY_AFTER_3: &str = include_str!("../../../../lifecycles/kcdp-pay-after-2014-02-10-3.toml");
pub(crate) const KCDP_RECOVERABLE_2: &str = include_str!("../../../../lifecycles/kcdp-recoverable-2014-02-10-2.toml");
pub(crate) const RULES_2014: &str = include_str!("../../../../rules/norms-national-2014-04-08.toml");
pub(crate) const RULES_2018: &str = include_str!("../../../../rules/norms-national-2018-05-11.toml");
pub(crate) const RULES_SON_LA: &str = include_str!("../../../../rules/norms-son-la-2025-01-01.toml");
pub(crate) const PLACES: &str = include_str!("../../../../rules/places-2004.toml");

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(crate) fn lifecycle(text: &str) -> Arc<Pinned<Lifecycle>> {
    Arc::new(Pinned::parse("lifecycle.toml", text).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

pub(crate) fn rules(text: &str) -> Arc<Pinned<RuleSet>> {
    Arc::new(Pinned::parse("rules.toml", text).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) events: Vec<ProjectEvent>,
    pub(crate) project: Project,
    pub(crate) lifecycle: Arc<Pinned<Lifecycle>>,
    pub(crate) target: Option<Arc<Pinned<Lifecycle>>>,
    pub(crate) target_is_older: bool,
    pub(crate) by_batch: Option<BatchReference>,
    pub(crate) batch_is_told: bool,
    pub(crate) contract: Option<Contracted>,
    pub(crate) rules: Arc<Pinned<RuleSet>>,
    pub(crate) places: Arc<Places>,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) on: NaiveDate,
    pub(crate) today: NaiveDate,
    pub(crate) withheld: Option<&'static str>,
    pub(crate) actor: Option<Actor>,
}

impl Story {
    pub(crate) fn new(lifecycle_text: &str, rules_text: &str) -> Self {
        Self::with(lifecycle(lifecycle_text), rules(rules_text))
    }

    pub(crate) fn with(lifecycle: Arc<Pinned<Lifecycle>>, rules: Arc<Pinned<RuleSet>>) -> Self {
        Self {
            events: Vec::new(),
            project: Project::default(),
            lifecycle,
            target: None,
            target_is_older: false,
            by_batch: None,
            batch_is_told: false,
            contract: None,
            rules,
            places: Arc::new(Places::parse("places.toml", PLACES).expect("the list of places parses")),
            timetable: Arc::default(),
            on: day("2018-05-12"),
            today: day("2030-12-31"),
            withheld: None,
            actor: None,
        }
    }

    pub(crate) fn on(&mut self, date: &str) -> &mut Self {
        self.on = day(date);
        self
    }

    /// Somebody who may take the step.
    pub(crate) fn taker(&self, step: &str) -> Actor {
        let taker = self
            .lifecycle
            .value
            .step(step)
            .and_then(|step| step.takers.first().copied())
            .unwrap_or(Taker {
                party: Party::Implementer,
                role: Role::Implementer,
            });
        let unit = self
            .project
            .units()
            .and_then(|units| units.get(&taker.party))
            .map_or_else(|| "ttkc-dien-bien".to_owned(), |unit| unit.id.clone());
        // One person per step, so that separation of duties is kept unless a test breaks it.
        Actor {
            id: format!("{}.{step}", taker.role),
            role: taker.role,
            unit,
        }
    }

    pub(crate) fn command(&self, step: &str, action: Action) -> ProjectCommand {
        let papers = self
            .lifecycle
            .value
            .step(step)
            .map(|step| self.project.required_papers(step, &self.rules.value))
            .unwrap_or_default()
            .into_iter()
            .filter(|paper| Some(paper.kind.as_str()) != self.withheld)
            .map(|paper| Paper {
                kind: paper.kind.clone(),
                number: "12/CV".to_owned(),
                date: self.on,
                issuer: "Sở Công Thương".to_owned(),
                signer: None,
                form: PaperForm::Original,
                kept_at: None,
                file: None,
                sha256: None,
            })
            .collect();
        ProjectCommand {
            step: step.to_owned(),
            action,
            papers,
            note: String::new(),
            context: Context {
                actor: self.actor.clone().unwrap_or_else(|| self.taker(step)),
                occurred_on: self.on,
                today: self.today,
                lifecycle: Arc::clone(&self.lifecycle),
                rules: Arc::clone(&self.rules),
                fallback_norms: false,
                places: Arc::clone(&self.places),
                timetable: Arc::clone(&self.timetable),
                draft_code: Some("KC-1".to_owned()),
                target_lifecycle: self.target.clone(),
                target_is_older: self.target_is_older,
                batch_is_told: self.batch_is_told,
                by_batch: self.by_batch.clone(),
                contract: self.contract.clone(),
                inspection: None,
            },
        }
    }

    pub(crate) fn try_take(&mut self, step: &str, action: Action) -> Result<ProjectEvent, ProjectError> {
        let command = self.command(step, action);
        let events = TestFramework::<Project>::with(())
            .given(self.events.clone())
            .when(command)
            .inspect_result()?;
        for event in &events {
            self.project.apply(event.clone());
        }
        let last = events.last().cloned().expect("an accepted command has an event");
        self.events.extend(events);
        Ok(last)
    }

    pub(crate) fn take(&mut self, step: &str, action: Action) -> ProjectEvent {
        self.try_take(step, action)
            .unwrap_or_else(|error| panic!("{step}: {} {error} {:?}", error.code, error.field))
    }

    pub(crate) fn refused(&mut self, step: &str, action: Action) -> ProjectError {
        match self.try_take(step, action) {
            Err(error) => error,
            Ok(event) => panic!("{step} was accepted: {event:?}"),
        }
    }

    pub(crate) fn code_of(&mut self, step: &str, action: Action) -> &'static str {
        self.refused(step, action).code
    }

    pub(crate) fn state(&self) -> &str {
        &self.project.standing().state
    }
}
