//! Canonical JSON (RFC 8785), narrowed to what it can carry without loss: no floats, no integers beyond ±(2⁵³−1), no U+0000, text in NFC.

use serde_json::{Map, Number, Value};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::error::{FormatError, FormatErrorKind};

/// The largest integer that every JSON reader keeps exactly: 2⁵³−1.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// How deep arrays and objects may be nested.
pub const LEVELS_MAX: usize = 64;

/// Checks that `value` can be sealed as it stands.
///
/// # Errors
/// The first thing that can't, with its path.
pub fn check(value: &Value) -> Result<(), FormatError> {
    check_level(value, &mut Path::default(), 0)
}

/// Brings text to NFC (RFC 8785 leaves that to us) and refuses what can't be sealed. For the edge, where input comes in.
///
/// # Errors
/// The first thing that can't be sealed, with its path; two keys that become the same are refused too.
pub fn normalize(value: Value) -> Result<Value, FormatError> {
    normalize_level(value, &mut Path::default(), 0)
}

/// The canonical text of a checked value.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let text = if is_plain(value) {
        serde_json::to_string(value)
    } else {
        serde_json_canonicalizer::to_string(value)
    };
    text.expect("a JSON value without floats always has a canonical text")
}

/// Whether serde_json's own text is the canonical one, which it writes without sorting and copying: with ASCII keys the order of UTF-16 code units is
/// that of bytes, strings are escaped alike (RFC 8785 §3.2.2.2), and integers have only one form.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => check_number(number).is_ok(),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(entries) => {
            entries.keys().is_sorted() && entries.iter().all(|(key, item)| key.is_ascii() && is_plain(item))
        }
    }
}

/// Writes a string in quotes, as RFC 8785 wants it: serde_json escapes exactly the same characters in the same way.
pub(crate) fn push_quoted(into: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        into.push_str(&serde_json::to_string(text).expect("a text always has a JSON form"));
    } else {
        into.push('"');
        into.push_str(text);
        into.push('"');
    }
}

/// Checks one text: NFC, no U+0000, at most `bytes_max` bytes.
pub(crate) fn check_text(text: &str, bytes_max: usize) -> Result<(), FormatErrorKind> {
    if text.len() > bytes_max {
        return Err(FormatErrorKind::TooLong {
            bytes: text.len(),
            bytes_max,
        });
    }
    check_characters(text)
}

fn check_characters(text: &str) -> Result<(), FormatErrorKind> {
    if text.contains('\0') {
        return Err(FormatErrorKind::NulCharacter);
    }
    if !is_composed(text) {
        return Err(FormatErrorKind::NotNormalized);
    }
    Ok(())
}

fn check_number(number: &Number) -> Result<(), FormatErrorKind> {
    match number.as_i64() {
        Some(integer) if integer.unsigned_abs() <= INTEGER_MAX.unsigned_abs() => Ok(()),
        Some(_) => Err(FormatErrorKind::IntegerTooLarge),
        None if number.is_u64() => Err(FormatErrorKind::IntegerTooLarge),
        None => Err(FormatErrorKind::Float),
    }
}

fn check_level(value: &Value, path: &mut Path, level: usize) -> Result<(), FormatError> {
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => check_number(number).map_err(|kind| path.error(kind)),
        Value::String(text) => check_characters(text).map_err(|kind| path.error(kind)),
        Value::Array(_) | Value::Object(_) if level == LEVELS_MAX => {
            Err(path.error(FormatErrorKind::TooDeep { levels_max: LEVELS_MAX }))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| path.below(&index.to_string(), |path| check_level(item, path, level + 1))),
        Value::Object(entries) => entries.iter().try_for_each(|(key, item)| {
            path.below(key, |path| {
                check_characters(key).map_err(|kind| path.error(kind))?;
                check_level(item, path, level + 1)
            })
        }),
    }
}

fn normalize_level(value: Value, path: &mut Path, level: usize) -> Result<Value, FormatError> {
    match value {
        Value::Null | Value::Bool(_) => Ok(value),
        Value::Number(ref number) => check_number(number).map_err(|kind| path.error(kind)).map(|()| value),
        Value::String(text) => normalize_text(text).map(Value::String).map_err(|kind| path.error(kind)),
        Value::Array(_) | Value::Object(_) if level == LEVELS_MAX => {
            Err(path.error(FormatErrorKind::TooDeep { levels_max: LEVELS_MAX }))
        }
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| path.below(&index.to_string(), |path| normalize_level(item, path, level + 1)))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(entries) => {
            let mut normalized = Map::new();
            for (key, item) in entries {
                path.below(&key.clone(), |path| {
                    let key = normalize_text(key).map_err(|kind| path.error(kind))?;
                    let item = normalize_level(item, path, level + 1)?;
                    match normalized.insert(key, item) {
                        None => Ok(()),
                        Some(_) => Err(path.error(FormatErrorKind::Repeated)),
                    }
                })?;
            }
            Ok(Value::Object(normalized))
        }
    }
}

fn normalize_text(text: String) -> Result<String, FormatErrorKind> {
    if text.contains('\0') {
        return Err(FormatErrorKind::NulCharacter);
    }
    Ok(if is_composed(&text) { text } else { text.nfc().collect() })
}

/// Whether a text is in NFC. Letters of Latin scripts that are composed already (all of Vietnamese is) say so by themselves: they neither
/// decompose nor combine with what stands before them.
fn is_composed(text: &str) -> bool {
    text.chars().all(is_composed_latin) || is_nfc(text)
}

fn is_composed_latin(letter: char) -> bool {
    matches!(letter, ..'\u{300}' | '\u{1e00}'..'\u{1f00}')
}

/// Where in a document one is, as `lines.0.cost`.
#[derive(Default)]
pub(crate) struct Path(String);

impl Path {
    pub(crate) fn below<T>(&mut self, key: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.0.len();
        if length > 0 {
            self.0.push('.');
        }
        self.0.push_str(key);
        let result = inside(self);
        self.0.truncate(length);
        result
    }

    pub(crate) fn error(&self, kind: FormatErrorKind) -> FormatError {
        FormatError::new(self.0.clone(), kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, is_nfc_quick};

    fn any_value() -> impl Strategy<Value = Value> {
        let key = prop_oneof!["[a-z_]{0,3}", any::<String>()];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-INTEGER_MAX..=INTEGER_MAX).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_short_way_writes_what_the_canonicalizer_writes(value in any_value()) {
            let canonical = serde_json_canonicalizer::to_string(&value).expect("no floats");
            prop_assert_eq!(to_text(&value), canonical);
        }

        #[test]
        fn quotes_are_those_of_json(text in any::<String>()) {
            let mut quoted = String::new();
            push_quoted(&mut quoted, &text);
            prop_assert_eq!(quoted, serde_json::to_string(&text).expect("a text"));
        }

        #[test]
        fn what_passes_for_composed_is(text in "[a-z\u{c0}-\u{17f}\u{2b0}-\u{310}\u{1e90}-\u{1f20}]{0,12}") {
            prop_assert_eq!(is_composed(&text), is_nfc(&text));
        }
    }

    #[test]
    fn composed_latin_letters_never_change() {
        for letter in ('\0'..='\u{1fff}').filter(|letter| is_composed_latin(*letter)) {
            assert_eq!(canonical_combining_class(letter), 0, "{letter:?}");
            let alone = is_nfc_quick(std::iter::once(letter));
            assert!(matches!(alone, IsNormalized::Yes), "{letter:?}");
        }
    }

    #[test]
    fn what_cannot_be_sealed_is_refused_with_its_path() {
        let refused = [
            (
                json!({"lines": [{"cost": 1.5}]}),
                "lines.0.cost",
                FormatErrorKind::Float,
            ),
            (
                json!({"a": 9_007_199_254_740_992_i64}),
                "a",
                FormatErrorKind::IntegerTooLarge,
            ),
            (
                json!({"a": -9_007_199_254_740_992_i64}),
                "a",
                FormatErrorKind::IntegerTooLarge,
            ),
            (json!({"a": u64::MAX}), "a", FormatErrorKind::IntegerTooLarge),
            (json!(["x\0y"]), "0", FormatErrorKind::NulCharacter),
        ];
        for (value, field, kind) in refused {
            let expected = FormatError::new(field, kind);
            assert_eq!(check(&value), Err(expected.clone()));
            assert_eq!(normalize(value), Err(expected));
        }
        assert_eq!(check(&json!({"n": [INTEGER_MAX, -INTEGER_MAX]})), Ok(()));
    }

    #[test]
    fn decomposed_text_is_refused_by_check_and_composed_by_normalize() {
        let decomposed = json!({"te\u{302}n": "d\u{323}e\u{302}"});
        let error = check(&decomposed).expect_err("not NFC");
        assert_eq!(
            (error.field.as_str(), error.kind),
            ("te\u{302}n", FormatErrorKind::NotNormalized)
        );
        assert_eq!(normalize(decomposed), Ok(json!({"tên": "ḍê"})));
        let collision = json!({"te\u{302}n": 1, "tên": 2});
        assert_eq!(
            normalize(collision).expect_err("one key").kind,
            FormatErrorKind::Repeated
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = (0..LEVELS_MAX).fold(json!(1), |inside, _| json!([inside]));
        assert_eq!(check(&deep), Ok(()));
        let deeper = json!([deep]);
        assert_eq!(
            check(&deeper).expect_err("too deep").kind,
            FormatErrorKind::TooDeep { levels_max: LEVELS_MAX }
        );
    }
}
