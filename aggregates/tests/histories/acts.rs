//! How what is asked for is decided: by the same code, and in the same order, as the engine does it (`src/engine`), all in one act or not at
//! all.

use std::sync::Arc;

use dean_aggregates::batch::alone::{self, AloneError};
use dean_aggregates::batch::command::Item;
use dean_aggregates::batch::together::{self as batches, DecideBatch, TogetherError};
use dean_aggregates::batch::{self, BatchAction, BatchCommand};
use dean_aggregates::calendar::{CalendarCommand, CalendarKind, CalendarText};
use dean_aggregates::claim::together as claims;
use dean_aggregates::claim::{Change, OfBatch, SettleError};
use dean_aggregates::contract::command::Terms;
use dean_aggregates::contract::together as contracts;
use dean_aggregates::contract::{self, Contract, ContractAction, ContractCommand};
use dean_aggregates::inspection::together as inspections;
use dean_aggregates::inspection::{self, Inspection, InspectionAction, InspectionCommand};
use dean_aggregates::plan::{self, Circumstances, PlanAction, PlanCommand, Refusal};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::{Context, Project, ProjectCommand, ProjectError};
use dean_aggregates::several::{Known, SeveralError};
use uuid::Uuid;

use crate::asked::{Asked, Attempt, Code};
use crate::texts::TEXTS;
use crate::world::{Act, Recorded, World, id_of, index_of};

impl Attempt {
    /// Decides it. Nothing is recorded yet.
    pub(crate) fn decide(&self, world: &World) -> Result<Recorded, Code> {
        let mut act = Act {
            world,
            recorded: Recorded::default(),
        };
        act.carry_out(&self.asked, &self.by)?;
        Ok(act.recorded)
    }
}

impl Act<'_> {
    fn carry_out(&mut self, asked: &Asked, by: &Circumstances) -> Result<(), Code> {
        match asked {
            Asked::Step { .. } => self.take(asked, by),
            Asked::Assign(assignment) => {
                let id = plan::id_of(assignment.level, &assignment.authority.id, assignment.year);
                self.plan_alone(id, PlanAction::AssignEstimate(assignment.clone()), by)
            }
            Asked::ChangeEstimate(id, change) => self.plan_alone(*id, PlanAction::ChangeEstimate(change.clone()), by),
            Asked::OpenBatch(plan, number, ceiling) => {
                let id = batch::id_of(*plan, *number);
                let opened = batches::open_batch((*plan, self.plan(*plan)), self.batch(id), (*number, *ceiling), by);
                self.record_together(*plan, id, opened.map_err(of_together)?, &[]);
                Ok(())
            }
            Asked::ChangeCeiling(id, ceiling, reason) => {
                let plan = self.plan_of(*id)?;
                let changed = batches::change_ceiling(self.plan(plan), self.batch(*id), (*ceiling, reason), by);
                self.record_together(plan, *id, changed.map_err(of_together)?, &[]);
                Ok(())
            }
            Asked::Nominate(id, project, grounds) => {
                let named = (id_of(*project), self.project(*project));
                let lifecycle = &TEXTS.lifecycle(named.1.lifecycle_pin()).value;
                let candidate = batches::candidate(self.batch(*id), named, lifecycle, grounds);
                let candidate = Box::new(candidate.map_err(of_refusal)?);
                self.batch_alone(*id, BatchAction::AddCandidate(candidate), by)
            }
            Asked::RemoveCandidate(id, project, reason) => {
                let (project, reason) = (id_of(*project), reason.clone());
                self.batch_alone(*id, BatchAction::RemoveCandidate { project, reason }, by)
            }
            Asked::Rank(id, settings, ties) => {
                let (settings, ties) = (*settings, ties.clone());
                self.batch_alone(*id, BatchAction::Rank { settings, ties }, by)
            }
            Asked::Decide(id, decision, items) => self.decide_batch(*id, decision, items, by),
            Asked::Sign(terms, items) => self.sign(terms, items, by),
            Asked::Amend(id, paper) => self.with_members(*id, by, |act, known| {
                contracts::amend((*id, act.contract(*id)), paper, known, by)
            }),
            Asked::Liquidate(id, paper) => self.with_members(*id, by, |act, known| {
                contracts::liquidate((*id, act.contract(*id)), paper, known, by)
            }),
            Asked::Reconcile(id, paper) => {
                let command = ContractCommand {
                    action: ContractAction::Reconcile(paper.clone()),
                    circumstances: by.clone(),
                };
                let event = self.contract(*id).decide(&command).map_err(of_refusal)?;
                self.record_contract(*id, event);
                Ok(())
            }
            Asked::File(project, items) => {
                let of = (id_of(*project), self.project(*project));
                let settled = claims::file(of, self.screening(*project), items, by, &*self).map_err(of_settling)?;
                self.record_settled(*project, settled);
                Ok(())
            }
            Asked::Rule(project, ruling) => {
                let event = self.screening(*project).rule(ruling, by).map_err(of_refusal)?;
                self.record_screening(*project, event);
                Ok(())
            }
            Asked::Publish(kind, text) => self.publish(*kind, text, by),
            Asked::Order(..)
            | Asked::Visit(..)
            | Asked::Find(..)
            | Asked::Answer(..)
            | Asked::Recover(..)
            | Asked::Close(..)
            | Asked::HandOn(..)
            | Asked::Conclude(..) => self.inspect(asked, by),
        }
    }

    fn context(&self, project: usize, by: &Circumstances) -> Context {
        let known = self.project(project);
        let (rules, level) = (TEXTS.norms(by.occurred_on), known.level());
        Context {
            actor: by.actor.clone(),
            occurred_on: by.occurred_on,
            today: by.today,
            lifecycle: Arc::clone(if known.exists() {
                TEXTS.lifecycle(known.lifecycle_pin())
            } else {
                &TEXTS.lifecycles[0]
            }),
            rules: Arc::clone(rules),
            fallback_norms: level == Some(Level::Local),
            places: Arc::clone(&TEXTS.places),
            timetable: Arc::clone(&self.world.timetable),
            draft_code: Some(format!("KC-{project}")),
            target_lifecycle: None,
            target_is_older: false,
            by_batch: None,
            batch_is_told: false,
            contract: known.contract().and_then(|reference| {
                let contract = self.contract(reference.contract);
                contracts::around((reference.contract, contract), id_of(project))
            }),
            inspection: None,
        }
    }

    fn known(&self, project: usize, by: &Circumstances) -> Known<'_> {
        Known {
            id: id_of(project),
            project: self.project(project),
            context: self.context(project, by),
        }
    }

    /// A step of one đề án, with what it means for its batch, its contract and the claims.
    fn take(&mut self, asked: &Asked, by: &Circumstances) -> Result<(), Code> {
        let Asked::Step {
            project: index,
            step,
            action,
            lifecycle,
            target,
        } = asked
        else {
            return Err("no-step");
        };
        let project = self.project(*index);
        let mut context = self.context(*index, by);
        if let Some(lifecycle) = lifecycle {
            context.lifecycle = Arc::clone(lifecycle);
        }
        if let Some((target, is_older)) = target {
            context.target_lifecycle = Some(Arc::clone(target));
            context.target_is_older = *is_older;
        }
        let command = ProjectCommand {
            step: step.clone(),
            action: action.clone(),
            papers: by.papers.clone(),
            note: by.note.clone(),
            context,
        };
        let above = project.batch().map(|reference| {
            let batch = self.batch(reference.batch);
            let plan = batch.opening().map(|opening| opening.plan).unwrap_or_default();
            (reference.batch, plan)
        });
        let approved_in = above.map(|(batch, plan)| (self.batch(batch), self.plan(plan)));
        let decided = alone::decide(approved_in, (id_of(*index), project), &command).map_err(of_alone)?;
        for event in decided.project {
            self.record_project(*index, event);
        }
        if let (Some((batch, plan)), Some((of_batch, of_plan))) = (above, decided.booked) {
            self.record_batch(batch, of_batch);
            self.record_plan(plan, of_plan);
        }
        self.follow(&[*index], by)?;
        self.settle(&[*index])
    }

    fn decide_batch(&mut self, id: Uuid, decision: &Decision, items: &[Item], by: &Circumstances) -> Result<(), Code> {
        let plan = self.plan_of(id)?;
        let named: Vec<usize> = items.iter().map(|item| index_of(item.project)).collect();
        let asked = DecideBatch {
            id,
            decision: decision.clone(),
            items: items
                .iter()
                .map(|item| (item.clone(), self.context(index_of(item.project), by)))
                .collect(),
            circumstances: by.clone(),
        };
        let projects: Vec<&Project> = named.iter().map(|index| self.project(*index)).collect();
        let decided = batches::decide(self.plan(plan), self.batch(id), &projects, &asked).map_err(of_together)?;
        self.record_together(plan, id, decided, &named);
        self.follow(&named, by)?;
        let label = self.batch(id).opening().map(|opening| opening.label());
        let of = OfBatch {
            batch: id,
            number: label.unwrap_or_default(),
        };
        let who = (by.actor.id.as_str(), by.occurred_on);
        let numbered = claims::decision_of_batch(decision, of, who, &*self).map_err(of_settling)?;
        for (claim, event) in numbered.claims {
            self.record_claim(claim, event);
        }
        self.settle(&named)
    }

    fn sign(&mut self, terms: &Terms, items: &[contract::command::Item], by: &Circumstances) -> Result<(), Code> {
        let id = contract::id_of(&by.actor.unit, &terms.number);
        let named: Vec<usize> = items.iter().map(|item| index_of(item.project)).collect();
        let known: Vec<Known> = named.iter().map(|index| self.known(*index, by)).collect();
        let signed = contracts::conclude((id, self.contract(id)), (terms, items), &known, by);
        self.record_contracted(id, signed.map_err(of_several)?);
        self.settle(&named)
    }

    fn with_members(
        &mut self,
        id: Uuid,
        by: &Circumstances,
        decide: impl Fn(&Self, &[Known<'_>]) -> Result<contracts::Together, SeveralError>,
    ) -> Result<(), Code> {
        let members: Vec<usize> = self.contract(id).projects().keys().map(|id| index_of(*id)).collect();
        let known: Vec<Known> = members.iter().map(|index| self.known(*index, by)).collect();
        let decided = decide(&*self, &known).map_err(of_several)?;
        self.record_contracted(id, decided);
        self.settle(&members)
    }

    fn inspect(&mut self, asked: &Asked, by: &Circumstances) -> Result<(), Code> {
        let (id, action) = match asked {
            Asked::Order(paper) => {
                let id = inspection::id_of(&by.actor.unit, &paper.decision.number);
                let ordered = inspections::ordered(paper.clone(), by);
                (id, InspectionAction::Order(Box::new(ordered)))
            }
            Asked::Answer(id, paper) => (*id, InspectionAction::Answer(paper.clone())),
            Asked::HandOn(id, paper) => (*id, InspectionAction::HandOn(paper.clone())),
            Asked::Conclude(id, paper) => (*id, InspectionAction::Conclude(paper.clone())),
            Asked::Visit(id, paper) => {
                return self.with_inspected((*id, index_of(paper.project)), by, |of, known| {
                    inspections::visit(of, paper, known, by)
                });
            }
            Asked::Find(id, paper) => {
                return self.with_inspected((*id, index_of(paper.project)), by, |of, known| {
                    inspections::record_finding(of, paper, known, by)
                });
            }
            Asked::Recover(id, paper) => {
                let project = self.inspection(*id).project_of(paper.finding);
                let project = index_of(project.ok_or("no-such-finding")?);
                return self.with_inspected((*id, project), by, |of, known| {
                    inspections::order_recovery(of, paper, known, by)
                });
            }
            Asked::Close(id, paper) => {
                let project = self.inspection(*id).project_of(paper.finding);
                let project = index_of(project.ok_or("no-such-finding")?);
                return self.with_inspected((*id, project), by, |of, known| inspections::close(of, paper, known, by));
            }
            _ => return Err("no-such-inspection"),
        };
        let command = InspectionCommand {
            action,
            circumstances: by.clone(),
        };
        let event = self.inspection(id).decide(&command).map_err(of_refusal)?;
        self.record_inspection(id, event);
        Ok(())
    }

    fn with_inspected(
        &mut self,
        (id, project): (Uuid, usize),
        by: &Circumstances,
        decide: impl Fn((Uuid, &Inspection), &Known<'_>) -> Result<inspections::Together, SeveralError>,
    ) -> Result<(), Code> {
        let decided = decide((id, self.inspection(id)), &self.known(project, by)).map_err(of_several)?;
        self.record_inspection(id, decided.inspection);
        self.record_project(project, decided.project);
        self.follow(&[project], by)?;
        self.settle(&[project])
    }

    fn publish(&mut self, kind: CalendarKind, text: &str, by: &Circumstances) -> Result<(), Code> {
        let command = CalendarCommand {
            kind,
            text: text.to_owned(),
            actor: by.actor.clone(),
        };
        let code = CalendarText::parse(kind, "calendar.toml", text);
        let code = code.map_or_else(|_| String::new(), |text| text.code().to_owned());
        let id = dean_aggregates::calendar::id_of(kind, &code);
        let event = self.calendar(id).decide(&command).map_err(|error| error.code())?;
        self.record_calendar(id, event);
        Ok(())
    }

    /// After the steps of some đề án: their contracts record what changed, and tell the others.
    fn follow(&mut self, moved: &[usize], by: &Circumstances) -> Result<(), Code> {
        let mut ids: Vec<Uuid> = Vec::new();
        for index in moved {
            let contract = self.project(*index).contract().map(|reference| reference.contract);
            ids.extend(contract.filter(|id| !ids.contains(id)));
        }
        for id in ids {
            let contract: &Contract = self.contract(id);
            let members = contract.projects().keys();
            let known: Vec<Known> = members.map(|member| self.known(index_of(*member), by)).collect();
            let moved: Vec<Uuid> = moved.iter().map(|index| id_of(*index)).collect();
            let moved: Vec<Uuid> = moved
                .into_iter()
                .filter(|one| contract.projects().contains_key(one))
                .collect();
            let followed = contracts::follow((id, contract), &known, &moved, by).map_err(of_several)?;
            if let Some(followed) = followed {
                self.record_contracted(id, followed);
            }
        }
        Ok(())
    }

    /// What the events of these projects do to the claims, one after the other.
    fn settle(&mut self, projects: &[usize]) -> Result<(), Code> {
        for index in projects {
            let events = self.recorded.projects.get(index).map(|stream| stream.events.clone());
            for event in events.unwrap_or_default() {
                let change = Change {
                    id: id_of(*index),
                    after: self.project(*index),
                    event: &event,
                    screening: self.screening(*index),
                };
                let settled = claims::settle(&change, &*self).map_err(of_settling)?;
                self.record_settled(*index, settled);
            }
        }
        Ok(())
    }

    fn record_settled(&mut self, project: usize, settled: claims::Settled) {
        for (claim, event) in settled.claims {
            self.record_claim(claim, event);
        }
        for event in settled.screening {
            self.record_screening(project, event);
        }
    }

    fn record_together(&mut self, plan: Uuid, batch: Uuid, together: batches::Together, projects: &[usize]) {
        self.record_batch(batch, together.batch);
        self.record_plan(plan, together.plan);
        for (project, event) in projects.iter().zip(together.projects) {
            self.record_project(*project, event);
        }
    }

    fn record_contracted(&mut self, id: Uuid, together: contracts::Together) {
        self.record_contract(id, together.contract);
        for (project, event) in together.projects {
            self.record_project(index_of(project), event);
        }
    }

    fn plan_alone(&mut self, id: Uuid, action: PlanAction, by: &Circumstances) -> Result<(), Code> {
        let circumstances = by.clone();
        let event = self
            .plan(id)
            .decide(&PlanCommand { action, circumstances })
            .map_err(of_refusal)?;
        self.record_plan(id, event);
        Ok(())
    }

    fn batch_alone(&mut self, id: Uuid, action: BatchAction, by: &Circumstances) -> Result<(), Code> {
        let circumstances = by.clone();
        let event = self
            .batch(id)
            .decide(&BatchCommand { action, circumstances })
            .map_err(of_refusal)?;
        self.record_batch(id, event);
        Ok(())
    }

    fn plan_of(&self, batch: Uuid) -> Result<Uuid, Code> {
        self.batch(batch)
            .opening()
            .map(|opening| opening.plan)
            .ok_or("no-such-batch")
    }
}

fn of_refusal(refusal: Refusal) -> Code {
    refusal.code
}

fn of_project(error: &ProjectError) -> Code {
    error.code
}

fn of_several(error: SeveralError) -> Code {
    match error {
        SeveralError::Refused(refusal) => refusal.code,
        SeveralError::Project { error, .. } => of_project(&error),
    }
}

fn of_together(error: TogetherError) -> Code {
    match error {
        TogetherError::Refused(refusal) => refusal.code,
        TogetherError::Project { error, .. } => of_project(&error),
    }
}

fn of_alone(error: AloneError) -> Code {
    match error {
        AloneError::Project(error) => of_project(&error),
        AloneError::Refused(refusal) => refusal.code,
    }
}

fn of_settling(error: SettleError) -> Code {
    match error {
        SettleError::Refused(refusal) => refusal.code,
        SettleError::Missing(_) => unreachable!("everything is at hand"),
    }
}
