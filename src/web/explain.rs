//! Refusals in people's words: parameters that are codes of the domain (steps, states, roles, units) are named before they enter a text.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use dean_aggregates::lifecycle::Lifecycle;

use super::views::{Chrome, ErrorPage, ExplainedPage};
use super::visit::{Page, rendered};
use super::{format, words};
use crate::engine::Rulebook;
use crate::http::problem::Problem;
use crate::i18n::{self, Lang};

/// What names the codes in a refusal.
pub struct Names<'a> {
    /// Language.
    pub lang: Lang,
    /// Published texts.
    pub rulebook: &'a Rulebook,
    /// The project's lifecycle.
    pub lifecycle: &'a Lifecycle,
    /// Kind of action, for labels.
    pub kind: &'a str,
    /// Day for names of units.
    pub today: NaiveDate,
}

impl Names<'_> {
    /// What was refused and why; what to do.
    pub fn sentences(&self, code: &str, field: Option<&str>, params: &BTreeMap<String, String>) -> (String, String) {
        let mut named: BTreeMap<String, String> = params
            .iter()
            .map(|(name, value)| (name.clone(), self.named(code, name, value)))
            .collect();
        if let Some(field) = field {
            named
                .entry("label".to_owned())
                .or_insert_with(|| words::label(self.lang, self.kind, field));
        }
        (
            sentence(self.lang, code, "", &named),
            sentence(self.lang, code, ".fix", &named),
        )
    }

    fn named(&self, code: &str, name: &str, value: &str) -> String {
        let lang = self.lang;
        let each = |word: &dyn Fn(&str) -> String| value.split(", ").map(word).collect::<Vec<_>>().join(", ");
        match (code, name) {
            (_, "step" | "other" | "possible") => each(&|id| words::step(lang, self.lifecycle, id)),
            (_, "state") => words::state(lang, self.lifecycle, value),
            (_, "role") | ("not-your-role", "expected") => each(&|word| words::role(lang, word)),
            (_, "unit") | ("not-your-unit" | "wrong-implementer", "expected") => {
                each(&|id| words::unit(self.rulebook, id, self.today))
            }
            ("wrong-level" | "wrong-appraisal-level", "expected") | ("no-such-lifecycle", "level") => {
                words::choice(lang, "level", value)
            }
            ("wrong-action", "expected" | "given") => words::choice(lang, "action", value),
            ("wrong-payment", "expected") | (_, "payment") => words::choice(lang, "payment", value),
            ("authority", "expected" | "given") => words::choice(lang, "authority", value),
            (_, "form") => words::choice(lang, "legal_form", value),
            (_, "kind") => words::support_kind(lang, self.rulebook, value),
            ("paper-incomplete", "what") => words::label(lang, self.kind, &format!("papers.{value}")),
            ("paper-incomplete", "paper") => words::paper(lang, self.lifecycle, value),
            _ => value.parse().map_or_else(|_| value.to_owned(), format::date),
        }
    }
}

fn sentence(lang: Lang, code: &str, attribute: &str, params: &BTreeMap<String, String>) -> String {
    let args: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    without_gaps(&i18n::text(lang, &format!("problem-{code}{attribute}"), &args))
}

/// A value that is not known reads `…`, not `{$name}`.
fn without_gaps(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{$") {
        whole.push_str(before);
        whole.push('…');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    whole + rest
}

/// A refusal as a page.
pub fn error_page(p: Chrome, problem: &Problem) -> ErrorPage {
    ErrorPage {
        title: without_gaps(&problem.title(p.lang)),
        fix: without_gaps(&problem.fix(p.lang)),
        rule: problem.rule.clone(),
        formula: problem.judgement.as_ref().map(|judgement| judgement.formula.clone()),
        code: problem.code.to_owned(),
        status: problem.status.as_u16(),
        p,
    }
}

/// `GET /problems/{code}`.
pub async fn problem(page: Page, Path(code): Path<String>) -> Result<Response, Problem> {
    let known = code
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let lang = page.lang();
    let title = known
        .then(|| i18n::find(lang, &format!("problem-{code}"), &[]))
        .flatten();
    let title = title.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no-such-problem"))?;
    let fix = i18n::text(lang, &format!("problem-{code}.fix"), &[]);
    Ok(rendered(&ExplainedPage {
        title: without_gaps(&title),
        fix: without_gaps(&fix),
        code,
        p: page.chrome,
    }))
}

/// Any other address.
pub async fn no_such_page() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-page")
}

#[cfg(test)]
mod tests {
    use dean_aggregates::calendar::CalendarError;
    use dean_aggregates::claim;
    use dean_aggregates::form::FIELD_CODES;
    use dean_aggregates::places::publication::PlaceListError;
    use dean_aggregates::plan::refusal;
    use dean_aggregates::project::error::CODES;
    use dean_aggregates::{contract, inspection, report};

    use super::*;

    const DOMAIN: [&[(&str, &str)]; 7] = [
        CODES,
        FIELD_CODES,
        refusal::CODES,
        claim::CODES,
        contract::codes::CODES,
        inspection::codes::CODES,
        report::codes::CODES,
    ];

    #[test]
    fn every_code_of_the_domain_has_a_text_and_a_fix() {
        let coded = DOMAIN.iter().flat_map(|codes| codes.iter()).map(|(code, _)| *code);
        for code in coded.chain(CalendarError::CODES).chain(PlaceListError::CODES) {
            for lang in Lang::ALL {
                for key in [format!("problem-{code}"), format!("problem-{code}.fix")] {
                    assert!(
                        i18n::find(lang, &key, &[]).is_some(),
                        "{key} has no {} text",
                        lang.tag()
                    );
                }
            }
        }
    }

    #[test]
    fn unknown_values_are_left_open() {
        assert_eq!(without_gaps("a {$b} c {$d}"), "a … c …");
    }
}
