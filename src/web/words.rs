//! Words of the domain in the visitor's language: labels of fields, choices, roles, states, steps, units, places.

use chrono::NaiveDate;
use dean_aggregates::actor::Unit;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::project::content::{Level, Place};
use dean_aggregates::published::Bilingual;
use dean_aggregates::rules::RuleSet;

use crate::engine::Rulebook;
use crate::i18n::{self, Lang};

/// Label of a field. The longest text whose key ends the path counts: `content.lines.0.cost` is labelled by `field-content-lines-cost`,
/// `field-lines-cost` or `field-cost`. A kind of action may label its own field: `field-register-priority`.
pub fn label(lang: Lang, kind: &str, path: &str) -> String {
    found(lang, kind, path, "").unwrap_or_else(|| path.to_owned())
}

/// Hint of a field, where there is one.
pub fn hint(lang: Lang, kind: &str, path: &str) -> String {
    // The hint belongs to the text that labels the field, not to a shorter one.
    let key = key_of(lang, kind, path);
    key.and_then(|key| i18n::find(lang, &format!("{key}.hint"), &[]))
        .unwrap_or_default()
}

fn found(lang: Lang, kind: &str, path: &str, attribute: &str) -> Option<String> {
    i18n::find(lang, &format!("{}{attribute}", key_of(lang, kind, path)?), &[])
}

fn key_of(lang: Lang, kind: &str, path: &str) -> Option<String> {
    let parts: Vec<&str> = path
        .split('.')
        .filter(|part| *part != "*" && part.parse::<usize>().is_err())
        .collect();
    let own = format!("field-{kind}-{}", parts.join("-"));
    let shorter = (0..parts.len()).map(|start| format!("field-{}", parts[start..].join("-")));
    std::iter::once(own)
        .chain(shorter)
        .find(|key| i18n::find(lang, key, &[]).is_some())
}

/// The words of a choice: `payment` and `first` → «Tạm ứng lần một».
pub fn choice(lang: Lang, path: &str, word: &str) -> String {
    let field = path.rsplit('.').next().unwrap_or(path);
    i18n::find(lang, &format!("{field}-{word}"), &[]).unwrap_or_else(|| word.to_owned())
}

/// A role.
pub fn role(lang: Lang, word: &str) -> String {
    choice(lang, "role", word)
}

/// A phase.
pub fn phase(lang: Lang, word: &str) -> String {
    choice(lang, "phase", word)
}

/// An event type.
pub fn event(lang: Lang, name: &str) -> String {
    i18n::find(lang, &format!("event-{name}"), &[]).unwrap_or_else(|| name.to_owned())
}

/// A region.
pub fn region(lang: Lang, word: &str) -> String {
    choice(lang, "region", word)
}

/// A money rule.
pub fn rule(lang: Lang, word: &str) -> String {
    i18n::find(lang, &format!("rule-{word}"), &[]).unwrap_or_else(|| i18n::text(lang, "rule-other", &[]))
}

/// Of a text in both languages, the visitor's.
pub fn pick(lang: Lang, text: &Bilingual) -> &str {
    lang.pick(&text.vi, &text.en)
}

/// A state of a lifecycle.
pub fn state(lang: Lang, lifecycle: &Lifecycle, id: &str) -> String {
    lifecycle
        .state(id)
        .map_or(id, |state| lang.pick(&state.vi, &state.en))
        .to_owned()
}

/// A kind of paper that a step of the lifecycle asks for.
pub fn paper(lang: Lang, lifecycle: &Lifecycle, kind: &str) -> String {
    lifecycle
        .steps
        .iter()
        .flat_map(|step| &step.papers)
        .find(|paper| paper.kind == kind)
        .map_or(kind, |paper| lang.pick(&paper.vi, &paper.en))
        .to_owned()
}

/// A step of a lifecycle.
pub fn step(lang: Lang, lifecycle: &Lifecycle, id: &str) -> String {
    lifecycle
        .step(id)
        .map(|step| pick(lang, &step.title).to_owned())
        // What a contract tells its đề án is no step; it is named as the event is.
        .or_else(|| i18n::find(lang, &format!("event-{id}"), &[]))
        .unwrap_or_else(|| id.to_owned())
}

/// A province.
pub fn province(rulebook: &Rulebook, code: &str, day: NaiveDate) -> String {
    rulebook
        .places()
        .province(code, day)
        .map_or_else(|| code.to_owned(), |province| province.name.clone())
}

/// A province as it was called on a day, with what it has become by another: «Hà Giang (nay là Tuyên Quang)».
pub fn province_then_and_now(lang: Lang, rulebook: &Rulebook, code: &str, then: NaiveDate, now: NaiveDate) -> String {
    let name_now = rulebook.places().became(code, now).map(|became| became.name.clone());
    then_and_now(lang, province(rulebook, code, then), name_now)
}

/// A name of an earlier day with today's, where they differ.
fn then_and_now(lang: Lang, then: String, now: Option<String>) -> String {
    match now.filter(|now| *now != then) {
        Some(now) => i18n::text(lang, "name-now", &[("then", &then), ("now", &now)]),
        None => then,
    }
}

/// A place in one line.
pub fn place(rulebook: &Rulebook, place: &Place, day: NaiveDate) -> String {
    let parts = [
        place.commune.clone(),
        place.district.clone(),
        Some(province(rulebook, &place.province, day)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A unit's name on a day; its id when nothing names it (an implementer's, say).
pub fn unit(rulebook: &Rulebook, id: &str, day: NaiveDate) -> String {
    named_unit(rulebook, id, day).unwrap_or_else(|| id.to_owned())
}

/// A unit's name on a day: by the list of agencies, else by the patterns of the lifecycles. Of a province that was taken in, its successor's.
pub fn named_unit(rulebook: &Rulebook, id: &str, day: NaiveDate) -> Option<String> {
    rulebook.named_unit(id, day)
}

/// A unit of a project as it was called when it was drafted, with what it is called on a day.
pub fn unit_then_and_now(lang: Lang, rulebook: &Rulebook, unit: &Unit, now: NaiveDate) -> String {
    then_and_now(lang, unit.name.clone(), named_unit(rulebook, &unit.id, now))
}

/// A kind of support, by the newest rule set that knows it.
pub fn support_kind(lang: Lang, rulebook: &Rulebook, code: &str) -> String {
    let known = rulebook
        .rule_sets()
        .iter()
        .rev()
        .find_map(|rules| rules.value.kind(code));
    known.map_or_else(
        || code.to_owned(),
        |kind| format!("{code} · {}", pick(lang, &kind.title)),
    )
}

/// The kinds of support that a rule set knows: code and title.
pub fn support_kinds(lang: Lang, rules: Option<&RuleSet>) -> Vec<(String, String)> {
    rules
        .into_iter()
        .flat_map(|rules| &rules.kinds)
        .map(|kind| {
            (
                kind.code.clone(),
                format!("{} · {}", kind.code, pick(lang, &kind.title)),
            )
        })
        .collect()
}

/// The lifecycles of a programme, and of a province where it is local, that are in force on a day: code and title, each code once.
pub fn lifecycles(
    lang: Lang,
    rulebook: &Rulebook,
    programme: (Level, Option<&str>),
    day: NaiveDate,
) -> Vec<(String, String)> {
    let mut codes: Vec<&str> = rulebook
        .lifecycles()
        .iter()
        .map(|known| known.pin.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
        .into_iter()
        .filter_map(|code| rulebook.lifecycle_for(programme, Some(code), day).ok())
        .map(|found| (found.pin.code.clone(), pick(lang, &found.value.title).to_owned()))
        .collect()
}

/// A programme.
pub fn level(lang: Lang, level: Level) -> String {
    choice(lang, "level", level.as_str())
}

#[cfg(test)]
mod tests {
    use dean_aggregates::form::{self, FieldKind};
    use dean_aggregates::lifecycle::ActionKind;

    use super::*;

    #[test]
    fn every_field_and_every_choice_has_words_in_both_languages() {
        for lang in Lang::ALL {
            let papers = form::paper_fields().into_iter().map(|field| (ActionKind::Draft, field));
            let fields = ActionKind::ALL
                .iter()
                .flat_map(|kind| form::fields(*kind).into_iter().map(|field| (*kind, field)));
            for (kind, field) in fields.chain(papers) {
                let label = label(lang, kind.as_str(), &field.name);
                assert_ne!(label, field.name, "{kind}: {} has no {} label", field.name, lang.tag());
                if let FieldKind::Choice(words) = field.kind {
                    for word in words {
                        assert_ne!(
                            &choice(lang, &field.name, word),
                            word,
                            "{kind}: {} has no {} word for {word}",
                            field.name,
                            lang.tag()
                        );
                    }
                }
            }
            for kind in ActionKind::ALL {
                assert_ne!(choice(lang, "action", kind.as_str()), kind.as_str());
            }
            for word in dean_aggregates::actor::Role::ALL {
                assert_ne!(role(lang, word.as_str()), word.as_str());
            }
            for word in dean_aggregates::project::standing::Phase::ALL {
                assert_ne!(phase(lang, word.as_str()), word.as_str());
            }
        }
    }

    #[test]
    fn the_longest_fitting_label_counts() {
        assert_eq!(
            label(Lang::Vi, "draft", "content.beneficiaries.3.name"),
            "Tên đơn vị thụ hưởng"
        );
        assert_eq!(
            label(Lang::Vi, "register", "priority"),
            "Thứ tự ưu tiên trong danh mục của tỉnh"
        );
        assert_eq!(
            label(Lang::Vi, "draft", "content.lines.0.place.priority"),
            "Địa bàn ưu tiên"
        );
        for (kind, path, words) in [
            ("appraise", "council.minutes", "Số biên bản họp hội đồng"),
            ("verify-on-site", "minutes", "Số biên bản kiểm tra thực tế"),
            ("accept", "minutes", "Số biên bản nghiệm thu"),
        ] {
            assert_eq!(label(Lang::Vi, kind, path), words);
        }
    }
}
