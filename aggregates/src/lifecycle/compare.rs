//! What differs between two versions of a lifecycle, in words that an official can check against the decision that changed it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use super::{ChangeRule, Due, Lifecycle, RequiredPaper, Step, Taker};
use crate::plan::authority::Power;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about, e.g. `step approve («Phê duyệt»)`.
    pub subject: String,
    /// What changed, e.g. `papers added: y-kien-so`.
    pub change: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.change)
    }
}

/// Differences under construction.
struct Differences(Vec<Difference>);

impl Differences {
    fn note(&mut self, subject: &str, change: impl Into<String>) {
        self.0.push(Difference {
            subject: subject.to_owned(),
            change: change.into(),
        });
    }

    fn value<T: PartialEq>(&mut self, subject: &str, what: &str, (old, new): (&T, &T), words: impl Fn(&T) -> String) {
        if old != new {
            self.note(subject, format!("{what} changed from {} to {}", words(old), words(new)));
        }
    }

    /// Members of a list that came and went; their order says nothing.
    fn members(&mut self, subject: &str, what: &str, old: Vec<String>, new: Vec<String>) {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.into_iter().collect(), new.into_iter().collect());
        for (verb, gone, there) in [("added", &old, &new), ("removed", &new, &old)] {
            let list: Vec<&str> = there.difference(gone).map(String::as_str).collect();
            if !list.is_empty() {
                self.note(subject, format!("{what} {verb}: {}", list.join(", ")));
            }
        }
    }
}

impl Lifecycle {
    /// What a project would meet otherwise under `new` than under this version. Comments and the order of the text don't count.
    pub fn differences(&self, new: &Self) -> Vec<Difference> {
        let mut found = Differences(Vec::new());
        heads(&mut found, self, new);
        states(&mut found, self, new);
        steps(&mut found, self, new);
        found.0
    }
}

fn heads(found: &mut Differences, old: &Lifecycle, new: &Lifecycle) {
    let it = "the lifecycle";
    let open = |day: &Option<chrono::NaiveDate>| day.map_or_else(|| "open".to_owned(), |day| day.to_string());
    found.value(it, "code", (&old.code, &new.code), Clone::clone);
    found.value(it, "version", (&old.version, &new.version), Clone::clone);
    found.value(it, "title", (&old.title.vi, &new.title.vi), |title| {
        format!("«{title}»")
    });
    found.value(it, "English title", (&old.title.en, &new.title.en), |title| {
        format!("“{title}”")
    });
    found.value(
        it,
        "first day in force",
        (&old.valid_from, &new.valid_from),
        ToString::to_string,
    );
    found.value(it, "last day in force", (&old.valid_to, &new.valid_to), open);
    found.value(it, "programme", (&old.level, &new.level), |level| {
        level.as_str().to_owned()
    });
    found.value(it, "province", (&old.province, &new.province), |province| {
        province.clone().unwrap_or_else(|| "any".to_owned())
    });
    found.value(it, "money mode", (&old.money_mode, &new.money_mode), |mode| {
        mode.as_str().to_owned()
    });
    found.value(
        it,
        "years of keeping the file",
        (&old.archive_years, &new.archive_years),
        ToString::to_string,
    );
    found.value(it, "choice", (&old.by_name, &new.by_name), |by_name| {
        if *by_name { "by name only" } else { "as the rule" }.to_owned()
    });
    let row = |rule: &ChangeRule| {
        let kinds: Vec<String> = rule.kinds.iter().map(word).collect();
        let of = if kinds.is_empty() {
            String::new()
        } else {
            format!(" of {}", kinds.join(", "))
        };
        format!(
            "{}{of} by the {} ({})",
            rule.what.as_str(),
            rule.authority.as_str(),
            rule.article
        )
    };
    let rows = |lifecycle: &Lifecycle| lifecycle.changes.iter().map(row).collect();
    found.members(it, "change decided", rows(old), rows(new));
    let power = |power: &Power| {
        let (takers, delegates) = (takers(&power.takers), takers(&power.delegates));
        let signing = if delegates.is_empty() {
            String::new()
        } else {
            format!(", signed for by {}", delegates.join(" or "))
        };
        format!(
            "{} by {}{signing} ({})",
            power.act.as_str(),
            takers.join(" or "),
            power.article
        )
    };
    let powers = |lifecycle: &Lifecycle| lifecycle.planning.iter().map(power).collect();
    found.members(it, "act on plans and batches", powers(old), powers(new));
    let unit = |lifecycle: &Lifecycle| {
        let names = |names: &[(chrono::NaiveDate, String)]| {
            let each: Vec<String> = names.iter().map(|(from, name)| format!("{name} from {from}")).collect();
            each.join(", then ")
        };
        let patterns = lifecycle.units.iter();
        patterns
            .map(|unit| format!("{} {} ({})", unit.party.as_str(), unit.id, names(&unit.names)))
            .collect()
    };
    found.members(it, "unit", unit(old), unit(new));
}

fn states(found: &mut Differences, old: &Lifecycle, new: &Lifecycle) {
    for state in &new.states {
        if old.state(&state.id).is_none() {
            found.note(&format!("state {} («{}»)", state.id, state.vi), "added");
        }
    }
    for state in &old.states {
        let subject = format!("state {} («{}»)", state.id, state.vi);
        let Some(now) = new.state(&state.id) else {
            found.note(&subject, "removed; projects in it can't move to this version");
            continue;
        };
        found.value(&subject, "title", (&state.vi, &now.vi), |title| format!("«{title}»"));
        found.value(&subject, "English title", (&state.en, &now.en), |title| {
            format!("“{title}”")
        });
        found.value(&subject, "phase", (&state.phase, &now.phase), |phase| {
            phase.as_str().to_owned()
        });
        found.value(
            &subject,
            "a life may end in it",
            (&state.is_final, &now.is_final),
            yes_no,
        );
    }
}

fn steps(found: &mut Differences, old: &Lifecycle, new: &Lifecycle) {
    for step in &new.steps {
        if old.step(&step.id).is_none() {
            let from = if step.from.is_empty() {
                "the start".to_owned()
            } else {
                step.from.join(", ")
            };
            found.note(
                &subject(step),
                format!("added: from {from}, taken by {}", takers(&step.takers).join(" or ")),
            );
        }
    }
    for step in &old.steps {
        match new.step(&step.id) {
            Some(now) => compare_step(found, step, now),
            None => found.note(&subject(step), "removed"),
        }
    }
}

fn subject(step: &Step) -> String {
    format!("step {} («{}»)", step.id, step.title.vi)
}

fn compare_step(found: &mut Differences, old: &Step, new: &Step) {
    let it = subject(old);
    let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "the same state".to_owned());
    found.value(&it, "title", (&old.title.vi, &new.title.vi), |title| {
        format!("«{title}»")
    });
    found.value(&it, "English title", (&old.title.en, &new.title.en), |title| {
        format!("“{title}”")
    });
    found.value(&it, "action", (&old.action, &new.action), ToString::to_string);
    found.value(&it, "article", (&old.article, &new.article), |article| {
        format!("“{article}”")
    });
    found.members(&it, "states it may be taken in", old.from.clone(), new.from.clone());
    found.value(&it, "state after it", (&old.to, &new.to), state);
    found.value(
        &it,
        "state after a failed appraisal",
        (&old.on_fail, &new.on_fail),
        state,
    );
    let stays = (&old.until_all_accepted, &new.until_all_accepted);
    found.value(&it, "state stays until every line is accepted", stays, yes_no);
    found.members(&it, "takers", takers(&old.takers), takers(&new.takers));
    found.members(
        &it,
        "signing for a taker",
        takers(&old.delegates),
        takers(&new.delegates),
    );
    found.members(
        &it,
        "states it is awaited in",
        old.main_from.clone(),
        new.main_from.clone(),
    );
    papers(found, &it, &old.papers, &new.papers);
    found.value(&it, "deadline", (&old.due, &new.due), |due| {
        due.as_ref().map_or_else(|| "none".to_owned(), due_words)
    });
    found.members(&it, "not by the taker of", old.separate.clone(), new.separate.clone());
    found.members(&it, "steps that come first", old.requires.clone(), new.requires.clone());
    let kinds = |step: &Step| step.kinds.iter().map(word).collect();
    found.members(&it, "kinds of project", kinds(old), kinds(new));
    found.members(&it, "implementers", old.implementers.clone(), new.implementers.clone());
    found.value(&it, "decided in a batch only", (&old.by_batch, &new.by_batch), yes_no);
    found.value(&it, "authority", (&old.authority, &new.authority), option);
    found.value(&it, "payment", (&old.payment, &new.payment), option);
    found.value(&it, "appraisal", (&old.appraisal, &new.appraisal), option);
    found.value(&it, "on request", (&old.on_request, &new.on_request), option);
    found.value(&it, "contract form", (&old.contract_form, &new.contract_form), option);
    found.value(&it, "provinces", (&old.spread, &new.spread), option);
    found.value(&it, "council", (&old.council, &new.council), |council| {
        council.as_ref().map_or_else(
            || "no rule".to_owned(),
            |rule| format!("{} present, more than {} for it", rule.quorum, rule.majority),
        )
    });
}

fn papers(found: &mut Differences, it: &str, old: &[RequiredPaper], new: &[RequiredPaper]) {
    let of = |papers: &[RequiredPaper], required: bool| {
        let fitting = papers.iter().filter(|paper| paper.required == required);
        fitting
            .map(|paper| format!("{} («{}»)", paper.kind, paper.vi))
            .collect()
    };
    found.members(it, "papers required", of(old, true), of(new, true));
    found.members(it, "papers that may be filed", of(old, false), of(new, false));
    let titles = |papers: &[RequiredPaper]| -> BTreeMap<String, String> {
        papers
            .iter()
            .map(|paper| (paper.kind.clone(), paper.en.clone()))
            .collect()
    };
    let now = titles(new);
    for (kind, title) in titles(old) {
        if let Some(other) = now.get(&kind) {
            found.value(
                it,
                &format!("English name of the paper {kind}"),
                (&title, other),
                |title| format!("“{title}”"),
            );
        }
    }
}

fn takers(takers: &[Taker]) -> Vec<String> {
    takers
        .iter()
        .map(|taker| format!("{}:{}", taker.party.as_str(), taker.role))
        .collect()
}

/// A deadline in words.
fn due_words(due: &Due) -> String {
    match due {
        Due::OfYear {
            month,
            day,
            year,
            before,
        } => {
            let sense = if *before { "before" } else { "by" };
            let of = match year {
                0 => "the plan year".to_owned(),
                years if *years < 0 => format!("{} year(s) before the plan year", years.unsigned_abs()),
                years => format!("{years} year(s) after the plan year"),
            };
            format!("{sense} {day:02}/{month:02} of {of}")
        }
        Due::Days(days) => format!("within {days} days"),
        Due::Monthly { before } => format!("before day {before} of each month"),
        Due::EndOfProject => "the project's last day".to_owned(),
        Due::NextInstalment => "the day of the next instalment".to_owned(),
    }
}

fn yes_no(flag: &bool) -> String {
    if *flag { "yes" } else { "no" }.to_owned()
}

/// The word that stands for a value in the text.
fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn option<T: serde::Serialize>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "none".to_owned(), word)
}
