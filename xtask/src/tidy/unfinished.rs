//! Nothing is left unfinished, and no warning is silenced: `#[expect(lint, reason = "…")]` says why and disappears with its cause.

use super::{Fault, words::has_word};
use crate::repository::Repository;

/// In code.
const WORDS: &[(&str, &str)] = &[
    ("todo!", "finish it"),
    ("unimplemented!", "finish it"),
    ("dbg!", "left over from a search"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("#[allow(", "use #[expect(…, reason = \"…\")]"),
    ("#![allow(", "use #[expect(…, reason = \"…\")]"),
];
/// In code and comments.
const MARKS: &[&str] = &["TODO", "FIXME"];
const KINDS: &[&str] = &[".rs", ".toml", ".sql", ".html", ".ftl", ".js", ".css"];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    // The rules name what they look for.
    for file in repository
        .files
        .iter()
        .filter(|file| !file.is_under(&["xtask/src/tidy/"]))
    {
        if file.path.ends_with(".rs") {
            for (line, text) in file.code_lines() {
                for (word, why) in WORDS.iter().filter(|(word, _)| has_word(text, word)) {
                    faults.push(Fault::new(file, line, format!("{word}: {why}")));
                }
            }
        }
        if KINDS.iter().any(|kind| file.path.ends_with(kind)) {
            for (index, text) in file.text.lines().enumerate() {
                if let Some(mark) = MARKS.iter().find(|mark| has_word(text, mark)) {
                    faults.push(Fault::new(file, index + 1, format!("{mark}: do it, or leave it out")));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn each_leftover_is_found() {
        let text = "todo!()\nunimplemented!()\ndbg!(x)\n#[ignore]\n#[allow(dead_code)]\n#![allow(unused)]\n// TODO later\n// dbg! is a word\n";
        let lines: Vec<String> = faults(check, &[("src/a.rs", text)]);
        assert_eq!(lines.len(), 7, "{lines:#?}");
        assert_eq!(
            faults(check, &[("migrations/sqlite/0001_a.sql", "-- FIXME\n")]).len(),
            1
        );
    }
}
