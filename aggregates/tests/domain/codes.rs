//! Every refusal that the domain can make stands in the table of codes, and the table holds no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dean_aggregates::claim;
use dean_aggregates::plan::refusal;
use dean_aggregates::project::error::CODES;
use dean_aggregates::{contract, inspection, report};

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn the_table_of_codes_is_complete_and_has_no_strays() {
    check(&["src/project/decide"], 0, CODES, &[]);
}

/// A fault that is the same in a project has the project's code.
#[test]
fn the_table_of_plans_and_batches_is_complete_and_has_no_strays() {
    check(&["src/plan", "src/batch"], 1, refusal::CODES, CODES);
}

#[test]
fn the_table_of_claims_and_screenings_is_complete_and_has_no_strays() {
    let others: Vec<_> = CODES.iter().chain(refusal::CODES).copied().collect();
    check(&["src/claim", "src/screening"], 1, claim::CODES, &others);
}

#[test]
fn the_table_of_contracts_is_complete_and_has_no_strays() {
    let others = [CODES, refusal::CODES].concat();
    check(&["src/contract"], 1, contract::codes::CODES, &others);
}

#[test]
fn the_table_of_inspections_is_complete_and_has_no_strays() {
    let others = [CODES, refusal::CODES].concat();
    check(&["src/inspection"], 1, inspection::codes::CODES, &others);
}

#[test]
fn the_table_of_reports_is_complete_and_has_no_strays() {
    let others = [CODES, refusal::CODES].concat();
    check(&["src/report"], 1, report::codes::CODES, &others);
}

/// `in_sources`: how often a code stands in the folders by standing in the table.
fn check(folders: &[&str], in_sources: usize, codes: &[(&str, &str)], others: &[(&str, &str)]) {
    let mut texts = Vec::new();
    for folder in folders {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    let own: BTreeSet<&str> = codes.iter().map(|(code, _)| *code).collect();
    assert_eq!(own.len(), codes.len(), "a code stands in the table twice");
    let known: BTreeSet<&str> = codes.iter().chain(others).map(|(code, _)| *code).collect();
    assert_eq!(known.len(), codes.len() + others.len(), "a code stands in both tables");
    let source = texts.join("\n");
    for part in source.split("refuse(\"").skip(1) {
        let code = part.split('"').next().expect("a literal");
        assert!(known.contains(code), "{code} is not in the table");
    }
    for code in own {
        let count = source.matches(&format!("\"{code}\"")).count();
        assert!(count > in_sources, "nothing refuses with {code}");
    }
}
