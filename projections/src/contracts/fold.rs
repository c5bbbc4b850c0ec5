//! How a contract's state becomes its rows.

use dean_aggregates::contract::Contract;
use dean_aggregates::project::contracted::Progression;

use super::tables::TABLES;
use crate::cell::{Cell, dong, integer, text};
use crate::entry::Subject;
use crate::known::Known;
use crate::projection::{Projection, Rows};
use crate::table::Table;
use crate::text::plain;

/// The projection.
pub struct Contracts;

impl Projection for Contracts {
    fn name(&self) -> &'static str {
        "contracts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        &TABLES
    }

    fn subject(&self) -> Subject {
        Subject::Contract
    }

    fn contract(&self, state: &Known<Contract>, rows: &mut Rows) {
        let [contracts, contract_projects] = &TABLES;
        let contract = &state.is;
        let (Some(terms), Some(level), Some(authority), Some(implementer)) = (
            contract.terms(),
            contract.level(),
            contract.authority(),
            contract.implementer(),
        ) else {
            return;
        };
        let figures = contract.figures();
        let mut search = format!("{} {} {}", terms.number, authority.name, implementer.name);
        for project in contract.projects().values() {
            search.push(' ');
            search.push_str(&project.code);
        }
        rows.push(
            contracts,
            vec![
                Cell::Uuid(Some(state.id)),
                text(&terms.number),
                Cell::Date(Some(terms.signed_on)),
                text(level.as_str()),
                text(&authority.id),
                text(&authority.name),
                text(&implementer.id),
                text(&implementer.name),
                text(standing(contract)),
                integer(contract.projects().len()),
                dong(terms.estimate.amount),
                dong(figures.value),
                dong(figures.disbursed),
                dong(figures.refunded),
                dong(figures.settled),
                dong(figures.receivable),
                Cell::Date(figures.clock.map(|clock| clock.started_on)),
                Cell::Date(figures.clock.map(|clock| clock.due_on)),
                integer(contract.appendices().len()),
                Cell::Text(contract.reconciliation().map(|known| known.number.clone())),
                Cell::Text(contract.liquidation().map(|known| known.number.clone())),
                integer(state.version),
                Cell::Date(Some(state.last_on)),
                integer(state.first_position),
                integer(state.last_position),
                text(plain(&search)),
            ],
        );
        for (id, project) in contract.projects() {
            let account = &project.account;
            let (progression, day) = match account.progression {
                Progression::Running => ("running", None),
                Progression::Accepted(day) => ("accepted", Some(day)),
                Progression::Ended(day) => ("ended", Some(day)),
            };
            rows.push(
                contract_projects,
                vec![
                    Cell::Uuid(Some(state.id)),
                    Cell::Uuid(Some(*id)),
                    text(&terms.number),
                    text(&project.code),
                    dong(account.contracted),
                    dong(account.disbursed),
                    dong(account.refunded),
                    dong(account.settled),
                    dong(account.receivable),
                    text(progression),
                    Cell::Date(day),
                    Cell::Bool(Some(account.concluded)),
                ],
            );
        }
    }
}

/// `running`, `settling` (the clock runs), `concluded` (nothing of it is to be settled any more) or `liquidated`.
fn standing(contract: &Contract) -> &'static str {
    let all = |of: fn(&dean_aggregates::contract::event::Account) -> bool| {
        contract.projects().values().all(|project| of(&project.account))
    };
    if contract.liquidation().is_some() {
        "liquidated"
    } else if all(|account| account.concluded) {
        "concluded"
    } else if contract.figures().clock.is_some() {
        "settling"
    } else {
        "running"
    }
}
