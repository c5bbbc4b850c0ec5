//! A step's form from its fields: blocks, repeated groups, present values, faults at their fields. Works without script: adding a row is
//! a button of the form, and a choice that opens other fields has a button that shows them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dean_aggregates::form::{Field, FieldKind};

use super::views::{Block, Choice, FieldInput, FieldView, Item, Pair, RefusedField};
use super::{format, words};
use crate::i18n::{self, Lang};

/// The pairs of a form; of several with one name the last counts (a tick box follows its hidden field).
pub type Pairs = Vec<(String, String)>;

/// The present value of a field.
pub fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .rfind(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// Sets a field that has no value yet.
pub fn seed(pairs: &mut Pairs, name: impl Into<String>, text: impl Into<String>) {
    let name = name.into();
    if value(pairs, &name).is_none_or(str::is_empty) {
        pairs.retain(|(key, _)| *key != name);
        pairs.push((name, text.into()));
    }
}

/// The rows of a group that the pairs speak of.
pub fn rows(pairs: &Pairs, group: &str) -> BTreeSet<usize> {
    let prefix = format!("{group}.");
    pairs
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&prefix)?.split('.').next()?.parse().ok())
        .collect()
}

/// Adds an empty row to a group and numbers it.
pub fn add_row(fields: &[Field], pairs: &mut Pairs, group: &str) {
    let Some(prefix) = fields
        .iter()
        .find(|field| field.name == group && matches!(field.kind, FieldKind::Group { .. }))
    else {
        return;
    };
    let row = rows(pairs, group).last().map_or(0, |last| last + 1);
    let start = format!("{}.*.", prefix.name);
    for field in fields.iter().filter_map(|field| field.name.strip_prefix(&start)) {
        let text = if field == "number" {
            (row + 1).to_string()
        } else {
            String::new()
        };
        pairs.push((format!("{group}.{row}.{field}"), text));
    }
}

/// Removes a row, named as `content.lines.2`.
pub fn drop_row(pairs: &mut Pairs, row: &str) {
    let prefix = format!("{row}.");
    pairs.retain(|(name, _)| !name.starts_with(&prefix));
}

/// A fault of a field or of a whole group.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Path.
    pub field: String,
    /// In words.
    pub text: String,
}

/// The id of a field's control.
pub fn anchor(name: &str) -> String {
    format!("f-{}", name.replace(['.', '_'], "-"))
}

/// Everything that a form is drawn from.
pub struct Drawing<'a> {
    /// Language.
    pub lang: Lang,
    /// Kind of action.
    pub kind: &'a str,
    /// Present values.
    pub pairs: &'a Pairs,
    /// What is wrong.
    pub faults: &'a [Fault],
    /// Provinces: code and name.
    pub provinces: &'a [(String, String)],
    /// Kinds of support: code and title.
    pub support_kinds: &'a [(String, String)],
    /// Lifecycles that a draft may name: code and title.
    pub lifecycles: &'a [(String, String)],
}

impl Drawing<'_> {
    /// The blocks of a form, in the order of its fields.
    pub fn blocks(&self, fields: &[Field]) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut last_parent: Option<&str> = None;
        for field in fields.iter().filter(|field| !field.name.contains(".*")) {
            if field
                .when
                .is_some_and(|(name, wanted)| value(self.pairs, name) != Some(wanted))
            {
                continue;
            }
            if let FieldKind::Group { .. } = field.kind {
                blocks.push(self.group(fields, &field.name));
                last_parent = None;
                continue;
            }
            let parent = field.name.rsplit_once('.').map_or("", |(parent, _)| parent);
            let view = self.field(fields, field, &field.name);
            match blocks.last_mut() {
                Some(block) if last_parent == Some(parent) => block.fields.push(view),
                _ => {
                    let legend = if parent.is_empty() {
                        String::new()
                    } else {
                        words::label(self.lang, self.kind, parent)
                    };
                    blocks.push(Block {
                        legend,
                        error: self.fault(parent),
                        fields: vec![view],
                        ..Block::default()
                    });
                    last_parent = Some(parent);
                }
            }
        }
        blocks
    }

    fn group(&self, fields: &[Field], group: &str) -> Block {
        let legend = words::label(self.lang, self.kind, group);
        let start = format!("{group}.*.");
        let items = rows(self.pairs, group)
            .into_iter()
            .enumerate()
            .map(|(index, row)| Item {
                legend: i18n::text(
                    self.lang,
                    "item-legend",
                    &[("name", &legend), ("number", &(index + 1).to_string())],
                ),
                fields: fields
                    .iter()
                    .filter_map(|field| Some((field, field.name.strip_prefix(&start)?)))
                    .map(|(field, rest)| self.field(fields, field, &format!("{group}.{row}.{rest}")))
                    .collect(),
                drop: Some(format!("{group}.{row}")),
            });
        Block {
            anchor: anchor(group),
            error: self.fault(group),
            items: items.collect(),
            add: Some(group.to_owned()),
            legend,
            ..Block::default()
        }
    }

    /// One field under its name with row numbers.
    pub fn field(&self, fields: &[Field], field: &Field, name: &str) -> FieldView {
        let present = value(self.pairs, name).unwrap_or_default();
        let shown = shown(field.kind, present);
        let options = self.options(field, name, present);
        FieldView {
            anchor: anchor(name),
            label: words::label(self.lang, self.kind, name),
            hint: words::hint(self.lang, self.kind, name),
            input: match field.kind {
                _ if !options.is_empty() => FieldInput::Choice,
                FieldKind::LongText => FieldInput::Long,
                FieldKind::Money => FieldInput::Money,
                FieldKind::Integer => FieldInput::Number,
                FieldKind::Bool => FieldInput::Check,
                _ => FieldInput::Text,
            },
            value: shown,
            options,
            // A tick box that is not ticked says no; it can't be left out. A part may be, whole.
            required: field.required && field.part.is_none() && field.kind != FieldKind::Bool,
            error: self.fault(name),
            opens_others: fields
                .iter()
                .any(|other| other.when.is_some_and(|(opener, _)| opener == name)),
            name: name.to_owned(),
        }
    }

    fn options(&self, field: &Field, name: &str, present: &str) -> Vec<Choice> {
        let of = |list: &[(String, String)]| -> Vec<Choice> {
            list.iter()
                .map(|(code, title)| Choice::new(code.as_str(), title.as_str(), Some(present)))
                .collect()
        };
        let mut options = match field.kind {
            FieldKind::Choice(all) => all
                .iter()
                .map(|word| Choice::new(*word, words::choice(self.lang, name, word), Some(present)))
                .collect(),
            FieldKind::Text if name.ends_with("province") => of(self.provinces),
            FieldKind::Text if field.name.ends_with("lines.*.kind") => of(self.support_kinds),
            FieldKind::Text if name == "lifecycle" => of(self.lifecycles),
            _ => return Vec::new(),
        };
        if options.is_empty() {
            return options;
        }
        let known = options.iter().any(|option: &Choice| option.selected);
        if !known && !present.is_empty() {
            options.insert(
                0,
                Choice {
                    value: present.to_owned(),
                    label: present.to_owned(),
                    selected: true,
                },
            );
        } else if !known || !field.required {
            options.insert(
                0,
                Choice {
                    value: String::new(),
                    label: i18n::text(self.lang, "choose-one", &[]),
                    selected: !known,
                },
            );
        }
        options
    }

    fn fault(&self, name: &str) -> Option<String> {
        self.faults
            .iter()
            .find(|fault| !name.is_empty() && fault.field == name)
            .map(|fault| fault.text.clone())
    }

    /// A block of given fields of one row, e.g. of a paper whose kind is fixed.
    pub fn row(&self, fields: &[Field], group: &str, row: usize, names: &[&str], hidden: Vec<Pair>) -> Block {
        let views = names.iter().filter_map(|wanted| {
            let field = fields
                .iter()
                .find(|field| field.name == format!("{group}.*.{wanted}"))?;
            // Whether a paper must be filed is said of the paper, not of each of its fields.
            let view = self.field(fields, field, &format!("{group}.{row}.{wanted}"));
            Some(FieldView {
                required: false,
                ..view
            })
        });
        Block {
            fields: views.collect(),
            hidden,
            anchor: anchor(&format!("{group}.{row}")),
            ..Block::default()
        }
    }

    /// The faults as links to their fields.
    pub fn refused_fields(&self) -> Vec<RefusedField> {
        let refused = |fault: &Fault| RefusedField {
            anchor: anchor(&fault.field),
            label: words::label(self.lang, self.kind, &fault.field),
            text: fault.text.clone(),
        };
        self.faults
            .iter()
            .filter(|fault| !fault.field.is_empty())
            .map(refused)
            .collect()
    }
}

/// A value as people type it: days as dd/mm/yyyy, months as mm/yyyy.
pub fn shown(kind: FieldKind, text: &str) -> String {
    let day = text.parse::<NaiveDate>().ok();
    match (kind, day) {
        (FieldKind::Date, Some(day)) => format::date(day),
        (FieldKind::Month, Some(day)) => day.format("%m/%Y").to_string(),
        _ => text.to_owned(),
    }
}

/// A value as people read it: choices in words.
pub fn read_out(lang: Lang, field: &Field, name: &str, text: &str) -> String {
    match field.kind {
        FieldKind::Choice(_) => words::choice(lang, name, text),
        FieldKind::Bool => words::choice(lang, "bool", text),
        kind => shown(kind, text),
    }
}

/// The field that a name with row numbers belongs to.
pub fn field_of<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| {
        let (pattern, parts) = (field.name.split('.'), name.split('.'));
        pattern.clone().count() == parts.clone().count()
            && pattern.zip(parts).all(|(want, got)| want == "*" || want == got)
    })
}

#[cfg(test)]
mod tests {
    use dean_aggregates::form::fields;
    use dean_aggregates::lifecycle::ActionKind;

    use super::*;

    fn drawing<'a>(kind: &'a str, pairs: &'a Pairs, faults: &'a [Fault]) -> Drawing<'a> {
        Drawing {
            lang: Lang::Vi,
            kind,
            pairs,
            faults,
            provinces: &[],
            support_kinds: &[],
            lifecycles: &[],
        }
    }

    #[test]
    fn rows_are_added_numbered_and_dropped() {
        let fields = fields(ActionKind::Draft);
        let mut pairs = Pairs::new();
        add_row(&fields, &mut pairs, "content.lines");
        add_row(&fields, &mut pairs, "content.lines");
        assert_eq!(value(&pairs, "content.lines.1.number"), Some("2"));
        drop_row(&mut pairs, "content.lines.0");
        assert_eq!(rows(&pairs, "content.lines"), BTreeSet::from([1]));
        add_row(&fields, &mut pairs, "no.such.group");
        let blocks = drawing("draft", &pairs, &[]).blocks(&fields);
        let lines = blocks
            .iter()
            .find(|block| block.add.as_deref() == Some("content.lines"))
            .expect("the group is drawn");
        assert_eq!(lines.items.len(), 1);
    }

    #[test]
    fn a_choice_opens_its_own_fields_only() {
        let fields = fields(ActionKind::Correct);
        let pairs = vec![("right.what".to_owned(), "date".to_owned())];
        let names: Vec<String> = drawing("correct", &pairs, &[])
            .blocks(&fields)
            .into_iter()
            .flat_map(|block| block.fields)
            .map(|field| field.name)
            .collect();
        assert!(
            names.contains(&"right.occurred_on".to_owned())
                && !names.iter().any(|name| name.starts_with("right.payment")),
            "{names:?}"
        );
    }

    #[test]
    fn faults_stand_at_their_field_with_what_was_typed() {
        let fields = fields(ActionKind::Refund);
        let pairs = vec![("amount".to_owned(), "nhiều".to_owned())];
        let faults = [Fault {
            field: "amount".into(),
            text: "không phải số tiền".into(),
        }];
        let blocks = drawing("refund", &pairs, &faults).blocks(&fields);
        let amount = &blocks[0].fields[0];
        assert_eq!(
            (amount.value.as_str(), amount.error.as_deref()),
            ("nhiều", Some("không phải số tiền"))
        );
    }
}
