//! A contract over two đề án of one implementer, signed with one signature; what their own steps change is followed in it.

use std::collections::BTreeMap;

use dean_aggregates::contract::command::{DetailedEstimate, Item, Terms};
use dean_aggregates::contract::{self, Contract, together};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::action::{Action, ContractForm};
use dean_aggregates::project::contracted::{ClockSettings, Contracted};
use dean_aggregates::project::papers::{Decision, Paper};
use dean_aggregates::project::{Context, Project, ProjectCommand};
use dean_aggregates::several::{Known, SeveralError};
use dean_ledger::{Append, StreamAppend};
use uuid::Uuid;

use super::DemoError;
use super::dice::{command_id, fingerprint};
use super::life::Life;
use super::load::demo_channel;
use super::planning::{Kept, Today, refused};

/// Number under which commands on contracts get their ids.
const CONTRACTS: u64 = u64::MAX - 1;

/// All contracts over several đề án so far.
pub(super) struct Contracting {
    seed: u64,
    contracts: BTreeMap<Uuid, Kept<Contract>>,
    /// Their đề án, as they are.
    members: BTreeMap<Uuid, Project>,
}

impl Contracting {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            contracts: BTreeMap::new(),
            members: BTreeMap::new(),
        }
    }

    /// What a step of a đề án needs to know of its contract.
    pub(super) fn around(&self, project: &Project, id: Uuid) -> Option<Contracted> {
        let contract = project.contract()?.contract;
        together::around((contract, &self.contracts.get(&contract)?.aggregate), id)
    }

    /// Signs for all that are to be signed for today; each brings the command by which it would be signed for alone.
    pub(super) fn sign(
        &mut self,
        today: &Today<'_>,
        lives: &mut [(Life, ProjectCommand)],
    ) -> Result<Option<Append>, DemoError> {
        let Some((_, first)) = lives.first() else {
            return Ok(None);
        };
        let Action::SignContract(paper) = &first.action else {
            return Ok(None);
        };
        let actor = first.context.actor.clone();
        let values = lives.iter().map(|(life, _)| life.project.figures().approved);
        let sum = values.fold(Dong::ZERO, Dong::saturating_add);
        let units = lives[0].0.project.units();
        let mut units = units.into_iter().flat_map(|units| units.values());
        let issuer = units.find(|unit| unit.id == actor.unit);
        let terms = Terms {
            number: paper.number.clone(),
            signed_on: today.day,
            form: ContractForm::Contract,
            estimate: DetailedEstimate {
                decision: Decision {
                    number: paper.detailed_estimate.clone(),
                    date: today.day,
                    issuer: issuer.map(|unit| unit.name.clone()).unwrap_or_default(),
                    signer: None,
                    signed_for: None,
                },
                amount: sum,
            },
            tender_result: paper.tender_result.clone(),
            signed_for: None,
            settlement: ClockSettings::default(),
        };
        let items: Vec<Item> = lives
            .iter()
            .map(|(life, _)| Item {
                project: life.id,
                value: life.project.figures().approved,
                step: None,
            })
            .collect();
        let mut papers: Vec<Paper> = Vec::new();
        for paper in lives.iter().flat_map(|(_, command)| &command.papers) {
            if !papers.iter().any(|known| known.kind == paper.kind) {
                papers.push(paper.clone());
            }
        }
        let circumstances = Circumstances {
            actor: actor.clone(),
            occurred_on: today.day,
            today: today.day,
            papers,
            note: String::new(),
        };
        let known: Vec<Known> = lives
            .iter()
            .map(|(life, command)| Known {
                id: life.id,
                project: &life.project,
                context: Context {
                    actor: actor.clone(),
                    occurred_on: today.day,
                    ..command.context.clone()
                },
            })
            .collect();
        let mut contract = Kept::<Contract>::new(contract::id_of(&actor.unit, &terms.number));
        let signed = together::conclude(
            (contract.id, &contract.aggregate),
            (&terms, &items),
            &known,
            &circumstances,
        )
        .map_err(failed("sign a contract", today))?;
        let mut streams = vec![contract.record(signed.contract)?];
        for ((life, _), (_, event)) in lives.iter_mut().zip(signed.projects) {
            streams.push(life.record(vec![event])?);
            self.members.insert(life.id, life.project.clone());
        }
        let step = u64::try_from(self.contracts.len()).unwrap_or(0);
        let id = command_id(today.environment, self.seed, CONTRACTS, step);
        self.contracts.insert(contract.id, contract);
        Ok(Some(Append {
            command_id: id,
            actor: dean_ledger::Actor {
                id: actor.id,
                role: actor.role.to_string(),
                unit: actor.unit,
            },
            occurred_on: today.day,
            request_sha256: fingerprint(id, "sign"),
            metadata: demo_channel(),
            streams,
        }))
    }

    /// After a step of a đề án: what its contract records of it. None of them is accepted within the demo, so the settlement clock stands
    /// still, and the contract has nothing to tell the others.
    pub(super) fn follow(
        &mut self,
        today: &Today<'_>,
        life: &Life,
        context: &Context,
    ) -> Result<Option<StreamAppend>, DemoError> {
        let Some(reference) = life.project.contract() else {
            return Ok(None);
        };
        self.members.insert(life.id, life.project.clone());
        let Some(contract) = self.contracts.get_mut(&reference.contract) else {
            return Ok(None);
        };
        let members = contract.aggregate.projects().keys();
        let known: Vec<Known> = members
            .filter_map(|id| {
                Some(Known {
                    id: *id,
                    project: self.members.get(id)?,
                    context: context.clone(),
                })
            })
            .collect();
        let circumstances = Circumstances {
            actor: context.actor.clone(),
            occurred_on: context.occurred_on,
            today: today.day,
            papers: Vec::new(),
            note: String::new(),
        };
        let followed = together::follow((contract.id, &contract.aggregate), &known, &[life.id], &circumstances)
            .map_err(failed("follow a contract", today))?;
        Ok(match followed {
            Some(followed) => Some(contract.record(followed.contract)?),
            None => None,
        })
    }
}

/// An act over several aggregates was refused: a fault of the demo.
pub(super) fn failed(what: &'static str, today: &Today<'_>) -> impl Fn(SeveralError) -> DemoError {
    let date = today.day;
    move |error| match error {
        SeveralError::Refused(refusal) => refused(what, date)(refusal),
        SeveralError::Project { code, error, .. } => DemoError::Refused {
            project: code,
            step: what.to_owned(),
            date,
            refusal: error,
        },
    }
}
