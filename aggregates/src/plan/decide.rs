//! `decide` of a plan: Σ ceilings ≤ estimate, Σ approved ≤ estimate. An estimate that was cut below them is flagged and refuses whatever
//! would take more; what takes less, or the same, goes on.

use super::authority::{self, Act, Signature};
use super::command::{
    BatchReservation, CeilingChange, ChangeBooking, Circumstances, DecisionBooking, EstimateAssignment, EstimateChange,
    PlanAction, PlanCommand, Raised, listed,
};
use super::event::{BatchCeilingChanged, EstimateChanged, PlanEvent, PlanFigures, PlanWhat};
use super::refusal::{Refusal, refuse};
use super::state::Plan;
use crate::money::Dong;
use crate::project::content::Level;
use crate::project::papers::Decision;
use crate::project::{check_papers, check_texts};

const ESTIMATE_RULE: &str = "TT 36/2013/TT-BCT Đ6.3; NĐ 45/2012/NĐ-CP Đ14";

impl Plan {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &PlanCommand) -> Result<PlanEvent, Refusal> {
        let circumstances = &command.circumstances;
        let (what, after) = match &command.action {
            PlanAction::AssignEstimate(assignment) => self.assign(assignment, circumstances)?,
            PlanAction::ChangeEstimate(change) => self.change_estimate(change, circumstances)?,
            PlanAction::ReserveBatch(reservation) => self.reserve(reservation, circumstances)?,
            PlanAction::ChangeCeiling(change) => self.change_ceiling(change, circumstances)?,
            PlanAction::BookDecision(booking) => self.book(booking, circumstances)?,
            PlanAction::BookChange(booking) => self.book_change(booking)?,
        };
        Ok(PlanEvent {
            actor_id: circumstances.actor.id.clone(),
            occurred_on: circumstances.occurred_on,
            what,
            papers: circumstances.papers.clone(),
            note: circumstances.note.clone(),
            after,
        })
    }

    fn assign(
        &self,
        assignment: &EstimateAssignment,
        circumstances: &Circumstances,
    ) -> Result<(PlanWhat, PlanFigures), Refusal> {
        if let Some(authority) = self.authority() {
            return Err(refuse("plan-exists")
                .param("authority", &authority.name)
                .param("year", self.year()));
        }
        if assignment.province.is_some() != (assignment.level == Level::Local) {
            return Err(refuse("plan-province").field("province"));
        }
        let planning = authority::of_plan(&assignment.planning, assignment.level);
        let signature = Signature::Decision(assignment.decision.signed_for.as_ref());
        authority::check(Act::Estimate, (&planning, &assignment.units), circumstances, signature)?;
        circumstances.check(None)?;
        if !(2005..=2100).contains(&assignment.year) {
            return Err(refuse("plan-year").field("year").param("year", assignment.year));
        }
        positive(assignment.amount, "amount")?;
        circumstances.check_decision(&assignment.decision)?;
        let figures = PlanFigures {
            estimate: assignment.amount,
            ..PlanFigures::default()
        };
        Ok((PlanWhat::EstimateAssigned(assignment.clone()), figures))
    }

    fn change_estimate(
        &self,
        change: &EstimateChange,
        circumstances: &Circumstances,
    ) -> Result<(PlanWhat, PlanFigures), Refusal> {
        let signature = Signature::Decision(change.decision.signed_for.as_ref());
        let figures = self.open(Act::Estimate, circumstances, signature)?;
        circumstances.check_decision(&change.decision)?;
        not_empty(&change.reason, "reason")?;
        check_texts(&change.reason, "reason")?;
        if change.amount == figures.estimate {
            return Err(refuse("nothing-changes").field("amount"));
        }
        let changed = EstimateChanged {
            change: change.clone(),
            before: figures.estimate,
            approved_above: figures.approved.saturating_sub(change.amount),
            reserved_above: figures.reserved.saturating_sub(change.amount),
        };
        let after = PlanFigures {
            estimate: change.amount,
            ..figures
        };
        Ok((PlanWhat::EstimateChanged(changed), after))
    }

    fn reserve(
        &self,
        reservation: &BatchReservation,
        circumstances: &Circumstances,
    ) -> Result<(PlanWhat, PlanFigures), Refusal> {
        let figures = self.open(Act::Estimate, circumstances, Signature::NoPaper)?;
        if reservation.number == 0 {
            return Err(refuse("batch-number").field("number"));
        }
        if self.batches().contains_key(&reservation.number) {
            return Err(refuse("batch-exists")
                .field("number")
                .param("number", reservation.number));
        }
        positive(reservation.ceiling, "ceiling")?;
        let reserved = self.reserved_with(figures.reserved, reservation.ceiling)?;
        Ok((
            PlanWhat::BatchReserved(reservation.clone()),
            PlanFigures { reserved, ..figures },
        ))
    }

    fn change_ceiling(
        &self,
        change: &CeilingChange,
        circumstances: &Circumstances,
    ) -> Result<(PlanWhat, PlanFigures), Refusal> {
        let figures = self.open(Act::Estimate, circumstances, Signature::NoPaper)?;
        let batch = self
            .batches()
            .get(&change.number)
            .ok_or_else(|| refuse("no-such-batch").field("number"))?;
        not_empty(&change.reason, "reason")?;
        check_texts(&change.reason, "reason")?;
        if change.ceiling == batch.ceiling {
            return Err(refuse("nothing-changes").field("ceiling"));
        }
        if change.ceiling < batch.approved {
            return Err(refuse("ceiling-below-approved")
                .field("ceiling")
                .rule(ESTIMATE_RULE)
                .param("amount", change.ceiling)
                .param("approved", batch.approved)
                .param("number", change.number));
        }
        let others = figures.reserved.saturating_sub(batch.ceiling);
        let reserved = if change.ceiling > batch.ceiling {
            self.reserved_with(others, change.ceiling)?
        } else {
            others.saturating_add(change.ceiling)
        };
        let changed = BatchCeilingChanged {
            number: change.number,
            before: batch.ceiling,
            ceiling: change.ceiling,
            reason: change.reason.clone(),
        };
        Ok((
            PlanWhat::BatchCeilingChanged(changed),
            PlanFigures { reserved, ..figures },
        ))
    }

    fn book(
        &self,
        booking: &DecisionBooking,
        circumstances: &Circumstances,
    ) -> Result<(PlanWhat, PlanFigures), Refusal> {
        let signature = Signature::Decision(booking.decision.signed_for.as_ref());
        self.open(Act::Decide, circumstances, signature)?;
        if let Some(number) = self.decided_in(&booking.decision) {
            return Err(refuse("decision-repeated")
                .field("decision.number")
                .param("decision", &booking.decision.number)
                .param("number", number));
        }
        let after = self.approved_with(booking.number, booking.after, &booking.raised)?;
        Ok((PlanWhat::DecisionBooked(booking.clone()), after))
    }

    /// Who may change a đề án, and on which day, its own lifecycle has judged; here only the sum is.
    fn book_change(&self, booking: &ChangeBooking) -> Result<(PlanWhat, PlanFigures), Refusal> {
        let raised = Raised::between(&booking.code, booking.before, booking.after);
        let after = self.approved_with(booking.number, booking.after, raised.as_slice())?;
        Ok((PlanWhat::ChangeBooked(booking.clone()), after))
    }

    /// The figures with so much approved in a batch. What takes less, or the same, is never refused.
    fn approved_with(&self, number: u16, in_batch: Dong, raised: &[Raised]) -> Result<PlanFigures, Refusal> {
        let figures = *self.figures();
        let batch = self
            .batches()
            .get(&number)
            .ok_or_else(|| refuse("no-such-batch").field("number"))?;
        let approved = figures
            .approved
            .saturating_sub(batch.approved)
            .checked_add(in_batch)
            .ok_or_else(|| refuse("amount-too-large").field("items"))?;
        if approved > figures.estimate && approved > figures.approved {
            return Err(refuse("estimate-exceeded")
                .field("items")
                .rule(ESTIMATE_RULE)
                .param("amount", approved)
                .param("limit", figures.estimate)
                .param("over", approved.saturating_sub(figures.estimate))
                .param("projects", listed(raised)));
        }
        Ok(PlanFigures { approved, ..figures })
    }

    fn reserved_with(&self, others: Dong, ceiling: Dong) -> Result<Dong, Refusal> {
        let estimate = self.figures().estimate;
        others
            .checked_add(ceiling)
            .filter(|reserved| *reserved <= estimate)
            .ok_or_else(|| {
                refuse("ceilings-exceed-estimate")
                    .field("ceiling")
                    .rule(ESTIMATE_RULE)
                    .param("amount", others.saturating_add(ceiling))
                    .param("limit", estimate)
                    .param("free", estimate.saturating_sub(others))
            })
    }

    /// What every command on an open plan must meet; the figures to go on from.
    fn open(&self, act: Act, circumstances: &Circumstances, signature: Signature<'_>) -> Result<PlanFigures, Refusal> {
        let units = self.units().ok_or_else(|| refuse("no-such-plan"))?;
        authority::check(act, (self.planning(), units), circumstances, signature)?;
        circumstances.check(self.last_on())?;
        Ok(*self.figures())
    }
}

impl Circumstances {
    /// Dates, papers and texts.
    pub(crate) fn check(&self, last: Option<chrono::NaiveDate>) -> Result<(), Refusal> {
        self.not_in_future("occurred_on", self.occurred_on)?;
        if let Some(last) = last.filter(|last| self.occurred_on < *last) {
            return Err(refuse("back-dated")
                .field("occurred_on")
                .param("date", self.occurred_on)
                .param("today", self.today)
                .param("last", last));
        }
        check_texts(&self.note, "note")?;
        check_texts(&self.papers, "papers")?;
        Ok(check_papers(&self.papers, self.today)?)
    }

    pub(crate) fn check_decision(&self, decision: &Decision) -> Result<(), Refusal> {
        not_empty(&decision.number, "decision.number")?;
        not_empty(&decision.issuer, "decision.issuer")?;
        check_texts(decision, "decision")?;
        self.not_in_future("decision.date", decision.date)
    }

    pub(crate) fn not_in_future(&self, field: &str, date: chrono::NaiveDate) -> Result<(), Refusal> {
        if date > self.today {
            return Err(refuse("future-date")
                .field(field)
                .param("date", date)
                .param("today", self.today));
        }
        Ok(())
    }
}

pub(crate) fn not_empty(text: &str, field: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(refuse("text-empty").field(field));
    }
    Ok(())
}

pub(crate) fn positive(amount: Dong, field: &str) -> Result<(), Refusal> {
    if amount == Dong::ZERO {
        return Err(refuse("amount-zero").field(field));
    }
    Ok(())
}
