//! A đề án from a list, with its history: judged fact by fact by the rules of the fact's day, as if each had just been decided on what
//! was so before it. What the list can't show is not asked for: papers, and the progress that the Sở had confirmed before an advance.

mod checks;

use chrono::{Datelike, NaiveDate};

use super::super::command::{Context, ProjectCommand};
use super::super::error::{ProjectError, refuse};
use super::super::event::{Drafted, Judgement, ProjectEvent, What};
use super::super::imported::{History, ImportCommand, Imported, RulesOfDay};
use super::super::standing::Standing;
use super::super::state::Project;
use super::contract::positive;
use super::texts::{self, not_empty};
use super::{Case, Outcome};
use crate::actor::{Actor, Party};
use crate::lifecycle::{ActionKind, Lifecycle, MoneyMode, Step};
use crate::money::{Dong, Rate};
use crate::project::action::{
    Action, Approval, ContractForm, LineSupport, NoDetails, PaymentKind, Progress, Settlement,
};
use crate::project::content::ProjectKind;

/// The word of the event where a step's id stands: no step of a lifecycle was taken.
const NO_STEP: &str = "Imported";

impl Project {
    /// Decides the import of a row with its history.
    ///
    /// # Errors
    /// As the steps would be refused, with the field below `history`; `import-not-yours`, `import-order`, `import-after-list`, `import-gap`,
    /// `import-no-rules`, `import-no-state`.
    pub fn import(&self, command: &ImportCommand) -> Result<ProjectEvent, ProjectError> {
        if self.exists() {
            return Err(refuse("already-exists").param("code", self.code().unwrap_or_default()));
        }
        Import {
            command,
            lifecycle: &command.context.lifecycle.value,
        }
        .decide()
    }
}

struct Import<'a> {
    command: &'a ImportCommand,
    lifecycle: &'a Lifecycle,
}

impl Import<'_> {
    fn decide(&self) -> Result<ProjectEvent, ProjectError> {
        let history = &self.command.history;
        texts::check_texts(history, "history")?;
        texts::check_texts(&self.command.draft, "")?;
        self.check_days()?;
        let drafted = self.drafted()?;
        self.check_right(&drafted)?;
        self.check_gaps()?;
        let mut told = Imported {
            list: self.command.list.clone(),
            contract_form: None,
            lines: Vec::new(),
            fallback_norms: self.rules(history.approval.decision.date)?.1,
            history: History {
                approval: history.approval.clone(),
                contract: None,
                payments: Vec::new(),
                acceptance: None,
                settlement: None,
                refund: None,
                stop: None,
            },
            drafted,
        };
        let mut judgements = self.approval(&mut told)?;
        self.contract(&mut told)?;
        if self.lifecycle.money_mode == MoneyMode::PayAfter {
            self.acceptance(&mut told)?;
            judgements.extend(self.settlement(&mut told)?);
            judgements.extend(self.payments(&mut told, |_| true)?);
        } else {
            judgements.extend(self.payments(&mut told, |kind| kind != PaymentKind::Rest)?);
            self.acceptance(&mut told)?;
            judgements.extend(self.payments(&mut told, |kind| kind == PaymentKind::Rest)?);
            judgements.extend(self.settlement(&mut told)?);
        }
        self.refund(&mut told)?;
        self.stop(&mut told)?;
        self.event(told, judgements)
    }

    /// The event with where the đề án stands after it.
    fn event(&self, told: Imported, judgements: Vec<Judgement>) -> Result<ProjectEvent, ProjectError> {
        let context = &self.command.context;
        let state = self.reached(&told)?;
        let mut event = ProjectEvent {
            step: NO_STEP.to_owned(),
            actor_id: context.actor.id.clone(),
            occurred_on: context.occurred_on,
            what: What::Imported(Box::new(told)),
            papers: Vec::new(),
            note: String::new(),
            judgements,
            batch: None,
            contract: None,
            inspection: None,
            after: Standing {
                state,
                ..Standing::default()
            },
        };
        let mut next = Project::default();
        next.record(&event);
        let approve = self.step(ActionKind::Approve, None)?;
        let command = self.as_command(context.occurred_on, approve, Action::Archive(NoDetails {}))?;
        event.after = self
            .case(&next, &command, approve)
            .standing_of(&next, self.lifecycle, context.occurred_on);
        Ok(event)
    }

    /// Identity and content, judged as a draft of the day of approval. Where the province was taken in since, its successor is responsible;
    /// the places keep the names of their day.
    fn drafted(&self) -> Result<Drafted, ProjectError> {
        let (command, context) = (self.command, &self.command.context);
        let start = self.lifecycle.start().ok_or_else(|| self.no_state(ActionKind::Draft))?;
        let day = command.history.approval.decision.date;
        let asked = self.as_command(day, start, Action::Draft(command.draft.clone()))?;
        let nobody = Project::default();
        let outcome = self.case(&nobody, &asked, start).draft(&command.draft)?;
        let Outcome {
            what: What::Drafted(mut drafted),
            ..
        } = outcome
        else {
            return Err(self.no_state(ActionKind::Draft));
        };
        let listed_on = context.occurred_on;
        let responsible = context.places.became(&drafted.province, listed_on);
        let responsible = responsible.ok_or_else(|| {
            refuse("unknown-province")
                .field("province")
                .param("province", &drafted.province)
        })?;
        let named = command.implementer.clone().or_else(|| {
            let patterns = self.lifecycle.units.iter();
            let mut own = patterns.filter(|pattern| pattern.party == Party::Implementer);
            own.next().map(|pattern| pattern.id_for(&responsible.code))
        });
        let implementer = named.ok_or_else(|| refuse("text-empty").field("implementer"))?;
        not_empty(&implementer, "implementer")?;
        let today = self.as_command(listed_on, start, Action::Draft(command.draft.clone()))?;
        drafted.units = self.case(&nobody, &today, start).units_of(responsible, &implementer);
        drafted.province.clone_from(&responsible.code);
        Ok(drafted)
    }

    fn approval(&self, told: &mut Imported) -> Result<Vec<Judgement>, ProjectError> {
        let approval = &self.command.history.approval;
        let [line] = told.drafted.content.lines.as_slice() else {
            // A row holds one support line; several would need their shares.
            return Err(refuse("no-lines").field("content.lines"));
        };
        let lines = vec![LineSupport {
            line: line.number,
            support: approval.support,
        }];
        let asked = Approval {
            decision: approval.decision.clone(),
            batch: None,
            lines: lines.clone(),
        };
        let step = self.step(ActionKind::Approve, None)?;
        let command = self.as_command(approval.decision.date, step, Action::Approve(asked.clone()))?;
        let mut draft = Project::default();
        draft.record_draft(&told.drafted);
        let approved = self.case(&draft, &command, step).approve(&asked);
        told.lines = lines;
        approved
            .map(|outcome| outcome.judgements)
            .map_err(|error| below("approval", error))
    }

    fn contract(&self, told: &mut Imported) -> Result<(), ProjectError> {
        let Some(contract) = &self.command.history.contract else {
            return Ok(());
        };
        not_empty(&contract.number, "history.contract.number")?;
        positive(contract.value, "history.contract.value")?;
        let limit = so_far(told).figures().approved;
        if contract.value > limit {
            return Err(refuse("contract-exceeds")
                .field("history.contract.value")
                .rule("TT 36/2013/TT-BCT Đ12.1")
                .param("amount", contract.value)
                .param("limit", limit));
        }
        let implementer = told.drafted.units.get(&Party::Implementer).map(|unit| unit.id.as_str());
        let signing = self.lifecycle.steps.iter();
        let assigns = signing
            .filter(|step| step.action == ActionKind::SignContract)
            .find(|step| step.implementers.iter().any(|unit| Some(unit.as_str()) == implementer));
        told.contract_form = Some(
            assigns
                .and_then(|step| step.contract_form)
                .unwrap_or(ContractForm::Contract),
        );
        told.history.contract = Some(contract.clone());
        Ok(())
    }

    /// Each payment by the ceilings of its day. That what triggers an advance had been confirmed the list can't show; a ceiling holds all
    /// the same, and what waits for the acceptance waits for it here too.
    fn payments(
        &self,
        told: &mut Imported,
        wanted: impl Fn(PaymentKind) -> bool,
    ) -> Result<Vec<Judgement>, ProjectError> {
        let mut judgements = Vec::new();
        for (index, payment) in self.command.history.payments.iter().enumerate() {
            if !wanted(payment.payment) {
                continue;
            }
            let field = format!("history.payments.{index}.amount");
            positive(payment.amount, &field)?;
            let mut project = so_far(told);
            let has_first = told
                .history
                .payments
                .iter()
                .any(|one| one.payment == PaymentKind::First);
            if payment.payment == PaymentKind::Next && !has_first {
                return Err(refuse("payment-order").field(field).param("payment", "next"));
            }
            project.confirmed = Some(Progress {
                month: payment.paid_on.with_day(1).unwrap_or(payment.paid_on),
                value_done: project.figures().total,
                item_done: Rate::WHOLE,
                counterpart_done: Dong::ZERO,
                correction_reason: None,
            });
            let step = self.step(ActionKind::Disburse, Some(payment.payment))?;
            let command = self.as_command(payment.paid_on, step, Action::Archive(NoDetails {}))?;
            let before = project.net_paid();
            let paid = before
                .checked_add(payment.amount)
                .ok_or_else(|| refuse("amount-too-large").field(&field))?;
            let judged = self
                .case(&project, &command, step)
                .judge_paid(&project, payment.payment, before, paid)
                .map_err(|error| error.field(&field))?;
            judgements.extend(judged);
            told.history.payments.push(payment.clone());
        }
        Ok(judgements)
    }

    fn acceptance(&self, told: &mut Imported) -> Result<(), ProjectError> {
        if let Some(acceptance) = &self.command.history.acceptance {
            positive(acceptance.value, "history.acceptance.value")?;
            told.history.acceptance = Some(acceptance.clone());
        }
        Ok(())
    }

    fn settlement(&self, told: &mut Imported) -> Result<Vec<Judgement>, ProjectError> {
        let Some(settlement) = &self.command.history.settlement else {
            return Ok(Vec::new());
        };
        let asked = Settlement {
            amount: settlement.amount,
            decision: settlement.decision.clone(),
        };
        let step = self.step(ActionKind::Settle, None)?;
        let command = self.as_command(settlement.decision.date, step, Action::Settle(asked.clone()))?;
        let outcome = self.case(&so_far(told), &command, step).settle(&asked);
        told.history.settlement = Some(settlement.clone());
        outcome
            .map(|outcome| outcome.judgements)
            .map_err(|error| below("settlement", error))
    }

    fn refund(&self, told: &mut Imported) -> Result<(), ProjectError> {
        let Some(refund) = &self.command.history.refund else {
            return Ok(());
        };
        positive(refund.amount, "history.refund.amount")?;
        let mut project = so_far(told);
        project.is_stopped = self.command.history.stop.is_some();
        project.refresh_figures();
        let limit = project.refundable();
        if refund.amount > limit {
            return Err(refuse("refund-exceeds")
                .field("history.refund.amount")
                .rule("TT 36/2013/TT-BCT Đ12.6")
                .param("amount", refund.amount)
                .param("limit", limit));
        }
        told.history.refund = Some(refund.clone());
        Ok(())
    }

    fn stop(&self, told: &mut Imported) -> Result<(), ProjectError> {
        let Some(stop) = &self.command.history.stop else {
            return Ok(());
        };
        not_empty(&stop.decision.number, "history.stop.decision.number")?;
        not_empty(&stop.decision.issuer, "history.stop.decision.issuer")?;
        not_empty(&stop.reason, "history.stop.reason")?;
        told.history.stop = Some(stop.clone());
        Ok(())
    }

    /// The state to which the last of the facts leads.
    fn reached(&self, told: &Imported) -> Result<String, ProjectError> {
        let history = &told.history;
        let last = history.payments.last().map(|payment| payment.payment);
        let pays_after = self.lifecycle.money_mode == MoneyMode::PayAfter;
        let (kind, payment) = if history.stop.is_some() {
            (ActionKind::Stop, None)
        } else if pays_after && last.is_some() {
            (ActionKind::Disburse, last)
        } else if history.settlement.is_some() {
            (ActionKind::Settle, None)
        } else if last == Some(PaymentKind::Rest) {
            (ActionKind::Disburse, last)
        } else if history.acceptance.is_some() {
            (ActionKind::Accept, None)
        } else if last.is_some() {
            (ActionKind::Disburse, last)
        } else if history.contract.is_some() {
            (ActionKind::SignContract, None)
        } else if told.drafted.content.kind == ProjectKind::Group {
            (ActionKind::ApproveGroupPlan, None)
        } else {
            (ActionKind::Approve, None)
        };
        self.step(kind, payment)?.to.clone().ok_or_else(|| self.no_state(kind))
    }

    /// The step of the lifecycle that does this, and leads somewhere.
    fn step(&self, kind: ActionKind, payment: Option<PaymentKind>) -> Result<&Step, ProjectError> {
        let mut steps = self.lifecycle.steps.iter();
        steps
            .find(|step| step.action == kind && step.to.is_some() && (payment.is_none() || step.payment == payment))
            .ok_or_else(|| self.no_state(kind))
    }

    fn no_state(&self, kind: ActionKind) -> ProjectError {
        refuse("import-no-state")
            .field("lifecycle")
            .param("lifecycle", &self.lifecycle.code)
            .param("step", kind)
    }

    fn rules(&self, day: NaiveDate) -> Result<&RulesOfDay, ProjectError> {
        self.command.rules.get(&day).ok_or_else(|| {
            refuse("import-no-rules")
                .field("history.approval.decision.date")
                .param("date", day)
        })
    }

    /// A step as if it were taken on a day, by the rules of that day.
    fn as_command(&self, day: NaiveDate, step: &Step, action: Action) -> Result<ProjectCommand, ProjectError> {
        let (rules, fallback_norms) = self.rules(day)?.clone();
        let context = &self.command.context;
        Ok(ProjectCommand {
            step: step.id.clone(),
            action,
            papers: Vec::new(),
            note: String::new(),
            context: Context {
                occurred_on: day,
                rules,
                fallback_norms,
                actor: Actor {
                    unit: self.command.implementer.clone().unwrap_or_default(),
                    ..context.actor.clone()
                },
                ..context.clone()
            },
        })
    }

    fn case<'b>(&'b self, project: &'b Project, command: &'b ProjectCommand, step: &'b Step) -> Case<'b> {
        Case {
            project,
            command,
            context: &command.context,
            lifecycle: self.lifecycle,
            rules: &command.context.rules.value,
            step,
        }
    }
}

/// The đề án as far as it was told.
fn so_far(told: &Imported) -> Project {
    let mut project = Project::default();
    project.record_import(told, 1);
    project.refresh_figures();
    project
}

fn below(fact: &str, mut error: ProjectError) -> ProjectError {
    error.field = Some(match error.field {
        Some(field) => format!("history.{fact}.{field}"),
        None => format!("history.{fact}"),
    });
    error
}
