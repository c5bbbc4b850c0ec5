//! The monthly report: who files it, for which month, and what it can't say.

use std::collections::BTreeSet;

use chrono::Datelike;

use super::super::command::ProjectCommand;
use super::super::error::{ProjectError, refuse};
use super::super::event::{ProjectEvent, What};
use super::super::standing::{Phase, Standing};
use super::super::state::Project;
use super::Case;
use super::texts::{self, not_empty};
use crate::form::milli;
use crate::lifecycle::Step;
use crate::money::Dong;
use crate::project::month::{
    Compared, Duty, FiledMonth, LineDone, MonthReport, MonthReported, due_before, month_due_on, rate_of,
    reporting_step, sum_of,
};

const RULE: &str = "TT 36/2013/TT-BCT Đ23.3a";

impl Project {
    pub(super) fn report_month(
        &self,
        report: &MonthReport,
        command: &ProjectCommand,
    ) -> Result<ProjectEvent, ProjectError> {
        if !self.exists() {
            return Err(refuse("no-such-project"));
        }
        let context = &command.context;
        let lifecycle = &context.lifecycle.value;
        if context.lifecycle.pin != self.lifecycle {
            return Err(refuse("wrong-lifecycle")
                .param(
                    "expected",
                    format!("{} {}", self.lifecycle.code, self.lifecycle.version),
                )
                .param(
                    "given",
                    format!("{} {}", context.lifecycle.pin.code, context.lifecycle.pin.version),
                ));
        }
        let step = reporting_step(lifecycle).ok_or_else(|| {
            refuse("no-monthly-reports")
                .rule(RULE)
                .param("lifecycle", &lifecycle.code)
        })?;
        let case = Case {
            project: self,
            command,
            context,
            lifecycle,
            rules: &context.rules.value,
            step,
        };
        case.check_contracted()?;
        self.may_take(step, &context.actor)?;
        case.not_in_future("occurred_on", context.occurred_on)?;
        texts::check(command)?;
        case.check_papers()?;
        let reported = case.judge_month(report)?;
        let takes_step = case.is_open(step) && self.last_month() <= Some(report.month);
        let what = What::MonthReported(Box::new(reported));
        // What is no step is named as its event is.
        let beside = what.name();
        let mut event = ProjectEvent {
            step: if takes_step { step.id.as_str() } else { beside }.to_owned(),
            actor_id: context.actor.id.clone(),
            occurred_on: context.occurred_on,
            what,
            papers: command.papers.clone(),
            note: command.note.clone(),
            judgements: Vec::new(),
            batch: None,
            contract: None,
            inspection: None,
            after: Standing {
                state: self.standing().state.clone(),
                ..Standing::default()
            },
        };
        event.after = if takes_step {
            case.after(&event)?
        } else {
            let mut next = self.clone();
            next.record(&event);
            case.standing_of(&next, lifecycle, context.occurred_on)
        };
        Ok(event)
    }
}

impl Case<'_> {
    fn is_open(&self, step: &Step) -> bool {
        let open = self.project.steps_for(self.lifecycle);
        open.iter().any(|one| one.id == step.id) && self.project.unmet(self.lifecycle, step).is_none()
    }

    fn judge_month(&self, report: &MonthReport) -> Result<MonthReported, ProjectError> {
        let due_on = self.check_reported_month(report)?;
        let has_reason = report
            .correction_reason
            .as_ref()
            .is_some_and(|reason| !reason.trim().is_empty());
        let corrects = self.project.month_report(report.month);
        if let Some(filed) = corrects {
            if !has_reason {
                return Err(refuse("month-repeated")
                    .field("month")
                    .rule(RULE)
                    .param("month", report.month));
            }
            if filed.says(report) {
                return Err(refuse("nothing-changes").field("lines"));
            }
        }
        let compared = self.compare(report)?;
        self.check_support(report)?;
        if !has_reason {
            self.check_against_before(report)?;
        }
        self.check_against_after(report)?;
        Ok(MonthReported {
            report: report.clone(),
            due_on,
            contracted: self.project.figures().contracted,
            compared,
            corrects: corrects.cloned().map(Box::new),
        })
    }

    /// Whether the month is one that the đề án owes. Gives the day by which it is due.
    fn check_reported_month(&self, report: &MonthReport) -> Result<chrono::NaiveDate, ProjectError> {
        let month = report.month;
        let duty = self
            .project
            .duty()
            .ok_or_else(|| refuse("not-contracted").field("month").rule(RULE))?;
        if month.day() != 1 || month > self.context.today {
            return Err(refuse("month").field("month"));
        }
        if self.context.occurred_on < month {
            return Err(refuse("reported-before-month")
                .field("occurred_on")
                .rule(RULE)
                .param("date", self.context.occurred_on)
                .param("month", month));
        }
        let before = due_before(self.lifecycle);
        if !duty.owes(month, before) {
            return Err(not_owed(&duty, before).param("month", month));
        }
        if self.project.standing().phase == Phase::Archived {
            return Err(refuse("project-archived").field("month").param("month", month));
        }
        Ok(month_due_on(month, before))
    }

    /// Every approved line stands in the report, each once and complete.
    fn compare(&self, report: &MonthReport) -> Result<Vec<Compared>, ProjectError> {
        let content = self.content()?;
        let approved = self.project.approved_lines();
        let mut seen = BTreeSet::new();
        let mut compared = Vec::with_capacity(report.lines.len());
        for (index, done) in report.lines.iter().enumerate() {
            let field = |name: &str| format!("lines.{index}.{name}");
            let known = content.lines.iter().find(|line| line.number == done.line);
            let Some((line, support)) = known.zip(approved.iter().find(|line| line.line == done.line)) else {
                return Err(refuse("unknown-line").field(field("line")).param("line", done.line));
            };
            if !seen.insert(done.line) {
                return Err(refuse("number-repeated")
                    .field(field("line"))
                    .param("number", done.line));
            }
            not_empty(&done.unit, &field("unit"))?;
            let Some(volume) = rate_of(done.done_milli, done.planned_milli) else {
                return Err(refuse("planned-zero")
                    .field(field("planned_milli"))
                    .param("line", done.line));
            };
            if done.support_spent > support.support {
                return Err(refuse("spent-above-line")
                    .field(field("support_spent"))
                    .rule(RULE)
                    .param("line", done.line)
                    .param("amount", done.support_spent)
                    .param("limit", support.support));
            }
            compared.push(Compared {
                line: done.line,
                volume,
                support: support.support,
                support_rate: rate_of(done.support_spent.get(), support.support.get()),
                counterpart: line.counterpart,
                counterpart_rate: rate_of(done.counterpart_spent.get(), line.counterpart.get()),
            });
        }
        let missing = approved
            .iter()
            .find(|line| line.support > Dong::ZERO && !seen.contains(&line.line));
        match missing {
            Some(line) => Err(refuse("line-not-reported")
                .field("lines")
                .rule(RULE)
                .param("line", line.line)),
            None => Ok(compared),
        }
    }

    /// The support in the contract may be less than what is approved line by line.
    fn check_support(&self, report: &MonthReport) -> Result<(), ProjectError> {
        let value = Dong::sum(report.lines.iter().map(|line| line.value_done));
        let sources = |line: &LineDone| [line.support_spent, line.counterpart_spent, line.other_spent];
        if value.is_none() || Dong::sum(report.lines.iter().flat_map(sources)).is_none() {
            return Err(refuse("amount-too-large").field("lines"));
        }
        let spent = sum_of(&report.lines, |line| line.support_spent);
        let limit = self.project.figures().contracted;
        if spent > limit {
            return Err(refuse("spent-above-contract")
                .field("lines")
                .rule(RULE)
                .param("amount", spent)
                .param("limit", limit));
        }
        Ok(())
    }

    /// Without a reason no figure falls, and no plan of a volume changes, against the last month before that was reported.
    fn check_against_before(&self, report: &MonthReport) -> Result<(), ProjectError> {
        if let Some((_, before)) = self.project.reports.range(..report.month).next_back() {
            for (index, (old, new)) in both(before, &report.lines) {
                let field = |name: &str| format!("lines.{index}.{name}");
                if old.unit != new.unit || old.planned_milli != new.planned_milli {
                    let volume = |line: &LineDone| format!("{} {}", milli(line.planned_milli), line.unit);
                    return Err(refuse("plan-of-volume-changed")
                        .field(field("planned_milli"))
                        .rule(RULE)
                        .param("line", new.line)
                        .param("before", volume(old))
                        .param("now", volume(new)));
                }
                if let Some(fall) = fall(old, new) {
                    return Err(fell(field(fall.name))
                        .param("before", fall.more)
                        .param("now", fall.less));
                }
            }
        }
        // Figures of progress that came without a report.
        let known = self.project.reported().filter(|known| known.month <= report.month);
        let value_done = sum_of(&report.lines, |line| line.value_done);
        match known {
            Some(known) if value_done < known.value_done => Err(fell("lines".to_owned())
                .param("before", known.value_done)
                .param("now", value_done)),
            _ => Ok(()),
        }
    }

    /// A month that is reported late, or corrected, can't say more than a later month that is reported already: that one comes first.
    fn check_against_after(&self, report: &MonthReport) -> Result<(), ProjectError> {
        let after = self
            .project
            .reports
            .range(report.month..)
            .find(|(month, _)| **month > report.month);
        let Some((month, after)) = after else { return Ok(()) };
        for (index, (later, now)) in both(after, &report.lines) {
            if let Some(fall) = fall(now, later) {
                return Err(refuse("above-later-month")
                    .field(format!("lines.{index}.{}", fall.name))
                    .rule(RULE)
                    .param("later", month)
                    .param("amount", fall.more)
                    .param("limit", fall.less));
            }
        }
        Ok(())
    }
}

/// The lines of a filed report and of another one that are the same line, with their place in the other.
fn both<'a>(
    filed: &'a FiledMonth,
    lines: &'a [LineDone],
) -> impl Iterator<Item = (usize, (&'a LineDone, &'a LineDone))> {
    let known = |line: &LineDone| filed.report.lines.iter().find(|known| known.line == line.line);
    lines
        .iter()
        .enumerate()
        .filter_map(move |(index, line)| Some((index, (known(line)?, line))))
}

/// A figure that is less in one report than in another.
struct Fall {
    name: &'static str,
    more: String,
    less: String,
}

/// The first figure of `more` that `less` is below.
fn fall(more: &LineDone, less: &LineDone) -> Option<Fall> {
    if less.done_milli < more.done_milli && less.unit == more.unit {
        return Some(Fall {
            name: "done_milli",
            more: milli(more.done_milli),
            less: milli(less.done_milli),
        });
    }
    let mut amounts = more.amounts().into_iter().zip(less.amounts());
    let ((name, more), (_, less)) = amounts.find(|((_, more), (_, less))| less < more)?;
    Some(Fall {
        name,
        more: more.to_string(),
        less: less.to_string(),
    })
}

fn fell(field: String) -> ProjectError {
    refuse("progress-fell").field(field).rule("TT 36/2013/TT-BCT Đ23.1")
}

fn not_owed(duty: &Duty, before: u32) -> ProjectError {
    let until = duty.until.map_or_else(String::new, |until| until.to_string());
    refuse("month-not-owed")
        .field("month")
        .rule(RULE)
        .param("since", duty.since)
        .param("first", duty.first(before))
        .param("until", until)
}
