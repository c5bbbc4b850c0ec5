//! Where the money of plans and batches comes from: estimates assigned, ceilings opened, both raised when a decision would not fit.

use chrono::NaiveDate;
use dean_aggregates::batch::command::ItemWhat;
use dean_aggregates::batch::{self, Batch, together};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::authority::{Act, parties};
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange, PlanKey};
use dean_aggregates::plan::{self, Plan, PlanAction, PlanCommand};
use dean_aggregates::project::Project;
use dean_aggregates::project::content::{Level, SupportLine};
use dean_aggregates::project::papers::Decision;
use dean_ledger::Append;
use uuid::Uuid;

use super::super::DemoError;
use super::super::life::Life;
use super::super::papers::letters;
use super::{
    Kept, Planning, Slot, Today, Waiting, above, actor, circumstances, decision_of, dice_of, kept, refused, signed,
    taker,
};

/// Ceilings and estimates are raised in steps of this, million đồng.
const ROUND_UP_TO: u64 = 500;

/// The ceiling that a batch is opened with, million đồng; of a national one, per 300 projects of the demo.
const NATIONAL_CEILING: u32 = 2_000;
const LOCAL_CEILING: u32 = 300;

/// An estimate that is published although no đề án of that plan is: programme, province, year, million đồng, source.
const PUBLISHED: &[(&str, u16, u32, &str)] = &[(
    "binh-dinh",
    2021,
    2_874,
    "Dự toán khuyến công địa phương Bình Định năm 2021 theo nguồn công khai: 2.874 triệu đồng (2.440 + 100 + 193 + 141).",
)];

/// The day on which published estimates of a year are assigned, in the year before it.
const PUBLISHED_ON: (u32, u32) = (12, 28);

impl Planning {
    /// Estimates that are published are assigned on their day.
    pub(in crate::demo) fn published(&mut self, today: &Today<'_>) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        for (province, year, amount, note) in PUBLISHED {
            let (month, day) = PUBLISHED_ON;
            if Some(today.day) != NaiveDate::from_ymd_opt(i32::from(*year) - 1, month, day) {
                continue;
            }
            let key = PlanKey {
                level: Level::Local,
                province: Some((*province).to_owned()),
                year: *year,
            };
            appends.push(self.assign(today, key, Dong::million(*amount), note)?);
        }
        Ok(appends)
    }

    /// Opens what isn't open: the plan with its estimate, the batch with its ceiling. The national plan opens both batches of its year.
    pub(super) fn open(&mut self, today: &Today<'_>, slot: &Slot) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        let plan_id = slot.plan_id();
        let mut numbers = vec![slot.number];
        if !self.plans.contains_key(&plan_id) {
            let (estimate, province) = match slot.level {
                Level::National => (2 * NATIONAL_CEILING * self.scale, None),
                Level::Local => (2 * LOCAL_CEILING, Some(slot.province.clone())),
            };
            let key = PlanKey {
                level: slot.level,
                province,
                year: slot.year,
            };
            appends.push(self.assign(today, key, Dong::million(estimate), "")?);
            if slot.level == Level::National {
                numbers = vec![1, 2];
            }
        }
        for number in numbers {
            if !self.batches.contains_key(&batch::id_of(plan_id, number)) {
                appends.extend(self.open_batch(today, slot.level, (plan_id, number))?);
            }
        }
        Ok(appends)
    }

    fn open_batch(
        &mut self,
        today: &Today<'_>,
        level: Level,
        (plan_id, number): (Uuid, u16),
    ) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        let share = match level {
            Level::National => Dong::million(NATIONAL_CEILING * self.scale),
            Level::Local => Dong::million(LOCAL_CEILING),
        };
        let figures = *kept(&mut self.plans, plan_id)?.aggregate.figures();
        let needed = figures.reserved.saturating_add(share);
        if needed > figures.estimate {
            appends.push(self.change_estimate(today, plan_id, up(needed))?);
        }
        let plan = kept(&mut self.plans, plan_id)?;
        let actor = actor(plan, Act::Estimate);
        let mut batch = Kept::<Batch>::new(batch::id_of(plan_id, number));
        let opened = together::open_batch(
            (plan_id, &plan.aggregate),
            &batch.aggregate,
            (number, share),
            &circumstances(&actor, today.day),
        )
        .map_err(above("open a batch", today.day))?;
        let streams = vec![batch.record(opened.batch)?, plan.record(opened.plan)?];
        self.batches.insert(batch.id, batch);
        appends.push(self.append(today, actor, "open-batch", streams));
        Ok(appends)
    }

    fn assign(&mut self, today: &Today<'_>, key: PlanKey, amount: Dong, note: &str) -> Result<Append, DemoError> {
        let lifecycle = today
            .rulebook
            .lifecycle_for((key.level, key.province.as_deref()), None, today.day)?;
        let decision = Decision {
            number: String::new(),
            date: today.day,
            issuer: String::new(),
            signer: None,
            signed_for: None,
        };
        let looked_up = (&*lifecycle, &*today.rulebook.places(), today.day);
        let mut assignment =
            EstimateAssignment::of(key, (amount, decision), looked_up).map_err(refused("open a plan", today.day))?;
        let mut plan = Kept::<Plan>::new(plan::id_of(assignment.level, &assignment.authority.id, assignment.year));
        let party = parties(assignment.level)[0];
        let mut dice = dice_of(self.seed, plan.id, 0);
        assignment.decision = signed(
            format!("{}/QĐ-{}", dice.between(20, 90), letters(party, today.day)),
            today.day,
            assignment.authority.name.clone(),
            &mut dice,
        );
        let actor = taker(&assignment.planning, &assignment.units, Act::Estimate);
        let mut circumstances = circumstances(&actor, today.day);
        note.clone_into(&mut circumstances.note);
        let event = plan
            .aggregate
            .decide(&PlanCommand {
                action: PlanAction::AssignEstimate(assignment),
                circumstances,
            })
            .map_err(refused("open a plan", today.day))?;
        let stream = plan.record(event)?;
        self.plans.insert(plan.id, plan);
        Ok(self.append(today, actor, "open-plan", vec![stream]))
    }

    /// Raises ceiling and estimate where the decision of the day would not fit.
    pub(super) fn make_room(
        &mut self,
        today: &Today<'_>,
        id: Uuid,
        lives: &[(Life, Waiting)],
    ) -> Result<Vec<Append>, DemoError> {
        let more = lives
            .iter()
            .map(|(life, waiting)| takes_more(&life.project, &waiting.what));
        let more = more.fold(Dong::ZERO, Dong::saturating_add);
        let (batch, plan) = self.both(id)?;
        let needed = batch.aggregate.figures().approved.saturating_add(more);
        let ceiling = batch.aggregate.figures().ceiling;
        let mut appends = Vec::new();
        if needed <= ceiling {
            return Ok(appends);
        }
        let needed = up(needed);
        let figures = *plan.aggregate.figures();
        let (plan_id, reserved) = (plan.id, figures.reserved.saturating_sub(ceiling).saturating_add(needed));
        if reserved > figures.estimate {
            appends.push(self.change_estimate(today, plan_id, up(reserved))?);
        }
        let (batch, plan) = self.both(id)?;
        let actor = actor(plan, Act::Estimate);
        let changed = together::change_ceiling(
            &plan.aggregate,
            &batch.aggregate,
            (needed, "Bổ sung hạn mức theo danh mục được thẩm định"),
            &circumstances(&actor, today.day),
        )
        .map_err(above("raise a ceiling", today.day))?;
        let streams = vec![batch.record(changed.batch)?, plan.record(changed.plan)?];
        appends.push(self.append(today, actor, "raise-ceiling", streams));
        Ok(appends)
    }

    fn change_estimate(&mut self, today: &Today<'_>, id: Uuid, amount: Dong) -> Result<Append, DemoError> {
        let plan = kept(&mut self.plans, id)?;
        let (seed, version) = (self.seed, plan.version);
        let change = EstimateChange {
            amount,
            decision: decision_of(plan, dice_of(seed, id, version), today.day),
            reason: "Bổ sung dự toán trong năm".to_owned(),
        };
        let actor = actor(plan, Act::Estimate);
        let event = plan
            .aggregate
            .decide(&PlanCommand {
                action: PlanAction::ChangeEstimate(change),
                circumstances: circumstances(&actor, today.day),
            })
            .map_err(refused("change an estimate", today.day))?;
        let stream = plan.record(event)?;
        Ok(self.append(today, actor, "change-estimate", vec![stream]))
    }
}

/// What a project takes more by the decision, at most; what it frees is not counted.
fn takes_more(project: &Project, what: &ItemWhat) -> Dong {
    let (ItemWhat::Approve { lines } | ItemWhat::Add { lines, .. } | ItemWhat::Adjust { lines, .. }) = what else {
        return Dong::ZERO;
    };
    let support = |line: &SupportLine| {
        let new = lines.iter().find(|new| new.line == line.number);
        new.map_or(line.support, |new| new.support)
    };
    let content = project.content().into_iter();
    let after = content
        .flat_map(|content| &content.lines)
        .map(support)
        .fold(Dong::ZERO, Dong::saturating_add);
    after.saturating_sub(project.figures().approved)
}

/// Up to the next round sum.
fn up(amount: Dong) -> Dong {
    let step = ROUND_UP_TO * 1_000_000;
    Dong::new(amount.get().div_ceil(step) * step).unwrap_or(amount)
}
