//! The pages of plans, batches, contracts, inspections and reminders with sample data, hostile where text may come from people.

use super::samples::{HOSTILE, choices, chrome, due, filter};
use super::*;
use crate::i18n::Lang;

fn link() -> Link {
    Link::new(HOSTILE, "/de-an/id")
}

fn moment(p: &Chrome, past: bool) -> Moment {
    Moment {
        path: "/ke-hoach/id".into(),
        past: past.then(|| Past {
            text: p.t1("past-position-thing", "position", 12),
        }),
        at: "12".into(),
        previous: Some(3),
        next: Some(20),
    }
}

fn acts() -> Vec<ActView> {
    vec![ActView {
        sequence: 1,
        position: 12,
        title: HOSTILE.into(),
        who: HOSTILE.into(),
        actor_id: "cuc.cv1".into(),
        occurred_on: "01/05/2019".into(),
        recorded_at: "09/05/2019 08:00:00".into(),
        facts: facts(),
        note: HOSTILE.into(),
        papers: vec![HOSTILE.into()],
    }]
}

fn facts() -> Vec<Fact> {
    vec![Fact::new(HOSTILE, HOSTILE)]
}

fn batch_line() -> BatchLine {
    BatchLine {
        batch: link(),
        state: HOSTILE.into(),
        ceiling: "2.000".into(),
        projects: "3 (1)".into(),
        ..BatchLine::default()
    }
}

fn batch(p: Chrome) -> BatchPage {
    let grounds = || vec![HOSTILE.to_owned()];
    BatchPage {
        moment: moment(&p, false),
        plan: link(),
        title: HOSTILE.into(),
        state: HOSTILE.into(),
        facts: facts(),
        money_svg: String::new(),
        figures: facts(),
        order: Some(OrderView {
            made: HOSTILE.into(),
            settings: vec![HOSTILE.into()],
            rows: vec![RankedView {
                rank: 1,
                project: link(),
                name: HOSTILE.into(),
                grounds: grounds(),
                amount: "300.000.000".into(),
                running: "300.000.000".into(),
                above: Some(HOSTILE.into()),
                before_next: Some(ReasonView {
                    behind: HOSTILE.into(),
                    text: HOSTILE.into(),
                    article: "TT 46/2012".into(),
                    judged: Some(HOSTILE.into()),
                }),
                outcome: HOSTILE.into(),
                class: "good",
            }],
        }),
        unranked: vec![CandidateView {
            project: link(),
            name: HOSTILE.into(),
            grounds: grounds(),
            requested: "1".into(),
            recommended: "1".into(),
        }],
        approved: vec![ApprovedView {
            project: link(),
            name: HOSTILE.into(),
            committed: "1".into(),
            stopped: true,
        }],
        decisions: vec![DecisionView {
            title: HOSTILE.into(),
            href: "/ke-hoach/dot/id?at=1".into(),
            items: vec![DecisionItem {
                project: link(),
                what: HOSTILE.into(),
                before: "0".into(),
                after: "1".into(),
                reason: HOSTILE.into(),
            }],
            sum: HOSTILE.into(),
            passed_over: vec![HOSTILE.into()],
        }],
        events: acts(),
        p,
    }
}

fn contract(p: Chrome) -> ContractPage {
    let member = || MemberView {
        project: link(),
        name: HOSTILE.into(),
        progress: HOSTILE.into(),
        ..MemberView::default()
    };
    ContractPage {
        moment: moment(&p, true),
        title: HOSTILE.into(),
        state: HOSTILE.into(),
        clock: HOSTILE.into(),
        due: due(),
        facts: facts(),
        money_svg: String::new(),
        figures: facts(),
        rows: vec![member()],
        total: member(),
        events: acts(),
        p,
    }
}

fn finding() -> FindingView {
    FindingView {
        number: 1,
        inspection: link(),
        project: link(),
        kind: HOSTILE.into(),
        text: HOSTILE.into(),
        recommendation: HOSTILE.into(),
        amount: "12.000.000".into(),
        recovery: "12.000.000".into(),
        owner: HOSTILE.into(),
        due_on: "20/05/2026".into(),
        due: due(),
        status: HOSTILE.into(),
        class: "warn",
        answers: vec![HOSTILE.into()],
    }
}

fn inspection(p: Chrome) -> InspectionPage {
    InspectionPage {
        moment: moment(&p, false),
        title: HOSTILE.into(),
        state: HOSTILE.into(),
        facts: facts(),
        figures: facts(),
        open: vec![finding()],
        ended: vec![finding()],
        visits: vec![VisitView {
            project: link(),
            name: HOSTILE.into(),
            visited_on: "01/05/2019".into(),
            minutes: HOSTILE.into(),
            result: HOSTILE.into(),
            findings: 2,
        }],
        events: acts(),
        p,
    }
}

/// Lists with one row each.
fn lists(lang: Lang) -> Vec<(&'static str, Box<dyn askama::DynTemplate>)> {
    let p = || chrome(lang);
    let plan = PlanLine {
        plan: link(),
        authority: HOSTILE.into(),
        batches: "2".into(),
        estimate: "1".into(),
        reserved: "1".into(),
        listed: "1".into(),
        approved: "1".into(),
        share: "1 %".into(),
        freed: "1".into(),
        is_above: true,
    };
    let contract = ContractLine {
        contract: link(),
        signed_on: "01/05/2019".into(),
        authority: HOSTILE.into(),
        implementer: HOSTILE.into(),
        projects: "2".into(),
        state: HOSTILE.into(),
        due: due(),
        value: "1".into(),
        disbursed: "1".into(),
        settled: "1".into(),
    };
    let inspection = InspectionLine {
        inspection: link(),
        authority: HOSTILE.into(),
        content: HOSTILE.into(),
        time: "–".into(),
        state: HOSTILE.into(),
        projects: "2".into(),
        findings: "1 / 3".into(),
        any_open: true,
        due: due(),
        amount: "1".into(),
        recovery: "1".into(),
    };
    let reminder = ReminderLine {
        raised_on: "01/05/2019".into(),
        project: link(),
        name: HOSTILE.into(),
        step: HOSTILE.into(),
        due_on: "01/05/2019".into(),
        left: HOSTILE.into(),
        late: true,
        parties: vec![HOSTILE.into()],
        state: HOSTILE.into(),
        class: "good",
    };
    let (first, next) = (Some("/ke-hoach".to_owned()), Some("/ke-hoach?after=x".to_owned()));
    vec![
        (
            "plans",
            Box::new(PlansPage {
                p: p(),
                filter: filter(),
                count: "1".into(),
                rows: vec![plan],
                first: first.clone(),
                next: next.clone(),
            }),
        ),
        (
            "contracts",
            Box::new(ContractsPage {
                p: p(),
                levels: choices(),
                states: choices(),
                text: HOSTILE.into(),
                overdue: true,
                count: "1".into(),
                rows: vec![contract],
                first: first.clone(),
                next: next.clone(),
            }),
        ),
        (
            "inspections",
            Box::new(InspectionsPage {
                p: p(),
                states: choices(),
                open: HOSTILE.into(),
                count: "1".into(),
                rows: vec![inspection],
                first: first.clone(),
                next: next.clone(),
            }),
        ),
        (
            "findings",
            Box::new(FindingsPage {
                p: p(),
                statuses: choices(),
                overdue: true,
                count: HOSTILE.into(),
                rows: vec![finding()],
                first: first.clone(),
                next: next.clone(),
            }),
        ),
        (
            "reminders",
            Box::new(RemindersPage {
                p: p(),
                states: choices(),
                project: Some(link()),
                count: "1".into(),
                rows: vec![reminder.clone()],
                first: None,
                next,
            }),
        ),
        (
            "reminders of all",
            Box::new(RemindersPage {
                p: p(),
                states: choices(),
                project: None,
                count: "1".into(),
                rows: vec![reminder],
                first,
                next: None,
            }),
        ),
    ]
}

pub(super) fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    let p = || chrome(lang);
    let plan = PlanPage {
        moment: moment(&p(), true),
        title: HOSTILE.into(),
        warnings: vec![HOSTILE.into()],
        facts: facts(),
        money_svg: String::new(),
        figures: facts(),
        batches: vec![batch_line()],
        total: Some(batch_line()),
        events: acts(),
        p: p(),
    };
    let mut pages = lists(lang);
    pages.push(("plan", Box::new(plan)));
    pages.push(("batch", Box::new(batch(p()))));
    pages.push(("contract", Box::new(contract(p()))));
    pages.push(("inspection", Box::new(inspection(p()))));
    let render = |page: &dyn askama::DynTemplate| page.dyn_render().expect("a sample renders");
    pages.iter().map(|(name, page)| (*name, render(&**page))).collect()
}
