//! A đề án as its events tell it, kept apart from what the aggregate remembers: lines, money, who took which step.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Content, Units};
use dean_aggregates::project::event::{Pin, What};
use dean_aggregates::project::standing::{Figures, Phase};
use dean_aggregates::project::{ProjectEvent, Standing};
use uuid::Uuid;

use super::norms;
use crate::texts::TEXTS;

/// đồng
pub(crate) type Money = u64;

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) lifecycle: Pin,
    pub(crate) mode: MoneyMode,
    pub(crate) units: Units,
    pub(crate) content: Content,
    pub(crate) requested: Money,
    pub(crate) approved: BTreeMap<u16, Money>,
    pub(crate) contracted: Money,
    pub(crate) payments: Vec<(u64, PaymentKind, Money)>,
    /// Sequence, amount, whether by schedule.
    pub(crate) returned: Vec<(u64, Money, bool)>,
    /// By how much corrections lowered payments, less what they raised them by: entered, and never paid.
    pub(crate) never_paid: i128,
    /// How much of the last order of recovery was set off: settled, not paid yet, and now never to be paid.
    pub(crate) set_off: Money,
    pub(crate) accepted: BTreeSet<u16>,
    pub(crate) value_accepted: Money,
    pub(crate) reported: Option<Progress>,
    /// What was reported last of each month.
    pub(crate) months: BTreeMap<NaiveDate, Progress>,
    pub(crate) confirmed: Option<Progress>,
    pub(crate) open_findings: BTreeSet<u16>,
    /// Sequence and amount of what was claimed back before settlement.
    pub(crate) claims: Vec<(u64, Money)>,
    pub(crate) disallowed: Money,
    pub(crate) settled: Money,
    pub(crate) is_settled: bool,
    pub(crate) is_stopped: bool,
    pub(crate) force_majeure: Option<Money>,
    pub(crate) has_schedule: bool,
    pub(crate) was_proposed: bool,
    pub(crate) batch: Option<Uuid>,
    pub(crate) contract: Option<Uuid>,
    pub(crate) standing: Standing,
    pub(crate) trail: Vec<Taken>,
}

/// A step, as far as later ones depend on it.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) step: String,
    pub(crate) actor: String,
    pub(crate) on: NaiveDate,
    pub(crate) what: &'static str,
    /// Not of a verification that bore nothing out.
    pub(crate) counts: bool,
}

impl Account {
    /// `None` where the first event drafts nothing.
    pub(crate) fn drafted(event: &ProjectEvent) -> Option<Self> {
        let What::Drafted(drafted) = &event.what else {
            return None;
        };
        let mut account = Self {
            lifecycle: drafted.lifecycle.clone(),
            mode: TEXTS.lifecycle(&drafted.lifecycle).value.money_mode,
            units: drafted.units.clone(),
            content: drafted.content.clone(),
            requested: 0,
            approved: BTreeMap::new(),
            contracted: 0,
            payments: Vec::new(),
            returned: Vec::new(),
            never_paid: 0,
            set_off: 0,
            accepted: BTreeSet::new(),
            value_accepted: 0,
            reported: None,
            months: BTreeMap::new(),
            confirmed: None,
            open_findings: BTreeSet::new(),
            claims: Vec::new(),
            disallowed: 0,
            settled: 0,
            is_settled: false,
            is_stopped: false,
            force_majeure: None,
            has_schedule: false,
            was_proposed: false,
            batch: None,
            contract: None,
            standing: event.after.clone(),
            trail: Vec::new(),
        };
        account.requested = asked(&account.content);
        account.took(event);
        Some(account)
    }

    fn took(&mut self, event: &ProjectEvent) {
        self.trail.push(Taken {
            step: event.step.clone(),
            actor: event.actor_id.to_lowercase(),
            on: event.occurred_on,
            what: event.what.name(),
            counts: !matches!(&event.what, What::SiteVerified(seen) if !seen.confirmed),
        });
        self.standing = event.after.clone();
    }

    pub(crate) fn record(&mut self, event: &ProjectEvent) {
        let sequence = self.trail.len() as u64 + 1;
        match &event.what {
            What::Revised(revised) => {
                self.content = revised.content.clone();
                self.requested = asked(&self.content);
            }
            What::Proposed(_) => self.was_proposed = true,
            What::Approved(approved) => {
                self.support(&approved.lines);
                self.batch = event.batch.as_ref().map(|reference| reference.batch);
            }
            What::GroupPlanApproved(plan) => {
                self.content.lines = plan.lines.clone();
                self.content.beneficiaries = plan.beneficiaries.clone();
                self.approved = supports(&self.content);
            }
            What::ContractSigned(contract) => {
                self.contracted = contract.value.get();
                self.contract = event.contract.as_ref().map(|reference| reference.contract);
            }
            What::ContractAmended(amended) => self.contracted = amended.value.get(),
            What::ProgressReported(progress) => {
                self.months.insert(progress.month, progress.clone());
                self.reported = Some(progress.clone());
            }
            What::ProgressConfirmed(progress) => self.confirmed = Some(progress.clone()),
            What::FindingRaised(finding) => {
                self.open_findings.insert(finding.number);
            }
            What::FindingClosed(closure) => {
                self.open_findings.remove(&closure.number);
            }
            What::Disbursed(payment) => self.payments.push((sequence, payment.payment, payment.amount.get())),
            What::Accepted(acceptance) => {
                self.accepted.extend(&acceptance.lines);
                self.value_accepted += acceptance.value_accepted.get();
            }
            What::Settled(settled) => {
                self.settled = settled.settlement.amount.get();
                (self.is_settled, self.disallowed) = (true, 0);
                self.claims.clear();
            }
            What::Adjusted(adjusted) => self.adjust(&adjusted.adjustment.change),
            What::Stopped(_) => self.is_stopped = true,
            What::TimeExtended(extension) => self.content.ends_on = extension.ends_on,
            What::ForceMajeureDeclared(declared) => self.force_majeure = Some(declared.value_confirmed.get()),
            What::Refunded(refund) => self.returned.push((sequence, refund.amount.get(), false)),
            What::Repaid(refund) => self.returned.push((sequence, refund.amount.get(), true)),
            What::ReceivableRaised(receivable) => {
                let amount = receivable.amount.get();
                self.set_off = amount.min(self.payable());
                if self.is_settled {
                    self.disallowed += amount;
                } else {
                    self.claims.push((sequence, amount));
                }
            }
            What::RepaymentScheduled(_) => self.has_schedule = true,
            What::Corrected(corrected) => self.correct(&corrected.correction),
            What::LifecycleMoved(moved) => self.lifecycle = moved.to.clone(),
            _ => {}
        }
        self.took(event);
    }

    /// What the state gives less, the beneficiary puts up itself.
    fn support(&mut self, lines: &[LineSupport]) {
        for new in lines {
            self.approved.insert(new.line, new.support.get());
            for line in self.content.lines.iter_mut().filter(|line| line.number == new.line) {
                line.support = new.support;
                line.counterpart = line.counterpart.max(line.cost.saturating_sub(new.support));
            }
        }
    }

    fn adjust(&mut self, change: &Change) {
        match change {
            Change::Support { lines } => self.support(lines),
            Change::Content { content, .. } => {
                self.content = (**content).clone();
                self.approved = supports(&self.content);
            }
            Change::Time { ends_on } => self.content.ends_on = *ends_on,
        }
        // No contract stays above what is approved.
        self.contracted = self.contracted.min(self.approved.values().sum());
    }

    fn correct(&mut self, correction: &Correction) {
        let wrong = correction.corrects;
        match &correction.right {
            RightEntry::Payment { payment } => {
                for known in self.payments.iter_mut().filter(|known| known.0 == wrong) {
                    self.never_paid += i128::from(known.2) - i128::from(payment.amount.get());
                    known.2 = payment.amount.get();
                }
            }
            RightEntry::Refund { refund } => {
                for known in self.returned.iter_mut().filter(|known| known.0 == wrong) {
                    known.1 = refund.amount.get();
                }
            }
            RightEntry::Date { occurred_on } => {
                let index = usize::try_from(wrong).expect("small").wrapping_sub(1);
                self.trail[index].on = *occurred_on;
            }
        }
    }

    pub(crate) fn total(&self) -> Money {
        self.content.lines.iter().map(|line| line.cost.get()).sum()
    }

    pub(crate) fn support_approved(&self) -> Money {
        self.approved.values().sum()
    }

    pub(crate) fn disbursed(&self) -> Money {
        self.payments.iter().map(|(_, _, amount)| amount).sum()
    }

    fn back(&self, by_schedule: bool) -> Money {
        let returned = self.returned.iter().filter(|(_, _, how)| *how == by_schedule);
        returned.map(|(_, amount, _)| amount).sum()
    }

    pub(crate) fn refunded(&self) -> Money {
        self.back(false)
    }

    pub(crate) fn repaid(&self) -> Money {
        self.back(true)
    }

    /// Claimed before settlement and not refunded since, as the entries stand now.
    pub(crate) fn claimed(&self) -> Money {
        let claims = self.claims.iter().map(|(at, amount)| (*at, i128::from(*amount)));
        let refunds = self.returned.iter().filter(|(_, _, by_schedule)| !by_schedule);
        let mut moves: Vec<_> = claims
            .chain(refunds.map(|(at, amount, _)| (*at, -i128::from(*amount))))
            .collect();
        moves.sort_unstable();
        let open = moves.iter().fold(0, |open, (_, change)| (open + change).max(0));
        Money::try_from(open).expect("in range")
    }

    /// Paid and not given back.
    pub(crate) fn net(&self) -> Money {
        self.disbursed().saturating_sub(self.back(false))
    }

    /// The same, up to one of its events.
    pub(crate) fn net_by(&self, sequence: u64) -> Money {
        let paid = self.payments.iter().filter(|(of, ..)| *of <= sequence);
        let returned = self
            .returned
            .iter()
            .filter(|(of, _, by_schedule)| !by_schedule && *of <= sequence);
        let paid: Money = paid.map(|(_, _, amount)| amount).sum();
        paid.saturating_sub(returned.map(|(_, amount, _)| amount).sum())
    }

    /// Paid, and come back neither by refund nor by schedule.
    pub(crate) fn out(&self) -> Money {
        self.net().saturating_sub(self.repaid())
    }

    /// Settled and not claimed back afterwards.
    pub(crate) fn recognised(&self) -> Money {
        self.settled.saturating_sub(self.disallowed)
    }

    pub(crate) fn receivable(&self) -> Money {
        let due = if self.is_settled || self.is_stopped {
            self.net().saturating_sub(self.recognised())
        } else {
            self.net().saturating_sub(self.support_approved()).max(self.claimed())
        };
        due.min(self.out())
    }

    pub(crate) fn payable(&self) -> Money {
        if self.is_settled {
            self.recognised().saturating_sub(self.net())
        } else {
            0
        }
    }

    pub(crate) fn has_ended_early(&self) -> bool {
        self.is_stopped || matches!(self.standing.phase, Phase::Stopped | Phase::Refused)
    }

    /// Settled, archived, or formally ended.
    pub(crate) fn is_concluded(&self) -> bool {
        self.has_ended_early() || matches!(self.standing.phase, Phase::Settled | Phase::Archived)
    }

    /// What it takes of the estimate.
    pub(crate) fn committed(&self) -> Money {
        let due = match (self.has_ended_early(), self.mode) {
            (false, _) => self.support_approved(),
            (true, MoneyMode::PayAfter) => self.contracted.min(self.support_approved()),
            (true, _) => 0,
        };
        due.max(self.net())
    }

    pub(crate) fn is_all_accepted(&self) -> bool {
        let open = |(line, support): (&u16, &Money)| *support > 0 && !self.accepted.contains(line);
        !self.approved.is_empty() && !self.approved.iter().any(open)
    }

    pub(crate) fn refundable(&self) -> Money {
        if self.is_settled || self.is_stopped {
            self.receivable()
        } else {
            self.out()
        }
    }

    pub(crate) fn claimable(&self) -> Money {
        if self.is_settled {
            self.recognised().min(self.out())
        } else {
            self.out().saturating_sub(self.receivable())
        }
    }

    /// The most that may be settled: the support, the contract, the work done, and what was paid where money is advanced; never what was
    /// claimed back.
    pub(crate) fn settleable(&self) -> Money {
        let value = match self.force_majeure {
            Some(value) => value.max(self.value_accepted),
            None if self.is_stopped && self.accepted.is_empty() => {
                self.confirmed.as_ref().map_or(0, |progress| progress.value_done.get())
            }
            None => self.value_accepted,
        };
        let mut most = self.support_approved().min(self.contracted).min(value);
        if self.mode != MoneyMode::PayAfter {
            most = most.min(self.net().saturating_sub(self.claimed()));
        }
        if self.disallowed > 0 {
            most = most.min(self.recognised());
        }
        most
    }

    /// The most that may be out after a payment.
    pub(crate) fn payable_up_to(&self, kind: PaymentKind) -> Money {
        if self.mode == MoneyMode::PayAfter {
            return self.support_approved().min(self.recognised());
        }
        let most = self.support_approved().min(self.contracted);
        if self.is_all_accepted() {
            most
        } else {
            most.min(norms::ceiling(self, kind))
        }
    }

    /// The figures that an event of it must carry.
    pub(crate) fn figures(&self) -> Figures {
        let dong = |amount: Money| Dong::new(amount).expect("an amount");
        Figures {
            total: dong(self.total()),
            requested: dong(self.requested),
            approved: dong(self.support_approved()),
            contracted: dong(self.contracted),
            disbursed: dong(self.disbursed()),
            refunded: dong(self.back(false)),
            settled: dong(self.settled),
            receivable: dong(self.receivable()),
            repaid: dong(self.repaid()),
        }
    }
}

fn asked(content: &Content) -> Money {
    content.lines.iter().map(|line| line.support.get()).sum()
}

fn supports(content: &Content) -> BTreeMap<u16, Money> {
    let lines = content.lines.iter();
    lines.map(|line| (line.number, line.support.get())).collect()
}
