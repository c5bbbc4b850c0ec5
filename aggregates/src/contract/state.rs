//! What a contract remembers of its events, and `apply`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::command::{Stated, Terms};
use super::event::{Account, Appendix, Concluded, ContractEvent, ContractFigures, ContractWhat, Member, WoundUp};
use crate::actor::Unit;
use crate::money::Dong;
use crate::project::content::Level;
use crate::project::contracted::{ClockSettings, Progression};

/// Hợp đồng.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contract {
    concluded: Option<Identity>,
    figures: ContractFigures,
    projects: BTreeMap<Uuid, ContractedProject>,
    /// Số of each phụ lục, as it was written.
    appendices: Vec<String>,
    reconciliation: Option<Reconciliation>,
    liquidation: Option<WoundUp>,
    last_on: Option<NaiveDate>,
}

/// The parties and the paper, as amended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    terms: Terms,
    level: Level,
    authority: Unit,
    implementer: Unit,
}

/// A đề án as its contract knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractedProject {
    /// Mã đề án.
    pub code: String,
    /// How far it is.
    pub account: Account,
}

/// The last reconciliation; it holds as long as the figures do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Số.
    pub number: String,
    /// Each đề án, as both sides have it.
    pub rows: Vec<Stated>,
    /// Who drew it up.
    pub actor_id: String,
}

impl Contract {
    /// Whether it was signed.
    pub const fn exists(&self) -> bool {
        self.concluded.is_some()
    }

    /// What the paper says, as amended.
    pub fn terms(&self) -> Option<&Terms> {
        self.concluded.as_ref().map(|identity| &identity.terms)
    }

    /// Programme.
    pub fn level(&self) -> Option<Level> {
        self.concluded.as_ref().map(|identity| identity.level)
    }

    /// The unit that signed (bên A).
    pub fn authority(&self) -> Option<&Unit> {
        self.concluded.as_ref().map(|identity| &identity.authority)
    }

    /// Đơn vị thực hiện (bên B).
    pub fn implementer(&self) -> Option<&Unit> {
        self.concluded.as_ref().map(|identity| &identity.implementer)
    }

    /// Its figures.
    pub const fn figures(&self) -> &ContractFigures {
        &self.figures
    }

    /// Its đề án.
    pub const fn projects(&self) -> &BTreeMap<Uuid, ContractedProject> {
        &self.projects
    }

    /// Số of each phụ lục.
    pub fn appendices(&self) -> &[String] {
        &self.appendices
    }

    /// The last reconciliation, while its figures hold.
    pub const fn reconciliation(&self) -> Option<&Reconciliation> {
        self.reconciliation.as_ref()
    }

    /// Its liquidation; a đề án that is reopened undoes it.
    pub const fn liquidation(&self) -> Option<&WoundUp> {
        self.liquidation.as_ref()
    }

    /// How the settlement clock counts.
    pub fn settlement(&self) -> ClockSettings {
        self.terms().map(|terms| terms.settlement.clone()).unwrap_or_default()
    }

    /// The other đề án, as the settlement clock sees them.
    pub fn others(&self, project: Uuid) -> Vec<Progression> {
        let others = self.projects.iter().filter(|(id, _)| **id != project);
        others.map(|(_, other)| other.account.progression).collect()
    }

    pub(super) const fn last_on(&self) -> Option<NaiveDate> {
        self.last_on
    }

    /// The sums over the đề án and the clock. Sums that can't be written stop at the largest amount.
    pub(super) fn figures_of(&self) -> ContractFigures {
        let sum = |of: fn(&Account) -> Dong| {
            let amounts = self.projects.values().map(|project| of(&project.account));
            amounts.fold(Dong::ZERO, Dong::saturating_add)
        };
        let progressions = self.projects.values().map(|project| project.account.progression);
        ContractFigures {
            value: sum(|account| account.contracted),
            disbursed: sum(|account| account.disbursed),
            refunded: sum(|account| account.refunded),
            settled: sum(|account| account.settled),
            receivable: sum(|account| account.receivable),
            clock: self.settlement().clock(progressions),
        }
    }

    pub(super) fn record(&mut self, event: ContractEvent) {
        let figures = event.after;
        // What its đề án do may be dated before or after what is done with the contract.
        if !matches!(event.what, ContractWhat::ProjectsFollowed(_)) {
            self.last_on = self.last_on.max(Some(event.occurred_on));
        }
        match event.what {
            ContractWhat::ContractConcluded(concluded) => self.record_conclusion(concluded),
            ContractWhat::AppendixConcluded(appendix) => self.record_appendix(appendix),
            ContractWhat::ProjectsFollowed(followed) => self.record_accounts(followed.projects),
            ContractWhat::ContractReconciled(reconciled) => {
                self.reconciliation = Some(Reconciliation {
                    number: reconciled.number,
                    rows: reconciled.rows,
                    actor_id: event.actor_id,
                });
            }
            ContractWhat::ContractWoundUp(wound_up) => self.liquidation = Some(wound_up),
        }
        self.figures = figures;
    }

    fn record_conclusion(&mut self, concluded: Concluded) {
        self.concluded = Some(Identity {
            terms: concluded.terms,
            level: concluded.level,
            authority: concluded.authority,
            implementer: concluded.implementer,
        });
        self.record_accounts(concluded.projects);
    }

    fn record_appendix(&mut self, appendix: Appendix) {
        for change in &appendix.values {
            if let Some(project) = self.projects.get_mut(&change.project) {
                project.account.contracted = change.value;
            }
        }
        if let Some(identity) = &mut self.concluded {
            if let Some(estimate) = appendix.estimate {
                identity.terms.estimate = estimate;
            }
            if let Some(settlement) = appendix.settlement {
                identity.terms.settlement = settlement;
            }
        }
        self.appendices.push(appendix.number);
    }

    fn record_accounts(&mut self, members: Vec<Member>) {
        for member in members {
            if !member.account.concluded {
                self.liquidation = None;
            }
            let project = ContractedProject {
                code: member.code,
                account: member.account,
            };
            self.projects.insert(member.project, project);
        }
        let holds = |row: &Stated| {
            let known = self.projects.get(&row.project);
            known.is_some_and(|project| project.account.matches(row))
        };
        if !self
            .reconciliation
            .as_ref()
            .is_some_and(|known| known.rows.iter().all(holds))
        {
            self.reconciliation = None;
        }
    }
}

impl Account {
    /// Whether the implementer's books say the same.
    pub(super) fn matches(&self, stated: &Stated) -> bool {
        (self.disbursed, self.refunded, self.settled) == (stated.received, stated.returned, stated.settled)
    }
}
