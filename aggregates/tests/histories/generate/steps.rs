//! Steps of one đề án: drafting, what comes next, and what is possible beside.

use std::sync::Arc;

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::lifecycle::{ActionKind, Step};
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::Project;
use dean_aggregates::project::action::{Action, DraftAction, PaymentKind};
use dean_aggregates::project::content::Level;

use super::{Chooser, Flaw, paper};
use crate::asked::{Asked, Attempt};
use crate::texts::TEXTS;

const PROVINCES: [&str; 2] = ["dien-bien", "lai-chau"];

impl Chooser<'_> {
    pub(super) fn draft(&mut self) -> Attempt {
        let known = self.world.all.projects.len();
        let lifecycle = Arc::clone(self.dice.pick(&TEXTS.lifecycles).expect("texts"));
        let level = lifecycle.value.level;
        let province = if self.has(Flaw::Thing) {
            "khong-co"
        } else {
            *self.dice.pick(&PROVINCES).expect("provinces")
        };
        let content = self.content(province);
        let unit = if level == Level::National && self.dice.chance(15) {
            "ttkcqg-vung-1".to_owned()
        } else {
            format!("ttkc-{province}")
        };
        let repeated = self.has(Flaw::Number) && known > 0;
        let action = Action::Draft(DraftAction {
            code: repeated.then(|| "kc-0".to_owned()),
            plan_year: if self.dice.chance(4) { 2020 } else { 2019 },
            level,
            province: province.to_owned(),
            lifecycle: Some(lifecycle.value.code.clone()),
            content,
        });
        let actor = self.person(Role::Implementer, &unit, "draft");
        let asked = Asked::Step {
            project: if self.has(Flaw::Person) { 0 } else { known },
            step: "draft".to_owned(),
            action,
            lifecycle: Some(lifecycle),
            target: None,
        };
        self.attempt_by("draft", asked, actor, &[])
    }

    /// A đề án that has not come to its end, if there is one.
    pub(super) fn project(&mut self) -> usize {
        let known = self.world.projects();
        let alive: Vec<usize> = known
            .filter(|(_, project)| {
                let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
                lifecycle
                    .state(&project.standing().state)
                    .is_some_and(|state| !state.is_final)
            })
            .map(|(index, _)| index)
            .collect();
        let any = self.dice.index(self.world.all.projects.len());
        self.dice.pick(&alive).copied().unwrap_or(any)
    }

    /// What an ordinary life awaits.
    pub(super) fn go_on(&mut self) -> Option<Attempt> {
        let index = self.project();
        let project = self.world.project(index);
        let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
        let possible = project.steps_for(lifecycle);
        if self.world.screening(index).flags().values().any(|flag| flag.is_open()) && self.dice.chance(40) {
            return self.rule(index);
        }
        if possible
            .iter()
            .any(|step| step.action == ActionKind::Approve && step.by_batch)
        {
            return self.towards_approval(index);
        }
        let signs = possible.iter().any(|step| step.action == ActionKind::SignContract);
        if signs && self.dice.chance(55) {
            return self.sign_together(index);
        }
        if let (Some(reference), true) = (
            project.contract(),
            project.standing().state == "settled" && !self.is_payable(index),
        ) {
            return self.wind_up(reference.contract);
        }
        if self
            .oracle
            .accounts
            .get(&index)
            .is_some_and(|account| !account.open_findings.is_empty())
            && self.dice.chance(20)
        {
            let of_inspection = project
                .findings()
                .iter()
                .any(|finding| finding.open && finding.inspection.is_some());
            return if of_inspection {
                self.act_on_inspection()
            } else {
                self.step(index, lifecycle.step("close-finding")?)
            };
        }
        let changes = |step: &&&Step| matches!(step.action, ActionKind::Adjust | ActionKind::ExtendTime);
        let is_ready = |step: &&&Step| !step.requires.is_empty() && project.unmet(lifecycle, step).is_none();
        let ready: Vec<&Step> = possible.iter().filter(changes).filter(is_ready).copied().collect();
        if !ready.is_empty() && self.dice.chance(45) {
            let step = self.dice.pick(&ready).copied()?;
            return self.step(index, step);
        }
        let named = self.usual(project);
        let step = named.and_then(|id| lifecycle.step(id));
        let mut main = |step: &&&Step| {
            // A stop is awaited once it was asked for.
            let is_ready = step.action != ActionKind::Stop || project.unmet(lifecycle, step).is_none();
            let is_due = self.dice.chance(4) || self.is_due(index, step.action);
            step.is_main_from(&project.standing().state) && !step.by_batch && is_ready && is_due
        };
        let awaited: Vec<&Step> = possible.iter().filter(|step| main(step)).copied().collect();
        let step = step.or_else(|| self.dice.pick(&awaited).copied())?;
        let step = project
            .unmet(lifecycle, step)
            .filter(|_| self.dice.chance(80))
            .map_or(step, |required| {
                lifecycle
                    .step(required)
                    .filter(|step| step.action != ActionKind::Withdraw)
                    .unwrap_or(step)
            });
        self.step(index, step)
    }

    fn is_payable(&self, index: usize) -> bool {
        self.oracle
            .accounts
            .get(&index)
            .is_some_and(|account| account.payable() > 0)
    }

    /// Whether there is money for a step to move.
    fn is_due(&self, index: usize, action: ActionKind) -> bool {
        self.oracle.accounts.get(&index).is_none_or(|account| match action {
            ActionKind::Refund => account.receivable() > 0,
            ActionKind::ScheduleRepayment => !account.has_schedule && account.out() > 0,
            ActionKind::Repay => account.has_schedule && account.out() > 0,
            ActionKind::RaiseReceivable => account.claimable() > 0,
            ActionKind::CloseFinding => !account.open_findings.is_empty(),
            _ => true,
        })
    }

    /// Among several awaited steps the one that leads on.
    fn usual(&mut self, project: &Project) -> Option<&'static str> {
        let any = self.dice.below(100);
        let paid = !project.payments().is_empty();
        match project.standing().state.as_str() {
            "approved" | "contracted" | "in-progress" | "confirmed" if any >= 95 => Some("verify-on-site"),
            "in-progress" | "confirmed" if any >= 93 && paid => Some("advance-first"),
            "contracted" if any < 75 => Some("report-progress"),
            "in-progress" if any < 35 && !paid => Some("confirm-progress"),
            "in-progress" if any < 85 => Some("accept"),
            "confirmed" if any < 60 && !paid => Some("advance-first"),
            "confirmed" if any < 60 => Some("advance-next"),
            "confirmed" => Some("accept"),
            "accepted" | "rest-paid" if any < 4 => Some("account-late-settlement"),
            "accepted" if any < 70 => Some("advance-rest"),
            "accepted" | "rest-paid" => Some("submit-settlement"),
            "settled" | "liquidated" | "stopped" if any < 12 && project.figures().repaid.get() > 0 => Some("correct"),
            "settled" | "paid" | "liquidated" | "stopped" if project.figures().receivable.get() > 0 => Some("refund"),
            "stopped" if project.figures().settled.get() == 0 && any < 60 => Some("settle-stopped"),
            "stopped" if any < 50 => Some("archive"),
            "reopened" if any < 60 => Some("settle"),
            _ => None,
        }
    }

    /// Any step that the state allows.
    pub(super) fn step_aside(&mut self) -> Option<Attempt> {
        let index = if self.dice.chance(80) {
            self.project()
        } else {
            self.dice.index(self.world.all.projects.len())
        };
        let project = self.world.project(index);
        let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
        let mut possible = project.steps_for(lifecycle);
        // What waited for something, and may be done now.
        let is_ready = |step: &&Step| !step.requires.is_empty() && project.unmet(lifecycle, step).is_none();
        if possible.iter().any(is_ready) && self.dice.chance(50) {
            possible.retain(is_ready);
        }
        let step = self.dice.pick(&possible).copied()?;
        if !self.is_due(index, step.action) && self.dice.chance(80) {
            return None;
        }
        // Lives end seldom before their time.
        let ends = matches!(
            step.action,
            ActionKind::Withdraw | ActionKind::Refuse | ActionKind::Stop
        );
        if ends && self.dice.chance(80) {
            return None;
        }
        let required = project.unmet(lifecycle, step).and_then(|id| lifecycle.step(id));
        let step = required.filter(|_| self.dice.chance(75)).unwrap_or(step);
        self.step(index, step)
    }

    /// Any step of the text, wherever the đề án stands.
    pub(super) fn any_step(&mut self) -> Option<Attempt> {
        let index = self.dice.index(self.world.all.projects.len());
        let lifecycle = &TEXTS.lifecycle(self.world.project(index).lifecycle_pin()).value;
        let step = self.dice.pick(&lifecycle.steps)?;
        self.step(index, step)
    }

    pub(super) fn step(&mut self, index: usize, step: &Step) -> Option<Attempt> {
        let project = self.world.project(index);
        let (action, delegated) = self.action(index, step)?;
        let (actor, by) = self.taker(index, step, delegated);
        let mut by: Circumstances = by;
        by.actor = actor;
        let target = matches!(action, Action::MoveLifecycle(_)).then(|| {
            let later = TEXTS.later(&project.lifecycle_pin().code);
            (Arc::clone(later), self.dice.chance(20))
        });
        Some(Attempt {
            name: step.action.as_str(),
            asked: Asked::Step {
                project: index,
                step: step.id.clone(),
                action,
                lifecycle: None,
                target,
            },
            by,
        })
    }

    fn taker(&mut self, index: usize, step: &Step, delegated: bool) -> (Actor, Circumstances) {
        let project = self.world.project(index);
        let units = self.units(index);
        let takers = if delegated { &step.delegates } else { &step.takers };
        let mut actor = self.somebody(takers, &units, &step.id);
        if self.has(Flaw::Person)
            && let Some(other) = self.dice.pick(&step.separate)
        {
            let took = self.oracle.accounts.get(&index).and_then(|account| {
                let mut trail = account.trail.iter();
                trail
                    .find(|taken| taken.step == *other)
                    .map(|taken| taken.actor.clone())
            });
            actor.id = took.unwrap_or(actor.id);
        }
        let mut by = self.by(actor.clone(), &[]);
        if !self.has(Flaw::Papers) {
            let norms = &TEXTS.norms(by.occurred_on).value;
            let asked = project.required_papers(step, norms);
            let required = asked.iter().filter(|paper| paper.required);
            let date = by.occurred_on.min(self.world.today);
            by.papers = required.map(|asked| paper(&asked.kind, date)).collect();
        }
        (actor, by)
    }

    /// Which advance a step is.
    pub(super) fn payment_of(&self, step: &Step) -> PaymentKind {
        step.payment.unwrap_or(PaymentKind::Rest)
    }
}
