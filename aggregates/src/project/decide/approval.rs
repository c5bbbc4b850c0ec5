//! Phê duyệt, kế hoạch nhóm: the support of every line, judged by the norms in force on the day of the decision.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::{ProjectError, refuse};
use super::super::event::{Approved, Judgement, What};
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::money::Dong;
use crate::project::action::{Approval, GroupPlan, LineSupport};
use crate::project::content::{Content, ProjectKind, SupportLine};
use crate::project::papers::Decision;

impl Case<'_> {
    pub(super) fn content(&self) -> Result<&Content, ProjectError> {
        self.project.content().ok_or_else(|| refuse("no-such-project"))
    }

    pub(super) fn check_decision(&self, decision: &Decision) -> Result<(), ProjectError> {
        not_empty(&decision.number, "decision.number")?;
        not_empty(&decision.issuer, "decision.issuer")?;
        self.not_in_future("decision.date", decision.date)
    }

    pub(super) fn approve(&self, approval: &Approval) -> Result<Outcome, ProjectError> {
        self.check_decision(&approval.decision)?;
        let content = self.content()?;
        check_line_numbers(&approval.lines, &content.lines, "lines")?;
        let lines: Vec<LineSupport> = content
            .lines
            .iter()
            .map(|line| LineSupport {
                line: line.number,
                support: support_of(&approval.lines, line),
            })
            .collect();
        let judgements = self.judge_lines(&content.lines, &approval.lines, "lines")?;
        let support = Dong::sum(lines.iter().map(|line| line.support))
            .ok_or_else(|| refuse("amount-too-large").field("lines"))?;
        if support == Dong::ZERO {
            return Err(refuse("nothing-approved").field("lines"));
        }
        Ok(Outcome::judged(
            What::Approved(Approved {
                approval: approval.clone(),
                lines,
                support,
                fallback_norms: self.context.fallback_norms,
            }),
            judgements,
        ))
    }

    /// Judges every line; `given` overrides the support that the lines carry.
    pub(super) fn judge_lines(
        &self,
        lines: &[SupportLine],
        given: &[LineSupport],
        path: &str,
    ) -> Result<Vec<Judgement>, ProjectError> {
        let mut judgements = Vec::with_capacity(lines.len());
        let mut per_firm: BTreeMap<(u16, &str), Dong> = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            let given_at = given.iter().position(|new| new.line == line.number);
            let field = format!("{path}.{}.support", given_at.unwrap_or(index));
            let support = support_of(given, line);
            if support > line.cost {
                return Err(refuse("support-above-cost")
                    .field(field)
                    .param("support", support)
                    .param("cost", line.cost));
            }
            let kind = self.kind(line, &field)?;
            let pin = &self.context.rules.pin;
            let Some(judgement) = self.rules.judge(pin, line, support) else {
                continue;
            };
            if support > judgement.limit {
                return Err(refuse("norm-exceeded")
                    .field(field)
                    .param("line", line.number)
                    .judged(judgement));
            }
            if let (true, Some(firm), Some(cap)) = (kind.per_firm, line.beneficiary, judgement.cap) {
                let together = per_firm.entry((firm, kind.norm.as_str())).or_default();
                *together = together.saturating_add(support);
                if *together > cap {
                    let judgement = Judgement {
                        rule: "norm-per-unit".to_owned(),
                        amount: *together,
                        limit: cap,
                        units: Some(1),
                        formula: format!("{cap} = 1 × {cap}"),
                        ..judgement
                    };
                    return Err(refuse("norm-per-unit")
                        .field(field)
                        .param("beneficiary", firm)
                        .param("kind", &kind.code)
                        .judged(judgement));
                }
            }
            judgements.push(judgement);
        }
        Ok(judgements)
    }

    /// Kế hoạch đề án nhóm (Mẫu 11): now the beneficiaries are named, and the caps count per unit.
    pub(super) fn approve_group_plan(&self, plan: &GroupPlan) -> Result<Outcome, ProjectError> {
        self.check_decision(&plan.decision)?;
        let content = self.content()?;
        if content.kind != ProjectKind::Group {
            return Err(refuse("not-a-group").rule("TT 36/2013/TT-BCT Đ10.1a"));
        }
        if plan.beneficiaries.is_empty() {
            return Err(refuse("no-beneficiary").field("beneficiaries"));
        }
        self.check_beneficiaries(&plan.beneficiaries, "")
            .and_then(|()| self.check_lines(&plan.lines, &plan.beneficiaries, true, ""))
            .map_err(|mut error| {
                // The plan's lists stand at the top of the action.
                error.field = error.field.map(|field| field.trim_start_matches('.').to_owned());
                error
            })?;
        let judgements = self.judge_lines(&plan.lines, &[], "lines")?;
        let amount = Dong::sum(plan.lines.iter().map(|line| line.support))
            .ok_or_else(|| refuse("amount-too-large").field("lines"))?;
        let limit = self.project.figures().approved;
        if amount > limit {
            return Err(refuse("group-plan-exceeds")
                .field("lines")
                .rule("TT 36/2013/TT-BCT Đ21.2a")
                .param("amount", amount)
                .param("limit", limit));
        }
        Ok(Outcome::judged(What::GroupPlanApproved(plan.clone()), judgements))
    }
}

/// Every number names a line, and once.
pub(super) fn check_line_numbers(given: &[LineSupport], lines: &[SupportLine], path: &str) -> Result<(), ProjectError> {
    let mut seen = BTreeSet::new();
    for (index, new) in given.iter().enumerate() {
        let field = format!("{path}.{index}.line");
        if !lines.iter().any(|line| line.number == new.line) {
            return Err(refuse("unknown-line").field(field).param("line", new.line));
        }
        if !seen.insert(new.line) {
            return Err(refuse("number-repeated").field(field).param("number", new.line));
        }
    }
    Ok(())
}

pub(super) fn support_of(given: &[LineSupport], line: &SupportLine) -> Dong {
    given
        .iter()
        .find(|new| new.line == line.number)
        .map_or(line.support, |new| new.support)
}
