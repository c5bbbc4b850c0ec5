//! `/hop-dong`: the list of contracts over several đề án, and one of them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use dean_aggregates::contract::event::Account;
use dean_aggregates::contract::{Contract, ContractEvent, ContractWhat};
use dean_aggregates::money::Dong;
use dean_aggregates::project::contracted::{ClockSettings, Counting, Progression};
use dean_projections::{ContractFilter, ContractRow, Cursor};
use serde::Deserialize;

use super::moment::{Asked, Said, acts, asked, bars, decision, fact, money, project_href};
use super::project::At;
use super::{due, levels, query, with_all};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{Chrome, ContractLine, ContractPage, ContractsPage, Fact, Link, MemberView};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

const PAGE_ROWS: u32 = 30;
/// As the read models name them.
const STATES: [&str; 4] = ["running", "settling", "concluded", "liquidated"];

/// Which contracts.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    text: Option<String>,
    level: Option<String>,
    state: Option<String>,
    overdue: Option<String>,
    after: Option<String>,
}

/// Shows the list.
pub async fn list(page: Page, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let (lang, today, p) = (page.lang(), page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let models = app.engine.read_models();
    let overdue = which.overdue.is_some();
    let filter = ContractFilter {
        text: which.text.clone(),
        level: which.level.clone(),
        state: which.state.clone(),
        overdue_on: overdue.then_some(today),
    };
    let list = models
        .contracts(&filter, which.after.clone().map(Cursor::new), PAGE_ROWS)
        .await?;
    let count = models.count_contracts(&filter).await?;
    let here = |after: &str| {
        let pairs = [
            ("text", which.text.as_deref().unwrap_or_default()),
            ("level", which.level.as_deref().unwrap_or_default()),
            ("state", which.state.as_deref().unwrap_or_default()),
            ("overdue", if overdue { "1" } else { "" }),
            ("after", after),
        ];
        format!("/hop-dong{}", query(&pairs))
    };
    let line = |row: ContractRow| {
        let waits = row.state == "settling";
        ContractLine {
            contract: Link::new(row.number, format!("/hop-dong/{}", row.id)),
            signed_on: format::date(row.signed_on),
            authority: row.authority_name,
            implementer: row.implementer_name,
            projects: row.projects.to_string(),
            state: words::choice(lang, "contract-state", &row.state),
            due: due(lang, &rulebook, row.settlement_due_on.filter(|_| waits), today),
            value: format::million(row.value.get()),
            disbursed: format::million(row.disbursed.get()),
            settled: format::million(row.settled.get()),
        }
    };
    let states = STATES.map(|state| (state.to_owned(), words::choice(lang, "contract-state", state)));
    Ok(rendered(&ContractsPage {
        first: which.after.is_some().then(|| here("")),
        next: list.next.as_ref().map(|cursor| here(cursor.as_str())),
        levels: levels(lang, which.level.as_deref()),
        states: with_all(lang, which.state.as_deref(), states),
        overdue,
        count: format::grouped(count),
        rows: list.rows.into_iter().map(line).collect(),
        text: which.text.unwrap_or_default(),
        p,
    }))
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
    let Asked { view, moment } = asked::<Contract>(&app, &p, ("/hop-dong", &id), at.at, "no-such-contract").await?;
    let contract = &view.aggregate;
    let Some(terms) = contract.terms() else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-contract"));
    };
    let names = app
        .engine
        .read_models()
        .names_of(contract.projects().keys().copied())
        .await?;
    let rows = contract.projects().iter().map(|(id, project)| MemberView {
        project: Link::new(&*project.code, project_href(*id)),
        name: names.get(id).cloned().unwrap_or_default(),
        progress: progress(&p, &project.account),
        ..member(&project.account)
    });
    let figures = *contract.figures();
    let total = MemberView {
        contracted: figures.value.to_string(),
        disbursed: figures.disbursed.to_string(),
        refunded: figures.refunded.to_string(),
        settled: figures.settled.to_string(),
        receivable: figures.receivable.to_string(),
        ..MemberView::default()
    };
    let state = state(contract);
    let waits = state == "settling";
    let due_on = figures.clock.map(|clock| clock.due_on).filter(|_| waits);
    let events = acts(&p, &rulebook, &view.history, |event| Said {
        facts: facts(&p, event),
        note: &event.note,
        papers: &event.papers,
    });
    Ok(rendered(&ContractPage {
        title: p.t1("contract-title", "number", &terms.number),
        state: words::choice(p.lang, "contract-state", state),
        clock: clock(&p, contract),
        due: due(p.lang, &rulebook, due_on, today),
        facts: identity(&p, contract),
        money_svg: bars(
            &p,
            "contract-chart-title",
            "contract-chart-desc",
            &[
                ("contract-value", figures.value),
                ("money-disbursed", figures.disbursed),
                ("money-settled", figures.settled),
            ],
        ),
        figures: vec![
            money(&p, "contract-estimate", terms.estimate.amount),
            money(&p, "contract-value", figures.value),
            money(&p, "money-disbursed", figures.disbursed),
            money(&p, "contract-refunded", figures.refunded),
            money(&p, "money-settled", figures.settled),
            money(&p, "contract-receivable", figures.receivable),
        ],
        rows: rows.collect(),
        total,
        events,
        moment,
        p,
    }))
}

/// As the read models say.
fn state(contract: &Contract) -> &'static str {
    if contract.liquidation().is_some() {
        "liquidated"
    } else if contract.projects().values().all(|project| project.account.concluded) {
        "concluded"
    } else if contract.figures().clock.is_some() {
        "settling"
    } else {
        "running"
    }
}

fn identity(p: &Chrome, contract: &Contract) -> Vec<Fact> {
    let Some(terms) = contract.terms() else {
        return Vec::new();
    };
    let name = |unit: Option<&dean_aggregates::actor::Unit>| unit.map(|unit| unit.name.clone()).unwrap_or_default();
    let mut facts = vec![
        fact(p, "contract-number", &*terms.number),
        fact(p, "contract-signed-on", format::date(terms.signed_on)),
        fact(p, "contract-side-a", name(contract.authority())),
        fact(p, "contract-side-b", name(contract.implementer())),
        fact(p, "contract-estimate-decision", decision(p, &terms.estimate.decision)),
        fact(p, "contract-days", counting(p, &contract.settlement())),
    ];
    if let Some(tender) = &terms.tender_result {
        facts.push(fact(p, "contract-tender", &**tender));
    }
    if !contract.appendices().is_empty() {
        facts.push(fact(p, "contract-appendices", contract.appendices().join("; ")));
    }
    facts.push(match contract.reconciliation() {
        Some(known) => fact(p, "contract-reconciliation", &*known.number),
        None => fact(p, "contract-reconciliation", p.t("contract-reconciliation-none")),
    });
    facts.push(match contract.liquidation() {
        Some(known) => fact(p, "contract-liquidation", &*known.number),
        None => fact(p, "contract-liquidation", p.t("contract-liquidation-none")),
    });
    facts
}

fn counting(p: &Chrome, settings: &ClockSettings) -> String {
    let key = match settings.counting {
        Counting::Calendar => "contract-days-calendar",
        Counting::Working => "contract-days-working",
    };
    p.t1(key, "days", settings.days)
}

fn clock(p: &Chrome, contract: &Contract) -> String {
    let open = contract
        .projects()
        .values()
        .filter(|project| project.account.progression == Progression::Running)
        .count();
    match contract.figures().clock {
        Some(clock) => {
            let (from, to) = (format::date(clock.started_on), format::date(clock.due_on));
            p.with("contract-clock-runs", &[("from", &from), ("to", &to)])
        }
        None if open > 0 => p.t1("contract-clock-waits", "count", open),
        None => p.t("contract-clock-never"),
    }
}

fn progress(p: &Chrome, account: &Account) -> String {
    let on = |key: &str, day: NaiveDate| p.t1(key, "day", format::date(day));
    let so_far = match account.progression {
        Progression::Running => p.t("contract-running"),
        Progression::Accepted(day) => on("contract-accepted", day),
        Progression::Ended(day) => on("contract-ended", day),
    };
    if account.concluded {
        format!("{so_far}; {}", p.t("contract-member-concluded"))
    } else {
        so_far
    }
}

fn member(account: &Account) -> MemberView {
    MemberView {
        contracted: account.contracted.to_string(),
        disbursed: account.disbursed.to_string(),
        refunded: account.refunded.to_string(),
        settled: account.settled.to_string(),
        receivable: account.receivable.to_string(),
        ..MemberView::default()
    }
}

fn facts(p: &Chrome, event: &ContractEvent) -> Vec<Fact> {
    match &event.what {
        ContractWhat::ContractConcluded(concluded) => {
            let codes: Vec<&str> = concluded.projects.iter().map(|member| &*member.code).collect();
            vec![
                fact(p, "contract-projects", codes.join("; ")),
                money(p, "contract-value", event.after.value),
                fact(
                    p,
                    "contract-estimate-decision",
                    decision(p, &concluded.terms.estimate.decision),
                ),
            ]
        }
        ContractWhat::AppendixConcluded(appendix) => {
            let mut facts = vec![
                fact(p, "contract-appendix", &*appendix.number),
                fact(p, "decision", decision(p, &appendix.decision)),
                fact(p, "reason", &*appendix.reason),
            ];
            for value in &appendix.values {
                let text = format!("{} → {}", value.before, format::dong(value.value));
                facts.push(Fact::new(&*value.code, text));
            }
            if let Some(estimate) = &appendix.estimate {
                facts.push(money(p, "contract-estimate", estimate.amount));
            }
            if let Some(settlement) = &appendix.settlement {
                facts.push(fact(p, "contract-days", counting(p, settlement)));
            }
            facts
        }
        ContractWhat::ProjectsFollowed(followed) => {
            let each = followed.projects.iter().map(|member| {
                let account = &member.account;
                let money = [
                    ("contract-value", account.contracted),
                    ("money-disbursed", account.disbursed),
                    ("contract-refunded", account.refunded),
                    ("money-settled", account.settled),
                    ("contract-receivable", account.receivable),
                ];
                let mut parts = vec![progress(p, account)];
                let some = money.into_iter().filter(|(_, amount)| *amount > Dong::ZERO);
                parts.extend(some.map(|(key, amount)| format!("{}: {amount}", p.t(key))));
                Fact::new(&*member.code, parts.join("; "))
            });
            each.collect()
        }
        ContractWhat::ContractReconciled(reconciled) => {
            vec![fact(p, "contract-reconciliation", &*reconciled.number)]
        }
        ContractWhat::ContractWoundUp(wound_up) => {
            let mut facts = vec![fact(p, "contract-liquidation", &*wound_up.number)];
            if wound_up.last_of_year {
                facts.push(fact(p, "contract-last-of-year", words::choice(p.lang, "bool", "true")));
            }
            facts.push(money(p, "money-disbursed", event.after.disbursed));
            facts.push(money(p, "money-settled", event.after.settled));
            facts
        }
    }
}
