//! Whether a text can be published, and what it would do: said by `dean text check`, `dean lifecycle check` and `dean publish` alike.

use chrono::{Months, NaiveDate};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::publication::{PublicationKind, same_scope};
use dean_aggregates::published::{Problem, Published, Scope, province_problem};
use dean_aggregates::rules::RuleSet;

use crate::engine::{Rulebook, built_in_scope};

/// Months ahead from which a first day is probably a slip of the pen.
const AHEAD_MAX: Months = Months::new(60);

/// Everything that publishing would refuse in a lifecycle or in norms, among texts that stand.
pub(super) fn problems(file: &str, text: &str, places: &Places) -> Vec<Problem> {
    let kind = PublicationKind::of(text);
    let mut problems = match kind {
        PublicationKind::Lifecycle => Lifecycle::review(file, text),
        PublicationKind::Rules if is_norms(text) => RuleSet::review(file, text),
        PublicationKind::Rules | PublicationKind::Places => Vec::new(),
    };
    problems.extend(province_problem(file, text, places));
    let table: toml::Table = text.parse().unwrap_or_default();
    let code = table.get("code").and_then(toml::Value::as_str).unwrap_or_default();
    if let (Some(stands), Some(given)) = (built_in_scope(kind, code), Scope::of(text))
        && let Err(refusal) = same_scope(code, &stands, given)
    {
        problems.push(Problem {
            file: file.to_owned(),
            line: 1 + text.lines().take_while(|line| !line.starts_with("code")).count(),
            message: format!("a text that comes with the program has this code: {refusal}"),
            fix: "write another `code`, e.g. with the province's at its end".to_owned(),
        });
    }
    problems
}

/// Whether a text holds norms.
pub(super) fn is_norms(text: &str) -> bool {
    let table: toml::Table = text.parse().unwrap_or_default();
    ["kinds", "groups", "settings"]
        .iter()
        .any(|key| table.contains_key(*key))
}

/// What a sound lifecycle or norms would do among the texts that stand: for whom, from when, what they replace, what is left to check.
pub(super) fn effect(file: &str, text: &str, standing: &Rulebook, today: NaiveDate) -> Vec<String> {
    let (valid_from, scope, mut more) = if PublicationKind::of(text) == PublicationKind::Lifecycle {
        let Ok(own) = Lifecycle::parse(file, text) else {
            return Vec::new();
        };
        let found = standing.lifecycle_for(
            (own.level, own.province.as_deref()),
            own.by_name.then_some(own.code.as_str()),
            own.valid_from,
        );
        let named = own
            .by_name
            .then(|| format!("only projects that name `{}` take it (`by_name`)", own.code));
        let replaced = found.ok().map(|known| known.pin.clone());
        let replaced = replaced.map(|pin| (pin, "projects drafted from then on"));
        let names = (own.code().to_owned(), own.version().to_owned());
        let scope = (own.level, own.province.clone());
        (own.valid_from, scope, vec![named, instead(replaced, &names)])
    } else {
        let Ok(own) = RuleSet::parse(file, text) else {
            return Vec::new();
        };
        let province = own.province.as_deref().unwrap_or_default();
        let found = standing.rules_for(own.level, province, own.valid_from);
        let replaced = found.ok().map(|(known, _)| known.pin.clone());
        let replaced = replaced.map(|pin| (pin, "decisions from then on, also of projects that run already"));
        let open = own.kinds.iter().filter(|kind| kind.unverified).count();
        let unverified =
            (open > 0).then(|| format!("{open} of {} support kinds are still `unverified`", own.kinds.len()));
        let names = (own.code().to_owned(), own.version().to_owned());
        let scope = (own.level, own.province.clone());
        (own.valid_from, scope, vec![instead(replaced, &names), unverified])
    };
    let (level, province) = scope;
    let places = standing.places();
    let whose = province.as_deref().and_then(|code| places.province(code, valid_from));
    let whose = match whose {
        Some(province) => format!("{} (`{}`)", province.name, province.code),
        None => Scope { level, province }.to_string(),
    };
    let mut said = vec![format!("for {whose}, from {valid_from}")];
    let far = today.checked_add_months(AHEAD_MAX).is_some_and(|day| day < valid_from);
    more.push(far.then(|| format!("CAUTION: until {valid_from}, more than five years ahead, nothing follows it")));
    said.extend(more.into_iter().flatten());
    said
}

fn instead(
    replaced: Option<(dean_aggregates::project::event::Pin, &str)>,
    (code, version): &(String, String),
) -> Option<String> {
    let Some((pin, of_whom)) = replaced else {
        return Some("nothing held there before".to_owned());
    };
    let is_itself = (&pin.code, &pin.version) == (code, version);
    (!is_itself).then(|| format!("instead of {} {} for {of_whom}", pin.code, pin.version))
}
