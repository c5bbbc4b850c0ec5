//! A plan with one batch and its đề án, each at its own point of life.

use std::sync::{Arc, LazyLock};

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Party, Role, Unit};
use dean_aggregates::batch::alone::{self, Alone, AloneError};
use dean_aggregates::batch::candidate::TradeGround;
use dean_aggregates::batch::command::{Item, ItemWhat};
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::batch::together::{self, DecideBatch, Together, TogetherError};
use dean_aggregates::batch::{self, Batch, BatchAction, BatchCommand, BatchEvent};
use dean_aggregates::lifecycle::{Lifecycle, Pinned};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange};
use dean_aggregates::plan::{self, Circumstances, Plan, PlanAction, PlanCommand, PlanEvent, Refusal};
use dean_aggregates::project::action::{Action, LineSupport, PaymentKind};
use dean_aggregates::project::content::{Content, Level, Units};
use dean_aggregates::project::papers::{Decision, Paper, PaperForm};
use dean_aggregates::rules::RuleSet;
use uuid::Uuid;

use crate::common::samples::{content, contract, line, pay, progress};
use crate::common::{KCQG, RULES_2018, Story, day, lifecycle, rules};
use crate::stories::to_appraisal;

static LIFECYCLE: LazyLock<Arc<Pinned<Lifecycle>>> = LazyLock::new(|| lifecycle(&by_batch()));
static RULES: LazyLock<Arc<Pinned<RuleSet>>> = LazyLock::new(|| rules(RULES_2018));

/// The national lifecycle as first published, but with approvals by batch only: its stops and adjustments ask for nothing beforehand.
pub(crate) fn by_batch() -> String {
    let line = "action = \"approve\"\n";
    KCQG.replace(line, &format!("{line}by_batch = true\n"))
}

pub(crate) struct Season {
    pub(crate) plan_id: Uuid,
    pub(crate) plan: Plan,
    pub(crate) number: u16,
    pub(crate) batch_id: Uuid,
    pub(crate) batch: Batch,
    pub(crate) projects: Vec<(Uuid, Story)>,
    pub(crate) plan_events: Vec<PlanEvent>,
    pub(crate) batch_events: Vec<BatchEvent>,
    pub(crate) on: &'static str,
    pub(crate) decisions: u32,
}

pub(crate) fn units() -> Units {
    let unit = |id: &str, name: &str| Unit {
        id: id.to_owned(),
        name: name.to_owned(),
    };
    Units::from([
        (Party::Ministry, unit("bo-ct", "Bộ Công Thương")),
        (Party::Agency, unit("cuc", "Cục Công Thương địa phương")),
    ])
}

pub(crate) fn actor(role: Role, unit: &str) -> Actor {
    Actor {
        id: format!("{unit}.{role}"),
        role,
        unit: unit.to_owned(),
    }
}

pub(crate) fn minister() -> Actor {
    actor(Role::Minister, "bo-ct")
}

pub(crate) fn officer() -> Actor {
    actor(Role::AgencyOfficer, "cuc")
}

pub(crate) fn million(amount: u32) -> Dong {
    Dong::million(amount)
}

pub(crate) fn project_id(number: usize) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

pub(crate) fn paper_of(number: &str) -> Decision {
    Decision {
        number: number.to_owned(),
        date: day("2018-04-01"),
        issuer: "Bộ Công Thương".to_owned(),
        signer: None,
        signed_for: None,
    }
}

impl Season {
    /// An estimate and a batch's ceiling, million đồng.
    pub(crate) fn open(estimate: u32, ceiling: u32) -> Self {
        let plan_id = plan::id_of(Level::National, "bo-ct", 2019);
        let mut season = Self::of(plan_id, 1);
        season.plan(season.assignment(estimate), minister()).expect("assigned");
        season.open_batch(1, ceiling).expect("opened");
        season
    }

    /// A batch of a plan, neither of them opened.
    pub(crate) fn of(plan_id: Uuid, number: u16) -> Self {
        Self {
            plan_id,
            plan: Plan::default(),
            number,
            batch_id: batch::id_of(plan_id, number),
            batch: Batch::default(),
            projects: Vec::new(),
            plan_events: Vec::new(),
            batch_events: Vec::new(),
            on: "2018-12-20",
            decisions: 1_000 * u32::from(number),
        }
    }

    pub(crate) fn assignment(&self, estimate: u32) -> PlanAction {
        let units = units();
        PlanAction::AssignEstimate(EstimateAssignment {
            level: Level::National,
            province: None,
            year: 2019,
            authority: units[&Party::Ministry].clone(),
            units,
            amount: million(estimate),
            decision: paper_of("2300/QĐ-BTC"),
            planning: Vec::new(),
            lifecycle: None,
        })
    }

    pub(crate) fn circumstances(&self, actor: Actor) -> Circumstances {
        Circumstances {
            actor,
            occurred_on: day(self.on),
            today: day("2030-12-31"),
            papers: Vec::new(),
            note: String::new(),
        }
    }

    pub(crate) fn plan(&mut self, action: PlanAction, actor: Actor) -> Result<(), Refusal> {
        let circumstances = self.circumstances(actor);
        let event = self.plan.decide(&PlanCommand { action, circumstances })?;
        self.apply_plan(event);
        Ok(())
    }

    pub(crate) fn change_estimate(&mut self, amount: u32) -> Result<(), Refusal> {
        let change = EstimateChange {
            amount: million(amount),
            decision: paper_of("77/QĐ-BTC"),
            reason: "Điều chỉnh giữa năm.".to_owned(),
        };
        self.plan(PlanAction::ChangeEstimate(change), minister())
    }

    /// Opens a batch; only this season's own is kept.
    pub(crate) fn open_batch(&mut self, number: u16, ceiling: u32) -> Result<(), TogetherError> {
        let is_own = number == self.number;
        let mut batch = if is_own { self.batch.clone() } else { Batch::default() };
        let circumstances = self.circumstances(minister());
        let plan = (self.plan_id, &self.plan);
        let opened = together::open_batch(plan, &batch, (number, million(ceiling)), &circumstances)?;
        self.apply_plan(opened.plan);
        if is_own {
            batch.apply(opened.batch.clone());
            self.batch = batch;
            self.batch_events.push(opened.batch);
        }
        Ok(())
    }

    pub(crate) fn change_ceiling(&mut self, ceiling: u32) -> Result<(), TogetherError> {
        let circumstances = self.circumstances(minister());
        let to = (million(ceiling), "Cân đối lại.");
        let changed = together::change_ceiling(&self.plan, &self.batch, to, &circumstances)?;
        self.apply(changed);
        Ok(())
    }

    pub(crate) fn batch(&mut self, action: BatchAction, actor: Actor) -> Result<(), Refusal> {
        let circumstances = self.circumstances(actor);
        let event = self.batch.decide(&BatchCommand { action, circumstances })?;
        self.batch.apply(event.clone());
        self.batch_events.push(event);
        Ok(())
    }

    /// As [`Self::appraised`], all alike, made once.
    pub(crate) fn another(&mut self) -> usize {
        static ONE: LazyLock<Season> = LazyLock::new(|| {
            let mut season = Season::of(Uuid::nil(), 1);
            season.appraised(content(vec![line(1, 700, 300)]));
            season
        });
        let made = &ONE.projects[0].1;
        let mut story = Story::with(Arc::clone(&LIFECYCLE), Arc::clone(&RULES));
        story.events.clone_from(&made.events);
        story.project = made.project.clone();
        self.keep(story)
    }

    pub(crate) fn keep(&mut self, story: Story) -> usize {
        let index = self.projects.len();
        let id = project_id(100 * usize::from(self.number) + index);
        self.projects.push((id, story));
        index
    }

    /// A đề án that waits for its approval, not yet a candidate; its index.
    pub(crate) fn appraised(&mut self, content: Content) -> usize {
        let mut story = Story::with(Arc::clone(&LIFECYCLE), Arc::clone(&RULES));
        to_appraisal(&mut story, content);
        self.keep(story)
    }

    pub(crate) fn id(&self, index: usize) -> Uuid {
        self.projects[index].0
    }

    pub(crate) fn nominate(&mut self, index: usize, grounds: &[TradeGround]) -> Result<(), Refusal> {
        let (id, story) = &self.projects[index];
        let mut candidate = together::candidate(&self.batch, (*id, &story.project), &story.lifecycle.value, grounds)?;
        // Every story has the same code; an installation gives each its own.
        candidate.code = format!("KC-{}", index + 1);
        self.batch(BatchAction::AddCandidate(Box::new(candidate)), officer())
    }

    pub(crate) fn rank(&mut self, ties: Vec<TieJudgement>) -> Result<(), Refusal> {
        let settings = RankingSettings::default();
        self.batch(BatchAction::Rank { settings, ties }, officer())
    }

    /// All candidates in the order of their index, where nothing but a judgement orders them.
    pub(crate) fn rank_by_index(&mut self) {
        let order: Vec<Uuid> = self.batch.candidates().keys().copied().collect();
        let reason = "Năng lực thực hiện tốt hơn.".to_owned();
        self.rank(vec![TieJudgement { order, reason }]).expect("ranked");
    }

    pub(crate) fn item(&self, index: usize, what: ItemWhat) -> Item {
        Item {
            project: self.id(index),
            step: None,
            what,
        }
    }

    pub(crate) fn decision(&self, number: &str, items: Vec<Item>, actor: Actor) -> DecideBatch {
        let mut circumstances = self.circumstances(actor.clone());
        let asked = LIFECYCLE.value.steps.iter().filter(|step| {
            [
                "approve",
                "stop-on-request",
                "stop-for-violation",
                "adjust-minister",
                "adjust-agency",
            ]
            .contains(&step.id.as_str())
        });
        circumstances.papers = asked
            .flat_map(|step| &step.papers)
            .map(|paper| Paper {
                kind: paper.kind.clone(),
                number: "12/TTr".to_owned(),
                date: day(self.on),
                issuer: "Cục".to_owned(),
                signer: None,
                form: PaperForm::Original,
                kept_at: None,
                file: None,
                sha256: None,
            })
            .collect();
        let items = items.into_iter().map(|item| {
            let story = self.story(item.project);
            let mut context = story.command("approve", crate::common::samples::approve()).context;
            context.actor = actor.clone();
            context.occurred_on = day(self.on);
            (item, context)
        });
        DecideBatch {
            id: self.batch_id,
            decision: paper_of(number),
            items: items.collect(),
            circumstances,
        }
    }

    fn story(&self, project: Uuid) -> &Story {
        let found = self.projects.iter().find(|(id, _)| *id == project);
        &found.expect("a project of this season").1
    }

    pub(crate) fn decide_as(&mut self, items: Vec<Item>, actor: Actor) -> Result<Together, TogetherError> {
        let number = format!("{}/QĐ-BCT", self.decisions + 1);
        let command = self.decision(&number, items, actor);
        let decided = {
            let projects: Vec<_> = command
                .items
                .iter()
                .map(|(item, _)| &self.story(item.project).project)
                .collect();
            let decided = together::decide(&self.plan, &self.batch, &projects, &command)?;
            let again = together::decide(&self.plan, &self.batch, &projects, &command);
            assert_eq!(again.as_ref(), Ok(&decided), "decide is pure");
            decided
        };
        self.decisions += 1;
        for ((item, _), event) in command.items.iter().zip(&decided.projects) {
            let found = self.projects.iter_mut().find(|(id, _)| *id == item.project);
            let story = &mut found.expect("a project of this season").1;
            story.project.apply(event.clone());
            story.events.push(event.clone());
        }
        self.apply(decided.clone());
        Ok(decided)
    }

    pub(crate) fn decide(&mut self, items: Vec<Item>) -> Result<Together, TogetherError> {
        self.decide_as(items, minister())
    }

    /// A step of one đề án alone, with batch and plan beside it, as the engine takes it.
    pub(crate) fn alone(&mut self, index: usize, step: &str, action: Action) -> Result<Alone, AloneError> {
        let on = self.on;
        let (id, story) = &mut self.projects[index];
        let command = story.on(on).command(step, action);
        let approved_in = story.project.batch().map(|_| (&self.batch, &self.plan));
        let alone = alone::decide(approved_in, (*id, &story.project), &command)?;
        for event in &alone.project {
            story.project.apply(event.clone());
            story.events.push(event.clone());
        }
        if let Some((batch, plan)) = alone.booked.clone() {
            self.apply_plan(plan);
            self.batch.apply(batch.clone());
            self.batch_events.push(batch);
        }
        Ok(alone)
    }

    /// The next step that needs nothing of the batch, towards the first advance; whether there was one.
    pub(crate) fn live_on(&mut self, index: usize) -> bool {
        let project = &self.projects[index].1.project;
        let support = u32::try_from(project.figures().approved.get() / 1_000_000).unwrap_or(0);
        let done = || progress("2019-01-01", 600, 600 - support.min(300));
        let (step, action) = match project.standing().state.as_str() {
            "approved" => ("sign-contract", contract(support)),
            "contracted" => ("report-progress", Action::ReportProgress(done())),
            "in-progress" if project.payments().is_empty() => ("confirm-progress", Action::ConfirmProgress(done())),
            "confirmed" => ("advance-first", pay(PaymentKind::First, support * 7 / 10)),
            _ => return false,
        };
        let lived = self.alone(index, step, action);
        if let Ok(alone) = &lived {
            assert_eq!(alone.booked, None, "{step} leaves plan and batch alone");
        }
        lived.is_ok()
    }

    fn apply(&mut self, together: Together) {
        self.apply_plan(together.plan);
        self.batch.apply(together.batch.clone());
        self.batch_events.push(together.batch);
    }

    fn apply_plan(&mut self, event: PlanEvent) {
        self.plan.apply(event.clone());
        self.plan_events.push(event);
    }
}

pub(crate) fn approving() -> ItemWhat {
    ItemWhat::Approve { lines: Vec::new() }
}

pub(crate) fn adding() -> ItemWhat {
    ItemWhat::Add {
        lines: Vec::new(),
        reason: "Bổ sung giữa năm.".to_owned(),
    }
}

pub(crate) fn stopping() -> ItemWhat {
    ItemWhat::Stop {
        on_request: true,
        reason: "Đơn vị thụ hưởng xin rút.".to_owned(),
    }
}

pub(crate) fn adjusting(line: u16, support: u32) -> ItemWhat {
    ItemWhat::Adjust {
        lines: vec![LineSupport {
            line,
            support: million(support),
        }],
        reason: "Giá máy thay đổi.".to_owned(),
    }
}

/// The code of a refusal, whoever made it.
pub(crate) fn code_of<T: std::fmt::Debug>(decided: Result<T, TogetherError>) -> &'static str {
    match decided.expect_err("refused") {
        TogetherError::Refused(refusal) => refusal.code,
        TogetherError::Project { error, .. } => error.code,
    }
}
