//! A project that is alive: its state, and what is still to come. Dropped when its course has ended, so only some plan years are in memory.

use std::sync::Arc;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Actor;
use dean_aggregates::batch::BatchEvent;
use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::batch::command::ItemWhat;
use dean_aggregates::lifecycle::{Lifecycle, MoneyMode, Pinned};
use dean_aggregates::places::Province;
use dean_aggregates::plan::PlanEvent;
use dean_aggregates::project::action::{Action, Change};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::standing::Phase;
use dean_aggregates::project::{Context, Project, ProjectCommand, ProjectEvent};
use dean_aggregates::rules::RuleSet;
use dean_ledger::StreamAppend;
use uuid::Uuid;

use super::actions::Making;
use super::calendar::later;
use super::content::{Writer, programme, province};
use super::contracting::Contracting;
use super::course::write;
use super::dice::Dice;
use super::load::new_event;
use super::papers;
use super::planning::{Planning, Slot, Today, Waiting};
use super::script::{Beat, Want};
use super::subject::{Fate, Subject};
use super::{DemoError, Plan};
use crate::engine::{PublishError, Rulebook};

/// The regional centre of the demo, one of those that the national lifecycle names.
const REGIONAL_CENTRE: &str = "ttkcqg-vung-1";

/// Where the projects lie that share a contract.
const CONTRACTED_IN: &str = "thanh-hoa";

/// A living project.
pub(super) struct Life {
    pub(super) id: Uuid,
    subject: Subject,
    code: String,
    province: Province,
    pub(super) project: Project,
    pub(super) lifecycle: Arc<Pinned<Lifecycle>>,
    /// What is to come, the next one last.
    beats: Vec<Beat>,
    dice: Dice,
}

/// What was done on a day.
pub(super) enum Done {
    /// A step of the project.
    Taken(Box<Taken>),
    /// It is to be a candidate.
    Nominate(Slot),
    /// It waits for the day's decision of its batch.
    Waits(Box<Waiting>),
    /// It is to be signed for with others; the command would sign for it alone.
    Signs(Box<ProjectCommand>),
}

/// A step that was taken.
pub(super) struct Taken {
    pub(super) actor: Actor,
    pub(super) occurred_on: NaiveDate,
    pub(super) step: String,
    /// The project's version before it.
    pub(super) version: u64,
    pub(super) events: Vec<ProjectEvent>,
    /// What was looked up for it.
    pub(super) context: Context,
    /// What the batch that approved the project, its plan record with it, and which batch that is.
    pub(super) booked: Option<(Uuid, BatchEvent, PlanEvent)>,
}

impl Life {
    /// Begins a life: who, where, under which procedure, and what will become of it.
    pub(super) fn begin(plan: Plan, subject: Subject, id: Uuid, rulebook: &Rulebook) -> Result<Self, DemoError> {
        let mut dice = Dice::new(&[plan.seed, u64::from(subject.number), 2]);
        let places = rulebook.places();
        let found = match subject.real {
            Some(real) => places.province(real.province, subject.start),
            // One implementer: that of the province.
            None if subject.fate == Fate::Contracted => places.province(CONTRACTED_IN, subject.start),
            None => province(&places, subject.start, &mut dice),
        };
        let province = found.cloned().ok_or(PublishError::NothingInForce {
            what: "province",
            date: subject.start,
        })?;
        let lifecycle = procedure(rulebook, &subject, &mut dice)?;
        let mut beats = write(&subject, &lifecycle.value, &province.code, &mut dice);
        beats.reverse();
        let code = format!(
            "{}-{}-{:05}",
            programme(subject.level),
            subject.plan_year,
            subject.number
        );
        Ok(Self {
            id,
            subject,
            code,
            province,
            project: Project::default(),
            lifecycle,
            beats,
            dice,
        })
    }

    /// The day of the next step, if there is one.
    pub(super) fn next_on(&self) -> Option<NaiveDate> {
        self.beats.last().map(|beat| beat.on)
    }

    pub(super) fn number(&self) -> u32 {
        self.subject.number
    }

    /// Does what is due on a day, or nothing if it turns out that there is nothing to do.
    pub(super) fn act(
        &mut self,
        today: &Today<'_>,
        planning: &Planning,
        contracting: &Contracting,
    ) -> Result<Option<Done>, DemoError> {
        while let Some(beat) = self.beats.pop_if(|beat| beat.on <= today.day) {
            if let Want::Nominate(number) = beat.want {
                if let Some(slot) = Slot::of(&self.project, number) {
                    return Ok(Some(Done::Nominate(slot)));
                }
                continue;
            }
            if let Some(done) = self.take(&beat, today, planning, contracting)? {
                return Ok(Some(done));
            }
            if beat.needed {
                return Err(DemoError::Stuck {
                    project: self.code.clone(),
                    date: today.day,
                    state: self.project.standing().state.clone(),
                    wanted: format!("{:?}", beat.want),
                });
            }
        }
        Ok(None)
    }

    /// Records events that were decided, and becomes what they make of it.
    pub(super) fn record(&mut self, events: Vec<ProjectEvent>) -> Result<StreamAppend, serde_json::Error> {
        let stream = StreamAppend {
            aggregate_type: Project::TYPE.to_owned(),
            aggregate_id: self.id,
            expected_version: self.project.version(),
            events: events.iter().map(new_event).collect::<Result<_, _>>()?,
        };
        for event in events {
            self.project.apply(event);
        }
        Ok(stream)
    }

    fn take(
        &mut self,
        beat: &Beat,
        today: &Today<'_>,
        planning: &Planning,
        contracting: &Contracting,
    ) -> Result<Option<Done>, DemoError> {
        let rulebook = today.rulebook;
        let lifecycle = self.lifecycle.clone();
        let on = self.occurred_on(beat, today.day);
        let (rules, _) = rulebook.rules_for(self.subject.level, &self.province.code, on)?;
        let Some(want) = self.under(&rules.value, &beat.want) else {
            return Ok(None);
        };
        let Some(step) = want.step(&self.project, &lifecycle.value, &mut self.dice) else {
            return Ok(None);
        };
        let target = (want == Want::Move)
            .then(|| {
                rulebook
                    .lifecycles()
                    .iter()
                    .rfind(|other| other.pin.code == lifecycle.pin.code)
                    .cloned()
            })
            .flatten();
        let where_ = (self.province.code.as_str(), self.province.name.as_str());
        let mut person = papers::taker(&self.project, &lifecycle.value, step, where_, on, &mut self.dice);
        let is_task = self.subject.level == Level::National
            && matches!(self.subject.fate, Fate::Assigned | Fate::AssignedStopped);
        if want == Want::Draft && (is_task || self.subject.fate == Fate::Regional) {
            // A regional centre, which is a unit under the Ministry, carries it out, and proposes straight to the agency.
            REGIONAL_CENTRE.clone_into(&mut person.actor.unit);
            person.actor.id = format!("{REGIONAL_CENTRE}.cv-1");
        }
        let filed = papers::papers(&self.project, step, &rules.value, &person, on, &mut self.dice);
        let mut making = Making {
            project: &self.project,
            step,
            lifecycle: &lifecycle.value,
            rules: &rules.value,
            target: target.as_ref(),
            person: &person,
            code: &self.code,
            on,
            writer: Writer {
                subject: &self.subject,
                rules: &rules,
                province: &self.province,
                on,
                dice: &mut self.dice,
            },
        };
        let Some(action) = making.action(&want) else {
            return Ok(None);
        };
        let moves_to = matches!(action, Action::MoveLifecycle(_))
            .then_some(target.clone())
            .flatten();
        let note = match (&want, self.subject.real) {
            (Want::Draft, Some(real)) => real.note(),
            (Want::Draft, None) => "Dữ liệu minh họa, không có thật.".to_owned(),
            _ => String::new(),
        };
        let command = ProjectCommand {
            step: step.id.clone(),
            action,
            papers: filed,
            note,
            context: Context {
                target_lifecycle: target,
                contract: contracting.around(&self.project, self.id),
                ..self.context_on(person.actor.clone(), on, today)?
            },
        };
        if want == Want::SignTogether {
            return Ok(Some(Done::Signs(Box::new(command))));
        }
        if want.is_by_batch() {
            let waiting = waiting(&self.project, &want, command);
            return Ok(waiting.map(|waiting| Done::Waits(Box::new(waiting))));
        }
        let approved_in = planning.approved_in(&self.project);
        let decided =
            alone::decide(approved_in, (self.id, &self.project), &command).map_err(|refusal| match refusal {
                AloneError::Project(refusal) => DemoError::Refused {
                    project: self.code.clone(),
                    step: command.step.clone(),
                    date: on,
                    refusal,
                },
                AloneError::Refused(refusal) => DemoError::PlanRefused {
                    what: "book a change",
                    date: on,
                    refusal,
                },
            })?;
        let batch = self.project.batch().map(|reference| reference.batch);
        let booked = batch.zip(decided.booked);
        let version = self.project.version();
        for event in &decided.project {
            self.project.apply(event.clone());
        }
        if let Some(target) = moves_to {
            self.lifecycle = target;
        }
        Ok(Some(Done::Taken(Box::new(Taken {
            actor: person.actor,
            occurred_on: on,
            step: command.step,
            version,
            events: decided.project,
            context: command.context,
            booked: booked.map(|(batch, (in_batch, in_plan))| (batch, in_batch, in_plan)),
        }))))
    }

    /// What a decision on it needs today, whoever acts.
    pub(super) fn context(&self, actor: Actor, today: &Today<'_>) -> Result<Context, PublishError> {
        self.context_on(actor, today.day, today)
    }

    fn context_on(&self, actor: Actor, on: NaiveDate, today: &Today<'_>) -> Result<Context, PublishError> {
        let rulebook = today.rulebook;
        let (rules, fallback_norms) = rulebook.rules_for(self.subject.level, &self.province.code, on)?;
        Ok(Context {
            actor,
            occurred_on: on,
            today: today.day,
            lifecycle: self.lifecycle.clone(),
            rules,
            fallback_norms,
            places: rulebook.places(),
            timetable: rulebook.timetable(),
            draft_code: None,
            target_lifecycle: None,
            target_is_older: false,
            by_batch: None,
            batch_is_told: false,
            contract: None,
            inspection: None,
        })
    }

    /// Whether the Cục can inspect it now and follow its findings up to a day: an invented national project under way, with no finding
    /// and no contract of others in it.
    pub(super) fn may_be_inspected(&self, until: NaiveDate) -> bool {
        let standing = self.project.standing();
        let goes_on = self.beats.first().is_some_and(|last| last.on > until);
        let has_own = matches!(
            self.subject.fate,
            Fate::InspectedClosed | Fate::InspectedOpen | Fate::Reopened
        );
        self.subject.real.is_none()
            && self.subject.level == Level::National
            && goes_on
            && !has_own
            && self.project.findings().is_empty()
            && self.project.contract().is_none()
            && matches!(
                standing.phase,
                Phase::Approved | Phase::Execution | Phase::Accepted | Phase::Settlement
            )
    }

    /// The want under the rules of the day. They may have stopped supporting the project's kind since it was drafted: then it can't be
    /// approved or proposed any more, and its life ends; advances and adjustments, which would be judged by them, are left out.
    fn under(&mut self, rules: &RuleSet, want: &Want) -> Option<Want> {
        let content = self.project.content();
        if content.is_none_or(|content| content.lines.iter().all(|line| rules.kind(&line.kind).is_some())) {
            return Some(want.clone());
        }
        match want {
            Want::Approve(_) | Want::Propose => {
                self.beats.clear();
                Some(if matches!(want, Want::Approve(_)) {
                    Want::Refuse
                } else {
                    Want::Withdraw
                })
            }
            Want::Revise | Want::GroupPlan | Want::First | Want::Next | Want::Adjust(_) => None,
            _ => Some(want.clone()),
        }
    }

    /// Most entries are made on the day, some a few days later: both dates are on record then.
    fn occurred_on(&mut self, beat: &Beat, today: NaiveDate) -> NaiveDate {
        let is_late = !matches!(beat.want, Want::Draft | Want::Report(_) | Want::Move)
            && !beat.want.is_by_batch()
            && self.dice.chance(5);
        let Some(last) = self.project.last_step_on() else {
            return today;
        };
        if !is_late {
            return today;
        }
        let days = self.dice.between(1, 4);
        let earlier = today
            .checked_sub_days(chrono::Days::new(u64::from(days)))
            .unwrap_or(today);
        earlier.max(later(last, 1)).min(today)
    }
}

/// What the batch is to do with the project; `None` where there is nothing to do it with.
fn waiting(project: &Project, want: &Want, command: ProjectCommand) -> Option<Waiting> {
    let what = match command.action {
        Action::Approve(approval) => ItemWhat::Approve { lines: approval.lines },
        Action::Stop(stop) => ItemWhat::Stop {
            on_request: stop.on_request,
            reason: stop.reason,
        },
        Action::Adjust(adjustment) => match adjustment.change {
            Change::Support { lines } => ItemWhat::Adjust {
                lines,
                reason: adjustment.reason,
            },
            Change::Content { .. } | Change::Time { .. } => return None,
        },
        _ => return None,
    };
    let slot = match want {
        Want::Approve(number) => Some(Slot::of(project, *number)?),
        _ => None,
    };
    let batch = match &slot {
        Some(slot) => slot.batch_id(),
        None => project.batch()?.batch,
    };
    Some(Waiting {
        batch,
        slot,
        step: command.step,
        what,
        papers: command.papers,
        context: command.context,
    })
}

/// The procedure for a new project: mostly the newest in force; now and then another one in force for its programme, so that every money
/// mode is met.
fn procedure(rulebook: &Rulebook, subject: &Subject, dice: &mut Dice) -> Result<Arc<Pinned<Lifecycle>>, PublishError> {
    let main = rulebook.lifecycle_for((subject.level, None), None, subject.start)?;
    if subject.fate == Fate::Moved {
        // It began under the oldest version, and the newest takes over on its way.
        let oldest = rulebook
            .lifecycles()
            .iter()
            .find(|other| other.pin.code == main.pin.code);
        return Ok(oldest.cloned().unwrap_or(main));
    }
    let mut others: Vec<&Arc<Pinned<Lifecycle>>> = rulebook
        .lifecycles()
        .iter()
        .filter(|other| {
            let (from, to) = (other.value.valid_from, other.value.valid_to);
            let in_force = from <= subject.start && to.is_none_or(|to| subject.start <= to);
            other.value.level == subject.level && in_force && other.pin.code != main.pin.code
        })
        .collect();
    // Where a stop is settled the modes differ most: money that is due only now.
    let differs = matches!(subject.fate, Fate::StoppedForViolation | Fate::AssignedStopped);
    if differs {
        others.retain(|other| other.value.money_mode == MoneyMode::PayAfter);
    }
    let share = if differs { 75 } else { 35 };
    if subject.real.is_some() || others.is_empty() || !dice.chance(share) {
        return Ok(main);
    }
    Ok(others[dice.index(others.len())].clone())
}
