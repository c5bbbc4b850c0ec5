//! The norm of a support line: min(rate × cost, cap × units), with the priority uplift where it is claimed, and the sum in words.

use super::{RuleSet, SupportKind, UpliftTarget};
use crate::money::{Dong, Rate};
use crate::project::content::SupportLine;
use crate::project::event::{Judgement, Pin};

/// The highest support of a line under a rule set, with what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormLimit {
    /// Highest support, đồng.
    pub limit: Dong,
    /// Rate as applied.
    pub rate: Option<Rate>,
    /// Cap per unit as applied.
    pub cap: Option<Dong>,
    /// Factor, where claimed.
    pub uplift: Option<Rate>,
    /// `min(…)` in words.
    pub formula: String,
}

impl RuleSet {
    /// The limit for a line of a kind.
    pub fn limit(&self, kind: &SupportKind, line: &SupportLine) -> NormLimit {
        let uplift = (line.priority_uplift && kind.uplift).then_some(self.settings.uplift_factor);
        let target = self.settings.uplift_applies_to;
        let on_rate = uplift.filter(|_| target != UpliftTarget::Cap);
        let on_cap = uplift.filter(|_| target != UpliftTarget::Rate);
        let rate = kind.rate.map(|rate| scale(rate, on_rate));
        let cap = kind.cap.map(|cap| on_cap.map_or(cap, |factor| cap.share(factor)));
        let by_rate = rate.map(|rate| line.cost.share(rate));
        let by_cap = cap.map(|cap| cap.checked_mul(line.units).unwrap_or(line.cost));
        // More than its cost is never given, whatever the factor.
        let limit = [by_rate, by_cap].into_iter().flatten().fold(line.cost, Dong::min);
        let mut terms = Vec::with_capacity(2);
        if let Some(rate) = kind.rate {
            let factor = factor_words(on_rate);
            terms.push(format!("{rate}{factor} × {}", line.cost));
        }
        if let Some(cap) = kind.cap {
            let factor = factor_words(on_cap);
            terms.push(format!("{} × {cap}{factor}", line.units));
        }
        let formula = match terms.len() {
            0 => format!("{limit} = {}", line.cost),
            1 => format!("{limit} = {}", terms[0]),
            _ => format!("{limit} = min({}; {})", terms[0], terms[1]),
        };
        NormLimit {
            limit,
            rate,
            cap,
            uplift,
            formula,
        }
    }

    /// Judges the support of a line by its norm. The limit is part of the judgement; whether it holds is the caller's question.
    pub fn judge(&self, pin: &Pin, line: &SupportLine, support: Dong) -> Option<Judgement> {
        let kind = self.kind(&line.kind)?;
        let norm = self.limit(kind, line);
        Some(Judgement {
            rule: "norm".to_owned(),
            article: kind.article.clone(),
            rule_set: pin.clone(),
            line: Some(line.number),
            amount: support,
            limit: norm.limit,
            base: Some(line.cost),
            rate: norm.rate,
            cap: norm.cap,
            units: Some(line.units),
            uplift: norm.uplift,
            formula: norm.formula,
        })
    }
}

fn scale(rate: Rate, factor: Option<Rate>) -> Rate {
    factor.map_or(rate, |factor| {
        let scaled = u64::from(rate.0) * u64::from(factor.0) / 10_000;
        Rate(u32::try_from(scaled).unwrap_or(u32::MAX).min(Rate::WHOLE.0))
    })
}

/// ` × 1,5`, or nothing.
fn factor_words(factor: Option<Rate>) -> String {
    factor.map_or_else(String::new, |factor| {
        let (whole, rest) = (factor.0 / 10_000, factor.0 % 10_000);
        let decimals = format!("{rest:04}");
        let decimals = decimals.trim_end_matches('0');
        if decimals.is_empty() {
            format!(" × {whole}")
        } else {
            format!(" × {whole},{decimals}")
        }
    })
}
