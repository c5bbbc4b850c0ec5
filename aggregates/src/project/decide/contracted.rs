//! A đề án in a contract over several: which steps only the contract takes, and what the contract tells it.

use super::super::command::{Context, ProjectCommand};
use super::super::error::{ProjectError, refuse};
use super::super::event::{ProjectEvent, What};
use super::super::standing::Standing;
use super::super::state::Project;
use super::Case;
use crate::lifecycle::ActionKind;
use crate::project::action::{Action, NoDetails};
use crate::project::contracted::{ContractReference, Filing, Progression};

impl Case<'_> {
    pub(super) fn check_contracted(&self) -> Result<(), ProjectError> {
        let Some(known) = self.project.contract() else {
            return Ok(());
        };
        let given = self.context.contract.as_ref();
        // Whoever looked it up was overtaken by the signing.
        let given = given.filter(|given| given.reference.contract == known.contract);
        let Some(contracted) = given else {
            return Err(refuse("contract-not-at-hand").param("contract", &known.number));
        };
        match self.step.action {
            ActionKind::LiquidateContract if !contracted.by_contract => Err(refuse("only-by-contract")
                .field("step")
                .rule("TT 36/2013/TT-BCT Đ18")
                .param("step", &self.step.id)
                .param("contract", &known.number)),
            ActionKind::SubmitSettlement
                if contracted.settings.filing == Filing::AfterLast
                    && contracted.others.contains(&Progression::Running) =>
            {
                Err(refuse("contract-not-accepted")
                    .field("step")
                    .rule("TT 36/2013/TT-BCT Đ18.1")
                    .param("contract", &known.number))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn taken_by_contract(&self) -> Option<ContractReference> {
        let contracted = self.context.contract.as_ref()?;
        contracted.by_contract.then(|| contracted.reference.clone())
    }
}

impl Project {
    /// What the contract tells a đề án without a step of its lifecycle: nobody asks the đề án, its state stays, but its money or its
    /// deadline may not. The contract has judged it before.
    ///
    /// # Errors
    /// `no-such-project` where there is none, `contract-not-at-hand` where it isn't part of that contract, `unknown-step` where its
    /// lifecycle is empty.
    pub fn told(&self, what: What, context: &Context, note: &str) -> Result<ProjectEvent, ProjectError> {
        let lifecycle = &context.lifecycle.value;
        if !self.exists() {
            return Err(refuse("no-such-project"));
        }
        let step = lifecycle.steps.first().ok_or_else(|| refuse("unknown-step"))?;
        let command = ProjectCommand {
            step: String::new(),
            action: Action::Archive(NoDetails {}),
            papers: Vec::new(),
            note: note.to_owned(),
            context: context.clone(),
        };
        let case = Case {
            project: self,
            command: &command,
            context,
            lifecycle,
            rules: &context.rules.value,
            step,
        };
        case.check_contracted()?;
        let mut event = ProjectEvent {
            step: what.name().to_owned(),
            actor_id: context.actor.id.clone(),
            occurred_on: context.occurred_on,
            what,
            papers: Vec::new(),
            note: note.to_owned(),
            judgements: Vec::new(),
            batch: None,
            contract: self.contract().cloned(),
            inspection: None,
            after: Standing {
                state: self.standing().state.clone(),
                ..Standing::default()
            },
        };
        let mut next = self.clone();
        next.record(&event);
        event.after = case.standing_of(&next, lifecycle, context.occurred_on);
        Ok(event)
    }
}
