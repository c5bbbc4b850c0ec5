//! Texts of a command: no U+0000, in NFC, not endless. Checked once, whatever the action.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::is_nfc;

use super::super::command::ProjectCommand;
use super::super::error::{ProjectError, refuse};

/// Longest text, characters.
pub(super) const TEXT_CHARS_MAX: usize = 20_000;

pub(super) fn check(command: &ProjectCommand) -> Result<(), ProjectError> {
    check_text(&command.note, "note")?;
    for (index, paper) in command.papers.iter().enumerate() {
        if let Ok(value) = serde_json::to_value(paper) {
            walk(&value, &format!("papers.{index}"))?;
        }
    }
    walk(&command.action.details(), "")
}

/// Every text in a value that comes from outside; `path` is its field.
pub(crate) fn check_texts(value: &(impl Serialize + ?Sized), path: &str) -> Result<(), ProjectError> {
    // Details are made of texts, numbers and lists, which always have a JSON form.
    walk(&serde_json::to_value(value).unwrap_or_default(), path)
}

fn walk(value: &Value, path: &str) -> Result<(), ProjectError> {
    match value {
        Value::String(text) => check_text(text, path),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| walk(item, &join(path, &index.to_string()))),
        Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
            if name == "$personal" {
                walk(item, path)
            } else {
                walk(item, &join(path, name))
            }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn check_text(text: &str, path: &str) -> Result<(), ProjectError> {
    if text.contains('\0') {
        return Err(refuse("text-control").field(path));
    }
    if !is_nfc(text) {
        return Err(refuse("text-not-nfc").field(path));
    }
    // Years are written with a sign only where they have not four digits: no paper has such a date, and not every database can hold it.
    if text.starts_with(['+', '-']) && text.parse::<NaiveDate>().is_ok() {
        return Err(refuse("date-range").field(path).param("date", text));
    }
    if text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX {
        return Err(refuse("text-too-long").field(path).param("max", TEXT_CHARS_MAX));
    }
    Ok(())
}

/// A text that must say something.
pub(super) fn not_empty(text: &str, field: &str) -> Result<(), ProjectError> {
    if text.trim().is_empty() {
        return Err(refuse("text-empty").field(field));
    }
    Ok(())
}
