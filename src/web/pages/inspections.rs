//! `/kiem-tra`: the list of inspections, one of them, and the findings of all.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use dean_aggregates::inspection::command::Inspector;
use dean_aggregates::inspection::state::{Finding, FindingStatus};
use dean_aggregates::inspection::{Inspection, InspectionEvent, InspectionWhat};
use dean_aggregates::money::Dong;
use dean_projections::{Cursor, FindingFilter, FindingRow, InspectionFilter, InspectionRow};
use serde::Deserialize;
use uuid::Uuid;

use super::moment::{Asked, Said, acts, asked, days, decision, fact, money, project_href};
use super::project::At;
use super::project_parts::word;
use super::{due, query, with_all};
use crate::engine::{HistoryEntry, Rulebook};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::i18n::Lang;
use crate::web::views::{
    Chrome, Fact, FindingView, FindingsPage, InspectionLine, InspectionPage, InspectionsPage, Link, VisitView,
};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;
/// As the read models name them.
const STATES: [&str; 2] = ["running", "concluded"];
const STATUSES: [&str; 3] = ["open", "remedied", "handed-on"];
/// The word for no restriction: an absent status means open.
const ANY: &str = "any";

/// Which inspections.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    state: Option<String>,
    after: Option<String>,
}

/// Which findings.
#[derive(Debug, Default, Deserialize)]
pub struct WhichFindings {
    status: Option<String>,
    overdue: Option<String>,
    after: Option<String>,
}

/// Shows the list.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let filter = InspectionFilter {
        state: which.state.clone(),
        ..InspectionFilter::default()
    };
    let list = models
        .inspections(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let count = models.count_inspections(&filter).await?;
    let open = FindingFilter {
        status: Some("open".to_owned()),
        ..FindingFilter::default()
    };
    let (open, amount) = models.count_findings(&open).await?;
    let here = |after: &str| {
        let state = which.state.as_deref().unwrap_or_default();
        format!("/kiem-tra{}", query(&[("state", state), ("after", after)]))
    };
    let line = |row: InspectionRow| InspectionLine {
        inspection: Link::new(
            p.t1("inspection-title", "number", &row.decision),
            format!("/kiem-tra/{}", row.id),
        ),
        authority: row.authority_name,
        content: row.content,
        time: days(&p, row.starts_on, row.ends_on),
        state: words::choice(lang, "inspection-state", &row.state),
        projects: row.projects.to_string(),
        findings: format!("{} / {}", row.open, row.findings),
        any_open: row.open > 0,
        due: due(lang, &rulebook, row.first_due_on, today),
        amount: row.amount.to_string(),
        recovery: row.recovery.to_string(),
    };
    let states = STATES.map(|state| (state.to_owned(), words::choice(lang, "inspection-state", state)));
    Ok(rendered(&InspectionsPage {
        states: with_all(lang, which.state.as_deref(), states),
        open: findings_in_words(&p, "inspections-open-findings", open, amount),
        count: format::grouped(count),
        first: which.after.is_some().then(|| here("")),
        next: list.next.as_ref().map(|cursor| here(cursor.as_str())),
        rows: list.rows.into_iter().map(line).collect(),
        p,
    }))
}

fn findings_in_words(p: &Chrome, key: &str, count: u64, amount: Dong) -> String {
    let (count, amount) = (format::grouped(count), format::dong(amount));
    p.with(key, &[("count", &count), ("amount", &amount)])
}

/// Shows the findings of all inspections; open ones unless others are asked for.
pub async fn findings(
    page: Page,
    State(app): State<App>,
    Query(which): Query<WhichFindings>,
) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let status = which.status.as_deref().unwrap_or("open");
    let overdue = which.overdue.is_some();
    let filter = FindingFilter {
        status: Some(status.to_owned()).filter(|status| status != ANY),
        overdue_on: overdue.then_some(today),
        ..FindingFilter::default()
    };
    let list = models
        .findings(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let (count, amount) = models.count_findings(&filter).await?;
    let here = |after: &str| {
        let overdue = if overdue { "1" } else { "" };
        let pairs = [("status", status), ("overdue", overdue), ("after", after)];
        format!("/kiem-tra/kien-nghi{}", query(&pairs))
    };
    let rows = list.rows.into_iter().map(|row| of_row(&p, &rulebook, row, today));
    let rows = rows.collect();
    let (first, next) = (
        which.after.is_some().then(|| here("")),
        list.next.as_ref().map(|cursor| here(cursor.as_str())),
    );
    let mut statuses: Vec<crate::web::views::Choice> = STATUSES
        .iter()
        .map(|word| choice(word, words::choice(lang, "finding-status", word), status))
        .collect();
    statuses.push(choice(ANY, p.t("all"), status));
    Ok(rendered(&FindingsPage {
        count: findings_in_words(&p, "findings-found", count, amount),
        statuses,
        overdue,
        rows,
        first,
        next,
        p,
    }))
}

fn choice(value: &str, label: String, current: &str) -> crate::web::views::Choice {
    crate::web::views::Choice::new(value, label, Some(current))
}

fn of_row(p: &Chrome, rulebook: &Rulebook, row: FindingRow, today: NaiveDate) -> FindingView {
    let is_open = row.status == "open";
    let handed_to = row.handed_to.as_deref();
    FindingView {
        number: row.number,
        inspection: Link::new(
            p.t1("inspection-title", "number", &row.decision),
            format!("/kiem-tra/{}", row.inspection),
        ),
        project: Link::new(row.code, project_href(row.project)),
        kind: words::choice(p.lang, "finding-kind", &row.kind),
        text: row.content,
        recommendation: row.recommendation,
        amount: amount(row.amount),
        recovery: amount(row.recovery),
        owner: row.owner_name,
        due_on: format::date(row.due_on),
        due: due(p.lang, rulebook, Some(row.due_on).filter(|_| is_open), today),
        status: status_in_words(p, &row.status, handed_to),
        class: class(&row.status),
        answers: match row.answers {
            0 => Vec::new(),
            count => vec![p.t1("finding-answers", "count", count)],
        },
    }
}

/// Empty where there is none.
fn amount(amount: Dong) -> String {
    if amount == Dong::ZERO {
        String::new()
    } else {
        amount.to_string()
    }
}

fn status_in_words(p: &Chrome, status: &str, handed_to: Option<&str>) -> String {
    let text = words::choice(p.lang, "finding-status", status);
    handed_to.map_or_else(|| text.clone(), |to| format!("{text}: {to}"))
}

fn class(status: &str) -> &'static str {
    match status {
        "open" => "warn",
        "remedied" => "good",
        _ => "",
    }
}

/// Shows one.
pub async fn show(
    page: Page,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Result<Response, Problem> {
    let (today, p) = (page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let asked = asked::<Inspection>(&app, &p, ("/kiem-tra", &id), at.at, "no-such-inspection").await?;
    let Asked { view, moment } = asked;
    let inspection = &view.aggregate;
    let Some(ordered) = inspection.ordered() else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-inspection"));
    };
    let names = app.engine.read_models().names_of(inspection.projects()).await?;
    let title = p.t1("inspection-title", "number", &ordered.order.decision.number);
    let of = |(number, finding): (&u16, &Finding)| {
        let link = Link::new(&*title, moment.path.clone());
        finding_view(&p, &rulebook, (*number, finding), link, today)
    };
    let (mut open, ended): (Vec<_>, Vec<_>) = inspection
        .findings()
        .iter()
        .partition(|(_, finding)| finding.status == FindingStatus::Open);
    open.sort_by_key(|(number, finding)| (finding.due_on, **number));
    let figures = inspection.figures();
    let events = acts(&p, &rulebook, &view.history, |event| Said {
        facts: facts(&p, event),
        note: &event.note,
        papers: &event.papers,
    });
    let state = if inspection.conclusion().is_some() {
        "concluded"
    } else {
        "running"
    };
    Ok(rendered(&InspectionPage {
        state: words::choice(p.lang, "inspection-state", state),
        facts: identity(&p, inspection),
        figures: vec![
            fact(&p, "inspection-projects", figures.projects.to_string()),
            fact(
                &p,
                "inspection-open",
                format!("{} / {}", figures.open, figures.findings),
            ),
            fact(&p, "inspection-handed-on", figures.handed_on.to_string()),
            money(&p, "finding-amount", figures.amount),
            money(&p, "finding-recovery", figures.recovery),
        ],
        open: open.into_iter().map(of).collect(),
        ended: ended.into_iter().map(of).collect(),
        visits: visits(&view.history, inspection, &names),
        events,
        title: title.clone(),
        moment,
        p,
    }))
}

fn identity(p: &Chrome, inspection: &Inspection) -> Vec<Fact> {
    let Some(ordered) = inspection.ordered() else {
        return Vec::new();
    };
    let order = &ordered.order;
    let planned = if order.planned {
        "inspection-planned"
    } else {
        "inspection-unplanned"
    };
    let person = |one: &Inspector| {
        let name = one.name.get().map_or_else(|| p.t("erased"), str::to_owned);
        match one.post.as_str() {
            "" => name,
            post => format!("{name} ({post})"),
        }
    };
    let mut facts = vec![
        fact(p, "decision", decision(p, &order.decision)),
        fact(p, "inspection-authority", &*ordered.authority.name),
        fact(p, "inspection-kind", p.t(planned)),
        fact(p, "inspection-content", &*order.content),
        fact(p, "inspection-time", days(p, order.starts_on, order.ends_on)),
        fact(p, "inspection-head-person", person(&order.team.head)),
    ];
    if !order.team.members.is_empty() {
        let members: Vec<String> = order.team.members.iter().map(person).collect();
        facts.push(fact(p, "inspection-members", members.join("; ")));
    }
    if let Some(conclusion) = inspection.conclusion() {
        facts.push(fact(
            p,
            "inspection-conclusion",
            format!("{}: {}", decision(p, &conclusion.decision), conclusion.text),
        ));
    }
    facts
}

fn finding_view(
    p: &Chrome,
    rulebook: &Rulebook,
    (number, finding): (u16, &Finding),
    inspection: Link,
    today: NaiveDate,
) -> FindingView {
    let (status, handed_to) = match &finding.status {
        FindingStatus::Open => ("open", None),
        FindingStatus::Remedied => ("remedied", None),
        FindingStatus::HandedOn { to } => ("handed-on", Some(to.as_str())),
    };
    FindingView {
        number,
        inspection,
        project: Link::new(&*finding.code, project_href(finding.project)),
        kind: words::choice(p.lang, "finding-kind", &word(&finding.kind)),
        text: finding.text.clone(),
        recommendation: finding.recommendation.clone(),
        amount: amount(finding.amount),
        recovery: amount(finding.recovery),
        owner: finding.owner.name.clone(),
        due_on: format::date(finding.due_on),
        due: due(
            p.lang,
            rulebook,
            Some(finding.due_on).filter(|_| status == "open"),
            today,
        ),
        status: status_in_words(p, status, handed_to),
        class: class(status),
        answers: finding
            .answers
            .iter()
            .map(|answer| {
                let day = format::date(answer.occurred_on);
                p.with("finding-answer-line", &[("day", &day), ("text", &answer.text)])
            })
            .collect(),
    }
}

fn visits(
    history: &[HistoryEntry<InspectionEvent>],
    inspection: &Inspection,
    names: &BTreeMap<Uuid, String>,
) -> Vec<VisitView> {
    let visited = history.iter().filter_map(|entry| match &entry.event.what {
        InspectionWhat::ProjectVisited(visited) => Some(visited),
        _ => None,
    });
    visited
        .map(|visited| VisitView {
            project: Link::new(&*visited.code, project_href(visited.project)),
            name: names.get(&visited.project).cloned().unwrap_or_default(),
            visited_on: format::date(visited.visited_on),
            minutes: visited.minutes.clone(),
            result: visited.result.clone(),
            findings: inspection
                .findings()
                .values()
                .filter(|finding| finding.project == visited.project)
                .count(),
        })
        .collect()
}

fn facts(p: &Chrome, event: &InspectionEvent) -> Vec<Fact> {
    let finding = |number: u16| fact(p, "finding", number.to_string());
    match &event.what {
        InspectionWhat::InspectionOrdered(ordered) => vec![
            fact(p, "decision", decision(p, &ordered.order.decision)),
            fact(p, "inspection-content", &*ordered.order.content),
        ],
        InspectionWhat::ProjectVisited(visited) => {
            let mut facts = vec![
                fact(p, "project", &*visited.code),
                fact(p, "visit-on", format::date(visited.visited_on)),
                fact(p, "visit-minutes", &*visited.minutes),
                fact(p, "visit-result", &*visited.result),
            ];
            if visited.late {
                facts.push(fact(p, "visit-late", words::choice(p.lang, "bool", "true")));
            }
            facts
        }
        InspectionWhat::FindingRecorded(recorded) => {
            let mut facts = vec![
                finding(recorded.number),
                fact(p, "project", &*recorded.code),
                fact(p, "finding-kind", kind(p.lang, recorded.kind)),
                fact(p, "finding-text", &*recorded.text),
                fact(p, "finding-recommendation", &*recorded.recommendation),
                fact(p, "finding-owner", &*recorded.owner.name),
                fact(p, "due-on", format::date(recorded.due_on)),
            ];
            if recorded.amount > Dong::ZERO {
                facts.push(money(p, "finding-amount", recorded.amount));
            }
            facts
        }
        InspectionWhat::FindingAnswered(answer) => {
            vec![finding(answer.finding), fact(p, "finding-answer", &*answer.text)]
        }
        InspectionWhat::RecoveryOrdered(recovery) => vec![
            finding(recovery.finding),
            money(p, "finding-recovery", recovery.amount),
            fact(p, "decision", decision(p, &recovery.decision)),
            fact(p, "reason", &*recovery.reason),
        ],
        InspectionWhat::FindingRemedied(closure) => {
            let mut facts = vec![finding(closure.finding), fact(p, "finding-remedy", &*closure.remedy)];
            if let Some(waiver) = &closure.waiver {
                let text = format!("{}: {}", decision(p, &waiver.decision), waiver.reason);
                facts.push(fact(p, "finding-waiver", text));
            }
            facts
        }
        InspectionWhat::FindingHandedOn(handing) => vec![
            finding(handing.finding),
            fact(p, "finding-handed-to", &*handing.to),
            fact(p, "decision", decision(p, &handing.decision)),
            fact(p, "reason", &*handing.reason),
        ],
        InspectionWhat::InspectionConcluded(conclusion) => vec![
            fact(p, "decision", decision(p, &conclusion.decision)),
            fact(p, "inspection-conclusion", &*conclusion.text),
        ],
    }
}

fn kind(lang: Lang, kind: dean_aggregates::inspection::command::FindingKind) -> String {
    words::choice(lang, "finding-kind", &word(&kind))
}
