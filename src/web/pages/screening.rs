//! `/de-an/{id}/ra-soat`: a project's screening for double support, the ruling on a hit, and the filing of invoices and machines.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use dean_aggregates::claim::{SupportKeyKind, Use};
use dean_aggregates::form;
use dean_aggregates::project::Project;
use dean_aggregates::project::papers::{Paper, PaperForm};
use dean_aggregates::screening::{FiledInvoice, FiledMachine, Flag, ItemWhat, ItemsToFile, Screening};
use uuid::Uuid;

use super::event_facts::paper_line;
use crate::engine::{Acted, AsOf, ProjectView, Rulebook, Submission};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::project_id;
use crate::web::fields::{Pairs, value};
use crate::web::posted::{Posted, fingerprint};
use crate::web::views::{
    Choice, Chrome, FilingForm, FlagView, Refusal, RulingForm, RulingView, ScreeningPage, ScreeningSummary,
};
use crate::web::visit::{POSITION_COOKIE, Page, rendered};
use crate::web::{format, words};

/// The kind under which a ruling's evidence is filed: no list of a lifecycle names it.
const EVIDENCE: &str = "tai-lieu-ket-luan";

/// Shows it.
pub async fn show(page: Page, State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    shown(page, &app, &id, Typed::default()).await
}

/// Rules on a hit.
pub async fn rule(
    State(app): State<App>,
    Path((id, flag)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let number: u16 = flag
        .parse()
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "no-such-flag").param("flag", &flag))?;
    let url = format!("/de-an/{project}/ra-soat/ket-luan/{number}");
    let Posted { page, pairs } = posted;
    let text = |name: &str| value(&pairs, name).unwrap_or_default().trim().to_owned();
    let outcome = async {
        let same = match text("same").as_str() {
            "same" => true,
            "different" => false,
            _ => return Err(missing("same")),
        };
        let paper = Paper {
            kind: EVIDENCE.to_owned(),
            number: text("paper_number"),
            date: day(&pairs, "paper_date")?,
            issuer: text("paper_issuer"),
            signer: None,
            form: PaperForm::Original,
            kept_at: None,
            file: None,
            sha256: None,
        };
        let submission = submission(&page, &url, &pairs, vec![paper])?;
        let ruling = (number, same, text("reason"));
        Ok(app.engine.rule_on_double_support(project, ruling, submission).await?)
    };
    let outcome: Result<Acted, Problem> = outcome.await;
    answered(page, &app, &id, outcome, (Some(number), pairs)).await
}

/// Files invoices and machines.
pub async fn file(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Result<Response, Problem> {
    let project = project_id(&id)?;
    let url = format!("/de-an/{project}/ra-soat/hoa-don-may");
    let Posted { page, pairs } = posted;
    let text = |name: &str| value(&pairs, name).unwrap_or_default().trim().to_owned();
    let outcome = async {
        let (number, seller, serial) = (text("number"), text("seller"), text("serial"));
        let line = || text("line").parse().map_err(|_| missing("line"));
        let mut items = ItemsToFile::default();
        if !number.is_empty() || !seller.is_empty() {
            items.invoices.push(FiledInvoice {
                line: line()?,
                symbol: text("symbol"),
                number,
                seller,
            });
        }
        if !serial.is_empty() {
            items.machines.push(FiledMachine { line: line()?, serial });
        }
        let submission = submission(&page, &url, &pairs, Vec::new())?;
        Ok(app.engine.file_items(project, items, submission).await?)
    };
    let outcome: Result<Acted, Problem> = outcome.await;
    answered(page, &app, &id, outcome, (None, pairs)).await
}

/// What was typed into one of the forms, and why it was refused.
#[derive(Default)]
struct Typed {
    /// The ruled flag; none: the form that files.
    flag: Option<u16>,
    pairs: Pairs,
    problem: Option<Problem>,
}

async fn answered(
    page: Page,
    app: &App,
    id: &str,
    outcome: Result<Acted, Problem>,
    (flag, pairs): (Option<u16>, Pairs),
) -> Result<Response, Problem> {
    let problem = match outcome {
        Ok(acted) => return Ok(recorded(id, &acted)),
        Err(problem) => problem,
    };
    let status = problem.status;
    let problem = Some(problem);
    let response = shown(page, app, id, Typed { flag, pairs, problem }).await?;
    Ok((status, response).into_response())
}

fn recorded(id: &str, acted: &Acted) -> Response {
    let mut response = Redirect::to(&format!("/de-an/{id}/ra-soat")).into_response();
    let position = acted.receipt.position;
    let cookie = format!("{POSITION_COOKIE}={position}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn missing(field: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field-missing")
        .param("label", field)
        .field(field)
}

fn day(pairs: &Pairs, name: &str) -> Result<NaiveDate, Problem> {
    let typed = value(pairs, name).unwrap_or_default();
    form::date(typed).ok_or_else(|| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field-date")
            .param("label", name)
            .field(name)
    })
}

fn submission(page: &Page, url: &str, pairs: &Pairs, papers: Vec<Paper>) -> Result<Submission, Problem> {
    let actor = page.actor.clone();
    let command = value(pairs, "command").unwrap_or_default();
    let command = Uuid::parse_str(command).ok().filter(|id| id.get_version_num() == 7);
    Ok(Submission {
        actor: actor.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "no-actor"))?,
        occurred_on: day(pairs, "occurred_on")?,
        papers,
        note: String::new(),
        // Without its receipt key a form can't be told from a double click.
        command_id: command.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "bad-request"))?,
        request_sha256: fingerprint(url, pairs),
        expected_version: None,
        channel: "web",
    })
}

async fn shown(page: Page, app: &App, id: &str, typed: Typed) -> Result<Response, Problem> {
    let id = project_id(id)?;
    let view = app.engine.project(id, AsOf::Now).await?;
    let view = view.ok_or_else(|| Problem::no_such_project(id))?;
    let screening = app.engine.screening(id, AsOf::Now).await?;
    let rulebook = app.engine.rulebook().await?;
    let (today, p) = (format::date(page.today), page.chrome);
    let command = || app.engine.ledger().environment().uuid_v7().to_string();
    let project = &view.project;
    let refusal = typed.problem.as_ref().map(|problem| Refusal {
        title: problem.title(p.lang),
        fix: problem.fix(p.lang),
        rule: problem.rule.clone(),
        formula: None,
        fields: Vec::new(),
        code: problem.code.to_owned(),
    });
    let text = |pairs: &Pairs, name: &str| value(pairs, name).unwrap_or_default().to_owned();
    let or_today = |text: String| if text.is_empty() { today.clone() } else { text };
    let unscreened = screening.is_none().then(|| p.t(why_not_screened(project)));
    let screening = screening.map(|view| view.aggregate).unwrap_or_default();
    let none = Pairs::new();
    let flags = screening.flags().values().map(|flag| {
        let number = flag.hit.number;
        let pairs = if typed.flag == Some(number) {
            &typed.pairs
        } else {
            &none
        };
        let chosen = text(pairs, "same");
        let ruling = |word: &str, key: &str| Choice::new(word, p.t(key), Some(&chosen));
        let form = RulingForm {
            command: command(),
            rulings: vec![
                ruling("", "choose-one"),
                ruling("different", "screening-state-different"),
                ruling("same", "screening-state-same"),
            ],
            reason: text(pairs, "reason"),
            paper_number: text(pairs, "paper_number"),
            paper_date: or_today(text(pairs, "paper_date")),
            paper_issuer: text(pairs, "paper_issuer"),
            occurred_on: or_today(text(pairs, "occurred_on")),
        };
        FlagView {
            form: (!flag.lapsed).then_some(form),
            ..flag_view(&p, &view, &rulebook, flag)
        }
    });
    let flags = flags.collect();
    let filed = if typed.flag.is_none() { &typed.pairs } else { &none };
    let chosen = text(filed, "line");
    let lines = project
        .content()
        .map(|content| content.lines.as_slice())
        .unwrap_or_default();
    let lines = lines.iter().map(|line| {
        let number = line.number.to_string();
        Choice::new(number.clone(), format!("{number} · {}", line.item), Some(&chosen))
    });
    let filing = FilingForm {
        command: command(),
        lines: lines.collect(),
        symbol: text(filed, "symbol"),
        number: text(filed, "number"),
        seller: text(filed, "seller"),
        serial: text(filed, "serial"),
        occurred_on: or_today(text(filed, "occurred_on")),
    };
    Ok(rendered(&ScreeningPage {
        id: id.to_string(),
        code: project.code().unwrap_or_default().to_owned(),
        name: project
            .content()
            .map(|content| content.name.clone())
            .unwrap_or_default(),
        refusal,
        none: unscreened,
        flags,
        items: items(&p, &screening),
        filing,
        p,
    }))
}

fn items(p: &Chrome, screening: &Screening) -> Vec<String> {
    let items = screening.items().iter().map(|item| {
        let key = match item.what {
            ItemWhat::Invoice { .. } => "screening-item-invoice",
            ItemWhat::Machine { .. } => "screening-item-serial",
        };
        p.with(key, &[("label", &item.what.label()), ("line", &item.line.to_string())])
    });
    items.collect()
}

/// Which text says why nothing was compared: a draft waits for its submission, a submitted project names nothing to compare.
const fn why_not_screened(project: &Project) -> &'static str {
    if project.was_proposed() {
        "screening-nothing"
    } else {
        "screening-none"
    }
}

/// What a project's own page says.
pub fn summary(p: &Chrome, view: &ProjectView, rulebook: &Rulebook, screening: Option<&Screening>) -> ScreeningSummary {
    let Some(screening) = screening else {
        return ScreeningSummary {
            text: p.t(why_not_screened(&view.project)),
            ..ScreeningSummary::default()
        };
    };
    let live: Vec<&Flag> = screening.flags().values().filter(|flag| !flag.lapsed).collect();
    let open = live.iter().filter(|flag| flag.is_open()).count();
    let (text, class) = if live.iter().any(|flag| flag.same().is_some()) {
        (p.t("screening-same"), "bad")
    } else if open > 0 {
        (p.t1("screening-open", "count", open), "warn")
    } else if live.is_empty() {
        (p.t("screening-clear"), "")
    } else {
        (p.t("screening-judged"), "")
    };
    ScreeningSummary {
        text,
        class,
        flags: live
            .into_iter()
            .map(|flag| flag_view(p, view, rulebook, flag))
            .collect(),
    }
}

fn flag_view(p: &Chrome, view: &ProjectView, rulebook: &Rulebook, flag: &Flag) -> FlagView {
    let hit = &flag.hit;
    let used = |used: &Use| {
        let kind = words::support_kind(p.lang, rulebook, &used.kind);
        let line = used.line.to_string();
        p.with(
            "screening-use",
            &[("line", line.as_str()), ("item", &used.item), ("kind", &kind)],
        )
    };
    let (state, class) = match &flag.ruling {
        _ if flag.lapsed => ("screening-state-lapsed", ""),
        None => ("screening-state-open", "warn"),
        Some(ruling) if ruling.same => ("screening-state-same", "bad"),
        Some(_) => ("screening-state-different", ""),
    };
    let basis = match hit.kind {
        SupportKeyKind::Beneficiary => "screening-by-beneficiary",
        SupportKeyKind::Invoice => "screening-by-invoice",
        SupportKeyKind::Serial => "screening-by-serial",
    };
    FlagView {
        number: hit.number,
        basis: p.t1(basis, "label", &hit.label),
        own: used(&hit.own),
        other: hit.other.code.clone(),
        href: format!("/de-an/{}", hit.other.project),
        uses: hit.uses.iter().map(used).collect(),
        raised_on: format::date(flag.raised_on),
        state: p.t(state),
        class,
        ruling: flag.ruling.as_ref().map(|ruling| RulingView {
            officer: ruling.officer.clone(),
            ruled_on: format::date(ruling.ruled_on),
            reason: ruling.reason.clone(),
            papers: ruling
                .papers
                .iter()
                .map(|paper| paper_line(p.lang, &view.lifecycle.value, paper))
                .collect(),
        }),
        form: None,
    }
}
