//! What a row says of a đề án's life so far: decisions, payments, acceptance, settlement, stop. A row that says nothing of it is a draft.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::{DraftAction, PaymentKind};
use dean_aggregates::project::imported::{
    History, PastAcceptance, PastApproval, PastContract, PastPayment, PastRefund, PastSettlement, PastStop,
};
use dean_aggregates::project::papers::Decision;
use dean_aggregates::screening::{FiledInvoice, FiledMachine, ItemsToFile};

use super::columns::Column;
use super::sheet::Cell;
use super::{Row, values};

/// The life of a row's đề án.
#[derive(Debug, Clone)]
pub struct Past {
    /// What has happened.
    pub history: History,
    /// Unit that carries it out, where the row names one.
    pub implementer: Option<String>,
    /// Invoice and machine by which double support is recognised.
    pub items: ItemsToFile,
    /// The columns of amount and day of each payment.
    pub payment_columns: Vec<(Column, Column)>,
}

/// Columns that make a row one with a past.
const PAST: [Column; 22] = [
    Column::Decision,
    Column::ApprovedOn,
    Column::Approved,
    Column::ContractNumber,
    Column::ContractOn,
    Column::ContractValue,
    Column::Advance1,
    Column::Advance1On,
    Column::Advance2,
    Column::Advance2On,
    Column::Rest,
    Column::RestOn,
    Column::AcceptedOn,
    Column::ValueAccepted,
    Column::Settled,
    Column::SettledOn,
    Column::SettledDecision,
    Column::Refunded,
    Column::RefundedOn,
    Column::StoppedOn,
    Column::StopDecision,
    Column::StopReason,
];

impl Row<'_> {
    /// Whether the row says anything of what has happened. Offices write 0 for what was not paid.
    pub(super) fn has_past(&self) -> bool {
        PAST.iter().any(|column| match self.cell(*column) {
            Cell::Empty => false,
            Cell::Number(number) => *number != 0.0,
            Cell::Text(text) => values::amount(text, 1) != Some(Dong::ZERO),
            _ => true,
        })
    }

    /// Reads it; every fault is found.
    pub(super) fn past(&mut self, draft: Option<&DraftAction>) -> Option<Past> {
        let decision = self.decision(Column::Decision, Column::ApprovedOn, Column::DecisionIssuer);
        let approved = self.needed(Column::Approved, |row| row.amount(Column::Approved));
        let contract = self.contract(approved);
        let mut payments = Vec::new();
        let mut payment_columns = Vec::new();
        for (kind, amount, day) in [
            (PaymentKind::First, Column::Advance1, Column::Advance1On),
            (PaymentKind::Next, Column::Advance2, Column::Advance2On),
            (PaymentKind::Rest, Column::Rest, Column::RestOn),
        ] {
            if let Some((amount_paid, paid_on)) = self.paid(amount, day) {
                payments.push(PastPayment {
                    payment: kind,
                    amount: amount_paid,
                    paid_on,
                });
                payment_columns.push((amount, day));
            }
        }
        let line = draft.and_then(|draft| draft.content.lines.first());
        let acceptance = self.acceptance(line.map(|line| line.cost));
        let settlement = self.settlement();
        let refund = self.paid(Column::Refunded, Column::RefundedOn);
        let stop = self.stop();
        let items = self.items();
        let implementer = self.text(Column::Implementer);
        Some(Past {
            history: History {
                approval: PastApproval {
                    decision: decision?,
                    support: approved?,
                },
                contract,
                payments,
                acceptance,
                settlement,
                refund: refund.map(|(amount, paid_on)| PastRefund { amount, paid_on }),
                stop,
            },
            implementer,
            items,
            payment_columns,
        })
    }

    fn is_empty(&self, column: Column) -> bool {
        *self.cell(column) == Cell::Empty
    }

    /// An amount that was read already, and is needed. What couldn't be read is told once.
    fn found(&mut self, column: Column, read: Option<Dong>, faults_before: usize) -> Option<Dong> {
        if self.faults.len() == faults_before {
            self.needed(column, |_| read)
        } else {
            read
        }
    }

    /// Number and day are needed; who issued it, the lifecycle says where the list doesn't.
    fn decision(&mut self, number: Column, day: Column, issuer: Column) -> Option<Decision> {
        let text = self.needed(number, |row| row.text(number));
        let date = self.needed(day, |row| row.date(day));
        let issuer = self.text(issuer).unwrap_or_default();
        Some(Decision {
            number: text?,
            date: date?,
            issuer,
            signer: None,
            signed_for: None,
        })
    }

    /// An amount with its day; neither, or 0 without a day, is nothing paid.
    fn paid(&mut self, amount: Column, day: Column) -> Option<(Dong, NaiveDate)> {
        let faults = self.faults.len();
        let read = self.amount(amount);
        if self.faults.len() == faults && self.is_empty(day) && read.is_none_or(|read| read == Dong::ZERO) {
            return None;
        }
        let paid = self.found(amount, read, faults);
        let paid_on = self.needed(day, |row| row.date(day));
        Some((paid?, paid_on?))
    }

    /// The value is what was approved, where the list doesn't say it.
    fn contract(&mut self, approved: Option<Dong>) -> Option<PastContract> {
        let columns = [Column::ContractNumber, Column::ContractOn, Column::ContractValue];
        if columns.iter().all(|column| self.is_empty(*column)) {
            return None;
        }
        let number = self.needed(Column::ContractNumber, |row| row.text(Column::ContractNumber));
        let signed_on = self.needed(Column::ContractOn, |row| row.date(Column::ContractOn));
        let value = self.amount(Column::ContractValue);
        Some(PastContract {
            number: number?,
            signed_on: signed_on?,
            value: value.or(approved)?,
        })
    }

    /// The value is the whole cost, where the list doesn't say it: everything was carried out as approved.
    fn acceptance(&mut self, cost: Option<Dong>) -> Option<PastAcceptance> {
        if self.is_empty(Column::AcceptedOn) && self.is_empty(Column::ValueAccepted) {
            return None;
        }
        let accepted_on = self.needed(Column::AcceptedOn, |row| row.date(Column::AcceptedOn));
        let value = self.amount(Column::ValueAccepted);
        Some(PastAcceptance {
            accepted_on: accepted_on?,
            value: value.or(cost)?,
        })
    }

    fn settlement(&mut self) -> Option<PastSettlement> {
        let faults = self.faults.len();
        let amount = self.amount(Column::Settled);
        let says_nothing = self.is_empty(Column::SettledOn) && self.is_empty(Column::SettledDecision);
        if self.faults.len() == faults && says_nothing && amount.is_none_or(|amount| amount == Dong::ZERO) {
            return None;
        }
        let amount = self.found(Column::Settled, amount, faults);
        let decision = self.decision(Column::SettledDecision, Column::SettledOn, Column::DecisionIssuer);
        Some(PastSettlement {
            // The office that approves is not the one that settles.
            decision: Decision {
                issuer: String::new(),
                ..decision?
            },
            amount: amount?,
        })
    }

    fn stop(&mut self) -> Option<PastStop> {
        let columns = [Column::StoppedOn, Column::StopDecision, Column::StopReason];
        if columns.iter().all(|column| self.is_empty(*column)) {
            return None;
        }
        let decision = self.decision(Column::StopDecision, Column::StoppedOn, Column::DecisionIssuer);
        let reason = self.needed(Column::StopReason, |row| row.text(Column::StopReason));
        Some(PastStop {
            decision: decision?,
            reason: reason?,
        })
    }

    fn items(&mut self) -> ItemsToFile {
        let mut items = ItemsToFile::default();
        if !self.is_empty(Column::Invoice) || !self.is_empty(Column::InvoiceSeller) {
            let number = self.needed(Column::Invoice, |row| row.text(Column::Invoice));
            let seller = self.needed(Column::InvoiceSeller, |row| row.text(Column::InvoiceSeller));
            items
                .invoices
                .extend(number.zip(seller).map(|(number, seller)| FiledInvoice {
                    line: 1,
                    symbol: String::new(),
                    number,
                    seller,
                }));
        }
        let serial = self.text(Column::Serial);
        items
            .machines
            .extend(serial.map(|serial| FiledMachine { line: 1, serial }));
        items
    }
}

/// The column that a field of a history came from.
pub fn column_of(past: &Past, field: &str) -> Option<Column> {
    let parts: Vec<&str> = field.split('.').collect();
    let column = match parts.as_slice() {
        ["implementer"] => Column::Implementer,
        ["invoices", _, "seller"] => Column::InvoiceSeller,
        ["invoices", ..] => Column::Invoice,
        ["machines", ..] => Column::Serial,
        ["history", "approval", "decision", "date"] => Column::ApprovedOn,
        ["history", "approval", "decision", "issuer"] => Column::DecisionIssuer,
        ["history", "approval", "decision", ..] => Column::Decision,
        ["history", "approval", ..] => Column::Approved,
        ["history", "contract", "number"] => Column::ContractNumber,
        ["history", "contract", "signed_on"] => Column::ContractOn,
        ["history", "contract", ..] => Column::ContractValue,
        ["history", "payments", index, what] => {
            let (amount, day) = past
                .payment_columns
                .get(index.parse::<usize>().ok()?)
                .copied()
                .unwrap_or((Column::Advance1, Column::Advance1On));
            if *what == "paid_on" { day } else { amount }
        }
        ["history", "acceptance", "accepted_on"] => Column::AcceptedOn,
        ["history", "acceptance", ..] => Column::ValueAccepted,
        ["history", "settlement", "decision", "date"] => Column::SettledOn,
        ["history", "settlement", "decision", ..] => Column::SettledDecision,
        ["history", "settlement", ..] => Column::Settled,
        ["history", "refund", "paid_on"] => Column::RefundedOn,
        ["history", "refund", ..] => Column::Refunded,
        ["history", "stop", "decision", "date"] => Column::StoppedOn,
        ["history", "stop", "reason"] => Column::StopReason,
        ["history", "stop", ..] => Column::StopDecision,
        // Whatever claims say of a decision is of the one that approved.
        ["decision", ..] => Column::Decision,
        _ => return super::column_of(field),
    };
    Some(column)
}
