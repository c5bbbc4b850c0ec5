//! From the file's shape to a lifecycle: words become kinds, codes become papers, and every reference is checked.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;

use super::raw::{RawCouncil, RawDue, RawLifecycle, RawMain, RawStep, RawUnit};
use super::validate::validate;
use super::{
    ActionKind, Bilingual, CouncilRule, Due, Lifecycle, Problem, RequiredPaper, Share, State, Step, Taker, UnitPattern,
    changes, planning,
};
use crate::actor::{Party, Role};
use crate::project::content::Level;
use crate::published::{Reader, nearest};

pub(super) fn parse(file: &str, text: &str) -> Result<Lifecycle, Vec<Problem>> {
    let mut reader = Reader::new(file, text);
    let raw: RawLifecycle = reader.toml()?;
    reader.title(&raw.title.span(), "the lifecycle", raw.title.get_ref());
    for (code, title) in &raw.papers {
        reader.title(&title.span(), &format!("paper `{code}`"), title.get_ref());
    }
    if let Some(end) = &raw.valid_to
        && *end.get_ref() < raw.valid_from
    {
        reader.problem(&end.span(), "`valid_to` is before `valid_from`", "exchange the dates");
    }
    if let Some(province) = &raw.province
        && raw.level != Level::Local
    {
        reader.problem(
            &province.span(),
            "`province` has no meaning in a national lifecycle",
            "remove it, or write `level = \"local\"`",
        );
    }
    validate(&mut reader, &raw);
    let changes = changes::read(&mut reader, raw.changes);
    let planning = planning::read(&mut reader, raw.level, &raw.planning);
    let history = planning::history(&mut reader, raw.level, raw.history.as_ref());
    let mut lifecycle = Lifecycle {
        history,
        by_name: raw.by_name,
        changes,
        planning,
        units: raw.units.into_iter().map(|unit| unit_of(&mut reader, unit)).collect(),
        steps: raw
            .steps
            .iter()
            .map(|step| step_of(&mut reader, step, &raw.papers))
            .collect(),
        states: raw
            .states
            .into_iter()
            .map(|state| State {
                id: state.id.into_inner(),
                vi: state.vi,
                en: state.en,
                phase: state.phase,
                is_final: state.r#final,
            })
            .collect(),
        code: raw.code,
        version: raw.version,
        valid_from: raw.valid_from,
        valid_to: raw.valid_to.map(Spanned::into_inner),
        level: raw.level,
        province: raw.province.map(Spanned::into_inner),
        title: raw.title.into_inner(),
        money_mode: raw.money_mode,
        archive_years: raw.archive_years,
        state_index: HashMap::new(),
        step_index: HashMap::new(),
        outgoing: Vec::new(),
    };
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| problem.line);
        return Err(reader.problems);
    }
    lifecycle.index();
    Ok(lifecycle)
}

fn unit_of(reader: &mut Reader<'_>, unit: RawUnit) -> UnitPattern {
    if unit.names.is_empty() {
        reader.problem(
            &unit.id.span(),
            "the unit has no name",
            "add `names = [{ from = \"…\", name = \"…\" }]`",
        );
    }
    for pair in unit.names.windows(2) {
        if pair[1].from.get_ref() <= pair[0].from.get_ref() {
            reader.problem(
                &pair[1].from.span(),
                "names must stand in the order of their dates",
                "sort the names by `from`",
            );
        }
    }
    for name in &unit.names {
        if name.name.get_ref().trim().is_empty() {
            reader.problem(&name.name.span(), "the unit's name is empty", "write its name");
        }
    }
    UnitPattern {
        party: unit.party.into_inner(),
        id: unit.id.into_inner(),
        names: unit
            .names
            .into_iter()
            .map(|name| (name.from.into_inner(), name.name.into_inner()))
            .collect(),
    }
}

fn step_of(
    reader: &mut Reader<'_>,
    raw: &RawStep,
    catalogue: &std::collections::BTreeMap<String, Spanned<Bilingual>>,
) -> Step {
    let id = raw.id.get_ref().clone();
    let action = raw.action.get_ref().parse().unwrap_or_else(|_| {
        reader.problem(
            &raw.action.span(),
            format!("there is no action `{}`", raw.action.get_ref()),
            nearest(raw.action.get_ref(), ActionKind::ALL.iter().map(|kind| kind.as_str())),
        );
        ActionKind::Draft
    });
    if action == ActionKind::ReportMonth {
        reader.problem(
            &raw.action.span(),
            "a monthly report is owed beside the lifecycle and is no step of it",
            "write `report-progress`; a monthly report takes that step where it is open",
        );
    }
    let from: Vec<String> = raw.from.iter().map(|state| state.get_ref().clone()).collect();
    let main_from = match &raw.main {
        None | Some(RawMain::Everywhere(false)) => Vec::new(),
        Some(RawMain::Everywhere(true)) => from.clone(),
        Some(RawMain::In(states)) => {
            for state in states {
                if !from.contains(state) {
                    reader.problem(
                        &raw.id.span(),
                        format!("step `{id}` is main in `{state}`, where it can't be taken"),
                        "name states of its `from` list",
                    );
                }
            }
            states.clone()
        }
    };
    let mut papers = Vec::new();
    for (list, required) in [(&raw.papers, true), (&raw.optional_papers, false)] {
        for code in list {
            match catalogue.get(code.get_ref()) {
                Some(title) => papers.push(RequiredPaper {
                    kind: code.get_ref().clone(),
                    vi: title.get_ref().vi.clone(),
                    en: title.get_ref().en.clone(),
                    required,
                }),
                None => reader.problem(
                    &code.span(),
                    format!("there is no paper `{}`", code.get_ref()),
                    nearest(code.get_ref(), catalogue.keys().map(String::as_str)),
                ),
            }
        }
    }
    if raw.by_batch && !matches!(action, ActionKind::Approve | ActionKind::Stop | ActionKind::Adjust) {
        reader.problem(
            &raw.id.span(),
            format!("step `{id}` is `{action}`, which no batch decides"),
            "leave `by_batch` out: a batch approves, stops and adjusts",
        );
    }
    let due = raw
        .due
        .as_ref()
        .and_then(|due| due_of(reader, &due.span(), due.get_ref()));
    Step {
        id,
        action,
        to: raw.to.as_ref().map(|state| state.get_ref().clone()),
        on_fail: raw.on_fail.as_ref().map(|state| state.get_ref().clone()),
        until_all_accepted: raw.until_all_accepted,
        takers: raw.takers.iter().filter_map(|taker| taker_of(reader, taker)).collect(),
        main: !main_from.is_empty(),
        main_from,
        from,
        title: Bilingual {
            vi: raw.vi.clone(),
            en: raw.en.clone(),
        },
        article: raw.article.clone(),
        papers,
        due,
        separate: raw.separate.iter().map(|step| step.get_ref().clone()).collect(),
        authority: raw.authority,
        payment: raw.payment,
        appraisal: raw.appraisal,
        on_request: raw.on_request,
        kinds: raw.kinds.clone(),
        requires: raw.requires.iter().map(|step| step.get_ref().clone()).collect(),
        delegates: raw
            .delegates
            .iter()
            .filter_map(|taker| taker_of(reader, taker))
            .collect(),
        council: raw.council.as_ref().and_then(|council| council_of(reader, council)),
        contract_form: raw.contract_form,
        spread: raw.spread,
        implementers: raw.implementers.clone(),
        by_batch: raw.by_batch,
    }
}

fn council_of(reader: &mut Reader<'_>, raw: &RawCouncil) -> Option<CouncilRule> {
    Some(CouncilRule {
        quorum: share_of(reader, &raw.quorum)?,
        majority: share_of(reader, &raw.majority)?,
    })
}

/// Reads a share, e.g. `2/3`.
fn share_of(reader: &mut Reader<'_>, words: &Spanned<String>) -> Option<Share> {
    let share = words.get_ref().split_once('/').and_then(|(part, whole)| {
        let (part, whole) = (part.trim().parse().ok()?, whole.trim().parse().ok()?);
        (whole <= 1_000 && part <= whole && part > 0).then_some(Share { part, whole })
    });
    if share.is_none() {
        reader.problem(
            &words.span(),
            format!("`{}` is not a share", words.get_ref()),
            "write a share of at most the whole, e.g. `2/3`",
        );
    }
    share
}

/// Reads `party:role`, e.g. `department:department-director`.
pub(super) fn taker_of(reader: &mut Reader<'_>, taker: &Spanned<String>) -> Option<Taker> {
    let words = taker.get_ref();
    let Some((party_word, role_word)) = words.split_once(':') else {
        reader.problem(
            &taker.span(),
            format!("`{words}` is not a taker"),
            "write `party:role`, e.g. `department:department-director`",
        );
        return None;
    };
    let party = Party::ALL.into_iter().find(|party| party.as_str() == party_word);
    if party.is_none() {
        reader.problem(
            &taker.span(),
            format!("there is no party `{party_word}`"),
            nearest(party_word, Party::ALL.iter().map(|party| party.as_str())),
        );
    }
    let role = role_word.parse::<Role>().ok();
    match role {
        None => reader.problem(
            &taker.span(),
            format!("there is no role `{role_word}`"),
            nearest(role_word, Role::ALL.iter().map(|role| role.as_str())),
        ),
        Some(Role::Auditor) => reader.problem(
            &taker.span(),
            "an auditor reads everything and changes nothing",
            "name another role",
        ),
        Some(_) => {}
    }
    Some(Taker {
        party: party?,
        role: role?,
    })
}

fn due_of(reader: &mut Reader<'_>, span: &Range<usize>, raw: &RawDue) -> Option<Due> {
    let rules = [
        raw.by.is_some(),
        raw.before.is_some(),
        raw.days.is_some(),
        raw.monthly_before.is_some(),
        raw.end_of_project,
        raw.next_instalment,
    ];
    if rules.into_iter().filter(|present| *present).count() != 1 {
        reader.problem(
            span,
            "a deadline needs exactly one rule",
            "keep one of `by`, `before`, `days`, `monthly_before`, `end_of_project`, `next_instalment`",
        );
        return None;
    }
    if let Some(days) = raw.days {
        return Some(Due::Days(days));
    }
    if raw.next_instalment {
        return Some(Due::NextInstalment);
    }
    if raw.end_of_project {
        return Some(Due::EndOfProject);
    }
    if let Some(before) = raw.monthly_before {
        if !(2..=29).contains(&before) {
            reader.problem(
                span,
                format!("no month has a deadline before day {before}"),
                "give a day between 2 and 29, which every month has",
            );
            return None;
        }
        return Some(Due::Monthly { before });
    }
    let words = raw.by.as_ref().or(raw.before.as_ref())?;
    let month_day = words.split_once('-').and_then(|(month, day)| {
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A year without 29 February: a deadline must exist every year.
        NaiveDate::from_ymd_opt(2023, month, day).map(|_| (month, day))
    });
    let Some((month, day)) = month_day else {
        reader.problem(
            span,
            format!("`{words}` is not a day of every year"),
            "write month and day, e.g. `05-20`",
        );
        return None;
    };
    Some(Due::OfYear {
        month,
        day,
        year: raw.year.unwrap_or(0),
        before: raw.before.is_some(),
    })
}
