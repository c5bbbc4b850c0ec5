//! Drafting, revising, proposing, returning, refusing, withdrawing.

use super::super::error::{ProjectError, refuse};
use super::super::event::{Drafted, Proposed, Revised, What};
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::actor::{Party, Unit};
use crate::lifecycle::UnitPattern;
use crate::places::{NoPlace, Province};
use crate::project::action::{DraftAction, Reason, ReviseAction};
use crate::project::content::Units;

impl Case<'_> {
    pub(super) fn draft(&self, draft: &DraftAction) -> Result<Outcome, ProjectError> {
        if !(2005..=2100).contains(&draft.plan_year) {
            return Err(refuse("plan-year").field("plan_year").param("year", draft.plan_year));
        }
        if draft.level != self.lifecycle.level {
            return Err(refuse("wrong-level")
                .field("level")
                .param("expected", self.lifecycle.level.as_str()));
        }
        if let Some(code) = draft.lifecycle.as_ref().filter(|code| **code != self.lifecycle.code) {
            return Err(refuse("no-such-lifecycle")
                .field("lifecycle")
                .param("lifecycle", code)
                .param("level", self.lifecycle.level.as_str()));
        }
        let province = self.province(&draft.province)?;
        let code = draft
            .code
            .as_ref()
            .or(self.context.draft_code.as_ref())
            .filter(|code| !code.trim().is_empty())
            .ok_or_else(|| refuse("no-code").field("code"))?;
        self.check_content(&draft.content, "content")?;
        let units = self.units_of(province, &self.context.actor.unit);
        Ok(What::Drafted(Drafted {
            code: code.clone(),
            plan_year: draft.plan_year,
            level: draft.level,
            province: draft.province.clone(),
            lifecycle: self.context.lifecycle.pin.clone(),
            units,
            content: draft.content.clone(),
        })
        .into())
    }

    /// The province of a new project, as it is on the day.
    pub(super) fn province(&self, code: &str) -> Result<&Province, ProjectError> {
        let day = self.context.occurred_on;
        self.context.places.standing(code, day).map_err(|why| match why {
            NoPlace::Unknown => refuse("unknown-province").field("province").param("province", code),
            NoPlace::Ended { was, now } => refuse("province-ended")
                .field("province")
                .param("province", &was.name)
                .param("date", day)
                .param("successor", &now.name)
                .param("code", &now.code),
        })
    }

    /// Which unit stands for which party in a province, with the names of the day; the implementer may be any unit.
    pub(super) fn units_of(&self, province: &Province, implementer: &str) -> Units {
        let day = self.context.occurred_on;
        let name = |pattern: &UnitPattern| {
            let listed = self.context.places.agency_name(&pattern.id, day, &province.name);
            listed.unwrap_or_else(|| pattern.name_on(day, &province.name))
        };
        let patterns = self.lifecycle.units.iter();
        let mut units: Units = patterns
            .map(|pattern| {
                let unit = Unit {
                    id: pattern.id_for(&province.code),
                    name: name(pattern),
                };
                (pattern.party, unit)
            })
            .collect();
        if units.get(&Party::Implementer).is_none_or(|unit| unit.id != implementer) {
            let unit = Unit {
                id: implementer.to_owned(),
                name: implementer.to_owned(),
            };
            units.insert(Party::Implementer, unit);
        }
        units
    }

    pub(super) fn revise(&self, revise: &ReviseAction) -> Result<Outcome, ProjectError> {
        self.check_content(&revise.content, "content")?;
        Ok(What::Revised(Revised {
            content: revise.content.clone(),
        })
        .into())
    }

    pub(super) fn propose(&self) -> Result<Outcome, ProjectError> {
        let content = self.content()?;
        self.check_content(content, "content")?;
        Ok(What::Proposed(Proposed {
            requested: self.project.figures().requested,
            round: self.project.round.saturating_add(1),
        })
        .into())
    }

    pub(super) fn reasoned(reason: &Reason, what: impl FnOnce(Reason) -> What) -> Result<Outcome, ProjectError> {
        not_empty(&reason.reason, "reason")?;
        Ok(what(reason.clone()).into())
    }
}
