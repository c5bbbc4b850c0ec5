//! What must hold between the parts of a lifecycle: references, one start, no dead ends, somebody for every step.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::raw::{RawLifecycle, RawStep};
use crate::published::{Bilingual, Reader, nearest};

pub(super) fn validate(reader: &mut Reader<'_>, raw: &RawLifecycle) {
    let states: BTreeSet<&str> = raw.states.iter().map(|state| state.id.get_ref().as_str()).collect();
    let steps: BTreeSet<&str> = raw.steps.iter().map(|step| step.id.get_ref().as_str()).collect();
    unique(reader, "state", raw.states.iter().map(|state| &state.id));
    unique(reader, "step", raw.steps.iter().map(|step| &step.id));
    for state in &raw.states {
        let title = Bilingual {
            vi: state.vi.clone(),
            en: state.en.clone(),
        };
        reader.title(&state.id.span(), &format!("state `{}`", state.id.get_ref()), &title);
    }
    let parties: BTreeSet<&str> = raw.units.iter().map(|unit| unit.party.get_ref().as_str()).collect();
    for step in &raw.steps {
        check_step(reader, step, &states, &steps, &parties);
    }
    check_start(reader, raw);
    check_paths(reader, raw, &states);
}

fn unique<'a>(reader: &mut Reader<'_>, what: &str, ids: impl Iterator<Item = &'a Spanned<String>>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.get_ref()) {
            reader.problem(
                &id.span(),
                format!("{what} `{}` stands here twice", id.get_ref()),
                "rename or remove one",
            );
        }
    }
}

fn check_step(
    reader: &mut Reader<'_>,
    step: &RawStep,
    states: &BTreeSet<&str>,
    steps: &BTreeSet<&str>,
    parties: &BTreeSet<&str>,
) {
    let id = step.id.get_ref();
    let title = Bilingual {
        vi: step.vi.clone(),
        en: step.en.clone(),
    };
    reader.title(&step.id.span(), &format!("step `{id}`"), &title);
    for state in step.from.iter().chain(&step.to).chain(&step.on_fail) {
        if !states.contains(state.get_ref().as_str()) {
            reader.problem(
                &state.span(),
                format!("there is no state `{}`", state.get_ref()),
                nearest(state.get_ref(), states.iter().copied()),
            );
        }
    }
    for other in step.separate.iter().chain(&step.requires) {
        if !steps.contains(other.get_ref().as_str()) {
            reader.problem(
                &other.span(),
                format!("there is no step `{}`", other.get_ref()),
                nearest(other.get_ref(), steps.iter().copied()),
            );
        }
    }
    if step.takers.is_empty() {
        reader.problem(
            &step.id.span(),
            format!("nobody may take step `{id}`"),
            "add `takers = [\"party:role\"]`",
        );
    }
    for taker in step.takers.iter().chain(&step.delegates) {
        if let Some((party, _)) = taker.get_ref().split_once(':')
            && party != "oversight"
            && !parties.contains(party)
        {
            reader.problem(
                &taker.span(),
                format!("no unit stands for party `{party}`"),
                format!("add `[[units]]` with `party = \"{party}\"`"),
            );
        }
    }
    let needs = match step.action.get_ref().as_str() {
        "disburse" => Some(("payment", step.payment.is_some())),
        "appraise" => Some(("appraisal", step.appraisal.is_some())),
        "adjust" => Some(("authority", step.authority.is_some())),
        "stop" => Some(("on_request", step.on_request.is_some())),
        _ => None,
    };
    if let Some((key, false)) = needs {
        reader.problem(
            &step.id.span(),
            format!("step `{id}` doesn't say which `{key}` it is"),
            format!("add `{key} = …`"),
        );
    }
}

fn check_start(reader: &mut Reader<'_>, raw: &RawLifecycle) {
    let start = 0..0;
    let starts: Vec<&RawStep> = raw.steps.iter().filter(|step| step.from.is_empty()).collect();
    if starts.is_empty() {
        reader.problem(
            &start,
            "no step starts a life",
            "give the step with `action = \"draft\"` an empty `from`",
        );
    }
    for (index, step) in starts.iter().enumerate() {
        if index > 0 {
            reader.problem(
                &step.id.span(),
                format!("step `{}` is a second start", step.id.get_ref()),
                "name the states from which it may be taken",
            );
        }
        if step.to.is_none() {
            reader.problem(&step.id.span(), "the start leads to no state", "add `to = …`");
        }
    }
    for step in &raw.steps {
        if (step.action.get_ref() == "draft") != step.from.is_empty() {
            reader.problem(
                &step.id.span(),
                format!("step `{}`: `draft`, and only `draft`, starts a life", step.id.get_ref()),
                "give `draft` an empty `from`, and every other step its states",
            );
        }
    }
}

/// Every state can be reached, and one can leave it towards another state unless it is final.
fn check_paths(reader: &mut Reader<'_>, raw: &RawLifecycle, states: &BTreeSet<&str>) {
    let mut ways: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    for step in &raw.steps {
        for target in step.to.iter().chain(&step.on_fail) {
            if step.from.is_empty() {
                reached.insert(target.get_ref());
            }
            for from in &step.from {
                if from.get_ref() != target.get_ref() {
                    ways.entry(from.get_ref()).or_default().insert(target.get_ref());
                }
            }
        }
    }
    let mut open: Vec<&str> = reached.iter().copied().collect();
    while let Some(state) = open.pop() {
        for next in ways.get(state).into_iter().flatten() {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    for state in &raw.states {
        let id = state.id.get_ref().as_str();
        if !reached.contains(id) && states.contains(id) {
            reader.problem(
                &state.id.span(),
                format!("no path leads to state `{id}`"),
                "add a step with this state as `to`, or remove the state",
            );
        }
        if !state.r#final && !ways.contains_key(id) {
            reader.problem(
                &state.id.span(),
                format!("no step leads out of state `{id}`"),
                "add a step from it, or mark it `final = true`",
            );
        }
    }
}
