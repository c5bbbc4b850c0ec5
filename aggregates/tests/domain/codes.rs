//! Every refusal that the domain can make stands in the table of codes, and the table holds no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dean_aggregates::project::error::CODES;

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
    let mut texts = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/project/decide"),
        &mut texts,
    );
    let known: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(known.len(), CODES.len(), "a code stands in the table twice");
    let source = texts.join("\n");
    for part in source.split("refuse(\"").skip(1) {
        let code = part.split('"').next().expect("a literal");
        assert!(known.contains(code), "{code} is not in the table");
    }
    for code in known {
        assert!(source.contains(&format!("\"{code}\"")), "nothing refuses with {code}");
    }
}
