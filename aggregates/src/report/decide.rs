//! `decide` of a unit's report: the unit's own people, a period that has begun, every programme stated, every difference explained.

use std::collections::BTreeSet;

use super::command::{PeriodFiling, ReportAction, ReportCommand};
use super::event::{DueReport, FiledPeriod, PeriodCorrected, ReportEvent, ReportWhat};
use super::figures::Drawn;
use super::{PeriodicReport, ReportDuty};
use crate::actor::Role;
use crate::plan::not_empty;
use crate::plan::refusal::{Refusal, refuse};
use crate::project::check_texts;
use crate::project::event::Pin;

const RULE: &str = "TT 36/2013/TT-BCT Đ21.5";

impl PeriodicReport {
    /// Decides a command.
    ///
    /// # Errors
    /// A refusal with its code, field, rule and figures.
    pub fn decide(&self, command: &ReportCommand) -> Result<ReportEvent, Refusal> {
        let circumstances = &command.circumstances;
        let (pin, duty) = may_file(command)?;
        circumstances.check(self.last_on)?;
        let what = match (&command.action, self.filed()) {
            (ReportAction::File, Some(_)) => {
                return Err(refuse("report-exists")
                    .field("period")
                    .rule(RULE)
                    .param("period", command.period)
                    .param("unit", &command.unit.name));
            }
            (ReportAction::File, None) => ReportWhat::PeriodReported(Box::new(judged(command, pin, duty)?)),
            (ReportAction::Correct { .. }, None) => return Err(refuse("no-such-report")),
            (ReportAction::Correct { reason }, Some(before)) => {
                not_empty(reason, "reason")?;
                check_texts(reason, "reason")?;
                let after = judged(command, pin, duty)?;
                if says_the_same(before, &after) {
                    return Err(refuse("nothing-changes").field("stated"));
                }
                ReportWhat::PeriodReportCorrected(Box::new(PeriodCorrected {
                    reason: reason.clone(),
                    before: before.clone(),
                    after,
                }))
            }
        };
        Ok(ReportEvent {
            actor_id: circumstances.actor.id.clone(),
            occurred_on: circumstances.occurred_on,
            what,
            papers: circumstances.papers.clone(),
            note: circumstances.note.clone(),
        })
    }
}

/// Whether the unit owes such reports at all, and this person files them.
fn may_file(command: &ReportCommand) -> Result<(&Pin, &ReportDuty), Refusal> {
    let actor = &command.circumstances.actor;
    if actor.role == Role::Auditor {
        return Err(refuse("read-only-role"));
    }
    if !command.period.is_real() {
        return Err(refuse("no-such-period").field("period").param("period", command.period));
    }
    let Some((pin, duty)) = &command.duty else {
        return Err(refuse("report-not-owed")
            .field("unit")
            .rule(RULE)
            .param("unit", &command.unit.id)
            .param("period", command.period));
    };
    let refused = |code, expected: String| {
        refuse(code)
            .rule(&duty.article)
            .param("act", "file-period-report")
            .param("expected", expected)
    };
    if !duty.roles.contains(&actor.role) {
        let roles: Vec<&str> = duty.roles.iter().map(|role| role.as_str()).collect();
        return Err(refused("act-not-your-role", roles.join(", ")).param("role", actor.role));
    }
    if actor.unit != command.unit.id {
        return Err(refused("act-not-your-unit", command.unit.id.clone()).param("unit", &actor.unit));
    }
    Ok((pin, duty))
}

fn judged(command: &ReportCommand, pin: &Pin, duty: &ReportDuty) -> Result<FiledPeriod, Refusal> {
    let (filing, drawn, period) = (&command.filing, &command.drawn, command.period);
    let occurred_on = command.circumstances.occurred_on;
    if occurred_on < period.first_day() {
        return Err(refuse("period-not-begun")
            .field("occurred_on")
            .rule(RULE)
            .param("period", period)
            .param("first", period.first_day())
            .param("date", occurred_on));
    }
    not_empty(&filing.results, "results")?;
    check_texts(filing, "")?;
    check_stated(filing, drawn)?;
    let differences = drawn.differences(&filing.stated);
    if let Some(first) = differences.first().filter(|_| filing.explanation.trim().is_empty()) {
        let index = filing.stated.iter().position(|stated| stated.level == first.level);
        return Err(refuse("difference-unexplained")
            .field(format!("stated.{}.{}", index.unwrap_or_default(), first.figure))
            .param("figure", &first.figure)
            .param("level", first.level.as_str())
            .param("drawn", first.drawn)
            .param("stated", first.stated)
            .param("position", drawn.position));
    }
    Ok(FiledPeriod {
        unit: command.unit.clone(),
        period,
        due: DueReport {
            due_on: duty.due_on(&period),
            rule: pin.clone(),
            duty: duty.id.clone(),
            article: duty.article.clone(),
        },
        drawn: drawn.clone(),
        stated: filing.stated.clone(),
        differences,
        explanation: filing.explanation.clone(),
        results: filing.results.clone(),
        difficulties: filing.difficulties.clone(),
        proposals: filing.proposals.clone(),
    })
}

/// Every programme that the ledger has is stated, each once.
fn check_stated(filing: &PeriodFiling, drawn: &Drawn) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for (index, stated) in filing.stated.iter().enumerate() {
        if !seen.insert(stated.level) {
            return Err(refuse("programme-repeated")
                .field(format!("stated.{index}.level"))
                .param("level", stated.level.as_str()));
        }
    }
    let missing = drawn.programmes.iter().find(|known| !seen.contains(&known.level));
    match missing {
        Some(known) => Err(refuse("programme-not-stated")
            .field("stated")
            .param("level", known.level.as_str())),
        None => Ok(()),
    }
}

/// Drawn again at a later position, the ledger's own figures may be others: that alone is no correction.
fn says_the_same(before: &FiledPeriod, after: &FiledPeriod) -> bool {
    (&before.stated, &before.explanation, &before.results) == (&after.stated, &after.explanation, &after.results)
        && (&before.difficulties, &before.proposals) == (&after.difficulties, &after.proposals)
}
