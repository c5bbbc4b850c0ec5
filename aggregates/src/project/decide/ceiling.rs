//! How much may be paid before settlement: per advance group, over the lines, within the Treasury's cap (TT 36/2013 Đ13–16,
//! TTLT 26/2014 Đ8.2b).

use super::super::error::{ProjectError, refuse};
use super::super::event::Judgement;
use super::Case;
use crate::money::{Dong, Rate};
use crate::project::action::PaymentKind;
use crate::project::content::SupportLine;
use crate::project::record::sum;
use crate::project::state::Project;
use crate::rules::{InvestmentBase, SupportKind, Trigger};

/// The ceiling and how it came about.
pub(super) struct Ceiling {
    limit: Dong,
    formula: String,
    article: String,
    unmet: Option<String>,
}

impl Case<'_> {
    /// Judges the sum paid so far, this payment included, by the ceiling before acceptance.
    pub(super) fn judge_advance(
        &self,
        project: &Project,
        kind: PaymentKind,
        paid: Dong,
    ) -> Result<Judgement, ProjectError> {
        let ceiling = self.ceiling(project, kind)?;
        let judgement = Judgement {
            rule: "advance-ceiling".to_owned(),
            article: ceiling.article,
            rule_set: self.context.rules.pin.clone(),
            line: None,
            amount: paid,
            limit: ceiling.limit,
            base: Some(project.figures().approved),
            rate: None,
            cap: None,
            units: None,
            uplift: None,
            formula: ceiling.formula,
        };
        if paid <= judgement.limit {
            return Ok(judgement);
        }
        if let (Dong::ZERO, Some(why)) = (judgement.limit, ceiling.unmet) {
            let judgement = Judgement {
                rule: "advance-trigger".to_owned(),
                formula: why,
                ..judgement
            };
            return Err(refuse("trigger-unmet").field("amount").judged(judgement));
        }
        Err(refuse("advance-ceiling").field("amount").judged(judgement))
    }

    fn ceiling(&self, project: &Project, payment: PaymentKind) -> Result<Ceiling, ProjectError> {
        let content = project.content().ok_or_else(|| refuse("no-such-project"))?;
        let settings = &self.rules.settings;
        let mut before = Dong::ZERO;
        let mut accepted = Dong::ZERO;
        let mut terms = Vec::new();
        let mut articles: Vec<&str> = Vec::new();
        let mut unmet = None;
        for line in &content.lines {
            let support = project
                .approved
                .iter()
                .find(|approved| approved.line == line.number)
                .map_or(Dong::ZERO, |approved| approved.support);
            if support == Dong::ZERO {
                continue;
            }
            if project.accepted.contains(&line.number) {
                accepted = accepted.saturating_add(support);
                terms.push(format!("100 % × {support}"));
                continue;
            }
            let kind = self.kind(line, "kind")?;
            let group = self.rules.group(&kind.group);
            let article = group.map_or("", |group| group.article.as_str());
            if !articles.contains(&article) {
                articles.push(article);
            }
            if let Some(why) = self.unmet_trigger(project, line, kind) {
                unmet = Some(why);
                terms.push(format!("0 % × {support}"));
                continue;
            }
            let first = group.and_then(|group| group.first).unwrap_or(settings.treasury_cap);
            let rate = match payment {
                PaymentKind::First => first.min(settings.treasury_cap),
                PaymentKind::Next | PaymentKind::Rest => settings.treasury_cap,
            };
            before = before.saturating_add(support.share(rate));
            terms.push(format!("{rate} × {support}"));
        }
        let contracted = project.figures().contracted;
        let treasury = contracted.share(settings.treasury_cap);
        let limit = if accepted == Dong::ZERO {
            before.min(treasury)
        } else {
            accepted.saturating_add(before).min(contracted)
        };
        let sum_words = terms.join(" + ");
        let formula = if accepted == Dong::ZERO {
            format!("{limit} = min({sum_words}; {} × {contracted})", settings.treasury_cap)
        } else {
            format!("{limit} = min({sum_words}; {contracted})")
        };
        articles.push(&settings.treasury_article);
        Ok(Ceiling {
            limit,
            formula,
            article: articles.join("; "),
            unmet,
        })
    }

    /// Why nothing may be advanced for a line yet, in figures.
    fn unmet_trigger(&self, project: &Project, line: &SupportLine, kind: &SupportKind) -> Option<String> {
        let confirmed = project.confirmed();
        match self.rules.group(&kind.group)?.trigger? {
            Trigger::ItemDoneAbove(share) => {
                let done = confirmed.map_or(Rate::default(), |progress| progress.item_done);
                (done <= share).then(|| format!("{done} ≤ {share}"))
            }
            Trigger::ValueDoneAbove(share) => {
                let done = confirmed.map_or(Dong::ZERO, |progress| progress.value_done);
                let base = self.investment(project, kind);
                (done <= base.share(share)).then(|| format!("{done} ≤ {share} × {base}"))
            }
            Trigger::Accepted => Some(format!("{}: 0 / 1", line.item)),
        }
    }

    fn investment(&self, project: &Project, kind: &SupportKind) -> Dong {
        match self.rules.settings.investment_base {
            InvestmentBase::ProjectTotal => project.figures().total,
            InvestmentBase::GroupLines => {
                let lines = project.content().map(|content| content.lines.as_slice());
                sum(lines
                    .unwrap_or_default()
                    .iter()
                    .filter(|line| {
                        self.rules
                            .kind(&line.kind)
                            .is_some_and(|other| other.group == kind.group)
                    })
                    .map(|line| line.cost))
            }
        }
    }
}
