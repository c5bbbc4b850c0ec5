//! From an action to the pairs of its form.

use serde_json::Value;

use super::fields::{Field, FieldKind};
use crate::money::{Dong, Rate};
use crate::project::action::Action;

pub(super) fn pairs_of(fields: &[Field], action: &Action) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    collect(fields, "", "", &action.details(), &mut pairs);
    pairs
}

fn collect(fields: &[Field], pattern: &str, actual: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    for field in fields {
        let Some(rest) = field.name.strip_prefix(pattern) else {
            continue;
        };
        if rest.contains(".*.") {
            continue;
        }
        let found = rest.split('.').try_fold(value, |inner, part| inner.get(part));
        let Some(found) = found else {
            continue;
        };
        let name = format!("{actual}{rest}");
        if let (FieldKind::Group { .. }, Value::Array(rows)) = (field.kind, found) {
            for (index, row) in rows.iter().enumerate() {
                let inner = format!("{}.*.", field.name);
                collect(fields, &inner, &format!("{name}.{index}."), row, pairs);
            }
        } else if let Some(text) = text_of(field.kind, found) {
            pairs.push((name, text));
        }
    }
}

fn text_of(kind: FieldKind, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => match kind {
            FieldKind::Money => Some(Dong::try_from(number.as_i64()?).ok()?.to_string()),
            FieldKind::Rate => {
                let rate = Rate(u32::try_from(number.as_u64()?).ok()?).to_string();
                Some(rate.trim_end_matches(" %").to_owned())
            }
            FieldKind::Milli => Some(milli(number.as_u64()?)),
            _ => Some(number.to_string()),
        },
        Value::Object(personal) => personal.get("$personal").and_then(Value::as_str).map(str::to_owned),
        Value::Array(numbers) => {
            let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            Some(words.join(", "))
        }
        Value::Null => None,
    }
}

/// Thousandths with a decimal comma where needed: `12,5`.
pub fn milli(thousandths: u64) -> String {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole},{}", format!("{rest:03}").trim_end_matches('0'))
}
