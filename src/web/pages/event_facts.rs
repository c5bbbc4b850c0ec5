//! What an event says, as labelled values: read from its payload by the names of its fields, so a new field shows itself.

use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::event::Judgement;
use dean_aggregates::project::papers::Paper;
use serde_json::Value;

use super::project_parts::word;
use crate::i18n::{self, Lang};
use crate::web::views::{Fact, Sum};
use crate::web::{format, words};

/// Fields that hold đồng.
const MONEY: [&str; 20] = [
    "amount",
    "value",
    "support",
    "requested",
    "recommended",
    "value_done",
    "counterpart_done",
    "value_accepted",
    "counterpart_accepted",
    "value_confirmed",
    "support_before",
    "support_after",
    "refund_due",
    "payable",
    "cost",
    "counterpart",
    "capital",
    "revenue",
    "settled",
    "total",
];
/// Parts that the page shows elsewhere.
const SHOWN_ELSEWHERE: [&str; 5] = ["content", "beneficiaries", "lifecycle", "units", "sha256"];
/// More rows than this of one event are not listed in the timeline.
const FACTS_MAX: usize = 60;

/// The details of an event.
pub fn facts(lang: Lang, name: &str, payload: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(details) = payload.get("what").and_then(|what| what.get(name)) {
        collect(lang, "", details, &mut facts);
    }
    facts.truncate(FACTS_MAX);
    facts
}

fn collect(lang: Lang, path: &str, value: &Value, facts: &mut Vec<Fact>) {
    let field = path.rsplit('.').next().unwrap_or_default();
    if SHOWN_ELSEWHERE.contains(&field) {
        return;
    }
    let text = match value {
        Value::Null => return,
        Value::Object(object) => {
            if let Some(personal) = object.get("$personal") {
                personal
                    .as_str()
                    .map_or_else(|| i18n::text(lang, "erased", &[]), str::to_owned)
            } else {
                for (key, inner) in object {
                    let inner_path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    collect(lang, &inner_path, inner, facts);
                }
                return;
            }
        }
        Value::Array(rows) if rows.iter().all(Value::is_number) => {
            rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        Value::Array(rows) => {
            for (index, row) in rows.iter().enumerate() {
                collect(lang, &format!("{path}.{index}"), row, facts);
            }
            return;
        }
        Value::Bool(flag) => words::choice(lang, "bool", if *flag { "true" } else { "false" }),
        Value::Number(number) => figure(field, number),
        Value::String(text) => match text.parse() {
            Ok(day) => format::date(day),
            Err(_) => words::choice(lang, path, text),
        },
    };
    if !text.is_empty() {
        facts.push(Fact::new(labelled(lang, path), text));
    }
}

fn figure(field: &str, number: &serde_json::Number) -> String {
    let amount = number.as_i64().and_then(|amount| Dong::try_from(amount).ok());
    match (field, amount) {
        ("item_done", Some(points)) => Rate(u32::try_from(points.get()).unwrap_or(u32::MAX)).to_string(),
        (field, Some(amount)) if MONEY.contains(&field) => format::dong(amount),
        _ => number.to_string(),
    }
}

/// A row's fields are told apart by the row's number.
fn labelled(lang: Lang, path: &str) -> String {
    let label = words::label(lang, "", path);
    let row = path.split('.').find_map(|part| part.parse::<usize>().ok());
    row.map_or_else(|| label.clone(), |row| format!("{label} [{}]", row + 1))
}

/// How a money rule was applied.
pub fn sum(lang: Lang, judgement: &Judgement, sequence: u64) -> Sum {
    Sum {
        rule: words::rule(lang, &judgement.rule),
        line: judgement
            .line
            .map(|line| i18n::text(lang, "line-of-sum", &[("line", &line.to_string())])),
        formula: judgement.formula.clone(),
        article: judgement.article.clone(),
        text: format!("{} {}", judgement.rule_set.code, judgement.rule_set.version),
        sequence,
    }
}

/// A paper in one line.
pub fn paper_line(lang: Lang, lifecycle: &Lifecycle, paper: &Paper) -> String {
    let name = words::paper(lang, lifecycle, &paper.kind);
    let (date, form) = (
        format::date(paper.date),
        words::choice(lang, "form", &word(&paper.form)),
    );
    let values = [
        ("name", name.as_str()),
        ("number", &paper.number),
        ("date", &date),
        ("issuer", &paper.issuer),
        ("form", &form),
    ];
    let line = i18n::text(lang, "paper-line", &values);
    match paper.signer.as_ref().and_then(|signer| signer.get()) {
        Some(signer) => format!("{line}; {}", i18n::text(lang, "paper-signer", &[("signer", signer)])),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_read_as_officials_write_them() {
        let payload = json!({"what": {"Disbursed": {
            "payment": "first", "amount": 175_000_000, "order": {"number": "12", "date": "2019-06-30", "treasury": "KBNN Lai Châu"},
            "signer": {"$personal": null}, "content": {"name": "tên ở chỗ khác"}
        }}});
        let facts: Vec<String> = facts(Lang::Vi, "Disbursed", &payload)
            .into_iter()
            .map(|fact| format!("{}: {}", fact.label, fact.value))
            .collect();
        for wanted in [
            "Lần tạm ứng: Tạm ứng lần một",
            "Số tiền (đồng): 175.000.000 đồng",
            "Ngày: 30/06/2019",
            "Người ký: (đã xóa)",
        ] {
            assert!(facts.iter().any(|fact| fact == wanted), "{wanted} is not in {facts:?}");
        }
        assert!(!facts.iter().any(|fact| fact.contains("tên ở chỗ khác")), "{facts:?}");
    }
}
