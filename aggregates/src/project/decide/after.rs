//! Where the project stands after an event: state, who must act, by when. The one place where a standing is computed.

use chrono::NaiveDate;

use super::super::error::ProjectError;
use super::super::event::{ProjectEvent, What};
use super::super::standing::{Standing, Waiting};
use super::super::state::Project;
use super::Case;
use crate::actor::Party;
use crate::calendar::{self, Timetable};
use crate::lifecycle::{ActionKind, DueFacts, Lifecycle, Spread, Step};
use crate::money::Dong;
use crate::project::action::PaymentKind;
use crate::project::content::ProjectKind;

impl Case<'_> {
    /// Applies the event to a copy and reads off where it leads.
    pub(super) fn after(&self, event: &ProjectEvent) -> Result<Standing, ProjectError> {
        let mut next = self.project.clone();
        let mut trial = event.clone();
        trial.after.state = self.project.standing.state.clone();
        next.record(&trial);
        let state = self.target(&event.what, next.is_all_accepted()).to_owned();
        if state != next.standing.state {
            next.standing.state = state;
            next.entered_by = next.version();
        }
        if matches!(event.what, What::Corrected(_)) {
            self.check_corrected(&next)?;
        }
        let lifecycle = match (&event.what, &self.context.target_lifecycle) {
            (What::LifecycleMoved(_), Some(target)) => &target.value,
            _ => self.lifecycle,
        };
        Ok(self.standing_of(&next, lifecycle, event.occurred_on))
    }

    /// Where a project stands, once everything is recorded.
    pub(super) fn standing_of(&self, next: &Project, lifecycle: &Lifecycle, on: NaiveDate) -> Standing {
        let contracted = self.context.contract.as_ref();
        let clock = contracted.map(|contracted| contracted.clock(next.progression()));
        let filing_due = clock.map(|clock| clock.map(|clock| clock.due_on));
        let reckoned = (&*self.context.timetable, on);
        next.standing_in(lifecycle, reckoned, filing_due, |step| self.is_payable(next, step))
    }

    /// A payment is awaited only when at least one đồng could be paid by it.
    fn is_payable(&self, next: &Project, step: &Step) -> bool {
        let Some(kind) = step.payment else {
            return true;
        };
        Dong::new(1)
            .ok()
            .and_then(|least| next.net_paid().checked_add(least))
            .is_some_and(|paid| self.judge_paid(next, kind, next.net_paid(), paid).is_ok())
    }
}

impl Project {
    /// `filing_due`: by when the settlement file is due in a contract over several đề án, where the lifecycle's own days don't count.
    fn standing_in(
        &self,
        lifecycle: &Lifecycle,
        (timetable, on): (&Timetable, NaiveDate),
        filing_due: Option<Option<NaiveDate>>,
        is_payable: impl Fn(&Step) -> bool,
    ) -> Standing {
        let state = &self.standing.state;
        let mut standing = Standing {
            state: state.clone(),
            phase: lifecycle.state(state).map(|state| state.phase).unwrap_or_default(),
            money: self.standing.money,
            ..Standing::default()
        };
        let facts = self.due_facts();
        let case = self.units().zip(self.level()).zip(self.plan_year());
        let case = case.map(|((units, level), plan_year)| calendar::Case {
            level,
            plan_year,
            units,
            on,
        });
        let awaited = lifecycle
            .steps_from(state)
            .filter(|step| step.is_main_from(state) && self.fits(step))
            .filter(|step| self.is_awaited(step) && self.unmet(lifecycle, step).is_none() && is_payable(step));
        for step in awaited {
            for taker in &step.takers {
                let waiting = Waiting {
                    role: taker.role,
                    unit: self.unit_id(taker.party).unwrap_or_default().to_owned(),
                };
                if !standing.waiting.contains(&waiting) {
                    standing.waiting.push(waiting);
                }
            }
            let (due_on, basis) = match (filing_due, &facts, &case) {
                (Some(due_on), ..) if step.action == ActionKind::SubmitSettlement => (due_on, None),
                (_, Some(facts), Some(case)) => calendar::reckon(step, facts, case, timetable),
                _ => (None, None),
            };
            let is_earlier = match (due_on, standing.due_on) {
                (Some(new), Some(old)) => new < old,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if standing.next_step.is_none() || is_earlier {
                standing.next_step = Some(step.id.clone());
            }
            if is_earlier {
                standing.due_on = due_on;
                standing.due_basis = basis.map(Box::new);
            }
        }
        standing
    }

    fn due_facts(&self) -> Option<DueFacts> {
        Some(DueFacts {
            plan_year: self.plan_year()?,
            entered_on: self.entered_on()?,
            ends_on: self.content().map(|content| content.ends_on),
            reported: self.last_month(),
            next_instalment: self.next_instalment(),
        })
    }

    /// What was repaid counts for the instalments in their order.
    fn next_instalment(&self) -> Option<NaiveDate> {
        let mut due = Dong::ZERO;
        self.schedule
            .iter()
            .find(|instalment| {
                due = due.saturating_add(instalment.amount);
                due > self.figures().repaid
            })
            .map(|instalment| instalment.due_on)
    }

    /// The unit that stands for a party.
    pub(in crate::project) fn unit_id(&self, party: Party) -> Option<&str> {
        self.units()?.get(&party).map(|unit| unit.id.as_str())
    }

    /// Whether a step suits the project as it is: kind of project, order of payments.
    pub(in crate::project) fn fits(&self, step: &Step) -> bool {
        let kind = self.content().map(|content| content.kind);
        if !step.kinds.is_empty() && kind.is_none_or(|kind| !step.kinds.contains(&kind)) {
            return false;
        }
        if !self.fits_places(step) || !self.fits_implementer(step) || !self.fits_contract(step) {
            return false;
        }
        let has_first = self
            .payments
            .iter()
            .any(|record| record.payment.payment == PaymentKind::First);
        match (step.action, step.payment) {
            (ActionKind::Disburse, Some(PaymentKind::First)) => !has_first,
            (ActionKind::Disburse, Some(PaymentKind::Next)) => has_first,
            (ActionKind::SignContract, _) => !self.lacks_group_plan(),
            (ActionKind::ApproveGroupPlan, _) => kind == Some(ProjectKind::Group),
            _ => true,
        }
    }

    pub(in crate::project) fn fits_places(&self, step: &Step) -> bool {
        let (Some(spread), Some(content), Some(home)) = (step.spread, self.content(), self.province()) else {
            return true;
        };
        let of_firms = content.beneficiaries.iter().map(|beneficiary| &beneficiary.place);
        let elsewhere = of_firms
            .chain(content.lines.iter().map(|line| &line.place))
            .any(|place| place.province != home);
        elsewhere == (spread == Spread::SeveralProvinces)
    }

    pub(in crate::project) fn fits_implementer(&self, step: &Step) -> bool {
        step.implementers.is_empty()
            || self
                .unit_id(Party::Implementer)
                .is_some_and(|unit| step.implementers.iter().any(|known| known == unit))
    }

    /// Signing is for whoever has nothing signed yet; whether it is the right form, the contract itself says.
    pub(in crate::project) fn fits_contract(&self, step: &Step) -> bool {
        step.action == ActionKind::SignContract
            || step.contract_form.is_none()
            || step.contract_form == self.contract_form
    }

    /// Steps that are awaited only while there is something for them to do.
    fn is_awaited(&self, step: &Step) -> bool {
        match step.action {
            ActionKind::Refund => self.figures().receivable > Dong::ZERO,
            ActionKind::ScheduleRepayment => self.schedule.is_empty() && self.to_repay() > Dong::ZERO,
            ActionKind::GiveOpinion | ActionKind::VerifyOnSite => !self.has_taken(step),
            ActionKind::Repay => !self.schedule.is_empty() && self.to_repay() > Dong::ZERO,
            _ => true,
        }
    }

    pub(in crate::project) fn lacks_group_plan(&self) -> bool {
        self.content()
            .is_some_and(|content| content.kind == ProjectKind::Group && content.beneficiaries.is_empty())
    }
}
