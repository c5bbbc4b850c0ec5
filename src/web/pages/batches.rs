//! `/ke-hoach/dot/{id}`: one batch with its candidates in their legal order, what puts each before the next, and its decisions.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use dean_aggregates::batch::candidate::{Candidate, RankingFacts, TradeClass};
use dean_aggregates::batch::event::{BatchDecided, CandidatesRanked};
use dean_aggregates::batch::ranking::{
    CleanProduction, Criterion, Precedence, RankedCandidate, RankingSettings, SeveralPlaces,
};
use dean_aggregates::batch::{Batch, BatchEvent, BatchWhat};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Plan;
use uuid::Uuid;

use super::moment::{Asked, Said, acts, asked, bars, change, decision, fact, money, project_href};
use super::plans::{batch_title, title};
use super::project::At;
use super::project_parts::word;
use crate::engine::{AsOf, HistoryEntry};
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::web::views::{
    ApprovedView, BatchPage, CandidateView, Chrome, DecisionItem, DecisionView, Fact, Link, OrderView, RankedView,
    ReasonView,
};
use crate::web::visit::{Page, rendered};
use crate::web::{format, words};

/// What is known of the đề án of a batch: names by the list, the others' by the read models.
struct Names {
    candidates: BTreeMap<Uuid, Candidate>,
    others: BTreeMap<Uuid, String>,
}

impl Names {
    fn of(&self, project: Uuid) -> String {
        let listed = self.candidates.get(&project).map(|candidate| candidate.name.clone());
        listed
            .or_else(|| self.others.get(&project).cloned())
            .unwrap_or_default()
    }
}

/// Shows it.
pub async fn show(
    page: Page,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Result<Response, Problem> {
    let (today, p) = (page.today, page.chrome);
    let rulebook = app.engine.rulebook().await?;
    let Asked { view, moment } = asked::<Batch>(&app, &p, ("/ke-hoach/dot", &id), at.at, "no-such-batch").await?;
    let batch = &view.aggregate;
    let Some(opening) = batch.opening() else {
        return Err(Problem::new(axum::http::StatusCode::NOT_FOUND, "no-such-batch"));
    };
    let plan = app.engine.shown::<Plan>(opening.plan, AsOf::Now).await?;
    let province = plan.as_ref().and_then(|plan| plan.aggregate.province());
    let plan_title = title(&p, &rulebook, province, opening.year, today);
    let candidates = candidates(&view.history);
    let unnamed = batch
        .approved()
        .keys()
        .filter(|project| !candidates.contains_key(*project));
    let names = Names {
        others: app.engine.read_models().names_of(unnamed.copied()).await?,
        candidates,
    };
    let order = view.history.iter().rev().find_map(|entry| match &entry.event.what {
        BatchWhat::CandidatesRanked(ranked) => Some((entry, ranked)),
        _ => None,
    });
    let ranks = |project: Uuid| {
        let holds = batch.ranking().is_some();
        holds && batch.rank_of(project).is_some()
    };
    let unranked = batch
        .candidates()
        .values()
        .filter(|candidate| !ranks(candidate.project));
    let approved = batch.approved().iter().map(|(project, approved)| ApprovedView {
        project: Link::new(&*approved.code, project_href(*project)),
        name: names.of(*project),
        committed: approved.committed.to_string(),
        stopped: approved.stopped,
    });
    let figures = *batch.figures();
    let amounts = batch.candidates().values().map(Candidate::amount);
    let listed = amounts.fold(Dong::ZERO, Dong::saturating_add);
    let decisions = view.history.iter().rev().filter_map(|entry| match &entry.event.what {
        BatchWhat::BatchDecided(decided) => Some(decision_view(&p, &moment.path, entry, decided)),
        _ => None,
    });
    let events = acts(&p, &rulebook, &view.history, |event| Said {
        facts: facts(&p, event),
        note: &event.note,
        papers: &event.papers,
    });
    let has_decided = view
        .history
        .iter()
        .any(|entry| matches!(entry.event.what, BatchWhat::BatchDecided(_)));
    Ok(rendered(&BatchPage {
        plan: Link::new(plan_title, format!("/ke-hoach/{}", opening.plan)),
        title: batch_title(&p, opening.year, opening.number),
        state: words::choice(p.lang, "batch-state", state(batch, has_decided)),
        facts: vec![
            fact(&p, "head-level", words::level(p.lang, opening.level)),
            fact(&p, "plan-authority", &*opening.authority.name),
            fact(&p, "batch-candidates", batch.candidates().len().to_string()),
            fact(&p, "batch-approved", batch.approved().len().to_string()),
        ],
        money_svg: bars(
            &p,
            "batch-chart-title",
            "batch-chart-desc",
            &[
                ("batch-ceiling", figures.ceiling),
                ("plan-approved", figures.approved),
                ("plan-listed", listed),
            ],
        ),
        figures: vec![
            money(&p, "batch-ceiling", figures.ceiling),
            money(&p, "plan-approved", figures.approved),
            money(&p, "batch-left", batch.left()),
            money(&p, "plan-listed", listed),
        ],
        order: order.map(|(entry, ranked)| order_view(&p, batch, &names, entry, ranked)),
        unranked: unranked.map(|candidate| candidate_view(&p, candidate)).collect(),
        approved: approved.collect(),
        decisions: decisions.collect(),
        events,
        moment,
        p,
    }))
}

/// `opened`, `listing`, `ranked` or `decided`, as the read models say.
fn state(batch: &Batch, has_decided: bool) -> &'static str {
    match (batch.candidates().is_empty(), batch.ranking().is_some(), has_decided) {
        (false, true, _) => "ranked",
        (false, false, _) => "listing",
        (true, _, true) => "decided",
        (true, _, false) => "opened",
    }
}

/// Every candidate there ever was, as it came onto the list.
fn candidates(history: &[HistoryEntry<BatchEvent>]) -> BTreeMap<Uuid, Candidate> {
    let added = history.iter().filter_map(|entry| match &entry.event.what {
        BatchWhat::CandidateAdded(candidate) => Some((candidate.project, candidate.clone())),
        _ => None,
    });
    added.collect()
}

fn order_view(
    p: &Chrome,
    batch: &Batch,
    names: &Names,
    entry: &HistoryEntry<BatchEvent>,
    ranked: &CandidatesRanked,
) -> OrderView {
    let ranking = &ranked.ranking;
    let (day, left) = (format::date(entry.event.occurred_on), format::dong(ranking.left));
    let made = p.with(
        "batch-order-made",
        &[
            ("day", &day),
            ("actor", &entry.event.actor_id),
            ("left", &left),
            ("count", &ranking.candidates.len().to_string()),
        ],
    );
    let next_of = |index: usize| ranking.candidates.get(index + 1);
    let rows = ranking.candidates.iter().enumerate().map(|(index, candidate)| {
        let (outcome, class) = outcome(p, batch, candidate);
        let known = names.candidates.get(&candidate.project);
        RankedView {
            rank: candidate.rank,
            project: Link::new(&*candidate.code, project_href(candidate.project)),
            name: names.of(candidate.project),
            grounds: known.map(|known| grounds(p, &known.facts)).unwrap_or_default(),
            amount: candidate.amount.to_string(),
            running: candidate.running.to_string(),
            above: (candidate.above > Dong::ZERO).then(|| p.t1("batch-above", "amount", candidate.above)),
            before_next: candidate
                .before_next
                .as_ref()
                .zip(next_of(index))
                .map(|(precedence, behind)| reason(p, precedence, behind)),
            outcome,
            class,
        }
    });
    OrderView {
        made,
        settings: settings(p, ranking.settings),
        rows: rows.collect(),
    }
}

/// Settings that are not what the law is usually read as.
fn settings(p: &Chrome, settings: RankingSettings) -> Vec<String> {
    let several = match settings.several_places {
        SeveralPlaces::Highest => "batch-places-highest",
        SeveralPlaces::MostSupport => "batch-places-most",
    };
    let clean = match settings.clean_production {
        CleanProduction::After => "batch-clean-after",
        CleanProduction::Before => "batch-clean-before",
    };
    vec![p.t(several), p.t(clean)]
}

/// What became of a ranked candidate.
fn outcome(p: &Chrome, batch: &Batch, candidate: &RankedCandidate) -> (String, &'static str) {
    match batch.approved().get(&candidate.project) {
        Some(approved) if approved.stopped => (p.t("batch-outcome-stopped"), "warn"),
        Some(_) => (p.t("batch-outcome-approved"), "good"),
        None if batch.candidates().contains_key(&candidate.project) => (p.t("batch-outcome-open"), ""),
        None => (p.t("batch-outcome-removed"), "warn"),
    }
}

fn reason(p: &Chrome, precedence: &Precedence, behind: &RankedCandidate) -> ReasonView {
    let value = |value: &str| match precedence.criterion {
        Criterion::Place => words::choice(p.lang, "priority", value),
        Criterion::Trade => words::choice(p.lang, "trade-class", value),
        Criterion::KeyProject => words::choice(p.lang, "batch-key", value),
        Criterion::CleanProduction => words::choice(p.lang, "batch-clean", value),
        Criterion::Capability | Criterion::EffectAndUrgency => value.to_owned(),
    };
    let criterion = words::choice(p.lang, "criterion", &word(&precedence.criterion));
    let text = match precedence.criterion {
        Criterion::Capability | Criterion::EffectAndUrgency => criterion,
        _ => p.with(
            "batch-reason",
            &[
                ("criterion", &criterion),
                ("ahead", &value(&precedence.ahead)),
                ("behind", &value(&precedence.behind)),
            ],
        ),
    };
    ReasonView {
        behind: behind.code.clone(),
        text,
        article: precedence.article.clone(),
        judged: precedence
            .reason
            .as_ref()
            .map(|reason| p.t1("batch-judged", "reason", reason)),
    }
}

/// What a candidate is ranked by.
fn grounds(p: &Chrome, facts: &RankingFacts) -> Vec<String> {
    let mut grounds = Vec::new();
    if facts.key {
        grounds.push(words::choice(p.lang, "batch-key", "yes"));
    }
    if facts.clean_production {
        grounds.push(words::choice(p.lang, "batch-clean", "yes"));
    }
    grounds.extend(facts.places.iter().map(|place| {
        let class = words::choice(p.lang, "priority", &word(&place.class));
        match facts.places.len() {
            1 => class,
            _ => format!("{class}: {}", format::dong(place.support)),
        }
    }));
    if facts.trade() != TradeClass::None {
        grounds.push(words::choice(p.lang, "trade-class", &word(&facts.trade())));
    }
    grounds.extend(
        facts
            .grounds
            .iter()
            .map(|ground| words::choice(p.lang, "ground", ground.as_str())),
    );
    grounds
}

fn candidate_view(p: &Chrome, candidate: &Candidate) -> CandidateView {
    CandidateView {
        project: Link::new(&*candidate.code, project_href(candidate.project)),
        name: candidate.name.clone(),
        grounds: grounds(p, &candidate.facts),
        requested: candidate.requested.to_string(),
        recommended: candidate
            .recommended
            .map_or_else(|| p.t("none-given"), |amount| amount.to_string()),
    }
}

fn decision_view(p: &Chrome, path: &str, entry: &HistoryEntry<BatchEvent>, decided: &BatchDecided) -> DecisionView {
    let items = decided.items.iter().map(|item| DecisionItem {
        project: Link::new(&*item.code, project_href(item.project)),
        what: words::choice(p.lang, "batch-item", item.what.as_str()),
        before: item.before.to_string(),
        after: item.after.to_string(),
        reason: item.what.reason().unwrap_or_default().to_owned(),
    });
    let passed_over = decided.passed_over.iter().map(|passed| {
        let rank = passed.rank.to_string();
        p.with("batch-passed-over", &[("code", &passed.code), ("rank", &rank)])
    });
    let ceiling = entry.event.after.ceiling;
    let sum = p.with(
        "batch-decision-sum",
        &[
            ("before", &decided.before.to_string()),
            ("after", &entry.event.after.approved.to_string()),
            ("ceiling", &ceiling.to_string()),
        ],
    );
    DecisionView {
        title: decision(p, &decided.decision),
        href: format!("{path}?at={}", entry.recorded.position),
        items: items.collect(),
        sum,
        passed_over: passed_over.collect(),
    }
}

fn facts(p: &Chrome, event: &BatchEvent) -> Vec<Fact> {
    match &event.what {
        BatchWhat::BatchOpened(opening) => vec![money(p, "batch-ceiling", opening.ceiling)],
        BatchWhat::CeilingChanged(changed) => vec![
            change(p, "batch-ceiling", changed.before, changed.ceiling),
            fact(p, "reason", &*changed.reason),
        ],
        BatchWhat::CandidateAdded(candidate) => vec![
            fact(p, "project", format!("{} · {}", candidate.code, candidate.name)),
            money(p, "line-support", candidate.requested),
        ],
        BatchWhat::CandidateRemoved(removed) => {
            vec![fact(p, "project", &*removed.code), fact(p, "reason", &*removed.reason)]
        }
        BatchWhat::CandidatesRanked(ranked) => {
            let codes = ranked.ranking.candidates.iter();
            let codes: Vec<String> = codes.map(|one| format!("{}. {}", one.rank, one.code)).collect();
            vec![fact(p, "batch-order", codes.join("; "))]
        }
        BatchWhat::BatchDecided(decided) => {
            let count = |what: &str| decided.items.iter().filter(|item| item.what.as_str() == what).count();
            let kinds = ["approve", "add", "adjust", "stop"].into_iter();
            let kinds: Vec<String> = kinds
                .filter(|kind| count(kind) > 0)
                .map(|kind| format!("{}: {}", words::choice(p.lang, "batch-item", kind), count(kind)))
                .collect();
            vec![
                fact(p, "decision", decision(p, &decided.decision)),
                fact(p, "batch-what", kinds.join("; ")),
                change(p, "batch-approved-sum", decided.before, event.after.approved),
            ]
        }
        BatchWhat::ProjectChanged(changed) => vec![
            fact(p, "project", &*changed.code),
            fact(p, "event", words::event(p.lang, &changed.event)),
            change(p, "batch-committed", changed.before, changed.after),
        ],
    }
}
