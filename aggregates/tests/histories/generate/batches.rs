//! Plans and batches: estimates, ceilings, candidates, their order, decisions on many at once.

use std::collections::BTreeMap;

use dean_aggregates::actor::Party;
use dean_aggregates::batch::Batch;
use dean_aggregates::batch::command::{Item, ItemWhat};
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::lifecycle::ActionKind;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::authority::{Act, Power, unwritten};
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange, PlanKey};
use dean_aggregates::plan::{self, Plan};
use dean_aggregates::project::Project;
use dean_aggregates::project::action::LineSupport;
use dean_aggregates::project::content::{Level, Units};
use uuid::Uuid;

use super::{Chooser, Flaw};
use crate::asked::{Asked, Attempt};
use crate::oracle::account::Money;
use crate::oracle::norms;
use crate::texts::TEXTS;
use crate::world::{id_of, index_of};

/// What decisions of batches rest on, whatever they do.
const DECISION_PAPERS: [&str; 6] = [
    "to-trinh",
    "qd-phe-duyet",
    "van-ban-de-nghi",
    "y-kien-so",
    "qd-ngung",
    "qd-dieu-chinh",
];

impl Chooser<'_> {
    /// The plan under which a đề án is approved.
    fn plan_of(&self, project: &Project) -> Option<(Uuid, PlanKey)> {
        let level = project.level()?;
        let (party, province) = match level {
            Level::National => (Party::Ministry, None),
            Level::Local => (Party::Province, project.province().map(str::to_owned)),
        };
        let year = project.plan_year()?;
        let authority = project.units()?.get(&party)?;
        let key = PlanKey { level, province, year };
        Some((plan::id_of(level, &authority.id, year), key))
    }

    fn actor_for(&mut self, act: Act, powers: &[Power], units: &Units) -> dean_aggregates::actor::Actor {
        let power = powers.iter().find(|power| power.act == act);
        let takers = power.map(|power| power.takers.clone()).unwrap_or_default();
        self.somebody(&takers, units, act.as_str())
    }

    /// The next thing that leads to the approval of a đề án.
    pub(super) fn towards_approval(&mut self, index: usize) -> Option<Attempt> {
        let project = self.world.project(index);
        let (plan_id, key) = self.plan_of(project)?;
        let plan = self.world.plan(plan_id);
        if !plan.exists() {
            return self.assign(key);
        }
        if plan.batches().is_empty() {
            return self.open_batch(plan_id);
        }
        let batches: Vec<Uuid> = plan.batches().values().map(|known| known.batch).collect();
        let having = batches
            .iter()
            .find(|id| self.world.batch(**id).candidates().contains_key(&id_of(index)));
        let Some(id) = having.copied() else {
            let id = *self.dice.pick(&batches)?;
            return self.nominate(id, index);
        };
        let batch = self.world.batch(id);
        if self.dice.chance(6) {
            return self.remove_candidate(id, index);
        }
        if batch.rank_of(id_of(index)).is_none() {
            return self.rank(id);
        }
        // Enough money for them, mostly, before they are decided.
        let needed: Money = self.candidates(batch).iter().map(|index| self.allowed(*index)).sum();
        let left = batch.left().get();
        if left < needed && self.dice.chance(75) {
            let (reserved, estimate) = (plan.figures().reserved.get(), plan.figures().estimate.get());
            let more = needed - left;
            return if reserved + more <= estimate {
                self.change_ceiling(id, batch.figures().ceiling.get() + more)
            } else {
                self.change_estimate(plan_id, reserved + more)
            };
        }
        self.approve(id)
    }

    fn candidates(&self, batch: &Batch) -> Vec<usize> {
        let ranked = batch.candidates().keys().filter(|id| batch.rank_of(**id).is_some());
        ranked.map(|id| index_of(*id)).collect()
    }

    /// What a đề án asks for, as far as its norms allow it today.
    fn allowed(&self, index: usize) -> Money {
        let Some(account) = self.oracle.accounts.get(&index) else {
            return 0;
        };
        let lines = account.content.lines.iter();
        lines
            .map(|line| line.support.get().min(norms::limit(line, self.world.today)))
            .sum()
    }

    pub(super) fn act_on_batch(&mut self) -> Option<Attempt> {
        let plans: Vec<Uuid> = self.world.all.plans.keys().copied().collect();
        let Some(plan_id) = self.dice.pick(&plans).copied() else {
            let index = self.dice.index(self.world.all.projects.len());
            let (_, key) = self.plan_of(self.world.project(index))?;
            return self.assign(key);
        };
        let plan = self.world.plan(plan_id);
        let batches: Vec<Uuid> = plan.batches().values().map(|known| known.batch).collect();
        let any = self.dice.below(20);
        let Some(id) = self.dice.pick(&batches).copied() else {
            return self.open_batch(plan_id);
        };
        let figures = plan.figures();
        match any {
            0 => {
                let index = self.dice.index(self.world.all.projects.len());
                let (_, key) = self.plan_of(self.world.project(index))?;
                self.assign(key)
            }
            1 | 2 => {
                let estimate = figures.estimate.get();
                let amount = match self.dice.below(3) {
                    0 => estimate * 3 / 4,
                    1 => figures.approved.get(),
                    _ => estimate + 200_000_000,
                };
                self.change_estimate(plan_id, amount)
            }
            3 => self.open_batch(plan_id),
            4..7 => {
                let (own, free) = (
                    self.world.batch(id).figures(),
                    figures.estimate.saturating_sub(figures.reserved),
                );
                let to = match self.dice.below(3) {
                    0 => own.approved.get(),
                    1 => own.ceiling.get() + free.get(),
                    _ => own.ceiling.get() + free.get() / 2,
                };
                self.change_ceiling(id, to)
            }
            7 => {
                let index = self.dice.index(self.world.all.projects.len());
                self.nominate(id, index)
            }
            8 => {
                let index = self.dice.index(self.world.all.projects.len());
                self.remove_candidate(id, index)
            }
            9 => self.rank(id),
            10 => self.approve(id),
            _ => self.decide_on_approved(id),
        }
    }

    fn assign(&mut self, key: PlanKey) -> Option<Attempt> {
        let lifecycle = &TEXTS.lifecycles[usize::from(key.level == Level::Local)];
        let mut key = key;
        if self.has(Flaw::Thing) {
            key.province = key.province.is_none().then(|| "dien-bien".to_owned());
        }
        let amount = self.million(400, 3_000);
        let amount = if self.has(Flaw::Nothing) { Dong::ZERO } else { amount };
        let decision = self.decision();
        let looked_up = (&**lifecycle, &*TEXTS.places, self.world.today);
        let assignment = EstimateAssignment::of(key, (amount, decision), looked_up).ok()?;
        let actor = self.actor_for(Act::Estimate, &lifecycle.value.planning, &assignment.units);
        Some(self.attempt_by("assign-estimate", Asked::Assign(assignment), actor, &[]))
    }

    fn change_estimate(&mut self, id: Uuid, amount: Money) -> Option<Attempt> {
        let plan = self.world.plan(id);
        let amount = if self.has(Flaw::Thing) {
            plan.figures().estimate.get()
        } else {
            amount
        };
        let change = EstimateChange {
            amount: Dong::new(amount).expect("an amount"),
            decision: self.decision(),
            reason: self.text("Điều chỉnh giữa năm."),
        };
        let actor = self.of_plan(Act::Estimate, plan)?;
        Some(self.attempt_by("change-estimate", Asked::ChangeEstimate(id, change), actor, &[]))
    }

    fn of_plan(&mut self, act: Act, plan: &Plan) -> Option<dean_aggregates::actor::Actor> {
        let powers = if plan.planning().is_empty() {
            unwritten(plan.level()?)
        } else {
            plan.planning().to_vec()
        };
        Some(self.actor_for(act, &powers, plan.units()?))
    }

    fn open_batch(&mut self, id: Uuid) -> Option<Attempt> {
        let plan = self.world.plan(id);
        let number = u16::try_from(plan.batches().len()).expect("few") + u16::from(!self.has(Flaw::Number));
        let free = plan.figures().estimate.saturating_sub(plan.figures().reserved).get();
        let ceiling = if self.has(Flaw::Much) {
            self.amount(free)
        } else {
            self.amount(free * 2 / 3)
        };
        let actor = self.of_plan(Act::Estimate, plan)?;
        Some(self.attempt_by("open-batch", Asked::OpenBatch(id, number, ceiling), actor, &[]))
    }

    fn change_ceiling(&mut self, id: Uuid, ceiling: Money) -> Option<Attempt> {
        let batch = self.world.batch(id);
        let plan = self.world.plan(batch.opening()?.plan);
        let free = plan.figures().estimate.saturating_sub(plan.figures().reserved).get();
        let ceiling = match self.flaw {
            Flaw::Much => batch.figures().ceiling.get() + free + 1,
            Flaw::Nothing => batch.figures().approved.get().saturating_sub(1),
            _ => ceiling,
        };
        let ceiling = Dong::new(ceiling).expect("an amount");
        let actor = self.of_plan(Act::Estimate, plan)?;
        let asked = Asked::ChangeCeiling(id, ceiling, self.text("Cân đối lại."));
        Some(self.attempt_by("change-ceiling", asked, actor, &[]))
    }

    fn nominate(&mut self, id: Uuid, index: usize) -> Option<Attempt> {
        let plan = self.world.plan(self.world.batch(id).opening()?.plan);
        let actor = self.of_plan(Act::Prepare, plan)?;
        Some(self.attempt_by("nominate", Asked::Nominate(id, index, Vec::new()), actor, &[]))
    }

    fn remove_candidate(&mut self, id: Uuid, index: usize) -> Option<Attempt> {
        let plan = self.world.plan(self.world.batch(id).opening()?.plan);
        let actor = self.of_plan(Act::Prepare, plan)?;
        let asked = Asked::RemoveCandidate(id, index, self.text("Đơn vị xin rút."));
        Some(self.attempt_by("remove-candidate", asked, actor, &[]))
    }

    /// Equals are judged; a judgement is forgotten where a thing is what is wrong.
    fn rank(&mut self, id: Uuid) -> Option<Attempt> {
        let batch = self.world.batch(id);
        let mut equals: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for candidate in batch.candidates().values() {
            let facts = &candidate.facts;
            let class = facts.places.first().map(|share| share.class);
            let key = format!("{} {} {class:?} {:?}", facts.key, facts.clean_production, facts.trade());
            equals.entry(key).or_default().push(candidate.project);
        }
        let tied = equals.into_values().filter(|order| order.len() > 1);
        let mut ties: Vec<TieJudgement> = tied
            .map(|order| TieJudgement {
                order,
                reason: self.text("Năng lực tốt hơn."),
            })
            .collect();
        if self.has(Flaw::Thing) {
            ties = vec![TieJudgement {
                order: vec![id_of(99), id_of(98)],
                reason: String::new(),
            }];
        }
        let plan = self.world.plan(batch.opening()?.plan);
        let actor = self.of_plan(Act::Prepare, plan)?;
        let asked = Asked::Rank(id, RankingSettings::default(), ties);
        Some(self.attempt_by("rank", asked, actor, &[]))
    }

    fn decide(&mut self, name: &'static str, id: Uuid, items: Vec<Item>) -> Option<Attempt> {
        let batch = self.world.batch(id);
        let opening = batch.opening()?;
        let plan = self.world.plan(opening.plan);
        let units = plan.units()?.clone();
        let power = plan.planning().iter().find(|power| power.act == Act::Decide)?.clone();
        // The head approves and stops; who is next to it only adjusts.
        let head = &power.takers[..1];
        let takers = if name == "adjust in a batch" {
            &power.takers[..]
        } else {
            head
        };
        let actor = self.somebody(takers, &units, "decide");
        let mut decision = self.decision();
        if self.dice.chance(8) {
            decision.signed_for = Some(self.signature());
        }
        Some(self.attempt_by(name, Asked::Decide(id, decision, items), actor, &DECISION_PAPERS))
    }

    fn approve(&mut self, id: Uuid) -> Option<Attempt> {
        let batch = self.world.batch(id);
        let mut chosen = self.candidates(batch);
        self.dice.shuffle(&mut chosen);
        if chosen.len() > 1 && self.dice.chance(30) {
            chosen.truncate(1);
        }
        if self.has(Flaw::Thing) {
            chosen.push(self.dice.index(self.world.all.projects.len()));
        }
        // Mischief: the first place in the order is passed by somebody who has none.
        if chosen.is_empty() && self.dice.chance(80) {
            return None;
        }
        if self.has(Flaw::Number) && self.dice.chance(50) {
            let item = self.adding(id)?;
            return self.decide("add in a batch", id, vec![item]);
        }
        let items = chosen.into_iter().map(|index| Item {
            project: id_of(index),
            step: None,
            what: ItemWhat::Approve {
                lines: self.granted(index),
            },
        });
        let items = items.collect();
        self.decide("approve in a batch", id, items)
    }

    /// The support of each line: what is asked for, as far as it is allowed.
    pub(super) fn granted(&mut self, index: usize) -> Vec<LineSupport> {
        let Some(account) = self.oracle.accounts.get(&index) else {
            return Vec::new();
        };
        let as_asked = self.dice.chance(20);
        let mut of_firms: BTreeMap<u16, Money> = BTreeMap::new();
        let lines: Vec<_> = account.content.lines.clone();
        let mut granted = Vec::new();
        for line in &lines {
            let norm = norms::limit(line, self.world.today);
            let mut limit = norm.min(line.support.get());
            if let Some(firm) = line.beneficiary {
                let known = of_firms.entry(firm).or_default();
                limit = limit.min(norm.saturating_sub(*known));
                *known += limit;
            }
            if self.has(Flaw::Much) {
                limit = norm;
            }
            granted.push(LineSupport {
                line: line.number,
                support: self.amount(limit),
            });
        }
        if as_asked { Vec::new() } else { granted }
    }

    /// A đề án that waits for its approval and is no candidate.
    fn adding(&mut self, id: Uuid) -> Option<Item> {
        let is_any = self.dice.chance(15);
        let batch = self.world.batch(id);
        let plan = batch.opening()?.plan;
        let waiting: Vec<usize> = self
            .world
            .projects()
            .filter(|(_, project)| matches!(project.standing().state.as_str(), "appraised" | "appraised-ministry"))
            .filter(|(index, project)| {
                let of_plan = self.plan_of(project).is_some_and(|(id, _)| id == plan);
                is_any || (of_plan && !batch.candidates().contains_key(&id_of(*index)))
            })
            .map(|(index, _)| index)
            .collect();
        let index = self.dice.pick(&waiting).copied()?;
        Some(Item {
            project: id_of(index),
            step: None,
            what: ItemWhat::Add {
                lines: self.granted(index),
                reason: self.text("Bổ sung giữa năm."),
            },
        })
    }

    fn decide_on_approved(&mut self, id: Uuid) -> Option<Attempt> {
        let batch = self.world.batch(id);
        let approved = batch.approved().iter().filter(|(_, known)| !known.stopped);
        let mut chosen: Vec<usize> = approved.map(|(id, _)| index_of(*id)).collect();
        // What has come too far to be changed is seldom tried.
        let changes = |index: &usize| {
            let project = self.world.project(*index);
            let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
            let steps = project.steps_for(lifecycle);
            steps.iter().any(|step| step.action == ActionKind::Adjust)
        };
        if !self.has(Flaw::Thing) {
            chosen.retain(changes);
        }
        self.dice.shuffle(&mut chosen);
        chosen.truncate(2);
        if self.has(Flaw::Thing) {
            chosen.push(self.dice.index(self.world.all.projects.len()));
        }
        if chosen.is_empty() || self.dice.chance(30) {
            let item = self.adding(id)?;
            return self.decide("add in a batch", id, vec![item]);
        }
        // What is decided must have been asked for, or seen on site.
        let project = self.world.project(chosen[0]);
        let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
        let waits = |action| {
            let mut steps = lifecycle.steps.iter().filter(|step| step.action == action);
            steps.any(|step| project.unmet(lifecycle, step).is_some())
        };
        let stops = self.dice.chance(30);
        let is_waiting = waits(if stops { ActionKind::Stop } else { ActionKind::Adjust });
        if is_waiting && self.dice.chance(80) {
            let first = if stops { "request-withdrawal" } else { "verify-on-site" };
            return self.step(chosen[0], lifecycle.step(first)?);
        }
        if stops {
            let index = chosen[0];
            let asked = self
                .oracle
                .accounts
                .get(&index)?
                .trail
                .iter()
                .any(|taken| taken.step == "request-withdrawal");
            let item = Item {
                project: id_of(index),
                step: None,
                what: ItemWhat::Stop {
                    on_request: asked != self.dice.chance(25),
                    reason: self.text("Đơn vị thụ hưởng xin rút."),
                },
            };
            return self.decide("stop in a batch", id, vec![item]);
        }
        chosen.truncate(1);
        let items = chosen.into_iter().filter_map(|index| {
            let content = self.oracle.accounts.get(&index)?.content.clone();
            Some(Item {
                project: id_of(index),
                step: None,
                what: ItemWhat::Adjust {
                    lines: self.supports(&content),
                    reason: self.text("Giá máy thay đổi."),
                },
            })
        });
        let items = items.collect();
        self.decide("adjust in a batch", id, items)
    }
}
