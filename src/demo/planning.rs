//! Plans and batches of the demo: opened when the first đề án needs them, filled in the days before a decision, ranked, decided. An
//! estimate or a ceiling that turns out too small is raised by a decision of the day, as it happens in years in which more is asked for.

mod money;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cqrs_es::{Aggregate, DomainEvent};
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::batch::candidate::{Candidate, TradeGround};
use dean_aggregates::batch::command::{Item, ItemWhat};
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::batch::together::{self, DecideBatch, Together, TogetherError};
use dean_aggregates::batch::{self, Batch, BatchAction, BatchCommand, BatchEvent};
use dean_aggregates::personal::PersonalText;
use dean_aggregates::plan::authority::{Act, Power, parties};
use dean_aggregates::plan::{self, Circumstances, Plan, PlanEvent, Refusal};
use dean_aggregates::project::content::{Content, Level, Trade, Units};
use dean_aggregates::project::papers::{Decision, Paper};
use dean_aggregates::project::{Context, Project};
use dean_ledger::{Append, Environment, StreamAppend};
use uuid::Uuid;

use super::DemoError;
use super::dice::{Dice, command_id, fingerprint};
use super::life::Life;
use super::load::{demo_channel, new_event};
use super::names;
use super::papers::{letters, post};
use crate::engine::Rulebook;

/// Number under which commands on plans and batches get their ids; projects count from 1, publications have 0.
const PLANNING: u64 = u64::MAX;

/// The day, and what holds on it.
pub(super) struct Today<'a> {
    pub(super) day: NaiveDate,
    pub(super) environment: &'a Environment,
    pub(super) rulebook: &'a Rulebook,
}

/// Which batch: programme, province of a local one, year, number.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) level: Level,
    pub(super) province: String,
    pub(super) authority: String,
    pub(super) year: u16,
    pub(super) number: u16,
}

impl Slot {
    /// The batch of a project's plan with a number.
    pub(super) fn of(project: &Project, number: u16) -> Option<Self> {
        let level = project.level()?;
        Some(Self {
            level,
            province: project.province()?.to_owned(),
            authority: project.units()?.get(&parties(level)[0])?.id.clone(),
            year: project.plan_year()?,
            number,
        })
    }

    fn plan_id(&self) -> Uuid {
        plan::id_of(self.level, &self.authority, self.year)
    }

    /// The batch's id.
    pub(super) fn batch_id(&self) -> Uuid {
        batch::id_of(self.plan_id(), self.number)
    }
}

/// What a decision of a batch is to do with a project.
pub(super) struct Waiting {
    pub(super) batch: Uuid,
    /// Where it is to be opened if it isn't; none for a project that it has approved.
    pub(super) slot: Option<Slot>,
    pub(super) step: String,
    pub(super) what: ItemWhat,
    pub(super) papers: Vec<Paper>,
    pub(super) context: Context,
}

/// An aggregate with its version.
pub(super) struct Kept<A> {
    pub(super) id: Uuid,
    pub(super) aggregate: A,
    version: u64,
}

impl<A: Aggregate> Kept<A> {
    pub(super) fn new(id: Uuid) -> Self {
        Self {
            id,
            aggregate: A::default(),
            version: 0,
        }
    }
}

impl<A: Aggregate> Kept<A>
where
    A::Event: DomainEvent,
{
    /// Records an event, and becomes what it makes of it.
    pub(super) fn record(&mut self, event: A::Event) -> Result<StreamAppend, serde_json::Error> {
        let stream = StreamAppend {
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: self.id,
            expected_version: self.version,
            events: vec![new_event(&event)?],
        };
        self.aggregate.apply(event);
        self.version += 1;
        Ok(stream)
    }
}

/// All plans and batches so far.
pub(super) struct Planning {
    seed: u64,
    /// How many demos of 300 projects this one is: its plans have as much more money.
    scale: u32,
    /// Commands so far: each has an id of its own.
    commands: u64,
    plans: BTreeMap<Uuid, Kept<Plan>>,
    batches: BTreeMap<Uuid, Kept<Batch>>,
    /// In which batch a project is a candidate.
    nominated: BTreeMap<Uuid, Uuid>,
}

impl Planning {
    pub(super) fn new(seed: u64, projects: u32) -> Self {
        Self {
            seed,
            scale: projects.div_ceil(300),
            commands: 0,
            plans: BTreeMap::new(),
            batches: BTreeMap::new(),
            nominated: BTreeMap::new(),
        }
    }

    /// The batch that approved a project, and its plan.
    pub(super) fn approved_in(&self, project: &Project) -> Option<(&Batch, &Plan)> {
        let batch = self.batches.get(&project.batch()?.batch)?;
        let plan = self.plans.get(&batch.aggregate.opening()?.plan)?;
        Some((&batch.aggregate, &plan.aggregate))
    }

    /// Records what a step of one project changes for its batch and plan.
    pub(super) fn book(
        &mut self,
        in_batch: BatchEvent,
        in_plan: PlanEvent,
        id: Uuid,
    ) -> Result<Vec<StreamAppend>, DemoError> {
        let (batch, plan) = self.both(id)?;
        Ok(vec![batch.record(in_batch)?, plan.record(in_plan)?])
    }

    /// Makes a project a candidate of a batch; nothing, where its file isn't ready.
    pub(super) fn nominate(&mut self, today: &Today<'_>, slot: &Slot, life: &Life) -> Result<Vec<Append>, DemoError> {
        let mut appends = self.open(today, slot)?;
        let id = slot.batch_id();
        let (batch, plan) = self.both(id)?;
        let grounds: Vec<TradeGround> = life.project.content().and_then(ground).into_iter().collect();
        let candidate = together::candidate(
            &batch.aggregate,
            (life.id, &life.project),
            &life.lifecycle.value,
            &grounds,
        );
        let candidate = match candidate {
            Ok(candidate) => candidate,
            Err(refusal) if refusal.code == "not-ready" => return Ok(appends),
            Err(refusal) => return Err(refused("nominate", today.day)(refusal)),
        };
        let actor = actor(plan, Act::Prepare);
        let event = batch
            .aggregate
            .decide(&BatchCommand {
                action: BatchAction::AddCandidate(Box::new(candidate)),
                circumstances: circumstances(&actor, today.day),
            })
            .map_err(refused("nominate", today.day))?;
        let stream = batch.record(event)?;
        self.nominated.insert(life.id, id);
        appends.push(self.append(today, actor, "nominate", vec![stream]));
        Ok(appends)
    }

    /// A candidate whose file was refused or withdrawn meanwhile is none any more.
    pub(super) fn forget(&mut self, today: &Today<'_>, project: Uuid) -> Result<Option<Append>, DemoError> {
        let Some(id) = self.nominated.remove(&project) else {
            return Ok(None);
        };
        let (batch, plan) = self.both(id)?;
        let actor = actor(plan, Act::Prepare);
        let event = batch
            .aggregate
            .decide(&BatchCommand {
                action: BatchAction::RemoveCandidate {
                    project,
                    reason: "Đề án không còn được xem xét".to_owned(),
                },
                circumstances: circumstances(&actor, today.day),
            })
            .map_err(refused("remove", today.day))?;
        let stream = batch.record(event)?;
        Ok(Some(self.append(today, actor, "remove", vec![stream])))
    }

    /// One decision over all that wait for it today.
    pub(super) fn decide(
        &mut self,
        today: &Today<'_>,
        id: Uuid,
        lives: &mut [(Life, Waiting)],
    ) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        if let Some(slot) = lives.iter().find_map(|(_, waiting)| waiting.slot.clone()) {
            appends.extend(self.open(today, &slot)?);
        }
        let mut approves = false;
        for (life, waiting) in lives.iter_mut() {
            let is_candidate = self.nominated.remove(&life.id).is_some();
            match &waiting.what {
                ItemWhat::Approve { .. } if is_candidate => approves = true,
                // Whoever came too late for the list is added to what was decided.
                ItemWhat::Approve { lines } => {
                    waiting.what = ItemWhat::Add {
                        lines: lines.clone(),
                        reason: "Hồ sơ hoàn thành sau khi lập danh mục; bổ sung kế hoạch".to_owned(),
                    };
                }
                _ => {}
            }
        }
        if approves {
            appends.push(self.rank(today, id)?);
        }
        appends.extend(self.make_room(today, id, lives)?);
        appends.push(self.conclude(today, id, lives)?);
        Ok(appends)
    }

    fn conclude(&mut self, today: &Today<'_>, id: Uuid, lives: &mut [(Life, Waiting)]) -> Result<Append, DemoError> {
        let decision = self.decision(id, today.day)?;
        let (batch, plan) = self.both(id)?;
        let actor = actor(plan, Act::Decide);
        let mut circumstances = circumstances(&actor, today.day);
        for paper in lives.iter().flat_map(|(_, waiting)| &waiting.papers) {
            if !circumstances.papers.iter().any(|known| known.kind == paper.kind) {
                circumstances.papers.push(paper.clone());
            }
        }
        let items = lives.iter().map(|(life, waiting)| {
            let item = Item {
                project: life.id,
                step: Some(waiting.step.clone()),
                what: waiting.what.clone(),
            };
            let mut context = waiting.context.clone();
            context.actor = actor.clone();
            (item, context)
        });
        let asked = DecideBatch {
            id,
            decision,
            items: items.collect(),
            circumstances,
        };
        let projects: Vec<&Project> = lives.iter().map(|(life, _)| &life.project).collect();
        let decided = together::decide(&plan.aggregate, &batch.aggregate, &projects, &asked);
        let Together {
            batch: in_batch,
            plan: in_plan,
            projects,
        } = decided.map_err(|error| match error {
            TogetherError::Refused(refusal) => refused("decide", today.day)(refusal),
            TogetherError::Project { what, code, error, .. } => DemoError::Refused {
                project: code,
                step: what.to_owned(),
                date: today.day,
                refusal: error,
            },
        })?;
        let mut streams = vec![batch.record(in_batch)?, plan.record(in_plan)?];
        for ((life, _), event) in lives.iter_mut().zip(projects) {
            streams.push(life.record(vec![event])?);
        }
        Ok(self.append(today, actor, "decide", streams))
    }

    /// The order of the candidates; between equals the code decides, as if the more capable unit had the lower one.
    fn rank(&mut self, today: &Today<'_>, id: Uuid) -> Result<Append, DemoError> {
        let (batch, plan) = self.both(id)?;
        let mut equals: BTreeMap<_, Vec<&Candidate>> = BTreeMap::new();
        for candidate in batch.aggregate.candidates().values() {
            let facts = &candidate.facts;
            // Clean production stands outside the order, all of it alike.
            let standing = (!facts.clean_production)
                .then(|| (facts.key, facts.places.first().map(|place| place.class), facts.trade()));
            equals.entry(standing).or_default().push(candidate);
        }
        let ties = equals.into_values().filter(|tied| tied.len() > 1).map(|mut tied| {
            tied.sort_by(|one, other| one.code.cmp(&other.code));
            TieJudgement {
                order: tied.iter().map(|candidate| candidate.project).collect(),
                reason: "Đơn vị thực hiện có kinh nghiệm, năng lực tốt hơn".to_owned(),
            }
        });
        let action = BatchAction::Rank {
            settings: RankingSettings::default(),
            ties: ties.collect(),
        };
        let actor = actor(plan, Act::Prepare);
        let event = batch
            .aggregate
            .decide(&BatchCommand {
                action,
                circumstances: circumstances(&actor, today.day),
            })
            .map_err(refused("rank", today.day))?;
        let stream = batch.record(event)?;
        Ok(self.append(today, actor, "rank", vec![stream]))
    }

    fn decision(&mut self, batch: Uuid, day: NaiveDate) -> Result<Decision, DemoError> {
        let seed = self.seed;
        let (_, plan) = self.both(batch)?;
        let dice = dice_of(seed, plan.id, plan.version);
        Ok(decision_of(plan, dice, day))
    }

    fn both(&mut self, batch: Uuid) -> Result<(&mut Kept<Batch>, &mut Kept<Plan>), DemoError> {
        let batch = kept(&mut self.batches, batch)?;
        let plan = batch.aggregate.opening().map_or(Uuid::nil(), |opening| opening.plan);
        Ok((batch, kept(&mut self.plans, plan)?))
    }

    fn append(&mut self, today: &Today<'_>, actor: Actor, what: &str, streams: Vec<StreamAppend>) -> Append {
        let command_id = command_id(today.environment, self.seed, PLANNING, self.commands);
        self.commands += 1;
        Append {
            command_id,
            actor: dean_ledger::Actor {
                id: actor.id,
                role: actor.role.to_string(),
                unit: actor.unit,
            },
            occurred_on: today.day,
            request_sha256: fingerprint(command_id, what),
            metadata: demo_channel(),
            streams,
        }
    }
}

/// What nobody opened is a fault of the demo.
fn kept<A>(of: &mut BTreeMap<Uuid, Kept<A>>, id: Uuid) -> Result<&mut Kept<A>, DemoError> {
    of.get_mut(&id).ok_or(DemoError::NotOpened(id))
}

/// An act was refused: a fault of the demo.
pub(super) fn refused(what: &'static str, date: NaiveDate) -> impl Fn(Refusal) -> DemoError {
    move |refusal| DemoError::PlanRefused {
        what,
        date,
        refusal: Box::new(refusal),
    }
}

/// The same where several aggregates decide; no đề án is among them.
fn above(what: &'static str, date: NaiveDate) -> impl Fn(TogetherError) -> DemoError {
    move |error| match error {
        TogetherError::Refused(refusal) => refused(what, date)(refusal),
        TogetherError::Project { error, .. } => refused(what, date)((*error).into()),
    }
}

fn circumstances(actor: &Actor, day: NaiveDate) -> Circumstances {
    Circumstances {
        actor: actor.clone(),
        occurred_on: day,
        today: day,
        papers: Vec::new(),
        note: String::new(),
    }
}

fn actor(plan: &Kept<Plan>, act: Act) -> Actor {
    let units = plan.aggregate.units().cloned().unwrap_or_default();
    taker(plan.aggregate.planning(), &units, act)
}

/// The first of those who may.
fn taker(planning: &[Power], units: &Units, act: Act) -> Actor {
    let rows = planning.iter().filter(|power| power.act == act);
    let mut takers = rows.flat_map(|power| &power.takers);
    let found = takers.find_map(|taker| units.get(&taker.party).map(|unit| (taker.role, unit.id.clone())));
    let (role, unit) = found.unwrap_or((Role::Administrator, "dean".to_owned()));
    Actor {
        id: format!("{unit}.{}-1", post(role)),
        role,
        unit,
    }
}

fn dice_of(seed: u64, plan: Uuid, version: u64) -> Dice {
    let (high, low) = plan.as_u64_pair();
    Dice::new(&[seed, high, low, version])
}

/// A decision with a number that the plan doesn't know yet: it grows with each of its events.
fn decision_of(plan: &Kept<Plan>, mut dice: Dice, day: NaiveDate) -> Decision {
    let level = plan.aggregate.level().unwrap_or(Level::National);
    let number = 100 + 9 * plan.version + u64::from(dice.between(0, 8));
    let issuer = plan
        .aggregate
        .authority()
        .map_or_else(String::new, |unit| unit.name.clone());
    signed(
        format!("{number}/QĐ-{}", letters(parties(level)[0], day)),
        day,
        issuer,
        &mut dice,
    )
}

fn signed(number: String, date: NaiveDate, issuer: String, dice: &mut Dice) -> Decision {
    Decision {
        number,
        date,
        issuer,
        signer: Some(PersonalText::new(names::person(dice))),
        signed_for: None,
    }
}

/// The ground on which a project's trade has priority, as far as the project itself shows it.
fn ground(content: &Content) -> Option<TradeGround> {
    match content.beneficiaries.first()?.trade {
        Trade::FoodProcessing => Some(TradeGround::FoodProcessing),
        Trade::MechanicsElectronics => Some(TradeGround::Mechanics),
        Trade::ChemicalsMaterials => Some(TradeGround::AgriculturalChemicals),
        _ => None,
    }
}
