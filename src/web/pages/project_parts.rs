//! The parts of a project's page that come from its aggregate.

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::{PersonalId, PersonalText};
use dean_aggregates::project::Project;
use dean_aggregates::project::content::{Beneficiary, SupportLine};
use dean_aggregates::project::event::What;
use serde::Serialize;
use serde_json::Value;

use super::due;
use crate::engine::{HistoryEntry, ProjectView, Rulebook};
use crate::i18n::Lang;
use crate::remind::basis_in_words;
use crate::web::charts::{self, Bar, Caption};
use crate::web::views::{BeneficiaryView, Chrome, Fact, Head, LineView};
use crate::web::{format, words};

/// Head of the page.
pub fn head(p: &Chrome, view: &ProjectView, rulebook: &Rulebook, today: NaiveDate) -> Head {
    let (lang, project, lifecycle) = (p.lang, &view.project, &view.lifecycle.value);
    let standing = project.standing();
    let unit = |id: &str| {
        let own = project
            .units()
            .into_iter()
            .flat_map(|units| units.values())
            .find(|unit| unit.id == id);
        let named = words::named_unit(rulebook, id, today).or_else(|| own.map(|unit| unit.name.clone()));
        named.unwrap_or_else(|| id.to_owned())
    };
    let waiting = standing
        .waiting
        .iter()
        .map(|who| format!("{}, {}", words::role(lang, who.role.as_str()), unit(&who.unit)));
    let content = project.content();
    let drafted_on = view.history.first().map_or(today, |first| first.recorded.occurred_on);
    let mut facts = vec![
        Fact::new(p.t("head-code"), project.code().unwrap_or_default()),
        Fact::new(
            p.t("head-level"),
            project
                .level()
                .map(|level| words::level(lang, level))
                .unwrap_or_default(),
        ),
        Fact::new(
            p.t("head-year"),
            project.plan_year().map(|year| year.to_string()).unwrap_or_default(),
        ),
        Fact::new(
            p.t("head-province"),
            words::province_then_and_now(
                lang,
                rulebook,
                project.province().unwrap_or_default(),
                drafted_on,
                today,
            ),
        ),
    ];
    if let Some(content) = content {
        facts.push(Fact::new(
            p.t("head-kind"),
            words::choice(lang, "kind", &word(&content.kind)),
        ));
        let days = [
            ("from", format::date(content.starts_on)),
            ("to", format::date(content.ends_on)),
        ];
        facts.push(Fact::new(
            p.t("head-time"),
            p.with("days-range", &days.each_ref().map(|(name, day)| (*name, day.as_str()))),
        ));
    }
    for (party, unit) in project.units().into_iter().flatten() {
        facts.push(Fact::new(
            words::choice(lang, "party", party.as_str()),
            words::unit_then_and_now(lang, rulebook, unit, today),
        ));
    }
    let title = words::pick(lang, &lifecycle.title);
    facts.push(Fact::new(
        p.t("head-lifecycle"),
        p.with("lifecycle-line", &[("title", title), ("version", &lifecycle.version)]),
    ));
    if let Some(row) = project.imported() {
        let number = row.row.to_string();
        let params = [("file", row.file.as_str()), ("row", &number), ("sha256", &row.sha256)];
        facts.push(Fact::new(p.t("head-imported"), p.with("imported-from", &params)));
    }
    let is_fallback = |entry: &HistoryEntry| match &entry.event.what {
        What::Approved(approved) => approved.fallback_norms,
        What::Imported(imported) => imported.fallback_norms,
        _ => false,
    };
    if view.history.iter().any(is_fallback) {
        facts.push(Fact::new(p.t("head-fallback"), p.t("fallback-norms")));
    }
    if let Some(basis) = standing.due_basis.as_deref() {
        facts.push(Fact::new(p.t("head-due-basis"), basis_in_words(lang, basis)));
    }
    let (version, position) = (view.version.to_string(), view.position.to_string());
    facts.push(Fact::new(
        p.t("head-version"),
        p.with("version-line", &[("version", &version), ("position", &position)]),
    ));
    Head {
        id: view.id.to_string(),
        code: project.code().unwrap_or_default().to_owned(),
        name: content.map(|content| content.name.clone()).unwrap_or_default(),
        phase: words::phase(lang, standing.phase.as_str()),
        state: words::state(lang, lifecycle, &standing.state),
        waiting: waiting.collect(),
        next_step: standing
            .next_step
            .as_deref()
            .map(|step| words::step(lang, lifecycle, step)),
        due: due(lang, rulebook, standing.due_on, today),
        facts,
    }
}

/// The word that a unit variant has in data.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Approved, advanced, settled as bars.
pub fn money_chart(p: &Chrome, project: &Project) -> String {
    let money = project.figures();
    let bar = |key: &str, amount: Dong| Bar {
        label: p.t(key),
        value: amount.get(),
        text: format::million(amount.get()),
    };
    let bars = [
        bar("money-approved", money.approved),
        bar("money-disbursed", money.disbursed),
        bar("money-settled", money.settled),
    ];
    let (title, description, unit, empty) = (
        p.t("money-chart-title"),
        p.t("money-chart-desc"),
        p.t("unit-million"),
        p.t("chart-empty"),
    );
    charts::bars(
        Caption {
            id: "c-money",
            title: &title,
            description: &description,
            unit: &unit,
            empty: &empty,
        },
        &bars,
    )
}

/// The figures; those that stay zero in most lives only when they are not.
pub fn figures(p: &Chrome, project: &Project) -> Vec<Fact> {
    let money = project.figures();
    let always = [
        ("figure-total", money.total),
        ("figure-requested", money.requested),
        ("figure-approved", money.approved),
        ("figure-contracted", money.contracted),
        ("figure-disbursed", money.disbursed),
        ("figure-settled", money.settled),
    ];
    let sometimes = [
        ("figure-refunded", money.refunded),
        ("figure-receivable", money.receivable),
        ("figure-repaid", money.repaid),
    ];
    let shown = always
        .into_iter()
        .chain(sometimes.into_iter().filter(|(_, amount)| *amount != Dong::ZERO));
    shown
        .map(|(key, amount)| Fact::new(p.t(key), format::dong(amount)))
        .collect()
}

/// The support lines.
pub fn lines(p: &Chrome, project: &Project, rulebook: &Rulebook, today: NaiveDate) -> Vec<LineView> {
    let Some(content) = project.content() else {
        return Vec::new();
    };
    let none = || p.t("none-given");
    content
        .lines
        .iter()
        .map(|line| {
            let beneficiary = content
                .beneficiaries
                .iter()
                .find(|one| Some(one.number) == line.beneficiary);
            let approved = project
                .approved_lines()
                .iter()
                .find(|approved| approved.line == line.number);
            LineView {
                number: line.number,
                item: line.item.clone(),
                kind: words::support_kind(p.lang, rulebook, &line.kind),
                cap: match approved {
                    None if !project.ended_without_money() => cap(p, project, rulebook, (line, today)),
                    _ => None,
                },
                beneficiary: beneficiary.map_or_else(none, |one| personal(p, Some(&one.name))),
                place: words::place(rulebook, &line.place, today),
                source: format!(
                    "{} {}",
                    words::choice(p.lang, "source", line.source.as_str()),
                    line.year
                ),
                cost: line.cost.to_string(),
                support: line.support.to_string(),
                approved: approved.map_or_else(none, |approved| approved.support.to_string()),
                counterpart: line.counterpart.to_string(),
            }
        })
        .collect()
}

/// What an approval of today would allow a line, while none has decided on it. Judged then, and by the norms of that day.
fn cap(p: &Chrome, project: &Project, rulebook: &Rulebook, (line, today): (&SupportLine, NaiveDate)) -> Option<String> {
    let norms = rulebook.rules_for(project.level()?, project.province()?, today);
    let (norms, _) = norms.ok()?;
    let limit = norms.value.limit(norms.value.kind(&line.kind)?, line);
    let key = if line.support > limit.limit {
        "line-cap-exceeded"
    } else {
        "line-cap"
    };
    let text = format!("{} {}", norms.pin.code, norms.pin.version);
    Some(p.with(key, &[("text", text.as_str()), ("formula", &limit.formula)]))
}

/// The beneficiaries.
pub fn beneficiaries(p: &Chrome, project: &Project, rulebook: &Rulebook, today: NaiveDate) -> Vec<BeneficiaryView> {
    let all = project
        .content()
        .map(|content| content.beneficiaries.as_slice())
        .unwrap_or_default();
    all.iter()
        .map(|one| BeneficiaryView {
            number: one.number,
            name: personal(p, Some(&one.name)),
            legal_form: words::choice(p.lang, "legal_form", &word(&one.legal_form)),
            tax_code: tax_codes(p, one),
            place: words::place(rulebook, &one.place, today),
            trade: words::choice(p.lang, "trade", &word(&one.trade)),
        })
        .collect()
}

fn tax_codes(p: &Chrome, one: &Beneficiary) -> String {
    let shown = |code: &PersonalId| code.get().map_or_else(|| p.t("erased"), str::to_owned);
    let codes: Vec<String> = one.tax_code.iter().chain(&one.former_tax_code).map(shown).collect();
    if codes.is_empty() {
        p.t("none-given")
    } else {
        codes.join(" · ")
    }
}

fn personal(p: &Chrome, text: Option<&PersonalText>) -> String {
    match text {
        Some(text) => text.get().map_or_else(|| p.t("erased"), str::to_owned),
        None => p.t("none-given"),
    }
}

/// The parts of the proposal that are text (TT 36/2013 Đ5).
pub fn body(lang: Lang, project: &Project) -> Vec<Fact> {
    let Some(content) = project.content() else {
        return Vec::new();
    };
    let body = &content.body;
    let parts = [
        ("necessity", &body.necessity),
        ("objectives", &body.objectives),
        ("scale", &body.scale),
        ("activities", &body.activities),
        ("organisation", &body.organisation),
        ("effects", &body.effects),
    ];
    parts
        .into_iter()
        .map(|(name, text)| Fact::new(words::label(lang, "draft", name), text.clone()))
        .collect()
}
