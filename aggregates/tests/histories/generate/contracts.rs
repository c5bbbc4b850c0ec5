//! Contracts over several đề án: signed, amended, reconciled, liquidated.

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::contract::Contract;
use dean_aggregates::contract::command::{
    AppendixPaper, DetailedEstimate, Item, LiquidationPaper, NewValue, ReconciliationPaper, Terms,
};
use dean_aggregates::lifecycle::ActionKind;
use dean_aggregates::money::Dong;
use dean_aggregates::project::Project;
use dean_aggregates::project::action::ContractForm;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::contracted::{ClockSettings, ClockStart, Counting, Filing};
use uuid::Uuid;

use super::{Chooser, Flaw};
use crate::asked::{Asked, Attempt};
use crate::oracle::account::Money;
use crate::texts::TEXTS;
use crate::world::{id_of, index_of};

impl Chooser<'_> {
    /// A contract over a đề án and others that could go with it.
    pub(super) fn sign_together(&mut self, index: usize) -> Option<Attempt> {
        let signs = |project: &Project| {
            let lifecycle = &TEXTS.lifecycle(project.lifecycle_pin()).value;
            project
                .steps_for(lifecycle)
                .iter()
                .any(|step| step.action == ActionKind::SignContract)
        };
        let first = self.world.project(index);
        let parties = |project: &Project| {
            let implementer = project
                .units()?
                .get(&dean_aggregates::actor::Party::Implementer)?
                .id
                .clone();
            Some((implementer, project.level()?, project.province()?.to_owned()))
        };
        let is_mixed = self.has(Flaw::Unit) || self.has(Flaw::Thing);
        let fits = |project: &Project| is_mixed || (signs(project) && parties(project) == parties(first));
        let mut chosen: Vec<usize> = self
            .world
            .projects()
            .filter(|(other, project)| *other != index && fits(project))
            .map(|(other, _)| other)
            .collect();
        self.dice.shuffle(&mut chosen);
        chosen.truncate(usize::try_from(self.dice.below(3)).expect("few"));
        chosen.insert(0, index);
        let items: Vec<Item> = chosen
            .iter()
            .map(|index| Item {
                project: id_of(*index),
                value: self.value(*index),
                step: None,
            })
            .collect();
        let sum: Money = items.iter().map(|item| item.value.get()).sum();
        let estimate = if self.has(Flaw::Much) {
            sum.saturating_sub(1)
        } else {
            sum + self.dice.below(2) * 100_000_000
        };
        let lifecycle = &TEXTS.lifecycle(first.lifecycle_pin()).value;
        let steps = first.steps_for(lifecycle);
        let forms: Vec<ContractForm> = steps.iter().filter_map(|step| step.contract_form).collect();
        let terms = Terms {
            number: self.number(),
            signed_on: self.world.today,
            form: self.dice.pick(&forms).copied().unwrap_or_default(),
            estimate: DetailedEstimate {
                decision: self.decision(),
                amount: Dong::new(estimate).expect("an amount"),
            },
            tender_result: Some("08/QĐ".to_owned()),
            signed_for: None,
            settlement: self.clock(),
        };
        let unit = match first.level()? {
            Level::National => "cuc".to_owned(),
            Level::Local => format!("so-ct-{}", first.province()?),
        };
        let actor = self.director(&unit, "sign-contract");
        let kinds = ["hop-dong", "du-toan-chi-tiet", "qd-giao-nhiem-vu"];
        Some(self.attempt_by("sign-joint-contract", Asked::Sign(terms, items), actor, &kinds))
    }

    fn value(&mut self, index: usize) -> Dong {
        let approved = self
            .oracle
            .accounts
            .get(&index)
            .map(|account| account.support_approved());
        self.amount(approved.unwrap_or_default())
    }

    fn director(&mut self, unit: &str, what: &str) -> Actor {
        let role = if unit == "cuc" {
            Role::AgencyDirector
        } else {
            Role::DepartmentDirector
        };
        self.person(role, unit, what)
    }

    fn clock(&mut self) -> ClockSettings {
        ClockSettings {
            days: if self.has(Flaw::Thing) {
                16
            } else {
                15 - u8::try_from(self.dice.below(8)).expect("few")
            },
            counting: if self.dice.chance(50) {
                Counting::Calendar
            } else {
                Counting::Working
            },
            days_off: Vec::new(),
            from: if self.dice.chance(50) {
                ClockStart::LastActive
            } else {
                ClockStart::LastAcceptance
            },
            filing: if self.dice.chance(60) {
                Filing::AfterLast
            } else {
                Filing::AnyTime
            },
        }
    }

    pub(super) fn act_on_contract(&mut self) -> Option<Attempt> {
        let known: Vec<Uuid> = self.world.all.contracts.keys().copied().collect();
        let any = self.dice.index(self.world.all.projects.len());
        let Some(id) = self.dice.pick(&known).copied() else {
            return self.sign_together(any).filter(|_| self.dice.chance(15));
        };
        let is_over = self.world.contract(id).liquidation().is_some();
        if is_over && self.dice.chance(85) {
            return None;
        }
        match self.dice.below(8) {
            0 if self.dice.chance(20) => self.sign_together(any),
            0..5 => self.amend(id),
            5 => self.reconcile(id),
            _ => self.wind_up(id),
        }
    }

    fn amend(&mut self, id: Uuid) -> Option<Attempt> {
        let contract = self.world.contract(id);
        let members: Vec<Uuid> = contract.projects().keys().copied().collect();
        let open = members
            .iter()
            .filter(|id| !self.world.project(index_of(**id)).is_concluded());
        let open: Vec<Uuid> = open.copied().collect();
        let chosen = self
            .dice
            .pick(if open.is_empty() { &members } else { &open })
            .copied()?;
        let approved = self.oracle.accounts.get(&index_of(chosen))?;
        let (least, most) = (approved.net().max(approved.recognised()), approved.support_approved());
        let value = if self.has(Flaw::Nothing) {
            least.saturating_sub(1)
        } else {
            self.amount(most).get().max(least)
        };
        let project = if self.has(Flaw::Thing) { id_of(99) } else { chosen };
        let paper = AppendixPaper {
            number: self.number(),
            decision: self.decision(),
            reason: self.text("Giá máy giảm."),
            values: vec![NewValue {
                project,
                value: Dong::new(value).expect("an amount"),
            }],
            estimate: None,
            settlement: self.dice.chance(25).then(|| self.clock()),
        };
        let unit = contract.authority()?.id.clone();
        let actor = self.director(&unit, "amend-contract");
        Some(self.attempt_by("amend-contract", Asked::Amend(id, paper), actor, &[]))
    }

    fn reconcile(&mut self, id: Uuid) -> Option<Attempt> {
        let contract: &Contract = self.world.contract(id);
        let mut stated = contract.statement();
        if self.has(Flaw::Much)
            && let Some(first) = stated.first_mut()
        {
            first.received = first.received.saturating_add(Dong::million(1));
        }
        if self.has(Flaw::Thing) {
            stated.pop();
        }
        let paper = ReconciliationPaper {
            number: self.text("01/BĐC"),
            stated,
        };
        let unit = contract.authority()?.id.clone();
        let actor = if self.has(Flaw::Person) {
            self.director(&unit, "liquidate-contract")
        } else {
            self.person(Role::Accountant, &unit, "reconcile-contract")
        };
        Some(self.attempt_by("reconcile-contract", Asked::Reconcile(id, paper), actor, &["mau-10"]))
    }

    /// What ends a contract.
    pub(super) fn wind_up(&mut self, id: Uuid) -> Option<Attempt> {
        let contract: &Contract = self.world.contract(id);
        if contract.reconciliation().is_none() && self.dice.chance(45) {
            return self.reconcile(id);
        }
        let paper = LiquidationPaper {
            number: self.text("02/BB-TL"),
            last_of_year: contract.reconciliation().is_some() || self.dice.chance(30),
        };
        let unit = contract.authority()?.id.clone();
        let actor = self.director(&unit, "liquidate-contract");
        Some(self.attempt_by(
            "liquidate-joint-contract",
            Asked::Liquidate(id, paper),
            actor,
            &["mau-6"],
        ))
    }
}
