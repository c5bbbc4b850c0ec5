//! Personal data: taken out of the payload before it is sealed, joined back when it is read, found by a keyed hash, erasable.
//!
//! In a payload, `{"$personal": "text"}` is personal. Sealed, it becomes `{"$personal": n}`, where n is the text's index in the event's
//! personal part, a JSON array of strings. With `"searchable": true` the sealed object also gets
//! `"search": hex(HMAC-SHA-256(search key, text))`. Erased, it reads as `{"$personal": null}`.

use std::borrow::Cow;
use std::sync::LazyLock;

use hmac::{Hmac, Mac};
use memchr::memmem::Finder;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::canonical::Path;
use crate::error::{FormatError, FormatErrorKind};
use crate::tree::Hash;

/// The key that marks a personal text.
pub const MARK: &str = "$personal";

/// The keyed hash by which a searchable text is found, lower-case hex.
#[must_use]
pub fn search_hash(search_key: &[u8; 32], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(search_key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What the header says about a personal part: `SHA-256(salt || content)`.
#[must_use]
pub fn commitment(salt: &[u8], content: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(content).finalize().into()
}

/// For the edge, where input comes in: personal data arrive as text. A reference (`{"$personal": 0}`) or an erased text is what the ledger
/// gives, never what it is given.
///
/// # Errors
/// The first mark that holds no text, with its path.
pub fn check_given(value: &Value) -> Result<(), FormatError> {
    check_given_level(value, &mut Path::default())
}

fn check_given_level(value: &Value, path: &mut Path) -> Result<(), FormatError> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| path.below(&index.to_string(), |path| check_given_level(item, path))),
        Value::Object(entries) => match entries.get(MARK) {
            Some(Value::String(_)) => Ok(()),
            Some(_) => Err(path.error(FormatErrorKind::Personal)),
            None => entries
                .iter()
                .try_for_each(|(key, item)| path.below(key, |path| check_given_level(item, path))),
        },
        _ => Ok(()),
    }
}

/// Takes the personal texts out of a payload.
///
/// # Errors
/// When an object with the key `$personal` is not of one of the agreed forms, with its path.
pub fn split(payload: &mut Value, search_key: &[u8; 32]) -> Result<Vec<String>, FormatError> {
    let mut texts = Vec::new();
    split_level(payload, search_key, &mut texts, &mut Path::default())?;
    Ok(texts)
}

fn split_level(
    value: &mut Value,
    search_key: &[u8; 32],
    texts: &mut Vec<String>,
    path: &mut Path,
) -> Result<(), FormatError> {
    match value {
        Value::Array(items) => items.iter_mut().enumerate().try_for_each(|(index, item)| {
            path.below(&index.to_string(), |path| split_level(item, search_key, texts, path))
        }),
        Value::Object(entries) if entries.contains_key(MARK) => {
            split_object(entries, search_key, texts).map_err(|kind| path.error(kind))
        }
        Value::Object(entries) => entries
            .iter_mut()
            .try_for_each(|(key, item)| path.below(key, |path| split_level(item, search_key, texts, path))),
        _ => Ok(()),
    }
}

fn split_object(
    entries: &mut Map<String, Value>,
    search_key: &[u8; 32],
    texts: &mut Vec<String>,
) -> Result<(), FormatErrorKind> {
    let mut searchable = false;
    for (key, value) in entries.iter() {
        match (key.as_str(), value) {
            (MARK, Value::String(_) | Value::Null) => {}
            ("searchable", Value::Bool(wanted)) => searchable |= *wanted,
            // A payload that was read and is written again: the hash is made anew, never taken over.
            ("search", Value::String(_)) => searchable = true,
            _ => return Err(FormatErrorKind::Personal),
        }
    }
    let mut sealed = Map::new();
    match entries.remove(MARK) {
        Some(Value::String(text)) => {
            if searchable {
                sealed.insert("search".to_owned(), Value::String(search_hash(search_key, &text)));
            }
            sealed.insert(MARK.to_owned(), Value::from(texts.len()));
            texts.push(text);
        }
        _ => {
            sealed.insert(MARK.to_owned(), Value::Null);
        }
    }
    *entries = sealed;
    Ok(())
}

/// Puts the personal texts back into a sealed payload; without them (erased) the marks read as `{"$personal": null}`. It works on the text:
/// in canonical JSON a mark is the only place where these bytes can stand, as inside a string each quotation mark has a backslash before
/// it.
///
/// # Errors
/// When the personal part is no array of strings.
pub fn join<'a>(payload: &'a str, content: Option<&str>) -> Result<Cow<'a, str>, serde_json::Error> {
    const SEALED: &str = "\"$personal\":";
    // Whoever reads a whole ledger looks through every payload: `str::find` took 9 % of this process's time when read models were built anew.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SEALED));
    let find = |text: &str| FINDER.find(text.as_bytes());
    let Some(first) = find(payload) else {
        return Ok(Cow::Borrowed(payload));
    };
    let texts: Vec<&RawValue> = content.map(serde_json::from_str).transpose()?.unwrap_or_default();
    let mut joined = String::with_capacity(payload.len() + content.map_or(0, str::len));
    let (mut done, mut next) = (0, Some(first));
    while let Some(mark) = next {
        let value = mark + SEALED.len();
        let rest = &payload[value..];
        let length = rest.find([',', '}']).unwrap_or(rest.len());
        let text = rest[..length].parse().ok().and_then(|index: usize| texts.get(index));
        joined.push_str(&payload[done..value]);
        joined.push_str(text.map_or("null", |text| text.get()));
        done = value + length;
        next = find(&payload[done..]).map(|offset| done + offset);
    }
    joined.push_str(&payload[done..]);
    Ok(Cow::Owned(joined))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: [u8; 32] = [7; 32];

    /// Puts the personal texts back into a sealed payload; without them (erased) the marks read as `{"$personal": null}`.
    fn join_value(payload: &mut Value, texts: Option<&[String]>) {
        match payload {
            Value::Array(items) => items.iter_mut().for_each(|item| join_value(item, texts)),
            Value::Object(entries) => match entries.get_mut(MARK) {
                Some(mark) => {
                    let index = mark.as_u64().and_then(|index| usize::try_from(index).ok());
                    let text = index.and_then(|index| texts?.get(index));
                    *mark = text.map_or(Value::Null, |text| Value::String(text.clone()));
                }
                None => entries.values_mut().for_each(|item| join_value(item, texts)),
            },
            _ => {}
        }
    }

    #[test]
    fn split_and_join_give_the_payload_back() {
        let original = json!({"owner": {"$personal": "Nguyễn Văn A"}, "people": [{"id": {"$personal": "0123", "searchable": true}}]});
        let mut payload = original.clone();
        let texts = split(&mut payload, &KEY).expect("well formed");
        assert_eq!(texts, ["Nguyễn Văn A", "0123"]);
        let hash = search_hash(&KEY, "0123");
        assert_eq!(
            payload,
            json!({"owner": {"$personal": 0}, "people": [{"id": {"$personal": 1, "search": hash}}]})
        );
        let mut joined = payload.clone();
        join_value(&mut joined, Some(&texts));
        assert_eq!(
            joined,
            json!({"owner": {"$personal": "Nguyễn Văn A"}, "people": [{"id": {"$personal": "0123", "search": hash}}]})
        );
        // What was read can be written again, and gives the same sealed bytes.
        assert_eq!(split(&mut joined, &KEY).expect("well formed"), texts);
        assert_eq!(joined, payload);
        join_value(&mut payload, None);
        assert_eq!(
            payload,
            json!({"owner": {"$personal": null}, "people": [{"id": {"$personal": null, "search": hash}}]})
        );
    }

    proptest::proptest! {
        #[test]
        fn text_is_joined_as_the_value_is(texts in proptest::collection::vec(".{0,12}", 0..4), other in ".{0,20}", erased: bool) {
            let mut payload = json!({
                "other": format!("{other}\"$personal\":0}}"), other.clone(): [other],
                "people": texts.iter().map(|text| json!({MARK: text, "searchable": true})).collect::<Vec<_>>(),
                "unknown": {MARK: null},
            });
            let texts = split(&mut payload, &KEY).expect("well formed");
            let sealed = payload.to_string();
            let content = (!erased).then(|| json!(texts).to_string());
            join_value(&mut payload, (!erased).then_some(&texts[..]));
            let joined = super::join(&sealed, content.as_deref()).expect("an array of strings");
            proptest::prop_assert_eq!(serde_json::from_str::<Value>(&joined).expect("JSON"), payload);
        }
    }

    #[test]
    fn other_forms_are_refused_with_their_path() {
        for malformed in [
            json!({"$personal": 5}),
            json!({"$personal": "x", "more": 1}),
            json!({"$personal": "x", "searchable": "yes"}),
        ] {
            let error = split(&mut json!({"a": [malformed]}), &KEY).expect_err("malformed");
            assert_eq!((error.field.as_str(), error.kind), ("a.0", FormatErrorKind::Personal));
        }
    }

    #[test]
    fn the_search_hash_is_hmac_sha_256() {
        // Made with Python: `hmac.new(bytes(32), b"abc", "sha256").hexdigest()`.
        let hash = search_hash(&[0; 32], "abc");
        assert_eq!(hash, "fd7adb152c05ef80dccf50a1fa4c05d5a3ec6da95575fc312ae7c5d091836351");
        assert_ne!(hash, search_hash(&[1; 32], "abc"));
    }
}
