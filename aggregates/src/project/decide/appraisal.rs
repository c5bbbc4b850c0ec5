//! Thẩm định, thẩm tra.

use super::super::error::{ProjectError, refuse};
use super::super::event::What;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::project::action::{Appraisal, AppraisalLevel, Examination};

impl Case<'_> {
    /// All five criteria of TT 36/2013 Đ9 are answered, at the level that the step stands for.
    pub(super) fn appraise(&self, appraisal: &Appraisal) -> Result<Outcome, ProjectError> {
        if self.step.appraisal.is_some_and(|level| level != appraisal.level) {
            let expected = self.step.appraisal.map(level_word).unwrap_or_default();
            return Err(refuse("wrong-appraisal-level")
                .field("level")
                .rule(&self.step.article)
                .param("expected", expected));
        }
        let mut numbers: Vec<u8> = appraisal.criteria.iter().map(|criterion| criterion.number).collect();
        numbers.sort_unstable();
        if numbers != [1, 2, 3, 4, 5] {
            return Err(refuse("criteria").field("criteria").rule("TT 36/2013/TT-BCT Đ9"));
        }
        if let Some(recommended) = appraisal.recommended
            && recommended > self.project.figures().total
        {
            return Err(refuse("support-above-cost")
                .field("recommended")
                .param("support", recommended)
                .param("cost", self.project.figures().total));
        }
        self.check_council(appraisal)?;
        Ok(What::Appraised(appraisal.clone()).into())
    }

    pub(super) fn examine(&self, examination: &Examination) -> Result<Outcome, ProjectError> {
        not_empty(&examination.remarks, "remarks")?;
        Ok(What::Examined(examination.clone()).into())
    }
}

const fn level_word(level: AppraisalLevel) -> &'static str {
    match level {
        AppraisalLevel::Base => "base",
        AppraisalLevel::Province => "province",
        AppraisalLevel::Ministry => "ministry",
    }
}
