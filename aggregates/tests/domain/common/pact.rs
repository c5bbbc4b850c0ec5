//! A contract over several đề án, each at its own point of life; what a step changes is followed as the engine does it.

use std::sync::LazyLock;

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::contract::command::*;
use dean_aggregates::contract::together::{self, Together};
use dean_aggregates::contract::{self, Contract, ContractAction, ContractCommand, ContractEvent};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::action::{Action, ContractForm};
use dean_aggregates::project::contracted::ClockSettings;
use dean_aggregates::project::papers::{Paper, PaperForm};
use dean_aggregates::project::{ProjectEvent, What};
use dean_aggregates::several::{Known, SeveralError};
use uuid::Uuid;

use super::Story;
use super::samples::approve;
use super::season::{actor, million, paper_of, project_id};
use crate::stories::approved;

pub(crate) const NUMBER: &str = "05/2019/HĐ-KC";

#[derive(Clone)]
pub(crate) struct Pact {
    pub(crate) id: Uuid,
    pub(crate) contract: Contract,
    pub(crate) events: Vec<ContractEvent>,
    pub(crate) projects: Vec<(Uuid, Story)>,
    pub(crate) settlement: ClockSettings,
    pub(crate) on: NaiveDate,
}

pub(crate) fn director() -> Actor {
    actor(Role::AgencyDirector, "cuc")
}

pub(crate) fn accountant() -> Actor {
    actor(Role::Accountant, "cuc")
}

pub(crate) fn circumstances(actor: Actor, on: NaiveDate) -> Circumstances {
    let paper = |kind: &str| Paper {
        kind: kind.to_owned(),
        number: "12/CV".to_owned(),
        date: on,
        issuer: "Cục".to_owned(),
        signer: None,
        form: PaperForm::Original,
        kept_at: None,
        file: None,
        sha256: None,
    };
    let kinds = [
        "hop-dong",
        "du-toan-chi-tiet",
        "mau-6",
        "mau-10",
        "qd-kiem-tra",
        "bien-ban-kiem-tra",
        "qd-thu-hoi",
    ];
    Circumstances {
        actor,
        occurred_on: on,
        today: super::day("2030-12-31"),
        papers: kinds.into_iter().map(paper).collect(),
        note: String::new(),
    }
}

impl Pact {
    /// As many approved đề án of 300 million each, nothing signed.
    pub(crate) fn of(count: usize) -> Self {
        static ONE: LazyLock<Story> = LazyLock::new(approved);
        Self {
            id: contract::id_of("cuc", NUMBER),
            contract: Contract::default(),
            events: Vec::new(),
            projects: (0..count).map(|index| (project_id(index), ONE.clone())).collect(),
            settlement: ClockSettings::default(),
            on: super::day("2019-01-15"),
        }
    }

    /// Signed, each with all of its support.
    pub(crate) fn signed(count: usize) -> Self {
        let mut pact = Self::of(count);
        pact.sign(&vec![300; count]).expect("signed");
        pact
    }

    pub(crate) fn on(&mut self, date: &str) -> &mut Self {
        self.on = super::day(date);
        self
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            number: NUMBER.to_owned(),
            signed_on: self.on,
            form: ContractForm::Contract,
            estimate: DetailedEstimate {
                decision: paper_of("07/QĐ-CTĐP"),
                amount: million(1_600),
            },
            tender_result: None,
            signed_for: None,
            settlement: self.settlement.clone(),
        }
    }

    pub(crate) fn items(&self, values: &[u32]) -> Vec<Item> {
        let item = |((id, _), value): (&(Uuid, Story), &u32)| Item {
            project: *id,
            value: million(*value),
            step: None,
        };
        self.projects.iter().zip(values).map(item).collect()
    }

    /// A đề án as the engine would look it up for this person.
    pub(crate) fn known(&self, index: usize, by: &Actor) -> Known<'_> {
        let (id, story) = &self.projects[index];
        let mut context = story.command("approve", approve()).context;
        context.actor = by.clone();
        context.occurred_on = self.on;
        context.contract = story
            .project
            .contract()
            .filter(|reference| reference.contract == self.id)
            .and_then(|_| together::around((self.id, &self.contract), *id));
        Known {
            id: *id,
            project: &story.project,
            context,
        }
    }

    pub(crate) fn all(&self, by: &Actor) -> Vec<Known<'_>> {
        (0..self.projects.len()).map(|index| self.known(index, by)).collect()
    }

    /// What signing would do.
    pub(crate) fn signing(&self, terms: &Terms, items: &[Item], by: &Actor) -> Result<Together, SeveralError> {
        let all = self.all(by);
        let named: Vec<Known> = items
            .iter()
            .filter_map(|item| all.iter().find(|known| known.id == item.project).cloned())
            .collect();
        let circumstances = circumstances(by.clone(), self.on);
        let signed = together::conclude((self.id, &self.contract), (terms, items), &named, &circumstances);
        let again = together::conclude((self.id, &self.contract), (terms, items), &named, &circumstances);
        assert_eq!(signed, again, "decide is pure");
        signed
    }

    pub(crate) fn sign(&mut self, values: &[u32]) -> Result<Together, SeveralError> {
        let signed = self.signing(&self.terms(), &self.items(values), &director())?;
        self.apply(signed.clone());
        Ok(signed)
    }

    pub(crate) fn appendix(&self, number: &str, values: &[(usize, u32)]) -> AppendixPaper {
        let value = |(index, value): &(usize, u32)| NewValue {
            project: self.projects[*index].0,
            value: million(*value),
        };
        AppendixPaper {
            number: number.to_owned(),
            decision: paper_of("31/QĐ-CTĐP"),
            reason: "Giá máy giảm.".to_owned(),
            values: values.iter().map(value).collect(),
            estimate: None,
            settlement: None,
        }
    }

    pub(crate) fn amending(&self, paper: &AppendixPaper, by: &Actor) -> Result<Together, SeveralError> {
        let circumstances = circumstances(by.clone(), self.on);
        together::amend((self.id, &self.contract), paper, &self.all(by), &circumstances)
    }

    pub(crate) fn amend(&mut self, paper: &AppendixPaper) -> Result<Together, SeveralError> {
        let amended = self.amending(paper, &director())?;
        self.apply(amended.clone());
        Ok(amended)
    }

    pub(crate) fn reconciling(&self, stated: Vec<Stated>, by: Actor) -> Result<ContractEvent, SeveralError> {
        let paper = ReconciliationPaper {
            number: "01/BĐC".to_owned(),
            stated,
        };
        Ok(self.contract.decide(&ContractCommand {
            action: ContractAction::Reconcile(paper),
            circumstances: circumstances(by, self.on),
        })?)
    }

    pub(crate) fn reconcile(&mut self) -> Result<(), SeveralError> {
        let event = self.reconciling(self.contract.statement(), accountant())?;
        self.apply_contract(event);
        Ok(())
    }

    pub(crate) fn liquidating(&self, last_of_year: bool, by: &Actor) -> Result<Together, SeveralError> {
        let paper = LiquidationPaper {
            number: "02/BB-TL".to_owned(),
            last_of_year,
        };
        let circumstances = circumstances(by.clone(), self.on);
        together::liquidate((self.id, &self.contract), &paper, &self.all(by), &circumstances)
    }

    pub(crate) fn liquidate(&mut self, last_of_year: bool) -> Result<Together, SeveralError> {
        let liquidated = self.liquidating(last_of_year, &director())?;
        self.apply(liquidated.clone());
        Ok(liquidated)
    }

    /// A step that a đề án takes by itself.
    pub(crate) fn take(&mut self, index: usize, step: &str, action: Action) -> Result<ProjectEvent, SeveralError> {
        let contracted = self.known(index, &director()).context.contract;
        let on = self.on;
        let (id, story) = &mut self.projects[index];
        let id = *id;
        story.on = on;
        story.contract = contracted;
        let event = story.try_take(step, action).map_err(|error| SeveralError::Project {
            at: None,
            code: "KC-1".to_owned(),
            error: Box::new(error),
        })?;
        self.follow(id);
        Ok(event)
    }

    /// As the engine does after a step: the contract records it and tells the others.
    pub(crate) fn follow(&mut self, moved: Uuid) {
        if !self.contract.exists() {
            return;
        }
        let by = director();
        let circumstances = circumstances(by.clone(), self.on);
        let followed = together::follow((self.id, &self.contract), &self.all(&by), &[moved], &circumstances);
        if let Some(followed) = followed.expect("what happened is recorded") {
            self.apply(followed);
        }
    }

    pub(crate) fn apply(&mut self, together: Together) {
        self.apply_contract(together.contract);
        for (id, event) in together.projects {
            let found = self.projects.iter_mut().find(|(known, _)| *known == id);
            let story = &mut found.expect("a đề án of this contract").1;
            story.project.apply(event.clone());
            story.events.push(event);
        }
    }

    fn apply_contract(&mut self, event: ContractEvent) {
        self.contract.apply(event.clone());
        self.events.push(event);
    }

    pub(crate) fn project(&self, index: usize) -> &dean_aggregates::project::Project {
        &self.projects[index].1.project
    }

    /// The names of a đề án's events from the signing on.
    pub(crate) fn events_of(&self, index: usize) -> Vec<&'static str> {
        let events = self.projects[index].1.events.iter();
        let from_signing = events.skip_while(|event| !matches!(event.what, What::ContractSigned(_)));
        from_signing.map(|event| event.what.name()).collect()
    }
}

/// The code of a refusal, whoever made it.
pub(crate) fn code_of<T: std::fmt::Debug>(decided: Result<T, SeveralError>) -> &'static str {
    match decided.expect_err("refused") {
        SeveralError::Refused(refusal) => refusal.code,
        SeveralError::Project { error, .. } => error.code,
    }
}

pub(crate) fn sum(amounts: impl IntoIterator<Item = Dong>) -> Dong {
    Dong::sum(amounts).expect("a sum")
}
