//! Texts for people, Vietnamese first and English by a switch. Every text has a key in `locales/<language>/*.ftl`; a test holds both
//! languages to the same keys, so nothing ships untranslated.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language that pages and messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Of a text in both languages, this one's.
    pub const fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// The language of a tag such as `en-GB`; `None` if it is neither.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|lang| primary.eq_ignore_ascii_case(lang.tag()))
    }

    /// The best of an `Accept-Language` header (RFC 9110 §12.5.4); Vietnamese when it names neither.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0.0_f32, Self::Vi);
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(|tag| Self::from_tag(tag.trim())) else {
                continue;
            };
            let quality = parts
                .find_map(|parameter| parameter.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()))
                .unwrap_or(1.0);
            if quality > best.0 {
                best = (quality, lang);
            }
        }
        best.1
    }
}

type Bundle = FluentBundle<FluentResource>;

macro_rules! sources {
    ($lang:literal) => {
        [
            include_str!(concat!("locales/", $lang, "/problems.ftl")),
            include_str!(concat!("locales/", $lang, "/domain.ftl")),
            include_str!(concat!("locales/", $lang, "/pages.ftl")),
            include_str!(concat!("locales/", $lang, "/fields.ftl")),
            include_str!(concat!("locales/", $lang, "/claims.ftl")),
            include_str!(concat!("locales/", $lang, "/import.ftl")),
            include_str!(concat!("locales/", $lang, "/reminders.ftl")),
            include_str!(concat!("locales/", $lang, "/places.ftl")),
            include_str!(concat!("locales/", $lang, "/planning.ftl")),
            include_str!(concat!("locales/", $lang, "/oversight.ftl")),
            include_str!(concat!("locales/", $lang, "/reports.ftl")),
        ]
    };
}

static VI: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Vi, &sources!("vi")));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En, &sources!("en")));

fn bundle(lang: Lang, sources: &[&str]) -> Bundle {
    let id: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // The marks that isolate bidirectional text serve neither language and would stand in copied amounts.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("the built-in {} texts do not parse: {errors:?}", lang.tag()));
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("the built-in {} texts hold a key twice: {errors:?}", lang.tag());
        }
    }
    bundle
}

/// The text of `key`, if there is one. `key` may name an attribute: `problem-wrong-state.fix`.
pub fn find(lang: Lang, key: &str, args: &[(&str, &str)]) -> Option<String> {
    let bundle: &Bundle = match lang {
        Lang::Vi => &VI,
        Lang::En => &EN,
    };
    let (id, attribute) = key
        .split_once('.')
        .map_or((key, None), |(id, attribute)| (id, Some(attribute)));
    let message = bundle.get_message(id)?;
    let pattern = match attribute {
        Some(attribute) => message.get_attribute(attribute)?.value(),
        None => message.value()?,
    };
    let mut fluent_args = FluentArgs::new();
    for (name, value) in args {
        fluent_args.set(*name, (*value).to_owned());
    }
    let mut errors = Vec::new();
    Some(
        bundle
            .format_pattern(pattern, Some(&fluent_args), &mut errors)
            .into_owned(),
    )
}

/// The text of `key`; the key itself when there is none, so that a gap is visible and never a panic.
pub fn text(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    find(lang, key, args).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(sources: &[&str]) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let mut message = String::new();
        for line in sources.iter().flat_map(|source| source.lines()) {
            if let Some((key, _)) = line.split_once('=') {
                if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    message = key.trim().to_owned();
                    keys.insert(message.clone());
                } else if let Some(attribute) = key.trim().strip_prefix('.') {
                    keys.insert(format!("{message}.{}", attribute.trim()));
                }
            }
        }
        keys
    }

    #[test]
    fn both_languages_hold_the_same_keys() {
        let (vi, en) = (keys(&sources!("vi")), keys(&sources!("en")));
        assert_eq!(
            vi.difference(&en).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "only in Vietnamese"
        );
        assert_eq!(
            en.difference(&vi).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "only in English"
        );
    }

    #[test]
    fn the_header_decides_by_quality_and_vietnamese_is_the_default() {
        assert_eq!(Lang::accepted("en-GB,en;q=0.9,vi;q=0.8"), Lang::En);
        assert_eq!(Lang::accepted("fr, en;q=0.3, vi;q=0.7"), Lang::Vi);
        assert_eq!(Lang::accepted("de"), Lang::Vi);
        assert_eq!(Lang::accepted(""), Lang::Vi);
    }
}
