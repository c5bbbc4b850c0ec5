//! The figures that follow from the records, in one place, and what is open between the state and the project.

use super::record::sum;
use super::standing::Phase;
use super::state::Project;
use crate::lifecycle::MoneyMode;
use crate::money::Dong;

impl Project {
    /// Recomputes the derived figures.
    pub(super) fn refresh_figures(&mut self) {
        let scheduled = |by_schedule| {
            sum(self
                .refunds
                .iter()
                .filter(|record| record.by_schedule == by_schedule)
                .map(|record| record.refund.amount))
        };
        let (refunded, repaid) = (scheduled(false), scheduled(true));
        let money = &mut self.standing.money;
        money.refunded = refunded;
        money.repaid = repaid;
        money.disbursed = sum(self.payments.iter().map(|record| record.payment.amount));
        money.approved = sum(self.approved.iter().map(|line| line.support));
        if let Some(content) = &self.content {
            money.total = sum(content.lines.iter().map(|line| line.cost));
        }
        self.standing.money.receivable = self.receivable();
    }

    /// Paid and not given back, đồng.
    pub fn net_paid(&self) -> Dong {
        let money = self.figures();
        money.disbursed.saturating_sub(money.refunded)
    }

    /// Paid and not given back up to an event, đồng.
    pub(super) fn net_paid_by(&self, sequence: u64) -> Dong {
        let paid = self.payments.iter().filter(|record| record.sequence <= sequence);
        let refunded = self
            .refunds
            .iter()
            .filter(|record| !record.by_schedule && record.sequence <= sequence);
        sum(paid.map(|record| record.payment.amount)).saturating_sub(sum(refunded.map(|record| record.refund.amount)))
    }

    /// Settled and not claimed back afterwards, đồng.
    pub fn recognised(&self) -> Dong {
        self.figures().settled.saturating_sub(self.disallowed)
    }

    /// What must come back. After settlement or a stop: whatever was paid and not recognised. Before: what was paid above the approved
    /// support, or what a decision claimed.
    fn receivable(&self) -> Dong {
        let net = self.net_paid();
        let due = if self.is_settled || self.is_stopped {
            net.saturating_sub(self.recognised())
        } else {
            net.saturating_sub(self.figures().approved).max(self.claimed())
        };
        // What was paid back by schedule is not claimed a second time.
        due.min(self.to_repay())
    }

    /// Claimed by decision before settlement and not refunded since, đồng. Reckoned from what stands: a refund that is corrected may meet less
    /// of a claim than it met when it was entered.
    pub(super) fn claimed(&self) -> Dong {
        let mut refunds = self.refunds.iter().filter(|record| !record.by_schedule).peekable();
        let mut open = Dong::ZERO;
        for claim in &self.claims {
            // What came back before it was claimed met what was claimed by then.
            while let Some(earlier) = refunds.next_if(|record| record.sequence < claim.sequence) {
                open = open.saturating_sub(earlier.refund.amount);
            }
            open = open.saturating_add(claim.amount);
        }
        refunds.fold(open, |open, record| open.saturating_sub(record.refund.amount))
    }

    /// What is still to be paid after settlement (pay-after lifecycles), đồng.
    pub fn payable(&self) -> Dong {
        if self.is_settled {
            self.recognised().saturating_sub(self.net_paid())
        } else {
            Dong::ZERO
        }
    }

    /// Whether it came to its end before it was carried out: ngừng triển khai, rút, không phê duyệt.
    pub const fn has_ended_early(&self) -> bool {
        self.is_stopped || matches!(self.standing.phase, Phase::Stopped | Phase::Refused)
    }

    /// What the project takes of the estimate, đồng: the approved support; once it has ended early, what was paid and not given back, and where
    /// money comes after settlement also what the contract may still make due. Money that was paid stays taken until it is back with the
    /// budget, also above a support that was cut.
    pub fn committed(&self, mode: MoneyMode) -> Dong {
        let money = self.figures();
        let due = match (self.has_ended_early(), mode) {
            (false, _) => money.approved,
            (true, MoneyMode::PayAfter) => money.contracted.min(money.approved),
            (true, MoneyMode::Advance | MoneyMode::Recoverable) => Dong::ZERO,
        };
        due.max(self.net_paid())
    }

    /// The most that may be refunded: all that was paid while the project runs, what is due after settlement or a stop.
    pub fn refundable(&self) -> Dong {
        if self.is_settled || self.is_stopped {
            self.figures().receivable
        } else {
            self.to_repay()
        }
    }

    /// Paid and come back neither by refund nor by schedule, đồng.
    pub fn to_repay(&self) -> Dong {
        self.net_paid().saturating_sub(self.figures().repaid)
    }
}
