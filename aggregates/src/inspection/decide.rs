//! `decide` of an inspection: what it judges by itself. What the đề án has to say to it is judged in [`super::together`].

use super::authority::{self, Act};
use super::command::{
    AnswerPaper, ClosurePaper, Conclusion, FindingKind, HandingOn, InspectionAction, InspectionCommand, OrderPaper,
    Recovered, RecoveryPaper,
};
use super::event::{FindingRecorded, InspectionEvent, InspectionFigures, InspectionWhat, Ordered, ProjectVisited};
use super::state::{Finding, FindingStatus, Inspection};
use crate::money::Dong;
use crate::plan::refusal::{Refusal, refuse};
use crate::plan::{Circumstances, not_empty, positive};
use crate::project::check_texts;

impl Inspection {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &InspectionCommand) -> Result<InspectionEvent, Refusal> {
        let circumstances = &command.circumstances;
        let what = match &command.action {
            InspectionAction::Order(ordered) => self.order(ordered, circumstances)?,
            action => {
                let ordered = self.ordered().ok_or_else(|| refuse("no-such-inspection"))?;
                self.go_on(ordered, action, circumstances)?
            }
        };
        let mut event = InspectionEvent {
            actor_id: circumstances.actor.id.clone(),
            occurred_on: circumstances.occurred_on,
            what,
            papers: circumstances.papers.clone(),
            note: circumstances.note.clone(),
            after: InspectionFigures::default(),
        };
        let mut next = self.clone();
        next.record(event.clone());
        event.after = next.figures_of();
        Ok(event)
    }

    fn order(&self, ordered: &Ordered, circumstances: &Circumstances) -> Result<InspectionWhat, Refusal> {
        let order: &OrderPaper = &ordered.order;
        if self.exists() {
            return Err(refuse("inspection-exists")
                .field("decision.number")
                .param("number", &order.decision.number)
                .param("authority", &ordered.authority.name));
        }
        authority::check(Act::Order, &[], &circumstances.actor)?;
        circumstances.check(None)?;
        circumstances.check_decision(&order.decision)?;
        check_texts(order, "")?;
        not_empty(&order.content, "content")?;
        let people = order.team.members.iter().enumerate();
        let people = people.map(|(index, person)| (format!("team.members.{index}.name"), person));
        for (field, person) in [("team.head.name".to_owned(), &order.team.head)]
            .into_iter()
            .chain(people)
        {
            not_empty(person.name.get().unwrap_or_default(), &field)?;
        }
        if order.ends_on < order.starts_on {
            return Err(refuse("inspection-dates")
                .field("ends_on")
                .param("starts", order.starts_on)
                .param("ends", order.ends_on));
        }
        Ok(InspectionWhat::InspectionOrdered(ordered.clone()))
    }

    fn go_on(
        &self,
        ordered: &Ordered,
        action: &InspectionAction,
        circumstances: &Circumstances,
    ) -> Result<InspectionWhat, Refusal> {
        let own = ordered.authority.id.as_str();
        let may = |act, units: &[&str]| -> Result<(), Refusal> {
            authority::check(act, units, &circumstances.actor)?;
            // Visits and answers come in any order, but none before there was a decision.
            circumstances.check(Some(ordered.order.decision.date))
        };
        match action {
            InspectionAction::Order(_) => Err(refuse("inspection-exists")),
            InspectionAction::Visit(visited) => {
                may(Act::Inspect, &[own])?;
                self.is_open()?;
                visit(ordered, visited, circumstances)?;
                Ok(InspectionWhat::ProjectVisited(visited.clone()))
            }
            InspectionAction::RecordFinding(recorded) => {
                may(Act::Inspect, &[own])?;
                self.is_open()?;
                self.record_finding(recorded, circumstances)?;
                Ok(InspectionWhat::FindingRecorded((**recorded).clone()))
            }
            InspectionAction::Answer(answer) => {
                let finding = self.finding(answer.finding)?;
                may(Act::Answer, &[finding.owner.id.as_str(), own])?;
                check_answer(finding, answer)?;
                Ok(InspectionWhat::FindingAnswered(answer.clone()))
            }
            InspectionAction::OrderRecovery(recovery) => {
                let finding = self.finding(recovery.finding)?;
                may(Act::Recover, &[])?;
                order_recovery(finding, recovery, circumstances)?;
                Ok(InspectionWhat::RecoveryOrdered(recovery.clone()))
            }
            InspectionAction::Close(closure, recovered) => {
                let finding = self.finding(closure.finding)?;
                may(Act::Inspect, &[own])?;
                close(finding, closure, *recovered, circumstances)?;
                Ok(InspectionWhat::FindingRemedied(closure.clone()))
            }
            InspectionAction::HandOn(handing) => {
                let finding = self.finding(handing.finding)?;
                may(Act::Inspect, &[own])?;
                self.is_open()?;
                hand_on(finding, handing, circumstances)?;
                Ok(InspectionWhat::FindingHandedOn(handing.clone()))
            }
            InspectionAction::Conclude(conclusion) => {
                may(Act::Order, &[own])?;
                self.is_open()?;
                self.conclude(conclusion, circumstances)?;
                Ok(InspectionWhat::InspectionConcluded(conclusion.clone()))
            }
        }
    }

    fn is_open(&self) -> Result<(), Refusal> {
        self.conclusion().map_or(Ok(()), |conclusion| {
            Err(refuse("inspection-concluded").param("number", &conclusion.decision.number))
        })
    }

    fn finding(&self, number: u16) -> Result<&Finding, Refusal> {
        self.findings()
            .get(&number)
            .ok_or_else(|| super::no_such_finding(number))
    }

    fn record_finding(&self, recorded: &FindingRecorded, circumstances: &Circumstances) -> Result<(), Refusal> {
        if !self.projects().contains(&recorded.project) {
            return Err(refuse("not-visited").field("project").param("project", &recorded.code));
        }
        check_texts(recorded, "")?;
        not_empty(&recorded.text, "text")?;
        not_empty(&recorded.recommendation, "recommendation")?;
        if (recorded.kind == FindingKind::Money) != (recorded.amount > Dong::ZERO) {
            return Err(refuse("finding-amount").field("amount"));
        }
        if recorded.due_on < circumstances.occurred_on {
            return Err(refuse("finding-due")
                .field("due_on")
                .param("date", recorded.due_on)
                .param("recorded", circumstances.occurred_on));
        }
        Ok(())
    }

    fn conclude(&self, conclusion: &Conclusion, circumstances: &Circumstances) -> Result<(), Refusal> {
        circumstances.check_decision(&conclusion.decision)?;
        not_empty(&conclusion.text, "text")?;
        check_texts(conclusion, "")?;
        if self.visits().is_empty() {
            return Err(refuse("no-visit"));
        }
        let open: Vec<String> = self
            .findings()
            .iter()
            .filter(|(_, finding)| finding.status == FindingStatus::Open)
            .map(|(number, _)| number.to_string())
            .collect();
        if !open.is_empty() {
            return Err(refuse("findings-open").param("numbers", open.join(", ")));
        }
        Ok(())
    }
}

fn visit(ordered: &Ordered, visited: &ProjectVisited, circumstances: &Circumstances) -> Result<(), Refusal> {
    check_texts(visited, "")?;
    not_empty(&visited.minutes, "minutes")?;
    not_empty(&visited.result, "result")?;
    let (from, to) = (ordered.order.starts_on, circumstances.occurred_on);
    if visited.visited_on < from || visited.visited_on > to {
        return Err(refuse("visit-outside")
            .field("visited_on")
            .param("date", visited.visited_on)
            .param("from", from)
            .param("to", to));
    }
    Ok(())
}

fn not_remedied(finding: &Finding, number: u16) -> Result<(), Refusal> {
    if finding.status == FindingStatus::Remedied {
        return Err(refuse("finding-remedied").field("finding").param("number", number));
    }
    Ok(())
}

fn check_answer(finding: &Finding, answer: &AnswerPaper) -> Result<(), Refusal> {
    not_remedied(finding, answer.finding)?;
    not_empty(&answer.text, "text")?;
    Ok(check_texts(answer, "")?)
}

fn order_recovery(finding: &Finding, recovery: &RecoveryPaper, circumstances: &Circumstances) -> Result<(), Refusal> {
    not_remedied(finding, recovery.finding)?;
    circumstances.check_decision(&recovery.decision)?;
    not_empty(&recovery.reason, "reason")?;
    check_texts(recovery, "")?;
    positive(recovery.amount, "amount")?;
    let left = finding.amount.saturating_sub(finding.recovery);
    if recovery.amount > left {
        return Err(refuse("recovery-exceeds")
            .field("amount")
            .param("number", recovery.finding)
            .param("amount", recovery.amount)
            .param("limit", left));
    }
    Ok(())
}

/// Money comes back before its finding is closed, unless a decision says that it need not.
fn close(
    finding: &Finding,
    closure: &ClosurePaper,
    recovered: Recovered,
    circumstances: &Circumstances,
) -> Result<(), Refusal> {
    not_remedied(finding, closure.finding)?;
    not_empty(&closure.remedy, "remedy")?;
    check_texts(closure, "")?;
    if circumstances.papers.is_empty() {
        return Err(refuse("evidence-missing").field("papers"));
    }
    let answered_by = |actor: &str| {
        let mut answers = finding.answers.iter();
        answers.any(|answer| answer.actor_id.eq_ignore_ascii_case(actor))
    };
    if answered_by(&circumstances.actor.id) {
        return Err(refuse("separation-of-duties")
            .rule("bất kiêm nhiệm")
            .param("step", "close-finding")
            .param("other", "answer-finding"));
    }
    if let Some(waiver) = &closure.waiver {
        not_empty(&waiver.decision.number, "waiver.decision.number")?;
        not_empty(&waiver.decision.issuer, "waiver.decision.issuer")?;
        circumstances.not_in_future("waiver.decision.date", waiver.decision.date)?;
        return not_empty(&waiver.reason, "waiver.reason");
    }
    if finding.recovery < finding.amount {
        return Err(refuse("recovery-missing")
            .rule("TT 36/2013/TT-BCT Đ12.6")
            .param("number", closure.finding)
            .param("amount", finding.amount)
            .param("ordered", finding.recovery));
    }
    if finding.amount > Dong::ZERO && recovered.receivable > Dong::ZERO {
        return Err(refuse("recovery-open")
            .rule("TT 36/2013/TT-BCT Đ12.6")
            .param("number", closure.finding)
            .param("project", &finding.code)
            .param("amount", recovered.receivable));
    }
    Ok(())
}

fn hand_on(finding: &Finding, handing: &HandingOn, circumstances: &Circumstances) -> Result<(), Refusal> {
    if finding.status != FindingStatus::Open {
        return Err(refuse("finding-not-open")
            .field("finding")
            .param("number", handing.finding));
    }
    not_empty(&handing.to, "to")?;
    not_empty(&handing.reason, "reason")?;
    check_texts(handing, "")?;
    circumstances.check_decision(&handing.decision)
}
