//! What must hold of a project's content, whoever writes it: draft, revision, group plan or adjustment.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::{ProjectError, refuse};
use super::Case;
use super::texts::not_empty;
use crate::claim::keys::digits_of_code;
use crate::money::Dong;
use crate::personal::PersonalId;
use crate::project::content::{Beneficiary, Content, PlacePriority, ProjectKind, SupportLine, Trade};
use crate::rules::SupportKind;

/// Most entries of a list: lines, beneficiaries, coordinators.
const LIST_MAX: usize = 200;

impl Case<'_> {
    pub(super) fn check_content(&self, content: &Content, path: &str) -> Result<(), ProjectError> {
        not_empty(&content.name, &format!("{path}.name"))?;
        if content.ends_on < content.starts_on {
            return Err(refuse("dates-reversed")
                .field(format!("{path}.ends_on"))
                .param("starts", content.starts_on)
                .param("ends", content.ends_on));
        }
        if content.kind != ProjectKind::Group && content.beneficiaries.is_empty() {
            return Err(refuse("no-beneficiary")
                .field(format!("{path}.beneficiaries"))
                .rule("TT 36/2013/TT-BCT Đ10.1a"));
        }
        self.check_beneficiaries(&content.beneficiaries, path)?;
        let names_all = content.kind != ProjectKind::Group;
        self.check_lines(&content.lines, &content.beneficiaries, names_all, path)?;
        self.check_key_project(content, path)
    }

    pub(super) fn check_beneficiaries(&self, beneficiaries: &[Beneficiary], path: &str) -> Result<(), ProjectError> {
        if beneficiaries.len() > LIST_MAX {
            return Err(refuse("too-many")
                .field(format!("{path}.beneficiaries"))
                .param("max", LIST_MAX));
        }
        let (mut numbers, mut tax_codes) = (BTreeSet::new(), BTreeSet::new());
        for (index, beneficiary) in beneficiaries.iter().enumerate() {
            let field = |name: &str| format!("{path}.beneficiaries.{index}.{name}");
            if beneficiary.number == 0 || !numbers.insert(beneficiary.number) {
                return Err(refuse("number-repeated")
                    .field(field("number"))
                    .param("number", beneficiary.number));
            }
            let codes = [
                ("tax_code", &beneficiary.tax_code),
                ("former_tax_code", &beneficiary.former_tax_code),
            ];
            for (name, code) in codes {
                let text = code.as_ref().and_then(PersonalId::get).unwrap_or_default();
                if text.trim().is_empty() {
                    continue;
                }
                // What is compared across the ledger has one form (TTLT 26/2014 Đ7.4).
                let Some(digits) = digits_of_code(text) else {
                    return Err(refuse("tax-code-form").field(field(name)));
                };
                // One firm named twice would have the cap of one unit twice.
                if name == "tax_code" && !tax_codes.insert(digits) {
                    return Err(refuse("tax-code-repeated").field(field(name)));
                }
            }
            // Erased or out of reach is not empty: only a text that is there can be judged.
            if let Some(name) = beneficiary.name.get() {
                not_empty(name, &field("name"))?;
            }
            if !self.rules.is_eligible(beneficiary.legal_form, self.context.occurred_on) {
                let form = serde_json::to_value(beneficiary.legal_form)
                    .ok()
                    .and_then(|word| word.as_str().map(str::to_owned))
                    .unwrap_or_default();
                return Err(refuse("not-eligible")
                    .field(field("legal_form"))
                    .rule("NĐ 45/2012/NĐ-CP Đ1.2")
                    .param("form", form)
                    .param("date", self.context.occurred_on));
            }
            if beneficiary.trade == Trade::Minerals
                && !matches!(
                    beneficiary.place.priority,
                    PlacePriority::Difficult | PlacePriority::PoorDistrict | PlacePriority::Highland
                )
            {
                return Err(refuse("minerals-place")
                    .field(field("trade"))
                    .rule("NĐ 45/2012/NĐ-CP Đ5.1e"));
            }
        }
        Ok(())
    }

    pub(super) fn check_lines(
        &self,
        lines: &[SupportLine],
        beneficiaries: &[Beneficiary],
        names_all: bool,
        path: &str,
    ) -> Result<(), ProjectError> {
        if lines.is_empty() {
            return Err(refuse("no-lines").field(format!("{path}.lines")));
        }
        if lines.len() > LIST_MAX {
            return Err(refuse("too-many").field(format!("{path}.lines")).param("max", LIST_MAX));
        }
        let mut numbers = BTreeSet::new();
        for (index, line) in lines.iter().enumerate() {
            let field = |name: &str| format!("{path}.lines.{index}.{name}");
            if line.number == 0 || !numbers.insert(line.number) {
                return Err(refuse("number-repeated")
                    .field(field("number"))
                    .param("number", line.number));
            }
            let kind = self.kind(line, &field("kind"))?;
            not_empty(&line.item, &field("item"))?;
            self.check_line_place(line, kind, beneficiaries, &field)?;
            match line.beneficiary {
                Some(number) if !beneficiaries.iter().any(|known| known.number == number) => {
                    return Err(refuse("unknown-beneficiary")
                        .field(field("beneficiary"))
                        .param("number", number));
                }
                None if names_all => {
                    return Err(refuse("line-without-beneficiary")
                        .field(field("beneficiary"))
                        .param("line", line.number));
                }
                _ => {}
            }
            check_amounts(line, &field)?;
        }
        let total = Dong::sum(lines.iter().map(|line| line.cost));
        let pledged = Dong::sum(lines.iter().map(|line| line.counterpart));
        if total.is_none() || pledged.is_none() {
            return Err(refuse("amount-too-large").field(format!("{path}.lines")));
        }
        Ok(())
    }

    fn check_line_place(
        &self,
        line: &SupportLine,
        kind: &SupportKind,
        beneficiaries: &[Beneficiary],
        field: &impl Fn(&str) -> String,
    ) -> Result<(), ProjectError> {
        if !kind.places.is_empty() && !kind.places.contains(&line.place.priority) {
            return Err(refuse("place-not-eligible")
                .field(field("place.priority"))
                .rule(&kind.article)
                .param("kind", &kind.code));
        }
        let settings = &self.rules.settings;
        let in_place = settings.uplift_places.contains(&line.place.priority);
        let in_trade = beneficiaries
            .iter()
            .filter(|beneficiary| line.beneficiary == Some(beneficiary.number))
            .any(|beneficiary| settings.uplift_trades.contains(&beneficiary.trade));
        if line.priority_uplift && !in_place && !in_trade {
            return Err(refuse("uplift-not-eligible")
                .field(field("priority_uplift"))
                .rule(&settings.uplift_article));
        }
        Ok(())
    }

    /// The support kind of a line under the rules in force.
    pub(super) fn kind(&self, line: &SupportLine, field: &str) -> Result<&SupportKind, ProjectError> {
        self.rules.kind(&line.kind).ok_or_else(|| {
            refuse("unknown-support-kind")
                .field(field)
                .param("kind", &line.kind)
                .param("rules", format!("{} {}", self.rules.code, self.rules.version))
        })
    }

    /// Đề án điểm: at least two activities, more than one year (TT 36/2013 Đ2.3). «Quy mô lớn» has no figure in the law.
    fn check_key_project(&self, content: &Content, path: &str) -> Result<(), ProjectError> {
        if content.kind != ProjectKind::Key {
            return Ok(());
        }
        let mut by_kind = BTreeMap::new();
        for line in &content.lines {
            by_kind.insert(line.kind.as_str(), ());
        }
        let days = (content.ends_on - content.starts_on).num_days();
        if by_kind.len() < 2 || days < 365 {
            return Err(refuse("key-project")
                .field(format!("{path}.kind"))
                .rule("TT 36/2013/TT-BCT Đ2.3"));
        }
        Ok(())
    }
}

fn check_amounts(line: &SupportLine, field: &impl Fn(&str) -> String) -> Result<(), ProjectError> {
    if line.units == 0 {
        return Err(refuse("units-zero").field(field("units")));
    }
    if line.cost == Dong::ZERO {
        return Err(refuse("cost-zero").field(field("cost")));
    }
    let Some(needed) = line.cost.checked_sub(line.support) else {
        return Err(refuse("support-above-cost")
            .field(field("support"))
            .param("support", line.support)
            .param("cost", line.cost));
    };
    if line.counterpart < needed {
        return Err(refuse("counterpart-too-low")
            .field(field("counterpart"))
            .rule("TTLT 26/2014/TTLT-BTC-BCT Đ7.3")
            .param("counterpart", line.counterpart)
            .param("needed", needed));
    }
    Ok(())
}
