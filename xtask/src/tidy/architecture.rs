//! docs/ARCHITECTURE.md is the map: it mentions every top-level folder, and each invariant (a paragraph, list item or table row that begins
//! with `I1`, `I2`, …) names a check that exists, in backticks: a file (`tests/crash.rs`), or a function in it
//! (`tests/crash.rs::an_acknowledged_command_survives`).

use std::collections::BTreeSet;

use super::{Fault, words::has_word};
use crate::repository::{File, Repository};

const PAGE: &str = "docs/ARCHITECTURE.md";
/// The design has this many things that must always be true.
const INVARIANTS_MIN: usize = 7;

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let Some(page) = repository.get(PAGE) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let folders: BTreeSet<&str> = repository
        .files
        .iter()
        .filter_map(|file| Some(file.path.split_once('/')?.0))
        .collect();
    for folder in folders.into_iter().filter(|folder| !folder.starts_with('.')) {
        if !has_word(&page.text, &format!("{folder}/")) {
            faults.push(Fault::new(
                page,
                0,
                format!("does not mention the top-level folder {folder}/"),
            ));
        }
    }
    let invariants = invariants(page);
    for invariant in &invariants {
        let checks: Vec<&str> = invariant
            .text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.contains('/'))
            .collect();
        if checks.is_empty() {
            faults.push(Fault::new(
                page,
                invariant.line,
                format!("I{} names no check that exists", invariant.number),
            ));
        }
        for check in checks {
            if let Err(what) = exists(repository, check) {
                faults.push(Fault::new(
                    page,
                    invariant.line,
                    format!("I{}: {check}: {what}", invariant.number),
                ));
            }
        }
    }
    let last = invariants
        .iter()
        .map(|invariant| invariant.number)
        .max()
        .unwrap_or(0)
        .max(INVARIANTS_MIN);
    for number in (1..=last).filter(|number| !invariants.iter().any(|invariant| invariant.number == *number)) {
        faults.push(Fault::new(page, 0, format!("invariant I{number} is missing")));
    }
    faults
}

struct Invariant {
    number: usize,
    line: usize,
    text: String,
}

/// Each reaches to the next invariant, heading or empty line.
fn invariants(page: &File) -> Vec<Invariant> {
    let mut invariants: Vec<Invariant> = Vec::new();
    let mut inside = false;
    for (index, line) in page.text.lines().enumerate() {
        if let Some(number) = number(line) {
            inside = true;
            invariants.push(Invariant {
                number,
                line: index + 1,
                text: line.to_owned(),
            });
        } else if line.trim().is_empty() || line.starts_with('#') {
            inside = false;
        } else if let Some(invariant) = invariants.last_mut().filter(|_| inside) {
            invariant.text.push(' ');
            invariant.text.push_str(line);
        }
    }
    invariants
}

/// 1 from "- **I1** …", "| I1 | …", "### I1: …".
fn number(line: &str) -> Option<usize> {
    let rest = line
        .trim_start_matches([' ', '-', '*', '|', '#', '`'])
        .strip_prefix('I')?;
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    if rest[end..].starts_with(|character: char| character.is_alphanumeric() || character == '_') {
        return None;
    }
    rest[..end].parse().ok()
}

fn exists(repository: &Repository, check: &str) -> Result<(), String> {
    let (path, function) = check
        .split_once("::")
        .map_or((check, None), |(path, function)| (path, Some(function)));
    if !repository.has(path) {
        return Err("no such file".to_owned());
    }
    let Some(function) = function.and_then(|path| path.rsplit("::").next()) else {
        return Ok(());
    };
    let defined = repository
        .get(path)
        .is_some_and(|file| has_word(&file.text, &format!("fn {function}")));
    if defined {
        Ok(())
    } else {
        Err("no such function in that file".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    fn page(first: &str) -> String {
        let others: String = (2..=7)
            .map(|number| format!("- **I{number}** holds: `tests/all.rs`\n"))
            .collect();
        format!("The folders are docs/, src/ and tests/.\n\n{first}\n{others}")
    }

    fn found(page: &str) -> Vec<String> {
        let test = "#[test]\nfn nothing_is_lost() {}\n";
        faults(
            check,
            &[
                ("docs/ARCHITECTURE.md", page),
                ("src/main.rs", ""),
                ("tests/all.rs", test),
                (".ci/run", ""),
            ],
        )
    }

    #[test]
    fn a_complete_page_is_fine() {
        assert_eq!(
            found(&page(
                "- **I1** holds,\n  by `tests/all.rs::nothing_is_lost` and `cargo`."
            )),
            Vec::<String>::new()
        );
        assert!(
            faults(check, &[("src/main.rs", "")]).is_empty(),
            "there may be no page yet"
        );
    }

    #[test]
    fn each_gap_is_found() {
        for (first, expected) in [
            ("", "invariant I1 is missing"),
            ("| I1 | holds |", "I1 names no check"),
            ("| I1 | `tests/gone.rs` |", "tests/gone.rs: no such file"),
            ("| I1 | `tests/all.rs::gone` |", "no such function"),
        ] {
            let found = found(&page(first));
            assert!(found.len() == 1 && found[0].contains(expected), "{first}: {found:?}");
        }
        let found = found(&page("- **I1** `tests/all.rs`").replace("src/", ""));
        assert!(
            found.len() == 1 && found[0].contains("top-level folder src/"),
            "{found:?}"
        );
    }
}
