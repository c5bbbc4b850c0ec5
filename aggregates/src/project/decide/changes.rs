//! Điều chỉnh, ngừng, gia hạn, chuyển nguồn (TT 36/2013 Đ11, NĐ 45/2012 Đ14.4).

use chrono::{Datelike, NaiveDate};

use super::super::error::{ProjectError, refuse};
use super::super::event::{Adjusted, Judgement, LifecycleMoved, What};
use super::approval::{check_line_numbers, support_of};
use super::contract::positive;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::money::Dong;
use crate::project::action::{Adjustment, CarryOver, Change, LifecycleMove, LineSupport, Stop, TimeExtension};
use crate::project::content::{Content, ProjectKind, SupportLine};
use crate::project::moving::Obstacle;

impl Case<'_> {
    pub(super) fn adjust(&self, adjustment: &Adjustment) -> Result<Outcome, ProjectError> {
        self.check_decision(&adjustment.decision)?;
        not_empty(&adjustment.reason, "reason")?;
        let content = self.content()?;
        let before = self.project.figures().approved;
        let (after, judgements) = match &adjustment.change {
            Change::Support { lines } => self.adjust_support(content, lines)?,
            Change::Content { content: new, .. } => self.adjust_content(content, new)?,
            Change::Time { ends_on } => {
                self.adjust_time(content, *ends_on)?;
                (before, Vec::new())
            }
        };
        self.check_authority(content, &adjustment.change, before, after)?;
        // The batch counts what it approved; money that it doesn't know of would break its ceiling.
        if after > before
            && self.context.by_batch.is_none()
            && let Some(batch) = &self.project.batch
        {
            return Err(refuse("raise-only-by-batch")
                .field("change")
                .rule("TT 36/2013/TT-BCT Đ6.3, Đ11.2a")
                .param("batch", &batch.number)
                .param("amount", after)
                .param("limit", before));
        }
        Ok(Outcome::judged(
            What::Adjusted(Adjusted {
                adjustment: adjustment.clone(),
                support_before: before,
                support_after: after,
            }),
            judgements,
        ))
    }

    fn adjust_support(&self, content: &Content, lines: &[LineSupport]) -> Result<(Dong, Vec<Judgement>), ProjectError> {
        check_line_numbers(lines, &content.lines, "change.lines")?;
        let changes = |line: &SupportLine| support_of(lines, line) != line.support;
        if !content.lines.iter().any(changes) {
            return Err(refuse("nothing-changes").field("change.lines"));
        }
        let judgements = self.judge_lines(&content.lines, lines, "change.lines")?;
        let after = Dong::sum(content.lines.iter().map(|line| support_of(lines, line)))
            .ok_or_else(|| refuse("amount-too-large").field("change.lines"))?;
        if after == Dong::ZERO {
            return Err(refuse("nothing-approved").field("change.lines"));
        }
        Ok((after, judgements))
    }

    fn adjust_content(&self, old: &Content, new: &Content) -> Result<(Dong, Vec<Judgement>), ProjectError> {
        self.check_content(new, "change.content")?;
        if old == new {
            return Err(refuse("nothing-changes").field("change.content"));
        }
        if new.kind != old.kind {
            return Err(refuse("kind-fixed").field("change.content.kind"));
        }
        if old.kind == ProjectKind::Group && !old.beneficiaries.is_empty() {
            // Once the group plan has named them, they stay named.
            self.check_lines(&new.lines, &new.beneficiaries, true, "change.content")?;
        }
        if new.ends_on != old.ends_on {
            self.adjust_time(old, new.ends_on)?;
        }
        for number in &self.project.accepted {
            let line = |content: &Content| content.lines.iter().find(|line| line.number == *number).cloned();
            if line(old) != line(new) {
                return Err(refuse("line-accepted")
                    .field("change.content.lines")
                    .param("line", number));
            }
        }
        let judgements = self.judge_lines(&new.lines, &[], "change.content.lines")?;
        let after = Dong::sum(new.lines.iter().map(|line| line.support))
            .ok_or_else(|| refuse("amount-too-large").field("change.content.lines"))?;
        if after == Dong::ZERO {
            return Err(refuse("nothing-approved").field("change.content.lines"));
        }
        Ok((after, judgements))
    }

    /// Within the fiscal year; into the next is an extension, which the Ministry decides.
    fn adjust_time(&self, content: &Content, ends_on: NaiveDate) -> Result<(), ProjectError> {
        if ends_on == content.ends_on {
            return Err(refuse("nothing-changes").field("change.ends_on"));
        }
        if ends_on < content.starts_on || ends_on.year() > content.ends_on.year() {
            return Err(refuse("time-year")
                .field("change.ends_on")
                .rule("TT 36/2013/TT-BCT Đ11.2b")
                .param("starts", content.starts_on)
                .param("year", content.ends_on.year()));
        }
        Ok(())
    }

    pub(super) fn stop(&self, stop: &Stop) -> Result<Outcome, ProjectError> {
        self.check_decision(&stop.decision)?;
        not_empty(&stop.reason, "reason")?;
        if self
            .step
            .on_request
            .is_some_and(|on_request| on_request != stop.on_request)
        {
            let refusal = if stop.on_request {
                refuse("stop-for-violations")
            } else {
                refuse("stop-on-request")
            };
            return Err(refusal.field("on_request").rule(&self.step.article));
        }
        Ok(What::Stopped(stop.clone()).into())
    }

    pub(super) fn extend_time(&self, extension: &TimeExtension) -> Result<Outcome, ProjectError> {
        self.check_decision(&extension.decision)?;
        not_empty(&extension.reason, "reason")?;
        let year = self.content()?.ends_on.year();
        if extension.ends_on.year() <= year {
            return Err(refuse("extension-year")
                .field("ends_on")
                .rule("TT 36/2013/TT-BCT Đ11.2a")
                .param("year", year));
        }
        Ok(What::TimeExtended(extension.clone()).into())
    }

    pub(super) fn carry_over(&self, carry: &CarryOver) -> Result<Outcome, ProjectError> {
        self.check_decision(&carry.decision)?;
        positive(carry.amount, "amount")?;
        if carry.to_year <= carry.from_year {
            return Err(refuse("carry-over-years")
                .field("to_year")
                .rule("NĐ 45/2012/NĐ-CP Đ14.4"));
        }
        let limit = self.project.figures().approved.saturating_sub(self.project.net_paid());
        if carry.amount > limit {
            return Err(refuse("carry-over-amount")
                .field("amount")
                .rule("NĐ 45/2012/NĐ-CP Đ14.4")
                .param("amount", carry.amount)
                .param("limit", limit));
        }
        Ok(What::MoneyCarriedOver(carry.clone()).into())
    }

    /// The project must be able to go on there; nothing else changes.
    pub(super) fn move_lifecycle(&self, target: &LifecycleMove) -> Result<Outcome, ProjectError> {
        not_empty(&target.reason, "reason")?;
        let missing = || {
            refuse("no-target-lifecycle")
                .field("version")
                .param("version", &target.version)
        };
        let found = self.context.target_lifecycle.as_ref().ok_or_else(missing)?;
        let same_code = found.pin.code == self.project.lifecycle.code;
        if found.pin.version != target.version || !same_code {
            return Err(missing());
        }
        if found.pin == self.project.lifecycle {
            return Err(refuse("nothing-changes").field("version"));
        }
        if self.context.target_is_older {
            return Err(blocked(&Obstacle::Older).param("version", &target.version));
        }
        let on = self.context.occurred_on;
        if let Some(obstacle) = self.project.obstacles(self.lifecycle, &found.value, on).first() {
            return Err(blocked(obstacle).param("version", &target.version));
        }
        Ok(What::LifecycleMoved(LifecycleMoved {
            from: self.project.lifecycle.clone(),
            to: found.pin.clone(),
            reason: target.reason.clone(),
        })
        .into())
    }
}

fn blocked(obstacle: &Obstacle) -> ProjectError {
    let refusal = match obstacle {
        Obstacle::StateMissing { state } => refuse("target-lacks-state").param("state", state),
        Obstacle::StepGone { step, state } => refuse("target-lacks-step").param("step", step).param("state", state),
        Obstacle::DutyForgotten { step } => refuse("target-forgets-duty").param("step", step),
        Obstacle::MoneyMode { .. } => refuse("target-money-mode"),
        Obstacle::OtherProgramme => refuse("target-programme"),
        Obstacle::OtherProvince { province } => refuse("target-province").param("province", province),
        Obstacle::NotInForce { from } => refuse("target-not-in-force").param("date", from),
        Obstacle::Older => refuse("target-older"),
    };
    refusal.field("version")
}
