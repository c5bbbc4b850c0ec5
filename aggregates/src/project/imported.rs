//! A đề án that had a life before this system was used: what an office's list says of it, recorded in one event by somebody who stands for
//! it. No step is acted out, so none of them counts as taken: the papers and people of those steps are not in the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::action::{ContractForm, DraftAction, LineSupport, Payment, PaymentKind, Refund};
use super::command::Context;
use super::event::Drafted;
use super::papers::Decision;
use super::state::{PaymentRecord, Project, RefundRecord};
use crate::budget::{BudgetCode, PaymentOrder};
use crate::lifecycle::{ActionKind, Lifecycle};
use crate::money::Dong;
use crate::places::Places;
use crate::published::Pinned;
use crate::rules::RuleSet;

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// Row of the file, from 1.
    pub row: u32,
}

/// What has already happened, as the list says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Phê duyệt.
    pub approval: PastApproval,
    /// Hợp đồng, giao nhiệm vụ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<PastContract>,
    /// Tạm ứng, in the order in which they were paid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<PastPayment>,
    /// Nghiệm thu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<PastAcceptance>,
    /// Quyết toán.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<PastSettlement>,
    /// Hoàn trả.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<PastRefund>,
    /// Ngừng triển khai.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<PastStop>,
}

/// Approved, before this system was used and outside of its batches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastApproval {
    /// Quyết định phê duyệt.
    pub decision: Decision,
    /// Kinh phí hỗ trợ được duyệt, đồng.
    pub support: Dong,
}

/// Contracted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastContract {
    /// Số hợp đồng.
    pub number: String,
    /// Ngày ký.
    pub signed_on: NaiveDate,
    /// Kinh phí hỗ trợ trong hợp đồng, đồng.
    pub value: Dong,
}

/// Paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPayment {
    /// Lần một, tiếp theo, còn lại.
    pub payment: PaymentKind,
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Ngày.
    pub paid_on: NaiveDate,
}

/// Accepted on site, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAcceptance {
    /// Ngày nghiệm thu.
    pub accepted_on: NaiveDate,
    /// Giá trị khối lượng nghiệm thu, đồng.
    pub value: Dong,
}

/// Settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastSettlement {
    /// Văn bản quyết toán.
    pub decision: Decision,
    /// Số được quyết toán, đồng.
    pub amount: Dong,
}

/// Given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRefund {
    /// Số tiền, đồng.
    pub amount: Dong,
    /// Ngày nộp.
    pub paid_on: NaiveDate,
}

/// Stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastStop {
    /// Quyết định ngừng triển khai.
    pub decision: Decision,
    /// Lý do.
    pub reason: String,
}

/// `Imported`: the first event of a đề án that comes from a list with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The row.
    pub list: ListRow,
    /// Who, what, where, under which lifecycle it goes on.
    pub drafted: Drafted,
    /// What the list says has happened.
    pub history: History,
    /// The approved support of each line.
    pub lines: Vec<LineSupport>,
    /// Contract or assignment, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_form: Option<ContractForm>,
    /// Whether norms of another authority were used because the responsible one's are not loaded.
    #[serde(default)]
    pub fallback_norms: bool,
}

/// The rules in force on a day, and whether they are another authority's.
pub type RulesOfDay = (Arc<Pinned<RuleSet>>, bool);

/// A row to import, with what was looked up.
#[derive(Debug, Clone)]
pub struct ImportCommand {
    /// The đề án as it was approved.
    pub draft: DraftAction,
    /// Unit that carries it out; none: the province's, as the lifecycle names it.
    pub implementer: Option<String>,
    /// What has happened.
    pub history: History,
    /// Where that stands.
    pub list: ListRow,
    /// Who imports, and as of which day the list holds (`occurred_on`).
    pub context: Context,
    /// The rules of every day of [`History::days`], and of the list's.
    pub rules: BTreeMap<NaiveDate, RulesOfDay>,
}

impl History {
    /// The days on which something was decided or paid.
    pub fn days(&self) -> Vec<NaiveDate> {
        let mut days = vec![self.approval.decision.date];
        days.extend(self.contract.iter().map(|contract| contract.signed_on));
        days.extend(self.payments.iter().map(|payment| payment.paid_on));
        days.extend(self.acceptance.iter().map(|acceptance| acceptance.accepted_on));
        days.extend(self.settlement.iter().map(|settlement| settlement.decision.date));
        days.extend(self.refund.iter().map(|refund| refund.paid_on));
        days.extend(self.stop.iter().map(|stop| stop.decision.date));
        days
    }

    /// The last of them: since then the đề án stands where it stands.
    pub fn last_day(&self) -> NaiveDate {
        self.days().into_iter().max().unwrap_or(self.approval.decision.date)
    }

    /// Whoever takes the step by the lifecycle has issued the decision, where the list doesn't say who.
    pub fn name_issuers(&mut self, lifecycle: &Lifecycle, places: &Places, province: &str) {
        let name = |kind: ActionKind, day: NaiveDate| {
            let step = lifecycle.steps.iter().find(|step| step.action == kind)?;
            let party = step.takers.first()?.party;
            let pattern = lifecycle.units.iter().find(|pattern| pattern.party == party)?;
            let province = places.province(province, day).map_or("", |known| known.name.as_str());
            let listed = places.agency_name(&pattern.id, day, province);
            Some(listed.unwrap_or_else(|| pattern.name_on(day, province)))
        };
        let approval = std::iter::once((ActionKind::Approve, &mut self.approval.decision));
        let settlement = self
            .settlement
            .iter_mut()
            .map(|one| (ActionKind::Settle, &mut one.decision));
        let stop = self.stop.iter_mut().map(|one| (ActionKind::Stop, &mut one.decision));
        for (kind, decision) in approval.chain(settlement).chain(stop) {
            if decision.issuer.trim().is_empty() {
                decision.issuer = name(kind, decision.date).unwrap_or_default();
            }
        }
    }

    /// The decisions that it rests on.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        let later = self.settlement.iter().map(|settlement| &settlement.decision);
        let stop = self.stop.iter().map(|stop| &stop.decision);
        std::iter::once(&self.approval.decision).chain(later).chain(stop)
    }
}

impl Project {
    /// Takes over what a list says.
    pub(super) fn record_import(&mut self, imported: &Imported, sequence: u64) {
        self.record_draft(&imported.drafted);
        // It was submitted once, whoever recorded that; what it is supported for is claimed.
        self.round = 1;
        self.imported = Some(imported.list.clone());
        self.record_support(&imported.lines);
        let history = &imported.history;
        self.approved_on = Some(history.approval.decision.date);
        let money = &mut self.standing.money;
        if let Some(contract) = &history.contract {
            money.contracted = contract.value;
            self.contract_form = imported.contract_form;
        }
        if let Some(settlement) = &history.settlement {
            money.settled = settlement.amount;
            self.is_settled = true;
        }
        self.payments
            .extend(history.payments.iter().map(|payment| PaymentRecord {
                sequence,
                payment: Payment {
                    payment: payment.payment,
                    amount: payment.amount,
                    order: unnamed(payment.paid_on),
                    budget: BudgetCode {
                        chapter: String::new(),
                        category: String::new(),
                        item: String::new(),
                        sub_item: String::new(),
                    },
                },
            }));
        if let Some(acceptance) = &history.acceptance {
            let supported = imported.lines.iter().filter(|line| line.support > Dong::ZERO);
            self.accepted = supported.map(|line| line.line).collect();
            self.value_accepted = acceptance.value;
            self.accepted_by.push(sequence);
        }
        self.refunds.extend(history.refund.iter().map(|refund| RefundRecord {
            sequence,
            refund: Refund {
                amount: refund.amount,
                order: unnamed(refund.paid_on),
            },
            by_schedule: false,
        }));
        if history.stop.is_some() {
            self.is_stopped = true;
            self.stopped_by = Some(sequence);
        }
    }

    /// The row of a list that it came from with its history: it was approved before this system was used, outside of its batches.
    pub const fn imported(&self) -> Option<&ListRow> {
        self.imported.as_ref()
    }
}

/// A list names days, not orders of the Treasury.
fn unnamed(date: NaiveDate) -> PaymentOrder {
    PaymentOrder {
        number: String::new(),
        date,
        treasury: String::new(),
    }
}
