//! The form of a monthly report: which step it stands for, and what it is filled with when it is opened.

use dean_aggregates::form;
use dean_aggregates::lifecycle::{ActionKind, Due, Lifecycle, Step};
use dean_aggregates::project::month::{REPORT_BEFORE_DAY, month_of, reporting_step};
use dean_aggregates::published::Bilingual;

use super::step_form::Work;
use crate::i18n::{self, Lang};

/// The step of a lifecycle that a form is for: one that is taken, or a month that is reported.
pub(super) fn step_or_month(lifecycle: &Lifecycle, asked: &str) -> Option<Step> {
    let step = lifecycle.step(asked).filter(|step| step.action != ActionKind::Draft);
    step.cloned().or_else(|| month_form(lifecycle, asked))
}

/// A month is reported by the same kind of form as steps are taken, though it is none: who and which papers, the step of reporting says.
fn month_form(lifecycle: &Lifecycle, asked: &str) -> Option<Step> {
    let action = ActionKind::ReportMonth;
    let step = reporting_step(lifecycle).filter(|_| asked == action.as_str())?;
    Some(Step {
        id: action.as_str().to_owned(),
        action,
        title: Bilingual {
            vi: i18n::text(Lang::Vi, "event-MonthReported", &[]),
            en: i18n::text(Lang::En, "event-MonthReported", &[]),
        },
        ..step.clone()
    })
}

impl Work {
    /// The first month that is owed and not reported, and the lines as they were reported last.
    pub(super) fn seed_month(&mut self) {
        let (Some(project), today) = (self.project(), self.page.today) else {
            return;
        };
        let before = self.step.due.as_ref().map_or(REPORT_BEFORE_DAY, |due| match due {
            Due::Monthly { before } => *before,
            _ => REPORT_BEFORE_DAY,
        });
        let owed = project.duty().and_then(|duty| {
            let mut owed = duty.months(today, before);
            owed.find(|month| project.month_report(*month).is_none())
        });
        let month = owed.unwrap_or_else(|| month_of(today));
        let last = project
            .month_reports()
            .last()
            .map(|(_, filed)| filed.report.lines.clone());
        let mut pairs = vec![("month".to_owned(), month.to_string())];
        for (row, line) in project.approved_lines().iter().enumerate() {
            let known = last.iter().flatten().find(|known| known.line == line.line);
            let mut push = |name: &str, text: String| pairs.push((format!("lines.{row}.{name}"), text));
            push("line", line.line.to_string());
            push("unit", known.map(|known| known.unit.clone()).unwrap_or_default());
            for (name, milli) in [
                ("planned_milli", known.map(|known| known.planned_milli)),
                ("done_milli", known.map(|known| known.done_milli)),
            ] {
                push(name, milli.map(form::milli).unwrap_or_default());
            }
            for (name, amount) in [
                ("value_done", known.map(|known| known.value_done)),
                ("support_spent", known.map(|known| known.support_spent)),
                ("counterpart_spent", known.map(|known| known.counterpart_spent)),
                ("other_spent", known.map(|known| known.other_spent)),
            ] {
                push(name, amount.map(|amount| amount.to_string()).unwrap_or_default());
            }
        }
        self.pairs.extend(pairs);
    }
}
