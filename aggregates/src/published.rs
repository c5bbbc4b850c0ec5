//! What published texts (lifecycles, rule sets, lists of places) have in common: problems that name file, line and remedy, titles
//! in two languages, and the pin that binds a project to one exact text.

pub(crate) mod head;
mod wording;

use std::ops::Range;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::head::{Scope, province_problem};
pub(crate) use self::wording::nearest;
use crate::project::event::Pin;

/// A fault in a published text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{file}:{line}: {message}; {fix}")]
pub struct Problem {
    /// File name as given to the parser.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// A title in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Vietnamese.
    #[serde(default)]
    pub vi: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

/// A parsed text with the pin of exactly that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned<T> {
    /// Code, version and hash.
    pub pin: Pin,
    /// What it says.
    pub value: T,
}

/// A kind of text that can be published and pinned.
pub trait Published: Sized {
    /// Parses and validates; all problems found, or the value.
    ///
    /// # Errors
    /// The problems, each with file, line and remedy.
    fn parse_text(file: &str, text: &str) -> Result<Self, Vec<Problem>>;
    /// Its code, e.g. `kcqg`.
    fn code(&self) -> &str;
    /// Its version, e.g. `2014-02-10`.
    fn version(&self) -> &str;
    /// First and last day on which it holds.
    fn validity(&self) -> (NaiveDate, Option<NaiveDate>);
}

impl<T: Published> Pinned<T> {
    /// Parses a text and pins it by the SHA-256 of its bytes.
    ///
    /// # Errors
    /// The problems of the text.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let value = T::parse_text(file, text)?;
        let pin = Pin {
            code: value.code().to_owned(),
            version: value.version().to_owned(),
            sha256: sha256_hex(text),
        };
        Ok(Self { pin, value })
    }
}

/// Lower-case hex SHA-256 of a text's bytes.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Collects the problems of one text and knows its lines.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            problems: Vec::new(),
        }
    }

    /// Reads the TOML into its raw shape. Unknown and missing keys end here.
    pub(crate) fn toml<T: serde::de::DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        toml::from_str(self.text).map_err(|error| {
            let worded = wording::worded(self.text, error.span(), error.message());
            vec![Problem {
                file: self.file.to_owned(),
                line: self.line(worded.at),
                message: worded.message,
                fix: worded.fix,
            }]
        })
    }

    pub(crate) fn problem(&mut self, span: &Range<usize>, message: impl Into<String>, fix: impl Into<String>) {
        let line = self.line(span.start);
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line,
            message: message.into(),
            fix: fix.into(),
        });
    }

    pub(crate) fn title(&mut self, span: &Range<usize>, what: &str, title: &Bilingual) {
        for (language, words) in [("vi", &title.vi), ("en", &title.en)] {
            if words.trim().is_empty() {
                self.problem(
                    span,
                    format!("{what} has no title in `{language}`"),
                    format!("add `{language} = \"…\"`"),
                );
            }
        }
    }

    fn line(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        1 + self.text.as_bytes()[..end]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }
}
