//! Checks that every step shares: does the step exist, is it possible now, may this person take it, are dates, papers and texts right.

use chrono::NaiveDate;

use super::super::command::ProjectCommand;
use super::super::error::{ProjectError, refuse};
use super::super::state::Project;
use super::{Case, texts};
use crate::actor::{Actor, Party, Role};
use crate::lifecycle::{ActionKind, Lifecycle, RequiredPaper, Step};
use crate::project::action::PaymentKind;
use crate::project::papers::Paper;
use crate::rules::RuleSet;

impl<'a> Case<'a> {
    pub(super) fn open(project: &'a Project, command: &'a ProjectCommand) -> Result<Self, ProjectError> {
        let context = &command.context;
        let lifecycle = &context.lifecycle.value;
        let step = lifecycle.step(&command.step).ok_or_else(|| {
            refuse("unknown-step")
                .field("step")
                .param("step", &command.step)
                .param("lifecycle", &lifecycle.code)
                .param("possible", possible(project, lifecycle))
        })?;
        let case = Self {
            project,
            command,
            context,
            lifecycle,
            rules: &context.rules.value,
            step,
        };
        case.check_place_in_life()?;
        case.check_contracted()?;
        project.may_take(step, &context.actor)?;
        case.check_signature()?;
        case.check_requirements()?;
        case.check_dates()?;
        texts::check(command)?;
        case.check_papers()?;
        Ok(case)
    }

    fn check_place_in_life(&self) -> Result<(), ProjectError> {
        let (project, step) = (self.project, self.step);
        let given = self.command.action.kind();
        if step.action != given {
            return Err(self.wrong_action());
        }
        if !project.exists() {
            return if step.from.is_empty() {
                Ok(())
            } else {
                Err(refuse("no-such-project"))
            };
        }
        if step.from.is_empty() {
            return Err(refuse("already-exists").param("code", project.code().unwrap_or_default()));
        }
        let pin = &self.context.lifecycle.pin;
        if *pin != project.lifecycle {
            return Err(refuse("wrong-lifecycle")
                .param(
                    "expected",
                    format!("{} {}", project.lifecycle.code, project.lifecycle.version),
                )
                .param("given", format!("{} {}", pin.code, pin.version)));
        }
        let state = &project.standing.state;
        if !step.starts_from(state) {
            return Err(refuse("wrong-state")
                .field("step")
                .rule(&step.article)
                .param("step", &step.id)
                .param("state", state)
                .param("possible", possible(project, self.lifecycle)));
        }
        if step.by_batch && self.context.by_batch.is_none() {
            return Err(refuse("only-by-batch")
                .field("step")
                .rule(&step.article)
                .param("step", &step.id));
        }
        let kind = project.content().map(|content| content.kind);
        if !step.kinds.is_empty() && kind.is_none_or(|kind| !step.kinds.contains(&kind)) {
            return Err(refuse("wrong-project-kind").rule(&step.article).param("step", &step.id));
        }
        if !project.fits_places(step) {
            return Err(refuse("wrong-spread").rule(&step.article).param("step", &step.id));
        }
        if !project.fits_implementer(step) {
            return Err(refuse("wrong-implementer")
                .rule(&step.article)
                .param("step", &step.id)
                .param("expected", step.implementers.join(", ")));
        }
        if !project.fits_contract(step) {
            return Err(refuse("wrong-contract-form")
                .rule(&step.article)
                .param("step", &step.id));
        }
        Ok(())
    }

    pub(super) fn wrong_action(&self) -> ProjectError {
        refuse("wrong-action")
            .field("step")
            .param("step", &self.step.id)
            .param("expected", self.step.action)
            .param("given", self.command.action.kind())
    }

    fn check_dates(&self) -> Result<(), ProjectError> {
        let (date, today) = (self.context.occurred_on, self.context.today);
        self.not_in_future("occurred_on", date)?;
        if self.step.may_be_back_dated() {
            return Ok(());
        }
        match self.project.last_step_on() {
            Some(last) if date < last => Err(refuse("back-dated")
                .field("occurred_on")
                .param("date", date)
                .param("today", today)
                .param("last", last)),
            _ => Ok(()),
        }
    }

    /// A date on a paper or of an act can't lie in the future.
    pub(super) fn not_in_future(&self, field: &str, date: NaiveDate) -> Result<(), ProjectError> {
        not_in_future(field, date, self.context.today)
    }

    pub(super) fn check_papers(&self) -> Result<(), ProjectError> {
        check_papers(&self.command.papers, self.context.today)?;
        let required = self.project.required_papers(self.step, self.rules);
        for paper in required.into_iter().filter(|paper| paper.required) {
            if !self.command.papers.iter().any(|filed| filed.kind == paper.kind) {
                return Err(refuse("missing-paper")
                    .field(format!("papers.{}", paper.kind))
                    .rule(&self.step.article)
                    .param("paper", &paper.kind)
                    .param("vi", &paper.vi)
                    .param("en", &paper.en));
            }
        }
        Ok(())
    }
}

impl Project {
    /// The papers of a step: the lifecycle's, and for the rest advance those of every kind of support (TT 36/2013 Đ14).
    pub fn required_papers<'a>(&self, step: &'a Step, rules: &'a RuleSet) -> Vec<&'a RequiredPaper> {
        let mut papers: Vec<&RequiredPaper> = step.papers.iter().collect();
        if step.action == ActionKind::Disburse && step.payment == Some(PaymentKind::Rest) {
            let lines = self
                .content()
                .map(|content| content.lines.as_slice())
                .unwrap_or_default();
            let kinds = lines.iter().filter_map(|line| rules.kind(&line.kind));
            for paper in kinds.flat_map(|kind| &kind.rest_papers) {
                if !papers.iter().any(|known| known.kind == paper.kind) {
                    papers.push(paper);
                }
            }
        }
        papers
    }

    /// Whether a person may take a step: role, unit, separation of duties.
    ///
    /// # Errors
    /// `read-only-role`, `not-your-role`, `not-your-unit`, `separation-of-duties`.
    pub fn may_take(&self, step: &Step, actor: &Actor) -> Result<(), ProjectError> {
        if actor.role == Role::Auditor {
            return Err(refuse("read-only-role"));
        }
        let in_role: Vec<Party> = step
            .takers
            .iter()
            .chain(&step.delegates)
            .filter(|taker| taker.role == actor.role)
            .map(|taker| taker.party)
            .collect();
        if in_role.is_empty() {
            let expected: Vec<&str> = step.takers.iter().map(|taker| taker.role.as_str()).collect();
            return Err(refuse("not-your-role")
                .rule(&step.article)
                .param("step", &step.id)
                .param("role", actor.role)
                .param("expected", expected.join(", ")));
        }
        if !in_role.iter().any(|party| self.is_of(*party, &actor.unit)) {
            let expected: Vec<&str> = in_role.iter().filter_map(|party| self.unit_id(*party)).collect();
            return Err(refuse("not-your-unit")
                .rule(&step.article)
                .param("step", &step.id)
                .param("unit", &actor.unit)
                .param("expected", expected.join(", ")));
        }
        for other in &step.separate {
            let took = |trace: &super::super::state::Trace| {
                *trace.step == **other && trace.actor_id.eq_ignore_ascii_case(&actor.id)
            };
            if self.trail.iter().any(took) {
                return Err(refuse("separation-of-duties")
                    .rule("bất kiêm nhiệm")
                    .param("step", &step.id)
                    .param("other", other));
            }
        }
        Ok(())
    }
}

/// Papers as they were filed: complete, of today or before, with a well-formed hash.
pub(crate) fn check_papers(papers: &[Paper], today: NaiveDate) -> Result<(), ProjectError> {
    for (index, paper) in papers.iter().enumerate() {
        for (name, text) in [
            ("kind", &paper.kind),
            ("number", &paper.number),
            ("issuer", &paper.issuer),
        ] {
            if text.trim().is_empty() {
                return Err(refuse("paper-incomplete")
                    .field(format!("papers.{index}.{name}"))
                    .param("paper", &paper.kind)
                    .param("what", name));
            }
        }
        not_in_future(&format!("papers.{index}.date"), paper.date, today)?;
        let is_hash = |hash: &String| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if paper.sha256.as_ref().is_some_and(|hash| !is_hash(hash)) {
            return Err(refuse("paper-hash").field(format!("papers.{index}.sha256")));
        }
    }
    Ok(())
}

fn not_in_future(field: &str, date: NaiveDate, today: NaiveDate) -> Result<(), ProjectError> {
    if date > today {
        return Err(refuse("future-date")
            .field(field)
            .param("date", date)
            .param("today", today));
    }
    Ok(())
}

fn possible(project: &Project, lifecycle: &Lifecycle) -> String {
    let steps: Vec<&str> = project
        .steps_for(lifecycle)
        .iter()
        .map(|step| step.id.as_str())
        .collect();
    steps.join(", ")
}
