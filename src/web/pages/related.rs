//! What a project has to do with: its plan, its batch, its contract, the inspections that visited it, its reminders.

use std::collections::BTreeMap;

use dean_projections::{FindingFilter, ReadModels, ReminderFilter};
use uuid::Uuid;

use super::plans::plan_of;
use crate::engine::ProjectView;
use crate::http::problem::Problem;
use crate::web::views::{Chrome, Link, Related};

/// A page of findings that is large enough for one project's.
const FINDINGS_MAX: u32 = 1_000;

/// What is shown; of the past only what its own events name.
pub async fn related(
    p: &Chrome,
    view: &ProjectView,
    models: &ReadModels,
    is_now: bool,
) -> Result<Vec<Related>, Problem> {
    let project = &view.project;
    let mut related = Vec::new();
    let mut add = |key: &str, link: Link, note: String| {
        related.push(Related {
            label: p.t(key),
            link,
            note,
        });
    };
    if let Some(id) = plan_of(project)
        && let Some(plan) = models.plan(id).await?
    {
        let text = p.t1("related-plan-of", "year", plan.year);
        add(
            "related-plan",
            Link::new(text, format!("/ke-hoach/{id}")),
            plan.authority_name,
        );
    }
    let href = |batch: Uuid| format!("/ke-hoach/dot/{batch}");
    match project.batch() {
        Some(reference) => {
            let link = Link::new(
                p.t1("related-batch-number", "number", &reference.number),
                href(reference.batch),
            );
            add(
                "related-batch",
                link,
                p.t1("related-decision", "number", &reference.decision),
            );
        }
        None if is_now => {
            let listed = models.batches_with(view.id).await?;
            for row in listed.into_iter().filter(|row| row.state == "candidate") {
                let note = row
                    .rank
                    .map_or_else(|| p.t("related-unranked"), |rank| p.t1("related-rank", "rank", rank));
                let link = Link::new(p.t1("related-batch-number", "number", &row.label), href(row.batch));
                add("related-batch", link, note);
            }
        }
        None => {}
    }
    if let Some(reference) = project.contract() {
        let link = Link::new(&*reference.number, format!("/hop-dong/{}", reference.contract));
        add("related-contract", link, String::new());
    }
    let named = view.history.iter().filter_map(|entry| entry.event.inspection.as_ref());
    let inspections: BTreeMap<Uuid, &str> = named.map(|one| (one.inspection, one.decision.as_str())).collect();
    let findings = if is_now && !inspections.is_empty() {
        let filter = FindingFilter {
            project: Some(view.id),
            ..FindingFilter::default()
        };
        models.findings(&filter, None, FINDINGS_MAX).await?.rows
    } else {
        Vec::new()
    };
    for (id, number) in inspections {
        let own = findings.iter().filter(|finding| finding.inspection == id);
        let open = own.filter(|finding| finding.status == "open").count();
        let note = if is_now {
            p.t1("related-findings", "count", open)
        } else {
            String::new()
        };
        let link = Link::new(p.t1("inspection-title", "number", number), format!("/kiem-tra/{id}"));
        add("related-inspection", link, note);
    }
    if is_now {
        let filter = ReminderFilter {
            project: Some(view.id),
            ..ReminderFilter::default()
        };
        let count = models.count_reminders(&filter).await?;
        if count > 0 {
            let text = p.t1("related-reminders-count", "count", count);
            add(
                "related-reminders",
                Link::new(text, format!("/nhac-viec?project={}", view.id)),
                String::new(),
            );
        }
    }
    Ok(related)
}
