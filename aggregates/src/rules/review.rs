//! What the author of norms should know before they are published. Kept apart from reading them, so that a new finding never makes a text
//! unreadable that a ledger holds already.

use std::collections::BTreeSet;

use super::RuleSet;
use super::parse::{RawKind, RawRules};
use crate::project::content::Level;
use crate::published::{Problem, Reader, head};

/// Million đồng. No support comes near it: whoever writes more has written đồng.
const CAP_MAX: u32 = 100_000;

pub(super) fn review(file: &str, text: &str) -> Vec<Problem> {
    let rules = match RuleSet::parse(file, text) {
        Ok(rules) => rules,
        Err(problems) => return problems,
    };
    let mut reader = Reader::new(file, text);
    let raw: RawRules = match reader.toml() {
        Ok(raw) => raw,
        Err(problems) => return problems,
    };
    head::check(&mut reader);
    whose(&mut reader, &raw);
    groups(&mut reader, &raw, &rules);
    for kind in &raw.kinds {
        caps(&mut reader, kind);
        papers(&mut reader, kind);
    }
    reader.problems.sort_by_key(|problem| problem.line);
    reader.problems
}

/// Norms without a province hold wherever a province has none of its own, whatever their level says.
fn whose(reader: &mut Reader<'_>, raw: &RawRules) {
    match (raw.level.get_ref(), &raw.province) {
        (Level::Local, None) => reader.problem(
            &raw.level.span(),
            "these local norms say of no province whose they are; the national ones hold where a province has none",
            "add `province = \"…\"` with the province's code",
        ),
        (Level::National, Some(_)) => reader.problem(
            &raw.level.span(),
            "national norms are no province's own",
            "write `level = \"local\"`, or remove `province`",
        ),
        _ => {}
    }
}

fn groups(reader: &mut Reader<'_>, raw: &RawRules, rules: &RuleSet) {
    for (group, raw) in rules.groups.iter().zip(&raw.groups) {
        let Some((first, place)) = group.first.zip(raw.first.as_ref()) else {
            continue;
        };
        if first > rules.settings.treasury_cap && !raw.after_acceptance {
            reader.problem(
                &place.span(),
                format!(
                    "advance group `{}` pays {first} first, above the `treasury_cap` of {} that holds before acceptance",
                    group.code, rules.settings.treasury_cap
                ),
                "lower `first`, raise `treasury_cap`, or write `after_acceptance = true` for what is paid after acceptance",
            );
        }
    }
}

fn caps(reader: &mut Reader<'_>, kind: &RawKind) {
    let Some(cap) = kind.cap_million.as_ref().filter(|cap| *cap.get_ref() > CAP_MAX) else {
        return;
    };
    let million = cap.get_ref() / 1_000_000;
    let meant = if million > 0 {
        format!("write `cap_million = {million}` for {million} million đồng")
    } else {
        format!("write at most {CAP_MAX}, or leave `cap_million` out where nothing limits the amount")
    };
    reader.problem(
        &cap.span(),
        format!(
            "`cap_million` is in million đồng: {} would be {} billion đồng",
            cap.get_ref(),
            cap.get_ref() / 1_000
        ),
        meant,
    );
}

fn papers(reader: &mut Reader<'_>, kind: &RawKind) {
    let mut seen = BTreeSet::new();
    for paper in kind.rest_papers.iter().chain(&kind.optional_rest_papers) {
        if !seen.insert(paper.get_ref()) {
            reader.problem(
                &paper.span(),
                format!(
                    "support kind `{}` names the paper `{}` twice",
                    kind.code.get_ref(),
                    paper.get_ref()
                ),
                "remove one: a paper stands in `rest_papers` if it is required, else in `optional_rest_papers`",
            );
        }
    }
}
